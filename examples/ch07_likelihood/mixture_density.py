"""A mixture of outputs gives several answers, where the mean of them is none.

Bishop's problem (1994) is to find x from y = x + 0.3 sin(2πx) + noise, turned round: for y in the middle three values
of x are possible. Least squares answers with their mean, which is none of the three. A mixture density network returns
the weights, means and widths of normal distributions, and is trained by the same principle, the likelihood.
"""

import math

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.distributions import Categorical, MixtureSameFamily, Normal
from tensorlab.nn.functional import softplus
from tensorlab.viz.style import SEQUENTIAL


def forward(x):
    """Return y without noise."""
    return x + 0.3 * (2 * math.pi * x).sin()


def drawn(count):
    """Return pairs of y, of shape (n, 1), and x, (n,), to be found from it."""
    x = tl.rand(count)
    return (forward(x) + 0.05 * tl.randn(count))[:, None], x


class MixtureDensity(nn.Module):
    """Returns a mixture of normal distributions for each input."""

    def __init__(self, components):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.weights, self.means, self.widths = (nn.Linear(32, components) for _ in range(3))

    def forward(self, y):
        hidden = self.hidden(y)
        components = Normal(self.means(hidden), softplus(self.widths(hidden)) + 1e-2)
        return MixtureSameFamily(Categorical(logits=self.weights(hidden)), components)


def nll(distribution, x):
    """Return the mean negative log-likelihood."""
    return -distribution.log_prob(x).mean()


def lesson(report, long):
    count, epochs = (20_000, 100) if long else (2_000, 60)
    y, x = drawn(count)
    y_test, x_test = drawn(2_000)
    found, rows = {}, []
    for components in (1, 3):
        model = MixtureDensity(components)
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        trainer = train.Trainer(model, nll, optimizer, schedule=schedule, progress=False)
        trainer.fit(DataLoader(TensorDataset(y, x), batch_size=100, shuffle=True), epochs=epochs)
        found[components] = model
        with tl.no_grad():
            answers = model(y_test)
            missed = abs(forward(answers.sample()) - y_test[:, 0]).median()
            rows.append((components, nll(answers, x_test).item(), missed.item()))
    report.table(["components", "held-out NLL", "|f(x) - y| of sampled x, median"], rows)
    (_, normal, astray), (_, mixture, near) = rows
    inputs, line = tl.linspace(-0.1, 1.1, 160)[:, None], tl.linspace(0, 1, 160)[:, None]
    with tl.no_grad():
        single, several = found[1](inputs), found[3](inputs)
        answers = found[3](tl.tensor([[0.5]])).component_distribution.mean.flatten().tolist()
        mistake = abs(forward(found[1](tl.tensor([[0.35]])).mean) - 0.35).item()
    report.value("answers to y = 0.5", ", ".join(f"{answer:.2f}" for answer in sorted(answers)))
    report.claim("three components save more than 0.4 nats a point", mixture < normal - 0.4)
    report.claim("samples of them lead back to y, twice as closely as those of one", near < 0.6 * astray)
    solutions = zip(sorted(answers), (0.21, 0.5, 0.79), strict=True)
    report.claim("at y = 0.5 they are the three solutions, to 0.1", all(abs(a - b) < 0.1 for a, b in solutions))
    report.claim("at y = 0.35 the single mean is no solution: f(x) is off by 0.1 or more", mistake > 0.1)

    data, one, three = report.axes(columns=3, width=4.0)
    data.scatter(y, x, s=3, alpha=0.4)
    data.set_title("Data")
    one.plot(inputs, single.mean, color="#bd1f01", label="mean")
    for ax, distribution, title in ((one, single, "One normal"), (three, several, "Three normals")):
        density = distribution.log_prob(line).exp().sqrt()
        ax.imshow(density, extent=(-0.1, 1.1, 0, 1), origin="lower", aspect="auto", cmap=SEQUENTIAL)
        ax.set_title(f"{title}: √ density")
    for ax in (data, one, three):
        ax.set(xlabel="y, given", ylabel="x, to be found", xlim=(-0.1, 1.1), ylim=(0, 1))
