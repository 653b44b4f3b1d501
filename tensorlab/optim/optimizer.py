"""Optimizer: what all optimizers share; a subclass adds its options and one kernel call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..autodiff.graph import enable_grad
from ..ops.creation import asarray
from ..ops.creation import tensor as make_tensor
from ..tensor import Tensor
from .bundle import Bundle, History, bundled

Group = dict[str, Any]


class Optimizer:
    """The base class of optimizers.

    A subclass passes its default options to the constructor, checks them in `_check`, and updates the parameters of
    a `Bundle` in `_update`, commonly by one call of a backend's kernel.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn; or groups, each a dict with ``"params"`` and options of its own.
    defaults : dict
        The options of groups that do not set them.

    Attributes
    ----------
    param_groups : list of dict
        Each with ``"params"`` and all options, which may be changed between steps.

    Raises
    ------
    ValueError
        If there are no parameters, one comes twice or was computed, or an option is out of range.
    TypeError
        If something is no tensor that requires a gradient could be asked of.
    """

    counts_steps = False
    """Whether the state dict tells how many steps each parameter took."""

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError("an optimizer takes an iterable of parameters, such as [x], not one tensor")
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._bundles: dict[Tensor, list[Bundle]] = {}  # by the first parameter of the group
        self._loose: dict[Tensor, History] = {}
        groups = list(params)
        if not groups:
            raise ValueError("the optimizer got no parameters")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _check(self, group: Group) -> None:
        """Raise `ValueError` where an option is out of range."""

    def _update(self, group: Group, bundle: Bundle, grad: Any) -> None:
        """Take one step with the parameters of a bundle, given their flat gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update(...)")

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters, for instance layers that are learned from now on.

        Parameters
        ----------
        param_group : dict
            ``"params"``, and options that differ from the defaults.

        Raises
        ------
        ValueError, TypeError
            As the constructor.

        Examples
        --------
        >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=0.1)
        >>> optimizer.add_param_group({"params": [tl.zeros(2, requires_grad=True)], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        params = param_group["params"]
        if isinstance(params, set | frozenset):
            raise TypeError("parameters need an order, which a set has not; give a list")
        group = {**param_group, "params": [params] if isinstance(params, Tensor) else list(params)}
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        known = {p for other in self.param_groups for p in other["params"]}
        _check_parameters(group["params"], known)
        self._check(group)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with ``set_to_none=False`` fill them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    parameter.grad = 0.0 * parameter.grad.detach()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and its gradients anew; called once, before the update.

        Returns
        -------
        object
            What `closure` returned; None without one.

        Examples
        --------
        >>> x = tl.tensor([1.0], requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8], requires_grad=True)
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for bundle in self._ready(group):
                grad = bundle.gradient()
                if grad is not None:
                    self._update(group, bundle, -grad if group.get("maximize") else grad)
                    bundle.stepped()
        return loss

    # -- bundles ---------------------------------------------------------------------------------------------

    def _ready(self, group: Group) -> list[Bundle]:
        """Return a group's bundles: made, where parameters moved made anew, and divided by who has a gradient."""
        first = group["params"][0]
        bundles = self._bundles.get(first)
        if bundles is None or not all(bundle.holds() for bundle in bundles):
            self._loosen(first)
            bundles = self._bundles[first] = self._pack(group)
        for bundle in bundles:
            if bundle.divided():
                bundles[:] = [part for whole in bundles for part in (whole.parts() if whole.divided() else [whole])]
                break
        return bundles

    def _pack(self, group: Group) -> list[Bundle]:
        parameters = group["params"]
        histories = [self._loose.pop(parameter, History()) for parameter in parameters]
        for parameter, history in zip(parameters, histories, strict=True):
            history.arrays = {name: _beside(parameter, array) for name, array in history.arrays.items()}
        return bundled(parameters, histories)

    def _loosen(self, first: Tensor) -> None:
        """Take the bundles of a group apart: what is known of its parameters is kept one by one."""
        for bundle in self._bundles.pop(first, ()):
            self._loose.update(zip(bundle.parameters, bundle.histories(), strict=True))

    # -- state -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[Tensor, dict[str, Tensor]]:
        """What is kept for each parameter that took a step: tensors of its shape, which share the memory."""
        histories = dict(self._loose)
        for bundles in self._bundles.values():
            for bundle in bundles:
                histories.update(zip(bundle.parameters, bundle.histories(), strict=True))
        entries = {parameter: self._entry(histories[parameter]) for parameter in self._all() if parameter in histories}
        return {parameter: entry for parameter, entry in entries.items() if entry}

    def _entry(self, history: History) -> dict[str, Tensor]:
        arrays = {name: Tensor(array) for name, array in history.arrays.items()}
        if self.counts_steps and history.step:
            return {"step": make_tensor(float(history.step)), **arrays}
        return arrays

    def _all(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]

    def state_dict(self) -> dict[str, Any]:
        """Return all that `load_state_dict` needs to go on, in PyTorch's layout.

        Returns
        -------
        dict
            ``"state"``: for the number of each parameter its tensors; ``"param_groups"``: the options, with the
            numbers of the parameters.

        Examples
        --------
        >>> x = tl.ones(1, requires_grad=True)
        >>> optimizer = tl.optim.SGD([x], lr=0.1, momentum=0.9)
        >>> x.sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor([1.])}}
        """
        numbers = {parameter: number for number, parameter in enumerate(self._all())}
        groups = [
            {**group, "params": [numbers[parameter] for parameter in group["params"]]} for group in self.param_groups
        ]
        return {"state": {numbers[parameter]: entry for parameter, entry in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where a `state_dict` was taken, bit for bit; PyTorch's are taken too.

        Parameters
        ----------
        state_dict : dict
            Of an optimizer whose groups had as many parameters.

        Raises
        ------
        ValueError
            If groups or shapes do not fit; nothing has changed then.

        Examples
        --------
        >>> x = tl.ones(1, requires_grad=True)
        >>> tl.optim.SGD([x], lr=0.1).load_state_dict(tl.optim.SGD([x], lr=0.5).state_dict())
        """
        groups = state_dict["param_groups"]
        sizes, wanted = ([len(group["params"]) for group in side] for side in (groups, self.param_groups))
        if sizes != wanted:
            raise ValueError(f"the state dict has groups of {sizes} parameters, this optimizer groups of {wanted}")
        numbers = [number for group in groups for number in group["params"]]
        loose = {
            parameter: _history(parameter, number, state_dict["state"][number])
            for parameter, number in zip(self._all(), numbers, strict=True)
            if number in state_dict["state"]
        }
        self._bundles.clear()
        self._loose = loose
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            lines.append(f"group {number}: {len(group['params'])} parameters")
            lines += [f"  {name}: {value}" for name, value in group.items() if name != "params"]
        return "\n  ".join([f"{type(self).__name__} (", *lines]) + "\n)"


def _check_parameters(params: list[Any], known: set[Tensor]) -> None:
    if not params:
        raise ValueError("a group of parameters is empty")
    for parameter in params:
        if not isinstance(parameter, Tensor):
            raise TypeError(f"an optimizer learns tensors, not {type(parameter).__name__}")
        if not parameter.is_leaf:
            raise ValueError("an optimizer learns tensors that were made, not one that was computed from others")
        if not parameter.dtype.is_floating:
            raise TypeError(f"an optimizer learns floating-point tensors, not {parameter.dtype}")
    if len(set(params)) < len(params) or not known.isdisjoint(params):
        raise ValueError("a parameter was given to the optimizer twice")


def check_non_negative(group: Group, *names: str) -> None:
    """Raise `ValueError` where an option is negative or no number."""
    for name in names:
        if not group[name] >= 0:
            raise ValueError(f"{name} must not be negative: {group[name]}")


def _beside(parameter: Tensor, array: Any) -> Any:
    """Return an array of the state on its parameter's device, with its data type."""
    return Tensor(array).to(parameter.device).to(dtype=parameter.dtype)._array


def _history(parameter: Tensor, number: Any, entry: Mapping[str, Any]) -> History:
    """Return a state dict's entry as a history; its arrays are copies."""
    history = History(int(entry.get("step", 0)))
    for name, value in entry.items():
        if name == "step" or value is None:
            continue
        array = asarray(value, copy=True)._array
        if tuple(array.shape) != parameter.shape:
            raise ValueError(
                f"{name} of parameter {number} has shape {tuple(array.shape)} in the state dict, the parameter "
                f"{parameter.shape}"
            )
        history.arrays[name] = array
    return history
