"""What a transform is, and its inverse."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY
from typing import Any, ClassVar, Literal, Self

from ...docstrings import Documented
from ...ops.declare import composite
from ...options import Options, ShapeLike, checked, declared
from ...tensor import Tensor
from ..constraints import Constraint
from ..parameters import lengths_of


@declared
class Transform(Documented, Options):
    """A function of tensors, and the logarithm of the determinant of its derivative.

    Transforms are called; `inv` is the inverse. A subclass defines `_call`, `_inverse` and `_log_abs_det_jacobian`,
    `domain` and `codomain`, and whether it is `bijective`.

    Parameters
    ----------
    cache_size : int
        With 1, the last argument and its result are kept: the inverse of a result that has just been computed is its
        argument itself, without computation and rounding errors.

    Attributes
    ----------
    domain, codomain : Constraint
        The sets of arguments and of results.
    bijective : bool
        Whether each result has exactly one argument.
    sign : int or Tensor
        1 or -1: whether a transform of numbers increases or decreases.
    inv : Transform
        The inverse; where there are several, one of them.

    Examples
    --------
    >>> exp = tl.distributions.transforms.ExpTransform()
    >>> exp.inv(exp(tl.tensor([2.0])))
    tensor([2.])
    """

    bijective: ClassVar[bool] = True
    _cached: ClassVar[tuple[Any, Any]] = (None, None)

    _: KW_ONLY
    cache_size: Literal[0, 1] = 0

    # -- what a transform defines --------------------------------------------------------------------------------------

    @property
    def domain(self) -> Constraint:
        raise NotImplementedError(f"{type(self).__name__} does not define domain")

    @property
    def codomain(self) -> Constraint:
        raise NotImplementedError(f"{type(self).__name__} does not define codomain")

    @property
    def sign(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} is not monotonic")

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} does not define _call")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse derivative")

    @composite()
    def forward_shape(self, shape: ShapeLike) -> tuple[int, ...]:
        """Return the shape of the result for arguments of a shape.

        Parameters
        ----------
        shape : tuple of int
            The shape of the argument.

        Examples
        --------
        >>> tl.distributions.transforms.StickBreakingTransform().forward_shape((5, 2))
        (5, 3)
        """
        return self._forward_shape(lengths_of(shape))

    @composite()
    def inverse_shape(self, shape: ShapeLike) -> tuple[int, ...]:
        """Return the shape of the argument for results of a shape.

        Parameters
        ----------
        shape : tuple of int
            The shape of the result.

        Examples
        --------
        >>> tl.distributions.transforms.StickBreakingTransform().inverse_shape((5, 3))
        (5, 2)
        """
        return self._inverse_shape(lengths_of(shape))

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    # -- what users call -----------------------------------------------------------------------------------------------

    def __call__(self, x: Tensor) -> Tensor:
        """Return the result for an argument."""
        if self._cached[0] is x:
            return self._cached[1]
        y = self._call(x)
        self._remember(x, y)
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        """Return the argument for a result."""
        if self._cached[1] is y:
            return self._cached[0]
        x = self._inverse(y)
        self._remember(x, y)
        return x

    def _remember(self, x: Tensor, y: Tensor) -> None:
        if self.cache_size:
            vars(self)["_cached"] = (x, y)

    @property
    def inv(self) -> Transform:
        return InverseTransform(self)

    @composite()
    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the logarithm of the absolute determinant of the derivative.

        Parameters
        ----------
        x, y : Tensor
            An argument and its result.

        Returns
        -------
        Tensor
            The shape of `x` without the axes of one element of the domain.

        Examples
        --------
        >>> exp, x = tl.distributions.transforms.ExpTransform(), tl.tensor([1.0, 2.0])
        >>> exp.log_abs_det_jacobian(x, exp(x))
        tensor([1., 2.])
        """
        return self._log_abs_det_jacobian(x, y)

    @checked
    def with_cache(self, cache_size: Literal[0, 1] = 1) -> Self:
        """Return the same transform with another size of the cache.

        Examples
        --------
        >>> tl.distributions.transforms.ExpTransform().with_cache(1).cache_size
        1
        """
        new = copy(self)
        new.cache_size = cache_size
        vars(new).pop("_cached", None)
        return new

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            _same(getattr(self, name), getattr(other, name)) for name in self._declared if name != "cache_size"
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._declared if name != "cache_size")
        return f"{type(self).__name__}({options})"


def _same(first: Any, second: Any) -> bool:
    """Return whether two options are equal; tensors if all elements are."""
    if isinstance(first, Tensor) or isinstance(second, Tensor):
        shapes = [tuple(getattr(x, "shape", ())) for x in (first, second)]
        return shapes[0] == shapes[1] and bool((first == second).all())
    return bool(first == second)


class InverseTransform(Transform):
    """The inverse of a transform, which its `inv` returns."""

    def __init__(self, transform: Transform) -> None:
        self.transform, self.cache_size = transform, 0

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the transform is bijective."""
        return self.transform.bijective

    @property
    def domain(self) -> Constraint:
        return self.transform.codomain

    @property
    def codomain(self) -> Constraint:
        return self.transform.domain

    @property
    def sign(self) -> Any:
        return self.transform.sign

    @property
    def inv(self) -> Transform:
        return self.transform

    def __call__(self, x: Tensor) -> Tensor:
        return self.transform._inv_call(x)

    def _inv_call(self, y: Tensor) -> Tensor:
        return self.transform(y)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.transform._log_abs_det_jacobian(y, x)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.transform._inverse_shape(shape)

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.transform._forward_shape(shape)

    def with_cache(self, cache_size: Literal[0, 1] = 1) -> Self:
        return type(self)(self.transform.with_cache(cache_size))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InverseTransform) and self.transform == other.transform

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{self.transform!r}.inv"
