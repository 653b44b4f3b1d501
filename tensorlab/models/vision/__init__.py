"""Networks for images."""

from .lenet import LeNet5, lenet5

__all__ = ["LeNet5", "lenet5"]
