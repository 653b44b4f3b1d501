"""A gradient check finds a planted fault, and tells its order.

Derivatives of x³ are written by hand: a right one, one with a forgotten factor, one that leaves out the last of 1000
elements, and one that is right but for its own derivative, as it takes a value out of the graph. The check compares the
derivative along a random direction with a central difference: two evaluations, whatever the number of inputs. How good
that is depends on the step h. From the curve it errs by about h², from rounding by ε / h with the precision ε, and the
best step is near the cube root of ε. Where a derivative is wrong, no step makes the disagreement small.
"""

import tensorlab as tl

STEPS = [10.0 ** (power / 2) for power in range(-24, 0)]


@tl.custom_gradient
def right(x):
    return x**3, lambda g: 3 * x**2 * g


@tl.custom_gradient
def forgotten_factor(x):
    return x**3, lambda g: x**2 * g


@tl.custom_gradient
def one_element_left_out(x):
    return x**3, lambda g: tl.concat([3 * x[:-1] ** 2 * g[:-1], tl.zeros_like(x[:1])])


@tl.custom_gradient
def taken_out_of_the_graph(x):
    return x**3, lambda g: 3 * x.detach() ** 2 * g


FUNCTIONS = (right, forgotten_factor, one_element_left_out, taken_out_of_the_graph)


def verdict(function, x, order):
    """Return what a check finds up to an order: "passes", or the beginning of the error."""
    try:
        tl.check_gradients(function, (x,), order=order)
    except tl.GradientError as error:
        return str(error).removeprefix("check_gradients: ").split(":")[0]
    return "passes"


def disagreement(function, x, directions, step):
    """Return the relative difference of derivatives along directions and their central differences, the mean."""
    found = []
    for v in directions:
        derivative = tl.jvp(function, (x,), (v,))[1].sum()
        difference = (function(x + step * v) - function(x - step * v)).sum() / (2 * step)
        found.append(abs(derivative - difference) / abs(derivative))
    return tl.stack(found).mean().item()


def lesson(report, long):
    x, directions = tl.rand(1000, dtype="float64") + 0.5, tl.randn(20, 1000, dtype="float64")
    verdicts = [(f, verdict(f, x, 1), verdict(f, x, 2)) for f in FUNCTIONS]
    report.table(["derivative", "check of order 1", "check of order 2"],
                 [(f.__name__.replace("_", " "), *found) for f, *found in verdicts])  # fmt: skip
    first, second = ({f: found[order] for f, *found in verdicts} for order in (0, 1))
    report.claim("the right derivative passes", first[right] == second[right] == "passes")
    wrong = (forgotten_factor, one_element_left_out)
    report.claim(
        "wrong first derivatives are found, even in one of 1000 elements", all("order 1" in first[f] for f in wrong)
    )
    hidden = taken_out_of_the_graph
    report.claim("the fault in the second derivative passes the first check", first[hidden] == "passes")
    report.claim("it is found by the second", "order 2" in second[hidden])

    precise, steps_chart = report.axes(columns=2, width=5)
    for name in ("float64", "float32"):
        point, along = x.astype(name), directions.astype(name)
        errors = [disagreement(right, point, along, step) for step in STEPS]
        best, predicted = STEPS[errors.index(min(errors))], float(tl.finfo(point.dtype).eps) ** (1 / 3)
        report.value(f"best step in {name}", best)
        report.claim(
            f"in {name} it is within a factor of 10 of ε^(1/3) = {predicted:.1g}",
            predicted / 10 < best < 10 * predicted,
        )
        precise.loglog(STEPS, errors, "o-", markersize=3, label=name)
    precise.set(title="A right derivative", xlabel="step of the differences", ylabel="relative disagreement")
    for function in FUNCTIONS[:3]:
        errors = [disagreement(function, x, directions, step) for step in STEPS]
        steps_chart.loglog(STEPS, errors, "o-", markersize=3, label=function.__name__.replace("_", " "))
    steps_chart.set(
        title="Right and wrong derivatives", xlabel="step of the differences", ylabel="relative disagreement"
    )
