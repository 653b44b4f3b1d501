"""Connectionist temporal classification as a layer."""

from __future__ import annotations

from typing import Any

from ... import functional as F
from .base import _Loss


class CTCLoss(_Loss):
    """Negative log-likelihood of label sequences that are not aligned with the inputs; see `functional.ctc_loss`.

    Parameters
    ----------
    blank : int
        Which class is the blank.
    reduction : {"mean", "sum", "none"}
        What is returned.
    zero_infinity : bool
        Whether targets that are too long for their input cost nothing instead of infinitely much.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> log_probs = tl.zeros(3, 1, 2).log_softmax(-1)
    >>> tl.nn.CTCLoss()(log_probs, tl.tensor([[1]]), (3,), (1,))
    tensor(0.28768206)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
