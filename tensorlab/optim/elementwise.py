"""Optimizers whose step is a formula for each element: written once, run over whole bundles of parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from inspect import Parameter, signature
from operator import is_
from types import MappingProxyType
from typing import Any, ClassVar, cast

from ..ops.creation import tensor as make_tensor
from ..tensor import Tensor
from .bundle import Bundle, History, bundled
from .groups import plain
from .optimizer import Group, Optimizer
from .state import beside

Rule = Callable[..., tuple[Any, ...]]


@lru_cache(maxsize=256)
def whole_step(rule: Rule) -> Rule:
    """Return a rule with what all families share before it: the sign of the gradient, and weight decay."""

    def step(
        xp: Any,
        x: Any,
        g: Any,
        *state: Any,
        climb: bool = False,
        penalty: float = 0.0,
        shrink: float = 1.0,
        **options: Any,
    ) -> tuple[Any, ...]:
        if climb:
            g = -g
        if penalty:
            g = g + penalty * x
        if shrink != 1:
            x = shrink * x
        return rule(xp, x, g, *state, **options)

    return step


@lru_cache(maxsize=256)
def names_in(rule: Rule, kind: Any) -> tuple[str, ...]:
    """Return the names of a rule's parameters of a kind, but for namespace, parameter and gradient."""
    names = [name for name, parameter in signature(rule).parameters.items() if parameter.kind is kind]
    return tuple(names[3:] if kind is Parameter.POSITIONAL_OR_KEYWORD else names)


class Elementwise(Optimizer):
    """The base class of optimizers whose step is a formula for each element.

    A subclass defines `rule`, and where they differ from what is here, `_keeps`, `_numbers` and `_initial`. Parameters
    that go together are views of one flat array, so that the rule runs once for all of them.
    """

    numbers: ClassVar[Mapping[str, float]] = {"step": 0}
    """What is counted for each parameter, and from where; part of the state dict."""

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, *arrays: Any, **options: Any) -> tuple[Any, ...]:
        """Return the parameter and the optimizer's arrays after a step.

        Parameters
        ----------
        xp : namespace
            Where ``sqrt`` and the like are; see `tensorlab.backend.kernels.updates`.
        x, g : array
            The parameter and its gradient.
        *arrays : array or None
            What is kept for each element, under the names that they have in ``state``.
        **options : number
            What the rule names of the group's options and the parameter's `numbers`, and ``first``: whether none of
            the arrays was there before this step. A rule that names ``weight_decay`` sees to it itself.
        """
        raise NotImplementedError("an elementwise optimizer defines rule(xp, x, g, ...)")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        arrays = names_in(cls.rule, Parameter.POSITIONAL_OR_KEYWORD)
        cls.array_names = tuple([name for name in arrays if name not in cls.passing])
        cls.option_names = names_in(cls.rule, Parameter.KEYWORD_ONLY)
        cls.scalar_names = frozenset(cls.numbers)
        cls.state_names = frozenset([*cls.numbers, *cls.array_names])

    passing: ClassVar[frozenset[str]] = frozenset()
    """Arrays of the rule that are of one step only, behind the others; `_arrays` makes them."""
    array_names: ClassVar[tuple[str, ...]] = ()
    option_names: ClassVar[tuple[str, ...]] = ()

    def _keeps(self, name: str, group: Group) -> bool:
        """Whether an array of the state is kept with the options of a group."""
        return True

    def _initial(self, name: str, group: Group) -> float | None:
        """Return what an array of the state is full of at first; None for the parameter's own elements."""
        return 0.0

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        """Bring a parameter's numbers to what they are in the step that begins."""
        if "step" in numbers:
            numbers["step"] += 1

    # -- steps -----------------------------------------------------------------------------------------------

    def _set_up_state(self) -> None:
        self._bundles: dict[int, tuple[list[Tensor], list[Bundle]]] = {}  # by the group's identity
        self._loose: dict[Tensor, History] = {}

    def _step(self, group: Group) -> None:
        alone = []
        for bundle in self._ready(group):
            if bundle.parameters[0].grad is None:
                continue
            self._count(group, bundle.numbers)
            if len(bundle.parameters) == 1:
                alone.append(bundle)  # its gradient is used where it lies, so many of them can wait for each other
            else:
                self._apply(group, [bundle])
        if alone:
            self._apply(group, alone)

    def _apply(self, group: Group, bundles: list[Bundle]) -> None:
        """Take one step with some bundles, all at once where they are of one kind."""
        rule = whole_step(self.rule)
        batches: dict[Any, list[tuple[Any, ...]]] = {}
        for bundle in bundles:
            options = self._options(group, bundle)
            grad = bundle.gradient()
            operands = (bundle.flat, grad, *self._arrays(group, bundle, grad))
            batches.setdefault((bundle.backend, bundle.kind, options), []).append(operands)
        for (backend, _, options), batch in batches.items():
            backend.update(rule, batch, options)
        for bundle in bundles:
            bundle.written()

    def _arrays(self, group: Group, bundle: Bundle, grad: Any) -> list[Any]:
        """Return what the rule is called with behind parameter and gradient."""
        return [
            bundle.array(name, self._initial(name, group)) if self._keeps(name, group) else None
            for name in self.array_names
        ]

    def _options(self, group: Group, bundle: Bundle) -> tuple[tuple[str, Hashable], ...]:
        """Return what `whole_step` is called with."""
        known = {**group, **bundle.numbers, "first": not bundle.state}
        options = [(name, _number(known[name])) for name in self.option_names]
        if group.get("maximize"):
            options.append(("climb", True))
        decay: Any = 0.0 if "weight_decay" in self.option_names else _number(group.get("weight_decay", 0.0))
        if decay and group.get("decoupled_weight_decay"):
            options.append(("shrink", 1 - float(group["lr"]) * decay))
        elif decay:
            options.append(("penalty", decay))
        return tuple(options)

    # -- bundles ---------------------------------------------------------------------------------------------

    def _ready(self, group: Group) -> list[Bundle]:
        """Return a group's bundles: made, or made anew where parameters came, went, moved, or have no gradient now."""
        key = id(group)
        parameters, bundles = self._bundles.get(key, ([], []))
        same = len(parameters) == len(group["params"]) and all(map(is_, parameters, group["params"]))
        if not (same and all(bundle.holds() for bundle in bundles)):
            self._loosen()
            bundles = self._pack(group["params"])
            self._bundles[key] = (list(group["params"]), bundles)
        elif any(bundle.divided() for bundle in bundles):
            small = [bundle for bundle in bundles if not bundle.is_large]
            self._loose.update(_histories(small))
            bundles[:] = [bundle for bundle in bundles if bundle.is_large]
            bundles += self._pack([parameter for bundle in small for parameter in bundle.parameters])
        return bundles

    def _pack(self, parameters: list[Tensor]) -> list[Bundle]:
        histories = [self._moved(parameter) for parameter in parameters]
        bundles = bundled(parameters, histories)
        for parameter in parameters:
            self._loose.pop(parameter, None)
        return bundles

    def _moved(self, parameter: Tensor) -> History:
        """Return what is known of a parameter, on its side; nothing of one whose shape has changed."""
        known = self._loose.get(parameter, History())
        arrays = {name: beside(parameter, Tensor(array))._array for name, array in known.arrays.items()}
        if any(tuple(array.shape) != parameter.shape for array in arrays.values()):
            return History(dict(self.numbers))
        return History({**self.numbers, **known.numbers}, arrays)

    def _loosen(self) -> None:
        """Take all bundles apart: what is known of their parameters is kept one by one."""
        for _, bundles in self._bundles.values():
            self._loose.update(_histories(bundles))
        self._bundles.clear()

    # -- state -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> Mapping[Tensor, Mapping[str, Any]]:  # type: ignore[override]
        """What is kept for each parameter that took a step: tensors of its shape, which share the memory."""
        return StateView(self)

    def _entry(self, history: History) -> dict[str, Any]:
        """Return what the state dict says of a parameter; nothing before its first step."""
        arrays = {name: Tensor(array) for name, array in history.arrays.items()}
        if history.numbers == self.numbers:
            return arrays
        # Double precision: a product over many steps must come back bit for bit.
        numbers = {name: make_tensor(float(value), dtype="float64") for name, value in history.numbers.items()}
        return {**numbers, **arrays}

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.array_names, parameter.shape)

    def _put_state(self, state: dict[Tensor, dict[str, Any]]) -> None:
        loose = {parameter: self._history(entry) for parameter, entry in state.items()}
        self._bundles.clear()
        self._loose = loose

    def _history(self, entry: dict[str, Any]) -> History:
        numbers = {name: float(entry.get(name, start)) for name, start in self.numbers.items()}
        return History(numbers, {name: entry[name]._array for name in self.array_names if name in entry})

    def __deepcopy__(self, memo: dict[int, Any]) -> Elementwise:
        copy = object.__new__(type(self))
        memo[id(self)] = copy
        vars(copy).update({name: deepcopy(value, memo) for name, value in vars(self).items() if name != "_bundles"})
        ours = {id(group): group for group in self.param_groups}
        copy._bundles = {
            id(memo[key]): (deepcopy(parameters, memo), deepcopy(bundles, memo))
            for key, (parameters, bundles) in self._bundles.items()
            if key in ours
        }
        return copy


class StateView(Mapping[Tensor, Mapping[str, Any]]):
    """What an elementwise optimizer keeps of each parameter, for reading; `load_state_dict` replaces it."""

    def __init__(self, optimizer: Elementwise) -> None:
        self._optimizer = optimizer
        self._bundled = {
            parameter: (bundle, place)
            for _, bundles in optimizer._bundles.values()
            for bundle in bundles
            for place, parameter in enumerate(bundle.parameters)
        }

    def __getitem__(self, parameter: Tensor) -> Mapping[str, Any]:
        if parameter in self._bundled:
            bundle, place = self._bundled[parameter]
            history = bundle.history(place)
        else:
            history = self._optimizer._loose.get(parameter, History(dict(self._optimizer.numbers)))
        return MappingProxyType(self._optimizer._entry(history))

    def __iter__(self) -> Iterator[Tensor]:
        return (p for p in self._optimizer.parameters() if p in self._bundled or p in self._optimizer._loose)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _histories(bundles: Iterable[Bundle]) -> Iterator[tuple[Tensor, History]]:
    """Yield each parameter of some bundles with its history."""
    for bundle in bundles:
        yield from zip(bundle.parameters, bundle.histories(), strict=True)


def _number(value: Any) -> Hashable:
    """Return an option as the rules take it: a tensor, such as a rate that is kept in one, becomes a number."""
    if type(value) in (float, int, bool):  # as nearly always
        return cast(Hashable, value)
    if isinstance(value, list | tuple):
        return tuple(map(_number, value))
    return float(value) if isinstance(value, Tensor) else plain(value)
