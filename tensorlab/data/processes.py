"""Tensors that are sent to other processes: `multiprocessing` pickles their elements, where `pickle` refuses tensors.

A dataset can so be read in a process pool: ``executor.map(dataset.__getitem__, indices)``.
"""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from typing import Any

from ..backend import Device
from ..ops.creation import asarray
from ..tensor import Tensor


def received(elements: Any, device: Device, requires_grad: bool) -> Tensor:
    """Return the tensor that another process has sent."""
    return asarray(elements, device=device).requires_grad_(requires_grad)


def sent(x: Tensor) -> tuple[Any, ...]:
    """Return what `multiprocessing` pickles for a tensor.

    Raises
    ------
    TypeError
        If the tensor was computed from one that requires a gradient.
    """
    if not x.is_leaf:
        raise TypeError("a computed tensor is not sent to another process, as its history cannot be; detach it first")
    return received, (x.backend.to_numpy(x._array), x.device, x.requires_grad)


ForkingPickler.register(Tensor, sent)
