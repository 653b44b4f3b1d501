"""The forward sweep through the recorded graph, from inputs to results.

Forward mode uses the same graph as reverse mode, in the opposite direction, and the values that the nodes saved for
their vjp rules. The two can therefore be nested in any order, without levels or tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..backend import backend_of
from ..tensor import Tensor
from .backward import gradients, saved_values
from .graph import Node, Select, ancestors, recording
from .operands import engine_ops, ignoring_underflow
from .record import Op, arguments_of


def push_forward(outputs: Sequence[Tensor], tangents: dict[Any, Any], as_tensors: bool) -> list[Any]:
    """Return the tangents of `outputs`; None for an output that depends on no node with a tangent.

    Parameters
    ----------
    outputs : sequence of Tensor
        Results of recorded operations.
    tangents : dict of node to tangent
        Tangents of the inputs; arrays, or tensors with `as_tensors`.
    as_tensors : bool
        Whether to record the sweep itself, so that it can be differentiated.
    """
    known = dict(tangents)
    context: AbstractContextManager[Any] = recording(True) if as_tensors else nullcontext()
    with context:
        for node in reversed(ancestors([x._node for x in outputs if x._node is not None])):
            if node in known or node.op is None:
                continue
            incoming: tuple[Any, ...] = tuple(None if parent is None else known.get(parent) for parent in node.parents)
            if all(tangent is None for tangent in incoming):
                continue
            if type(node.op) is Select:
                tangent = incoming[0][node.op.position]
            else:
                tangent = push(node, incoming, as_tensors)
            if tangent is not None:
                known[node] = tangent
    return [None if x._node is None else known.get(x._node) for x in outputs]


def push(node: Any, tangents: tuple[Any, ...], as_tensors: bool) -> Any:
    """Return the tangent of a node's result, by the rules of its op."""
    saved, op = saved_values(node), node.op
    if hasattr(op, "push"):  # an identity with backward hooks, which its pull would call
        return op.push(tangents)
    derived = not isinstance(op, Op) or (op.kind == "other" and not op.jvp)
    if as_tensors or derived:
        saved = op.saved_tensors(node, saved)
    if derived:
        return _transposed(node, saved, tangents, as_tensors)
    values = dict(zip(op.saved_names, saved, strict=True))
    if op.variadic:
        return _variadic_linear(node, values, tangents)
    moving = [(x, t) for x, t in zip(op.promoted, tangents, strict=True) if t is not None]
    try:
        summands = [_push_operand(op, x, t, values) for x, t in moving]
    except FloatingPointError:
        with ignoring_underflow(tangents):
            summands = [_push_operand(op, x, t, values) for x, t in moving]
    if op.results > 1:
        return tuple(_total([part for part in parts if part is not None]) for parts in zip(*summands, strict=True))
    total = _total(summands)
    return total if tuple(total.shape) == tuple(node.shape) else engine_ops.broadcast_to(total, node.shape)


def _total(summands: Sequence[Any]) -> Any:
    """Return the sum of tangents; None if there are none."""
    total = summands[0] if summands else None
    for summand in summands[1:]:
        total = total + summand
    return total


def _push_operand(op: Op, operand: str, tangent: Any, values: dict[str, Any]) -> Any:
    """Return the result's tangent for a tangent of one operand."""
    if operand in op.jvp:
        return _call(op.jvp[operand], tangent, values)
    if op.kind == "elementwise":
        return _call(op.vjp[operand], tangent, values)
    operands = [tangent if x == operand else values[x] for x in op.operands]
    return op.public(*operands, **{name: values[name] for name in op.params})


def _call(rule: Any, tangent: Any, values: dict[str, Any]) -> Any:
    return rule(tangent, *(values[name] for name in arguments_of(rule)))


def _variadic_linear(node: Node, values: dict[str, Any], tangents: tuple[Any, ...]) -> Any:
    """Apply a linear variadic op to the tangents of its operands, zeros where there are none."""
    op = node.op
    like = next(t for t in tangents if t is not None)
    array = like._array if isinstance(like, Tensor) else like
    xp = backend_of(array).xp
    shapes = values[f"{op.operands[0]}_shape"]
    filled = [
        xp.zeros(shape, dtype=array.dtype, device=array.device) if t is None else t
        for t, shape in zip(tangents, shapes, strict=True)
    ]
    return op.public(*filled, **{name: values[name] for name in op.params})


def _transposed(node: Node, saved: tuple[Any, ...], tangents: tuple[Any, ...], as_tensors: bool) -> Any:
    """Push tangents by transposing the vjp rule, which is linear in the cotangent."""
    several = bool(node.shape) and isinstance(node.shape[0], tuple)
    if hasattr(node.op, "zeros"):  # custom results may differ in data type or backend from the operands
        zeros = [make() for make in node.op.zeros]
    else:
        like = next(t for t in tangents if t is not None)
        array = like._array if isinstance(like, Tensor) else like
        xp = backend_of(array).xp
        shapes = node.shape if several else [node.shape]
        zeros = [xp.zeros(shape, dtype=array.dtype, device=array.device) for shape in shapes]
    cotangents = [Tensor(array, requires_grad=True) for array in zeros]
    with recording(True):
        parts = node.op.pull(tuple(cotangents) if several else cotangents[0], saved, node.parents)
    pairs = [
        (part, tangent)
        for part, tangent in zip(parts, tangents, strict=True)
        if isinstance(part, Tensor) and part._node is not None and tangent is not None
    ]
    found = gradients([part for part, _ in pairs], cotangents, [t for _, t in pairs], create_graph=as_tensors)
    return tuple(found) if several else found[0]
