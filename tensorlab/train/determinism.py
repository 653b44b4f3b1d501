"""Whether the gradients of a batch are the same when they are computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..nn.module.module import Module
from ..random.seeding import random_states, set_random_states
from .bits import bits


def require_repeatable_gradients(model: Module, loss: Callable[[], Any]) -> None:
    """Compute a loss and its gradients twice, from the same buffers and random states, which are restored.

    Raises
    ------
    RuntimeError
        If they are not the same bit for bit.
    """
    first, second = _computed(model, loss), _computed(model, loss)
    for name, value in first.items():
        if value != second[name]:
            raise RuntimeError(
                f"Trainer: with deterministic=True {name} of a batch must be the same when it is computed again, and "
                "it is not; draw random numbers with tensorlab.random, with random or numpy.random, which are seeded, "
                "not with generators of your own"
            )


def _computed(model: Module, loss: Callable[[], Any]) -> dict[str, bytes]:
    """Return the bytes of the loss and of all gradients."""
    states, buffers = random_states(), [(buffer, buffer.data) for buffer in model.buffers()]
    for buffer, _ in buffers:
        buffer.data = buffer.detach().clone()
    try:
        model.zero_grad()
        value = loss()
        value.backward()
        gradients = {f"the gradient of {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
        return {name: bits(x) for name, x in {"the loss": value.detach(), **gradients}.items()}
    finally:
        for buffer, data in buffers:
            buffer.data = data
        model.zero_grad()
        set_random_states(states)
