"""All parameters of an optimizer as one vector, for methods that look at directions in the space of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..autodiff.graph import no_grad
from ..ops.contraction import vecdot
from ..ops.creation import zeros_like
from ..ops.joining import concat, split
from ..ops.reduction import max as largest
from ..tensor import Tensor


class ParameterVector:
    """Reads and writes parameters as one vector.

    Parameters
    ----------
    parameters : sequence of Tensor
        Of one data type, on one device.

    Raises
    ------
    ValueError
        If types or devices differ.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters = list(parameters)
        kinds = {(str(parameter.dtype), str(parameter.device)) for parameter in self.parameters}
        if len(kinds) > 1:
            raise ValueError(f"all parameters must be of one data type, on one device: {sorted(kinds)}")

    def joined(self, tensors: Sequence[Tensor | None]) -> Tensor:
        """Return one vector of tensors with the parameters' shapes; None is zero."""
        parts = [
            zeros_like(parameter.detach()) if tensor is None else tensor
            for parameter, tensor in zip(self.parameters, tensors, strict=True)
        ]
        return concat(parts, axis=None)

    def divided(self, vector: Tensor) -> list[Tensor]:
        """Return the parts of a vector, with the parameters' shapes."""
        stops = list(accumulate(parameter.nelement() for parameter in self.parameters))
        parts = split(vector, stops[:-1])
        return [part.reshape(parameter.shape) for part, parameter in zip(parts, self.parameters, strict=True)]

    def read(self) -> Tensor:
        """Return a copy of the parameters."""
        return self.joined([parameter.detach() for parameter in self.parameters])

    def gradient(self) -> Tensor:
        """Return the gradient; zero where there is none."""
        return self.joined([None if p.grad is None else p.grad.detach() for p in self.parameters])

    def write(self, vector: Tensor) -> None:
        """Set the parameters."""
        with no_grad():
            for parameter, part in zip(self.parameters, self.divided(vector), strict=True):
                parameter[...] = part


def dot(a: Tensor, b: Tensor) -> float:
    """Return the inner product of two vectors."""
    return float(vecdot(a, b))


def magnitude(vector: Tensor) -> float:
    """Return the largest magnitude of an element."""
    return float(largest(abs(vector)))
