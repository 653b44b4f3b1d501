"""The kernels that deep learning lives on, each with a default written in the Array API standard alone."""

from .default import DefaultKernels

__all__ = ["DefaultKernels"]
