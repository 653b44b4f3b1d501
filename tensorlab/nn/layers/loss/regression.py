"""Losses of numbers as layers."""

from __future__ import annotations

from typing import Any

from ... import functional as F
from .base import _Loss


class MSELoss(_Loss):
    """Squared difference; see `functional.mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.MSELoss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Absolute difference; see `functional.l1_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.L1Loss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Absolute difference, but squared near zero; see `functional.smooth_l1_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.
    beta : float
        Not negative: up to which difference it is squared.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.SmoothL1Loss()(tl.tensor([0.5]), tl.tensor([0.0]))
    tensor(0.125)
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if beta < 0:
            raise ValueError(f"SmoothL1Loss: beta must not be negative, not {beta}")
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Half the squared difference, but of constant slope far from zero; see `functional.huber_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.
    delta : float
        Positive: up to which difference it is squared.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.HuberLoss()(tl.tensor([3.0]), tl.tensor([0.0]))
    tensor(2.5)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if delta <= 0:
            raise ValueError(f"HuberLoss: delta must be positive, not {delta}")
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, self.reduction, self.delta)


class GaussianNLLLoss(_Loss):
    """Negative log-likelihood of normal distributions; see `functional.gaussian_nll_loss`.

    Parameters
    ----------
    full : bool
        Whether to add the constant.
    eps : float
        Positive: the least variance.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.GaussianNLLLoss()(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if eps <= 0:
            raise ValueError(f"GaussianNLLLoss: eps must be positive, not {eps}")
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class PoissonNLLLoss(_Loss):
    """Negative log-likelihood of Poisson distributions; see `functional.poisson_nll_loss`.

    Parameters
    ----------
    log_input : bool
        Whether the input is logarithms of rates.
    full : bool
        Whether to add Stirling's approximation of the constant.
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
    >>> tl.nn.PoissonNLLLoss()(tl.tensor([0.0]), tl.tensor([3.0]))
    tensor(1.)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return F.poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence; see `functional.kl_div`.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        What is returned; the divergence is "batchmean".
    log_target : bool
        Whether the target is logarithms, as the input is.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> loss = tl.nn.KLDivLoss(reduction="batchmean")
    >>> loss(tl.tensor([[0.5, 0.5]]).log(), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """

    reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
