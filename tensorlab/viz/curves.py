"""Curves of training runs, and of learning rates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..ops.declare import composite
from ..optim.lr_scheduler import LRScheduler, plot
from ..options import Size, checked
from ..options.kinds import plain
from .style import (
    PALETTE,
    SMALL,
    Axes,
    axes_on,
    colors,
    dress,
    figure_of,
    legend,
    several_axes,
    title_over_all,
    whole_ticks,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POSITIONS = ("epoch", "step", "global_step", "batch")
"""Columns of a log that say where a row belongs, in the order in which one is chosen for the x axis."""

TIMES = ("seconds", "time", "elapsed", "samples_per_second")
"""Columns that say how long things took, which are drawn if they are asked for."""

MOST_IN_LEGENDS = 3
"""The largest number of runs that the legends of panels list; those of more would cover the curves."""

PARTS = re.compile(r"^(train|valid|val|test)[_/](.+)$|^(.+)[_/](train|valid|val|test)$")
SHOWN_AS = {"train": "training", "valid": "held out", "val": "held out", "test": "test"}
STYLES: dict[str, Any] = {"training": "-", "held out": "--", "test": ":"}
FALLS, RISES = (
    re.compile(rf"(^|_)({words})(_|$)")
    for words in (
        "loss|error|mse|mae|rmse|perplexity|nll|entropy",
        "accuracy|acc|f1|precision|recall|auc|auroc|r2|iou|dice|score|kappa|bleu|psnr|ssim",
    )
)
"""Names of metrics that fall and that rise when a model gets better."""


@dataclass
class Series:
    """The values of one metric on one part of the data, in one run."""

    run: str
    part: str
    xs: list[float]
    ys: list[float]


@checked
def training_curves(
    runs: Any,
    *,
    metrics: Sequence[str] | None = None,
    x: str | None = None,
    log: bool | None = None,
    title: str = "",
    axes: Any = None,
) -> Figure:
    """Draw the curves of one or several training runs: a panel for each metric, with training and held-out data.

    ``loss`` (or ``train_loss``), ``valid_loss`` (or ``val_loss``) and ``test_loss`` share a panel, and so with other
    names. A point marks the best value on held-out data. Runs have a legend in each panel, and more than three share
    one beside the panels.

    Parameters
    ----------
    runs : mapping, or sequence of mappings
        A history, ``{"loss": [...], "valid_loss": [...]}``; or the rows of a log,
        ``[{"epoch": 0, "loss": ..., "valid_loss": ...}, ...]``, where a row may lack some values; or several of these
        by name, ``{"first run": ..., "second run": ...}``.
    metrics : sequence of str, optional
        The metrics to draw, named without the part of the data; by default all that have numbers, but for times.
    x : str, optional
        The column on the x axis. By default it is the first of ``epoch``, ``step``, ``global_step`` and ``batch``
        whose values differ from row to row; without such a column the values are numbered from 1.
    log : bool, optional
        Whether y axes are logarithmic. By default those of losses and of the learning rate are, if all values are
        positive and the largest is at least ten times the smallest.
    title : str
        The title of the whole; by default the name of the run, if there is one.
    axes : matplotlib.axes.Axes or sequence of them, optional
        Axes to draw on, one for each panel; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If `runs` is nothing of the kind.
    ValueError
        If there are no numbers to draw, or a metric is missing.

    Examples
    --------
    >>> history = {"loss": [1.0, 0.5, 0.2], "valid_loss": [1.1, 0.7, 0.8]}
    >>> figure = tl.viz.training_curves(history)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['training', 'held out (best 0.7 at 2)']
    """
    named = _named_runs(runs)
    panels: dict[str, list[Series]] = {}
    xlabel = ""
    for run, columns in named.items():
        xlabel, found = _series(run, columns, x)
        for metric, series in found:
            panels.setdefault(metric, []).append(series)
    if missing := [metric for metric in metrics or () if metric not in panels]:
        raise ValueError(f"training_curves: metrics must be among {', '.join(panels)}, not {missing[0]}")
    panels = {metric: panels[metric] for metric in metrics or panels if metrics or metric not in TIMES}
    if not panels:
        raise ValueError("training_curves: runs must have numbers to draw")
    several = several_axes("training_curves", axes, len(panels), columns=3, width=4.2, height=3.4)
    beside = axes is None and len(named) > MOST_IN_LEGENDS
    for ax, (metric, lines) in zip(several, panels.items()):
        _draw_panel(ax, metric, lines, list(named), xlabel, log, not beside)
    if beside:
        parts = dict.fromkeys(line.part for lines in panels.values() for line in lines)
        _legend_beside(several[0].figure, list(named), list(parts))
    title_over_all(several, title or (next(iter(named)) if len(named) == 1 else ""))
    return figure_of(several[0])


def _named_runs(runs: Any) -> dict[str, dict[str, list[Any]]]:
    """Return the columns of each run by its name, which is empty for a single run."""
    if _is_run(runs):
        return {"": _columns(runs)}
    if isinstance(runs, Mapping) and runs and all(map(_is_run, runs.values())):
        return {str(name): _columns(run) for name, run in runs.items()}
    raise TypeError(
        "training_curves: runs must be a mapping from names to lists of numbers, a list of rows, "
        f"or several of these by name, not {runs!r:.60}"
    )


def _is_run(run: Any) -> bool:
    if isinstance(run, Mapping):
        return bool(run) and all(_is_column(column) for column in run.values())
    return isinstance(run, Sequence) and bool(run) and all(isinstance(row, Mapping) for row in run)


def _is_column(column: Any) -> bool:
    if len(getattr(column, "shape", ())) == 1:
        return True
    return isinstance(column, list | tuple) and not any(isinstance(entry, Mapping) for entry in column)


def _columns(run: Any) -> dict[str, list[Any]]:
    """Return the columns of a run, with None where a row has no value."""
    if isinstance(run, Mapping):
        return {
            str(name): column.tolist() if hasattr(column, "tolist") else list(column) for name, column in run.items()
        }
    names = dict.fromkeys(name for row in run for name in row)
    return {str(name): [row.get(name) for row in run] for name in names}


def _series(run: str, columns: Mapping[str, list[Any]], x: str | None) -> tuple[str, list[tuple[str, Series]]]:
    """Return the name of the x axis, and the metrics of a run with their values."""
    if x is not None and x not in columns:
        raise ValueError(f"training_curves: x must be a column, {', '.join(columns)}, not {x!r}")
    position = x or next((name for name in POSITIONS if name in columns and _differ(columns[name])), None)
    found = []
    for name, column in columns.items():
        if name in (*POSITIONS, x):
            continue
        places = columns[position] if position else range(1, len(column) + 1)
        points = [(_number(at), _number(value)) for at, value in zip(places, column)]
        kept = [(at, value) for at, value in points if at is not None and value is not None]
        if kept:
            metric, part = _parted(name)
            xs, ys = map(list, zip(*kept, strict=True))
            found.append((metric, Series(run, part, xs, ys)))
    return position or "epoch", found


def _differ(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return len(set(known)) == len(known)


def _number(value: Any) -> float | None:
    """Return an entry of a log as a number; None for text and for what is missing."""
    value = plain(value.detach() if hasattr(value, "detach") else value)
    if isinstance(value, str | bytes | bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _parted(name: str) -> tuple[str, str]:
    """Return the metric and the part of the data that a column's name consists of."""
    found = PARTS.match(name)
    if found is None:
        return name, "training"
    return found[2] or found[3], SHOWN_AS[found[1] or found[4]]


def _draw_panel(
    ax: Any, metric: str, lines: Sequence[Series], runs: list[str], xlabel: str, log: bool | None, has_legend: bool
) -> None:
    single = len(runs) == 1
    parted = {line.part for line in lines} != {"training"}
    shades = dict(zip(("training", "held out", "test"), PALETTE))
    by_run = dict(zip(runs, colors(len(runs))))
    for line in lines:
        color = shades[line.part] if single else by_run[line.run]
        style = "-" if single else STYLES[line.part]
        label = line.part if single else f"{line.run}, {line.part}" if parted else line.run
        best = _best(metric, line) if line.part == "held out" else None
        if best is not None:
            at, value = line.xs[best], line.ys[best]
            label += f" (best {value:.3g} at {at:g})"
            ax.plot([at], [value], "o", color=color, markersize=4.5, zorder=4)
        mark = "." if len(line.xs) == 1 else ""
        ax.plot(line.xs, line.ys, style, color=color, label=label, linewidth=1.5, marker=mark)
    values = [value for line in lines for value in line.ys if math.isfinite(value)]
    if log or (log is None and _wants_log(metric, values)):
        ax.set_yscale("log")
    dress(ax, "learning rate" if metric == "lr" else metric.replace("_", " "), xlabel)
    if all(at == int(at) for line in lines for at in line.xs if math.isfinite(at)):
        whole_ticks(ax.xaxis)
    if has_legend and (parted or not single):
        legend(ax)


def _legend_beside(figure: Any, runs: list[str], parts: list[str]) -> None:
    """Add one legend beside all panels: a colour for each run, and the style of each part of the data."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=color, label=run) for run, color in zip(runs, colors(len(runs)))]
    if len(parts) > 1:
        handles += [Line2D([], [], color="0.3", linestyle=STYLES[part], label=part) for part in parts]
    figure.legend(handles=handles, loc="outside right upper", fontsize=SMALL, frameon=False)


def _best(metric: str, line: Series) -> int | None:
    """Return the position of the best value, if the name of the metric says what is good."""
    sign = -1 if FALLS.search(metric) else 1 if RISES.search(metric) else 0
    finite = [position for position, value in enumerate(line.ys) if math.isfinite(value)]
    if not (sign and finite) or len(line.ys) < 2:
        return None
    return max(finite, key=lambda position: sign * line.ys[position])


def _wants_log(metric: str, values: Sequence[float]) -> bool:
    if not (FALLS.search(metric) or metric in ("lr", "learning_rate")) or not values or min(values) <= 0:
        return False
    return max(values) >= 10 * min(values)


@composite()
def learning_rates(
    schedule: LRScheduler | Mapping[str, LRScheduler], steps: Size, *, title: str = "", ax: Axes | None = None
) -> Figure:
    """Draw the learning rates of one or several schedules; see `tensorlab.optim.lr_scheduler.plot`, which draws them.

    Parameters
    ----------
    schedule : LRScheduler, or mapping from str to LRScheduler
        The schedule to draw, or several by name.
    steps : int
        Number of steps, from step 0. The schedules and their optimizers are not changed.
    title : str
        The title.
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
    TypeError
        If a schedule has no formula, such as `ReduceLROnPlateau`, whose rates depend on a run.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> figure = tl.viz.learning_rates(tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5), steps=3)
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [1.0, 0.5, 0.25]
    """
    ax = axes_on("learning_rates", ax)
    ax.set_prop_cycle(color=PALETTE)
    plot(schedule, steps, axes=ax)
    dress(ax, title, "step", "learning rate")
    legend(ax)
    return figure_of(ax)
