"""Attention of recurrent decoders to the states of an encoder."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from ...errors import ShapeError
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...ops.comparison import where
from ...ops.contraction import matmul
from ...ops.declare import composite
from ...ops.shapes import squeeze
from ...ops.softmax import softmax
from ...ops.trigonometric import tanh
from ...options import Size, declared
from ...tensor import Tensor


@declared
class _RecurrentAttention(Layer):
    """Attention to the states of an encoder: their mean, weighted by how well they match a query.

    Parameters
    ----------
    query_size : int
        Features of queries.
    key_size : int
        Features of keys, whose means are taken as well.
    """

    query_size: Size
    key_size: Size
    key: ClassVar[Any]

    @composite(keys="real floating")
    def project(self, keys: Tensor) -> Tensor:
        """Return what is compared with queries, a function of the keys alone: it is computed once for each source."""
        projected: Tensor = self.key(keys)
        return projected

    def _score(self, query: Tensor, projected: Tensor) -> Tensor:
        """Return the scores, (batch, queries, keys), of queries and projected keys."""
        raise NotImplementedError

    @composite(query="real floating", keys="real floating", padding="bool", projected="real floating")
    def forward(
        self, query: Tensor, keys: Tensor, padding: Tensor | None = None, projected: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted means of the keys, and the weights.

        Parameters
        ----------
        query : Tensor, shape (batch, queries, query_size)
            States of the decoder.
        keys : Tensor, shape (batch, keys, key_size)
            States of the encoder.
        padding : Tensor, shape (batch, keys), optional
            Boolean: True for keys that no query attends to.
        projected : Tensor, optional
            ``project(keys)``, if it is known.

        Returns
        -------
        means : Tensor, shape (batch, queries, key_size)
            The weighted means.
        weights : Tensor, shape (batch, queries, keys)
            The weights, which sum to 1 over the keys.
        """
        if query.ndim != 3 or keys.ndim != 3 or query.shape[0] != keys.shape[0]:
            raise ShapeError(f"query and keys must be (batch, length, features), not {query.shape} and {keys.shape}")
        if padding is not None and padding.shape != keys.shape[:2]:
            raise ShapeError(f"padding must have shape {keys.shape[:2]}, (batch, keys), not {padding.shape}")
        projected = self.project(keys) if projected is None else projected
        if projected.shape != (*keys.shape[:2], self.key.out_features):
            raise ShapeError(f"projected must be project(keys), not of shape {projected.shape}")
        scores = self._score(query, projected)
        if padding is not None:
            scores = where(padding[:, None], -inf, scores)
        weights = softmax(scores, axis=-1)
        return matmul(weights, keys), weights


@declared
class BahdanauAttention(_RecurrentAttention):
    """Attention by a small network, ``v · tanh(W query + U key)`` (Bahdanau, Cho and Bengio, 2015, appendix A.1.2).

    Luong et al. (2015) call this score "concat".

    Parameters
    ----------
    hidden_size : int
        Number of hidden units of the network.

    Examples
    --------
    >>> attention = tl.models.BahdanauAttention(query_size=4, key_size=6, hidden_size=5)
    >>> means, weights = attention(tl.zeros(2, 1, 4), tl.zeros(2, 3, 6))
    >>> means.shape, weights.shape
    ((2, 1, 6), (2, 1, 3))
    """

    hidden_size: Size = 64

    def __post_init__(self) -> None:
        self.query = Linear(self.query_size, self.hidden_size, bias=False)
        self.add_module("key", Linear(self.key_size, self.hidden_size, bias=False))
        self.energy = Linear(self.hidden_size, 1, bias=False)

    def _score(self, query: Tensor, projected: Tensor) -> Tensor:
        return squeeze(self.energy(tanh(self.query(query)[:, :, None] + projected[:, None])), axis=-1)


@declared
class LuongAttention(_RecurrentAttention):
    """Attention by inner products, ``query · W key`` (Luong, Pham and Manning, 2015, section 3.1: "general").

    Examples
    --------
    >>> attention = tl.models.LuongAttention(query_size=4, key_size=6)
    >>> means, weights = attention(tl.zeros(2, 5, 4), tl.zeros(2, 3, 6))
    >>> means.shape, weights.shape
    ((2, 5, 6), (2, 5, 3))
    """

    def __post_init__(self) -> None:
        self.add_module("key", Linear(self.key_size, self.query_size, bias=False))

    def _score(self, query: Tensor, projected: Tensor) -> Tensor:
        return matmul(query, projected.mT)
