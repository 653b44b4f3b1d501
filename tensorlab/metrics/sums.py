"""Sums of weights for each label."""

from __future__ import annotations

from ..nn.functional.operands import on_host
from ..ops.creation import arange
from ..ops.cumulative import cumulative_sum
from ..ops.indexing import take, take_add
from ..ops.sorting import argsort, searchsorted
from ..tensor import Tensor


def sums_of_labels(weights: Tensor, labels: Tensor, size: int) -> Tensor:
    """Return the sum of the weights of each label from 0 to `size` - 1, of the data type of the weights.

    On a device one thread of `take_add` would sum all weights of a label. As most samples may have the same one, like
    the background of images, weights are sorted by label and accumulated there instead.
    """
    if on_host(weights):
        return take_add(weights, labels, 0, size)
    order = argsort(labels)
    total = cumulative_sum(take(weights, order), include_initial=True)
    starts = searchsorted(take(labels, order), arange(size + 1, device=labels.device))
    bounds = take(total, starts)
    return bounds[1:] - bounds[:-1]
