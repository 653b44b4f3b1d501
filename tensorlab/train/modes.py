"""Evaluation: a model in its mode, and without gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..autodiff.graph import no_grad
from ..nn.module.module import Module


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Put a model into evaluation mode for a block in which nothing is recorded; each module's mode is restored."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
