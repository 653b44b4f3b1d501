"""Weight standardisation makes group norm learn faster, whatever the size of batches.

The weights of each output channel are shifted and scaled to mean 0 and variance 1 (Qiao, Wang, Liu, Shen and Yuille,
2019). As the gradient goes through this scaling, too, it has no component that would only shift or stretch the weights.
Six convolutions with group norm learn the digits with and without it, all else being equal.
"""

import statistics

import tensorlab as tl
from tensorlab import nn, viz
from tensorlab.nn.utils.parametrizations import weight_standardization

from ._digits import digits, fit, six_convolutions

RATES = {32: 0.02, 4: 0.005}
"""The learning rate for each size of batches."""


def network(standardised):
    """Return six convolutions with group norm; the same first weights for both."""
    tl.seed_everything(1)
    model = six_convolutions(lambda channels: nn.GroupNorm(4, channels))
    for layer in model:
        if standardised and isinstance(layer, nn.Conv2d):
            weight_standardization(layer)
    return model


def lesson(report, long):
    training, held_out = digits(640, flat=False)
    epochs = {32: 40 if long else 6, 4: 20 if long else 2}
    found = {}
    for size, rate in RATES.items():
        for standardised in (False, True):
            trainer = fit(network(standardised), training, held_out, epochs[size], lr=rate, batch_size=size)
            found[size, standardised] = [100 * row["valid_accuracy"] for row in trainer.history]
    names = {False: "group norm", True: "with weight standardisation"}
    rows = [(names[way], size, values[0], values[-1]) for (size, way), values in found.items()]
    report.table(["", "batches of", "accuracy after an epoch (%)", "at the end"], rows)
    for size in RATES:
        gain = statistics.mean(found[size, True]) - statistics.mean(found[size, False])
        report.claim(f"in batches of {size}, it gains over 5 % on average over the epochs", gain > 5)

    for ax, size in zip(report.axes(columns=2), RATES, strict=True):
        for way, name in names.items():
            ax.plot(range(1, epochs[size] + 1), found[size, way], "o-", label=name)
        ax.set(title=f"Batches of {size}", xlabel="epoch", ylabel="held-out accuracy (%)", ylim=(0, 100))
        viz.style.whole_ticks(ax.xaxis)
