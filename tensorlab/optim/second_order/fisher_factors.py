"""What K-FAC sees of a layer: what went in, the gradients of what came out, and the moments of both."""

from __future__ import annotations

from math import prod
from typing import Any

from ...autodiff.graph import no_grad
from ...nn import functional
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.parameter import Parameter
from ...ops.creation import eye, ones, zeros_like
from ...ops.joining import concat
from ...tensor import Tensor


class Watch:
    """A forward hook that keeps what went in and came out; copies of a module are not watched."""

    def __init__(self, active: bool = True) -> None:
        self.active = active
        self.calls: list[tuple[Tensor, Tensor]] = []

    def __call__(self, layer: Module, args: tuple[Any, ...], output: Tensor) -> None:
        if self.active and output.requires_grad:
            self.calls.append((args[0].detach(), output))

    def __deepcopy__(self, memo: dict[int, Any]) -> Watch:
        return Watch(active=False)


class CapturedLayer:
    """A linear or convolutional layer whose calls are noted.

    Parameters
    ----------
    layer : Linear, Conv1d, Conv2d or Conv3d
        It gets a hook.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.weight, self.bias = layer.weight, layer.bias
        self._watch = Watch()
        self._inputs: list[Tensor] = []
        self._grads: list[Tensor] = []
        self._handle = layer.register_forward_hook(self._watch)

    @staticmethod
    def takes(layer: Any) -> bool:
        """Whether the layer's Fisher matrix is approximated: not of groups, nor of padding with anything but zeros."""
        plain = isinstance(layer, Linear) or (layer.groups == 1 and layer.padding_mode == "zeros")
        return plain and isinstance(layer.weight, Parameter)

    def close(self) -> None:
        """Take the hook away."""
        self._handle.remove()

    def taken(self) -> list[tuple[Tensor, Tensor]]:
        """Return what went in and came out since the last time, and forget it."""
        calls, self._watch.calls = self._watch.calls, []
        return calls

    # -- moments ---------------------------------------------------------------------------------------------

    @property
    def noted(self) -> bool:
        """Whether there is something to make factors of."""
        return bool(self._inputs)

    def note(self, inputs: Tensor | None, grad: Tensor) -> None:
        """Keep what went in (once for all cotangents) and a gradient of what came out, as rows of vectors."""
        with no_grad():
            if inputs is not None:
                self._inputs.append(self._input_rows(inputs))
            self._grads.append(_rows(grad.moveaxis(1, -1) if self._is_conv else grad))

    @property
    def _is_conv(self) -> bool:
        return not isinstance(self.layer, Linear)

    def _input_rows(self, inputs: Tensor) -> Tensor:
        """Return the vectors that the weight is multiplied with, with a one behind them if there is a bias."""
        rows = self._patches(inputs) if self._is_conv else _rows(inputs)
        if self.bias is None:
            return rows
        return concat([rows, ones((rows.shape[0], 1), dtype=rows.dtype, device=rows.device)], axis=1)

    def _patches(self, images: Tensor) -> Tensor:
        """Return what the filter meets at each place: a convolution with filters that pick one element each."""
        layer, (_, *window) = self.layer, self.weight.shape
        size = prod(window)
        picking = eye(size, dtype=images.dtype, device=images.device).reshape(size, *window)
        convolve = getattr(functional, f"conv{len(window) - 1}d")
        patches = convolve(images, picking, None, layer.stride, layer.padding, layer.dilation)
        return _rows(patches.moveaxis(1, -1))

    def factors(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return the second moments of inputs and of gradients, and forget them.

        A layer that is applied at several places (a convolution, a linear layer along a sequence) counts them as
        independent: inputs are summed over places, gradients averaged.
        """
        with no_grad():
            inputs, grads = concat(self._inputs), concat(self._grads)
            places = inputs.shape[0] / batch
            self._inputs, self._grads = [], []
            return inputs.mT @ inputs / batch, grads.mT @ grads / (batch * places)

    # -- parameters ------------------------------------------------------------------------------------------

    def weight_and_bias(self, tensors: dict[Tensor, Tensor]) -> Tensor:
        """Return what belongs to weight and bias as one matrix, the bias last."""
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
