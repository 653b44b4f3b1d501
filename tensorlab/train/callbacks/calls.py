"""The callbacks of a trainer, called in their order; hooks that nobody overrides are not called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .base import HOOKS, Callback

C = TypeVar("C", bound=Callback)


class Callbacks:
    """Callbacks in the order in which they are called, and for each hook the methods that override it."""

    def __init__(self, callbacks: Iterable[Callback]) -> None:
        self.callbacks = sorted(callbacks, key=lambda callback: callback.order)
        self._overriding = {hook: [getattr(c, hook) for c in self.callbacks if _overrides(c, hook)] for hook in HOOKS}

    def __iter__(self) -> Iterator[Callback]:
        return iter(self.callbacks)

    def of(self, hook: str) -> list[Callable[..., Any]]:
        """Return the methods that override a hook; a loop can look them up once."""
        return self._overriding[hook]

    def call(self, hook: str, *arguments: Any) -> None:
        """Call a hook of all callbacks."""
        for method in self._overriding[hook]:
            method(*arguments)

    def instances(self, cls: type[C]) -> list[C]:
        """Return the callbacks of a class."""
        return [callback for callback in self.callbacks if isinstance(callback, cls)]

    def state_dict(self) -> dict[str, Any]:
        """Return the states of the callbacks that have one, by the name of the class and a number."""
        states = {key: callback.state_dict() for key, callback in self._named()}
        return {key: state for key, state in states.items() if state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load states; a callback without one stays as it is, and a state without a callback is left aside."""
        for key, callback in self._named():
            if key in state_dict:
                callback.load_state_dict(state_dict[key])

    def _named(self) -> Iterator[tuple[str, Callback]]:
        count: Counter[str] = Counter()
        for callback in self.callbacks:
            name = type(callback).__qualname__
            yield f"{name}.{count[name]}", callback
            count[name] += 1


def _overrides(callback: Callback, hook: str) -> bool:
    own = getattr(callback, hook)
    return getattr(own, "__func__", own) is not getattr(Callback, hook)
