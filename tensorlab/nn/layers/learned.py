"""The base class of layers with parameters, and what their constructors share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from ...backend import DType, dtypes
from ...docstrings import Documented
from ...ops.creation import empty
from ...options.kinds import Kind
from ..module.module import Module
from ..module.parameter import Parameter


class LearnedLayer(Documented, Module):
    """A layer with parameters.

    Parameters
    ----------
    bias : bool
        Whether a bias is learned.
    device : Device or str, optional
        The device of the parameters.
    dtype : dtype, optional
        The data type of the parameters; float32 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """

    _learned = ("weight", "bias")


def new_parameter(*shape: int, device: Any, dtype: Any) -> Parameter:
    """Return a parameter whose elements are not set."""
    return Parameter(empty(shape, device=device, dtype=dtype))


# -- kinds of options --------------------------------------------------------------------------------------------------


class FloatingKind(Kind):
    """A floating-point data type, or None for the default one."""

    text: ClassVar[str] = "a floating-point data type or None"

    def read(self, value: Any) -> DType | None:
        """Return the `DType` that is meant."""
        if value is None:
            return None
        dtype = dtypes.named(value)
        if not dtype.is_floating:
            raise TypeError
        return dtype


FloatingDType = Annotated[Any, FloatingKind()]
