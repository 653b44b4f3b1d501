"""Optimizer updates in blocks that stay in the cache from the first ufunc to the last, without fresh memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BLOCK = 1 << 15
"""Elements per block: five arrays of them are 640 KB in float32."""


def in_blocks(update: Callable[..., None], param: Any, others: tuple[Any, ...], *options: Any) -> None:
    """Call ``update(*parts, scratch, *options)`` for neighbouring parts of flat arrays; None stays None."""
    scratch = np.empty(min(param.size, BLOCK), param.dtype)
    if param.size <= BLOCK:
        update(param, *others, scratch, *options)
        return
    for start in range(0, param.size, BLOCK):
        part = param[start : start + BLOCK]
        rest = [other if other is None else other[start : start + BLOCK] for other in others]
        update(part, *rest, scratch[: part.size], *options)


def sgd_update(
    param: Any,
    grad: Any,
    velocity: Any,
    *,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    first: bool,
) -> None:
    """One step of stochastic gradient descent; see `OptimizerKernels.sgd_update`."""
    in_blocks(_sgd, param, (grad, velocity), lr, momentum, dampening, weight_decay, nesterov, first)


def _sgd(
    param: Any,
    grad: Any,
    velocity: Any,
    scratch: Any,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    first: bool,
) -> None:
    if weight_decay:
        grad = grad + np.multiply(param, weight_decay, out=scratch)
    if velocity is not None:
        if first:
            velocity[...] = grad
        else:
            velocity *= momentum
            velocity += np.multiply(grad, 1 - dampening, out=scratch) if dampening else grad
        grad = np.add(np.multiply(velocity, momentum, out=scratch), grad, out=scratch) if nesterov else velocity
    param -= np.multiply(grad, lr, out=scratch)


def adam_update(
    param: Any,
    grad: Any,
    mean: Any,
    square: Any,
    largest: Any,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    step: int,
) -> None:
    """One step of Adam or AdamW; see `OptimizerKernels.adam_update`."""
    size = lr / (1 - beta1**step)
    correction = (1 - beta2**step) ** 0.5
    shrink = 1 - lr * weight_decay if decoupled else 1.0
    penalty = 0.0 if decoupled else weight_decay
    in_blocks(_adam, param, (grad, mean, square, largest), size, correction, beta1, beta2, eps, shrink, penalty)


def _adam(
    param: Any,
    grad: Any,
    mean: Any,
    square: Any,
    largest: Any,
    scratch: Any,
    size: float,
    correction: float,
    beta1: float,
    beta2: float,
    eps: float,
    shrink: float,
    penalty: float,
) -> None:
    if shrink != 1.0:
        param *= shrink
    if penalty:
        grad = grad + np.multiply(param, penalty, out=scratch)
    mean += np.multiply(np.subtract(grad, mean, out=scratch), 1 - beta1, out=scratch)
    square *= beta2
    square += np.multiply(np.multiply(grad, grad, out=scratch), 1 - beta2, out=scratch)
    if largest is not None:
        square = np.maximum(largest, square, out=largest)
    root = np.divide(np.sqrt(square, out=scratch), correction, out=scratch)
    root += eps
    change = np.divide(mean, root, out=scratch)
    change *= size
    param -= change
