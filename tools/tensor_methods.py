"""Write `tensorlab/tensor_methods.pyi`: the operators, methods and properties that tensors get, for type checkers.

They are the public ops with a tensor in the first place, so their parameters are read from the ops; `tools/docs.py`
keeps the file up to date.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any, get_type_hints

HEAD = '''
"""The operators, methods and properties of tensors; `make docs` writes this file from tensorlab/ops/methods.py."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from types import EllipsisType
from typing import Any, Literal, Self

from numpy.typing import NDArray

from .backend import Device, DType
from .hooks import RemovableHandle
from .ops.sorting import Chosen
from .tensor import Tensor

Operand = Tensor | NDArray[Any] | complex

class TensorMethods:
'''


class Plain(ast.NodeTransformer):
    """An annotation as a stub writes it: names without modules, unions with ``|``, tensors for the type variable."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Name(node.attr)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:  # ~ArrayT
        return ast.Name("Tensor")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        # Tensors have methods called int, float and bool, which hide the types inside the class.
        hidden = f"builtins.{node.id}" if node.id in ("bool", "float", "int") else node.id
        return ast.Name("None" if node.id == "NoneType" else hidden)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        plain = self.generic_visit(node)
        assert isinstance(plain, ast.Subscript)
        name = plain.value.id if isinstance(plain.value, ast.Name) else ""
        if name not in ("Union", "Optional"):
            return plain
        parts = list(plain.slice.elts) if isinstance(plain.slice, ast.Tuple) else [plain.slice]
        parts += [ast.Constant(None)] if name == "Optional" else []
        union = parts[0]
        for part in parts[1:]:
            union = ast.BinOp(union, ast.BitOr(), part)
        return union


def annotation(hint: Any) -> str:
    """Write a type."""
    written = inspect.formatannotation(hint) if hint is not None else "None"
    return ast.unparse(Plain().visit(ast.parse(written, mode="eval")))


def method(name: str, function: Callable[..., Any], **changed: str) -> str:
    """Write a method: the function's signature with `self` for its first parameter."""
    hints = get_type_hints(function)
    signature = inspect.signature(function)
    (first, *others) = signature.parameters.values()
    written, keyword_only = ["self", "/"] if first.kind is first.POSITIONAL_ONLY else ["self"], False
    for p in others:
        if p.kind is p.POSITIONAL_ONLY and written[-1] == "/":
            written.pop()
        if p.kind is p.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            written.append("*")
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        keyword_only |= bool(star)
        default = "" if p.default is p.empty else f" = {p.default!r}"
        written.append(f"{star}{p.name}: {changed.get(p.name) or annotation(hints.get(p.name, Any))}{default}")
        if p.kind is p.POSITIONAL_ONLY:
            written.append("/")
    if written == ["self", "/"]:
        written.pop()
    result = changed.get("returns") or annotation(hints.get("return", Any))
    summary = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    text = f'\n        """{summary}"""' if summary and not name.startswith("__") else " ..."
    return f"    def {name}({', '.join(written)}) -> {result}:{text}\n"


def operator(name: str, operands: str, result: str) -> str:
    """Write an operator's special method."""
    return f"    def __{name}__(self{operands}) -> {result}: ...\n"


def stub() -> str:
    """Return the text of the file."""
    from tensorlab.ops import methods

    parts = [HEAD]
    for name in methods.BINARY:
        parts += [operator(name, ", other: Operand", "Tensor"), operator(f"r{name}", ", other: Operand", "Tensor")]
        parts.append(operator(f"i{name}", ", other: Operand", "Self"))
    for name in methods.COMPARISONS:
        other = "object" if name in ("eq", "ne") else "Operand"
        ignored = "  # type: ignore[override]" if other == "object" else ""
        parts.append(operator(name, f", other: {other}", "Tensor").rstrip() + f"{ignored}\n")
    parts += [operator(name, "", "Tensor") for name in methods.UNARY]
    parts += [f"    @property\n{method(name, getter)}" for name, getter in methods.PROPERTIES.items()]
    for name, function in sorted({**methods.METHODS, **methods.OWN_METHODS}.items()):
        parts.append(method(name, function))
    written = "".join(parts).lstrip()
    for command in (["check", "--fix", "--exit-zero", "--quiet", "--select", "F401,I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", "tensorlab/tensor_methods.pyi", "-"]
        written = subprocess.run(ruff, input=written, capture_output=True, text=True, check=True).stdout
    return written
