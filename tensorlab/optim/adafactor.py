"""Adafactor: Adam's running square of a matrix, kept as one row and one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from math import inf
from typing import Annotated, Any

from ..ops.arithmetic import clip, maximum
from ..ops.creation import tensor, zeros
from ..ops.datatypes import finfo
from ..ops.exponential import sqrt
from ..ops.reduction import mean
from ..options import NonNegative, declared
from ..options.kinds import Real
from ..tensor import Tensor
from .declared import DeclaredOptimizer
from .optimizer import Group
from .param_groups import check_real


@declared
class Adafactor(DeclaredOptimizer):
    """Adam's running square of a matrix, kept as the product of a column and a row (Shazeer and Stern, 2018).

    It takes n + m numbers of memory instead of n m; of more than two axes the last two are factored. As in PyTorch,
    `lr` bounds the relative step, and `eps` bounds the root instead of being added to squared gradients.

    Parameters
    ----------
    lr : float
        Largest relative step; in step t it is ``1 / sqrt(t)`` where that is less.
    beta2_decay : float
        In step t the running square takes in ``t ** beta2_decay`` of the new one; not positive.
    eps : pair of float or None
        Smallest root of the running square (None: the data type's epsilon), and smallest root mean square of a
        parameter to which its steps are relative.
    d : float
        Largest root mean square of a step before the learning rate; at least 1.
    weight_decay : float
        Weight decay: each step first multiplies the parameter by ``1 - lr * weight_decay``.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type, or a parameter is complex.

    Examples
    --------
    >>> w = tl.ones(2, 3, requires_grad=True)
    >>> optimizer = tl.optim.Adafactor([w], lr=0.1, weight_decay=0.0)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> round(w[0, 0].item(), 6), [optimizer.state[w][name].shape for name in ("row_var", "col_var")]
    (0.9, [(2, 1), (1, 3)])
    """

    nonnegative = frozenset({"row_var", "col_var", "variance"})
    state_names = frozenset({"step", *nonnegative})

    lr: NonNegative = 1e-2
    beta2_decay: Annotated[float, Real(-inf, 0)] = -0.8
    eps: tuple[NonNegative | None, NonNegative] = (None, 1e-3)
    d: Annotated[float, Real(1)] = 1.0
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        shape = parameter.shape
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"step", *self._state_shapes(group, parameter)})

    def _step(self, group: Group) -> None:
        for parameter, grad in self.with_gradients(group):
            if not parameter.nelement():
                continue
            state = self._state_of(parameter)
            if not state:
                state["step"] = tensor(0.0)
                for name, shape in self._state_shapes(group, parameter).items():
                    state[name] = zeros(shape, dtype=parameter.dtype, device=parameter.device)
            state["step"] = state["step"] + 1
            self._update(group, parameter, grad, state)

    def _update(self, group: Group, parameter: Tensor, grad: Tensor, state: dict[str, Any]) -> None:
        step, lr = state["step"].item(), group["lr"]
        least, least_size = group["eps"]
        least = finfo(parameter.dtype).eps if least is None else least
        size = maximum(_root_mean_square(parameter.detach()), least_size) * min(lr, step**-0.5)
        if group["weight_decay"]:
            parameter *= 1 - lr * group["weight_decay"]
        square = _running_square(grad, state, step ** group["beta2_decay"], least)
        change = grad / sqrt(clip(square, least * least, None))
        parameter -= size / maximum(_root_mean_square(change) / group["d"], 1.0) * change


def _running_square(grad: Tensor, state: dict[str, Any], entering: float, least: float) -> Tensor:
    """Update the running square by a gradient and return it; of a matrix as the product of its factors."""
    square = grad * grad
    if grad.ndim < 2:
        state["variance"] += entering * (square - state["variance"])
        variance: Tensor = state["variance"]
        return variance
    for name, axis in (("row_var", -1), ("col_var", -2)):
        state[name] += entering * (mean(square, axis=axis, keepdims=True) - state[name])
    rows = state["row_var"]
    return rows / clip(mean(rows, axis=-2, keepdims=True), least, None) @ state["col_var"]


def _root_mean_square(x: Tensor) -> Tensor:
    return sqrt(mean(x * x))
