"""Means of numbers: of all, of the last ones, and with weights that decay."""

from __future__ import annotations

from typing import Annotated, Any

from ..backend.dtypes import float64
from ..errors import ShapeError
from ..ops.creation import DeviceLike, arange, asarray, ones_like
from ..ops.declare import require
from ..ops.joining import concat
from ..ops.shapes import broadcast_to
from ..options import BelowOne, Size, checked, declared
from ..options.kinds import Either, Element, Operand
from ..tensor import Tensor
from .metric import Metric, Statistics
from .ratio import ratio

Values = Annotated[Any, Either((Operand(), Element((int, float))))]


class _Mean(Metric):
    """The base class of means, which are updated with numbers."""

    def statistics(self, value: Tensor, weight: Tensor | None = None) -> Statistics:
        raise NotImplementedError(f"{type(self).__name__} does not define statistics")

    @checked
    def update(self, value: Values, weight: Values | None = None) -> None:
        """Add numbers.

        Parameters
        ----------
        value : tensor, array or number
            Real; any shape.
        weight : tensor, array or number, optional
            The weight of each number, or of all: such as the size of the batch whose mean loss `value` is.

        Raises
        ------
        TypeError
            If they are not real.
        ShapeError
            If `weight` has neither the shape of `value` nor the shape ().

        Examples
        --------
        >>> loss = tl.metrics.MeanMetric()
        >>> loss.update(0.5, weight=32)
        >>> loss.update(tl.tensor([1.0, 2.0]))
        >>> loss.compute()
        tensor(0.55882353, dtype=float64)
        """
        super().update(value, weight)

    @checked
    def __call__(self, value: Values, weight: Values | None = None) -> Any:
        return super().__call__(value, weight)

    def _numbers(self, value: Any, weight: Any) -> tuple[Tensor, Tensor | None]:
        """Return numbers and their weights as float64; weights of the shape of the numbers, or None."""
        name = type(self).__name__
        numbers = self._tensor("value", value)
        if weight is None:
            return numbers, None
        weights = self._tensor("weight", weight, numbers.device)
        if tuple(weights.shape) not in ((), tuple(numbers.shape)):
            raise ShapeError(
                f"{name}: weight must have the shape {tuple(numbers.shape)} of value or (), not {tuple(weights.shape)}"
            )
        return numbers, broadcast_to(weights, numbers.shape)

    def _tensor(self, argument: str, x: Any, device: DeviceLike = None) -> Tensor:
        """Return a number, which has no device of its own, or a tensor as float64."""
        if isinstance(x, int | float):
            return asarray(float(x), dtype=float64, device=device)
        require(type(self).__name__, "real or bool", **{argument: x})
        tensor: Tensor = x.astype(float64)
        return tensor


@declared
class MeanMetric(_Mean):
    """The weighted mean of all numbers.

    Examples
    --------
    >>> loss = tl.metrics.MeanMetric()
    >>> for batch_loss, size in ((0.5, 32), (1.0, 8)):
    ...     loss.update(batch_loss, weight=size)
    >>> loss.compute()
    tensor(0.6, dtype=float64)
    """

    names = ("total", "weight")

    def statistics(self, value: Tensor, weight: Tensor | None = None) -> Statistics:
        numbers, weights = self._numbers(value, weight)
        if weights is None:
            return {"total": numbers.sum(), "weight": int(numbers.size)}
        return {"total": (numbers * weights).sum(), "weight": weights.sum()}

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["total"], statistics["weight"])


@declared
class RunningMean(_Mean):
    """The weighted mean of the last numbers.

    Unlike those of other metrics its value depends on the order: merging continues with the data of the other.

    Parameters
    ----------
    window : int
        How many numbers count.

    Examples
    --------
    >>> loss = tl.metrics.RunningMean(window=2)
    >>> for batch_loss in (5.0, 1.0, 2.0):
    ...     loss.update(batch_loss)
    >>> loss.compute()
    tensor(1.5, dtype=float64)
    """

    names = ("numbers", "weights")

    window: Size = 5

    def statistics(self, value: Tensor, weight: Tensor | None = None) -> Statistics:
        numbers, weights = self._numbers(value, weight)
        weights = ones_like(numbers) if weights is None else weights
        return {"numbers": self._last(numbers.reshape(-1)), "weights": self._last(weights.reshape(-1))}

    def combine(self, first: Statistics, second: Statistics) -> Statistics:
        return {name: self._last(concat([first[name], second[name]])) for name in self.names}

    def _last(self, x: Tensor) -> Tensor:
        return x[-self.window :]

    def value(self, statistics: Statistics) -> Any:
        numbers, weights = statistics["numbers"], statistics["weights"]
        return ratio((numbers * weights).sum(), weights.sum())


@declared
class ExponentialMean(_Mean):
    """The mean of all numbers, in which each number counts `decay` times as much as the one after it.

    The weights are divided by their sum, so that the first values are not drawn towards zero (Adam's correction of the
    bias). Unlike those of other metrics the value depends on the order: merging continues with the data of the other.

    Parameters
    ----------
    decay : float
        The weight of a number relative to the next, in [0, 1).

    Examples
    --------
    >>> loss = tl.metrics.ExponentialMean(decay=0.5)
    >>> for batch_loss in (4.0, 1.0):
    ...     loss.update(batch_loss)
    >>> loss.compute()
    tensor(2., dtype=float64)
    """

    names = ("total", "weight", "count")

    decay: BelowOne = 0.98

    def statistics(self, value: Tensor, weight: Tensor | None = None) -> Statistics:
        numbers, weights = self._numbers(value, weight)
        numbers = numbers.reshape(-1)
        count = int(numbers.size)
        age = arange(count, dtype=float64, device=numbers.device)
        factors = float(self.decay) ** (count - 1 - age)
        if weights is not None:
            factors = factors * weights.reshape(-1)
        return {"total": (numbers * factors).sum(), "weight": factors.sum(), "count": count}

    def combine(self, first: Statistics, second: Statistics) -> Statistics:
        left = float(self.decay) ** second["count"]
        return {
            "total": first["total"] * left + second["total"],
            "weight": first["weight"] * left + second["weight"],
            "count": first["count"] + second["count"],
        }

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["total"], statistics["weight"])
