"""Finding the kernel for an array's type, and making operands ready for it: what the quick path leaves over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar

from ..backend import Backend, BackendError, active_backend, backend_for_type, dtypes
from ..tensor import Tensor

if TYPE_CHECKING:
    from .op import Op


class ShapeError(ValueError):
    """The shapes of an op's operands do not go together; the message names the op, the shapes and the axes."""


class OutOfRange(ShapeError, IndexError):
    """An index lies outside an axis; also caught as an IndexError."""


KNOWN_TYPES: dict[type, Backend] = {}
"""The array types that an op has met, with their backends."""

TAKEN: dict[str, set[Any]] = {kinds: set() for kinds in dtypes.KINDS}
"""For each group of data types, the native ones of all backends in use."""

FLOATING_DTYPES, COMPLEX_DTYPES = TAKEN["floating"], TAKEN["complex floating"]

ROUNDED_DTYPES: set[Any] = set()
"""The native types in use that are computed in wider ones."""

WEAK_DTYPES: dict[type, set[Any]] = {number: set() for number in dtypes.ADAPTS_TO}
"""For each type of Python number, the native data types that it adapts to."""


learning = RLock()
"""Held while data types are learned, and while kernels are looked up, as these depend on them."""


class KernelTable(dict[Any, Any]):
    """The kernel of one op for each array type, found at the first call; None for what is no array."""

    every: ClassVar[list[KernelTable]] = []

    def __init__(self, record: Op) -> None:
        super().__init__()
        self._record = record
        self.every.append(self)

    def __missing__(self, array_type: type) -> Any:
        if array_type is None or array_type in WEAK_DTYPES or array_type is type(None):
            return None
        backend = meet_type(array_type)
        if backend is None:
            return None
        exact = self._record.view or self._record.name in EXACT
        with learning:  # a kernel found before a data type was met must not be stored after
            self[array_type] = kernel = backend.kernel(self._record.name, self._record.compute, exact=exact)
        return kernel


EXACT = ("cast", "nextafter")
"""Ops that depend on the very type of their operands, besides those that give views."""


def meet_type(array_type: type) -> Backend | None:
    """Return the backend of an array type, and learn its data types at the first meeting."""
    if array_type not in KNOWN_TYPES:
        backend = backend_for_type(array_type)
        if backend is None:
            return None
        with learning:
            if backend not in KNOWN_TYPES.values():
                backend.when_dtypes_change(partial(learn_dtypes, backend))
                learn_dtypes(backend)
            KNOWN_TYPES[array_type] = backend
    return KNOWN_TYPES[array_type]


def learn_dtypes(backend: Backend) -> None:
    """Learn a backend's data types; kernels are looked up anew, as they may depend on which are in use."""
    with learning:
        for group, kinds in dtypes.KINDS.items():
            TAKEN[group] |= backend.dtypes_of_kind(*kinds)
        for number, group in dtypes.ADAPTS_TO.items():
            WEAK_DTYPES[number] |= backend.dtypes_of_kind(*dtypes.KINDS[group])
        ROUNDED_DTYPES.update(backend.rounded_dtypes)
        for table in KernelTable.every:
            table.clear()


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
    "numeric": "of a numeric type",
}
"""How error messages speak of groups of data types."""


class Hooks:
    """The three ops that the engine itself needs; :mod:`tensorlab.ops` fills them in."""

    cast: Callable[[Any, Any], Any]
    sum_to_shape: Callable[[Any, tuple[int, ...]], Any]
    broadcast_to: Callable[[Any, tuple[int, ...]], Any]


hooks = Hooks()


def second_try(record: Op, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """Call an op again with operands that its kernel takes: numbers made arrays, data types made equal.

    Raises
    ------
    TypeError
        If an operand is no array, tensor or number, or the op does not promote and data types differ.
    BackendError
        If operands live on different backends.
    """
    arrays = [(x._array if isinstance(x, Tensor) else x) for x in operands]
    backends = [None if a is None or type(a) in WEAK_DTYPES else meet_type(type(a)) for a in arrays]
    _refuse_foreign(record, arrays, backends)
    backend = _only_backend(record, backends)
    names = _operand_names(record, operands)
    target = _common_dtype(record, backend, [a for n, a in zip(names, arrays, strict=True) if n in record.promoted])
    _refuse_dtypes(record, backend, arrays)
    as_tensor = all(type(a) in WEAK_DTYPES for a in arrays) or any(isinstance(x, Tensor) for x in operands)
    ready = [
        _prepared(record, backend, name, x, a, target, as_tensor)
        for name, x, a in zip(names, operands, arrays, strict=True)
    ]
    return record.public(*ready, **params)


def _prepared(
    record: Op, backend: Backend, name: str, x: Any, array: Any, target: dtypes.DType, as_tensor: bool
) -> Any:
    """Return one operand as the kernel takes it: an array, or a tensor, of the right data type."""
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
        return hooks.cast(x, target)
    raise TypeError(
        f"{record.name}: {name} is {backend.dtype_of(array)} where {target} is expected, as {record.promoted[0]} is; "
        f"cast one of them with .astype(...)"
    )


def _operand_names(record: Op, operands: Sequence[Any]) -> list[str]:
    return list(record.operands) * len(operands) if record.variadic else list(record.operands)


def _refuse_foreign(record: Op, arrays: Sequence[Any], backends: Sequence[Backend | None]) -> None:
    names = _operand_names(record, arrays)
    for position, (name, array, backend) in enumerate(zip(names, arrays, backends, strict=True)):
        if backend is None and type(array) not in WEAK_DTYPES and not (array is None and _optional(record, name)):
            raise TypeError(
                f"{record.name}: {name if not record.variadic else f'operand {position}'} must be a tensor or an "
                f"array, not {type(array).__name__}; tensorlab.asarray(...) makes a tensor of it"
            )
    if not arrays:
        raise TypeError(f"{record.name} needs at least one tensor")


def _refuse_dtypes(record: Op, backend: Backend, arrays: Sequence[Any]) -> None:
    """Raise where an operand's data type is none that the op takes."""
    for name, array in zip(_operand_names(record, arrays), arrays, strict=True):
        if array is None:
            continue
        number = type(array) in WEAK_DTYPES
        dtype = dtypes.DEFAULT_OF_PYTHON[type(array)] if number else backend.dtype_of(array)
        converted = name in record.promoted and (record.dtype == "floating" or number) and not dtype.is_floating
        if dtype.kind not in dtypes.KINDS[record.takes[name]] and not converted:
            raise TypeError(f"{record.name}: {name} is {dtype}, but must be {TAKES_TEXT[record.takes[name]]}")


def _optional(record: Op, operand: str) -> bool:
    return signature(record.public).parameters[operand].default is None


def _only_backend(record: Op, backends: Sequence[Backend | None]) -> Backend:
    found = {backend.name: backend for backend in backends if backend is not None}
    if not found:
        backend = active_backend()
        for array_type in backend.array_types:
            meet_type(array_type)
        return backend
    if len(found) > 1:
        first, second, *_ = found
        raise BackendError(
            f"{record.name} was given arrays of the backends {first!r} and {second!r}; "
            f"move one of them first: .to({first!r}) or .to({second!r})"
        )
    return next(iter(found.values()))


def _common_dtype(record: Op, backend: Backend, arrays: Sequence[Any]) -> dtypes.DType:
    """Return the type that the operands are to have, by promotion; of an op that does not promote, the first's."""
    found = [backend.dtype_of(a) for a in arrays if a is not None and type(a) not in WEAK_DTYPES]
    if not found:
        found = [max((dtypes.DEFAULT_OF_PYTHON[type(a)] for a in arrays), key=_kind_rank)]
    target = found[0]
    if record.kind == "elementwise" or record.dtype == "promote":
        for dtype in found[1:]:
            target = dtypes.promote(target, dtype)
    for a in arrays:
        if type(a) in WEAK_DTYPES:
            target = dtypes.promote_beside(target, type(a))
    if record.dtype == "floating" and not target.is_floating:
        target = dtypes.float32
    return target


def _kind_rank(dtype: dtypes.DType) -> int:
    return dtypes._KIND_ORDER.index(dtype.kind)


def explain(record: Op, error: Exception, arrays: Sequence[Any], params: Mapping[str, Any]) -> None:
    """Raise a clearer error if the op's shape rule finds the fault; else add the op's name to what was raised."""
    backend = next((KNOWN_TYPES[type(a)] for a in arrays if type(a) in KNOWN_TYPES), None)
    if backend is not None:
        _refuse_dtypes(record, backend, arrays)
    shapes = [a.shape for a in arrays if hasattr(a, "shape")]
    try:
        record.shape(*shapes, **params)
    except ShapeError as clearer:
        first_word = str(clearer).split(maxsplit=1)[0].rstrip(":")
        named = clearer if record.name.startswith(first_word) else type(clearer)(f"{record.name}: {clearer}")
        raise named from (None if isinstance(error, ShapeError) else error)
    except (TypeError, ValueError, IndexError):
        pass  # the rule cannot make sense of the call either; the library's own words stand
    listed = ", ".join(str(tuple(shape)) for shape in shapes)
    error.add_note(f"in tensorlab.{record.name} with operands of shape {listed}")
