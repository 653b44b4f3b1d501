"""Arguments that are tensors in an iterable, of the functions that take the parameters of a model."""

from __future__ import annotations

from collections.abc import Iterable

from ...tensor import Tensor


def tensors_in(function: str, name: str, value: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """Return the tensors of an argument, which may be a single one.

    Raises
    ------
    TypeError
        If it is something else; the message names the function and the argument.
    """
    if isinstance(value, Tensor):
        return [value]
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        raise TypeError(f"{function}: {name} must be a tensor or an iterable of tensors, not {type(value).__name__}")
    found = list(value)
    for number, tensor in enumerate(found):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{function}: {name}[{number}] must be a tensor, not {type(tensor).__name__}")
    return found
