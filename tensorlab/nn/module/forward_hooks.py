"""What surrounds a module's `forward`: hooks, and the module's path in errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from .backward_hooks import BackwardWatch
from .parts import joined

if TYPE_CHECKING:
    from .module import Module

next_hook = count().__next__


@dataclass(frozen=True)
class Hook:
    """A function that is called before or after `forward`, or before or after the module's backward pass."""

    function: Callable[..., Any]
    when: Literal["before", "after", "before backward", "after backward"]
    with_kwargs: bool = False


class RemovableHandle:
    """What registering a hook returns: removes the hook again, once, also at the end of a ``with`` block.

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
        """Take the hook away; nothing happens the second time."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def add_hook(hooks: dict[int, Hook], hook: Hook, prepend: bool) -> RemovableHandle:
    """Add a hook behind the others, or before them."""
    key, others = next_hook(), dict(hooks)
    if prepend:
        hooks.clear()
    hooks[key] = hook
    hooks.update(others)
    return RemovableHandle(hooks, key)


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `forward` between the hooks, which may replace what goes in and what comes out."""
    hooks = tuple(module._hooks.values())
    for hook in hooks:
        if hook.when == "before":
            args, kwargs = _call_before(hook, module, args, kwargs)
    backward = [[hook.function for hook in hooks if hook.when == f"{when} backward"] for when in ("before", "after")]
    watch = BackwardWatch(module, *backward) if any(backward) else None
    if watch is not None:
        args = watch.entered(args)
    output = module.forward(*args, **kwargs)
    for hook in hooks:
        if hook.when == "after":
            inputs = (args, kwargs) if hook.with_kwargs else (args,)
            replaced = hook.function(module, *inputs, output)
            output = output if replaced is None else replaced
    return output if watch is None else watch.left(output)


def _call_before(
    hook: Hook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if hook.with_kwargs:
        replaced = hook.function(module, args, kwargs)
        return (args, kwargs) if replaced is None else replaced
    replaced = hook.function(module, args)
    if replaced is None:
        return args, kwargs
    return replaced if isinstance(replaced, tuple) else (replaced,), kwargs


class ModuleNote(str):
    """The note on an error that says in which module it arose, and how far outwards it has come."""

    outermost: Module
    path: str
    kind: str

    def __new__(cls, outermost: Module, path: str, kind: str) -> ModuleNote:
        """Write the note: ``in encoder.fc1 (Linear)``."""
        note = super().__new__(cls, f"in {path} ({kind})" if path else f"in {kind}")
        note.outermost, note.path, note.kind = outermost, path, kind
        return note


def note_module(module: Module, error: BaseException) -> None:
    """Say on an error that passes through `module` where it arose, as seen from there.

    The innermost module leaves a note; each module around it replaces that by one with a longer path.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    inner = next((note for note in notes if isinstance(note, ModuleNote)), None)
    if inner is None:
        error.add_note(ModuleNote(module, "", type(module).__name__))
        return
    unnamed = f"<{type(inner.outermost).__name__}>"
    name = next((name for name, m in module.named_modules() if m is inner.outermost), unnamed)
    notes[notes.index(inner)] = ModuleNote(module, joined(name, inner.path), inner.kind)
