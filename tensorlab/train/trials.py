"""Short trial runs, after which everything is as before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from types import NoneType
from typing import Any

from ..nn.module.module import Module
from ..optim.optimizer import Optimizer
from ..random import Generator
from ..random.seeding import random_states, set_random_states
from ..tensor import Tensor
from .checks import LossFunction, described, pair_of, scalar

Forward = Callable[[Module, Any], tuple[Tensor, Any, Any]]
"""Returns loss, outputs and targets of a batch, as `Trainer.forward`."""
Restore = Callable[[], object]

PLAIN = (bool, int, float, complex, str, bytes, tuple, frozenset, NoneType)
"""Types of attributes that are put back as they are, since their values cannot change."""


@contextmanager
def preserved(*parts: Any) -> Iterator[None]:
    """Restore, when the block ends, what training inside it has changed: bit for bit, also after an exception.

    Restored are the states of random numbers (tensorlab's default generator, Python's ``random``, NumPy's global one if
    NumPy is loaded) and the given parts:

    - of a module the parameters, their gradients, all buffers, the modes and simple attributes of every module inside;
      the block works on copies, so that the memory of the tensors is never written to;
    - of anything with ``state_dict`` and ``load_state_dict``, such as an optimizer, a schedule or a loader, that state
      and simple attributes;
    - of a loader without these, the state of its ``generator``.

    Anything else, such as a function or None, is passed over.

    Raises
    ------
    RuntimeError
        If a module is lazy and has parameters without a shape; nothing has changed then.

    Examples
    --------
    >>> from tensorlab.train.trials import preserved
    >>> model = tl.nn.Linear(1, 1, bias=False)
    >>> before = model.weight.item()
    >>> with preserved(model):
    ...     model.weight.data = tl.tensor([[7.0]])
    >>> model.weight.item() == before
    True
    """
    with ExitStack() as stack:
        # The random states come last of all: making an iterator may draw from them.
        stack.callback(set_random_states, random_states())
        for part in parts:
            stack.callback(_kept_module(part) if isinstance(part, Module) else _kept_state(part))
        yield


def _kept_module(model: Module) -> Restore:
    """Give a module copies of its arrays for the time being, and return what puts the present ones back."""
    tensors = [(tensor, tensor._array, tensor.grad) for tensor in (*model.parameters(), *model.buffers())]
    copies = [tensor.backend.xp.asarray(array, copy=True) for tensor, array, _ in tensors]
    attributes = [(vars(module), dict(vars(module))) for module in model.modules()]
    generators = [_kept_generator(value) for _, saved in attributes for value in saved.values()]
    for (tensor, _, _), copy in zip(tensors, copies, strict=True):
        tensor._array, tensor.grad = copy, None

    def restore() -> None:
        for present, saved in attributes:
            present.clear()
            present.update(saved)
        for tensor, array, grad in tensors:
            tensor._array, tensor.grad = array, grad
        for put_back in generators:
            put_back()

    return restore


def _kept_state(part: Any) -> Restore:
    if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
        return _kept_generator(getattr(part, "generator", None))
    state, attributes = deepcopy(part.state_dict()), getattr(part, "__dict__", {})
    plain = {name: value for name, value in attributes.items() if isinstance(value, PLAIN)}

    def restore() -> None:
        part.load_state_dict(state)
        attributes.update(plain)

    return restore


def _kept_generator(generator: Any) -> Restore:
    if not isinstance(generator, Generator):
        return _nothing
    state = generator.get_state()
    return lambda: generator.set_state(state)


def _nothing() -> None:
    """Restore nothing."""


def first_batch(user: str, data: Iterable[Any]) -> Any:
    """Return the first batch of a loader, which then is as before.

    Raises
    ------
    TypeError
        If the data is an iterator, which would lose the batch.
    ValueError
        If there is no batch.
    """
    require_repeatable(user, data)
    with preserved(data):
        for batch in data:
            return batch
    raise ValueError(f"{user}: the data has no batch")


def require_repeatable(user: str, data: Iterable[Any]) -> None:
    """Raise `TypeError` if data is an iterator: reading it would use it up."""
    if isinstance(data, Iterator):
        kind = described(data)
        raise TypeError(f"{user}: data must be a loader or another iterable that can be read again, not {kind}")


def forward_of(user: str, loss: LossFunction | None, forward: Forward | None = None) -> Forward:
    """Return a forward function, by default that of pairs of inputs and targets; its errors name the user's function.

    Raises
    ------
    TypeError, ValueError
        In calls, if a batch or a result is not as it must be.
    """

    def pairs(model: Module, batch: Any) -> tuple[Any, Any, Any]:
        if loss is None:
            raise TypeError(f"{user}: loss must be callable, not None, unless there is a forward=")
        inputs, targets = pair_of(user, batch, "pass forward= for others")
        outputs = model(inputs)
        return loss(outputs, targets), outputs, targets

    def checked(model: Module, batch: Any) -> tuple[Tensor, Any, Any]:
        found: Any = (forward or pairs)(model, batch)
        if not isinstance(found, tuple) or len(found) != 3:
            raise TypeError(f"{user}: forward must return loss, outputs and targets, not {described(found)}")
        return scalar(user, found[0]), found[1], found[2]

    return checked


def step_on(model: Module, forward: Forward, optimizer: Optimizer, batch: Any) -> tuple[Tensor, Any, Any]:
    """Take one step on a batch; return what `forward` returned before it."""
    results: list[tuple[Tensor, Any, Any]] = []

    def closure() -> Tensor:
        results.append(forward(model, batch))
        loss = results[-1][0]
        optimizer.zero_grad()
        loss.backward(retain_graph=optimizer.needs_graph)
        return loss

    if optimizer.needs_closure:
        optimizer.step(closure)
    else:
        closure()
        optimizer.step()
    return results[0]
