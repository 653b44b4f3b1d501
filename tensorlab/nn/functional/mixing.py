"""Mixing samples, and their targets, as regularisation of classifiers."""

from __future__ import annotations

from typing import Any

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.arithmetic import clip
from ...ops.comparison import where
from ...ops.creation import arange
from ...ops.datatypes import isdtype
from ...ops.declare import composite
from ...ops.exponential import sqrt
from ...ops.indexing import take
from ...ops.reduction import mean
from ...ops.rounding import floor
from ...ops.shapes import astype, reshape
from ...random import Generator, default_generator
from ...tensor import ArrayT
from .embedding import one_hot


@composite(input="real floating", target="real")
def mixup(
    input: ArrayT,
    target: ArrayT,
    alpha: float = 1.0,
    num_classes: int | None = None,
    *,
    generator: Generator | None = None,
) -> tuple[ArrayT, ArrayT]:
    """Mix each sample, and its target, with another one (Zhang et al., "mixup", 2018).

    ``lam * x + (1 - lam) * x[order]``, with one `lam` for the batch, drawn from the beta distribution, and a random
    order.

    Parameters
    ----------
    input : Tensor, shape (batch, ...)
        The samples.
    target : Tensor, shape (batch,) or (batch, classes)
        Class indices, or the probability of each class.
    alpha : float
        Both parameters of the beta distribution; greater than 0. Small values mix little.
    num_classes : int, optional
        Number of classes; needed for class indices.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Returns
    -------
    input, target : Tensor
        The mixed samples, and targets of shape (batch, classes) that `cross_entropy` takes.

    Raises
    ------
    ShapeError
        If there is not one target for each sample.
    ValueError
        If `alpha` is not positive, or class indices are given without `num_classes`.

    Examples
    --------
    >>> x, y = tl.nn.functional.mixup(tl.zeros(4, 3), tl.tensor([0, 1, 1, 0]), num_classes=2)
    >>> x.shape, y.shape
    ((4, 3), (4, 2))
    """
    soft = _probabilities(input, target, num_classes)
    ratio, order = _draw(input, alpha, generator)
    return _blend(input, order, ratio), _blend(soft, order, ratio)


@documented_like(mixup)
@composite(input="real floating", target="real")
def cutmix(
    input: ArrayT,
    target: ArrayT,
    alpha: float = 1.0,
    num_classes: int | None = None,
    *,
    generator: Generator | None = None,
) -> tuple[ArrayT, ArrayT]:
    """Replace a box in each image by that of another, and mix targets by its area (Yun et al., "CutMix", 2019).

    There is one box for the batch: its centre is drawn uniformly, its sides are ``sqrt(1 - lam)`` times the image's,
    with `lam` drawn from the beta distribution; the part outside the image is cut off.

    Parameters
    ----------
    input : Tensor, shape (batch, ..., height, width)
        The images.

    Returns
    -------
    input, target : Tensor
        The mixed images, and targets of shape (batch, classes) that `cross_entropy` takes.

    Raises
    ------
    ShapeError
        If `input` does not have two spatial axes, or there is not one target for each image.
    ValueError
        If `alpha` is not positive, or class indices are given without `num_classes`.

    Examples
    --------
    >>> x, y = tl.nn.functional.cutmix(tl.zeros(4, 3, 8, 8), tl.tensor([0, 1, 1, 0]), num_classes=2)
    >>> x.shape, y.shape
    ((4, 3, 8, 8), (4, 2))
    """
    if len(input.shape) < 3:
        raise ShapeError(f"cutmix: input must have shape (batch, ..., height, width), not {tuple(input.shape)}")
    soft = _probabilities(input, target, num_classes)
    ratio, order = _draw(input, alpha, generator)
    draw = generator or default_generator
    side = sqrt(1.0 - ratio)
    rows, columns = (_interval(draw, length, side, input) for length in input.shape[-2:])
    box = reshape(rows, (-1, 1)) & reshape(columns, (1, -1))
    kept = 1.0 - mean(astype(box, soft.dtype))
    return where(box, take(input, order, axis=0), input), _blend(soft, order, kept)


def _interval(draw: Generator, length: int, side: Any, input: Any) -> Any:
    """Return which places along an axis lie in the box, without waiting for the device."""
    extent = floor(length * side)
    centre = draw.integers(length, shape=(), device=input.device)
    start = clip(centre - floor(extent / 2), 0, length)
    stop = clip(centre + floor(extent / 2), 0, length)
    places = arange(length, device=input.device)
    return (places >= start) & (places < stop)


def _draw(input: Any, alpha: float, generator: Generator | None) -> tuple[Any, Any]:
    """Return the weight of each sample, and the order of the samples that they are mixed with."""
    if not alpha > 0:
        raise ValueError(f"alpha must be greater than 0, not {alpha}")
    draw = generator or default_generator
    ratio = draw.beta(alpha, alpha, (), dtype=input.dtype, device=input.device)
    return ratio, draw.permutation(input.shape[0], device=input.device)


def _blend(x: Any, order: Any, ratio: Any) -> Any:
    other = take(x, order, axis=0)
    return other + astype(ratio, x.dtype) * (x - other)


def _probabilities(input: Any, target: Any, num_classes: int | None) -> Any:
    """Return targets as probabilities of the classes, in the input's type if they are indices."""
    floating = isdtype(target.dtype, "real floating")
    if len(target.shape) != (2 if floating else 1) or tuple(target.shape[:1]) != tuple(input.shape[:1]):
        raise ShapeError(
            "target must have shape (batch,) for class indices, (batch, classes) for probabilities, with the batch "
            f"of the input of shape {tuple(input.shape)}, not {tuple(target.shape)}"
        )
    if floating:
        return target
    if num_classes is None:
        raise ValueError("class indices need num_classes, as a batch may lack the last class")
    return astype(one_hot(target, num_classes), input.dtype)
