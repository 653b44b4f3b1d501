"""State dicts: a module's parameters and persistent buffers by their dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...autodiff.graph import no_grad
from ...ops.creation import asarray
from ...tensor import Tensor
from .parameter import Uninitialized


class IncompatibleKeys(NamedTuple):
    """The keys that a state dict lacks, and those that the module does not have."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load_state(owner: str, targets: Mapping[str, Tensor], state: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy a state dict into the tensors of a module of class `owner`; see `Module.load_state_dict`."""
    result = IncompatibleKeys(
        [key for key in targets if key not in state], [key for key in state if key not in targets]
    )
    sources = {key: _as_tensor(state[key]) for key in targets if key in state}
    sources = {key: source for key, source in sources.items() if not isinstance(source, Uninitialized)}
    waiting = {key: target for key, target in targets.items() if isinstance(target, Uninitialized)}
    differing = [key for key, source in sources.items() if key not in waiting and source.shape != targets[key].shape]
    if differing or (strict and any(result)):
        raise RuntimeError(_report(owner, result if strict else IncompatibleKeys([], []), differing, targets, sources))
    for key, target in waiting.items():
        if key in sources:
            target.materialize(sources[key].shape)
    with no_grad():
        moved = {key: source.to(targets[key].device) for key, source in sources.items()}
        for key, source in moved.items():
            targets[key][...] = source.to(dtype=targets[key].dtype)
    return result


def _as_tensor(value: Any) -> Tensor:
    """Return a value of a state dict as a tensor; PyTorch's are detached, and bfloat16 is widened."""
    if isinstance(value, Tensor):
        return value.detach()
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    return asarray(value)


def _report(
    owner: str,
    keys: IncompatibleKeys,
    differing: list[str],
    targets: Mapping[str, Tensor],
    sources: Mapping[str, Tensor],
) -> str:
    lines = [f"the state dict does not fit {owner}; nothing was loaded"]
    if keys.missing_keys:
        lines.append(f"missing: {', '.join(keys.missing_keys)}")
    if keys.unexpected_keys:
        lines.append(f"unexpected: {', '.join(map(str, keys.unexpected_keys))}")
    lines += [
        f"of another shape: {key} is {targets[key].shape} in the module, {sources[key].shape} in the state dict"
        for key in differing
    ]
    return "\n  ".join(lines)
