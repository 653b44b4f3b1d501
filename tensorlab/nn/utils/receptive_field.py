"""Receptive fields: the region of the input on which a unit depends, in theory and in effect."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from ...autodiff.backward import gradients, ones_like
from ...autodiff.graph import enable_grad, no_grad, watched
from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.reduction import sum
from ...tensor import Tensor
from ..layers.normalization import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from ..module.module import Module
from .evaluation import evaluating
from .fields import FieldTracker, Spans
from .watching import named_output, output_of, the_output

NORMALIZATIONS = (GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm)
"""Layers that compute statistics over positions, but keep each unit in its place."""


@dataclass(frozen=True)
class ReceptiveField:
    """The theoretical receptive field of the units of a layer; each tuple has an entry for each spatial axis.

    Attributes
    ----------
    size : tuple of int
        The number of pixels from the first to the last on which a unit depends. Pixels between them may be left out,
        as by dilated convolutions.
    stride : tuple of float
        By how many pixels the regions of neighbouring units are shifted; 0 where all units depend on the same pixels.
    start : tuple of float
        The first pixel of the region of the first unit; negative where it is in the padding.
    """

    size: tuple[int, ...]
    stride: tuple[float, ...]
    start: tuple[float, ...]

    def region(self, unit: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Return the first pixel of a unit's region, and the one after the last, along each axis.

        Parameters
        ----------
        unit : sequence of int
            The position of the unit in its layer.

        Raises
        ------
        ValueError
            If `unit` does not have one entry for each axis.

        Examples
        --------
        >>> tl.nn.utils.receptive_field(tl.nn.Conv2d(1, 1, 5, padding=2), tl.ones(1, 1, 28, 28)).region((0, 10))
        ((-2, 3), (8, 13))
        """
        if len(unit) != len(self.size):
            raise ValueError(f"region: unit must have {len(self.size)} entries, one per spatial axis, not {len(unit)}")
        firsts = [ceil(first + step * n) for first, step, n in zip(self.start, self.stride, unit, strict=True)]
        return tuple((first, first + size) for first, size in zip(firsts, self.size, strict=True))


@composite(inputs="floating")
def receptive_field(model: Module, inputs: Tensor, layer: str | None = None) -> ReceptiveField:
    """Return the region of the input on which each unit of a layer depends, by the arithmetic of the layers.

    A window of ``k`` elements enlarges a region by ``(k - 1) * dilation`` strides, and multiplies the distance of
    neighbouring regions by its stride; branches join their regions. For the formulas see A. Araujo, W. Norris and
    J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019. Statistics of normalisation
    layers are not counted. Operations that mix positions in other ways, such as linear layers and attention, depend on
    everything before them.

    Parameters
    ----------
    model : Module
        The network; it runs once, in evaluation mode.
    inputs : Tensor, shape (batch, channels, *spatial)
        An input of the size to consider.
    layer : str, optional
        The path of the layer; by default the output of the network.

    Returns
    -------
    ReceptiveField
        Its size, its stride and where it starts. It does not end at the border of the input: regions reach into the
        padding.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        If the layer is not called, is called more than once, or does not return one tensor that depends on the input.
    ShapeError
        If the input has no spatial axes.

    See Also
    --------
    effective_receptive_field : How much each pixel matters.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU(), tl.nn.MaxPool2d(2), tl.nn.Conv2d(4, 4, 3))
    >>> tl.nn.utils.receptive_field(net, tl.ones(1, 1, 28, 28))
    ReceptiveField(size=(8, 8), stride=(2, 2), start=(0, 0))
    >>> tl.nn.utils.receptive_field(net, tl.ones(1, 1, 28, 28), layer="2").size
    (4, 4)
    """
    axes = _spatial_axes(inputs)
    seen = inputs.detach()
    tracker = FieldTracker(seen, axes)

    def keep_positions(module: Module, args: tuple[Any, ...], output: Any) -> None:
        if args and (spans := tracker.spans(args[0])) is not None:
            tracker.note(output, spans)

    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, NORMALIZATIONS):
                stack.enter_context(module.register_forward_hook(keep_positions))
        stack.enter_context(evaluating(model))
        stack.enter_context(no_grad())
        output = stack.enter_context(output_of(model, layer))
        with watched(tracker):
            returned = model(seen)
    spans = tracker.spans(the_output(model, layer, output, returned))
    if spans is None:
        raise ValueError(f"{named_output(model, layer)} does not depend on the input")
    return _as_field(spans)


@composite(inputs="floating")
def effective_receptive_field(
    model: Module, inputs: Tensor, layer: str | None = None, unit: Sequence[int] | None = None
) -> Tensor:
    """Return how much the units at one position of a layer depend on each pixel (Luo et al., 2016).

    It is the absolute gradient of the sum of the layer's channels, averaged over the batch. In deep networks it is
    close to a Gaussian which is much smaller than the theoretical field.

    Parameters
    ----------
    model : Module
        The network; it runs in evaluation mode, and nothing of it changes.
    inputs : Tensor, shape (batch, channels, *spatial)
        The images over which to average: data, or noise.
    layer : str, optional
        The path of the layer; by default the output of the network.
    unit : sequence of int, optional
        The position in the layer; by default the middle.

    Returns
    -------
    Tensor, shape (*spatial,)
        Sums over the input's channels of the absolute gradients.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        If the layer is not called, is called more than once, or does not return one tensor that depends on the input.
    IndexError
        If the position lies outside the layer.
    ShapeError
        If the input has no spatial axes.

    References
    ----------
    W. Luo, Y. Li, R. Urtasun and R. Zemel, "Understanding the effective receptive field in deep convolutional neural
    networks", NeurIPS 2016.

    Examples
    --------
    >>> mean = tl.nn.AvgPool2d(2, stride=1)
    >>> tl.nn.utils.effective_receptive_field(mean, tl.ones(1, 1, 3, 3), unit=(0, 1))
    tensor([[0.  , 0.25, 0.25],
            [0.  , 0.25, 0.25],
            [0.  , 0.  , 0.  ]])
    """
    _spatial_axes(inputs)
    x = inputs.detach()
    x.requires_grad = True
    with evaluating(model), enable_grad(), output_of(model, layer) as output:
        returned = model(x)
        y = the_output(model, layer, output, returned)
        total = sum(y[(slice(None), slice(None), *_position(y, unit))])
    (found,) = gradients([total], [x], [ones_like(total._array)])
    if found is None:
        raise ValueError(f"{named_output(model, layer)} does not depend on the input")
    return abs(Tensor(found)).sum(axis=1).mean(axis=0)


def _spatial_axes(inputs: Tensor) -> int:
    if inputs.ndim < 3:
        raise ShapeError(f"inputs must have the shape (batch, channels, *spatial), not {inputs.shape}")
    return inputs.ndim - 2


def _position(y: Tensor, unit: Sequence[int] | None) -> tuple[int, ...]:
    sizes = y.shape[2:]
    if unit is None:
        return tuple(size // 2 for size in sizes)
    if len(unit) != len(sizes):
        raise ValueError(f"unit must have {len(sizes)} entries, one for each spatial axis of {y.shape}, not {unit}")
    if not all(0 <= n < size for n, size in zip(unit, sizes, strict=True)):
        raise IndexError(f"unit {tuple(unit)} lies outside the layer, whose output has shape {y.shape}")
    return tuple(unit)


def _as_field(spans: Spans) -> ReceptiveField:
    return ReceptiveField(
        tuple(floor(span.last - span.first) + 1 for span in spans),
        tuple(_plain(span.step) for span in spans),
        tuple(_plain(span.first) for span in spans),
    )


def _plain(value: Any) -> float:
    return int(value) if value == int(value) else float(value)
