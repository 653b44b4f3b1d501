"""What units look for can be seen: run the network backwards, or climb to the image that excites them most.

A transposed network traces the strongest response of a feature map back to the pixels that caused it (Zeiler and Fergus,
2014): it lights up within the unit's receptive field only. Activation maximisation needs no image (Erhan, Bengio,
Courville and Vincent, 2009): it starts from noise and climbs the gradient of a class's score, with blur and decay to
keep the image smooth. The network is certain of what comes out, and most are recognisable.
"""

import tensorlab as tl
from tensorlab import data, datasets, metrics, nn, optim, viz
from tensorlab.data import transforms as T
from tensorlab.nn.utils import receptive_field
from tensorlab.train import Trainer
from tensorlab.viz.attribution import LayerOutput, deconvolution

LAYER, SIDE = "4", 16
"""The second ReLU of the network below, and the side of its images."""


def trained(training, test, epochs):
    """Return a small network with ReLUs, trained, and its held-out accuracy."""
    layers = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(32 * (SIDE // 4) ** 2, 10))
    options = {"metrics": {"accuracy": metrics.Accuracy()}, "progress": False}
    trainer = Trainer(model, nn.CrossEntropyLoss(), optim.AdamW(model.parameters(), lr=3e-3), **options)
    trainer.fit(data.DataLoader(training, 64, shuffle=True), [test], epochs=epochs)
    return model.eval(), trainer.history[-1]["valid_accuracy"]


def strongest(model, images, channel):
    """Return the image in which a channel responds most, the place in the map, and the pattern traced back."""
    maps = viz.activations(model, images, LAYER)[LAYER][:, channel]
    where = int(maps.argmax())
    height, width = maps.shape[1:]
    image, row, column = where // (height * width), where // width % height, where % width
    chosen = images[image : image + 1]
    pattern = deconvolution(LayerOutput(model, LAYER), chosen, lambda found: found[:, channel, row, column])
    return chosen, (row, column), pattern


def outside(pattern, field, place):
    """Return the sum of a pattern's magnitudes outside the receptive field of the unit at a place."""
    (top, bottom), (left, right) = field.region(place)
    inside = pattern[..., max(top, 0) : bottom, max(left, 0) : right]
    return float(abs(pattern).sum() - abs(inside).sum())


def lesson(report, long):
    prepared = T.Compose([T.Resize(SIDE), T.ToDtype(tl.float32), T.Normalize([4.88], [5.62])])
    training, held_out = data.stratified_split(datasets.Digits(transform=prepared), [0.7, 0.3])
    images, labels = next(iter(data.DataLoader(held_out, len(held_out))))
    model, accuracy = trained(training, (images, labels), 30 if long else 5)
    report.value("held-out accuracy", accuracy)

    field = receptive_field(model, images[:1], LAYER)
    traced = [strongest(model, images, channel) for channel in range(12)]
    report.value("side of the receptive field of the second layer", field.size[0])
    leaks = max(outside(pattern, field, place) / float(abs(pattern).sum() + 1e-12) for _, place, pattern in traced)
    report.claim("what is traced back lies within the receptive field of the unit", leaks < 1e-6)

    low, high = float(images.min()), float(images.max())
    found = viz.maximize_activation(
        model, range(10), (1, SIDE, SIDE), value_range=(low, high), l2_decay=0.005, steps=100
    )
    probabilities = tl.softmax(model(found.inputs), axis=1).detach()
    certain = float(tl.diag(probabilities).min())
    report.value("smallest probability of a maximised class", certain)
    report.claim("the network is certain of each image that it was asked for: over 99 %", certain > 0.99)
    means = tl.stack([images[labels == digit].mean(axis=0) for digit in range(10)]).flatten(1)
    closeness = tl.corrcoef(tl.concat([found.inputs.flatten(1).detach(), means]))[:10, 10:]
    alike = int((closeness.argmax(axis=1) == tl.arange(10)).sum())
    report.value("images that are most similar to the mean of their class", alike)
    report.claim("at least 7 of the 10 are more similar to the mean of their class than to the others", alike >= 7)

    seen, cause, dreams = report.axes(columns=3, width=4)
    viz.image_grid(
        tl.concat([image for image, *_ in traced]), columns=4, title="Images that excite 12 units most", ax=seen
    )
    patterns = tl.concat([pattern for *_, pattern in traced])
    viz.image_grid(patterns, columns=4, scale_each=True, title="What in them does, traced back", ax=cause)
    viz.image_grid(
        found.inputs, columns=4, titles=list("0123456789"), title="Most exciting images of classes", ax=dreams
    )
