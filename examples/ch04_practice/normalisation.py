"""Normalisation lets deep networks learn; batch, layer, instance and group norm differ in what they average over.

Batch norm (Ioffe and Szegedy, 2015) measures each channel over the batch, the others measure each image by itself: all
channels (layer norm, Ba et al., 2016), every channel (instance norm, Ulyanov et al., 2016), or groups of channels (Wu
and He, 2018). Batch norm learns fastest here, but with two samples in a batch every value becomes +1 or -1.
Instance norm removes what the last layer needs: how strong each channel is.
"""

import tensorlab as tl
from tensorlab import nn

from ._digits import digits, fit, six_convolutions

NORMS = {
    "none": nn.Identity,
    "batch": nn.BatchNorm2d,
    "layer": lambda channels: nn.GroupNorm(1, channels),
    "instance": nn.InstanceNorm2d,
    "group": lambda channels: nn.GroupNorm(4, channels),
}
SIZES = (2, 4, 16, 64)


def shallow(norm):
    """Return a network of two hidden layers with a normalisation after each."""
    layers = [nn.Linear(64, 64), norm(64), nn.ReLU(), nn.Linear(64, 64), norm(64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def dependence(norm):
    """Return how far an image's output moves if the others in its batch change, and if its own contrast doubles."""
    layer, maps, others = norm(16), tl.randn(8, 16, 8, 8), tl.randn(8, 16, 8, 8)
    alone = layer(maps)[:1]
    in_company = layer(tl.concat([maps[:1], 3 * others[1:]]))[:1]
    doubled = layer(tl.concat([2 * maps[:1], maps[1:]]))[:1]
    return [float(abs(changed - alone).max()) for changed in (in_company, doubled)]


def accuracies(history):
    """Return the held-out accuracies of all epochs in percent."""
    return [100 * row["valid_accuracy"] for row in history]


def lesson(report, long):
    training, held_out = digits(800, flat=False)
    epochs = 40 if long else 5
    curves = {
        name: accuracies(fit(six_convolutions(norm), training, held_out, epochs, lr=0.02, batch_size=32).history)
        for name, norm in NORMS.items()
    }
    rows = [(name, *dependence(norm), curves[name][-1]) for name, norm in NORMS.items()]
    header = ["norm", "change by other images", "change by contrast", "accuracy of six convolutions (%)"]
    report.table(header, rows)
    report.claim("only batch norm depends on the other images", [row[0] for row in rows if row[1] > 0] == ["batch"])
    ignoring = [row[0] for row in rows if row[2] < 1e-2]
    report.claim("layer, instance and group norm ignore contrast", ignoring == ["layer", "instance", "group"])
    last = {name: values[-1] for name, values in curves.items()}
    report.claim("with batch norm six convolutions learn the digits: over 85 %", last["batch"] > 85)
    report.claim("without normalisation they do not: under 20 %", last["none"] < 20)
    report.claim("instance norm is at least 10 % worse than group norm", last["instance"] < last["group"] - 10)

    training, held_out = digits(600)
    by_size = {
        name: [
            accuracies(fit(shallow(norm), training, held_out, 3, lr=0.003 * size, batch_size=size).history)[-1]
            for size in SIZES
        ]
        for name, norm in (("batch norm", nn.BatchNorm1d), ("layer norm", nn.LayerNorm))
    }
    report.table(["", *[f"batches of {size}" for size in SIZES]], [(name, *found) for name, found in by_size.items()])
    batch, layer = by_size.values()
    report.claim("in batches of two, batch norm is at least 15 % worse than layer norm", batch[0] < layer[0] - 15)
    report.claim("in batches of 16 it gains at least 15 %", batch[2] > batch[0] + 15)

    left, right = report.axes(columns=2)
    for name, values in curves.items():
        left.plot(range(1, epochs + 1), values, label=name)
    left.set(title="Six convolutions", xlabel="epoch", ylabel="held-out accuracy (%)", ylim=(0, 100))
    for name, values in by_size.items():
        right.semilogx(SIZES, values, "o-", base=2, label=name)
    right.set(title="Two hidden layers, three epochs", xlabel="size of batches", ylabel="held-out accuracy (%)")
