"""Modules for data, and data for modules."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from ...backend.dtypes import float32
from ...data import TensorDataset
from ...nn import Module
from ...nn.module.parameter import Uninitialized
from ...ops.creation import asarray
from ...tensor import Tensor


def sizes_for(
    owner: str, module: Callable[..., Module], options: dict[str, Any], features: int, outputs: int
) -> tuple[int, ...]:
    """Return what goes to the parameters of a module's class or function that have no default."""
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    parameters = signature(module).parameters.values()
    free = [p.name for p in parameters if p.kind in positional and p.default is p.empty and p.name not in options]
    if len(free) > 2:
        raise ValueError(
            f"{owner}: module has the parameters {', '.join(free)} without default; set all but two by "
            f"module__{free[-1]}=... and the like: these two are the numbers of features and of outputs"
        )
    return (features, outputs)[2 - len(free) :]


def dataset_of(module: Module, X: Any, target: Any) -> TensorDataset:
    """Return samples on the module's device; targets that are numbers have the data type of the inputs."""
    inputs = as_input(module, X)
    targets = asarray(target, device=inputs.device)
    return TensorDataset(inputs, targets.to(dtype=inputs.dtype) if targets.dtype.is_floating else targets)


def as_input(module: Module, X: Any, device: Any = None) -> Tensor:
    """Return inputs as a tensor on the module's device, or the one given, and of the type of its parameters."""
    own = next((x for x in module.parameters() if not isinstance(x, Uninitialized)), None)
    if own is None:
        return asarray(X, dtype=float32, device=device)
    return asarray(X).to(device=own.device, dtype=own.dtype)
