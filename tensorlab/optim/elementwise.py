"""Optimizers whose step is a formula for each element: written once, run over whole bundles of parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from inspect import Parameter, signature
from typing import Any, ClassVar

from ..ops.creation import tensor as make_tensor
from ..tensor import Tensor
from .bundle import Bundle, History, bundled
from .groups import plain
from .optimizer import Group, Optimizer

Rule = Callable[..., tuple[Any, ...]]


@cache
def whole_step(rule: Rule) -> Rule:
    """Return a rule with what all families share before it: the sign of the gradient, and weight decay."""

    def step(
        xp: Any, x: Any, g: Any, *state: Any, maximize: bool, weight_decay: float, shrink: float, options: Any
    ) -> tuple[Any, ...]:
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * x
        if shrink != 1:
            x = shrink * x
        return rule(xp, x, g, *state, **dict(options))

    return step


@cache
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
            Where ``sqrt`` and the like are; see `tensorlab.backend.updates`.
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
        cls.array_names = names_in(cls.rule, Parameter.POSITIONAL_OR_KEYWORD)
        cls.option_names = names_in(cls.rule, Parameter.KEYWORD_ONLY)
        cls.scalar_names = frozenset(cls.numbers)
        cls.state_names = frozenset([*cls.numbers, *cls.array_names])

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
        numbers["step"] += 1

    # -- steps -----------------------------------------------------------------------------------------------

    def _set_up_state(self) -> None:
        self._bundles: dict[Tensor, list[Bundle]] = {}  # by the first parameter of the group
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
        batches: dict[Any, list[tuple[Any, ...]]] = {}
        for bundle in bundles:
            options = self._options(group, bundle)
            operands = (bundle.flat, bundle.gradient(), *self._arrays(group, bundle))
            batches.setdefault((bundle.backend, bundle.kind, options), []).append(operands)
        rule = whole_step(self.rule)
        for (backend, _, options), batch in batches.items():
            backend.update(rule, batch, options)
        for bundle in bundles:
            bundle.written()

    def _arrays(self, group: Group, bundle: Bundle) -> list[Any]:
        return [
            bundle.array(name, self._initial(name, group)) if self._keeps(name, group) else None
            for name in self.array_names
        ]

    def _options(self, group: Group, bundle: Bundle) -> tuple[tuple[str, Hashable], ...]:
        """Return what `whole_step` is called with."""
        decay = 0.0 if "weight_decay" in self.option_names else group.get("weight_decay", 0.0)
        decoupled = group.get("decoupled_weight_decay", False)
        shrink = 1 - float(group["lr"]) * decay if decoupled else 1.0
        known = {**group, **bundle.numbers, "first": not bundle.state}
        options = tuple([(name, _number(known[name])) for name in self.option_names])
        return (
            ("maximize", group.get("maximize", False)),
            ("weight_decay", 0.0 if decoupled else decay),
            ("shrink", shrink),
            ("options", options),
        )

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
        histories = [self._loose.pop(parameter, History(dict(self.numbers))) for parameter in parameters]
        for parameter, history in zip(parameters, histories, strict=True):
            history.arrays = {name: _beside(parameter, array) for name, array in history.arrays.items()}
        return bundled(parameters, histories)

    def _loosen(self, first: Tensor) -> None:
        """Take the bundles of a group apart: what is known of its parameters is kept one by one."""
        for bundle in self._bundles.pop(first, ()):
            self._loose.update(zip(bundle.parameters, bundle.histories(), strict=True))

    # -- state -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:  # type: ignore[override]
        """What is kept for each parameter that took a step: tensors of its shape, which share the memory."""
        histories = dict(self._loose)
        for bundles in self._bundles.values():
            for bundle in bundles:
                histories.update(zip(bundle.parameters, bundle.histories(), strict=True))
        return {
            parameter: self._entry(histories[parameter]) for parameter in self.parameters() if parameter in histories
        }

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
        self._bundles.clear()
        self._loose = {parameter: self._history(entry) for parameter, entry in state.items()}

    def _history(self, entry: dict[str, Any]) -> History:
        numbers = {name: float(entry.get(name, start)) for name, start in self.numbers.items()}
        return History(numbers, {name: entry[name]._array for name in self.array_names if name in entry})


def _number(value: Any) -> Hashable:
    """Return an option as the rules take it: a tensor, such as a rate that is kept in one, becomes a number."""
    return float(value) if isinstance(value, Tensor) else plain(value)


def _beside(parameter: Tensor, array: Any) -> Any:
    """Return an array of the state on its parameter's device, with its data type."""
    return Tensor(array).to(parameter.device).to(dtype=parameter.dtype)._array
