"""Checks before a long run: of a model, its loss and its data.

Each check returns a `Check`, which is false if it failed and says why; `check` makes them all and returns a `Report`.
Both have ``raise_if_failed()``. All of them leave what they are given as it was.
"""

from .all_checks import check
from .data_checks import finite_data, no_shared_samples
from .model_checks import gradients, initial_loss, overfits_one_batch
from .report import Check, Report, SanityError

__all__ = [
    "Check", "Report", "SanityError",
    "check", "finite_data", "gradients", "initial_loss", "no_shared_samples", "overfits_one_batch",
]  # fmt: skip
