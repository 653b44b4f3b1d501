"""The parameters of distributions: their declarations, and how those that are given become tensors of one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import index as as_index
from typing import Annotated, Any, ClassVar

from ..backend import BackendError
from ..backend.dtypes import float32, promote
from ..errors import ShapeError
from ..ops.declare import broadcast_shape, require
from ..ops.shapes import astype, broadcast_to
from ..options import ShapeLike
from ..options.kinds import Kind
from ..random.arguments import as_tensor
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint


@dataclass(frozen=True, repr=False)
class Parameter(Kind):
    """A number, tensor or array that satisfies a constraint.

    A declared option of this kind is a parameter of a distribution; see `Distribution`.
    """

    constraint: Constraint
    text: ClassVar[str] = "a number, a tensor or an array"

    def read(self, value: Any) -> Any:
        """Return the value: all parameters of a distribution are read together."""
        return value


# What the parameters of distributions are annotated with.
Real = Annotated[Any, Parameter(constraints.real)]
Positive = Annotated[Any, Parameter(constraints.positive)]
NonNegative = Annotated[Any, Parameter(constraints.nonnegative)]
Probability = Annotated[Any, Parameter(constraints.unit_interval)]
PositiveProbability = Annotated[Any, Parameter(constraints.positive_probability)]
ProbabilityBelowOne = Annotated[Any, Parameter(constraints.half_open_interval(0.0, 1.0))]
TrialCount = Annotated[Any, Parameter(constraints.nonnegative_integer)]
RealVector = Annotated[Any, Parameter(constraints.real_vector)]
PositiveVector = Annotated[Any, Parameter(constraints.independent(constraints.positive, 1))]
Weights = Annotated[Any, Parameter(constraints.weights)]
LowerCholesky = Annotated[Any, Parameter(constraints.lower_cholesky)]
PositiveDefinite = Annotated[Any, Parameter(constraints.positive_definite)]
RealMatrix = Annotated[Any, Parameter(constraints.independent(constraints.real, 2))]


def read_together(owner: str, given: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return parameters as tensors of one floating-point type on one device.

    The type is the promoted one of the tensors and arrays among them, or float32; numbers do not count.

    Raises
    ------
    TypeError, BackendError
        If one is not numeric, or two are on different devices.
    """
    tensors = {}
    for name, value in given.items():
        if isinstance(value, bool):
            raise TypeError(f"{owner}: {name} must be {Parameter.text}, not {value}")
        if not isinstance(value, int | float):
            tensors[name] = as_tensor(owner, name, value, None)
            require(owner, "real", **{name: tensors[name]})
    first = next(iter(tensors), None)
    device = None if first is None else tensors[first].device
    for name, value in tensors.items():
        if value.device != device:
            raise BackendError(f"{owner}: {first} is on {device}, but {name} is on {value.device}")
    floating = [value.dtype for value in tensors.values() if value.dtype.is_floating]
    dtype = reduce(promote, floating) if floating else float32
    for name, value in given.items():
        if name not in tensors:
            tensors[name] = as_tensor(owner, name, value, device, dtype)
    return {name: tensors[name] if tensors[name].dtype is dtype else astype(tensors[name], dtype) for name in given}


def batch_shape_of(owner: str, tensors: Mapping[str, Tensor], constraints: Mapping[str, Constraint]) -> tuple[int, ...]:
    """Return the common shape of the axes that do not belong to events.

    Raises
    ------
    ShapeError
        If a parameter has too few axes for its events, or the others do not broadcast.
    """
    batches = []
    for name, value in tensors.items():
        event_dim, shape = constraints[name].event_dim, tuple(value.shape)
        if len(shape) < event_dim:
            axes = "an axis" if event_dim == 1 else f"{event_dim} axes"
            raise ShapeError(f"{owner}: {name} must have at least {axes}, not the shape {shape}")
        batches.append(shape[: len(shape) - event_dim])
    try:
        return broadcast_shape(*batches)
    except ShapeError as error:
        raise ShapeError(f"{owner}: {', '.join(tensors)}: {error}") from None


def expanded(value: Tensor, batch: tuple[int, ...], event_dim: int) -> Tensor:
    """Return a parameter broadcast to a batch shape."""
    shape = tuple(value.shape)
    wanted = (*batch, *shape[len(shape) - event_dim :])
    return value if shape == wanted else broadcast_to(value, wanted)


def lengths_of(shape: ShapeLike) -> tuple[int, ...]:
    """Return a shape as a tuple.

    Raises
    ------
    ShapeError
        If a length is negative.
    """
    lengths = (shape,) if isinstance(shape, int) else tuple(map(as_index, shape))
    if min(lengths, default=0) < 0:
        raise ShapeError(f"a shape has no negative lengths: {lengths}")
    return lengths


def require_satisfied(owner: str, name: str, constraint: Constraint, value: Tensor, said: str = "") -> None:
    """Refuse values of which some do not satisfy a constraint.

    Raises
    ------
    ValueError
        The message names the owner, the values and the constraint, and the first number that is wrong.
    """
    try:
        value = value.detach()
        fits = constraint.check(value)
    except ShapeError:
        raise ShapeError(
            f"{owner}: {name} must be {constraint.text}, not an array of shape {tuple(value.shape)}"
        ) from None
    backend = fits.backend
    if bool(backend.xp.all(fits.array)):
        return
    found = ""
    if not constraint.event_dim:
        wrong = broadcast_to(value, fits.shape)[~fits]
        found = f"; {wrong[0].item():g} is not"
    raise ValueError(f"{owner}: {name} must be {constraint.text}{said}{found}")
