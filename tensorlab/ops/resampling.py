"""Weighted sums of a few elements along an axis, the core of interpolation and its transpose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .shapes import Shape, normalized_axis


@dataclass(frozen=True, eq=False)
class Taps:
    """The elements of an axis that are summed into each element of the result, and their weights.

    Attributes
    ----------
    size : int
        Length of the axis that is read.
    indices : tuple of tuple of int
        One tuple for each tap, with an index to read for each element of the result.
    weights : tuple of tuple of float, or None
        Their weights; None where all are one.
    """

    size: int
    indices: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[float, ...], ...] | None = None
    _on_device: dict[Any, list[tuple[Any, Any]]] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """Length of the axis that results."""
        return len(self.indices[0])

    @cached_property
    def changes_nothing(self) -> bool:
        """Whether the result equals the input."""
        return self.weights is None and self.indices == (tuple(range(self.size)),)

    @cached_property
    def transposed(self) -> Taps:
        """The taps of the transpose: for each element that is read, the results it contributes to."""
        weights = self.weights or ((1.0,) * self.count,) * len(self.indices)
        parts: list[dict[int, float]] = [{} for _ in range(self.size)]
        for places, factors in zip(self.indices, weights, strict=True):
            for result, (place, weight) in enumerate(zip(places, factors, strict=True)):
                if weight:
                    parts[place][result] = parts[place].get(result, 0.0) + weight
        return Taps.of_rows(self.count, [list(part.items()) for part in parts])

    @staticmethod
    def of_rows(size: int, rows: list[list[tuple[int, float]]]) -> Taps:
        """Return the taps that sum, for each element of the result, a row of (place, weight)."""
        count = max(1, *map(len, rows))
        # Short rows are filled with weights of zero for elements that they read anyway, so that no other NaN enters.
        full = [row + [(row[-1][0] if row else 0, 0.0)] * (count - len(row)) for row in rows]
        indices = tuple(tuple(row[tap][0] for row in full) for tap in range(count))
        weights = tuple(tuple(row[tap][1] for row in full) for tap in range(count))
        return Taps(size, indices, None if all(w == 1.0 for tap in weights for w in tap) else weights)

    def arrays(self, backend: Backend, x: Any) -> list[tuple[Any, Any]]:
        """Return (indices, weights) of each tap as arrays on the device of `x`, cached for the next call."""
        key = (backend.name, str(x.dtype), str(x.device))
        if key not in self._on_device:
            xp = backend.xp
            weights = self.weights or (None,) * len(self.indices)
            self._on_device[key] = [
                (
                    xp.asarray(places, dtype=xp.int64, device=x.device),
                    None if factors is None else xp.asarray(factors, dtype=x.dtype, device=x.device),
                )
                for places, factors in zip(self.indices, weights, strict=True)
            ]
        return self._on_device[key]


def _resampled(x_shape: Shape, taps: Taps, axis: int) -> Shape:
    place = normalized_axis(axis, len(x_shape))
    if x_shape[place] != taps.size:
        raise ShapeError(f"resample: axis {place} of shape {x_shape} must have length {taps.size}")
    return (*x_shape[:place], taps.count, *x_shape[place + 1 :])


LINEAR = Taps(3, ((0, 0, 1, 2), (1, 1, 2, 2)), ((1.0, 0.5, 0.75, 0.25), (0.0, 0.5, 0.25, 0.75)))
REPEATED = Taps(2, ((0, 0, 0, 1),))


@op(
    vjp={"x": lambda g, taps, axis: resample(g, taps.transposed, axis)},
    kind="linear",
    shape=_resampled,
    flops=lambda shapes, out, params: (2 * len(params["taps"].indices) - 1) * prod(out),
    samples=[
        sample((2, 3), taps=LINEAR, axis=1),
        sample((4, 2), taps=LINEAR.transposed, axis=0),
        sample((3, 2, 2), taps=REPEATED, axis=-2),
        sample((4,), taps=REPEATED.transposed, axis=0),
        sample((0, 3), taps=LINEAR, axis=1),
    ],
    checks_first=True,
)
def resample(backend: Backend, x: ArrayT, /, taps: Taps, axis: int) -> ArrayT:
    """Weighted sums of a few elements along an axis.

    Parameters
    ----------
    x : tensor or array
        Any shape; floating-point or complex unless all weights are one.
    taps : Taps
        The elements, and their weights.

    Returns
    -------
    Tensor
        The shape of `x`, with ``taps.count`` along `axis`.

    Raises
    ------
    ShapeError
        If the length of the axis is not ``taps.size``.

    Examples
    --------
    >>> halves = tl.ops.resampling.Taps(3, ((0, 1), (1, 2)), ((0.5, 0.5), (0.5, 0.5)))
    >>> tl.ops.resampling.resample(tl.tensor([1.0, 2.0, 4.0]), halves, axis=0)
    tensor([1.5, 3. ])
    """
    xp, axis = backend.xp, axis % x.ndim
    along = (-1,) + (1,) * (x.ndim - 1 - axis)
    total = None
    for places, weights in taps.arrays(backend, x):
        part = xp.take(x, places, axis=axis)
        if weights is not None:
            part *= xp.reshape(weights, along)
        if total is None:
            total = part
        else:
            total += part
    return total  # type: ignore[return-value]  # there is at least one tap
