"""The errors that tensorlab raises, besides Python's own."""

from __future__ import annotations


class ShapeError(ValueError):
    """The shapes of an op's operands do not go together; the message names the op, the shapes and the axes."""


class OutOfRange(ShapeError, IndexError):
    """An index lies outside an axis; also caught as an IndexError."""


class BackendError(RuntimeError):
    """Arrays of several backends were mixed, or a backend was asked for what it does not support."""


class BackendUnavailable(RuntimeError):
    """No backend of this name is installed, or it cannot run on this machine."""


class GradientError(AssertionError):
    """A derivative disagrees with finite differences."""


class AnomalyError(ArithmeticError):
    """An operation, or its gradient, gave NaN or infinity while `detect_anomaly` was on."""


class LinAlgError(ValueError):
    """What is asked for does not exist: a matrix is singular or not positive definite, an iteration did not converge.

    On a GPU, where a check would have to wait for the device, the result may be NaN instead.

    Examples
    --------
    >>> try:
    ...     tl.linalg.inv(tl.zeros((2, 2)))
    ... except tl.linalg.LinAlgError as error:
    ...     print(error)
    inv: a matrix is singular
    """
