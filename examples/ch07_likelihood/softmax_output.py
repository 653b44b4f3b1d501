"""A softmax output is a categorical distribution: shifts do not matter, and trained well it is the posterior.

The gradient of its likelihood with respect to the logits is the probabilities less the one-hot target. A number added
to all logits changes nothing, so the largest can be subtracted before exponentials are taken, and none overflows. If
the classes are normal with one covariance, the posterior is a softmax of linear functions, and a linear layer finds it.
A temperature makes the distribution sharper or flatter, and its order stays.
"""

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.distributions import Categorical, Normal
from tensorlab.models.classic import SoftmaxRegression
from tensorlab.nn.functional import one_hot

CENTRES = tl.tensor([[0.0, 1.2], [-1.2, -0.6], [1.4, -0.8]])


def posterior(x):
    """Return the probabilities of the classes, equally frequent, given points."""
    return Normal(CENTRES, 1.0).log_prob(x[:, None]).sum(axis=2).softmax(axis=1)


def lesson(report, long):
    x, y = datasets.make_blobs(100_000 if long else 3_000, centers=CENTRES, cluster_std=1.0)
    model = SoftmaxRegression().fit(x, y)
    test, _ = datasets.make_blobs(2_000, centers=CENTRES, cluster_std=1.0)
    error = abs(model.predict_proba(test) - posterior(test)).mean()

    logits, targets = 3 * tl.randn(100, 5), tl.randint(0, 5, (100,))
    gradient = tl.grad(lambda z: -Categorical(logits=z).log_prob(targets).sum())(logits)
    wanted = logits.softmax(axis=1) - one_hot(targets, 5)
    large = tl.tensor([1000.0, 1001.0, 1002.0])
    shifted = abs(Categorical(logits=large).probs - Categorical(logits=large - 1000).probs).max()
    temperatures = (0.25, 0.5, 1.0, 2.0, 4.0)
    row = tl.tensor([2.0, 1.0, 0.5, 0.0, -1.0])
    cooled = [Categorical(logits=row / temperature) for temperature in temperatures]
    entropies = [distribution.entropy().item() for distribution in cooled]
    report.value("mean error of the learned posterior", error)
    report.table(["temperature", "entropy in nats"], zip(temperatures, entropies, strict=True))
    report.claim("the gradient is the probabilities less the target", abs(gradient - wanted).max() < 1e-5)
    report.claim("logits of 1,000 are no trouble: only their differences count", shifted < 1e-6)
    report.claim("a linear layer finds the posterior of normal classes, to 0.03", error < 0.03)
    report.claim("entropy rises with the temperature", entropies == sorted(entropies))

    plane, bars = report.axes(columns=2, width=5.0, height=3.8)
    viz.decision_boundary(model, x[:600], y[:600], axes=plane)
    plane.set(title="Linear logits, posterior of three classes", xlabel="x₁", ylabel="x₂")
    for number, (temperature, distribution) in enumerate(zip(temperatures, cooled, strict=True)):
        places = tl.arange(5) + 0.17 * (number - 2)
        bars.bar(places, distribution.probs, width=0.15, label=f"temperature {temperature:g}")
    bars.set_xticks(range(5), [f"{logit:g}" for logit in row.tolist()])
    bars.set(title="Temperature", xlabel="logit", ylabel="probability")
