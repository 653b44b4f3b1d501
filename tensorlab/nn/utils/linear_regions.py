"""Counting the pieces on which a network of ReLUs is linear, exactly: on a line segment or in a parallelogram."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...autodiff.graph import no_grad, watched
from ...errors import ShapeError
from ...ops.creation import tensor
from ...ops.datatypes import finfo
from ...ops.declare import composite
from ...ops.joining import concat
from ...tensor import Tensor
from .evaluation import evaluating

KINKED = ("relu", "leaky")
"""The ops that are linear on both sides of zero."""

AT_ONCE = 4096
"""The number of points that the network evaluates at once."""

Point = tuple[float, ...]
"""Coordinates along the directions, each from 0 to 1."""

Cell = list[Point]
"""The corners of a convex piece: the two ends of an interval, or those of a polygon in their order."""


@composite(origin="floating", directions="floating")
def count_linear_regions(model: Callable[..., Any], origin: Tensor, *directions: Tensor) -> int:
    """Return the number of linear regions of a ReLU network on a line segment or in a parallelogram.

    The count is exact. Layer after layer, the segment or the parallelogram is divided where the inputs of ReLUs are
    zero, which are straight lines in each piece of the layers before. The pieces that result are those with one pattern
    of active units; for almost all weights these are the linear regions (Montúfar et al., 2014; Raghu et al., 2017).

    Parameters
    ----------
    model : Module or callable
        A network whose only nonlinearity is ReLU or leaky ReLU, called as layer, function or method; it runs in
        evaluation mode. Use float64 for networks with many regions: regions that are narrower than the square root of
        the precision are not found.
    origin : Tensor, shape (*sample,)
        The beginning of the segment, or a corner of the parallelogram: one input without the batch axis.
    *directions : Tensor, shape (*sample,)
        One direction for the segment from `origin` to ``origin + direction``; two for the parallelogram.

    Returns
    -------
    int
        The number of regions that meet the segment or the parallelogram.

    Raises
    ------
    ValueError
        If there are not one or two directions, or the network is not linear in the pieces, as other nonlinearities
        make it.
    ShapeError
        If a direction does not have the shape of `origin`.

    References
    ----------
    G. Montúfar, R. Pascanu, K. Cho and Y. Bengio, "On the number of linear regions of deep neural networks",
    NeurIPS 2014.
    M. Raghu, B. Poole, J. Kleinberg, S. Ganguli and J. Sohl-Dickstein, "On the expressive power of deep neural
    networks", ICML 2017.

    Examples
    --------
    >>> layer = tl.nn.Linear(1, 3)
    >>> _ = layer.load_state_dict({"weight": [[1.0], [1.0], [1.0]], "bias": [-0.2, -0.5, -2.0]})
    >>> net = tl.nn.Sequential(layer, tl.nn.ReLU(), tl.nn.Linear(3, 1))
    >>> tl.nn.utils.count_linear_regions(net, tl.zeros(1), tl.ones(1))
    3
    """
    if len(directions) not in (1, 2):
        raise ValueError(f"count_linear_regions: directions must be one or two, not {len(directions)}")
    for direction in directions:
        if direction.shape != origin.shape:
            raise ShapeError(f"directions must have the shape of origin, {origin.shape}, not {direction.shape}")
    plane = _Plane(model, origin.detach(), [direction.detach() for direction in directions])
    whole: Cell = [(0.0,), (1.0,)] if len(directions) == 1 else [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    cells, layer = [whole], 0
    with evaluating(model), no_grad():
        while (heights := plane.inputs_of_kink(cells, layer)) is not None:
            cells = [part for cell, rows in zip(cells, heights, strict=True) for part in _divided(cell, rows)]
            layer += 1
        plane.require_linear(cells)
    return len(cells)


class _Plane:
    """A network on the segment or in the parallelogram."""

    def __init__(self, model: Callable[..., Any], origin: Tensor, directions: Sequence[Tensor]) -> None:
        self._model, self._origin, self._directions = model, origin, directions
        self._tolerance = float(finfo(origin.dtype).eps) ** 0.5

    def _run(self, points: Sequence[Point], layer: int | None) -> Tensor | None:
        """Return the inputs of the kinked op of a number, or with None the outputs, a row for each point."""
        x = self._origin
        batch = (len(points),) + (1,) * x.ndim
        for axis, direction in enumerate(self._directions):
            places = tensor([point[axis] for point in points], dtype=x.dtype, device=x.device)
            x = x + places.reshape(batch) * direction
        found: list[Tensor] = []

        def collect(op: Any, operands: tuple[Any, ...], params: Mapping[str, Any], result: Any) -> None:
            if op.name in KINKED:
                found.append(operands[0].reshape(len(points), -1))

        with watched(collect):
            outputs = self._model(x)
        if layer is None:
            return outputs.reshape(len(points), -1)
        return found[layer] if layer < len(found) else None

    def _rows(self, points: Sequence[Point], layer: int | None) -> list[list[float]] | None:
        parts = []
        for first in range(0, len(points), AT_ONCE):
            part = self._run(points[first : first + AT_ONCE], layer)
            if part is None:
                return None
            parts.append(part)
        rows: list[list[float]] = concat(parts).astype("float64").tolist()
        return rows

    def inputs_of_kink(self, cells: Sequence[Cell], layer: int) -> list[list[list[float]]] | None:
        """Return the inputs of a layer's units at the corners of each cell; None if there is no such layer.

        What is zero up to rounding is zero, so that a unit which only touches zero divides nothing.
        """
        rows = self._rows([corner for cell in cells for corner in cell], layer)
        if rows is None:
            return None
        limits = [self._tolerance * max(map(abs, column)) for column in zip(*rows, strict=True)]
        rows = [[0.0 if abs(z) <= limit else z for z, limit in zip(row, limits, strict=True)] for row in rows]
        return _regrouped(rows, cells)

    def require_linear(self, cells: Sequence[Cell]) -> None:
        """Raise an error unless the output in the middle of each cell is the mean of those at its corners."""
        corners = self._rows([corner for cell in cells for corner in cell], None) or []
        middles = self._rows([_mean(cell) for cell in cells], None) or []
        scale = max((abs(value) for row in corners for value in row), default=0.0)
        for rows, middle in zip(_regrouped(corners, cells), middles, strict=True):
            if any(abs(a - b) > 10 * self._tolerance * scale for a, b in zip(_mean(rows), middle, strict=True)):
                raise ValueError(
                    "count_linear_regions: the model is not linear between the zeros of its ReLUs; it has other "
                    "nonlinearities, such as max pooling or tanh"
                )


def _regrouped(rows: list[list[float]], cells: Sequence[Cell]) -> list[list[list[float]]]:
    """Return the rows of each cell."""
    remaining = iter(rows)
    return [[next(remaining) for _ in cell] for cell in cells]


def _mean(rows: Sequence[Sequence[float]]) -> Point:
    return tuple(sum(column) / len(rows) for column in zip(*rows, strict=True))


def _divided(cell: Cell, heights: list[list[float]]) -> list[Cell]:
    """Return the pieces into which the zeros of several units divide a cell; `heights` has a row for each corner."""
    parts = [[(*corner, *row) for corner, row in zip(cell, heights, strict=True)]]
    axes = len(cell[0])
    for unit in range(axes, axes + len(heights[0])):
        parts = [piece for part in parts for piece in _halves(part, unit)]
    return [[corner[:axes] for corner in part] for part in parts]


def _halves(part: list[Point], unit: int) -> list[list[Point]]:
    """Return the pieces of a cell on both sides of the zeros of a unit, or the cell if it is on one side.

    The corners carry the inputs of all units, which are linear in the cell, so that those of new corners follow.
    """
    signs = [(corner[unit] > 0) - (corner[unit] < 0) for corner in part]
    if min(signs) >= 0 or max(signs) <= 0:
        return [part]
    below: list[Point] = []
    above: list[Point] = []
    closed = len(part) > 2
    for n, (corner, sign) in enumerate(zip(part, signs, strict=True)):
        if sign <= 0:
            below.append(corner)
        if sign >= 0:
            above.append(corner)
        if n + 1 < len(part) or closed:
            following = part[(n + 1) % len(part)]
            if sign * signs[(n + 1) % len(part)] < 0:
                ratio = corner[unit] / (corner[unit] - following[unit])
                zero = [a + ratio * (b - a) for a, b in zip(corner, following, strict=True)]
                zero[unit] = 0.0
                below.append(tuple(zero))
                above.append(tuple(zero))
    return [below, above]
