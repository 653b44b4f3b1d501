"""Regression losses as layers: differences, and likelihoods of distributions."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import inf
from typing import Annotated

from ....options import Positive, declared
from ....options.kinds import Real
from ....tensor import Tensor
from ... import functional as F
from ...functional.loss.common import Reduction
from ...functional.loss.regression import BatchReduction
from .base import Loss, LossLayer, Reduced


class MSELoss(Loss, function=F.mse_loss):
    """Squared difference between input and target.

    Examples
    --------
    >>> tl.nn.MSELoss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """


class L1Loss(Loss, function=F.l1_loss):
    """Absolute difference between input and target.

    Examples
    --------
    >>> tl.nn.L1Loss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """


@declared
class SmoothL1Loss(Loss, function=F.smooth_l1_loss):
    """Absolute difference, squared near zero (Girshick 2015).

    Examples
    --------
    >>> tl.nn.SmoothL1Loss()(tl.tensor([0.5]), tl.tensor([0.0]))
    tensor(0.125)
    """

    _: KW_ONLY
    beta: Annotated[float, Real(0, inf)] = 1.0


@declared
class HuberLoss(Loss, function=F.huber_loss):
    """Half the squared difference, continued with constant slope far from zero (Huber 1964).

    Examples
    --------
    >>> tl.nn.HuberLoss()(tl.tensor([3.0]), tl.tensor([0.0]))
    tensor(2.5)
    """

    reduction: Reduction = "mean"
    delta: Annotated[float, Real(0, inf, "(]")] = 1.0


@declared
class GaussianNLLLoss(Reduced, function=F.gaussian_nll_loss):
    """Negative log-likelihood of normal distributions (Nix and Weigend 1994).

    Examples
    --------
    >>> tl.nn.GaussianNLLLoss()(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([1.0]))
    tensor(2.)
    """

    _: KW_ONLY
    full: bool = False
    eps: Positive = 1e-6

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


@declared
class PoissonNLLLoss(Loss, function=F.poisson_nll_loss):
    """Negative log-likelihood of Poisson distributions.

    Examples
    --------
    >>> tl.nn.PoissonNLLLoss()(tl.tensor([0.0]), tl.tensor([3.0]))
    tensor(1.)
    """

    log_input: bool = True
    full: bool = False
    _: KW_ONLY
    eps: float = 1e-8


@declared
class KLDivLoss(LossLayer, function=F.kl_div):
    """Kullback-Leibler divergence of the target from the distribution with log-probabilities `input`.

    Examples
    --------
    >>> loss = tl.nn.KLDivLoss(reduction="batchmean")
    >>> loss(tl.tensor([[0.5, 0.5]]).log(), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """

    _: KW_ONLY
    reduction: BatchReduction = "mean"
    log_target: bool = False

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
