"""Compare minimisers on functions of two variables: their paths, and the number of evaluations.

python examples/compare_optimizers.py                                             # five methods on six functions
python examples/compare_optimizers.py --landscapes beale --methods BFGS rprop     # some of them
python examples/compare_optimizers.py --steps 1000 --out runs/long.png            # longer
"""

import argparse
import math
import sys
from pathlib import Path

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import LANDSCAPES

CHOSEN = ("rosenbrock", "valley", "beale", "himmelblau", "two_wells", "styblinski_tang")
METHODS = ("SGD", "Adam", "Nelder-Mead", "L-BFGS-B", "trust-exact")

# The largest learning rates that are stable where the function is steepest; methods with line search need none.
RATES = {
    "rosenbrock": 1e-3,
    "valley": 1e-2,
    "beale": 1e-2,
    "himmelblau": 1e-2,
    "two_wells": 0.1,
    "styblinski_tang": 1e-2,
}


def options_of(method, landscape):
    """Return the options of a method on a landscape, for methods that need some."""
    rate = RATES.get(landscape.name, 1e-3)
    width = landscape.bounds[0][1] - landscape.bounds[0][0]
    return {"sgd": {"lr": rate, "momentum": 0.8}, "adam": {"lr": 0.02 * width}}.get(method.lower(), {})


def compare(landscape, methods, steps):
    """Return the result of each method from the usual starting point of the landscape."""
    x0 = tl.tensor(landscape.start, dtype=tl.float64)
    return {
        method: optim.minimize(landscape, x0, method, max_steps=steps, **options_of(method, landscape))
        for method in methods
    }


def distance(landscape, x):
    """Return the distance of a point from the nearest minimum."""
    return min((math.dist(x.tolist(), minimum) for minimum in landscape.minima), default=math.nan)


def report(landscape, results):
    """Print a table of results."""
    print(f"\n{landscape}")
    print(f"{'method':>14} {'steps':>6} {'f':>6} {'grad f':>6} {'hess f':>6} {'value':>10} {'distance':>10}")
    for method, r in results.items():
        counts = f"{r.function_evaluations:6} {r.gradient_evaluations:6} {r.hessian_evaluations:6}"
        print(f"{method:>14} {r.steps:6} {counts} {r.fun:10.2e} {distance(landscape, r.x):10.2e}")


def draw(compared, file):
    """Draw the paths on each landscape in one picture."""
    from matplotlib.figure import Figure

    columns = min(3, len(compared))
    rows = math.ceil(len(compared) / columns)
    figure = Figure(figsize=(5.2 * columns, 4.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for ax in grid.flat[len(compared) :]:
        ax.set_axis_off()
    for ax, (landscape, results) in zip(grid.flat, compared.items(), strict=False):
        viz.optimizer_paths(landscape, results, ax=ax)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--landscapes", nargs="+", choices=LANDSCAPES, default=CHOSEN, metavar="NAME", help="functions")
    parser.add_argument("--methods", nargs="+", default=METHODS, metavar="NAME", help="optimizers and SciPy's methods")
    parser.add_argument("--steps", type=int, default=300, help="largest number of steps of each method (default 300)")
    parser.add_argument("--out", type=Path, default=Path("runs/compare_optimizers.png"), help="file for the picture")
    options = parser.parse_args()

    compared = {}
    for name in options.landscapes:
        landscape = LANDSCAPES[name]
        compared[landscape] = compare(landscape, options.methods, options.steps)
        report(landscape, compared[landscape])
    draw(compared, options.out)
    print(f"\nthe picture is in {options.out}")


if __name__ == "__main__":
    try:
        main()
    except (ImportError, ValueError, tl.BackendUnavailable) as error:
        sys.exit(str(error))
