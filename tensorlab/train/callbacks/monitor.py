"""Logged values that callbacks follow."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, Literal

from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer

Mode = Literal["min", "max"]


def monitored(callback: Callback, trainer: Trainer, name: str) -> float:
    """Return a logged number.

    Raises
    ------
    ValueError
        If it was not logged in this epoch, or is not a number.
    """
    kind, value = type(callback).__name__, trainer.logged.get(name)
    if name not in trainer.logged:
        known = ", ".join(map(repr, trainer.logged))
        raise ValueError(f"{kind}: monitor={name!r} is not among the values of epoch {trainer.epochs_done}: {known}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{kind}: monitor={name!r} must be one number, not {value!r}")
    return float(value)


def worst(mode: Mode) -> float:
    """Return the score that every other one improves on."""
    return inf if mode == "min" else -inf


def improves(score: float, best: float, mode: Mode, by: float = 0.0) -> bool:
    """Whether a score is better than another, by more than an amount; NaN is no better than anything."""
    if isnan(best):
        return not isnan(score)
    return score < best - by if mode == "min" else score > best + by
