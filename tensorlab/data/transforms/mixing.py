"""Mixing of the samples of a batch, and of their targets."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, ClassVar

from ...nn import functional as nn_functional
from ...options import Positive, Size, declared
from ...random import Generator
from .base import Transform


@declared
class _Mixing(Transform):
    """What `MixUp` and `CutMix` share."""

    takes_batches: ClassVar[bool] = False
    whole_batch: ClassVar[bool] = True
    _: KW_ONLY
    alpha: Positive = 1.0
    num_classes: Size | None = None
    generator: Generator | None = None


class MixUp(_Mixing):
    """Mixes each sample of a batch, and its target, with another one (Zhang et al., mixup, 2018).

    It is called with a batch and its targets, as a rule by `BatchTransform` while samples are collated; `nn.Mixup` is
    the same as a layer.

    Parameters
    ----------
    alpha : float
        Both parameters of the beta distribution from which the weight of a sample is drawn; greater than 0.
    num_classes : int, optional
        Number of classes; needed for class indices.
    generator : Generator, optional
        The source of the random numbers; the default generator by default.

    Examples
    --------
    >>> mix = tl.data.transforms.MixUp(num_classes=10)
    >>> images, targets = mix(tl.zeros(4, 3, 32, 32), tl.tensor([0, 1, 2, 3]))
    >>> targets.shape
    (4, 10)
    """

    def __call__(self, images: Any, targets: Any, /) -> Any:
        """Return the mixed images, and targets of shape (batch, classes)."""
        return nn_functional.mixup(images, targets, self.alpha, self.num_classes, generator=self.generator)


class CutMix(_Mixing):
    """Replaces a box in each image of a batch by that of another, and mixes targets (Yun et al., CutMix, 2019).

    It is called with a batch and its targets, as a rule by `BatchTransform` while samples are collated; `nn.CutMix` is
    the same as a layer.

    Parameters
    ----------
    alpha : float
        Both parameters of the beta distribution from which the area of the box is drawn; greater than 0.
    num_classes : int, optional
        Number of classes; needed for class indices.
    generator : Generator, optional
        The source of the random numbers; the default generator by default.

    Examples
    --------
    >>> mix = tl.data.transforms.CutMix(num_classes=10)
    >>> images, targets = mix(tl.zeros(4, 3, 32, 32), tl.tensor([0, 1, 2, 3]))
    >>> targets.shape
    (4, 10)
    """

    def __call__(self, images: Any, targets: Any, /) -> Any:
        """Return the mixed images, and targets of shape (batch, classes)."""
        return nn_functional.cutmix(images, targets, self.alpha, self.num_classes, generator=self.generator)
