"""Rejection sampling with a fixed maximum number of rounds.

Blocks of the stream are reserved for every round, used or not, and each element has its own positions in them. How much
of the stream a draw takes, and which bits an element gets, depends only on the number of elements. Whether a candidate
is accepted depends on rounded numbers; libraries that round logarithms differently may disagree on single elements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .arguments import Call
from .bit_stream import Excerpt, blocks_for, words_for

Proposal = Callable[..., tuple[Any, Any]]


def rejection_blocks(count: int, uniforms: int, rounds: int, double: bool) -> int:
    """Return the number of blocks to reserve for `first_accepted`."""
    return rounds * blocks_for(words_for(count * uniforms, double))


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
    """Return the first accepted candidate of each element.

    Parameters
    ----------
    call : Call
        The call of the distribution, with its backend.
    excerpt : Excerpt
        The reserved part of the stream, of `rejection_blocks` blocks.
    propose : callable
        ``propose(xp, uniforms, *params)`` returns candidates and whether they are accepted.
    params : sequence of arrays or numbers
        The parameters of the proposal: numbers, or arrays with one element for each that is drawn.
    count : int
        The number of elements.
    uniforms : int
        The number of uniform numbers in (0, 1) per candidate.
    rounds : int
        The maximum number of candidates per element, large enough that all being rejected never occurs in practice.
    double : bool
        Whether to draw in double precision.
    fallback : array or number
        The result for elements without an accepted candidate.
    """
    xp = call.xp

    def numbers() -> list[Any]:
        drawn = xp.reshape(excerpt.open_uniform(count * uniforms, double), (uniforms, count))
        return [drawn[i, :] for i in range(uniforms)]

    value, accepted = propose(xp, numbers(), *params)
    for _ in range(1, rounds):
        if not call.on_host:  # all rounds are computed: looking at the result would mean waiting for the device
            candidate, acceptable = propose(xp, numbers(), *params)
            value, accepted = xp.where(accepted, value, candidate), accepted | acceptable
            continue
        rejected = ~accepted
        if not bool(xp.any(rejected)):
            break
        remaining = [p[rejected] if hasattr(p, "shape") and p.shape else p for p in params]
        value[rejected], accepted[rejected] = propose(xp, [u[rejected] for u in numbers()], *remaining)
    return xp.where(accepted, value, xp.zeros_like(value) + fallback)
