"""Public functions that are made of ops, as cases: name -> (tensorlab's function, the reference, operands' names).

The first word of a case's name is the function's. `REAL_ONLY` has the functions that take no complex numbers.
"""

from . import core, fft, linalg, pytorch_names, sorting, special, statistics

CASES = {}
REAL_ONLY = {"clip"}
for family in (core, fft, linalg, pytorch_names, sorting, special, statistics):
    CASES |= family.CASES
    REAL_ONLY |= getattr(family, "REAL_ONLY", set())
