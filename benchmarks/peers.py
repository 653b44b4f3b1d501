"""The import of torchvision, for benchmarks and for tests that compare with it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

OPERATORS = ("nms", "qnms")
"""Compiled operators that torchvision describes to PyTorch at import; nothing here calls them."""


def torchvision_module() -> Any:
    """Return torchvision.

    The wheels on PyPI are built for CUDA. Beside a CPU build of PyTorch their compiled operators are missing, and the
    import fails unless the operators are at least declared.

    Raises
    ------
    ImportError
        If PyTorch or torchvision is not installed.
    """
    torch: Any = import_module("torch")
    try:
        return import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torchvision: Any = import_module("torchvision")
    torchvision.declared_operators = library  # they exist as long as it does
    return torchvision
