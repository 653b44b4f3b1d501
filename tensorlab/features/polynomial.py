"""Monomials of the elements of vectors."""

from __future__ import annotations

from functools import cache
from itertools import combinations, combinations_with_replacement
from math import comb
from typing import Any

from ..backend.memory import BYTES_PER_NUMBER, require_memory
from ..errors import ShapeError
from ..nn.layers.base import Layer
from ..ops.creation import asarray
from ..ops.declare import composite
from ..ops.indexing import take
from ..ops.padding import pad
from ..options import Count, declared
from ..tensor import ArrayT, Tensor


@composite(x="real floating")
def monomials(x: ArrayT, degree: Count, *, include_bias: bool = True, interaction_only: bool = False) -> ArrayT:
    """All products of up to `degree` elements of each vector.

    Parameters
    ----------
    x : Tensor, shape (..., d)
        Vectors.
    degree : int
        The largest number of factors.
    include_bias : bool
        Whether the first feature is the empty product, 1.
    interaction_only : bool
        Whether the factors of a product must be different elements.

    Returns
    -------
    Tensor
        Shape (..., features): ``comb(d + degree, degree)`` features, with repeated factors and bias. They are ordered
        by degree, and products of one degree by the indices of their factors, as in scikit-learn.

    Raises
    ------
    ShapeError
        If `x` is a 0-d tensor.

    Examples
    --------
    >>> tl.features.monomials(tl.tensor([2.0, 3.0]), 2)
    tensor([1., 2., 3., 4., 6., 9.])
    """
    if not x.shape:
        raise ShapeError("x must have at least one axis, that of the elements, but it is a 0-d tensor")
    count = comb(x.shape[-1] + degree, min(degree, x.shape[-1]))
    require_memory("monomials", f"degree={degree} factors", count * degree, BYTES_PER_NUMBER)
    factors = _factors(x.shape[-1], degree, include_bias, interaction_only)
    padded: Any = pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 0)], constant_values=1.0)
    columns = [take(padded, asarray(column, dtype="int64", device=x.device), axis=-1) for column in factors]
    product = columns[0]
    for column in columns[1:]:
        product = product * column
    return product


@cache
def _factors(length: int, degree: int, include_bias: bool, interaction_only: bool) -> list[list[int]]:
    """Return the first, the second, ... factors of all monomials: indices from 1, and 0 for a factor of 1."""
    choose = combinations if interaction_only else combinations_with_replacement
    least = 0 if include_bias else 1
    chosen = [factors for d in range(least, degree + 1) for factors in choose(range(1, length + 1), d)]
    return [[factors[n] if n < len(factors) else 0 for factors in chosen] for n in range(max(degree, 1))]


@declared
class Monomials(Layer, function=monomials):
    """All products of up to `degree` elements of each vector.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.features.Monomials(2), tl.nn.LazyLinear(1))
    >>> model(tl.ones(4, 3)).shape, model[1].in_features
    ((4, 1), 10)
    """

    degree: Count
    include_bias: bool = True
    interaction_only: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return monomials(input, self.degree, include_bias=self.include_bias, interaction_only=self.interaction_only)
