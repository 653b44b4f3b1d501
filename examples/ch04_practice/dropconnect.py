"""DropConnect leaves out weights instead of units, and regularises as well.

Wan et al. (2013) multiply the weights of a layer by a random mask in each step. As in the lesson on dropout, three
labels in ten are wrong, and the network is large enough to learn them by heart. The more weights are left out, the
fewer of the wrong labels it learns; the new digits that it recognises grow by more than a twentieth.
"""

from tensorlab import nn

from ._digits import digits, fit, whole


def plain(*sizes):
    """Return the layers between two hidden layers and the output."""
    return [nn.Linear(*sizes[:2]), nn.ReLU(), nn.Linear(*sizes[1:])]


def dropout(*sizes):
    """Return the same with half of the units left out."""
    return [nn.Dropout(0.5), nn.Linear(*sizes[:2]), nn.ReLU(), nn.Dropout(0.5), nn.Linear(*sizes[1:])]


def dropconnect(*sizes):
    """Return the same with half of the weights left out."""
    return [nn.DropConnectLinear(*sizes[:2], p=0.5), nn.ReLU(), nn.DropConnectLinear(*sizes[1:], p=0.5)]


NAMES = {"plain": plain, "dropout": dropout, "DropConnect": dropconnect}


def lesson(report, long):
    epochs, runs = 150 if long else 50, {name: [] for name in NAMES}
    for _ in range(10 if long else 2):
        training, held_out = digits(400, wrong=0.3)
        for name, upper in NAMES.items():
            network = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), *upper(256, 256, 10))
            trainer = fit(network, training, held_out, epochs, lr=0.03)
            given, new = trainer.evaluate(whole(training)), trainer.history[-1]
            runs[name].append((given["valid_accuracy"], new["valid_accuracy"], trainer.history))
    mean = {name: [sum(run[n] for run in found) / len(found) for n in range(2)] for name, found in runs.items()}
    rows = [(name, *values) for name, values in mean.items()]
    report.table(["", "accuracy on its own labels", "on new digits"], rows, "Means of all runs")
    report.claim("DropConnect learns fewer of the wrong labels", mean["DropConnect"][0] < mean["plain"][0])
    report.claim("and recognises 4 % more of the new digits", mean["DropConnect"][1] > mean["plain"][1] + 0.04)

    chart = report.axes(width=6)
    for name, found in runs.items():
        curves = zip(*([100 * row["valid_accuracy"] for row in run[2]] for run in found), strict=True)
        chart.plot(range(1, epochs + 1), [sum(values) / len(values) for values in curves], label=name)
    chart.set(title="400 digits, three labels in ten wrong", xlabel="epoch", ylabel="accuracy on new digits (%)")
