"""Grids of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ShapeError
from ..options import Finite, Size, checked
from ..options.kinds import kind_of, read
from .inputs import Names, array_of
from .style import DIVERGING, FAINT, GRAY, INK, LARGE, SMALL, Axes, axes_on, figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Channels = Literal["first", "last"]
Range = tuple[Finite, Finite]


@checked
def image_grid(
    images: Any,
    *,
    titles: Names | None = None,
    columns: Size | None = None,
    channels: Channels | None = None,
    value_range: Range | None = None,
    scale_each: bool = False,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    cmap: str | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw images side by side in rows.

    Parameters
    ----------
    images : tensor, array or list of them
        Images of one size, of shape ``(N, H, W)``, ``(N, C, H, W)`` or ``(N, H, W, C)`` with 1, 3 or 4 channels (grey,
        RGB, RGBA); or one grey image ``(H, W)``. Bytes are from 0 to 255. Floating-point images whose values are all
        from 0 to 1 are shown as they are; others have their smallest value in black and their largest in white.
    titles : sequence of str, optional
        What to write above each image.
    columns : int, optional
        Number of images in a row; by default as many as make the picture a little wider than high.
    channels : {"first", "last"}, optional
        Where the channel axis is. By default it is found by its length; if both axes could be it, it is the last one of
        bytes, and the first one of other images.
    value_range : (float, float), optional
        The values of black and white. Values outside are clipped.
    scale_each : bool
        Whether each image is scaled by its own range, and not all by that of all.
    mean, std : float or sequence of float, one for each channel, optional
        Undo a normalisation: the picture shows ``images * std + mean``.
    cmap : str, optional
        The colour map of images with one channel.
    title : str
        The title of the whole.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If the images are not numbers.
    ValueError
        If they have another shape, or there are not as many titles as images.

    Examples
    --------
    >>> figure = tl.viz.image_grid(tl.rand(6, 3, 8, 8), columns=3, titles=list("abcdef"))
    >>> [image.get_array().shape for image in figure.axes[0].images][:2]
    [(8, 8, 3), (8, 8, 3)]
    """
    pictures = channels_last("image_grid", images, channels)
    titles = None if titles is None else list(map(str, titles))
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"image_grid: titles must have {len(pictures)} entries, one for each image, not {len(titles)}")
    pictures = _denormalized(pictures, mean, std)
    ranges = ranges_of("image_grid", pictures, value_range, scale_each)
    return draw_grid("image_grid", pictures, ranges, titles, columns, cmap or GRAY, title, ax)


def channels_last(user: str, images: Any, channels: Channels | None = None) -> NDArray[Any]:
    """Return images as an array of shape ``(N, H, W, C)``."""
    if isinstance(images, list | tuple) and images and len({tuple(getattr(x, "shape", ())) for x in images}) > 1:
        shapes = " and ".join(dict.fromkeys(str(tuple(getattr(x, "shape", ()))) for x in images))
        raise ShapeError(f"{user}: images must have one size, not shapes {shapes}")
    pictures = array_of(user, "images", images, ndims=(2, 3, 4))
    if pictures.ndim == 2:
        pictures = pictures[None]
    if pictures.ndim == 3:
        return pictures[..., None]
    shape = pictures.shape
    possible = [place for place, axis in (("first", 1), ("last", 3)) if shape[axis] in (1, 3, 4)]
    if channels is None:
        whole = pictures.dtype.kind in "ui"
        channels = "last" if "last" in possible and (whole or "first" not in possible) else "first"
    if channels not in possible:
        raise ShapeError(
            f"{user}: images must have 1, 3 or 4 channels on the second or the last axis, not shape {shape}; "
            "one channel of each is images[:, 0], all channels of one image are images[0]"
        )
    return pictures if channels == "last" else pictures.transpose(0, 2, 3, 1)


def _denormalized(pictures: NDArray[Any], mean: Any, std: Any) -> NDArray[Any]:
    """Return images times `std` plus `mean`."""
    if std is not None:
        pictures = pictures * _per_channel("std", std, pictures.shape[-1])
    if mean is not None:
        pictures = pictures + _per_channel("mean", mean, pictures.shape[-1])
    return pictures


def _per_channel(name: str, value: Any, channels: int) -> NDArray[Any]:
    """Return one number, or one for each channel."""
    numbers = array_of("image_grid", name, value, ndims=(0, 1))
    if numbers.size not in (1, channels):
        raise ShapeError(f"image_grid: {name} must be a number or {channels}, one for each channel, not {numbers.size}")
    return numbers


def ranges_of(
    user: str, pictures: NDArray[Any], value_range: Range | None = None, scale_each: bool = False
) -> list[Range]:
    """Return the values of black and white in each image."""
    if value_range is not None:
        return [read(user, "value_range", kind_of(Range), value_range)] * len(pictures)
    if scale_each:
        return [_range(picture) for picture in pictures]
    return [_range(pictures)] * len(pictures)


def _range(pictures: NDArray[Any]) -> Range:
    if pictures.dtype == "uint8":
        return 0, 255
    finite = pictures[abs(pictures) < math.inf]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (0, 1) if low >= 0 and high <= 1 else (low, high)


@dataclass
class Grid:
    """Where images are in a picture, in pixels of the images.

    Attributes
    ----------
    columns, rows : int
        The numbers of images side by side and below one another.
    step : (float, float)
        From one image to the next, to the right and downwards.
    gap, above : float
        The space between images, and that for the titles above them.
    inches : (float, float)
        Width and height of the whole.
    """

    columns: int
    rows: int
    step: tuple[float, float]
    gap: float
    above: float
    inches: tuple[float, float]


def _grid(shape: tuple[int, ...], columns: int | None, lines: int) -> Grid:
    """Return the grid for images of shape ``(N, H, W, C)`` with titles of a number of lines."""
    count, height, width, _ = shape
    columns = min(count, columns or _columns(count, height / width))
    rows = -(-count // columns)
    largest = 3.0 if count == 1 else 1.8 if columns <= 5 and width > 40 else 1.2  # inches
    inch = width / min(largest, 9 / columns)
    gap = 0.06 * width
    above = 0.15 * lines * inch + (0.3 * gap if lines else 0)
    step = (width + gap, height + gap + above)
    return Grid(columns, rows, step, gap, above, (columns * step[0] / inch + 0.2, rows * step[1] / inch + 0.2))


def draw_grid(
    user: str,
    pictures: NDArray[Any],
    ranges: Sequence[Range],
    titles: Sequence[str] | None,
    columns: int | None,
    cmap: str,
    title: str,
    ax: Any,
) -> Any:
    """Draw images of shape ``(N, H, W, C)`` as artists of one pair of axes, and return the figure."""
    lines = max(text.count("\n") + 1 for text in titles) if titles else 0
    grid = _grid(pictures.shape, columns, lines)
    ax = axes_on(user, ax, grid.inches[0], grid.inches[1] + (0.3 if title else 0))
    height, width = pictures.shape[1:3]
    for number, (picture, limits) in enumerate(zip(pictures, ranges)):
        left, top = number % grid.columns * grid.step[0], number // grid.columns * grid.step[1]
        _draw_image(ax, picture, (left, left + width, top + height, top), limits, cmap)
        if titles is not None:
            ax.text(
                left + width / 2, top - 0.3 * grid.gap, titles[number],
                ha="center", va="bottom", fontsize=SMALL, color=INK, linespacing=1.1,
            )  # fmt: skip
    right, bottom = grid.columns * grid.step[0], grid.rows * grid.step[1] - grid.above
    ax.set(xlim=(-grid.gap, right), ylim=(bottom, -grid.gap - grid.above), aspect="equal")
    ax.set_axis_off()
    ax.set_title(title, fontsize=LARGE)
    return figure_of(ax)


def _draw_image(
    ax: Any, picture: NDArray[Any], extent: tuple[float, float, float, float], limits: Range, cmap: str
) -> None:
    """Draw one image; one in colours whose middle is white has a frame."""
    from matplotlib.patches import Rectangle

    low, high = limits
    shown = _displayed(picture, limits)
    ax.imshow(shown, extent=extent, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    if cmap == DIVERGING:
        left, right, bottom, top = extent
        frame = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=FAINT, linewidth=0.5)
        ax.add_patch(frame)


def _columns(count: int, aspect: float) -> int:
    """Return the number of columns of a picture a little wider than high whose last row is as full as possible."""
    wanted = math.sqrt(1.6 * count * aspect)
    near = range(math.ceil(0.6 * wanted), math.ceil(1.5 * wanted) + 1)
    return min(near, key=lambda columns: abs(math.log(columns / wanted)) + -count % columns / columns)


def _displayed(picture: NDArray[Any], limits: Range) -> NDArray[Any]:
    """Return an image as Matplotlib draws it: one channel by a colour map, several between 0 and 1."""
    if picture.shape[-1] == 1:
        return picture[..., 0]
    low, high = limits
    scaled = (picture - low) / ((high - low) or 1)
    if picture.shape[-1] == 4 and picture.dtype != "uint8":
        scaled[..., 3] = picture[..., 3]  # opacity is not scaled
    return scaled.clip(0, 1)
