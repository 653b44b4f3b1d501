"""Attention with several heads, as a layer."""

from __future__ import annotations

from typing import Any

from ...ops.creation import empty
from ...ops.shapes import swapaxes
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..module.module import Module
from ..module.parameter import Parameter
from .linear import Linear


class MultiheadAttention(Module):
    """Attention with several heads between learned projections (Vaswani et al., 2017, section 3.2.2).

    Parameters
    ----------
    embed_dim : int
        Features E of queries and results.
    num_heads : int
        Into how many heads they are divided.
    dropout : float
        The probability with which a weight is set to zero in training.
    bias : bool
        Whether the projections have biases.
    add_bias_kv : bool
        Whether every sequence gets one more key and value, which are learned.
    add_zero_attn : bool
        Whether every sequence gets one more key and value of zeros.
    kdim, vdim : int, optional
        Features of keys and values; E by default.
    batch_first : bool
        Whether inputs are (batch, length, features) rather than (length, batch, features).
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 E, E), or None
        The projections of query, key and value, one below the other; `init.xavier_uniform_`.
    q_proj_weight, k_proj_weight, v_proj_weight : Parameter, shapes (E, E), (E, kdim), (E, vdim), or None
        In their place if `kdim` or `vdim` is not E.
    in_proj_bias : Parameter, shape (3 E,), or None
        Zeros at first.
    bias_k, bias_v : Parameter, shape (1, 1, E), or None
        With `add_bias_kv`; `init.xavier_normal_`.
    out_proj : Linear
        The projection of the result; its bias begins with zeros.

    Raises
    ------
    ValueError
        If a number is not positive, the features do not divide into the heads, or `dropout` is no probability.

    Examples
    --------
    >>> attention = tl.nn.MultiheadAttention(embed_dim=16, num_heads=4, batch_first=True)
    >>> query, memory = tl.ones(2, 3, 16), tl.ones(2, 5, 16)
    >>> out, weights = attention(query, memory, memory)
    >>> out.shape, weights.shape
    ((2, 3, 16), (2, 3, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"MultiheadAttention: embed_dim and num_heads must be positive, not {embed_dim} and {num_heads}"
            )
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: embed_dim {embed_dim} does not divide into {num_heads} heads")
        if not 0 <= dropout <= 1:
            raise ValueError(f"MultiheadAttention: dropout is a probability in [0, 1], not {dropout}")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.add_zero_attn, self.batch_first = dropout, add_zero_attn, batch_first

        def parameter(wanted: bool, *shape: int) -> Parameter | None:
            return Parameter(empty(*shape, device=device, dtype=dtype)) if wanted else None

        packed = self.kdim == self.vdim == embed_dim
        self.q_proj_weight = parameter(not packed, embed_dim, embed_dim)
        self.k_proj_weight = parameter(not packed, embed_dim, self.kdim)
        self.v_proj_weight = parameter(not packed, embed_dim, self.vdim)
        self.in_proj_weight = parameter(packed, 3 * embed_dim, embed_dim)
        self.in_proj_bias = parameter(bias, 3 * embed_dim)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.bias_k = parameter(add_bias_kv, 1, 1, embed_dim)
        self.bias_v = parameter(add_bias_kv, 1, 1, embed_dim)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, all but ``out_proj.weight``."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return what each query attends to and, if wanted, the weights.

        Parameters
        ----------
        query : Tensor, shape (L, N, E), with `batch_first` (N, L, E), or (L, E)
            What asks.
        key : Tensor, shape (S, N, kdim), (N, S, kdim) or (S, kdim)
            What is compared with the queries.
        value : Tensor, shape (S, N, vdim), (N, S, vdim) or (S, vdim)
            What is averaged.
        key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
            See `functional.multi_head_attention_forward`. In the masks True keeps a query from a key, the opposite of
            `functional.scaled_dot_product_attention`. Without weights long sequences take much less memory.

        Returns
        -------
        output : Tensor
            The shape of `query`.
        weights : Tensor, shape (N, L, S), (N, num_heads, L, S) or without N; or None
            After dropout.
        """
        turned = self.batch_first and len(query.shape) == len(key.shape) == len(value.shape) == 3
        out, weights = F.multi_head_attention_forward(
            *(_length_first(query, key, value) if turned else (query, key, value)),
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=self.in_proj_weight is None,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return swapaxes(out, 0, 1) if turned else out, weights


def _length_first(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """Swap batch and length; what is one array remains one, so that it is projected at once."""
    q = swapaxes(query, 0, 1)
    k = q if key is query else swapaxes(key, 0, 1)
    return q, k, k if value is key else swapaxes(value, 0, 1)
