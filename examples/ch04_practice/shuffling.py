"""Training needs its samples in mixed order.

Stochastic descent assumes that the gradient of a batch estimates that of the whole set. If the samples come sorted by
class, each batch pulls the network towards one class and away from the last, and what it learnt of the others is
forgotten before the epoch ends. One shuffle before the training repairs this; a new order in each epoch, the habit
of all libraries, costs nothing more.
"""

import tensorlab as tl
from tensorlab import data, metrics, nn, optim
from tensorlab.train import Trainer

from ._digits import digits, whole

TIMES = 6
"""How often the accuracy is measured in an epoch."""


def curve(training, test, epochs, shuffle):
    """Train a network; return its held-out accuracy at equal distances."""
    tl.seed_everything(1)  # all begin with the same weights
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loader = data.DataLoader(training, batch_size=20, shuffle=shuffle)
    metric = {"accuracy": metrics.Accuracy()}
    loss, optimizer, found = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), []
    trainer = Trainer(model, loss, optimizer, metrics=metric, progress=False)
    for _ in trainer.epochs(epochs):
        for number, (images, labels) in enumerate(trainer.batches(loader)):
            trainer.step(loss(model(images), labels))
            if number % (len(loader) // TIMES) == 0:
                found.append(trainer.evaluate(test)["valid_accuracy"])
    return found


def lesson(report, long):
    epochs = 8 if long else 6
    mixed, held_out = digits(1200)
    x, y = mixed.tensors
    by_class = data.TensorDataset(x[tl.argsort(y)], tl.sort(y))
    test = whole(held_out)
    runs = {
        "sorted by class": curve(by_class, test, epochs, shuffle=False),
        "shuffled once": curve(mixed, test, epochs, shuffle=False),
        "shuffled in each epoch": curve(mixed, test, epochs, shuffle=True),
    }
    last = {name: sum(found[-TIMES:]) / TIMES for name, found in runs.items()}
    report.table(["order", "mean accuracy in the last epoch"], last.items())
    low, once, each = last.values()
    report.claim("sorted by class, the network is right on less than half of the digits", low < 0.5)
    report.claim("one shuffle lifts it to more than 85 %", once > 0.85)
    report.claim("new orders in each epoch are as good as one, within 3 %", abs(each - once) < 0.03)

    chart = report.axes(width=6)
    for name, found in runs.items():
        chart.plot([n / TIMES for n in range(len(found))], [100 * value for value in found], label=name)
    chart.set(title="The same network and data in three orders", xlabel="epoch", ylabel="held-out accuracy (%)")
