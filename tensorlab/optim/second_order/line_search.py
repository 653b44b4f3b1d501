"""Line search for a step that satisfies the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan, sqrt
from typing import Any


@dataclass(frozen=True)
class Trial:
    """A point on the line: how far it is, the loss there, the gradient, and the loss's slope along the line."""

    step: float
    loss: float
    grad: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Trial],
    start: Trial,
    step: float,
    *,
    most_trials: int,
    least_bracket: float,
    decrease: float = 1e-4,
    curvature: float = 0.9,
) -> tuple[Trial, int]:
    """Find a step after which the loss is sufficiently lower and its slope sufficiently flatter.

    First an interval is found that holds such a step, then it is narrowed by cubic interpolation (Nocedal and Wright,
    "Numerical Optimization", 2006, algorithms 3.5 and 3.6; safeguards as in Schmidt's minFunc and in PyTorch).

    Parameters
    ----------
    evaluate : callable
        From a step to the `Trial` there.
    start : Trial
        Step zero; its slope must be negative.
    step : float
        The first step to try.
    most_trials : int
        Largest number of further trials.
    least_bracket : float
        Length of the interval at which to stop.
    decrease, curvature : float
        The constants of the two conditions.

    Returns
    -------
    trial, count
        The best point found, and how many were evaluated.

    Examples
    --------
    >>> from tensorlab.optim.second_order.line_search import Trial, strong_wolfe
    >>> parabola = lambda t: Trial(t, (t - 3) ** 2, None, 2 * (t - 3))
    >>> trial, count = strong_wolfe(parabola, parabola(0.0), 0.1, most_trials=20, least_bracket=1e-9)
    >>> trial.step, count
    (1.0, 2)
    """

    def too_high(trial: Trial) -> bool:
        return not trial.loss <= start.loss + decrease * trial.step * start.slope  # so is NaN

    def flat(trial: Trial) -> bool:
        return abs(trial.slope) <= -curvature * start.slope

    before, trial, count = start, evaluate(step), 1
    while count <= most_trials:
        if too_high(trial) or (count > 2 and trial.loss >= before.loss) or (trial.slope >= 0 and not flat(trial)):
            break
        if flat(trial):
            return trial, count
        bounds = (trial.step + 0.01 * (trial.step - before.step), 10 * trial.step)
        before, trial = trial, evaluate(cubic_minimum(before, trial, bounds))
        count += 1
    else:
        return (start, trial)[_lower(start, trial)], count
    ends, near_an_end = [before, trial], False
    while count <= most_trials and abs(ends[1].step - ends[0].step) >= least_bracket:
        step, near_an_end = _inside(cubic_minimum(ends[0], ends[1]), ends[0].step, ends[1].step, near_an_end)
        trial = evaluate(step)
        count += 1
        low = _lower(*ends)
        high = 1 - low
        if too_high(trial) or trial.loss >= ends[low].loss:
            ends[high] = trial
            continue
        if flat(trial):
            return trial, count
        if trial.slope * (ends[high].step - ends[low].step) >= 0:
            ends[high] = ends[low]
        ends[low] = trial
    return ends[_lower(*ends)], count


def _lower(first: Trial, second: Trial) -> int:
    """Return which of two trials has the lower loss: 0 if they are equal, and never one that is NaN."""
    return 0 if first.loss <= second.loss or isnan(second.loss) else 1


def cubic_minimum(a: Trial, b: Trial, bounds: tuple[float, float] | None = None) -> float:
    """Return where the cubic through two points with their slopes is least, within bounds.

    The bounds are the points unless given. Where the cubic has no minimum, the result is their middle; for a straight
    line it is the bound towards which the line falls.
    """
    a, b = sorted((a, b), key=lambda end: end.step)
    low, high = (a.step, b.step) if bounds is None else bounds
    if a.step == b.step:
        return (low + high) / 2
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step)
    square = d1 * d1 - a.slope * b.slope
    if square < 0 or isnan(square):
        return (low + high) / 2
    bend = b.slope - a.slope + 2 * sqrt(square)
    if not bend:
        return low if a.slope > 0 else high
    step = b.step - (b.step - a.step) * ((b.slope + sqrt(square) - d1) / bend)
    return min(max(step, low), high)


def _inside(step: float, end: float, other: float, before: bool) -> tuple[float, bool]:
    """Keep a step from staying close to one end of the interval: the second time it is moved inwards."""
    low, high = sorted((end, other))
    margin = 0.1 * (high - low)
    if min(high - step, step - low) >= margin:
        return step, False
    if not before and low < step < high:
        return step, True
    return (high - margin if high - step < step - low else low + margin), False
