"""A network that also learns the variance knows where it does not know.

The noise grows along x. A network with two outputs gives a normal distribution its mean and its width, by way of a
softplus, and is trained by the likelihood (Nix and Weigend, 1994). Its intervals of 95 % hold 95 % of new points
everywhere. One width for all points is right on average only: too wide where the noise is small, too narrow where it is
large.
"""

import tensorlab as tl
from tensorlab import nn, optim, train, viz
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.distributions import Normal
from tensorlab.nn.functional import softplus


def noise(x):
    """Return the standard deviation of the targets."""
    return 0.05 + 0.15 * (x + 2)


def drawn(count):
    """Draw points and targets."""
    x = 4 * tl.rand(count, 1) - 2
    return x, Normal((2 * x).sin(), noise(x)).sample()


class Heteroscedastic(nn.Module):
    """Returns a mean and a width for each point; the width may be one for all."""

    def __init__(self, one_width):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.mean, self.width = nn.Linear(32, 1), nn.Linear(32, 1)
        self.shared = nn.Parameter(tl.zeros(1)) if one_width else None

    def forward(self, x):
        hidden = self.hidden(x)
        raw = self.width(hidden) if self.shared is None else self.shared
        return Normal(self.mean(hidden), softplus(raw) + 1e-3)


def nll(distribution, y):
    """Return the mean negative log-likelihood."""
    return -distribution.log_prob(y).mean()


def lesson(report, long):
    count, epochs = (20_000, 60) if long else (3_000, 25)
    x, y = drawn(count)
    x_test, y_test = drawn(5_000)
    thirds = [(x_test >= low) & (x_test < low + 4 / 3) for low in (-2, -2 / 3, 2 / 3)]
    names = ("one width", "learned width")
    found, held_out, coverage = {}, {}, {}
    for name in names:
        model = Heteroscedastic(one_width=name == "one width")
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        trainer = train.Trainer(model, nll, optimizer, schedule=schedule, progress=False)
        trainer.fit(DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True), epochs=epochs)
        with tl.no_grad():
            predicted, found[name] = model(x_test), model(tl.linspace(-2, 2, 100).reshape(-1, 1))
        held_out[name] = nll(predicted, y_test).item()
        inside = (abs(y_test - predicted.mean) < 1.96 * predicted.stddev).astype("float32")
        coverage[name] = [inside[third].mean().item() for third in thirds]
    header = ["model", "held-out NLL", "coverage: left third", "middle", "right third"]
    report.table(header, [(name, held_out[name], *coverage[name]) for name in names])
    report.claim("learning the width saves more than 0.2 nats a point", held_out[names[1]] < held_out[names[0]] - 0.2)
    report.claim("its intervals hold 90 to 98 % in each third", all(0.9 < share < 0.98 for share in coverage[names[1]]))
    report.claim(
        "one width holds too many on the left, too few on the right",
        coverage[names[0]][0] > 0.98 and coverage[names[0]][2] < 0.92,
    )

    line = tl.linspace(-2, 2, 100)
    for ax, (name, distribution) in zip(report.axes(columns=2), found.items(), strict=True):
        mean, width = distribution.mean[:, 0], (1.96 * distribution.stddev + 0 * distribution.mean)[:, 0]
        ax.scatter(x[:800], y[:800], s=4, alpha=0.3, color="#717581")
        ax.plot(line, mean, color="#bd1f01", label="mean")
        ax.fill_between(line, mean - width, mean + width, alpha=0.25, linewidth=0, label="95 % interval")
        ax.set(title=name.capitalize(), xlabel="x", ylabel="y", ylim=(-2.6, 2.6))
        viz.style.legend(ax, loc="lower left")
