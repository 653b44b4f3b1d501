"""The memory of a training step, predicted from steps with few samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..autodiff.backward import backward
from ..autodiff.graph import enable_grad
from ..autodiff.tree import leaves
from ..backend import DTypeLike
from ..nn import Module, functional_call
from ..ops.creation import zeros
from ..options import ShapeLike, checked
from ..options.kinds import kind_of, read
from ..random import default_generator
from ..tensor import Tensor
from .memory import Held, at_peak
from .recorder import profile
from .report import Profile

FEW, MORE = 2, 4
"""The numbers of samples of the two steps that are run. Batch normalisation takes no single sample."""


@dataclass
class Checkpoint:
    """A layer that could be recomputed in the backward pass, by `tensorlab.checkpoint`.

    Attributes
    ----------
    layer : str
        Its path.
    nbytes : int
        The bytes that are then not kept for the backward pass.
    flops : int
        The floating-point operations of computing it again.
    share : float
        These, as a share of those of the whole forward pass.
    """

    layer: str
    nbytes: int
    flops: int
    share: float


@dataclass
class MemoryPlan:
    """The memory of a training step.

    Attributes
    ----------
    parameters : int
        Bytes of the parameters and buffers; the gradients take as much as the parameters.
    saved : dict of str to int
        Bytes that are kept for the backward pass, by the layer that needs them, in the order of the forward pass.
    peak : int
        The most bytes that live at a time, with parameters, inputs and gradients.
    checkpoints : list of Checkpoint
        Layers that could be recomputed, those that save the most bytes per operation first.
    """

    parameters: int
    saved: dict[str, int]
    peak: int
    checkpoints: list[Checkpoint]

    def __str__(self) -> str:
        lines = [
            f"peak of a training step: {self.peak / 1e6:,.2f} MB",
            f"  parameters and buffers: {self.parameters / 1e6:,.2f} MB",
            f"  kept for the backward pass: {sum(self.saved.values()) / 1e6:,.2f} MB",
            *(f"    {layer or '(outside modules)'}: {octets / 1e6:,.3f} MB" for layer, octets in self.saved.items()),
            "checkpoints that would save most per operation:",
            *(
                f"    {one.layer}: {one.nbytes / 1e6:,.3f} MB less, for {one.share:.1%} more of the forward pass"
                for one in self.checkpoints[:5]
            ),
        ]
        return "\n".join(lines)


@checked
def memory_plan(model: Module, *input_shapes: ShapeLike, dtype: DTypeLike = None) -> MemoryPlan:
    """Predict the memory of a training step before it is run.

    A forward and a backward pass are run with two and with four samples of zeros; the sizes of their arrays grow with
    the number of samples in a straight line. The model, its gradients and the random generator stay as they are.

    Parameters
    ----------
    model : Module
        The model, in the mode that it is in.
    *input_shapes : tuple of int
        The shape of each input; the first axis of each is that of the samples.
    dtype : DType or str, optional
        The data type of the inputs; float32 by default.

    Returns
    -------
    MemoryPlan
        What arrays of operations take, without the working memory that an operation frees before it returns, and
        without the optimizer's.

    Raises
    ------
    ValueError
        If the shapes have no axis of samples, or different numbers of them.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(100, 200), tl.nn.Sigmoid(), tl.nn.Linear(200, 1))
    >>> plan = tl.profiling.memory_plan(model, (1000, 100))
    >>> plan.saved
    {'Sequential.1': 800000}
    >>> [one.layer for one in plan.checkpoints]
    []
    """
    read_shapes = [read("memory_plan", "input_shapes", kind_of(ShapeLike), shape) for shape in input_shapes]
    shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in read_shapes]
    samples = {shape[0] for shape in shapes if shape}
    if len(samples) != 1 or () in shapes:
        raise ValueError(f"memory_plan: input_shapes must begin with one number of samples, not {list(input_shapes)}")
    few, more = (_step(model, [(count, *shape[1:]) for shape in shapes], dtype) for count in (FEW, MORE))
    (count,) = samples
    return _plan(model, few, more, _scale(count))


def _scale(count: int) -> Any:
    """Return the function that extends a number of two steps to one with more samples."""
    return lambda few, more: round(few + (more - few) * (count - FEW) / (MORE - FEW))


def _step(model: Module, shapes: Sequence[tuple[int, ...]], dtype: DTypeLike) -> Profile:
    """Return the profile of a forward and a backward pass, after which nothing has changed."""
    device = next((parameter.device for parameter in model.parameters()), None)
    inputs = [zeros(shape, dtype=dtype, device=device) for shape in shapes]
    tensors: dict[str, Tensor] = {name: buffer.clone() for name, buffer in model.named_buffers()}
    for name, parameter in model.named_parameters():
        tensors[name] = parameter.detach().requires_grad_(parameter.requires_grad)
    drawn = default_generator.state_dict()
    try:
        with enable_grad(), profile() as found:
            results = [x for x in leaves(functional_call(model, tensors, tuple(inputs))) if isinstance(x, Tensor)]
            sums = [x.sum() for x in results if x.requires_grad and x.dtype.is_floating]
            for x in sums:
                backward(x, retain_graph=x is not sums[-1])
    finally:
        default_generator.load_state_dict(drawn)
    return found


def _plan(model: Module, few: Profile, more: Profile, scale: Any) -> MemoryPlan:
    if len(few.held) != len(more.held):
        raise ValueError("memory_plan: the model does something else for other numbers of samples")
    held = [
        Held(scale(a.nbytes, b.nbytes), a.event, a.born, a.died, a.saved_by)
        for a, b in zip(few.held, more.held, strict=True)
    ]
    saved = [held[number] for number in few.kept()]
    by_layer: dict[str, int] = {}
    for one in sorted(saved, key=lambda one: one.saved_by[0]):
        layer = few.events[one.saved_by[0]].layer
        by_layer[layer] = by_layer.get(layer, 0) + one.nbytes
    owned = [*model.parameters(), *model.buffers()]
    return MemoryPlan(
        sum(x.nbytes for x in owned),
        by_layer,
        sum(one.nbytes for one in at_peak(held)),
        _checkpoints(few, more, saved, scale),
    )


def _checkpoints(few: Profile, more: Profile, saved: Sequence[Held], scale: Any) -> list[Checkpoint]:
    """Return the layers inside the model of which recomputing would save memory."""
    forward = [
        (a.layer, scale(a.flops, b.flops))
        for a, b in zip(few.events, more.events, strict=True)
        if a.phase == "forward" and a.layer
    ]
    total = sum(flops for _, flops in forward) or 1
    paths = dict.fromkeys(prefix for layer, _ in forward for prefix in _prefixes(layer))
    found = []
    for path in paths:
        nbytes = sum(
            one.nbytes
            for one in saved
            if all(_is_inside(few.events[number].layer, path) for number in (one.event, *one.saved_by))
        )
        flops = sum(flops for layer, flops in forward if _is_inside(layer, path))
        if nbytes:
            found.append(Checkpoint(path, nbytes, flops, flops / total))
    return sorted(found, key=lambda one: (-one.nbytes / max(one.flops, 1), one.layer))


def _prefixes(layer: str) -> list[str]:
    """Return the paths of the layers that a layer is inside of and its own, without that of the whole model."""
    parts = layer.split(".")
    return [".".join(parts[:length]) for length in range(2, len(parts) + 1)]


def _is_inside(layer: str, path: str) -> bool:
    return layer == path or layer.startswith(f"{path}.")
