"""Noise that is added to gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from ..autodiff.graph import no_grad
from ..random import Generator, default_generator
from ..tensor import Tensor
from .checks import non_negative
from .param_groups import parameter_list, saved_count


class GradientNoise:
    """Normal noise, less and less of it, in every gradient (Neelakantan et al., 2015).

    Call number t, from 0, adds noise of variance ``eta / (1 + t) ** gamma`` to each element, in place. Call it between
    ``backward`` and the step, or let ``optimizer.register_step_pre_hook(noise)`` do it. (A hook comes before the
    closure of ``step(closure)``: there, call it at the closure's end.)

    Parameters
    ----------
    params : iterable of Tensor
        Whose `grad` gets noise, where there is one. A complex one gets half the variance in each part.
    eta : float
        The variance at first. The paper tries 0.01, 0.3 and 1.
    gamma : float
        The power of its decay.
    generator : Generator, optional
        What to draw from; by default `tl.random`'s own. Its state is not part of the state dict, as others may draw
        from it too: save it beside.

    Attributes
    ----------
    t : int
        The number of calls.

    Raises
    ------
    ValueError, TypeError
        If there are no parameters, one is no floating-point tensor, a number is negative or no number, or `generator`
        is none.

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

    def __init__(
        self, params: Iterable[Tensor], eta: float = 0.3, gamma: float = 0.55, generator: Generator | None = None
    ) -> None:
        non_negative(eta=eta, gamma=gamma)
        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(f"generator must be a tensorlab.Generator: {generator!r}")
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
        """Return noise for a gradient: of its shape and type, where it is."""
        if not grad.dtype.is_complex:
            return self.generator.normal(grad.shape, 0.0, std, dtype=grad.dtype, device=grad.device)
        part = "float32" if grad.dtype.itemsize == 8 else "float64"
        drawn = self.generator.normal((2, *grad.shape), 0.0, std / sqrt(2), dtype=part, device=grad.device)
        return drawn[0] + 1j * drawn[1]

    def state_dict(self) -> dict[str, int]:
        """Return the number of calls, for `load_state_dict`."""
        return {"t": self.t}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where a `state_dict` was taken; raises `ValueError` if it is no such thing."""
        self.t = saved_count(self, "t", state_dict)
