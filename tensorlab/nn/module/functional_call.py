"""Calling a module as a function of its parameters and buffers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import getitem, setitem
from typing import Any

from ...options import checked
from .attributes import joined
from .module import Module

Place = tuple[Module, str]


@checked
def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors instead of its parameters and buffers.

    This makes a module a function of its parameters, for `grad`, `hessian`, `hvp` and the other transforms.

    Parameters
    ----------
    module : Module
        The module; it is unchanged afterwards, also after an error or an interrupt.
    parameters_and_buffers : mapping from str to tensor, or several of them
        By dotted path, as in `Module.named_parameters` and `Module.named_buffers`. For paths that are missing the
        module's own are used. A buffer that the call updates, such as a running mean, is updated in the mapping.
    args : tuple, or one argument that is not a tuple
        The positional arguments.
    kwargs : mapping, optional
        The keyword arguments.
    tie_weights : bool
        Whether a tensor given for a shared parameter is used in all places of the module.
    strict : bool
        Whether all parameters and buffers must be given.

    Returns
    -------
    Any
        The output of the module.

    Raises
    ------
    KeyError
        If the module has no such parameter or buffer, or with `strict` one is missing.
    ValueError
        If a path is given twice, or different tensors for a shared parameter.

    Examples
    --------
    >>> net = tl.nn.Linear(2, 1, bias=False)
    >>> x, weight = tl.tensor([1.0, 2.0]), {"weight": tl.tensor([[3.0, 4.0]])}
    >>> tl.nn.functional_call(net, weight, x)
    tensor([11.])
    >>> tl.grad(lambda w: tl.nn.functional_call(net, w, x).sum())(weight)
    {'weight': tensor([[1., 2.]])}
    """
    given = _as_one_mapping(parameters_and_buffers)
    if not isinstance(kwargs, Mapping | None):
        raise TypeError(f"functional_call: kwargs must be a mapping or None, not {type(kwargs).__name__}")
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    replacements = _replacements(module, given, tie_weights, strict)
    attributes, names = [vars(inner) for inner, _ in replacements], [name for _, name in replacements]
    # `Module.__setattr__` is not called: it checks. Each list is made by one call in C, which no interrupt can divide.
    replacing = map(setitem, attributes, names, replacements.values())
    restoring = map(setitem, attributes, names, list(map(getitem, attributes, names)))
    try:
        list(replacing)
        return module(*args, **(kwargs or {}))
    finally:
        list(restoring)


def _as_one_mapping(given: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    if not isinstance(given, Sequence) or not all(isinstance(part, Mapping) for part in given):
        raise TypeError(f"functional_call: parameters_and_buffers must be a mapping or several, not {given!r:.60}")
    merged: dict[str, Any] = {}
    for part in given:
        twice = merged.keys() & part.keys()
        if twice:
            raise ValueError(f"functional_call: given more than once: {', '.join(sorted(twice))}")
        merged.update(part)
    return merged


def _replacements(module: Module, given: Mapping[str, Any], tie_weights: bool, strict: bool) -> dict[Place, Any]:
    """Return the new tensor for each place whose tensor is replaced."""
    places: dict[str, Place] = {}
    owners: dict[int, list[str]] = {}
    for path, inner in module.named_modules(remove_duplicate=False):
        for name, tensor in (*inner._own_parameters(), *inner._own_buffers()):
            key = joined(path, name)
            places[key] = (inner, name)
            owners.setdefault(id(tensor), []).append(key)
    unknown = [key for key in given if key not in places]
    if unknown:
        raise KeyError(
            f"functional_call: parameters_and_buffers: {type(module).__name__} has no parameter or buffer "
            f"{', '.join(map(str, unknown))}"
        )
    groups = list(owners.values()) if tie_weights else [[key] for key in places]
    replacements = {}
    for keys in groups:
        tensors = {id(given[key]): given[key] for key in keys if key in given}
        if len(tensors) > 1:
            raise ValueError(
                f"functional_call: {', '.join(keys)} are one parameter, but different tensors are given for them; "
                "give one, or set tie_weights=False"
            )
        if strict and not tensors:
            raise KeyError(f"functional_call: strict, but nothing is given for {keys[0]}")
        for tensor in tensors.values():
            replacements.update({places[key]: tensor for key in keys})
    return replacements
