"""Recurrent encoder and decoder, with attention or without."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from ...autodiff.tree import leaves, rebuild
from ...errors import ShapeError
from ...nn.functional.packed_sequence import pack_padded_sequence, pad_packed_sequence
from ...nn.layers.dropout import Dropout
from ...nn.layers.embedding import Embedding
from ...nn.layers.linear import Linear
from ...nn.module.containers import ModuleList
from ...ops.creation import arange, full
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.reduction import sum
from ...ops.trigonometric import tanh
from ...options import Fraction, Size, declared
from ...tensor import Tensor
from .generation import Generative, Token, as_rows
from .recurrent import Cell, batch_first, hidden_of, recurrent_layers
from .recurrent_attention import BahdanauAttention, LuongAttention


class Memory(NamedTuple):
    """What the decoder knows; the first axis of each tensor is that of the sequences."""

    keys: Tensor
    projected: Tensor | None
    padding: Tensor
    state: Any


@declared
class RecurrentSeq2Seq(Generative):
    """An encoder that reads a sequence, and a decoder that writes another one, both recurrent.

    Without attention the decoder starts from the encoder's last states, and knows nothing else of the source (Cho et
    al., 2014; Sutskever, Vinyals and Le, 2014). With Bahdanau's attention each step reads a mean of the encoder's
    states, weighted by the decoder's state before; with Luong's, the weights are those of the state after the step. The
    mean and the state then give the output through a tanh layer.

    Parameters
    ----------
    source_vocab_size, target_vocab_size : int
        Numbers of tokens.
    embedding_dim : int
        Number of features with which tokens are embedded.
    hidden_size : int
        Number of hidden units of each layer and direction.
    cell : {"rnn", "lstm", "gru"}
        The kind of the layers; "rnn" is Elman's.
    num_layers : int
        Number of layers of encoder and decoder.
    dropout : float
        Probability with which embeddings and outputs of layers are set to zero in training.
    bidirectional : bool
        Whether the encoder also reads from the last token to the first.
    attention : {"bahdanau", "luong"} or None
        The kind of attention.
    pad_token_id, bos_token_id, eos_token_id : int
        The tokens for padding, and with which targets begin and end, as in `datasets.TranslationDataset`.

    Examples
    --------
    >>> data = tl.datasets.CopyTask(8, length=5, order="reversed")
    >>> size = len(data.source_vocabulary)
    >>> model = tl.models.RecurrentSeq2Seq(size, size, hidden_size=16)
    >>> logits = model(data.source, data.target[:, :-1])
    >>> loss = tl.nn.functional.cross_entropy(logits.flatten(0, 1), data.target[:, 1:].flatten(), ignore_index=0)
    >>> model.generate(data.source[0], max_new_tokens=6, num_beams=3).shape[0] <= 7
    True
    >>> model.attention_weights(data.source, data.target[:, :-1]).shape
    (8, 6, 6)
    """

    source_vocab_size: Size
    target_vocab_size: Size
    embedding_dim: Size = 64
    hidden_size: Size = 128
    cell: Cell = "gru"
    num_layers: Size = 1
    dropout: Fraction = 0.0
    bidirectional: bool = True
    attention: Literal["bahdanau", "luong"] | None = "bahdanau"
    pad_token_id: Token = 0
    bos_token_id: Token = 1
    eos_token_id: Token = 2

    def __post_init__(self) -> None:
        if self.pad_token_id >= min(self.source_vocab_size, self.target_vocab_size):
            raise ValueError(
                f"{type(self).__name__}: pad_token_id must be a token of both vocabularies, not {self.pad_token_id}"
            )
        width, hidden = self.embedding_dim, self.hidden_size
        sizes = (self.cell, width, hidden, self.num_layers, self.dropout)
        memory = (1 + self.bidirectional) * hidden
        self.drop = Dropout(self.dropout)
        self.source_embedding = Embedding(self.source_vocab_size, width, padding_idx=self.pad_token_id)
        self.encoder = recurrent_layers(*sizes, bidirectional=self.bidirectional)
        self.bridges = ModuleList()
        if self.bidirectional:
            self.bridges.extend(Linear(memory, hidden) for _ in range(2 if self.cell == "lstm" else 1))
        self.target_embedding = Embedding(self.target_vocab_size, width, padding_idx=self.pad_token_id)
        if self.attention == "bahdanau":
            sizes = (self.cell, width + memory, *sizes[2:])
        self.decoder = recurrent_layers(*sizes)
        self.attend: BahdanauAttention | LuongAttention | None = None
        if self.attention is not None:
            bahdanau = self.attention == "bahdanau"
            self.attend = BahdanauAttention(hidden, memory, hidden) if bahdanau else LuongAttention(hidden, memory)
            self.combine = Linear(memory + hidden, hidden)
        self.output = Linear(hidden, self.target_vocab_size)

    @composite(source="integral", target="integral")
    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits of the tokens after each of the target's.

        Parameters
        ----------
        source : Tensor, shape (batch, source length)
            The tokens to read, padded at the end.
        target : Tensor, shape (batch, target length)
            The tokens to write, the first of which is the beginning.

        Returns
        -------
        Tensor, shape (batch, target length, target_vocab_size)
            The logits.
        """
        return self._decode(target, self.encode(source))[0]

    @composite(source="integral", target="integral")
    def attention_weights(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the weights, (batch, target length, source length), with which each step reads the source.

        Raises
        ------
        ValueError
            If the model has no attention.
        """
        weights = self._decode(target, self.encode(source))[1]
        if weights is None:
            raise ValueError("attention_weights: the model has no attention")
        return weights

    @composite(source="integral")
    def encode(self, source: Tensor) -> Memory:
        """Return what the decoder knows of sources, (batch, length); their first tokens never count as padding."""
        if source.ndim != 2 or 0 in source.shape:
            raise ShapeError(f"source must have shape (batch, length), none of them 0, not {source.shape}")
        padding = (source == self.pad_token_id) & (arange(source.shape[1], device=source.device) > 0)
        embedded = self.drop(self.source_embedding(source))
        lengths = sum(~padding, axis=1)
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        outputs, state = self.encoder(packed)
        keys, _ = pad_packed_sequence(outputs, batch_first=True, total_length=source.shape[1])
        return Memory(keys, None if self.attend is None else self.attend.project(keys), padding, self._bridged(state))

    def _bridged(self, state: Any) -> Any:
        """Return the decoder's first states, (batch, layers, hidden), of the encoder's last ones."""
        joined = [h.reshape(h.shape[0], self.num_layers, -1) for h in leaves(batch_first(state))]
        if self.bridges:
            joined = [tanh(bridge(h)) for bridge, h in zip(self.bridges, joined, strict=True)]
        return rebuild(state, joined)

    def _decode(self, tokens: Tensor, memory: Memory) -> tuple[Tensor, Tensor | None, Memory]:
        """Return logits and weights of attention for each of the target's tokens, and the memory after them."""
        if tokens.ndim != 2 or tokens.shape[0] != memory.keys.shape[0] or not tokens.shape[1]:
            raise ShapeError(f"target must have shape (batch={memory.keys.shape[0]}, length), not {tokens.shape}")
        embedded = self.drop(self.target_embedding(tokens))
        state, means, weights = batch_first(memory.state), None, None
        if self.attention == "bahdanau":
            outputs, means, weights, state = self._step_by_step(embedded, memory, state)
        else:
            outputs, state = self.decoder(embedded, state)
        if isinstance(self.attend, LuongAttention):
            means, weights = self.attend(outputs, memory.keys, memory.padding, memory.projected)
        if means is not None:
            outputs = tanh(self.combine(concat([means, outputs], axis=-1)))
        return self.output(self.drop(outputs)), weights, memory._replace(state=batch_first(state))

    def _step_by_step(self, embedded: Tensor, memory: Memory, state: Any) -> tuple[Tensor, Tensor, Tensor, Any]:
        """Run the decoder where each step attends before it begins; return outputs, means, weights and state."""
        assert self.attend is not None
        steps = []
        for i in range(embedded.shape[1]):
            query = hidden_of(state)[-1][:, None]
            means, weights = self.attend(query, memory.keys, memory.padding, memory.projected)
            outputs, state = self.decoder(concat([embedded[:, i : i + 1], means], axis=-1), state)
            steps.append((outputs, means, weights))
        outputs, means, weights = (concat(parts, axis=1) for parts in zip(*steps, strict=True))
        return outputs, means, weights, state

    def begin(self, inputs: Tensor) -> tuple[Tensor, Memory]:
        """Return the first token of each target, and what the decoder knows of the sources, (batch, length)."""
        source = as_rows("generate", inputs)
        first = full((source.shape[0], 1), self.bos_token_id, dtype="int64", device=source.device)
        return first, self.encode(source)

    def step(self, tokens: Tensor, state: Memory) -> tuple[Tensor, Memory]:
        logits, _, state = self._decode(tokens, state)
        return logits[:, -1], state
