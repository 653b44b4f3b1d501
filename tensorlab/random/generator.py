"""The generator of random numbers, and the default one."""

from __future__ import annotations

from ..autodiff.custom import REPLAYED_STATES
from .selection import Selection


class Generator(Selection):
    """A stream of random numbers.

    Parameters
    ----------
    seed : int
        In ``[0, 2**128)``. Equal seeds give equal streams, on every backend.

    Raises
    ------
    ValueError
        If the seed is out of range.

    Examples
    --------
    >>> g = tl.Generator(0)
    >>> first = g.uniform((2,))
    >>> g.manual_seed(0).uniform((2,)) == first
    tensor([ True,  True])
    """


default_generator = Generator(0)
"""The generator of the functions of `tensorlab.random`."""

REPLAYED_STATES.append((default_generator.get_state, default_generator.set_state))
