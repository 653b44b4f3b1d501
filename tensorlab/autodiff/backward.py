"""The backward sweep: from results to gradients, through the recorded graph.

Cotangents inside the sweep are transposed, not conjugated; where they enter and leave, complex ones are conjugated,
which makes the gradient of a real function of a complex tensor PyTorch's: the direction of steepest ascent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from sys import getrefcount, version_info
from threading import RLock
from typing import Any

from ..backend import Backend, backend_of
from ..tensor import Tensor, wrapped
from .anomaly import check_finite_parts
from .array_types import COMPLEX_DTYPES, ROUNDED_DTYPES
from .graph import FREED, Node, Select, ancestors, current_mode, recording, write_log

COUNTS_LOCALS = version_info < (3, 14)
"""Whether a variable that is passed on counts as a reference; later versions of Python lend it."""

accumulation = RLock()
"""Held while gradients are added to leaves: threads may share them, and none of their sums may get lost."""


def backward(
    tensor: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add the gradient of `tensor` to the ``grad`` of every leaf that it was computed from.

    Parameters
    ----------
    tensor : Tensor
        What to differentiate; a single number unless `gradient` is given.
    gradient : Tensor, optional
        The gradient with respect to `tensor` itself, of its shape: the vector of a vector-Jacobian product.
    retain_graph : bool, optional
        Keep the graph for another pass. Defaults to `create_graph`; else its memory is let go on the way.
    create_graph : bool
        Record the gradient's own computation, so that it can be differentiated in turn.

    Raises
    ------
    RuntimeError
        If `tensor` has no history, is not a single number and `gradient` is missing, if the graph was freed, or if
        a value that a gradient needs was changed in place.
    ValueError
        If `gradient` has another shape.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.tensor(3.0, requires_grad=True)
    >>> (x**2).backward()
    >>> x.grad
    tensor(6.)
    """
    seed = _seed(tensor, gradient, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    order = ancestors([tensor._node])
    leaves: dict[Any, Any] = {node: None for node in order if node.op is None}
    found = sweep({tensor._node: seed}, order, leaves, keep_graph=keep, create_graph=create_graph)
    handed_out = {id(seed)}
    with accumulation:
        for leaf, cotangent in found.items():
            target = leaf.tensor()
            if target is not None:
                _accumulate(target, cotangent, handed_out)


def _seed(tensor: Tensor, gradient: Tensor | None, as_tensor: bool) -> Any:
    if tensor._node is None:
        raise RuntimeError(
            "this tensor does not depend on anything that requires a gradient; set requires_grad=True on what you "
            "want gradients of (and compute it outside no_grad)"
        )
    if gradient is not None:
        if gradient.shape != tensor.shape:
            raise ValueError(f"gradient has shape {gradient.shape}, the tensor has shape {tensor.shape}")
        return conjugated(gradient if as_tensor else gradient._array)
    if tensor.nelement() != 1:
        raise RuntimeError(
            f"backward() of a tensor of shape {tensor.shape} needs gradient=...; only a number has an obvious one"
        )
    if tensor.dtype.is_complex:
        raise RuntimeError("backward() of a complex number needs gradient=...; only a real one has an obvious one")
    ones = ones_like(tensor._array)
    return Tensor(ones) if as_tensor else ones


def ones_like(array: Any) -> Any:
    """Return an array of ones, like `array` in shape, data type and device."""
    return backend_of(array).xp.ones(array.shape, dtype=array.dtype, device=array.device)


def conjugated(x: Any) -> Any:
    """Return the complex conjugate of an array or tensor: the same object where it is real."""
    array = x._array if isinstance(x, Tensor) else x
    if array.dtype not in COMPLEX_DTYPES:
        return x
    return x.conj() if isinstance(x, Tensor) else backend_of(array).xp.conj(array)


def _accumulate(leaf: Tensor, cotangent: Any, handed_out: set[int]) -> None:
    """Add a cotangent to a leaf's gradient, which never shares memory with anything else."""
    cotangent = conjugated(cotangent)
    if leaf.grad is not None:
        if _is_own(leaf.grad, cotangent):
            leaf.grad._array += cotangent
            return
        total = leaf.grad + cotangent
        leaf.grad = total if isinstance(total, Tensor) else Tensor(total)
    elif isinstance(cotangent, Tensor):
        with recording(True):
            leaf.grad = cotangent.clone()
    else:
        backend = backend_of(cotangent)
        array = backend.owned(cotangent)
        if id(array) in handed_out:
            array = backend.xp.asarray(array, copy=True)
        handed_out.add(id(array))
        leaf.grad = wrapped(array)


def _is_own(grad: Tensor, cotangent: Any) -> bool:
    """Whether a gradient can be added to in place: nobody else holds it, its array, or a view of that."""
    if isinstance(cotangent, Tensor) or grad.requires_grad or grad._array.dtype != cotangent.dtype:
        return False
    backend = grad.backend
    if not COUNTS_LOCALS or type(backend).is_view is Backend.is_view or backend.is_view(grad._array):
        return False
    # The leaf, the argument and the call hold the tensor; the tensor and the call its array.
    return getrefcount(grad) <= 3 and getrefcount(grad._array) <= 2


def gradients(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    *,
    keep_graph: bool = False,
    create_graph: bool = False,
) -> list[Any]:
    """Return the cotangents of `inputs` for those of `outputs`; None for an input that no output depends on.

    Arrays come back as arrays, tensors (with `create_graph`) as tensors; nothing is stored in any ``grad``.
    """
    seeds: dict[Any, Any] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if output._node is not None:
            known = seeds.get(output._node)
            seeds[output._node] = cotangent if known is None else known + cotangent
    order = ancestors(list(seeds))
    wanted = dict.fromkeys(x._node for x in inputs)
    needed = _leading_to(order, wanted)
    found = sweep(seeds, order, wanted, needed, keep_graph=keep_graph, create_graph=create_graph)
    return [found.get(x._node) for x in inputs]


def _leading_to(order: Sequence[Any], targets: Iterable[Any]) -> set[Any]:
    """Return the nodes that were computed from one of the targets, themselves included."""
    needed = set(targets)
    for node in reversed(order):
        if any(parent in needed for parent in node.parents if parent is not None):
            needed.add(node)
    return needed


def sweep(
    seeds: dict[Any, Any],
    order: Sequence[Any],
    wanted: dict[Any, Any],
    needed: set[Any] | None = None,
    *,
    keep_graph: bool,
    create_graph: bool,
) -> dict[Any, Any]:
    """Carry cotangents from the seeds through `order` (latest node first); return those of the wanted nodes.

    Parameters
    ----------
    seeds : dict of node to cotangent
        Where to start; arrays, or tensors with `create_graph`.
    order : sequence of nodes
        All ancestors of the seeds, the latest first.
    wanted : dict of nodes
        Whose cotangents to return.
    needed : set of nodes, optional
        Nodes on the way to a wanted one; all others are passed over.
    keep_graph : bool
        Whether nodes keep what they saved.
    create_graph : bool
        Whether the rules are given tensors, so that the sweep itself is recorded.
    """
    pending, found = dict(seeds), {}
    fresh: set[Any] = set()  # sums made here, which no one else holds: the next summand is added in place
    mode = current_mode.get()
    context: AbstractContextManager[None] = recording(True) if create_graph else nullcontext()
    with context:
        for node in order:
            cotangent = pending.pop(node, None)
            if cotangent is None:
                continue
            if node in wanted:
                found[node] = cotangent
            if node.op is None or (needed is not None and node not in needed):
                continue
            parents = node.parents
            if needed is not None:
                parents = tuple([p if p in needed else None for p in parents])
            if type(node.op) is Select:
                _collect(pending, node, cotangent)
                continue
            parts = pull(node, cotangent, parents, create_graph)
            if mode.anomalies:
                check_finite_parts(node, parts)
            if not keep_graph and not create_graph:
                node.saved = FREED
            for parent, part in zip(parents, parts, strict=True):
                if parent is None or part is None:
                    continue
                if parent not in pending:
                    pending[parent] = part
                elif parent in fresh and not create_graph:
                    pending[parent] += part
                else:
                    pending[parent] = pending[parent] + part
                    fresh.add(parent)
    return found


def _collect(pending: dict[Any, Any], select: Node, cotangent: Any) -> None:
    """Put the cotangent of one of several results where the op's own node will find it."""
    (node,) = select.parents
    parts = pending.setdefault(node, [None] * len(node.shape))
    known = parts[select.op.position]
    parts[select.op.position] = cotangent if known is None else known + cotangent


def recalled(node: Node) -> tuple[Any, ...]:
    """Return what a node saved, computed again if need be; raise where it is freed or was changed in place."""
    saved = node.saved
    while type(saved) is not tuple:
        saved = saved.restore()
    if node.serial < write_log.latest:
        write_log.check(node, node.op.saved_arrays(node, saved))
    return saved


def pull(node: Node, cotangent: Any, parents: tuple[Any, ...], as_tensors: bool) -> tuple[Any, ...]:
    """Apply the rules of a node's op to its result's cotangent."""
    saved = recalled(node)
    if as_tensors:
        saved = node.op.saved_tensors(node, saved)
    elif ROUNDED_DTYPES and _is_rounded(cotangent):
        return _pull_rounded(node, cotangent, parents, saved)
    result: tuple[Any, ...] = node.op.pull(cotangent, saved, parents)
    return result


def _is_rounded(cotangent: Any) -> bool:
    parts = cotangent if isinstance(cotangent, list) else [cotangent]
    return any(part is not None and part.dtype in ROUNDED_DTYPES for part in parts)


def _pull_rounded(node: Node, cotangent: Any, parents: tuple[Any, ...], saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """Apply the rules to tensors, unrecorded: operators of a library's own would not round types as our ops do."""
    as_tensor = [None if part is None else Tensor(part) for part in cotangent] if isinstance(cotangent, list) else None
    with recording(False):
        parts = node.op.pull(as_tensor or Tensor(cotangent), node.op.saved_tensors(node, saved), parents)
    return tuple(part._array if isinstance(part, Tensor) else part for part in parts)
