"""Noise that is added to gradients."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from ..autodiff.graph import no_grad
from ..options import NonNegative, checked
from ..random import Generator, default_generator
from ..tensor import Tensor
from .param_groups import Params, parameter_list, saved_count


class GradientNoise:
    """Normal noise of decreasing variance in every gradient (Neelakantan et al., 2015).

    Call number t, from 0, adds noise of variance ``eta / (1 + t) ** gamma`` to each element, in place. Call it between
    ``backward`` and the step, or let ``optimizer.register_step_pre_hook(noise)`` do it. (A hook comes before the
    closure of ``step(closure)``: there, call it at the closure's end.)

    Parameters
    ----------
    params : iterable of Tensor
        Parameters whose gradients, if any, get noise; a complex one half the variance in each part.
    eta : float
        Initial variance. The paper tries 0.01, 0.3 and 1.
    gamma : float
        Power of the decay of the variance.
    generator : Generator, optional
        Source of the noise; by default that of `tl.random`. Its state is not part of the state dict, as others may
        draw from it too.

    Attributes
    ----------
    t : int
        The number of calls.

    Raises
    ------
    ValueError, TypeError
        If there are no parameters, one is not a floating-point tensor, or an option is out of range or of another
        type.

    Examples
    --------
    >>> x = tl.zeros(10_000, requires_grad=True)
    >>> noise = tl.optim.gradient_noise.GradientNoise([x], eta=0.04, gamma=1.0, generator=tl.Generator(0))
    >>> for _ in range(2):
    ...     x.grad = tl.zeros(10_000)
    ...     noise()
    ...     print(f"{x.grad.std():.1f}, {noise.variance:.4f}")
    0.2, 0.0200
    0.1, 0.0133
    >>> noise.state_dict()
    {'t': 2}
    """

    @checked
    def __init__(
        self,
        params: Params,
        eta: NonNegative = 0.3,
        gamma: NonNegative = 0.55,
        generator: Generator | None = None,
    ) -> None:
        self.params = parameter_list(self, params)
        self.eta, self.gamma, self.t = eta, gamma, 0
        self.generator = default_generator if generator is None else generator

    @property
    def variance(self) -> float:
        """The variance of the noise that the next call adds."""
        return self.eta / (1 + self.t) ** self.gamma

    def __call__(self, *_: Any) -> None:
        std = sqrt(self.variance)
        with no_grad():
            for parameter in self.params:
                if parameter.grad is not None:
                    parameter.grad += self._drawn(parameter.grad, std)
        self.t += 1

    def _drawn(self, grad: Tensor, std: float) -> Tensor:
        """Return noise of the gradient's shape and type, on its device."""
        if not grad.dtype.is_complex:
            return self.generator.normal(grad.shape, 0.0, std, dtype=grad.dtype, device=grad.device)
        part = "float32" if grad.dtype.itemsize == 8 else "float64"
        drawn = self.generator.normal((2, *grad.shape), 0.0, std / sqrt(2), dtype=part, device=grad.device)
        return drawn[0] + 1j * drawn[1]

    def state_dict(self) -> dict[str, int]:
        """Return the number of calls, for `load_state_dict`."""
        return {"t": self.t}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a `state_dict`; raises `ValueError` if it is something else."""
        self.t = saved_count(self, "t", state_dict)
