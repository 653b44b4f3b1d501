"""Metric learning: losses of the distances between embeddings of similar and dissimilar pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops.arithmetic import clip, minimum, square
from ....ops.comparison import equal, where
from ....ops.declare import composite
from ....ops.exponential import sqrt
from ....ops.reduction import sum
from ....tensor import ArrayT
from ..distance import norm, pairwise_distance
from .common import Reduction, check_same_shape, labels_of, reduced, shape_of
from .regression import mse_loss

COSINE_EPS = 1e-12
"""Added to squared lengths in the cosine embedding loss, as in PyTorch."""


@documented_like(mse_loss)
@composite(input1="real floating", input2="real floating", target="real")
def cosine_embedding_loss(
    input1: ArrayT, input2: ArrayT, target: ArrayT, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Cosine embedding loss: ``1 - cos`` of similar pairs, ``max(0, cos - margin)`` of dissimilar ones.

    Parameters
    ----------
    input1, input2 : Tensor, shape (batch, features) or (features,)
        Embeddings.
    target : Tensor, shape (batch,) or ()
        1 for similar pairs, -1 for dissimilar ones; the loss of any other number is zero.
    margin : float
        In [-1, 1]: dissimilar pairs with a smaller cosine have no loss.

    Examples
    --------
    >>> first, second = tl.tensor([[1.0, 0.0]]), tl.tensor([[0.0, 1.0]])
    >>> tl.nn.functional.cosine_embedding_loss(first, second, tl.tensor([1.0]))
    tensor(1.)
    """
    shapes = [shape_of(x) for x in (input1, input2, target)]
    axes = len(shapes[2]) + 1
    if axes > 2 or len(shapes[0]) != axes or len(shapes[1]) != axes:
        raise ShapeError(
            "cosine_embedding_loss: input1 and input2 have shape (batch, features) and target (batch,), or (features,) "
            f"and (), not {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    lengths = [sum(x * x, axis=-1) + COSINE_EPS for x in (input1, input2)]
    cosine = sum(input1 * input2, axis=-1) / sqrt(lengths[0] * lengths[1])
    unlike = where(equal(target, -1), clip(cosine - margin, 0.0), 0.0)
    return reduced(where(equal(target, 1), 1 - cosine, unlike), reduction)


@documented_like(mse_loss)
@composite(anchor="real floating", positive="real floating", negative="real floating")
def triplet_margin_loss(
    anchor: ArrayT,
    positive: ArrayT,
    negative: ArrayT,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Triplet loss, which keeps the anchor closer to the positive than to the negative (Balntas et al. 2016).

    ``max(0, margin + distance(anchor, positive) - distance(anchor, negative))``.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (batch, features) or (features,)
        Embeddings; the same number of axes.
    margin : float
        Positive: the margin between the two distances.
    p : float
        The order of the norm; see `pairwise_distance`.
    eps : float
        Added to the differences.
    swap : bool
        Whether to use the distance from `positive` to `negative` where it is smaller than that from `anchor`.

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.functional.triplet_margin_loss(tl.zeros(1, 2), near, far)
    tensor(0.5)
    """
    return reduced(
        _triplet("triplet_margin_loss", anchor, positive, negative, margin, swap, lambda x, y: _distance(x, y, p, eps)),
        reduction,
    )


def _distance(x1: Any, x2: Any, p: float, eps: float) -> Any:
    return norm(x1 - x2 + eps, p)


@documented_like(triplet_margin_loss)
@composite(anchor="real floating", positive="real floating", negative="real floating")
def triplet_margin_with_distance_loss(
    anchor: ArrayT,
    positive: ArrayT,
    negative: ArrayT,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Triplet loss with a user-defined distance; see `triplet_margin_loss`.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        Arguments of the distance function; the same number of axes.
    distance_function : callable, optional
        Distance of two tensors; `pairwise_distance` by default.

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.functional.triplet_margin_with_distance_loss(
    ...     tl.zeros(1, 2), near, far, distance_function=lambda x, y: (x - y).abs().sum(-1)
    ... )
    tensor(0.5)
    """
    name = "triplet_margin_with_distance_loss"
    return reduced(
        _triplet(name, anchor, positive, negative, margin, swap, distance_function or pairwise_distance), reduction
    )


def _check_margin(name: str, margin: float) -> None:
    """Raise `ValueError` for a margin that is not positive."""
    if margin <= 0:
        raise ValueError(f"{name}: margin must be positive, not {margin}")


def _triplet(
    name: str, anchor: Any, positive: Any, negative: Any, margin: float, swap: bool, distance: Callable[[Any, Any], Any]
) -> Any:
    _check_margin(name, margin)
    shapes = [shape_of(x) for x in (anchor, positive, negative)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(
            f"{name}: anchor, positive and negative must have the same number of axes, not shapes {shapes[0]}, "
            f"{shapes[1]} and {shapes[2]}"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return clip(margin + near - far, 0.0)


@documented_like(mse_loss)
@composite(input1="real floating", input2="real floating", target="any")
def contrastive_loss(
    input1: ArrayT, input2: ArrayT, target: ArrayT, margin: float = 1.0, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Contrastive loss, which pulls similar pairs together and pushes dissimilar ones apart (Hadsell et al. 2006).

    ``((1 - target) * d**2 + target * max(0, margin - d)**2) / 2`` with the Euclidean distance `d` along the last axis.
    The target is 0 for similar pairs and 1 for dissimilar ones, as in the paper; other libraries use the opposite.

    Parameters
    ----------
    input1, input2 : Tensor, shape (..., features)
        Embeddings; the same shape.
    target : Tensor, shape (...)
        0 or False for similar pairs, 1 or True for dissimilar ones; in between, the two losses are weighted.
    margin : float
        Positive: dissimilar pairs farther apart have no loss.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    ValueError
        If an option is out of range, or an element of `target` in host memory is outside [0, 1].

    Notes
    -----
    The gradient of a dissimilar pair with equal embeddings is zero: there is no direction in which to separate them.

    Examples
    --------
    The same pair at a distance of 0.75, once similar and once dissimilar:

    >>> first, second = tl.zeros(2, 1), tl.tensor([[0.75], [0.75]])
    >>> tl.nn.functional.contrastive_loss(first, second, tl.tensor([0, 1]), reduction="none")
    tensor([0.28125, 0.03125])
    """
    _check_margin("contrastive_loss", margin)
    check_same_shape("contrastive_loss", input1, input2, ("input1", "input2"))
    if not shape_of(input1) or shape_of(target) != shape_of(input1)[:-1]:
        raise ShapeError(
            f"contrastive_loss: target for pairs of shape {shape_of(input1)} must have that shape without the last "
            f"axis, not {shape_of(target)}"
        )
    target = labels_of("contrastive_loss", target, input1)
    difference = input1 - input2
    short = clip(margin - norm(difference), 0.0)
    return reduced(0.5 * ((1 - target) * sum(square(difference), axis=-1) + target * square(short)), reduction)
