"""Cross entropy of a linear layer's logits as one operation, which never holds all logits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, backend_of
from ..errors import ShapeError
from ..tensor import ArrayT, array_of
from .arithmetic import zeros_like
from .contraction import linear, linear_shape, matmul
from .loss import NOT_IGNORED, pull_cotangent, pull_logits, softmax_cross_entropy, softmax_cross_entropy_grad
from .reduction import sum
from .shapes import Shape, matrix_transpose

BLOCK = 1 << 20
"""Logits, or elements of the weight's gradient, that are computed at a time."""

LEAST_ROWS = 128
"""Rows per block, however many classes there are: a product with fewer rows mostly waits for the weight's memory."""


def _row_blocks(samples: int, classes: int, rows: int | None) -> Iterator[slice]:
    step = rows or max(LEAST_ROWS, BLOCK // max(1, classes))
    return (slice(start, min(start + step, samples)) for start in range(0, max(1, samples), step))


def _class_blocks(classes: int, features: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, features))
    return (slice(start, min(start + step, classes)) for start in range(0, classes, step))


def _labels(x: Any, target: Any) -> Any:
    """Return the target as an array of integers on the device of `x`."""
    array = array_of(x)
    xp = backend_of(array).xp
    return xp.asarray(target, dtype=xp.int64, device=array.device)


def _logits(x: Any, weight: Any, bias: Sequence[Any]) -> Any:
    return linear(x, weight, bias[0] if bias else None)


def _losses_shape(x: Shape, weight: Shape, bias: Shape | None = None, *, target: Any, **_: Any) -> Shape:
    linear_shape(x, weight, bias)
    labels = tuple(target.shape) if hasattr(target, "shape") else (len(target),)
    if len(x) != 2 or labels != x[:1]:
        raise ShapeError(
            f"expected inputs of shape (samples, features) and one class index per sample, not inputs of shape {x} and "
            f"a target of shape {labels}"
        )
    return x[:1]


def _grad_shapes(g: Shape, x: Shape, weight: Shape, bias: Shape | None = None, **params: Any) -> Any:
    if tuple(g) != _losses_shape(x, weight, bias, **params):
        raise ShapeError(f"a cotangent of shape {g} for losses of shape {x[:1]}")
    return x, weight, weight[:1]


def _count_product(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
    x, weight, *_ = shapes
    return x[0] * weight[0] * (2 * x[1] + 13)


def _pull_losses(g: Any, operands: Sequence[Any], target: Any, ignore_index: int, rows: int | None) -> tuple[Any, ...]:
    pulled = linear_softmax_cross_entropy_grad(g, *operands, target=target, ignore_index=ignore_index, rows=rows)
    return pulled[: len(operands)]


def _pull_grad(c: Sequence[Any], operands: Sequence[Any], target: Any, ignore_index: int) -> tuple[Any, ...]:
    """Pull the cotangents (a, b, d) of `linear_softmax_cross_entropy_grad`'s results.

    They enter through one number, the product of the logits' cotangent with ``tangent``, the tangent of the logits
    along (a, b, d).
    """
    g, x, weight, *bias = operands
    target = _labels(x, target)
    a, b = (zeros_like(like) if part is None else part for part, like in zip(c[:2], (x, weight), strict=True))
    tangent = linear(a, weight, c[2]) + matmul(x, matrix_transpose(b))
    logits = _logits(x, weight, bias)
    pulled = softmax_cross_entropy_grad(g, logits, target, ignore_index)
    through = pull_logits(tangent, g, logits, target, ignore_index)
    return (
        pull_cotangent(tangent, logits, target, ignore_index),
        matmul(through, weight) + matmul(pulled, b),
        matmul(matrix_transpose(through), x) + matmul(matrix_transpose(pulled), a),
        *([sum(through, axis=0)] if bias else []),
    )


@op(
    vjp={"operands": _pull_losses},
    shape=_losses_shape,
    dtype="promote",
    takes="real floating",
    flops=_count_product,
    samples=[
        sample((4, 3), (5, 3), target=(0, 4, 2, 2)),
        sample((4, 3), (5, 3), (5,), target=(0, 4, 2, 2), ignore_index=2, rows=3),
        sample((0, 3), (5, 3), (5,), target=()),
    ],
    tolerance={"float32": 5e-6},
    checks_first=True,
)
def linear_softmax_cross_entropy(
    backend: Backend, /, *operands: ArrayT, target: Any, ignore_index: int = NOT_IGNORED, rows: int | None = None
) -> ArrayT:
    """Cross entropy of class indices with the softmax of ``input @ weight.T + bias``, per sample.

    The logits are computed in blocks of rows, again for the gradient, and never stored: what is saved are the operands.
    A second derivative holds all of them. `nn.functional.linear_cross_entropy` is the function for users.

    Parameters
    ----------
    *operands : tensors or arrays
        Input ``(samples, features)``, weight ``(classes, features)`` and, optionally, bias ``(classes,)``; real
        floating-point.
    target : array or tuple of integers, shape (samples,)
        The true classes.
    ignore_index : int
        Samples with this target have loss zero.
    rows : int, optional
        Rows of a block; by default of about a million logits.

    Returns
    -------
    Tensor
        Shape ``(samples,)``.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    IndexError
        If a target is not a class.

    Examples
    --------
    >>> tl.ops.linear_cross_entropy.linear_softmax_cross_entropy(tl.ones(1, 2), tl.zeros(3, 2), target=(1,))
    tensor([1.0986123])
    """
    xp = backend.xp
    x, weight, *bias = operands
    target = _labels(x, target)
    losses = [
        softmax_cross_entropy(_logits(x[block, :], weight, bias), target[block], ignore_index)
        for block in _row_blocks(x.shape[0], weight.shape[0], rows)
    ]
    return xp.concat(losses)


@op(
    vjp={"operands": _pull_grad},
    shape=_grad_shapes,
    dtype="promote",
    takes="real floating",
    flops=lambda shapes, out, params: 3 * _count_product(shapes[1:], out, params),
    results=3,
    samples=[
        sample((4,), (4, 3), (5, 3), target=(0, 4, 2, 2)),
        sample((4,), (4, 3), (5, 3), (5,), target=(0, 4, 2, 2), ignore_index=2, rows=3),
        sample((0,), (0, 3), (5, 3), target=()),
    ],
    tolerance={"float32": 5e-6},
)
def linear_softmax_cross_entropy_grad(
    backend: Backend, /, *operands: ArrayT, target: Any, ignore_index: int = NOT_IGNORED, rows: int | None = None
) -> tuple[ArrayT, ArrayT, ArrayT]:
    """Pull a cotangent of `linear_softmax_cross_entropy` to input, weight and bias.

    Parameters
    ----------
    *operands : tensors or arrays
        The cotangent, shape ``(samples,)``, and the operands of `linear_softmax_cross_entropy`.
    target, ignore_index, rows
        As in `linear_softmax_cross_entropy`.

    Returns
    -------
    tuple of Tensor
        In the shapes of input and weight, and ``(classes,)``.

    Examples
    --------
    >>> x, weight = tl.ones(1, 1), tl.zeros(2, 1)
    >>> tl.ops.linear_cross_entropy.linear_softmax_cross_entropy_grad(tl.ones(1), x, weight, target=(1,))[2]
    tensor([ 0.5, -0.5])
    """
    xp = backend.xp
    g, x, weight, *bias = operands
    target = _labels(x, target)
    of_x, of_weight, of_bias = [], xp.zeros_like(weight), xp.zeros(weight.shape[0], dtype=x.dtype, device=x.device)
    for block in _row_blocks(x.shape[0], weight.shape[0], rows):
        rows_of_x = x[block, :]
        pulled = softmax_cross_entropy_grad(g[block], _logits(rows_of_x, weight, bias), target[block], ignore_index)
        of_x.append(xp.matmul(pulled, weight))
        for part in _class_blocks(*weight.shape):
            of_weight[part, :] += xp.matmul(xp.matrix_transpose(pulled[:, part]), rows_of_x)
        of_bias += xp.sum(pulled, axis=0)
    return xp.concat(of_x), of_weight, of_bias
