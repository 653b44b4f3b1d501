"""Standardization, the core of batch, layer, group and instance normalization, over any or over trailing axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..backend.kernels.normalization import shrinking_factors, standardized
from ..errors import ShapeError
from ..tensor import ArrayT
from .reduction import mean, reduced_shape, sum
from .shapes import Shape, normalized_axes


def _standardized(x: Shape, axis: tuple[int, ...], eps: float = 1e-5) -> tuple[Shape, ...]:
    kept = reduced_shape(x, axis, True)
    return x, kept, kept, kept


def _pull_standardize(g: tuple[Any, ...], out: tuple[Any, ...], axis: tuple[int, ...]) -> Any:
    """Pull the cotangent of the standardized array, and of the slope, which derivatives of this rule involve."""
    standard, _, _, slope = out
    g_standard, _, _, g_slope = g
    pulled = None
    if g_standard is not None:
        along = mean(g_standard * standard, axis=axis, keepdims=True)
        centred = g_standard - mean(g_standard, axis=axis, keepdims=True) - standard * along
        pulled = centred * slope
    if g_slope is not None:
        count = prod(standard.shape) // prod(slope.shape)
        through = standard * (g_slope * slope * slope * (-1 / count))
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
    results=4,
    differentiable_results=(0, 3),
    samples=[sample((4, 3), axis=(0,)), sample((2, 3, 4), axis=(0, 2)), sample((2, 5), axis=(-1,), eps=1e-3)],
    tolerance={"float32": 1e-5},
    real_only=True,
)
def standardize(
    backend: Backend, x: ArrayT, /, axis: tuple[int, ...], eps: float = 1e-5
) -> tuple[ArrayT, ArrayT, ArrayT, ArrayT]:
    """Shift and scale to mean zero and variance one over axes.

    Parameters
    ----------
    x : tensor or array
        Any shape; real floating-point.
    axis : tuple of int
        The axes to normalize over.
    eps : float
        Added to the variance.

    Returns
    -------
    standard : Tensor
        ``(x - mean) / sqrt(variance + eps)``; differentiable, as the slope is.
    mean, variance, slope : Tensor
        With the reduced axes of length 1; the variance is the population variance, and the slope is
        ``1 / sqrt(variance + eps)``.

    Examples
    --------
    >>> tl.ops.normalization.standardize(tl.tensor([1.0, 3.0]), (0,), 0.0)[1:]
    (tensor([2.]), tensor([1.]), tensor([1.]))
    """
    return standardized(backend.xp, x, normalized_axes(axis, x.ndim), eps)


# -- layer and root-mean-square normalization --------------------------------------------------------------------------


def _same_as_x(x: Shape, *factors: Shape, ndim: int, eps: float, centred: bool = True) -> Shape:
    """Return the shape of `x`, which is `ndim` trailing axes that weight and bias have too."""
    if len(x) < ndim:
        raise ShapeError(f"shape {x} does not have {ndim} trailing axes to normalize over")
    trailing = x[len(x) - ndim :]
    for shape in factors:
        if tuple(shape) != trailing:
            raise ShapeError(f"weight and bias must have the shape {trailing} of the normalized axes, not {shape}")
    return x


def _same_as_second(g: Shape, x: Shape, *factors: Shape, ndim: int, eps: float, centred: bool = True) -> Shape:
    if tuple(g) != tuple(x):
        raise ShapeError(f"the cotangent has shape {g}, not that of x, {x}")
    return _same_as_x(x, *factors, ndim=ndim, eps=eps)


def _trailing(ndim: int) -> tuple[int, ...]:
    return tuple(range(-ndim, 0))


def _sum_leading(x: Any, ndim: int) -> Any:
    """Return the sum over all axes but the last `ndim`."""
    leading = len(x.shape) - ndim
    return sum(x, axis=tuple(range(leading))) if leading else x


def _times(x: Any, factor: Any) -> Any:
    return x if factor is None else x * factor


def _pull_scale(c: Any, g: Any, x: Any, weight: Any, ndim: int, eps: float, centred: bool) -> Any:
    """Pull the cotangent `c` of ``normalize_trailing_input_grad(g, x, weight)`` to `x`.

    That is ``P(g) = r * (g - mean(g) - z * mean(g * z))`` with the normalized ``z`` and ``r = 1 / sqrt(variance +
    eps)``. ``<c, P(g)> = r * A(z)``, and both factors depend on x: z by P again, r by ``dr = -r**2 * z / n``.
    """
    axes, g = _trailing(ndim), _times(g, weight)
    moved = x - mean(x, axis=axes, keepdims=True) if centred else x
    r = (mean(moved * moved, axis=axes, keepdims=True) + eps) ** -0.5
    z = moved * r

    def average(values: Any) -> Any:
        return mean(values, axis=axes, keepdims=True)

    along_c, along_g = average(c * z), average(g * z)
    a = average(c * g) - along_c * along_g  # A / n
    if centred:
        a = a - average(c) * average(g)
    by_z = -(c * along_g + g * along_c)
    pulled = normalize_trailing_input_grad(by_z, x, None, ndim=ndim, eps=eps, centred=centred)
    return r * pulled - a * r * r * z


def count_normalize(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
    """Count a mean and a variance, a shift, and a scaling and an affine map of each element."""
    return 8 * prod(shapes[0])


def _standard(backend: Backend, x: Any, ndim: int, eps: float, centred: bool) -> tuple[Any, Any]:
    """Return the normalized array, and its slope."""
    xp, axes = backend.xp, _trailing(ndim)
    if 0 in x.shape:  # libraries warn about empty means
        return x, x
    factors, eps = shrinking_factors(xp, x, axes, eps)
    moved = x * factors
    moved = moved - xp.mean(moved, axis=axes, keepdims=True) if centred else moved
    scale = (xp.mean(moved * moved, axis=axes, keepdims=True) + eps) ** -0.5
    return moved * scale, scale * factors


NORMALIZE_OPTIONS: list[dict[str, Any]] = [
    {"ndim": 1, "eps": 1e-2},
    {"ndim": 1, "eps": 1e-2, "centred": False},
    {"ndim": 2, "eps": 1e-3},
]


@op(
    vjp={
        "x": lambda g, x, weight, ndim, eps, centred: normalize_trailing_input_grad(g, x, weight, ndim, eps, centred),
        "weight": lambda g, x, ndim, eps, centred: normalize_trailing_weight_grad(g, x, ndim, eps, centred),
        "bias": lambda g, ndim: _sum_leading(g, ndim),
    },
    shape=_same_as_x,
    dtype="floating",
    takes="real floating",
    flops=count_normalize,
    samples=[
        *(sample((2, 3, 4), (2, 3, 4)[-o["ndim"] :], (2, 3, 4)[-o["ndim"] :], **o) for o in NORMALIZE_OPTIONS),
        sample((4, 3), None, None, ndim=1, eps=1e-2),
        sample((3,), (3,), None, ndim=1, eps=1e-2),
    ],
    tolerance={"float32": 1e-5},
    checks_first=True,
)
def normalize_trailing(
    backend: Backend,
    x: ArrayT,
    weight: ArrayT | None = None,
    bias: ArrayT | None = None,
    /,
    ndim: int = 1,
    eps: float = 1e-5,
    centred: bool = True,
) -> ArrayT:
    """Layer normalization, or with ``centred=False`` root-mean-square normalization, over trailing axes.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    weight, bias : tensor or array, optional
        The shape of the last `ndim` axes: scale and shift of the normalized elements.
    ndim : int
        Number of trailing axes to normalize over.
    eps : float
        Added to the variance, or to the mean square.
    centred : bool
        Whether the mean is subtracted first.

    Returns
    -------
    Tensor
        ``(x - mean) / sqrt(mean((x - mean)**2) + eps) * weight + bias``; the shape of `x`.

    Raises
    ------
    ShapeError
        If `x` has fewer axes, or `weight` or `bias` has another shape.

    Examples
    --------
    >>> tl.ops.normalization.normalize_trailing(tl.tensor([1.0, 3.0]), tl.tensor([1.0, 10.0]), eps=0.0)
    tensor([-1., 10.])
    """
    y, _ = _standard(backend, x, ndim, eps, centred)
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


@op(
    vjp={
        "g": lambda c, x, weight, ndim, eps, centred: _times(
            normalize_trailing_input_grad(c, x, None, ndim, eps, centred), weight
        ),
        "x": _pull_scale,
        "weight": lambda c, g, x, ndim, eps, centred: _sum_leading(
            g * normalize_trailing_input_grad(c, x, None, ndim, eps, centred), ndim
        ),
    },
    shape=_same_as_second,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 14 * prod(shapes[0]),
    samples=[
        *(sample((2, 3, 4), (2, 3, 4), (2, 3, 4)[-o["ndim"] :], **o) for o in NORMALIZE_OPTIONS),
        sample((4, 3), (4, 3), None, ndim=1, eps=1e-2),
    ],
    tolerance={"float32": 2e-5},
)
def normalize_trailing_input_grad(
    backend: Backend,
    g: ArrayT,
    x: ArrayT,
    weight: ArrayT | None = None,
    /,
    ndim: int = 1,
    eps: float = 1e-5,
    centred: bool = True,
) -> ArrayT:
    """Gradient of `normalize_trailing` with respect to its input: a symmetric linear map of ``g * weight``.

    Examples
    --------
    >>> x, g = tl.tensor([1.0, 3.0]), tl.tensor([1.0, 0.0])
    >>> tl.ops.normalization.normalize_trailing_input_grad(g, x, eps=3.0)
    tensor([ 0.1875, -0.1875])
    """
    xp, axes = backend.xp, _trailing(ndim)
    if 0 in x.shape:
        return xp.zeros_like(x)
    z, scale = _standard(backend, x, ndim, eps, centred)
    pulled = g if weight is None else g * weight
    along = xp.mean(pulled * z, axis=axes, keepdims=True)
    if centred:
        pulled = pulled - xp.mean(pulled, axis=axes, keepdims=True)
    return (pulled - z * along) * scale


@op(
    vjp={
        "g": lambda c, x, ndim, eps, centred: normalize_trailing(x, c, None, ndim, eps, centred),
        "x": lambda c, g, x, ndim, eps, centred: normalize_trailing_input_grad(g, x, c, ndim, eps, centred),
    },
    shape=lambda g, x, ndim, eps, centred=True: _same_as_second(g, x, ndim=ndim, eps=eps)[len(x) - ndim :],
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 8 * prod(shapes[0]),
    samples=[sample((2, 3, 4), (2, 3, 4), **o) for o in NORMALIZE_OPTIONS],
    tolerance={"float32": 1e-5},
)
def normalize_trailing_weight_grad(
    backend: Backend, g: ArrayT, x: ArrayT, /, ndim: int = 1, eps: float = 1e-5, centred: bool = True
) -> ArrayT:
    """Gradient of `normalize_trailing` with respect to its weight: `g` times the normalized `x`, over leading axes.

    Examples
    --------
    >>> x = tl.tensor([[1.0, 3.0], [2.0, 4.0]])
    >>> tl.ops.normalization.normalize_trailing_weight_grad(tl.ones((2, 2)), x, eps=0.0)
    tensor([-2.,  2.])
    """
    z, _ = _standard(backend, x, ndim, eps, centred)
    weighed = g * z
    return backend.xp.sum(weighed, axis=tuple(range(x.ndim - ndim))) if x.ndim > ndim else weighed
