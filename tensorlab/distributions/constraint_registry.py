"""Transforms from all real numbers to the values that satisfy a constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..options import checked
from ..options.kinds import Instance, read
from . import constraints
from .constraints import Constraint
from .transforms.base import Transform
from .transforms.combinations import (
    CatTransform,
    ComposeTransform,
    IndependentTransform,
    StackTransform,
    identity_transform,
)  # fmt: skip
from .transforms.elementwise import AffineTransform, ExpTransform, SigmoidTransform
from .transforms.vectors import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftmaxTransform,
    StickBreakingTransform,
)  # fmt: skip

F = TypeVar("F", bound=Callable[..., Transform])


class ConstraintRegistry:
    """Makes transforms for constraints by the class of the constraint.

    A registry is called with a constraint. `biject_to` and `transform_to` are two registries.

    Examples
    --------
    >>> from tensorlab.distributions import biject_to, constraints, transform_to
    >>> biject_to(constraints.simplex), transform_to(constraints.simplex)
    (StickBreakingTransform(), SoftmaxTransform())
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._factories: dict[type[Constraint], Callable[[Any], Transform]] = {}

    @checked
    def register(self, constraint: Constraint | type[Constraint], factory: Any = None) -> Any:
        """Register what makes the transforms for constraints of a class; without `factory`, a decorator.

        Parameters
        ----------
        constraint : Constraint or type
            A constraint of the class, or the class.
        factory : callable, optional
            A function of the constraint that returns the transform.

        Examples
        --------
        >>> from tensorlab.distributions import constraints, transform_to, transforms
        >>> class Even(constraints.Constraint):
        ...     "Numbers that a user constrains."
        >>> _ = transform_to.register(Even, lambda constraint: transforms.AffineTransform(0.0, 2.0))
        >>> transform_to(Even())
        AffineTransform(loc=0.0, scale=2.0, event_dim=0)
        """
        cls = constraint if isinstance(constraint, type) else type(constraint)
        if factory is not None:
            self._factories[cls] = factory
            return factory
        return lambda function: self.register(cls, function)

    def __call__(self, constraint: Constraint) -> Transform:
        """Return a transform from real numbers to values that satisfy a constraint."""
        constraint = read(self.name, "constraint", Instance((Constraint,)), constraint)
        for cls in type(constraint).__mro__:
            if cls in self._factories:
                return self._factories[cls](constraint)
        raise NotImplementedError(f"{self.name}: no transform is known to values that must be {constraint.text}")


biject_to = ConstraintRegistry("biject_to")
"""Bijections, which densities and Hamiltonian Monte Carlo need."""

transform_to = ConstraintRegistry("transform_to")
"""Transforms that need not be bijective and treat all coordinates alike, which suits optimization."""


def _register(constraint: Constraint | type[Constraint], factory: Callable[[Any], Transform]) -> None:
    biject_to.register(constraint, factory)
    transform_to.register(constraint, factory)


def _above(constraint: constraints.greater_than) -> Transform:
    bound = constraint.lower_bound
    is_zero = isinstance(bound, int | float) and bound == 0
    return ExpTransform() if is_zero else ComposeTransform([ExpTransform(), AffineTransform(bound, 1.0)])


def _below(constraint: constraints.less_than) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.upper_bound, -1.0)])


def _between(constraint: constraints.interval) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if all(isinstance(bound, int | float) for bound in (low, high)) and (low, high) == (0, 1):
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])


_register(constraints.real, lambda constraint: identity_transform)
_register(constraints.greater_than, _above)
_register(constraints.greater_than_eq, _above)
_register(constraints.less_than, _below)
_register(constraints.interval, _between)
transform_to.register(constraints.lower_cholesky, lambda constraint: LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda constraint: PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda constraint: PositiveDefiniteTransform())
_register(constraints.corr_cholesky, lambda constraint: CorrCholeskyTransform())
biject_to.register(constraints.simplex, lambda constraint: StickBreakingTransform())
transform_to.register(constraints.simplex, lambda constraint: SoftmaxTransform())


def _register_parts(registry: ConstraintRegistry) -> None:
    """Register what makes the transforms for constraints that are made of others."""
    registry.register(
        constraints.independent,
        lambda c: IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims),
    )
    registry.register(constraints.cat, lambda c: CatTransform([registry(part) for part in c.cseq], c.dim, c.lengths))
    registry.register(constraints.stack, lambda c: StackTransform([registry(part) for part in c.cseq], c.dim))


_register_parts(biject_to)
_register_parts(transform_to)
