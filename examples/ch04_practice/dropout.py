"""Dropout keeps a network from learning wrong labels by heart.

In each step every hidden unit is left out with probability 1/2 (Srivastava et al., 2014). No unit can rely on certain
others, and the trained network acts as the mean of all the smaller ones in it. Here three labels in ten are replaced by
random ones. Without dropout the network comes to know each of its 400 digits, wrong label or not, and pays for it on
new digits.
"""

from tensorlab import nn

from ._digits import digits, fit, whole

NAMES = {0.0: "without dropout", 0.5: "with dropout"}


def network(p):
    """Return a network of two hidden layers whose units are left out with probability p."""
    hidden = [nn.Linear(64, 256), nn.ReLU(), nn.Dropout(p), nn.Linear(256, 256), nn.ReLU(), nn.Dropout(p)]
    return nn.Sequential(*hidden, nn.Linear(256, 10))


def lesson(report, long):
    epochs, runs = 150 if long else 60, {p: [] for p in NAMES}
    for _ in range(10 if long else 2):
        training, held_out = digits(400, wrong=0.3)
        for p, found in runs.items():
            trainer = fit(network(p), training, held_out, epochs, lr=0.05)
            known, new = trainer.evaluate(whole(training)), trainer.history[-1]
            found.append((known["valid_accuracy"], new["valid_accuracy"], new["valid_loss"], trainer.history))
    rows = [(name, *(sum(run[n] for run in runs[p]) / len(runs[p]) for n in range(3))) for p, name in NAMES.items()]
    report.table(["", "accuracy on its own labels", "on new digits", "loss on new digits"], rows, "Means of all runs")
    pairs = list(zip(*runs.values(), strict=True))
    report.claim(
        "without dropout, more of the wrong labels are learnt, in every run", all(a[0] > b[0] for a, b in pairs)
    )
    report.claim("with it, 5 % more of the new digits are recognised", all(b[1] > a[1] + 0.05 for a, b in pairs))
    report.claim("and their loss is lower", all(b[2] < a[2] for a, b in pairs))

    panels = report.axes(columns=2)
    keys = {"valid_loss": ("Loss on new digits", "loss (nats)"), "valid_accuracy": ("Accuracy on new digits", "share")}
    for ax, (key, (title, unit)) in zip(panels, keys.items(), strict=True):
        for p, name in NAMES.items():
            curves = zip(*([row[key] for row in run[3]] for run in runs[p]), strict=True)
            ax.plot(range(1, epochs + 1), [sum(values) / len(values) for values in curves], label=name)
        ax.set(title=title, xlabel="epoch", ylabel=unit)
