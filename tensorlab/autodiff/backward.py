"""The backward sweep through the recorded graph, from results to gradients.

Cotangents inside the sweep are transposed, not conjugated. Complex ones are conjugated where they enter and leave, so
that the gradient of a real function of a complex tensor is the direction of steepest ascent, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from sys import getrefcount, version_info
from threading import RLock
from typing import Any

from ..backend import Backend, backend_of
from ..options.kinds import Instance, read
from ..tensor import Tensor, wrapped
from .array_types import COMPLEX_DTYPES, ROUNDED_DTYPES
from .gradient_hooks import GradientHooks, hooked_nodes
from .graph import FREED, Node, Select, ancestors, current_mode, recording, write_log
from .operands import ignoring_underflow
from .record import Op

COUNTS_LOCALS = version_info < (3, 14)
"""Whether a local variable that is passed to a call holds a reference of its own; Python 3.14 borrows it."""

accumulation = RLock()
"""Held while gradients are added to leaves, which threads may share."""


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
        The tensor to differentiate; it has one element unless `gradient` is given.
    gradient : Tensor, optional
        The gradient with respect to `tensor` itself, of its shape: the vector of a vector-Jacobian product.
    retain_graph : bool, optional
        Whether to keep the graph for another pass, rather than free its memory during this one; by default the value
        of `create_graph`.
    create_graph : bool
        Whether to record the computation of the gradient, so that it can be differentiated in turn.

    Raises
    ------
    RuntimeError
        If `tensor` has no history, if it has several elements and `gradient` is missing, if the graph was freed, or if
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
    create_graph = _flag("create_graph", create_graph)
    keep = create_graph if retain_graph is None else _flag("retain_graph", retain_graph)
    seed = _first_cotangent(tensor, gradient, create_graph)
    order = ancestors([tensor._node])
    leaves: dict[Any, Any] = {node: None for node in order if node.op is None}
    found = sweep({tensor._node: seed}, order, leaves, keep_graph=keep, create_graph=create_graph)
    handed_out = {id(seed)}
    with accumulation:
        for leaf, cotangent in found.items():
            target = leaf.tensor()
            if target is not None:
                _accumulate(target, cotangent, handed_out)


def _flag(name: str, value: Any) -> bool:
    # Not `checked`, which would also read the tensors: slower than the rest for the smallest graphs.
    return value if value is True or value is False else read("backward", name, Instance((bool,)), value)


def _first_cotangent(tensor: Tensor, gradient: Tensor | None, as_tensor: bool) -> Any:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"backward: tensor must be a Tensor, not {type(tensor).__name__}")
    if tensor._node is None:
        raise RuntimeError(
            "backward: this tensor does not depend on anything that requires a gradient; set requires_grad=True on the "
            "tensors to differentiate with respect to, and compute it outside no_grad"
        )
    if gradient is not None:
        if not isinstance(gradient, Tensor):
            raise TypeError(f"backward: gradient must be a Tensor or None, not {type(gradient).__name__}")
        if gradient.shape != tensor.shape:
            raise ValueError(f"backward: gradient has shape {gradient.shape}, the tensor has shape {tensor.shape}")
        return conjugated(gradient if as_tensor else gradient._array)
    if tensor.nelement() != 1:
        raise RuntimeError(
            f"backward() of a tensor of shape {tensor.shape} needs gradient=...; the default is for one element"
        )
    if tensor.dtype.is_complex:
        raise RuntimeError("backward() of a complex number needs gradient=...; the default is for real numbers")
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
        if _is_exclusive(leaf.grad, cotangent):
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


def _is_exclusive(grad: Tensor, cotangent: Any) -> bool:
    """Whether a gradient can be updated in place: nothing else refers to it, its array or a view of the array."""
    if isinstance(cotangent, Tensor) or grad.requires_grad or grad._array.dtype != cotangent.dtype:
        return False
    backend = grad.backend
    if not COUNTS_LOCALS or type(backend).is_view is Backend.is_view or backend.is_view(grad._array):
        return False
    # References to the tensor: the leaf, the argument, the call; to its array: the tensor, the call.
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

    They are arrays, or tensors with `create_graph`, as the given ones are. No ``grad`` is changed.
    """
    seeds: dict[Any, Any] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if output._node is not None:
            known = seeds.get(output._node)
            seeds[output._node] = cotangent if known is None else known + cotangent
    order = ancestors(list(seeds))
    wanted = dict.fromkeys(x._node for x in inputs)
    needed = _depending_on(order, wanted)
    found = sweep(seeds, order, wanted, needed, keep_graph=keep_graph, create_graph=create_graph)
    return [found.get(x._node) for x in inputs]


def _depending_on(order: Sequence[Any], targets: Iterable[Any]) -> set[Any]:
    """Return the nodes that were computed from one of the targets, including the targets."""
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
    """Propagate cotangents from the seeds through the nodes in `order`; return those of the wanted nodes.

    Parameters
    ----------
    seeds : dict of node to cotangent
        The cotangents to start from; arrays, or tensors with `create_graph`.
    order : sequence of nodes
        All ancestors of the seeds, latest first.
    wanted : dict of nodes
        The nodes whose cotangents to return.
    needed : set of nodes, optional
        The nodes that depend on a wanted one; the others are skipped. By default all are needed.
    keep_graph : bool
        Whether nodes keep their saved values.
    create_graph : bool
        Whether the rules compute with tensors, so that the sweep itself is recorded.
    """
    pending, found = dict(seeds), {}
    fresh: set[Any] = set()  # nodes whose cotangent is a sum made here, to which the next one is added in place
    around_pull, hooked = current_mode.get().around_pull, bool(hooked_nodes)
    pull_node = pull if around_pull is None else partial(around_pull, pull)
    context: AbstractContextManager[None] = recording(True) if create_graph else nullcontext()
    with context:
        for node in order:
            cotangent = pending.pop(node, None)
            if cotangent is None:
                continue
            if hooked and node in hooked_nodes:
                cotangent = _through_hooks(node.hooks, cotangent, create_graph)
            if node in wanted:
                found[node] = cotangent
            if node.op is None or (needed is not None and node not in needed):
                continue
            parents = node.parents
            if needed is not None:
                parents = tuple([p if p in needed else None for p in parents])
            if type(node.op) is Select:
                _collect_result(pending, node, cotangent)
                continue
            parts = pull_node(node, cotangent, parents, create_graph)
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


def _through_hooks(hooks: GradientHooks, cotangent: Any, create_graph: bool) -> Any:
    """Return a cotangent after the hooks of its node, in memory that no hook knows."""
    given = conjugated(cotangent)
    with recording(create_graph):
        gradient = hooks.apply(given if create_graph else wrapped(given))
        if hooks.retaining is not None and (tensor := hooks.retaining()) is not None:
            _accumulate(tensor, conjugated(gradient if create_graph else gradient._array), {id(gradient._array)})
        return conjugated(gradient if create_graph else gradient.clone()._array)


def _collect_result(pending: dict[Any, Any], select: Node, cotangent: Any) -> None:
    """Add the cotangent of one of several results to those that the node of the op waits for."""
    (node,) = select.parents
    parts = pending.setdefault(node, [None] * len(node.shape))
    known = parts[select.op.position]
    parts[select.op.position] = cotangent if known is None else known + cotangent


def saved_values(node: Node) -> tuple[Any, ...]:
    """Return what a node saved, recomputed inside a checkpoint; raise if it was freed or changed in place."""
    saved = node.saved
    while type(saved) is not tuple:
        saved = saved.restore()
    if node.serial < write_log.latest:
        write_log.check(node, node.op.saved_arrays(node, saved))
    return saved


def pull(node: Node, cotangent: Any, parents: tuple[Any, ...], as_tensors: bool) -> tuple[Any, ...]:
    """Return the cotangents of the operands of a node, by the rules of its op."""
    saved = saved_values(node)
    if as_tensors:
        saved = node.op.saved_tensors(node, saved)
    elif ROUNDED_DTYPES and _is_rounded(cotangent):
        return _pull_rounded(node, cotangent, parents, saved)
    try:
        result: tuple[Any, ...] = node.op.pull(cotangent, saved, parents)
    except FloatingPointError:
        if not isinstance(node.op, Op):  # the rule is the user's
            raise
        with ignoring_underflow(cotangent if isinstance(cotangent, list) else [cotangent]):
            result = node.op.pull(cotangent, saved, parents)
    return result


def _is_rounded(cotangent: Any) -> bool:
    parts = cotangent if isinstance(cotangent, list) else [cotangent]
    return any(part is not None and part.dtype in ROUNDED_DTYPES for part in parts)


def _pull_rounded(node: Node, cotangent: Any, parents: tuple[Any, ...], saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """Apply the rules to tensors, without recording: operators of the array library do not round as ops do."""
    as_tensor = [None if part is None else Tensor(part) for part in cotangent] if isinstance(cotangent, list) else None
    with recording(False):
        parts = node.op.pull(as_tensor or Tensor(cotangent), node.op.saved_tensors(node, saved), parents)
    return tuple(part._array if isinstance(part, Tensor) else part for part in parts)
