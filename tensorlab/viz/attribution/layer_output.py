"""Networks that end at a layer, to explain units inside."""

from __future__ import annotations

from typing import Any

from ...nn.module.module import Module
from ...nn.utils.watching import layer_at, output_of, the_output
from ...options import checked
from ...tensor import Tensor


class LayerOutput(Module):
    """A network that returns the output of one of its layers, to explain units inside it.

    The target of an attribution is then a function from the layer's output to a score for each sample: the largest
    value of a feature map, for example, whose pattern `deconvolution` shows (Zeiler and Fergus, 2014, figure 2).

    Parameters
    ----------
    model : Module
        The network, which is shared rather than copied.
    layer : str
        The path of the layer.

    Raises
    ------
    AttributeError
        If there is no such layer.
    ValueError
        When called, if the layer is not called, or more than once, or does not return one tensor.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Conv2d(1, 4, 3), tl.nn.ReLU(), tl.nn.Flatten(), tl.nn.Linear(144, 10))
    >>> part = tl.viz.attribution.LayerOutput(net, "1")
    >>> tl.viz.attribution.deconvolution(part, tl.rand(2, 1, 8, 8), lambda maps: maps[:, 3].max(axis=(1, 2))).shape
    (2, 1, 8, 8)
    """

    @checked
    def __init__(self, model: Module, layer: str) -> None:
        super().__init__()
        layer_at(model, layer)
        self.model, self.layer = model, layer

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        with output_of(self.model, self.layer) as outputs:
            returned = self.model(*args, **kwargs)
        return the_output(self.model, self.layer, outputs, returned)

    def extra_repr(self) -> str:
        return f"layer={self.layer!r}"
