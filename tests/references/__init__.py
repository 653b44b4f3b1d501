"""What each op is to compute, in NumPy and SciPy: slow, plain and independent of tensorlab's own kernels.

An op without an entry here is compared with NumPy's function of the same name.
"""

import numpy as np

from . import (
    activation,
    attention,
    core,
    fft,
    geometry,
    linalg,
    losses,
    normalization,
    pooling,
    recurrent,
    segments,
    sorting,
    special,
    statistics,
)

REFERENCES, GAUGES = {}, {}
for family in (
    activation,
    attention,
    core,
    fft,
    geometry,
    linalg,
    losses,
    normalization,
    pooling,
    recurrent,
    segments,
    sorting,
    special,
    statistics,
):
    REFERENCES |= family.REFERENCES
    GAUGES |= getattr(family, "GAUGES", {})


def reference_of(name):
    """Return the reference of an op, or None where there is none."""
    return REFERENCES.get(name) or getattr(np, name, None)


def determined(name, results):
    """Return of an op's several results what every right answer has in common."""
    return GAUGES[name](*results) if name in GAUGES else results
