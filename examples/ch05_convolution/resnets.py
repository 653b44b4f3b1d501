"""Shortcuts make very deep networks trainable: plain ones get worse with depth, residual ones do not.

He, Zhang, Ren and Sun (2015) compare networks of 20 to 1202 layers with and without shortcuts. A plain network passes
its gradient through every layer, and batch norm lets it grow by a factor at each, so that the first layers get noise. A
shortcut passes it on unchanged. Here the networks see digits for a few seconds; the long form trains those of 20, 56
and 110 layers.
"""

import tensorlab as tl
from tensorlab import datasets, models, nn, optim

WAYS = {False: "plain", True: "residual"}


def pixels():
    """Return the digits in three channels, in mixed order, and their labels."""
    digits = datasets.Digits()
    order = tl.randperm(len(digits))
    images = (digits.data[order] / 16 - 0.3) / 0.37
    return tl.concat([images] * 3, axis=1), digits.targets[order]


def growth(model, images, labels):
    """Return how much larger the gradient is in the first convolution than in the last block's."""
    nn.functional.cross_entropy(model(images), labels).backward()
    first, last = model.conv1.weight.grad, model.layer3[-1].conv1.weight.grad
    return float(tl.norm(first) / tl.norm(last))


def train(model, images, labels, steps):
    """Return the losses of all steps."""
    optimizer, losses = optim.SGD(model.parameters(), lr=0.005, momentum=0.9), []
    for _ in range(steps):
        batch = tl.randint(0, len(images), (32,))
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


def means(values, count=8):
    """Return means of as many values each."""
    return [sum(values[start : start + count]) / count for start in range(0, len(values), count)]


def lesson(report, long):
    images, labels = pixels()
    depths = (8, 14, 20, 32, 56, 110)
    ratios = {
        way: [growth(models.CifarResNet(depth, residual=way), images[:16], labels[:16]) for depth in depths]
        for way in WAYS
    }
    deepest = models.cifar_resnet1202()
    at_1202 = growth(deepest, images[:4], labels[:4])
    report.table(["gradient, first / last", *[f"{depth} layers" for depth in depths], "1202 layers"], [
        ("plain", *ratios[False], ""), ("residual", *ratios[True], at_1202)
    ])  # fmt: skip
    report.claim("in 110 plain layers the gradient grows more than 10,000-fold", ratios[False][-1] > 1e4)
    report.claim("in 1202 residual ones it grows less than in 56 plain ones", at_1202 < ratios[False][depths.index(56)])
    parameters = sum(weight.size for weight in deepest.parameters())
    report.claim("the network of 1202 layers has 19.4 million parameters", round(parameters / 1e6, 1) == 19.4)

    trained, steps = (20, 56, 110) if long else (14, 32), 400 if long else 40
    losses = {
        (way, depth): means(train(models.CifarResNet(depth, residual=way), images, labels, steps))
        for way in WAYS for depth in trained
    }  # fmt: skip
    final = {key: found[-1] for key, found in losses.items()}
    report.table(["network", "layers", "training loss"], [(WAYS[way], depth, v) for (way, depth), v in final.items()])
    shallow, deep = trained[0], trained[-1]
    report.claim(
        f"{deep} plain layers learn more slowly than {shallow}", final[False, deep] > final[False, shallow] + 0.1
    )
    report.claim(f"{deep} residual layers as fast as {shallow}, or faster", final[True, deep] < final[True, shallow])

    gradients, curves = report.axes(columns=2)
    for way, name in WAYS.items():
        gradients.loglog(depths, ratios[way], "o-", label=name)
    gradients.loglog([1202], [at_1202], "s", label="residual, 1202 layers")
    gradients.set(title="Gradient of the first layer, of the last's", xlabel="layers", ylabel="ratio")
    for (way, depth), found in losses.items():
        style = "-" if way else "--"
        curves.plot(range(8, steps + 1, 8), found, style, label=f"{WAYS[way]}, {depth} layers")
    curves.set(title="Training", xlabel="step", ylabel="training loss (nats)", ylim=(0, None))
