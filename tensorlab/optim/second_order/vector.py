"""All parameters of an optimizer as one vector, for methods that look at directions in the space of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from math import isfinite
from typing import Any

from ...autodiff.graph import no_grad
from ...ops.comparison import isfinite as isfinite_elements
from ...ops.contraction import vecdot
from ...ops.creation import zeros_like
from ...ops.joining import concat, split
from ...ops.reduction import max as largest
from ...tensor import Tensor
from ..declared import DeclaredOptimizer
from ..optimizer import Group
from ..param_groups import Params, check_real, name_of


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

    @property
    def size(self) -> int:
        """The number of elements of all parameters."""
        return sum(parameter.nelement() for parameter in self.parameters)

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


class VectorOptimizer(DeclaredOptimizer):
    """The base class of methods that look at all parameters together.

    Parameters
    ----------
    params : iterable of Tensor
        Parameters to optimize: one group, of one data type, on one device.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type, there are several groups, or a parameter is complex.
    """

    def __post_init__(self, params: Params) -> None:
        super().__post_init__(params)
        self._vector = ParameterVector(self.param_groups[0]["params"])

    def add_param_group(self, param_group: Any) -> None:
        if self.param_groups:
            raise ValueError(f"{type(self).__name__} takes one group of parameters: it looks at all of them together")
        super().add_param_group(param_group)

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)

    def _counted(self, *names: str) -> dict[str, Any]:
        """Return the state, which is kept for the first parameter, with counters of these names."""
        state = self._state_of(self._vector.parameters[0])
        for name in names:
            state.setdefault(name, 0)
        return state

    def _accepts(self, grad: Tensor) -> bool:
        """Whether a gradient may be used: it is finite, or `on_nonfinite` allows it."""
        if self._nonfinite == "ignore" or isfinite(magnitude(grad)):
            return True
        pairs = zip(self._vector.parameters, self._vector.divided(grad), strict=True)
        return self._take_nonfinite([name_of(self.param_groups, p) for p, g in pairs if not all_finite(g)])

    @contextmanager
    def _from_here(self) -> Iterator[Tensor]:
        """Yield a copy of the parameters, and restore it if the body raises."""
        origin = self._vector.read()
        try:
            yield origin
        except BaseException:
            self._vector.write(origin)
            raise

    def _go(self, origin: Tensor, step: float, direction: Tensor) -> None:
        """Set the parameters to a point along a direction; exactly to the origin if the step is zero."""
        self._vector.write(origin + step * direction if step else origin)


def all_finite(x: Tensor) -> bool:
    """Whether no element is NaN or infinite."""
    return bool(isfinite_elements(x).all())


def dot(a: Tensor, b: Tensor) -> float:
    """Return the inner product of two vectors."""
    return float(vecdot(a, b))


def magnitude(vector: Tensor) -> float:
    """Return the largest magnitude of an element."""
    return float(largest(abs(vector)))
