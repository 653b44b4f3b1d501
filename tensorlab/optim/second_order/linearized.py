"""Products with the Jacobian and the Gauss-Newton matrix of a model, from one recorded run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...autodiff.backward import gradients
from ...autodiff.forward import push_forward
from ...autodiff.graph import enable_grad
from ...ops.creation import eye, ones_like, zeros_like
from ...ops.joining import stack
from ...tensor import Tensor
from .vector import ParameterVector


def differentiated(
    outputs: list[Tensor], inputs: list[Tensor], cotangents: list[Tensor], record: bool = False
) -> list[Any]:
    """Return the gradients of inputs as tensors, None for one that does not matter; the graph is kept."""
    seeds = [cotangent if record else cotangent._array for cotangent in cotangents]
    found = gradients(outputs, inputs, seeds, keep_graph=True, create_graph=record)
    return [part if part is None or isinstance(part, Tensor) else Tensor(part) for part in found]


def gradient_of(loss: Tensor, vector: ParameterVector, record: bool = False) -> Tensor:
    """Return the gradient of a recorded loss as a vector; with `record` it can be differentiated in turn."""
    return vector.joined(differentiated([loss], vector.parameters, [ones_like(loss.detach())], record))


class Linearized:
    """A recorded run of a model: products with the Jacobian of its outputs by its parameters.

    Parameters
    ----------
    outputs : Tensor
        The outputs of the run; this object keeps their graph.
    vector : ParameterVector
        The parameters.

    Raises
    ------
    ValueError
        If the outputs do not depend on the parameters.

    Examples
    --------
    >>> from tensorlab.optim.second_order.linearized import Linearized
    >>> from tensorlab.optim.second_order.vector import ParameterVector
    >>> w = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> run = Linearized(w * w, ParameterVector([w]))
    >>> run.push(tl.tensor([1.0, 1.0])), run.pull(tl.tensor([1.0, 0.0]))
    (tensor([2., 4.]), tensor([2., 0.]))
    """

    def __init__(self, outputs: Tensor, vector: ParameterVector) -> None:
        if not outputs.requires_grad:
            raise ValueError("the outputs do not depend on anything that requires a gradient")
        self.outputs, self.vector = outputs, vector

    def push(self, tangent: Tensor) -> Tensor:
        """Return the Jacobian times a vector of the parameters' space, shaped as the outputs."""
        pairs = zip(self.vector.parameters, self.vector.divided(tangent), strict=True)
        seeds = {parameter._node: part._array for parameter, part in pairs if parameter._node is not None}
        (found,) = push_forward([self.outputs], seeds, as_tensors=False)
        return zeros_like(self.outputs.detach()) if found is None else Tensor(found)

    def pull(self, cotangent: Tensor) -> Tensor:
        """Return the transposed Jacobian times something shaped as the outputs, as a vector."""
        return self.vector.joined(differentiated([self.outputs], self.vector.parameters, [cotangent]))

    def jacobian(self) -> Tensor:
        """Return the Jacobian, ``(outputs, parameters)``: a sweep for each of the fewer of the two."""
        count, shape = self.outputs.nelement(), self.outputs.shape
        width = self.vector.size
        if width <= count:
            return stack([self.push(unit).reshape(count) for unit in self.units(width)], axis=1)
        return stack([self.pull(unit.reshape(shape)) for unit in self.units(count)])

    def units(self, count: int) -> Tensor:
        """Return the unit vectors of a space, as rows."""
        return eye(count, dtype=self.outputs.dtype, device=self.outputs.device)


class GaussNewton:
    """The generalised Gauss-Newton matrix of a loss: ``J^T H J``, with the loss's Hessian H by the model's outputs.

    Where the loss is the negative logarithm of a likelihood in its natural parameters, such as cross entropy by logits
    or squared error, that is the Fisher information matrix (Martens, "New insights and perspectives on the natural
    gradient method", JMLR 2020).

    Parameters
    ----------
    outputs : Tensor
        The recorded outputs of a model.
    loss : callable
        From outputs to a single real number.
    vector : ParameterVector
        The parameters.

    Attributes
    ----------
    loss : Tensor
        The value of the loss.

    Examples
    --------
    >>> from tensorlab.optim.second_order.linearized import GaussNewton
    >>> from tensorlab.optim.second_order.vector import ParameterVector
    >>> w = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> matrix = GaussNewton(3 * w, lambda out: (out**2).sum(), ParameterVector([w]))
    >>> matrix.product(tl.tensor([1.0, 0.0])), matrix.gradient()
    (tensor([18.,  0.]), tensor([18., 36.]))
    """

    def __init__(self, outputs: Tensor, loss: Callable[[Tensor], Tensor], vector: ParameterVector) -> None:
        self.run = Linearized(outputs, vector)
        self._leaf = outputs.detach().requires_grad_()
        with enable_grad():
            value = loss(self._leaf)
        if not isinstance(value, Tensor) or value.nelement() != 1:
            raise ValueError(f"the loss must be one real number, not {getattr(value, 'shape', type(value).__name__)}")
        (self._slope,) = differentiated([value], [self._leaf], [ones_like(value.detach())], record=True)
        self.loss = value.detach()

    def gradient(self) -> Tensor:
        """Return the gradient of the loss by the parameters."""
        return self.run.pull(self._slope.detach())

    def product(self, tangent: Tensor) -> Tensor:
        """Return the matrix times a vector, without building it."""
        moved = self.run.push(tangent)
        if not self._slope.requires_grad:  # a loss without curvature
            return zeros_like(tangent)
        (curved,) = differentiated([self._slope], [self._leaf], [moved])
        return zeros_like(tangent) if curved is None else self.run.pull(curved)

    def dense(self) -> Tensor:
        """Return the matrix itself: one product for each parameter."""
        return stack([self.product(unit) for unit in self.run.units(self.run.vector.size)])
