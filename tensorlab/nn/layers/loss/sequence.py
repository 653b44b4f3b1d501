"""Connectionist temporal classification as a layer."""

from __future__ import annotations

from collections.abc import Sequence

from ....options import Count, declared
from ....tensor import Tensor
from ... import functional as F
from ...functional.loss.common import Reduction
from .base import LossLayer


@declared
class CTCLoss(LossLayer, function=F.ctc_loss):
    """Negative log-likelihood of label sequences that are not aligned with the inputs (Graves et al. 2006).

    Examples
    --------
    >>> log_probs = tl.zeros(3, 1, 2).log_softmax(-1)
    >>> tl.nn.CTCLoss()(log_probs, tl.tensor([[1]]), (3,), (1,))
    tensor(0.28768206)
    """

    blank: Count = 0
    reduction: Reduction = "mean"
    zero_infinity: bool = False

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int] | int,
        target_lengths: Tensor | Sequence[int] | int,
    ) -> Tensor:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
