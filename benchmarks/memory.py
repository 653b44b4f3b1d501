"""Peak memory of training steps: `python -m benchmarks.memory` prints it for tensorlab and PyTorch.

The peak is that of a few training steps, without the model and its data: activations, gradients, working memory, the
state of the optimizer, and memory that a library keeps between steps.

It is measured by allocations of arrays: NumPy reports them to `tracemalloc`, and the CPU allocator of PyTorch (which
oneDNN uses, too) to `torch.profiler`. Fixed buffers inside BLAS libraries are not included. The resident size of the
process is not used, as the C library keeps freed memory.
"""

from __future__ import annotations

import gc
import json
import tempfile
import tracemalloc
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import tensorlab as tl
import tensorlab.nn
import tensorlab.optim

from .machine import torch_module
from .models import FEW_LARGE, MANY_SMALL, Program, lenet5_training, mlp_training, optimizer_step

STEPS = 3
LIMIT = 1.2
"""The largest allowed ratio of tensorlab's peak to PyTorch's."""

WORKLOADS: dict[str, Callable[[int], Callable[[Any], Program]]] = {
    "LeNet-5, batch 64": lambda batch: lenet5_training(batch),
    "MLP of 50 layers, width 256, batch 256": lambda batch: mlp_training((256,) * 51, batch),
    "MLP 784-1024-1024-10, Adam, batch 256": lambda batch: mlp_training((784, 1024, 1024, 10), batch, "Adam"),
    "MLP of 100 layers, width 32, Adam, batch 256": lambda batch: mlp_training((32,) * 101, batch, "Adam"),
    "Adam's step alone, four 1024×1024": lambda batch: optimizer_step(FEW_LARGE, "Adam"),
    "Adam's step alone, 200 of 32×32": lambda batch: optimizer_step(MANY_SMALL, "Adam"),
}
"""Builders of training steps by batch size."""

BATCH = {"LeNet-5, batch 64": 64}
"""The batch sizes; 256 for workloads that are not listed."""

PYTORCH_BYTES = {
    "LeNet-5, batch 64": 4_685_848,
    "MLP of 50 layers, width 256, batch 256": 13_681_672,
    "MLP 784-1024-1024-10, Adam, batch 256": 30_757_024,
    "MLP of 100 layers, width 32, Adam, batch 256": 4_187_944,
    "Adam's step alone, four 1024×1024": 46_137_372,
    "Adam's step alone, 200 of 32×32": 1_651_500,
}
"""Results of `pytorch_peak` with PyTorch 2.13.0 on a CPU, for machines without PyTorch."""


def tensorlab_peak(workload: str) -> int:
    """Return the peak of a workload on the NumPy backend, in bytes."""
    with tl.use_backend("numpy"):
        WORKLOADS[workload](2)(tl)()  # imports and initialization in the first call are not measured
        gc.collect()
        tracemalloc.start()
        try:
            step = WORKLOADS[workload](BATCH.get(workload, 256))(tl)
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            for _ in range(STEPS):
                step()
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()


def pytorch_peak(workload: str) -> int:
    """Return the peak of a workload in PyTorch on the CPU, in bytes."""
    torch = torch_module()
    WORKLOADS[workload](2)(torch)()
    step = WORKLOADS[workload](BATCH.get(workload, 256))(torch)
    gc.collect()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        for _ in range(STEPS):
            step()
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        profile.export_chrome_trace(str(trace))
        events = [event for event in json.loads(trace.read_text())["traceEvents"] if event.get("name") == "[memory]"]
    events.sort(key=lambda event: event["ts"])
    return max(accumulate(event["args"]["Bytes"] for event in events))


def main() -> None:
    for workload in WORKLOADS:
        line = f"{workload}: tensorlab {tensorlab_peak(workload):,} bytes"
        if torch_module():
            line += f", PyTorch {pytorch_peak(workload):,} bytes"
        print(line)


if __name__ == "__main__":
    main()
