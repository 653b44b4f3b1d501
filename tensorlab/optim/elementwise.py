"""Optimizers whose step is a formula for each element: written once, run over whole bundles of parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any, ClassVar

from ..ops.creation import tensor as make_tensor
from ..tensor import Tensor
from .bundle import Bundle, History, Layout, bundled
from .optimizer import Group, Optimizer
from .state_dict import copied_to

Rule = Callable[..., tuple[Any, ...]]
RuleOptions = tuple[tuple[str, Hashable], ...]


@lru_cache(maxsize=256)
def with_shared_options(rule: Rule) -> Rule:
    """Return a rule that also takes the options which mean the same for all optimizers.

    These are ``maximize``, the factor ``l2`` of an L2 penalty's gradient, and the factor ``decay`` by which decoupled
    weight decay multiplies the parameter.
    """

    def shared(
        xp: Any,
        x: Any,
        g: Any,
        *state: Any,
        maximize: bool = False,
        l2: float = 0.0,
        decay: float = 1.0,
        **options: Any,
    ) -> tuple[Any, ...]:
        if maximize:
            g = -g
        if l2:
            g = g + l2 * x
        if decay != 1:
            x = decay * x
        return rule(xp, x, g, *state, **options)

    return shared


@lru_cache(maxsize=256)
def names_in(rule: Rule, kind: Any) -> tuple[str, ...]:
    """Return the names of a rule's parameters of a kind, without namespace, parameter and gradient."""
    names = [name for name, parameter in signature(rule).parameters.items() if parameter.kind is kind]
    return tuple(names[3:] if kind is Parameter.POSITIONAL_OR_KEYWORD else names)


class Elementwise(Optimizer):
    """The base class of optimizers whose step is a formula for each element.

    A subclass defines `rule`, and `kept_if`, `_initial` and `_count` where it differs. Parameters that can be
    updated together become views of one flat array, so that the rule runs once for all of them.
    """

    numbers: ClassVar[Mapping[str, float]] = {"step": 0}
    """The initial values of the numbers that are kept for each parameter; part of the state dict."""
    transient: ClassVar[frozenset[str]] = frozenset()
    """The rule's last arrays, which `_arrays` computes in each step and nothing keeps."""
    kept_if: ClassVar[Mapping[str, str]] = {}
    """Arrays that are kept only while an option is on, with the name of the option."""
    array_names: ClassVar[tuple[str, ...]] = ()
    """The arrays that are kept for each parameter, in the order of the rule."""
    constant_names: ClassVar[tuple[str, ...]] = ()
    """The rule's options that are options of the group."""
    varying_names: ClassVar[tuple[str, ...]] = ()
    """The rule's options that change from step to step: `numbers`, and ``first``."""

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, *arrays: Any, **options: Any) -> tuple[Any, ...]:
        """Return the parameter and the optimizer's arrays after a step.

        Parameters
        ----------
        xp : namespace
            Has ``sqrt`` and other functions; see `tensorlab.backend.kernels.updates`.
        x, g : array
            The parameter and its gradient.
        *arrays : array or None
            The arrays that are kept for each parameter, under their names in ``state``.
        **options : number
            Those of the group's options and of the parameter's `numbers` that the rule names, and ``first``: whether no
            array was kept before this step. A rule that names ``weight_decay`` applies it itself.
        """
        raise NotImplementedError("an elementwise optimizer defines rule(xp, x, g, ...)")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        arrays = names_in(cls.rule, Parameter.POSITIONAL_OR_KEYWORD)
        options = names_in(cls.rule, Parameter.KEYWORD_ONLY)
        cls.array_names = tuple([name for name in arrays if name not in cls.transient])
        cls.varying_names = tuple([name for name in options if name in cls.numbers or name == "first"])
        cls.constant_names = tuple([name for name in options if name not in cls.varying_names])
        cls.scalar_names = frozenset(cls.numbers)
        cls.state_names = frozenset([*cls.numbers, *cls.array_names])

    def _keeps(self, name: str, group: Group) -> bool:
        """Whether an array of the state is kept with the options of a group."""
        return name not in self.kept_if or bool(group[self.kept_if[name]])

    def _initial(self, name: str, group: Group) -> float | None:
        """Return the value with which a new array of the state is filled; None for a copy of the parameter."""
        return 0.0

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        """Update a parameter's numbers at the beginning of a step."""
        if "step" in numbers:
            numbers["step"] += 1

    # -- steps -----------------------------------------------------------------------------------------------

    def _update_groups(self) -> None:
        for group in self.param_groups:  # the rules see arrays, not tensors: there is no recording to switch off
            self._step(group)

    def _step(self, group: Group) -> None:
        layout = self._layout(group)
        alone = []
        for bundle in layout.active:
            self._count(group, bundle.numbers)
            if len(bundle.parameters) == 1:
                alone.append(bundle)  # its gradient is not copied, so that many can be updated by one call
            else:
                self._apply(group, [bundle])
        if alone:
            self._apply(group, alone)

    def _apply(self, group: Group, bundles: list[Bundle]) -> None:
        """Update bundles by the rule: those of one kind and with equal options by one call."""
        batches: dict[Any, list[tuple[Any, ...]]] = {}
        for bundle in bundles:
            grad = bundle.gradient()
            operands = (bundle.flat, grad, *self._arrays(group, bundle, grad))
            batches.setdefault((*bundle.kind, bundle.rule, self._options(bundle)), []).append(operands)
        for (backend, _, _, rule, options), batch in batches.items():
            backend.update(rule, batch, options)
        for bundle in bundles:
            bundle.finish_step()

    def _arrays(self, group: Group, bundle: Bundle, grad: Any) -> tuple[Any, ...]:
        """Return the arguments of the rule after parameter and gradient."""
        return bundle.arrays

    def _options(self, bundle: Bundle) -> RuleOptions:
        """Return the options of the rule in this step."""
        known = bundle.numbers
        varying = [(name, bundle.is_new if name == "first" else known[name]) for name in self.varying_names]
        return (*bundle.constants, *varying)

    # -- preparation -----------------------------------------------------------------------------------------

    def _layout(self, group: Group) -> Layout:
        """Return the layout of a group, which is changed first where parameters, gradients or options have changed."""
        layout = self._layouts.get(id(group))
        if layout is None or not layout.holds(group["params"]):
            self._unbundle()
            layout = self._layouts[id(group)] = Layout(group["params"], self._bundle(group["params"]))
        elif not layout.has_same_gradients():
            if any(bundle.is_divided() for bundle in layout.bundles):
                layout = self._layouts[id(group)] = Layout(group["params"], self._divided(layout.bundles))
            else:
                layout.note_gradients()
        options = self._values(group)
        if layout.options != options:
            self._prepare(group, layout.active)
            # An option that is a tensor may be written in place: it is read in every step.
            layout.options = None if any(isinstance(value, Tensor) for value in options) else options
        return layout

    def _prepare(self, group: Group, bundles: list[Bundle]) -> None:
        """Note in bundles that are about to be updated what their updates have in common until options change."""
        constants = self._constants(group)
        shares = any(name in ("maximize", "l2", "decay") for name, _ in constants)
        for bundle in bundles:
            bundle.constants = constants
            bundle.rule = with_shared_options(self.rule) if shares else self.rule
            bundle.arrays = tuple(
                [
                    bundle.array(name, self._initial(name, group)) if self._keeps(name, group) else None
                    for name in self.array_names
                ]
            )

    def _constants(self, group: Group) -> RuleOptions:
        """Return the rule's options that are the same in every step, and those of `with_shared_options`."""
        constants = [(name, _number(group[name])) for name in self.constant_names]
        if group.get("maximize"):
            constants.append(("maximize", True))
        decay: Any = 0.0 if "weight_decay" in self.constant_names else _number(group.get("weight_decay", 0.0))
        if decay and group.get("decoupled_weight_decay"):
            constants.append(("decay", 1 - float(group["lr"]) * decay))
        elif decay:
            constants.append(("l2", decay))
        return tuple(constants)

    # -- bundles ---------------------------------------------------------------------------------------------

    def _set_up_state(self) -> None:
        self._layouts: dict[int, Layout] = {}  # by the group's identity
        self._unbundled: dict[Tensor, History] = {}

    def _bundle(self, parameters: list[Tensor]) -> list[Bundle]:
        """Return bundles of parameters that are in none."""
        bundles = bundled(parameters, [self._present_history(parameter) for parameter in parameters])
        for parameter in parameters:
            self._unbundled.pop(parameter, None)
        return bundles

    def _divided(self, bundles: list[Bundle]) -> list[Bundle]:
        """Return bundles of the same parameters, those with and those without a gradient apart; large ones are kept."""
        small = [bundle for bundle in bundles if not bundle.is_large]
        self._unbundled.update(_histories(small))
        large = [bundle for bundle in bundles if bundle.is_large]
        return large + self._bundle([parameter for bundle in small for parameter in bundle.parameters])

    def _unbundle(self) -> None:
        """Dissolve all bundles: the histories of their parameters are kept one by one."""
        for layout in self._layouts.values():
            self._unbundled.update(_histories(layout.bundles))
        self._layouts.clear()

    def _present_history(self, parameter: Tensor) -> History:
        """Return the history of a parameter in no bundle, on its device; a new one if its shape has changed."""
        known = self._unbundled.get(parameter, History())
        arrays = {name: copied_to(parameter, Tensor(array))._array for name, array in known.arrays.items()}
        if any(tuple(array.shape) != parameter.shape for array in arrays.values()):
            return History(dict(self.numbers))
        return History({**self.numbers, **known.numbers}, arrays)

    # -- state -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> Mapping[Tensor, Mapping[str, Any]]:  # type: ignore[override]
        """The values of each parameter that took a step: tensors that share the optimizer's memory."""
        return StateView(self)

    def _entry(self, history: History) -> dict[str, Any]:
        """Return the state of a parameter as state dicts have it; empty before its first step."""
        arrays = {name: Tensor(array) for name, array in history.arrays.items()}
        if history.numbers == self.numbers:
            return arrays
        # Double precision: a product over many steps must come back bit for bit.
        numbers = {name: make_tensor(float(value), dtype="float64") for name, value in history.numbers.items()}
        return {**numbers, **arrays}

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.array_names, parameter.shape)

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        # An option that was switched on after the last step has no array yet.
        return frozenset([*self.numbers, *(name for name in self.array_names if name not in self.kept_if)])

    def _put_state(self, state: dict[Tensor, dict[str, Any]]) -> None:
        unbundled = {parameter: self._history(entry) for parameter, entry in state.items()}
        self._layouts.clear()
        self._unbundled = unbundled

    def _history(self, entry: dict[str, Any]) -> History:
        numbers = {name: float(entry.get(name, start)) for name, start in self.numbers.items()}
        return History(numbers, {name: entry[name]._array for name in self.array_names if name in entry})

    def __getstate__(self) -> dict[str, Any]:
        histories = dict(_histories(bundle for layout in self._layouts.values() for bundle in layout.bundles))
        return {**vars(self), "_layouts": {}, "_unbundled": {**self._unbundled, **histories}}

    def __deepcopy__(self, memo: dict[int, Any]) -> Elementwise:
        copy = object.__new__(type(self))
        memo[id(self)] = copy
        vars(copy).update({name: deepcopy(value, memo) for name, value in vars(self).items() if name != "_layouts"})
        ours = {id(group) for group in self.param_groups}
        copy._layouts = {
            id(memo[key]): Layout(deepcopy(layout.parameters, memo), deepcopy(layout.bundles, memo))
            for key, layout in self._layouts.items()
            if key in ours
        }
        return copy


class StateView(Mapping[Tensor, Mapping[str, Any]]):
    """The state of an elementwise optimizer, read-only; `load_state_dict` replaces it."""

    def __init__(self, optimizer: Elementwise) -> None:
        self._optimizer = optimizer
        self._bundled = {
            parameter: (bundle, place)
            for layout in optimizer._layouts.values()
            for bundle in layout.bundles
            for place, parameter in enumerate(bundle.parameters)
        }

    def __getitem__(self, parameter: Tensor) -> Mapping[str, Any]:
        if parameter in self._bundled:
            bundle, place = self._bundled[parameter]
            history = bundle.history(place)
        else:
            history = self._optimizer._unbundled.get(parameter, History(dict(self._optimizer.numbers)))
        return MappingProxyType(self._optimizer._entry(history))

    def __iter__(self) -> Iterator[Tensor]:
        return (p for p in self._optimizer.parameters() if p in self._bundled or p in self._optimizer._unbundled)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _histories(bundles: Iterable[Bundle]) -> Iterator[tuple[Tensor, History]]:
    """Yield each parameter of some bundles with its history."""
    for bundle in bundles:
        yield from zip(bundle.parameters, bundle.histories(), strict=True)


def _number(value: Any) -> Any:
    """Return an option as rules take it: a tensor of one element becomes a number, and a list or array a tuple."""
    if isinstance(value, Tensor):
        return float(value)
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(_number, value)) if isinstance(value, list | tuple) else value
