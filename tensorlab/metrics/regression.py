"""Metrics of predicted numbers: squared and absolute error, and the coefficient of determination."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import nan, prod
from typing import Any, Literal

from ..backend.dtypes import float64
from ..errors import ShapeError
from ..ops.comparison import where
from ..ops.creation import full_like, ones_like
from ..ops.declare import require
from ..options import declared
from ..tensor import Tensor
from .inputs import weights_of
from .metric import PredictionMetric, Statistics
from .ratio import average_of, ratio


@declared
class _Regression(PredictionMetric):
    """The base class of metrics of numbers.

    Parameters
    ----------
    multioutput : {"uniform_average", "raw_values"}
        Whether the value is the mean over the outputs, or that of each output, of the shape of one sample.

    Notes
    -----
    Predictions and targets are real and have the same shape: (N,), or (N, ...) with several outputs for each sample.
    """

    _: KW_ONLY
    multioutput: Literal["uniform_average", "raw_values"] = "uniform_average"

    def _pairs(
        self, preds: Tensor, target: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return predictions, targets and weights as float64, the weights of a shape that broadcasts to the others."""
        name = type(self).__name__
        require(name, "real", preds=preds, target=target)
        shape = tuple(target.shape)
        if tuple(preds.shape) != shape or not shape:
            raise ShapeError(
                f"{name}: preds and target must have the same shape (N, ...), not {tuple(preds.shape)} and {shape}; "
                "broadcasting is rarely intended here"
            )
        return preds.astype(float64), target.astype(float64), weights_of(name, shape, sample_weight)


def _total(x: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted sum over the samples."""
    return (x if weight is None else x * weight).sum(axis=0)


class _MeanError(_Regression):
    """The base class of means of a function of the errors."""

    names = ("total", "weight")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        preds, target, weight = self._pairs(preds, target, sample_weight)
        errors = self._error(preds - target)
        total = _total(errors, weight)
        count = errors.shape[0] if weight is None else weight.sum(axis=0)
        if self.multioutput == "uniform_average":
            outputs = prod(errors.shape[1:])
            total, count = total.sum(), count * outputs if isinstance(count, int) else count.sum()
        return {"total": total, "weight": count}

    def _error(self, difference: Tensor) -> Tensor:
        raise NotImplementedError

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["total"], statistics["weight"])


@declared
class MeanSquaredError(_MeanError):
    """The mean of the squared errors.

    Equal to `sklearn.metrics.mean_squared_error`, and to `root_mean_squared_error` for one output.

    Parameters
    ----------
    squared : bool
        False gives the root of the mean.

    Examples
    --------
    >>> error = tl.metrics.MeanSquaredError()
    >>> error.update(tl.tensor([2.0, 4.0]), tl.tensor([1.0, 1.0]))
    >>> error.compute()
    tensor(5., dtype=float64)
    """

    _: KW_ONLY
    squared: bool = True

    def _error(self, difference: Tensor) -> Tensor:
        return difference**2

    def value(self, statistics: Statistics) -> Any:
        mean = super().value(statistics)
        return mean if self.squared else mean.sqrt()


@declared
class MeanAbsoluteError(_MeanError):
    """The mean of the absolute errors.

    Equal to `sklearn.metrics.mean_absolute_error`.

    Examples
    --------
    >>> error = tl.metrics.MeanAbsoluteError()
    >>> error.update(tl.tensor([2.0, 4.0]), tl.tensor([1.0, 1.0]))
    >>> error.compute()
    tensor(2., dtype=float64)
    """

    def _error(self, difference: Tensor) -> Tensor:
        return abs(difference)


@declared
class R2Score(_Regression):
    """The coefficient of determination: 1 minus the squared errors relative to those of predicting the mean.

    Equal to `sklearn.metrics.r2_score`: for constant targets it is 1 if the predictions are exact and 0 otherwise, and
    it is NaN for fewer than two samples. The squares about the mean are joined by the formula of Chan et al., so that
    targets far from zero lose no digits.

    Parameters
    ----------
    multioutput : {"uniform_average", "raw_values", "variance_weighted"}
        How the values of several outputs are averaged; the last weights them by the variances of the targets.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque (1979), Updating formulae and a pairwise algorithm for computing sample
    variances.

    Examples
    --------
    >>> r2 = tl.metrics.R2Score()
    >>> r2.update(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 3.0]))
    >>> r2.update(tl.tensor([5.0]), tl.tensor([5.0]))
    >>> r2.compute()
    tensor(0.875, dtype=float64)
    """

    names = ("samples", "weight", "mean", "squares", "residual")

    _: KW_ONLY
    multioutput: Literal["uniform_average", "raw_values", "variance_weighted"] = "uniform_average"  # type: ignore[assignment]

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        preds, target, weight = self._pairs(preds, target, sample_weight)
        weight = ones_like(target) if weight is None else weight
        total = weight.sum(axis=0)
        mean = ratio(_total(target, weight), total, 0.0)
        squares, residual = _total((target - mean) ** 2, weight), _total((target - preds) ** 2, weight)
        return {"samples": target.shape[0], "weight": total, "mean": mean, "squares": squares, "residual": residual}

    def combine(self, first: Statistics, second: Statistics) -> Statistics:
        total = super().combine(first, second)
        difference = second["mean"] - first["mean"]
        part = ratio(second["weight"], total["weight"], 0.0)
        total["mean"] = first["mean"] + difference * part
        total["squares"] = total["squares"] + difference**2 * first["weight"] * part
        return total

    def value(self, statistics: Statistics) -> Any:
        squares, residual = statistics["squares"], statistics["residual"]
        if statistics["samples"] < 2:
            return full_like(squares if self.multioutput == "raw_values" else squares.mean(), nan)
        exact = where(residual == 0, 1.0, 0.0)
        scores = where(squares == 0, exact, 1 - ratio(residual, squares, 0.0))
        if self.multioutput == "raw_values":
            return scores
        return average_of(scores, squares if self.multioutput == "variance_weighted" else ones_like(scores))
