"""Class activation maps: where in a layer's feature maps the evidence for a class is."""

from __future__ import annotations

from typing import Any

from ...autodiff.backward import gradients, ones_like
from ...autodiff.graph import enable_grad
from ...errors import ShapeError
from ...nn import functional as F
from ...nn.module.module import Module
from ...nn.utils.evaluation import evaluating
from ...nn.utils.watching import layer_at, require_one_call
from ...ops.activation import relu
from ...ops.creation import zeros_like
from ...ops.declare import composite
from ...tensor import Tensor
from .rectified import guided_backprop
from .scores import Target, score_of

MODES: dict[int, Any] = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""The interpolation for each number of spatial axes."""


@composite(inputs="floating")
def grad_cam(
    model: Module, inputs: Tensor, layer: str, target: Target = None, *, interpolate: bool = True, rectify: bool = True
) -> Tensor:
    """Return where a layer sees evidence for a class: Grad-CAM (Selvaraju et al., 2017).

    The maps of the layer's channels are summed, each weighted by the mean gradient of the score with respect to it.

    Parameters
    ----------
    model : Module
        The network.
    inputs : Tensor, shape (batch, channels, *spatial)
        The images to explain; floating-point.
    layer : str
        The path of the layer, usually the last one with spatial axes; `Module.named_modules` yields all paths.
    target : int, sequence of int, Tensor or callable, optional
        As for `saliency`.
    interpolate : bool
        Whether to enlarge the map to the size of the images, linearly.
    rectify : bool
        Whether to set negative values, which are evidence against the class, to zero, as in the paper.

    Returns
    -------
    Tensor, shape (batch, *spatial)
        The map; without `interpolate` it has the size of the layer's feature maps.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        If the layer is not called, or more than once, or the score does not depend on it.
    ShapeError
        If its output does not have the same number of axes as the images.

    References
    ----------
    R. R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
    ICCV 2017, equations 1 and 2.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3, stride=2), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(36, 10))
    >>> tl.viz.attribution.grad_cam(net, tl.rand(2, 1, 8, 8), layer="1", target=3).shape
    (2, 8, 8)
    """
    features, gradient = _features_and_gradient(model, inputs, layer, target)
    spatial = tuple(range(2, features.ndim))
    weights = gradient.mean(axis=spatial, keepdims=True)
    evidence = (weights * features).sum(axis=1, keepdims=True)
    evidence = relu(evidence) if rectify else evidence
    if interpolate:
        size = tuple(inputs.shape[2:])
        evidence = F.interpolate(evidence, size=size, mode=MODES[len(spatial)], align_corners=False)
    return evidence[:, 0]


@composite(inputs="floating")
def guided_grad_cam(model: Module, inputs: Tensor, layer: str, target: Target = None) -> Tensor:
    """Return `guided_backprop` times `grad_cam`: fine detail, where the evidence for the class is.

    Parameters
    ----------
    model, inputs, layer, target
        As for `grad_cam`.

    Returns
    -------
    Tensor, shape (batch, channels, *spatial)
        The product; the map of `grad_cam` multiplies all channels.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3, stride=2), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(36, 10))
    >>> tl.viz.attribution.guided_grad_cam(net, tl.rand(2, 1, 8, 8), layer="1").shape
    (2, 1, 8, 8)
    """
    evidence = grad_cam(model, inputs, layer, target)
    return guided_backprop(model, inputs, target) * evidence.unsqueeze(1)


def _features_and_gradient(model: Module, inputs: Tensor, layer: str, target: Any) -> tuple[Tensor, Tensor]:
    """Return the output of a layer, and the gradient of the scores with respect to it."""
    score = score_of(model, inputs, target)
    features: list[Tensor] = []

    def begin_here(module: Module, args: tuple[Any, ...], output: Any) -> Tensor:
        if not isinstance(output, Tensor) or output.ndim != inputs.ndim or inputs.ndim not in (3, 4, 5):
            shown = f"shape {output.shape}" if isinstance(output, Tensor) else type(output).__name__
            raise ShapeError(
                f"the output of layer {layer!r} must have the axes (batch, channels, *spatial) of the inputs, "
                f"{inputs.shape}, not {shown}"
            )
        start = output.detach()
        start.requires_grad = True
        features.append(start)
        return start

    hook = layer_at(model, layer).register_forward_hook(begin_here)
    with hook, evaluating(model), enable_grad():
        scores = score(model(inputs.detach()))
    require_one_call(layer, len(features))
    found = gradients([scores], features, [ones_like(scores._array)])[0]
    features = [features[0].detach()]
    return features[0], zeros_like(features[0]) if found is None else Tensor(found)
