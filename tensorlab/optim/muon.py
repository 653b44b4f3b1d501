"""Muon: momentum made orthogonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from ..ops.arithmetic import clip
from ..ops.creation import zeros_like
from ..ops.linalg.norms import vector_norm
from ..options import BelowOne, Finite, NonNegative, declared
from ..options.kinds import Whole
from ..tensor import Tensor
from .declared import DeclaredOptimizer
from .optimizer import Group
from .param_groups import check_real


@declared
class Muon(DeclaredOptimizer):
    """Momentum made orthogonal, for the matrices of hidden layers (Jordan et al., 2024).

    All other parameters (biases, normalization, embeddings, the last layer) need another optimizer such as `AdamW`. In
    contrast to PyTorch's, the iteration runs in the parameters' data type, not in bfloat16.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Matrices to optimize, or groups of them; see `Optimizer`.
    weight_decay : float
        Weight decay: each step first multiplies the parameter by ``1 - lr * weight_decay``.
    momentum : float
        Decay rate of the running mean of gradients, in [0, 1).
    ns_coefficients : tuple of three float
        a, b, c of the iteration ``X <- a X + (b A + c A A) X`` with ``A = X X^T`` (Newton-Schulz, of fifth order).
    eps : float
        Smallest norm by which the momentum is divided before the iteration.
    ns_steps : int
        Number of iterations, below 100; they bring the singular values near one.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        Factor of the learning rate for the shape (n, m): ``sqrt(max(1, n / m))``, or ``0.2 sqrt(max(n, m))``, which
        makes steps as large as those of `AdamW` (Liu et al., 2025).

    Raises
    ------
    ValueError, TypeError
        If a parameter is not a matrix or is complex, or an option is out of range or of another type.

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

    lr: NonNegative = 1e-3
    weight_decay: NonNegative = 0.1
    momentum: BelowOne = 0.95
    nesterov: bool = True
    ns_coefficients: tuple[Finite, Finite, Finite] = (3.4445, -4.775, 2.0315)
    eps: NonNegative = 1e-7
    ns_steps: Annotated[int, Whole(0, 99)] = 5
    adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)
        shape = next((parameter.shape for parameter in group["params"] if parameter.ndim != 2), None)
        if shape is not None:
            raise ValueError(f"Muon: params must be matrices, not a parameter of shape {shape}; give that to AdamW")

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": parameter.shape}

    def _step(self, group: Group) -> None:
        lr, momentum = group["lr"], group["momentum"]
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


LR_FACTORS: dict[str | None, Callable[[int, int], float]] = {
    None: lambda n, m: max(1, n / m) ** 0.5,
    "original": lambda n, m: max(1, n / m) ** 0.5,
    "match_rms_adamw": lambda n, m: 0.2 * max(n, m) ** 0.5,
}


def orthogonalized(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """Return an approximation of ``U V^T`` for a matrix ``U S V^T``, by products alone.

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
