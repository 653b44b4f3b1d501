"""The recorded graph, and the mode of each thread, which says whether operations are recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from ..blocks import Setting, SettingChange
from ..tensor import Leaf, Tensor

next_serial = count(1).__next__
"""Numbers nodes as they are created, parents before children, so that sorting replaces recursion."""

Observer = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]
Pull = Callable[..., tuple[Any, ...]]


class Mode:
    """How operations behave in a thread: whether they are recorded, and which functions observe them.

    Attributes
    ----------
    recording : bool
        Whether operations on tensors that require gradients create graph nodes.
    observer : callable or None
        Called with (op, operands, params, result) after each operation on tensors.
    around_pull : callable or None
        Called by a backward pass in place of ``pull(node, ...)``, with `pull` before its arguments.
    """

    __slots__ = ("around_pull", "observer", "recording")

    def __init__(
        self, recording: bool = True, observer: Observer | None = None, around_pull: Pull | None = None
    ) -> None:
        self.recording = recording
        self.observer = observer
        self.around_pull = around_pull


_RECORDING, _NOT_RECORDING = Mode(True), Mode(False)  # `no_grad` usually changes the one to the other

current_mode = Setting("tensorlab_mode", _RECORDING)


class ModeChange(SettingChange[Mode]):
    """A context manager and decorator that changes the mode."""

    setting = current_mode


class recording(ModeChange):
    """Switch recording on or off inside, as `enable_grad` and `no_grad` do."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def changed(self, mode: Mode) -> Mode:
        return Mode(self._on, mode.observer, mode.around_pull)


class watched(ModeChange):
    """Call `observer` after each operation inside, and `around_pull` in place of each node's backward computation.

    Observers of enclosing blocks are called first, and what they put around a backward computation is innermost.
    """

    def __init__(self, observer: Observer, around_pull: Pull | None = None) -> None:
        self._observer, self._around_pull = observer, around_pull

    def changed(self, mode: Mode) -> Mode:
        around = mode.around_pull if self._around_pull is None else _around(mode.around_pull, self._around_pull)
        outer, inner = mode.observer, self._observer
        if outer is None:
            return Mode(mode.recording, inner, around)

        def both(op: Any, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
            outer(op, operands, params, result)
            inner(op, operands, params, result)

        return Mode(mode.recording, both, around)


def _around(outer: Pull | None, inner: Pull) -> Pull:
    return inner if outer is None else lambda pull, *rest: inner(partial(outer, pull), *rest)


class no_grad(ModeChange):
    """Context manager and decorator that disables recording: results have no history.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.ones(2, requires_grad=True)
    >>> with tl.no_grad():
    ...     (2 * x).requires_grad
    False
    """

    def changed(self, mode: Mode) -> Mode:
        """Return the mode inside."""
        return _NOT_RECORDING if mode is _RECORDING else Mode(False, mode.observer, mode.around_pull)


class enable_grad(ModeChange):
    """Context manager and decorator that enables recording, also within `no_grad`."""

    def changed(self, mode: Mode) -> Mode:
        """Return the mode inside."""
        return Mode(True, mode.observer, mode.around_pull)


def is_grad_enabled() -> bool:
    """Return whether operations in this thread are currently recorded.

    Examples
    --------
    >>> import tensorlab as tl
    >>> tl.is_grad_enabled()
    True
    """
    return current_mode.get().recording


class Node:
    """One recorded operation.

    Attributes
    ----------
    op : Op
        The operation: its record, or an object with the same methods for the sweeps.
    parents : tuple of Node, Leaf or None
        The nodes of the operands; None for an operand that needs no gradient.
    saved : tuple
        Exactly the operands, results, shapes and parameters that the op's rules take. In a graph that was freed, or
        inside a checkpoint, it is not a tuple but an object with a method ``restore()``.
    shape : tuple of int
        The shape of the result.
    serial : int
        Position in the order of creation.
    """

    __slots__ = ("__weakref__", "hooks", "op", "origin", "parents", "saved", "serial", "shape")
    hooks: Any  # set by `register_hook` and `retain_grad` alone
    op: Any
    parents: tuple[Any, ...]
    saved: Any
    shape: Any
    serial: int


class _Freed:
    """Replaces the saved values of a node after a backward pass has released them."""

    @staticmethod
    def restore() -> tuple[Any, ...]:
        raise RuntimeError(
            "this graph was freed by an earlier backward pass; "
            "pass retain_graph=True to the first one, or compute the result again"
        )


FREED = _Freed()


class Select:
    """The op of the node of one result, where an op has several."""

    name = "select"
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position


def attach_results(op: Any, results: tuple[Tensor, ...], parents: tuple[Any, ...], saved: tuple[Any, ...]) -> None:
    """Record an operation with several results: one node for it, and a node with `Select` for each of them."""
    node = Node()
    node.op, node.parents, node.saved = op, parents, saved
    node.shape = tuple(result._array.shape for result in results)
    node.serial = next_serial()
    select_results(node, results, op.differentiable_results)


def select_results(node: Node, results: Sequence[Tensor], positions: Sequence[int] | None = None) -> tuple[Tensor, ...]:
    """Give the results of a node at `positions`, by default all of them, nodes that select them."""
    for position, result in enumerate(results):
        if positions is None or position in positions:
            select = Node()
            select.op, select.parents, select.saved = Select(position), (node,), ()
            select.shape, select.serial = node.shape[position], next_serial()
            result._node = select
    return tuple(results)


def ancestors(roots: list[Node | Leaf]) -> list[Node | Leaf]:
    """Return all nodes that the roots were computed from, including the roots, latest first."""
    found = dict.fromkeys(roots)
    stack = list(found)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in found:
                found[parent] = None
                stack.append(parent)
    return sorted(found, key=_serial, reverse=True)


def _serial(node: Node | Leaf) -> int:
    return node.serial


class WriteLog:
    """Which memory was written in place, and when: saved values that have changed since must not be used.

    Operations are not slowed down: a write stores its own serial number for the memory, and a backward pass checks only
    nodes older than the latest write. Keys of freed memory may be reused, which is harmless, as the memory that a node
    saves stays allocated.
    """

    def __init__(self) -> None:
        self.latest = 0
        self._written: dict[Any, int] = {}

    def note(self, tensor: Tensor) -> None:
        """Record that the memory of `tensor` has just been written."""
        self.note_storage(tensor.backend.storage(tensor._array))

    def note_storage(self, key: Any) -> None:
        """Record that the memory of this key (`Backend.storage`) has just been written."""
        self.latest = self._written[key] = next_serial()

    def check(self, node: Node, arrays: list[tuple[Any, Any]]) -> None:
        """Raise if one of the (backend, array) pairs that `node` saved has been written since."""
        for backend, array in arrays:
            if self._written.get(backend.storage(array), 0) > node.serial:
                raise RuntimeError(
                    f"a tensor of shape {tuple(array.shape)} that {node.op.name} needs for its gradient was changed in "
                    "place after it was used; clone() it before the change, or run the backward pass first"
                )


write_log = WriteLog()
