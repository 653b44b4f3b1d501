"""Models that continue sequences of tokens, and how they do it: greedily, at random, or by beam search."""

from __future__ import annotations

from typing import Annotated, Any

from ...autodiff.graph import no_grad
from ...backend.memory import require_memory
from ...errors import ShapeError
from ...nn.layers.base import Layer
from ...nn.utils.evaluation import evaluating
from ...ops.comparison import where
from ...ops.creation import full
from ...ops.declare import composite, require
from ...ops.reduction import all, argmax
from ...options import Positive, Size
from ...options.kinds import Real, Whole
from ...random import Generator, default_generator
from ...tensor import Tensor
from .beam_search import beam_search
from .decoding import Decoder, repeated
from .sampling import Nucleus, filter_logits

Token = Annotated[int, Whole(0, (1 << 31) - 1)]
NewTokens = Annotated[int, Whole(0, 1 << 24)]
Beams = Annotated[int, Whole(1, 1 << 16)]
LengthPenalty = Annotated[float, Real(-10, 10)]


class Generative(Layer):
    """A model that continues sequences of tokens.

    Subclasses write `begin` and `step`; `generate` does the rest.

    Attributes
    ----------
    context_length : int or None
        The most tokens that the model reads at once; only the last ones of longer sequences are read.
    eos_token_id, pad_token_id : int or None
        The tokens that end a sequence, and that fill it up after its end.

    Examples
    --------
    >>> class Bigrams(tl.models.Generative):
    ...     def __init__(self, logits):
    ...         super().__init__()
    ...         self.logits = logits
    ...
    ...     def begin(self, inputs):
    ...         return inputs.reshape(1, -1), None
    ...
    ...     def step(self, tokens, state):
    ...         return self.logits[tokens[:, -1]], None
    >>> Bigrams(tl.eye(3)[tl.tensor([1, 2, 0])]).generate(tl.tensor([0]), 5)
    tensor([0, 1, 2, 0, 1, 2])
    """

    context_length: Any = None
    eos_token_id: Any = None
    pad_token_id: Any = None

    def begin(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the first tokens of the sequences, (rows, length), and the state before them.

        The state is a tree of tensors, or None; the first axis of each is that of the rows.
        """
        raise NotImplementedError

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read more tokens, (rows, length); return the logits of the next ones, (rows, vocab_size), and the state."""
        raise NotImplementedError

    @no_grad()
    @composite()
    def generate(
        self,
        inputs: Tensor,
        max_new_tokens: NewTokens,
        *,
        do_sample: bool = False,
        temperature: Positive = 1.0,
        top_k: Size | None = None,
        top_p: Nucleus | None = None,
        num_beams: Beams = 1,
        length_penalty: LengthPenalty = 1.0,
        eos_token_id: Token | None = None,
        pad_token_id: Token | None = None,
        num_return_sequences: Beams = 1,
        use_cache: bool = True,
        generator: Generator | None = None,
    ) -> Tensor:
        """Continue sequences: with the most likely token each time, at random, or by beam search.

        The model is in evaluation mode meanwhile, and nothing is recorded for gradients.

        Parameters
        ----------
        inputs : Tensor
            What the model begins with: a language model's prompt, ``(length,)`` or ``(batch, length)``; an
            encoder-decoder's source.
        max_new_tokens : int
            The most tokens to append.
        do_sample : bool
            Whether tokens are drawn at random; otherwise the most likely one is taken.
        temperature, top_k, top_p
            The distribution from which they are drawn; see `filter_logits`.
        num_beams : int
            The number of partial sequences that beam search keeps; 1 for none.
        length_penalty : float
            Beam search compares log probabilities divided by the number of new tokens to this power: 0 compares the
            probabilities themselves, and larger values prefer longer sequences.
        eos_token_id : int, optional
            The token that ends a sequence; the model's by default.
        pad_token_id : int, optional
            The token that fills sequences up after their end; the model's by default, or else `eos_token_id`.
        num_return_sequences : int
            The number of sequences for each input: samples, or the best ones of beam search.
        use_cache : bool
            Whether the model keeps its state, such as the keys and values of attention, from step to step. The result
            is the same without, only later.
        generator : Generator, optional
            The source of the random numbers; the default generator if not given.

        Returns
        -------
        Tensor, shape (length + new,), or (batch * num_return_sequences, length + new)
            The first tokens and the new ones, int64; a vector for a single sequence without a batch axis. It is no
            longer than the longest sequence.

        Raises
        ------
        ValueError
            If options exclude each other.
        ShapeError
            If the inputs have another number of axes, or are empty.

        Examples
        --------
        >>> model = tl.models.RecurrentGenerator(vocab_size=5, hidden_size=8)
        >>> prompt = tl.tensor([3, 1, 4])
        >>> model.generate(prompt, 6).shape, model.generate(prompt, 6, num_beams=2).shape
        ((9,), (9,))
        >>> model.generate(prompt, 6, do_sample=True, temperature=0.8, top_k=3, num_return_sequences=2).shape
        (2, 9)
        """
        _check_options(do_sample, (temperature, top_k, top_p), num_beams, num_return_sequences)
        require_memory("generate", f"max_new_tokens={max_new_tokens} tokens", max_new_tokens)
        end = self.eos_token_id if eos_token_id is None else eos_token_id
        padding = next((token for token in (pad_token_id, self.pad_token_id, end) if token is not None), 0)
        with evaluating(self):
            tokens, state = self.begin(inputs)
            decoder = Decoder(self, tokens, state, use_cache)
            count = tokens.shape[0]
            if num_beams > 1 and max_new_tokens:
                beams = (num_beams, max_new_tokens, end, padding, length_penalty, num_return_sequences)
                found = beam_search(decoder, *beams)[0].reshape(count * num_return_sequences, -1)
            else:
                if num_return_sequences > 1:
                    decoder.select(repeated(count, num_return_sequences, tokens))
                options = (temperature, top_k, top_p) if do_sample else None
                found = _continue(decoder, max_new_tokens, options, end, padding, generator or default_generator)
        return found[0] if inputs.ndim == 1 and num_return_sequences == 1 else found


def _continue(
    decoder: Decoder,
    max_new_tokens: int,
    options: tuple[float, int | None, float | None] | None,
    end: int | None,
    padding: int,
    generator: Generator,
) -> Tensor:
    """Append tokens, the most likely ones or those drawn with the `options`, until all rows have ended."""
    rows = decoder.tokens.shape[0]
    ended = full((rows,), False, device=decoder.tokens.device)
    for _ in range(max_new_tokens):
        logits = decoder.following()
        tokens = (
            argmax(logits, axis=-1)
            if options is None
            else generator.categorical(filter_logits(logits, *options), device=logits.device)
        )
        decoder.append(where(ended, padding, tokens))
        if end is not None:
            ended = ended | (tokens == end)
            if all(ended):
                break
    return decoder.tokens


def _check_options(
    do_sample: bool, sampling: tuple[float, int | None, float | None], num_beams: int, count: int
) -> None:
    """Raise a `ValueError` if options exclude each other."""
    if not do_sample and sampling != (1.0, None, None):
        raise ValueError("generate: temperature, top_k and top_p need do_sample=True")
    if do_sample and num_beams > 1:
        raise ValueError("generate: do_sample=True and num_beams > 1 exclude each other")
    if not do_sample and count > num_beams:
        raise ValueError(
            f"generate: num_return_sequences={count} needs do_sample=True, or beam search with at least as many beams "
            f"(num_beams={num_beams})"
        )


def as_rows(name: str, tokens: Tensor) -> Tensor:
    """Return sequences of tokens as (rows, length), int64; refuse tensors that are none, or are empty.

    Raises
    ------
    ShapeError
        If there are neither one nor two axes, or no tokens.
    TypeError
        If they are not integers.
    """
    require(name, "integral", tokens=tokens)
    if tokens.ndim not in (1, 2) or 0 in tokens.shape:
        raise ShapeError(f"{name}: tokens must have shape (length,) or (batch, length) without 0, not {tokens.shape}")
    return (tokens.reshape(1, -1) if tokens.ndim == 1 else tokens).astype("int64")
