"""Functions of two variables, for regression."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Literal

from ..ops.creation import linspace
from ..ops.declare import composite
from ..ops.exponential import exp
from ..ops.joining import stack
from ..ops.special import sinc
from ..ops.trigonometric import sin
from ..options import Count, NonNegative, Size
from ..random import Generator, default_generator
from ..tensor import Tensor


def _plane(x: Tensor, y: Tensor) -> Tensor:
    return 0.5 * x - 0.25 * y


def _saddle(x: Tensor, y: Tensor) -> Tensor:
    return x**2 - y**2


def _product(x: Tensor, y: Tensor) -> Tensor:
    return x * y


def _waves(x: Tensor, y: Tensor) -> Tensor:
    return sin(pi * x) * sin(pi * y)


def _ripple(x: Tensor, y: Tensor) -> Tensor:
    return sinc(3 * (x**2 + y**2).sqrt())


def _peaks(x: Tensor, y: Tensor) -> Tensor:
    x, y = 3 * x, 3 * y
    first = 3 * (1 - x) ** 2 * exp(-(x**2) - (y + 1) ** 2)
    second = 10 * (x / 5 - x**3 - y**5) * exp(-(x**2) - y**2)
    return (first - second - exp(-((x + 1) ** 2) - y**2) / 3) / 8


def _franke(x: Tensor, y: Tensor) -> Tensor:
    x, y = 4.5 * (x + 1), 4.5 * (y + 1)  # nine times what goes from 0 to 1
    return (
        0.75 * exp(-((x - 2) ** 2) / 4 - (y - 2) ** 2 / 4)
        + 0.75 * exp(-((x + 1) ** 2) / 49 - (y + 1) / 10)
        + 0.5 * exp(-((x - 7) ** 2) / 4 - (y - 3) ** 2 / 4)
        - 0.2 * exp(-((x - 4) ** 2) - (y - 7) ** 2)
    )


SURFACES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "plane": _plane,
    "saddle": _saddle,
    "product": _product,
    "waves": _waves,
    "ripple": _ripple,
    "peaks": _peaks,
    "franke": _franke,
}
"""The functions by name, on the square from -1 to 1."""

Surface = Literal["plane", "saddle", "product", "waves", "ripple", "peaks", "franke"]


@composite()
def make_surface(
    n_samples: Count = 100,
    function: Surface | Callable[[Tensor, Tensor], Tensor] = "waves",
    noise: NonNegative = 0.0,
    *,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Make points in a square with the values of a function of two variables.

    Parameters
    ----------
    n_samples : int
        The number of points, uniform in ``[-1, 1)`` twice.
    function : str or callable
        A name from the table below; or a function of the two coordinates, vectors of length `n_samples`, that returns
        as many values.
    noise : float
        The standard deviation of Gaussian noise on the values.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and the values, float32 of shape ``(n_samples, 1)``, as
        networks with one output return them.

    Raises
    ------
    ValueError
        If an argument is out of range, or the function does not return a value for each point.

    Notes
    -----
    ===========  =========================================================================
    name         value
    ===========  =========================================================================
    plane        ``x / 2 - y / 4``
    saddle       ``x² - y²``
    product      ``x y``
    waves        ``sin(pi x) sin(pi y)``
    ripple       ``sin(3 pi r) / (3 pi r)``, with the distance ``r`` from the origin
    peaks        three hills and two valleys: MATLAB's ``peaks(3 x, 3 y) / 8``
    franke       two hills, a slope and a dip, for x and y from 0 to 1 (R. Franke, "Scattered data interpolation: tests
                 of some methods", 1982), stretched to the square
    ===========  =========================================================================

    Examples
    --------
    >>> x, y = tl.datasets.make_surface(200, "saddle", generator=tl.Generator(0))
    >>> x.shape, y.shape, tl.allclose(y[:, 0], x[:, 0] ** 2 - x[:, 1] ** 2)
    ((200, 2), (200, 1), True)
    """
    source = generator or default_generator
    points = source.uniform((n_samples, 2), -1.0, 1.0)
    return points, _values(function, points, noise, source)


@composite()
def make_surface_grid(
    n_points: Size = 32, function: Surface | Callable[[Tensor, Tensor], Tensor] = "waves"
) -> tuple[Tensor, Tensor]:
    """Make a grid of points in a square with the values of a function of two variables, to draw or to test on.

    Parameters
    ----------
    n_points : int
        The number of points along a side.
    function : str or callable
        As for `make_surface`.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_points**2, 2)``, of which the first coordinate varies slowest, from -1 to 1
        inclusive, and the values, float32 of shape ``(n_points**2, 1)``.

    Raises
    ------
    ValueError
        If an argument is out of range, or the function does not return a value for each point.

    Examples
    --------
    >>> x, y = tl.datasets.make_surface_grid(2, "product")
    >>> x, y[:, 0]
    (tensor([[-1., -1.],
            [-1.,  1.],
            [ 1., -1.],
            [ 1.,  1.]]), tensor([ 1., -1., -1.,  1.]))
    """
    side = linspace(-1, 1, n_points)
    points = stack([side.repeat(n_points), side.tile((n_points,))], axis=1)
    return points, _values(function, points, 0.0, default_generator)


def _values(
    function: str | Callable[[Tensor, Tensor], Tensor], points: Tensor, noise: float, generator: Generator
) -> Tensor:
    found = (SURFACES[function] if isinstance(function, str) else function)(points[:, 0], points[:, 1])
    if not isinstance(found, Tensor) or found.shape != points.shape[:1]:
        got = f"shape {found.shape}" if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"make_surface: function must return a tensor of shape {tuple(points.shape[:1])}, not {got}")
    values = found.unsqueeze(1)
    return values + generator.normal(values.shape, std=noise) if noise else values
