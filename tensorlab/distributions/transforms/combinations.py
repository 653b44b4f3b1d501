"""Transforms made of others, and changes of shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from operator import mul
from typing import Any

from ...errors import ShapeError
from ...ops.creation import zeros
from ...ops.joining import concat, stack, unstack
from ...ops.pytorch_names import split_with_sizes
from ...ops.shapes import reshape
from ...options import Count, declared
from ...tensor import Tensor
from .. import constraints
from ..constraints import Constraint
from ..independent import sum_rightmost
from .base import Transform


@declared
class ComposeTransform(Transform):
    """Several transforms, one after the other.

    Parameters
    ----------
    parts : sequence of Transform
        The transforms, the first one first.

    Examples
    --------
    >>> from tensorlab.distributions.transforms import AffineTransform, ComposeTransform, ExpTransform
    >>> ComposeTransform([AffineTransform(0.0, 2.0), ExpTransform()])(tl.tensor([0.0]))
    tensor([1.])
    """

    parts: Sequence[Transform]

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are bijective."""
        return all(part.bijective for part in self.parts)

    @property
    def domain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        domain, event_dim = self.parts[0].domain, self._event_dims()[0]
        return _at_least(domain, event_dim)

    @property
    def codomain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        codomain, event_dim = self.parts[-1].codomain, self._event_dims()[-1]
        return _at_least(codomain, event_dim)

    def _event_dims(self) -> list[int]:
        """Return the number of axes of one element before the first part and after each."""
        needed = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            needed = max(needed + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim)
        found = [needed]
        for part in self.parts:
            found.append(found[-1] + part.codomain.event_dim - part.domain.event_dim)
        return found

    @property
    def sign(self) -> Any:
        return reduce(mul, (part.sign for part in self.parts), 1)

    def _call(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part._inv_call(y)
        return y

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return 0.0 * x
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        event_dims, terms = self._event_dims(), []
        for part, event_dim, before, after in zip(self.parts, event_dims, values, values[1:], strict=False):
            slope = part._log_abs_det_jacobian(before, after)
            terms.append(sum_rightmost(slope, event_dim - part.domain.event_dim))
        return reduce(lambda a, b: a + b, terms)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for part in self.parts:
            shape = part._forward_shape(shape)
        return shape

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        for part in reversed(self.parts):
            shape = part._inverse_shape(shape)
        return shape


def _at_least(constraint: Constraint, event_dim: int) -> Constraint:
    """Return a constraint of elements with so many axes."""
    missing = event_dim - constraint.event_dim
    return constraints.independent(constraint, missing) if missing > 0 else constraint


identity_transform = ComposeTransform([])
"""The transform that returns its argument."""


@declared
class IndependentTransform(Transform):
    """A transform of each of the elements along some axes, which together are one element.

    Parameters
    ----------
    base_transform : Transform
        The transform.
    reinterpreted_batch_ndims : int
        The number of axes.

    Examples
    --------
    >>> from tensorlab.distributions.transforms import ExpTransform, IndependentTransform
    >>> exp, x = IndependentTransform(ExpTransform(), 1), tl.tensor([1.0, 2.0])
    >>> exp.log_abs_det_jacobian(x, exp(x))
    tensor(3.)
    """

    base_transform: Transform
    reinterpreted_batch_ndims: Count

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the transform is bijective."""
        return self.base_transform.bijective

    @property
    def domain(self) -> Constraint:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.base_transform._inv_call(y)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_rightmost(self.base_transform._log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base_transform._forward_shape(shape)

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.base_transform._inverse_shape(shape)


@declared
class ReshapeTransform(Transform):
    """A change of the shape of elements.

    Parameters
    ----------
    in_shape, out_shape : tuple of int
        The shapes before and after, with the same number of elements.

    Raises
    ------
    ShapeError
        If the numbers of elements differ.

    Examples
    --------
    >>> tl.distributions.transforms.ReshapeTransform((4,), (2, 2))(tl.zeros(3, 4)).shape
    (3, 2, 2)
    """

    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if prod(self.in_shape) != prod(self.out_shape):
            raise ShapeError(
                f"ReshapeTransform: in_shape {self.in_shape} and out_shape {self.out_shape} have different numbers of "
                "elements"
            )

    @property
    def domain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return reshape(x, self._forward_shape(tuple(x.shape)))

    def _inverse(self, y: Tensor) -> Tensor:
        return reshape(y, self._inverse_shape(tuple(y.shape)))

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return zeros(tuple(x.shape)[: len(x.shape) - len(self.in_shape)], dtype=x.dtype, device=x.device)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return _replaced(shape, self.in_shape, self.out_shape)

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return _replaced(shape, self.out_shape, self.in_shape)


def _replaced(shape: tuple[int, ...], old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape with another end."""
    cut = len(shape) - len(old)
    if cut < 0 or shape[cut:] != old:
        raise ShapeError(f"ReshapeTransform: the shape {shape} does not end with {old}")
    return (*shape[:cut], *new)


@declared
class PartsTransform(Transform):
    """The base class of transforms of the parts of arrays.

    Parameters
    ----------
    tseq : sequence of Transform
        The transforms of the parts, of numbers.
    dim : int
        The axis along which the parts are.
    """

    tseq: Sequence[Transform]
    dim: int = 0

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are bijective."""
        return all(part.bijective for part in self.tseq)

    @property
    def transforms(self) -> Sequence[Transform]:
        """The transforms of the parts."""
        return self.tseq

    def _divided(self, x: Tensor) -> Sequence[Tensor]:
        """Return the parts of an array."""
        raise NotImplementedError

    def _joined(self, parts: Sequence[Tensor]) -> Tensor:
        """Return the array of these parts."""
        raise NotImplementedError

    def _call(self, x: Tensor) -> Tensor:
        return self._joined([part(value) for part, value in zip(self.tseq, self._divided(x), strict=True)])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined([part._inv_call(value) for part, value in zip(self.tseq, self._divided(y), strict=True)])

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        parts = zip(self.tseq, self._divided(x), self._divided(y), strict=True)
        return self._joined([part._log_abs_det_jacobian(before, after) for part, before, after in parts])


@declared
class CatTransform(PartsTransform):
    """Transforms of the parts of an array along an axis, whose results are concatenated.

    Parameters
    ----------
    lengths : sequence of int, optional
        The lengths of the parts; 1 by default.

    Raises
    ------
    ValueError
        If there are not as many lengths as transforms.

    Examples
    --------
    >>> from tensorlab.distributions.transforms import CatTransform, ExpTransform, identity_transform
    >>> CatTransform([ExpTransform(), identity_transform], lengths=[1, 2])(tl.tensor([0.0, 2.0, 3.0]))
    tensor([1., 2., 3.])
    """

    lengths: Sequence[Count] | None = None

    def __post_init__(self) -> None:
        if self.lengths is None:
            self.lengths = (1,) * len(self.tseq)
        if len(self.lengths) != len(self.tseq):
            raise ValueError(
                f"CatTransform: lengths must have one entry for each of the {len(self.tseq)} entries of tseq, not "
                f"{len(self.lengths)}"
            )

    @property
    def domain(self) -> Constraint:
        return constraints.cat([part.domain for part in self.tseq], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:
        return constraints.cat([part.codomain for part in self.tseq], self.dim, self.lengths)

    def _divided(self, x: Tensor) -> Sequence[Tensor]:
        lengths = self.lengths or ()
        if x.shape[self.dim] != sum(lengths):
            raise ShapeError(
                f"CatTransform: axis {self.dim} must have the length {sum(lengths)}, not {x.shape[self.dim]}"
            )
        return split_with_sizes(x, list(lengths), self.dim)

    def _joined(self, parts: Sequence[Tensor]) -> Tensor:
        return concat(list(parts), axis=self.dim)


@declared
class StackTransform(PartsTransform):
    """Transforms of the slices of an array along an axis, whose results are stacked.

    Examples
    --------
    >>> from tensorlab.distributions.transforms import ExpTransform, StackTransform, identity_transform
    >>> StackTransform([ExpTransform(), identity_transform])(tl.tensor([0.0, 2.0]))
    tensor([1., 2.])
    """

    @property
    def domain(self) -> Constraint:
        return constraints.stack([part.domain for part in self.tseq], self.dim)

    @property
    def codomain(self) -> Constraint:
        return constraints.stack([part.codomain for part in self.tseq], self.dim)

    def _divided(self, x: Tensor) -> Sequence[Tensor]:
        if x.shape[self.dim] != len(self.tseq):
            raise ShapeError(
                f"StackTransform: axis {self.dim} must have the length {len(self.tseq)}, not {x.shape[self.dim]}"
            )
        return unstack(x, axis=self.dim)

    def _joined(self, parts: Sequence[Tensor]) -> Tensor:
        return stack(list(parts), axis=self.dim)
