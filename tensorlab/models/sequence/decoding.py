"""A model that continues sequences, with the tokens so far and the state after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...autodiff.tree import mapped
from ...ops.creation import arange
from ...ops.indexing import take
from ...ops.joining import concat, repeat
from ...tensor import Tensor

if TYPE_CHECKING:
    from .generation import Generative


class Decoder:
    """The tokens of several rows, which a model continues.

    Parameters
    ----------
    model : Generative
        The model.
    tokens : Tensor, shape (rows, length)
        The first tokens.
    start : tree of tensors or None
        The state of the model before them; the first axis of each tensor is that of the rows.
    use_cache : bool
        Whether the state is kept from step to step, so that each token is read once.
    """

    def __init__(self, model: Generative, tokens: Tensor, start: Any, use_cache: bool) -> None:
        self.model, self.tokens, self.use_cache = model, tokens, use_cache
        self._start = self._state = start
        self._read = 0

    def following(self) -> Tensor:
        """Return the logits of the next token, (rows, vocab_size).

        A sequence longer than the context of the model is cut at its beginning, and read anew.
        """
        limit, length = self.model.context_length, self.tokens.shape[1]
        if not self.use_cache or (limit is not None and length > limit):
            self._state, self._read = self._start, max(0, length - (limit or length))
        logits, self._state = self.model.step(self.tokens[:, self._read :], self._state)
        self._read = length
        return logits

    def append(self, tokens: Tensor) -> None:
        """Append a token, (rows,), to each row."""
        self.tokens = concat([self.tokens, tokens[:, None]], axis=1)

    def select(self, rows: Tensor) -> None:
        """Keep the rows of these indices, of which some may be repeated or left out."""
        self.tokens, self._start, self._state = mapped(
            lambda x: take(x, rows, axis=0), (self.tokens, self._start, self._state)
        )


def repeated(rows: int, times: int, like: Tensor) -> Tensor:
    """Return the indices of rows, each of them repeated."""
    return repeat(arange(rows, device=like.device), times)
