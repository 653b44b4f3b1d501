"""Every operation: its computation and its gradient side by side, one file per family."""

from . import (
    activation, adaptive_pooling, arithmetic, attention, comparison, contraction, convolution, creation, ctc,
    cumulative, datatypes, einsum, exponential, folding, indexing, joining, linear_cross_entropy, loss, matrices,
    methods, nan_reductions, normalization, packed_sequence, padding, pooling, quantiles, recurrent, reduction,
    resampling, rounding, segment_reduction, sets, shapes, signals, softmax, sorting, special, statistics,
    trigonometric,
)  # fmt: skip

methods.install()

__all__ = [
    "activation", "adaptive_pooling", "arithmetic", "attention", "comparison", "contraction", "convolution", "creation",
    "ctc", "cumulative", "datatypes", "einsum", "exponential", "folding", "indexing", "joining", "linear_cross_entropy",
    "loss", "matrices", "methods", "nan_reductions", "normalization", "packed_sequence", "padding", "pooling",
    "quantiles", "recurrent", "reduction", "resampling", "rounding", "segment_reduction", "sets", "shapes", "signals",
    "softmax", "sorting", "special", "statistics", "trigonometric",
]  # fmt: skip
