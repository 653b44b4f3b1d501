"""A table of a network: output shapes, parameters and operations of each module inside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from ...autodiff import Op
from ...autodiff.graph import no_grad, watched
from ...autodiff.tree import leaves
from ...backend import DTypeLike
from ...ops.creation import zeros
from ...options import ShapeLike
from ...options.kinds import kind_of, read


@dataclass
class Row:
    """One module: its path, its last output, and its own parameters and operations without those of modules inside.

    Attributes
    ----------
    path : str
        Dotted; empty for the whole network.
    kind : str
        The module's class.
    output_shapes : list of tuple of int
        Shapes of the tensors in its last output; empty if it was not called.
    parameters : int
        Number of elements of its own parameters, without those counted in an earlier row.
    flops : int
        Floating-point operations of all its calls.
    """

    path: str
    kind: str
    output_shapes: list[tuple[int, ...]] = field(default_factory=list)
    parameters: int = 0
    flops: int = 0


@dataclass
class Summary:
    """The rows of a network's modules, outer ones first; ``str`` returns the table.

    Examples
    --------
    >>> print(tl.nn.Sequential(tl.nn.Linear(4, 2), tl.nn.ReLU()).summary((1, 4)))
    Module        Output   Parameters   FLOPs
    Sequential    (1, 2)
      0: Linear   (1, 2)           10      18
      1: ReLU     (1, 2)                    2
    Total                          10      20
    """

    rows: list[Row]

    @property
    def parameters(self) -> int:
        """The number of all parameters' elements."""
        return sum(row.parameters for row in self.rows)

    @property
    def flops(self) -> int:
        """Floating-point operations of one forward pass."""
        return sum(row.flops for row in self.rows)

    def __str__(self) -> str:
        table = [("Module", "Output", "Parameters", "FLOPs")]
        table += [
            (_label(row), _listed(row.output_shapes), _count(row.parameters), _count(row.flops)) for row in self.rows
        ]
        table.append(("Total", "", f"{self.parameters:,}", f"{self.flops:,}"))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            f"{cells[0]:<{widths[0]}}   {cells[1]:<{widths[1]}}   {cells[2]:>{widths[2]}}   "
            f"{cells[3]:>{widths[3]}}".rstrip()
            for cells in table
        )

    __repr__ = __str__


def _label(row: Row) -> str:
    if not row.path:
        return row.kind
    return f"{'  ' * (row.path.count('.') + 1)}{row.path.rpartition('.')[2]}: {row.kind}"


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes))


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


class Watcher:
    """Counts the operations of a forward pass for the innermost module that runs."""

    def __init__(self, module: Any) -> None:
        self.rows = {inner: Row(path, type(inner).__name__) for path, inner in module.named_modules()}
        self.running: list[Row] = []
        seen: set[Any] = set()
        for inner, row in self.rows.items():
            own = [parameter for parameter in inner.parameters(recurse=False) if parameter not in seen]
            row.parameters = sum(parameter.nelement() for parameter in own)
            seen.update(own)

    def enter(self, module: Any, args: tuple[Any, ...]) -> None:
        """Note that a module has begun to run."""
        self.running.append(self.rows[module])

    def leave(self, module: Any, args: tuple[Any, ...], output: Any) -> None:
        """Note the shapes of a module's output."""
        self.running.pop().output_shapes = [tuple(x.shape) for x in leaves(output) if hasattr(x, "shape")]

    def count(self, op: Op, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Add the floating-point operations of one call of an op; a view costs none."""
        if op.view:
            return
        shapes = [tuple(getattr(operand, "shape", ())) for operand in operands if operand is not None]
        out = [part.shape for part in result] if isinstance(result, tuple) else result.shape
        self.running[-1].flops += op.flops(shapes, out, params)


def summarize(module: Any, input_shapes: Sequence[Sequence[int]], dtype: DTypeLike = None) -> Summary:
    """Run a module on zeros, in evaluation mode, and record what it does; see `Module.summary`."""
    watcher = Watcher(module)
    device = next((parameter.device for parameter in module.parameters()), None)
    shapes = [read("summary", "input_shapes", kind_of(ShapeLike), shape) for shape in input_shapes]
    inputs = [zeros(shape, dtype=dtype, device=device) for shape in shapes]
    with ExitStack() as stack:
        for inner in watcher.rows:
            stack.callback(setattr, inner, "training", inner.training)
            inner.training = False
            stack.enter_context(inner.register_forward_pre_hook(watcher.enter))
            stack.enter_context(inner.register_forward_hook(watcher.leave))
        stack.enter_context(no_grad())
        stack.enter_context(watched(watcher.count))
        module(*inputs)
    return Summary(list(watcher.rows.values()))
