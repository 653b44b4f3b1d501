"""Constraints: the sets that parameters lie in, and the supports of distributions.

Names and meanings are those of `torch.distributions.constraints`. A constraint tests values with `check`, whose result
has one element for each event, and says in `text` what the values must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Annotated, Any, ClassVar

from ..docstrings import Documented
from ..errors import ShapeError
from ..ops.arithmetic import abs
from ..ops.comparison import where
from ..ops.creation import eye
from ..ops.datatypes import finfo
from ..ops.joining import concat, unstack
from ..ops.joining import stack as joined
from ..ops.matrices import diagonal, tril
from ..ops.reduction import all
from ..ops.shapes import reshape
from ..options import Count, Options, declared
from ..options.kinds import Either, Element, Operand
from ..tensor import Tensor

__all__ = [
    "Constraint", "boolean", "cat", "corr_cholesky", "greater_than", "greater_than_eq", "half_open_interval",
    "independent", "integer_interval", "interval", "less_than", "lower_cholesky", "lower_triangular", "multinomial",
    "nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer",
    "positive_semidefinite", "real", "real_vector", "simplex", "sphere", "square", "stack", "symmetric",
    "unit_interval",
]  # fmt: skip


NumberOrTensor = Annotated[Any, Either((Operand(), Element((int, float))))]
"""A bound: one for all values, or a tensor that broadcasts with them."""


class Constraint(Documented, Options):
    """The base class of constraints.

    Attributes
    ----------
    event_dim : int
        The number of trailing axes that belong to one value.
    is_discrete : bool
        Whether the values are isolated.

    Examples
    --------
    >>> tl.distributions.constraints.positive.check(tl.tensor([-1.0, 2.0]))
    tensor([False,  True])
    """

    event_dim: ClassVar[int] = 0
    is_discrete: ClassVar[bool] = False

    @property
    def text(self) -> str:
        """What values must be, for errors."""
        raise NotImplementedError(f"{type(self).__name__} does not define text")

    def check(self, value: Tensor) -> Tensor:
        """Return for each event whether it satisfies the constraint.

        Parameters
        ----------
        value : Tensor
            Events along the last `event_dim` axes.

        Returns
        -------
        Tensor
            The shape of `value` without the axes of events; bool.

        Examples
        --------
        >>> tl.distributions.constraints.simplex.check(tl.tensor([[0.5, 0.5], [0.5, 0.4]]))
        tensor([ True, False])
        """
        raise NotImplementedError(f"{type(self).__name__} does not define check")

    def __repr__(self) -> str:
        return f"<constraint: {self.text}>"


def _shown(bound: Any) -> str:
    """Return a bound as text: a number, or a word for several."""
    if isinstance(bound, Tensor):
        return "its bound" if bound.shape else f"{bound.item():g}"
    return f"{bound:g}"


# -- numbers -----------------------------------------------------------------------------------------------------------


class _Real(Constraint):
    text = "a real number, not NaN"

    def check(self, value: Tensor) -> Tensor:
        return value == value


class _Boolean(Constraint):
    text, is_discrete = "0 or 1", True

    def check(self, value: Tensor) -> Tensor:
        return (value == 0) | (value == 1)


@declared
class greater_than(Constraint):
    """Numbers above a bound.

    Parameters
    ----------
    lower_bound : float or Tensor
        The bound.

    Examples
    --------
    >>> tl.distributions.constraints.greater_than(1.0).check(tl.tensor([1.0, 2.0]))
    tensor([False,  True])
    """

    lower_bound: NumberOrTensor

    @property
    def text(self) -> str:
        return f"greater than {_shown(self.lower_bound)}"

    def check(self, value: Tensor) -> Tensor:
        return value > self.lower_bound


@declared
class greater_than_eq(Constraint):
    """Numbers at or above a bound; see `greater_than`.

    Examples
    --------
    >>> tl.distributions.constraints.greater_than_eq(1.0).check(tl.tensor([1.0, 2.0]))
    tensor([ True,  True])
    """

    lower_bound: NumberOrTensor

    @property
    def text(self) -> str:
        return f"at least {_shown(self.lower_bound)}"

    def check(self, value: Tensor) -> Tensor:
        return value >= self.lower_bound


@declared
class less_than(Constraint):
    """Numbers below a bound.

    Parameters
    ----------
    upper_bound : float or Tensor
        The bound.

    Examples
    --------
    >>> tl.distributions.constraints.less_than(2.0).check(tl.tensor([1.0, 2.0]))
    tensor([ True, False])
    """

    upper_bound: NumberOrTensor

    @property
    def text(self) -> str:
        return f"less than {_shown(self.upper_bound)}"

    def check(self, value: Tensor) -> Tensor:
        return value < self.upper_bound


@declared
class interval(Constraint):
    """Numbers between two bounds, both included.

    Parameters
    ----------
    lower_bound, upper_bound : float or Tensor
        The bounds.

    Examples
    --------
    >>> tl.distributions.constraints.interval(0.0, 1.0).check(tl.tensor([1.0, 2.0]))
    tensor([ True, False])
    """

    lower_bound: NumberOrTensor
    upper_bound: NumberOrTensor
    closing: ClassVar[str] = "]"

    @property
    def text(self) -> str:
        return f"in [{_shown(self.lower_bound)}, {_shown(self.upper_bound)}{self.closing}"

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class half_open_interval(interval):
    """Numbers between two bounds, of which only the lower one is included; see `interval`.

    Examples
    --------
    >>> tl.distributions.constraints.half_open_interval(0.0, 1.0).check(tl.tensor([0.0, 1.0]))
    tensor([ True, False])
    """

    closing = ")"

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value < self.upper_bound)


class _PositiveProbability(interval):
    text = "in (0, 1]"

    def check(self, value: Tensor) -> Tensor:
        return (value > self.lower_bound) & (value <= self.upper_bound)


@declared
class integer_interval(Constraint):
    """Whole numbers between two bounds, both included; see `interval`.

    Examples
    --------
    >>> tl.distributions.constraints.integer_interval(0, 2).check(tl.tensor([0.0, 0.5, 3.0]))
    tensor([ True, False, False])
    """

    lower_bound: NumberOrTensor
    upper_bound: NumberOrTensor
    is_discrete = True

    @property
    def text(self) -> str:
        return f"a whole number from {_shown(self.lower_bound)} to {_shown(self.upper_bound)}"

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & (value >= self.lower_bound) & (value <= self.upper_bound)


@declared
class _IntegerFrom(Constraint):
    """Whole numbers of at least a bound."""

    lower_bound: int
    is_discrete = True

    @property
    def text(self) -> str:
        return f"a whole number of at least {self.lower_bound}"

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & (value >= self.lower_bound)


# -- vectors -----------------------------------------------------------------------------------------------------------


def _near(value: Tensor, target: float, terms: int) -> Tensor:
    """Return whether sums of so many terms equal a number but for their rounding errors."""
    return abs(value - target) <= max(1e-6, float(finfo(value.dtype).eps) * max(10, terms))


class _Simplex(Constraint):
    text, event_dim = "a vector of numbers of at least 0 that sum to 1", 1

    def check(self, value: Tensor) -> Tensor:
        return all(value >= 0, axis=-1) & _near(value.sum(axis=-1), 1.0, value.shape[-1])


class _Weights(Constraint):
    """Unnormalised probabilities."""

    text, event_dim = "a vector of numbers of at least 0, not all 0", 1

    def check(self, value: Tensor) -> Tensor:
        return all((value >= 0) & (value < inf), axis=-1) & (value.sum(axis=-1) > 0)


class _Sphere(Constraint):
    text, event_dim = "a vector of length 1", 1

    def check(self, value: Tensor) -> Tensor:
        return _near(value.square().sum(axis=-1), 1.0, value.shape[-1])


class _OneHot(Constraint):
    text, event_dim, is_discrete = "a vector of zeros and a single 1", 1, True

    def check(self, value: Tensor) -> Tensor:
        return all((value == 0) | (value == 1), axis=-1) & (value.sum(axis=-1) == 1)


@declared
class multinomial(Constraint):
    """Vectors of counts with a given sum.

    Parameters
    ----------
    upper_bound : int
        The sum.

    Examples
    --------
    >>> tl.distributions.constraints.multinomial(3).check(tl.tensor([[1.0, 2.0], [1.0, 1.0]]))
    tensor([ True, False])
    """

    upper_bound: Count
    event_dim = 1
    is_discrete = True

    @property
    def text(self) -> str:
        return f"a vector of counts that sum to {self.upper_bound}"

    def check(self, value: Tensor) -> Tensor:
        return all((value % 1 == 0) & (value >= 0), axis=-1) & (value.sum(axis=-1) == self.upper_bound)


# -- matrices ----------------------------------------------------------------------------------------------------------


class _Matrix(Constraint):
    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        if len(value.shape) < 2 or value.shape[-1] != value.shape[-2]:
            raise ShapeError(f"a square matrix is needed, not an array of shape {tuple(value.shape)}")
        return self._holds(value)

    def _holds(self, value: Tensor) -> Tensor:
        """Return `check` of square matrices."""
        return all(value == value, axis=(-2, -1))


class _Square(_Matrix):
    text = "a square matrix"


class _LowerTriangular(_Matrix):
    text = "a lower triangular matrix"

    def _holds(self, value: Tensor) -> Tensor:
        return all(tril(value) == value, axis=(-2, -1))


class _LowerCholesky(_LowerTriangular):
    text = "a lower triangular matrix with a positive diagonal"

    def _holds(self, value: Tensor) -> Tensor:
        return super()._holds(value) & all(diagonal(value, axis1=-2, axis2=-1) > 0, axis=-1)


class _CorrCholesky(_LowerCholesky):
    text = "a lower triangular matrix with a positive diagonal and rows of length 1"

    def _holds(self, value: Tensor) -> Tensor:
        lengths = value.square().sum(axis=-1)
        return super()._holds(value) & all(_near(lengths, 1.0, value.shape[-1]), axis=-1)


class _Symmetric(_Matrix):
    text = "a symmetric matrix"

    def _holds(self, value: Tensor) -> Tensor:
        tolerance = 10 * float(finfo(value.dtype).eps)
        return all(abs(value - value.mT) <= tolerance * (abs(value) + abs(value.mT)), axis=(-2, -1))


class _PositiveSemidefinite(_Symmetric):
    text = "a symmetric matrix without negative eigenvalues"

    def _holds(self, value: Tensor) -> Tensor:
        symmetric = super()._holds(value)
        return symmetric & self._eigenvalues_fit(_eigenvalues(value, symmetric))

    def _eigenvalues_fit(self, eigenvalues: Tensor) -> Tensor:
        """Return whether none is negative; rounding errors of the largest make zeros negative."""
        tolerance = 10 * float(finfo(eigenvalues.dtype).eps) * abs(eigenvalues).max(axis=-1)
        return eigenvalues.min(axis=-1) >= -tolerance


class _PositiveDefinite(_PositiveSemidefinite):
    text = "a symmetric positive definite matrix"

    def _eigenvalues_fit(self, eigenvalues: Tensor) -> Tensor:
        return eigenvalues.min(axis=-1) > 0


def _eigenvalues(value: Tensor, symmetric: Tensor) -> Tensor:
    """Return the eigenvalues of the matrices that are symmetric, and ones for the others."""
    # Linear algebra is imported when it is first needed.
    from ..ops.linalg.spectral import eigvalsh

    harmless = eye(value.shape[-1], dtype=value.dtype, device=value.device)
    return eigvalsh(where(symmetric[..., None, None], value, harmless))


# -- constraints made of others ----------------------------------------------------------------------------------------


@declared
class independent(Constraint):
    """Arrays of values that each satisfy a constraint.

    Parameters
    ----------
    base_constraint : Constraint
        The constraint of each value.
    reinterpreted_batch_ndims : int
        The number of axes of values that form one event.

    Examples
    --------
    >>> constraints = tl.distributions.constraints
    >>> constraints.independent(constraints.positive, 1).check(tl.tensor([[1.0, 2.0], [0.0, 1.0]]))
    tensor([ True, False])
    """

    base_constraint: Constraint
    reinterpreted_batch_ndims: Count

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self.base_constraint.is_discrete

    @property
    def text(self) -> str:
        return f"an array whose elements are each {self.base_constraint.text}"

    def check(self, value: Tensor) -> Tensor:
        if len(value.shape) < self.event_dim:
            raise ShapeError(f"{self.event_dim} axes are needed, not an array of shape {tuple(value.shape)}")
        found, count = self.base_constraint.check(value), self.reinterpreted_batch_ndims
        batch = tuple(found.shape)[: len(found.shape) - count]
        return all(reshape(found, (*batch, prod(found.shape[len(batch) :]))), axis=-1)


@declared
class _Parts(Constraint):
    """Arrays whose parts along an axis satisfy one constraint each.

    Parameters
    ----------
    cseq : sequence of Constraint
        The constraints of the parts.
    dim : int
        The axis.
    """

    cseq: Sequence[Constraint]
    dim: int = 0

    def __post_init__(self) -> None:
        if not self.cseq:
            raise ValueError(f"{type(self).__name__}: cseq must have at least one constraint")

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return max(constraint.event_dim for constraint in self.cseq)

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return any(constraint.is_discrete for constraint in self.cseq)

    @property
    def text(self) -> str:
        return "an array whose parts are " + ", ".join(dict.fromkeys(c.text for c in self.cseq))


@declared
class cat(_Parts):
    """Arrays whose parts along an axis satisfy one constraint each.

    Parameters
    ----------
    lengths : sequence of int, optional
        The lengths of the parts; 1 by default.

    Examples
    --------
    >>> constraints = tl.distributions.constraints
    >>> constraints.cat([constraints.positive, constraints.real], lengths=[1, 2]).check(tl.tensor([1.0, -1.0, 2.0]))
    tensor([ True,  True,  True])
    """

    lengths: Sequence[Count] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lengths is not None and len(self.lengths) != len(self.cseq):
            raise ValueError(
                f"cat: lengths must have one entry for each of the {len(self.cseq)} entries of cseq, not "
                f"{len(self.lengths)}"
            )

    def check(self, value: Tensor) -> Tensor:
        found, start = [], 0
        for constraint, length in zip(self.cseq, self.lengths or (1,) * len(self.cseq), strict=True):
            found.append(constraint.check(value.narrow(self.dim, start, length)))
            start += length
        return concat(found, axis=self.dim)


class stack(_Parts):
    """Arrays whose slices along an axis satisfy one constraint each; see `cat`.

    Examples
    --------
    >>> constraints = tl.distributions.constraints
    >>> constraints.stack([constraints.positive, constraints.real]).check(tl.tensor([1.0, -1.0]))
    tensor([ True,  True])
    """

    def check(self, value: Tensor) -> Tensor:
        slices = zip(self.cseq, unstack(value, axis=self.dim), strict=True)
        return joined([constraint.check(part) for constraint, part in slices], axis=self.dim)


real = _Real()
boolean = _Boolean()
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
positive_probability = _PositiveProbability(0.0, 1.0)
nonnegative_integer = _IntegerFrom(0)
positive_integer = _IntegerFrom(1)
real_vector = independent(real, 1)
simplex = _Simplex()
weights = _Weights()
sphere = _Sphere()
one_hot = _OneHot()
square = _Square()
lower_triangular = _LowerTriangular()
lower_cholesky = _LowerCholesky()
corr_cholesky = _CorrCholesky()
symmetric = _Symmetric()
positive_semidefinite = _PositiveSemidefinite()
positive_definite = _PositiveDefinite()
