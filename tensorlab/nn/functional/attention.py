"""Scaled dot-product attention."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...backend import backend_of
from ...errors import ShapeError
from ...ops import attention as fused
from ...ops.comparison import where
from ...ops.contraction import matmul
from ...ops.declare import broadcast_shape, composite, require
from ...ops.shapes import astype, broadcast_to, expand_dims, reshape
from ...tensor import ArrayT, Tensor
from .dropout import dropout

LEAST_FUSED = 1 << 16
"""Least number of weights per head that are recomputed in the backward pass rather than kept.

A step with (2, 4, 1024, 64) then takes 13 MB and otherwise 105 MB, with (8, 8, 256, 64) 25 and 59 MB, on one thread in
about the same time (causal ones of length 1024: 93 and 138 ms); with fewer weights it takes a fifth more time.
"""


@composite()
def scaled_dot_product_attention(
    query: ArrayT,
    key: ArrayT,
    value: ArrayT,
    attn_mask: ArrayT | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> ArrayT:
    """Attend to values, ``softmax(scale * query @ key.mT + attn_mask) @ value`` (Vaswani et al., 2017, equation 1).

    Without dropout the weights of long sequences are not kept for the backward pass but recomputed, block by block.

    Parameters
    ----------
    query : Tensor, shape (..., L, E)
        The queries; real floating-point. The axes before the last two of all operands broadcast.
    key : Tensor, shape (..., S, E)
        The keys, which are compared with the queries.
    value : Tensor, shape (..., S, D)
        The values, whose weighted means are taken.
    attn_mask : Tensor, broadcasting to (..., L, S), optional
        Boolean: True where a query may attend to a key (the opposite of `multi_head_attention_forward`).
        Floating-point: added to the scores.
    dropout_p : float
        Probability with which a weight is set to zero, in [0, 1]; applied whenever it is not zero.
    is_causal : bool
        Whether query i attends only to the keys 0 to i; excludes a mask.
    scale : float, optional
        ``1 / sqrt(E)`` by default.
    enable_gqa : bool
        Whether one head of keys and values (axis -3) may serve several neighbouring heads of queries.

    Returns
    -------
    Tensor
        Shape ``(..., L, D)``. A query that may attend to no key gets zeros, and gradients of zero.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    TypeError
        If the mask is neither boolean nor floating-point.
    ValueError
        If there is a mask and `is_causal`, or `dropout_p` is not a probability.

    Examples
    --------
    >>> q, k, v = tl.tensor([[0.0]]), tl.tensor([[1.0], [2.0]]), tl.tensor([[3.0], [5.0]])
    >>> tl.nn.functional.scaled_dot_product_attention(q, k, v)
    tensor([[4.]])
    """
    name = "scaled_dot_product_attention"
    require(name, "real floating", query=query, key=key, value=value)
    if attn_mask is not None and is_causal:
        raise ValueError(f"{name}: attn_mask and is_causal=True exclude each other; put the order into the mask")
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"{name}: dropout_p is a probability in [0, 1], not {dropout_p}")
    query, key, value = _with_equal_batches(query, key, value, enable_gqa)
    scale = 1 / sqrt(max(query.shape[-1], 1)) if scale is None else scale
    learned = isinstance(attn_mask, Tensor) and attn_mask.requires_grad
    bias, nowhere = None, None
    rest: tuple[Any, ...] = ()
    if attn_mask is not None:
        bias, nowhere = _filled_rows(mask_bias(name, "attn_mask", attn_mask, query, True))
        rest = (bias,)
    fused.attention_shape(*(x.shape for x in (query, key, value, *rest)))
    if dropout_p == 0 and query.shape[-2] * key.shape[-2] >= LEAST_FUSED:
        out = fused.attention(query, key, value, *rest, scale=scale, is_causal=is_causal, mask_gradient=learned)
    else:
        weights: Any = dropout(fused.attention_weights(query, key, bias, scale, is_causal), dropout_p)
        out = matmul(weights, value)
    return out if nowhere is None else where(nowhere, 0.0, out)


def _with_equal_batches(query: Any, key: Any, value: Any, enable_gqa: bool) -> tuple[Any, Any, Any]:
    """Return query, key and value with equal axes before the last two.

    Raises
    ------
    ShapeError
        If these do not broadcast, or the heads of keys and values do not divide those of the queries.
    """
    shapes = f"query {query.shape}, key {key.shape} and value {value.shape}"
    least = 3 if enable_gqa else 2
    if min(len(x.shape) for x in (query, key, value)) < least:
        heads = "heads, " if enable_gqa else ""
        raise ShapeError(f"{shapes} must have at least {least} axes each: (..., {heads}length, features)")
    if enable_gqa:
        heads = query.shape[-3]
        if any(n == 0 or heads % n for n in (key.shape[-3], value.shape[-3])):
            raise ShapeError(
                f"{shapes}: axis -3, the heads, has length {heads} for the queries, which must be a multiple of that "
                f"for keys and values, not {key.shape[-3]} and {value.shape[-3]}"
            )
        key, value = (_repeated(x, heads // x.shape[-3]) for x in (key, value))
    try:
        batch = broadcast_shape(*(tuple(x.shape[:-2]) for x in (query, key, value)))
    except ShapeError as error:
        fix = "" if enable_gqa else "; enable_gqa=True lets heads share keys and values"
        raise ShapeError(f"{shapes}: before the last two axes, {error}{fix}") from None
    return tuple(x if x.shape[:-2] == batch else broadcast_to(x, (*batch, *x.shape[-2:])) for x in (query, key, value))


def _repeated(x: Any, times: int) -> Any:
    """Return heads (axis -3), each of them repeated."""
    if times == 1:
        return x
    *batch, heads, length, features = x.shape
    spread = broadcast_to(expand_dims(x, axis=-3), (*batch, heads, times, length, features))
    return reshape(spread, (*batch, heads * times, length, features))


def mask_bias(function: str, name: str, mask: Any, like: Any, allowed: bool) -> Any:
    """Return the values that a mask adds to the scores, in the type of `like`.

    A boolean mask adds zero where it equals `allowed`, and minus infinity elsewhere.

    Raises
    ------
    TypeError
        If the mask is neither boolean nor floating-point.
    """
    require(function, "any", **{name: mask})
    array, like_array = (x._array if isinstance(x, Tensor) else x for x in (mask, like))
    backend = backend_of(array)
    kind, dtype = backend.dtype_of(array).kind, backend.dtype_of(like_array)
    if kind == "real floating":
        return mask if backend.dtype_of(array) == dtype else astype(mask, dtype)
    if kind != "bool":
        raise TypeError(f"{function}: {name} is {backend.dtype_of(array)}, but must be boolean or floating-point")
    xp = backend.xp
    zero, never = (xp.asarray(value, dtype=like_array.dtype, device=array.device) for value in (0.0, -float("inf")))
    return xp.where(array, zero, never) if allowed else xp.where(array, never, zero)


def _filled_rows(bias: Any) -> tuple[Any, Any]:
    """Return a mask with zeros in rows that exclude every key, where softmax is undefined, and which rows these are."""
    array = bias._array if isinstance(bias, Tensor) else bias
    nowhere = backend_of(array).xp.all(array == -float("inf"), axis=-1, keepdims=True)
    return where(nowhere, 0.0, bias), nowhere
