"""The choice of the next token from its scores."""

from __future__ import annotations

from math import inf
from typing import Annotated

from ...errors import ShapeError
from ...ops.comparison import where
from ...ops.cumulative import cumulative_sum
from ...ops.declare import composite
from ...ops.reduction import min
from ...ops.softmax import softmax
from ...ops.sorting import sort, topk
from ...options import Positive, Size
from ...options.kinds import Real
from ...tensor import Tensor

Nucleus = Annotated[float, Real(0, 1, "(]")]
"""The probability that the kept tokens must have together."""


@composite(logits="real floating")
def filter_logits(
    logits: Tensor, temperature: Positive = 1.0, top_k: Size | None = None, top_p: Nucleus | None = None
) -> Tensor:
    """Return the logits from which the next token is drawn; those of excluded tokens become minus infinity.

    Parameters
    ----------
    logits : Tensor, shape (..., vocab_size)
        Scores of the tokens.
    temperature : float
        Divides the logits: values below 1 prefer likely tokens, values above 1 even the probabilities out.
    top_k : int, optional
        Keeps this number of tokens with the largest logits (Fan et al., 2018).
    top_p : float, optional
        Keeps the fewest most likely tokens whose probabilities add up to at least this (Holtzman et al., 2020); of
        those that `top_k` leaves. Both keep tokens that equal the last one kept.

    Returns
    -------
    Tensor
        The shape of `logits`.

    Raises
    ------
    ShapeError
        If there are no tokens.

    Examples
    --------
    >>> logits = tl.tensor([0.5, 0.25, 0.15, 0.1]).log()
    >>> tl.models.filter_logits(logits, top_k=2).softmax(-1).round(decimals=4)
    tensor([0.6667, 0.3333, 0.    , 0.    ])
    >>> tl.models.filter_logits(logits, top_p=0.8).softmax(-1).round(decimals=4)
    tensor([0.5556, 0.2778, 0.1667, 0.    ])
    """
    if logits.ndim < 1 or logits.shape[-1] < 1:
        raise ShapeError(f"logits must have shape (..., vocab_size), not {logits.shape}")
    logits = logits / temperature
    if top_k is None or top_k >= logits.shape[-1]:
        if top_p is None:
            return logits
        best = sort(logits, axis=-1, descending=True)
    else:
        best = topk(logits, top_k).values
    if top_p is not None:
        probabilities = softmax(best, -1)
        before = cumulative_sum(probabilities, axis=-1) - probabilities
        best = where(before < top_p, best, inf)
    return where(logits < min(best, axis=-1, keepdims=True), -inf, logits)
