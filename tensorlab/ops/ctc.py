"""Connectionist temporal classification: sums over alignments, as a recursion over time.

The log-probabilities of all prefixes of an alignment are one op, `ctc_forward` (Graves et al. 2006, equation 6, in
logarithms). Its derivative is a linear recursion over time with three bands of weights, one for staying in a state,
one for each way of arriving from another. That recursion and its transpose are ops, each the gradient of the other, so
derivatives of any order exist and each is one loop over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .arithmetic import zeros_like
from .comparison import where
from .exponential import exp
from .indexing import getitem
from .joining import concat, stack
from .shapes import Shape

BANDS = 3


def _shifted(x: Any, by: int, fill: float = 0.0) -> Any:
    """Return `x` shifted along its last axis, with `fill` in the first `by` places."""
    if by == 0:
        return x
    width = x.shape[-1]
    by = min(by, width)
    blank = zeros_like(getitem(x, (Ellipsis, slice(0, by)))) + fill
    return concat([blank, getitem(x, (Ellipsis, slice(0, width - by)))], axis=-1)


def _shares_by_band(emissions: Any, skips: Any, alphas: Any) -> Any:
    """Return, for each state at each time but the first, the share of its probability from each band."""
    later = getitem(alphas, slice(1, None))
    dead = later == -inf
    step = where(dead, -inf, getitem(emissions, slice(1, None))) - where(dead, 0.0, later)
    before = getitem(alphas, slice(0, -1))
    ways = [_shifted(before, by, -inf) + step for by in range(BANDS)]
    ways[2] = where(skips, ways[2], -inf)
    return exp(stack(ways))


def _pull_forward(g: Any, emissions: Any, skips: Any, out: Any) -> Any:
    # Unreachable states do not depend on anything.
    return where(out == -inf, 0.0, banded_scan_transposed(g, _shares_by_band(emissions, skips, out)))


def _push_forward(t: Any, emissions: Any, skips: Any, out: Any) -> Any:
    return banded_scan(where(out == -inf, 0.0, t), _shares_by_band(emissions, skips, out))


def _states(emissions: Shape, skips: Shape) -> Shape:
    if len(emissions) != 3 or emissions[0] == 0 or tuple(skips) != tuple(emissions[1:]):
        raise ShapeError(
            f"ctc_forward: emissions have shape (time, batch, states) and skips (batch, states), not {emissions} and "
            f"{skips}"
        )
    return emissions


@op(
    vjp={"emissions": _pull_forward},
    jvp={"emissions": _push_forward},
    shape=_states,
    takes={"emissions": "real floating", "skips": "bool"},
    flops=lambda shapes, out, params: 50 * prod(out),
    samples=[
        sample((5, 2, 5), Draw((2, 5), 0, 2, "bool")),
        sample((3, 1, 1), Draw((1, 1), 0, 2, "bool")),
        sample((1, 2, 3), Draw((2, 3), 0, 2, "bool")),
    ],
)
def ctc_forward(backend: Backend, emissions: ArrayT, skips: ArrayT, /) -> ArrayT:
    """Log-probability of all alignments that are in a state at a time.

    They begin in any state; a step stays in it, moves to the next or, where `skips` is true, arrives from two below.

    Parameters
    ----------
    emissions : tensor or array, shape (time, batch, states)
        Log-probability of a state at a time; numbers close to the least of the type count as minus infinity.
    skips : tensor or array of bool, shape (batch, states)
        Which states can be reached from two states below.

    Returns
    -------
    Tensor
        The shape of `emissions`; minus infinity, with a gradient of zero, for unreachable states.

    Examples
    --------
    >>> tl.ops.ctc.ctc_forward(tl.zeros(3, 1, 3), tl.tensor([[False, False, False]]))
    tensor([[[0.       , 0.       , 0.       ]],
    <BLANKLINE>
            [[0.       , 0.6931472, 0.6931472]],
    <BLANKLINE>
            [[0.       , 1.0986123, 1.3862944]]])
    """
    xp = backend.xp
    # A finite number in place of minus infinity, as the difference of two infinities is NaN.
    least = -(float(xp.finfo(emissions.dtype).max) ** 0.75)
    steps, batch, states = emissions.shape
    emissions = xp.clip(emissions, min=least)
    margin = xp.full((batch, BANDS - 1), least, dtype=emissions.dtype, device=emissions.device)
    barred = xp.where(skips, 0.0, xp.full(skips.shape, least, dtype=emissions.dtype, device=emissions.device))
    alphas = [emissions[0, ...]]
    for t in range(1, steps):
        padded = xp.concat([margin, alphas[-1]], axis=1)
        stay, come, skip = alphas[-1], padded[:, 1 : states + 1], padded[:, :states] + barred
        peak = xp.maximum(xp.maximum(stay, come), skip)
        total = xp.exp(stay - peak) + xp.exp(come - peak) + xp.exp(skip - peak)
        alphas.append(xp.log(total) + peak + emissions[t, ...])
    stacked = xp.stack(alphas)
    return xp.where(stacked < 0.5 * least, -inf, stacked)


def _band_products(late: Any, early: Any) -> Any:
    """Return for each band the products of entries with those of the previous time that they come from."""
    late, early = getitem(late, slice(1, None)), getitem(early, slice(0, -1))
    return stack([late * _shifted(early, by) for by in range(BANDS)])


def _scanned(x: Shape, weights: Shape) -> Shape:
    if len(x) != 3 or tuple(weights) != (BANDS, max(x[0] - 1, 0), *x[1:]):
        raise ShapeError(f"a banded scan of shape {x} has weights of shape (3, time - 1, batch, states), not {weights}")
    return x


SCAN_SAMPLES = [
    sample((4, 2, 5), (3, 3, 2, 5)),
    sample((1, 2, 3), (3, 0, 2, 3)),
    sample((3, 1, 1), (3, 2, 1, 1)),
]


def _scan_flops(shapes: Sequence[Shape], out: Shape, params: Any) -> int:
    return 2 * BANDS * prod(out)


@op(
    vjp={
        "x": lambda g, weights: banded_scan_transposed(g, weights),
        "weights": lambda g, weights, out: _band_products(banded_scan_transposed(g, weights), out),
    },
    shape=_scanned,
    flops=_scan_flops,
    samples=SCAN_SAMPLES,
)
def banded_scan(backend: Backend, x: ArrayT, weights: ArrayT, /) -> ArrayT:
    """``y[t, n, s] = x[t, n, s] + sum(weights[k, t - 1, n, s] * y[t - 1, n, s - k] for k in range(3))``.

    Parameters
    ----------
    x : tensor or array, shape (time, batch, states)
        The input at each time.
    weights : tensor or array, shape (3, time - 1, batch, states)
        Weights of the states at the same place, one below and two below.

    Returns
    -------
    Tensor
        The shape of `x`.

    Examples
    --------
    >>> tl.ops.ctc.banded_scan(tl.ones(2, 1, 3), tl.ones(3, 1, 1, 3))
    tensor([[[1., 1., 1.]],
    <BLANKLINE>
            [[2., 3., 4.]]])
    """
    xp = backend.xp
    results = [x[0, ...]]
    for t in range(1, x.shape[0]):
        last = results[-1]
        states = last.shape[1]
        margin = xp.zeros((last.shape[0], BANDS - 1), dtype=x.dtype, device=x.device)
        padded = xp.concat([margin, last], axis=1)
        now = x[t, ...] + weights[0, t - 1, ...] * last
        now = now + weights[1, t - 1, ...] * padded[:, 1 : states + 1]
        results.append(now + weights[2, t - 1, ...] * padded[:, :states])
    return xp.stack(results)


@op(
    vjp={
        "x": lambda g, weights: banded_scan(g, weights),
        "weights": lambda g, weights, out: _band_products(out, banded_scan(g, weights)),
    },
    shape=_scanned,
    flops=_scan_flops,
    samples=SCAN_SAMPLES,
)
def banded_scan_transposed(backend: Backend, x: ArrayT, weights: ArrayT, /) -> ArrayT:
    """The transpose of `banded_scan` with respect to `x`: the same sum backwards in time.

    Examples
    --------
    >>> tl.ops.ctc.banded_scan_transposed(tl.ones(2, 1, 3), tl.ones(3, 1, 1, 3))
    tensor([[[4., 3., 2.]],
    <BLANKLINE>
            [[1., 1., 1.]]])
    """
    xp = backend.xp
    results = [x[x.shape[0] - 1, ...]]
    for t in range(x.shape[0] - 2, -1, -1):
        shares = weights[:, t, ...] * results[-1]
        states = shares.shape[2]
        margin = xp.zeros((*shares.shape[:2], BANDS - 1), dtype=x.dtype, device=x.device)
        padded = xp.concat([shares, margin], axis=2)
        now = x[t, ...] + shares[0, ...] + padded[1, :, 1 : states + 1]
        results.append(now + padded[2, :, 2 : states + 2])
    return xp.stack(results[::-1])
