"""Linear combinations of vectors in one pass, by a function of OpenBLAS that NumPy does not expose."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

NUMBERS = {"f": ("s", ctypes.c_float), "d": ("d", ctypes.c_double)}

Axpby = Callable[..., None]


@cache
def axpby(char: str) -> Axpby | None:
    """Return ``f(a, x, b, y, out=y)``, which writes ``a x + b y`` to `y`, for float32 ("f") or float64 ("d") vectors.

    Returns None if NumPy has another BLAS than that of its wheels. The vectors are contiguous and do not overlap.
    """
    library = _library()
    if library is None or char not in NUMBERS:
        return None
    letter, number = NUMBERS[char]
    function = library[f"scipy_cblas_{letter}axpby64_"]
    function.restype = None
    vector: list[Any] = [number, ctypes.c_void_p, ctypes.c_int64]
    function.argtypes = [ctypes.c_int64, *vector, *vector]

    def call(a: float, x: Any, b: float, y: Any, out: Any) -> None:
        if not a or not b:  # BLAS does not propagate NaN from what it multiplies by zero
            np.add(a * x, b * y, out=y)
            return
        function(x.size, a, x.ctypes.data, 1, b, y.ctypes.data, 1)

    return call


def limit_blas_threads(count: int) -> None:
    """Let OpenBLAS use at most `count` threads; does nothing if NumPy has another BLAS than that of its wheels."""
    library = _library()
    if library is not None:
        library.scipy_openblas_set_num_threads64_(min(count, library.scipy_openblas_get_num_threads64_()))


@cache
def _library() -> ctypes.CDLL | None:
    """Return the OpenBLAS of NumPy's wheels, which is already loaded."""
    package = Path(np.__file__).parent
    folders = [package.parent / "numpy.libs", package / ".dylibs"]
    for file in [file for folder in folders for file in folder.glob("*scipy_openblas64_*")]:
        try:
            library = ctypes.CDLL(str(file))
        except OSError:
            continue
        if hasattr(library, "scipy_cblas_saxpby64_"):
            return library
    return None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_library)  # forked workers that limit their threads need not look for it again
