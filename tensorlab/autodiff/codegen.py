"""The functions that users call, generated for each op.

For small arrays, dispatch takes as long as the array library's computation. Code that is generated for the operands of
an op has no loops over them, and checks only what can be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

from ..generated import function_from, written_at_first_call
from ..options.functions import Parameters
from ..tensor import Tensor
from .array_types import FLOATING_DTYPES, KNOWN_TYPES, TAKEN, WEAK_DTYPES, KernelTable
from .graph import Node, attach_results, current_mode, next_serial
from .operands import convert_and_call, engine_ops, explain, recomputed
from .record import Op

LOCALS = ("array_type", "error", "kernel", "mode", "node", "nodes", "out", "raw", "result", "unknown", "wrap")
"""The local variables of generated functions, whose names no parameter may have."""

MOST_OPERANDS = 6
"""The largest number of operands of a non-variadic op."""


def public_function(record: Op, parameters: Parameters) -> FunctionType:
    """Return the function that users call: read, unwrap, check, compute, wrap, record."""
    names = {**_closure_of(record), **parameters.closure}
    if taken := {*record.operands, *record.params} & {*names, *LOCALS}:
        raise TypeError(f"{record.name} cannot call a parameter {', '.join(taken)}: its dispatcher uses the name")
    write = partial(_public_source, record, parameters)
    return written_at_first_call(write, names, record.compute.__globals__, record.name)


def pull_function(record: Op) -> Callable[..., tuple[Any, ...]]:
    """Return the function that computes the cotangents of the operands from that of the result."""
    rules = {f"rule_{operand}": rule for operand, rule in record.vjp.items()}
    names = {"engine_ops": engine_ops, **rules}
    return function_from(_pull_source(record), names, record.compute.__globals__, f"{record.name}.pull")


def _closure_of(record: Op) -> dict[str, Any]:
    """Return the closure of the public function by name, with the same names for every op.

    A closure, rather than globals, so that names of the op's module (an op called ``any``) do not shadow them, and so
    that ops with equal signatures and checks share one compilation.
    """
    groups = list(record.takes.values())
    return {
        "Node": Node,
        "Tensor": Tensor,
        "any": any,
        "attach_results": attach_results,
        "backends": KNOWN_TYPES,
        "current_mode": current_mode.get,
        "latest_block": current_mode.latest.get,
        "explain": explain,
        "recomputed": recomputed,
        "floating_dtypes": FLOATING_DTYPES,
        "isinstance": isinstance,
        "kernels": KernelTable(record.name, record.compute, record.exact),
        "new": object.__new__,
        "next_serial": next_serial,
        "record": record,
        "convert_and_call": convert_and_call,
        "weak_dtypes": WEAK_DTYPES,
        **{f"taken_{i}": TAKEN[groups[i]] if i < len(groups) else None for i in range(MOST_OPERANDS)},
    }


def _public_source(record: Op, parameters: Parameters) -> str:
    unwrap = _unwrap_variadic if record.variadic else _unwrap_fixed
    params = "".join(f", {name}={name}" for name in record.params)
    arrays = "*raw" if record.variadic else ", ".join(f"a_{x}" for x in record.operands)
    everything = "raw" if record.variadic else f"({arrays},)"
    operands = record.operands[0] if record.variadic else f"({', '.join(record.operands)},)"
    params_dict = "{" + ", ".join(f"'{name}': {name}" for name in record.params) + "}"
    check = f"        record.shape(*[a.shape for a in {everything} if a is not None]{params})"
    lines = [
        f"def call({parameters.signature_source}):",
        *parameters.reading_source(record.params),
        *unwrap(record),
        f"    if {_not_ready(record)}:",
        f"        return convert_and_call(record, {operands}, {params_dict})",
        "    try:",
        *([check] if record.checks_first else []),
        f"        out = kernel({arrays}{params})",
        "    except FloatingPointError:",
        f"        out = recomputed(record, kernel, {everything}, {params_dict})",
        "    except Exception as error:",
        f"        raise explain(record, error, {everything}, {params_dict})",
        "    if not wrap:",
        "        return out",
        "    block = latest_block()",
        "    mode = block[0] if block else current_mode()",
        *_wrap_results(record),
        "    if mode.observer is not None:",
        f"        mode.observer(record, {operands}, {params_dict}, result)",
        "    return result",
    ]
    return "\n".join(lines) + "\n"


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
    if _is_binary(record):
        # In `2 - x` the second operand has the array type.
        lines.append(f"    if array_type in weak_dtypes: array_type = type(a_{record.operands[1]})")
    return [*lines, "    kernel = kernels[array_type]"]


CHECKED = ("floating", "real floating", "real", "integral", "integral or bool", "bool")
"""Groups of data types that are checked before the kernel is called, as some libraries accept others too."""


def _is_binary(record: Op) -> bool:
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


def _dtypes_differ(a: str, b: str) -> str:
    """Return the condition that two arrays have different data types; equal ones are usually the same object."""
    return f"({a}.dtype is not {b}.dtype and {a}.dtype != {b}.dtype)"


def _not_ready(record: Op) -> str:
    """Return the condition that the operands are not ready for the kernel, so that `convert_and_call` is needed."""
    if record.variadic:
        same = f" or {_dtypes_differ('a', 'raw[0]')}" if record.dtype == "promote" else ""
        (group,) = record.takes.values()
        taken = f" or {'' if group in CHECKED else 'not wrap and '}a.dtype not in taken_0"
        return f"kernel is None or any([type(a) is not array_type{same}{taken} for a in raw])"
    conditions = ["kernel is None", *filter(None, (_operand_differs(record, x) for x in record.operands))]
    for x in record.operands:
        equal_to_reference = x in record.promoted[1:] and not _is_binary(record)
        if record.takes[x] in CHECKED and not equal_to_reference:
            spared = f"type(a_{x}) in weak_dtypes or " if _is_binary(record) else ""
            spared += f"a_{x} is None or " if x != record.operands[0] and not _is_binary(record) else ""
            conditions.append(f"not ({spared}a_{x}.dtype in taken_{record.operands.index(x)})")
        elif x == record.operands[0]:  # tensors have a known type, but arrays may hold strings or objects
            array = f"type(a_{x}) not in weak_dtypes and " if _is_binary(record) else ""
            array = "not wrap and " + array if _is_binary(record) or len(record.operands) == 1 else array
            conditions.append(f"{array}a_{x}.dtype not in taken_0")
    return " or ".join(conditions)


def _operand_differs(record: Op, operand: str) -> str:
    """Return the condition that an operand differs from the others in array or data type; empty if it cannot."""
    reference, *rest = record.promoted
    a, known_type = f"a_{operand}", operand == record.operands[0]
    one_may_be_a_number = record.kind == "elementwise" and len(rest) == 1
    if operand in rest:
        if one_may_be_a_number:
            neither = f"type(a_{reference}) is not array_type and type({a}) is not array_type or "
            return f"({'' if _is_binary(record) else neither}{_dtypes_incompatible(f'a_{reference}', a)})"
        if record.kind == "elementwise":
            return f"type(a_{reference}) is not array_type or {_dtypes_incompatible(f'a_{reference}', a)}"
        return f"({a} is not None and (type({a}) is not array_type or {_dtypes_differ(a, f'a_{reference}')}))"
    if known_type or (operand == reference and one_may_be_a_number):
        return ""
    return f"(type({a}) is not array_type and {a} is not None)"


def _dtypes_incompatible(a: str, b: str) -> str:
    """Return the condition that two operands, one of which may be a Python number, differ in data type."""
    return (
        f"({_dtypes_differ(a, b)} if type({a}) is type({b}) "
        f"else {a}.dtype not in weak_dtypes.get(type({b}), ()) if type({a}) is array_type "
        f"else {b}.dtype not in weak_dtypes.get(type({a}), ()))"
    )


def _wrap_results(record: Op) -> list[str]:
    """Return the lines that wrap the results of the kernel and record a node."""
    if record.results > 1:
        lines = ["    result = tuple([Tensor(part) for part in out])"]
    else:
        lines = [
            "    result = new(Tensor)",
            "    if type(out) is not array_type:",
            "        out = backends[array_type].as_own(out)",
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
    if "dtype" in record.params:  # a result cast to integers has no gradient
        traced = f"{traced} and out.dtype in floating_dtypes"
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
    """Return the expression saved under `name`: None unless an operand whose rule takes it requires a gradient."""
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
    # The function's own names begin with an underscore, as an operand may be called g.
    lines = ["def call(_g, _saved, _parents):"]
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
            lines += [
                f"        if p_{x}.shape != n_{x}.shape:",
                f"            p_{x} = engine_ops.sum_to_shape(p_{x}, n_{x}.shape)",
            ]
    lines.append(f"    return ({''.join(f'p_{x}, ' for x in differentiable)})")
    return "\n".join(lines) + "\n"
