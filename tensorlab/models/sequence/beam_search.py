"""Beam search: the most likely continuations, as far as a bounded number of partial ones leads to them."""

from __future__ import annotations

from math import inf

from ...ops.comparison import where
from ...ops.creation import arange, full, full_like
from ...ops.indexing import take, take_along_axis
from ...ops.joining import concat
from ...ops.reduction import all
from ...ops.softmax import log_softmax
from ...ops.sorting import topk
from ...tensor import Tensor
from .decoding import Decoder, repeated


def beam_search(
    decoder: Decoder,
    num_beams: int,
    max_new_tokens: int,
    eos_token_id: int | None,
    pad_token_id: int,
    length_penalty: float,
    count: int,
) -> tuple[Tensor, Tensor]:
    """Return the `count` best sequences of each row, the best first, and their scores.

    The score is the log probability of the new tokens divided by ``n ** length_penalty``, where n is their number, the
    end included (Wu et al., 2016, section 7, without the constant 5). Each row has `num_beams` sequences that go on,
    and as many that have ended. Twice as many candidates are made in each step, so that enough of them go on even if
    all beams end.

    Parameters
    ----------
    decoder : Decoder
        Holds the tokens so far, a row for each sequence of the batch.
    num_beams, max_new_tokens, eos_token_id, pad_token_id, length_penalty, count
        As for `Generative.generate`.

    Returns
    -------
    sequences : Tensor, shape (batch, count, length)
        Those that ended early are filled with `pad_token_id`.
    scores : Tensor, shape (batch, count)
        The scores.
    """
    batch = decoder.tokens.shape[0]
    logits, rows = decoder.following(), repeated(batch, num_beams, decoder.tokens)
    decoder.select(rows)  # the beams of a row are equal at first, so that its tokens are read once
    logits = take(logits, rows, axis=0)
    live_scores = _only_first(batch, num_beams, logits)
    finished, finished_scores = _beams(decoder.tokens, num_beams), full_like(live_scores, -inf)
    first_beams = arange(batch, device=logits.device)[:, None] * num_beams
    step = 0
    while True:
        step += 1
        vocab_size = logits.shape[-1]
        totals = live_scores[..., None] + log_softmax(logits, -1).reshape(batch, num_beams, vocab_size)
        best = topk(totals.reshape(batch, -1), min(2 * num_beams, num_beams * vocab_size))
        parents, tokens = best.indices // vocab_size, best.indices % vocab_size
        ended = tokens == (-1 if eos_token_id is None else eos_token_id)

        candidates = concat([_rows(_beams(decoder.tokens, num_beams), parents), tokens[..., None]], axis=-1)
        finished = concat([finished, full_like(finished[..., :1], pad_token_id)], axis=-1)
        ended_scores = where(ended, best.values / step**length_penalty, -inf)
        finished, finished_scores = _best(num_beams, (finished, finished_scores), (candidates, ended_scores))

        live_scores, goes_on = topk(where(ended, -inf, best.values), num_beams)
        decoder.select((take_along_axis(parents, goes_on, -1) + first_beams).reshape(-1))
        decoder.append(take_along_axis(tokens, goes_on, -1).reshape(-1))
        live = _beams(decoder.tokens, num_beams), live_scores / step**length_penalty
        attainable = max_score(live_scores[:, 0], step + 1, max_new_tokens, length_penalty)
        if step == max_new_tokens or all(finished_scores[:, count - 1] >= attainable):
            return _best(count, (finished, finished_scores), live)
        logits = decoder.following()


def max_score(log_probs: Tensor, shortest: int, longest: int, length_penalty: float) -> Tensor:
    """Return bounds of the scores that sequences may reach, whose log probabilities can only fall."""
    return log_probs / max(shortest**length_penalty, longest**length_penalty)


def _only_first(batch: int, num_beams: int, like: Tensor) -> Tensor:
    """Return the scores at the beginning, when all beams of a row are equal: only the first one counts."""
    equal = full((batch, num_beams), 0.0, dtype=like.dtype, device=like.device)
    return where(arange(num_beams, device=like.device) == 0, equal, -inf)


def _beams(tokens: Tensor, num_beams: int) -> Tensor:
    """Return the rows of a decoder as (batch, num_beams, length)."""
    return tokens.reshape(-1, num_beams, tokens.shape[1])


def _rows(sequences: Tensor, indices: Tensor) -> Tensor:
    """Return the sequences, (batch, n, length), at the indices, (batch, m)."""
    batch, count, length = sequences.shape
    places = indices + arange(batch, device=indices.device)[:, None] * count
    return take(sequences.reshape(batch * count, length), places, axis=0)


def _best(count: int, *groups: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the best of several groups of sequences and scores."""
    sequences = concat([sequences for sequences, _ in groups], axis=1)
    best = topk(concat([scores for _, scores in groups], axis=1), count)
    return _rows(sequences, best.indices), best.values
