"""Attention with several heads between projections, as a function of its parameters."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from ...errors import ShapeError
from ...ops.attention import attention_weights
from ...ops.contraction import linear, matmul
from ...ops.declare import composite, require
from ...ops.joining import concat, split
from ...ops.reduction import mean
from ...ops.shapes import broadcast_to, expand_dims, permute_dims, reshape, squeeze
from ...options import Count, Fraction, Size
from ...tensor import ArrayT
from .attention import mask_bias, scaled_dot_product_attention
from .dropout import dropout
from .padding import pad

BATCH_AXIS = "(the batch is axis 1, with batch_first=True axis 0)"


@composite(
    query="floating",
    key="floating",
    value="floating",
    in_proj_weight="floating",
    in_proj_bias="floating",
    bias_k="floating",
    bias_v="floating",
    out_proj_weight="floating",
    out_proj_bias="floating",
    key_padding_mask="any",
    attn_mask="any",
    q_proj_weight="floating",
    k_proj_weight="floating",
    v_proj_weight="floating",
    static_k="floating",
    static_v="floating",
)
def multi_head_attention_forward(
    query: ArrayT,
    key: ArrayT,
    value: ArrayT,
    embed_dim_to_check: Count,
    num_heads: Size,
    in_proj_weight: ArrayT | None,
    in_proj_bias: ArrayT | None,
    bias_k: ArrayT | None,
    bias_v: ArrayT | None,
    add_zero_attn: bool,
    dropout_p: Fraction,
    out_proj_weight: ArrayT,
    out_proj_bias: ArrayT | None,
    training: bool = True,
    key_padding_mask: ArrayT | None = None,
    need_weights: bool = True,
    attn_mask: ArrayT | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: ArrayT | None = None,
    k_proj_weight: ArrayT | None = None,
    v_proj_weight: ArrayT | None = None,
    static_k: ArrayT | None = None,
    static_v: ArrayT | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[ArrayT, ArrayT | None]:
    """Project, attend with several heads, and project again (Vaswani et al., 2017, section 3.2.2).

    `nn.MultiheadAttention` calls this with its parameters.

    Parameters
    ----------
    query : Tensor, shape (L, N, E) or (L, E)
        Length, batch, features; the batch axis may be missing from all operands.
    key : Tensor, shape (S, N, E) or (S, E)
        With separate projections it may have other features.
    value : Tensor, shape (S, N, E) or (S, E)
        Likewise.
    embed_dim_to_check, num_heads : int
        The expected number of features E, and the number of heads into which they are divided.
    in_proj_weight : Tensor, shape (3 E, E), or None
        The projections of query, key and value, concatenated.
    in_proj_bias : Tensor, shape (3 E,), or None
        Their biases.
    bias_k, bias_v : Tensor, shape (1, 1, E), or None
        A key and a value to append to every sequence.
    add_zero_attn : bool
        Whether a key and a value of zeros are appended to every sequence.
    dropout_p : float
        Probability with which a weight is set to zero in `training`.
    out_proj_weight, out_proj_bias : Tensor, shapes (E, E) and (E,)
        The projection of the result; the bias may be None.
    key_padding_mask : Tensor, shape (N, S) or (S,), optional
        Boolean: True for keys that no query attends to. Floating-point: added to the scores.
    need_weights : bool
        Whether to return the weights. A query that may attend to no key gives NaN with them, and zeros (before the
        last projection) without, as in PyTorch.
    attn_mask : Tensor, shape (L, S) or (N * num_heads, L, S), optional
        Boolean: True where a query may not attend to a key. Floating-point: added to the scores.
    use_separate_proj_weight : bool
        Whether the projections are `q_proj_weight`, `k_proj_weight` and `v_proj_weight`.
    static_k, static_v : Tensor, shape (N * num_heads, S, E / num_heads), optional
        Used instead of the projected keys and values.
    average_attn_weights : bool
        Whether to average the returned weights over the heads.
    is_causal : bool
        Asserts that `attn_mask`, which must be given, is causal; it is then not always read.

    Returns
    -------
    output : Tensor, shape (L, N, E) or (L, E)
        The result.
    weights : Tensor, shape (N, L, S), (N, num_heads, L, S) or without N; or None
        After dropout.

    Raises
    ------
    ShapeError
        If shapes do not fit, or the features do not divide into the heads.
    ValueError
        If `is_causal` is True without a mask, or one of `bias_k` and `bias_v` is given without the other.

    Examples
    --------
    >>> x, w = tl.ones(2, 1, 4), tl.ones(12, 4)
    >>> out, weights = tl.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, tl.ones(4, 4), None
    ... )
    >>> out.shape, weights.tolist()
    ((2, 1, 4), [[[0.5, 0.5], [0.5, 0.5]]])
    """
    name = "multi_head_attention_forward"
    _check_operands(query, key, value, embed_dim_to_check, num_heads, not use_separate_proj_weight)
    _check_masks(query, key, key_padding_mask, attn_mask, num_heads)
    if not use_separate_proj_weight:
        unused = {"q_proj_weight": q_proj_weight, "k_proj_weight": k_proj_weight, "v_proj_weight": v_proj_weight}
        require(name, **{name: weight for name, weight in unused.items() if weight is not None})
    _check_options(is_causal, attn_mask, (bias_k, bias_v), (static_k, static_v))
    causal_only = is_causal and key_padding_mask is None and not need_weights
    mask = None if causal_only else _combined_masks(name, query, key_padding_mask, attn_mask, num_heads)
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q: Any
    k: Any
    v: Any
    projected = _projected((query, key, value), in_proj_weight, in_proj_bias, separate)
    batched = len(query.shape) == 3
    q, k, v = projected if batched else [expand_dims(x, axis=1) for x in projected]
    if bias_k is not None:
        k, v = _appended(k, bias_k), _appended(v, bias_v)
    q, k, v = [split_heads(x, num_heads) for x in (q, k, v)]
    k, v = _static_or(static_k, k), _static_or(static_v, v)
    if add_zero_attn:
        k, v = [pad(x, (0, 0, 0, 1)) for x in (k, v)]
    if mask is not None and k.shape[2] > mask.shape[-1]:
        mask = pad(mask, (0, k.shape[2] - mask.shape[-1]))
    p = dropout_p if training else 0.0
    weights: Any = None
    out: Any
    if need_weights:
        weights = dropout(attention_weights(q, k, mask, 1 / sqrt(q.shape[-1]), False), p)
        out = matmul(weights, v)
    else:
        out = scaled_dot_product_attention(q, k, v, mask, p, causal_only)
    out = linear(join_heads(out), out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = mean(weights, axis=1)
    if not batched:
        out, weights = squeeze(out, axis=1), None if weights is None else squeeze(weights, axis=0)
    return out, weights


def _check_operands(query: Any, key: Any, value: Any, embed_dim: int, num_heads: int, packed: bool) -> None:
    """Raise a `ShapeError` unless query, key and value fit each other and the projections."""
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)} and value {tuple(value.shape)}"
    if not len(query.shape) == len(key.shape) == len(value.shape) or len(query.shape) not in (2, 3):
        raise ShapeError(f"{shapes} must all be (length, batch, features), or all (length, features)")
    if query.shape[-1] != embed_dim:
        raise ShapeError(
            f"query has {query.shape[-1]} features (shape {tuple(query.shape)}), but embed_dim_to_check is {embed_dim}"
        )
    if embed_dim % num_heads:
        raise ShapeError(f"embed_dim {embed_dim} does not divide into num_heads={num_heads} heads")
    if key.shape[0] != value.shape[0]:
        raise ShapeError(f"{shapes}: there are {key.shape[0]} keys, but {value.shape[0]} values")
    if not query.shape[1:-1] == key.shape[1:-1] == value.shape[1:-1]:
        batches = f"{query.shape[1]}, {key.shape[1]} and {value.shape[1]}"
        raise ShapeError(f"query, key and value are batches of {batches} sequences; they must be equal {BATCH_AXIS}")
    if packed and not key.shape[-1] == value.shape[-1] == embed_dim:
        raise ShapeError(
            f"key has {key.shape[-1]} features and value {value.shape[-1]}, but embed_dim is {embed_dim}; "
            "MultiheadAttention takes other numbers as kdim and vdim"
        )


def _check_masks(query: Any, key: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int) -> None:
    """Raise a `ShapeError` unless the masks fit the queries and keys."""
    batch, pair = query.shape[1:-1], (query.shape[0], key.shape[0])
    expected = (*batch, key.shape[0])
    if key_padding_mask is not None and tuple(key_padding_mask.shape) != expected:
        axes = "(batch, keys)" if batch else "(keys,)"
        raise ShapeError(f"key_padding_mask must have shape {expected}, {axes}, not {tuple(key_padding_mask.shape)}")
    per_head = (prod(batch) * num_heads, *pair)
    if attn_mask is not None and tuple(attn_mask.shape) not in (pair, per_head):
        raise ShapeError(
            f"attn_mask must have shape {pair}, (queries, keys), or {per_head}, (batch * heads, queries, keys), "
            f"not {tuple(attn_mask.shape)}"
        )


def _check_options(is_causal: bool, attn_mask: Any, extra: tuple[Any, Any], static: tuple[Any, Any]) -> None:
    """Raise a `ValueError` if arguments exclude each other, or one needs another."""
    if is_causal and attn_mask is None:
        raise ValueError(
            "is_causal=True asserts that attn_mask is causal, so a mask must be given; "
            "nn.Transformer.generate_square_subsequent_mask makes it"
        )
    if (extra[0] is None) != (extra[1] is None):
        raise ValueError("bias_k and bias_v must be given both or not at all")
    if extra[0] is not None and static != (None, None):
        raise ValueError("bias_k and bias_v exclude static_k and static_v")


def _combined_masks(function: str, query: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int) -> Any:
    """Return the sum of both masks as added to scores of shape (batch, heads, queries, keys), or None."""
    mask = None
    if attn_mask is not None:
        mask = mask_bias(function, "attn_mask", attn_mask, query, False)
        if len(mask.shape) == 3:
            mask = reshape(mask, (mask.shape[0] // num_heads, num_heads, *mask.shape[1:]))
    if key_padding_mask is None:
        return mask
    padding = mask_bias(function, "key_padding_mask", key_padding_mask, query, False)
    padding = reshape(padding, (*padding.shape[:-1], 1, 1, padding.shape[-1]))
    return padding if mask is None else mask + padding


def _projected(operands: tuple[Any, Any, Any], weight: Any, bias: Any, separate: Any) -> tuple[Any, ...]:
    """Return the projections of query, key and value; equal operands share one matrix product."""
    query, key, value = operands
    if separate is None and query is key is value:
        return split(linear(query, weight, bias), 3, axis=-1)
    weights = split(weight, 3) if separate is None else separate
    biases = (None, None, None) if bias is None else split(bias, 3)
    return tuple(linear(x, w, b) for x, w, b in zip(operands, weights, biases, strict=True))


def _appended(x: Any, extra: Any) -> Any:
    """Append one element to each sequence."""
    return concat([x, broadcast_to(extra, (1, *x.shape[1:]))], axis=0)


def _static_or(static: Any, x: Any) -> Any:
    """Return keys or values of shape (batch, heads, length, features): static ones, if given, else `x`."""
    return x if static is None else reshape(static, (*x.shape[:2], *static.shape[1:]))


def split_heads(x: Any, heads: int) -> Any:
    """Return (length, batch, features) as (batch, heads, length, features / heads)."""
    length, batch, features = x.shape
    return permute_dims(reshape(x, (length, batch, heads, features // heads)), (1, 2, 0, 3))


def join_heads(x: Any) -> Any:
    """Undo `split_heads`."""
    batch, heads, length, features = x.shape
    return reshape(permute_dims(x, (2, 0, 1, 3)), (length, batch, heads * features))
