"""Drawing by rejection, in a number of rounds that is fixed beforehand.

Each round has its own blocks of the stream, reserved whether they come to be used or not, and each element its own
places in them. So how much of the stream a draw takes, and which bits an element sees, depends on nothing but the
number of elements. Only whether a candidate is accepted is a comparison of rounded numbers, which may come out
differently on two libraries that round a logarithm differently; it then changes that one element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .arguments import Call
from .bit_stream import Excerpt, blocks_of, words_of

Proposal = Callable[..., tuple[Any, Any]]


def rejection_blocks(count: int, uniforms: int, rounds: int, double: bool) -> int:
    """Return how many blocks `first_accepted` may use."""
    return rounds * blocks_of(words_of(count * uniforms, double))


def first_accepted(
    call: Call,
    excerpt: Excerpt,
    propose: Proposal,
    params: Sequence[Any],
    count: int,
    *,
    uniforms: int,
    rounds: int,
    double: bool,
    fallback: Any,
) -> Any:
    """Return the first candidate of each element that was accepted.

    Parameters
    ----------
    call : Call
        Says on which backend.
    excerpt : Excerpt
        Holds `rejection_blocks` blocks.
    propose : callable
        ``propose(xp, uniforms, *params)`` gives candidates and whether they are accepted.
    params : sequence of arrays or numbers
        What the proposal depends on: numbers, or arrays with an element for each one that is drawn.
    count : int
        How many elements.
    uniforms : int
        How many numbers in (0, 1) a candidate needs.
    rounds : int
        How many candidates an element gets; so many that a failure of all is never seen.
    double : bool
        Whether to draw in double precision.
    fallback : array or number
        What an element becomes without an accepted candidate.
    """
    xp = call.xp

    def numbers() -> Any:
        return xp.reshape(excerpt.between(count * uniforms, double), (uniforms, count))

    drawn = numbers()
    value, accepted = propose(xp, [drawn[i, :] for i in range(uniforms)], *params)
    for _ in range(1, rounds):
        if not call.on_host:  # where a look at the result would mean waiting, all rounds are gone through
            drawn = numbers()
            again, fine = propose(xp, [drawn[i, :] for i in range(uniforms)], *params)
            value, accepted = xp.where(accepted, value, again), accepted | fine
            continue
        left = ~accepted
        if not bool(xp.any(left)):
            break
        drawn = numbers()
        chosen = [p[left] if hasattr(p, "shape") and p.shape else p for p in params]
        again, fine = propose(xp, [drawn[i, :][left] for i in range(uniforms)], *chosen)
        value[left], accepted[left] = again, fine
    return xp.where(accepted, value, xp.zeros_like(value) + fallback)
