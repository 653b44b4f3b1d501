"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import ShapeError
from ...ops.creation import zeros
from ...ops.joining import concat
from ...ops.shapes import flatten, reshape
from ...tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters as one vector, through which gradients flow.

    Parameters
    ----------
    parameters : iterable of Tensor
        Such as ``module.parameters()``.

    Returns
    -------
    Tensor
        1-d: the parameters' elements, one behind the other.

    Examples
    --------
    >>> tl.nn.utils.parameters_to_vector([tl.ones(1, 2), tl.zeros(1)])
    tensor([1., 1., 0.])
    """
    parts = [flatten(parameter) if parameter.ndim else reshape(parameter, (1,)) for parameter in parameters]
    return concat(parts) if parts else zeros(0)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy a vector's elements into parameters, in their order.

    Parameters
    ----------
    vec : Tensor, shape (total,)
        As `parameters_to_vector` returns it.
    parameters : iterable of Tensor
        What gets other elements; cast to each one's type.

    Raises
    ------
    TypeError
        If `vec` is no tensor.
    ShapeError
        If `vec` is no vector, or has not as many elements as the parameters have; nothing has changed then.

    Examples
    --------
    >>> layer = tl.nn.Linear(2, 1)
    >>> tl.nn.utils.vector_to_parameters(tl.tensor([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.bias
    Parameter containing:
    tensor([3.], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: vec must be a tensor, not {type(vec).__name__}")
    targets = list(parameters)
    total = sum(target.nelement() for target in targets)
    if vec.shape != (total,):
        raise ShapeError(f"vector_to_parameters: vec must have shape {(total,)}, not {vec.shape}")
    values, start = vec.detach(), 0
    for target in targets:
        end = start + target.nelement()
        part = reshape(values[start:end], target.shape).to(dtype=target.dtype, device=target.device)
        target.data = part.clone()  # else a step of an optimizer would change the vector
        start = end
