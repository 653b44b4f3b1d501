"""Reductions, and checks of shapes, classes and options, for all losses."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

from ....backend import backend_of
from ....errors import ShapeError
from ....ops.arithmetic import clip
from ....ops.comparison import where
from ....ops.datatypes import isdtype
from ....ops.declare import require
from ....ops.reduction import any, mean, sum
from ....ops.shapes import astype, reshape
from ....tensor import array_of
from ....tracebacks import users_stacklevel
from ..operands import on_host

Reduction = Literal["mean", "sum", "none"]


def reduced(losses: Any, reduction: str, count: Any = None) -> Any:
    """Reduce losses; the mean divides by `count` where it is not the number of losses."""
    if reduction == "mean":
        return mean(losses) if count is None else sum(losses) / count
    return sum(losses) if reduction == "sum" else losses


def shape_of(x: Any) -> tuple[int, ...]:
    """Return an operand's shape, which is ``()`` for a number."""
    return tuple(getattr(x, "shape", ()))


def check_same_shape(name: str, x: Any, other: Any, names: tuple[str, str] = ("input", "target")) -> None:
    """Raise `ShapeError` where two operands' shapes differ."""
    if shape_of(x) != shape_of(other):
        raise ShapeError(
            f"{name}: {names[0]} of shape {shape_of(x)} and {names[1]} of shape {shape_of(other)} must have the same "
            "shape; broadcasting is rarely intended here (if it is, call broadcast_to first)"
        )


def warn_of_broadcasting(name: str, input: Any, target: Any) -> None:
    """Warn where shapes differ, as PyTorch does."""
    if shape_of(input) != shape_of(target):
        warnings.warn(
            f"{name}: input of shape {shape_of(input)} and target of shape {shape_of(target)} are broadcast against "
            "each other, which is rarely intended",
            stacklevel=users_stacklevel(),
        )


def class_axis(shape: Sequence[int]) -> int:
    """Return the axis of the classes: the second, or the only one of a single sample."""
    return min(1, len(shape) - 1)


def check_class_shapes(name: str, input: Sequence[int], target: Sequence[int]) -> None:
    """Raise `ShapeError` where class indices do not have the input's shape without the classes."""
    axis = class_axis(input)
    if not input or tuple(target) != (*input[:axis], *input[axis + 1 :]):
        raise ShapeError(
            f"{name}: class indices for an input of shape {tuple(input)} (classes on axis {axis}) have shape "
            f"{(*input[:axis], *input[axis + 1 :])}, not {tuple(target)}"
        )


def check_class_weight(name: str, weight: Any, classes: int) -> None:
    """Raise `ShapeError` unless there is one weight per class."""
    if weight is not None and shape_of(weight) != (classes,):
        raise ShapeError(
            f"{name}: weight must have one entry for each of {classes} classes, not shape {shape_of(weight)}"
        )


def check_classes(name: str, target: Any, classes: int) -> None:
    """Raise `IndexError` for a target outside the classes, if the elements are in host memory."""
    if not on_host(target):
        return
    array = array_of(target)
    xp = backend_of(array).xp
    wrong = (array < 0) | (array >= classes)
    if bool(xp.any(wrong)):
        raise IndexError(
            f"{name}: a target is outside the {classes} classes 0 to {classes - 1}: {int(array[wrong][0])}"
        )


def labels_of(name: str, target: Any, like: Any) -> Any:
    """Return labels as numbers, bools too; raise `ValueError` for one in host memory that is outside [0, 1]."""
    if isdtype(target.dtype, "bool"):
        return astype(target, like.dtype)
    require(name, "real", target=target)
    if on_host(target) and bool(any((target < 0) | (target > 1))):
        raise ValueError(f"{name}: an element of target is outside [0, 1]")
    return target


def along_classes(weight: Any, shape: Sequence[int], axis: int) -> Any:
    """Reshape the weights of the classes so that they broadcast along the axis of the classes."""
    return reshape(weight, (-1,) + (1,) * (len(shape) - 1 - axis))


def power(x: Any, exponent: float) -> Any:
    """Return ``x**exponent`` for probabilities; zero below zero (by rounding), and with a finite gradient at zero."""
    if exponent >= 1:
        return clip(x, 0.0) ** exponent
    some = x > 0
    return where(some, where(some, x, 1.0) ** exponent, 0.0)
