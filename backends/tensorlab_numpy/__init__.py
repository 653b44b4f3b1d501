"""The NumPy backend: tensorlab on CPUs."""

from .backend import NumpyBackend

__all__ = ["NumpyBackend"]
