"""Options declared once: an annotated class attribute defines the constructor's argument, its check and its repr.

A class that derives from `Options` and is `declared` needs no constructor::

    @declared
    class SmoothL1Loss(Loss):
        beta: NonNegative = 1.0

`SmoothL1Loss(beta=-1.0)` raises a `ValueError` that names the class, the option and the values it may have. Arguments
have the order of the declarations, those of base classes first; declarations below ``_: KW_ONLY`` are keyword
arguments; an ``InitVar`` is passed to `__post_init__` and not kept. All this is as in `dataclasses`, and type checkers
see the constructor (PEP 681). An option declared as `fixed` keeps its value and is no argument. `checked` reads the
arguments of a hand-written constructor in the same way. So do ops and the functions made of them, whose code is
generated: it reads an argument only where a quick test of its type and bounds fails (`Parameters`).

The values that an option may have follow from its annotation: `bool`, `int`, `float`, ``Literal``, a class, a tuple of
these, any of them ``| None``, or one of the names of this module, such as `Positive`. A NumPy number, a 0-d array or a
0-d tensor is accepted wherever a number is, and kept as a Python number.
"""

from .declarations import Options, checked, declared, fixed
from .kinds import (
    ArrayOrScalar, BelowOne, Count, Counts, Finite, Fraction, Integers, NonNegative, Positive, RealScalar, Scalar,
    ShapeLike, Size, Sizes,
)  # fmt: skip

__all__ = [
    "ArrayOrScalar", "BelowOne", "Count", "Counts", "Finite", "Fraction", "Integers", "NonNegative", "Options",
    "Positive", "RealScalar", "Scalar", "ShapeLike", "Size", "Sizes", "checked", "declared", "fixed",
]  # fmt: skip
