"""Each op on large arrays, compared with the roofline of the machine: `pytest benchmarks --roofline`.

The record of an op gives the floating-point operations and the least memory traffic of a call. With the peak rates of
the machine these give the least possible time, and its ratio to the measured time.
"""

from __future__ import annotations

from typing import Any

import pytest

import tensorlab as tl
from tensorlab.autodiff.record import REGISTRY, Draw, Op, Sample, sample

from . import machine
from .harness import Contender, compare
from .report import Row

SIDE = 4096  # arrays of 64 MB, larger than any cache
SQUARE = (SIDE, SIDE)
IMAGES, FILTERS = (16, 64, 56, 56), (64, 64, 3, 3)
CONVOLVED = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
POOLED = {"kernel_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}

ALONG_AN_AXIS = (
    *("all", "any", "argmax", "argmin", "cumulative_prod", "cumulative_sum", "log_softmax", "logsumexp", "max", "mean"),
    *("min", "prod", "softmax", "sum"),
)

LARGE: dict[str, Sample] = {
    **dict.fromkeys(ALONG_AN_AXIS, sample(SQUARE, axis=1)),
    "matmul": sample(SQUARE, SQUARE),
    "linear": sample(SQUARE, SQUARE, (SIDE,)),
    "standardize": sample(SQUARE, axis=(1,)),
    "softmax_cross_entropy": sample(SQUARE, Draw((SIDE,), 0, SIDE, "integer")),
    "convolution": sample(IMAGES, FILTERS, None, **CONVOLVED),
    "convolution_input_grad": sample(IMAGES, FILTERS, input_size=IMAGES[2:], **CONVOLVED),
    "convolution_weight_grad": sample(IMAGES, IMAGES, kernel_size=FILTERS[2:], **CONVOLVED),
    "max_pool": sample(IMAGES, dilation=(1, 1), **POOLED),
    "avg_pool": sample(IMAGES, **POOLED),
    "take_along": sample(SQUARE, Draw((SIDE,), 0, SIDE, "integer"), axis=0),
    "concat": sample(SQUARE, SQUARE, axis=0),
}
"""Large calls of ops that are not elementwise; those of elementwise ops follow from their first sample."""


IDLE = ("imag", "real", "zeros_like")
"""Elementwise ops that read nothing, or return their operand."""


def large_calls() -> list[tuple[Op, Sample]]:
    """Return the ops to measure, each with a large call."""
    calls = []
    for name, record in REGISTRY.items():
        if name in LARGE:
            calls.append((record, LARGE[name]))
        elif record.kind == "elementwise" and name not in IDLE:
            draws = [Draw(SQUARE, d.low, d.high, d.kind) for d in record.samples[0].draws() if d]
            calls.append((record, Sample(tuple(draws), record.samples[0].params)))
    return calls


def drawn(draw: Draw | None) -> Any:
    """Return a random tensor for an operand of a sample."""
    if draw is None:
        return None
    x = tl.rand(*draw.shape) * (draw.high - draw.low) + draw.low
    return x if draw.kind == "floating" else tl.astype(x, tl.int64) if draw.kind == "integer" else x > 0


@pytest.mark.parametrize("backend", machine.backends())
@pytest.mark.parametrize(("record", "call"), large_calls(), ids=lambda part: getattr(part, "name", ""))
def test_roofline(record: Op, call: Sample, backend: str, benchmark: Any, rows: list[Row]) -> None:
    with tl.use_backend(backend) as active:
        operands = [drawn(draw) for draw in call.draws()]
    result = record.public(*operands, **call.params)
    shapes = [x.shape for x in operands if x is not None]
    out = tuple(part.shape for part in result) if record.results > 1 else result.shape
    itemsize = max(x.itemsize for x in operands if x is not None)
    flops, moved = record.flops(shapes, out, call.params), record.bytes(shapes, out, itemsize)

    contender = Contender(lambda: record.public(*operands, **call.params), active.synchronize)
    (timing,) = compare(benchmark, {"tensorlab": contender}, seconds=0.5).values()
    peak = machine.peak(backend)
    seconds = timing.seconds
    least = max(flops / peak.flops, moved / peak.bandwidth)
    rows.append(
        Row("roofline", record.name, backend, seconds, {}, flops, least / seconds, moved / seconds, timing.undisturbed)
    )
