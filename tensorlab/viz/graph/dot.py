"""A graph in the DOT language, and what Graphviz makes of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from .svg import EDGE, FILLS, LEARNED_FILL, notes
from .trace import Box


def dot_source(boxes: Sequence[Box]) -> str:
    """Return the graph in the DOT language."""
    number = {box: f"n{count}" for count, box in enumerate(boxes)}
    lines = [
        "digraph model {",
        f'  node [shape=box, fontname="Helvetica", fontsize=11, color="{EDGE}", style="rounded,filled"];',
        f'  edge [color="{EDGE}", arrowsize=0.7];',
    ]
    for box, name in number.items():
        label = "\\n".join(map(_escaped, [box.label, *notes(box)]))
        fill = LEARNED_FILL if box.parameters else FILLS[box.kind]
        shape = ", shape=circle, margin=0.02" if not notes(box) else ""
        lines.append(f'  {name} [label="{label}", fillcolor="{fill}"{shape}];')
    lines += [f"  {number[source]} -> {number[box]};" for box in boxes for source in box.sources]
    return "\n".join([*lines, "}", ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def has_graphviz() -> bool:
    """Whether the program `dot` of Graphviz is installed."""
    return shutil.which("dot") is not None


def by_graphviz(boxes: Sequence[Box], format: str) -> bytes:
    """Return the picture that Graphviz draws, in a format such as ``"svg"`` or ``"pdf"``.

    Raises
    ------
    ImportError
        If Graphviz is not installed.
    RuntimeError
        If it fails.
    """
    program = shutil.which("dot")
    if program is None:
        raise ImportError(f"ModelGraph: {format} is drawn by Graphviz, whose program `dot` is not installed")
    done = subprocess.run([program, f"-T{format}"], input=dot_source(boxes).encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ModelGraph: Graphviz failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
