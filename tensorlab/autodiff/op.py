"""The declaration of ops: a record, and the public function generated from it.

An op is declared by decorating the function that computes it::

    @op(vjp={"x": lambda g, out: g * out}, kind="elementwise", ...)
    def exp(backend, x, /):
        return backend.xp.exp(x)

The decorated function takes the backend first; its positional-only parameters are the *operands* (arrays), all
others are plain *params*. The result is the public function, without `backend`: given arrays it returns an array,
given tensors it returns a tensor and records a graph node if one of them requires a gradient.

**A rule's parameter names say what is kept for it until the backward pass**: an operand's name, ``out`` for the
result, ``x_shape`` and ``x_dtype`` for the shape and the data type of operand ``x``, or a param's name. Nothing else
is kept. Rules are written with the public ops, so they serve plain arrays (the fast first-order sweep) and tensors
(derivatives of any order) alike.

Cotangents are *transposed*, never conjugated, inside the engine: no rule of a holomorphic function needs a
conjugate. PyTorch's convention for complex gradients is applied where cotangents enter and leave
(:mod:`tensorlab.autodiff.backward`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..docstrings import documented
from ..options.functions import Parameters
from .codegen import public_function, pull_function
from .operands import TAKES_TEXT
from .record import DEFAULT_TOLERANCE, REGISTRY, DTypeRule, Kind, Op, Sample, arguments_of, count_elementwise

P = ParamSpec("P")
R = TypeVar("R")


def op(
    *,
    vjp: Mapping[str, Callable[..., Any]] | None = None,
    jvp: Mapping[str, Callable[..., Any]] | None = None,
    kind: Kind = "other",
    shape: Callable[..., Any],
    dtype: DTypeRule = "same",
    takes: str | Mapping[str, str] | None = None,
    flops: Callable[[Sequence[tuple[int, ...]], Any, Mapping[str, Any]], int] = count_elementwise,
    samples: Sequence[Sample] | Callable[[], Sequence[Sample]] = (),
    tolerance: Mapping[str, float] | None = None,
    results: int = 1,
    differentiable_results: tuple[int, ...] | None = None,
    checks_first: bool = False,
    view: bool = False,
    exact: bool = False,
    real_only: bool = False,
    no_gradient: Mapping[str, str] | None = None,
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[P, R]]:
    """Declare an op; see the module's docstring, and `Op` for the arguments."""

    def declare(compute: Callable[Concatenate[Any, P], R]) -> Callable[P, R]:
        parameters = Parameters(compute, skipped=1)
        record = Op(
            name=compute.__name__,
            compute=compute,
            operands=(parameters.variable,) if parameters.variable else parameters.positional_only,
            params=parameters.usual + parameters.keyword_only,
            vjp=vjp or {},
            jvp=jvp or {},
            kind=kind,
            shape=shape,
            dtype=dtype,
            takes={},
            flops=flops,
            made_samples=samples,
            tolerance={**DEFAULT_TOLERANCE, **(tolerance or {})},
            variadic=parameters.variable is not None,
            results=results,
            differentiable_results=differentiable_results,
            checks_first=checks_first,
            view=view,
            exact=exact or view,
            real_only=real_only,
            no_gradient=no_gradient or {},
            parameters=parameters,
            write_pull=pull_function,
        )
        if record.name in REGISTRY:
            raise ValueError(f"there is already an op called {record.name}")
        record.takes = _takes(record, takes)
        record.rule_needs = {name: arguments_of(rule) for name, rule in record.vjp.items()}
        record.saved_names = _saved_names(record)
        record.public = public = public_function(record, parameters)
        public.__name__, public.__qualname__ = compute.__name__, compute.__qualname__
        public.__module__, public.__doc__ = compute.__module__, documented(compute, _takes_text(record)).__doc__
        public.__defaults__, public.__kwdefaults__ = compute.__defaults__, compute.__kwdefaults__
        public.__annotations__ = {k: v for k, v in compute.__annotations__.items() if k != "backend"}
        public.__signature__ = parameters.signature  # type: ignore[attr-defined]
        public.__wrapped__ = compute  # type: ignore[attr-defined]
        public.op = record  # type: ignore[attr-defined]
        REGISTRY[record.name] = record
        return public

    return declare


def _takes(record: Op, takes: str | Mapping[str, str] | None) -> dict[str, str]:
    """Return the data types that each operand may have; a single name applies to the promoted operands."""
    usual = "floating" if record.dtype == "floating" else "any"
    named = dict.fromkeys(record.promoted, takes or usual) if takes is None or isinstance(takes, str) else takes
    if unknown := set(named) - set(record.operands):
        raise TypeError(f"takes of {record.name} names {', '.join(unknown)}, which is not an operand")
    return {x: named.get(x, usual if x in record.promoted else "any") for x in record.operands}


def _takes_text(record: Op) -> str:
    """Return what a docstring says about the data types of an op's first operand."""
    text = TAKES_TEXT.get(record.takes[record.operands[0]], "of any type")
    return f"{text}; integers become float32" if record.dtype == "floating" else text


def _saved_names(record: Op) -> tuple[str, ...]:
    """Return the names of the values that nodes of an op save; refuse rules that name anything else."""
    names = dict.fromkeys(name for needs in record.rule_needs.values() for name in needs)
    if record.kind == "linear":
        names |= dict.fromkeys(record.params)
    facts = {f"{operand}_{fact}" for operand in record.operands for fact in ("shape", "dtype")}
    known = {*record.operands, *record.params, *facts, "out"}
    for rule in record.jvp.values():
        if not set(arguments_of(rule)) <= {*names, *record.params, *facts}:
            raise TypeError(f"a jvp rule of {record.name} takes {arguments_of(rule)}; its vjp rules {tuple(names)}")
        names |= dict.fromkeys(arguments_of(rule))
    if unknown := set(names) - known:
        raise TypeError(f"a rule of {record.name} names {', '.join(unknown)}; it can name {', '.join(sorted(known))}")
    return tuple(names)
