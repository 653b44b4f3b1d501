"""Calling a module's `forward` between its hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...hooks import Hook
from .backward_hooks import BackwardWatch


def call_with_hooks(
    module: object,
    forward: Callable[..., Any],
    hooks: Sequence[Hook],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call `forward` between the hooks of `module`, which may replace its arguments and its output."""
    for hook in hooks:
        if hook.when == "before":
            args, kwargs = _call_before(hook, module, args, kwargs)
    backward = [[hook.function for hook in hooks if hook.when == f"{when} backward"] for when in ("before", "after")]
    watch = BackwardWatch(module, *backward) if any(backward) else None
    if watch is not None:
        args = watch.entered(args)
    output = forward(*args, **kwargs)
    for hook in hooks:
        if hook.when == "after":
            inputs = (args, kwargs) if hook.with_kwargs else (args,)
            replaced = hook.function(module, *inputs, output)
            output = output if replaced is None else replaced
    return output if watch is None else watch.left(output)


def _call_before(
    hook: Hook, module: object, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if hook.with_kwargs:
        replaced = hook.function(module, args, kwargs)
        return (args, kwargs) if replaced is None else replaced
    replaced = hook.function(module, args)
    if replaced is None:
        return args, kwargs
    return replaced if isinstance(replaced, tuple) else (replaced,), kwargs
