"""Data types: one object per type, the same on every backend, and type promotion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ..options.kinds import Kind


class DType:
    """A data type of the Array API standard (or ``float16``/``bfloat16``), independent of any backend.

    Compares equal to everything that names the same type: another `DType`, a string, NumPy's dtype or scalar class.

    Parameters
    ----------
    name : str
        The standard's name, such as ``"float32"``.
    kind : str
        The standard's kind: ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"real floating"`` or
        ``"complex floating"``.
    itemsize : int
        Bytes per element.
    """

    __slots__ = ("itemsize", "kind", "name")
    registry: ClassVar[dict[str, DType]] = {}

    def __init__(self, name: str, kind: str, itemsize: int) -> None:
        self.name, self.kind, self.itemsize = name, kind, itemsize
        DType.registry[name] = self

    @property
    def is_floating(self) -> bool:
        """Whether the type is real or complex floating-point. Only tensors of such types have gradients."""
        return self.kind.endswith("floating")

    @property
    def is_complex(self) -> bool:
        """Whether the type is complex."""
        return self.kind == "complex floating"

    def __repr__(self) -> str:
        return f"tensorlab.{self.name}"

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return named, (self.name,)

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return self is other or (other is not None and name_of(other) == self.name)


def name_of(dtype: Any) -> str | None:
    """Return the standard's name of a data type given in any form, or None if it is not a data type."""
    if isinstance(dtype, DType):
        return dtype.name
    if isinstance(dtype, type):
        return PYTHON_TYPES.get(dtype, dtype.__name__)
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or str(dtype).rpartition(".")[2]
    return name if name in DType.registry else None


def named(dtype: Any) -> DType:
    """Return the `DType` for a name, a Python type, or a dtype of NumPy or another library.

    Raises
    ------
    TypeError
        If it is not one of the supported types.

    Examples
    --------
    >>> named("float32"), named(int)
    (tensorlab.float32, tensorlab.int64)
    """
    found = DType.registry.get(name_of(dtype) or "")
    if found is None:
        raise TypeError(f"{dtype!r} is not a data type; the data types are {', '.join(DType.registry)}")
    return found


@dataclass(frozen=True)
class DTypeKind(Kind):
    """A data type in any form that `named` takes, or None if that is allowed."""

    none: bool = True

    @property
    def text(self) -> str:
        """``a data type``, with an example."""
        return f"a data type such as 'float32'{', or None' if self.none else ''}"

    def read(self, value: Any) -> DType | None:
        """Return the `DType`."""
        return None if value is None and self.none else named(value)

    def quick_test(self, name: str) -> str:
        """Test for None."""
        return f"{name} is None" if self.none else "False"


DTypeLike = Annotated[Any, DTypeKind()]
RequiredDType = Annotated[Any, DTypeKind(none=False)]

bool_ = DType("bool", "bool", 1)
int8 = DType("int8", "signed integer", 1)
int16 = DType("int16", "signed integer", 2)
int32 = DType("int32", "signed integer", 4)
int64 = DType("int64", "signed integer", 8)
uint8 = DType("uint8", "unsigned integer", 1)
uint16 = DType("uint16", "unsigned integer", 2)
uint32 = DType("uint32", "unsigned integer", 4)
uint64 = DType("uint64", "unsigned integer", 8)
float16 = DType("float16", "real floating", 2)
bfloat16 = DType("bfloat16", "real floating", 2)
float32 = DType("float32", "real floating", 4)
float64 = DType("float64", "real floating", 8)
complex64 = DType("complex64", "complex floating", 8)
complex128 = DType("complex128", "complex floating", 16)

PYTHON_TYPES: dict[type, str] = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
DEFAULT_OF_PYTHON: dict[type, DType] = {bool: bool_, int: int64, float: float32, complex: complex64}

KINDS: dict[str, tuple[str, ...]] = {
    "bool": ("bool",),
    "signed integer": ("signed integer",),
    "unsigned integer": ("unsigned integer",),
    "integral": ("signed integer", "unsigned integer"),
    "real floating": ("real floating",),
    "complex floating": ("complex floating",),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
    # Beyond the standard:
    "floating": ("real floating", "complex floating"),
    "real": ("signed integer", "unsigned integer", "real floating"),
    "real or bool": ("signed integer", "unsigned integer", "real floating", "bool"),
    "integral or bool": ("signed integer", "unsigned integer", "bool"),
    "any": ("bool", "signed integer", "unsigned integer", "real floating", "complex floating"),
}
"""Groups of data types by name: those of the standard's ``isdtype``, and others that ops accept."""

ADAPTS_TO: dict[type, str] = {bool: "bool", int: "numeric", float: "floating", complex: "complex floating"}
"""For each type of Python number, the group of data types that do not change when combined with it."""

_KIND_ORDER = ("bool", "unsigned integer", "signed integer", "real floating", "complex floating")
_SIGNED_HOLDING = {"uint8": int16, "uint16": int32, "uint32": int64}


def promote_with_number(dtype: DType, number: type) -> DType:
    """Return the result type of `dtype` with a Python number of type `number`, which adapts to `dtype` if it can.

    Examples
    --------
    >>> promote_with_number(float64, float), promote_with_number(int8, float)
    (tensorlab.float64, tensorlab.float32)
    """
    return dtype if dtype.kind in KINDS[ADAPTS_TO[number]] else promote(dtype, DEFAULT_OF_PYTHON[number])


def promote(first: DType, second: DType) -> DType:
    """Return the promoted type of two data types, by the standard's table.

    For integers with floating-point types, which the standard leaves undefined, it is the floating-point type, as in
    PyTorch: ``int64 + float32`` is ``float32``.

    Raises
    ------
    TypeError
        If one is ``uint64`` and the other a signed integer; no integer type holds both.

    Examples
    --------
    >>> promote(int64, float32), promote(uint8, int8), promote(float64, complex64)
    (tensorlab.float32, tensorlab.int16, tensorlab.complex128)
    """
    if first is second:
        return first
    low, high = sorted((first, second), key=lambda dtype: _KIND_ORDER.index(dtype.kind))
    if low.kind == high.kind:
        if low.itemsize == high.itemsize:  # float16 with bfloat16
            return float32
        return max(low, high, key=lambda dtype: dtype.itemsize)
    if high.is_complex and low.is_floating:
        return complex128 if low.itemsize == 8 or high.itemsize == 16 else complex64
    if low.kind == "unsigned integer" and high.kind == "signed integer" and high.itemsize <= low.itemsize:
        if low is uint64:
            raise TypeError(f"no integer type holds both {first} and {second}; cast one of them with .astype(...)")
        return _SIGNED_HOLDING[low.name]
    return high
