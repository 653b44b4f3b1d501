"""Pictures of attributions: images, and beside them or over them what a model's answer depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import ShapeError
from ..ops.quantiles import quantile
from ..options import Size, checked
from ..options.kinds import Real
from ..tensor import Tensor
from .images import Range, channels_last, ranges_of
from .inputs import Names, array_of
from .style import DIVERGING, GRAY, LARGE, MEDIUM, figure_of, new_figure, several_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Percentage = Annotated[float, Real(0, 100, "(]")]


@checked
def attribution_maps(
    images: Any,
    maps: Any,
    *,
    titles: Names | None = None,
    max_images: Size = 8,
    percentile: Percentage = 99,
    value_range: Range | None = None,
    cmap: str = "inferno",
    title: str = "",
    axes: Any = None,
) -> Figure:
    """Draw images in rows, each followed by its attributions by one or several methods.

    Attributions with a channel axis, such as gradients, stand by themselves; those without one, such as Grad-CAM's, lie
    over the image in grey. Of several channels the maximum is drawn if nothing is negative, and the sum otherwise. What
    is positive only goes from dark to bright; what has both signs is red where it is positive and blue where negative.

    Parameters
    ----------
    images : tensor or array, shape (N, C, H, W)
        The images with 1, 3 or 4 channels.
    maps : tensor or array, or mapping from str to them
        Attributions by the name of the method, of shape ``(N, C, H, W)`` or ``(N, H, W)``.
    titles : sequence of str, optional
        What to write beside each row, such as the class that is explained.
    max_images : int
        The largest number of images to draw; the first ones are.
    percentile : float
        Each map is scaled by this percentile of its magnitudes, so that single pixels do not darken the rest.
    value_range : (float, float), optional
        The values of black and white in the images.
    cmap : str
        The colour map of attributions without negative values.
    title : str
        The title of the whole.
    axes : sequence of matplotlib.axes.Axes, optional
        Axes to draw on, row by row; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ShapeError
        If attributions do not fit the images, or there are not as many titles as images.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(144, 10))
    >>> images = tl.rand(2, 1, 8, 8)
    >>> found = {"saliency": tl.viz.attribution.saliency(net, images)}
    >>> figure = tl.viz.attribution_maps(images, found, titles=["seven", "two"])
    >>> [ax.get_title() for ax in figure.axes], [ax.get_ylabel() for ax in figure.axes]
    (['image', 'saliency', '', ''], ['seven', '', 'two', ''])
    """
    pictures = channels_last("attribution_maps", images, "first")
    titles = None if titles is None else list(map(str, titles))
    named = dict(maps) if isinstance(maps, Mapping) else {"attribution": maps}
    found = {name: _attributions(name, x, pictures) for name, x in named.items()}
    if titles is not None and len(titles) != len(pictures):
        raise ShapeError(
            f"attribution_maps: titles must have {len(pictures)} entries, one per image, not {len(titles)}"
        )
    rows, columns = min(len(pictures), max_images), 1 + len(found)
    panels = _panels(axes, rows, columns)
    ranges = ranges_of("attribution_maps", pictures, value_range)
    for row in range(rows):
        grey, here = _grey(pictures[row], ranges[row]), panels[row * columns : (row + 1) * columns]
        _show_image(here[0], pictures[row], ranges[row])
        if titles is not None:
            here[0].set_ylabel(titles[row], fontsize=MEDIUM)
        for ax, attribution in zip(here[1:], found.values(), strict=True):
            _show_attribution(ax, attribution[row], grey, percentile, cmap)
    for ax, name in zip(panels, ["image", *found], strict=False):
        ax.set_title(name, fontsize=MEDIUM)
    figure = figure_of(panels[0])
    if title and axes is None:
        figure.suptitle(title, fontsize=LARGE + 1)
    return figure


def _attributions(name: str, x: Any, pictures: NDArray[Any]) -> NDArray[Any]:
    found = array_of("attribution_maps", f"maps[{name!r}]", x, ndims=(3, 4))
    if len(found) != len(pictures) or found.shape[-2:] != pictures.shape[1:3]:
        count, height, width = pictures.shape[:3]
        raise ShapeError(
            f"attribution_maps: maps[{name!r}] must be {count} maps of {height}×{width}, as the images are, not of "
            f"shape {found.shape}"
        )
    return found


def _grey(picture: NDArray[Any], limits: Range) -> NDArray[Any]:
    low, high = limits
    grey: NDArray[Any] = ((picture[..., :3].mean(axis=-1) - low) / ((high - low) or 1)).clip(0, 1)
    return grey


def _show_image(ax: Any, picture: NDArray[Any], limits: Range) -> None:
    low, high = limits
    scaled = ((picture - low) / ((high - low) or 1)).clip(0, 1)
    ax.imshow(scaled[..., 0] if scaled.shape[-1] == 1 else scaled, cmap=GRAY, vmin=0, vmax=1, interpolation="nearest")


def _show_attribution(ax: Any, attribution: NDArray[Any], grey: NDArray[Any], percentile: float, cmap: str) -> None:
    signed = bool((attribution < 0).any())
    alone = attribution.ndim == 3
    if alone:
        attribution = attribution.sum(axis=0) if signed else attribution.max(axis=0)
    limit = float(quantile(Tensor(abs(attribution)), percentile / 100)) or float(abs(attribution).max()) or 1.0
    if not alone:
        ax.imshow(grey, cmap=GRAY, vmin=0, vmax=1.6, interpolation="nearest")  # darker, so that colours show
    ax.imshow(
        attribution,
        cmap=DIVERGING if signed else cmap,
        vmin=-limit if signed else 0,
        vmax=limit,
        alpha=None if alone else (abs(attribution) / limit).clip(0, 1) * 0.85,
        interpolation="nearest",
    )


def _panels(axes: Any, rows: int, columns: int) -> list[Any]:
    if axes is not None:
        panels = several_axes("attribution_maps", axes, rows * columns)
    else:
        figure = new_figure("attribution_maps", 1.5 * columns + 0.4, 1.5 * rows + 0.5)
        panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for ax in panels:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return panels
