"""The functions that users call, written out for each op.

The time between ``x * y`` and NumPy's ufunc is what small models consist of. One template, filled in for each op,
costs 0.6 us for it; a generic function that loops over its operands costs 1.0 us (untraced, 32 floats).
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from ..tensor import Tensor
from .array_types import FLOATING_DTYPES, KNOWN_TYPES, TAKEN, WEAK_DTYPES, KernelTable
from .graph import Node, attach_results, current_mode, next_serial
from .operands import engine_ops, explain, second_try
from .record import Op

LOCALS = ("array_type", "error", "kernel", "mode", "node", "nodes", "out", "raw", "result", "wrap")
"""What generated functions call their own variables."""


MOST_OPERANDS = 6


def public_function(record: Op, signature: str) -> Callable[..., Any]:
    """Return the function that users call: unwrap, check, compute, wrap, record.

    It is written when it is first called, as most programs use few of the ops and compiling takes longer than all
    else at import: until then its code is a stub's. Both close over the same names, so one can take the other's place.
    """
    names = _names_for(record)
    if taken := {*record.operands, *record.params} & {*names, *LOCALS}:
        raise TypeError(f"{record.name} cannot call a parameter {', '.join(taken)}: its dispatcher uses the name")

    def write() -> Callable[..., Any]:
        make = _compilation(_public_source(record, signature) + _mention(names), tuple(names))
        record.public.__code__ = _named(_inner_code(make), record.name)
        return record.public

    stub = "def call(*args, **kwargs):\n    return write()(*args, **kwargs)\n" + _mention(names)
    return _made(stub, {**names, "write": write}, record)


def pull_function(record: Op) -> Callable[..., tuple[Any, ...]]:
    """Return the function that takes the result's cotangent to the operands' cotangents."""
    rules = {f"rule_{operand}": rule for operand, rule in record.vjp.items()}
    pull = _made(_pull_source(record), {"engine_ops": engine_ops, **rules}, record)
    pull.__code__ = _named(pull.__code__, f"{record.name}.pull")
    return pull


def _names_for(record: Op) -> dict[str, Any]:
    """Return what the public function uses, by name: the same names for every op.

    It reaches the function through a closure, so that the module's own names (an op called ``any``) cannot come
    between, and so that ops of equal form share one compilation.
    """
    groups = list(record.takes.values())
    return {
        "Node": Node,
        "Tensor": Tensor,
        "any": any,
        "attach_results": attach_results,
        "backends": KNOWN_TYPES,
        "current_mode": current_mode.get,
        "explain": explain,
        "floating_dtypes": FLOATING_DTYPES,
        "isinstance": isinstance,
        "kernels": KernelTable(record.name, record.compute, record.exact),
        "new": object.__new__,
        "next_serial": next_serial,
        "record": record,
        "second_try": second_try,
        "tuple": tuple,
        "type": type,
        "weak_dtypes": WEAK_DTYPES,
        "write": None,
        **{f"taken_{i}": TAKEN[groups[i]] if i < len(groups) else None for i in range(MOST_OPERANDS)},
    }


def _mention(names: Iterable[str]) -> str:
    """Write an unreachable line that names them all: a function closes over what it mentions, reached or not."""
    return f"    {', '.join(names)}\n"


def _made(source: str, names: dict[str, Any], record: Op) -> Callable[..., Any]:
    """Return the function that `source` defines, with `names` in its closure."""
    made: Callable[..., Any] = FunctionType(_compilation(source, tuple(names)), record.compute.__globals__)(**names)
    return made


@cache
def _compilation(source: str, names: tuple[str, ...]) -> CodeType:
    """Compile a function that takes `names` and returns the one that `source` defines: once for all ops of a form.

    The source is kept where tracebacks and debuggers look for it.
    """
    body = source.replace("\n", "\n    ").rstrip()
    source = f"def make({', '.join(names)}):\n    {body}\n    return call\n"
    filename = f"<tensorlab {_compilation.cache_info().misses}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return _inner_code(compile(source, filename, "exec"))


def _named(code: CodeType, title: str) -> CodeType:
    """Return code under the name that profiles, tracebacks and debuggers show: ``<tensorlab.exp>:2(exp)``."""
    filename = f"<tensorlab.{title}>"
    linecache.cache[filename] = linecache.cache[code.co_filename]
    return code.replace(co_filename=filename, co_name=title, co_qualname=title)


def _inner_code(outer: CodeType) -> CodeType:
    """Return the code of the function that is defined inside."""
    return next(constant for constant in outer.co_consts if isinstance(constant, CodeType))


def _public_source(record: Op, signature: str) -> str:
    unwrap = _unwrap_variadic if record.variadic else _unwrap_fixed
    params = "".join(f", {name}={name}" for name in record.params)
    arrays = "*raw" if record.variadic else ", ".join(f"a_{x}" for x in record.operands)
    everything = "raw" if record.variadic else f"({arrays},)"
    operands = record.operands[0] if record.variadic else f"({', '.join(record.operands)},)"
    params_dict = "{" + ", ".join(f"'{name}': {name}" for name in record.params) + "}"
    check = f"        record.shape(*[a.shape for a in {everything} if a is not None]{params})"
    lines = [
        f"def call({signature}):",
        *unwrap(record),
        f"    if {_refusal(record)}:",
        f"        return second_try(record, {operands}, {params_dict})",
        "    try:",
        *([check] if record.checks_first else []),
        f"        out = kernel({arrays}{params})",
        "    except Exception as error:",
        f"        raise explain(record, error, {everything}, {params_dict})",
        "    if not wrap:",
        "        return out",
        "    mode = current_mode()",
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
    if _is_pair(record):
        # In `2 - x` the second operand says what kind of array this is about.
        lines.append(f"    if array_type in weak_dtypes: array_type = type(a_{record.operands[1]})")
    return [*lines, "    kernel = kernels[array_type]"]


CHECKED = ("floating", "real floating", "real", "integral", "integral or bool", "bool")
"""Groups of data types that are looked at before the kernel is called: some libraries take more than they should."""


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
        (group,) = record.takes.values()
        taken = " or a.dtype not in taken_0" if group in CHECKED else ""
        return f"kernel is None or any([type(a) is not array_type{same}{taken} for a in raw])"
    conditions = ["kernel is None", *filter(None, (_unlike(record, x) for x in record.operands))]
    for x in record.operands:
        equal_to_reference = x in record.promoted[1:] and not _is_pair(record)
        if record.takes[x] in CHECKED and not equal_to_reference:
            spared = f"type(a_{x}) in weak_dtypes or " if _is_pair(record) else ""
            spared += f"a_{x} is None or " if x != record.operands[0] and not _is_pair(record) else ""
            conditions.append(f"not ({spared}a_{x}.dtype in taken_{record.operands.index(x)})")
    return " or ".join(conditions)


def _unlike(record: Op, operand: str) -> str:
    """Write that an operand does not go with the others in array type, or in data type; nothing where it must."""
    reference, *rest = record.promoted
    a, known_type = f"a_{operand}", operand == record.operands[0]
    one_may_be_a_number = record.kind == "elementwise" and len(rest) == 1
    if operand in rest:
        if one_may_be_a_number:
            neither = f"type(a_{reference}) is not array_type and type({a}) is not array_type or "
            return f"({'' if _is_pair(record) else neither}{_mismatch(f'a_{reference}', a)})"
        if record.kind == "elementwise":
            return f"type(a_{reference}) is not array_type or {_mismatch(f'a_{reference}', a)}"
        return f"({a} is not None and (type({a}) is not array_type or {_differ(a, f'a_{reference}')}))"
    if known_type or (operand == reference and one_may_be_a_number):
        return ""
    return f"(type({a}) is not array_type and {a} is not None)"


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
    # Names of the function's own begin with an underscore: an operand may be called g.
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
