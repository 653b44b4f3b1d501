"""Mixing of samples, as layers."""

from __future__ import annotations

from dataclasses import KW_ONLY

from ...options import Options, Positive, Size
from ...random import Generator
from ...tensor import Tensor
from .. import functional as F
from ..module.module import Module


class _Mixing(Module, Options):
    """Mixes batches in training; in evaluation inputs and targets are unchanged."""

    alpha: Positive = 1.0
    num_classes: Size | None = None
    _: KW_ONLY
    generator: Generator | None = None

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}, num_classes={self.num_classes}"


class Mixup(_Mixing):
    """Mixes each sample of a batch, and its target, with another one; see `functional.mixup`.

    Parameters
    ----------
    alpha : float
        Both parameters of the beta distribution; greater than 0.
    num_classes : int, optional
        Number of classes; needed for class indices.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

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


class CutMix(_Mixing):
    """Replaces a box in each image of a batch by that of another; see `functional.cutmix`.

    The arguments are those of `Mixup`.

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
