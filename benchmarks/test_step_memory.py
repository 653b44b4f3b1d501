"""Peak memory of training steps, compared with PyTorch, or with its recorded peaks if it is not installed."""

from __future__ import annotations

import pytest

from . import machine, memory
from .report import Row


@pytest.mark.parametrize("workload", memory.WORKLOADS)
def test_peak_memory(workload: str, rows: list[Row]) -> None:
    theirs = memory.pytorch_peak(workload) if machine.torch_module() else memory.PYTORCH_BYTES[workload]
    rows.append(Row("peak memory", workload, "numpy", memory.tensorlab_peak(workload), {"PyTorch": theirs}, unit="B"))
