"""What an op is: one record, and the function that the public calls, made from it.

An op is declared by decorating the function that computes it::

    @op(vjp={"x": lambda g, out: g * out}, kind="elementwise", ...)
    def exp(backend, x, /):
        return backend.xp.exp(x)

The decorated function takes the backend first; its positional-only parameters are the *operands* (arrays), all
others are plain *params*. What comes back is the public function, without `backend`: given arrays it returns an
array, given tensors it returns a tensor and records a graph node if one of them requires a gradient.

**A rule's parameter names say what is kept for it until the backward pass**: an operand's name, ``out`` for the
result, ``x_shape`` and ``x_dtype`` for the shape and the data type of operand ``x``, or a param's name. Nothing else is kept. Rules are written with the
public ops, so they serve plain arrays (the fast first-order sweep) and tensors (derivatives of any order) alike.

Cotangents are *transposed*, never conjugated, inside the engine: no rule of a holomorphic function needs a
conjugate. PyTorch's convention for complex gradients is applied where cotangents enter and leave
(:mod:`tensorlab.autodiff.backward`).
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import update_wrapper
from math import prod
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from ..backend import Backend, BackendError, active_backend, backend_for_type, dtypes
from ..tensor import Tensor
from .graph import Node, attach_results, current_mode, next_serial, select_results

P = ParamSpec("P")
R = TypeVar("R")

Kind = Literal["elementwise", "linear", "other"]
DTypeRule = Literal["same", "floating", "promote", "bool", "int64", "real", "param"]


class ShapeError(ValueError):
    """The shapes of an op's operands do not go together; the message names the op, the shapes and the axes."""


@dataclass(frozen=True)
class Draw:
    """An operand of a sample: an array of `shape` with entries drawn from ``[low, high)``.

    `kind` is ``"floating"``, ``"integer"`` or ``"bool"``; None for an operand that is left out.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: Literal["floating", "integer", "bool"] = "floating"


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
    pull: Callable[..., tuple[Any, ...]] = field(default=lambda: (), repr=False)

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
        return itemsize * (sum(map(prod, shapes)) + sum(map(prod, outs)))

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
        signature = inspect.signature(compute)
        _, *parameters = signature.parameters.values()
        operands = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]
        record = Op(
            name=compute.__name__,
            compute=compute,
            operands=tuple(p.name for p in operands),
            params=tuple(p.name for p in parameters if p not in operands),
            vjp=vjp or {},
            jvp=jvp or {},
            kind=kind,
            shape=shape,
            dtype=dtype,
            flops=flops,
            samples=samples,
            tolerance={**DEFAULT_TOLERANCE, **(tolerance or {})},
            variadic=any(p.kind is p.VAR_POSITIONAL for p in operands),
            results=results,
            differentiable_results=differentiable_results,
            checks_first=checks_first,
            view=view,
        )
        if record.name in REGISTRY:
            raise ValueError(f"there is already an op called {record.name}")
        REGISTRY[record.name] = record
        record.rule_needs = {name: _needs(rule) for name, rule in record.vjp.items()}
        record.saved_names = _saved_names(record)
        record.pull = _compile(_pull_source(record), record, "pull")
        public = _compile(_public_source(record, parameters), record, record.name)
        update_wrapper(public, compute, assigned=("__module__", "__qualname__", "__doc__"), updated=())
        del public.__wrapped__  # type: ignore[attr-defined]
        public.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        public.__annotations__ = {k: v for k, v in compute.__annotations__.items() if k != "backend"}
        public.op = record  # type: ignore[attr-defined]
        record.public = public
        return public

    return declare


def _needs(rule: Callable[..., Any]) -> tuple[str, ...]:
    """Return what a rule names after its cotangent."""
    return tuple(inspect.signature(rule).parameters)[1:]


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


# -- the generated functions ---------------------------------------------------------------------------------------
#
# The time between `x * y` and NumPy's ufunc is what small models consist of. One template, filled in for each op,
# costs 0.6 us for it; a generic function that loops over its operands costs 1.0 us (untraced, 32 floats).


def _compile(source: str, record: Op, name: str) -> Callable[..., Any]:
    """Compile one generated function inside the module that declares the op.

    What it uses reaches it through a closure, so that the module's own names (an op called ``any``) cannot come
    between; the source is kept for tracebacks and debuggers.
    """
    namespace: dict[str, Any] = {
        "Node": Node,
        "Tensor": Tensor,
        "any": any,
        "as_array": lambda array_type, value: KNOWN_TYPES[array_type].asarray(value),
        "attach_results": attach_results,
        "current_mode": current_mode.get,
        "explain": explain,
        "hooks": hooks,
        "floating_dtypes": FLOATING_DTYPES,
        "isinstance": isinstance,
        "kernels": KernelTable(record),
        "new": object.__new__,
        "next_serial": next_serial,
        "record": record,
        "second_try": second_try,
        "tuple": tuple,
        "type": type,
        "weak_dtypes": WEAK_DTYPES,
        **{f"rule_{operand}": rule for operand, rule in record.vjp.items()},
    }
    body = source.replace("\n", "\n    ").rstrip()
    source = f"def make({', '.join(namespace)}):\n    {body}\n    return {name}\n"
    filename = f"<tensorlab op {record.name}: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), record.compute.__globals__, scope)
    made: Callable[..., Any] = scope["make"](**namespace)
    return made


def _public_source(record: Op, parameters: Sequence[inspect.Parameter]) -> str:
    """Write the function that users call: unwrap, check, compute, wrap, record."""
    unwrap = _unwrap_variadic if record.variadic else _unwrap_fixed
    params = "".join(f", {name}={name}" for name in record.params)
    # Defaults are given as names of themselves and filled in from the signature below.
    lines = [f"def {record.name}({_signature_source(record, parameters)}):"]
    lines += unwrap(record)
    arrays = "*raw" if record.variadic else ", ".join(f"a_{x}" for x in record.operands)
    everything = "raw" if record.variadic else f"({arrays},)"
    operands = record.operands[0] if record.variadic else f"({', '.join(record.operands)},)"
    params_dict = "{" + ", ".join(f"'{name}': {name}" for name in record.params) + "}"
    lines += [
        f"    if {_refusal(record)}:",
        f"        return second_try(record, {operands}, {params_dict})",
        "    try:",
        *([f"        record.shape(*[a.shape for a in {everything} if a is not None]{params})"] * record.checks_first),
        f"        out = kernel({arrays}{params})",
        "    except Exception as error:",
        f"        explain(record, error, {everything}, {params_dict})",
        "        raise",
        "    if not wrap:",
        "        return out",
        "    mode = current_mode()",
        *_wrap_results(record),
        "    if mode.observer is not None:",
        f"        mode.observer(record, {operands}, {params_dict}, result)",
        "    return result",
    ]
    return "\n".join(lines) + "\n"


def _signature_source(record: Op, parameters: Sequence[inspect.Parameter]) -> str:
    """Write a signature with literal defaults (None, numbers, strings, tuples of them)."""
    parts: list[str] = []
    for parameter, following in zip(parameters, [*parameters[1:], None], strict=True):
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts and not record.variadic:
            parts.append("*")
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        parts.append(f"{star}{parameter.name}{default}")
        if parameter.kind is parameter.POSITIONAL_ONLY and (
            following is None or following.kind is not parameter.POSITIONAL_ONLY
        ):
            parts.append("/")
    return ", ".join(parts)


def _unwrap_fixed(record: Op) -> list[str]:
    lines = ["    wrap = False"]
    for x in record.operands:
        node = f"; n_{x} = {x}._node" if x in record.vjp else ""
        no_node = f"; n_{x} = None" if x in record.vjp else ""
        lines += [
            f"    if isinstance({x}, Tensor):",
            f"        a_{x} = {x}._array; wrap = True{node}",
            "    else:",
            f"        a_{x} = {x}{no_node}",
        ]
    lines.append(f"    array_type = type(a_{record.operands[0]})")
    if _is_pair(record):
        # In `2 - x` the second operand says what kind of array this is about.
        lines.append(f"    if array_type in weak_dtypes: array_type = type(a_{record.operands[1]})")
    return [*lines, "    kernel = kernels[array_type]"]


def _is_pair(record: Op) -> bool:
    """Whether the op is elementwise with two operands, of which one may be a Python number."""
    return record.kind == "elementwise" and len(record.operands) == len(record.promoted) == 2


def _unwrap_variadic(record: Op) -> list[str]:
    (operands,) = record.operands
    return [
        f"    raw = [x._array if isinstance(x, Tensor) else x for x in {operands}]",
        f"    nodes = tuple([x._node if isinstance(x, Tensor) else None for x in {operands}])",
        f"    wrap = any([isinstance(x, Tensor) for x in {operands}])",
        "    array_type = type(raw[0]) if raw else None",
        "    kernel = kernels[array_type]",
    ]


def _differ(a: str, b: str) -> str:
    """Write that two arrays' data types differ; mostly they are the same object, which is quick to see."""
    return f"({a}.dtype is not {b}.dtype and {a}.dtype != {b}.dtype)"


def _refusal(record: Op) -> str:
    """Write the condition under which operands are not ready for the kernel and `second_try` sorts them out."""
    if record.variadic:
        same = f" or {_differ('a', 'raw[0]')}" if record.dtype == "promote" else ""
        return f"kernel is None or any([type(a) is not array_type{same} for a in raw])"
    conditions = ["kernel is None"]
    reference, *rest = (f"a_{x}" for x in record.promoted)
    if _is_pair(record):
        conditions.append(_mismatch(*(f"a_{x}" for x in record.operands)))
    else:
        for a in (f"a_{x}" for x in record.operands[1:]):
            if a not in rest:
                conditions.append(f"(type({a}) is not array_type and {a} is not None)")
            elif record.kind == "elementwise":
                conditions.append(f"type({reference}) is not array_type or {_mismatch(reference, a)}")
            else:
                conditions.append(f"({a} is not None and (type({a}) is not array_type or {_differ(a, reference)}))")
    if record.dtype == "floating":
        for a in (reference, *rest) if _is_pair(record) else (reference,):
            conditions.append(f"not (type({a}) in weak_dtypes or {a}.dtype in floating_dtypes)")
    return " or ".join(conditions)


def _mismatch(a: str, b: str) -> str:
    """Write that two operands, of which one may be a Python number, do not have one data type."""
    return (
        f"({_differ(a, b)} if type({a}) is type({b}) "
        f"else {a}.dtype not in weak_dtypes.get(type({b}), ()) if type({a}) is array_type "
        f"else {b}.dtype not in weak_dtypes.get(type({a}), ()))"
    )


def _wrap_results(record: Op) -> list[str]:
    """Write the wrapping of what the kernel returned, and the recording."""
    if record.results > 1:
        lines = ["    result = tuple([Tensor(part) for part in out])"]
    else:
        lines = [
            "    result = new(Tensor)",
            "    if type(out) is not array_type:",
            "        out = as_array(array_type, out)",
            "    result._array = out",
        ]
    if not record.differentiable:
        return lines
    if record.variadic:
        traced, parents = "any([n is not None for n in nodes])", "nodes"
    else:
        names = [f"n_{x}" for x in record.operands if x in record.vjp]
        traced = "(" + " or ".join(f"{n} is not None" for n in names) + ")"
        parents = "(" + ", ".join(names) + ",)"
    lines.append(f"    if mode.recording and {traced}:")
    saved = "(" + "".join(f"{_saved_source(record, name)}, " for name in record.saved_names) + ")"
    if record.results > 1:
        return [*lines, f"        attach_results(record, result, {parents}, {saved})"]
    return [
        *lines,
        "        node = new(Node)",
        f"        node.op = record; node.parents = {parents}; node.saved = {saved}",
        "        node.shape = out.shape; node.serial = next_serial()",
        "        result._node = node",
    ]


def _saved_source(record: Op, name: str) -> str:
    """Write what is saved under `name`: only if an operand whose rule names it requires a gradient."""
    if name in record.params:
        return name
    if record.variadic:
        fact = name.rpartition("_")[2]
        return {record.operands[0]: "raw", "out": "out"}.get(name, f"tuple([a.{fact} for a in raw])")
    operand, _, fact = name.rpartition("_")
    if name not in record.operands and operand in record.operands:
        return f"a_{operand}.{fact}"
    value = "out" if name == "out" else f"a_{name}"
    users = [x for x in record.vjp if name in record.rule_needs[x]]
    if len(users) == len(record.vjp):
        return value
    return f"({value} if {' or '.join(f'n_{x} is not None' for x in users)} else None)"


def _pull_source(record: Op) -> str:
    """Write the function that takes the result's cotangent to the operands' cotangents."""
    # Names of the function's own begin with an underscore: an operand may be called g.
    lines = ["def pull(_g, _saved, _parents):"]
    if record.saved_names:
        lines.append(f"    {', '.join(record.saved_names)}, = _saved")
    if record.variadic and record.differentiable:
        (operands,) = record.operands
        lines.append(f"    return rule_{operands}(_g, {', '.join(record.rule_needs[operands])})")
        return "\n".join(lines) + "\n"
    differentiable = [x for x in record.operands if x in record.vjp]
    if differentiable:
        lines.append(f"    {', '.join(f'n_{x}' for x in differentiable)}, = _parents")
    for x in differentiable:
        call = f"rule_{x}({', '.join(('_g', *record.rule_needs[x]))})"
        lines += [f"    p_{x} = None", f"    if n_{x} is not None:", f"        p_{x} = {call}"]
        if record.kind == "elementwise":
            lines += [f"        if p_{x}.shape != n_{x}.shape:", f"            p_{x} = hooks.sum_to_shape(p_{x}, n_{x}.shape)"]
    lines.append(f"    return ({''.join(f'p_{x}, ' for x in differentiable)})")
    return "\n".join(lines) + "\n"


# -- finding the kernel, and operands that are not ready for it ---------------------------------------------------------

KNOWN_TYPES: dict[type, Backend] = {}
"""The array types that an op has met, with their backends."""

FLOATING_DTYPES: set[Any] = set()
"""The native floating types of all backends in use."""

COMPLEX_DTYPES: set[Any] = set()
"""The native complex types among them."""

WEAK_DTYPES: dict[type, set[Any]] = {bool: set(), int: set(), float: set(), complex: set()}
"""For each type of Python number, the native dtypes that it adapts to."""


class KernelTable(dict[Any, Any]):
    """The kernel of one op for each array type, found at the first call; None for what is no array."""

    def __init__(self, record: Op) -> None:
        super().__init__()
        self._record = record

    def __missing__(self, array_type: type) -> Any:
        if array_type is None or array_type in WEAK_DTYPES or array_type is type(None):
            return None
        backend = meet_type(array_type)
        if backend is None:
            return None
        self[array_type] = kernel = backend.kernel(self._record.name, self._record.compute)
        return kernel


def meet_type(array_type: type) -> Backend | None:
    """Return the backend of an array type, and learn its data types at the first meeting."""
    if array_type not in KNOWN_TYPES:
        backend = backend_for_type(array_type)
        if backend is None:
            return None
        FLOATING_DTYPES.update(backend.floating_dtypes)
        integers = backend.dtypes_of_kind("signed integer", "unsigned integer")
        WEAK_DTYPES[bool] |= backend.dtypes_of_kind("bool")
        WEAK_DTYPES[int] |= integers | backend.floating_dtypes
        WEAK_DTYPES[float] |= backend.floating_dtypes
        COMPLEX_DTYPES.update(backend.dtypes_of_kind("complex floating"))
        WEAK_DTYPES[complex] |= backend.dtypes_of_kind("complex floating")
        KNOWN_TYPES[array_type] = backend
    return KNOWN_TYPES[array_type]


@dataclass
class Hooks:
    """The three ops that the engine itself needs; :mod:`tensorlab.ops` fills them in."""

    cast: Callable[[Any, Any], Any] = lambda x, dtype: x
    sum_to_shape: Callable[[Any, tuple[int, ...]], Any] = lambda x, shape: x
    broadcast_to: Callable[[Any, tuple[int, ...]], Any] = lambda x, shape: x


hooks = Hooks()


def second_try(record: Op, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """Call an op again with operands that its kernel takes: numbers made arrays, data types made equal.

    Raises
    ------
    TypeError
        If an operand is no array, tensor or number, or the op does not promote and data types differ.
    BackendError
        If operands live on different backends.
    """
    arrays = [(x._array if isinstance(x, Tensor) else x) for x in operands]
    backends = [None if a is None or type(a) in WEAK_DTYPES else meet_type(type(a)) for a in arrays]
    _refuse_foreign(record, arrays, backends)
    backend = _only_backend(record, backends)
    names = _operand_names(record, operands)
    target = _common_dtype(record, backend, [a for n, a in zip(names, arrays, strict=True) if n in record.promoted])
    as_tensor = all(type(a) in WEAK_DTYPES for a in arrays) or any(isinstance(x, Tensor) for x in operands)
    ready = [
        _prepared(record, backend, name, x, a, target, as_tensor)
        for name, x, a in zip(names, operands, arrays, strict=True)
    ]
    return record.public(*ready, **params)


def _prepared(
    record: Op, backend: Backend, name: str, x: Any, array: Any, target: dtypes.DType, as_tensor: bool
) -> Any:
    """Return one operand as the kernel takes it: an array, or a tensor, of the right data type."""
    if array is None:
        return None
    if type(array) in WEAK_DTYPES:
        dtype = target if name in record.promoted else dtypes.DEFAULT_OF_PYTHON[type(array)]
        made = backend.asarray(array, dtype=backend.native(dtype))
        return Tensor(made) if as_tensor else made
    if not isinstance(x, Tensor):
        x = backend.canonical(array)
    if name not in record.promoted or backend.dtype_of(array) == target:
        return x
    if record.kind == "elementwise" or record.dtype in ("promote", "floating"):
        return hooks.cast(x, target)
    raise TypeError(
        f"{record.name}: {name} is {backend.dtype_of(array)} where {target} is expected, as {record.promoted[0]} is; "
        f"cast one of them with .astype(...)"
    )


def _operand_names(record: Op, operands: Sequence[Any]) -> list[str]:
    return list(record.operands) * len(operands) if record.variadic else list(record.operands)


def _refuse_foreign(record: Op, arrays: Sequence[Any], backends: Sequence[Backend | None]) -> None:
    names = _operand_names(record, arrays)
    for position, (name, array, backend) in enumerate(zip(names, arrays, backends, strict=True)):
        if backend is None and array is not None and type(array) not in WEAK_DTYPES:
            raise TypeError(
                f"{record.name}: {name if not record.variadic else f'operand {position}'} must be a tensor or an "
                f"array, not {type(array).__name__}; tensorlab.asarray(...) makes a tensor of it"
            )
    if not arrays or arrays[0] is None:
        raise TypeError(f"{record.name} needs at least one tensor")


def _only_backend(record: Op, backends: Sequence[Backend | None]) -> Backend:
    found = {backend.name: backend for backend in backends if backend is not None}
    if not found:
        backend = active_backend()
        for array_type in backend.array_types:
            meet_type(array_type)
        return backend
    if len(found) > 1:
        first, second, *_ = found
        raise BackendError(
            f"{record.name} was given arrays of the backends {first!r} and {second!r}; "
            f"move one of them first: .to({first!r}) or .to({second!r})"
        )
    return next(iter(found.values()))


def _common_dtype(record: Op, backend: Backend, arrays: Sequence[Any]) -> dtypes.DType:
    """Return the type that the operands are to have, by promotion; of an op that does not promote, the first's."""
    found = [backend.dtype_of(a) for a in arrays if a is not None and type(a) not in WEAK_DTYPES]
    if not found:
        found = [max((dtypes.DEFAULT_OF_PYTHON[type(a)] for a in arrays), key=_kind_rank)]
    target = found[0]
    if record.kind == "elementwise" or record.dtype == "promote":
        for dtype in found[1:]:
            target = dtypes.promote(target, dtype)
    for a in arrays:
        if type(a) in WEAK_DTYPES and backend.native(target) not in WEAK_DTYPES[type(a)]:
            target = dtypes.promote(target, dtypes.DEFAULT_OF_PYTHON[type(a)])
    if record.dtype == "floating" and not target.is_floating:
        target = dtypes.float32
    return target


def _kind_rank(dtype: dtypes.DType) -> int:
    return dtypes._KIND_ORDER.index(dtype.kind)


def explain(record: Op, error: Exception, arrays: Sequence[Any], params: Mapping[str, Any]) -> None:
    """Raise a clearer error if the op's shape rule finds the fault; else add the op's name to what was raised."""
    if isinstance(error, ShapeError):
        return
    shapes = [a.shape for a in arrays if hasattr(a, "shape")]
    try:
        record.shape(*shapes, **params)
    except ShapeError as clearer:
        raise clearer from error
    except (TypeError, ValueError, IndexError):
        pass  # the rule cannot make sense of the call either; the library's own words stand
    listed = ", ".join(str(tuple(shape)) for shape in shapes)
    error.add_note(f"in tensorlab.{record.name} with operands of shape {listed}")
