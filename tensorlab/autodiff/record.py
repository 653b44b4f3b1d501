"""The record of an op, from which its dispatcher, checks, documentation and benchmark are generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, Literal

from ..backend import Backend
from ..options.functions import Parameters
from ..tensor import Tensor
from .array_types import KNOWN_TYPES, WEAK_DTYPES
from .graph import Node, select_results

Kind = Literal["elementwise", "linear", "other"]
DTypeRule = Literal["same", "floating", "promote", "bool", "int64", "real", "complex", "param"]


@dataclass(frozen=True)
class Draw:
    """An operand of a sample: an array of `shape` with entries drawn from ``[low, high)``.

    `form` names the kind of matrix that is made of the entries: ``"hermitian"``, ``"positive definite"``,
    ``"invertible"`` (elimination needs row exchanges) or ``"separated"`` (distinct singular values, and all leading
    blocks well-conditioned). Derivative checks include this step, so that a perturbed Hermitian operand is Hermitian.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: Literal["floating", "integer", "bool"] = "floating"
    form: Literal["hermitian", "positive definite", "invertible", "separated"] | None = None


@dataclass(frozen=True)
class Sample:
    """A call of an op for its checks. A tuple among the operands is a `Draw` of that shape; None leaves one out."""

    operands: tuple[Draw | tuple[int, ...] | None, ...]
    params: Mapping[str, Any] = field(default_factory=dict)

    def draws(self) -> tuple[Draw | None, ...]:
        """Return the operands, with tuples replaced by draws."""
        return tuple(Draw(o) if isinstance(o, tuple) else o for o in self.operands)


def arguments_of(rule: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a rule's parameters after the cotangent or tangent: the saved values that it takes."""
    return rule.__code__.co_varnames[1 : rule.__code__.co_argcount]


def sample(*operands: Draw | tuple[int, ...] | None, **params: Any) -> Sample:
    """Return a `Sample` of these operands and params."""
    return Sample(operands, params)


DEFAULT_TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 2e-6, "float64": 1e-13}


def count_elementwise(shapes: Sequence[tuple[int, ...]], out: tuple[int, ...], params: Mapping[str, Any]) -> int:
    """Count one floating-point operation per element of the result."""
    return prod(out)


def count_nothing(shapes: Sequence[tuple[int, ...]], out: Any, params: Mapping[str, Any]) -> int:
    """Count no floating-point operations, for ops that only move data."""
    return 0


def count_operand(shapes: Sequence[tuple[int, ...]], out: tuple[int, ...], params: Mapping[str, Any]) -> int:
    """Count one floating-point operation per element of the first operand."""
    return prod(shapes[0])


@dataclass(eq=False)
class Op:
    """The record of one op.

    Attributes
    ----------
    name : str
        The public name; a backend's method of that name replaces `compute`.
    compute : callable
        ``compute(backend, *operands, **params)`` on arrays.
    operands : tuple of str
        Names of the array operands; for a variadic op a single name.
    params : tuple of str
        Names of the other parameters.
    vjp : mapping from operand to rule
        Vector-Jacobian products, ``rule(g, <saved values by name>)``. The one rule of a variadic op returns the
        cotangents of all operands. Operands without a rule carry no gradient.
    jvp : mapping from operand to rule
        Jacobian-vector products. By default that of an elementwise op is its vjp rule, that of a linear op is the op
        itself, and that of any other op is the transpose of its vjp rule.
    kind : {"elementwise", "linear", "other"}
        Elementwise ops broadcast; linear ones are linear in each operand independently.
    shape : callable
        ``shape(*operand_shapes, **params)`` gives the result's shape or raises `ShapeError`.
    dtype : str
        The data type of the result, in terms of the operands'.
    takes : mapping from operand to str
        The data types that each operand may have: a name of `tensorlab.backend.dtypes.KINDS`. Ops with the dtype
        rule ``"floating"`` cast integers before this is checked.
    flops : callable
        ``flops(operand_shapes, result_shape, params)``: floating-point operations of one call.
    made_samples : sequence of Sample, or callable
        Calls for the checks, which together reach every branch; a function makes them when they are first needed.
    tolerance : mapping from dtype name to float
        Relative error allowed against the reference.
    variadic : bool
        Whether the op takes any number of operands.
    results : int
        The number of arrays returned, in a tuple if more than one.
    differentiable_results : tuple of int, optional
        The positions of the results that carry a gradient; all by default.
    checks_first : bool
        Whether the shape rule runs before the kernel, and not only after the kernel has raised.
    view : bool
        Whether the result may share memory with an operand.
    exact : bool
        Whether the result depends on the operands' data type, so that narrow types must not be computed in wider ones.
    real_only : bool
        Whether the op accepts complex operands but has no meaningful derivative with respect to them.
    no_gradient : mapping from operand to str
        The reason why a floating-point operand carries no gradient.
    parameters : Parameters
        The parameters of the public function; those that are no operands are read by their annotations.
    public : callable
        The function that users call.
    write_pull : callable
        Generates `pull`.
    saved_names : tuple of str
        Names of the values that a node saves: those that the rules take.
    rule_needs : mapping from operand to tuple of str
        Names of the values that its vjp rule takes.
    """

    name: str
    compute: Callable[..., Any]
    operands: tuple[str, ...]
    params: tuple[str, ...]
    vjp: Mapping[str, Callable[..., Any]]
    jvp: Mapping[str, Callable[..., Any]]
    kind: Kind
    shape: Callable[..., Any]
    dtype: DTypeRule
    takes: Mapping[str, str]
    flops: Callable[[Sequence[tuple[int, ...]], Any, Mapping[str, Any]], int]
    made_samples: Sequence[Sample] | Callable[[], Sequence[Sample]]
    tolerance: Mapping[str, float]
    variadic: bool = False
    results: int = 1
    differentiable_results: tuple[int, ...] | None = None
    checks_first: bool = False
    view: bool = False
    exact: bool = False
    real_only: bool = False
    no_gradient: Mapping[str, str] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=lambda: Parameters(lambda: None), repr=False)
    public: Callable[..., Any] = field(default=lambda: None, repr=False)
    write_pull: Callable[[Op], Callable[..., tuple[Any, ...]]] = field(default=lambda op: op.pull, repr=False)
    saved_names: tuple[str, ...] = ()
    rule_needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def pull(self) -> Callable[..., tuple[Any, ...]]:
        """``pull(g, saved, parents)`` applies the vjp rules; generated when a backward pass first needs it."""
        return self.write_pull(self)

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """Calls for the checks."""
        return self.made_samples() if callable(self.made_samples) else self.made_samples

    @property
    def differentiable(self) -> bool:
        """Whether the op has gradient rules."""
        return bool(self.vjp)

    @property
    def promoted(self) -> tuple[str, ...]:
        """The operands that are converted to a common data type: those with gradients, or all if none has."""
        return tuple(x for x in self.operands if x in self.vjp) or self.operands

    def bytes(self, shapes: Sequence[tuple[int, ...]], out: Any, itemsize: int) -> int:
        """Return the least memory traffic of one call: each operand read once, each result written once."""
        outs = out if self.results > 1 else (out,)
        result_itemsize = {"bool": 1, "int64": 8}.get(self.dtype, itemsize)
        return itemsize * sum(map(prod, shapes)) + result_itemsize * sum(map(prod, outs))

    def saved_arrays(self, node: Node, saved: tuple[Any, ...]) -> list[tuple[Backend, Any]]:
        """Return the (backend, array) pairs that a node saved."""
        found = []
        for name, value in zip(self.saved_names, saved, strict=True):
            if name in self.operands or name == "out":
                values = value if isinstance(value, list | tuple) else (value,)
                found += [(KNOWN_TYPES[type(array)], array) for array in values if type(array) in KNOWN_TYPES]
        return found

    def saved_tensors(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what a node saved, with arrays as tensors that are connected to the graph."""
        parents = node.parents if self.variadic else dict(zip(self.promoted, node.parents, strict=True))
        return tuple(
            self._as_tensors(name, value, node, parents) for name, value in zip(self.saved_names, saved, strict=True)
        )

    def _as_tensors(self, name: str, value: Any, node: Node, parents: Any) -> Any:
        if value is None or type(value) in WEAK_DTYPES or (name not in self.operands and name != "out"):
            return value
        if self.variadic and name != "out":
            return [_with_node(array, parent) for array, parent in zip(value, parents, strict=True)]
        if name != "out":
            return _with_node(value, parents.get(name))
        if self.results == 1:
            return _with_node(value, node)
        return select_results(node, [Tensor(part) for part in value])


def _with_node(array: Any, node: Any) -> Tensor:
    tensor = Tensor(array)
    tensor._node = node
    return tensor


REGISTRY: dict[str, Op] = {}
"""Every op by name."""
