"""The base classes of transforms: how they are called, and how random ones draw their parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from ...backend import backend_of
from ...errors import ShapeError
from ...ops.indexing import take
from ...ops.shapes import expand_dims, squeeze
from ...options import Options, declared
from ...random import Generator, default_generator
from ...tensor import Tensor, array_of
from .functional.images import check_images

Params = dict[str, Any]


class Draws:
    """Uniform random numbers of a generator, which are drawn many at a time and handed out one by one.

    Parameters
    ----------
    generator : Generator or None
        The source; the default generator if None.
    count : int
        How many numbers are drawn at a time.
    """

    def __init__(self, generator: Generator | None, count: int) -> None:
        self._generator, self._count = generator or default_generator, count
        self._numbers: list[float] = []

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number in ``[low, high)``."""
        if not self._numbers:
            self._numbers = self._generator.uniform((self._count,), dtype="float32").tolist()
        return low + (high - low) * self._numbers.pop()

    def integer(self, low: int, high: int) -> int:
        """Return an integer in ``[low, high)``."""
        return min(low + int(self.uniform() * (high - low)), high - 1)

    def permutation(self, count: int) -> tuple[int, ...]:
        """Return the numbers below `count` in random order."""
        order = list(range(count))
        for place in range(count - 1, 0, -1):
            other = self.integer(0, place + 1)
            order[place], order[other] = order[other], order[place]
        return tuple(order)


class Transform(Options):
    """A function of images with options: ``transform(image)``, or ``transform(image, *masks)``.

    An image has shape ``(..., channels, height, width)``; `ToImage` and `ToTensor` put the channels of arrays as
    libraries read them, ``(height, width, channels)``, first. Masks, such as the classes of the pixels, are moved like
    the image, by the nearest pixel, and keep their values. They have shape ``(..., height, width)``, of which the
    leading axes are those of the image with or without the channels.

    Tensors give tensors, arrays give arrays, on every backend.

    A subclass defines `transform`, and `transform_mask` if it moves pixels.
    """

    takes_batches: ClassVar[bool] = True
    """Whether a batch is transformed as its images one by one would be."""

    whole_batch: ClassVar[bool] = False
    """Whether a batch is transformed as a whole, its targets included, as by `MixUp`."""

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        """Return the transformed image; with masks, a tuple of the image and the masks."""
        return self._apply(self.make_params(image), image, masks)

    def make_params(self, image: Any) -> Params:
        """Return the parameters for an image or a batch: a list is one with an entry for each image.

        They are drawn here, and `transform` depends on nothing else.
        """
        return {}

    def transform(self, image: Any, params: Params) -> Any:
        """Return an image transformed with given parameters."""
        raise NotImplementedError(f"{type(self).__name__} does not define transform")

    def transform_mask(self, image: Any, params: Params) -> Any:
        """Return a mask, in the layout of an image, transformed with given parameters: by default unchanged."""
        return image

    def _apply(self, params: Params, image: Any, masks: tuple[Any, ...]) -> Any:
        out = self.transform(image, params)
        if not masks:
            return out
        return (out, *(self._apply_to_mask(params, image, mask) for mask in masks))

    def _apply_to_mask(self, params: Params, image: Any, mask: Any) -> Any:
        expected, given = tuple(image.shape), tuple(getattr(mask, "shape", ()))
        without_channels = len(given) == len(expected) - 1
        leading = slice(None, -3)
        if given[-2:] != expected[-2:] or given[: len(expected) - 3] != expected[leading]:
            raise ShapeError(
                f"{type(self).__name__}: a mask of an image of shape {expected} must have shape "
                f"{(*expected[leading], *expected[-2:])}, or an axis of channels as well, not {given}"
            )
        if not without_channels:
            return self.transform_mask(mask, params)
        return _mapped(lambda out: squeeze(out, axis=-3), self.transform_mask(expand_dims(mask, axis=-3), params))

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self._declared if hasattr(self, name)}
        plain = {"generator": None, "same_on_batch": False, "mask_fill": 0}
        parts = [f"{name}={v!r}" for name, v in shown.items() if name not in plain or v != plain[name]]
        return f"{type(self).__name__}({', '.join(parts)})"


def _mapped(function: Callable[[Any], Any], result: Any) -> Any:
    """Apply a function to a result, or to each of several."""
    return tuple(map(function, result)) if isinstance(result, tuple) else function(result)


def _by_name(rows: list[Params]) -> Params:
    """Return the parameters of several images as lists."""
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


@declared
class RandomTransform(Transform):
    """A transform whose parameters are drawn at every call, for each image of a batch by itself.

    The images of a batch, ``(batch, channels, height, width)``, get parameters of their own, as if they were
    transformed one by one; all frames of ``(batch, time, channels, height, width)`` get the same. With
    ``same_on_batch=True`` all images get the same.

    Parameters
    ----------
    generator : Generator, optional
        The source of the random numbers; by default the default generator, which a `DataLoader` seeds for each batch.
    same_on_batch : bool
        Whether the images of a batch get the same parameters.
    """

    _: KW_ONLY
    generator: Generator | None = None
    same_on_batch: bool = False

    def make_params(self, image: Any) -> Params:
        check_images(image)
        count = self._samples(image)
        if not count:
            return self.draw(image, Draws(self.generator, 16))
        draws = Draws(self.generator, 8 * count)
        return _by_name([self.draw(image, draws) for _ in range(count)])

    def draw(self, image: Any, draws: Draws) -> Params:
        """Return the parameters of one image."""
        raise NotImplementedError(f"{type(self).__name__} does not define draw")

    def _samples(self, image: Any) -> int | None:
        """Return the number of images that get parameters of their own; None if there is one set of parameters."""
        return None if self.same_on_batch or len(image.shape) < 4 else int(image.shape[0])


class SometimesTransform(RandomTransform):
    """A random transform that leaves images unchanged with probability ``1 - p``, an option that subclasses declare."""

    p: float

    def make_params(self, image: Any) -> Params:
        check_images(image)
        count = self._samples(image)
        draws = Draws(self.generator, 8 * (count or 2))
        if not count:
            chosen = draws.uniform() < self.p
            return {"chosen": chosen, **(self.draw(image, draws) if chosen else {})}
        flags = [draws.uniform() < self.p for _ in range(count)]
        return {"chosen": flags, **_by_name([self.draw(image, draws) for chosen in flags if chosen])}

    def draw(self, image: Any, draws: Draws) -> Params:
        return {}

    def _apply(self, params: Params, image: Any, masks: tuple[Any, ...]) -> Any:
        chosen = params["chosen"]
        rest = {name: value for name, value in params.items() if name != "chosen"}

        def changed(*part: Any) -> Any:
            return super(SometimesTransform, self)._apply(rest, part[0], part[1:])

        return on_chosen(changed, chosen, image, *masks)


def on_chosen(function: Callable[..., Any], chosen: bool | Sequence[bool], *batches: Any) -> Any:
    """Return what a function makes of some of the samples of batches, among the others in their places.

    Raises
    ------
    ShapeError
        If the function changes the shape or the type of the samples that it is given.
    """
    if isinstance(chosen, bool):
        return function(*batches) if chosen else batches if len(batches) > 1 else batches[0]
    if all(chosen):
        return function(*batches)
    places = [place for place, flag in enumerate(chosen) if flag]
    if not places:
        return batches if len(batches) > 1 else batches[0]
    changed = function(*(_taken(batch, places) for batch in batches))
    parts = changed if len(batches) > 1 else (changed,)
    merged = tuple(_replaced(batch, places, part) for batch, part in zip(batches, parts, strict=True))
    return merged if len(batches) > 1 else merged[0]


def _taken(batch: Any, places: list[int]) -> Any:
    """Return some samples of a batch."""
    return take(batch, _index(batch, places), axis=0)


def _replaced(batch: Any, places: list[int], part: Any) -> Any:
    """Return a batch in which some samples are replaced."""
    if tuple(part.shape[1:]) != tuple(batch.shape[1:]) or part.dtype != batch.dtype:
        raise ShapeError(
            f"a transform of some images of a batch must keep their shape and type, {tuple(batch.shape[1:])} and "
            f"{batch.dtype}, but returned {tuple(part.shape[1:])} and {part.dtype}"
        )
    merged = (batch if isinstance(batch, Tensor) else Tensor(batch)).clone()
    merged[_index(batch, places)] = part
    return merged if isinstance(batch, Tensor) else merged._array


def _index(batch: Any, places: list[int]) -> Any:
    array: Any = array_of(batch)
    backend = backend_of(array)
    return backend.asarray(places, dtype=backend.native("int64"), device=array.device)
