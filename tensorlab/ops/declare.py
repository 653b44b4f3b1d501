"""Declarations of elementwise ops and of functions made of ops, and the checks that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from math import prod
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..autodiff.op import op
from ..autodiff.operands import TAKES_TEXT, dtype_of_operand
from ..autodiff.record import Draw, DTypeRule, Sample, sample
from ..backend import Backend, BackendError, BackendUnavailable, backend_for_type
from ..backend.dtypes import KINDS
from ..docstrings import completed, documented
from ..errors import ShapeError
from ..generated import written_at_first_call
from ..options.functions import Parameters, too_large
from ..tensor import Tensor
from ..tracebacks import full_tracebacks

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
        dtype = dtype_of_operand(function, name, backend, array)
        if dtype.kind not in KINDS[takes]:
            raise TypeError(f"{function}: {name} is {dtype}, but must be {TAKES_TEXT[takes]}")


def composite(**takes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function made of ops: its options are read by their annotations, and its errors name it.

    A NumPy number or a 0-d array is accepted wherever a number is; see `tensorlab.options`. Errors raised inside name
    this function and its operands.

    Parameters
    ----------
    **takes : str
        The group of data types that each operand may have. It is checked only after an error, as the ops inside refuse
        other types before they compute.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = Parameters(function)
        retell = partial(_retold, parameters, takes)
        names = {"inner": function, "retell": retell, "told_again": TOLD_AGAIN, **parameters.closure}
        if taken := {*names, "error", "unknown"} & {*parameters.names, parameters.variable, parameters.keywords}:
            raise TypeError(f"{function.__name__} cannot call a parameter {', '.join(map(str, taken))}")
        write = partial(_composite_source, parameters)
        call = written_at_first_call(write, names, function.__globals__, function.__name__)
        call.__defaults__, call.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        told: Any = wraps(documented(function, TAKES_TEXT.get(takes.get("x", ""), "of any type")))(call)
        return told

    return decorate


TOLD_AGAIN = (
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
    BackendError,
    BackendUnavailable,
)
"""Errors that describe the call; others are not changed."""


def _composite_source(parameters: Parameters) -> str:
    given = ", ".join(f"{name!r}: {name}" for name in parameters.given)
    lines = [
        f"def call({parameters.signature_source}):",
        *parameters.reading_source(parameters.names),
        "    try:",
        f"        return inner({parameters.call_source})",
        "    except told_again as error:",
        f"        raise retell(error, {{{given}}})",
    ]
    return "\n".join(lines) + "\n"


def _retold(parameters: Parameters, takes: Mapping[str, str], error: Exception, given: Mapping[str, Any]) -> Exception:
    """Return the error to raise: of the argument that is wrong, or with the name of the function in its message."""
    if isinstance(error, BackendUnavailable) and given.get("device") is None:
        return error  # the cause is TENSORLAB_BACKEND, not the call
    name, message = parameters.owner, str(error)
    if message.startswith(f"{name}: ") and any(re.search(rf"\b{argument}\b", message) for argument in given):
        return error
    clearer = (
        parameters.refusal(given)
        or _refusal_of_operands(parameters, takes, given, error)
        or too_large(name, given, error)
    )
    if clearer is not None:
        clearer.__suppress_context__ = not full_tracebacks()
        return clearer.with_traceback(None)
    if isinstance(error, MemoryError):
        return MemoryError(f"{name}: {message.rpartition(': ')[2]}").with_traceback(error.__traceback__)
    if isinstance(error, OverflowError):
        return ValueError(f"{name}: {message}")
    if error.args and isinstance(error.args[0], str) and not re.match(rf"{name}\b", message):
        error.args = (f"{name}: {INNER_NAME.sub('', error.args[0])}", *error.args[1:])
    return error


def _refusal_of_operands(
    parameters: Parameters, takes: Mapping[str, str], given: Mapping[str, Any], error: Exception
) -> Exception | None:
    """Return the error of the first operand that is not an array of a type that the function takes, if any.

    Only for errors about types is a number that no type is declared for the cause.
    """
    about_types = isinstance(error, TypeError | AttributeError)
    try:
        for name, value in given.items():
            group, must_be_array = takes.get(name, "any"), name in parameters.operands
            if isinstance(value, list | tuple) and name in takes and not must_be_array:
                require(parameters.owner, group, **{f"{name}[{i}]": part for i, part in enumerate(value)})
            elif isinstance(value, int | float | complex):
                if must_be_array and (about_types or name in takes):
                    require(parameters.owner, group, **{name: value})
            elif must_be_array or hasattr(value, "shape") or (name in takes and value is not None):
                require(parameters.owner, group, **{name: value})
    except TypeError as clearer:
        return clearer
    return None


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
            samples=partial(elementwise_samples, len(names), domain, draws),
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
