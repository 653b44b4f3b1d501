"""Random numbers while samples are fetched: each batch has its own seed, so that it does not matter who fetches it."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ..random import Generator
from ..random.generator import drawing_from
from .composition import ConcatDataset, StackDataset, Subset
from .dataset import TensorDataset

A = TypeVar("A")
R = TypeVar("R")

SEED_LIMIT = 1 << 128
WITHOUT_CODE_OF_USERS = (TensorDataset, list, tuple, range, str)
"""Classes whose samples are elements, so that fetching them draws no random numbers."""


def draws_nothing(dataset: Any) -> bool:
    """Whether fetching samples is known to draw no random numbers. Subclasses can, as can any class of a user."""
    kind = type(dataset)
    if kind is Subset:
        return draws_nothing(dataset.dataset)
    if kind is ConcatDataset:
        return all(map(draws_nothing, dataset.datasets))
    if kind is StackDataset:
        parts = dataset.datasets
        return all(map(draws_nothing, parts.values() if isinstance(parts, dict) else parts))
    return kind in WITHOUT_CODE_OF_USERS


def epoch_seed(generator: Generator) -> int:
    """Return a new seed. It comes from a child of the generator, so that the generator's own numbers stay the same."""
    low, high = generator.spawn(1)[0].get_state()["key"]
    return low | high << 64


def batch_seed(seed: int, number: int) -> int:
    """Return the seed of a batch of an epoch. The epoch's own seed is that of the order of the samples."""
    return (seed + 1 + number) % SEED_LIMIT


def call_seeded(function: Callable[[A], R], argument: A, seed: int) -> R:
    """Call a function with all generators seeded that are global in a process, and leave them there."""
    _seed_other_libraries(seed)
    return call_with_own_stream(function, argument, seed)


def call_seeded_apart(function: Callable[[A], R], argument: A, seed: int) -> R:
    """Call a function with all global generators seeded, and restore them."""
    numpy_random = numpy_global()
    states = random.getstate(), numpy_random and numpy_random.get_state(legacy=False)
    try:
        return call_seeded(function, argument, seed)
    finally:
        random.setstate(states[0])
        if numpy_random:
            numpy_random.set_state(states[1])


def call_with_own_stream(function: Callable[[A], R], argument: A, seed: int) -> R:
    """Call a function with the default generator of `tensorlab.random` seeded, in this thread only."""
    with drawing_from(Generator(seed)):
        return function(argument)


def call_unseeded(function: Callable[[A], R], argument: A, seed: int) -> R:
    """Call a function that draws no random numbers."""
    return function(argument)


def _seed_other_libraries(seed: int) -> None:
    random.seed(seed)
    if numpy_random := numpy_global():
        numpy_random.seed([seed >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96)])


def numpy_global() -> Any:
    """Return NumPy's global generator, or None if NumPy is not loaded: nobody draws from it then."""
    numpy: Any = sys.modules.get("numpy")
    return numpy and numpy.random
