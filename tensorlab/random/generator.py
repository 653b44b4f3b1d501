"""The generator of random numbers, and the default one."""

from __future__ import annotations

from ..autodiff.custom import REPLAYED_STATES
from ..blocks import Setting, SettingChange
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

_standing_in: Setting[Generator | None] = Setting("tensorlab_generator", None)
default_generator._replacement = _standing_in


class drawing_from(SettingChange["Generator | None"]):
    """A context manager in which the default generator stands for another one, in this thread or task only.

    Parameters
    ----------
    generator : Generator
        The generator that is seeded, drawn from and asked for its state inside.

    Examples
    --------
    >>> from tensorlab.random.generator import drawing_from
    >>> with drawing_from(tl.Generator(5)):
    ...     inside = tl.rand(2)
    >>> inside == tl.Generator(5).uniform((2,))
    tensor([ True,  True])
    """

    setting = _standing_in

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def changed(self, outer: Generator | None) -> Generator:
        return self.generator


REPLAYED_STATES.append((default_generator.get_state, default_generator.set_state))
