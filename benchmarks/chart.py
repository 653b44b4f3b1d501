"""The chart of a run: time relative to PyTorch, GFLOP/s, and the fraction of the roofline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from . import machine
from .report import Row

COLORS = {"numpy": "#3b76af", "llvm": "#8d69b8", "cupy": "#519d3e"}
OTHER = "#777777"
PYTORCH = "#ef8636"


def draw_chart(rows: Sequence[Row], file: Path) -> None:
    """Draw the results and save them as a PNG file."""
    ratios = [row for row in rows if row.ratio is not None]
    rates = [row for row in rows if row.rate is not None and row.bandwidth is None]
    roofs = [row for row in rows if row.bandwidth is not None]
    panels = [(_draw_ratios, ratios), (_draw_rates, rates), (_draw_roofs, roofs)]
    panels = [(draw, found) for draw, found in panels if found]
    if not panels:
        return
    size = (9.5 * len(panels), 1.5 + 0.24 * max(len(found) for _, found in panels))
    figure, axes = plt.subplots(1, len(panels), figsize=size, layout="constrained", squeeze=False)
    for axis, (draw, found) in zip(axes[0], panels, strict=True):
        draw(axis, found)
        _label(axis, found)
    gpu = machine.gpu_name() if any(map(machine.on_gpu, machine.backends())) else None
    figure.suptitle(", ".join(filter(None, [machine.cpu_name(), f"{machine.THREADS} threads", gpu])))
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _look(row: Row) -> dict[str, Any]:
    """Return the colour of a backend, pale if other programs disturbed the measurement."""
    return {"color": COLORS.get(row.backend, OTHER), "alpha": 1.0 if row.undisturbed else 0.35}


def _label(axis: Any, rows: Sequence[Row]) -> None:
    several = len({row.backend for row in rows}) > 1
    axis.set_yticks(range(len(rows)))
    axis.set_yticklabels([f"{row.name} ({row.backend})" if several else row.name for row in rows], fontsize=8)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    for i, (before, row) in enumerate(zip([None, *rows], rows, strict=False)):
        if before is None or row.group != before.group:
            axis.axhline(i - 0.5, color="0.7", linewidth=0.8)
            place = (0.99, i - 0.4)
            axis.annotate(row.group, place, xycoords=("axes fraction", "data"), ha="right", va="top", fontweight="bold")
    axis.grid(axis="x", which="both", color="0.9")
    axis.set_axisbelow(True)


def _draw_ratios(axis: Any, rows: Sequence[Row]) -> None:
    for i, row in enumerate(rows):
        axis.plot([1, row.ratio], [i, i], linewidth=6, solid_capstyle="butt", **_look(row))
        gap, side = (4, "left") if row.ratio >= 1 else (-4, "right")
        text, place = f"{row.ratio:.2f}", (row.ratio, i)
        axis.annotate(text, place, (gap, 0), textcoords="offset points", ha=side, va="center", fontsize=8)
    axis.axvline(1, color="black", linewidth=1)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    low, high = min(row.ratio for row in rows), max(row.ratio for row in rows)
    axis.set_xlim(min(0.5, low / 1.5), max(2, high * 1.5))
    axis.set_title("time or memory ÷ PyTorch's (left of 1: tensorlab takes less)", fontsize=10)


def _draw_rates(axis: Any, rows: Sequence[Row]) -> None:
    for i, row in enumerate(rows):
        axis.barh(i, row.rate / 1e9, height=0.7, **_look(row))
        if "PyTorch" in row.others:
            axis.plot(row.flops / row.others["PyTorch"] / 1e9, i, marker="D", markersize=5, color=PYTORCH, linestyle="")
    for backend in dict.fromkeys(row.backend for row in rows):
        color = COLORS.get(backend, OTHER)
        axis.barh(0, 0, color=color, label=f"tensorlab, {backend}")
        best = machine.peak(backend).flops / 1e9
        axis.axvline(best, color=color, linestyle="--", label=f"{backend}: best matrix product")
    if any("PyTorch" in row.others for row in rows):
        axis.plot([], [], marker="D", markersize=5, color=PYTORCH, linestyle="", label="PyTorch")
    if any(machine.on_gpu(row.backend) for row in rows):
        axis.set_xscale("log")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.03), ncols=4, fontsize=8, frameon=False)
    axis.set_title("GFLOP/s (longer is better)", fontsize=10)


def _draw_roofs(axis: Any, rows: Sequence[Row]) -> None:
    for i, row in enumerate(rows):
        axis.barh(i, 100 * row.roof, height=0.7, **_look(row))
    axis.axvline(100, color="black", linewidth=1)
    axis.set_title("% of what the measured bandwidth and the best matrix product allow", fontsize=10)
