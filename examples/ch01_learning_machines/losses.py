"""What a line learns depends on its loss: squared, logistic, hinge or ranking.

In the first data set half of one class lies far from the others, on the right side of every sensible line. The squared
loss also punishes scores beyond 1, and turns its line because of these easy points; the logistic loss hardly feels
them, and the hinge loss not at all, as its slope beyond the margin is zero. In the second, one sample in fifty is
positive. For the hinge loss it is then cheapest to call all negative, with weights of zero; a ranking loss, which asks
that positives score above negatives in all pairs, does not feel how rare they are.
"""

import tensorlab as tl
from tensorlab import metrics, viz
from tensorlab.nn import functional as F
from tensorlab.optim import minimize


def ranking_loss(scores, y):
    """Return the mean loss of all pairs of a positive and a negative score."""
    positive, negative = scores[y > 0], scores[y < 0]
    return F.margin_ranking_loss(positive[:, None], negative[None, :], tl.ones(1, 1), margin=1.0)


LOSSES = {"squared": F.mse_loss, "logistic": F.soft_margin_loss, "hinge": F.hinge_loss, "ranking": ranking_loss}


def blobs(*parts):
    """Return Gaussian points with labels, from rows of (number, label, centre, standard deviation)."""
    points = [
        tl.tensor(std) * tl.randn(count, 2, dtype="float64") + tl.tensor(centre) for count, _, centre, std in parts
    ]
    labels = [tl.full((count,), label, dtype="float64") for count, label, *_ in parts]
    return tl.concat(points), tl.concat(labels)


def fit(loss, x, y):
    """Return the line (w₁, w₂, b) that minimises a loss with a small penalty of the weights."""
    start = tl.zeros(3, dtype="float64")

    def objective(line):
        return loss(scores(line, x), y) + 1e-3 * line[:2].square().sum()

    return minimize(objective, start, "LBFGS", max_steps=60, line_search_fn="strong_wolfe").x


def scores(line, x):
    """Return the scores of points."""
    return x @ line[:2] + line[2]


def error(line, x, y):
    """Return the fraction of points with the wrong sign."""
    return (scores(line, x) * y <= 0).astype("float64").mean().item()


def called_positive(line, x):
    """Return the fraction of points with a positive score."""
    return (scores(line, x) > 0).astype("float64").mean().item()


def angle(line, other):
    """Return the angle between two lines in degrees."""
    cosine = F.cosine_similarity(line[:2], other[:2], axis=0)
    return tl.rad2deg(tl.acos(tl.clip(cosine, -1.0, 1.0))).item()


def lesson(report, long):
    count = 1000 if long else 200
    near = blobs((count, -1, (-1.2, 0.0), (0.8, 2.0)), (count // 2, 1, (1.2, 0.0), (0.8, 2.0)))
    far = blobs((count // 2, 1, (8.0, -8.0), 0.6))
    both = [tl.concat(pair) for pair in zip(near, far, strict=True)]
    lines = {name: fit(loss, *both) for name, loss in LOSSES.items()}
    turns = {name: angle(lines[name], fit(LOSSES[name], *near)) for name in LOSSES}
    report.table(["loss", "error", "turn"], [(n, error(lines[n], *both), turns[n]) for n in LOSSES], "with easy points")
    report.claim("easy points turn the line of the squared loss by more than 10°", turns["squared"] > 10)
    report.claim("and that of the hinge loss by less than 1°", turns["hinge"] < 1)
    more = error(lines["squared"], *both) / error(lines["hinge"], *both)
    report.claim("the squared loss makes more than 1.5 times the errors of the hinge loss", more > 1.5)

    x, y = blobs((count * 10, -1, (0.0, 0.0), 1.0), (count // 5, 1, (2.0, 0.0), 1.0))
    x_new, y_new = blobs((2000, -1, (0.0, 0.0), 1.0), (2000, 1, (2.0, 0.0), 1.0))
    rare = {name: fit(loss, x, y) for name, loss in LOSSES.items()}
    found = {name: called_positive(rare[name], x_new[y_new > 0]) for name in LOSSES}
    auroc = metrics.AUROC("binary")
    auroc.update(scores(rare["ranking"], x_new), (y_new > 0).astype("int64"))
    report.table(["loss", "positives found"], found.items(), "one sample in fifty is positive")
    report.value("area under the ROC curve of the ranking loss", auroc.compute())
    report.claim("the hinge loss learns weights of zero", tl.norm(rare["hinge"][:2]) < 1e-2)
    report.claim("squared and hinge loss call all negative", found["squared"] == found["hinge"] == 0)
    report.claim("the ranking loss has an area above 0.85; 0.921 is the best possible", auroc.compute() > 0.85)

    shapes, plane, roc = report.axes(columns=3)
    margin = tl.linspace(-2, 3, 300, dtype="float64")
    ones = tl.ones_like(margin)
    for name in ("squared", "logistic", "hinge"):
        shapes.plot(margin, LOSSES[name](margin, ones, reduction="none"), label=name)
    shapes.plot(margin, (margin <= 0).astype("float64"), "k--", label="error")
    shapes.set(title="Losses of one sample", xlabel="y s", ylim=(-0.1, 4))
    points, labels = both
    plane.scatter(*points.T, c=labels, cmap="coolwarm", s=8)
    for name in ("squared", "logistic", "hinge"):
        w1, w2, b = lines[name].tolist()
        plane.plot([-(b + w2 * height) / w1 for height in (-10, 6)], [-10, 6], label=name)
    plane.set(title="Easy points, bottom right", xlabel="x₁", ylabel="x₂", ylim=(-10, 6), xlim=(-5, 10))
    ranked = {"ranking": scores(rare["ranking"], x_new)}
    viz.roc_curve((y_new > 0).astype("int64"), ranked, ax=roc, title="Rare positives: scores, and decisions")
    for name in ("logistic", "hinge"):
        roc.plot(called_positive(rare[name], x_new[y_new < 0]), found[name], "o", label=f"decisions of {name}")
    viz.style.legend(roc, loc="lower right")
