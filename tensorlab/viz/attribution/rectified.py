"""Backward passes with other rules for ReLU: deconvolution and guided backpropagation."""

from __future__ import annotations

from typing import Any

from ...autodiff.graph import Node, ancestors, next_serial
from ...ops.activation import relu
from ...ops.declare import composite
from ...tensor import Tensor
from .scores import Model, Target, input_gradient, score_of


class _Deconvolved:
    """The rule of a transposed network: the signal passes through a ReLU of its own, whatever the input was."""

    def __init__(self, op: Any) -> None:
        self._op = op
        self.name, self.saved_arrays, self.saved_tensors = op.name, op.saved_arrays, op.saved_tensors

    def pull(self, g: Any, saved: tuple[Any, ...], parents: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the positive part of the cotangent."""
        return (relu(g),)


class _Guided(_Deconvolved):
    """The rule of both: the gradient of ReLU, of which only the positive part passes."""

    def pull(self, g: Any, saved: tuple[Any, ...], parents: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the positive part of the gradient."""
        (gradient,) = self._op.pull(g, saved, parents)
        return (relu(gradient),)


@composite(inputs="floating")
def deconvolution(model: Model, inputs: Tensor, target: Target = None) -> Tensor:
    """Return what a transposed network makes of a score (Zeiler and Fergus, 2014).

    This is the gradient, in which ReLU passes the positive part of the signal, whatever its input was in the forward
    pass. Convolutions are transposed, and maxima return to the places where they were found, as in unpooling with
    switches: these are the gradients of convolution and max pooling.

    Parameters
    ----------
    model, inputs, target
        As for `saliency`. All calls of ReLU count, of the layer, the function and the method; other activations,
        such as GELU, keep their gradient.

    Returns
    -------
    Tensor, shape (batch, *sample)
        The pattern in the input that leads to the score.

    Raises
    ------
    ValueError
        If the model computes no ReLU.

    References
    ----------
    M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(144, 10))
    >>> tl.viz.attribution.deconvolution(net, tl.rand(2, 1, 8, 8), target=3).shape
    (2, 1, 8, 8)
    """
    return _with_rule(_Deconvolved, model, inputs, target)


@composite(inputs="floating")
def guided_backprop(model: Model, inputs: Tensor, target: Target = None) -> Tensor:
    """Return the gradient of a score, of which ReLU passes only the positive part (Springenberg et al., 2015).

    Parameters
    ----------
    model, inputs, target
        As for `saliency`. All calls of ReLU count, of the layer, the function and the method; other activations,
        such as GELU, keep their gradient.

    Returns
    -------
    Tensor, shape (batch, *sample)
        The pattern in the input that leads to the score.

    Raises
    ------
    ValueError
        If the model computes no ReLU.

    References
    ----------
    J. T. Springenberg, A. Dosovitskiy, T. Brox and M. Riedmiller, "Striving for simplicity: the all convolutional net",
    ICLR workshop 2015.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(144, 10))
    >>> tl.viz.attribution.guided_backprop(net, tl.rand(2, 1, 8, 8), target=3).shape
    (2, 1, 8, 8)
    """
    return _with_rule(_Guided, model, inputs, target)


def _with_rule(rule: type[_Deconvolved], model: Model, inputs: Tensor, target: Any) -> Tensor:
    """Return the gradient by another rule for ReLU, which is put into the graph of this one forward pass."""
    score = score_of(model, inputs, target)
    started = next_serial()

    def replace(scores: Tensor) -> None:
        graph = ancestors([] if scores._node is None else [scores._node])
        rectified = [node for node in graph if isinstance(node, Node) and node.op.name == "relu"]
        if not rectified:
            raise ValueError("model computes no ReLU, so that the result would be the plain gradient: see `saliency`")
        for node in rectified:
            if node.serial > started:
                node.op = rule(node.op)

    return input_gradient(model, inputs, score, replace)
