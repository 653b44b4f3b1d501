"""The weights of a network: its first filters as images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..errors import ShapeError
from ..nn import Module
from ..options import Size, checked
from ..tensor import Tensor
from .images import draw_grid, ranges_of
from .inputs import array_of
from .style import DIVERGING, GRAY, Axes, colorbar

if TYPE_CHECKING:
    from numpy.typing import NDArray


@checked
def filters(
    weight: Any,
    *,
    shape: tuple[Size, Size] | None = None,
    max_filters: Size = 64,
    columns: Size | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Any:
    """Draw the filters of a network's first layer as images.

    Filters over one channel are red where the weight is positive and blue where it is negative, with one scale for all;
    those over three channels are shown in RGB, each from its smallest weight to its largest. Filters over any other
    number of channels take a row each, with a picture for each channel.

    Parameters
    ----------
    weight : Module or tensor
        A network, of which the first convolution over images is taken (or the first layer with a weight, if `shape` is
        given); a layer; or a weight, of shape ``(out, in, height, width)`` or, with `shape`, ``(out, height * width)``.
    shape : (int, int), optional
        Height and width of the images that a linear layer takes.
    max_filters : int
        The largest number of filters to draw; the first ones are.
    columns : int, optional
        Number of filters in a row.
    title : str, optional
        By default it says how many filters there are, and their size.
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
    ValueError
        If the network has no such layer, or the weight another shape.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 6, 5), tl.nn.ReLU())
    >>> figure = tl.viz.filters(net)
    >>> figure.axes[0].get_title(), len(figure.axes[0].images)
    ('6 filters of 5×5', 6)
    """
    kernels = _kernels(weight, shape)
    count, depth, height, width = kernels.shape
    shown = kernels[:max_filters]
    if title is None:
        of = f"{len(shown)} of {count}" if len(shown) < count else str(count)
        title = f"{of} filters of {height}×{width}" + (f" over {depth} channels" if depth > 1 else "")
    if depth == 3:
        pictures = shown.transpose(0, 2, 3, 1)
        return draw_grid("filters", pictures, ranges_of(pictures, scale_each=True), None, columns, GRAY, title, ax)
    pictures = shown.reshape(-1, height, width, 1)
    limit = float(abs(shown).max()) or 1.0
    columns = depth if depth > 1 else columns
    figure = draw_grid("filters", pictures, [(-limit, limit)] * len(pictures), None, columns, DIVERGING, title, ax)
    ax = figure.axes[0] if ax is None else ax
    colorbar(ax.images[0], ax, "weight")
    return figure


def _kernels(weight: Any, shape: tuple[int, int] | None) -> NDArray[Any]:
    """Return filters of shape ``(out, in, height, width)``."""
    if isinstance(weight, Module):
        weight = _first_weight(weight, 4 if shape is None else 2)
    kernels = array_of("filters", "weight", weight, ndims=(2,) if shape else (4,))
    if shape is None:
        return kernels
    if kernels.shape[1] % math.prod(shape):
        raise ShapeError(f"filters: weight of shape {kernels.shape} has no rows of {shape[0]}×{shape[1]} pixels")
    return kernels.reshape(len(kernels), -1, *shape)


def _first_weight(network: Module, ndim: int) -> Tensor:
    for module in network.modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim == ndim:
            return weight
    remedy = "" if ndim == 2 else "; give shape=(height, width) for the weights of a linear layer"
    raise ValueError(f"filters: weight must be of a network with a weight of {ndim} axes{remedy}")
