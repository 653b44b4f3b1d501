"""Every operation: its computation and its gradient side by side, one file per family."""

from . import (
    activation,
    arithmetic,
    comparison,
    contraction,
    convolution,
    creation,
    cumulative,
    einsum,
    exponential,
    indexing,
    joining,
    loss,
    methods,
    normalization,
    pooling,
    reduction,
    rounding,
    shapes,
    trigonometric,
)

methods.install()

__all__ = [
    "activation",
    "arithmetic",
    "comparison",
    "contraction",
    "convolution",
    "creation",
    "cumulative",
    "einsum",
    "exponential",
    "indexing",
    "joining",
    "loss",
    "methods",
    "normalization",
    "pooling",
    "reduction",
    "rounding",
    "shapes",
    "trigonometric",
]
