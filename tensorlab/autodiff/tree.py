"""Nested tuples, lists and dictionaries of tensors, flattened and rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..backend import active_backend, backend_for_type, dtypes, host_array
from ..tensor import Tensor


def leaves(tree: Any) -> Iterator[Any]:
    """Yield everything in a tree that is not a tuple, list, dictionary or None, in order."""
    if isinstance(tree, list | tuple):
        for branch in tree:
            yield from leaves(branch)
    elif isinstance(tree, dict):
        for branch in tree.values():
            yield from leaves(branch)
    elif tree is not None:
        yield tree


def rebuild(tree: Any, values: Iterable[Any]) -> Any:
    """Return a tree like `tree` with its leaves replaced by `values`, in order."""
    return _filled(tree, iter(values))


def _filled(branch: Any, remaining: Iterator[Any]) -> Any:
    # Not a function inside `rebuild`: one that calls itself is a reference cycle, which would keep the leaves alive.
    if isinstance(branch, tuple) and hasattr(branch, "_fields"):
        return type(branch)(*(_filled(part, remaining) for part in branch))
    if isinstance(branch, list | tuple):
        return type(branch)(_filled(part, remaining) for part in branch)
    if isinstance(branch, dict):
        return {key: _filled(part, remaining) for key, part in branch.items()}
    return None if branch is None else next(remaining)


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return a tree like `tree` with `function` applied to its leaves together with those of `others`."""
    return rebuild(tree, [function(*group) for group in zip(leaves(tree), *map(leaves, others), strict=True)])


def as_tensor(x: Any) -> Tensor:
    """Return a leaf, which may be an array or a number, as a tensor; Python floats become float32."""
    if isinstance(x, Tensor):
        return x
    if backend_for_type(type(x)) is not None:
        return Tensor(x)
    backend = active_backend()
    dtype = dtypes.DEFAULT_OF_PYTHON.get(type(x))
    return Tensor(backend.asarray(host_array(x), dtype=backend.native(dtype)))
