"""What the layers of a network compute: their outputs, and a picture of feature maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from ..autodiff.graph import no_grad
from ..autodiff.tree import leaves
from ..errors import ShapeError
from ..nn import Module
from ..nn.utils.evaluation import evaluating
from ..nn.utils.watching import layer_at
from ..ops.declare import composite
from ..options import Count, Size, checked
from ..tensor import Tensor
from .images import draw_grid, ranges_of
from .inputs import host, tensor_of
from .style import figure_of, new_figure, several_axes, title_over_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


@composite()
def activations(model: Module, inputs: Any, layers: str | Sequence[str] | None = None) -> dict[str, Tensor]:
    """Return the outputs of the layers of a network.

    Parameters
    ----------
    model : Module
        The network; it runs once, in evaluation mode.
    inputs : Tensor, or tuple of arguments
        What the network is called with.
    layers : str or sequence of str, optional
        The paths of the layers, as `Module.named_modules` yields them; by default all that have no others inside.

    Returns
    -------
    dict from str to Tensor
        The outputs in the order of the calls, without history; of a tuple, the first tensor. The second output of a
        layer that is called several times is found under its path with ``_1``, and so on.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        If a layer that is named is not called.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 6, 5), tl.nn.ReLU(), tl.nn.MaxPool2d(2))
    >>> found = tl.viz.activations(net, tl.rand(2, 1, 28, 28))
    >>> {path: output.shape for path, output in found.items()}
    {'0': (2, 6, 24, 24), '1': (2, 6, 24, 24), '2': (2, 6, 12, 12)}
    """
    if layers is None:
        paths = [path for path, module in model.named_modules() if not any(module.children())]
    else:
        paths = [layers] if isinstance(layers, str) else list(layers)
    found: dict[str, Tensor] = {}

    def keep(path: str, module: Module, args: tuple[Any, ...], output: Any) -> None:
        tensors = [part for part in leaves(output) if isinstance(part, Tensor)]
        if tensors:
            found[unused_name(path, found)] = tensors[0].detach()

    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(layer_at(model, path).register_forward_hook(partial(keep, path)))
        stack.enter_context(evaluating(model))
        stack.enter_context(no_grad())
        model(*(inputs if isinstance(inputs, tuple) else (inputs,)))
    if layers is not None and (missing := [path for path in paths if path not in found]):
        raise ValueError(f"activations: the model does not call layer {missing[0]!r}, or it returns no tensor")
    return found


def unused_name(path: str, found: Mapping[str, Any]) -> str:
    """Return a path, with a number if it is known already: the layer is called again."""
    name, calls = path, 0
    while name in found:
        calls += 1
        name = f"{path}_{calls}"
    return name


@checked
def feature_maps(
    maps: Any,
    *,
    sample: Count = 0,
    max_channels: Size = 16,
    columns: Size | None = None,
    strongest: bool = False,
    cmap: str = "magma",
    title: str = "",
    axes: Any = None,
) -> Figure:
    """Draw the feature maps of one sample: an image for each channel, a panel for each layer.

    Parameters
    ----------
    maps : tensor or array of shape (N, C, H, W) or (C, H, W), or mapping from str to them
        The outputs of one layer, or those of several by name, as `activations` returns them; in a mapping, entries that
        are no images are left out.
    sample : int
        Which sample of the batch to draw.
    max_channels : int
        The largest number of channels to draw of each layer.
    columns : int, optional
        Number of images in a row.
    strongest : bool
        Whether to draw the channels with the largest mean, rather than the first ones.
    cmap : str
        The colour map. All maps of a layer have one scale, from its smallest value or 0 to its largest.
    title : str
        The title of the whole.
    axes : matplotlib.axes.Axes or sequence of them, optional
        Axes to draw on, one for each layer; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ShapeError
        If the maps have another number of axes, or there are none.
    IndexError
        If there is no such sample.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 6, 5), tl.nn.ReLU())
    >>> figure = tl.viz.feature_maps(tl.viz.activations(net, tl.rand(2, 1, 28, 28)))
    >>> [ax.get_title() for ax in figure.axes]
    ['0: 6 maps of 24×24', '1: 6 maps of 24×24']
    """
    named = {path: x for path, x in maps.items() if _is_image(x)} if isinstance(maps, Mapping) else {"": maps}
    if not named:
        raise ShapeError("feature_maps: maps must have an entry of shape (N, C, H, W)")
    layers = {path: _maps_of_sample(path, x, sample) for path, x in named.items()}
    shown = {path: _first_or_strongest(x, max_channels, strongest) for path, x in layers.items()}
    columns = columns or min(8, max(map(len, shown.values())))
    panels = _panels(axes, [-(-len(x) // columns) for x in shown.values()], columns)
    for ax, (path, chosen) in zip(panels, shown.items(), strict=True):
        count, (height, width) = len(layers[path]), chosen.shape[1:3]
        of = f"{len(chosen)} of {count}" if len(chosen) < count else str(count)
        heading = f"{path}: " if path else ""
        heading += f"{of} {'map' if count == 1 else 'maps'} of {height}×{width}"
        low, high = ranges_of("feature_maps", chosen)[0]
        draw_grid("feature_maps", chosen, [(min(low, 0.0), high)] * len(chosen), None, columns, cmap, heading, ax)
    title_over_all(panels, title)
    return figure_of(panels[0])


def _is_image(x: Any) -> bool:
    return len(getattr(x, "shape", ())) == 4


def _maps_of_sample(path: str, x: Any, sample: int) -> NDArray[Any]:
    """Return the maps of one sample, of shape ``(C, H, W, 1)``."""
    user = "feature_maps"
    found = tensor_of(user, f"maps[{path!r}]" if path else "maps", x, ndims=(3, 4))
    if found.ndim == 4:
        if sample >= len(found):
            raise IndexError(f"{user}: sample {sample} is out of range for a batch of {len(found)}")
        found = found[sample]
    return host(found)[..., None]


def _first_or_strongest(maps: NDArray[Any], count: int, strongest: bool) -> NDArray[Any]:
    order = (-maps.mean(axis=(1, 2, 3))).argsort(kind="stable") if strongest else range(len(maps))
    return maps[order[:count]]


def _panels(axes: Any, rows: list[int], columns: int) -> list[Any]:
    """Return axes for grids of images with different numbers of rows."""
    if axes is not None:
        return several_axes("feature_maps", axes, len(rows))
    cell, heading = min(1.0, 9 / columns), 0.4  # inches
    heights = [count * cell + heading for count in rows]
    figure = new_figure("feature_maps", columns * cell + 0.3, sum(heights) + 0.2)
    return list(figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights).ravel())
