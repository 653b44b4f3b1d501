"""Options, looked at before they are taken: each check raises in the name of the option that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any


def non_negative(**options: Any) -> None:
    """Raise where an option is negative or no number."""
    _check_numbers(options)
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative: {value}")


def positive(**options: Any) -> None:
    """Raise where an option is no number greater than 0."""
    _check_numbers(options)
    for name, value in options.items():
        if not value > 0:
            raise ValueError(f"{name} must be greater than 0: {value}")


def fraction(**options: Any) -> None:
    """Raise where an option is no number from 0 to 1."""
    _check_numbers(options)
    for name, value in options.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be from 0 to 1: {value}")


def below_one(**options: Any) -> None:
    """Raise where an option, or one of several, is not in ``[0, 1)``."""
    for name, value in options.items():
        if not all(0 <= part < 1 for part in (value if isinstance(value, tuple | list) else [value])):
            raise ValueError(f"{name} must be in [0, 1): {value}")


def pair(**options: Any) -> None:
    """Raise where an option is not two values."""
    for name, value in options.items():
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ValueError(f"{name} must be a pair: {value!r}")


def whole(**options: Any) -> None:
    """Raise where an option is no integer."""
    for name, value in options.items():
        if not isinstance(value, Integral):
            raise TypeError(f"{name} must be an integer: {value!r}")


def at_least_one(**options: Any) -> None:
    """Raise where an option is no integer from 1 on."""
    whole(**options)
    for name, value in options.items():
        if not value >= 1:
            raise ValueError(f"{name} must be at least 1: {value}")


def one_of(allowed: Sequence[str | None], **options: Any) -> None:
    """Raise where an option is not among the allowed words."""
    for name, value in options.items():
        if value not in allowed:
            raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}: {value!r}")


def _check_numbers(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if not isinstance(value, Real):
            raise TypeError(f"{name} must be a number: {value!r}")
