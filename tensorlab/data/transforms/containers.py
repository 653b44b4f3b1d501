"""Transforms made of transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ...options import Fraction, NonNegative, checked, declared
from ..collate import default_collate
from .base import Draws, Params, RandomTransform, SometimesTransform, Transform, on_chosen

Transforms = Sequence[Callable[..., Any]]


def applied(transform: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what a transform makes of an image and masks; functions that are no transforms take the image alone."""
    image, *masks = inputs
    if not masks:
        return (transform(image),)
    if isinstance(transform, Transform):
        return tuple(transform(image, *masks))
    return (transform(image), *masks)


class _Container(Transform):
    """A transform of images, masks and targets that passes them on to its parts."""

    @property
    def takes_batches(self) -> bool:  # type: ignore[override]
        """Whether a batch is transformed as its images one by one would be."""
        parts = self.transforms  # type: ignore[attr-defined]
        return all(getattr(part, "takes_batches", False) for part in parts)

    def __repr__(self) -> str:
        parts = [line for part in self.transforms for line in f"{part!r}".splitlines()]  # type: ignore[attr-defined]
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name in self._declared
            if name not in ("transforms", "generator", "same_on_batch") and getattr(self, name) is not None
        ]
        return "\n".join([f"{type(self).__name__}(", *(f"  {line}" for line in [*parts, *shown]), ")"])


@declared
class Compose(_Container):
    """Several transforms, one after the other.

    Parameters
    ----------
    transforms : sequence of callable
        Transforms, or functions of an image.

    Examples
    --------
    >>> from tensorlab.data import transforms as T
    >>> train = T.Compose([
    ...     T.ToImage(),
    ...     T.RandomResizedCrop(224),
    ...     T.RandomHorizontalFlip(),
    ...     T.ToDtype(tl.float32, scale=True),
    ...     T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ... ])
    >>> train(tl.zeros(3, 480, 640, dtype="uint8")).shape
    (3, 224, 224)

    With a mask, which gets the same crop:

    >>> image, mask = T.Compose([T.RandomCrop(32)])(tl.zeros(3, 64, 64), tl.zeros(64, 64, dtype="int64"))
    >>> mask.shape
    (32, 32)
    """

    transforms: Transforms

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        inputs: tuple[Any, ...] = (image, *masks)
        for transform in self.transforms:
            inputs = applied(transform, inputs)
        return inputs if masks else inputs[0]


@declared
class RandomApply(SometimesTransform, _Container):
    """Several transforms, all of them with a probability; decided for each image of a batch.

    Parameters
    ----------
    transforms : sequence of callable
        Transforms that keep the shape and the data type of images, if applied to batches.
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> from tensorlab.data import transforms as T
    >>> T.RandomApply([T.Grayscale(3), T.GaussianBlur(3)], p=0.1)(tl.zeros(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    transforms: Transforms
    p: Fraction = 0.5

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        return on_chosen(Compose(self.transforms), self.make_params(image)["chosen"], image, *masks)


@declared
class RandomChoice(RandomTransform, _Container):
    """One of several transforms, drawn for each image of a batch.

    If one of them transforms a whole batch, as `MixUp` does, the choice is made for the batch.

    Parameters
    ----------
    transforms : sequence of callable
        The transforms.
    p : sequence of float, optional
        Their probabilities, up to a factor; equal by default.

    Raises
    ------
    ValueError
        If there is no transform, or not one probability for each.

    Examples
    --------
    >>> from tensorlab.data import transforms as T
    >>> mix = T.RandomChoice([T.MixUp(num_classes=10), T.CutMix(num_classes=10)])
    >>> images, targets = mix(tl.zeros(4, 3, 32, 32), tl.tensor([0, 1, 2, 3]))
    >>> targets.shape
    (4, 10)
    """

    transforms: Transforms
    p: Sequence[NonNegative] | None = None

    def __post_init__(self) -> None:
        if not self.transforms:
            raise ValueError("RandomChoice: transforms must have at least one transform")
        if self.p is not None and (len(self.p) != len(self.transforms) or not sum(self.p)):
            raise ValueError(f"RandomChoice: p must have a probability for each of {len(self.transforms)} transforms")

    @property
    def whole_batch(self) -> bool:  # type: ignore[override]
        """Whether a batch is transformed as a whole."""
        return any(getattr(transform, "whole_batch", False) for transform in self.transforms)

    def draw(self, image: Any, draws: Draws) -> Params:
        weights = self.p or (1.0,) * len(self.transforms)
        rest = draws.uniform(0.0, sum(weights))
        for place, weight in enumerate(weights):
            rest -= weight
            if rest < 0 and weight:
                return {"place": place}
        return {"place": max(place for place, weight in enumerate(weights) if weight)}

    def _samples(self, image: Any) -> int | None:
        return None if self.whole_batch else super()._samples(image)

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        places = self.make_params(image)["place"]
        inputs: tuple[Any, ...] = (image, *masks)
        if not isinstance(places, list):
            inputs = applied(self.transforms[places], inputs)
            return inputs if masks else inputs[0]
        for place, transform in enumerate(self.transforms):
            out = on_chosen(Compose((transform,)), [own == place for own in places], *inputs)
            inputs = out if masks else (out,)
        return inputs if masks else inputs[0]


@declared
class RandomOrder(RandomTransform, _Container):
    """Several transforms in random order, which is drawn once for a batch.

    Parameters
    ----------
    transforms : sequence of callable
        The transforms.

    Examples
    --------
    >>> from tensorlab.data import transforms as T
    >>> T.RandomOrder([T.RandomCrop(32), T.RandomHorizontalFlip()])(tl.zeros(3, 64, 64)).shape
    (3, 32, 32)
    """

    takes_batches: ClassVar[bool] = False
    transforms: Transforms

    def draw(self, image: Any, draws: Draws) -> Params:
        return {"order": draws.permutation(len(self.transforms))}

    def _samples(self, image: Any) -> int | None:
        return None

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        order = self.make_params(image)["order"]
        return Compose([self.transforms[place] for place in order])(image, *masks)


class BatchTransform:
    """Collates samples and transforms the images of the batch: a `collate_fn` for a `DataLoader`.

    Parameters
    ----------
    transform : callable
        A transform, which gets the images; `MixUp` and `CutMix` get the targets as well.
    collate_fn : callable
        Makes a batch of samples.

    Examples
    --------
    >>> from tensorlab.data import transforms as T
    >>> data = tl.data.TensorDataset(tl.rand(8, 3, 32, 32), tl.randint(0, 10, (8,)))
    >>> loader = tl.data.DataLoader(data, 4, collate_fn=T.BatchTransform(T.CutMix(num_classes=10)))
    >>> images, targets = next(iter(loader))
    >>> targets.shape
    (4, 10)
    """

    @checked
    def __init__(self, transform: Callable[..., Any], collate_fn: Callable[..., Any] = default_collate) -> None:
        self.transform, self.collate_fn = transform, collate_fn

    def __call__(self, samples: Any) -> Any:
        batch = self.collate_fn(samples)
        if getattr(self.transform, "whole_batch", False):
            return self.transform(*batch)
        if not isinstance(batch, tuple | list):
            return self.transform(batch)
        images, *rest = batch
        return (self.transform(images), *rest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.transform!r})"
