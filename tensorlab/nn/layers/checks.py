"""What constructors refuse."""

from __future__ import annotations

from operator import index as as_index
from typing import Any


def check_sizes(layer: str, least: int = 0, **sizes: Any) -> None:
    """Refuse sizes that are no integers, or too small.

    Parameters
    ----------
    layer : str
        The class that is made, for the message.
    least : int
        The smallest size that is taken.
    **sizes : int
        The sizes, by argument.

    Raises
    ------
    TypeError
        If one is no integer.
    ValueError
        If one is smaller than `least`.

    Examples
    --------
    >>> from tensorlab.nn.layers.checks import check_sizes
    >>> check_sizes("Linear", in_features=3, out_features=4)
    """
    for name, size in sizes.items():
        try:
            number = as_index(size)
        except TypeError:
            raise TypeError(f"{layer}: {name} must be an int, not {type(size).__name__}") from None
        if number < least:
            raise ValueError(f"{layer}: {name} must be {'positive' if least else 'at least 0'}, not {number}")
