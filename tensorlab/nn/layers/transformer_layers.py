"""The layers that Transformers are stacks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import functional as F
from ..module.module import Module
from .dropout import Dropout
from .linear import Linear
from .multihead_attention import MultiheadAttention
from .normalization import LayerNorm

Activation = str | Callable[[Any], Any]


def _activation(activation: Activation) -> Callable[[Any], Any]:
    """Return the function that is meant.

    Raises
    ------
    ValueError
        If a name is not known.
    """
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise ValueError(f"activation must be 'relu', 'gelu' or a callable, not {activation!r}")
    found: Callable[[Any], Any] = getattr(F, activation)
    return found


class _Layer(Module):
    """What the layers of encoder and decoder have in common: the blocks, and where they are normalised.

    Each block is the core of a residual branch. With `norm_first` a branch is normalised where it leaves (Xiong et
    al., 2020, figure 1b), otherwise the sum is (figure 1a, as in Vaswani et al.).
    """

    self_attn: Module
    norm1: Module
    norm2: Module
    dropout1: Module
    dropout2: Module

    def _make(
        self,
        attentions: tuple[str, ...],
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: Activation,
        layer_norm_eps: float,
        batch_first: bool,
        norm_first: bool,
        bias: bool,
        where: dict[str, Any],
    ) -> None:
        """Make the parts; a normalisation and a dropout for each block of attention, and for the feedforward one."""
        numbers = range(1, len(attentions) + 2)
        for name in attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias=bias, batch_first=batch_first, **where)
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **where)
        self.norm_first = norm_first
        for i in numbers:
            self.add_module(f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **where))
        for i in numbers:
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = _activation(activation)

    def _attended(
        self, attention: Any, dropout: Any, query: Any, memory: Any, mask: Any, padding: Any, is_causal: bool
    ) -> Any:
        """Return a block of attention, of which the weights are not wanted."""
        options = {"key_padding_mask": padding, "attn_mask": mask, "is_causal": is_causal}
        return dropout(attention(query, memory, memory, need_weights=False, **options)[0])

    def _fed_forward(self, dropout: Any, x: Any) -> Any:
        """Return the block of two linear maps."""
        return dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))

    def _branch(self, norm: Any, x: Any, block: Callable[[Any], Any]) -> Any:
        """Return the sum of `x` and a block of it, normalised before or after."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feedforward network, each in a residual branch.

    Parameters
    ----------
    d_model : int
        Features of input and output.
    nhead : int
        Heads of attention.
    dim_feedforward : int
        Features between the two linear maps of the feedforward network.
    dropout : float
        The probability with which attention's weights, and features in and behind each branch, are set to zero.
    activation : {"relu", "gelu"} or callable
        What is between the two linear maps.
    layer_norm_eps : float
        What the normalisations add to variances.
    batch_first : bool
        Whether inputs are (batch, length, features) rather than (length, batch, features).
    norm_first : bool
        Whether each branch begins with its normalisation; else the sum is normalised.
    bias : bool
        Whether linear maps and normalisations have biases.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Raises
    ------
    ValueError
        If the features do not divide into the heads, or the activation is not known.

    Examples
    --------
    >>> layer = tl.nn.TransformerEncoderLayer(d_model=16, nhead=4, dim_feedforward=32)
    >>> layer(tl.ones(10, 2, 16)).shape
    (10, 2, 16)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        self._make(("self_attn",), *sizes, {"device": device, "dtype": dtype})

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """Return the sequence with each element told of the others; for the masks see `Transformer.forward`."""

        def attended(x: Any) -> Any:
            return self._attended(self.self_attn, self.dropout1, x, x, src_mask, src_key_padding_mask, is_causal)

        x = self._branch(self.norm1, src, attended)
        return self._branch(self.norm2, x, lambda x: self._fed_forward(self.dropout2, x))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's result and a feedforward network, each in a residual branch.

    Parameters
    ----------
    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device, dtype
        As in `TransformerEncoderLayer`.

    Raises
    ------
    ValueError
        If the features do not divide into the heads, or the activation is not known.

    Examples
    --------
    >>> layer = tl.nn.TransformerDecoderLayer(d_model=16, nhead=4, dim_feedforward=32, batch_first=True)
    >>> layer(tl.ones(2, 7, 16), memory=tl.ones(2, 10, 16)).shape
    (2, 7, 16)
    """

    multihead_attn: Module
    norm3: Module
    dropout3: Module

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        self._make(("self_attn", "multihead_attn"), *sizes, {"device": device, "dtype": dtype})

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """Return the sequence with each element told of the others and of `memory`; see `Transformer.forward`."""

        def attended(x: Any) -> Any:
            return self._attended(self.self_attn, self.dropout1, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def remembered(x: Any) -> Any:
            masks = (memory_mask, memory_key_padding_mask, memory_is_causal)
            return self._attended(self.multihead_attn, self.dropout2, x, memory, *masks)

        x = self._branch(self.norm1, tgt, attended)
        x = self._branch(self.norm2, x, remembered)
        return self._branch(self.norm3, x, lambda x: self._fed_forward(self.dropout3, x))
