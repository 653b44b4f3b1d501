"""Grids of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    """Return images times `std` plus `mean`, each of which has one entry or one for each channel."""
    for name, given, join in (("std", std, "__mul__"), ("mean", mean, "__add__")):
        if given is not None:
            factor = array_of("image_grid", name, given, ndims=(0, 1))
            if factor.size not in (1, pictures.shape[-1]):
                raise ShapeError(
                    f"image_grid: {name} must be a number or {pictures.shape[-1]}, one for each channel, "
                    f"not {factor.size}"
                )
            pictures = getattr(pictures, join)(factor)
    return pictures


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
    count, height, width, _ = pictures.shape
    columns = min(count, columns or _columns(count, height / width))
    rows = -(-count // columns)
    lines = max((text.count("\n") + 1 for text in titles), default=0) if titles else 0
    cell = min(1.8 if columns <= 5 and width > 40 else 1.2, 9 / columns) if count > 1 else 3.0  # inches
    gap = 0.06 * width
    above = lines * 0.15 / cell * width + (0.3 * gap if lines else 0)  # room for titles, in pixels of the images
    step = (width + gap, height + gap + above)
    size = (columns * cell * step[0] / width + 0.2, rows * cell * step[1] / width + (0.5 if title else 0.2))
    ax = axes_on(user, ax, *size)
    from matplotlib.patches import Rectangle

    for number, (picture, limits) in enumerate(zip(pictures, ranges)):
        left, top = number % columns * step[0], number // columns * step[1]
        ax.imshow(
            _displayed(picture, limits),
            extent=(left, left + width, top + height, top),
            cmap=cmap,
            vmin=limits[0],
            vmax=limits[1],
            interpolation="nearest",
        )
        if cmap == DIVERGING:  # whose middle is as white as the space between the images
            ax.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=FAINT, linewidth=0.5))
        if titles is not None:
            ax.text(
                left + width / 2, top - 0.3 * gap, titles[number],
                ha="center", va="bottom", fontsize=SMALL, color=INK, linespacing=1.1,
            )  # fmt: skip
    ax.set(xlim=(-gap, columns * step[0]), ylim=(rows * step[1] - above, -gap - above), aspect="equal")
    ax.set_axis_off()
    ax.set_title(title, fontsize=LARGE)
    return figure_of(ax)


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
