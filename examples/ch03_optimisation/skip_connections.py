"""Skip connections turn a rough loss with a narrow hole into a smooth funnel.

Two deep networks learn the digits, alike but for the skip connections. Around what they have learned, the loss is
evaluated along random directions, of which each filter is as long as the network's (Li et al., "Visualizing the loss
landscape of neural nets", 2018). In a plain network every layer transforms what those before have changed, so
that a short distance away its output is as good as random, and lines through the network cross several minima. With
skip connections the changes of layers add up, and the loss rises steadily in all directions. Training shows the same:
after as many steps the plain network is far behind.
"""

import tensorlab as tl
from tensorlab import datasets, nn, optim, viz
from tensorlab.nn.functional import cross_entropy, relu
from tensorlab.viz.style import PALETTE


class Block(nn.Module):
    """Two layers, whose output is added to their input or replaces it."""

    def __init__(self, width, skip):
        super().__init__()
        self.skip = skip
        self.layers = nn.Sequential(
            nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width), nn.LayerNorm(width)
        )

    def forward(self, x):
        return relu(x + self.layers(x)) if self.skip else relu(self.layers(x))


def trained(skip, blocks, x, y, steps):
    """Return a trained network of ``2 * blocks + 2`` layers."""
    middle = [Block(32, skip) for _ in range(blocks)]
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), *middle, nn.Linear(32, 10))
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        chosen = tl.randint(0, len(x), (128,))
        loss = cross_entropy(model(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model


def minima(losses):
    """Return the number of minima on a line."""
    inner = losses[1:-1]
    return ((inner < losses[:-2]) & (inner < losses[2:])).sum().item()


def lesson(report, long):
    blocks, steps, points, count = (8, 600, 31, 500) if long else (8, 200, 15, 100)
    digits = datasets.Digits()
    x, y = digits.data.reshape(-1, 64).astype("float32"), digits.targets
    x = (x - x.mean()) / x.std()

    def loss(model):
        return cross_entropy(model(x[:count]), y[:count])

    found = {}
    for name, skip in (("with skip connections", True), ("plain", False)):
        model = trained(skip, blocks, x, y, steps)
        directions = viz.random_directions(model, 8)
        lines = [viz.loss_landscape(model, loss, [direction], points=41) for direction in directions]
        plane = viz.loss_landscape(model, loss, directions[:2], points=points)
        found[name] = loss(model).item(), sum(minima(line.losses) for line in lines) / len(lines), lines, plane
    report.table(
        ["network", "training loss", "minima on a line, mean of 8"],
        [(name, value, number) for name, (value, number, *_) in found.items()],
        title=f"{2 * blocks + 2} layers, {steps} steps",
    )
    (smooth_loss, smooth, *_), (rough_loss, rough, *_) = found.values()
    report.claim("with skip connections the training loss is less than half", smooth_loss < rough_loss / 2)
    report.claim("lines through the plain network have at least half as many minima again", rough >= 1.5 * smooth)

    *planes, chart = report.axes(columns=3, width=4.2)
    for ax, (name, (*_, lines, plane)), color in zip(planes, found.items(), PALETTE, strict=False):
        viz.loss_surface(plane, title=name.capitalize(), log=False, ax=ax)
        for number, line in enumerate(lines[:4]):
            chart.plot(
                line.coordinates[0].tolist(), line.losses.tolist(), color=color, label=name if number == 0 else None
            )
    chart.set(title="Four lines through each", xlabel="distance along the direction", ylabel="loss", ylim=(0, 6))
