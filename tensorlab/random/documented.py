"""The shared parts of the docstrings of distributions, and their forms as functions of the module."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..docstrings import completed, documented
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
}
"""The entries of parameters that distributions share, by name."""

COUNT_ENTRIES = ENTRIES | {
    "dtype": """dtype : dtype, optional
    An integer or floating-point type; int64 by default.""",
}
"""The same for discrete distributions."""


def distribution(method: F) -> F:
    """Complete the docstring of a method that draws from a continuous distribution."""
    return documented(method, entries=ENTRIES)


def count_distribution(method: F) -> F:
    """Complete the docstring of a method that draws from a discrete distribution."""
    return documented(method, entries=COUNT_ENTRIES)


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
