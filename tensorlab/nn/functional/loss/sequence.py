"""Connectionist temporal classification."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import inf
from typing import Any

from ....backend import backend_of
from ....errors import ShapeError
from ....ops.comparison import where
from ....ops.ctc import ctc_forward
from ....ops.declare import composite, require
from ....ops.exponential import logaddexp
from ....ops.indexing import getitem, take_along_axis
from ....ops.reduction import mean, sum
from ....ops.shapes import expand_dims, reshape, squeeze
from ....options.kinds import Either, Many, Whole, read
from ....tensor import ArrayT, array_of
from .common import Reduction, check_classes, shape_of

Lengths = tuple[int, ...]
LENGTHS = Either((Whole(), Many(Whole())))
"""A tensor of integers, a sequence of them, or one number."""


@composite(log_probs="real floating", targets="integral")
def ctc_loss(
    log_probs: ArrayT,
    targets: ArrayT,
    input_lengths: ArrayT | Sequence[int] | int,
    target_lengths: ArrayT | Sequence[int] | int,
    blank: int = 0,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> ArrayT:
    """Connectionist temporal classification: likelihood of unaligned label sequences (Graves et al. 2006).

    The negative logarithm of the sum over all alignments of the labels with the time steps; an alignment repeats
    labels and inserts blanks between them.

    Parameters
    ----------
    log_probs : Tensor, shape (time, batch, classes) or (time, classes)
        Log-probabilities of the classes, such as `log_softmax` gives.
    targets : Tensor of integers, shape (batch, longest) or (sum(target_lengths),)
        The labels, padded or concatenated.
    input_lengths, target_lengths : Tensor of integers or sequence of int, shape (batch,); one number without a batch
        Lengths of the sequences.
    blank : int
        The class of the blank.
    reduction : {"mean", "sum", "none"}
        Reduction applied to the per-sequence losses. The mean is of the losses divided by their target lengths.
    zero_infinity : bool
        Whether the loss of targets that are too long for their input is zero instead of infinite.

    Returns
    -------
    Tensor
        0-d, or with reduction "none" of shape ``(batch,)``.

    Raises
    ------
    ShapeError
        If the shapes or the lengths do not match.
    IndexError
        If the blank, or a label in host memory, is out of range.
    ValueError
        If an option is out of range.

    Notes
    -----
    The gradient with respect to `log_probs` is the derivative of the formula: minus the posterior probability of each
    class at each step, whatever the log-probabilities add up to, and zero at steps after the end of an input. PyTorch
    adds ``exp(log_probs)``, which is correct only after a `log_softmax`, whose derivative maps that term to zero: the
    gradients with respect to logits are equal. The exception is an impossible target without `zero_infinity`, whose
    gradient is zero here and NaN in PyTorch.

    Examples
    --------
    >>> log_probs = tl.zeros(3, 1, 2).log_softmax(-1)
    >>> tl.nn.functional.ctc_loss(log_probs, tl.tensor([[1]]), (3,), (1,))
    tensor(0.28768206)
    """
    require("ctc_loss", "real floating", log_probs=log_probs)
    require("ctc_loss", "integral", targets=targets)
    shape = shape_of(log_probs)
    if len(shape) not in (2, 3) or 0 in shape:
        raise ShapeError(
            f"ctc_loss: log_probs has shape (time, batch, classes) or (time, classes), none of them 0, not {shape}"
        )
    logs: Any = expand_dims(log_probs, axis=1) if len(shape) == 2 else log_probs
    labels: Any = expand_dims(reshape(targets, (-1,)), axis=0) if len(shape) == 2 else targets
    steps, batch, classes = logs.shape
    if not 0 <= blank < classes:
        raise IndexError(f"ctc_loss: blank is one of the {classes} classes 0 to {classes - 1}, not {blank}")
    inputs = _lengths("input_lengths", input_lengths, batch, steps)
    lengths = _lengths("target_lengths", target_lengths, batch)
    losses: Any = -_log_likelihoods(logs, _labels(array_of(labels), lengths, classes), inputs, lengths, blank)
    if zero_infinity:
        losses = where(losses == inf, 0.0, losses)
    if reduction == "mean":
        counts = _made_like(array_of(losses), [max(1, n) for n in lengths], losses.dtype)
        return mean(losses / counts)
    return sum(losses) if reduction == "sum" else reshape(losses, shape[1:-1])


def _lengths(name: str, lengths: Any, batch: int, most: int | None = None) -> Lengths:
    """Return lengths as integers; raise `ShapeError` if their number is wrong or one is out of range."""
    value = read("ctc_loss", name, LENGTHS, lengths)
    found = value if isinstance(value, tuple) else (value,)
    if len(found) != batch:
        raise ShapeError(f"ctc_loss: {name} must have one entry for each of {batch} sequences, not {len(found)}")
    if min(found) < 0 or (most is not None and max(found) > most):
        limit = "not negative" if most is None else f"between 0 and the {most} steps of log_probs"
        raise ShapeError(f"ctc_loss: {name} must be {limit}, not {found}")
    return found


def _made_like(array: Any, numbers: Any, dtype: Any = "int64") -> Any:
    """Return an array of numbers on the device of another array."""
    backend = backend_of(array)
    device = backend.native_device(backend.device_name(array))
    return backend.asarray(numbers, dtype=backend.native(dtype), device=device)


def _labels(targets: Any, lengths: Lengths, classes: int) -> Any:
    """Return the labels, padded with class 0, as an array of shape (batch, longest)."""
    xp, longest, batch, shape = backend_of(targets).xp, max(lengths), len(lengths), tuple(targets.shape)
    starts = list(accumulate(lengths, initial=0))
    if len(shape) == 2 and shape[0] == batch and shape[1] >= longest:
        labels = targets[:, :longest]
    elif shape != (starts[-1],):
        raise ShapeError(
            f"ctc_loss: targets of {batch} sequences must have shape ({batch}, {longest}), or be padded further, or "
            f"concatenated with shape ({starts[-1]},), the sum of target_lengths; not {shape}"
        )
    steps = xp.arange(longest, device=targets.device)
    counted = steps[None, :] < _made_like(targets, lengths)[:, None]
    if len(shape) == 1:
        places = xp.where(counted, steps[None, :] + _made_like(targets, starts[:-1])[:, None], 0)
        labels = xp.reshape(xp.take(targets, xp.reshape(places, (-1,))), places.shape) if longest else places
    labels = xp.where(counted, labels, xp.zeros_like(labels))
    check_classes("ctc_loss", labels, classes)
    return xp.astype(labels, xp.int64)


def _log_likelihoods(log_probs: Any, labels: Any, inputs: Lengths, lengths: Lengths, blank: int) -> Any:
    """Return the logarithm of the sum over the alignments of each sequence.

    The states are the labels with blanks before, between and after them; an alignment may skip the blank between two
    different labels.
    """
    xp, (steps, batch, _) = backend_of(labels).xp, log_probs.shape
    states = 2 * labels.shape[1] + 1
    symbols = xp.full((batch, states), blank, dtype=labels.dtype, device=labels.device)
    symbols[:, 1::2] = labels
    skips = xp.zeros((batch, states), dtype=xp.bool, device=labels.device)
    if labels.shape[1] > 1:
        skips[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    emissions = take_along_axis(log_probs, xp.broadcast_to(symbols, (steps, batch, states)), 2)
    ends, last = _made_like(labels, inputs), _made_like(labels, lengths)
    time, state = xp.arange(steps, device=labels.device)[:, None], xp.arange(states, device=labels.device)
    late = (time == 0) & (state >= 2)
    counted = (time < ends)[:, :, None] & ~late[:, None, :]
    nothing = xp.zeros(late.shape, dtype=array_of(log_probs).dtype, device=labels.device)
    nothing[late] = -inf
    alphas = ctc_forward(where(counted, emissions, nothing[:, None, :]), skips)
    final = getitem(alphas, (xp.maximum(ends - 1, 0), xp.arange(batch, device=labels.device)))
    in_blank, in_label = (_entries(final, place) for place in (2 * last, xp.maximum(2 * last - 1, 0)))
    possible = in_blank > -inf, (in_label > -inf) & (last > 0)
    total = _added(in_blank, in_label, *possible)
    if min(inputs) == 0:
        # An input of no steps has exactly one output: the empty sequence.
        total = where((ends == 0) & (last == 0), 0.0, where(ends > 0, total, -inf))
    return total


def _entries(x: Any, places: Any) -> Any:
    """Return one entry of each row."""
    return squeeze(take_along_axis(x, places[:, None], 1), 1)


def _added(one: Any, other: Any, one_counts: Any, other_counts: Any) -> Any:
    """Return the logarithm of the sum of two probabilities; those that are zero have no gradient."""
    total = logaddexp(where(one_counts, one, 0.0), where(other_counts, other, 0.0))
    alone = where(one_counts, one, where(other_counts, other, -inf))
    return where(one_counts & other_counts, total, alone)
