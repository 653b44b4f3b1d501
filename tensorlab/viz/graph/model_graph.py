"""The graph of a model, for users."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...nn import Module
from ...options import Size, checked
from .dot import by_graphviz, dot_source, has_graphviz
from .svg import drawn
from .trace import Box, Tracer


@dataclass(eq=False, repr=False)
class ModelGraph:
    """The graph of a model: boxes in the order in which they ran. A notebook shows it.

    Attributes
    ----------
    name : str
        The model's class.
    boxes : list of Box
        Inputs, layers, operations between layers, and outputs; each has a label, a path, shapes, a number of
        parameters, and the boxes whose results it takes as `sources`.

    Examples
    --------
    >>> graph = tl.viz.model_graph(tl.nn.Sequential(tl.nn.Linear(4, 2), tl.nn.ReLU()), tl.ones(1, 4))
    >>> graph
    <ModelGraph of Sequential: 4 boxes, 10 parameters>
    >>> [(box.label, box.shapes) for box in graph.boxes[1:3]]
    [('Linear', [(1, 2)]), ('ReLU', [(1, 2)])]
    """

    name: str
    boxes: list[Box]

    @property
    def parameters(self) -> int:
        """The number of elements of all parameters that were used."""
        return sum(box.parameters for box in self.boxes)

    def dot(self) -> str:
        """Return the graph in the DOT language of Graphviz."""
        return dot_source(self.boxes)

    @checked
    def svg(self, engine: Literal["own", "graphviz"] | None = None) -> str:
        """Return the picture as SVG.

        Parameters
        ----------
        engine : {"own", "graphviz"}, optional
            Who finds the places of the boxes: Graphviz, or the layout of this package, which needs no other program. By
            default Graphviz if its program ``dot`` is installed.

        Raises
        ------
        ImportError
            If Graphviz is asked for and not installed.
        """
        if engine == "graphviz" or (engine is None and has_graphviz()):
            return by_graphviz(self.boxes, "svg").decode()
        return drawn(self.boxes, f"Graph of {self.name}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or path-like
            The suffix says the format: ``.svg``; ``.dot`` or ``.gv`` for the DOT language; any other, such as ``.pdf``
            or ``.png``, if Graphviz is installed.

        Raises
        ------
        ImportError
            If the format is drawn by Graphviz, which is not installed.
        ValueError
            If the path has no suffix.
        """
        file = Path(path)
        suffix = file.suffix.removeprefix(".").lower()
        if not suffix:
            raise ValueError(f"save: path must end with a format, such as .svg, not {str(path)!r}")
        if suffix in ("dot", "gv"):
            file.write_text(self.dot(), encoding="utf-8")
        elif suffix == "svg":
            file.write_text(self.svg(), encoding="utf-8")
        else:
            file.write_bytes(by_graphviz(self.boxes, suffix))

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<ModelGraph of {self.name}: {len(self.boxes)} boxes, {self.parameters:,} parameters>"


@checked
def model_graph(model: Module, *inputs: Any, depth: Size | None = None, **keywords: Any) -> ModelGraph:
    """Return the graph of a model, traced from one call: layers with output shapes and parameters, branches and joins.

    The model runs once in evaluation mode, and stays as it is. Boxes are its layers, as far inside as `depth` says, and
    the operations between them, such as the additions of residual connections. Views, such as a reshape, have no box.

    Parameters
    ----------
    model : Module
        The model.
    *inputs : Any
        The arguments of an example call.
    depth : int, optional
        How deep modules inside modules are opened; 1 shows those directly inside the model. By default all are, but
        for the library's layers that consist of others, such as `MultiheadAttention`.
    **keywords
        The keyword arguments of the call.

    Returns
    -------
    ModelGraph
        ``save("model.svg")`` writes it, a notebook shows it, ``dot()`` returns it in the language of Graphviz.

    Raises
    ------
    TypeError
        If the arguments are not those of the model.

    Examples
    --------
    >>> class Residual(tl.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = tl.nn.Linear(4, 4)
    ...
    ...     def forward(self, x):
    ...         return x + self.inner(x).relu()
    >>> graph = tl.viz.model_graph(Residual(), tl.ones(1, 4))
    >>> [(box.label, [source.label for source in box.sources]) for box in graph.boxes[1:]]
    [('Linear', ['x']), ('relu', ['Linear']), ('+', ['x', 'relu']), ('output', ['+'])]
    """
    tracer = Tracer(model, depth)
    tracer.run(inputs, keywords)
    return ModelGraph(type(model).__name__, tracer.boxes)
