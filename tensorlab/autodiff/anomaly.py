"""Detection of the first operation that returns NaN or infinity."""

from __future__ import annotations

from math import prod
from traceback import format_stack
from typing import Any

from ..backend import backend_of
from ..errors import AnomalyError
from ..tensor import Tensor
from .graph import Mode, ModeChange, Node, Pull, watched


class detect_anomaly(ModeChange):
    """Context manager and decorator that raises at the first NaN or infinity, in the forward or the backward pass.

    In the forward pass the traceback ends at the operation; in the backward pass the message shows where the operation
    was called. Every result is checked, which is slow: use it for debugging, not for training.

    Raises
    ------
    AnomalyError
        Inside the block, if a result is not finite.

    Examples
    --------
    >>> import tensorlab as tl
    >>> with tl.detect_anomaly():
    ...     tl.tensor([1.0, float("nan")]) + 1
    Traceback (most recent call last):
        ...
    tensorlab.errors.AnomalyError: add gave 1 NaN and 0 infinite of 2 elements (operands: shape (2,), not finite)
    """

    def changed(self, mode: Mode) -> Mode:
        """Return the mode inside."""
        return watched(_inspect, _pull_finite).changed(mode)


def _inspect(op: Any, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
    for part in result if isinstance(result, tuple) else (result,):
        found = _non_finite(part._array)
        if found is not None:
            raise AnomalyError(f"{op.name} gave {found} (operands: {_summary(operands)})")
        if part._node is not None:
            part._node.origin = format_stack()[:-2]


def _pull_finite(pull: Pull, node: Node, *rest: Any) -> tuple[Any, ...]:
    """Return the cotangents that the rules of a node return; raise if one of them is not finite."""
    parts = pull(node, *rest)
    for part in parts:
        found = None if part is None else _non_finite(part._array if isinstance(part, Tensor) else part)
        if found is not None:
            called = "".join(getattr(node, "origin", ["  (outside detect_anomaly)\n"]))
            raise AnomalyError(f"the gradient of {node.op.name} has {found}; the operation was called here:\n{called}")
    return parts


def _non_finite(array: Any) -> str | None:
    """Return how many elements are NaN and infinite, in words; None if all elements are finite."""
    backend = backend_of(array)
    if not backend.dtype_of(array).is_floating:
        return None
    xp = backend.xp
    nans, infinities = int(xp.count_nonzero(xp.isnan(array))), int(xp.count_nonzero(xp.isinf(array)))
    if not nans and not infinities:
        return None
    return f"{nans} NaN and {infinities} infinite of {prod(array.shape)} elements"


def _summary(operands: tuple[Any, ...]) -> str:
    """Return the shapes of the tensors among the operands, and whether they are finite, in words."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    return "; ".join(f"shape {x.shape}, {'finite' if _non_finite(x._array) is None else 'not finite'}" for x in tensors)
