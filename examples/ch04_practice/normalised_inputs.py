"""Normalised inputs make gradient descent many times faster.

The Hessian of a linear unit's squared error is the second moment of its inputs; the ratio of its largest eigenvalue to
its smallest says how many steps descent takes (LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998). A common
mean is one huge eigenvalue, so it is subtracted; unequal scales are divided out; whitening makes all eigenvalues equal.
Each run takes the best constant learning rate, 2 / (largest + smallest eigenvalue).
"""

import math

import tensorlab as tl

TOLERANCE = 1e-3


def measured(count):
    """Return inputs as they are measured, with offsets, units of their own and correlations; and a noisy target."""
    mixing = tl.eye(4, dtype=tl.float64) + 0.4
    z = tl.randn(count, 4, dtype=tl.float64) @ mixing
    x = z * tl.tensor([1.0, 3.0, 0.5, 1.0]) + tl.tensor([5.0, -6.0, 2.0, 4.0])
    return x, z @ tl.tensor([1.0, -2.0, 1.0, 0.5]) + 0.1 * tl.randn(count)


def whitened(x):
    """Return inputs whose covariance is the identity."""
    centred = x - x.mean(axis=0)
    values, vectors = tl.linalg.eigh(centred.T @ centred / len(x))
    return centred @ vectors / values**0.5


FORMS = {
    "as measured": lambda x: x,
    "mean 0": lambda x: x - x.mean(axis=0),
    "mean 0, variance 1": lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
    "whitened": whitened,
}


def descend(x, y, limit=100_000):
    """Return the condition number of the Hessian, and the excess loss after each step of gradient descent."""
    inputs = tl.concat([x, tl.ones_like(x[:, :1])], axis=1)  # the last one is the bias's
    hessian, slope = inputs.T @ inputs / len(x), inputs.T @ y / len(x)
    values = tl.linalg.eigvalsh(hessian)
    smallest, largest = float(values[0]), float(values[-1])
    error, excess = -tl.linalg.solve(hessian, slope), []
    while not excess or (excess[-1] > TOLERANCE * excess[0] and len(excess) < limit):
        excess.append(float(error @ hessian @ error) / 2)
        error = error - 2 / (largest + smallest) * (hessian @ error)
    return largest / smallest, excess


def bound(condition):
    """Return after how many steps the excess loss is below the tolerance, whatever the target."""
    return math.ceil(math.log(TOLERANCE) / (2 * math.log((condition - 1) / (condition + 1)))) if condition > 1.01 else 1


def lesson(report, long):
    x, y = measured(100_000 if long else 1000)
    runs = {name: descend(form(x), y) for name, form in FORMS.items()}
    rows = [(name, condition, len(excess) - 1, bound(condition)) for name, (condition, excess) in runs.items()]
    report.table(["inputs", "condition number", f"steps to {TOLERANCE:g}", "at most"], rows)
    conditions, steps = [row[1] for row in rows], [row[2] for row in rows]
    report.claim("each transformation lowers the condition number", conditions == sorted(conditions, reverse=True))
    report.claim("no run takes more steps than its condition number allows", all(row[2] <= row[3] for row in rows))
    report.claim("normalised inputs take less than 1 % of the steps", steps[2] < steps[0] / 100)
    report.claim("whitened inputs take one step", steps[3] == 1)

    chart = report.axes(width=6)
    for name, (_, excess) in runs.items():
        chart.loglog(range(1, len(excess) + 1), [value / excess[0] for value in excess], "o-", markersize=3, label=name)
    chart.set(
        title="Gradient descent on a linear unit", xlabel="step", ylabel="excess loss (first = 1)", ylim=(3e-4, 2)
    )
