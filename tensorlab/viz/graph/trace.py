"""One call of a model, followed: which layers and operations ran, and whose outputs each of them took."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal

from ...autodiff.graph import enable_grad, watched
from ...autodiff.record import Op
from ...autodiff.tree import leaves, mapped
from ...nn import Module, Parameter
from ...nn.utils.evaluation import evaluating
from ...tensor import Tensor

LAYERS = "tensorlab.nn.layers."
"""Where the library's layers are, which are boxes even if they have modules inside."""

OPENED = ("tensorlab.nn.layers.transformer", "tensorlab.nn.layers.transformer_layers")
"""Those of them that are networks, and of which the inside is shown."""

NAMES = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matmul": "@", "concat_arrays": "concat"}
"""What operations are called in a picture, where that is not their name."""

Shape = tuple[int, ...]


@dataclass(eq=False)
class Box:
    """One call of a layer, an operation between layers, an input or an output.

    Attributes
    ----------
    kind : {"input", "layer", "op", "output"}
        What it is.
    label : str
        The layer's class, the operation, or the name of the input.
    path : str
        The dotted path of a layer.
    shapes : list of tuple of int
        Shapes of its results.
    parameters : int
        Number of elements of its parameters, without those that an earlier box has.
    sources : list of Box
        The boxes whose results it takes, each once.
    """

    kind: Literal["input", "layer", "op", "output"]
    label: str
    path: str = ""
    shapes: list[Shape] = field(default_factory=list)
    parameters: int = 0
    sources: list[Box] = field(default_factory=list)


@dataclass
class _Origin:
    """Where the contents of a tensor come from; the tensor is kept, so that its id stays its own."""

    tensor: Tensor
    array: Any
    boxes: tuple[Box, ...]


class Tracer:
    """Follows the call of a model: an observer of operations, and hooks of modules."""

    def __init__(self, model: Module, depth: int | None) -> None:
        self.model = model
        self.boxes: list[Box] = []
        self.paths = {module: path for path, module in model.named_modules()}
        self.shown = {module for module, path in self.paths.items() if _is_box(module, path, depth)}
        self._inside = 0
        """How many boxes the call is inside of; operations in there are not shown."""
        self._by_tensor: dict[int, _Origin] = {}
        self._by_array: dict[int, _Origin] = {}
        self._counted: set[Any] = set()

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call the model in evaluation mode and follow what it does."""
        args, kwargs = mapped(_recorded, (args, kwargs))
        self._add_inputs(args, kwargs)
        with ExitStack() as stack:
            stack.enter_context(evaluating(self.model))
            for module in self.shown:
                stack.enter_context(module.register_forward_pre_hook(self._enter, prepend=True))
                stack.enter_context(module.register_forward_hook(self._leave, with_kwargs=True))
            stack.enter_context(enable_grad())  # so that writing in place is recorded as an operation
            stack.enter_context(watched(self._note))
            output = self.model(*args, **kwargs)
        results = list(_tensors(output))
        for number, x in enumerate(results):
            label = "output" if len(results) == 1 else f"output {number}"
            self.boxes.append(Box("output", label, shapes=[x.shape], sources=list(self._origins(x))))

    def _add_inputs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = signature(self.model.forward).bind(*args, **kwargs).arguments
        for name, value in given.items():
            tensors = list(_tensors(value))
            for number, x in enumerate(tensors):
                label = name if len(tensors) == 1 else f"{name}[{number}]"
                self._add(Box("input", label, shapes=[x.shape]), [x])

    def _enter(self, module: Module, args: tuple[Any, ...]) -> None:
        self._inside += 1

    def _leave(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        """Add the box of a layer; its results are new objects, as a layer may return its argument."""
        self._inside -= 1
        if self._inside:
            return None
        output = mapped(lambda x: x.__copy__() if isinstance(x, Tensor) else x, output)
        results = list(_tensors(output))
        box = Box(
            "layer",
            type(module).__name__.removeprefix("Parametrized"),
            self.paths[module],
            [x.shape for x in results],
            self._count(module.parameters()),
            self._sources((args, kwargs)),
        )
        self._add(box, results)
        return output

    def _note(self, op: Op, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Add the box of an operation between layers; views, and writing, hand on where their operands come from."""
        if self._inside:
            return
        results = list(_tensors(result))
        sources = self._sources(operands)
        if op.name == "replace_index":
            whole = params.get("index") is Ellipsis
            self._remember(results, self._sources(operands[1:]) if whole else sources)
        elif op.view:
            self._remember(results, sources)
        elif sources:
            used = [operand for operand in operands if isinstance(operand, Parameter)]
            label = NAMES.get(op.name, op.name.replace("_", " "))
            self._add(Box("op", label, "", [x.shape for x in results], self._count(used), sources), results)

    def _add(self, box: Box, results: list[Tensor]) -> None:
        self.boxes.append(box)
        self._remember(results, [box])

    def _remember(self, results: Iterable[Tensor], boxes: Iterable[Box]) -> None:
        for x in results:
            origin = _Origin(x, x.array, tuple(boxes))
            self._by_tensor[id(x)] = self._by_array[id(x.array)] = origin

    def _sources(self, tree: Any) -> list[Box]:
        return list(dict.fromkeys(box for x in _tensors(tree) for box in self._origins(x)))

    def _origins(self, x: Tensor) -> tuple[Box, ...]:
        """Return the boxes that a tensor comes from; one that was written into has the array of another."""
        found = self._by_tensor.get(id(x))
        if found is None or found.array is not x.array:
            found = self._by_array.get(id(x.array))
        return found.boxes if found is not None else ()

    def _count(self, parameters: Iterable[Any]) -> int:
        new = [parameter for parameter in parameters if parameter not in self._counted]
        self._counted.update(new)
        return sum(parameter.nelement() for parameter in new)


def _is_box(module: Module, path: str, depth: int | None) -> bool:
    """Whether a module is shown as one box, or what it does inside is; the model itself is if it is a layer."""
    homes = [base.__module__ for base in type(module).__mro__]
    if any(home.startswith(LAYERS) for home in homes) and not any(home in OPENED for home in homes):
        return True
    if not path:
        return False
    return not any(True for _ in module.children()) or (depth is not None and path.count(".") + 1 >= depth)


def _tensors(tree: Any) -> Iterable[Tensor]:
    return (x for x in leaves(tree) if isinstance(x, Tensor))


def _recorded(x: Any) -> Any:
    """Return a floating-point tensor as one that was computed, so that operations on it are recorded."""
    if not isinstance(x, Tensor) or not x.dtype.is_floating:
        return x
    return x.detach().requires_grad_().clone()
