"""Mixing of samples, as layers."""

from __future__ import annotations

from dataclasses import KW_ONLY

from ...options import Positive, Size, declared
from ...random import Generator
from ...tensor import Tensor
from .. import functional as F
from .base import Layer


@declared
class _Mixing(Layer):
    """Mixes batches in training; in evaluation inputs and targets are unchanged."""

    alpha: Positive = 1.0
    num_classes: Size | None = None
    _: KW_ONLY
    generator: Generator | None = None
    _shown = ("alpha", "num_classes")


class Mixup(_Mixing, function=F.mixup):
    """Mixes each sample of a batch, and its target, with another one; in training only.

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

    def forward(self, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return input, target
        return F.mixup(input, target, self.alpha, self.num_classes, generator=self.generator)


class CutMix(_Mixing, function=F.cutmix):
    """Replaces a box in each image of a batch by that of another, and mixes targets; in training only.

    Examples
    --------
    >>> x, y = tl.nn.CutMix(num_classes=3)(tl.zeros(2, 1, 4, 4), tl.tensor([0, 2]))
    >>> x.shape, y.shape
    ((2, 1, 4, 4), (2, 3))
    """

    def forward(self, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return input, target
        return F.cutmix(input, target, self.alpha, self.num_classes, generator=self.generator)
