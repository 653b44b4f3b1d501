"""tensorlab on a CPU: NumPy's arrays."""

from .backend import NumpyBackend

__all__ = ["NumpyBackend"]
