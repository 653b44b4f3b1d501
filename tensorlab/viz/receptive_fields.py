"""A picture of receptive fields over the image."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from ..errors import ShapeError
from ..nn import Module
from ..nn.utils import ReceptiveField, effective_receptive_field
from ..nn.utils import receptive_field as theoretical_field
from ..ops.declare import composite
from ..tensor import Tensor
from .hidden import activations
from .images import Range, channels_last, ranges_of
from .inputs import host
from .style import GRAY, LARGE, PALETTE, Axes, axes_on, figure_of, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

HEAT = "#ed6925"
"""A colour from the middle of the colour map, for the legend."""

TWO_SIGMA = 1 - 0.9545
"""The part of the largest value from which a pixel counts as effective (Luo et al., 2016)."""


@composite(images="floating")
def receptive_field(
    model: Module,
    images: Tensor,
    layer: str | None = None,
    *,
    unit: Sequence[int] | None = None,
    value_range: Range | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the receptive field of a unit over the image: in theory a frame, in effect a heat map.

    Parameters
    ----------
    model : Module
        The network.
    images : Tensor, shape (batch, channels, height, width)
        The first image is drawn; the effective field is the mean over all of them.
    layer : str, optional
        The path of the layer; by default the output of the network.
    unit : sequence of int, optional
        The position of the unit in the layer, row and column; by default the middle.
    value_range : (float, float), optional
        The values of black and white in the image.
    title : str, optional
        By default the sizes of both fields; that of the effective one is the side of a square of as many pixels as have
        at least 4.55 % of the largest gradient (two standard deviations of a Gaussian; Luo et al., 2016).
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
    AttributeError
        If there is no such layer.
    ValueError
        If the layer is not called, is called more than once, or does not return one tensor that depends on the input.
    ShapeError
        If the inputs are no images.

    See Also
    --------
    tensorlab.nn.utils.receptive_field, tensorlab.nn.utils.effective_receptive_field

    Examples
    --------
    >>> net = tl.nn.Sequential(*[tl.nn.Conv2d(1, 1, 3) for _ in range(4)])
    >>> figure = tl.viz.receptive_field(net, tl.rand(1, 1, 28, 28))
    >>> figure.axes[0].patches[0].get_width(), figure.axes[0].patches[0].get_height()
    (9, 9)
    """
    if images.ndim != 4:
        raise ShapeError(
            f"receptive_field: images must have shape (batch, channels, height, width), not {images.shape}"
        )
    field = theoretical_field(model, images[:1], layer)
    unit = _middle(model, images, layer) if unit is None else unit
    effect = host(effective_receptive_field(model, images, layer, unit))
    picture = channels_last("receptive_field", images[:1], "first")
    ax = axes_on("receptive_field", ax, 4.6, 4.4)
    _draw_image(ax, picture, ranges_of("receptive_field", picture, value_range)[0])
    strength = effect / (effect.max() or 1)
    ax.imshow(strength, cmap="inferno", vmin=0, vmax=1, alpha=strength**0.5 * 0.9, interpolation="nearest")
    _draw_frame(ax, field, unit, picture.shape[1:3])
    if title is None:
        side = sqrt((strength >= TWO_SIGMA).sum())
        title = f"Receptive field: {field.size[0]}×{field.size[1]} in theory, {side:.0f}×{side:.0f} in effect"
    ax.fill_between([], [], color=HEAT, label="in effect: the gradient")
    legend(ax, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2)
    ax.set_title(title, fontsize=LARGE)
    ax.set_axis_off()
    return figure_of(ax)


def _middle(model: Module, images: Tensor, layer: str | None) -> tuple[int, ...]:
    path = layer or ""
    return tuple(size // 2 for size in activations(model, images[:1], path)[path].shape[2:])


def _draw_image(ax: Any, picture: NDArray[Any], limits: Range) -> None:
    low, high = limits
    grey = ((picture[0, ..., :3].mean(axis=-1) - low) / ((high - low) or 1)).clip(0, 1)
    ax.imshow(grey, cmap=GRAY, vmin=0, vmax=1.6, interpolation="nearest")  # darker, so that colours show


def _draw_frame(ax: Any, field: ReceptiveField, unit: Sequence[int], size: tuple[int, int]) -> None:
    """Draw the frame of the theoretical field, which may reach into the padding around the image."""
    from matplotlib.patches import Rectangle

    (top, bottom), (left, right) = field.region(unit)
    corner, width, height = (left - 0.5, top - 0.5), right - left, bottom - top
    ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=PALETTE[0], linewidth=1.8, label="in theory"))
    ax.plot([(left + right - 1) / 2], [(top + bottom - 1) / 2], "+", color=PALETTE[0], markersize=9)
    ax.set(xlim=(min(left, 0) - 1, max(right, size[1])), ylim=(max(bottom, size[0]), min(top, 0) - 1))
