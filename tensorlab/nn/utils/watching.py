"""Layers of a network by their path, and what they return while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...autodiff.tree import leaves
from ...tensor import Tensor
from ..module.module import Module


def layer_at(model: Module, path: str) -> Module:
    """Return the layer at a path.

    Raises
    ------
    AttributeError
        If there is none; the message names the layer rather than a target.
    """
    try:
        return model.get_submodule(path)
    except AttributeError as error:
        message = str(error).removeprefix("get_submodule: target ")
        raise AttributeError(f"layer {message}") from None


@contextmanager
def output_of(model: Module, layer: str | None) -> Iterator[list[Any]]:
    """Collect the outputs of a layer in a list, which stays empty without a layer."""
    outputs: list[Any] = []
    if layer is None:
        yield outputs
        return
    with layer_at(model, layer).register_forward_hook(lambda module, args, output: outputs.append(output)):
        yield outputs


def the_output(model: Module, layer: str | None, outputs: list[Any], returned: Any) -> Tensor:
    """Return the one tensor that a layer, or without a layer the model, has returned.

    Raises
    ------
    ValueError
        If the layer was not called once, or there is not one tensor.
    """
    if layer is not None:
        require_one_call(layer, len(outputs))
    found = [x for x in leaves(returned if layer is None else outputs[0]) if isinstance(x, Tensor)]
    if len(found) != 1:
        raise ValueError(f"{named_output(model, layer)} has {len(found)} tensors; it must be one")
    return found[0]


def require_one_call(layer: str, calls: int) -> None:
    """Raise an error unless a layer was called once."""
    if calls != 1:
        raise ValueError(f"layer {layer!r} is called {calls} times; it must be called once")


def named_output(model: Module, layer: str | None) -> str:
    """Return what errors call the output of a layer, or of the model."""
    return f"the output of {type(model).__name__}" if layer is None else f"the output of layer {layer!r}"
