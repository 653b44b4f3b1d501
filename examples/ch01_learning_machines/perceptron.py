"""The perceptron converges, and Novikoff's bound on its mistakes holds.

Points of the plane are labelled by a line, and those closer to it than a margin are removed. The narrower the margin,
the more mistakes the perceptron makes before it separates the classes, yet never more than (R / margin)².
"""

import tensorlab as tl
from tensorlab import viz
from tensorlab.models.classic import Perceptron, perceptron_bound

NORMAL, OFFSET = tl.tensor([0.6, 0.8]), 0.1
MARGINS = (0.3, 0.1, 0.03, 0.01, 0.003)


def separable(count, margin):
    """Return points of a square, at least `margin` away from the line, and the side on which each lies."""
    points = 2 * tl.rand(3 * count, 2) - 1
    distance = points @ NORMAL + OFFSET
    kept = tl.flatnonzero(abs(distance) >= margin)[:count]
    return points[kept], tl.sign(distance[kept])


def lesson(report, long):
    runs = []
    for margin in MARGINS:
        for _ in range(50 if long else 10):
            x, y = separable(300, margin)
            model = Perceptron(max_epochs=100_000).fit(x, y)
            runs.append((margin, model.score(x, y), model.mistakes, perceptron_bound(x, y, NORMAL, OFFSET)))
            if margin == 0.1:
                shown = model, x, y
    most = [max(mistakes for at, _, mistakes, _ in runs if at == margin) for margin in MARGINS]
    least = [min(bound for at, _, _, bound in runs if at == margin) for margin in MARGINS]
    report.table(["margin", "most mistakes", "smallest bound"], zip(MARGINS, most, least, strict=True))
    report.claim("the perceptron separates the classes in every run", all(score == 1 for _, score, *_ in runs))
    report.claim("it never makes more mistakes than the bound", all(made <= bound for *_, made, bound in runs))
    report.claim("the narrowest margin costs more than ten times the mistakes of the widest", most[-1] > 10 * most[0])

    plane, chart = report.axes(columns=2)
    model, x, y = shown
    viz.decision_boundary(model, x, (y > 0).astype("int64"), axes=plane)
    plane.set(title="Separated, with margin 0.1", xlabel="x₁", ylabel="x₂")
    chart.loglog(MARGINS, least, "--", label="bound (R / margin)²")
    chart.loglog(MARGINS, most, "o-", label="mistakes")
    chart.set(title="Mistakes before convergence", xlabel="margin")
