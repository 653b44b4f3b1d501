"""Optimizers that declare their options: each option is named once, with its default and the values it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar
from typing import Any

from ..docstrings import Documented
from ..options import BelowOne, Options, declared
from .optimizer import Group, Optimizer
from .param_groups import Params

Betas = tuple[BelowOne, BelowOne]


class DeclaredOptions(Documented, Options, Optimizer):
    """Keeps declared options as the defaults of parameter groups, and checks those of each group.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Parameters to optimize, or groups of them with options of their own; see `Optimizer`.
    lr : float
        Learning rate.
    betas : pair of float
        Decay rates of the running means of the gradient and of its square, in [0, 1).
    eps : float
        Added to the denominator.
    momentum : float
        Factor of the previous step that is added to the present one.
    nesterov : bool
        Whether to use Nesterov's momentum.
    weight_decay : float
        Factor of the L2 penalty: this times the parameter is added to its gradient.
    decoupled_weight_decay : bool
        Whether weight decay multiplies the parameters by ``1 - lr * weight_decay``, as in `AdamW`, and leaves the
        gradient.
    maximize : bool
        Whether to maximize the objective instead of minimizing it.
    damping : float
        Added to the diagonal of the matrix.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type.
    """

    @property
    def fixed(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {name: option.default for name, option in self._declared.items() if not option.argument}

    def _keep(self, options: Mapping[str, Any]) -> None:
        self.defaults = dict(options)

    def _check(self, group: Group) -> None:
        """Read the options of a group as the constructor reads them; a subclass adds checks of several together."""
        for name in self.defaults:
            group[name] = self.read_option(name, group[name])
        super()._check(group)


@declared
class DeclaredOptimizer(DeclaredOptions):
    """The base class of optimizers whose constructor takes parameters and declared options."""

    params: InitVar[Params]

    def __post_init__(self, params: Params) -> None:
        super(Options, self).__init__(params, self.defaults)
