"""tensorlab on CUDA GPUs: CuPy's arrays."""

from .backend import CupyBackend

__all__ = ["CupyBackend"]
