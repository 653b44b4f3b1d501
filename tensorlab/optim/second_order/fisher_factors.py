"""The Kronecker factors of a layer: second moments of its inputs and of the gradients of its outputs."""

from __future__ import annotations

from math import prod
from typing import Any
from weakref import ReferenceType, finalize, ref

from ...autodiff.graph import no_grad
from ...nn import functional
from ...nn.layers.convolution import Conv1d, Conv2d, Conv3d
from ...nn.layers.linear import Linear
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import eye, ones, zeros_like
from ...ops.joining import concat
from ...tensor import Tensor

KINDS = (Linear, Conv1d, Conv2d, Conv3d)


class Watch:
    """A forward hook that keeps what went in and came out; copies of a module are not watched.

    Outputs are held weakly, so that a graph that is no longer needed is freed.
    """

    def __init__(self, active: bool = True) -> None:
        self.active = active
        self.calls: list[tuple[Tensor, ReferenceType[Any]]] = []

    def __call__(self, layer: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Tensor) -> None:
        if self.active and output.requires_grad:
            inputs = args[0] if args else next(iter(kwargs.values()))
            # The node rather than the output: in-place operators would give that another one.
            self.calls.append((inputs.detach(), ref(output._node)))

    def __deepcopy__(self, memo: dict[int, Any]) -> Watch:
        return Watch(active=False)

    def taken(self) -> list[tuple[Tensor, Any]]:
        """Return what went in, and the nodes of what came out, where these are still alive; and forget all."""
        calls, self.calls = self.calls, []
        return [(inputs, node()) for inputs, node in calls if node() is not None]


class CapturedLayer:
    """A linear or convolutional layer whose calls are noted.

    Parameters
    ----------
    layer : Linear, Conv1d, Conv2d or Conv3d
        It gets a hook, which goes with this object.
    """

    def __init__(self, layer: Any) -> None:
        self.layer, self.weight = layer, layer.weight
        self.bias = layer.bias if layer.bias is not None and layer.bias.requires_grad else None
        self.watch = Watch()
        self._inputs: list[Tensor] = []
        self._moment: Tensor | None = None
        self._handle = layer.register_forward_hook(self.watch, with_kwargs=True)
        finalize(self, self._handle.remove)

    @staticmethod
    def takes(layer: Any) -> bool:
        """Whether the layer's Fisher matrix is approximated.

        It is not of groups, nor of padding with anything but zeros, nor of subclasses that compute something else.
        """
        kind = next((kind for kind in KINDS if isinstance(layer, kind)), None)
        if kind is None or type(layer).forward is not kind.forward or not isinstance(layer.weight, Parameter):
            return False
        return kind is Linear or (layer.groups == 1 and layer.padding_mode == "zeros")

    def close(self) -> None:
        """Take the hook away."""
        self._handle.remove()
        self.watch.calls.clear()

    # -- moments ---------------------------------------------------------------------------------------------

    def note_inputs(self, inputs: Tensor) -> None:
        """Keep what went in, as rows of vectors."""
        with no_grad():
            self._inputs.append(self._input_rows(inputs))

    def note_gradient(self, grad: Tensor) -> None:
        """Add the second moment of a gradient of what came out."""
        with no_grad():
            rows = _rows(grad.moveaxis(1, -1) if self._is_conv else grad)
            moment = rows.mT @ rows
            self._moment = moment if self._moment is None else self._moment + moment

    @property
    def _is_conv(self) -> bool:
        return not isinstance(self.layer, Linear)

    def _input_rows(self, inputs: Tensor) -> Tensor:
        """Return the vectors that the weight is multiplied with, with a one appended if there is a bias."""
        rows = self._patches(inputs) if self._is_conv else _rows(inputs)
        if self.bias is None:
            return rows
        return concat([rows, ones((rows.shape[0], 1), dtype=rows.dtype, device=rows.device)], axis=1)

    def _patches(self, images: Tensor) -> Tensor:
        """Return what the filter meets at each place: of each channel, a convolution with filters that pick one."""
        layer, (_, channels, *window) = self.layer, self.weight.shape
        size = prod(window)
        picking = eye(size, dtype=images.dtype, device=images.device).reshape(size, 1, *window)
        convolve = getattr(functional, f"conv{len(window)}d")
        filters = concat([picking] * channels)
        patches = convolve(images, filters, None, layer.stride, layer.padding, layer.dilation, channels)
        return _rows(patches.moveaxis(1, -1))

    def factors(self, batch: int) -> tuple[Tensor, Tensor] | None:
        """Return the second moments of inputs and of gradients, and forget them; None where there are none.

        A layer that is applied at several places (a convolution, a linear layer along a sequence) counts them as
        independent: inputs are summed over places, gradients averaged.
        """
        inputs, moment = self._inputs, self._moment
        self._inputs, self._moment = [], None
        if not inputs or moment is None:
            return None
        with no_grad():
            rows = concat(inputs)
            return rows.mT @ rows / batch, moment / rows.shape[0]

    # -- parameters ------------------------------------------------------------------------------------------

    def weight_and_bias(self, tensors: dict[Tensor, Tensor]) -> Tensor:
        """Return the tensors of weight and bias as one matrix, the bias last."""
        matrix = tensors[self.weight].reshape(self.weight.shape[0], -1)
        if self.bias is None:
            return matrix
        bias = tensors[self.bias] if self.bias in tensors else zeros_like(self.bias.detach())
        return concat([matrix, bias.reshape(-1, 1)], axis=1)

    def parts(self, matrix: Tensor, wanted: dict[Tensor, Tensor]) -> dict[Tensor, Tensor]:
        """Take such a matrix apart."""
        if self.bias is None:
            return {self.weight: matrix.reshape(self.weight.shape)}
        found = {self.weight: matrix[:, :-1].reshape(self.weight.shape), self.bias: matrix[:, -1]}
        return {parameter: part for parameter, part in found.items() if parameter in wanted}


def _rows(x: Tensor) -> Tensor:
    """Return the vectors along the last axis."""
    return x.reshape(-1, x.shape[-1])
