"""A mixture of outputs gives several answers, where the mean of them is none.

Bishop's problem (1994) is to find x from y = x + 0.3 sin(2πx) + noise, turned round: for y in the middle three values of x
are possible. Least squares answers with their mean, which is none of the three. A mixture density network returns the
weights, means and widths of normal distributions, and is trained by the same principle, the likelihood.
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


def lesson(report, long):
    count, epochs = (20_000, 100) if long else (2_000, 60)
    y, x = drawn(count)
    y_test, x_test = drawn(2_000)
    found, rows = {}, []
    for components in (1, 3):
        model = MixtureDensity(components)
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        loss = lambda distribution, x: -distribution.log_prob(x).mean()  # noqa: E731
        trainer = train.Trainer(model, loss, optimizer, schedule=schedule, progress=False)
        trainer.fit(DataLoader(TensorDataset(y, x), batch_size=100, shuffle=True), epochs=epochs)
        found[components] = model
        with tl.no_grad():
            answers = model(y_test)
            missed = abs(forward(answers.sample()) - y_test[:, 0]).median()
            rows.append((components, -answers.log_prob(x_test).mean().item(), missed.item()))
    report.table(["components", "held-out NLL", "|f(x) - y| of sampled x, median"], rows)
