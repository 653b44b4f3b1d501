"""Plots of schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...backend.memory import BYTES_PER_NUMBER, require_memory
from ...options import Size, checked
from ..axes import Axes, new_axes
from .base import LRScheduler, check_formula


@checked
def plot(schedule: LRScheduler | Mapping[str, LRScheduler], steps: Size, axes: Axes | None = None) -> Any:
    """Draw the learning rates of a schedule with Matplotlib.

    Parameters
    ----------
    schedule : LRScheduler, or mapping from str to LRScheduler
        The schedule to draw, with a line for each group of parameters; several by name, to compare them.
    steps : int
        Number of steps, from step 0. The schedule and its optimizer are not changed.
    axes : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        For a title, another scale, or ``axes.figure.savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If a schedule has no formula, such as `ReduceLROnPlateau`, whose rates depend on a run.
    ValueError
        If `steps` is not positive or more than the schedule has, or there is no schedule.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> axes = tl.optim.lr_scheduler.plot(schedule, steps=3, axes=Figure().subplots())
    >>> axes.lines[0].get_ydata().tolist()
    [1.0, 0.5, 0.25]
    """
    require_memory("plot", f"steps={steps} learning rates", steps, BYTES_PER_NUMBER)
    named = schedule if isinstance(schedule, Mapping) else {"": schedule}
    if not named:
        raise ValueError("plot: schedule must be a schedule, or a mapping with at least one, not an empty mapping")
    lines = {}
    for name, drawn in named.items():
        check_formula("plot", f"schedule[{name!r}]" if name else "schedule", drawn)
        lines.update(_lines(name, drawn, steps))
    if axes is None:
        axes = new_axes("plot")
    for label, rates in lines.items():
        axes.plot(range(steps), rates, label=label)
    axes.set(xlabel="step", ylabel="learning rate")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    if len(lines) > 1 or isinstance(schedule, Mapping):
        axes.legend(edgecolor="none")
    return axes


def _lines(name: str, schedule: LRScheduler, steps: int) -> dict[str, tuple[float, ...]]:
    """Return the rates of each group, by what to call them."""
    groups = list(zip(*(schedule.rates(epoch) for epoch in range(steps)), strict=True))
    if len(groups) == 1:
        return {name: groups[0]}
    return {f"{name}, group {number}".lstrip(", "): rates for number, rates in enumerate(groups)}
