"""What functions of the user's return."""

from __future__ import annotations

from typing import Any


def number(what: str, value: Any) -> float:
    """Return a value as a number; `what` begins the message of the error if that is impossible.

    Raises
    ------
    TypeError, ValueError
        If it is not one number.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        failure = ValueError if isinstance(error, ValueError) else TypeError
        raise failure(f"{what} one number, not {value!r}") from None
