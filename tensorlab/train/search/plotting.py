"""Pictures of a search: values against each hyperparameter, and trials as lines through all of them."""

from __future__ import annotations

from math import ceil, log10
from typing import Any

from .distributions import Choice, Distribution, Integers, LogUniform, label
from .trials import SearchResult, Trial

COLUMNS = 3
COLOURS = "viridis"
FIRST, OTHERS = "#d62728", "#1f77b4"
"""The colours of the best trial and of the others."""

TEXT: dict[str, Any] = {
    "textcoords": "offset points",
    "ha": "right",
    "va": "center",
    "size": 8,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
}
"""How values are written beside an axis, over the lines."""


def plot_parameters(result: SearchResult) -> Any:
    """Return a figure with a panel for each hyperparameter; see `SearchResult.plot`."""
    pyplot = _pyplot()
    count = len(result.space)
    columns = min(count, COLUMNS)
    rows = ceil(count / columns)
    figure, panels = pyplot.subplots(
        rows, columns, figsize=(4 * columns, 3.2 * rows), layout="constrained", sharey=True, squeeze=False
    )
    for axes, (name, distribution) in zip(panels.flat, result.space.items()):
        _draw_parameter(axes, result, name, distribution)
    for axes in panels.flat[count:]:
        axes.set_visible(False)
    for row in panels:
        row[0].set_ylabel("value")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4, edgecolor="none")
    return figure


def _draw_parameter(axes: Any, result: SearchResult, name: str, distribution: Distribution) -> None:
    best = result.ranking[0] if result.ranking else None
    groups: dict[str, tuple[list[Trial], dict[str, Any]]] = {
        "pruned": ([t for t in result.trials if t.status == "pruned"], {"facecolors": "none", "edgecolors": OTHERS}),
        "complete": ([t for t in result.trials if t.status == "complete" and t is not best], {"color": OTHERS}),
        "best": ([best] if best is not None and best.status == "complete" else [], {"color": FIRST, "zorder": 3}),
    }
    for group, (trials, style) in groups.items():
        if trials:
            axes.scatter([t.point[name] for t in trials], [t.value for t in trials], label=group, **style)
    failed = [t.point[name] for t in result.trials if t.status == "failed"]
    if failed:
        axes.scatter(
            failed, [0.02] * len(failed), marker="x", color="grey", transform=axes.get_xaxis_transform(), label="failed"
        )
    if isinstance(distribution, Choice):
        axes.set_xticks(range(len(distribution.values)), _names(distribution))
        axes.set_xlim(-0.5, len(distribution.values) - 0.5)
    elif _is_logarithmic(distribution):
        axes.set_xscale("log")
    elif isinstance(distribution, Integers):
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(name)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)


def plot_parallel(result: SearchResult) -> Any:
    """Return a figure with a line for each trial; see `SearchResult.plot_parallel`."""
    pyplot = _pyplot()
    trials = [t for t in reversed(result.ranking) if t.value is not None]  # the best is drawn last
    names = [*result.space, "value"]
    figure, axes = pyplot.subplots(figsize=(1.8 * len(names) + 1.5, 4), layout="constrained")
    values = [t.value for t in trials if t.value is not None] or [0.0]
    low, high = min(values), max(values)
    colours = pyplot.cm.ScalarMappable(pyplot.Normalize(low, high), COLOURS)
    for trial in trials:
        heights = [*(_height(d, trial.point[name]) for name, d in result.space.items()), _part(trial.value, low, high)]
        style = "-" if trial.status == "complete" else ":"
        axes.plot(range(len(names)), heights, style, color=colours.to_rgba(trial.value), alpha=0.8)
    for place, distribution in enumerate(result.space.values()):
        for height, text in _ticks(distribution):
            axes.annotate(text, (place, height), (-5, 0), **TEXT)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks([])
    axes.set_xlim(-0.5, len(names) - 0.95)
    for place in range(len(names)):
        axes.axvline(place, color="black", linewidth=0.8)
    axes.spines[:].set_visible(False)
    figure.colorbar(colours, ax=axes, label="value" + ("; dotted: pruned" if _any_pruned(trials) else ""))
    return figure


def _any_pruned(trials: list[Trial]) -> bool:
    return any(t.status == "pruned" for t in trials)


def _height(distribution: Distribution, point: float) -> float:
    """Return where a point is on an axis from 0 to 1."""
    if isinstance(distribution, Choice):
        return _part(point, 0, len(distribution.values) - 1)
    low, high = distribution.low, distribution.high  # type: ignore[attr-defined]
    if _is_logarithmic(distribution):
        return _part(log10(point), log10(low), log10(high))
    return _part(point, low, high)


def _part(x: float | None, low: float, high: float) -> float:
    return 0.5 if x is None or high == low else (x - low) / (high - low)


def _ticks(distribution: Distribution) -> list[tuple[float, str]]:
    """Return heights on an axis with their labels."""
    if isinstance(distribution, Choice):
        return [(_height(distribution, i), name) for i, name in enumerate(_names(distribution))]
    low, high = distribution.low, distribution.high  # type: ignore[attr-defined]
    middle = (low * high) ** 0.5 if _is_logarithmic(distribution) else (low + high) / 2
    if isinstance(distribution, Integers):
        middle = round(middle)
    return [(_height(distribution, x), f"{x:.3g}") for x in dict.fromkeys((low, middle, high))]


def _names(choice: Choice) -> list[str]:
    return [str(label(value)) for value in choice.values]


def _is_logarithmic(distribution: Distribution) -> bool:
    return isinstance(distribution, LogUniform) or (isinstance(distribution, Integers) and distribution.log)


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        message = "SearchResult.plot draws with Matplotlib, which is not installed: pip install tensorlab[viz]"
        raise ImportError(message) from error
    return pyplot
