"""The shared parts of the docstrings of distributions, and their forms as functions of the module."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..tensor import Tensor

F = TypeVar("F", bound=Callable[..., Tensor])

SHARED = {
    "shape": """shape : int or tuple of int, optional
    The shape of the result, to which the parameters broadcast; by default their common shape.""",
    "dtype": """dtype : dtype, optional
    Real floating-point; by default the type of the parameters that are tensors, or float32.""",
    "count_dtype": """dtype : dtype, optional
    An integer or floating-point type; int64 by default.""",
    "device": """device : Device or str, optional
    The device of the result; by default that of the parameters, or the default device.""",
    "generator": """generator : Generator, optional
    The source of the numbers; the default generator if not given.""",
}


def _item(key: str, indent: str) -> str:
    return SHARED[key].replace("\n", "\n" + indent)


def distribution(method: F) -> F:
    """Decorate a method of generators: replace ``{shape}`` and other shared texts in its docstring."""
    indent = " " * 8
    text = method.__doc__ or ""
    for key in SHARED:
        text = text.replace(f"{{{key}}}", _item(key, indent))
    method.__doc__ = text
    return method


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
    before, mark, after = (method.__doc__ or "").partition(_item("device", " " * 8))
    draw.__doc__ = f"{before}{mark}\n        {_item('generator', ' ' * 8)}{after}"
    return draw
