"""A graph as SVG, which browsers and notebooks show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..style import INK
from .layout import Layout, Place, laid_out
from .trace import Box

FONT, NOTE = 13.0, 10.5
"""Font sizes of labels and of notes."""

FILLS = {"input": "#ffffff", "output": "#ffffff", "op": "#fdf3dc", "layer": "#eef0f2"}
LEARNED_FILL, EDGE = "#d9e8f7", "#7a7f87"
"""The colours of boxes, of those that have parameters, and of lines."""

MARGIN = 12.0

ARROW = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0.5 L8 4 L0 7.5 z" fill="{EDGE}"/></marker></defs>'
)


def notes(box: Box) -> list[str]:
    """Return the lines below the label of a box: a layer's path, shapes of results, and the number of parameters."""
    if box.kind == "op" and len(box.label) == 1 and not box.parameters:
        return []
    shapes = ", ".join(map(str, box.shapes[:2])) + (", …" if len(box.shapes) > 2 else "")
    counted = f"{box.parameters:,} parameters" if box.parameters else ""
    return [line for line in (box.path, shapes, counted) if line]


def drawn(boxes: Sequence[Box], title: str) -> str:
    """Return the SVG of a graph; `title` names it for screen readers."""
    layout = laid_out(boxes, [_size(box) for box in boxes])
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    view = f"{-MARGIN:.0f} {-MARGIN:.0f} {width:.0f} {height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="{view}" '
        'font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        ARROW,
        f'<rect x="{-MARGIN:.0f}" y="{-MARGIN:.0f}" width="{width:.0f}" height="{height:.0f}" fill="white"/>',
        *_lines(layout),
        *(part for place in layout.places for part in _shapes(place)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _size(box: Box) -> tuple[float, float]:
    """Return width and height, from the length of the texts."""
    lines = notes(box)
    if not lines:
        return 26.0, 26.0
    widest = max(0.62 * FONT * len(box.label), *(0.56 * NOTE * len(line) for line in lines))
    return max(widest + 20, 70.0), 12 + FONT + 13.5 * len(lines)


def _lines(layout: Layout) -> list[str]:
    return [
        f'<path d="{_curve(edge)}" fill="none" stroke="{EDGE}" stroke-width="1.3" marker-end="url(#tip)"/>'
        for edge in layout.edges
    ]


def _curve(edge: Sequence[Place]) -> str:
    """Return the path of an edge: it leaves downwards, passes bends vertically, and arrives from above."""
    start = edge[0]
    x, y = start.x, start.y + start.height / 2
    parts = [f"M{x:.1f} {y:.1f}"]
    for place in edge[1:]:
        top = place.y - place.height / 2 - (1 if place.box else 0)
        if abs(place.x - x) < 0.05:
            parts.append(f"L{place.x:.1f} {top:.1f}")
        else:
            middle = (y + top) / 2
            parts.append(f"C{x:.1f} {middle:.1f} {place.x:.1f} {middle:.1f} {place.x:.1f} {top:.1f}")
        x, y = place.x, top
        if not place.box:
            y = place.y + place.height / 2
            parts.append(f"L{x:.1f} {y:.1f}")
    return " ".join(parts)


def _shapes(place: Place) -> list[str]:
    """Return a box with its texts."""
    box = place.box
    assert box is not None
    lines = notes(box)
    fill = LEARNED_FILL if box.parameters else FILLS[box.kind]
    left, top = place.x - place.width / 2, place.y - place.height / 2
    radius = 5 if box.kind == "layer" else min(place.height / 2, 14)
    dash = ' stroke-dasharray="4 3"' if box.kind in ("input", "output") else ""
    parts = [
        f"<g><title>{escape(' '.join([box.label, *map(str, box.shapes)]))}</title>",
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="{radius:.1f}" '
        f'fill="{fill}" stroke="{EDGE}"{dash}/>',
    ]
    y = top + 6 + 0.8 * FONT if lines else place.y + 0.36 * FONT
    parts.append(_text(place.x, y, FONT, box.label, INK, bold=True))
    for number, line in enumerate(lines, 1):
        parts.append(_text(place.x, y + 13.5 * number, NOTE, line, "#555555"))
    return [*parts, "</g>"]


def _text(x: float, y: float, size: float, text: str, color: str, bold: bool = False) -> str:
    style = f'font-size="{size:g}" fill="{color}"' + (' font-weight="bold"' if bold else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" {style}>{escape(text)}</text>'
