"""Pictures of a search: values against each hyperparameter, and trials as lines through all of them."""

from __future__ import annotations

from math import log10
from typing import Any

from ...viz.style import FAINT, INK, MEDIUM, PALETTE, SMALL, colorbar, dress, new_figure, several_axes, whole_ticks
from .distributions import Choice, Distribution, Integers, LogUniform, label
from .trials import SearchResult, Trial

COLUMNS = 3
BEST, OTHERS = PALETTE[1], PALETTE[0]
"""The colours of the best trial and of the others."""

TEXT: dict[str, Any] = {
    "textcoords": "offset points",
    "ha": "right",
    "va": "center",
    "size": SMALL,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
}
"""How values are written beside an axis, over the lines."""


def plot_parameters(result: SearchResult) -> Any:
    """Return a figure with a panel for each hyperparameter; see `SearchResult.plot`."""
    panels = several_axes("SearchResult.plot", None, len(result.space), COLUMNS, 4.0, 3.2)
    for number, (ax, (name, distribution)) in enumerate(zip(panels, result.space.items(), strict=True)):
        ax.sharey(panels[0])
        _draw_parameter(ax, result, name, distribution)
        dress(ax, xlabel=name, ylabel="value" if number % COLUMNS == 0 else "")
    figure = panels[0].figure
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=SMALL, frameon=False
    )
    return figure


def _draw_parameter(axes: Any, result: SearchResult, name: str, distribution: Distribution) -> None:
    best = result.ranking[0] if result.ranking else None
    groups: dict[str, tuple[list[Trial], dict[str, Any]]] = {
        "pruned": ([t for t in result.trials if t.status == "pruned"], {"facecolors": "none", "edgecolors": OTHERS}),
        "complete": ([t for t in result.trials if t.status == "complete" and t is not best], {"color": OTHERS}),
        "best": ([best] if best is not None and best.status == "complete" else [], {"color": BEST, "zorder": 3}),
    }
    for group, (trials, style) in groups.items():
        if trials:
            axes.scatter([t.point[name] for t in trials], [t.value for t in trials], label=group, **style)
    failed = [t.point[name] for t in result.trials if t.status == "failed"]
    if failed:
        axes.scatter(
            failed, [0.02] * len(failed), marker="x", color=FAINT, transform=axes.get_xaxis_transform(), label="failed"
        )
    if isinstance(distribution, Choice):
        axes.set_xticks(range(len(distribution.values)), _names(distribution))
        axes.set_xlim(-0.5, len(distribution.values) - 0.5)
    elif _is_logarithmic(distribution):
        axes.set_xscale("log")
    elif isinstance(distribution, Integers):
        whole_ticks(axes.xaxis)


def plot_parallel(result: SearchResult) -> Any:
    """Return a figure with a line for each trial; see `SearchResult.plot_parallel`."""
    figure = new_figure("SearchResult.plot_parallel", 1.8 * (len(result.space) + 1) + 1.5, 4.0)
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    ax = figure.subplots()
    trials = [t for t in reversed(result.ranking) if t.value is not None]  # the best is drawn last
    names = [*result.space, "value"]
    values = [t.value for t in trials if t.value is not None] or [0.0]
    low, high = min(values), max(values)
    colors: Any = ScalarMappable(Normalize(low, high), "viridis")
    for trial in trials:
        heights = [*(_height(d, trial.point[name]) for name, d in result.space.items()), _part(trial.value, low, high)]
        style = "-" if trial.status == "complete" else ":"
        ax.plot(range(len(names)), heights, style, color=colors.to_rgba(trial.value), alpha=0.8)
    for place, distribution in enumerate(result.space.values()):
        for height, text in _ticks(distribution):
            ax.annotate(text, (place, height), (-5, 0), **TEXT)
    ax.set_xticks(range(len(names)), names, fontsize=MEDIUM)
    ax.set_yticks([])
    ax.set_xlim(-0.5, len(names) - 0.95)
    for place in range(len(names)):
        ax.axvline(place, color=INK, linewidth=0.8)
    ax.spines[:].set_visible(False)
    colorbar(colors, ax, "value" + ("; dotted: pruned" if _any_pruned(trials) else ""))
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
