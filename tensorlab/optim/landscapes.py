"""Test functions for minimizers, with their minima."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from math import pi
from typing import Any

from ..autodiff.tree import as_tensor
from ..ops.creation import arange
from ..ops.joining import stack
from ..options import Positive, checked
from ..tensor import Tensor

Bounds = tuple[tuple[float, float], tuple[float, float]]


@dataclass(eq=False, repr=False)
class Landscape:
    """A test function with its known minima.

    Called with a point, a tensor of shape ``(n,)``, it returns one number; with many points, ``(n, ...)``, as many
    numbers. It is made of tensorlab's functions, so that it has derivatives of any order.

    Attributes
    ----------
    formula : callable
        The function.
    minima : tuple of points
        All its global minima, for the number of variables of `start`; empty if there is none.
    minimum : float or None
        The value at the minima.
    start : tuple of float
        The usual starting point.
    bounds : two pairs of float
        Limits for plots, of the first variable and of the second.
    any_dimension : bool
        Whether it takes any number of variables of at least two, or exactly two.
    name : str
        The name.

    Raises
    ------
    ValueError
        When called, if there are not as many variables as it takes.

    Examples
    --------
    >>> rosenbrock = tl.optim.landscapes.rosenbrock
    >>> rosenbrock
    <rosenbrock: minimum 0 at (1, 1)>
    >>> round(rosenbrock(tl.tensor(rosenbrock.start)).item(), 3)
    24.2
    """

    formula: Callable[..., Tensor]
    minima: tuple[tuple[float, ...], ...]
    minimum: float | None
    start: tuple[float, ...]
    bounds: Bounds
    any_dimension: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or self.formula.__name__
        update_wrapper(self, self.formula)

    def __call__(self, x: Any, **options: Any) -> Tensor:
        x = self._point(x)
        count = x.shape[0] if x.ndim else 0
        if count < 2 or (count > 2 and not self.any_dimension):
            takes = "two or more variables" if self.any_dimension else "two variables"
            raise ValueError(f"{self.name}: x must have {takes} on its first axis, not shape {x.shape}")
        return self.formula(x, **options)

    def _point(self, x: Any) -> Tensor:
        """Return a point as a tensor of numbers."""
        try:
            x = stack([as_tensor(part) for part in x]) if isinstance(x, list | tuple) else as_tensor(x)
        except OverflowError as error:
            raise ValueError(f"{self.name}: x is too large for any data type") from error
        except (TypeError, ValueError) as error:
            raise TypeError(f"{self.name}: x must be a tensor, an array, or a list of numbers: {error}") from error
        if x.dtype.kind == "bool":
            raise TypeError(f"{self.name}: x must have numbers as elements, not bool")
        return x

    def __repr__(self) -> str:
        places = " and ".join("(" + ", ".join(f"{v:.4g}" for v in point) + ")" for point in self.minima)
        return f"<{self.name}: " + (f"minimum {self.minimum:.4g} at {places}>" if places else "no minimum>")


def landscape(**known: Any) -> Callable[[Callable[..., Tensor]], Landscape]:
    """Make a `Landscape` of the function that follows."""
    return lambda formula: Landscape(formula, **known)


@landscape(minima=((1.0, 1.0),), minimum=0.0, start=(-1.2, 1.0), bounds=((-2.0, 2.0), (-1.0, 3.0)), any_dimension=True)
def rosenbrock(x: Tensor) -> Tensor:
    """The banana: a curved valley whose floor hardly slopes; the sum of ``100 (x[i+1] - x[i]²)² + (1 - x[i])²``.

    H. H. Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960. With more than
    three variables there is another, local minimum near (-1, 1, ..., 1).

    Examples
    --------
    >>> tl.optim.landscapes.rosenbrock(tl.tensor([1.0, 1.0]))
    tensor(0.)
    """
    here, following = x[:-1], x[1:]
    return (100 * (following - here**2) ** 2 + (1 - here) ** 2).sum(axis=0)


@landscape(minima=((3.0, 0.5),), minimum=0.0, start=(1.0, 1.0), bounds=((-0.5, 4.0), (-1.5, 1.5)))
def beale(x: Tensor) -> Tensor:
    """A plain with steep corners: ``(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²``.

    E. M. L. Beale, "On an iterative method for finding a local minimum of a function of more than one variable", 1958.

    Examples
    --------
    >>> tl.optim.landscapes.beale(tl.tensor([3.0, 0.5]))
    tensor(0.)
    """
    x, y = x[0], x[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@landscape(
    minima=(
        (3.0, 2.0),
        (-2.805118086952745, 3.1313125182505730),
        (-3.779310253377747, -3.2831859912861694),
        (3.584428340330492, -1.8481265269644036),
    ),
    minimum=0.0,
    start=(0.0, 0.0),
    bounds=((-5.0, 5.0), (-5.0, 5.0)),
)
def himmelblau(x: Tensor) -> Tensor:
    """Four minima of one depth: ``(x² + y - 11)² + (x + y² - 7)²``; which one is found, the start decides.

    D. M. Himmelblau, "Applied Nonlinear Programming", 1972.

    Examples
    --------
    >>> tl.optim.landscapes.himmelblau(tl.tensor([3.0, 2.0]))
    tensor(0.)
    """
    x, y = x[0], x[1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@landscape(minima=(), minimum=None, start=(1.0, 0.001), bounds=((-1.5, 1.5), (-1.5, 1.5)))
def saddle(x: Tensor) -> Tensor:
    """A pass without end, ``x² - y²``: to see how fast a method leaves the ridge; it falls for ever.

    Examples
    --------
    >>> tl.optim.landscapes.saddle(tl.tensor([0.0, 2.0]))
    tensor(-4.)
    """
    return x[0] ** 2 - x[1] ** 2


@landscape(minima=((0.0, -1.0), (0.0, 1.0)), minimum=-0.25, start=(1.0, 0.001), bounds=((-1.5, 1.5), (-1.5, 1.5)))
def two_wells(x: Tensor) -> Tensor:
    """A saddle at the origin between two minima: ``x² / 2 + y⁴ / 4 - y² / 2``.

    It is where Newton's method without safeguards goes to the saddle. Y. Nesterov, "Introductory Lectures on Convex
    Optimization", 2004, section 1.2.3.

    Examples
    --------
    >>> tl.optim.landscapes.two_wells(tl.tensor([0.0, 1.0]))
    tensor(-0.25)
    """
    x, y = x[0], x[1]
    return x**2 / 2 + y**4 / 4 - y**2 / 2


@landscape(minima=((0.0, 0.0),), minimum=0.0, start=(10.0, 2.0), bounds=((-4.0, 12.0), (-4.0, 4.0)), any_dimension=True)
@checked
def valley(x: Tensor, condition: Positive = 100.0) -> Tensor:
    """A straight, narrow valley: half the sum of ``c[i] x[i]²``, with curvatures from 1 to `condition`.

    The curvatures grow geometrically; `condition` is the condition number of the Hessian, by which the steps that
    gradient descent needs grow, and by whose root those of conjugate gradients.

    Examples
    --------
    >>> tl.optim.landscapes.valley(tl.tensor([1.0, 1.0]), condition=10.0)
    tensor(5.5)
    """
    powers = arange(x.shape[0], dtype=x.dtype, device=x.device) / (x.shape[0] - 1)
    curvatures = (condition**powers).reshape((-1,) + (1,) * (x.ndim - 1))
    return (curvatures * x**2).sum(axis=0) / 2


@landscape(
    minima=((0.0, 0.0),), minimum=0.0, start=(2.8, -1.7), bounds=((-5.12, 5.12), (-5.12, 5.12)), any_dimension=True
)
def rastrigin(x: Tensor) -> Tensor:
    """A bowl full of local minima near all whole numbers: the sum of ``10 + x[i]² - 10 cos(2 pi x[i])``.

    L. A. Rastrigin, "Systems of Extremal Control", 1974.

    Examples
    --------
    >>> tl.optim.landscapes.rastrigin(tl.zeros(5))
    tensor(0.)
    """
    return (10 + x**2 - 10 * (2 * pi * x).cos()).sum(axis=0)


@landscape(minima=((1.0, 3.0),), minimum=0.0, start=(-8.0, -5.0), bounds=((-10.0, 10.0), (-10.0, 10.0)))
def booth(x: Tensor) -> Tensor:
    """A quadratic bowl, tilted: ``(x + 2y - 7)² + (2x + y - 5)²``; its condition number is 9.

    M. Jamil and X.-S. Yang, "A literature survey of benchmark functions for global optimisation problems", 2013.

    Examples
    --------
    >>> tl.optim.landscapes.booth(tl.tensor([1.0, 3.0]))
    tensor(0.)
    """
    x, y = x[0], x[1]
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@landscape(minima=((0.0, 0.0),), minimum=0.0, start=(-8.0, 5.0), bounds=((-10.0, 10.0), (-10.0, 10.0)))
def matyas(x: Tensor) -> Tensor:
    """A quadratic plate, nearly level along the diagonal: ``0.26 (x² + y²) - 0.48 xy``; its condition number is 25.

    M. Jamil and X.-S. Yang, "A literature survey of benchmark functions for global optimisation problems", 2013.

    Examples
    --------
    >>> tl.optim.landscapes.matyas(tl.zeros(2))
    tensor(0.)
    """
    x, y = x[0], x[1]
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


@landscape(minima=((0.0, 0.0),), minimum=0.0, start=(-1.9, 1.5), bounds=((-2.2, 2.2), (-2.2, 2.2)))
def three_hump_camel(x: Tensor) -> Tensor:
    """Three minima, the middle one the deepest: ``2x² - 1.05x⁴ + x⁶ / 6 + xy + y²``.

    M. Jamil and X.-S. Yang, "A literature survey of benchmark functions for global optimisation problems", 2013.

    Examples
    --------
    >>> tl.optim.landscapes.three_hump_camel(tl.zeros(2))
    tensor(0.)
    """
    x, y = x[0], x[1]
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


@landscape(
    minima=((-2.9035340277711771, -2.9035340277711771),),
    minimum=-78.332331407542826,
    start=(0.0, -0.5),
    bounds=((-5.0, 5.0), (-5.0, 5.0)),
    any_dimension=True,
)
def styblinski_tang(x: Tensor) -> Tensor:
    """Two minima along each variable, one deeper: half the sum of ``x[i]⁴ - 16 x[i]² + 5 x[i]``.

    M. A. Styblinski and T.-S. Tang, "Experiments in nonconvex optimization: stochastic approximation with function
    smoothing and simulated annealing", 1990.

    Examples
    --------
    >>> round(tl.optim.landscapes.styblinski_tang(tl.tensor([-2.903534, -2.903534])).item(), 3)
    -78.332
    """
    return (x**4 - 16 * x**2 + 5 * x).sum(axis=0) / 2


LANDSCAPES: dict[str, Landscape] = {name: found for name, found in vars().items() if isinstance(found, Landscape)}
"""All of them, by name."""
