"""GPT-2: a Transformer that predicts the next token.

Radford et al., "Language models are unsupervised multitask learners", 2019.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...backend.memory import require_memory
from ...errors import ShapeError
from ...nn.functional.activation import gelu
from ...nn.functional.attention import scaled_dot_product_attention
from ...nn.init.filling import normal_, zeros_
from ...nn.layers.dropout import Dropout
from ...nn.layers.embedding import Embedding
from ...nn.layers.multihead_attention import KeyValues
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import ModuleList
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.attention import allowed_by_order
from ...ops.contraction import linear
from ...ops.creation import arange, zeros
from ...ops.declare import composite
from ...ops.joining import split
from ...ops.shapes import permute_dims
from ...options import Fraction, Positive, Size, declared
from ...tensor import Tensor
from ..registry import register_model
from .generation import Generative, Token, as_rows
from .mixture_of_experts import MixtureOfExperts


class Conv1D(Module):
    """A linear map whose weight has shape (inputs, outputs), as in OpenAI's files."""

    def __init__(self, inputs: int, outputs: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = Parameter(zeros(inputs, outputs))
        self.bias = Parameter(zeros(outputs))
        normal_(self.weight, std=std)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x @ weight + bias``."""
        return linear(x, self.weight.mT, self.bias)


class CausalSelfAttention(Module):
    """Attention of each position to itself and to earlier ones, with several heads."""

    def __init__(self, features: int, heads: int, dropout: float, std: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.c_attn = Conv1D(features, 3 * features)
        self.c_proj = Conv1D(features, features, std)
        self.resid_dropout = Dropout(dropout)

    def forward(self, x: Tensor, past: KeyValues | None) -> tuple[Tensor, KeyValues]:
        """Return the result, of the shape of `x`, (batch, length, features), and the keys and values so far."""
        query, key, value = (self._split_heads(part) for part in split(self.c_attn(x), 3, axis=-1))
        found = KeyValues(key, value)
        found = found if past is None else past.followed_by(found)
        new, known = query.shape[2], found.key.shape[2]
        later = past is not None and new > 1
        out = scaled_dot_product_attention(
            query,
            *found,
            attn_mask=Tensor(allowed_by_order(x, new, known, known - new)) if later else None,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=past is None,
        )
        joined = permute_dims(out, (0, 2, 1, 3)).reshape(x.shape)
        return self.resid_dropout(self.c_proj(joined)), found

    def _split_heads(self, x: Tensor) -> Tensor:
        batch, length, features = x.shape
        return permute_dims(x.reshape(batch, length, self.heads, features // self.heads), (0, 2, 1, 3))


class FeedForward(Module):
    """Two linear maps with GELU, approximated by tanh, between."""

    def __init__(self, features: int, dropout: float, std: float) -> None:
        super().__init__()
        self.c_fc = Conv1D(features, 4 * features)
        self.c_proj = Conv1D(4 * features, features, std)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.dropout(self.c_proj(gelu(self.c_fc(x), approximate="tanh")))


class GPT2Block(Module):
    """Attention and a feedforward network, or a mixture, each after normalisation and beside a shortcut."""

    def __init__(
        self, features: int, heads: int, dropout: float, eps: float, std: float, experts: tuple[int, int] | None
    ) -> None:
        super().__init__()
        self.ln_1 = LayerNorm(features, eps=eps)
        self.attn = CausalSelfAttention(features, heads, dropout, std)
        self.ln_2 = LayerNorm(features, eps=eps)
        self.mlp: Module = FeedForward(features, dropout, std)
        if experts is not None:
            self.mlp = MixtureOfExperts(features, 4 * features, *experts, activation="gelu_tanh", dropout=dropout)
            for weight, deviation in ((self.mlp.up, 0.02), (self.mlp.down, std), (self.mlp.gate.weight, 0.02)):
                normal_(weight, std=deviation)
            for bias in (self.mlp.up_bias, self.mlp.down_bias):
                zeros_(bias)

    def forward(self, x: Tensor, past: KeyValues | None) -> tuple[Tensor, KeyValues]:
        """Return the result, of the shape of `x`, and the keys and values so far."""
        attended, past = self.attn(self.ln_1(x), past)
        x = x + attended
        return x + self.mlp(self.ln_2(x)), past


@declared
class GPT2(Generative):
    """GPT-2: blocks of causal attention, whose output layer has the weights of the embedding.

    Parameters
    ----------
    vocab_size : int
        Number of tokens.
    n_positions : int
        The longest sequence that is read at once; `generate` reads the end of longer ones.
    n_embd : int
        Features of each position, a multiple of `n_head`.
    n_layer : int
        Number of blocks.
    n_head : int
        Number of heads of each attention.
    dropout : float
        Probability with which features and weights of attention are set to zero in training.
    layer_norm_epsilon : float
        Added to variances by the normalisations.
    num_experts : int, optional
        If given, the feedforward networks are mixtures of this many experts; see `MixtureOfExperts`.
    num_experts_per_tok : int
        Number of experts for each token.
    eos_token_id, pad_token_id : int, optional
        The tokens that end a sequence, and that fill it up after its end.

    Raises
    ------
    ValueError
        If `n_embd` is not a multiple of `n_head`, or a token has more experts than there are.

    Notes
    -----
    Keys and shapes of the state dict are those of the published ``model.safetensors``. Files in which keys begin with
    ``transformer.``, or which repeat the embedding as ``lm_head.weight``, can be loaded as well.

    Examples
    --------
    >>> model = tl.models.GPT2(vocab_size=65, n_positions=32, n_embd=16, n_layer=2, n_head=2)
    >>> tokens = tl.zeros((4, 10), dtype="int64")
    >>> model(tokens).shape
    (4, 10, 65)
    >>> model.generate(tokens[0], 40, do_sample=True, top_p=0.9).shape
    (50,)
    """

    vocab_size: Size
    n_positions: Size = 1024
    n_embd: Size = 768
    n_layer: Size = 12
    n_head: Size = 12
    dropout: Fraction = 0.1
    layer_norm_epsilon: Positive = 1e-5
    num_experts: Size | None = None
    num_experts_per_tok: Size = 2
    eos_token_id: Token | None = None
    pad_token_id: Token | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        if self.n_embd % self.n_head:
            raise ValueError(f"{name}: n_embd must be a multiple of n_head={self.n_head}, not {self.n_embd}")
        if self.num_experts is not None and self.num_experts_per_tok > self.num_experts:
            raise ValueError(
                f"{name}: num_experts_per_tok must be at most num_experts={self.num_experts}, not "
                f"{self.num_experts_per_tok}"
            )
        require_memory(name, f"n_layer={self.n_layer} blocks", self.n_layer)
        self.context_length = self.n_positions
        self.wte = Embedding(self.vocab_size, self.n_embd)
        self.wpe = Embedding(self.n_positions, self.n_embd)
        self.drop = Dropout(self.dropout)
        sizes = (self.n_embd, self.n_head, self.dropout, self.layer_norm_epsilon)
        std = 0.02 / sqrt(2 * self.n_layer)  # of the last layers of blocks, as their outputs are added up
        experts = None if self.num_experts is None else (self.num_experts, self.num_experts_per_tok)
        self.h = ModuleList(GPT2Block(*sizes, std, experts) for _ in range(self.n_layer))
        self.ln_f = LayerNorm(self.n_embd, eps=self.layer_norm_epsilon)
        for embedding in (self.wte, self.wpe):
            normal_(embedding.weight, std=0.02)
        self.register_load_state_dict_pre_hook(_published_keys)

    @composite(tokens="integral")
    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits, (batch, length, vocab_size), of the tokens after each of the `tokens`, (batch, length)."""
        return linear(self._hidden(tokens, None)[0], self.wte.weight)

    def _hidden(self, tokens: Tensor, past: list[KeyValues] | None) -> tuple[Tensor, list[KeyValues]]:
        """Return the features after the last block, (batch, length, n_embd), and the keys and values so far."""
        if tokens.ndim != 2 or 0 in tokens.shape:
            raise ShapeError(f"tokens must have shape (batch, length), none of them 0, not {tokens.shape}")
        first = 0 if past is None else past[0].key.shape[2]
        if first + tokens.shape[1] > self.n_positions:
            raise ShapeError(
                f"tokens must not be longer than n_positions={self.n_positions}, unlike {first + tokens.shape[1]}"
            )
        places = arange(first, first + tokens.shape[1], device=tokens.device)
        x = self.drop(self.wte(tokens) + self.wpe(places))
        found = []
        for i, block in enumerate(self.h):
            x, known = block(x, None if past is None else past[i])
            found.append(known)
        return self.ln_f(x), found

    def begin(self, inputs: Tensor) -> tuple[Tensor, None]:
        return as_rows("generate", inputs), None

    def step(self, tokens: Tensor, state: list[KeyValues] | None) -> tuple[Tensor, list[KeyValues]]:
        hidden, state = self._hidden(tokens, state)
        return linear(hidden[:, -1], self.wte.weight), state


def _published_keys(module: Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Rename the keys of other files, and leave out constants and the second name of the embedding."""
    for key in list(state):
        name = key.removeprefix(prefix).removeprefix("transformer.")
        value = state.pop(key)
        if name != "lm_head.weight" and not name.endswith((".attn.bias", ".attn.masked_bias")):
            state[prefix + name] = value


ENDOFTEXT = 50256
"""The number of ``<|endoftext|>`` in the published vocabulary."""


def _published(n_embd: int, n_layer: int, n_head: int, options: dict[str, Any]) -> GPT2:
    sizes = {"vocab_size": 50257, "n_embd": n_embd, "n_layer": n_layer, "n_head": n_head, "eos_token_id": ENDOFTEXT}
    return GPT2(**{**sizes, **options})


@register_model
def gpt2(**options: Any) -> GPT2:
    """GPT-2, small: 124,439,808 parameters."""
    return _published(768, 12, 12, options)


@register_model
def gpt2_medium(**options: Any) -> GPT2:
    """GPT-2, medium: 354,823,168 parameters."""
    return _published(1024, 24, 16, options)


@register_model
def gpt2_large(**options: Any) -> GPT2:
    """GPT-2, large: 774,030,080 parameters."""
    return _published(1280, 36, 20, options)


@register_model
def gpt2_xl(**options: Any) -> GPT2:
    """GPT-2, extra large: 1,557,611,200 parameters."""
    return _published(1600, 48, 25, options)
