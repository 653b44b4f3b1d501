"""Adafactor: Adam's running square of a matrix, kept as one row and one column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ops.arithmetic import clip, maximum
from ..ops.creation import tensor, zeros
from ..ops.datatypes import finfo
from ..ops.exponential import sqrt
from ..ops.reduction import mean
from ..tensor import Tensor
from .checks import pair
from .groups import check_non_negative, check_real
from .optimizer import Group, Optimizer


class Adafactor(Optimizer):
    """Steps over a running square that is kept as the product of a row and a column (Shazeer and Stern, 2018).

    A matrix of n by m needs n + m numbers of memory instead of n m. As in PyTorch, `lr` bounds the relative step, and
    `eps` bounds the root rather than being added to squared gradients.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`. Of more than two axes the last two are factored.
    lr : float
        The largest relative step; from step t on where ``1 / sqrt(t)`` is less, that.
    beta2_decay : float
        In step t the running square takes in ``t ** beta2_decay`` of the new one; negative.
    eps : pair of float or None
        The least root of the running square (None: the data type's epsilon), and the least size of a parameter by which
        its steps are measured.
    d : float
        How large the root mean square of a step may be before the learning rate.
    weight_decay : float
        This times the learning rate times the parameter is subtracted from it.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> w = tl.ones(2, 3, requires_grad=True)
    >>> optimizer = tl.optim.Adafactor([w], lr=0.1, weight_decay=0.0)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> round(w[0, 0].item(), 6), [optimizer.state[w][name].shape for name in ("row_var", "col_var")]
    (0.9, [(2, 1), (1, 3)])
    """

    state_names = frozenset({"step", "row_var", "col_var", "variance"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "weight_decay")
        if group["beta2_decay"] > 0:
            raise ValueError(f"beta2_decay must not be positive: {group['beta2_decay']}")
        if not group["d"] >= 1:
            raise ValueError(f"d must be at least 1: {group['d']}")
        pair(eps=group["eps"])
        if any(value is not None and not value >= 0 for value in group["eps"]):
            raise ValueError(f"eps must not be negative: {group['eps']}")
        check_real(self, group)

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        shape = parameter.shape
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

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
        step, lr = state["step"].item(), float(group["lr"])
        least, least_size = group["eps"]
        least = finfo(parameter.dtype).eps if least is None else least
        size = maximum(_root_mean_square(parameter.detach()), least_size) * min(lr, step**-0.5)
        if group["weight_decay"]:
            parameter *= 1 - lr * group["weight_decay"]
        square = _running_square(grad, state, step ** group["beta2_decay"], least)
        change = grad / sqrt(clip(square, least * least, None))
        parameter -= size / maximum(_root_mean_square(change) / group["d"], 1.0) * change


def _running_square(grad: Tensor, state: dict[str, Any], entering: float, least: float) -> Tensor:
    """Take a gradient into the running square, and return that: for a matrix the product of its factors."""
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
