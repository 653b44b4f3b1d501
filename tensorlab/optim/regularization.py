"""Regularisation of parameters: penalties to add to a loss, a bound on norms, and weight decay for any optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Annotated, Any

from ..autodiff.graph import no_grad
from ..errors import ShapeError
from ..nn.module.parameter import Uninitialized
from ..ops.arithmetic import abs as absolute
from ..ops.arithmetic import conj, maximum, real, square
from ..ops.creation import zeros
from ..ops.linalg.norms import vector_norm
from ..ops.reduction import sum
from ..ops.shapes import normalized_axes
from ..options import Count, NonNegative, Positive, checked
from ..options.kinds import Real
from ..tensor import Tensor
from .optimizer import Optimizer
from .param_groups import Params, parameter_list, saved_count


class FromEpoch:
    """The base class of what is active from an epoch on, and counts epochs.

    Attributes
    ----------
    epoch : int
        Number of calls of `step`.
    """

    @checked
    def __init__(self, start: Count) -> None:
        self.start, self.epoch = start, 0

    @property
    def active(self) -> bool:
        """Whether the epoch `start` was reached."""
        return self.epoch >= self.start

    def step(self) -> None:
        """Count an epoch, as the ``step`` of a schedule does."""
        self.epoch += 1

    def state_dict(self) -> dict[str, int]:
        """Return the epoch, for `load_state_dict`."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a `state_dict`; raises `ValueError` if it is something else."""
        self.epoch = saved_count(self, "epoch", state_dict)


class ElasticPenalty(FromEpoch):
    """The elastic net's penalty (Zou and Hastie, 2005), a term for a loss: ``l1 * sum |x| + l2 * sum |x|**2``.

    Calling it gives a 0-d tensor, on the first parameter's device, with derivatives of any order. There is no factor
    1/2 before the squares: their gradient is ``2 * l2 * x``, that of an optimizer's ``weight_decay = 2 * l2``. Of
    ``|x|`` it is the sign, 0 at 0. Complex numbers enter by their magnitudes.

    Parameters
    ----------
    params : iterable of Tensor
        Parameters to penalize; one given twice counts once.
    l1, l2 : float
        The weights of the two sums.
    start : int
        The epoch of the first penalty, as counted by `step`. Before it the penalty is a zero that requires no gradient,
        and nothing is computed.

    Raises
    ------
    ValueError, TypeError
        If there are no parameters, one is not a floating-point tensor, or a number is negative or of another type.

    Examples
    --------
    >>> x = tl.tensor([1.0, -2.0], requires_grad=True)
    >>> penalty = tl.optim.regularization.ElasticPenalty([x], l1=0.5, l2=0.25, start=1)
    >>> penalty(), penalty.active
    (tensor(0.), False)
    >>> penalty.step()
    >>> penalty().backward()
    >>> penalty().item(), x.grad
    (2.75, tensor([ 1. , -1.5]))
    """

    @checked
    def __init__(self, params: Params, l1: NonNegative, l2: NonNegative, start: Count = 0) -> None:
        super().__init__(start)
        self.params = parameter_list(self, params)
        self.l1, self.l2 = l1, l2

    def __call__(self) -> Tensor:
        device = self.params[0].device
        total = real(zeros((), dtype=self.params[0].dtype, device=device))
        terms: list[tuple[float, Any]] = [(self.l1, absolute), (self.l2, _squared)] if self.active else []
        for coefficient, size in terms:
            if coefficient:
                for parameter in self.params:
                    total = total + (coefficient * sum(size(parameter))).to(device=device)
        return total


def _squared(x: Tensor) -> Tensor:
    """Return squared magnitudes, not computed from the magnitude, which has no second derivative at 0."""
    return real(x * conj(x)) if x.dtype.is_complex else square(x)


class L1Penalty(ElasticPenalty):
    """The lasso's penalty (Tibshirani, 1996), a term for a loss: ``coefficient * sum |x|``; see `ElasticPenalty`.

    Examples
    --------
    >>> x = tl.tensor([3.0, -1.0], requires_grad=True)
    >>> penalty = tl.optim.regularization.L1Penalty([x], 0.5)
    >>> penalty().backward()
    >>> penalty().item(), x.grad
    (2.0, tensor([ 0.5, -0.5]))
    """

    @checked
    def __init__(self, params: Params, coefficient: NonNegative, start: Count = 0) -> None:
        super().__init__(params, coefficient, 0.0, start)


class L2Penalty(ElasticPenalty):
    """Ridge regression's penalty, a term for a loss: ``coefficient * sum |x|**2``; see `ElasticPenalty`.

    Its gradient is ``2 * coefficient * x``: that of an optimizer's ``weight_decay = 2 * coefficient``.

    Examples
    --------
    >>> x = tl.tensor([3.0, -1.0], requires_grad=True)
    >>> penalty = tl.optim.regularization.L2Penalty([x], 0.5)
    >>> penalty().backward()
    >>> penalty().item(), x.grad
    (5.0, tensor([ 3., -1.]))
    """

    @checked
    def __init__(self, params: Params, coefficient: NonNegative, start: Count = 0) -> None:
        super().__init__(params, 0.0, coefficient, start)


class MaxNorm:
    """A bound on the norm of each unit's incoming weights: larger ones are scaled down to it (Srivastava et al., 2014).

    Call it, or register it by ``optimizer.register_step_post_hook(max_norm)`` to apply it after every step. Parameters
    of fewer than two axes, such as biases, are not changed.

    Parameters
    ----------
    params : iterable of Tensor
        Parameters to bound.
    max_norm : float
        Largest norm, up to rounding; greater than 0.
    axis : int or tuple of int, optional
        The axes of one unit's weights; by default all but the first, as in `nn.Linear` and the convolutions.
    norm_type : float
        The order of the norm, greater than 0; infinity is the largest magnitude.

    Raises
    ------
    ValueError, TypeError
        If there are no parameters, one is not a floating-point tensor, or a number is out of range.
    ShapeError
        If a parameter of two axes or more does not have the axes.

    Examples
    --------
    >>> w = tl.tensor([[3.0, 4.0], [0.3, 0.4]], requires_grad=True)
    >>> optimizer = tl.optim.SGD([w], lr=0.1)
    >>> handle = optimizer.register_step_post_hook(tl.optim.regularization.MaxNorm([w], max_norm=1.0))
    >>> w.grad = tl.zeros(2, 2)
    >>> optimizer.step()
    >>> w
    tensor([[0.6, 0.8],
            [0.3, 0.4]], requires_grad=True)
    """

    @checked
    def __init__(
        self,
        params: Params,
        max_norm: Positive,
        axis: int | tuple[int, ...] | None = None,
        norm_type: Annotated[float, Real(0, inf, "(]")] = 2.0,
    ) -> None:
        self.params = parameter_list(self, params)
        self.max_norm, self.axis, self.norm_type = max_norm, axis, norm_type
        for parameter in self.params:
            if not isinstance(parameter, Uninitialized):
                self._axes(parameter)

    def _axes(self, parameter: Tensor) -> tuple[int, ...]:
        """Return the axes of one unit's weights; none for a parameter that is not changed."""
        if parameter.ndim < 2:
            return ()
        try:
            return normalized_axes(tuple(range(1, parameter.ndim)) if self.axis is None else self.axis, parameter.ndim)
        except ShapeError as error:
            error.args = (f"MaxNorm: {error}",)
            raise

    def __call__(self, *_: Any) -> None:
        with no_grad():
            for parameter in self.params:
                axes = self._axes(parameter)
                if axes:
                    norms = vector_norm(parameter, axis=axes, keepdims=True, ord=self.norm_type)
                    parameter *= self.max_norm / maximum(norms, self.max_norm)  # exactly 1 within the bound


class DecoupledWeightDecay(FromEpoch):
    """Decoupled weight decay for any optimizer (Loshchilov and Hutter, 2019): a hook before its steps.

    Registered by ``optimizer.register_step_pre_hook(decay)``, it multiplies each parameter that has a gradient by
    ``1 - lr * coefficient``, with its group's rate. With `SGD` that is SGDW, and with `Adam` AdamW.

    Parameters
    ----------
    coefficient : float
        Factor of the decay.
    start : int
        First epoch with decay, as counted by `step`.

    Raises
    ------
    ValueError, TypeError
        If a number is negative or of another type.

    Notes
    -----
    A hook is called before the closure of ``step(closure)``, which therefore sees decayed parameters, and there are no
    gradients in the first step; call ``backward`` before the step instead. A step that the optimizer skips because of
    nonfinite gradients decays as well.

    Examples
    --------
    >>> x = tl.tensor([2.0], requires_grad=True)
    >>> optimizer = tl.optim.SGD([x], lr=0.1)
    >>> handle = optimizer.register_step_pre_hook(tl.optim.regularization.DecoupledWeightDecay(0.5))
    >>> x.grad = tl.tensor([1.0])
    >>> optimizer.step()
    >>> x
    tensor([1.8], requires_grad=True)
    """

    @checked
    def __init__(self, coefficient: NonNegative, start: Count = 0) -> None:
        super().__init__(start)
        self.coefficient = coefficient

    def __call__(self, optimizer: Optimizer, *_: Any) -> None:
        if not self.active:
            return
        with no_grad():
            for group in optimizer.param_groups:
                factor = 1 - float(group["lr"]) * self.coefficient
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter *= factor
