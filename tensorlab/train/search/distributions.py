"""What the values of a hyperparameter are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Annotated, Any

from ...options import BelowOne, Finite, Options, Positive, checked, declared
from ...options.kinds import Ordered

Values = Annotated[Sequence[Any], Ordered("a list of values")]


class Distribution(Options):
    """The base class of distributions.

    Distributions have points, which are numbers: a value itself, or the position of a value in a list. Logs keep
    points, as they say the same in every run.
    """

    def point(self, u: BelowOne) -> float:
        """Return the point below which a part `u`, in [0, 1), of the distribution lies."""
        raise NotImplementedError

    def value(self, point: float) -> Any:
        """Return the value at a point."""
        return point

    def description(self) -> dict[str, Any]:
        """Return the distribution as plain data, from which `described` makes one for tables and pictures."""
        return {"kind": type(self).__name__, **{name: getattr(self, name) for name in self._declared}}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._declared)})"


@declared
class Uniform(Distribution):
    """Real numbers of an interval, all equally likely.

    Parameters
    ----------
    low, high : float
        The ends of the interval.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> search.Uniform(0.0, 0.5).point(0.2)
    0.1
    """

    low: Finite
    high: Finite

    def __post_init__(self) -> None:
        _check_order(self, self.low, self.high)

    @checked
    def point(self, u: BelowOne) -> float:
        return self.low + u * (self.high - self.low)


@declared
class LogUniform(Distribution):
    """Positive numbers whose logarithm is uniform: for learning rates and other scales.

    Parameters
    ----------
    low, high : float
        The ends of the interval.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> round(search.LogUniform(1e-4, 1e-2).point(0.5), 6)
    0.001
    """

    low: Positive
    high: Positive

    def __post_init__(self) -> None:
        _check_order(self, self.low, self.high)

    @checked
    def point(self, u: BelowOne) -> float:
        return min(max(exp(log(self.low) + u * (log(self.high) - log(self.low))), self.low), self.high)


@declared
class Integers(Distribution):
    """Integers of an interval.

    Parameters
    ----------
    low, high : int
        The smallest and the largest integer.
    log : bool
        Whether their logarithm is uniform: for widths and other sizes; `low` is positive then.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> search.Integers(1, 4).point(0.99)
    4
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_order(self, self.low, self.high)
        if self.log and self.low < 1:
            raise ValueError(f"Integers: low must be positive where log is True, not {self.low}")

    @checked
    def point(self, u: BelowOne) -> int:
        if not self.log:
            return self.low + int(u * (self.high - self.low + 1))
        low, high = log(self.low), log(self.high + 1)
        return min(max(int(exp(low + u * (high - low))), self.low), self.high)

    def value(self, point: float) -> int:
        return int(point)


@declared
class Choice(Distribution):
    """Values of a list, all equally likely. A list in a space of hyperparameters is a choice.

    Parameters
    ----------
    values : list
        The values, of any type.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> choice = search.Choice(["relu", "tanh"])
    >>> choice.value(choice.point(0.7))
    'tanh'
    """

    values: Values

    def __post_init__(self) -> None:
        self.values = list(self.values)
        if not self.values:
            raise ValueError("Choice: values must have at least one entry")

    @checked
    def point(self, u: BelowOne) -> int:
        return int(u * len(self.values))

    def value(self, point: float) -> Any:
        return self.values[int(point)]

    def description(self) -> dict[str, Any]:
        return {"kind": "Choice", "values": list(map(label, self.values))}


Space = Mapping[str, Distribution]


def label(value: Any) -> Any:
    """Return a value as logs and tables show it: numbers and texts as they are, other objects by their names."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return getattr(value, "__name__", None) or repr(value)


def as_space(owner: str, space: Mapping[str, Any]) -> Space:
    """Return a space whose lists are choices."""
    found = {}
    for name, values in space.items():
        if isinstance(values, Distribution):
            found[name] = values
        elif isinstance(values, list | tuple | range):
            found[name] = Choice(values)
        else:
            raise TypeError(
                f"{owner}: space[{name!r}] must be a list of values, Uniform, LogUniform, Integers or Choice, "
                f"not {values!r}"
            )
    if not found:
        raise ValueError(f"{owner}: space must have at least one hyperparameter")
    return found


def described(description: Mapping[str, Any]) -> Distribution:
    """Return the distribution of a description, whose values may be the names of others."""
    options = dict(description)
    kinds = {cls.__name__: cls for cls in (Uniform, LogUniform, Integers, Choice)}
    return kinds[options.pop("kind")](**options)


def _check_order(distribution: Distribution, low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"{type(distribution).__name__}: low must not be above high, and {low} is above {high}")
