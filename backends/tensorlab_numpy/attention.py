"""Attention and its gradient in blocks of weights that stay in the cache; the whole matrix is never stored."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

BLOCK_WEIGHTS = 1 << 17
"""Weights per block. For (8, 8, 256, 64) in float32, forward and backward take 45 ms with blocks of 2**17, 56 ms with
2**15 and 78 ms with the whole matrix (2 threads)."""

CAUSAL_ROWS = 128
"""Maximum number of queries per block of causal attention; keys after the last query of a block are left out."""


class _Blocks:
    """The attention weights, in blocks of heads and queries."""

    def __init__(self, query: Any, key: Any, value: Any, mask: tuple[Any, ...], scale: float, is_causal: bool) -> None:
        self.batch, (self.queries, self.keys) = query.shape[:-2], (query.shape[-2], key.shape[-2])
        self.heads = prod(self.batch)
        self.query = self.flat(query) * query.dtype.type(scale)
        self.key, self.value = self.flat(key), self.flat(value)
        self.is_causal = is_causal
        self.mask: Any = None
        self.mask_varies = False
        if mask:
            self.mask, self.mask_varies = self._mask(*mask)

    def flat(self, x: Any) -> Any:
        """Return `x` with all axes before the last two merged."""
        return x.reshape(self.heads, *x.shape[-2:])

    def _mask(self, mask: Any) -> tuple[Any, bool]:
        """Return the mask, broadcast to the weights of one batch element or of all, and whether it varies."""
        varies = prod(mask.shape[:-2]) > 1
        shape = (*(self.batch if varies else ()), self.queries, self.keys)
        return np.broadcast_to(mask if varies else mask.reshape(mask.shape[-2:]), shape), varies

    def __iter__(self) -> Iterator[tuple[slice, slice, slice, Any]]:
        """Yield the heads, queries, keys and weights of each block."""
        rows = min(self.queries, max(1, BLOCK_WEIGHTS // self.keys))
        rows = min(rows, CAUSAL_ROWS) if self.is_causal else rows
        heads = max(1, BLOCK_WEIGHTS // max(1, rows * self.keys))
        for first in range(0, self.heads, heads):
            head = slice(first, min(first + heads, self.heads))
            for start in range(0, self.queries, max(1, rows)):
                row = slice(start, min(start + rows, self.queries))
                column = slice(0, min(row.stop, self.keys) if self.is_causal else self.keys)
                yield head, row, column, self._weights(head, row, column)

    def _weights(self, head: slice, row: slice, column: slice) -> Any:
        weights = np.matmul(self.query[head, row], self.key[head, column].swapaxes(1, 2))
        if self.mask_varies:
            indices = np.unravel_index(np.arange(head.start, head.stop), self.batch)
            weights += self.mask[..., row, column][indices]
        elif self.mask is not None:
            weights += self.mask[row, column]
        if self.is_causal:
            later = np.arange(column.stop) > np.arange(row.start, row.stop)[:, None]
            weights[:, later] = -np.inf
        weights -= np.maximum.reduce(weights, axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, axis=-1, keepdims=True)
        return weights


def attention(*operands: Any, scale: float, is_causal: bool = False, mask_gradient: bool = False) -> Any:
    """``softmax(scale * query @ key.mT + mask) @ value``."""
    query, key, value, *mask = operands
    blocks = _Blocks(query, key, value, tuple(mask), scale, is_causal)
    out = np.empty((blocks.heads, blocks.queries, value.shape[-1]), query.dtype)
    for head, row, column, weights in blocks:
        out[head, row] = np.matmul(weights, blocks.value[head, column])
    return out.reshape(*blocks.batch, *out.shape[1:])


def attention_grad(*operands: Any, scale: float, is_causal: bool = False) -> tuple[Any, Any, Any]:
    """Return the cotangents of query, key and value from that of `attention`'s result."""
    g, query, key, value, *mask = operands
    blocks = _Blocks(query, key, value, tuple(mask), scale, is_causal)
    g = blocks.flat(g)
    g_query = np.empty(blocks.query.shape, query.dtype)
    g_key, g_value = np.zeros(blocks.key.shape, key.dtype), np.zeros(blocks.value.shape, value.dtype)
    for head, row, column, weights in blocks:
        pulled = g[head, row]
        g_value[head, column] += np.matmul(weights.swapaxes(1, 2), pulled)
        of_weights = np.matmul(pulled, blocks.value[head, column].swapaxes(1, 2))
        of_weights -= np.einsum("hqk,hqk->hq", of_weights, weights)[:, :, None]
        of_weights *= weights
        g_query[head, row] = np.matmul(of_weights, blocks.key[head, column])
        g_key[head, column] += np.matmul(of_weights.swapaxes(1, 2), blocks.query[head, row])
    g_query *= query.dtype.type(scale)
    return g_query.reshape(query.shape), g_key.reshape(key.shape), g_value.reshape(value.shape)
