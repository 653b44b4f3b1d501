"""Labelled points: moons, circles, spirals, XOR, checkerboards and parity."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, tau
from typing import Annotated

from ..ops.arithmetic import remainder
from ..ops.creation import arange, full, linspace
from ..ops.declare import composite
from ..ops.indexing import take
from ..ops.joining import concat, stack
from ..ops.rounding import floor
from ..ops.trigonometric import cos, sin
from ..options import BelowOne, Count, NonNegative, Positive, Size
from ..options.kinds import Whole
from ..random import Generator, default_generator
from ..tensor import Tensor

Bits = Annotated[int, Whole(1, 62)]
Arms = Annotated[int, Whole(1, 1000)]

MOST_BITS = 24
"""The length of strings of bits up to which all of them can be made."""


@composite()
def make_moons(
    n_samples: Count = 100, noise: NonNegative = 0.0, *, shuffle: bool = True, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Make two interleaving half circles.

    Parameters
    ----------
    n_samples : int
        The number of points, half of them in each class; an odd one goes to the second.
    noise : float
        The standard deviation of Gaussian noise on both coordinates.
    shuffle : bool
        Whether the points come in random order; otherwise they are sorted by class.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and their classes, int64 of shape ``(n_samples,)``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Without noise and shuffling these are the points of scikit-learn's function of this name. For a `DataLoader`, make a
    data set of the points: ``TensorDataset(*make_moons(200))``.

    Examples
    --------
    >>> x, y = tl.datasets.make_moons(200, noise=0.1, generator=tl.Generator(0))
    >>> x.shape, y[:5]
    ((200, 2), tensor([1, 1, 0, 0, 1]))
    """
    upper = linspace(0, pi, n_samples // 2)
    lower = linspace(0, pi, n_samples - n_samples // 2)
    points = [stack([cos(upper), sin(upper)], axis=1), stack([1 - cos(lower), 0.5 - sin(lower)], axis=1)]
    return labelled_points(points, noise, shuffle, generator)


@composite()
def make_circles(
    n_samples: Count = 100,
    noise: NonNegative = 0.0,
    factor: BelowOne = 0.8,
    *,
    shuffle: bool = True,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Make a large circle that contains a smaller one.

    Parameters
    ----------
    n_samples : int
        The number of points, half of them in each class; an odd one goes to the second.
    noise : float
        The standard deviation of Gaussian noise on both coordinates.
    factor : float
        The radius of the inner circle, class 1; that of the outer one is 1. In ``[0, 1)``.
    shuffle : bool
        Whether the points come in random order; otherwise they are sorted by class.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and their classes, int64 of shape ``(n_samples,)``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Without noise and shuffling these are the points of scikit-learn's function of this name.

    Examples
    --------
    >>> x, y = tl.datasets.make_circles(4, factor=0.5, shuffle=False)
    >>> x.round(decimals=3), y
    (tensor([[ 1. ,  0. ],
            [-1. , -0. ],
            [ 0.5,  0. ],
            [-0.5, -0. ]]), tensor([0, 0, 1, 1]))
    """
    counts = (n_samples // 2, n_samples - n_samples // 2)
    points = [radius * on_circle(arange(n) * (tau / max(n, 1))) for radius, n in zip((1.0, factor), counts)]
    return labelled_points(points, noise, shuffle, generator)


@composite()
def make_spirals(
    n_samples: Count = 100,
    noise: NonNegative = 0.0,
    n_arms: Arms = 2,
    turns: Positive = 1.5,
    *,
    shuffle: bool = True,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Make spiral arms that wind round the origin, one for each class.

    Parameters
    ----------
    n_samples : int
        The number of points, divided among the arms as evenly as possible.
    noise : float
        The standard deviation of Gaussian noise on both coordinates; the outermost radius is 1.
    n_arms : int
        The number of arms, at most 1000.
    turns : float
        How often an arm winds round the origin.
    shuffle : bool
        Whether the points come in random order; otherwise they are sorted by class.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and their classes, int64 of shape ``(n_samples,)``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The arms are Archimedean spirals, whose radius grows with the angle. The points are spaced evenly along the angle
    squared, so that their density does not fall with the radius. K. J. Lang and M. J. Witbrock, "Learning to tell two
    spirals apart", 1988.

    Examples
    --------
    >>> x, y = tl.datasets.make_spirals(300, noise=0.02, n_arms=3, generator=tl.Generator(0))
    >>> x.shape, y.max()
    ((300, 2), tensor(2))
    """
    points = []
    for arm in range(n_arms):
        count = (n_samples + n_arms - 1 - arm) // n_arms
        radius = ((arange(count, dtype="float32") + 0.5) / max(count, 1)).sqrt()
        points.append(radius.unsqueeze(1) * on_circle(tau * (turns * radius + arm / n_arms)))
    return labelled_points(points, noise, shuffle, generator)


@composite()
def make_xor(
    n_samples: Count = 100, noise: NonNegative = 0.0, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Make points in a square, whose class is the exclusive or of the signs of their coordinates.

    Parameters
    ----------
    n_samples : int
        The number of points, uniform in ``[-1, 1)`` twice.
    noise : float
        The standard deviation of Gaussian noise on both coordinates, added after the class is known.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and their classes, int64 of shape ``(n_samples,)``: 1 where the
        signs differ.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> x, y = tl.datasets.make_xor(100, generator=tl.Generator(0))
    >>> bool(((x[:, 0] * x[:, 1] < 0).astype("int64") == y).all())
    True
    """
    return _checkerboard(n_samples, noise, 2, generator or default_generator)


@composite()
def make_checkerboard(
    n_samples: Count = 100, noise: NonNegative = 0.0, n_squares: Size = 4, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Make points in a square, whose class is the colour of a checkerboard there.

    Parameters
    ----------
    n_samples : int
        The number of points, uniform in ``[-1, 1)`` twice.
    noise : float
        The standard deviation of Gaussian noise on both coordinates, added after the class is known.
    n_squares : int
        The number of squares along a side.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, 2)``, and their classes, int64 of shape ``(n_samples,)``: 0 in the
        corner at ``(-1, -1)``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    scikit-learn's function of this name makes something else: a matrix of blocks, for biclustering.

    Examples
    --------
    >>> x, y = tl.datasets.make_checkerboard(400, n_squares=4, generator=tl.Generator(0))
    >>> x.shape, sorted(set(y.tolist()))
    ((400, 2), [0, 1])
    """
    return _checkerboard(n_samples, noise, n_squares, generator or default_generator)


def _checkerboard(n_samples: int, noise: float, n_squares: int, generator: Generator) -> tuple[Tensor, Tensor]:
    points = generator.uniform((n_samples, 2), -1.0, 1.0)
    squares = floor((points + 1) * (n_squares / 2)).astype("int64").sum(axis=1)
    return _noisy(points, noise, generator), remainder(squares, 2)


@composite()
def make_parity(
    n_bits: Bits = 4, n_samples: Count | None = None, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Make strings of bits, whose class is the parity of their sum.

    Parameters
    ----------
    n_bits : int
        The number of bits, from 1 to 62.
    n_samples : int, optional
        The number of random strings; by default each of the ``2**n_bits`` strings comes once, in counting order, for up
        to 24 bits.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The bits, float32 of shape ``(n_samples, n_bits)``, the most significant first, and the classes, int64 of shape
        ``(n_samples,)``: 1 for an odd number of ones.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> tl.datasets.make_parity(2)
    (tensor([[0., 0.],
            [0., 1.],
            [1., 0.],
            [1., 1.]]), tensor([0, 1, 1, 0]))
    """
    if n_samples is None and n_bits > MOST_BITS:
        raise ValueError(f"make_parity: n_bits={n_bits} has too many strings for all of them; give n_samples")
    if n_samples is None:
        numbers = arange(2**n_bits).unsqueeze(1)
        bits = remainder(numbers // 2 ** arange(n_bits - 1, -1, -1), 2)
    else:
        bits = (generator or default_generator).integers(0, 2, (n_samples, n_bits))
    return bits.astype("float32"), remainder(bits.sum(axis=1), 2)


# -- shared ------------------------------------------------------------------------------------------------------------


def on_circle(angles: Tensor) -> Tensor:
    """Return the points of the unit circle at these angles, one per row."""
    return stack([cos(angles), sin(angles)], axis=1)


def _noisy(points: Tensor, noise: float, generator: Generator) -> Tensor:
    return points + generator.normal(points.shape, std=noise) if noise else points


def labelled_points(
    points: Sequence[Tensor], noise: float, shuffle: bool, generator: Generator | None
) -> tuple[Tensor, Tensor]:
    """Return the points of all classes, with noise and in random order if wanted, and their classes."""
    source = generator or default_generator
    x = _noisy(concat(points), noise, source)
    y = concat([full((len(part),), number, dtype="int64") for number, part in enumerate(points)])
    if not shuffle:
        return x, y
    order = source.permutation(len(x))
    return take(x, order, axis=0), take(y, order, axis=0)
