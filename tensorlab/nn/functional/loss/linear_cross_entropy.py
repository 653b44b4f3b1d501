"""Cross entropy of a linear layer's logits, without holding all of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops.comparison import where
from ....ops.contraction import matmul
from ....ops.datatypes import isdtype
from ....ops.declare import composite
from ....ops.indexing import take
from ....ops.joining import stack
from ....ops.linear_cross_entropy import linear_softmax_cross_entropy
from ....ops.loss import NOT_IGNORED
from ....ops.reduction import argmax, sum
from ....ops.shapes import astype, expand_dims, reshape
from ....options import Fraction, Options, Size, declared
from ....tensor import ArrayT, array_of
from .classification import cross_entropy
from .common import Reduction, check_class_weight, reduced, shape_of


@declared
class LinearCrossEntropyOptions(Options):
    """How `linear_cross_entropy` computes.

    Parameters
    ----------
    allow_retain_graph, chunking_method, acc_policy, acc_dtype
        Accepted for compatibility with PyTorch, and without effect: a graph can always be retained, the default size of
        blocks follows from the number of classes, and sums of narrow types are accumulated in float32.
    batch_chunk_size : int, optional
        Rows of logits that are computed at a time; by default about a million logits, at least 128 rows.

    Examples
    --------
    >>> tl.nn.LinearCrossEntropyOptions(batch_chunk_size=64)
    LinearCrossEntropyOptions(batch_chunk_size=64)
    """

    allow_retain_graph: bool = False
    batch_chunk_size: Size | None = None
    chunking_method: str | None = "auto"
    acc_policy: Literal["accurate", "balanced", "compact", "auto"] = "auto"
    acc_dtype: Any = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_chunk_size={vars(self)['batch_chunk_size']})"


@documented_like(cross_entropy)
@composite(
    input="real floating", linear_weight="real floating", target="real", linear_bias="real floating", weight="real"
)
def linear_cross_entropy(
    input: ArrayT,
    linear_weight: ArrayT,
    target: ArrayT,
    *,
    linear_bias: ArrayT | None = None,
    weight: ArrayT | None = None,
    reduction: Reduction = "mean",
    ignore_index: int | None = None,
    label_smoothing: Fraction = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> ArrayT:
    """Cross entropy between the softmax of ``input @ linear_weight.T + linear_bias`` and classes or probabilities.

    It equals `cross_entropy` of the logits that `linear` gives, but computes them in blocks of rows, and again for the
    gradient, so that they never take memory all at once (Wijmans et al. 2024). That pays with many classes, as in the
    head of a language model, and costs a fourth matrix product where `linear` and `cross_entropy` need three.

    Parameters
    ----------
    input : Tensor, shape (batch, features) or (features,)
        Features.
    linear_weight : Tensor, shape (classes, *more, features)
        Weights of the linear map. With `more`, each sample has that many losses, and `input` must have a batch.
    target : Tensor, shape (batch, *more) or (), or (batch, classes, *more) or (classes,)
        Class indices (integers), or the probability of each class (floating-point).
    linear_bias : Tensor, shape (classes, *more), optional
        Bias of the linear map.
    ignore_index : int, optional
        Class index whose samples are ignored, by default -100; only for class indices.
    options : LinearCrossEntropyOptions, optional
        The size of the blocks.

    Notes
    -----
    Derivatives of any order exist. The second and higher ones hold all logits.

    Examples
    --------
    >>> input, linear_weight = tl.ones(3, 5), tl.zeros(2, 5)
    >>> tl.nn.functional.linear_cross_entropy(input, linear_weight, tl.tensor([1, 0, 1]), reduction="none")
    tensor([0.6931472, 0.6931472, 0.6931472])
    """
    name = "linear_cross_entropy"
    probabilities = isdtype(target.dtype, "real floating")
    shape: tuple[int, ...] = shape_of(input)
    _check_shapes(shape, shape_of(linear_weight), shape_of(target), linear_bias, probabilities)
    check_class_weight(name, weight, linear_weight.shape[0])
    if probabilities and ignore_index is not None:
        raise ValueError(f"{name}: ignore_index is for class indices, but this target holds probabilities")
    ignored = NOT_IGNORED if ignore_index is None else ignore_index
    head = _Head(weight, ignored, label_smoothing, options.batch_chunk_size if options else None)

    compute = head.of_probabilities if probabilities else head.of_classes
    x: Any = input
    if len(shape) == 1:
        x, target = expand_dims(input, axis=0), expand_dims(target, axis=0)
    classes, *more, features = shape_of(linear_weight)
    if not more:
        losses, counts = compute(x, linear_weight, linear_bias, target)
    else:
        matrices = reshape(linear_weight, (classes, prod(more), features))
        biases = None if linear_bias is None else reshape(linear_bias, (classes, prod(more)))
        targets = reshape(target, (*target.shape[: -len(more)], prod(more)))
        parts = [
            compute(x, matrices[:, i, :], None if biases is None else biases[:, i], targets[..., i])
            for i in range(prod(more))
        ]
        losses, counts = (stack([part[i] for part in parts], axis=1) for i in range(2))
    losses = reshape(losses, (*shape[:-1], *more))
    return reduced(losses, reduction, None if probabilities else sum(counts))


def _check_shapes(
    input: tuple[int, ...], weight: tuple[int, ...], target: tuple[int, ...], bias: Any, probabilities: bool
) -> None:
    """Raise `ShapeError` where shapes do not match; the messages say what is expected."""
    if len(input) not in (1, 2) or len(weight) < 2 or input[-1] != weight[-1]:
        raise ShapeError(
            "linear_cross_entropy: input has shape (batch, features) or (features,), and linear_weight (classes, "
            f"*more, features), not {input} and {weight}"
        )
    classes, more, batch = weight[0], weight[1:-1], input[:-1]
    if 0 in (classes, *more):
        raise ShapeError(f"linear_cross_entropy: a linear_weight of shape {weight} has no classes")
    if more and not batch:
        raise ShapeError(
            f"linear_cross_entropy: a linear_weight of shape {weight} needs an input of shape (batch, features), not "
            f"{input}"
        )
    if bias is not None and shape_of(bias) != weight[:-1]:
        raise ShapeError(f"linear_cross_entropy: linear_bias must have shape {weight[:-1]}, not {shape_of(bias)}")
    wanted = (*batch, classes, *more) if probabilities else (*batch, *more)
    if target != wanted:
        kind = "probabilities" if probabilities else "class indices"
        raise ShapeError(f"linear_cross_entropy: a target of {kind} must have shape {wanted}, not {target}")


@dataclass(frozen=True)
class _Head:
    """The losses of one linear map, per sample, and the weight with which each counts in the mean."""

    weight: Any
    ignore_index: int
    smoothing: float
    rows: int | None

    def of_classes(self, x: Any, matrix: Any, bias: Any, target: Any) -> tuple[Any, Any]:
        """Return losses and counts for class indices."""
        nll = self._nll(x, matrix, bias, target)
        counted = target != self.ignore_index
        safe = where(counted, target, 0)
        count = astype(counted, nll.dtype) if self.weight is None else where(counted, take(self.weight, safe), 0.0)
        losses = nll * count
        if self.smoothing:
            total = matrix.shape[0] if self.weight is None else sum(self.weight)
            spread = where(counted, total * nll + _lead(x, matrix, bias, safe, self.weight), 0.0)
            losses = (1 - self.smoothing) * losses + (self.smoothing / matrix.shape[0]) * spread
        return losses, count

    def of_probabilities(self, x: Any, matrix: Any, bias: Any, target: Any) -> tuple[Any, Any]:
        """Return losses and counts for probabilities."""
        if self.smoothing:
            target = (1 - self.smoothing) * target + self.smoothing / matrix.shape[0]
        if self.weight is not None:
            target = target * self.weight
        # Measured from the likeliest class, as the loss of a certain target can be much smaller than its logits.
        top = argmax(target, axis=1)
        total = sum(target, axis=1)
        return total * self._nll(x, matrix, bias, top) + _lead(x, matrix, bias, top, target), total

    def _nll(self, x: Any, matrix: Any, bias: Any, target: Any) -> Any:
        operands = (x, matrix) if bias is None else (x, matrix, bias)
        return linear_softmax_cross_entropy(
            *operands, target=array_of(target), ignore_index=self.ignore_index, rows=self.rows
        )


def _lead(x: Any, matrix: Any, bias: Any, top: Any, shares: Any) -> Any:
    """Return ``sum(shares * (logits[top] - logits))`` for each sample, without the logits; `shares` None means ones."""

    def mixed(rows: Any) -> Any:
        return sum(rows, axis=0) if shares is None else matmul(shares, rows)

    total = matrix.shape[0] if shares is None else sum(shares, axis=-1)
    lead = total * sum(x * take(matrix, top, axis=0), axis=1) - sum(x * mixed(matrix), axis=1)
    return lead if bias is None else lead + total * take(bias, top, axis=0) - mixed(bias)
