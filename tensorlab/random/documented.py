"""The shared parts of the docstrings of distributions, and their forms as functions of the module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..docstrings import completed
from ..tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])

ENTRIES = {
    "shape": """shape : int or tuple of int, optional
    The shape of the result, to which the parameters broadcast; by default their common shape.""",
    "dtype": """dtype : dtype, optional
    Real floating-point; by default the type of the parameters that are tensors, or float32.""",
    "device": """device : Device or str, optional
    The device of the result; by default that of the parameters, or the default device.""",
    "generator": """generator : Generator, optional
    The source of the numbers; the default generator if not given.""",
    "requires_grad": """requires_grad : bool
    Whether the result requires gradients.""",
}
"""The entries of parameters that distributions share, by name."""

COUNT_ENTRIES = ENTRIES | {
    "dtype": """dtype : dtype, optional
    An integer or floating-point type; int64 by default.""",
}
"""The same for discrete distributions."""


def described(entries: Mapping[str, str]) -> Callable[[F], F]:
    """Return a decorator that adds the entries of parameters which the docstring of a function leaves out."""

    def decorate(function: F) -> F:
        function.__doc__ = completed(function.__doc__, signature(function).parameters, entries)
        return function

    return decorate


distribution, count_distribution = described(ENTRIES), described(COUNT_ENTRIES)


def by_default(method: Callable[..., Tensor], default: Any) -> Callable[..., Tensor]:
    """Return a method of generators as a function with a keyword `generator`, whose default is `default`."""

    @wraps(method)
    def draw(*args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        return method(default if generator is None else generator, *args, **kwargs)

    found = signature(method)
    parameters = [*list(found.parameters.values())[1:], Parameter("generator", Parameter.KEYWORD_ONLY, default=None)]
    draw.__signature__ = found.replace(parameters=parameters)  # type: ignore[attr-defined]
    draw.__qualname__ = method.__name__
    draw.__module__ = __package__
    draw.__annotations__ = {**method.__annotations__, "generator": "Generator | None"}
    draw.__doc__ = completed(method.__doc__, draw.__signature__.parameters, ENTRIES)  # type: ignore[attr-defined]
    return draw
