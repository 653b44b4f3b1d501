"""What pictures are made of, read: tensors of any backend, arrays, and lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import ShapeError
from ..ops.creation import asarray
from ..options.kinds import Ordered, kind_of, read
from ..tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

Names = Annotated[Any, Ordered("a list of names")]
"""Names of classes, or titles: anything that can be written."""

Bounds = tuple[tuple[float, float], tuple[float, float]]
"""From where to where to draw along the horizontal and the vertical axis."""


def tensor_of(user: str, name: str, value: Any, *, ndims: Sequence[int] = (), nonempty: bool = True) -> Tensor:
    """Return an argument as a tensor without history, on its own device; `ndims` are the numbers of axes it may have.

    Raises
    ------
    TypeError
        If it does not consist of real numbers.
    ValueError
        If it has another number of axes, or no elements. Both messages name the user and the argument.
    """
    try:
        x = asarray(value).detach()
    except (TypeError, ValueError) as error:
        message = str(error).replace("asarray: obj", f"{user}: {name}", 1)
        raise type(error)(message if message.startswith(user) else f"{user}: {name}: {message}") from None
    if x.dtype.is_complex:
        raise TypeError(f"{user}: {name} must have real elements, not {x.dtype}")
    if ndims and x.ndim not in ndims:
        counted = " or ".join(map(str, ndims))
        raise ShapeError(
            f"{user}: {name} must have {counted} {'axis' if counted == '1' else 'axes'}, not shape {x.shape}"
        )
    if nonempty and not x.nelement():
        raise ShapeError(f"{user}: {name} must not be empty, but has shape {x.shape}")
    return x


def host(x: Tensor) -> NDArray[Any]:
    """Return the elements as a NumPy array of a type that Matplotlib draws: floating ones as float64."""
    return (x.astype("float64") if x.dtype.is_floating else x).numpy()


def array_of(user: str, name: str, value: Any, *, ndims: Sequence[int] = (), nonempty: bool = True) -> NDArray[Any]:
    """Return an argument as a NumPy array; see `tensor_of`."""
    return host(tensor_of(user, name, value, ndims=ndims, nonempty=nonempty))


def labels_of(user: str, name: str, value: Any, count: int | None = None) -> NDArray[Any]:
    """Return class labels as a NumPy vector of integers from 0; `count` is their number where it is known.

    Raises
    ------
    TypeError, ValueError
        If they are not whole numbers from 0, or not `count` of them.
    """
    x = tensor_of(user, name, value, ndims=(1,))
    if x.dtype.is_floating:
        raise TypeError(f"{user}: {name} must be class numbers, of integer type, not {x.dtype}")
    labels = x.astype("int64").numpy()
    if count is not None and len(labels) != count:
        raise ShapeError(f"{user}: {name} must have {count} entries, one for each sample, not {len(labels)}")
    if labels.min() < 0:
        raise ValueError(f"{user}: {name} must be class numbers from 0, not {labels.min()}")
    return labels


def names_of(user: str, names: Any, count: int) -> list[str]:
    """Return the names of `count` classes, by default their numbers; there may be more than are needed.

    Raises
    ------
    ValueError
        If there are too few.
    """
    if names is None:
        return [str(number) for number in range(count)]
    written = [str(name) for name in names]
    if len(written) < count:
        raise ValueError(f"{user}: class_names must have {count} entries, one for each class, not {len(written)}")
    return written


def bounds_of(user: str, bounds: Any) -> Bounds:
    """Return bounds as two pairs of numbers.

    Raises
    ------
    TypeError, ValueError
        If they are not, or not in order.
    """
    (left, right), (bottom, top) = read(user, "bounds", kind_of(Bounds), bounds)
    if not (left < right and bottom < top):
        raise ValueError(f"{user}: bounds must be two pairs (low, high), not {bounds}")
    return (left, right), (bottom, top)
