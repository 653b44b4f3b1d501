"""Parameters that are updated together, as one flat array.

A small model's step consists of starting kernels, so the fewer arrays the better: small parameters of a group are made
views of one array, and one kernel updates them, whatever their number. A large one is a bundle of its own, whose
gradient is used where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from operator import is_
from typing import Any

from ..autodiff.graph import write_log
from ..tensor import Tensor


@dataclass
class History:
    """What an optimizer knows about one parameter: numbers, such as its steps, and arrays of its shape."""

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
        The elements of all parameters, one behind the other.
    state : dict from str to array
        The optimizer's flat arrays.
    numbers : dict from str to float
        The optimizer's numbers.
    kind : pair
        Device and data type.
    """

    def __init__(self, parameters: Sequence[Tensor], histories: Sequence[History]) -> None:
        concat = parameters[0].backend.xp.concat
        flat = concat([parameter._array for parameter in parameters], axis=None)
        names = histories[0].arrays
        state = {name: concat([history.arrays[name] for history in histories], axis=None) for name in names}
        self.parameters, self.flat, self.state, self.numbers = list(parameters), flat, state, dict(histories[0].numbers)
        self.backend = parameters[0].backend
        self.kind = (parameters[0].device, parameters[0].dtype)
        self._views = self.shaped(flat)
        storages = {self.backend.storage(view): place for place, view in enumerate(self._views)}
        self._written = [parameters[place] for place in storages.values()]
        for parameter, view in zip(self.parameters, self._views, strict=True):
            parameter._array = view

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

        At first it is full of `fill`, in both parts of a complex one; None stands for the parameters' own elements.
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

    # -- before a step ---------------------------------------------------------------------------------------

    def holds(self) -> bool:
        """Whether the parameters still are where the bundle put them; their elements may have been replaced since."""
        return all(map(is_, [parameter._array for parameter in self.parameters], self._views))

    def divided(self) -> bool:
        """Whether some of the parameters have a gradient and others have none."""
        absent = [parameter.grad is None for parameter in self.parameters]
        return any(absent) and not all(absent)

    @property
    def is_large(self) -> bool:
        """Whether it is one parameter that is too large to share an array with others."""
        return len(self.parameters) == 1 and self.parameters[0].nelement() > self.backend.bundle_limit

    def gradient(self) -> Any:
        """Return the flat gradient of parameters that all have one."""
        arrays = [parameter.grad._array for parameter in self.parameters]  # type: ignore[union-attr]
        xp = self.backend.xp
        return xp.concat(arrays, axis=None) if len(arrays) > 1 else xp.reshape(arrays[0], (-1,))

    # -- numbers of each parameter ---------------------------------------------------------------------------

    def norms(self, flat: Any) -> Any:
        """Return the norm of each parameter's part of a flat array."""
        return self.backend.segment_norms(flat, [parameter.nelement() for parameter in self.parameters])

    def spread(self, values: Any) -> Any:
        """Return one number of each parameter for each of its elements; for a single parameter an array of no axes."""
        xp = self.backend.xp
        values = xp.astype(values, self.flat.dtype)
        return xp.reshape(values, ()) if len(self.parameters) == 1 else xp.take(values, self._owners, axis=0)

    @cached_property
    def _owners(self) -> Any:
        """For each element the place of its parameter."""
        xp, where = self.backend.xp, {"dtype": self.backend.native("int64"), "device": self.flat.device}
        return xp.concat([xp.full((p.nelement(),), place, **where) for place, p in enumerate(self.parameters)])

    # -- after it --------------------------------------------------------------------------------------------

    def written(self) -> None:
        """Let graphs that still need the old elements know that they are gone."""
        for parameter in self._written:
            write_log.note(parameter)


def bundled(parameters: Sequence[Tensor], histories: Sequence[History]) -> list[Bundle]:
    """Return bundles of parameters that go together, each large one for itself.

    Those with a gradient and those without are apart, as steps commonly keep them so.

    Raises
    ------
    ValueError
        If two parameters have one array between them.
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
