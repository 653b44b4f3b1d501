"""Update rules as CUDA kernels: all steps of a rule in one launch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tensorlab.backend.kernels.updates import (
    COMPARISONS,
    Number,
    Operands,
    Options,
    Program,
    Rule,
    UpdateKernels,
    Value,
    mapped,
    traced,
)

FORMULAS = {
    "abs": "fabs({0})",
    "add": "{0} + {1}",
    "divide": "{0} / {1}",
    "equal": "{0} == {1}",
    "exp": "exp({0})",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "log": "log({0})",
    # NaN passes through, as in the Array API standard; fmax and fmin would drop it.
    "maximum": "isnan({0}) || {0} > {1} ? {0} : {1}",
    "minimum": "isnan({0}) || {0} < {1} ? {0} : {1}",
    "multiply": "{0} * {1}",
    "negative": "-{0}",
    "not_equal": "{0} != {1}",
    "positive": "{0}",
    "pow": "pow({0}, {1})",
    "sign": "isnan({0}) ? {0} : C(({0} > 0) - ({0} < 0))",
    "sqrt": "sqrt({0})",
    "subtract": "{0} - {1}",
    "where": "{0} ? {1} : {2}",
}
"""The operations in C++; C is the type of the computation."""

TYPES = {"float16": ("__half", "float"), "float32": ("float", "float"), "float64": ("double", "double")}
"""For each data type, the C++ types of the elements and of the computation."""

KERNEL = r"""
{include}typedef {element} T;
typedef {computed} C;
extern "C" __global__ void tensorlab_update({parameters}) {{
    const long long first = blockIdx.x * (long long)blockDim.x + threadIdx.x, step = gridDim.x * (long long)blockDim.x;
    for (long long i = first; i < n; i += step) {{
        {body}
    }}
}}
"""

THREADS, MAX_BLOCKS = 256, 1 << 16


class Source(NamedTuple):
    """A kernel, and the arrays that it takes.

    The arguments of the kernel are the number of elements, the arrays, and the program's numbers.

    Attributes
    ----------
    text : str
        The CUDA source.
    arrays : tuple of int
        The operands that the kernel takes, in order.
    """

    text: str
    arrays: tuple[int, ...]


@lru_cache(maxsize=256)
def source_of(program: Program, dtype: str, single: frozenset[int] = frozenset()) -> Source:
    """Return the kernel of a program for a data type; `single` operands are 0-d arrays.

    The computation and the program's numbers have the type C.
    """

    def name(operand: Value | Number) -> str:
        return f"n{operand.index}" if isinstance(operand, Number) else f"v{operand}"

    lines = []
    for number, step in enumerate(program.steps, program.operands):
        kind = "bool" if step.name in COMPARISONS.values() else "C"
        lines.append(f"const {kind} v{number} = {FORMULAS[step.name].format(*map(name, step.operands))};")
    read = [x for x in sorted(program.uses()) if x < program.operands]
    arrays = sorted({*read, *program.results})
    if not single.isdisjoint(program.results):
        raise ValueError("an update rule cannot change a 0-d array, which all elements share")
    loads = [f"const C v{x} = C(a{x}[{0 if x in single else 'i'}]);" for x in read]
    stores = [f"a{operand}[i] = T(v{value});" for operand, value in program.results.items()]
    pointers = [f"{'' if x in program.results else 'const '}T* a{x}" for x in arrays]
    element, computed = TYPES[dtype]
    text = KERNEL.format(
        include="#include <cuda_fp16.h>\n" if element == "__half" else "",
        element=element,
        computed=computed,
        parameters=", ".join(["long long n", *pointers, *(f"C n{i}" for i in range(len(program.numbers)))]),
        body="\n        ".join([*loads, *lines, *stores]),
    )
    return Source(text, tuple(arrays))


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    import cupy

    return cupy.RawKernel(text, "tensorlab_update", options=("-std=c++17",))


class FusedUpdateKernels(UpdateKernels):
    """Optimizer updates, with one launch per bundle."""

    def update(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        """Update arrays in place; gradients assigned by the user may not be contiguous."""
        import cupy

        batch = [(param, cupy.ascontiguousarray(grad), *state) for param, grad, *state in batch]
        super().update(rule, batch, options)

    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            param = operands[0]
            if param.size:
                program = traced(rule, tuple([x is not None for x in operands]), options)
                single = frozenset([i for i, x in enumerate(operands) if x is not None and not x.ndim])
                self._launch(source_of(program, str(param.dtype), single), operands, program.numbers)

    def _launch(self, source: Source, operands: Operands, numbers: tuple[float, ...]) -> None:
        import cupy

        param = operands[0]
        number = cupy.float64 if param.dtype == cupy.float64 else cupy.float32
        arguments = [
            cupy.int64(param.size),
            *(operands[x] for x in source.arrays),
            *map(number, numbers),
        ]
        blocks = min(-(-param.size // THREADS), MAX_BLOCKS)
        with param.device:
            _compiled(source.text)((blocks,), (THREADS,), tuple(arguments))

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        self._update_real(rule, [mapped(operands, lambda x: x.view(x.real.dtype)) for operands in batch], options)
