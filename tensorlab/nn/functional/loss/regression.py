"""Losses of numbers: differences, and likelihoods of distributions."""

from __future__ import annotations

from math import log as log_of
from math import pi
from typing import Any

from ....errors import ShapeError
from ....ops.arithmetic import abs, square, zeros_like
from ....ops.comparison import where
from ....ops.declare import composite
from ....ops.exponential import exp, log
from ....ops.loss import huber
from ....ops.reduction import any, sum
from ....ops.shapes import expand_dims
from ....ops.special import xlogy
from ....tensor import Tensor
from ..operands import on_host
from .common import check_reduction, check_same_shape, reduced, shape_of, warn_of_broadcasting

# -- differences -------------------------------------------------------------------------------------------------------


@composite(input="numeric", target="numeric", weight="real")
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Tensor:
    """Squared difference.

    Parameters
    ----------
    input : Tensor
        Any shape.
    target : Tensor
        The same shape; others broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        What is returned; the mean is weighted.
    weight : Tensor, optional
        How much each element counts; the shape of `input`.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.mse_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_reduction("mse_loss", reduction)
    warn_of_broadcasting("mse_loss", input, target)
    losses = square(input - target)
    if weight is None:
        return reduced(losses, reduction)
    check_same_shape("mse_loss", input, weight, ("input", "weight"))
    return reduced(losses * weight, reduction, sum(weight) if reduction == "mean" else None)


@composite(input="numeric", target="numeric")
def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Absolute difference; see `mse_loss`. The gradient is zero where the difference is.

    Examples
    --------
    >>> tl.nn.functional.l1_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check_reduction("l1_loss", reduction)
    warn_of_broadcasting("l1_loss", input, target)
    return reduced(abs(input - target), reduction)


@composite(input="real", target="real")
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Absolute difference less ``beta / 2``, and ``difference**2 / (2 * beta)`` below `beta` (Girshick 2015).

    Parameters
    ----------
    input, target, reduction
        As for `mse_loss`.
    beta : float
        Not negative; 0 is `l1_loss`.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.smooth_l1_loss(tl.tensor([0.5, 3.0]), tl.tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    check_reduction("smooth_l1_loss", reduction)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, not {beta}")
    warn_of_broadcasting("smooth_l1_loss", input, target)
    losses = huber(input - target, beta) / beta if beta else abs(input - target)
    return reduced(losses, reduction)


@composite(input="real", target="real", weight="real")
def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """Half the squared difference, but of constant slope beyond `delta` (Huber 1964).

    Parameters
    ----------
    input, target, reduction
        As for `mse_loss`.
    delta : float
        Positive.
    weight : Tensor, optional
        What each loss is multiplied with; the shape of `input`. The mean is over the elements, not over the weights.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.huber_loss(tl.tensor([0.5, 3.0]), tl.tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    check_reduction("huber_loss", reduction)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, not {delta}")
    warn_of_broadcasting("huber_loss", input, target)
    losses = huber(input - target, delta)
    if weight is not None:
        check_same_shape("huber_loss", input, weight, ("input", "weight"))
        losses = losses * weight
    return reduced(losses, reduction)


# -- likelihoods -------------------------------------------------------------------------------------------------------


@composite(input="real floating", target="real", var="real")
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Negative log-likelihood of normal distributions (Nix and Weigend 1994).

    ``(log(var) + (input - target)**2 / var) / 2``. The variance is at least `eps`; its gradient passes that bound as
    if it were not there, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Means; any shape.
    target : Tensor
        The same shape, or one that broadcasts.
    var : Tensor or float
        Variances: of the shape of `input`, or that with the last axis missing or one axis of length 1.
    full : bool
        Whether to add the constant ``log(2 * pi) / 2``.
    eps : float
        Positive.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If a setting is out of range, or (on hosts) a variance is negative.

    Examples
    --------
    >>> tl.nn.functional.gaussian_nll_loss(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([2.0]))
    tensor(1.3465736)
    """
    check_reduction("gaussian_nll_loss", reduction)
    if eps <= 0:
        raise ValueError(f"gaussian_nll_loss: eps must be positive, not {eps}")
    if isinstance(var, int | float):
        var = zeros_like(input) + float(var)
    shape, given = shape_of(input), shape_of(var)
    if given != shape:
        if given == shape[:-1]:
            var = expand_dims(var, axis=-1)
        elif len(given) != len(shape) or [n for n, m in zip(given, shape, strict=True) if n != m] != [1]:
            raise ShapeError(
                f"gaussian_nll_loss: var has the shape of the input {shape}, or that without its last axis or with one "
                f"axis of length 1, not {given}"
            )
    if on_host(var) and bool(any(var < 0)):
        raise ValueError("gaussian_nll_loss: a variance is negative")
    constant = var.detach() if isinstance(var, Tensor) else var
    var = where(constant < eps, eps + (var - constant), var)
    losses = 0.5 * (log(var) + square(input - target) / var)
    return reduced(losses + 0.5 * log_of(2 * pi) if full else losses, reduction)


@composite(input="real floating", target="real")
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of Poisson distributions, without or with an approximation of ``log(target!)``.

    Parameters
    ----------
    input : Tensor
        Logarithms of rates, or rates.
    target : Tensor
        Counts; the same shape, or one that broadcasts.
    log_input : bool
        Whether `input` is logarithms: ``exp(input) - target * input``; otherwise
        ``input - target * log(input + eps)``.
    full : bool
        Whether to add Stirling's ``target * log(target) - target + log(2 * pi * target) / 2``, for targets above 1.
    eps : float
        Added to rates before the logarithm.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.poisson_nll_loss(tl.tensor([0.0]), tl.tensor([3.0]))
    tensor(1.)
    """
    check_reduction("poisson_nll_loss", reduction)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        many = target > 1
        count = where(many, target, 1.0)
        losses = losses + where(many, count * log(count) - count + 0.5 * log(2 * pi * count), 0.0)
    return reduced(losses, reduction)


@composite(input="real floating", target="real")
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Kullback-Leibler divergence of distributions from what `target` says, element by element.

    ``target * (log(target) - input)``: the second argument of the divergence comes first, and as a logarithm.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor
        Probabilities; the same shape, or one that broadcasts. Those of zero cost nothing.
    reduction : {"mean", "batchmean", "sum", "none"}
        What is returned. The divergence is ``"batchmean"``, the sum over the length of the first axis; ``"mean"`` is
        over the elements.
    log_target : bool
        Whether `target` is logarithms too.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.kl_div(tl.tensor([[0.5, 0.5]]).log(), tl.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931472)
    """
    check_reduction("kl_div", reduction, ("mean", "batchmean", "sum", "none"))
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction == "batchmean":
        return sum(losses) / input.shape[0] if input.shape else sum(losses)
    return reduced(losses, reduction)
