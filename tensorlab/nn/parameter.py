"""Parameter: a tensor that a module learns."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that a `Module` counts among its parameters when it is assigned as an attribute.

    Parameters
    ----------
    data : Tensor or array
        The initial elements, shared rather than copied.
    requires_grad : bool
        Whether it is learned.

    Raises
    ------
    TypeError
        If a gradient is asked for integer or boolean data.

    Examples
    --------
    >>> tl.nn.Parameter(tl.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
