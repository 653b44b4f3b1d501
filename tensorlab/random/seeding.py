"""The random states of a process: tensorlab's default generator, Python's ``random`` and NumPy's legacy generator."""

from __future__ import annotations

import random as python_random
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..options.kinds import read
from .bit_stream import SEED
from .generator import Generator, default_generator


def seed_everything(seed: int) -> Generator:
    """Seed tensorlab's default generator, Python's ``random``, and NumPy's global generator if NumPy is loaded.

    Parameters
    ----------
    seed : int
        In ``[0, 2**128)``. NumPy's global generator takes the seed in words of 32 bits.

    Returns
    -------
    Generator
        The default generator.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed is out of range.

    Notes
    -----
    Generators that a program makes by itself, such as ``tl.Generator()`` or ``numpy.random.default_rng()``, are not
    affected, nor is the order of sets of strings, which depends on ``PYTHONHASHSEED``.

    Examples
    --------
    >>> import random
    >>> _ = tl.seed_everything(1)
    >>> first = tl.rand(2), random.random()
    >>> _ = tl.seed_everything(1)
    >>> tl.rand(2) == first[0], random.random() == first[1]
    (tensor([ True,  True]), True)
    """
    seed = read("seed_everything", "seed", SEED, seed)
    python_random.seed(seed)
    numpy_random = _numpy_random()
    if numpy_random is not None:
        numpy_random.seed([seed >> shift & 0xFFFFFFFF for shift in range(0, max(seed.bit_length(), 1), 32)])
    return default_generator.manual_seed(seed)


def random_states() -> dict[str, Any]:
    """Return the states that `seed_everything` sets, as plain data that `tl.save` stores.

    Examples
    --------
    >>> from tensorlab.random.seeding import random_states, set_random_states
    >>> states = random_states()
    >>> first = tl.rand(2)
    >>> set_random_states(states)
    >>> tl.rand(2) == first
    tensor([ True,  True])
    """
    version, words, gauss = python_random.getstate()
    states: dict[str, Any] = {"tensorlab": default_generator.get_state(), "python": [version, _packed(words), gauss]}
    numpy_random = _numpy_random()
    if numpy_random is not None:
        name, words, *rest = numpy_random.get_state()
        states["numpy"] = [name, _packed(words.tolist()), *rest]
    return states


def set_random_states(states: Mapping[str, Any]) -> None:
    """Continue from states that `random_states` has returned."""
    default_generator.set_state({**states["tensorlab"], "key": tuple(states["tensorlab"]["key"])})
    version, words, gauss = states["python"]
    python_random.setstate((version, _unpacked(words), gauss))
    numpy_random = _numpy_random()
    if numpy_random is not None and "numpy" in states:
        name, words, *rest = states["numpy"]
        numpy_random.set_state((name, _unpacked(words), *rest))


def _packed(words: Sequence[int]) -> str:
    """Return words of 32 bits as text, which is stored more quickly than a list."""
    return struct.pack(f"<{len(words)}I", *words).hex()


def _unpacked(text: str) -> tuple[int, ...]:
    return struct.unpack(f"<{len(text) // 8}I", bytes.fromhex(text))


def _numpy_random() -> Any:
    """Return the module ``numpy.random`` if the program has loaded NumPy."""
    return getattr(sys.modules.get("numpy"), "random", None)
