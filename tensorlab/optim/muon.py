"""Muon: momentum made orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ops.arithmetic import clip
from ..ops.creation import zeros_like
from ..ops.linalg.norms import vector_norm
from ..tensor import Tensor
from .checks import below_one
from .groups import check_non_negative, check_real
from .optimizer import Group, Optimizer


class Muon(Optimizer):
    """Steps along the orthogonal matrix nearest to the momentum (Jordan et al., 2024); for hidden layers' matrices.

    Everything that is no matrix of a hidden layer (biases, norms, embeddings, the last layer) goes to another optimizer
    such as `AdamW`. As in PyTorch, but that the iteration runs in the parameters' own data type, not in bfloat16.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Matrices to learn, or groups of them; see `Optimizer`.
    lr : float
        The learning rate.
    weight_decay : float
        This times the learning rate times the parameter is subtracted from it.
    momentum : float
        Which part of the running mean of gradients is kept at each step.
    nesterov : bool
        Whether the gradient enters the step once more, ahead of the momentum.
    ns_coefficients : tuple of three float
        a, b, c of the iteration ``X <- a X + (b A + c A A) X`` with ``A = X X^T`` (Newton-Schulz, of fifth order).
    eps : float
        The least norm that the momentum is divided by before it.
    ns_steps : int
        How many iterations; the singular values end near one, not at it.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        How the rate goes with the shape (n, m): ``sqrt(max(1, n / m))`` times, or ``0.2 sqrt(max(n, m))`` times, which
        makes steps as large as those of `AdamW` are (Liu et al., 2025).

    Raises
    ------
    ValueError
        If a parameter is no matrix, or an option is out of range.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> w = tl.zeros(2, 2, requires_grad=True)
    >>> optimizer = tl.optim.Muon([w], lr=1.0, ns_coefficients=(2.0, -1.5, 0.5), ns_steps=20)
    >>> (w * tl.tensor([[0.0, 3.0], [1.0, 0.0]])).sum().backward()
    >>> optimizer.step()
    >>> w.detach().round() + 0.0
    tensor([[ 0., -1.],
            [-1.,  0.]])
    """

    state_names = frozenset({"momentum_buffer"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "weight_decay", "eps")
        below_one(momentum=group["momentum"])
        check_real(self, group)
        if group["adjust_lr_fn"] not in LR_FACTORS:
            raise ValueError(
                f"adjust_lr_fn must be one of {', '.join(map(repr, LR_FACTORS))}: {group['adjust_lr_fn']!r}"
            )
        if len(group["ns_coefficients"]) != 3:
            raise ValueError(f"ns_coefficients are three numbers: {group['ns_coefficients']}")
        if not 0 <= group["ns_steps"] < 100:
            raise ValueError(f"ns_steps must be in [0, 100): {group['ns_steps']}")
        shape = next((parameter.shape for parameter in group["params"] if parameter.ndim != 2), None)
        if shape is not None:
            raise ValueError(f"Muon learns matrices, not a parameter of shape {shape}; give that to AdamW")

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": parameter.shape}

    def _step(self, group: Group) -> None:
        lr, momentum = float(group["lr"]), group["momentum"]
        for parameter, grad in self.with_gradients(group):
            state = self._state_of(parameter)
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = zeros_like(parameter.detach())
            buffer = state["momentum_buffer"]
            buffer += (1 - momentum) * (grad - buffer)
            direction = grad + momentum * (buffer - grad) if group["nesterov"] else buffer
            direction = orthogonalized(direction, group["ns_coefficients"], group["ns_steps"], group["eps"])
            parameter *= 1 - lr * group["weight_decay"]
            parameter -= lr * LR_FACTORS[group["adjust_lr_fn"]](*parameter.shape) * direction


LR_FACTORS: dict[str | None, Any] = {
    None: lambda n, m: max(1, n / m) ** 0.5,
    "original": lambda n, m: max(1, n / m) ** 0.5,
    "match_rms_adamw": lambda n, m: 0.2 * max(n, m) ** 0.5,
}


def orthogonalized(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """Return about ``U V^T`` of a matrix ``U S V^T``, by products alone: each singular value goes near one.

    Examples
    --------
    >>> from tensorlab.optim.muon import orthogonalized
    >>> orthogonalized(tl.tensor([[3.0, 0.0], [0.0, 1.0]]), (2.0, -1.5, 0.5), 20, 1e-7).round()
    tensor([[1., 0.],
            [0., 1.]])
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / clip(vector_norm(x), eps, None)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.mT if tall else x
