"""Without derivatives each variable makes the search longer; a gradient tells about all of them at once.

Rosenbrock's function is minimised in 2, 4 and 8 variables: by Nelder and Mead's simplex and Powell's directions, which
only compare values; by L-BFGS, which uses gradients; and by a trust region with exact Hessians. The first two call the
function three to four times as often when the variables double, L-BFGS less than twice as often, while a gradient costs
no more than a few values for any number of variables (chapter 9). Second derivatives save steps again, and each of
these costs more. The maps show the paths over two other functions.
"""

import math

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import beale, himmelblau, rosenbrock

METHODS = {
    "Nelder-Mead": {"adaptive": True, "xatol": 1e-6, "fatol": 1e-10},
    "Powell": {},
    "L-BFGS-B": {},
    "trust-exact": {},
}
ORDERS = dict(zip(METHODS, ("values", "values", "gradients", "Hessians"), strict=True))


def minimized(function, start, method):
    """Return the result of a method with its options, which may take as many steps as it needs."""
    return optim.minimize(function, tl.asarray(start, dtype="float64"), method, max_steps=50_000, **METHODS[method])


def lesson(report, long):
    dimensions = (2, 4, 8, 16) if long else (2, 4, 8)
    runs = {name: [minimized(rosenbrock, [0.0] * n, name) for n in dimensions] for name in METHODS}
    report.table(
        ["method", "uses", "variables", "steps", "values", "gradients", "Hessians", "minimum found"],
        [
            (
                name,
                ORDERS[name],
                n,
                r.steps,
                r.function_evaluations,
                r.gradient_evaluations,
                r.hessian_evaluations,
                r.fun,
            )
            for name, results in runs.items()
            for n, r in zip(dimensions, results, strict=True)
        ],
    )
    calls = {name: [r.function_evaluations for r in results] for name, results in runs.items()}
    growth = {name: math.log(c[-1] / c[0]) / math.log(dimensions[-1] / dimensions[0]) for name, c in calls.items()}
    for name in ("Nelder-Mead", "Powell", "L-BFGS-B"):
        report.value(f"calls of {name} grow like the number of variables to the power", growth[name])
    report.claim("all methods find the minimum", all(r.fun < 1e-6 for results in runs.values() for r in results))
    blind = min(growth["Nelder-Mead"], growth["Powell"])
    report.claim("without derivatives calls grow faster than in proportion to the variables", blind > 1.3)
    report.claim("with gradients they grow more slowly than that", growth["L-BFGS-B"] < 1)
    fewer = zip(runs["trust-exact"], runs["L-BFGS-B"], strict=True)
    report.claim("with Hessians steps are the fewest", all(second.steps < first.steps for second, first in fewer))

    *planes, chart = report.axes(columns=3, width=4.8)
    for ax, landscape in zip(planes, (beale, himmelblau), strict=True):
        ways = {name: minimized(landscape, landscape.start, name) for name in METHODS if name != "Powell"}
        viz.optimizer_paths(landscape, ways, ax=ax)
    for name, counts in calls.items():
        chart.loglog(dimensions, counts, "o-", label=f"{name} ({ORDERS[name]})")
    chart.set(title="Calls of Rosenbrock's function", xlabel="variables", ylabel="calls")
    chart.set_xticks(dimensions, list(map(str, dimensions)), minor=False)
    chart.minorticks_off()
