"""The ways that optimizers take over a function of two variables: a picture and an animation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..autodiff.graph import no_grad
from ..ops.arithmetic import clip
from ..ops.comparison import isfinite
from ..ops.creation import linspace, meshgrid, tensor
from ..ops.exponential import log1p
from ..ops.joining import stack
from ..ops.quantiles import quantile
from ..optim import MinimizeResult
from ..optim.landscapes import Landscape
from ..optim.minimization.run import steps_taken
from ..optim.results import number
from ..options import Positive, Size, checked
from ..tensor import Tensor
from .animation import animated
from .inputs import Bounds, bounds_of, host
from .style import INK, Axes, axes_on, colors, dress, figure_of, legend

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

LEVELS, POINTS = 24, 201


@checked
def optimizer_paths(
    function: Callable[[Any], Any],
    results: Mapping[str, MinimizeResult],
    bounds: Bounds | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the contours of a function of two variables, and the ways of several methods over it.

    The levels stand closer the deeper they are, evenly in a logarithm, so that the floor of a narrow valley shows. Ways
    begin at a circle and end at a star; the minima of a `Landscape` are crosses.

    Parameters
    ----------
    function : callable
        The function that was minimized.
    results : mapping from str to MinimizeResult
        Results of `tensorlab.optim.minimize` by the name of their path.
    bounds : two pairs of float, optional
        From where to where to draw along each variable; by default those of the `Landscape`, or of all the ways.
    title : str, optional
        By default the name of the `Landscape`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If there is no result, one is not of two variables in one tensor, or the bounds are not in order.

    Examples
    --------
    >>> booth = tl.optim.landscapes.booth
    >>> ways = {name: tl.optim.minimize(booth, tl.zeros(2), name, max_steps=9, lr=0.05) for name in ("SGD", "Adam")}
    >>> figure = tl.viz.optimizer_paths(booth, ways)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['SGD: 9 steps', 'Adam: 9 steps']
    """
    user = "optimizer_paths"
    paths, bounds = _paths_and_bounds(user, function, results, bounds)
    ax = axes_on(user, ax, 5.2, 4.6)
    _draw_surface(user, ax, function, bounds, next(iter(paths.values())), title)
    for color, (name, path), result in zip(colors(len(paths)), paths.items(), results.values()):
        xs, ys = _drawable(path, bounds)
        ax.plot(
            xs,
            ys,
            ".-",
            color=color,
            linewidth=1.3,
            markersize=4,
            label=f"{name}: {steps_taken(result.steps)}",
            zorder=3,
        )
        ax.plot(xs[:1], ys[:1], "o", color="white", markeredgecolor="black", markersize=7, zorder=4)
        ax.plot(xs[-1:], ys[-1:], "*", color=color, **STAR)
    _legend_below(ax)
    return figure_of(ax)


STAR = {"markeredgecolor": "black", "markeredgewidth": 0.6, "markersize": 13, "zorder": 5}


@checked
def animate_optimizer_paths(
    function: Callable[[Any], Any],
    results: Mapping[str, MinimizeResult],
    bounds: Bounds | None = None,
    *,
    max_frames: Size = 120,
    interval: Positive = 50.0,
    title: str | None = None,
    ax: Axes | None = None,
) -> FuncAnimation:
    """Animate the ways of several methods over a function of two variables, step by step.

    Parameters
    ----------
    function, results, bounds, title, ax
        As for `optimizer_paths`.
    max_frames : int
        The largest number of frames. If the longest way has more steps, a frame shows several.
    interval : float
        Milliseconds from one frame to the next.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        ``save("name.gif", writer="pillow")`` writes a file, ``to_jshtml()`` returns HTML with controls; a notebook
        shows the animation.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        As `optimizer_paths`.

    Examples
    --------
    >>> booth = tl.optim.landscapes.booth
    >>> ways = {"SGD": tl.optim.minimize(booth, tl.zeros(2), "SGD", max_steps=3, lr=0.05)}
    >>> animation = tl.viz.animate_optimizer_paths(booth, ways)
    >>> "<img" in animation.to_jshtml()
    True
    """
    user = "animate_optimizer_paths"
    paths, bounds = _paths_and_bounds(user, function, results, bounds)
    ax = axes_on(user, ax, 5.2, 4.6)
    _draw_surface(user, ax, function, bounds, next(iter(paths.values())), title)
    drawn = []
    for color, (name, path) in zip(colors(len(paths)), paths.items()):
        xs, ys = _drawable(path, bounds)
        ax.plot(xs[:1], ys[:1], "o", color="white", markeredgecolor="black", markersize=7, zorder=4)
        (way,) = ax.plot([], [], ".-", color=color, linewidth=1.3, markersize=4, label=name, zorder=3)
        (tip,) = ax.plot([], [], "*", color=color, **STAR)
        drawn.append((xs, ys, way, tip))
    _legend_below(ax)
    heading = ax.get_title()
    steps = max(len(xs) for xs, *_ in drawn) - 1
    stride = max(1, -(-steps // (max_frames - 1))) if max_frames > 1 else max(steps, 1)
    shown_steps = [*range(0, steps, stride), steps]

    def show(frame: int) -> None:
        step = shown_steps[frame]
        for xs, ys, way, tip in drawn:
            way.set_data(xs[: step + 1], ys[: step + 1])
            tip.set_data(xs[: step + 1][-1:], ys[: step + 1][-1:])
        ax.set_title(f"{heading}, step {step}".lstrip(", "))

    return animated(figure_of(ax), show, len(shown_steps), interval)


def _paths_and_bounds(
    user: str, function: Callable[[Any], Any], results: Mapping[str, MinimizeResult], bounds: Bounds | None
) -> tuple[dict[str, Tensor], Bounds]:
    """Return the ways by name, and from where to where to draw."""
    paths = {str(name): _path(user, name, result) for name, result in results.items()}
    if not paths:
        raise ValueError(f"{user}: results must hold at least one result")
    if bounds is None:
        bounds = function.bounds if isinstance(function, Landscape) else _around(paths)
    return paths, bounds_of(user, bounds)


def _path(user: str, name: str, result: MinimizeResult) -> Tensor:
    if not isinstance(result, MinimizeResult):
        raise TypeError(f"{user}: results must be those of minimize, not {type(result).__name__}: see {name!r}")
    path = result.path
    if not isinstance(path, Tensor) or path.shape[1:] != (2,):
        has = f"has iterates of shape {path.shape[1:]}" if isinstance(path, Tensor) else "is a list of trees"
        raise ValueError(f"{user}: results must be of two variables in one tensor; the path of {name!r} {has}")
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


def _draw_surface(
    user: str, ax: Any, function: Callable[[Any], Any], bounds: Bounds, like: Tensor, title: str | None
) -> None:
    """Draw the contours and the known minima; the tensors have the type and the device of `like`."""
    xs, ys = (linspace(low, high, POINTS, dtype=like.dtype, device=like.device) for low, high in bounds)
    depth = host(_logarithmic(_heights(user, function, xs, ys)))
    drawn = ax.contourf(host(xs), host(ys), depth, levels=LEVELS, cmap="Greys_r", alpha=0.5)
    ax.contour(drawn, levels=drawn.levels, colors="white", linewidths=0.5, alpha=0.7)
    name = ""
    if isinstance(function, Landscape):
        name = function.name.replace("_", " ")
        for x, y in function.minima:
            ax.plot([x], [y], "x", color=INK, markersize=8, zorder=6)
    dress(ax, name if title is None else title, "x", "y", grid="")
    ax.set(xlim=bounds[0], ylim=bounds[1])


def _heights(user: str, function: Callable[[Any], Any], xs: Tensor, ys: Tensor) -> Tensor:
    """Return the function at the points of a grid, one row for each y."""
    with no_grad():
        if isinstance(function, Landscape):
            return function(stack(meshgrid(xs, ys)))
        columns = xs.tolist()
        rows = [
            [
                number(f"{user}: function must return", function(tensor([x, y], dtype=xs.dtype, device=xs.device)))
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


def _drawable(path: Tensor, bounds: Bounds) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a way's coordinates; what is very far away is drawn nearer, as Matplotlib has no room for it."""
    xs, ys = (
        host(clip(path[:, axis], low - 1e3 * (high - low), high + 1e3 * (high - low)))
        for axis, (low, high) in enumerate(bounds)
    )
    return xs, ys


def _legend_below(ax: Any) -> None:
    legend(ax, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, handlelength=1.2, columnspacing=1.0)
