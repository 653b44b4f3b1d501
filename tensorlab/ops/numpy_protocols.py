"""NumPy's functions on tensors, by its protocols ``__array_ufunc__`` and ``__array_function__``.

Where tensorlab has the function, it computes, and the result is a tensor with history: ``np.exp(x)`` is ``tl.exp(x)``,
and so are the operators of arrays, as in ``array + x``. Other functions compute with the elements as arrays, which a
tensor that requires a gradient refuses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any

from ..tensor import Tensor

UFUNCS = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "conjugate": "conj",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "power": "pow",
    "right_shift": "bitwise_right_shift",
}
"""The names of NumPy's universal functions that differ from ours."""

SAME_NAME = """
all any argmax argmin argsort column_stack count_nonzero dstack expand_dims flip hstack max mean median min nanmax
nanmean nanmedian nanmin nanprod nanstd nansum nanvar prod ptp sort squeeze stack std sum var vstack
"""
FUNCTIONS = {**{name: name for name in SAME_NAME.split()}, "amax": "max", "amin": "min", "concatenate": "concat"}
"""NumPy's other functions that tensorlab computes, and our names of them."""

KEYWORDS = {"ddof": "correction"}


def array_ufunc(x: Tensor, ufunc: Callable[..., Any], method: str, /, *inputs: Any, **options: Any) -> Any:
    """Compute a universal function of NumPy's that was given tensors; ``array += x`` writes into the array."""
    if not options and method == "__call__" and (ours := _counterpart(ufunc)) is not None:
        return ours(*inputs)
    if any(isinstance(part, Tensor) for part in options.get("out", ())):
        raise TypeError(f"{ufunc.__name__}: NumPy cannot write into a tensor; assign the result: x[...] = ...")
    return getattr(ufunc, method)(*map(_on_host, inputs), **options)


@cache
def _counterpart(ufunc: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return our function of the name of a universal function."""
    return getattr(_namespace(), UFUNCS.get(ufunc.__name__, ufunc.__name__), None)


def array_function(x: Tensor, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute a function of NumPy's that was given tensors."""
    name = FUNCTIONS.get(function.__name__) if function.__module__ == "numpy" else None
    if name is not None:
        ours, arguments = getattr(_namespace(), name), signature(function).bind(*args, **kwargs).arguments
        operand, *_ = arguments.values()
        options = {KEYWORDS.get(key, key): value for key, value in list(arguments.items())[1:]}
        if options.keys() <= signature(ours).parameters.keys():
            return ours(operand, **options)
        args, kwargs = tuple(map(_on_host, args)), {key: _on_host(value) for key, value in kwargs.items()}
    return function._implementation(*args, **kwargs)


def _on_host(x: Any) -> Any:
    return x.__array__() if isinstance(x, Tensor) else x


def _namespace() -> Any:
    return sys.modules[__name__.partition(".")[0]]
