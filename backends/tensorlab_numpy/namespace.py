"""NumPy as an Array API namespace whose sums and scans are accurate, so that the default kernels are."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import reduction, scan


class Namespace:
    """`numpy` with the functions of `reduction` and `scan`."""

    def __init__(self) -> None:
        self.sum = reduction.sum
        self.mean = reduction.mean
        self.cumulative_sum = scan.cumulative_sum
        self.cumulative_prod = scan.cumulative_prod

    def __getattr__(self, name: str) -> Any:
        value = getattr(np, name)
        setattr(self, name, value)  # later look-ups find the attribute directly
        return value
