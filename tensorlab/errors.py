"""The exceptions that tensorlab defines, and the texts that several places share."""

from __future__ import annotations

import re
from collections.abc import Collection


class ShapeError(ValueError):
    """The shapes of the operands of an op are incompatible; the message names the op, the shapes and the axes."""


class OutOfRange(ShapeError, IndexError):
    """An index is out of range for an axis. This is also an `IndexError`."""


class BackendError(RuntimeError):
    """Arrays of several backends were mixed, or a backend does not support an operation."""


class BackendUnavailable(RuntimeError):
    """A backend is not installed, or cannot run on this machine."""


class GradientError(AssertionError):
    """A derivative disagrees with finite differences."""


class AnomalyError(ArithmeticError):
    """An operation, or its gradient, gave NaN or infinity inside `detect_anomaly`."""


class LinAlgError(ValueError):
    """A matrix is singular or not positive definite, or an iteration did not converge.

    On a GPU, where the check would have to wait for the device, the result may be NaN instead.

    Examples
    --------
    >>> try:
    ...     tl.linalg.inv(tl.zeros((2, 2)))
    ... except tl.linalg.LinAlgError as error:
    ...     print(error)
    inv: a matrix is singular
    """


RENAMED_ARGUMENTS = {
    "dim": ("axis", "axes"),
    "dims": ("axis", "axes"),
    "keepdim": ("keepdims",),
    "start_dim": ("start_axis",),
    "end_dim": ("end_axis",),
    "dim0": ("axis0", "axis1"),
    "dim1": ("axis1",),
    "dim2": ("axis2",),
    "diagonal": ("k",),
    "unbiased": ("correction",),
    "ddof": ("correction",),
    "end": ("stop",),
    "shifts": ("shift",),
    "size": ("shape",),
    "steps": ("num",),
    "index": ("indices",),
}
"""Arguments of PyTorch's and NumPy's functions, and the names that they have here."""

REMARKS = {
    "out": "results are new tensors; x[...] = ... writes one into x",
    "input": "tensors are passed by position",
}
UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


def with_our_name(message: str, parameters: Collection[str]) -> str:
    """Return Python's message about an unexpected keyword argument, with the name that the argument has here.

    Examples
    --------
    >>> from tensorlab.errors import with_our_name
    >>> with_our_name("sum() got an unexpected keyword argument 'dim'", ["axis", "keepdims"])
    "sum() got an unexpected keyword argument 'dim'; here it is called 'axis'"
    """
    found = UNEXPECTED.search(message)
    if found is None:
        return message
    ours = next((name for name in RENAMED_ARGUMENTS.get(found[1], ()) if name in parameters), None)
    remark = f"here it is called {ours!r}" if ours else REMARKS.get(found[1])
    return f"{message}; {remark}" if remark else message
