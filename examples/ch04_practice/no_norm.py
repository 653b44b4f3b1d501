"""Without normalisation, scaled residual blocks and adaptive clipping keep a deep network in bounds.

The variance of a residual network's signal grows with each block. The blocks of Brock, De and Smith (2021) divide
their input by the standard deviation that theory predicts and have standardised weights, so that the variance is known
at every depth. In training, adaptive clipping bounds each unit's gradient by a share of its weights' norm (Brock, De,
Smith and Simonyan, 2021), which allows larger learning rates.
"""

import tensorlab as tl
from tensorlab import models, nn, viz

from ._digits import digits, fit, six_convolutions

BLOCKS = (3, 4, 6, 3)
RATES = (0.01, 0.03, 0.1, 0.3)


def variances(model, images):
    """Return the variance of the signal after each block of an untrained network."""
    blocks = [path for path, _ in model.named_modules() if path.startswith("layer") and path.count(".") == 1]
    return [float(maps.var()) for maps in viz.activations(model, images, blocks).values()]


def expected(alpha=0.2):
    """Return the variance in theory: each block adds alpha², and the first of each stage begins anew with 1."""
    return [1 + alpha**2 * number for blocks in BLOCKS for number in range(1, blocks + 1)]


def plain():
    """Return six convolutions without normalisation, with He's weights."""
    tl.seed_everything(1)
    model = six_convolutions(nn.Identity)
    for layer in model:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


def lesson(report, long):
    images = tl.randn(4, 3, 64, 64)
    scaled = variances(models.NFResNet(BLOCKS, skipinit=False), images)
    bare = variances(models.resnet50(norm_layer=nn.Identity), images)
    report.value("variance after 16 blocks without normalisation, of that after the first", bare[-1] / bare[0])
    off = max(abs(found / want - 1) for found, want in zip(scaled, expected(), strict=True))
    report.value("largest deviation of the scaled blocks from theory", off)
    report.claim("without normalisation the variance grows more than 100-fold", bare[-1] > 100 * bare[0])
    report.claim("that of scaled blocks deviates from the prediction by less than a half", off < 0.5)

    training, held_out = digits(800, flat=False)
    epochs, accuracy = 30 if long else 4, {}
    for clipping, options in (("without clipping", {}), ("clipped", {"clip": 0.05, "clip_by": "adaptive"})):
        runs = [fit(plain(), training, held_out, epochs, lr=rate, batch_size=32, **options) for rate in RATES]
        accuracy[clipping] = [100 * run.history[-1]["valid_accuracy"] for run in runs]
    report.table(["", *[f"learning rate {rate}" for rate in RATES]], [(name, *v) for name, v in accuracy.items()])
    free, clipped = accuracy.values()
    report.claim("at the largest learning rate, only the clipped network learns", clipped[-1] > 50 > 20 > free[-1])
    report.claim("at the second largest, it is right on 5 % more of the digits", clipped[-2] > free[-2] + 5)

    signal, rates = report.axes(columns=2)
    signal.semilogy(range(1, 17), bare, "o-", label="ResNet-50 without normalisation")
    signal.semilogy(range(1, 17), scaled, "o-", label="scaled blocks")
    signal.semilogy(range(1, 17), expected(), color=viz.style.INK, linestyle=":", label="theory")
    signal.set(title="Untrained networks", xlabel="block", ylabel="variance of the signal")
    for name, values in accuracy.items():
        rates.semilogx(RATES, values, "o-", label=name)
    rates.set(title=f"After {epochs} epochs", xlabel="learning rate", ylabel="held-out accuracy (%)", ylim=(0, 100))
