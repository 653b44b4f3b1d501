"""Attention as one operation, which saves nothing of the size of its weights for the backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, backend_of
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import zeros_like
from .comparison import where
from .contraction import matmul
from .declare import broadcast_shape
from .reduction import sum
from .shapes import Shape, matrix_transpose, sum_to_shape
from .softmax import softmax


def attention_shape(query: Shape, key: Shape, value: Shape, mask: Shape | None = None, **_: Any) -> Shape:
    """Return the shape of attention's result.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    """
    shapes = f"query {tuple(query)}, key {tuple(key)} and value {tuple(value)}"
    if min(map(len, (query, key, value))) < 2:
        raise ShapeError(f"attention: {shapes} must have at least 2 axes each: (..., length, features)")
    if query[-1] != key[-1]:
        raise ShapeError(f"attention: {shapes}: axis -1 of query and key must be equal, not {query[-1]} and {key[-1]}")
    if key[-2] != value[-2]:
        raise ShapeError(f"attention: {shapes}: axis -2 of key and value must be equal, not {key[-2]} and {value[-2]}")
    if not query[:-2] == key[:-2] == value[:-2]:
        raise ShapeError(f"attention: {shapes}: the axes before the last two must be equal")
    scores = (*query[:-1], key[-2])
    if mask is not None and (len(mask) > len(scores) or broadcast_shape(mask, scores) != scores):
        raise ShapeError(f"attention: a mask of shape {tuple(mask)} does not broadcast to {scores}")
    return (*query[:-1], value[-1])


def count_attention(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
    """Count two matrix products and a softmax."""
    query, key, value, *_ = shapes
    return prod(query[:-1]) * key[-2] * (2 * query[-1] + 2 * value[-1] + 14)


def allowed_by_order(x: Any, queries: int, keys: int, first: int = 0) -> Any:
    """Return the causal mask, shape ``(queries, keys)``: a query attends to the keys up to its own position.

    The positions of the queries begin with `first`.
    """
    array = x._array if isinstance(x, Tensor) else x
    xp = backend_of(array).xp
    places = xp.arange(max(first + queries, keys), device=array.device)
    return places[first : first + queries, None] >= places[None, :keys]


def attention_weights(query: Any, key: Any, mask: Any, scale: float, is_causal: bool) -> Any:
    """Return the softmax of ``scale * query @ key.mT + mask``, composed of public operations.

    Without keys the weights are empty, like the scores.
    """
    scores = matmul(query * scale, matrix_transpose(key))
    if mask is not None:
        scores = scores + mask
    if is_causal:
        scores = where(allowed_by_order(scores, *scores.shape[-2:]), scores, -float("inf"))
    return softmax(scores, -1) if scores.shape[-1] else scores


def _pull_attention(
    g: Any, operands: Sequence[Any], scale: float, is_causal: bool, mask_gradient: bool
) -> tuple[Any, ...]:
    pulled = attention_grad(g, *operands, scale=scale, is_causal=is_causal)
    if len(operands) == 3:
        return pulled
    query, key, value, mask = operands
    if not mask_gradient:
        return *pulled, None
    weights = attention_weights(query, key, mask, scale, is_causal)
    return *pulled, sum_to_shape(_through_softmax(matmul(g, matrix_transpose(value)), weights), mask.shape)


def _through_softmax(g: Any, weights: Any) -> Any:
    """Return the cotangent of a softmax's argument, or the tangent of its result: the formula is the same."""
    return weights * (g - sum(g * weights, axis=-1, keepdims=True))


def _pull_attention_grad(c: Sequence[Any], operands: Sequence[Any], scale: float, is_causal: bool) -> tuple[Any, ...]:
    """Pull the cotangents (a, b, d) of `attention_grad`'s results.

    They enter through one number, the product of g with attention's tangent along (a, b, d). Its derivatives are
    written out, with W = g @ value.mT the cotangent of the weights, and T the tangent of the scores.
    """
    g, query, key, value, *rest = operands
    mask = rest[0] if rest else None
    a, b, d = (zeros_like(x) if t is None else t for t, x in zip(c, (query, key, value), strict=True))
    weights = attention_weights(query, key, mask, scale, is_causal)
    of_weights = matmul(g, matrix_transpose(value))
    of_scores = _through_softmax(of_weights, weights)
    tangent = (matmul(a, matrix_transpose(key)) + matmul(query, matrix_transpose(b))) * scale
    pushed = _through_softmax(tangent, weights)
    both = of_weights * tangent + matmul(g, matrix_transpose(d))
    both = both - of_weights * sum(weights * tangent, axis=-1, keepdims=True)
    both = _through_softmax(both - tangent * sum(weights * of_weights, axis=-1, keepdims=True), weights)
    pulled = (
        matmul(pushed, value) + matmul(weights, d),
        (matmul(both, key) + matmul(of_scores, b)) * scale,
        (matmul(matrix_transpose(both), query) + matmul(matrix_transpose(of_scores), a)) * scale,
        matmul(matrix_transpose(pushed), g),
    )
    return pulled if mask is None else (*pulled, sum_to_shape(both, mask.shape))


def _weights(xp: Any, query: Any, key: Any, mask: Sequence[Any], scale: float, is_causal: bool) -> Any:
    """Return the softmax of the scores, of arrays."""
    scores = xp.matmul(query * scale, xp.matrix_transpose(key))
    if mask:
        scores = scores + mask[0]
    if is_causal:
        never = xp.asarray(-float("inf"), dtype=scores.dtype, device=scores.device)
        scores = xp.where(allowed_by_order(scores, *scores.shape[-2:]), scores, never)
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


@op(
    vjp={"operands": _pull_attention},
    shape=attention_shape,
    dtype="promote",
    takes="real floating",
    flops=count_attention,
    samples=[
        sample((2, 3), (4, 3), (4, 5), scale=0.5),
        sample((2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 1), (2, 1, 1, 4), scale=0.7, mask_gradient=True),
        sample((2, 5, 2), (2, 5, 2), (2, 5, 2), scale=1.0, is_causal=True),
        sample((1, 5, 2), (1, 3, 2), (1, 3, 2), (5, 3), scale=1.0, is_causal=True, mask_gradient=True),
    ],
    tolerance={"float32": 5e-6},
    checks_first=True,
)
def attention(
    backend: Backend, /, *operands: ArrayT, scale: float, is_causal: bool = False, mask_gradient: bool = False
) -> ArrayT:
    """``softmax(scale * query @ key.mT + mask) @ value``.

    For the backward pass it saves only its operands and recomputes the weights (the idea of FlashAttention: Dao,
    Fu, Ermon, Rudra, Re, 2022); the numpy backend computes them block by block, so that the whole matrix never exists.
    `nn.functional.scaled_dot_product_attention` is the function for users.

    Parameters
    ----------
    *operands : tensors or arrays
        Query ``(..., L, E)``, key ``(..., S, E)``, value ``(..., S, D)`` and, optionally, a mask that broadcasts to
        ``(..., L, S)``; real floating-point. There must be a key, and no row may consist of minus infinity only.
    scale : float
        Factor of the products of queries and keys.
    is_causal : bool
        Whether a query attends only to the keys up to its own position.
    mask_gradient : bool
        Whether the mask has a gradient; that takes a matrix of the size of the weights.

    Returns
    -------
    Tensor
        Shape ``(..., L, D)``.

    Raises
    ------
    ShapeError
        If the shapes do not match.

    Examples
    --------
    >>> q, k, v = tl.tensor([[0.0]]), tl.tensor([[1.0], [2.0]]), tl.tensor([[3.0], [5.0]])
    >>> tl.ops.attention.attention(q, k, v, scale=1.0)
    tensor([[4.]])
    """
    query, key, value, *mask = operands
    return backend.xp.matmul(_weights(backend.xp, query, key, mask, scale, is_causal), value)


def _grad_shape(g: Shape, query: Shape, key: Shape, value: Shape, mask: Shape | None = None, **_: Any) -> Any:
    out = attention_shape(query, key, value, mask)
    if tuple(g) != out:
        raise ShapeError(f"attention_grad: a cotangent of shape {tuple(g)} for a result of shape {out}")
    return query, key, value


@op(
    vjp={"operands": _pull_attention_grad},
    shape=_grad_shape,
    dtype="promote",
    takes="real floating",
    flops=lambda shapes, out, params: 5 * count_attention(shapes[1:], out, params) // 2,
    results=3,
    samples=[
        sample((2, 5), (2, 3), (4, 3), (4, 5), scale=0.5),
        sample((2, 2, 3, 1), (2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 1), (2, 1, 1, 4), scale=0.7),
        sample((2, 5, 2), (2, 5, 2), (2, 5, 2), (2, 5, 2), scale=1.0, is_causal=True),
    ],
    tolerance={"float32": 2e-5},
)
def attention_grad(
    backend: Backend, /, *operands: ArrayT, scale: float, is_causal: bool = False
) -> tuple[ArrayT, ArrayT, ArrayT]:
    """Pull a cotangent of `attention` to query, key and value.

    Parameters
    ----------
    *operands : tensors or arrays
        The cotangent, shape ``(..., L, D)``, and the operands of `attention`.
    scale, is_causal
        As in `attention`.

    Returns
    -------
    tuple of Tensor
        In the shapes of query, key and value.

    Examples
    --------
    >>> q, k, v = tl.tensor([[0.0]]), tl.tensor([[1.0], [2.0]]), tl.tensor([[3.0], [5.0]])
    >>> tl.ops.attention.attention_grad(tl.tensor([[1.0]]), q, k, v, scale=1.0)[0]
    tensor([[0.5]])
    """
    xp = backend.xp
    g, query, key, value, *mask = operands
    weights = _weights(xp, query, key, mask, scale, is_causal)
    of_weights = xp.matmul(g, xp.matrix_transpose(value))
    of_scores = weights * (of_weights - xp.sum(of_weights * weights, axis=-1, keepdims=True)) * scale
    return (
        xp.matmul(of_scores, key),
        xp.matmul(xp.matrix_transpose(of_scores), query),
        xp.matmul(xp.matrix_transpose(weights), g),
    )
