"""Early stopping ends the training where the held-out loss is least.

Three labels in ten are wrong. The network first learns what the digits have in common; then it learns the wrong
labels by heart, and the loss on new digits rises while that on the training set falls on. A validation set shows when.
The test set, which had no part in the decision, confirms it.
"""

import tensorlab as tl
from tensorlab import data, nn, viz
from tensorlab.train import EarlyStopping

from ._digits import digits, fit, whole


def train(training, valid, epochs, callbacks=()):
    """Return the trainer of a network that has been trained, at most for a number of epochs."""
    tl.seed_everything(1)  # all runs are the same until one is stopped
    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    return fit(model, training, valid, epochs, lr=0.05, callbacks=callbacks)


def lesson(report, long):
    training, held_out = digits(400, wrong=0.3)
    valid, test = data.random_split(held_out, [0.5, 0.5])
    epochs = 400 if long else 100
    stopping = EarlyStopping(patience=10, restore_best_weights=True)
    early, late = train(training, valid, epochs, [stopping]), train(training, valid, epochs)
    kept, final = (trainer.evaluate(whole(test), "test") for trainer in (early, late))
    rows = [
        ("stopped early", stopping.best_epoch, kept["test_loss"], kept["test_accuracy"]),
        ("trained to the end", epochs, final["test_loss"], final["test_accuracy"]),
    ]
    report.table(["", "epochs", "test loss", "test accuracy"], rows)
    fell = late.history[-1]["loss"] < early.history[stopping.best_epoch - 1]["loss"] / 2
    report.claim("after the best epoch, the training loss still falls to less than a half", fell)
    report.claim("while the test loss rises by over a half", final["test_loss"] > 1.5 * kept["test_loss"])
    report.claim("stopping early saves more than half of the epochs", early.epochs_done < epochs / 2)
    report.claim("and recognises 5 % more of the test digits", kept["test_accuracy"] > final["test_accuracy"] + 0.05)

    chart = report.axes(width=6)
    numbers = [row["epoch"] for row in late.history]
    for key, label in (("loss", "training set"), ("valid_loss", "validation set")):
        chart.plot(numbers, [row[key] for row in late.history], label=label)
    chart.axvline(stopping.best_epoch, color=viz.style.INK, linestyle=":", label="weights that are kept")
    chart.axvline(early.epochs_done, color=viz.style.FAINT, linestyle=":", label="stopped, with a patience of 10")
    chart.set(title="Three labels in ten are wrong", xlabel="epoch", ylabel="loss (nats)", ylim=(0, None))
