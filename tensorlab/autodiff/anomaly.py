"""Finding the operation that made the first NaN or infinity."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from traceback import format_stack
from typing import Any

from ..backend import backend_of
from ..errors import AnomalyError
from ..tensor import Tensor
from .graph import Mode, ModeChange, Node, watched


class detect_anomaly(ModeChange):
    """Raise at the first operation that gives NaN or infinity, forward or backward.

    Forward, the traceback ends at the operation itself. Backward, the message shows where the operation was called.
    Every result is inspected, so this is for finding a fault, not for training.

    Raises
    ------
    AnomalyError
        From inside the block, when a result is not finite.

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
        inner = watched(_inspect).changed(mode)
        return Mode(inner.recording, inner.observer, anomalies=True)


def _inspect(op: Any, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
    for part in result if isinstance(result, tuple) else (result,):
        fault = _fault(part._array)
        if fault is not None:
            raise AnomalyError(f"{op.name} gave {fault} (operands: {_describe(operands)})")
        if part._node is not None:
            part._node.origin = format_stack()[:-2]


def check_finite_parts(node: Node, parts: Sequence[Any]) -> None:
    """Raise if one of the cotangents that a node's rules returned is not finite."""
    for part in parts:
        fault = None if part is None else _fault(part._array if isinstance(part, Tensor) else part)
        if fault is not None:
            called = "".join(getattr(node, "origin", ["  (outside detect_anomaly)\n"]))
            raise AnomalyError(f"the gradient of {node.op.name} has {fault}; the operation was called here:\n{called}")


def _fault(array: Any) -> str | None:
    """Say how many elements are not finite, or return None where all are."""
    backend = backend_of(array)
    if not backend.dtype_of(array).is_floating:
        return None
    xp = backend.xp
    nans, infinities = int(xp.count_nonzero(xp.isnan(array))), int(xp.count_nonzero(xp.isinf(array)))
    if not nans and not infinities:
        return None
    return f"{nans} NaN and {infinities} infinite of {prod(array.shape)} elements"


def _describe(operands: tuple[Any, ...]) -> str:
    tensors = [x for x in operands if isinstance(x, Tensor)]
    return "; ".join(f"shape {x.shape}, {'finite' if _fault(x._array) is None else 'not finite'}" for x in tensors)
