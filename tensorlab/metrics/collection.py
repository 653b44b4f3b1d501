"""Several metrics that are updated together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Self

from ..docstrings import Documented
from ..ops.creation import DeviceLike
from ..options import checked
from .metric import Metric, Statistics


class MetricCollection(Documented, Mapping[str, Metric]):
    """Several metrics by name, which are updated with the same data.

    Metrics whose statistics are the same, such as precision, recall and F1 score, share the work of computing them.

    Parameters
    ----------
    metrics : mapping from str to Metric, or sequence of Metric
        The metrics by name; those of a sequence have the names of their classes.
    prefix, postfix : str
        What is put before and after the names of the values.

    Raises
    ------
    TypeError, ValueError
        If there is no metric, an entry is not a metric, or two have the same name.

    Examples
    --------
    >>> metrics = tl.metrics.MetricCollection([tl.metrics.Precision("binary"), tl.metrics.Recall("binary")])
    >>> metrics.update(tl.tensor([0.9, 0.8, 0.3]), tl.tensor([1, 0, 0]))
    >>> metrics.compute()
    {'Precision': tensor(0.5, dtype=float64), 'Recall': tensor(1., dtype=float64)}
    """

    @checked
    def __init__(
        self, metrics: Mapping[str, Metric] | Sequence[Metric], *, prefix: str = "", postfix: str = ""
    ) -> None:
        named = metrics.items() if isinstance(metrics, Mapping) else [(type(m).__name__, m) for m in metrics]
        self._metrics: dict[str, Metric] = {}
        for name, metric in named:
            if not isinstance(name, str) or not isinstance(metric, Metric):
                raise TypeError(f"MetricCollection: metrics[{name!r}] must be a metric with a name, not {metric!r}")
            if name in self._metrics:
                raise ValueError(f"MetricCollection: metrics has two with the name {name!r}; give a mapping")
            self._metrics[name] = metric
        if not self._metrics:
            raise ValueError("MetricCollection: metrics must have at least one entry")
        self.prefix, self.postfix = prefix, postfix

    def __getitem__(self, name: str) -> Metric:
        return self._metrics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def __repr__(self) -> str:
        return f"MetricCollection({self._metrics!r})"

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch to all metrics, or to none if one of them refuses it."""
        for metric, batch in self._of_batch(*args, **kwargs):
            metric._add(batch)

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add a batch to all metrics, and return their values of this batch alone."""
        batches = self._of_batch(*args, **kwargs)
        for metric, batch in batches:
            metric._add(batch)
        return self._named(metric._value(batch) for metric, batch in batches)

    def _of_batch(self, *args: Any, **kwargs: Any) -> list[tuple[Metric, Statistics]]:
        """Return the metrics with their statistics of a batch, which are computed once where they are the same."""
        found: dict[Any, Statistics] = {}
        batches = []
        for metric in self._metrics.values():
            options = tuple(repr(getattr(metric, name)) for name in metric._statistics_options())
            key = (type(metric).statistics, options)
            if key not in found:
                found[key] = metric._of_batch(*args, **kwargs)
            batches.append((metric, found[key]))
        return batches

    def compute(self) -> dict[str, Any]:
        """Return the values of all metrics by name, with prefix and postfix.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection({"loss": tl.metrics.MeanMetric()}, prefix="valid_")
        >>> metrics.update(0.5)
        >>> metrics.compute()
        {'valid_loss': tensor(0.5, dtype=float64)}
        """
        return self._named(metric.compute() for metric in self._metrics.values())

    def _named(self, values: Any) -> dict[str, Any]:
        return {f"{self.prefix}{name}{self.postfix}": value for name, value in zip(self._metrics, values)}

    def reset(self) -> None:
        """Let all metrics forget their data.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> metrics.update(0.5)
        >>> metrics.reset()
        >>> metrics.state_dict()
        {'MeanMetric': {}}
        """
        for metric in self._metrics.values():
            metric.reset()

    @checked
    def merge(self, other: MetricCollection) -> None:
        """Add the data of another collection of the same metrics, such as that of another process.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> other = metrics.clone()
        >>> other.update(0.5)
        >>> metrics.merge(other)
        >>> metrics.compute()
        {'MeanMetric': tensor(0.5, dtype=float64)}
        """
        if repr(other) != repr(self):
            raise ValueError(f"merge: other must have the same metrics, {list(self)}, and not {other!r}")
        for name, metric in self._metrics.items():
            metric.merge(other[name])

    def state_dict(self) -> dict[str, Statistics]:
        """Return the statistics of all metrics by name. `tensorlab.save` stores them.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> metrics.update(0.5)
        >>> metrics.state_dict()
        {'MeanMetric': {'total': tensor(0.5, dtype=float64), 'weight': 1}}
        """
        return {name: metric.state_dict() for name, metric in self._metrics.items()}

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with statistics that `state_dict` returned; those so far are forgotten.

        Raises
        ------
        ValueError, TypeError
            If `state_dict` is not one of these metrics; nothing has changed then.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> metrics.load_state_dict({"MeanMetric": {"total": tl.tensor(3.0), "weight": 2}})
        >>> metrics.compute()
        {'MeanMetric': tensor(1.5, dtype=float64)}
        """
        if set(state_dict) != set(self._metrics):
            raise ValueError(f"load_state_dict: state_dict must have the keys {list(self)}, not {list(state_dict)}")
        loaded = {name: metric.clone() for name, metric in self._metrics.items()}
        for name, metric in loaded.items():
            metric.load_state_dict(state_dict[name])
        for name, metric in self._metrics.items():
            metric._seen = loaded[name]._seen

    def to(self, device: DeviceLike) -> Self:
        """Move the statistics of all metrics to a device, and return the collection.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> metrics.update(0.5)
        >>> metrics.to("cpu").compute()
        {'MeanMetric': tensor(0.5, dtype=float64)}
        """
        for metric in self._metrics.values():
            metric.to(device)
        return self

    @checked
    def clone(self, *, prefix: str | None = None, postfix: str | None = None) -> MetricCollection:
        """Return a copy with the same metrics and data, and other names of the values if wanted.

        Examples
        --------
        >>> metrics = tl.metrics.MetricCollection([tl.metrics.MeanMetric()])
        >>> metrics.clone(prefix="valid_")(0.5)
        {'valid_MeanMetric': tensor(0.5, dtype=float64)}
        """
        copy = deepcopy(self)
        copy.prefix = self.prefix if prefix is None else prefix
        copy.postfix = self.postfix if postfix is None else postfix
        return copy
