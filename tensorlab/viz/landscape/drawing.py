"""Pictures of loss landscapes: curves, contours and surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ...ops.creation import geomspace, linspace
from ...ops.quantiles import quantile
from ...options import Size, checked
from ...tensor import Tensor
from ..inputs import host
from ..style import INK, LARGE, MEDIUM, PALETTE, SMALL, Axes, axes_on, colorbar, dress, figure_of, legend, new_figure
from .surface import LossLandscape

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


@checked
def loss_surface(
    landscape: LossLandscape,
    *,
    kind: Literal["contour", "surface"] = "contour",
    levels: Size = 20,
    log: bool | None = None,
    cmap: str = "viridis",
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw a loss landscape: a curve along one direction, contours or a surface over two, and the path of a training.

    Parameters
    ----------
    landscape : LossLandscape
        What `loss_landscape` returned.
    kind : {"contour", "surface"}
        Whether a plane is drawn from above, or as a surface in three dimensions.
    levels : int
        The number of contours.
    log : bool, optional
        Whether contours are spaced, and surfaces drawn, by the logarithm of the loss; by default if all losses are
        positive and the largest is more than 20 times the smallest.
    cmap : str
        The colour map.
    title : str, optional
        By default it names the loss in the middle.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on, three-dimensional ones for a surface; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If no loss is finite, or a logarithm is asked for and a loss is not positive.

    Examples
    --------
    >>> layer = tl.nn.Linear(2, 2, bias=False)
    >>> landscape = tl.viz.loss_landscape(layer, lambda net: (net.weight**2).sum(), points=5)
    >>> figure = tl.viz.loss_surface(landscape)
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('direction 1', 'direction 2')
    """
    losses = host(landscape.losses)
    finite = losses[abs(losses) < float("inf")]
    if not finite.size:
        raise ValueError("loss_surface: landscape must have finite losses")
    lowest, highest = float(finite.min()), float(finite.max())
    if log and lowest <= 0:
        raise ValueError(f"loss_surface: log needs positive losses; the smallest is {lowest:g}")
    log = lowest > 0 and highest > 20 * lowest if log is None else log
    if losses.ndim == 1:
        return _curve(landscape, losses, log, title, ax)
    if kind == "surface":
        return _surface(landscape, losses, log, cmap, title, ax)
    return _contours(landscape, losses, log, levels, cmap, title, ax)


def _curve(landscape: LossLandscape, losses: NDArray[Any], log: bool, title: str | None, ax: Any) -> Any:
    ax = axes_on("loss_surface", ax)
    places = host(landscape.coordinates[0])
    ax.plot(places, losses, color=PALETTE[0], linewidth=1.8)
    ax.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    if landscape.path is not None:
        ax.plot(host(landscape.path)[:, 0], [0.02] * len(landscape.path), "|", color=PALETTE[1], label="training",
                transform=ax.get_xaxis_transform())  # fmt: skip
        legend(ax)
    if log:
        ax.set_yscale("log")
    dress(ax, "Loss along a direction" if title is None else title, _label(landscape, 0), "loss")
    return figure_of(ax)


def _contours(
    landscape: LossLandscape, losses: NDArray[Any], log: bool, levels: int, cmap: str, title: str | None, ax: Any
) -> Any:
    ax = axes_on("loss_surface", ax, 6.0, 4.8)
    xs, ys = map(host, landscape.coordinates)
    heights = _levels(losses, levels, log)
    norm = "log" if log else None
    filled = ax.contourf(xs, ys, losses, levels=heights, cmap=cmap, norm=norm, alpha=0.85, extend="both")
    lines = ax.contour(xs, ys, losses, levels=heights, colors="white", linewidths=0.6, alpha=0.8)
    ax.clabel(lines, lines.levels[1::3], fontsize=SMALL - 1.5, fmt="%.3g")
    colorbar(filled, ax, "loss, log scale" if log else "loss")
    shown = heights[:: max(1, len(heights) // 7)]
    filled.colorbar.set_ticks(shown, labels=[f"{height:.3g}" for height in shown])
    filled.colorbar.minorticks_off()
    if landscape.path is None:
        ax.plot([0], [0], "*", color="white", markeredgecolor=INK, markersize=13, zorder=5)
    else:
        _draw_path(ax, host(landscape.path))
    dress(ax, "Loss surface" if title is None else title, _label(landscape, 0), _label(landscape, 1), grid="")
    ax.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    return figure_of(ax)


def _levels(losses: NDArray[Any], count: int, log: bool) -> list[float]:
    """Return heights of contours; the highest tenth of the plane shares one colour if it is a steep wall."""
    finite = Tensor(losses[abs(losses) < float("inf")])
    low, wall, high = (float(quantile(finite, q)) for q in (0.0, 0.9, 1.0))
    top = wall if high - low > 4 * (wall - low) > 0 else high
    if top <= low:
        return [low, low + abs(low) * 1e-6 + 1e-12]
    spaced = geomspace if log else linspace
    heights: list[float] = spaced(low, top, count + 1, dtype="float64").tolist()
    return heights


def _draw_path(ax: Any, path: NDArray[Any]) -> None:
    ax.plot(path[:, 0], path[:, 1], ".-", color=PALETTE[1], linewidth=1.4, markersize=6, zorder=4, label="training")
    ax.plot(path[:1, 0], path[:1, 1], "o", color="white", markeredgecolor=INK, markersize=7, zorder=5, label="start")
    ax.plot([0], [0], "*", color="white", markeredgecolor=INK, markersize=13, zorder=5, label="network")
    ax.legend(fontsize=SMALL, framealpha=0.8, edgecolor="none")


def _surface(landscape: LossLandscape, losses: NDArray[Any], log: bool, cmap: str, title: str | None, ax: Any) -> Any:
    if ax is None:
        ax = new_figure("loss_surface", 6.4, 5.2).add_subplot(projection="3d")
    xs, ys = map(host, landscape.coordinates)
    heights = Tensor(losses).log10().numpy() if log else losses
    ax.plot_surface(
        xs[None, :].repeat(len(ys), axis=0), ys[:, None].repeat(len(xs), axis=1), heights,
        cmap=cmap, rcount=len(ys), ccount=len(xs), linewidth=0.2, edgecolor=(1, 1, 1, 0.35), antialiased=True,
    )  # fmt: skip
    ax.set_title("Loss surface" if title is None else title, fontsize=LARGE)
    ax.set_xlabel(_label(landscape, 0), fontsize=MEDIUM)
    ax.set_ylabel(_label(landscape, 1), fontsize=MEDIUM)
    ax.set_zlabel("log₁₀ loss" if log else "loss", fontsize=MEDIUM)
    ax.tick_params(labelsize=SMALL)
    return figure_of(ax)


def _label(landscape: LossLandscape, axis: int) -> str:
    if landscape.explained is None:
        return f"direction {axis + 1}" if len(landscape.coordinates) > 1 else "distance along the direction"
    return f"direction {axis + 1} ({landscape.explained[axis]:.1%} of the path's variance)"
