"""A picture of the ways that methods took over a function of two variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...autodiff.graph import no_grad
from ...ops.arithmetic import clip
from ...ops.comparison import isfinite
from ...ops.creation import linspace, meshgrid, tensor
from ...ops.exponential import log1p
from ...ops.joining import stack
from ...ops.quantiles import quantile
from ...options import checked
from ...options.kinds import kind_of, read
from ...tensor import Tensor
from ..axes import Axes, new_axes
from ..landscapes import Bounds, Landscape
from ..results import number
from .run import MinimizeResult, steps_taken

LEVELS, POINTS = 24, 201


@checked
def plot_paths(
    function: Callable[[Any], Any],
    results: Mapping[str, MinimizeResult],
    bounds: Bounds | None = None,
    axes: Axes | None = None,
) -> Any:
    """Draw the contours of a function of two variables, and the ways of several methods over it, with Matplotlib.

    The levels stand closer the deeper they are, evenly in a logarithm, so that the floor of a narrow valley shows. Ways
    begin at a circle and end at a star; the minima of a `Landscape` are crosses.

    Parameters
    ----------
    function : callable
        The function that was minimized.
    results : mapping from str to MinimizeResult
        Results by the name of their path.
    bounds : two pairs of float, optional
        From where to where to draw along each variable; by default those of the `Landscape`, or of all the ways.
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        For a title, or ``axes.figure.savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If there is no result, one is not of two variables in one tensor, or the bounds are not in order.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> booth = tl.optim.landscapes.booth
    >>> ways = {name: tl.optim.minimize(booth, tl.zeros(2), name, max_steps=9, lr=0.05) for name in ("SGD", "Adam")}
    >>> axes = tl.optim.plot_paths(booth, ways, axes=Figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['SGD: 9 steps', 'Adam: 9 steps']
    """
    paths = {name: _path(name, result) for name, result in results.items()}
    if not paths:
        raise ValueError("plot_paths: results must hold at least one result")
    first = next(iter(paths.values()))
    if bounds is None:
        bounds = function.bounds if isinstance(function, Landscape) else _around(paths)
    (left, right), (bottom, top) = read("plot_paths", "bounds", kind_of(Bounds), bounds)
    if not (left < right and bottom < top):
        raise ValueError(f"plot_paths: bounds must be two pairs (low, high), not {bounds}")
    if axes is None:
        axes = new_axes("plot_paths")
    _draw_contours(axes, function, bounds, first)
    for (name, path), result in zip(paths.items(), results.values()):
        _draw_path(axes, path, f"{name}: {steps_taken(result.steps)}", bounds)
    if isinstance(function, Landscape):
        for x, y in function.minima:
            axes.plot([x], [y], "x", color="black", markersize=8, zorder=6)
        axes.set_title(function.name.replace("_", " "))
    axes.set(xlim=bounds[0], ylim=bounds[1], xlabel="x", ylabel="y")
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 3}
    axes.legend(**below, fontsize="small", frameon=False, handlelength=1.2, columnspacing=1.0)
    return axes


def _path(name: str, result: MinimizeResult) -> Tensor:
    if not isinstance(result, MinimizeResult):
        raise TypeError(f"plot_paths: results must be those of minimize, not {type(result).__name__}: see {name!r}")
    path = result.path
    if not isinstance(path, Tensor) or path.shape[1:] != (2,):
        has = f"has iterates of shape {path.shape[1:]}" if isinstance(path, Tensor) else "is a list of trees"
        raise ValueError(f"plot_paths: results must be of two variables in one tensor; the path of {name!r} {has}")
    return path


def _around(paths: Mapping[str, Tensor]) -> Bounds:
    """Return bounds that hold all points of the ways that are finite, and some space."""
    found = []
    for axis in (0, 1):
        values = [v for path in paths.values() for v in path[:, axis].tolist() if abs(v) < float("inf")]
        low, high = min(values), max(values)
        space = 0.2 * (high - low) or 1.0
        found.append((low - space, high + space))
    return found[0], found[1]


def _draw_contours(axes: Any, function: Callable[[Any], Any], bounds: Bounds, like: Tensor) -> None:
    xs, ys = (linspace(low, high, POINTS, dtype=like.dtype, device=like.device) for low, high in bounds)
    depth = _logarithmic(_heights(function, xs, ys)).numpy()
    drawn = axes.contourf(xs.numpy(), ys.numpy(), depth, levels=LEVELS, cmap="Greys_r", alpha=0.5)
    axes.contour(drawn, levels=drawn.levels, colors="white", linewidths=0.5, alpha=0.7)


def _heights(function: Callable[[Any], Any], xs: Tensor, ys: Tensor) -> Tensor:
    """Return the function at the points of a grid, one row for each y."""
    with no_grad():
        if isinstance(function, Landscape):
            return function(stack(meshgrid(xs, ys)))
        columns = xs.tolist()
        rows = [
            [
                number("plot_paths: function must return", function(tensor([x, y], dtype=xs.dtype, device=xs.device)))
                for x in columns
            ]
            for y in ys.tolist()
        ]
        return tensor(rows, device=xs.device)


def _logarithmic(heights: Tensor) -> Tensor:
    """Return the logarithm of heights above the lowest, which stays level where the lowest fiftieth is."""
    finite = heights[isfinite(heights)]
    above = heights - finite.min()
    return log1p(above / max(float(quantile(finite - finite.min(), 0.02)), 1e-30))


def _draw_path(axes: Any, path: Tensor, label: str, bounds: Bounds) -> None:
    """Draw a way; what is very far away is drawn nearer, as Matplotlib has no room for it."""
    xs, ys = (
        clip(path[:, axis], low - 1e3 * (high - low), high + 1e3 * (high - low)).numpy()
        for axis, (low, high) in enumerate(bounds)
    )
    (line,) = axes.plot(xs, ys, ".-", linewidth=1.3, markersize=4, label=label, zorder=3)
    axes.plot(xs[:1], ys[:1], "o", color="white", markeredgecolor="black", markersize=7, zorder=4)
    axes.plot(
        xs[-1:],
        ys[-1:],
        "*",
        color=line.get_color(),
        markeredgecolor="black",
        markeredgewidth=0.6,
        markersize=13,
        zorder=5,
    )
