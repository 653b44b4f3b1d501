"""Every case on every backend that can be used here, PyTorch beside it."""

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


@pytest.mark.parametrize("backend", machine.backends())
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.name}")
def test_speed(case: Case, backend: str, benchmark: Any, rows: list[Row]) -> None:
    contenders = case.contenders(backend)
    ours, *others = compare(benchmark, contenders).items()
    with tl.use_backend(backend):
        flops = case.flops()
    roof = flops / ours[1] / machine.peak(backend).flops if flops else None
    rows.append(Row(case.group, case.name, backend, ours[1], dict(others), flops, roof))
