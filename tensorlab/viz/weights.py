"""The weights of a network and their gradients: the first filters as images, histograms, and the gradient flow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..backend.memory import BYTES_PER_NUMBER, require_memory
from ..errors import ShapeError
from ..nn import Module
from ..ops.comparison import isfinite
from ..ops.statistics import histogram
from ..options import Size, checked
from ..tensor import Tensor
from .images import draw_grid, ranges_of
from .inputs import array_of, tensor_of
from .style import (
    DIVERGING,
    GRAY,
    INK,
    PALETTE,
    SMALL,
    Axes,
    axes_on,
    colorbar,
    dress,
    figure_of,
    legend,
    several_axes,
    title_over_all,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.figure import Figure
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
) -> Figure:
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
        return draw_grid(
            "filters", pictures, ranges_of("filters", pictures, scale_each=True), None, columns, GRAY, title, ax
        )
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


@checked
def weight_histograms(
    weights: Any, *, bins: Size = 50, max_panels: Size = 24, title: str = "", axes: Any = None
) -> Figure:
    """Draw the distribution of the elements of each weight, with mean and standard deviation.

    Parameters
    ----------
    weights : Module, or mapping from str to tensor
        A network, of which all parameters with at least two axes are drawn; or any tensors by name, such as
        ``dict(model.named_parameters())``, a state dict, or gradients.
    bins : int
        Number of bars.
    max_panels : int
        The largest number of panels; the first weights are drawn.
    title : str
        The title of the whole.
    axes : sequence of matplotlib.axes.Axes, optional
        Axes to draw on, one for each weight; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If there are no weights.

    Notes
    -----
    The counting is done on the device of each weight. Elements that are not finite are left out, and the panel says how
    many there are.

    Examples
    --------
    >>> figure = tl.viz.weight_histograms(tl.nn.Sequential(tl.nn.Linear(8, 4), tl.nn.Linear(4, 2)))
    >>> [axes.get_title().splitlines()[0] for axes in figure.axes]
    ['0.weight (4, 8)', '1.weight (2, 4)']
    """
    require_memory("weight_histograms", f"bins={bins} counts", bins, BYTES_PER_NUMBER)
    named = _named_tensors("weight_histograms", "weights", weights, lambda parameter: parameter)
    named = dict(list(named.items())[:max_panels])
    panels = several_axes("weight_histograms", axes, len(named), columns=min(4, len(named)), width=2.9, height=2.3)
    for ax, (name, x) in zip(panels, named.items()):
        _draw_histogram(ax, name, tensor_of("weight_histograms", "weights", x, nonempty=False), bins)
    title_over_all(panels, title)
    return figure_of(panels[0])


def _named_tensors(user: str, argument: str, given: Any, chosen: Callable[[Tensor], Any]) -> dict[str, Any]:
    """Return tensors by name: those given, or what is chosen of the weights of a network."""
    if isinstance(given, Module):
        given = {name: chosen(parameter) for name, parameter in given.named_parameters() if parameter.ndim > 1}
    if not isinstance(given, Mapping):
        raise TypeError(f"{user}: {argument} must be a Module, or a mapping from names to tensors, not {given!r:.60}")
    if not given:
        raise ValueError(f"{user}: {argument} must hold a weight with at least two axes")
    return {str(name): value for name, value in given.items()}


def _draw_histogram(ax: Any, name: str, x: Tensor, bins: int) -> None:
    values = x.astype("float64").ravel()
    finite = values[isfinite(values)]
    lost = values.nelement() - finite.nelement()
    note = "no finite elements"
    if finite.nelement():
        counts, edges = (part.numpy() for part in histogram(finite, bins=bins))
        ax.stairs(counts, edges, fill=True, color=PALETTE[0], alpha=0.85)
        note = f"{float(finite.mean()):.2g} ± {float(finite.std()):.2g}"
    if lost:
        note += f", {lost:,} not finite"
    dress(ax, f"{name} {x.shape}\n{note}", grid="y")
    ax.title.set_fontsize(SMALL)
    ax.axvline(0, color=INK, linewidth=0.6)


@checked
def gradient_flow(
    gradients: Any, *, relative: bool = False, title: str = "Gradient flow", ax: Axes | None = None
) -> Figure:
    """Draw how large the gradients of each layer are, from the input to the output, to see them vanish or explode.

    For each weight a bar shows the root mean square of its gradient, and a dot the largest element, on a logarithmic
    axis. Weights whose gradient is zero, not finite or missing are marked in words.

    Parameters
    ----------
    gradients : Module, or mapping from str to tensor
        A network after ``backward()``, of which all parameters with at least two axes are drawn; or gradients by name,
        None for one that is missing.
    relative : bool
        Whether to divide by the root mean square of the weight; takes a network.
    title : str
        The title.
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
        If there are no weights, or no parameter of the network has a gradient.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Linear(8, 4), tl.nn.Tanh(), tl.nn.Linear(4, 1))
    >>> net(tl.randn(16, 8)).sum().backward()
    >>> figure = tl.viz.gradient_flow(net)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['0.weight', '2.weight']
    """
    if relative and not isinstance(gradients, Module):
        raise ValueError("gradient_flow: relative takes a Module, by whose weights it divides, not gradients by name")
    named = _named_tensors("gradient_flow", "gradients", gradients, lambda parameter: parameter.grad)
    if isinstance(gradients, Module) and not any(grad is not None for grad in named.values()):
        raise ValueError("gradient_flow: gradients must be of a network after backward(), but no parameter has one")
    weights = dict(gradients.named_parameters()) if relative else {}
    sizes = {name: _sizes(grad, weights.get(name)) for name, grad in named.items()}
    ax = axes_on("gradient_flow", ax, 6.0, max(1.6, 0.24 * len(sizes) + 1.1))
    drawn = {row: size for row, size in enumerate(sizes.values()) if size is not None and 0 < size[0] < math.inf}
    ax.set_xscale("log")
    if drawn:
        low = min(rms for rms, _ in drawn.values())
        rms, largest = zip(*drawn.values(), strict=True)
        ax.barh(list(drawn), rms, left=0, color=PALETTE[0], height=0.7, label="root mean square")
        ax.plot(largest, list(drawn), "o", color=PALETTE[1], markersize=4, label="largest")
        ax.set_xlim(left=low / 3)
    for row, size in enumerate(sizes.values()):
        if row not in drawn:
            why = "no gradient" if size is None else "zero" if size[0] == 0 else "not finite"
            ax.text(0.01, row, why, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL, color=PALETTE[1])
    dress(ax, title, "gradient / weight" if relative else "gradient", grid="x")
    ax.set_yticks(range(len(sizes)), list(sizes))
    ax.set_ylim(len(sizes) - 0.4, -0.6)
    legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure_of(ax)


def _sizes(gradient: Any, weight: Tensor | None) -> tuple[float, float] | None:
    """Return the root mean square and the largest magnitude of a gradient, relative to a weight's if it is given."""
    if gradient is None:
        return None
    x = tensor_of("gradient_flow", "gradients", gradient)
    rms, largest = _root_mean_square(x), float(abs(x).max())
    scale = _root_mean_square(weight.detach()) if weight is not None else 1.0
    return (rms / scale, largest / scale) if scale else (math.inf, math.inf)


def _root_mean_square(x: Tensor) -> float:
    return float((x.astype("float64") ** 2).mean().sqrt())
