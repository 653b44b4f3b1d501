"""Packages that the comparisons need, or a skip."""

import sys

import pytest

OPERATORS = ("nms", "qnms")
"""Compiled operators that torchvision describes to PyTorch at import; nothing here calls them."""


def import_torchvision():
    """Import torchvision, or skip.

    The wheels on PyPI are built for CUDA. Beside a CPU build of PyTorch their compiled operators are missing, and the
    import fails unless the operators are at least declared.
    """
    torch = pytest.importorskip("torch")
    try:
        return pytest.importorskip("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torchvision = pytest.importorskip("torchvision")
    torchvision.declared_operators = library  # they exist as long as it does
    return torchvision
