"""Softmax, log-softmax and cross entropy, in fewer passes over memory than the default kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import reduction

Axis = int | tuple[int, ...] | None


def _shifted_exponentials(x: Any, axis: Axis) -> tuple[Any, Any, Any]:
    """Return `x` minus its maximum along `axis`, the exponentials of that, and their sum."""
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    exponentials = np.exp(shifted)
    return shifted, exponentials, reduction.sum(exponentials, axis, keepdims=True)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """Compute ``exp(x)``, scaled to sum to one along an axis, or over several."""
    if not x.size:  # the maximum of nothing is undefined
        return np.zeros(x.shape, x.dtype)
    _, exponentials, total = _shifted_exponentials(x, axis)
    exponentials /= total
    return exponentials


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """Logarithm of `softmax`."""
    if not x.size:
        return np.zeros(x.shape, x.dtype)
    shifted, _, total = _shifted_exponentials(x, axis)
    shifted -= np.log(total)
    return shifted


def softmax_cross_entropy(logits: Any, target: Any, ignore_index: int) -> Any:
    """Cross entropy of each row of `logits` with a class index; see `tensorlab.ops.loss`."""
    shifted, _, total = _shifted_exponentials(logits, 1)
    chosen, ignored = _choose_classes(target, logits.shape[1], ignore_index)
    losses = np.log(total[:, 0])
    losses -= shifted[np.arange(len(chosen)), chosen]
    if ignored is not None:
        losses[ignored] = 0
    return losses


def softmax_cross_entropy_grad(g: Any, logits: Any, target: Any, ignore_index: int) -> Any:
    """Softmax minus one-hot target, each row times its entry of `g`; see `tensorlab.ops.loss`."""
    difference = softmax(logits, 1)
    chosen, ignored = _choose_classes(target, logits.shape[1], ignore_index)
    difference[np.arange(len(chosen)), chosen] -= 1
    difference *= g[:, None]
    if ignored is not None:
        difference[ignored] = 0
    return difference


def _choose_classes(target: Any, classes: int, ignore_index: int) -> tuple[Any, Any]:
    """Return a class for each row, and a mask of ignored rows (None if there are none).

    Raises
    ------
    IndexError
        If a target is neither a class nor `ignore_index`.
    """
    if len(target) == 0 or (np.minimum.reduce(target) >= 0 and ignore_index < 0):
        ignored, chosen = None, target
    else:
        ignored = target == ignore_index
        chosen = np.where(ignored, 0, target)
    if len(chosen) and not 0 <= np.minimum.reduce(chosen) <= np.maximum.reduce(chosen) < classes:
        wrong = chosen[(chosen < 0) | (chosen >= classes)]
        raise IndexError(f"a target is outside the {classes} classes 0 to {classes - 1}: {int(wrong[0])}")
    return chosen, ignored
