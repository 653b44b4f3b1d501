"""What batches and losses must be, in trainers and in trial runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from ..options.kinds import Having
from ..tensor import Tensor

LossFunction = Annotated[Callable[[Any, Any], Any], Having("a function or a module object", ("__call__",))]


def pair_of(user: str, batch: Any, otherwise: str) -> tuple[Any, Any]:
    """Return the inputs and targets of a batch; an error names the function and says what to do for other batches."""
    if not isinstance(batch, list | tuple) or len(batch) != 2:
        raise TypeError(f"{user}: a batch must be a pair (inputs, targets), not {described(batch)}; {otherwise}")
    return batch[0], batch[1]


def scalar(user: str, loss: Any) -> Tensor:
    """Return a loss, or raise an error that names the function if it is not a 0-d tensor."""
    if not isinstance(loss, Tensor) or loss.shape != ():
        raise ValueError(f"{user}: loss must be a 0-d tensor, the mean over the batch, not {described(loss)}")
    return loss


def described(x: Any) -> str:
    """Return the class of an object for messages, with its shape, length or keys if it has them."""
    kind = type(x).__name__
    if isinstance(x, Tensor):
        return f"a {kind} of shape {x.shape}"
    if isinstance(x, list | tuple):
        return f"a {kind} of {len(x)}"
    return f"a {kind} of {', '.join(map(repr, x))}" if isinstance(x, dict) else f"a {kind}"
