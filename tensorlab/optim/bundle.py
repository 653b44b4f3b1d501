"""Parameters that are updated together, as one flat array.

The step of a small model mostly consists of starting kernels, so the fewer arrays the better: the small parameters of a
group become views of one array, and one kernel updates all of them. A large parameter is a bundle of its own, whose
gradient is used where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from operator import attrgetter, is_
from typing import Any

from ..autodiff.graph import write_log
from ..tensor import Tensor

array_of = attrgetter("_array")


@dataclass
class History:
    """What an optimizer keeps for one parameter: numbers, such as its count of steps, and arrays of its shape."""

    numbers: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)


class Bundle:
    """Parameters of one group, data type and device that have equal numbers, in one flat array.

    Parameters
    ----------
    parameters : sequence of Tensor
        Their arrays become views of the flat one.
    histories : sequence of History
        Of equal numbers and names.

    Attributes
    ----------
    flat : array
        The elements of all parameters, concatenated.
    state : dict from str to array
        The optimizer's flat arrays.
    numbers : dict from str to float
        The optimizer's numbers.
    kind : tuple
        Backend, device and data type: bundles of one kind can be updated by one call.
    rule, constants, arrays
        The rule by which it is updated, those of its options that do not change, and its arrays in the rule's order;
        `Elementwise` prepares them for the group's present options.
    is_new : bool
        Whether no array was kept before the present step.
    """

    rule: Callable[..., tuple[Any, ...]]
    constants: tuple[tuple[str, Hashable], ...]
    arrays: tuple[Any, ...]

    def __init__(self, parameters: Sequence[Tensor], histories: Sequence[History]) -> None:
        first = parameters[0]
        self.backend = backend = first.backend
        concat = backend.xp.concat
        self.parameters = list(parameters)
        self.flat = concat([parameter._array for parameter in parameters], axis=None)
        self.state = {
            name: concat([history.arrays[name] for history in histories], axis=None) for name in histories[0].arrays
        }
        self.numbers = dict(histories[0].numbers)
        self.is_new = not self.state
        self.kind = (backend, str(first.device), str(first.dtype))
        for parameter, view in zip(self.parameters, self.shaped(self.flat), strict=True):
            parameter._array = view
        self._storages = list({backend.storage(parameter._array): None for parameter in parameters})

    def _spans(self) -> Iterable[tuple[slice, tuple[int, ...]]]:
        start = 0
        for parameter in self.parameters:
            stop = start + prod(parameter.shape)
            yield slice(start, stop), parameter.shape
            start = stop

    def shaped(self, flat: Any) -> list[Any]:
        """Return the views of a flat array that have the parameters' shapes."""
        return [self.backend.xp.reshape(flat[span], shape) for span, shape in self._spans()]

    def array(self, name: str, fill: float | None = 0.0) -> Any:
        """Return the optimizer's flat array of that name.

        A new one is filled with `fill`, in both parts of a complex one, or is a copy of the parameters if that is None.
        """
        if name not in self.state:
            xp, complex_ = self.backend.xp, self.parameters[0].dtype.is_complex
            if fill is None:
                self.state[name] = xp.asarray(self.flat, copy=True)
            else:
                self.state[name] = xp.full_like(self.flat, complex(fill, fill) if complex_ else fill)
        return self.state[name]

    def histories(self) -> list[History]:
        """Return each parameter's history; the arrays share the bundle's memory."""
        return [self.history(place) for place in range(len(self.parameters))]

    def history(self, place: int) -> History:
        """Return the history of one of the parameters."""
        span, shape = list(self._spans())[place]
        return History(dict(self.numbers), {n: self.backend.xp.reshape(x[span], shape) for n, x in self.state.items()})

    def __deepcopy__(self, memo: dict[int, Any]) -> Bundle:
        return Bundle([deepcopy(parameter, memo) for parameter in self.parameters], self.histories())

    # -- gradients -------------------------------------------------------------------------------------------

    def is_divided(self) -> bool:
        """Whether some of the parameters have a gradient and others have none."""
        return len({parameter.grad is None for parameter in self.parameters}) > 1

    @property
    def is_large(self) -> bool:
        """Whether it is one parameter that is too large to share an array with others."""
        return len(self.parameters) == 1 and self.parameters[0].nelement() > self.backend.bundle_limit

    def gradient(self) -> Any:
        """Return the flat gradient; every parameter must have one."""
        arrays = [parameter.grad._array for parameter in self.parameters]  # type: ignore[union-attr]
        xp = self.backend.xp
        return xp.concat(arrays, axis=None) if len(arrays) > 1 else xp.reshape(arrays[0], (-1,))

    # -- numbers of each parameter ---------------------------------------------------------------------------

    def norms(self, flat: Any) -> Any:
        """Return the norm of each parameter's part of a flat array."""
        return self.backend.segment_norms(flat, [parameter.nelement() for parameter in self.parameters])

    def spread(self, values: Any) -> Any:
        """Repeat one number per parameter for each of its elements; for a single parameter return a 0-d array."""
        xp = self.backend.xp
        values = xp.astype(values, self.flat.dtype)
        return xp.reshape(values, ()) if len(self.parameters) == 1 else xp.take(values, self._owners, axis=0)

    @cached_property
    def _owners(self) -> Any:
        """The index of the parameter to which each element belongs."""
        xp, where = self.backend.xp, {"dtype": self.backend.native("int64"), "device": self.flat.device}
        return xp.concat([xp.full((p.nelement(),), place, **where) for place, p in enumerate(self.parameters)])

    # -- after a step ----------------------------------------------------------------------------------------

    def finish_step(self) -> None:
        """Tell graphs that saved the old elements that they were overwritten."""
        self.is_new = not self.state
        for storage in self._storages:
            write_log.note_storage(storage)


class Layout:
    """The bundles of a group, and what was true of its parameters and options when they were made.

    Attributes
    ----------
    bundles : list of Bundle
        Together they have each parameter once.
    active : list of Bundle
        Those whose parameters have gradients.
    options : list or None
        The values of the group's options for which the active bundles were prepared; None before that.
    """

    def __init__(self, parameters: Sequence[Tensor], bundles: list[Bundle]) -> None:
        self.parameters, self.bundles = list(parameters), bundles
        self._arrays = [parameter._array for parameter in parameters]
        self.note_gradients()

    def note_gradients(self) -> None:
        """Note which parameters have gradients at present."""
        self._present = [parameter.grad is not None for parameter in self.parameters]
        self.active = [bundle for bundle in self.bundles if bundle.parameters[0].grad is not None]
        self.options: list[Any] | None = None

    def holds(self, parameters: Sequence[Tensor]) -> bool:
        """Whether the group has the same parameters, with the arrays that the bundles gave them."""
        return (
            len(parameters) == len(self.parameters)
            and all(map(is_, parameters, self.parameters))
            and all(map(is_, map(array_of, parameters), self._arrays))
        )

    def has_same_gradients(self) -> bool:
        """Whether the same parameters have gradients as before."""
        return [parameter.grad is not None for parameter in self.parameters] == self._present


def bundled(parameters: Sequence[Tensor], histories: Sequence[History]) -> list[Bundle]:
    """Return bundles of parameters that can be updated together, and of each large parameter alone.

    Parameters with a gradient and those without are separated, as steps usually keep them so.

    Raises
    ------
    ValueError
        If two parameters share one array.
    """
    seen: set[int] = set()
    filling: dict[Any, list[tuple[Tensor, History]]] = {}
    room: dict[Any, int] = {}
    found: list[list[tuple[Tensor, History]]] = []
    for parameter, history in zip(parameters, histories, strict=True):
        if id(parameter._array) in seen:
            raise ValueError(
                "two parameters share one array, as after `a.data = b.data`; assign the parameter itself (`a = b`) to "
                "tie them, or a copy of the data"
            )
        seen.add(id(parameter._array))
        backend, size = parameter.backend, parameter.nelement()
        kept = (*history.numbers.items(),), (*history.arrays,)
        key = (backend.name, parameter.device, parameter.dtype, parameter.grad is None, *kept)
        if size > backend.bundle_limit:
            found.append([(parameter, history)])
            continue
        if room.get(key, -1) < size:
            room[key] = backend.bundle_size
            filling[key] = []
            found.append(filling[key])
        room[key] -= size
        filling[key].append((parameter, history))
    return [Bundle(*zip(*pairs, strict=True)) for pairs in found]
