"""Where the boxes of a graph are drawn: in rows from top to bottom, with few crossings and straight main lines.

The method is that of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures", 1981: every box has a row; an edge over several rows has a bend in each of them; the order in a row follows
the positions of neighbours; then everything is moved towards its neighbours as far as the order allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from .trace import Box

GAP, ROW_GAP, BEND = 24.0, 34.0, 4.0
"""Space between boxes, between rows, and the width of a bend."""

SWEEPS = 25
"""How often rows are looked at again, downwards first and last."""


@dataclass(eq=False)
class Place:
    """A box, or a bend of an edge, with its size and the position of its centre.

    Attributes
    ----------
    box : Box or None
        None for a bend.
    above, below : list of Place
        The neighbours in the rows above and below.
    """

    box: Box | None
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)


@dataclass
class Layout:
    """The places of the boxes, the edges as lists of places, and the size of the whole."""

    places: list[Place]
    edges: list[list[Place]]
    width: float
    height: float


def laid_out(boxes: Sequence[Box], sizes: Sequence[tuple[float, float]]) -> Layout:
    """Return where boxes of these sizes are drawn. Sources come before the boxes that take their results."""
    row_of = _rows(boxes)
    places = {box: Place(box, *size) for box, size in zip(boxes, sizes)}
    rows: list[list[Place]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    for box in boxes:
        rows[row_of[box]].append(places[box])
    edges = [
        _connected(places[source], places[box], range(row_of[source] + 1, row_of[box]), rows)
        for box in boxes
        for source in box.sources
    ]
    _order(rows)
    _spread(rows)
    for edge in edges:
        _straighten(edge[1:-1], rows)
    width, height = _shifted(rows)
    return Layout(list(places.values()), edges, width, height)


def _rows(boxes: Sequence[Box]) -> dict[Box, int]:
    """Return the row of each box: below all its sources; one without sources is just above what takes its result."""
    row_of: dict[Box, int] = {}
    for box in boxes:
        row_of[box] = max((row_of[source] + 1 for source in box.sources), default=0)
    for box in boxes:
        if not box.sources:
            takers = [row_of[other] for other in boxes if box in other.sources]
            row_of[box] = min(takers, default=1) - 1
    return row_of


def _connected(start: Place, end: Place, between: range, rows: list[list[Place]]) -> list[Place]:
    """Return the places along an edge, with new bends in the rows between its ends."""
    bends = [Place(None, BEND, 0.0) for _ in between]
    for row, bend in zip(between, bends):
        rows[row].append(bend)
    edge = [start, *bends, end]
    for upper, lower in pairwise(edge):
        upper.below.append(lower)
        lower.above.append(upper)
    return edge


def _order(rows: list[list[Place]]) -> None:
    """Sort each row by the mean position of the neighbours, downwards and upwards, and keep the fewest crossings."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            position = {place: number for other in rows for number, place in enumerate(other)}
            means = {
                place: _mean([position[near] for near in (place.above if downwards else place.below)], position[place])
                for place in row
            }
            row.sort(key=means.__getitem__)
        if (crossings := _crossings(rows)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _mean(values: Sequence[int], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(rows: list[list[Place]]) -> int:
    """Return how many pairs of edges between neighbouring rows cross."""
    count = 0
    for upper, lower in pairwise(rows):
        position = {place: number for number, place in enumerate(lower)}
        ends = [position[end] for place in upper for end in sorted(place.below, key=position.__getitem__)]
        count += sum(first > second for number, first in enumerate(ends) for second in ends[number + 1 :])
    return count


def _spread(rows: list[list[Place]]) -> None:
    """Move all places towards their neighbours, and rows apart."""
    y = 0.0
    for row in rows:
        height = max(place.height for place in row)
        for place in row:
            place.y = y + height / 2
            place.height = place.height or height  # an edge passes its row vertically
        y += height + ROW_GAP
        _fit(row, [0.0] * len(row))
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            _fit(row, [_wanted(place, place.above if downwards else place.below) for place in row])


def _wanted(place: Place, near: Sequence[Place]) -> float:
    """Return the weighted median of the neighbours: lines from box to box are straight before those with bends are."""
    if not near:
        return place.x
    weighted = sorted(
        (other.x, 8.0 if place.box and other.box else 4.0 if not (place.box or other.box) else 1.0) for other in near
    )
    half, passed = sum(weight for _, weight in weighted) / 2, 0.0
    for number, (x, weight) in enumerate(weighted):
        passed += weight
        if passed == half:
            return (x + weighted[number + 1][0]) / 2
        if passed > half:
            return x
    return place.x


def _fit(row: list[Place], wanted: Sequence[float]) -> None:
    """Put each place as near as possible to where it is wanted, in their order and without overlaps.

    This is isotonic regression by pooling adjacent violators, on positions from which the widths are taken out. Boxes
    weigh so much more than bends that these give way.
    """
    offsets, offset = [], 0.0
    for number, place in enumerate(row):
        if number:
            offset += (row[number - 1].width + place.width) / 2 + GAP
        offsets.append(offset)
    pools: list[list[float]] = []  # position, weight, number of places
    for place, x, offset in zip(row, wanted, offsets):
        pools.append([x - offset, 1e6 if place.box else 1.0, 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            position, weight, count = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + position * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += count
    positions = [position for position, _, count in pools for _ in range(int(count))]
    for place, position, offset in zip(row, positions, offsets):
        place.x = position + offset


def _straighten(bends: Sequence[Place], rows: list[list[Place]]) -> None:
    """Put all bends of an edge below one another, if one of their positions is free in all of their rows."""
    row_of = {place: row for row in rows for place in row}
    middle = sum(bend.x for bend in bends) / max(len(bends), 1)
    for x in sorted({bend.x for bend in bends}, key=lambda x: abs(x - middle)):
        if all(_is_free(bend, x, row_of[bend]) for bend in bends):
            for bend in bends:
                bend.x = x
            return


def _is_free(bend: Place, x: float, row: list[Place]) -> bool:
    """Whether a place can move in its row to `x` without coming too near to its neighbours."""
    number = row.index(bend)
    space = GAP + bend.width / 2 - 1e-6
    before = row[number - 1].x + row[number - 1].width / 2 if number else -inf
    after = row[number + 1].x - row[number + 1].width / 2 if number + 1 < len(row) else inf
    return x - before >= space and after - x >= space


def _shifted(rows: list[list[Place]]) -> tuple[float, float]:
    """Move everything so that it begins at zero; return the width and the height."""
    everything = [place for row in rows for place in row]
    left = min((place.x - place.width / 2 for place in everything), default=0.0)
    for place in everything:
        place.x -= left
    width = max((place.x + place.width / 2 for place in everything), default=0.0)
    return width, max((place.y + place.height / 2 for place in everything), default=0.0)
