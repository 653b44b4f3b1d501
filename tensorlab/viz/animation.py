"""Animations, which notebooks show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def animated(figure: Any, show: Callable[[int], None], frames: int, interval: float) -> Any:
    """Return an animation of a figure; ``show(number)`` changes the artists to those of a frame."""
    from .notebook import Animation

    def shown(number: int) -> list[Any]:
        show(number)
        return []

    return Animation(figure, shown, frames=frames, interval=interval, init_func=list)
