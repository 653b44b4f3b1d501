"""Clipping of gradients: by their common norm, element by element, or in proportion to the parameters."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from ...autodiff.graph import no_grad
from ...docstrings import documented_like
from ...ops.arithmetic import clip, maximum, minimum
from ...ops.comparison import isfinite, where
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.joining import stack
from ...ops.linalg.norms import vector_norm
from ...ops.shapes import astype
from ...options import NonNegative
from ...tensor import Tensor
from ...tracebacks import users_stacklevel
from .arguments import tensors_in

Tensors = Tensor | Iterable[Tensor]
Order = float | Literal["inf"]
"""The order of a norm."""


@composite()
def get_total_norm(tensors: Tensors, norm_type: Order = 2.0, error_if_nonfinite: bool = False) -> Tensor:
    """Return the norm of several tensors, as if all their elements were one vector.

    Parameters
    ----------
    tensors : Tensor, or iterable of Tensor
        Any shapes.
    norm_type : float or "inf"
        The order of the norm; infinity is the largest magnitude.
    error_if_nonfinite : bool
        Whether a norm that is NaN or infinite is an error; the check waits for a GPU.

    Returns
    -------
    Tensor
        0-d, on the first tensor's device; zero if there are no tensors.

    Raises
    ------
    RuntimeError
        With `error_if_nonfinite`, if the norm is NaN or infinite.

    Examples
    --------
    >>> tl.nn.utils.get_total_norm([tl.tensor([3.0]), tl.tensor([[4.0]])])
    tensor(5.)
    """
    found, order = tensors_in("get_total_norm", "tensors", tensors), float(norm_type)
    with no_grad():
        norms = [vector_norm(x.detach(), ord=order) for x in found]
        if not norms:
            return zeros(())
        total = vector_norm(stack([norm.to(found[0].device) for norm in norms]), ord=order)
    if error_if_nonfinite and not bool(isfinite(total)):
        raise RuntimeError(
            f"the gradients' norm of order {order} is {total.item()}, so they cannot be clipped by it; "
            "with error_if_nonfinite=False they are scaled nevertheless"
        )
    return total


@composite()
def clip_grads_with_norm_(parameters: Tensors, max_norm: NonNegative, total_norm: Tensor) -> None:
    """Scale gradients, in place, by ``max_norm / (total_norm + 1e-6)`` where that is below one.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Those without a `grad` are ignored.
    max_norm : float
        Largest norm.
    total_norm : Tensor
        The present norm; see `get_total_norm`.

    Examples
    --------
    >>> p = tl.zeros(1, requires_grad=True)
    >>> p.grad = tl.tensor([6.0])
    >>> tl.nn.utils.clip_grads_with_norm_(p, 2.0, tl.tensor(4.0))
    >>> p.grad
    tensor([2.9999993])
    """
    with no_grad():
        factor = minimum(max_norm / (total_norm + 1e-6), 1.0)
        for grad in _gradients(tensors_in("clip_grads_with_norm_", "parameters", parameters)):
            here = factor.to(grad.device)
            grad *= here if here.dtype == grad.dtype else astype(here, grad.dtype)


@documented_like(get_total_norm)
@composite()
def clip_grad_norm_(
    parameters: Tensors, max_norm: NonNegative, norm_type: Order = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale gradients, in place, so that their common norm is at most `max_norm` (Pascanu et al., 2013).

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Those without a `grad` are ignored.
    max_norm : float
        Largest norm of all gradients together.

    Returns
    -------
    Tensor
        The norm before scaling, 0-d.

    Raises
    ------
    RuntimeError
        With `error_if_nonfinite`, if the norm is NaN or infinite; the gradients are then unchanged.

    Warns
    -----
    UserWarning
        If `parameters` is a generator that is exhausted.

    Examples
    --------
    >>> p = tl.zeros(2, requires_grad=True)
    >>> p.grad = tl.tensor([30.0, 40.0])
    >>> tl.nn.utils.clip_grad_norm_(p, max_norm=5.0)
    tensor(50.)
    >>> p.grad
    tensor([3., 4.])
    """
    found = tensors_in("clip_grad_norm_", "parameters", parameters)
    if not found and isinstance(parameters, Iterator):
        warnings.warn(
            "clip_grad_norm_ got an iterator without elements, such as a generator that was used before: nothing is "
            "clipped; pass a list, or call parameters() again",
            stacklevel=users_stacklevel(),
        )
    total = get_total_norm(_gradients(found), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(found, max_norm, total)
    return total


@composite()
def clip_grad_value_(parameters: Tensors, clip_value: NonNegative) -> None:
    """Clip each element of gradients, in place, to ``[-clip_value, clip_value]``.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Those without a `grad` are ignored.
    clip_value : float
        Largest magnitude.

    Examples
    --------
    >>> p = tl.zeros(2, requires_grad=True)
    >>> p.grad = tl.tensor([-3.0, 0.5])
    >>> tl.nn.utils.clip_grad_value_([p], 1.0)
    >>> p.grad
    tensor([-1. ,  0.5])
    """
    with no_grad():
        for grad in _gradients(tensors_in("clip_grad_value_", "parameters", parameters)):
            grad[...] = clip(grad.detach(), -clip_value, clip_value)


@composite()
def clip_grad_adaptive_(
    parameters: Tensors, clip_factor: NonNegative = 0.01, eps: NonNegative = 1e-3, norm_type: Order = 2.0
) -> None:
    """Scale the gradient of each unit, in place, to at most `clip_factor` times the norm of the unit's weights.

    (Brock, De, Smith and Simonyan, "High-Performance Large-Scale Image Recognition Without Normalization", 2021.)
    A unit's weights are a row of the weight of a linear layer, or the filter of an output channel: what belongs to one
    index of the first axis. A tensor with fewer than two axes, such as a bias, is one unit. The authors leave out the
    parameters of the last linear layer.

    Parameters
    ----------
    parameters : Tensor, or iterable of Tensor
        Those without a `grad` are ignored.
    clip_factor : float
        Largest ratio of the norms of gradient and weights; smaller for larger batches.
    eps : float
        Weights whose norm is smaller count as having this norm, so that zeros can change.
    norm_type : float or "inf"
        The order of the norms; infinity is the largest magnitude.

    Examples
    --------
    >>> p = tl.tensor([[3.0, 4.0], [0.0, 1.0]], requires_grad=True)
    >>> p.grad = tl.tensor([[6.0, 8.0], [0.0, 0.1]])
    >>> tl.nn.utils.clip_grad_adaptive_(p, clip_factor=0.2)
    >>> p.grad
    tensor([[0.6, 0.8],
            [0. , 0.1]])
    """
    order = float(norm_type)
    with no_grad():
        for parameter in tensors_in("clip_grad_adaptive_", "parameters", parameters):
            if (grad := parameter.grad) is not None:
                bound = clip_factor * maximum(_unit_norms(parameter.detach(), order), eps)
                norm = _unit_norms(grad.detach(), order)
                exceeds = norm > bound
                grad *= where(exceeds, bound / where(exceeds, norm, 1.0), 1.0)


def _unit_norms(x: Tensor, order: float) -> Tensor:
    """Return the norm of what belongs to each index of the first axis, or of all of a vector or number."""
    axes = tuple(range(1 if x.ndim > 1 else 0, x.ndim))
    return vector_norm(x, axis=axes, keepdims=True, ord=order)


def _gradients(parameters: list[Tensor]) -> list[Any]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
