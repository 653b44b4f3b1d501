"""LeNet-5's layers turn strokes into digits: each one knows better which digit it is, and cares less where.

LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998) is trained on digits. Of each layer we ask two things. How far does
its output move when the image is shifted by one pixel, compared with the distance between two images? And how compact
are the classes: what share of the variance lies within them?
"""

from itertools import pairwise

import tensorlab as tl
from tensorlab import data, datasets, metrics, models, nn, optim, viz
from tensorlab.data import transforms as T
from tensorlab.train import Trainer

LAYERS = {
    "C1": "features.1", "S2": "features.2", "C3": "features.4", "S4": "features.5", "C5": "features.7",
    "F6": "classifier.2", "output": "classifier.3",
}  # fmt: skip


def trained(training, test, epochs):
    """Return LeNet-5, trained, and its held-out accuracy."""
    model = models.lenet5()
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    options = {"metrics": {"accuracy": metrics.Accuracy()}, "progress": False}
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, **options)
    history = trainer.fit(data.DataLoader(training, 64, shuffle=True), [test], epochs=epochs)
    return model, history[-1]["valid_accuracy"]


def outputs(model, images):
    """Return the outputs of the layers, each as a matrix with a row for each image."""
    found = viz.activations(model, images, list(LAYERS.values()))
    return {"image": images.flatten(1), **{name: found[path].flatten(1) for name, path in LAYERS.items()}}


def change(before, after):
    """Return how far outputs move, divided by how far those of two images lie apart."""
    moved = ((after - before) ** 2).sum(axis=1).mean()
    apart = ((before - tl.roll(before, 1, axis=0)) ** 2).sum(axis=1).mean()
    return float((moved / apart) ** 0.5)


def within_classes(values, labels):
    """Return the share of the variance that lies within the classes."""
    total = ((values - values.mean(axis=0)) ** 2).sum()
    within = sum(((values[labels == k] - values[labels == k].mean(axis=0)) ** 2).sum() for k in range(10))
    return float(within / total)


def lesson(report, long):
    prepared = T.Compose([T.Resize(32), T.ToDtype(tl.float32), T.Normalize([4.88], [5.62])])
    digits = datasets.Digits(transform=prepared)
    training, held_out = data.stratified_split(digits, [0.7, 0.3])
    images, labels = next(iter(data.DataLoader(held_out, len(held_out))))
    model, accuracy = trained(training, (images, labels), 20 if long else 3)
    report.value("held-out accuracy", accuracy)
    before, after = outputs(model, images), outputs(model, tl.roll(images, 1, axis=3))
    moved = {name: change(values, after[name]) for name, values in before.items()}
    within = {name: within_classes(values, labels) for name, values in before.items()}
    report.table(["layer", "change by a shift", "variance within classes"], [(n, moved[n], within[n]) for n in before])
    names = list(LAYERS)[1:]
    falls = [all(found[a] > found[b] for a, b in pairwise(names)) for found in (moved, within)]
    report.claim("over 90 % of the new digits are recognised", accuracy > 0.9)
    report.claim("from S2 on, each layer moves less under the shift than the one before", falls[0])
    report.claim("and in each the classes are more compact", falls[1])

    chart, *panels = report.axes(2, 2, width=5, height=2.8)
    chart.plot(list(before), list(moved.values()), "o-", label="change when the image is shifted")
    chart.plot(list(before), list(within.values()), "o-", label="share of the variance within classes")
    chart.set(title="From image to output", xlabel="layer", ylim=(0, None))
    for ax, name in zip(panels, ("C1", "C3", "S4"), strict=True):
        maps = viz.activations(model, images[:1], LAYERS[name])
        viz.feature_maps(maps, axes=[ax], cmap="gray")
        ax.set_title(f"{name}: maps of a {int(labels[0])}")
