"""Functions that a backward pass calls with the gradient of a tensor, and tensors that keep theirs."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..hooks import Hook, RemovableHandle, add_hook
from ..options import checked
from ..tensor import Tensor

hooked_nodes: weakref.WeakSet[Any] = weakref.WeakSet()
"""The nodes that have hooks; usually empty, so that a sweep does not look for them."""


class GradientHooks:
    """The hooks of a node, and the tensor that keeps its gradient.

    A node holds its hooks, so that a cycle through a hook that refers to its own tensor can be collected.
    """

    def __init__(self) -> None:
        self.functions: dict[int, Hook] = {}
        self.retaining: weakref.ref[Tensor] | None = None

    def apply(self, gradient: Tensor) -> Tensor:
        """Call the hooks in the order of their registration; each may replace the gradient."""
        for hook in list(self.functions.values()):
            replaced = hook.function(gradient)
            if replaced is None:
                continue
            if not isinstance(replaced, Tensor) or replaced.shape != gradient.shape:
                found = f"shape {replaced.shape}" if isinstance(replaced, Tensor) else type(replaced).__name__
                raise ValueError(
                    f"register_hook: a hook must return None or a tensor of shape {gradient.shape}, not {found}"
                )
            gradient = replaced.to(dtype=gradient.dtype)
        return gradient


def hooks_of(tensor: Tensor, caller: str) -> GradientHooks:
    """Return the hooks of the node of a tensor, which are created if there are none."""
    node = tensor._node
    if node is None:
        raise RuntimeError(f"{caller}: the tensor does not require a gradient")
    if node not in hooked_nodes:
        node.hooks = GradientHooks()
        hooked_nodes.add(node)
    hooks: GradientHooks = node.hooks
    return hooks


@checked
def register_hook(x: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call a function in each backward pass with the gradient of the tensor, which it may replace.

    Parameters
    ----------
    x : Tensor
        Requires a gradient. A hook belongs to the present contents: after a change in place, it still receives the
        gradient with respect to the old ones.
    hook : callable
        Takes the gradient, and returns None or the tensor to use in its place.

    Returns
    -------
    RemovableHandle
        ``remove()`` removes the hook.

    Raises
    ------
    RuntimeError
        If the tensor does not require a gradient.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> handle = x.register_hook(lambda g: 10 * g)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([20., 40.])
    """
    return add_hook(hooks_of(x, "register_hook").functions, Hook(hook, "after backward"), prepend=False)


def retain_grad(x: Tensor) -> None:
    """Keep the gradient of a computed tensor in its ``grad``, as for leaves; backward passes add to it.

    Raises
    ------
    RuntimeError
        If the tensor does not require a gradient.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> y.retain_grad()
    >>> y.sum().backward()
    >>> y.grad
    tensor([1., 1.])
    """
    hooks = hooks_of(x, "retain_grad")
    if not x.is_leaf:
        hooks.retaining = weakref.ref(x)


def retains_grad(x: Tensor) -> bool:
    """Whether the tensor is computed and `retain_grad` has been called."""
    return not x.is_leaf and x._node in hooked_nodes and x._node.hooks.retaining is not None


def move_retention(x: Tensor, node: Any) -> None:
    """Make a tensor whose contents have been replaced keep the gradient of the new ones, which `node` computed."""
    retained = retains_grad(x)
    if retained:
        x._node.hooks.retaining = None
    x._node = node
    if retained:
        retain_grad(x)
