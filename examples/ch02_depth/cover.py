"""A line separates few of the ways to label points, and random features make it most of them.

Of the 2ᴺ labellings of N points in general position, hyperplanes through the origin of a space of d dimensions separate
C(N, d) = 2 Σ binomial(N - 1, k) over k < d (Cover, 1965). They are counted here: any separating hyperplane can be moved
until it contains d - 1 of the points, whose labels are then free. The share of separable labellings drops from all to
none around N = 2 d, so that points with random labels become separable as soon as they have N / 2 random features.
"""

from itertools import combinations, product
from math import comb

import tensorlab as tl
from tensorlab import viz
from tensorlab.features import RandomFourierFeatures
from tensorlab.models.classic import LogisticRegression

POINTS = 60


def cover(n, d):
    """Return the number of separable labellings by the formula."""
    return 2 * sum(comb(n - 1, k) for k in range(d))


def count(n, d):
    """Return the number of separable labellings of random points, all of which are constructed."""
    points = tl.randn(n, d, dtype="float64")
    chosen = tl.tensor(list(combinations(range(n), d - 1)))
    normals = tl.linalg.svd(points[chosen])[2][:, -1]  # each is orthogonal to d - 1 of the points
    positive = normals @ points.T > 0
    powers = 2 ** tl.arange(n)
    rest = (positive * powers).sum(axis=1) - (tl.take_along_axis(positive, chosen, axis=1) * powers[chosen]).sum(axis=1)
    free = tl.tensor(list(product([0, 1], repeat=d - 1))) @ powers[chosen].T
    labellings = (rest + free).flatten()
    return tl.unique_values(tl.concat([labellings, 2**n - 1 - labellings])).size


def separable_share(n_features, trials):
    """Return how often random labels of points in the plane can be separated by random features of the points."""
    separated = 0
    for _ in range(trials):
        x = RandomFourierFeatures(2, n_features, gamma=20.0)(tl.randn(POINTS, 2)).astype("float64")
        y = 2.0 * tl.randint(0, 2, (POINTS,)) - 1
        separated += LogisticRegression().fit(x, y).score(x, y) == 1
    return separated / trials


def lesson(report, long):
    cases = [(n, d) for d in (2, 3, 4) for n in ((4, 6, 8, 10, 12) if long else (4, 6, 8))]
    rows = [(n, d, 2**n, count(n, d), cover(n, d)) for n, d in cases]
    report.table(["points N", "dimensions d", "labellings", "separable, counted", "formula"], rows)
    report.claim("the count is the formula in every case", all(row[3] == row[4] for row in rows))

    widths = [10, 15, 20, 25, 30, 35, 40, 50]
    shares = [separable_share(width, 100 if long else 20) for width in widths]
    expected = [cover(POINTS, width + 1) / 2**POINTS for width in widths]
    report.table(["random features", "share separated", "formula"], zip(widths, shares, expected, strict=True))
    gap = sum(abs(share - p) for share, p in zip(shares, expected, strict=True)) / len(widths)
    report.claim("10 features separate random labels of 60 points never, 50 always", shares[0] == 0 and shares[-1] == 1)
    report.claim("in between, the share is the formula's, on average to 0.1", gap < 0.1)

    law, measured, plane = report.axes(columns=3)
    for d in (5, 20, 100):
        counts = range(1, 4 * d)
        law.plot([n / d for n in counts], [cover(n, d) / 2**n for n in counts], label=f"d = {d}")
    law.set(title="Share of labellings that are separable", xlabel="points / dimensions, N / d")
    measured.plot(widths, expected, "--", label="formula")
    measured.plot(widths, shares, "o-", label="measured")
    measured.set(title=f"Random labels of {POINTS} points of the plane", xlabel="random features", ylabel="share")
    x, y = tl.randn(POINTS, 2), tl.randint(0, 2, (POINTS,))
    features = RandomFourierFeatures(2, 50, gamma=20.0)
    model = LogisticRegression(alpha=1e-6).fit(features(x).astype("float64"), 2.0 * y - 1)
    viz.decision_boundary(lambda x: model(features(x).astype("float64")), x, y, axes=plane)
    plane.set(title="Separated by 50 features", xlabel="x₁", ylabel="x₂")
