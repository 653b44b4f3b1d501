"""Layers that are a function of `nn.functional` with options, each of which is declared once.

::

    @declared
    class SmoothL1Loss(Loss, function=F.smooth_l1_loss):
        beta: NonNegative = 1.0

is the whole layer: the constructor, its checks and `extra_repr` follow from the declarations (`tensorlab.options`), and
`forward` passes the options to the function by name. The docstring needs a summary and an example; what the options
mean, which errors are raised and whatever else the function's docstring says is added to it.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from inspect import Parameter, signature
from typing import Annotated, Any, ClassVar

from ...docstrings import Documented
from ...options import Options
from ...options.declarations import Option
from ...tensor import Tensor
from ..module.module import Module

INPLACE = "inplace"
"""The option that PyTorch has and that changes nothing here: it is not passed on."""


class Layer(Documented, Module, Options):
    """A layer whose constructor holds the options of a function; see the module's text.

    Subclasses name the function with the class keyword `function`. They declare the options, and inherit or write
    `forward`.
    """

    _shown: ClassVar[tuple[str, ...] | None] = None
    """The options that `repr` shows, in order, where these are not the ones that follow from the declarations."""

    def __init_subclass__(cls, function: Callable[..., Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(function, **kwargs)
        if function is not None and "forward" not in vars(cls):
            cls.forward = _LazyForward(cls, function)  # type: ignore[method-assign, assignment]

    def _keep(self, options: Mapping[str, Any]) -> None:
        kinds = self._declared.kinds
        for name, value in options.items():
            if isinstance(kinds[name], Buffered):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def extra_repr(self) -> str:
        """Return the options; flags, keyword arguments and what may be None only if they are not the default."""
        names = self._shown
        if names is None:
            options = [option for option in self._declared.values() if option.kept]
            names = tuple(o.name for o in options if _is_shown(o, getattr(self, o.name)))
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in names)


class UnaryLayer(Layer):
    """A layer of one input.

    Parameters
    ----------
    inplace : bool
        Accepted for compatibility with PyTorch; the input is never changed.
    """

    def forward(self, input: Tensor) -> Tensor:
        raise NotImplementedError


class SpatialLayer(Layer):
    """A layer of signals, images or volumes, whose sizes are one number or one for each of `ndim` axes."""

    ndim: ClassVar[int]

    def __post_init__(self) -> None:
        for name in self._declared:
            value = vars(self).get(name)
            if isinstance(value, tuple) and len(value) not in (1, self.ndim):
                raise ValueError(
                    f"{type(self).__name__}: {name} must have 1 or {self.ndim} entries, one per spatial axis, not "
                    f"{len(value)}: {value!r}"
                )

    def _make_tuples(self, *names: str) -> None:
        """Keep options as tuples with one entry per spatial axis, as PyTorch does in some layers."""
        for name in names:
            value = getattr(self, name)
            values = value if isinstance(value, tuple) else (value,)
            setattr(self, name, values if len(values) == self.ndim else values * self.ndim)


@dataclass(frozen=True)
class Buffered:
    """A tensor that the layer keeps as a buffer, or None."""

    text: ClassVar[str] = "a tensor or None"

    def read(self, value: Any) -> Tensor | None:
        """Return the value."""
        if value is not None and not isinstance(value, Tensor):
            raise TypeError
        return value


Buffer = Annotated[Tensor | None, Buffered()]


def _is_shown(option: Option, value: Any) -> bool:
    optional = option.kw_only or option.default is None or isinstance(option.default, bool)
    return not optional or value != option.default


# -- forward -----------------------------------------------------------------------------------------------------------


class _LazyForward:
    """The ``forward`` of a layer, which is written out, and replaces this, when it is first looked up."""

    def __init__(self, cls: Any, function: Callable[..., Any]) -> None:
        self._cls, self._function = cls, function

    def __get__(self, instance: object, owner: type) -> Any:
        parent: Any = super(self._cls, self._cls)
        written: Any = _written_forward(self._cls, parent.forward, self._function)
        if vars(self._cls)["forward"] is self:
            self._cls.forward = written
        return written.__get__(instance, owner)


def _written_forward(cls: Any, inherited: Any, function: Callable[..., Any]) -> Any:
    """Return the function ``def forward(self, input): return function(input, self.beta)``.

    Looking the options up in a loop would take as long as a small activation does.
    """
    inputs = list(signature(inherited).parameters.values())[1:]
    parameters = ", ".join(["self", *(str(p.replace(annotation=Parameter.empty)) for p in inputs)])
    arguments = ", ".join(_arguments(cls, inputs, function))
    source = f"def forward({parameters}):\n    return function({arguments})\n"
    filename = f"<tensorlab.nn.{cls.__name__}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {**inherited.__globals__, "function": function, "__name__": cls.__module__}
    exec(compile(source, filename, "exec"), namespace)
    written: Any = update_wrapper(namespace["forward"], inherited)
    del written.__wrapped__  # `inspect.getsource` shows what is called
    written.__module__, written.__qualname__ = cls.__module__, f"{cls.__qualname__}.forward"
    written.__code__ = written.__code__.replace(co_qualname=written.__qualname__)
    written.__signature__ = signature(inherited)
    return written


def _arguments(cls: Any, inputs: list[Parameter], function: Callable[..., Any]) -> list[str]:
    """Return the arguments of the function: inputs and options, by position as long as none is left out."""
    values = {p.name: p.name for p in inputs}
    values |= {name: f"self.{name}" for name in (*cls._declared, "training") if name not in (*values, INPLACE)}
    required = [p.name for p in inputs if p.default is Parameter.empty]
    arguments, in_order = list(required), True
    for p in list(signature(function).parameters.values())[len(required) :]:
        in_order = in_order and p.name in values and p.kind is Parameter.POSITIONAL_OR_KEYWORD
        if p.name in values:
            arguments.append(values[p.name] if in_order else f"{p.name}={values[p.name]}")
    return arguments
