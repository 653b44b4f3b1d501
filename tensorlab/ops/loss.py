"""Losses that are ops of their own."""

from __future__ import annotations

from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .arithmetic import abs as absolute
from .arithmetic import clip, minimum, zeros_like
from .comparison import where
from .declare import as_arrays, elementwise
from .exponential import sigmoid
from .reduction import sum
from .shapes import Shape
from .softmax import softmax

NOT_IGNORED = -100
"""PyTorch's default for the class that is ignored in the loss."""


def _per_sample(logits: Shape, target: Shape, ignore_index: int = NOT_IGNORED) -> Shape:
    if len(logits) != 2 or tuple(target) != logits[:1]:
        raise ShapeError(
            f"expected logits of shape (samples, classes) and one class index per sample, not logits of shape {logits} "
            f"and a target of shape {target}"
        )
    if target[0] and not logits[1]:
        raise ShapeError(f"logits of shape {logits} have no classes")
    return target


def _checked_target(backend: Backend, target: Any, classes: int, ignore_index: int) -> tuple[Any, Any]:
    """Return which samples are counted, and the target with class 0 for the others."""
    xp = backend.xp
    counted = target != ignore_index
    safe = xp.where(counted, target, xp.zeros_like(target))
    outside = (safe < 0) | (safe >= classes)
    if bool(xp.any(outside)):
        raise IndexError(f"a target is outside the {classes} classes 0 to {classes - 1}: {int(safe[outside][0])}")
    return counted, safe


def _one_hot(backend: Backend, target: Any, like: Any) -> Any:
    xp = backend.xp
    classes = xp.arange(like.shape[1], dtype=target.dtype, device=like.device)
    return xp.astype(target[:, None] == classes[None, :], like.dtype)


@op(
    vjp={"logits": lambda g, logits, target, ignore_index: softmax_cross_entropy_grad(g, logits, target, ignore_index)},
    shape=_per_sample,
    flops=lambda shapes, out, params: 13 * shapes[0][0] * shapes[0][1],
    samples=[sample((4, 3), Draw((4,), 0, 3, "integer")), sample((4, 3), Draw((4,), 0, 3, "integer"), ignore_index=1)],
    real_only=True,
)
def softmax_cross_entropy(
    backend: Backend, logits: ArrayT, target: ArrayT, /, ignore_index: int = NOT_IGNORED
) -> ArrayT:
    """Cross entropy of class indices with the softmax of logits, per sample.

    Parameters
    ----------
    logits : tensor or array, shape (samples, classes)
        Unnormalised log-probabilities.
    target : tensor or array of integers, shape (samples,)
        The true classes.
    ignore_index : int
        Samples with this target have loss zero.

    Returns
    -------
    Tensor
        Shape ``(samples,)``: ``logsumexp(logits[i]) - logits[i, target[i]]``.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    IndexError
        If a target is not a class.

    Examples
    --------
    >>> tl.ops.loss.softmax_cross_entropy(tl.tensor([[0.0, 1000.0]]), tl.tensor([1]))
    tensor([0.])
    """
    xp = backend.xp
    counted, safe = _checked_target(backend, target, logits.shape[1], ignore_index)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    chosen = xp.take_along_axis(shifted, safe[:, None], axis=1)[:, 0]
    losses = xp.log(xp.sum(xp.exp(shifted), axis=1)) - chosen
    return xp.where(counted, losses, xp.zeros_like(losses))


def pull_cotangent(cotangent: Any, logits: Any, target: Any, ignore_index: int) -> Any:
    """Pull the cotangent of `softmax_cross_entropy_grad` to its `g`."""
    # The gradient is linear in g: its transpose multiplies the rows of "softmax minus one-hot" by the cotangent.
    ones = logits[:, 0] * 0 + 1
    return sum(cotangent * softmax_cross_entropy_grad(ones, logits, target, ignore_index), axis=1)


def pull_logits(cotangent: Any, g: Any, logits: Any, target: Any, ignore_index: int) -> Any:
    """Pull the cotangent of `softmax_cross_entropy_grad` to its `logits`."""
    probabilities = softmax(logits, axis=1)
    weighted = cotangent * _counted_weight(g, target, ignore_index)[:, None]
    return (weighted - sum(weighted * probabilities, axis=1, keepdims=True)) * probabilities


def _counted_weight(g: Any, target: Any, ignore_index: int) -> Any:
    return where(target != ignore_index, g, 0.0)


@op(
    vjp={"g": pull_cotangent, "logits": pull_logits},
    shape=lambda g, logits, target, ignore_index: logits,
    flops=lambda shapes, out, params: 16 * shapes[1][0] * shapes[1][1],
    samples=[
        sample((4,), (4, 3), Draw((4,), 0, 3, "integer"), ignore_index=NOT_IGNORED),
        sample((4,), (4, 3), Draw((4,), 0, 3, "integer"), ignore_index=1),
    ],
    real_only=True,
)
def softmax_cross_entropy_grad(
    backend: Backend, g: ArrayT, logits: ArrayT, target: ArrayT, /, ignore_index: int
) -> ArrayT:
    """Gradient of `softmax_cross_entropy`: each row of softmax minus one-hot, times the sample's `g`.

    Examples
    --------
    >>> tl.ops.loss.softmax_cross_entropy_grad(tl.ones(1), tl.tensor([[0.0, 0.0]]), tl.tensor([1]), -100)
    tensor([[ 0.5, -0.5]])
    """
    xp = backend.xp
    counted = target != ignore_index
    powers = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    difference = powers / xp.sum(powers, axis=1, keepdims=True) - _one_hot(backend, target, logits)
    return difference * xp.where(counted, g, xp.zeros_like(g))[:, None]


# -- of probabilities, two classes -------------------------------------------------------------------------------------

LEAST_LOGARITHM = -100.0
"""PyTorch's bound on logarithms in the binary cross entropy, so that a wrong certainty has a finite loss."""

LEAST_VARIANCE = 1e-12
"""PyTorch's bound on ``p * (1 - p)``, the denominator of the gradient."""


def _pull_probability(g: Any, x: Any, target: Any) -> Any:
    return g * (x - target) / clip(x * (1 - x), LEAST_VARIANCE)


def _array_like(x: Any, g: Any) -> Any:
    """Return an operand, which may be a Python number, as an array or tensor like the cotangent."""
    return zeros_like(g) + x if isinstance(x, int | float) else x


def _pull_label(g: Any, x: Any) -> Any:
    x = _array_like(x, g)
    return g * (binary_cross_entropy(x, 1.0) - binary_cross_entropy(x, 0.0))


@elementwise(_pull_probability, _pull_label, domain=(0.1, 0.9), dtype="floating", takes="real floating", flops=30)
def binary_cross_entropy(backend: Backend, x: ArrayT | complex, target: ArrayT | complex, /) -> ArrayT:
    """``-target * log(x) - (1 - target) * log(1 - x)``, with logarithms of at least -100, elementwise.

    The derivative is ``(x - target) / (x * (1 - x))``, whose denominator is at least 1e-12: both bounds are PyTorch's.

    Examples
    --------
    >>> tl.ops.loss.binary_cross_entropy(tl.tensor([0.5, 0.0]), tl.tensor([1.0, 1.0]))
    tensor([  0.6931472, 100.       ])
    """
    xp = backend.xp
    p, target = as_arrays(backend, x, target)
    # NaN outside [0, 1], like the logarithm; that of 0 is not computed, which avoids a warning.
    p = xp.where((p >= 0) & (p <= 1), p, float("nan"))
    of_one = xp.where(p == 0, LEAST_LOGARITHM, xp.log(xp.where(p == 0, 1.0, p)))
    of_zero = xp.where(p == 1, LEAST_LOGARITHM, xp.log1p(-xp.where(p == 1, 0.0, p)))
    least = -LEAST_LOGARITHM
    return target * xp.clip(xp.abs(of_one), max=least) + (1 - target) * xp.clip(xp.abs(of_zero), max=least)


@elementwise(
    lambda g, x, target: g * (sigmoid(x) - target),
    lambda g, x: -g * x,
    domain=(-3.0, 3.0),
    dtype="floating",
    takes="real floating",
    flops=26,
)
def sigmoid_cross_entropy(backend: Backend, x: ArrayT | complex, target: ArrayT | complex, /) -> ArrayT:
    """Binary cross entropy of ``sigmoid(x)``, elementwise, without intermediate overflow.

    It is ``log(1 + exp(x)) - target * x``: with targets 0 and 1 the softplus of `x` and of ``-x``. Where `x` is
    infinite, it is 0 for the target of that sign and infinite for others.

    Examples
    --------
    >>> tl.ops.loss.sigmoid_cross_entropy(tl.tensor([0.0, -1000.0]), tl.tensor([1.0, 1.0]))
    tensor([6.931472e-01, 1.000000e+03])
    """
    xp = backend.xp
    logits, labels = as_arrays(backend, x, target)
    size = xp.abs(logits)
    missed = xp.where(logits > 0, 1.0 - labels, labels)
    return xp.log1p(xp.exp(-size)) + missed * xp.where(missed == 0, 0.0, size)


# -- differences -------------------------------------------------------------------------------------------------------


def _pull_difference(g: Any, x: Any, delta: Any) -> Any:
    return g * clip(_array_like(x, g), -delta, delta)


def _pull_delta(g: Any, x: Any, delta: Any) -> Any:
    size = absolute(_array_like(x, g))
    return g * (size - minimum(size, delta))


@elementwise(_pull_difference, _pull_delta, domain=(0.5, 2.0), dtype="floating", takes="real floating", flops=5)
def huber(backend: Backend, x: ArrayT | complex, delta: ArrayT | complex, /) -> ArrayT:
    """``x**2 / 2``, but ``delta * (abs(x) - delta / 2)`` where ``abs(x)`` is above `delta`, elementwise.

    Examples
    --------
    >>> tl.ops.loss.huber(tl.tensor([0.5, -3.0]), 1.0)
    tensor([0.125, 2.5  ])
    """
    xp = backend.xp
    x, delta = as_arrays(backend, x, delta)
    size = xp.abs(x)
    inner = xp.minimum(size, delta)
    return inner * (size - 0.5 * inner)
