"""What the docstrings and the module-level forms of all distributions share, said once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..tensor import Tensor

F = TypeVar("F", bound=Callable[..., Tensor])

SHARED = {
    "shape": """shape : int or tuple of int, optional
    The result's shape, to which the parameters broadcast; by default that of the parameters.""",
    "dtype": """dtype : dtype, optional
    Real floating-point; by default the type of the parameters that are tensors, float32 without such.""",
    "count_dtype": """dtype : dtype, optional
    int64 by default; floating-point types are possible too.""",
    "device": """device : Device or str, optional
    Where to put the numbers; by default where the parameters are, or where the active backend puts arrays.""",
    "generator": """generator : Generator, optional
    What to draw from; the default one else.""",
}


def _item(key: str, indent: str) -> str:
    return SHARED[key].replace("\n", "\n" + indent)


def distribution(method: F) -> F:
    """Decorate a method of generators: fill in ``{shape}`` and the like in its docstring."""
    indent = " " * 8
    text = method.__doc__ or ""
    for key in SHARED:
        text = text.replace(f"{{{key}}}", _item(key, indent))
    method.__doc__ = text
    return method


def by_default(method: Callable[..., Tensor], default: Any) -> Callable[..., Tensor]:
    """Return a method of generators as a function with the argument `generator`, which is `default` if left out."""

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
