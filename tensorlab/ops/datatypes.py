"""The standard's data type functions: limits, kinds and promotion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from ..backend import DType, backend_for_type, dtypes
from ..options.kinds import Kind, read
from ..tensor import Tensor
from .shapes import astype

FLOATING_FORMATS = {
    # name: (bits of the significand that are stored, bits of the exponent)
    "float16": (10, 5),
    "bfloat16": (7, 8),
    "float32": (23, 8),
    "float64": (52, 11),
}
"""IEEE 754's binary formats, and bfloat16."""

PARTS = {"complex64": "float32", "complex128": "float64"}
"""The type of each complex type's real and imaginary parts."""


@dataclass(frozen=True)
class FloatInfo:
    """Limits of a floating-point type, as returned by `finfo`; of a complex type those of its parts.

    Attributes
    ----------
    bits : int
        Bits per number.
    eps : float
        Distance from 1 to the next larger number.
    max, min : float
        The greatest and the smallest finite number.
    smallest_normal : float
        The smallest positive number of full precision.
    dtype : DType
        The type.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntegerInfo:
    """Limits of an integer type, as returned by `iinfo`.

    Attributes
    ----------
    bits : int
        Bits per number.
    max, min : int
        The greatest and the smallest number.
    dtype : DType
        The type.
    """

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: Any, /) -> FloatInfo:
    """Limits of a floating-point type.

    Parameters
    ----------
    type : dtype, tensor or array
        Real or complex floating-point.

    Returns
    -------
    FloatInfo
        With ``bits``, ``eps``, ``max``, ``min``, ``smallest_normal`` and ``dtype``.

    Raises
    ------
    TypeError
        For any other type.

    Examples
    --------
    >>> tl.finfo(tl.float32).eps == 2.0**-23
    True
    """
    dtype = _dtype_meant("finfo", "type", type)
    if not dtype.is_floating:
        raise TypeError(f"finfo: type must be floating-point, not {dtype}; use iinfo for integers")
    part = dtypes.named(PARTS.get(dtype.name, dtype.name))
    significand, exponent = FLOATING_FORMATS[part.name]
    eps, top = 2.0**-significand, 2 ** (exponent - 1) - 1
    greatest = (2 - eps) * 2.0**top
    return FloatInfo(8 * part.itemsize, eps, greatest, -greatest, 2.0 ** (1 - top), part)


def iinfo(type: Any, /) -> IntegerInfo:
    """Limits of an integer type.

    Parameters
    ----------
    type : dtype, tensor or array
        Of an integer type.

    Returns
    -------
    IntegerInfo
        With ``bits``, ``max``, ``min`` and ``dtype``.

    Raises
    ------
    TypeError
        For any other type.

    Examples
    --------
    >>> tl.iinfo(tl.int8).max
    127
    """
    dtype = _dtype_meant("iinfo", "type", type)
    bits = 8 * dtype.itemsize
    if dtype.kind == "signed integer":
        return IntegerInfo(bits, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), dtype)
    if dtype.kind == "unsigned integer":
        return IntegerInfo(bits, 2**bits - 1, 0, dtype)
    raise TypeError(f"iinfo: type must be an integer type, not {dtype}; use finfo for floating-point types")


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a data type is of a kind.

    Parameters
    ----------
    dtype : dtype
        Which type.
    kind : dtype, str or tuple of these
        A type; ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``, ``"real floating"``,
        ``"complex floating"`` or ``"numeric"``; or several of them.

    Raises
    ------
    ValueError
        If `kind` is not one of these.
    TypeError
        If `dtype` is not a data type.

    Examples
    --------
    >>> tl.isdtype(tl.float16, "real floating"), tl.isdtype(tl.int8, ("bool", tl.int64))
    (True, False)
    """
    wanted = _named("isdtype", "dtype", dtype)
    if isinstance(kind, tuple):
        found = [isdtype(wanted, part) for part in kind]  # evaluates all, so that a misspelled kind is always an error
        return True in found
    if not isinstance(kind, str):
        return wanted == _named("isdtype", "kind", kind)
    if kind not in STANDARD_KINDS:
        raise ValueError(f"isdtype: kind must be a data type or one of {', '.join(STANDARD_KINDS)}, not {kind!r}")
    return wanted.kind in dtypes.KINDS[kind]


STANDARD_KINDS = (
    "bool",
    "signed integer",
    "unsigned integer",
    "integral",
    "real floating",
    "complex floating",
    "numeric",
)


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Return the data type that operands are promoted to.

    Parameters
    ----------
    *arrays_and_dtypes : tensor, array, dtype or number
        At least one is not a Python number. Python numbers adapt to the others, as in every operation.

    Raises
    ------
    TypeError
        If no type can hold them all (``uint64`` with a signed integer).
    ValueError
        If all are Python numbers.

    Examples
    --------
    >>> tl.result_type(tl.int8, tl.ones(2), 3)
    tensorlab.float32
    """
    numbers = [x for x in arrays_and_dtypes if type(x) in dtypes.DEFAULT_OF_PYTHON]
    others = ((i, x) for i, x in enumerate(arrays_and_dtypes) if type(x) not in dtypes.DEFAULT_OF_PYTHON)
    typed = [_dtype_meant("result_type", f"argument {i}", x) for i, x in others]
    if not typed:
        raise ValueError("result_type: at least one argument must be a tensor, an array or a data type")
    return reduce(dtypes.promote_with_number, map(type, numbers), reduce(dtypes.promote, typed))


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion leads from one data type to another, so that a cast loses nothing but precision.

    Parameters
    ----------
    from_ : dtype, tensor or array
        The type to cast from.
    to : dtype
        The type to cast to.

    Examples
    --------
    >>> tl.can_cast(tl.int8, tl.int32), tl.can_cast(tl.float64, tl.float32)
    (True, False)
    """
    source, target = _dtype_meant("can_cast", "from_", from_), _named("can_cast", "to", to)
    try:
        return dtypes.promote(source, target) == target
    except TypeError:
        return False


@dataclass(frozen=True)
class DataType(Kind):
    """A data type in any form, or that of an array."""

    arrays: bool = False

    def read(self, value: Any) -> DType:
        """Return the `DType`."""
        if self.arrays and isinstance(value, Tensor):
            return value.dtype
        backend = backend_for_type(type(value)) if self.arrays and hasattr(value, "shape") else None
        return dtypes.named(value) if backend is None else backend.dtype_of(value)

    @property
    def text(self) -> str:
        """``a data type such as 'float32'``."""
        return "a data type such as 'float32'" + (", a tensor or an array" if self.arrays else "")


def _dtype_meant(function: str, name: str, x: Any) -> DType:
    """Return the data type of an array, or the one that the argument names."""
    found: DType = x if isinstance(x, DType) else read(function, name, DataType(arrays=True), x)
    return found


def _named(function: str, name: str, x: Any) -> DType:
    """Return the data type that the argument names."""
    found: DType = x if isinstance(x, DType) else read(function, name, DataType(), x)
    return found


def as_floating(x: Any) -> Any:
    """Return an array or tensor unchanged if it is of a floating-point type, else as float32."""
    return x if dtypes.named(x.dtype).is_floating else astype(x, dtypes.float32)
