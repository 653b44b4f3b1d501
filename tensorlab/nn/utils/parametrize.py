"""Parametrised weights: attributes of a module that are computed from learned tensors each time they are read.

A parametrised module gets a class of its own with a property for the attribute; other modules of its class are not
affected. The learned tensor stays a parameter: ``module.parametrizations.weight.original``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from ...autodiff.graph import no_grad
from ...blocks import Setting, SettingChange
from ...options import checked
from ...tensor import Tensor
from ..module.containers import ModuleDict, ModuleList
from ..module.module import Module
from ..module.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

M = TypeVar("M", bound=Module)

Cache = dict["ParametrizationList", Any]

_cache: Setting[Cache | None] = Setting("parametrized tensors", None)


class cached(SettingChange[Cache | None]):
    """Compute each parametrised tensor only once inside the ``with`` block, when it is first read.

    This helps if weights are read several times in one forward pass. Changes of learned tensors inside the block have
    no effect.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(tl.nn.Linear(2, 3))
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """

    setting = _cache

    def changed(self, outer: Cache | None) -> Cache:
        """Return the cache of the enclosing block, or a new one."""
        return {} if outer is None else outer


class ParametrizationList(ModuleList):
    """The parametrisations of one tensor, in the order of application, and the original tensors.

    Made by `register_parametrization`. The learned tensor is the attribute ``original``, or ``original0`` and so on if
    the first parametrisation takes several tensors.

    Parameters
    ----------
    modules : sequence of Module
        The parametrisations.
    original : Parameter or Tensor
        The parameter or buffer to parametrise.
    unsafe : bool
        Whether the result may have another shape or type; it is then not checked.
    persistent : bool
        Whether a buffer belongs to the state dict.

    Raises
    ------
    ValueError
        If there is no parametrisation, or the result of one does not fit.
    """

    @checked
    def __init__(
        self, modules: Sequence[Module], original: Tensor, unsafe: bool = False, *, persistent: bool = True
    ) -> None:
        if not modules:
            raise ValueError("ParametrizationList: modules must contain at least one parametrization")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new = _inverted(self, before, missing_is_identity=True)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if isinstance(new, Tensor) else len(new)
        if isinstance(new, Tensor):
            _check_same("right_inverse", new, before, shape=False)
            _replace(original, new)
            self._hold("original", original, persistent)
        else:
            for number, part in enumerate(new):
                self._hold(f"original{number}", _like(original, part), persistent)
        if not unsafe:
            _check_same("the parametrization", self(), before)

    def _hold(self, name: str, tensor: Tensor, persistent: bool) -> None:
        if isinstance(tensor, Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_buffer(name, tensor, persistent)

    def originals(self) -> list[Tensor]:
        """Return the arguments of the first parametrisation."""
        names = ["original"] if self.is_tensor else [f"original{number}" for number in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def forward(self) -> Any:
        first, *others = self
        x = first(*self.originals())
        for module in others:
            x = module(x)
        return x

    @checked
    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrised tensor becomes `value`.

        Raises
        ------
        RuntimeError
            If a parametrisation has no ``right_inverse``.
        ValueError
            If its result does not fit the originals.
        """
        new = _inverted(self, value.detach(), missing_is_identity=False)
        parts = [new] if isinstance(new, Tensor) else list(new)
        originals = self.originals()
        if isinstance(new, Tensor) != self.is_tensor or len(parts) != len(originals):
            raise ValueError(
                f"right_inverse must return {'a tensor' if self.is_tensor else f'{self.ntensors} tensors'}, not "
                f"{type(new).__name__}"
            )
        for original, part in zip(originals, parts, strict=True):
            _check_same("right_inverse", part, original, shape=not self.unsafe)
        for original, part in zip(originals, parts, strict=True):
            _replace(original, part)


def _inverted(modules: ModuleList, value: Tensor, missing_is_identity: bool) -> Any:
    """Return the originals from which the parametrisations compute `value`."""
    new: Any = value
    with no_grad():
        for module in reversed(list(modules)):
            inverse = getattr(module, "right_inverse", None)
            if inverse is None and not missing_is_identity:
                raise RuntimeError(
                    f"the parametrization {type(module).__name__} has no right_inverse, so that no value can be "
                    "assigned; assign to the originals"
                )
            try:
                new = new if inverse is None else inverse(new)
            except NotImplementedError:
                if not missing_is_identity:
                    raise
    if not isinstance(new, Tensor) and not (
        isinstance(new, list | tuple) and all(isinstance(part, Tensor) for part in new)
    ):
        raise ValueError(f"right_inverse must return a tensor or a sequence of tensors, not {type(new).__name__}")
    return new


def _check_same(what: str, found: Any, wanted: Tensor, shape: bool = True) -> None:
    """Raise `ValueError` unless a value is a tensor of the same type and shape."""
    if not isinstance(found, Tensor):
        raise ValueError(f"{what} must return a tensor, not {type(found).__name__}")
    if found.dtype != wanted.dtype or (shape and found.shape != wanted.shape):
        raise ValueError(
            f"{what} must keep the shape {wanted.shape} and the type {wanted.dtype}, but returned shape {found.shape} "
            f"and type {found.dtype}; unsafe=True lets a parametrization change them"
        )


def _replace(tensor: Tensor, new: Tensor) -> None:
    """Copy the elements of another tensor into new memory of a tensor, which stays the same object for optimizers."""
    if new._array is not tensor._array:
        tensor._array = new.detach().clone()._array


def _like(original: Tensor, part: Tensor) -> Tensor:
    """Return a tensor as a parameter, if the original is one."""
    part = part.detach().clone()
    if isinstance(original, Parameter):
        return Parameter(part, original.requires_grad)
    part.requires_grad = original.requires_grad
    return part


# -- the class of a parametrised module --------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _parametrized_class(base: type, names: tuple[str, ...]) -> type:
    """Return a subclass that computes the attributes `names`.

    Modules share it, so that removing the parametrisations of a copy does not affect the original module.
    """

    def reduce(module: Module) -> Any:
        return _empty_parametrized, (base, names), module.__dict__

    members = {name: _parametrized_property(name) for name in names}
    return type(
        f"Parametrized{base.__name__}",
        (base,),
        {
            **members,
            "_unparametrized": base,
            "_parametrized": names,
            "__reduce__": reduce,
            "__module__": base.__module__,
            "__doc__": base.__doc__,
        },
    )


def _parametrized_property(name: str) -> property:
    def get(module: Any) -> Any:
        parametrizations = module.__dict__["parametrizations"][name]
        cache = _cache.get()
        if cache is None:
            return parametrizations()
        if parametrizations not in cache:
            cache[parametrizations] = parametrizations()
        return cache[parametrizations]

    def set(module: Any, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"{type(module).__name__}.{name} is parametrized and cannot become {type(value).__name__}")
        module.__dict__["parametrizations"][name].right_inverse(value)

    return property(get, set)


def _empty_parametrized(base: type, names: tuple[str, ...]) -> Any:
    """Return a parametrised module without attributes, for `copy` and `pickle`."""
    return object.__new__(_parametrized_class(base, names))


def _names(module: Module) -> tuple[str, ...]:
    return getattr(type(module), "_parametrized", ())


@checked
def type_before_parametrizations(module: Module) -> type:
    """Return the class that a module has without its parametrisations.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(tl.nn.Linear(2, 3))
    >>> type(layer).__name__, parametrize.type_before_parametrizations(layer).__name__
    ('ParametrizedLinear', 'Linear')
    """
    found: type = getattr(type(module), "_unparametrized", type(module))
    return found


@checked
def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Return whether an attribute of a module is parametrised, or without a name whether any is.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(tl.nn.Linear(2, 3))
    >>> parametrize.is_parametrized(layer, "weight"), parametrize.is_parametrized(layer, "bias")
    (True, False)
    """
    names = _names(module)
    return bool(names) if tensor_name is None else tensor_name in names


@checked
def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """Compute a parameter or buffer of a module from a learned tensor, each time it is read.

    ``module.weight`` becomes ``parametrization(original)``, where ``original`` is the parameter that was there (the
    same object, so an optimizer keeps working). Further parametrisations are applied to the result. They take the
    training mode of the module.

    A parametrisation may have a method ``right_inverse``, which returns a tensor, or several, from which it computes a
    given value of the weight. It is called with the present value, and with values assigned to the weight. If it
    returns several tensors, they become new parameters, which must be given to the optimizer.

    Parameters
    ----------
    module : Module
        Its class is replaced by one with the prefix ``Parametrized``.
    tensor_name : str
        The attribute, a parameter or a buffer.
    parametrization : Module
        Called with the original or originals; returns the tensor.
    unsafe : bool
        Whether the shape and the type may change; they are then not checked.

    Returns
    -------
    Module
        The module itself.

    Raises
    ------
    ValueError
        If there is no such parameter or buffer, or the result does not fit; the module is then unchanged.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrize
    >>> class Symmetric(tl.nn.Module):
    ...     def forward(self, x):
    ...         return tl.triu(x) + tl.triu(x, k=1).mT
    >>> layer = parametrize.register_parametrization(tl.nn.Linear(3, 3), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.mT).all())
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module, tensor_name, parametrization, unsafe)
        return module
    original = module.__dict__.get(tensor_name)
    is_buffer = tensor_name in module._buffer_names
    if not isinstance(original, Parameter) and not (is_buffer and isinstance(original, Tensor)):
        raise ValueError(
            f"register_parametrization: tensor_name must be that of a parameter or buffer of {type(module).__name__}, "
            f"not {tensor_name!r}"
        )
    names = _names(module)
    if not names and hasattr(module, "parametrizations"):
        raise ValueError(f"{type(module).__name__} has an attribute 'parametrizations' of its own")
    persistent = module._buffer_names.get(tensor_name, True)
    parametrizations = ParametrizationList([parametrization], original, unsafe, persistent=persistent)
    del module.__dict__[tensor_name]
    if is_buffer:
        module._buffer_names = {name: kept for name, kept in module._buffer_names.items() if name != tensor_name}
    if not names:
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parametrizations  # type: ignore[attr-defined]
    module.__class__ = _parametrized_class(type_before_parametrizations(module), (*names, tensor_name))
    return module


def _append(module: Any, tensor_name: str, parametrization: Module, unsafe: bool) -> None:
    """Add a parametrisation to those that a tensor has."""
    parametrizations = module.parametrizations[tensor_name]
    if not unsafe:
        present = getattr(module, tensor_name)
        found = parametrization(present)
        _check_same("the parametrization", found, present)
        inverse = getattr(parametrization, "right_inverse", None)
        if inverse is not None:
            try:
                with no_grad():
                    _check_same("right_inverse", inverse(found), present)
            except NotImplementedError:
                pass
    parametrizations.append(parametrization)
    parametrizations.unsafe |= unsafe


@checked
def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a parametrised attribute an ordinary parameter, or buffer, again.

    Parameters
    ----------
    module : Module
        Its original class is restored with the last parametrisation.
    tensor_name : str
        The attribute.
    leave_parametrized : bool
        Whether it keeps its computed value or becomes the original. With one original it stays the same parameter;
        otherwise it is a new one.

    Returns
    -------
    Module
        The module itself.

    Raises
    ------
    ValueError
        If the attribute is not parametrised, or `leave_parametrized` is False and there are several originals.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.spectral_norm(tl.nn.Linear(2, 3))
    >>> parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=3, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"remove_parametrizations: tensor_name must be that of a parametrization of {type(module).__name__}, not "
            f"{tensor_name!r}"
        )
    parametrizations: Any = module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    if not parametrizations.is_tensor and not leave_parametrized:
        raise ValueError(
            f"{tensor_name!r} is computed from {parametrizations.ntensors} tensors, none of which can replace it: "
            "leave_parametrized must be True"
        )
    restored = parametrizations.originals()[0]
    if leave_parametrized:
        value = getattr(module, tensor_name)
        if parametrizations.is_tensor:
            _replace(restored, value)
        else:
            restored = Parameter(value.detach()) if value.requires_grad else value
    persistent = all(parametrizations._buffer_names.values())
    names = tuple(name for name in _names(module) if name != tensor_name)
    base = type_before_parametrizations(module)
    module.__class__ = _parametrized_class(base, names) if names else base
    del module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    if not names:
        del module.__dict__["parametrizations"]
    if isinstance(restored, Parameter):
        module.register_parameter(tensor_name, restored)
    else:
        module.register_buffer(tensor_name, restored, persistent)
    return module


@checked
def transfer_parametrizations_and_params(from_module: Module, to_module: M, tensor_name: str | None = None) -> M:
    """Share the parametrisations of one module, and their originals, with another.

    Parameters
    ----------
    from_module, to_module : Module
        Source and destination; without parametrisations of the source nothing happens. Missing parameters of the
        destination are made.
    tensor_name : str, optional
        Name of the attribute; all by default.

    Returns
    -------
    Module
        The second module.

    Examples
    --------
    >>> from tensorlab.nn.utils import parametrizations, parametrize
    >>> layer, other = parametrizations.weight_norm(tl.nn.Linear(2, 3)), tl.nn.Linear(2, 3)
    >>> _ = parametrize.transfer_parametrizations_and_params(layer, other)
    >>> bool((layer.weight == other.weight).all())
    True
    """
    for name in _names(from_module) if tensor_name is None else [tensor_name]:
        if not is_parametrized(from_module, name):
            continue
        source: Any = from_module.parametrizations[name]  # type: ignore[attr-defined]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target: Any = to_module.parametrizations[name]  # type: ignore[attr-defined]
        for key in ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]:
            setattr(target, key, getattr(source, key))
    return to_module
