"""Declaring the elementwise ops: what they share, said once."""

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
from ..docstrings import documented
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
        If they do not; the message names the axis.
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
    """Refuse, in the name of a function made of ops, operands that are no arrays or not of a type that it takes.

    Raises
    ------
    TypeError
        The message names the function and the operand.
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
    """Declare a function made of ops: what goes wrong inside is told in its own name, and of its own operands.

    Parameters
    ----------
    **takes : str
        For each operand the group of data types that it may have; looked at when something has gone wrong, as the ops
        inside refuse the rest before they compute.
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
"""Errors that speak of the call; all others pass as they are."""


def _retell(
    function: Callable[..., Any], takes: dict[str, str], args: Any, kwargs: dict[str, Any], error: Exception
) -> None:
    """Say which operand is wrong, if one is; else put the function's name in place of the inner one's."""
    name = function.__name__
    try:
        given = signature(function).bind_partial(*args, **kwargs).arguments
    except TypeError:
        return  # the call does not fit the parameters, and Python has said so in the function's name
    if isinstance(error, BackendUnavailable) and given.get("device") is None:
        return  # it is TENSORLAB_BACKEND's fault, not the call's
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
    """Return two operands, of which one may be a Python number, as arrays of the other's type."""
    if isinstance(x1, int | float | complex):
        return backend.xp.asarray(x1, dtype=x2.dtype, device=x2.device), x2
    if isinstance(x2, int | float | complex):
        return x1, backend.xp.asarray(x2, dtype=x1.dtype, device=x1.device)
    return x1, x2


def channels_last_hint(ndim: int, channel_axis: int = 1) -> str:
    """Return what to say of images whose last axis looks like the channels': how to put it where it belongs."""
    order = (*range(channel_axis), ndim - 1, *range(channel_axis, ndim - 1))
    return f"; this looks like channels-last, which x.permute{order} puts right"


DTYPE_TEXT: dict[str, tuple[str, str]] = {
    "same": ("any numeric type", "the operands' type"),
    "floating": ("floating-point; integers become float32", "the operands' type"),
    "bool": ("any type", "bool"),
    "real": ("floating-point or complex", "the real type of the operand's precision"),
}


def _documented(function: Callable[..., Any], dtype: str, group: str | None) -> None:
    """Put the sections that all elementwise ops share between a docstring's summary and its example."""
    takes, gives = DTYPE_TEXT[dtype]
    takes = TAKES_TEXT[group] if group else takes
    summary, marker, example = (function.__doc__ or "").partition("\n\n    Examples\n")
    names = function.op.operands  # type: ignore[attr-defined]
    listed = ", ".join(names)
    shape = "Any shape" if len(names) == 1 else "Shapes that broadcast to one another"
    kind = "tensor or array" if len(names) == 1 else "tensor, array or number"
    function.__doc__ = (
        f"{summary.rstrip()}\n\n    Parameters\n    ----------\n    {listed} : {kind}\n        {shape}; {takes}.\n\n"
        f"    Returns\n    -------\n    Tensor\n        The broadcast shape; {gives}.{marker}{example}"
    )


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
        The vjp rule of each operand, None for one that carries no gradient; none at all for ops without derivative.
    domain : pair of float
        Where the op is defined and smooth.
    dtype : str
        The record's dtype rule.
    jvp : sequence of callable
        Rules of their own for forward mode; needed only where an op is not complex-differentiable.
    takes : str, optional
        Which data types it takes, where that is not what `dtype` says.
    flops : int
        Floating-point operations per element.
    tolerance : dict, optional
        Relative errors that differ from the default.
    draws : {"floating", "integer", "bool"}
        Kind of the sample inputs.
    exact, real_only, no_gradient
        As in `Op`.
    """

    def decorate(compute: Callable[Concatenate[Any, P], R]) -> Callable[P, R]:
        names = compute.__code__.co_varnames[1 : compute.__code__.co_argcount]
        vjp = {name: rule for name, rule in zip(names, rules, strict=False) if rule is not None}
        record = op(
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
        _documented(record, dtype, takes)
        return record

    return decorate


def elementwise_samples(count: int, domain: tuple[float, float], kind: Any = "floating") -> list[Sample]:
    """Return samples with equal shapes, broadcasting ones, a single number and none at all."""
    shapes = (
        [((2, 3),), ((),), ((0, 3),)] if count == 1 else [((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2,)), ((0, 2), (2,))]
    )
    return [sample(*(Draw(shape, *domain, kind) for shape in group)) for group in shapes]
