"""The shared parts of the docstrings of distributions, and their forms as functions of the module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..docstrings import completed, documented
from ..ops.declare import composite
from ..options.kinds import Either, Instance, read
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
    """Declare a method that draws from a continuous distribution: read its arguments, complete its docstring."""
    return _declared(method, ENTRIES)


def count_distribution(method: F) -> F:
    """Declare a method that draws from a discrete distribution."""
    return _declared(method, COUNT_ENTRIES)


def _declared(method: F, entries: Mapping[str, str]) -> F:
    declared: Any = composite()(documented(method, entries=entries))
    return declared


def by_default(method: Callable[..., Tensor], default: Any) -> Callable[..., Tensor]:
    """Return a method of generators as a function with a keyword `generator`, whose default is `default`."""
    kind = Either((Instance((type(default),)),), none=True)

    @wraps(method)
    def draw(*args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        source = default if generator is None else read(method.__name__, "generator", kind, generator)
        return method(source, *args, **kwargs)

    found = signature(method)
    parameters = [*list(found.parameters.values())[1:], Parameter("generator", Parameter.KEYWORD_ONLY, default=None)]
    draw.__signature__ = found.replace(parameters=parameters)  # type: ignore[attr-defined]
    draw.__qualname__ = method.__name__
    draw.__module__ = __package__
    draw.__annotations__ = {**method.__annotations__, "generator": "Generator | None"}
    draw.__doc__ = completed(method.__doc__, draw.__signature__.parameters, ENTRIES)  # type: ignore[attr-defined]
    return draw
