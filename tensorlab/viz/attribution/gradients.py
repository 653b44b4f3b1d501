"""Gradients of a score with respect to the input, and averages of them."""

from __future__ import annotations

from typing import Any

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.utils.evaluation import evaluating
from ...ops.arithmetic import abs as magnitude
from ...ops.creation import zeros_like
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.reduction import max as maximum
from ...ops.reduction import min as minimum
from ...ops.shapes import broadcast_to
from ...options import NonNegative, Size
from ...random import Generator, randn
from ...tensor import Tensor
from .scores import Model, Score, Target, input_gradient, score_of


@composite(inputs="floating")
def saliency(model: Model, inputs: Tensor, target: Target = None, *, abs: bool = True) -> Tensor:
    """Return the gradient of a score with respect to the input (Simonyan, Vedaldi and Zisserman, 2013).

    Parameters
    ----------
    model : Module or callable
        The network, or any function from a batch of inputs to outputs of shape ``(batch, classes)``.
    inputs : Tensor, shape (batch, *sample)
        The inputs to explain; floating-point.
    target : int, sequence of int, Tensor or callable, optional
        The class whose output is the score, or one for each sample; or a function from the outputs to a score for each
        sample. By default the class with the largest output, and the output itself where there is one per sample.
    abs : bool
        Whether to return the absolute value.

    Returns
    -------
    Tensor, shape (batch, *sample)
        How strongly the score changes with each element. For images the paper takes the maximum over the channels.

    Raises
    ------
    ShapeError
        If the outputs are not of shape ``(batch, classes)`` for a class as target, or `target` does not have one entry
        for each sample.
    IndexError
        If there is no such class.

    References
    ----------
    K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks: visualising image classification
    models and saliency maps", 2013.

    Examples
    --------
    >>> layer = tl.nn.Linear(3, 2)
    >>> _ = layer.load_state_dict({"weight": [[1.0, -2.0, 0.0], [0.0, 0.0, 5.0]], "bias": [0.0, 0.0]})
    >>> tl.viz.attribution.saliency(layer, tl.ones(1, 3), target=0)
    tensor([[1., 2., 0.]])
    """
    gradient = input_gradient(model, inputs, score_of(model, inputs, target))
    return magnitude(gradient) if abs else gradient


@composite(inputs="floating")
def smooth_grad(
    model: Model,
    inputs: Tensor,
    target: Target = None,
    *,
    n_samples: Size = 25,
    noise_level: NonNegative = 0.15,
    abs: bool = True,
    batch_size: Size = 64,
    generator: Generator | None = None,
) -> Tensor:
    """Return the mean gradient over noisy copies of the input (Smilkov et al., 2017).

    Parameters
    ----------
    model, inputs, target
        As for `saliency`. The class is that of the input without noise.
    n_samples : int
        The number of copies.
    noise_level : float
        The standard deviation of the Gaussian noise, as a part of the range of each sample's values.
    abs : bool
        Whether to return the absolute value of the mean.
    batch_size : int
        The largest number of samples that the model evaluates at once, if the batch has no more.
    generator : Generator, optional
        The source of the noise; the default generator if not given.

    Returns
    -------
    Tensor, shape (batch, *sample)
        The mean gradient.

    References
    ----------
    D. Smilkov, N. Thorat, B. Kim, F. Viégas and M. Wattenberg, "SmoothGrad: removing noise by adding noise", 2017.

    Examples
    --------
    >>> layer = tl.nn.Linear(3, 1)
    >>> found = tl.viz.attribution.smooth_grad(layer, tl.rand(2, 3), abs=False)
    >>> tl.allclose(found, layer.weight)
    True
    """
    score, sample_axes = score_of(model, inputs, target), tuple(range(1, inputs.ndim))
    x = inputs.detach()
    spread = noise_level * (maximum(x, axis=sample_axes, keepdims=True) - minimum(x, axis=sample_axes, keepdims=True))

    def noisy(first: int, count: int) -> list[Tensor]:
        noise = (randn(x.shape, dtype=x.dtype, device=x.device, generator=generator) for _ in range(count))
        return [x + spread * part for part in noise]

    mean = _mean_gradient(model, x, score, noisy, n_samples, batch_size)
    return magnitude(mean) if abs else mean


@composite(inputs="floating", baselines="floating")
def integrated_gradients(
    model: Model,
    inputs: Tensor,
    target: Target = None,
    *,
    baselines: Tensor | float | None = None,
    n_steps: Size = 50,
    batch_size: Size = 64,
    return_convergence_delta: bool = False,
) -> Any:
    """Return the gradient along the line from a baseline to the input, integrated, times the difference of the two.

    The integral is approximated by the midpoint rule. The attributions of a sample sum to the difference of its score
    and the baseline's (completeness), up to the error of the approximation.

    Parameters
    ----------
    model, inputs, target
        As for `saliency`. The class is that of the input.
    baselines : float or Tensor, optional
        The input that stands for the absence of a signal, of a shape that broadcasts to that of `inputs`; zero by
        default.
    n_steps : int
        The number of points on the line.
    batch_size : int
        The largest number of samples that the model evaluates at once, if the batch has no more.
    return_convergence_delta : bool
        Whether to return by how much completeness is missed as well.

    Returns
    -------
    Tensor, shape (batch, *sample), or pair of Tensor
        The attributions; and with `return_convergence_delta` the sum of each sample's minus the difference of the
        scores, shape ``(batch,)``.

    Raises
    ------
    ShapeError
        If the baselines do not have such a shape.

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.

    Examples
    --------
    >>> layer = tl.nn.Linear(3, 1)
    >>> _ = layer.load_state_dict({"weight": [[1.0, -2.0, 0.0]], "bias": [7.0]})
    >>> tl.viz.attribution.integrated_gradients(layer, tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[ 1., -4.,  0.]])
    """
    x = inputs.detach()
    score = score_of(model, x, target)
    start = _baseline(x, baselines)
    difference = x - start

    def points(first: int, count: int) -> list[Tensor]:
        return [start + (step + 0.5) / n_steps * difference for step in range(first, first + count)]

    found = difference * _mean_gradient(model, x, score, points, n_steps, batch_size)
    if not return_convergence_delta:
        return found
    with evaluating(model), no_grad():
        gained = score(model(x)) - score(model(start))
    return found, found.flatten(1).sum(axis=1) - gained


def _baseline(x: Tensor, baselines: Tensor | float | None) -> Tensor:
    if baselines is None:
        return zeros_like(x)
    if not isinstance(baselines, Tensor):
        return zeros_like(x) + baselines
    try:
        return broadcast_to(baselines.detach(), x.shape)
    except ShapeError:
        raise ShapeError(f"baselines of shape {baselines.shape} do not broadcast to the inputs' {x.shape}") from None


def _mean_gradient(model: Model, x: Tensor, score: Score, copies: Any, total: int, batch_size: int) -> Tensor:
    """Return the mean gradient over `total` changed copies of a batch, several at once.

    ``copies(first, count)`` returns `count` of them, beginning with number `first`.
    """
    at_once, gradient = batch_size // len(x) or 1, zeros_like(x)
    for first in range(0, total, at_once):
        parts = copies(first, min(at_once, total - first))
        found = input_gradient(model, concat(parts), score)
        gradient = gradient + found.reshape(len(parts), *x.shape).sum(axis=0)
    return gradient / total
