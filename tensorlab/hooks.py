"""Hooks, which modules and optimizers call around a forward pass, a backward pass or a step, and their handles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Self

_next_key = count().__next__


@dataclass(frozen=True)
class Hook:
    """A function, and when it is called: before or after `forward` or `step`, or something else that a module does."""

    function: Callable[..., Any]
    when: Literal[
        "before", "after", "before backward", "after backward",
        "before saving", "after saving", "before loading", "after loading",
    ]  # fmt: skip
    with_kwargs: bool = False


class RemovableHandle:
    """The handle of a registered hook, which removes it; as a context manager it does so at the end of the block.

    Examples
    --------
    >>> layer = tl.nn.ReLU()
    >>> with layer.register_forward_hook(lambda module, args, output: print(output)):
    ...     _ = layer(tl.ones(1))
    tensor([1.])
    """

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Remove the hook, if that has not been done."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def add_hook(hooks: dict[int, Hook], hook: Hook, prepend: bool) -> RemovableHandle:
    """Add a hook after the others, or with `prepend` before them, and return its handle."""
    key, others = _next_key(), dict(hooks)
    if prepend:
        hooks.clear()
    hooks[key] = hook
    hooks.update(others)
    return RemovableHandle(hooks, key)
