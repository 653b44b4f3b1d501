"""Strides shrink maps, dilation sees far with few weights, and transposed convolution enlarges.

A layer's output has ⌊(n + 2p - d(k - 1) - 1) / s⌋ + 1 pixels. With dilations 1, 2, 4, 8, ... the receptive field doubles
with every layer (Yu and Koltun, 2016), with the weights of an ordinary stack. A transposed convolution whose kernel
is not a multiple of its stride covers some pixels more often than others: the checkerboard in the pictures of
generators (Odena, Dumoulin and Olah, 2016).
"""

from itertools import product

import tensorlab as tl
from tensorlab import nn, viz
from tensorlab.nn.utils import receptive_field


def stack(dilations):
    """Return 3×3 convolutions of one channel with these dilations."""
    return nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=d, dilation=d) for d in dilations])


def coverage(kernel, stride=2, size=8):
    """Return how many products each pixel of the output of a transposed convolution sums."""
    layer = nn.ConvTranspose2d(1, 1, kernel, stride, bias=False)
    nn.init.ones_(layer.weight)
    return layer(tl.ones(1, 1, size, size)).detach()[0, 0]


def lesson(report, long):
    formulas = []
    for n, k, p, s, d in product(range(9, 24 if long else 14), (1, 2, 3, 5), (0, 1, 2), (1, 2, 3), (1, 2)):
        height = nn.Conv2d(1, 1, k, s, p, d)(tl.zeros(1, 1, n, n)).shape[2]
        formulas.append(height == (n + 2 * p - d * (k - 1) - 1) // s + 1)
    report.value("layers whose output was measured", len(formulas))
    report.claim("the formula gives the size of all of them", all(formulas))

    depths = range(1, 7)
    image = tl.zeros(1, 1, 8, 8)
    plain = [receptive_field(stack([1] * depth), image).size[0] for depth in depths]
    dilated = [receptive_field(stack([2**n for n in range(depth)]), image).size[0] for depth in depths]
    report.table(["layers", "field", "field with dilations 1, 2, 4, ..."], zip(depths, plain, dilated, strict=True))
    report.claim("a stack of n 3×3 convolutions sees 2n + 1 pixels", plain == [2 * n + 1 for n in depths])
    report.claim("with doubled dilations, 2^(n + 1) - 1", dilated == [2 ** (n + 1) - 1 for n in depths])

    uneven, even = coverage(3), coverage(4)
    inside = [sorted(set(cover[3:-3, 3:-3].ravel().tolist())) for cover in (uneven, even)]
    report.table(["kernel", "products per pixel, away from the border"], [(3, inside[0]), (4, inside[1])])
    report.claim("with stride 2, a kernel of 3 covers pixels 1, 2 or 4 times", inside[0] == [1, 2, 4])
    report.claim("a kernel of 4 covers all of them 4 times", inside[1] == [4])

    chart, *maps = report.axes(columns=3, width=3.8)
    chart.plot(depths, plain, "o-", label="dilation 1")
    chart.plot(depths, dilated, "o-", label="dilations 1, 2, 4, ...")
    chart.set(title="Side of the receptive field", xlabel="layers", ylabel="pixels")
    for ax, cover, kernel in zip(maps, (uneven, even), (3, 4), strict=True):
        shown = ax.imshow(cover.numpy(), cmap=viz.style.SEQUENTIAL, vmin=0, vmax=4)
        ax.set(title=f"Transposed, stride 2, kernel {kernel}", xlabel="pixel", ylabel="pixel")
        viz.style.whole_ticks(ax.xaxis)
        viz.style.colorbar(shown, ax, "products summed")
