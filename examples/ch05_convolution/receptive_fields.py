"""What a unit sees grows with depth in theory, but in effect only with the square root of depth.

Each 3×3 convolution adds two pixels to the receptive field's side; strides multiply what follows. The influence of a
pixel is the sum over all paths from it to the unit, and most paths end near the middle: it is close to a Gaussian
whose width grows as the square root of the depth (Luo, Li, Urtasun and Zemel, 2016).
"""

import tensorlab as tl
from tensorlab import models, nn, viz
from tensorlab.nn.utils import effective_receptive_field, receptive_field

DEPTHS = (2, 4, 8, 16, 32)


def stack(depth):
    """Return a stack of 3×3 convolutions whose weights are all equal."""
    layers = [nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(depth)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1 / 9)
    return nn.Sequential(*layers)


def width(influence):
    """Return the standard deviation of the influence along a row, in pixels."""
    across = influence.sum(axis=0) / influence.sum()
    places = tl.arange(len(across), dtype=across.dtype)
    middle = (across * places).sum()
    return float((across * (places - middle) ** 2).sum() ** 0.5)


def lesson(report, long):
    depths = (*DEPTHS, 64) if long else DEPTHS
    sides, widths = [], []
    for depth in depths:
        image = tl.zeros(1, 1, 2 * depth + 5, 2 * depth + 5)
        sides.append(receptive_field(stack(depth), image).size[0])
        widths.append(width(effective_receptive_field(stack(depth), image)))
    rows = zip(depths, sides, widths, strict=True)
    report.table(["3×3 layers", "side in theory", "standard deviation of the influence"], rows)
    report.claim("in theory the side grows by two pixels for each layer", sides == [2 * depth + 1 for depth in depths])
    expected = [(depth * 2 / 3) ** 0.5 for depth in depths]
    off = max(abs(found / want - 1) for found, want in zip(widths, expected, strict=True))
    report.claim("the influence has the standard deviation √(2/3 depth), within 1 %", off < 0.01)

    lenet, image = models.lenet5(), tl.zeros(1, 1, 32, 32)
    parts = {path: receptive_field(lenet, image, f"features.{path}") for path in ("0", "2", "3", "5", "6")}
    names = ("C1: 5×5", "S2: 2×2, stride 2", "C3: 5×5", "S4: 2×2, stride 2", "C5: 5×5")
    rows = [(name, field.size[0], field.stride[0]) for name, field in zip(names, parts.values(), strict=True)]
    report.table(["LeNet-5", "side", "distance of neighbours"], rows)
    report.claim("units of LeNet-5 see 5, 6, 14, 16 and 32 pixels", [row[1] for row in rows] == [5, 6, 14, 16, 32])

    network = models.resnet18(num_classes=10)
    inside = width(effective_receptive_field(network, tl.randn(4 if long else 1, 3, 224, 224), "layer3"))
    side = receptive_field(network, tl.zeros(1, 3, 224, 224), "layer3").size[0]
    report.value("ResNet-18, third stage: side in theory", side)
    report.value("its influence within two standard deviations, before training", 4 * inside)

    chart, shown = report.axes(columns=2, height=3.8)
    chart.loglog(depths, sides, "o-", base=2, label="side in theory")
    chart.loglog(depths, [4 * value for value in widths], "o-", base=2, label="width in effect (4 standard deviations)")
    chart.set(title="Stacks of 3×3 convolutions", xlabel="layers", ylabel="pixels")
    title = "16 layers: frame in theory, colour in effect"
    viz.receptive_field(stack(16), tl.full((1, 1, 37, 37), 0.5), ax=shown, title=title)
