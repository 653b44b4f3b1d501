"""Pooling over channels makes a network indifferent to whatever tells these channels apart.

The maximum over four channels whose filters are rotations of each other does not depend on how a pattern is turned. With
the mean over all positions at the end, the scores are the same for an image turned by 90°. The network has seen upright
digits only, and recognises turned ones just as well; an ordinary network does worse than guessing. In maxout networks
(Goodfellow et al., 2013) the filters that are pooled are learnt freely.
"""

import tensorlab as tl
from tensorlab import data, datasets, metrics, nn, optim, viz
from tensorlab.train import Trainer


class TurnedConv2d(nn.Module):
    """A convolution with each filter in four rotations, and the maximum over the four channels of each."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.pool = nn.ChannelMaxPool(4)

    def forward(self, maps):
        turned = [tl.rot90(self.conv.weight, k, axes=(2, 3)) for k in range(4)]
        filters = tl.stack(turned, axis=1).flatten(0, 1)  # the four rotations of a filter are neighbours
        return self.pool(nn.functional.conv2d(maps, filters, self.conv.bias.repeat_interleave(4), padding=1))


def network(layer):
    """Return a network of three convolutions and a mean over all positions."""
    layers = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        layers += [layer(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()]
    layers.insert(6, nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.GlobalAvgPool2d(), nn.Flatten(), nn.Linear(64, 10))


def ordinary(inputs, outputs):
    """Return an ordinary convolution."""
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def lesson(report, long):
    digits = datasets.Digits()
    order = tl.randperm(len(digits))
    images, labels = digits.data[order] / 16, digits.targets[order]
    training = data.TensorDataset(images[:1200], labels[:1200])
    test, turned = (images[1200:], labels[1200:]), (tl.rot90(images[1200:], axes=(2, 3)), labels[1200:])
    rows, moved = [], {}
    for name, layer in (("ordinary", ordinary), ("pooled over rotations", TurnedConv2d)):
        model = network(layer)
        optimizer = optim.Adam(model.parameters(), lr=2e-3)
        metric = {"accuracy": metrics.Accuracy()}
        trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=metric, progress=False)
        trainer.fit(data.DataLoader(training, 32, shuffle=True), epochs=20 if long else 7)
        upright, after = (trainer.evaluate([batch])["valid_accuracy"] for batch in (test, turned))
        rows.append((name, sum(weight.size for weight in model.parameters()), upright, after))
        moved[name] = float(abs(trainer.predict(test[0]) - trainer.predict(turned[0])).max())
    report.table(["network", "parameters", "accuracy, upright", "accuracy, turned by 90°"], rows)
    report.value("largest change of a score by the turn, ordinary", moved["ordinary"])
    report.value("pooled over rotations", moved["pooled over rotations"])
    report.claim("both have as many parameters", rows[0][1] == rows[1][1])
    report.claim("the scores of the second do not change when images are turned", moved["pooled over rotations"] < 1e-3)
    report.claim("it recognises over 75 % of the turned digits", rows[1][3] > 0.75)
    report.claim("the ordinary one recognises under 40 % of them", rows[0][3] < 0.4)

    layer = model[0]
    filters, maps = report.axes(columns=2, width=5)
    weight = layer.conv.weight[:4]
    four = tl.stack([tl.rot90(weight, k, axes=(2, 3)) for k in range(4)], axis=1).flatten(0, 1)
    viz.filters(four, columns=4, title="Four filters, each in four rotations", ax=filters)
    pair = tl.concat([test[0][:1], turned[0][:1]])
    pooled = layer(pair)[:, :4].flatten(0, 1).detach()
    titles = [f"upright, {n}" for n in range(1, 5)] + [f"turned, {n}" for n in range(1, 5)]
    viz.image_grid(pooled, columns=4, titles=titles, title="Their maps after pooling: turned as the image", ax=maps)
