"""State dicts: a module's parameters and persistent buffers by their dotted paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...autodiff.graph import no_grad
from ...ops.creation import asarray
from ...tensor import Tensor
from .parameter import Parameter, Uninitialized
from .parts import _attributes, buffers_of, joined

if TYPE_CHECKING:
    from .module import Module


class IncompatibleKeys(NamedTuple):
    """The keys that a state dict lacked and those that it had beyond need."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def state_of(module: Module, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield (key, tensor) in PyTorch's order: parameters, buffers, then the modules inside; shared ones each time."""
    for name, parameter in _attributes(module, Parameter):
        yield joined(prefix, name), parameter
    for name, buffer in buffers_of(module):
        if module._buffer_names[name]:
            yield joined(prefix, name), buffer
    for name, child in module._children():
        yield from state_of(child, joined(prefix, name))


def load_state(module: Module, state: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy a state dict into a module; see `Module.load_state_dict`."""
    targets = dict(state_of(module))
    result = IncompatibleKeys(
        [key for key in targets if key not in state], [key for key in state if key not in targets]
    )
    sources = {key: _as_tensor(state[key]) for key in targets if key in state}
    sources = {key: source for key, source in sources.items() if not isinstance(source, Uninitialized)}
    waiting = {key: target for key, target in targets.items() if isinstance(target, Uninitialized)}
    differing = [key for key, source in sources.items() if key not in waiting and source.shape != targets[key].shape]
    if differing or (strict and any(result)):
        raise RuntimeError(_report(module, result if strict else IncompatibleKeys([], []), differing, targets, sources))
    for key, target in waiting.items():
        if key in sources:
            target.materialize(sources[key].shape)
    with no_grad():
        moved = {key: source.to(targets[key].device) for key, source in sources.items()}
        for key, source in moved.items():
            targets[key][...] = source.to(dtype=targets[key].dtype)
    return result


def _as_tensor(value: Any) -> Tensor:
    """Return what a state dict holds as a tensor; a PyTorch tensor may need its gradient or odd type taken off."""
    if isinstance(value, Tensor):
        return value.detach()
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    return asarray(value)


def _report(
    module: Module,
    keys: IncompatibleKeys,
    differing: list[str],
    targets: dict[str, Tensor],
    sources: dict[str, Tensor],
) -> str:
    lines = [f"the state dict does not fit {type(module).__name__}; nothing was loaded"]
    if keys.missing_keys:
        lines.append(f"missing: {', '.join(keys.missing_keys)}")
    if keys.unexpected_keys:
        lines.append(f"unexpected: {', '.join(map(str, keys.unexpected_keys))}")
    lines += [
        f"of another shape: {key} is {targets[key].shape} in the module, {sources[key].shape} in the state dict"
        for key in differing
    ]
    return "\n  ".join(lines)
