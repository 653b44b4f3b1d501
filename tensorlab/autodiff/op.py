"""What an op is: one record, and the function that the public calls, made from it.

An op is declared by decorating the function that computes it::

    @op(vjp={"x": lambda g, out: g * out}, kind="elementwise", ...)
    def exp(backend, x, /):
        return backend.xp.exp(x)

The decorated function takes the backend first; its positional-only parameters are the *operands* (arrays), all
others are plain *params*. What comes back is the public function, without `backend`: given arrays it returns an
array, given tensors it returns a tensor and records a graph node if one of them requires a gradient.

**A rule's parameter names say what is kept for it until the backward pass**: an operand's name, ``out`` for the
result, ``x_shape`` and ``x_dtype`` for the shape and the data type of operand ``x``, or a param's name. Nothing else
is kept. Rules are written with the public ops, so they serve plain arrays (the fast first-order sweep) and tensors
(derivatives of any order) alike.

Cotangents are *transposed*, never conjugated, inside the engine: no rule of a holomorphic function needs a
conjugate. PyTorch's convention for complex gradients is applied where cotangents enter and leave
(:mod:`tensorlab.autodiff.backward`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from ..backend import Backend
from ..tensor import Tensor
from .codegen import public_function, pull_function
from .graph import Node, select_results
from .operands import KNOWN_TYPES, WEAK_DTYPES, ShapeError

__all__ = ["REGISTRY", "Draw", "Op", "Sample", "ShapeError", "op", "sample"]

P = ParamSpec("P")
R = TypeVar("R")

Kind = Literal["elementwise", "linear", "other"]
DTypeRule = Literal["same", "floating", "promote", "bool", "int64", "real", "complex", "param"]


@dataclass(frozen=True)
class Draw:
    """An operand of a sample: an array of `shape` with entries drawn from ``[low, high)``.

    `kind` is ``"floating"``, ``"integer"`` or ``"bool"``; None for an operand that is left out. `form` says what is
    made of the numbers, for operands that must have one: ``"hermitian"``, ``"positive definite"``, ``"invertible"``
    (so that elimination exchanges rows) or ``"separated"`` (well-conditioned in every leading part, with singular
    values that differ). Derivatives are checked through the making, so a Hermitian operand stays Hermitian.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: Literal["floating", "integer", "bool"] = "floating"
    form: Literal["hermitian", "positive definite", "invertible", "separated"] | None = None


@dataclass(frozen=True)
class Sample:
    """One call of an op, from which its checks are made: operands (a bare tuple is a `Draw` of that shape), params."""

    operands: tuple[Draw | tuple[int, ...] | None, ...]
    params: Mapping[str, Any] = field(default_factory=dict)

    def draws(self) -> tuple[Draw | None, ...]:
        """Return the operands with bare shapes filled out."""
        return tuple(Draw(o) if isinstance(o, tuple) else o for o in self.operands)


def sample(*operands: Draw | tuple[int, ...] | None, **params: Any) -> Sample:
    """Return a `Sample` of these operands and params."""
    return Sample(operands, params)


DEFAULT_TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 2e-6, "float64": 1e-13}


def count_elementwise(shapes: Sequence[tuple[int, ...]], out: tuple[int, ...], params: Mapping[str, Any]) -> int:
    """Count one floating-point operation per element of the result."""
    return prod(out)


def count_nothing(shapes: Sequence[tuple[int, ...]], out: Any, params: Mapping[str, Any]) -> int:
    """Count no floating-point operation: for ops that only move data."""
    return 0


def count_operand(shapes: Sequence[tuple[int, ...]], out: tuple[int, ...], params: Mapping[str, Any]) -> int:
    """Count one floating-point operation per element of the first operand."""
    return prod(shapes[0])


@dataclass(eq=False)
class Op:
    """The record of one op: everything that its checks, its documentation and its benchmark are made from.

    Attributes
    ----------
    name : str
        The public name; a backend's method of that name takes the place of `compute`.
    compute : callable
        ``compute(backend, *operands, **params)`` on arrays.
    operands : tuple of str
        Names of the array operands; of a variadic op the one name of all of them.
    params : tuple of str
        Names of the other parameters.
    vjp : mapping from operand to rule
        Vector-Jacobian products, ``rule(g, <whatever it names>)``. Of a variadic op one rule, which returns a
        cotangent for each operand. Operands without a rule carry no gradient.
    jvp : mapping from operand to rule
        Jacobian-vector products where one is worth writing; derived otherwise: of an elementwise op the vjp rule
        itself, of a linear op the op itself, of any other the transpose of its vjp rule.
    kind : {"elementwise", "linear", "other"}
        Elementwise ops broadcast; linear ones are linear in each operand for itself.
    shape : callable
        ``shape(*operand_shapes, **params)`` gives the result's shape or raises `ShapeError`.
    dtype : str
        What the result's data type is, in terms of the operands'.
    takes : mapping from operand to str
        Which data types each operand may have: a name of `tensorlab.backend.dtypes.KINDS`. Ops whose result is
        ``"floating"`` cast integers before they look.
    flops : callable
        ``flops(operand_shapes, result_shape, params)``: floating-point operations of one call.
    samples : sequence of Sample
        Calls that every check runs.
    tolerance : mapping from dtype name to float
        Relative error allowed against the reference.
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
    samples: Sequence[Sample]
    tolerance: Mapping[str, float]
    variadic: bool = False
    results: int = 1
    differentiable_results: tuple[int, ...] | None = None
    checks_first: bool = False
    view: bool = False
    public: Callable[..., Any] = field(default=lambda: None, repr=False)
    saved_names: tuple[str, ...] = ()
    rule_needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def pull(self) -> Callable[..., tuple[Any, ...]]:
        """``pull(g, saved, parents)`` applies the vjp rules; made when the first backward pass asks for it."""
        return pull_function(self)

    @property
    def differentiable(self) -> bool:
        """Whether the op has gradient rules."""
        return bool(self.vjp)

    @property
    def promoted(self) -> tuple[str, ...]:
        """The operands that are brought to one data type: those with gradients, or all where none has."""
        return tuple(x for x in self.operands if x in self.vjp) or self.operands

    def bytes(self, shapes: Sequence[tuple[int, ...]], out: Any, itemsize: int) -> int:
        """Return the bytes that one call must at least move: every operand read once, every result written once."""
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
        """Return what a node saved with its arrays as tensors that know where they came from."""
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


def op(
    *,
    vjp: Mapping[str, Callable[..., Any]] | None = None,
    jvp: Mapping[str, Callable[..., Any]] | None = None,
    kind: Kind = "other",
    shape: Callable[..., Any],
    dtype: DTypeRule = "same",
    takes: str | Mapping[str, str] | None = None,
    flops: Callable[[Sequence[tuple[int, ...]], Any, Mapping[str, Any]], int] = count_elementwise,
    samples: Sequence[Sample] = (),
    tolerance: Mapping[str, float] | None = None,
    results: int = 1,
    differentiable_results: tuple[int, ...] | None = None,
    checks_first: bool = False,
    view: bool = False,
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[P, R]]:
    """Declare an op; see the module's text and `Op` for what the arguments mean."""

    def declare(compute: Callable[Concatenate[Any, P], R]) -> Callable[P, R]:
        names, positional, variadic = _parameter_names(compute)
        record = Op(
            name=compute.__name__,
            compute=compute,
            operands=names[:positional],
            params=names[positional:],
            vjp=vjp or {},
            jvp=jvp or {},
            kind=kind,
            shape=shape,
            dtype=dtype,
            takes={},
            flops=flops,
            samples=samples,
            tolerance={**DEFAULT_TOLERANCE, **(tolerance or {})},
            variadic=variadic,
            results=results,
            differentiable_results=differentiable_results,
            checks_first=checks_first,
            view=view,
        )
        if record.name in REGISTRY:
            raise ValueError(f"there is already an op called {record.name}")
        REGISTRY[record.name] = record
        record.takes = _takes(record, takes)
        record.rule_needs = {name: _needs(rule) for name, rule in record.vjp.items()}
        record.saved_names = _saved_names(record)
        record.public = public = public_function(record, _signature_source(compute, record))
        public.__name__, public.__qualname__ = compute.__name__, compute.__qualname__
        public.__module__, public.__doc__ = compute.__module__, compute.__doc__
        public.__defaults__, public.__kwdefaults__ = compute.__defaults__, compute.__kwdefaults__  # type: ignore[attr-defined]
        public.__annotations__ = {k: v for k, v in compute.__annotations__.items() if k != "backend"}
        public.__signature__ = _public_signature(compute)  # type: ignore[attr-defined]
        public.op = record  # type: ignore[attr-defined]
        return public

    return declare


def _parameter_names(compute: Callable[..., Any]) -> tuple[tuple[str, ...], int, bool]:
    """Return the names of a computation's parameters but the backend, how many are operands, and whether ``*``."""
    code = compute.__code__
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    if not code.co_flags & inspect.CO_VARARGS:
        return names, code.co_posonlyargcount - 1, False
    return (code.co_varnames[code.co_argcount + code.co_kwonlyargcount], *names), 1, True


def _public_signature(compute: Callable[..., Any]) -> inspect.Signature:
    """Return a computation's signature without the backend."""
    signature = inspect.signature(compute)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _signature_source(compute: Callable[..., Any], record: Op) -> str:
    """Write a computation's signature without the backend; defaults are copied from function to function."""
    code = compute.__code__
    if record.variadic:
        return ", ".join((f"*{record.operands[0]}", *record.params))
    plain = code.co_varnames[code.co_posonlyargcount : code.co_argcount]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    return ", ".join((*record.operands, "/", *plain, *(("*", *keywords) if keywords else ())))


def _takes(record: Op, takes: str | Mapping[str, str] | None) -> dict[str, str]:
    """Return the group of data types that each operand may have; one name is meant for the promoted operands."""
    usual = "floating" if record.dtype == "floating" else "any"
    named = dict.fromkeys(record.promoted, takes or usual) if takes is None or isinstance(takes, str) else takes
    if unknown := set(named) - set(record.operands):
        raise TypeError(f"{record.name} says what {', '.join(unknown)} takes, which is no operand")
    return {x: named.get(x, usual if x in record.promoted else "any") for x in record.operands}


def _needs(rule: Callable[..., Any]) -> tuple[str, ...]:
    """Return what a rule names after its cotangent."""
    return rule.__code__.co_varnames[1 : rule.__code__.co_argcount]


def _saved_names(record: Op) -> tuple[str, ...]:
    """Return what nodes of an op save; raise where a rule names what does not exist or is not kept."""
    names = dict.fromkeys(name for needs in record.rule_needs.values() for name in needs)
    if record.kind == "linear":
        names |= dict.fromkeys(record.params)
    facts = {f"{operand}_{fact}" for operand in record.operands for fact in ("shape", "dtype")}
    known = {*record.operands, *record.params, *facts, "out"}
    for rule in record.jvp.values():
        if not set(_needs(rule)) <= {*names, *record.params, *facts}:
            raise TypeError(f"a jvp rule of {record.name} names {_needs(rule)}, more than the vjp rules keep")
        names |= dict.fromkeys(_needs(rule))
    if unknown := set(names) - known:
        raise TypeError(f"a rule of {record.name} names {', '.join(unknown)}; it can name {', '.join(sorted(known))}")
    return tuple(names)
