"""The base classes of metrics: the statistics of a batch, how those of batches are joined, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar, Self

from ..autodiff.graph import no_grad
from ..backend import backend_for_type
from ..docstrings import Documented
from ..errors import ShapeError
from ..ops.creation import DeviceLike
from ..ops.declare import INNER_NAME, TOLD_AGAIN
from ..options import Options, checked
from ..tensor import Tensor

Statistics = dict[str, Any]
"""Sufficient statistics by name: tensors and numbers, which are added, and lists of tensors, which are joined."""


class Metric(Documented, Options):
    """A value over all data since the last reset, computed from statistics that are small or kept on the device.

    A metric is two functions: `statistics` of a batch, and the `value` that statistics give. Statistics of several
    batches are added; lists of tensors are joined. So batches, epochs and processes combine in any order, and nothing
    is moved to the host before it is asked for. To write a metric, subclass this class, say in `names` what the
    statistics are called, and define the two functions; decorate the class with `tensorlab.options.declared` if it has
    options.

    Examples
    --------
    >>> class Largest(tl.metrics.Metric):
    ...     "The mean of the largest elements of batches."
    ...     names = ("total", "batches")
    ...     def statistics(self, x):
    ...         return {"total": x.max(), "batches": 1}
    ...     def value(self, statistics):
    ...         return statistics["total"] / statistics["batches"]
    >>> largest = Largest()
    >>> largest.update(tl.tensor([1.0, 5.0]))
    >>> largest.update(tl.tensor([2.0]))
    >>> largest.compute()
    tensor(3.5)
    """

    names: ClassVar[tuple[str, ...]] = ()
    _seen: Statistics | None = None

    # -- what a metric is ------------------------------------------------------------------------------------

    def statistics(self, *args: Any, **kwargs: Any) -> Statistics:
        """Return the statistics of one batch by name. Must not read elements where that waits for a device."""
        raise NotImplementedError(f"{type(self).__name__} does not define statistics")

    def combine(self, first: Statistics, second: Statistics) -> Statistics:
        """Return the statistics of two sets of data together: by default their sums, and lists joined."""
        return {name: self._sum(name, first[name], second[name]) for name in self.names}

    def value(self, statistics: Statistics) -> Any:
        """Return what the statistics give: a tensor on their device, or several by name."""
        raise NotImplementedError(f"{type(self).__name__} does not define value")

    # -- what users call -------------------------------------------------------------------------------------

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch."""
        self._add(self._of_batch(*args, **kwargs))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch, and return the value of this batch alone."""
        batch = self._of_batch(*args, **kwargs)
        self._add(batch)
        return self._value(batch)

    def compute(self) -> Any:
        """Return the value over all data since the last reset.

        Returns
        -------
        Tensor
            On the device of the data; 0-d, or with an entry for each class where the metric's options say so.

        Raises
        ------
        RuntimeError
            If there was no data.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.update(tl.tensor([1.0, 2.0]))
        >>> mean.compute()
        tensor(1.5, dtype=float64)
        """
        if self._seen is None:
            raise RuntimeError(f"{type(self).__name__}: compute() needs at least one update()")
        return self._value(self._seen)

    def reset(self) -> None:
        """Forget all data.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.update(tl.tensor([1.0, 2.0]))
        >>> mean.reset()
        >>> mean.state_dict()
        {}
        """
        self._seen = None

    @checked
    def merge(self, other: Metric) -> None:
        """Add the data of another metric, such as that of another process; the other is not changed.

        Parameters
        ----------
        other : Metric
            A metric of the same class with the same options.

        Raises
        ------
        TypeError, ValueError
            If it is of another class, or has other options.

        Examples
        --------
        >>> first, second = tl.metrics.MeanMetric(), tl.metrics.MeanMetric()
        >>> first.update(tl.tensor([1.0, 2.0]))
        >>> second.update(tl.tensor(6.0))
        >>> first.merge(second)
        >>> first.compute()
        tensor(3., dtype=float64)
        """
        if type(other) is not type(self) or repr(other) != repr(self):
            raise ValueError(f"merge: other must be a metric like {self!r}, not {other!r}")
        if other._seen is not None:
            device = _device_of(self._seen)
            self._add(other._seen if device is None else _moved(other._seen, device))

    def state_dict(self) -> Statistics:
        """Return the statistics by name; empty if there is no data. `tensorlab.save` stores them.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.update(tl.tensor([1.0, 2.0]))
        >>> mean.state_dict()
        {'total': tensor(3., dtype=float64), 'weight': 2}
        """
        return {name: list(x) if isinstance(x, list) else x for name, x in (self._seen or {}).items()}

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with statistics that `state_dict` returned; those so far are forgotten.

        Raises
        ------
        ValueError, TypeError
            If `state_dict` is not one of a metric of this class; nothing has changed then.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.load_state_dict({"total": tl.tensor(3.0), "weight": 2})
        >>> mean.compute()
        tensor(1.5, dtype=float64)
        """
        if state_dict and set(state_dict) != set(self.names):
            raise ValueError(
                f"load_state_dict: state_dict of {type(self).__name__} must have the keys {list(self.names)}, "
                f"not {list(state_dict)}"
            )
        for name, x in state_dict.items():
            parts = x if isinstance(x, list) else [x]
            if not all(isinstance(part, Tensor | int | float) for part in parts):
                raise TypeError(
                    f"load_state_dict: state_dict[{name!r}] must be a tensor, a number or a list of tensors"
                )
        self._seen = {name: list(x) if isinstance(x, list) else x for name, x in state_dict.items()} or None

    def to(self, device: DeviceLike) -> Self:
        """Move the statistics to a device, and return the metric. Updates move them to the device of their batch.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.update(tl.tensor([1.0, 2.0]))
        >>> mean.to("cpu").compute()
        tensor(1.5, dtype=float64)
        """
        if self._seen is not None:
            self._seen = _moved(self._seen, device)
        return self

    def clone(self) -> Self:
        """Return a copy with the same options and data.

        Examples
        --------
        >>> mean = tl.metrics.MeanMetric()
        >>> mean.update(tl.tensor([1.0, 2.0]))
        >>> mean.clone().compute()
        tensor(1.5, dtype=float64)
        """
        return deepcopy(self)

    def __repr__(self) -> str:
        shown = ((name, option.default, getattr(self, name)) for name, option in self._declared.items() if option.kept)
        options = ", ".join(f"{name}={value!r}" for name, default, value in shown if value != default)
        return f"{type(self).__name__}({options})"

    # -- inside ----------------------------------------------------------------------------------------------

    def _of_batch(self, *args: Any, **kwargs: Any) -> Statistics:
        """Return the statistics of a batch; errors of the functions inside name the metric."""
        name = type(self).__name__
        try:
            with no_grad():
                return self.statistics(*map(_as_tensor, args), **{key: _as_tensor(x) for key, x in kwargs.items()})
        except TOLD_AGAIN as error:
            if error.args and isinstance(error.args[0], str) and not error.args[0].startswith(f"{name}: "):
                error.args = (f"{name}: {INNER_NAME.sub('', error.args[0])}", *error.args[1:])
            raise

    def _add(self, batch: Statistics) -> None:
        if self._seen is None:
            self._seen = batch
            return
        device, before = _device_of(batch), _device_of(self._seen)
        seen = self._seen if device == before or device is None else _moved(self._seen, device)
        with no_grad():
            self._seen = self.combine(seen, batch)

    def _value(self, statistics: Statistics) -> Any:
        with no_grad():
            return self.value(statistics)

    def _sum(self, name: str, first: Any, second: Any) -> Any:
        shapes = [tuple(x.shape) if isinstance(x, Tensor) else () for x in (first, second)]
        if shapes[0] != shapes[1]:
            raise ShapeError(
                f"{type(self).__name__}: {name} of this batch has the shape {shapes[1]}, and of those before "
                f"{shapes[0]}; all must have the same number of classes or outputs"
            )
        return first + second

    @classmethod
    def _statistics_options(cls) -> tuple[str, ...]:
        """Return the options that the statistics depend on: those of the class that defines the function."""
        owner = next(base for base in cls.__mro__ if "statistics" in vars(base))
        return tuple(owner._declared) if issubclass(owner, Options) else ()


class PredictionMetric(Metric):
    """The base class of metrics that compare predictions with targets."""

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        raise NotImplementedError(f"{type(self).__name__} does not define statistics")

    def update(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> None:
        """Add a batch.

        Parameters
        ----------
        preds : tensor or array
            The predictions, in the form that the metric's docstring says.
        target : tensor or array
            The true labels or values.
        sample_weight : tensor or array, optional
            The weight of each sample, shape (N,), or of each element of `target`.

        Raises
        ------
        ShapeError, ValueError, TypeError
            If shapes, values or data types do not fit; the metric has not changed then.

        Examples
        --------
        >>> error = tl.metrics.MeanSquaredError()
        >>> error.update(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
        >>> error.update(tl.tensor([3.0]), tl.tensor([4.0]), sample_weight=tl.tensor([2.0]))
        >>> error.compute()
        tensor(1.5, dtype=float64)
        """
        super().update(preds, target, sample_weight)

    def __call__(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Any:
        return super().__call__(preds, target, sample_weight)

    def _value(self, statistics: Statistics) -> Any:
        outside = statistics.get("outside", 0)
        if isinstance(outside, Tensor) and int(outside):
            raise ValueError(
                f"{type(self).__name__}: {int(outside)} labels were outside the classes, or probabilities outside "
                "[0, 1] (from_logits=True takes logits)"
            )
        return super()._value(statistics)


def _as_tensor(x: Any) -> Any:
    """Return a tensor or an array as a tensor without history that shares its memory, and anything else unchanged."""
    if isinstance(x, Tensor):
        return x.detach()
    try:
        return x if backend_for_type(type(x)) is None else Tensor(x)
    except TypeError:  # an array of strings
        return x


def _device_of(statistics: Statistics | None) -> Any:
    """Return the device of the first tensor; None if there is none."""
    for x in (statistics or {}).values():
        for part in x if isinstance(x, list) else [x]:
            if isinstance(part, Tensor):
                return part.device
    return None


def _moved(statistics: Statistics, device: Any) -> Statistics:
    """Return statistics whose tensors are on a device."""
    return {
        name: [part.to(device=device) for part in x]
        if isinstance(x, list)
        else x.to(device=device)
        if isinstance(x, Tensor)
        else x
        for name, x in statistics.items()
    }
