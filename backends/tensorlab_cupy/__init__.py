"""The CuPy backend: tensorlab on CUDA GPUs."""

from .backend import CupyBackend

__all__ = ["CupyBackend"]
