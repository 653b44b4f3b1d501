"""The look that all pictures share: figures, colours, axes and legends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

from ..errors import ShapeError
from ..optim.axes import Axes as Axes
from ..options.kinds import kind_of, read

PALETTE = (
    "#3f90da", "#bd1f01", "#ffa90e", "#832db6", "#92dadd", "#a96b59", "#e76300", "#717581", "#b9ac70", "#94a4a2",
)  # fmt: skip
"""Ten colours for categories that people with colour-vision deficiencies can tell apart.

M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021 (arXiv:2107.02270), in another order.
"""

SEQUENTIAL, DIVERGING, GRAY = "Blues", "RdBu_r", "gray"
"""Colour maps: of quantities from zero upwards, of quantities of both signs, and of images."""

INK, FAINT = "#222222", "#8a8a8a"
"""The colours of lines and text that stand for no category: dark, and in the background."""

SMALL, MEDIUM, LARGE = 8, 9.5, 11
"""Font sizes in points: of notes inside a picture, of labels, and of titles."""


def new_figure(user: str, width: float = 5.6, height: float = 4.0) -> Any:
    """Return an empty figure, width and height in inches, that pyplot does not manage: it needs no closing.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    try:
        from .notebook import Figure
    except ImportError as error:
        message = f"{user} draws with Matplotlib, which is not installed: pip install 'tensorlab[viz]'"
        raise ImportError(message) from error
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def axes_on(user: str, ax: Any, width: float = 5.6, height: float = 4.0) -> Any:
    """Return the axes to draw on, by default those of a new figure."""
    return new_figure(user, width, height).subplots() if ax is None else ax


def several_axes(
    user: str, axes: Any, count: int, columns: int | None = None, width: float = 3.6, height: float = 3.0
) -> list[Any]:
    """Return axes for several panels, by default those of a new figure; width and height are those of one panel.

    Raises
    ------
    ValueError
        If there are not as many axes as panels.
    """
    if axes is not None:
        given = axes.ravel().tolist() if hasattr(axes, "ravel") else axes
        given = list(given) if isinstance(given, Sequence) else [given]
        if len(given) != count:
            raise ShapeError(f"{user}: axes must be {count}, one for each panel, not {len(given)}")
        return [read(user, "axes", kind_of(Axes), ax) for ax in given]
    columns = min(count, columns or count)
    rows = -(-count // columns)
    grid = new_figure(user, columns * width, rows * height).subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in grid[count:]:
        spare.remove()
    return grid[:count]


def figure_of(ax: Any) -> Any:
    """Return the figure in which axes are."""
    return ax.figure.figure


def dress(ax: Any, title: str = "", xlabel: str = "", ylabel: str = "", grid: str = "both") -> None:
    """Give axes their labels, and the look of all charts; `grid` says along which axis there are grid lines."""
    ax.set_title(title, fontsize=LARGE)
    ax.set_xlabel(xlabel, fontsize=MEDIUM)
    ax.set_ylabel(ylabel, fontsize=MEDIUM)
    ax.tick_params(labelsize=SMALL, which="both")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(alpha=0.25, linewidth=0.7, axis=grid)


def whole_ticks(axis: Any) -> None:
    """Put the ticks of an axis at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True))


def legend(ax: Any, **options: Any) -> None:
    """Add a legend for the labelled artists, if there is one."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(**{"fontsize": SMALL, "frameon": False, "handlelength": 1.6, **options})


def colorbar(mappable: Any, ax: Any, label: str, percent: bool = False) -> None:
    """Add a colour bar beside axes; with `percent` its numbers are multiplied by 100."""
    bar = ax.figure.colorbar(mappable, ax=ax, shrink=0.85, pad=0.02, format=_percent if percent else None)
    bar.set_label(label, fontsize=MEDIUM)
    bar.ax.tick_params(labelsize=SMALL, which="both")
    bar.outline.set_visible(False)


def _percent(share: float, position: int | None = None) -> str:
    return f"{100 * share:.0f} %"


def colors(count: int) -> list[str]:
    """Return a colour for each of several categories; they repeat after ten."""
    return list(islice(cycle(PALETTE), count))


def title_over_all(axes: Sequence[Any], title: str) -> None:
    """Write a title over all panels if they fill a figure of ours."""
    figure = axes[0].figure
    if title and set(figure.axes) == set(axes):
        figure.suptitle(title, fontsize=LARGE + 1)
