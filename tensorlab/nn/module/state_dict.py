"""State dicts: a module's parameters and persistent buffers, and other state, by their dotted paths.

Loading has two halves: `_Loading` compares a state dict with a module and casts its values, and reports everything that
does not fit; only then are the values written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ...autodiff.graph import no_grad
from ...backend import dtypes
from ...ops.creation import asarray
from ...ops.datatypes import iinfo
from ...ops.rounding import floor
from ...tensor import Tensor
from .parameter import Uninitialized

if TYPE_CHECKING:
    from .stateful import Stateful

EXTRA = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """The keys that a state dict lacks, and those that the module does not have."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def _own_state(module: Stateful) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and the persistent buffers of a module, without those of the modules inside."""
    yield from module._own_parameters()
    yield from ((name, buffer) for name, buffer in module._own_buffers() if module._buffer_names[name])


def _hooks_of(module: Stateful, when: str) -> list[Callable[..., Any]]:
    return [hook.function for hook in module._state_hooks.values() if hook.when == when]


def _call_hook(hook: Callable[..., Any], *args: Any) -> None:
    if hook(*args) is not None:
        raise RuntimeError(f"the hook {hook!r} must change its arguments and return None")


# -- saving ------------------------------------------------------------------------------------------------------------


def save_state(module: Stateful, state: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Write the state of a module into a dict; see `Module.state_dict`."""
    for hook in _hooks_of(module, "before saving"):
        hook(module, prefix, keep_vars)
    for name, tensor in _own_state(module):
        state[prefix + name] = tensor if keep_vars else tensor.detach()
    if module._saves_extra_state():
        state[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._own_modules():
        save_state(child, state, f"{prefix}{name}.", keep_vars)
    for hook in _hooks_of(module, "after saving"):
        _call_hook(hook, module, state, prefix, {})


# -- loading -----------------------------------------------------------------------------------------------------------


def load_state(root: Stateful, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> IncompatibleKeys:
    """Load a state dict into a module; see `Module.load_state_dict`."""
    owner = type(root).__name__
    strange = next((key for key in state_dict if not isinstance(key, str)), None)
    if strange is not None:
        raise TypeError(f"{owner}.load_state_dict: the keys of state_dict must be strings, not {strange!r}")
    loading = _Loading(getattr(state_dict, "_metadata", None) or {})
    loading.match(root, dict(state_dict), "")
    sources = loading.sources(assign)
    loading.check(owner, strict and not loading.hooks)
    with no_grad(), _undone_on_error(loading, assign):
        for key, source in sources.items():
            _write(loading.targets[key].tensor, source, assign)
        for module, extra in loading.extras:
            module.set_extra_state(extra)
        for module, hook in loading.hooks:
            _call_hook(hook, module, loading.keys)
        loading.check(owner, strict)
    return loading.keys


class _Target(NamedTuple):
    """A tensor to which a value is written, and whether its elements cannot be negative."""

    tensor: Tensor
    value: Any
    nonnegative: bool


class _Loading:
    """A comparison of a state dict with a module."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self.keys = IncompatibleKeys([], [])
        self.targets: dict[str, _Target] = {}
        self.extras: list[tuple[Stateful, Any]] = []
        self.hooks: list[tuple[Stateful, Callable[..., Any]]] = []
        self._problems: list[str] = []
        self._metadata = metadata

    def match(self, module: Stateful, state: dict[str, Any], prefix: str) -> None:
        """Find what a module takes from a state dict, and the keys that do not fit, in PyTorch's order."""
        missing, unexpected = self.keys
        for hook in _hooks_of(module, "before loading"):
            metadata = self._metadata.get(prefix[:-1], {})
            hook(module, state, prefix, metadata, True, missing, unexpected, self._problems)
        own, children = dict(_own_state(module)), dict(module._own_modules())
        for name, tensor in own.items():
            if prefix + name in state:
                self.targets[prefix + name] = _Target(tensor, state[prefix + name], name in module._nonnegative)
            else:
                missing.append(prefix + name)
        self._match_extra(module, state, prefix + EXTRA)
        inside: dict[str, dict[str, Any]] = {name: {} for name in children}
        for key, value in state.items():
            name, dot, _ = key[len(prefix) :].partition(".")
            if dot and name in inside:
                inside[name][key] = value
            elif dot or (name not in own and name != EXTRA):
                unexpected.append(key)
        for name, child in children.items():
            self.match(child, inside[name], f"{prefix}{name}.")
        self.hooks += [(module, hook) for hook in _hooks_of(module, "after loading")]

    def _match_extra(self, module: Stateful, state: dict[str, Any], key: str) -> None:
        loads = module._loads_extra_state()
        if loads and key in state:
            self.extras.append((module, state[key]))
        elif loads:
            self.keys.missing_keys.append(key)
        elif key in state:
            self.keys.unexpected_keys.append(key)

    def sources(self, assign: bool) -> dict[str, Tensor]:
        """Return the values to be written, as tensors of the module's types; note those that do not fit."""
        found = {}
        for key, target in self.targets.items():
            try:
                source = _fitted(target, assign)
            except _Unfit as error:
                self._problems.append(f"{key} {error}")
            else:
                if source is not None:
                    found[key] = source
        return found

    def check(self, owner: str, strict: bool) -> None:
        """Raise `RuntimeError` if something does not fit; keys count only if `strict`."""
        lines = list(self._problems)
        for what, keys in zip(("missing", "unexpected"), self.keys, strict=True):
            if strict and keys:
                lines.append(f"{what}: {', '.join(keys)}")
        if lines:
            raise RuntimeError("\n  ".join([f"the state dict does not fit {owner}; nothing was loaded", *lines]))


@contextmanager
def _undone_on_error(loading: _Loading, assign: bool) -> Iterator[None]:
    """Restore everything if a user's function raises an error; without any, all has been checked."""
    if not loading.extras and not loading.hooks:
        yield
        return
    undo = [_restoring(target.tensor, assign) for target in loading.targets.values()]
    extras = [(module, module.get_extra_state()) for module, _ in loading.extras if module._saves_extra_state()]
    try:
        yield
    except BaseException:
        for restore in undo:
            restore()
        for module, extra in extras:
            module.set_extra_state(extra)
        raise


def _restoring(tensor: Tensor, assign: bool) -> Callable[[], None]:
    """Return a function that makes a tensor what it is now."""
    if not assign and not isinstance(tensor, Uninitialized):
        before = tensor.detach().clone()
        return lambda: tensor.__setitem__(..., before)
    kind, attributes = type(tensor), dict(vars(tensor))

    def restore() -> None:
        tensor.__class__ = kind
        vars(tensor).clear()
        vars(tensor).update(attributes)

    return restore


def _write(tensor: Tensor, source: Tensor, assign: bool) -> None:
    if isinstance(tensor, Uninitialized):
        tensor.materialize(source.shape)
    if assign:
        tensor.data, tensor.grad = source, None
    else:
        tensor[...] = source.to(tensor.device)


# -- values ------------------------------------------------------------------------------------------------------------


class _Unfit(ValueError):
    """Why a value of a state dict does not fit; the text follows its key."""


def _fitted(target: _Target, assign: bool) -> Tensor | None:
    """Return the value for a tensor, of its type unless it is assigned; None for one that has no shape yet."""
    tensor, source = target.tensor, _as_tensor(target.value, target.tensor.dtype)
    is_lazy = isinstance(tensor, Uninitialized)
    if isinstance(source, Uninitialized):
        if is_lazy:
            return None
        raise _Unfit("has no shape yet in the state dict, which is that of a lazy module before its first call")
    if not is_lazy and source.shape != tensor.shape:
        raise _Unfit(f"has shape {source.shape} in the state dict, not {tensor.shape}")
    if target.nonnegative and bool((source < 0).any()):
        raise _Unfit("has negative elements in the state dict")
    if assign:
        if _family(source) != _family(tensor):
            raise _Unfit(f"is {source.dtype} in the state dict, which cannot be assigned to {tensor.dtype}")
        return source
    cast = _cast(source, tensor.dtype)
    return cast if is_lazy else cast.to(tensor.device)


def _as_tensor(value: Any, dtype: Any) -> Tensor:
    """Return a value for a tensor of some data type as a tensor.

    PyTorch's tensors are detached, and bfloat16 is widened. Python numbers keep the precision of the data type.
    """
    if isinstance(value, Tensor):
        return value.detach()
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = value.float() if str(value.dtype) == "torch.bfloat16" else value
        is_python = isinstance(value, float | list | tuple) and dtype.is_floating and not dtype.is_complex
        tensor = asarray(value)
        return asarray(value, dtype=dtype) if is_python and tensor.dtype == dtypes.float32 else tensor
    except (TypeError, ValueError, OverflowError):
        raise _Unfit(f"is no tensor in the state dict, but a {type(value).__name__}") from None


def _family(tensor: Tensor) -> str:
    kind = tensor.dtype.kind
    return "integer" if kind.endswith("integer") else kind


def _cast(source: Tensor, dtype: Any) -> Tensor:
    """Cast to a data type; raise where that changes what the elements mean."""
    if source.dtype.is_complex and not dtype.is_complex:
        raise _Unfit(f"is {source.dtype} in the state dict, and {dtype} in the module")
    if source.dtype != dtype and not dtype.is_floating and not _are_whole(source, dtype):
        raise _Unfit(f"has elements in the state dict that are not of {dtype}")
    return source.to(dtype=dtype)


def _are_whole(source: Tensor, dtype: Any) -> bool:
    """Whether all elements are numbers of an integer type, or 0 or 1 for booleans."""
    if not source.nelement() or source.dtype == dtypes.bool_:
        return True
    if source.dtype.is_floating and not bool((source == floor(source)).all()):
        return False
    low, high = (0, 1) if dtype == dtypes.bool_ else (iinfo(dtype).min, iinfo(dtype).max)
    return low <= source.min().item() and source.max().item() <= high
