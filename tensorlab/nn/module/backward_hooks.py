"""Hooks on a module's backward pass: inputs and outputs pass through a node of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...autodiff.backward import conjugated
from ...autodiff.graph import attach_results, current_mode
from ...tensor import Tensor

Gradients = tuple[Any, ...]


class HookPoint:
    """The op of a node that leaves values unchanged and passes their gradients through a function."""

    name = "backward_hook"
    differentiable_results = None

    def __init__(self, passing: Callable[[Gradients], Gradients]) -> None:
        self._passing = passing

    def pull(self, g: Sequence[Any], saved: tuple[Any, ...], parents: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the gradients that the function returns: arrays for arrays, tensors for tensors."""
        as_tensors = any(isinstance(part, Tensor) for part in g)
        returned = self._passing(tuple(None if part is None else conjugated(as_tensor(part)) for part in g))
        parts = [None if part is None else conjugated(part) for part in returned]
        return tuple(part if as_tensors or part is None else part._array for part in parts)

    @staticmethod
    def push(tangents: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the tangents: forward mode calls no hooks."""
        return tangents

    @staticmethod
    def saved_arrays(node: Any, saved: tuple[Any, ...]) -> list[Any]:
        return []

    @staticmethod
    def saved_tensors(node: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        return saved


def as_tensor(part: Any) -> Tensor:
    """Return a cotangent of a sweep, an array or a tensor, as a tensor."""
    return part if isinstance(part, Tensor) else Tensor(part)


class BackwardWatch:
    """Follows one call of a module and calls its backward hooks during the backward pass.

    Parameters
    ----------
    module : Module
        The module, which the hooks are called with.
    before : sequence of callable
        Called with (module, grad_output) when the pass reaches the outputs.
    after : sequence of callable
        Called with (module, grad_input, grad_output) when it has reached the inputs.
    """

    def __init__(self, module: object, before: Sequence[Any], after: Sequence[Any]) -> None:
        self._module, self._before, self._after = module, before, after
        self._inputs, self._follows_inputs = 0, False
        self._grad_output: Gradients = ()

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments, whose gradients are now followed."""
        self._inputs = len(args)
        if not self._after:
            return args
        followed, self._follows_inputs = _followed(args, self._reach_inputs)
        return followed

    def left(self, output: Any) -> Any:
        """Return the output, whose gradient is now followed."""
        outputs, _ = _followed(output if isinstance(output, tuple) else (output,), self._reach_outputs)
        if not isinstance(output, tuple):
            return outputs[0]
        return type(output)(*outputs) if hasattr(output, "_fields") else outputs

    def _reach_outputs(self, grad_output: Gradients) -> Gradients:
        for hook in self._before:
            grad_output = _replaced(grad_output, hook(self._module, grad_output), "grad_output")
        self._grad_output = grad_output
        if not self._follows_inputs:
            nothing = (None,) * self._inputs
            for hook in self._after:
                if hook(self._module, nothing, grad_output) is not None:
                    raise RuntimeError(
                        "a backward hook returned gradients for inputs of which none requires a gradient"
                    )
        return grad_output

    def _reach_inputs(self, grad_input: Gradients) -> Gradients:
        for hook in self._after:
            grad_input = _replaced(grad_input, hook(self._module, grad_input, self._grad_output), "grad_input")
        return grad_input


def _replaced(gradients: Gradients, returned: Any, name: str) -> Gradients:
    """Return the gradients, or their replacement where a hook returned one."""
    if returned is None:
        return gradients
    found = returned if isinstance(returned, tuple) else (returned,)
    if len(found) != len(gradients):
        raise RuntimeError(f"a backward hook returned {len(found)} gradients for the {len(gradients)} of {name}")
    for new, old in zip(found, gradients, strict=True):
        if new is not None and (not isinstance(new, Tensor) or (old is not None and new.shape != old.shape)):
            what = f"a tensor of shape {new.shape}" if isinstance(new, Tensor) else type(new).__name__
            expected = "None" if old is None else f"a tensor of shape {old.shape}"
            raise RuntimeError(f"a backward hook returned {what} in {name} where {expected} was expected")
    return found


def _followed(values: tuple[Any, ...], passing: Callable[[Gradients], Gradients]) -> tuple[tuple[Any, ...], bool]:
    """Pass the tensors among `values` that require gradients through a `HookPoint`; say whether there are any."""
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x._node is not None]
    if not places or not current_mode.get().recording:
        return values, False

    def spread_out(gradients: Gradients) -> Gradients:
        all_gradients: list[Any] = [None] * len(values)
        for place, gradient in zip(places, gradients, strict=True):
            all_gradients[place] = gradient
        found = passing(tuple(all_gradients))
        return tuple(found[place] for place in places)

    results = tuple(values[place].detach() for place in places)
    attach_results(HookPoint(spread_out), results, tuple(values[place]._node for place in places), ())
    replaced = list(values)
    for place, result in zip(places, results, strict=True):
        replaced[place] = result
    return tuple(replaced), True
