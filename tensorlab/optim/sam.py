"""Sharpness-aware minimisation: the gradient where the loss is worst nearby."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..autodiff.graph import enable_grad, no_grad
from ..nn.utils.clip_grad import get_total_norm
from ..ops.comparison import where
from ..options import NonNegative, checked
from ..options.kinds import kind_of, read
from ..tensor import Tensor
from .optimizer import Group, Optimizer, T
from .param_groups import Params
from .sgd import SGD
from .state_dict import checked_groups


class SAM(Optimizer):
    """Steps of another optimizer by the gradient at the worst point within a distance `rho` (Foret et al., 2021).

    Each step computes the loss twice: at the parameters, and after a step of length `rho` uphill.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters to optimize, or groups of them; see `Optimizer`.
    base_optimizer : class of optimizer
        The optimizer that takes the steps.
    rho : float
        Length of the step uphill.
    adaptive : bool
        Whether the distance of each element is relative to its magnitude (ASAM: Kwon et al., 2021).
    **options
        For `base_optimizer`.

    Attributes
    ----------
    base_optimizer : Optimizer
        The optimizer that takes the steps; it shares `param_groups` and has the state.

    Raises
    ------
    ValueError
        If `rho` is negative, or an option of the base is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.SAM([x], tl.optim.SGD, rho=0.5, lr=0.1)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x * x).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(1., grad_fn=sum)
    >>> round(x.item(), 6)
    0.7
    """

    def __init__(
        self,
        params: Params,
        base_optimizer: Callable[..., Optimizer] = SGD,
        rho: float = 0.05,
        adaptive: bool = False,
        **options: Any,
    ) -> None:
        read("SAM", "base_optimizer", kind_of(Callable[..., Any]), base_optimizer)
        own = {"rho": rho, "adaptive": adaptive}
        super().__init__(params, own)
        self.base_optimizer = base_optimizer(self.param_groups, **options)
        if not isinstance(self.base_optimizer, Optimizer):
            made = type(self.base_optimizer).__name__
            raise TypeError(f"SAM: base_optimizer must be the class of an optimizer, not one whose call gives a {made}")
        self.param_groups = self.base_optimizer.param_groups
        self.defaults = {**self.base_optimizer.defaults, **own}
        self._before: list[tuple[Tensor, Tensor]] | None = None

    needs_closure = True

    def _set_up_state(self) -> None:
        pass  # the base has it

    @property
    def state(self) -> Mapping[Tensor, dict[str, Any]]:  # type: ignore[override]
        """The state of the base optimizer."""
        return self.base_optimizer.state

    def _check(self, group: Group) -> None:
        group["rho"] = read("SAM", "rho", kind_of(NonNegative), group["rho"])
        group["adaptive"] = read("SAM", "adaptive", kind_of(bool), group["adaptive"])

    @checked
    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        if not hasattr(self, "base_optimizer"):
            super().add_param_group(param_group)
            return
        if "params" not in param_group:
            raise TypeError(f'SAM: param_group must be a dict with "params", not {dict(param_group)!r}')
        group = {"rho": self.defaults["rho"], "adaptive": self.defaults["adaptive"], **param_group}
        self._check(group)
        self.base_optimizer.add_param_group(group)

    @checked
    def step(self, closure: Callable[[], T] | None = None) -> T:
        """Take one step.

        Parameters
        ----------
        closure : callable
            Recomputes the loss and its gradients; called twice. Without one, call `first_step`, recompute the
            gradients, and call `second_step`.

        Returns
        -------
        object
            The first result of `closure`.

        Raises
        ------
        TypeError
            Without a closure.

        Notes
        -----
        After an error or an interrupt in the second call of `closure` the parameters are where they were. An interrupt
        (Ctrl-C) while they are being moved back leaves some uphill; the next `step` moves them back first. For one
        during the base optimizer's step see `Optimizer.step`.
        """
        if closure is None:
            raise TypeError("SAM.step: closure must be given; without one call first_step, and then second_step")
        self._return()
        self._call_hooks("before")
        with enable_grad():
            loss = closure()
            if self._may_step():
                try:
                    self.first_step()
                    closure()
                finally:
                    self._return()
                self._step_base()
        self._call_hooks("after")
        return loss

    def first_step(self) -> None:
        """Move the parameters uphill by `rho`."""
        if self._before is not None:
            raise RuntimeError("SAM.first_step() came twice; second_step() goes between")
        with no_grad():
            uphill = [
                (p, *self._uphill(p, g, group)) for group in self.param_groups for p, g in self.with_gradients(group)
            ]
            norm = get_total_norm([slope for _, slope, _ in uphill])
            self._before = [(parameter, parameter.detach().clone()) for parameter, *_ in uphill]
            for parameter, _, way in uphill:
                far = norm.to(parameter.device)
                parameter += way / where(far > 0, far, 1.0).astype(parameter.dtype)

    @staticmethod
    def _uphill(parameter: Tensor, grad: Tensor, group: Group) -> tuple[Tensor, Tensor]:
        """Return the gradient that enters the norm, and the step uphill times that norm."""
        if not group["adaptive"]:
            return grad, group["rho"] * grad
        size = abs(parameter.detach())
        return size * grad, group["rho"] * size * size * grad

    def second_step(self) -> None:
        """Restore the parameters, and take the base optimizer's step by the gradients that were computed uphill."""
        if self._before is None:
            raise RuntimeError("SAM.second_step() without first_step() before it")
        self._return()
        self._step_base()

    def _step_base(self) -> None:
        """Take the base optimizer's step by the gradients uphill, if `on_nonfinite` allows it."""
        if self._may_step():
            self.base_optimizer.step()

    def _return(self) -> None:
        with no_grad():
            for parameter, elements in self._before or ():
                parameter[...] = elements
        self._before = None

    def state_dict(self) -> dict[str, Any]:
        return self.base_optimizer.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        checked_groups(self, state_dict)
        self.base_optimizer.load_state_dict(state_dict)

    def __repr__(self) -> str:
        return f"SAM of {self.base_optimizer!r}"
