"""Occlusion: how the score changes where a part of the input is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.functional.window_geometry import positive_per_axis
from ...nn.utils.evaluation import evaluating
from ...ops.creation import zeros, zeros_like
from ...ops.declare import composite
from ...ops.joining import concat
from ...options import Size, Sizes
from ...tensor import Tensor
from .scores import Model, Target, score_of


@composite(inputs="floating", baselines="floating")
def occlusion(
    model: Model,
    inputs: Tensor,
    window: Sizes,
    target: Target = None,
    *,
    stride: Sizes = 1,
    baselines: Tensor | float = 0.0,
    batch_size: Size = 64,
) -> Tensor:
    """Return by how much a score falls where a window of the input is replaced (Zeiler and Fergus, 2014).

    The window moves over the image and hides all channels. Each pixel gets the mean fall of the score over the windows
    that cover it. At the far ends the last window is moved back, so that every pixel is covered.

    Parameters
    ----------
    model : Module or callable
        The network, or any function from a batch of inputs to outputs; it needs no gradient.
    inputs : Tensor, shape (batch, channels, *spatial)
        The images to explain.
    window : int or tuple of int
        Size of the window, in pixels.
    target : int, sequence of int, Tensor or callable, optional
        As for `saliency`.
    stride : int or tuple of int
        Step of the window.
    baselines : float or Tensor
        What the window shows, such as the grey of the paper: a number, or a tensor that broadcasts to `inputs`.
    batch_size : int
        The largest number of samples that the model evaluates at once, if the batch has no more.

    Returns
    -------
    Tensor, shape (batch, *spatial)
        The mean fall; positive where the model looks for evidence.

    Raises
    ------
    ShapeError
        If the inputs have no spatial axes, or are smaller than the window.
    ValueError
        If the stride is larger than the window, which would leave pixels out.

    References
    ----------
    M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, section 4.2.

    Examples
    --------
    >>> brightness = lambda images: images.mean(axis=(1, 2, 3))
    >>> tl.viz.attribution.occlusion(brightness, tl.ones(1, 1, 2, 4), window=2, stride=2)
    tensor([[[0.5, 0.5, 0.5, 0.5],
             [0.5, 0.5, 0.5, 0.5]]])
    """
    x = inputs.detach()
    places = _places(x, window, stride)
    score = score_of(model, x, target)
    hidden = zeros_like(x) + baselines
    fall, covered = zeros((len(x), *x.shape[2:]), dtype=x.dtype, device=x.device), zeros_like(x[0, 0])
    at_once = batch_size // len(x) or 1
    with evaluating(model), no_grad():
        before = score(model(x))
        for first in range(0, len(places), at_once):
            some = places[first : first + at_once]
            scores = score(model(concat([_occluded(x, hidden, place) for place in some]))).reshape(len(some), len(x))
            for place, after in zip(some, scores):
                fall[(slice(None), *place)] += (before - after).reshape(-1, *(1,) * len(place))
                covered[place] += 1
    return fall / covered


def _occluded(x: Tensor, hidden: Tensor, place: tuple[slice, ...]) -> Tensor:
    changed, everywhere = x.clone(), (slice(None), slice(None), *place)
    changed[everywhere] = hidden[everywhere]
    return changed


def _places(x: Tensor, window: int | Sequence[int], stride: int | Sequence[int]) -> list[tuple[slice, ...]]:
    """Return the slices of all windows."""
    if x.ndim < 3:
        raise ShapeError(f"inputs must have the shape (batch, channels, *spatial), not {x.shape}")
    sizes, ndim = x.shape[2:], x.ndim - 2
    windows, steps = positive_per_axis(window, ndim, "window"), positive_per_axis(stride, ndim, "stride")
    if any(length > size for length, size in zip(windows, sizes, strict=True)):
        raise ShapeError(f"a window of {windows} does not fit into inputs of {sizes}")
    if any(step > length for step, length in zip(steps, windows, strict=True)):
        raise ValueError(f"a stride of {steps} leaves out pixels between windows of {windows}")
    along = []
    for size, length, step in zip(sizes, windows, steps, strict=True):
        last = size - length
        along.append([slice(start, start + length) for start in dict.fromkeys([*range(0, last, step), last])])
    return list(product(*along))
