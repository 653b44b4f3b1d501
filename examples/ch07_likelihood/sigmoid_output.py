"""A sigmoid output is a probability, and needs the likelihood: squared error leaves it where it is wrong for certain.

The gradient of the Bernoulli likelihood with respect to the logit is the probability less the target, whatever the
logit. That of the squared error has the sigmoid's slope as a factor, and vanishes where the sigmoid is flat. A network
that begins with all logits near -10 recovers with the one, and not with the other. What it then returns can be trusted
as a probability: it is near the one that drew the labels.
"""

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.distributions import Bernoulli
from tensorlab.viz.style import INK


def truth(x):
    """Return the probability of the label 1."""
    return (3 * (2 * x).sin()).sigmoid()


LOSSES = {
    "likelihood": lambda logits, y: -Bernoulli(logits=logits).log_prob(y).mean(),
    "squared error": lambda logits, y: (logits.sigmoid() - y).square().mean(),
}


def trained(loss, x, y, steps):
    """Return a network that begins sure of the label 0, and the losses of its training in terms of the likelihood."""
    model, curve = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)), []
    nn.init.constant_(model[-1].bias, -10.0)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(steps):
        chosen = tl.randint(0, len(x), (200,))
        logits = model(x[chosen])
        optimizer.zero_grad()
        loss(logits, y[chosen]).backward()
        optimizer.step()
        curve.append(LOSSES["likelihood"](logits.detach(), y[chosen]).item())
    return model, curve


def lesson(report, long):
    count, steps = (50_000, 3_000) if long else (5_000, 2_500)
    x = 4 * tl.rand(count, 1) - 2
    y = Bernoulli(truth(x)).sample()
    grid, runs = tl.linspace(-2, 2, 200).reshape(-1, 1), {}
    for name, loss in LOSSES.items():
        model, curve = trained(loss, x, y, steps)
        p = model(grid).sigmoid().detach()
        runs[name] = p, curve, abs(p - truth(grid)).mean().item()
    logits = tl.linspace(-12, 12, 200)
    slopes = {name: tl.grad(lambda z, f=loss: f(z, tl.ones(200)))(logits) * 200 for name, loss in LOSSES.items()}

    report.table(["loss", "mean error of the probability"], [(name, run[2]) for name, run in runs.items()])
    exact = abs(slopes["likelihood"] - (logits.sigmoid() - 1)).max()
    report.claim("the likelihood's gradient is the probability less the target", exact < 1e-5)
    report.claim("at the logit -10 the squared error has less than 0.0001", abs(slopes["squared error"][17]) < 1.2e-4)
    report.claim("trained by likelihood, probabilities are right to 0.1", runs["likelihood"][2] < 0.1)
    report.claim("trained by squared error, they are still off by 0.3", runs["squared error"][2] > 0.3)

    gradient, curves, learned = report.axes(columns=3, width=4.0)
    for name, (p, curve, _) in runs.items():
        gradient.plot(logits, slopes[name], label=name)
        curves.plot(curve, label=name)
        learned.plot(grid, p, label=name)
    learned.plot(grid, truth(grid), "--", color=INK, label="truth")
    gradient.set(title="Gradient, if the label is 1", xlabel="logit", ylabel="derivative of the loss")
    curves.set(title="From a wrong start", xlabel="step", ylabel="negative log-likelihood", ylim=(0, 7))
    learned.set(title="What was learned", xlabel="x", ylabel="probability of the label 1", ylim=(-0.02, 1.3))
