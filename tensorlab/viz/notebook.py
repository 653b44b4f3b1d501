"""Figures and animations that notebooks show; imported where a picture is drawn, as it needs Matplotlib."""

from __future__ import annotations

from io import BytesIO

from matplotlib import animation, figure


class Figure(figure.Figure):
    """A figure of Matplotlib that a notebook shows when it is the result of a cell, without pyplot."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


class Animation(animation.FuncAnimation):
    """An animation of Matplotlib that a notebook shows, with controls, whatever its settings are."""

    def _repr_html_(self) -> str:
        return str(self.to_jshtml())
