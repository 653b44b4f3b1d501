"""The base class of optimizers: groups of parameters, steps, hooks, and the state that can be saved."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from operator import is_
from typing import Any, ClassVar, TypeVar, overload

from ..autodiff.graph import enable_grad, no_grad
from ..hooks import Hook, RemovableHandle, add_hook
from ..ops.creation import zeros_like
from ..options import checked
from ..tensor import Tensor
from ..tracebacks import users_stacklevel
from .gradient_checks import check_fit, nonfinite_names
from .param_groups import Params, complete_group
from .state_dict import checked_groups, checked_state, copied_to

T = TypeVar("T")
Group = dict[str, Any]

NONFINITE = ("ignore", "warn", "skip", "raise")


class Optimizer:
    """The base class of optimizers.

    A subclass passes its default options to the constructor, checks them in `_check`, and updates one group of
    parameters in `_step`, or overrides `step`. It keeps values from step to step in ``state``.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Parameters to optimize, with or without names, or groups: each a dict with ``"params"`` and own options.
    defaults : dict
        Options of groups that do not set them.

    Attributes
    ----------
    param_groups : list of dict
        Each with ``"params"`` and all options, which may be changed between steps.
    state : mapping from Tensor to dict
        Values that are kept for each parameter.
    has_stepped : bool
        Whether `step` was called.
    skipped_steps : int
        Number of steps that were skipped because of nonfinite gradients; see `on_nonfinite`.

    Raises
    ------
    ValueError
        If there are no parameters, one is in two groups or is not a leaf, or an option is out of range.
    TypeError
        If a parameter is not a floating-point tensor.

    Examples
    --------
    >>> class SignDescent(tl.optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     def _step(self, group):
    ...         for parameter, grad in self.with_gradients(group):
    ...             parameter -= group["lr"] * tl.sign(grad)
    >>> x = tl.tensor([1.0, -1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> SignDescent([x]).step()
    >>> x
    tensor([ 0.9, -0.9], requires_grad=True)
    """

    state_names: ClassVar[frozenset[str] | None] = None
    """The names that ``state`` can have for a parameter, for checks of state dicts; None if they are not known."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Options that are the same in all instances, which a state dict does not change."""
    needs_closure: ClassVar[bool] = False
    """Whether a step needs a closure that computes the loss."""
    needs_graph: ClassVar[bool] = False
    """Whether a step needs the graph of the loss that its closure returns."""
    scalar_names: ClassVar[frozenset[str]] = frozenset({"step"})
    """The names in ``state`` of numbers, which are not cast to the parameter's type."""
    nonnegative: ClassVar[frozenset[str]] = frozenset()
    """The names in ``state`` of tensors whose elements cannot be negative, such as means of squares."""

    @checked
    def __init__(self, params: Params, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.skipped_steps = 0
        self._hooks: dict[int, Hook] = {}
        self._nonfinite = "ignore"
        self.has_stepped = False
        self._checked: dict[int, list[Any]] = {}
        self._set_up_state()
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: params is empty")
        if not isinstance(groups[0], Mapping):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _set_up_state(self) -> None:
        """Make the empty state; called before the first group is added."""
        self.state: Mapping[Tensor, Any] = defaultdict(dict)
        self._kinds: dict[Tensor, Any] = {}

    # -- for subclasses to override -------------------------------------------------------------------------------

    def _check(self, group: Group) -> None:
        """Raise `ValueError` or `TypeError` if an option or a parameter of the group is not acceptable."""

    def _step(self, group: Group) -> None:
        """Update the parameters of a group. Nothing is recorded, and every gradient has its parameter's shape."""
        raise NotImplementedError(f"{type(self).__name__} does not define _step(...)")

    def _state_of(self, parameter: Tensor) -> dict[str, Any]:
        """Return the state of a parameter, moved and cast with it if it was."""
        place = (parameter.device, parameter.dtype)
        if self._kinds.setdefault(parameter, place) != place:
            entry = self.state[parameter]
            for name, value in entry.items():
                entry[name] = copied_to(parameter, value, keep_dtype=name in self.scalar_names)
            self._kinds[parameter] = place
        return self.state[parameter]

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the tensors that ``state`` may have for a parameter, for checks of state dicts."""
        return {}

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        """Return the names that the state of a parameter must have in a state dict, given the others."""
        return frozenset()

    # -- parameters -------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters, for instance of layers that were frozen so far.

        Parameters
        ----------
        param_group : dict
            ``"params"``, and options that differ from the defaults. A parameter that is given twice, as tied ones are,
            counts once.

        Raises
        ------
        ValueError, TypeError
            As in the constructor; nothing has changed then.

        Examples
        --------
        >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=0.1)
        >>> optimizer.add_param_group({"params": [tl.zeros(2, requires_grad=True)], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        group = complete_group(type(self).__name__, param_group, self.defaults, self.param_groups)
        self._check(group)
        self.param_groups.append(group)

    def parameters(self) -> Iterator[Tensor]:
        """Yield the parameters of all groups.

        Examples
        --------
        >>> optimizer = tl.optim.SGD(tl.nn.Linear(2, 3).parameters())
        >>> [parameter.shape for parameter in optimizer.parameters()]
        [(3, 2), (3,)]
        """
        for group in self.param_groups:
            yield from group["params"]

    @staticmethod
    def with_gradients(group: Group) -> list[tuple[Tensor, Tensor]]:
        """Return the parameters of a group that have a gradient, with it, or its negative if the group maximizes."""
        maximize = group.get("maximize", False)
        return [(p, -p.grad if maximize else p.grad) for p in group["params"] if p.grad is not None]

    @checked
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or with ``set_to_none=False`` to zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    parameter.grad = zeros_like(parameter.grad.detach())

    # -- steps ------------------------------------------------------------------------------------------------

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], T]) -> T: ...

    @checked
    def step(self, closure: Callable[[], T] | None = None) -> T | None:
        """Update all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Recomputes the loss and its gradients; called once, before the update.

        Returns
        -------
        object
            The result of `closure`; None without one.

        Raises
        ------
        ValueError
            If a gradient differs from its parameter in shape, data type or device; nothing has changed then.
        FloatingPointError
            If a gradient is NaN or infinite and `on_nonfinite` is ``"raise"``; nothing has changed then.

        Warns
        -----
        UserWarning
            At the first step, if no parameter has a gradient.

        Notes
        -----
        An interrupt (Ctrl-C) during a step can leave it half done. Parameters and the optimizer's state are updated in
        place, block by block: each of their elements is the old or the new one, and counts of steps are increased
        first. (New values that are computed apart and then copied would take 65 % longer in Adam and twice as long in
        SGD, for large parameters.) To continue exactly after an interrupt, copy the state first::

            saved = copy.deepcopy([model.state_dict(), optimizer.state_dict()])
            try:
                optimizer.step()
            except KeyboardInterrupt:
                model.load_state_dict(saved[0])
                optimizer.load_state_dict(saved[1])
                raise

        Examples
        --------
        >>> x = tl.tensor([1.0], requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8], requires_grad=True)
        """
        self._call_hooks("before")
        loss: T | None = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if self._may_step():
            self._update_groups()
        self._call_hooks("after")
        return loss

    def _update_groups(self) -> None:
        """Update all groups."""
        with no_grad():
            for group in self.param_groups:
                self._step(group)

    def _values(self, group: Group) -> list[Any]:
        """Return the values of a group's options."""
        return list(map(group.get, self.defaults))

    def _may_step(self) -> bool:
        """Check options and gradients before anything changes, and return whether the step is to be taken."""
        for number, group in enumerate(self.param_groups):
            checked = self._checked.get(number)
            # Compared by identity: 1, True, 1.0 and a tensor may be equal.
            if checked is None or not all(map(is_, checked, self._values(group))):
                self._check(group)
                self._checked[number] = self._values(group)
        if not check_fit(self.param_groups) and not self.has_stepped:
            warnings.warn(
                f"{type(self).__name__}.step(): no parameter has a gradient, so nothing was learned; call backward() "
                "on a loss that was computed from the parameters this optimizer was given",
                stacklevel=users_stacklevel(),
            )
        self.has_stepped = True
        return self._nonfinite == "ignore" or self._take_nonfinite(nonfinite_names(self.param_groups))

    def _take_nonfinite(self, names: list[str]) -> bool:
        """Apply `on_nonfinite` to nonfinite gradients of these parameters, and return whether to take the step."""
        if not names or self._nonfinite == "ignore":
            return True
        message = f"{type(self).__name__}.step(): the gradient of {', '.join(names)} is not finite"
        if self._nonfinite == "raise":
            raise FloatingPointError(message)
        if self._nonfinite == "warn":
            warnings.warn(message, stacklevel=users_stacklevel())
            return True
        self.skipped_steps += 1
        return False

    @property
    def on_nonfinite(self) -> str:
        """The policy for gradients that are NaN or infinite.

        ``"ignore"`` (the default) does not check, as PyTorch; ``"warn"`` names the parameters and takes the step;
        ``"skip"`` skips the whole step and counts it in `skipped_steps`; ``"raise"`` raises `FloatingPointError`.
        The check synchronizes with a GPU.

        Examples
        --------
        >>> x = tl.ones(1, requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=0.1)
        >>> optimizer.on_nonfinite = "skip"
        >>> x.grad = tl.tensor([tl.nan])
        >>> optimizer.step()
        >>> x.item(), optimizer.skipped_steps
        (1.0, 1)
        """
        return self._nonfinite

    @on_nonfinite.setter
    def on_nonfinite(self, value: str) -> None:
        if value not in NONFINITE:
            raise ValueError(f"on_nonfinite must be one of {', '.join(map(repr, NONFINITE))}, not {value!r}")
        self._nonfinite = value

    # -- hooks ------------------------------------------------------------------------------------------------

    @checked
    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` when a step begins, before its closure is called.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` removes the hook.

        Examples
        --------
        >>> x = tl.tensor([0.0], requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=1.0)
        >>> handle = optimizer.register_step_pre_hook(lambda *_: tl.nn.utils.clip_grad_value_([x], 1.0))
        >>> x.grad = tl.tensor([-5.0])
        >>> optimizer.step()
        >>> x
        tensor([1.], requires_grad=True)
        """
        return add_hook(self._hooks, Hook(hook, "before"), prepend=False)

    @checked
    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step; see `register_step_pre_hook`."""
        return add_hook(self._hooks, Hook(hook, "after"), prepend=False)

    def _call_hooks(self, when: str) -> None:
        for hook in tuple(self._hooks.values()):
            if hook.when == when:
                hook.function(self, (), {})

    # -- state ------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state and options, in PyTorch's layout.

        Returns
        -------
        dict
            ``"state"``: the values that are kept for each parameter, by its number; ``"param_groups"``: the options,
            with the numbers of the parameters. Tensors share their memory with the optimizer and change in later steps;
            deep-copy the dict to prevent that.

        Examples
        --------
        >>> x = tl.ones(1, requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=0.1, momentum=0.9)
        >>> x.sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor([1.])}}
        """
        numbers = {parameter: number for number, parameter in enumerate(self.parameters())}
        groups = [
            {**group, "params": [numbers[parameter] for parameter in group["params"]]} for group in self.param_groups
        ]
        state = {numbers[parameter]: dict(entry) for parameter, entry in self.state.items() if entry}
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a `state_dict`, to continue bit for bit; those of PyTorch can be loaded too.

        Parameters
        ----------
        state_dict : dict
            Of an optimizer of the same class, with groups of as many parameters of the same shapes.

        Raises
        ------
        ValueError
            If groups, shapes or options do not fit, or the state is another optimizer's, incomplete, or cannot be
            right, such as a negative mean of squares. The message lists all that is wrong with the state. Nothing has
            changed then.
        TypeError
            If the state dict or an option is of another type; nothing has changed then.

        Examples
        --------
        >>> x = tl.ones(1, requires_grad=True)
        >>> tl.optim.SGD([x], lr=0.1).load_state_dict(tl.optim.SGD([x], lr=0.5).state_dict())
        """
        groups = checked_groups(self, state_dict)
        self._put_state(checked_state(self, groups, state_dict))
        for group, new in zip(self.param_groups, groups, strict=True):
            group.update(new)

    def _put_state(self, state: dict[Tensor, dict[str, Any]]) -> None:
        """Replace the state by one that was checked, whose tensors are copies."""
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            lines.append(f"group {number}: {len(group['params'])} parameters")
            lines += [f"  {name}: {value}" for name, value in group.items() if name not in ("params", "param_names")]
        return "\n  ".join([f"{type(self).__name__} (", *lines]) + "\n)"
