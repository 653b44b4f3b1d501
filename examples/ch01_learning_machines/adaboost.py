"""AdaBoost makes a strong classifier of weak ones, and its error stays below its bound.

Each round trains a weak classifier on samples weighted by what the earlier ones got wrong. If its weighted error is e,
the bound on the training error shrinks by the factor 2 √(e (1 - e)), so that any edge over guessing is enough (Freund
and Schapire, 1997). Decision stumps cut along one axis, perceptrons along any line; neither separates the moons alone.
After the training error has reached zero, the votes' margins go on growing (Schapire et al., 1998).
"""

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.models.classic import AdaBoost, DecisionStump, Perceptron

LEARNERS = {"stumps": DecisionStump, "perceptrons": lambda: Perceptron(pocket=True, max_epochs=1)}


def moons(count):
    """Return points of two interleaving half circles, and labels -1 and 1."""
    x, y = datasets.make_moons(count, noise=0.1)
    return x, 2.0 * y - 1


def error(scores, y):
    """Return the fraction of samples with a wrong sign, for each row of scores."""
    return (scores * y <= 0).astype("float64").mean(axis=-1)


def margins(model, x, y):
    """Return the margin of each sample after each round: the votes for its label less those against, in shares."""
    return model.staged(x) * y / tl.cumulative_sum(abs(model.votes))[:, None]


def lesson(report, long):
    (x, y), (x_new, y_new) = moons(300), moons(2000)
    rounds = 600 if long else 150
    models = {name: AdaBoost(rounds, learner).fit(x, y) for name, learner in LEARNERS.items()}
    training = {name: error(model.staged(x), y) for name, model in models.items()}
    held_out = {name: error(model.staged(x_new), y_new) for name, model in models.items()}

    rows = [[name, training[name][0], training[name][-1], held_out[name][0], held_out[name][-1]] for name in models]
    report.table(["weak learners", "one, training", "all, training", "one, held out", "all, held out"], rows, "errors")
    below = [tl.all(training[name] <= model.bounds()) for name, model in models.items()]
    report.claim("the training error is below the bound after every round, for both kinds", all(below))
    report.claim("one weak classifier errs on more than 5 %", all(e[0] > 0.05 for e in training.values()))
    report.claim("all together err on none", all(e[-1] == 0 for e in training.values()))
    report.claim("held out, they halve the errors of one", all(e[-1] < e[0] / 2 for e in held_out.values()))

    least = margins(models["stumps"], x, y).min(axis=1)
    perfect = int(tl.flatnonzero(training["stumps"] == 0)[0])
    report.value("stumps until no training error", perfect + 1)
    report.claim("the smallest margin grows on after that", least[-1] > least[perfect] + 0.02)

    chart, growth, *planes = report.axes(2, 2)
    count = range(1, len(least) + 1)
    chart.semilogx(count, models["stumps"].bounds(), "--", label="bound")
    chart.semilogx(count, training["stumps"], label="training")
    chart.semilogx(count, held_out["stumps"], label="held out")
    chart.set(title="Errors of AdaBoost with stumps", xlabel="rounds", ylabel="error")
    growth.semilogx(count, least)
    growth.axvline(perfect + 1, color="gray", linestyle=":", label="no training error")
    growth.set(title="It goes on widening its margin", xlabel="rounds", ylabel="smallest margin")
    classes = (y > 0).astype("int64")
    for plane, (name, model) in zip(planes, models.items(), strict=True):
        viz.decision_boundary(model, x, classes, axes=plane)
        plane.set(title=f"The vote of {len(model.votes)} {name}", xlabel="x₁", ylabel="x₂")
