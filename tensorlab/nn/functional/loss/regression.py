"""Regression losses: differences, and likelihoods of distributions."""

from __future__ import annotations

from math import log as log_of
from math import pi
from typing import Any, Literal

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops.arithmetic import abs, square, zeros_like
from ....ops.comparison import where
from ....ops.declare import composite
from ....ops.exponential import exp, log
from ....ops.loss import huber
from ....ops.reduction import any, sum
from ....ops.shapes import expand_dims
from ....ops.special import xlogy
from ....tensor import ArrayT, Tensor
from ..operands import on_host
from .common import Reduction, check_same_shape, reduced, shape_of, warn_of_broadcasting

BatchReduction = Literal["mean", "batchmean", "sum", "none"]

# -- differences -------------------------------------------------------------------------------------------------------


@composite(input="numeric", target="numeric", weight="real")
def mse_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean", weight: ArrayT | None = None) -> ArrayT:
    """Squared difference between input and target.

    Parameters
    ----------
    input : Tensor
        Any shape.
    target : Tensor
        The same shape; others broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        Reduction applied to the per-element losses.
    weight : Tensor, optional
        Weight of each element; the shape of `input`. The mean is then a weighted mean.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.mse_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """
    warn_of_broadcasting("mse_loss", input, target)
    losses = square(input - target)
    if weight is None:
        return reduced(losses, reduction)
    check_same_shape("mse_loss", input, weight, ("input", "weight"))
    return reduced(losses * weight, reduction, sum(weight) if reduction == "mean" else None)


@documented_like(mse_loss)
@composite(input="numeric", target="numeric")
def l1_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean") -> ArrayT:
    """Absolute difference between input and target. The gradient is zero where the difference is zero.

    Examples
    --------
    >>> tl.nn.functional.l1_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """
    warn_of_broadcasting("l1_loss", input, target)
    return reduced(abs(input - target), reduction)


@documented_like(mse_loss)
@composite(input="real", target="real")
def smooth_l1_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean", beta: float = 1.0) -> ArrayT:
    """Absolute difference less ``beta / 2``, and ``difference**2 / (2 * beta)`` below `beta` (Girshick 2015).

    Parameters
    ----------
    beta : float
        Non-negative: the difference where the quadratic part ends. 0 gives `l1_loss`, infinity gives 0.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.smooth_l1_loss(tl.tensor([0.5, 3.0]), tl.tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, not {beta}")
    warn_of_broadcasting("smooth_l1_loss", input, target)
    losses = huber(input - target, beta) / beta if beta else abs(input - target)
    return reduced(losses, reduction)


@documented_like(mse_loss)
@composite(input="real", target="real", weight="real")
def huber_loss(
    input: ArrayT, target: ArrayT, reduction: Reduction = "mean", delta: float = 1.0, weight: ArrayT | None = None
) -> ArrayT:
    """Half the squared difference, continued with constant slope beyond `delta` (Huber 1964).

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Reduction applied to the per-element losses. The mean divides by the number of elements, also with `weight`.
    delta : float
        Positive: the difference where the quadratic part ends; infinity gives half the squared difference everywhere.
    weight : Tensor, optional
        Weight of each element; the shape of `input`.

    Examples
    --------
    >>> tl.nn.functional.huber_loss(tl.tensor([0.5, 3.0]), tl.tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, not {delta}")
    warn_of_broadcasting("huber_loss", input, target)
    losses = huber(input - target, delta)
    if weight is not None:
        check_same_shape("huber_loss", input, weight, ("input", "weight"))
        losses = losses * weight
    return reduced(losses, reduction)


# -- likelihoods -------------------------------------------------------------------------------------------------------


@documented_like(mse_loss)
@composite(input="real floating", target="real", var="real")
def gaussian_nll_loss(
    input: ArrayT,
    target: ArrayT,
    var: ArrayT | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Negative log-likelihood of normal distributions (Nix and Weigend 1994).

    ``(log(var) + (input - target)**2 / var) / 2``. Variances below `eps` are replaced by `eps`; the gradient ignores
    this clamping, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Means; any shape.
    target : Tensor
        The same shape, or one that broadcasts.
    var : Tensor or float
        Variances: the shape of `input`, or that shape without its last axis or with one axis of length 1.
    full : bool
        Whether to add the constant ``log(2 * pi) / 2``.
    eps : float
        Positive: lower bound of the variances.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    ValueError
        If an option is out of range, or a variance in host memory is negative.

    Examples
    --------
    >>> tl.nn.functional.gaussian_nll_loss(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([2.0]))
    tensor(1.3465736)
    """
    if eps <= 0:
        raise ValueError(f"gaussian_nll_loss: eps must be positive, not {eps}")
    variances = _variances(var, input, eps)
    losses = 0.5 * (log(variances) + square(input - target) / variances)
    return reduced(losses + 0.5 * log_of(2 * pi) if full else losses, reduction)


def _variances(var: Any, input: Any, eps: float) -> Any:
    """Return variances that broadcast with the input and are at least `eps`."""
    if isinstance(var, int | float):
        var = zeros_like(input) + float(var)
    shape, given = shape_of(input), shape_of(var)
    if given != shape:
        if given == shape[:-1]:
            var = expand_dims(var, axis=-1)
        elif len(given) != len(shape) or [n for n, m in zip(given, shape, strict=True) if n != m] != [1]:
            raise ShapeError(
                f"gaussian_nll_loss: var must have the input's shape {shape}, or that shape without its last axis or "
                f"with one axis of length 1, not {given}"
            )
    if on_host(var) and bool(any(var < 0)):
        raise ValueError("gaussian_nll_loss: a variance is negative")
    constant = var.detach() if isinstance(var, Tensor) else var
    return where(constant < eps, eps + (var - constant), var)


@documented_like(mse_loss)
@composite(input="real floating", target="real")
def poisson_nll_loss(
    input: ArrayT,
    target: ArrayT,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Negative log-likelihood of Poisson distributions, up to ``log(target!)``, which can be approximated.

    Parameters
    ----------
    input : Tensor
        Logarithms of rates, or rates.
    target : Tensor
        Counts; the same shape, or one that broadcasts.
    log_input : bool
        Whether `input` holds logarithms: the loss is ``exp(input) - target * input``, otherwise
        ``input - target * log(input + eps)``.
    full : bool
        Whether to add Stirling's approximation of ``log(target!)`` for targets above 1,
        ``target * log(target) - target + log(2 * pi * target) / 2``.
    eps : float
        Added to rates before the logarithm.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.poisson_nll_loss(tl.tensor([0.0]), tl.tensor([3.0]))
    tensor(1.)
    """
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        many = target > 1
        count = where(many, target, 1.0)
        losses = losses + where(many, count * log(count) - count + 0.5 * log(2 * pi * count), 0.0)
    return reduced(losses, reduction)


@composite(input="real floating", target="real")
def kl_div(input: ArrayT, target: ArrayT, *, reduction: BatchReduction = "mean", log_target: bool = False) -> ArrayT:
    """Kullback-Leibler divergence of `target` from the distribution with log-probabilities `input`, elementwise.

    ``target * (log(target) - input)``: the second argument of the divergence comes first, as a logarithm.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor
        Probabilities; the same shape, or one that broadcasts. The loss of a probability of zero is zero.
    reduction : {"mean", "batchmean", "sum", "none"}
        Reduction applied to the per-element losses. ``"batchmean"`` is the divergence: the sum divided by the length
        of the first axis. ``"mean"`` divides by the number of elements.
    log_target : bool
        Whether `target` holds logarithms as well.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.kl_div(tl.tensor([[0.5, 0.5]]).log(), tl.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931472)
    """
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction == "batchmean":
        return sum(losses) / input.shape[0] if input.shape else sum(losses)
    return reduced(losses, reduction)
