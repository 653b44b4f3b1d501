"""Declarations of elementwise ops and of functions made of ops, and the checks that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from math import prod
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..autodiff.op import op
from ..autodiff.operands import TAKES_TEXT
from ..autodiff.record import Draw, DTypeRule, Sample, sample
from ..backend import Backend, BackendError, BackendUnavailable, backend_for_type
from ..backend.dtypes import KINDS
from ..docstrings import completed, documented
from ..errors import ShapeError
from ..tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")
Rule = Callable[..., Any]


def broadcast_shape(*shapes: tuple[int, ...], **params: Any) -> tuple[int, ...]:
    """Return the shape that arrays of these shapes broadcast to.

    Raises
    ------
    ShapeError
        If the shapes do not broadcast; the message names the axis.
    """
    ndim = max(map(len, shapes), default=0)
    result = []
    for axis in range(-ndim, 0):
        lengths = {shape[axis] for shape in shapes if len(shape) >= -axis and shape[axis] != 1}
        if len(lengths) > 1:
            listed = " and ".join(str(tuple(shape)) for shape in shapes)
            raise ShapeError(
                f"shapes {listed} do not broadcast: axis {axis} has lengths {' and '.join(map(str, sorted(lengths)))}, "
                "which must be equal or 1"
            )
        result.append(lengths.pop() if lengths else 1)
    return tuple(result)


def same_shape(shape: tuple[int, ...], *others: tuple[int, ...], **params: Any) -> tuple[int, ...]:
    """Return the shape of the first operand."""
    return shape


def require(function: str, takes: str = "any", /, **operands: Any) -> None:
    """Refuse operands of a function that are not arrays, or whose data type it does not take.

    Raises
    ------
    TypeError
        If an operand is refused; the message names the function and the operand.
    """
    for name, x in operands.items():
        array = x._array if isinstance(x, Tensor) else x
        backend = backend_for_type(type(array))
        if backend is None:
            raise TypeError(
                f"{function}: {name} must be a tensor or an array, not {type(array).__name__}; "
                "tensorlab.asarray(...) makes a tensor of it"
            )
        dtype = backend.dtype_of(array)
        if dtype.kind not in KINDS[takes]:
            raise TypeError(f"{function}: {name} is {dtype}, but must be {TAKES_TEXT[takes]}")


def composite(**takes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function made of ops: errors raised inside name this function and its operands.

    Parameters
    ----------
    **takes : str
        The group of data types that each operand may have. It is checked only after an error, as the ops inside refuse
        other types before they compute.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(documented(function, TAKES_TEXT.get(takes.get("x", ""), "of any type")))
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except TOLD_AGAIN as error:
                _retell(function, takes, args, kwargs, error)
                raise

        return call

    return decorate


TOLD_AGAIN = (TypeError, ValueError, IndexError, AttributeError, BackendError, BackendUnavailable)
"""Errors that describe the call; others are not changed."""


def _retell(
    function: Callable[..., Any], takes: dict[str, str], args: Any, kwargs: dict[str, Any], error: Exception
) -> None:
    """Raise a clearer error if an operand is wrong; otherwise replace the inner function's name in the message."""
    name = function.__name__
    try:
        given = signature(function).bind_partial(*args, **kwargs).arguments
    except TypeError:
        return  # the arguments do not fit the signature: Python's message names the function
    if isinstance(error, BackendUnavailable) and given.get("device") is None:
        return  # the cause is TENSORLAB_BACKEND, not the call
    try:
        for operand, group in takes.items():
            value = given.get(operand)
            if isinstance(value, list | tuple):
                require(name, group, **{f"{operand}[{i}]": part for i, part in enumerate(value)})
            elif value is not None:
                require(name, group, **{operand: value})
    except TypeError as clearer:
        raise clearer from None
    if error.args and isinstance(error.args[0], str) and not error.args[0].startswith(name):
        error.args = (f"{name}: {INNER_NAME.sub('', error.args[0])}", *error.args[1:])


INNER_NAME = re.compile(r"^\w+: ")


def as_arrays(backend: Backend, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two operands as arrays; a Python number gets the data type of the other."""
    if isinstance(x1, int | float | complex):
        return backend.xp.asarray(x1, dtype=x2.dtype, device=x2.device), x2
    if isinstance(x2, int | float | complex):
        return x1, backend.xp.asarray(x2, dtype=x1.dtype, device=x1.device)
    return x1, x2


def channels_last_hint(ndim: int, channel_axis: int = 1) -> str:
    """Return a hint for errors, where the last axis of images looks like that of the channels."""
    order = (*range(channel_axis), ndim - 1, *range(channel_axis, ndim - 1))
    return f"; this looks like channels-last, which x.permute{order} corrects"


DTYPE_TEXT: dict[str, tuple[str, str]] = {
    "same": ("any numeric type", "the operands' type"),
    "floating": ("floating-point; integers become float32", "the operands' type"),
    "bool": ("any type", "bool"),
    "real": ("floating-point or complex", "the real type of the operand's precision"),
}


def _elementwise_docstring(doc: str | None, names: Sequence[str], dtype: str, group: str | None) -> str:
    """Return the docstring of an elementwise op, completed by its operands and its result."""
    takes, gives = DTYPE_TEXT[dtype]
    takes = TAKES_TEXT[group] if group else takes
    shape = "Any shape" if len(names) == 1 else "Shapes that broadcast to one another"
    kind = "tensor or array" if len(names) == 1 else "tensor, array or number"
    operands = f"{', '.join(names)} : {kind}\n    {shape}; {takes}."
    returns = f"Tensor\n    The broadcast shape; {gives}."
    return completed(doc, names, dict.fromkeys(names, operands), {"Returns": returns})


def elementwise(
    *rules: Rule | None,
    domain: tuple[float, float] = (-2.0, 2.0),
    dtype: DTypeRule = "same",
    jvp: Sequence[Rule] = (),
    takes: str | None = None,
    flops: int = 1,
    tolerance: dict[str, float] | None = None,
    draws: str = "floating",
    exact: bool = False,
    real_only: bool = False,
    no_gradient: Mapping[str, str] | None = None,
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[P, R]]:
    """Declare an elementwise op: broadcasting, one vjp rule per operand, sample inputs from `domain`.

    Parameters
    ----------
    *rules : callable or None
        The vjp rule of each operand, None for one that carries no gradient. Ops without derivative have no rules.
    domain : pair of float
        An interval where the op is defined and smooth.
    dtype : str
        The dtype rule, as in `Op`.
    jvp : sequence of callable
        Separate rules for forward mode; needed only for ops that are not complex-differentiable.
    takes : str, optional
        The data types that the op takes, if not those that `dtype` implies.
    flops : int
        Floating-point operations per element.
    tolerance : dict, optional
        Relative errors that differ from the default.
    draws : {"floating", "integer", "bool"}
        The kind of the sample inputs.
    exact, real_only, no_gradient
        As in `Op`.
    """

    def decorate(compute: Callable[Concatenate[Any, P], R]) -> Callable[P, R]:
        names = compute.__code__.co_varnames[1 : compute.__code__.co_argcount]
        vjp = {name: rule for name, rule in zip(names, rules, strict=False) if rule is not None}
        public = op(
            vjp=vjp,
            jvp=dict(zip(names, jvp, strict=False)),
            kind="elementwise",
            shape=broadcast_shape,
            dtype=dtype,
            takes=takes,
            flops=lambda shapes, out, params: flops * prod(out),
            samples=elementwise_samples(len(names), domain, draws),
            tolerance=tolerance,
            exact=exact,
            real_only=real_only,
            no_gradient=no_gradient,
        )(compute)
        public.__doc__ = _elementwise_docstring(public.__doc__, names, dtype, takes)
        return public

    return decorate


def elementwise_samples(count: int, domain: tuple[float, float], kind: Any = "floating") -> list[Sample]:
    """Return samples with equal shapes, with broadcasting, with 0-d arrays and with empty ones."""
    shapes = (
        [((2, 3),), ((),), ((0, 3),)] if count == 1 else [((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2,)), ((0, 2), (2,))]
    )
    return [sample(*(Draw(shape, *domain, kind) for shape in group)) for group in shapes]
