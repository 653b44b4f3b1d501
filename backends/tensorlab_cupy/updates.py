"""Update rules as CUDA kernels: all steps of a rule in one launch, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tensorlab.backend.updates import Operands, Options, Place, Program, Rule, UpdateKernels, copied, is_place, traced

FORMULAS = {
    "abs": "fabs({0})",
    "add": "{0} + {1}",
    "divide": "{0} / {1}",
    "exp": "exp({0})",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    # NaN passes through, as in the Array API standard; fmax and fmin would drop it.
    "maximum": "isnan({0}) || {0} > {1} ? {0} : {1}",
    "minimum": "isnan({0}) || {0} < {1} ? {0} : {1}",
    "multiply": "{0} * {1}",
    "negative": "-{0}",
    "positive": "{0}",
    "sign": "isnan({0}) ? {0} : C(({0} > 0) - ({0} < 0))",
    "sqrt": "sqrt({0})",
    "subtract": "{0} - {1}",
    "where": "{0} ? {1} : {2}",
}
"""What each operation is in C++; C is the type that is computed in."""

COMPARISONS = ("greater", "greater_equal", "less", "less_equal")

COMPUTED_IN = {"float16": "float", "float32": "float", "float64": "double"}


class Source(NamedTuple):
    """A kernel for ``cupy.ElementwiseKernel``, and the numbers that it is called with.

    Attributes
    ----------
    inputs, outputs, body : str
        The declarations of what is only read, of what is written, and the statements.
    read, written : tuple of int
        Which operands these are, in order.
    numbers : tuple of float
        Arguments behind the operands that are only read.
    """

    inputs: str
    outputs: str
    body: str
    read: tuple[int, ...]
    written: tuple[int, ...]
    numbers: tuple[float, ...]


def source_of(program: Program, computed_in: str) -> Source:
    """Write the kernel of a program; equal programs with other numbers have equal texts."""
    numbers: list[float] = []

    def name(operand: Place | float) -> str:
        if is_place(operand):
            return f"v{operand}"
        numbers.append(operand)
        return f"n{len(numbers) - 1}"

    lines = []
    for number, step in enumerate(program.steps, program.operands):
        kind = "bool" if step.name in COMPARISONS else "C"
        lines.append(f"const {kind} v{number} = {FORMULAS[step.name].format(*map(name, step.operands))};")
    written = tuple(program.results)
    used: set[int] = {x for step in program.steps for x in step.operands if is_place(x)} | set(program.results.values())
    used = {x for x in used if x < program.operands}
    read = tuple(sorted(used - set(written)))
    loads = [f"const C v{x} = C(a{x});" for x in sorted(used)]
    casts = [f"const C n{i} = C(p{i});" for i in range(len(numbers))]
    stores = [f"a{place} = T(v{value});" for place, value in program.results.items()]
    body = "\n".join([f"typedef {computed_in} C;", *loads, *casts, *lines, *stores])
    inputs = ", ".join([*(f"T a{x}" for x in read), *(f"float64 p{i}" for i in range(len(numbers)))])
    outputs = ", ".join(f"T a{x}" for x in written)
    return Source(inputs, outputs, body, read, written, tuple(numbers))


@lru_cache(maxsize=64)  # the bundles of one step share it
def written_for(rule: Rule, present: tuple[bool, ...], options: Options, dtype: str) -> Source:
    """Return the kernel of a rule; see `traced`."""
    return source_of(traced(rule, present, options), COMPUTED_IN[dtype])


@lru_cache(maxsize=256)
def _compiled(inputs: str, outputs: str, body: str) -> Any:
    import cupy

    return cupy.ElementwiseKernel(inputs, outputs, body, "tensorlab_update")


class FusedUpdateKernels(UpdateKernels):
    """Optimizer updates in one launch for each bundle."""

    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            source = written_for(rule, tuple([x is not None for x in operands]), options, str(operands[0].dtype))
            kernel = _compiled(source.inputs, source.outputs, source.body)
            kernel(*[operands[x] for x in source.read], *source.numbers, *[operands[x] for x in source.written])

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        self._update_real(rule, [copied(operands, lambda x: x.view(x.real.dtype)) for operands in batch], options)
