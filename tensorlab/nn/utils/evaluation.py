"""Evaluation mode for the duration of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..module.module import Module


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Set evaluation mode for a module and all inside it; each gets its own mode back at the end.

    A function that is not a module has no modes.
    """
    modes = {module: module.training for module in model.modules()} if isinstance(model, Module) else {}
    try:
        for module in modes:
            module.training = False
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
