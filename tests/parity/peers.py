"""Packages that the comparisons need, or a skip."""

import pytest

from benchmarks.peers import torchvision_module


def import_torchvision():
    """Import torchvision, or skip."""
    pytest.importorskip("torch")
    try:
        return torchvision_module()
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed", allow_module_level=True)
