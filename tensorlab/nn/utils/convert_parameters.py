"""Parameters as one vector, and the inverse."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import ShapeError
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.shapes import flatten, reshape
from ...tensor import Tensor
from .arguments import tensors_in


@composite()
def parameters_to_vector(parameters: Tensor | Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters as one vector; gradients flow through it.

    Parameters
    ----------
    parameters : iterable of Tensor
        Such as ``module.parameters()``.

    Returns
    -------
    Tensor
        1-d: the parameters' elements, concatenated.

    Examples
    --------
    >>> tl.nn.utils.parameters_to_vector([tl.ones(1, 2), tl.zeros(1)])
    tensor([1., 1., 0.])
    """
    found = tensors_in("parameters_to_vector", "parameters", parameters)
    parts = [flatten(parameter) if parameter.ndim else reshape(parameter, (1,)) for parameter in found]
    return concat(parts) if parts else zeros(0)


@composite()
def vector_to_parameters(vec: Tensor, parameters: Tensor | Iterable[Tensor]) -> None:
    """Copy the elements of a vector into parameters, in order.

    Parameters
    ----------
    vec : Tensor, shape (total,)
        As `parameters_to_vector` returns it.
    parameters : iterable of Tensor
        The elements are cast to the type of each.

    Raises
    ------
    TypeError
        If `vec` is not a tensor.
    ShapeError
        If `vec` is not a vector with as many elements as the parameters; these are then unchanged.

    Examples
    --------
    >>> layer = tl.nn.Linear(2, 1)
    >>> tl.nn.utils.vector_to_parameters(tl.tensor([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.bias
    Parameter containing:
    tensor([3.], requires_grad=True)
    """
    targets = tensors_in("vector_to_parameters", "parameters", parameters)
    total = sum(target.nelement() for target in targets)
    if vec.shape != (total,):
        raise ShapeError(
            f"vector_to_parameters: vec must have shape {(total,)}, not {vec.shape}: parameters have {total} elements"
        )
    values, start = vec.detach(), 0
    for target in targets:
        end = start + target.nelement()
        part = reshape(values[start:end], target.shape).to(dtype=target.dtype, device=target.device)
        target.data = part.clone()  # a view would let an optimizer's step change the vector
        start = end
