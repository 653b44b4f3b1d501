"""Recurrent networks in their three roles: a vector of a sequence, a sequence of a vector, a sequence of a sequence."""

from __future__ import annotations

from typing import Any, Literal

from ...autodiff.tree import leaves, mapped
from ...errors import ShapeError
from ...nn.functional.packed_sequence import pack_padded_sequence, pad_packed_sequence
from ...nn.layers.base import Layer
from ...nn.layers.dropout import Dropout
from ...nn.layers.embedding import Embedding
from ...nn.layers.linear import Linear
from ...nn.layers.recurrent import GRU, LSTM, RNN
from ...ops.arithmetic import zeros_like
from ...ops.creation import full
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.shapes import swapaxes
from ...ops.trigonometric import tanh
from ...options import Fraction, Size, declared
from ...tensor import Tensor
from .generation import Generative, Token, as_rows

Cell = Literal["rnn", "lstm", "gru"]
LAYERS: dict[str, Any] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def recurrent_layers(cell: str, input_size: int, hidden_size: int, num_layers: int, dropout: float, **more: Any) -> Any:
    """Return recurrent layers of a kind, batch first; dropout is between them, if there are several."""
    between = dropout if num_layers > 1 else 0.0
    return LAYERS[cell](input_size, hidden_size, num_layers, batch_first=True, dropout=between, **more)


def batch_first(state: Any) -> Any:
    """Swap layers and batch, the first two axes, of the states of recurrent layers."""
    return mapped(lambda h: swapaxes(h, 0, 1), state)


def hidden_of(state: Any) -> Tensor:
    """Return the hidden states, without the cell states of an LSTM."""
    hidden: Tensor = state[0] if isinstance(state, tuple) else state
    return hidden


@declared
class _Recurrent(Layer):
    """Recurrent layers (Elman, 1990; Hochreiter and Schmidhuber, 1997; Cho et al., 2014) and a linear output.

    Parameters
    ----------
    input_size : int
        Number of features of each step; with `embedding_dim` the number of tokens.
    output_size : int
        Number of outputs.
    hidden_size : int
        Number of hidden units of each layer and direction.
    cell : {"rnn", "lstm", "gru"}
        The kind of the layers; "rnn" is Elman's.
    num_layers : int
        Number of layers.
    dropout : float
        Probability with which outputs of layers are set to zero in training.
    bidirectional : bool
        Whether layers also run from the last step to the first.
    embedding_dim : int, optional
        If given, sequences consist of tokens, and this is the number of features with which they are embedded.
    """

    input_size: Size
    output_size: Size
    hidden_size: Size = 128
    cell: Cell = "lstm"
    num_layers: Size = 1
    dropout: Fraction = 0.0
    bidirectional: bool = False
    embedding_dim: Size | None = None

    def __post_init__(self) -> None:
        features = self.input_size
        self.embedding: Embedding | None = None
        if self.embedding_dim is not None:
            self.embedding, features = Embedding(self.input_size, self.embedding_dim), self.embedding_dim
        sizes = (features, self.hidden_size, self.num_layers, self.dropout)
        self.layers = recurrent_layers(self.cell, *sizes, bidirectional=self.bidirectional)
        self.drop = Dropout(self.dropout)
        self.output = Linear((1 + self.bidirectional) * self.hidden_size, self.output_size)

    def _run(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the last layer's outputs, (batch, length, features), and all hidden states after the last step."""
        axes = 3 if self.embedding is None else 2
        if x.ndim != axes or 0 in x.shape:
            names = "(batch, length)" if axes == 2 else "(batch, length, features)"
            raise ShapeError(f"x must have shape {names}, none of them 0, not {x.shape}")
        features = x if self.embedding is None else self.embedding(x)
        if lengths is None:
            outputs, state = self.layers(features)
        else:
            packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
            outputs, state = self.layers(packed)
            outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
        return outputs, hidden_of(state)


class RecurrentEncoder(_Recurrent):
    """A recurrent network that makes a vector of a sequence: it reads all of it, then answers.

    Its output is a linear function of the last layer's state after the last step, in both directions if there are two.

    Examples
    --------
    >>> model = tl.models.RecurrentEncoder(input_size=3, output_size=2, hidden_size=8)
    >>> model(tl.zeros(5, 7, 3), lengths=tl.tensor([7, 2, 3, 7, 1])).shape
    (5, 2)
    >>> tl.models.RecurrentEncoder(26, 2, embedding_dim=4, cell="gru")(tl.tensor([[7, 4, 11, 11, 14]])).shape
    (1, 2)
    """

    @composite(lengths="integral")
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, (batch, output_size).

        Parameters
        ----------
        x : Tensor, shape (batch, length, input_size), or of tokens (batch, length)
            The sequences.
        lengths : Tensor, shape (batch,), optional
            How long each sequence is without its padding.
        """
        _, hidden = self._run(x, lengths)
        directions = 1 + self.bidirectional
        last = concat([hidden[i] for i in range(-directions, 0)], axis=-1)
        return self.output(self.drop(last))


class RecurrentTransducer(_Recurrent):
    """A recurrent network that answers at each step of a sequence.

    Examples
    --------
    >>> model = tl.models.RecurrentTransducer(input_size=3, output_size=2, hidden_size=8, cell="rnn")
    >>> model(tl.zeros(5, 7, 3)).shape
    (5, 7, 2)
    """

    @composite(lengths="integral")
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs, (batch, length, output_size).

        Parameters
        ----------
        x : Tensor, shape (batch, length, input_size), or of tokens (batch, length)
            The sequences.
        lengths : Tensor, shape (batch,), optional
            How long each sequence is without its padding; the outputs for padding mean nothing.
        """
        outputs, _ = self._run(x, lengths)
        return self.output(self.drop(outputs))


@declared
class RecurrentGenerator(Generative):
    """A recurrent network that makes sequences of tokens: a language model, or a generator from vectors.

    Each step reads a token and gives the logits of the next one. Trained on the characters of a text, it writes a
    similar one (Sutskever, Martens and Hinton, 2011; Graves, 2013). With `context_size` the first states are a function
    of a vector, such as an image's features (Vinyals et al., 2015).

    Parameters
    ----------
    vocab_size : int
        Number of tokens.
    embedding_dim : int
        Number of features with which tokens are embedded.
    hidden_size : int
        Number of hidden units of each layer.
    cell : {"rnn", "lstm", "gru"}
        The kind of the layers; "rnn" is Elman's.
    num_layers : int
        Number of layers.
    dropout : float
        Probability with which embeddings and outputs of layers are set to zero in training.
    tie_weights : bool
        Whether the output has the weights of the embedding (Press and Wolf, 2017); `embedding_dim` is then
        `hidden_size`.
    context_size : int, optional
        Length of the vectors from which sequences are generated; none by default.
    bos_token_id : int, optional
        The token with which sequences begin that are generated from vectors.
    eos_token_id, pad_token_id : int, optional
        The tokens that end a sequence, and that fill it up after its end.

    Raises
    ------
    ValueError
        If `tie_weights` and the sizes differ, or `context_size` is given without `bos_token_id`.

    Examples
    --------
    >>> model = tl.models.RecurrentGenerator(vocab_size=65, hidden_size=32)
    >>> tokens = tl.zeros((4, 10), dtype="int64")
    >>> model(tokens).shape
    (4, 10, 65)
    >>> model.generate(tokens[0], 20, do_sample=True, temperature=0.8).shape
    (30,)

    Reading a long text piece by piece, each from the state after the one before:

    >>> logits, state = model.advance(tokens)
    >>> logits, state = model.advance(tokens, model.detached(state))

    A sequence from each vector:

    >>> describe = tl.models.RecurrentGenerator(vocab_size=65, context_size=3, bos_token_id=1, eos_token_id=2)
    >>> describe.generate(tl.randn(4, 3), 20).shape[0]
    4
    """

    vocab_size: Size
    embedding_dim: Size = 64
    hidden_size: Size = 128
    cell: Cell = "lstm"
    num_layers: Size = 1
    dropout: Fraction = 0.0
    tie_weights: bool = False
    context_size: Size | None = None
    bos_token_id: Token | None = None
    eos_token_id: Token | None = None
    pad_token_id: Token | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        if self.tie_weights and self.embedding_dim != self.hidden_size:
            raise ValueError(
                f"{name}: tie_weights=True needs embedding_dim equal to hidden_size {self.hidden_size}, not "
                f"{self.embedding_dim}"
            )
        if self.context_size is not None and self.bos_token_id is None:
            raise ValueError(f"{name}: context_size={self.context_size} needs bos_token_id, the first token")
        self.embedding = Embedding(self.vocab_size, self.embedding_dim)
        sizes = (self.embedding_dim, self.hidden_size, self.num_layers, self.dropout)
        self.layers = recurrent_layers(self.cell, *sizes)
        self.drop = Dropout(self.dropout)
        self.output = Linear(self.hidden_size, self.vocab_size)
        if self.tie_weights:
            self.output.weight = self.embedding.weight
        if self.context_size is not None:
            self.context = Linear(self.context_size, self.num_layers * self.hidden_size)

    @composite(tokens="integral", context="real floating")
    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        """Return the logits of the tokens after each of the `tokens`.

        Parameters
        ----------
        tokens : Tensor, shape (batch, length)
            The sequences.
        context : Tensor, shape (batch, context_size), optional
            The vectors from which they are to be generated.

        Returns
        -------
        Tensor, shape (batch, length, vocab_size)
            The logits.
        """
        return self.advance(tokens, None if context is None else self.state_of(context))[0]

    @composite(tokens="integral")
    def advance(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Read a piece of longer sequences.

        Parameters
        ----------
        tokens : Tensor, shape (batch, length)
            The pieces.
        state : Tensor or tuple of two, optional
            The states after the pieces before: of shape (batch, num_layers, hidden_size), and for an LSTM its cell
            states likewise.

        Returns
        -------
        logits : Tensor, shape (batch, length, vocab_size)
            Of the tokens after each one.
        state : Tensor or tuple of two
            The states after these pieces.
        """
        if tokens.ndim != 2 or 0 in tokens.shape:
            raise ShapeError(f"tokens must have shape (batch, length), none of them 0, not {tokens.shape}")
        if state is not None:
            state = batch_first(self._checked(state, tokens.shape[0]))
        outputs, state = self.layers(self.drop(self.embedding(tokens)), state)
        return self.output(self.drop(outputs)), batch_first(state)

    def _checked(self, state: Any, batch: int) -> Any:
        """Return states; refuse what is none."""
        pair, shape = self.cell == "lstm", (batch, self.num_layers, self.hidden_size)
        parts = state if pair and isinstance(state, tuple) else (state,)
        if len(parts) != 1 + pair or not all(isinstance(part, Tensor) and part.shape == shape for part in parts):
            kind = f"a pair of tensors of shape {shape}" if pair else f"a tensor of shape {shape}"
            raise ShapeError(f"state must be {kind}, (batch, layers, hidden)")
        return state

    @composite(context="real floating")
    def state_of(self, context: Tensor) -> Any:
        """Return the states with which sequences begin that are generated from vectors, (batch, context_size)."""
        if self.context_size is None or context.ndim != 2 or context.shape[1] != self.context_size:
            raise ShapeError(f"context must have shape (batch, context_size={self.context_size}), not {context.shape}")
        hidden = tanh(self.context(context)).reshape(-1, self.num_layers, self.hidden_size)
        return (hidden, zeros_like(hidden)) if self.cell == "lstm" else hidden

    def begin(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return a prompt and no state; or, of vectors, the first token and the state."""
        if self.context_size is None:
            return as_rows("generate", inputs), None
        state = self.state_of(inputs.reshape(1, -1) if inputs.ndim == 1 else inputs)
        rows = hidden_of(state).shape[0]
        return full((rows, 1), self.bos_token_id, dtype="int64", device=inputs.device), state

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        logits, state = self.advance(tokens, state)
        return logits[:, -1], state

    @composite()
    def detached(self, state: Any) -> Any:
        """Return states without their history, where back-propagation through time is to end."""
        if not all(isinstance(part, Tensor) for part in leaves(state)):
            raise TypeError("state must be what advance returned")
        return mapped(lambda h: h.detach(), state)
