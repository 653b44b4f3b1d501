"""Parameter: a tensor that a module learns; and tensors whose shape is not known yet."""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import Any

from ...backend import dtypes
from ...ops.creation import empty
from ...ops.declare import require
from ...options.kinds import kind_of, read
from ...tensor import Leaf, Tensor

FLAG = kind_of(bool)


class Parameter(Tensor):
    """A tensor that becomes a parameter of a `Module` when it is assigned as an attribute.

    Parameters
    ----------
    data : Tensor or array
        The initial elements, shared rather than copied.
    requires_grad : bool
        Whether it is learned.

    Raises
    ------
    TypeError
        If `requires_grad` is True and the data are integers or booleans.

    Examples
    --------
    >>> tl.nn.Parameter(tl.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        require("Parameter", data=data)
        super().__init__(data, read("Parameter", "requires_grad", FLAG, requires_grad))

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Uninitialized(Tensor):
    """A tensor whose shape is not known yet, as in a lazy module before its first batch.

    It can be moved, cast, copied and found by its path; everything else is an error. `materialize` turns the object
    into an ordinary tensor of the class `becomes`.
    """

    becomes: type[Tensor] = Tensor
    _learned: bool = False

    def __init__(self, device: Any = None, dtype: Any = None) -> None:
        self._place, self._dtype = device, dtype

    @property
    def _array(self) -> Any:
        raise RuntimeError(
            f"this {self.becomes.__name__.lower()} has no shape yet: it belongs to a lazy module, which takes its "
            "sizes from the first batch that it is called with; call the module once before using it"
        )

    @property
    def requires_grad(self) -> bool:
        """Whether it will be learned."""
        return self._learned

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._learned = value

    @property
    def dtype(self) -> Any:
        """The data type that the elements will have."""
        return dtypes.float32 if self._dtype is None else dtypes.named(self._dtype)

    def detach(self) -> Tensor:
        """Return the tensor itself, as there are no elements to share."""
        return self

    def recast(self, dtype: Any = None, device: Any = None) -> None:
        """Set the type and the device of the elements; integers stay integers."""
        if dtype is not None and self.dtype.is_floating:
            self._dtype = dtype
        if device is not None:
            self._place = device

    def materialize(self, shape: tuple[int, ...]) -> None:
        """Become an ordinary tensor of the given shape; its elements are not set."""
        array = empty(shape, device=self._place, dtype=self.dtype)._array
        learned = self._learned
        self.__dict__.clear()
        self.__class__ = self.becomes  # type: ignore[assignment]
        self.__dict__["_array"] = array
        if learned:
            self._node = Leaf(self)

    def __copy__(self) -> Tensor:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copy = memo[id(self)] = self.__copy__()
        return copy

    def _sent(self) -> tuple[Any, ...]:
        return __newobj__, (type(self),), self.__dict__

    def __repr__(self) -> str:
        return f"<uninitialized {self.becomes.__name__.lower()}>"


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter whose shape is not known yet; see `LazyLinear`.

    Examples
    --------
    >>> tl.nn.LazyLinear(3).weight
    <uninitialized parameter>
    """

    becomes = Parameter
    _learned = True


class UninitializedBuffer(Uninitialized):
    """A buffer whose shape is not known yet; see `LazyBatchNorm1d`.

    Examples
    --------
    >>> tl.nn.LazyBatchNorm1d().running_mean
    <uninitialized buffer>
    """

    def __repr__(self) -> str:
        return "<uninitialized buffer>"
