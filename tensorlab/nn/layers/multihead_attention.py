"""Attention with several heads, as a layer."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import ShapeError
from ...ops.contraction import linear
from ...ops.creation import DeviceLike
from ...ops.declare import composite
from ...ops.joining import concat, split
from ...ops.shapes import swapaxes
from ...options import Count, Fraction, Size, checked
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..functional.multihead_attention import join_heads, split_heads
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter
from .linear import Linear


class KeyValues(NamedTuple):
    """Keys and values after their projections, each of shape (batch, heads, length, features of a head)."""

    key: Tensor
    value: Tensor

    def followed_by(self, later: KeyValues) -> KeyValues:
        """Return these and later ones."""
        return KeyValues(*(concat(pair, axis=2) for pair in zip(self, later, strict=True)))


def check_key_values(name: str, found: object, operand: str, batch: int) -> None:
    """Refuse what `MultiheadAttention.project` does not return for as many sequences as an operand has.

    Raises
    ------
    TypeError, ShapeError
        If it is something else, or for another number of sequences.
    """
    if not (isinstance(found, KeyValues) and all(isinstance(x, Tensor) and x.ndim == 4 for x in found)):
        raise TypeError(f"{name} must be what project returned, not of type {type(found).__name__}")
    if not found.key.shape[0] == found.value.shape[0] == batch:
        raise ShapeError(f"{name} is that of {found.key.shape[0]} sequences, but {operand} has {batch}")


class MultiheadAttention(LearnedLayer):
    """Attention with several heads between learned projections (Vaswani et al., 2017, section 3.2.2).

    Parameters
    ----------
    embed_dim : int
        Features E of queries and results; a multiple of `num_heads`.
    num_heads : int
        Number of heads into which they are divided.
    dropout : float
        Probability with which a weight is set to zero in training.
    bias : bool
        Whether the projections have biases.
    add_bias_kv : bool
        Whether a learned key and value are appended to every sequence.
    add_zero_attn : bool
        Whether a key and value of zeros are appended to every sequence.
    kdim, vdim : int, optional
        Features of keys and values; E by default.
    batch_first : bool
        Whether inputs are (batch, length, features) rather than (length, batch, features).

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 E, E), or None
        The projections of query, key and value, concatenated; initialised by `init.xavier_uniform_`.
    q_proj_weight, k_proj_weight, v_proj_weight : Parameter, shapes (E, E), (E, kdim), (E, vdim), or None
        The projections if `kdim` or `vdim` is not E.
    in_proj_bias : Parameter, shape (3 E,), or None
        Initially zero.
    bias_k, bias_v : Parameter, shape (1, 1, E), or None
        With `add_bias_kv`; initialised by `init.xavier_normal_`.
    out_proj : Linear
        The projection of the result; its bias is initially zero.

    See Also
    --------
    tensorlab.nn.functional.multi_head_attention_forward

    Examples
    --------
    >>> attention = tl.nn.MultiheadAttention(embed_dim=16, num_heads=4, batch_first=True)
    >>> query, memory = tl.ones(2, 3, 16), tl.ones(2, 5, 16)
    >>> out, weights = attention(query, memory, memory)
    >>> out.shape, weights.shape
    ((2, 3, 16), (2, 3, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    @checked
    def __init__(
        self,
        embed_dim: Size,
        num_heads: Size,
        dropout: Fraction = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: Count | None = None,
        vdim: Count | None = None,
        batch_first: bool = False,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        if embed_dim % num_heads:
            raise ValueError(f"{type(self).__name__}: embed_dim {embed_dim} does not divide into {num_heads} heads")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.add_zero_attn, self.batch_first = dropout, add_zero_attn, batch_first

        def parameter(wanted: bool, *shape: int) -> Parameter | None:
            return new_parameter(*shape, device=device, dtype=dtype) if wanted else None

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
        """Redraw the parameters, except for ``out_proj.weight``."""
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
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the attended values of each query and, with `need_weights`, the weights.

        Parameters
        ----------
        query : Tensor, shape (L, N, E), with `batch_first` (N, L, E), or (L, E)
            The queries.
        key : Tensor, shape (S, N, kdim), (N, S, kdim) or (S, kdim)
            The keys, which are compared with the queries.
        value : Tensor, shape (S, N, vdim), (N, S, vdim) or (S, vdim)
            The values, whose weighted means are taken.
        key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
            See `functional.multi_head_attention_forward`. True in a mask excludes a key, the opposite of
            `functional.scaled_dot_product_attention`. Without weights long sequences take much less memory.

        Returns
        -------
        output : Tensor
            The shape of `query`.
        weights : Tensor, shape (N, L, S), (N, num_heads, L, S) or without N; or None
            After dropout.
        """
        batch_first = self.batch_first and len(query.shape) == len(key.shape) == len(value.shape) == 3
        if batch_first:
            query, key, value = _length_first(query, key, value)
        out, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
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
        return swapaxes(out, 0, 1) if batch_first else out, weights

    @composite(key="floating", value="floating")
    def project(self, key: Tensor, value: Tensor) -> KeyValues:
        """Return keys and values after their projections, to `attend` to them more than once.

        Parameters
        ----------
        key : Tensor, shape (S, N, kdim), with `batch_first` (N, S, kdim)
            The keys.
        value : Tensor, shape (S, N, vdim) or (N, S, vdim)
            The values.

        Returns
        -------
        KeyValues
            Both of shape (N, num_heads, S, E / num_heads).

        Examples
        --------
        >>> attention = tl.nn.MultiheadAttention(embed_dim=16, num_heads=4, batch_first=True)
        >>> memory = attention.project(tl.ones(2, 5, 16), tl.ones(2, 5, 16))
        >>> attention.attend(tl.ones(2, 3, 16), memory).shape
        (2, 3, 16)
        """
        if self.bias_k is not None or self.add_zero_attn:
            raise ValueError("project: a layer with add_bias_kv or add_zero_attn cannot keep its keys and values")
        _, *weights = self._projections()
        parts = [self._heads(name, x, *weight) for name, x, weight in zip(("key", "value"), (key, value), weights)]
        if parts[0].shape != parts[1].shape:
            raise ShapeError(f"key and value must have equal batches and lengths, not {key.shape} and {value.shape}")
        return KeyValues(*parts)

    @composite(query="floating", allowed="bool")
    def attend(self, query: Tensor, memory: KeyValues, allowed: Tensor | None = None) -> Tensor:
        """Return the attended values of each query, with keys and values that `project` has returned.

        Parameters
        ----------
        query : Tensor, shape (L, N, E), with `batch_first` (N, L, E)
            The queries.
        memory : KeyValues
            The keys and values.
        allowed : Tensor, broadcasting to (N, num_heads, L, S), optional
            Boolean: True where a query may attend to a key.

        Returns
        -------
        Tensor
            The shape of `query`.
        """
        heads = self._heads("query", query, *self._projections()[0])
        check_key_values("memory", memory, "query", heads.shape[0])
        dropout = self.dropout if self.training else 0.0
        out = join_heads(F.scaled_dot_product_attention(heads, *memory, attn_mask=allowed, dropout_p=dropout))
        out = linear(out, self.out_proj.weight, self.out_proj.bias)
        return swapaxes(out, 0, 1) if self.batch_first else out

    def _projections(self) -> list[tuple[Tensor, Tensor | None]]:
        """Return weight and bias of the projections of query, key and value."""
        if self.in_proj_weight is not None:
            weights = list(split(self.in_proj_weight, 3))
        else:
            separate = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            weights = [weight for weight in separate if weight is not None]
        biases = [None] * 3 if self.in_proj_bias is None else split(self.in_proj_bias, 3)
        return list(zip(weights, biases, strict=True))

    def _heads(self, name: str, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the projection of an operand as (batch, heads, length, features of a head)."""
        if x.ndim != 3 or x.shape[-1] != weight.shape[1]:
            raise ShapeError(f"{name} must have 3 axes and {weight.shape[1]} features, not shape {x.shape}")
        projected = linear(x, weight, bias)
        heads: Tensor = split_heads(swapaxes(projected, 0, 1) if self.batch_first else projected, self.num_heads)
        return heads


def _length_first(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Swap batch and length; equal arguments stay the same object, so that they are projected at once."""
    q = swapaxes(query, 0, 1)
    k = q if key is query else swapaxes(key, 0, 1)
    return q, k, k if value is key else swapaxes(value, 0, 1)
