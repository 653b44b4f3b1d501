"""Inputs that make units of a network as active as possible: activation maximisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..autodiff.backward import gradients, ones_like
from ..autodiff.graph import enable_grad, no_grad
from ..errors import ShapeError
from ..nn import Module
from ..nn.utils.evaluation import evaluating
from ..nn.utils.watching import output_of, the_output
from ..ops.arithmetic import clip, square
from ..ops.creation import arange
from ..ops.declare import composite
from ..ops.exponential import exp, sqrt
from ..ops.joining import roll, stack
from ..ops.shapes import swapaxes
from ..options import BelowOne, Count, NonNegative, Positive, Size, checked
from ..options.kinds import kind_of, read
from ..random import Generator, randint, randn
from ..tensor import Tensor
from .images import Range, channels_last, draw_grid, ranges_of
from .inputs import Names
from .style import GRAY, Axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class MaximizedActivation:
    """The result of `maximize_activation`.

    Attributes
    ----------
    units : tuple of int
        The channels.
    inputs : Tensor, shape (units, *shape)
        The input found for each unit.
    activations : Tensor, shape (steps + 1, units)
        The activation of each unit by its input before each step, and at the end.
    """

    units: tuple[int, ...]
    inputs: Tensor
    activations: Tensor


@composite(start="floating")
def maximize_activation(
    model: Module,
    units: int | Sequence[int],
    shape: tuple[Size, ...],
    *,
    layer: str | None = None,
    position: Sequence[int] | None = None,
    steps: Count = 200,
    lr: Positive = 0.1,
    l2_decay: BelowOne = 0.01,
    blur: NonNegative = 0.5,
    blur_every: Size = 4,
    jitter: Count = 1,
    value_range: Range | None = None,
    start: Tensor | None = None,
    generator: Generator | None = None,
) -> MaximizedActivation:
    """Find inputs that units of a network respond to most, by gradient ascent from noise (Erhan et al., 2009).

    Without regularisation the inputs are full of high frequencies. As Yosinski et al. (2015) do, each step shrinks the
    input (L2 decay), and every few steps it is blurred; and it is moved at random by a few pixels before its gradient
    is computed (jitter; Mordvintsev, Olah and Tyka, 2015). The gradient is divided by its root mean square, so that
    `lr` is the typical change of a pixel. The score of a class before softmax gives better inputs than its probability
    (Simonyan et al., 2013).

    Parameters
    ----------
    model : Module
        The network, which does not change; it runs in evaluation mode.
    units : int or sequence of int
        The channels of the layer. Several channels have an input each, and all are found at once.
    shape : tuple of int
        The shape of one input, ``(channels, *spatial)``, without the batch axis.
    layer : str, optional
        The path of the layer; by default the output of the network, whose channels are the classes.
    position : sequence of int, optional
        The position of a single unit in the channels; by default the mean over all positions is maximized.
    steps : int
        The number of steps.
    lr : float
        The size of a step.
    l2_decay : float
        The part by which each step shrinks the input.
    blur : float
        The standard deviation of the Gaussian blur, in pixels; 0 for none. Inputs without spatial axes are not blurred.
    blur_every : int
        The number of steps from one blur to the next.
    jitter : int
        The largest random shift along each spatial axis, in pixels; 0 for none.
    value_range : (float, float), optional
        Values outside are clipped after each step.
    start : Tensor, shape (units, *shape) or (*shape,), optional
        Where to begin; by default noise of standard deviation `lr`.
    generator : Generator, optional
        The source of the noise and the shifts; the default generator if not given.

    Returns
    -------
    MaximizedActivation
        The inputs, and the activations on the way. `maximized_inputs` draws them.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        If the layer is not called, or more than once, or does not return one tensor that depends on the input.
    IndexError
        If there is no such unit.
    ShapeError
        If `start` has another shape.

    References
    ----------
    D. Erhan, Y. Bengio, A. Courville and P. Vincent, "Visualizing higher-layer features of a deep network", 2009.
    J. Yosinski, J. Clune, A. Nguyen, T. Fuchs and H. Lipson, "Understanding neural networks through deep
    visualization", 2015.

    Examples
    --------
    >>> layer = tl.nn.Linear(3, 2)
    >>> _ = layer.load_state_dict({"weight": [[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]], "bias": [0.0, 0.0]})
    >>> found = tl.viz.maximize_activation(layer, 0, (3,), value_range=(-1, 1), l2_decay=0.0)
    >>> found.inputs[0, 0], found.inputs[0, 2]
    (tensor(1.), tensor(-1.))
    """
    if value_range is not None:
        value_range = read("maximize_activation", "value_range", kind_of(Range), value_range)
    listed = (units,) if isinstance(units, int) else tuple(units)
    if not listed or not shape:
        raise ValueError("maximize_activation: units and shape must not be empty")
    device = next((parameter.device for parameter in model.parameters()), None)
    dtype = next((parameter.dtype for parameter in model.parameters()), None)
    whole = (len(listed), *shape)
    if start is None:
        x = lr * randn(whole, dtype=dtype, device=device, generator=generator)
    elif start.shape not in (whole, shape):
        raise ShapeError(f"maximize_activation: start must have shape {whole} or {shape}, not {start.shape}")
    else:
        x = start.detach() if start.shape == whole else stack([start.detach()] * len(listed))
    blurs = [_blur_matrix(size, blur, x) for size in shape[1:]] if blur else []
    climb = _Climb(model, layer, [(unit, *(position or ())) for unit in listed])
    with evaluating(model):
        path = []
        for step in range(1, steps + 1):
            shifts = randint(-jitter, jitter + 1, (x.ndim - 2,), generator=generator).tolist() if jitter else []
            activation, gradient = climb(_shifted(x, shifts))
            gradient = _shifted(gradient, [-shift for shift in shifts])
            path.append(activation)
            x = x + lr * gradient / (sqrt(_mean_square(gradient)) + 1e-12)
            x = (1 - l2_decay) * x
            if step % blur_every == 0:
                x = _blurred(x, blurs)
            if value_range is not None:
                x = clip(x, *value_range)
        with no_grad():
            path.append(climb.activations(x))
    return MaximizedActivation(listed, x, stack(path))


class _Climb:
    """Computes the activations of units, each by its own input, and their gradients."""

    def __init__(self, model: Module, layer: str | None, places: Sequence[tuple[int, ...]]) -> None:
        self._model, self._layer, self._places = model, layer, places

    def activations(self, x: Tensor) -> Tensor:
        """Return the activation of each unit."""
        with output_of(self._model, self._layer) as outputs:
            returned = self._model(x)
        y = the_output(self._model, self._layer, outputs, returned)
        for place in self._places:
            if len(place) >= y.ndim or not all(-n <= i < n for i, n in zip(place, y.shape[1:], strict=False)):
                raise IndexError(f"unit {place} lies outside the layer, whose output has shape {y.shape}")
        return stack([y[(number, *place)].mean() for number, place in enumerate(self._places)])

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the activations, and the gradient of each with respect to its input."""
        x = x.detach()
        x.requires_grad = True
        with enable_grad():
            found = self.activations(x)
        (gradient,) = gradients([found], [x], [ones_like(found._array)])
        if gradient is None:
            raise ValueError("maximize_activation: the units do not depend on the input")
        return found.detach(), Tensor(gradient)


def _shifted(x: Tensor, shifts: Sequence[int]) -> Tensor:
    """Return inputs that are moved along their spatial axes; what leaves at one end enters at the other."""
    return roll(x, tuple(shifts), tuple(range(2, x.ndim))) if any(shifts) else x


def _mean_square(x: Tensor) -> Tensor:
    return square(x).mean(axis=tuple(range(1, x.ndim)), keepdims=True)


def _blur_matrix(size: int, sigma: float, like: Tensor) -> Tensor:
    """Return the matrix that blurs an axis; its rows sum to one, so that borders do not darken."""
    places = arange(size, dtype=like.dtype, device=like.device)
    weights = exp(-0.5 * square((places - places.unsqueeze(1)) / sigma))
    return weights / weights.sum(axis=1, keepdims=True)


def _blurred(x: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    for axis, matrix in enumerate(matrices, start=2):
        x = swapaxes(swapaxes(x, axis, -1) @ matrix.T, axis, -1)
    return x


@checked
def maximized_inputs(
    found: MaximizedActivation,
    *,
    names: Names | None = None,
    columns: Size | None = None,
    value_range: Range | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    r"""Draw the inputs that make units most active, with the activations that they reach.

    Parameters
    ----------
    found : MaximizedActivation
        What `maximize_activation` returned, for images.
    names : sequence of str, optional
        Names of the units, such as those of the classes; by default their numbers.
    columns : int, optional
        Number of images in a row.
    value_range : (float, float), optional
        The values of black and white; by default each image is scaled by its own range.
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
    ValueError
        If the inputs are no images, or there are not as many names as units.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU())
    >>> figure = tl.viz.maximized_inputs(tl.viz.maximize_activation(net, [0, 2], (1, 9, 9), steps=5))
    >>> [text.get_text().split("\n")[0] for text in figure.axes[0].texts]
    ['unit 0', 'unit 2']
    """
    pictures = channels_last("maximized_inputs", found.inputs, "first")
    called = [f"unit {unit}" for unit in found.units] if names is None else list(map(str, names))
    if len(called) != len(pictures):
        raise ShapeError(f"maximized_inputs: names must have {len(pictures)} entries, one per unit, not {len(called)}")
    reached = found.activations[-1].tolist()
    titles = [f"{name}\n{value:.3g}" for name, value in zip(called, reached, strict=True)]
    ranges = ranges_of("maximized_inputs", pictures, value_range, scale_each=value_range is None)
    return draw_grid("maximized_inputs", pictures, ranges, titles, columns, GRAY, title, ax)
