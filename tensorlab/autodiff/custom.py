"""Custom gradients, and checkpoints, which recompute values instead of saving them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from ..backend import dtypes
from ..options import checked
from ..tensor import Tensor
from .backward import conjugated
from .graph import Node, attach_results, current_mode, next_serial, no_grad, recording, watched
from .tree import as_tensor

P = ParamSpec("P")
R = TypeVar("R")


class CustomOp:
    """The op of one call of a function decorated with `custom_gradient`."""

    results = 2
    differentiable_results = None

    def __init__(self, function: Callable[..., Any], gradient: Callable[..., Any], results: Sequence[Tensor]) -> None:
        self.name = getattr(function, "__name__", "custom function")
        self._function, self._gradient = function, gradient
        # The cotangents of results that are not used.
        self.zeros = [
            partial(x.backend.xp.zeros, x.shape, dtype=x._array.dtype, device=x._array.device) for x in results
        ]

    def pull(self, g: Any, saved: tuple[Any, ...], parents: tuple[Any, ...]) -> tuple[Any, ...]:
        """Call the user's gradient function, with PyTorch's convention for complex cotangents."""
        given = g if isinstance(g, tuple | list) else (g,)
        as_tensors = any(isinstance(c, Tensor) for c in given)
        cotangents = [as_tensor(zeros() if c is None else c) for c, zeros in zip(given, self.zeros, strict=True)]
        # For higher derivatives the function is run again, so that its gradient is connected to the operands.
        gradient = self._function(*saved)[1] if as_tensors else self._gradient
        with recording(as_tensors):
            parts = gradient(*map(conjugated, cotangents))
        parts = parts if isinstance(parts, tuple | list) else (parts,)
        if len(parts) != len(saved):
            raise ValueError(f"the gradient of {self.name} returned {len(parts)} cotangents for {len(saved)} operands")
        pulled = [
            None if part is None or parent is None else self._part(part, operand)
            for part, operand, parent in zip(parts, saved, parents, strict=True)
        ]
        return tuple(part if as_tensors or part is None else part._array for part in pulled)

    def _part(self, part: Any, operand: Tensor) -> Tensor:
        """Return an operand's cotangent as a tensor of the operand's shape."""
        if type(part) in dtypes.DEFAULT_OF_PYTHON:
            part = operand.backend.asarray(part, dtype=operand._array.dtype)
        part = conjugated(as_tensor(part))
        if part.shape != operand.shape:
            raise ValueError(f"the gradient of {self.name} has shape {part.shape} for an operand of {operand.shape}")
        return part

    @staticmethod
    def saved_arrays(node: Node, saved: tuple[Any, ...]) -> list[Any]:
        return [(x.backend, x._array) for x in saved if isinstance(x, Tensor)]

    @staticmethod
    def saved_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        found = []
        for x, parent in zip(saved, node.parents, strict=True):
            if isinstance(x, Tensor):
                x = x.detach()
                x._node = parent
            found.append(x)
        return tuple(found)


@checked
def custom_gradient(function: Callable[P, tuple[R, Any]]) -> Callable[P, R]:
    """Decorate a function that defines its own gradient.

    Parameters
    ----------
    function : callable
        Takes tensors and returns ``(result, gradient)``, where ``gradient(g)`` takes the cotangent of the result (or
        one cotangent per result) and returns one for each argument, None where there is none. If the gradient is
        computed with tensorlab's operations, it can be differentiated in turn.

    Returns
    -------
    callable
        Takes the same arguments and returns only the result.

    Examples
    --------
    >>> import tensorlab as tl
    >>> @tl.custom_gradient
    ... def straight_through(x):
    ...     return tl.round(x), lambda g: g
    >>> tl.grad(lambda x: straight_through(x).sum())(tl.tensor([0.4, 0.6]))
    tensor([1., 1.])
    """
    compute: Callable[..., tuple[Any, Any]] = function

    @wraps(compute)
    def call(*operands: Any) -> Any:
        detached = [x.detach() if isinstance(x, Tensor) else x for x in operands]
        with no_grad():
            pair = compute(*detached)
        if not isinstance(pair, tuple) or len(pair) != 2:
            name = getattr(compute, "__name__", "function")
            raise TypeError(
                f"custom_gradient: {name} must return a pair of its result and gradient, not {type(pair).__name__}"
            )
        result, gradient = pair
        parents = tuple(x._node if isinstance(x, Tensor) else None for x in operands)
        if not current_mode.get().recording or all(parent is None for parent in parents):
            return result
        op = CustomOp(compute, gradient, result if isinstance(result, tuple) else (result,))
        if isinstance(result, tuple):
            results = tuple(x.detach() for x in result)
            attach_results(op, results, parents, tuple(detached))
            return results
        result = result.detach()
        node = result._node = Node()
        node.op, node.parents, node.saved = op, parents, tuple(detached)
        node.shape, node.serial = result.shape, next_serial()
        return result

    wrapped: Any = call
    return wrapped


REPLAYED_STATES: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
"""Getters and setters of state that is restored when a checkpoint runs again, such as that of random generators."""


class _Recomputation:
    """Runs a function again to recompute what the nodes of its first run would have saved."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self._call = function, args, kwargs
        self._states = [get() for get, _ in REPLAYED_STATES]
        self._saved: list[Any] = []

    def run(self) -> tuple[Any, list[Node]]:
        """Run the function and return its result, and the recorded nodes in the order of their creation."""
        nodes: list[Node] = []

        def collect(op: Any, operands: Any, params: Any, result: Any) -> None:
            node = (result[0] if isinstance(result, tuple) else result)._node
            if node is not None:
                nodes.append(node.parents[0] if isinstance(result, tuple) else node)

        function, args, kwargs = self._call
        with watched(collect):
            return function(*args, **kwargs), nodes

    def forget(self, nodes: Sequence[Node]) -> None:
        """Drop what the nodes of the first run saved; only the names of their ops are kept."""
        self._names = [node.op.name for node in nodes]
        for position, node in enumerate(nodes):
            node.saved = _Recomputable(self, position)

    def take(self, position: int) -> Any:
        """Return what the node at `position` saved; run the function again at the first request."""
        if not self._saved or self._saved[position] is None:
            self._saved = self._run_again()
        saved, self._saved[position] = self._saved[position], None
        return saved

    def _run_again(self) -> list[Any]:
        now = [get() for get, _ in REPLAYED_STATES]
        try:
            for (_, put), state in zip(REPLAYED_STATES, self._states, strict=True):
                put(state)
            with recording(True):
                nodes = self.run()[1]
        finally:
            for (_, put), state in zip(REPLAYED_STATES, now, strict=True):
                put(state)
        names = [node.op.name for node in nodes]
        if names != self._names:
            raise RuntimeError(
                f"a checkpointed function must compute the same when it is run again; the first run recorded "
                f"{self._names}, the second {names}"
            )
        return [node.saved for node in nodes]


class _Recomputable:
    """Replaces the saved values of a node inside a checkpoint, and recomputes them."""

    def __init__(self, recomputation: _Recomputation, position: int) -> None:
        self._recomputation, self._position = recomputation, position

    def restore(self) -> Any:
        return self._recomputation.take(self._position)


@checked
def checkpoint(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that saves only its inputs for the backward pass, which runs the function again.

    This trades time (a second forward run) for memory (Chen et al., "Training deep nets with sublinear memory cost",
    2016). The second run draws the same random numbers, after which the generator continues where it was, also after an
    error. Only an interrupt (Ctrl-C) at the moment when its state is restored can leave it where the second run ended.
    State that the function changes, such as the running statistics of batch normalisation, is changed twice. Tensors
    that the function closes over, such as the parameters of a module, receive gradients as usual.

    Parameters
    ----------
    function : callable
        A function of tensors, which must compute the same both times.

    Returns
    -------
    callable
        The same function, checkpointed.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.tensor(2.0, requires_grad=True)
    >>> tl.checkpoint(lambda x: tl.exp(x) * x)(x).backward()
    >>> f"{x.grad.item():.4f}"
    '22.1672'
    """

    @wraps(function)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not current_mode.get().recording:
            return function(*args, **kwargs)
        recomputation = _Recomputation(function, args, kwargs)
        result, nodes = recomputation.run()
        recomputation.forget(nodes)
        return result

    return checkpointed
