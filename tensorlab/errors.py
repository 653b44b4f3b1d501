"""The exceptions that tensorlab defines."""

from __future__ import annotations


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
