"""Wrong values for arguments, and which of them an annotation admits."""

import builtins
import collections.abc
import functools
import math
import sys
import types
import typing

import numpy as np

import tensorlab as tl
from tensorlab.errors import BackendUnavailable
from tensorlab.options.kinds import kind_of


def nothing(*args, **kwargs):
    """A function where none is wanted, or that returns what cannot be used."""


VALUES = {
    "None": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "-3": lambda: -3,
    "2.5": lambda: 2.5,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "1j": lambda: 1j,
    "1 << 40": lambda: 1 << 40,
    "1 << 70": lambda: 1 << 70,
    "''": lambda: "",
    "'abc'": lambda: "abc",
    "b'ab'": lambda: b"ab",
    "object()": object,
    "object": lambda: object,
    "function": lambda: nothing,
    "...": lambda: ...,
    "{}": dict,
    "{'a': 1}": lambda: {"a": 1},
    "{1}": lambda: {1},
    "[]": list,
    "()": tuple,
    "(-3,)": lambda: (-3,),
    "(2.5,)": lambda: (2.5,),
    "[None]": lambda: [None],
    "['a', 'b']": lambda: ["a", "b"],
    "[1, [2]]": lambda: [1, [2]],
    "[[1.0, 2.0], [3.0]]": lambda: [[1.0, 2.0], [3.0]],
    "[object()]": lambda: [object()],
    "range(3)": lambda: range(3),
    "zeros(7)": lambda: tl.zeros(7),
    "zeros(2, 1, 3, 1, 5)": lambda: tl.zeros(2, 1, 3, 1, 5),
    "zeros(0)": lambda: tl.zeros(0),
    "tensor(2.5)": lambda: tl.tensor(2.5),
    "int64 ones(3)": lambda: tl.ones(3, dtype="int64"),
    "bool ones(3)": lambda: tl.ones(3, dtype="bool"),
    "complex ones(3)": lambda: tl.ones(3, dtype="complex64"),
    "array of strings": lambda: np.array(["a", "b", "c"]),
    "array of objects": lambda: np.array([object(), None]),
}
"""What takes the place of any argument."""

ENTRIES = ("None", "-3", "2.5", "nan", "1 << 70", "'abc'", "object()", "[]", "zeros(7)")
"""What takes the place of the first entry of a tuple or list."""


def wrong_values(good):
    """Yield names of wrong values for an argument with their makers, given a good one."""
    yield from VALUES.items()
    if isinstance(good, tuple | list) and good:
        for name in ENTRIES:
            yield f"first {name}", functools.partial(with_first, good, VALUES[name])
        yield "last twice", lambda: type(good)([*good, good[-1]]) if not hasattr(good, "_fields") else None
    if isinstance(good, tl.Tensor):
        yield "x[None]", lambda: good[None]
        yield "x as complex", lambda: good.astype("complex64")
        yield "x as bool", lambda: good != 0
        if good.ndim:
            yield "x[:0]", lambda: good[:0]
            yield "x[0]", lambda: good[0]
            yield "x.tolist()", good.detach().tolist


def with_first(good, make):
    """Return a tuple or list with its first entry replaced."""
    entries = [make(), *good[1:]]
    return type(good)(*entries) if hasattr(good, "_fields") else type(good)(entries)


# -- annotations -------------------------------------------------------------------------------------------------------

Integers = int | collections.abc.Sequence[int] | None

BY_NAME = {
    "dtype": type | str | tl.DType | np.dtype | None,
    "device": str | tl.Device | None,
    "generator": tl.Generator | None,
    "shape": Integers,
    "pad_width": Integers
    | collections.abc.Sequence[collections.abc.Sequence[int]]
    | collections.abc.Mapping[int, typing.Any],
    "bins": int | collections.abc.Sequence[float] | tl.Tensor,
    "q": float | tl.Tensor,
    "dx": float | tl.Tensor,
    "constant_values": complex | collections.abc.Sequence[typing.Any],
}
"""Annotations of arguments that have none or ``Any``."""

INTEGRAL = ("index", "indices", "lengths", "input_lengths", "target_lengths")
"""Operands that hold integers."""


@functools.cache
def known_names():
    """Return the names in all modules of the library, for annotations whose names are imported for checkers only."""
    names = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("tensorlab"):
            names |= vars(module)
    return names


def annotation_of(parameter, function):
    """Return the evaluated annotation of a parameter; ``Any`` if it has none or cannot be evaluated."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        wrapped = function
        while hasattr(wrapped, "__wrapped__"):
            wrapped = wrapped.__wrapped__
        inherited = (
            sys.modules[getattr(wrapped, "__init__", wrapped).__module__] if isinstance(wrapped, type) else builtins
        )
        spaces = (builtins, inherited, sys.modules[wrapped.__module__])
        try:
            annotation = eval(
                annotation, {**known_names(), **{k: v for space in spaces for k, v in vars(space).items()}}
            )
        except (NameError, TypeError, AttributeError):
            annotation = typing.Any
    if annotation in (parameter.empty, typing.Any):
        return BY_NAME.get(parameter.name, typing.Any)
    return annotation


def admitted(parameter, annotation, value):
    """Return whether a value can mean something for a parameter: it is the default, or the annotation admits it."""
    if value is parameter.default:
        return True
    if parameter.name in INTEGRAL and isinstance(value, float | complex):
        return False
    try:
        return admits(annotation, value)
    except (TypeError, ValueError):  # comparisons of odd values
        return True


def admits(annotation, value):
    """Return whether an annotation admits a value; in doubt, it does."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation is types.NoneType:
        return value is None
    if origin is typing.Annotated:
        return kind_admits(annotation, value)
    if origin is typing.Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if origin in (typing.Union, types.UnionType):
        return any(admits(part, value) for part in parts)
    cls = origin or annotation
    if getattr(cls, "__name__", "") == "ArrayT" or cls is tl.Tensor:
        return is_operand(value)
    if getattr(cls, "_is_protocol", False):
        return all(hasattr(value, name) for name, kept in vars(cls).items() if isinstance(kept, types.FunctionType))
    if not isinstance(cls, type) or cls is object:
        return True
    if isinstance(value, tl.Tensor | np.ndarray) and value.shape == ():
        value = value.item()
    if issubclass(cls, collections.abc.Iterable):
        return admits_entries(cls, parts, value)
    return admits_number(cls, value) if cls in (bool, float, complex) else isinstance(value, cls)


def is_operand(value):
    """Return whether a value is a number, or holds numbers only."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind not in "OSU"
    if isinstance(value, list | tuple | range):
        return all(map(is_operand, value))
    return isinstance(value, int | float | complex | tl.Tensor)


def admits_number(cls, value):
    """Return whether a value is a number of a class; a bool may be 0 or 1, and a float is not NaN."""
    if cls is bool:
        return isinstance(value, int) and value in (0, 1)
    if cls is float:
        return isinstance(value, int | float) and value == value
    return isinstance(value, int | float | complex)


def kind_admits(annotation, value):
    """Return whether the kind that an annotation stands for reads a value."""
    kind = kind_of(annotation)
    if kind is None:
        return admits(typing.get_args(annotation)[0], value)
    try:
        kind.read(value)
    except (TypeError, ValueError, BackendUnavailable):
        return False
    return True


def admits_entries(cls, parts, value):
    """Return whether a value is a collection whose entries fit; any sequence serves for any other."""
    if isinstance(value, str | bytes):
        return cls is type(value) or parts[:1] == (type(value),)
    if not isinstance(value, collections.abc.Iterable):
        return False
    if isinstance(value, dict | set) or issubclass(cls, collections.abc.Mapping):
        return isinstance(value, cls)
    if not parts or cls not in SEQUENCES:
        return isinstance(value, cls) or cls in SEQUENCES
    if isinstance(value, tl.Tensor | np.ndarray):
        return is_operand(value) or (parts == (str,) and value.dtype.kind == "U")
    parts = [part for part in parts if part is not Ellipsis]
    entries = list(value)
    if len(parts) > 1 and len(entries) != len(parts):
        return False
    return all(admits(parts[min(i, len(parts) - 1)], entry) for i, entry in enumerate(entries))


SEQUENCES = (tuple, list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
