"""Checks of the gradients that a step is about to use, before anything changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..tensor import Tensor
from .param_groups import name_of

Groups = Sequence[Mapping[str, Any]]


def check_fit(groups: Groups) -> bool:
    """Return whether there is any gradient; raise `ValueError` if one does not fit its parameter."""
    found = False
    for group in groups:
        for parameter in group["params"]:
            grad = parameter.grad
            if grad is None:
                continue
            found = True
            if not isinstance(grad, Tensor):
                raise TypeError(f"a gradient is a tensor, not {type(grad).__name__}: see {name_of(groups, parameter)}")
            ours, theirs = parameter._array, grad._array
            if theirs.shape != ours.shape or theirs.dtype != ours.dtype or theirs.device != ours.device:
                _refuse(groups, parameter)
    return found


def _refuse(groups: Groups, parameter: Any) -> None:
    grad, name = parameter.grad, name_of(groups, parameter)
    for what, ours, theirs in (
        ("shape", parameter.shape, grad.shape),
        ("data type", parameter.dtype, grad.dtype),
        ("device", parameter.device, grad.device),
    ):
        if ours != theirs:
            raise ValueError(f"a gradient must have its parameter's {what} {ours}, not {theirs}: see {name}")


def nonfinite_names(groups: Groups) -> list[str]:
    """Return the names of the parameters whose gradients have NaN or infinity, waiting for each device once."""
    verdicts: dict[Any, list[tuple[Tensor, Any]]] = {}
    for group in groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                xp = parameter.backend.xp
                verdict = xp.all(xp.isfinite(parameter.grad._array))
                verdicts.setdefault(parameter.device, []).append((parameter, verdict))
    found = []
    for pairs in verdicts.values():
        backend = pairs[0][0].backend
        finite = backend.to_numpy(backend.xp.stack([verdict for _, verdict in pairs]))
        found += [name_of(groups, parameter) for (parameter, _), fine in zip(pairs, finite, strict=True) if not fine]
    return found
