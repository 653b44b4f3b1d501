"""Speed of all cases on all available backends, compared with PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import tensorlab as tl
import tensorlab.nn
import tensorlab.optim

from . import machine
from .cases import CASES, Case
from .harness import compare
from .report import Row


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("backend", machine.backends())
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.name}")
def test_speed(case: Case, backend: str, benchmark: Any, rows: list[Row]) -> None:
    timings = compare(benchmark, case.contenders(backend))
    seconds = {name: timing.seconds for name, timing in timings.items()}
    ours = seconds.pop("tensorlab")
    with tl.use_backend(backend):
        flops = case.flops()
    roof = flops / ours / machine.peak(backend).flops if flops else None
    undisturbed = all(timing.undisturbed for timing in timings.values())
    rows.append(Row(case.group, case.name, backend, ours, seconds, flops, roof, undisturbed=undisturbed))
