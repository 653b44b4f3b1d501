"""Random states of a block of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..random.seeding import random_states, seed_everything, set_random_states


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Seed all random states for a block, and restore them at its end; None leaves them alone."""
    if seed is None:
        yield
        return
    states = random_states()
    try:
        seed_everything(seed)
        yield
    finally:
        set_random_states(states)
