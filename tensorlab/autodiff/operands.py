"""Operands that are not ready for the kernel, which are converted or refused, and the errors that kernels raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from inspect import signature
from typing import Any

from ..backend import Backend, active_backend, dtypes
from ..errors import BackendError, ShapeError
from ..tensor import Tensor
from ..tracebacks import full_tracebacks
from .array_types import KNOWN_TYPES, WEAK_DTYPES, register_type
from .record import Op

TAKES_TEXT = {
    "bool": "bool",
    "signed integer": "of a signed integer type",
    "unsigned integer": "of an unsigned integer type",
    "integral": "of an integer type",
    "integral or bool": "of an integer type or bool",
    "real floating": "of a real floating-point type",
    "complex floating": "of a complex type",
    "floating": "of a floating-point type",
    "real": "of a real numeric type",
    "real or bool": "of a real numeric type or bool",
    "numeric": "of a numeric type",
}
"""Groups of data types as error messages name them."""


class EngineOps:
    """The three ops that the engine itself calls; :mod:`tensorlab.ops.shapes` supplies them."""

    cast: Callable[[Any, Any], Any]
    sum_to_shape: Callable[[Any, tuple[int, ...]], Any]
    broadcast_to: Callable[[Any, tuple[int, ...]], Any]


engine_ops = EngineOps()


def convert_and_call(record: Op, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """Call an op again with converted operands: numbers as arrays, and data types promoted.

    Raises
    ------
    TypeError
        If an operand is not a tensor, an array or a number, or if data types differ and the op does not promote.
    BackendError
        If the operands belong to different backends.
    """
    arrays = [(x._array if isinstance(x, Tensor) else x) for x in operands]
    backends = [None if a is None or type(a) in WEAK_DTYPES else register_type(type(a)) for a in arrays]
    _refuse_non_arrays(record, arrays, backends)
    backend = _only_backend(record, backends)
    names = _operand_names(record, operands)
    _refuse_dtypes(record, backend, arrays)
    if record.kind == "elementwise":
        arrays = _with_numbers(backend, arrays)
    target = _common_dtype(record, backend, [a for n, a in zip(names, arrays, strict=True) if n in record.promoted])
    as_tensor = all(type(a) in WEAK_DTYPES for a in arrays) or any(isinstance(x, Tensor) for x in operands)
    try:
        ready = [
            _converted(record, backend, name, x, a, target, as_tensor)
            for name, x, a in zip(names, operands, arrays, strict=True)
        ]
    except OverflowError as error:
        raise (_overflow(record, arrays) or error) from None
    return record.public(*ready, **params)


def _converted(
    record: Op, backend: Backend, name: str, x: Any, array: Any, target: dtypes.DType, as_tensor: bool
) -> Any:
    """Return one operand, an array or a tensor, with the data type that the kernel needs."""
    if array is None:
        return None
    if type(array) in WEAK_DTYPES:
        dtype = target if name in record.promoted else dtypes.DEFAULT_OF_PYTHON[type(array)]
        made = backend.asarray(array, dtype=backend.native(dtype))
        return Tensor(made) if as_tensor else made
    if not isinstance(x, Tensor):
        x = backend.canonical(array)
    if name not in record.promoted or backend.dtype_of(array) == target:
        return x
    if record.kind == "elementwise" or record.dtype in ("promote", "floating"):
        return engine_ops.cast(x, target)
    raise TypeError(
        f"{record.name}: {name} is {backend.dtype_of(array)} where {target} is expected, as {record.promoted[0]} is; "
        f"cast one of them with .astype(...)"
    )


def _with_numbers(backend: Backend, arrays: Sequence[Any]) -> list[Any]:
    """Return operands with a NumPy scalar as a Python number where that has no effect on an array but its precision.

    So ``x * numpy.float64(2)`` has the type of ``x`` if that is floating-point, as in PyTorch. Beside integers the
    scalar keeps its precision: results of 0 axes on NumPy arrays are such scalars.
    """
    full = backend.array_types[0]
    highest = max((_kind_rank(backend.dtype_of(a)) for a in arrays if isinstance(a, full)), default=-1)

    def with_number(a: Any) -> Any:
        is_scalar = type(a) in KNOWN_TYPES and not isinstance(a, full)
        return a.item() if is_scalar and _kind_rank(backend.dtype_of(a)) <= highest else a

    return [with_number(a) for a in arrays]


def _operand_names(record: Op, operands: Sequence[Any]) -> list[str]:
    return list(record.operands) * len(operands) if record.variadic else list(record.operands)


def _refuse_non_arrays(record: Op, arrays: Sequence[Any], backends: Sequence[Backend | None]) -> None:
    names = _operand_names(record, arrays)
    for position, (name, array, backend) in enumerate(zip(names, arrays, backends, strict=True)):
        if backend is None and type(array) not in WEAK_DTYPES and not (array is None and _optional(record, name)):
            raise TypeError(
                f"{record.name}: {name if not record.variadic else f'operand {position}'} must be a tensor or an "
                f"array, not {type(array).__name__}; tensorlab.asarray(...) makes a tensor of it"
            )
    if not arrays:
        raise TypeError(f"{record.name}: {record.operands[0]} must have at least one tensor, but are none")


def _refuse_dtypes(record: Op, backend: Backend, arrays: Sequence[Any]) -> None:
    """Raise if the op does not take the data type of an operand."""
    for name, array in zip(_operand_names(record, arrays), arrays, strict=True):
        if array is None:
            continue
        number = type(array) in WEAK_DTYPES
        dtype = dtypes.DEFAULT_OF_PYTHON[type(array)] if number else dtype_of_operand(record.name, name, backend, array)
        converted = name in record.promoted and (record.dtype == "floating" or number) and not dtype.is_floating
        if dtype.kind not in dtypes.KINDS[record.takes[name]] and not converted:
            raise TypeError(f"{record.name}: {name} is {dtype}, but must be {TAKES_TEXT[record.takes[name]]}")


def dtype_of_operand(function: str, name: str, backend: Backend, array: Any) -> dtypes.DType:
    """Return the data type of an operand.

    Raises
    ------
    TypeError
        If tensorlab has no such type; the message names the function and the operand.
    """
    try:
        return backend.dtype_of(array)
    except TypeError as error:
        raise TypeError(f"{function}: {name} has elements of type {array.dtype}; {error}") from None


def _optional(record: Op, operand: str) -> bool:
    return signature(record.public).parameters[operand].default is None


def _only_backend(record: Op, backends: Sequence[Backend | None]) -> Backend:
    found = {backend.name: backend for backend in backends if backend is not None}
    if not found:
        backend = active_backend()
        for array_type in backend.array_types:
            register_type(array_type)
        return backend
    if len(found) > 1:
        first, second, *_ = found
        raise BackendError(
            f"{record.name} was given arrays of the backends {first!r} and {second!r}; "
            f"move one of them first: .to({first!r}) or .to({second!r})"
        )
    return next(iter(found.values()))


def _common_dtype(record: Op, backend: Backend, arrays: Sequence[Any]) -> dtypes.DType:
    """Return the data type to convert the operands to: that of the first operand unless the op promotes."""
    found = [backend.dtype_of(a) for a in arrays if a is not None and type(a) not in WEAK_DTYPES]
    if not found:
        found = [max((dtypes.DEFAULT_OF_PYTHON[type(a)] for a in arrays), key=_kind_rank)]
    target = found[0]
    if record.kind == "elementwise" or record.dtype == "promote":
        for dtype in found[1:]:
            target = dtypes.promote(target, dtype)
    for a in arrays:
        if type(a) in WEAK_DTYPES:
            target = dtypes.promote_with_number(target, type(a))
    if record.dtype == "floating" and not target.is_floating:
        target = dtypes.float32
    return target


def _kind_rank(dtype: dtypes.DType) -> int:
    return dtypes._KIND_ORDER.index(dtype.kind)


def ignoring_underflow(arrays: Sequence[Any]) -> AbstractContextManager[Any]:
    """Return a context in which the backend of some arrays does not report numbers that become zero.

    The array library may be told to raise an error for them. To ops they are harmless, and an op that failed is
    computed again in this context, which would cost too much on every call.
    """
    backend = next((KNOWN_TYPES[type(a)] for a in arrays if type(a) in KNOWN_TYPES), None)
    return nullcontext() if backend is None else backend.ignoring_underflow()


def recomputed(record: Op, kernel: Callable[..., Any], arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return the result of a kernel that may have failed because of underflow.

    Raises
    ------
    FloatingPointError
        If it fails for another reason, such as overflow.
    """
    try:
        with ignoring_underflow(arrays):
            return kernel(*arrays, **params)
    except Exception as error:
        raise explain(record, error, arrays, params) from None


def explain(record: Op, error: Exception, arrays: Sequence[Any], params: Mapping[str, Any]) -> Exception:
    """Return the error to raise after a kernel has raised one: a clearer one if the record refuses the operands.

    The kernel's error, in the array library's words, is then left out of the traceback unless that is to be complete.
    """
    clearer = _overflow(record, arrays) if isinstance(error, OverflowError) else _refusal(record, arrays, params)
    if clearer is not None:
        clearer.__suppress_context__ = not full_tracebacks()
        return clearer.with_traceback(None)  # the traceback starts at the op, not at the rule that refused
    if isinstance(error, MemoryError):
        return MemoryError(f"{record.name}: {error}").with_traceback(error.__traceback__)
    listed = ", ".join(str(tuple(a.shape)) for a in arrays if hasattr(a, "shape"))
    if error.args and type(error) in (TypeError, ValueError, IndexError):
        error.args = (f"{record.name}: {error.args[0]}", *error.args[1:])
    error.add_note(f"in tensorlab.{record.name} with operands of shape {listed}")
    return error


def _overflow(record: Op, arrays: Sequence[Any]) -> Exception | None:
    """Return the error of the first operand that is an integer of more than 64 bits, if any."""
    for name, array in zip(_operand_names(record, arrays), arrays, strict=True):
        if isinstance(array, int) and not -(2**63) <= array < 2**64:
            return OverflowError(f"{record.name}: {name} is {array}, which no integer type holds")
    return None


def _refusal(record: Op, arrays: Sequence[Any], params: Mapping[str, Any]) -> Exception | None:
    """Return the error with which the record refuses the params, types, shapes or size; None if it does not."""
    if (refusal := record.parameters.refusal(params)) is not None:
        return refusal
    backend = next((KNOWN_TYPES[type(a)] for a in arrays if type(a) in KNOWN_TYPES), None)
    try:
        if backend is not None:
            _refuse_dtypes(record, backend, arrays)
    except TypeError as error:
        return error
    try:
        shape = record.shape(*[a.shape for a in arrays if hasattr(a, "shape")], **params)
        if backend is not None and record.results == 1:
            backend.require_room(record.name, shape, backend.dtype_of(next(a for a in arrays if hasattr(a, "shape"))))
    except MemoryError as error:
        return error
    except ShapeError as error:
        first_word = str(error).split(maxsplit=1)[0].rstrip(":")
        return error if record.name.startswith(first_word) else type(error)(f"{record.name}: {error}")
    except (TypeError, ValueError, IndexError, ArithmeticError):
        pass  # the shape rule does not apply to this call; the library's error is kept
    return None
