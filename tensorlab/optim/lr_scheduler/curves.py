"""Curves between two learning rates."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi


def along_line(start: float, end: float, part: float) -> float:
    """Return a point on the line from `start` to `end`; exactly `end` at part 1."""
    return end + (start - end) * (1 - part)


def along_cosine(start: float, end: float, part: float) -> float:
    """Return a point on half a cosine from `start` to `end`; exactly `end` at part 1."""
    return end + (start - end) * (1 + cos(pi * part)) / 2


CURVES: dict[str, Callable[[float, float, float], float]] = {"cos": along_cosine, "linear": along_line}
