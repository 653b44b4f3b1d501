"""Means over the items of a pass through data, kept on the device until they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..autodiff.graph import no_grad
from ..options.kinds import Having
from ..tensor import Tensor

METHODS = ("update", "compute", "reset", "state_dict", "load_state_dict")
METRIC = Having(f"a metric, with {', '.join(METHODS[:-1])} and {METHODS[-1]}", METHODS)
"""A metric of `tensorlab.metrics`, or anything with its methods."""


class Tally:
    """The loss and metrics of a pass through data.

    Parameters
    ----------
    metrics : mapping from str to metric
        Each with ``update(outputs, targets)``, ``compute()`` and ``reset()``. A `MetricCollection` is updated as one.

    Attributes
    ----------
    items : int
        The number of items so far.
    is_repeating : bool
        Whether outputs are those of a batch that was counted before, as in the closure of an optimizer.
    """

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        self.metrics = metrics
        self._updated: list[Any] = [metrics] if hasattr(metrics, "compute") else list(metrics.values())
        self.items, self.is_repeating, self._has_outputs = 0, False, False
        self._sums: dict[str, Any] = {}  # numbers, or arrays of the backend, on which small operations are quickest
        self._counts: dict[str, int] = {}

    def reset(self) -> None:
        """Begin a new pass."""
        self.items, self.is_repeating, self._has_outputs = 0, False, False
        self._sums, self._counts = {}, {}
        for metric in self.metrics.values():
            metric.reset()

    def add(self, name: str, mean: Tensor | float, items: int) -> None:
        """Add the mean of a quantity over some items, a number or a 0-d tensor; nothing is moved to the host."""
        share: Any = float(mean) * items if not isinstance(mean, Tensor) else _in_double(mean) * items
        self._sums[name] = self._sums[name] + share if name in self._sums else share
        self._counts[name] = self._counts.get(name, 0) + items

    def mark(self) -> tuple[dict[str, Any], dict[str, int]]:
        """Return what `go_back` needs to take back what is added from now on."""
        return dict(self._sums), dict(self._counts)

    def go_back(self, mark: tuple[dict[str, Any], dict[str, int]]) -> None:
        """Take back what was added since `mark`."""
        self._sums, self._counts = mark

    def update(self, outputs: Any, targets: Any) -> None:
        """Update the metrics."""
        if self.is_repeating:
            return
        self._has_outputs = True
        with no_grad():
            for metric in self._updated:
                metric.update(outputs, targets)

    def means(self) -> dict[str, float]:
        """Return the means of what was added so far, exact to rounding."""
        return {name: float(total) / self._counts[name] for name, total in self._sums.items()}

    def results(self, prefix: str = "") -> dict[str, Any]:
        """Return the means and metrics so far; metrics that are no single number as lists."""
        found: dict[str, Any] = {f"{prefix}{name}": mean for name, mean in self.means().items()}
        for name, metric in self.metrics.items() if self._has_outputs else ():
            found.update(flattened(f"{prefix}{name}", metric.compute()))
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return the state, for a checkpoint in the middle of a pass."""
        return {
            "items": self.items,
            "has_outputs": self._has_outputs,
            "sums": {name: float(total) for name, total in self._sums.items()},
            "counts": dict(self._counts),
            "metrics": {name: metric.state_dict() for name, metric in self.metrics.items()},
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue a pass."""
        self.items, self._counts = state_dict["items"], dict(state_dict["counts"])
        self.is_repeating, self._has_outputs = False, state_dict["has_outputs"]
        self._sums = dict(state_dict["sums"])
        for name, metric in self.metrics.items():
            if name in state_dict["metrics"]:
                metric.load_state_dict(state_dict["metrics"][name])


def _in_double(tensor: Tensor) -> Any:
    """Return a tensor's array in float64, so that sums of many losses are exact to the digits that are shown."""
    xp = tensor.backend.xp
    return xp.astype(tensor.array, xp.float64)


def flattened(name: str, value: Any) -> dict[str, Any]:
    """Return a result as numbers and lists by name; the entries of a mapping get their keys after the name."""
    if isinstance(value, Mapping):
        parts = [flattened(f"{name}_{key}", part) for key, part in value.items()]
        return {key: part for found in parts for key, part in found.items()}
    return {name: plain_value(value)}


def plain_value(value: Any) -> Any:
    """Return a tensor or an array as a number or nested lists, and anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value
