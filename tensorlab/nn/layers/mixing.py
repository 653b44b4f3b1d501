"""Mixing of samples as a step of training."""

from __future__ import annotations

from typing import Any

from ...random import Generator
from .. import functional as F
from ..module.module import Module


class _Mixing(Module):
    """Mixes batches in training; in evaluation leaves inputs and targets as they are."""

    def __init__(
        self, alpha: float = 1.0, num_classes: int | None = None, *, generator: Generator | None = None
    ) -> None:
        if not alpha > 0:
            raise ValueError(f"{type(self).__name__}: alpha must be greater than 0, not {alpha}")
        self.alpha, self.num_classes, self.generator = alpha, num_classes, generator

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}, num_classes={self.num_classes}"


class Mixup(_Mixing):
    """Mixes each sample of a batch with another one, and their targets alike; see `functional.mixup`.

    Parameters
    ----------
    alpha : float
        Both parameters of the beta distribution; greater than 0.
    num_classes : int, optional
        Needed for class indices.
    generator : Generator, optional
        What to draw from; the default one else.

    Raises
    ------
    ValueError
        If `alpha` is not positive.

    Examples
    --------
    As a step of collating, and in the loop:

    >>> mix = tl.nn.Mixup(alpha=0.2, num_classes=3)
    >>> collate = lambda samples: mix(*tl.data.default_collate(samples))
    >>> x, y = collate([(tl.zeros(2), 0), (tl.ones(2), 2)])
    >>> x.shape, y.shape
    ((2, 2), (2, 3))
    >>> mix.eval()(tl.zeros(1, 2), tl.tensor([1]))[1]
    tensor([1])
    """

    def forward(self, input: Any, target: Any) -> Any:
        if not self.training:
            return input, target
        return F.mixup(input, target, self.alpha, self.num_classes, generator=self.generator)


class CutMix(_Mixing):
    """Replaces a box in each image of a batch by that of another one; see `functional.cutmix` and `Mixup`.

    Examples
    --------
    >>> x, y = tl.nn.CutMix(num_classes=3)(tl.zeros(2, 1, 4, 4), tl.tensor([0, 2]))
    >>> x.shape, y.shape
    ((2, 1, 4, 4), (2, 3))
    """

    def forward(self, input: Any, target: Any) -> Any:
        if not self.training:
            return input, target
        return F.cutmix(input, target, self.alpha, self.num_classes, generator=self.generator)
