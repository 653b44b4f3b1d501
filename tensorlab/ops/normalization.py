"""Standardisation: what batch, layer, group and instance normalisation have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import op, sample
from ..backend import Backend
from .reduction import mean, reduced_shape
from .shapes import Shape, normalized_axes


def _standardized(x: Shape, axis: tuple[int, ...], eps: float = 1e-5) -> tuple[Shape, Shape, Shape]:
    kept = reduced_shape(x, axis, True)
    return x, kept, kept


def _pull_standardize(g: tuple[Any, Any, Any], out: tuple[Any, Any, Any], axis: tuple[int, ...], eps: float) -> Any:
    """Pull the cotangent of the standardised array, and of the variance, which derivatives of this rule meet."""
    standard, _, variance = out
    g_standard, _, g_variance = g
    pulled = None
    if g_standard is not None:
        along = mean(g_standard * standard, axis=axis, keepdims=True)
        centred = g_standard - mean(g_standard, axis=axis, keepdims=True) - standard * along
        pulled = centred * (variance + eps) ** -0.5
    if g_variance is not None:
        count = prod(standard.shape) // prod(variance.shape)
        through = standard * (g_variance * (variance + eps) ** 0.5 * (2 / count))
        pulled = through if pulled is None else pulled + through
    return pulled


def count_standardize(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
    """Count a mean, a variance, and a shift and a scaling of each element."""
    return 6 * prod(shapes[0])


@op(
    vjp={"x": _pull_standardize},
    shape=_standardized,
    dtype="floating",
    flops=count_standardize,
    results=3,
    differentiable_results=(0,),
    samples=[sample((4, 3), axis=(0,)), sample((2, 3, 4), axis=(0, 2)), sample((2, 5), axis=(-1,), eps=1e-3)],
    tolerance={"float32": 1e-5},
)
def standardize(backend: Backend, x: Any, /, axis: tuple[int, ...], eps: float = 1e-5) -> Any:
    """Shift and scale to mean zero and variance one over axes.

    Parameters
    ----------
    x : tensor or array
        Any shape; real floating-point.
    axis : tuple of int
        Over which axes.
    eps : float
        Added to the variance.

    Returns
    -------
    standard : Tensor
        ``(x - mean) / sqrt(variance + eps)``; the only differentiable result.
    mean, variance : Tensor
        With the axes kept at length 1; the variance is the population's.

    Examples
    --------
    >>> tl.ops.normalization.standardize(tl.tensor([1.0, 3.0]), (0,))[1:]
    (tensor([2.]), tensor([1.]))
    """
    xp = backend.xp
    axes = normalized_axes(axis, x.ndim)
    average = xp.mean(x, axis=axes, keepdims=True)
    centred = x - average
    variance = xp.mean(centred * centred, axis=axes, keepdims=True)
    return centred * (variance + eps) ** -0.5, average, variance
