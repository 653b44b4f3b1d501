"""Mixup keeps a network from learning wrong labels by heart, and makes it change its mind gradually.

Each batch is mixed with a shuffled copy of itself, images and labels alike (Zhang, Cissé, Dauphin and Lopez-Paz, 2018).
The network has to be undecided between two digits, and never sees the same sample twice, so that it cannot learn single
labels by heart. Three in ten are wrong here, as in the lesson on dropout.
"""

import tensorlab as tl
from tensorlab import data, metrics, nn, optim, viz
from tensorlab.train import Trainer

from ._digits import digits, whole


def train(mixup, training, held_out, epochs):
    """Return the trainer of a network that learns from mixed batches or, without `mixup`, from plain ones."""
    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    metric = {"accuracy": metrics.Accuracy()}
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=metric, progress=False)
    for _ in trainer.epochs(epochs):
        for images, labels in trainer.batches(data.DataLoader(training, 64, shuffle=True)):
            images, targets = mixup(images, labels) if mixup else (images, labels)
            trainer.step(trainer.loss(model(images), targets))
        trainer.evaluate(whole(held_out))
    return trainer


def lesson(report, long):
    training, held_out = digits(400, wrong=0.3)
    epochs, ways = 80 if long else 60, {"plain": None, "mixup": nn.Mixup(alpha=1.0, num_classes=10)}
    runs = {name: train(way, training, held_out, epochs) for name, way in ways.items()}
    rows = []
    for name, trainer in runs.items():
        given, new = trainer.evaluate(whole(training)), trainer.history[-1]
        rows.append((name, given["valid_accuracy"], new["valid_accuracy"], new["valid_loss"]))
    report.table(["", "accuracy on its own labels", "on new digits", "loss on new digits"], rows)
    (_, *plain), (_, *mixed) = rows
    report.claim("with mixup, fewer of the wrong labels are learnt", mixed[0] < plain[0])
    report.claim("5 % more of the new digits are recognised", mixed[1] > plain[1] + 0.05)
    report.claim("and their loss is lower", mixed[2] < plain[2])

    x, y = held_out.tensors
    zeros, ones = x[y == 0][:60], x[y == 1][:60]
    shares = [n / 20 for n in range(21)]
    images, *charts = report.axes(columns=3, width=3.6)
    shown = tl.stack([(1 - share) * zeros[0] + share * ones[0] for share in shares[::4]])
    names = [f"{share:.0%} one" for share in shares[::4]]
    viz.image_grid(shown.reshape(-1, 1, 8, 8), columns=3, titles=names, title="From a zero to a one", ax=images)
    for ax, (name, trainer) in zip(charts, runs.items(), strict=True):
        scores = [trainer.predict((1 - share) * zeros + share * ones) for share in shares]
        means = tl.softmax(tl.stack(scores), axis=-1).mean(axis=1)
        for digit in (0, 1):
            ax.plot(shares, means[:, digit].tolist(), label=f"probability of {digit}")
        ax.set(title=f"Trained with {name} batches", xlabel="share of the one", ylabel="mean of 60 pairs", ylim=(0, 1))
