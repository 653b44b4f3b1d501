"""What a lesson shows: values, tables, claims and pictures."""

import json
from numbers import Number

from tensorlab.viz import style


class Report:
    """Takes what a lesson shows, prints it, and keeps it in a folder for the page.

    Parameters
    ----------
    folder : pathlib.Path
        Where pictures and the record of the lesson are written.
    name : str
        The name of the lesson, with which the names of its files begin.
    """

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.values, self.claims, self.tables, self.pictures = [], [], [], []
        self._figures = []
        folder.mkdir(parents=True, exist_ok=True)

    def value(self, name, value):
        """Show a number or a short text, such as an accuracy."""
        self.values.append((name, shown(value)))
        print(f"{name}: {shown(value)}")

    def claim(self, statement, holds):
        """Show a statement of the lecture and whether it holds here; the lesson fails if it does not."""
        self.claims.append((statement, bool(holds)))
        print(f"{'✓' if holds else '✗'} {statement}")

    def table(self, header, rows, title=""):
        """Show rows of values below a header."""
        rows = [[shown(value) for value in row] for row in rows]
        self.tables.append({"title": title, "header": list(header), "rows": rows})
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        for row in [header, *rows]:
            print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))

    def axes(self, rows=1, columns=1, width=4.6, height=3.4):
        """Return the axes of a new figure, in a list if there are several; width and height are those of one panel.

        When the lesson ends, titles, labels and grids get the look of all pictures, labelled lines a legend, and the
        figure is saved.
        """
        figure = style.new_figure("The course", columns * width, rows * height)
        panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for ax in panels:
            ax.set_prop_cycle(color=style.PALETTE)
        self._figures.append(figure)
        return panels if len(panels) > 1 else panels[0]

    def picture(self, figure):
        """Keep a figure, such as functions of `tensorlab.viz` return, as it is."""
        figure.savefig(self._file("png"), dpi=120)

    def animation(self, animation, fps=10):
        """Keep an animation of Matplotlib as a GIF."""
        animation.save(self._file("gif"), writer="pillow", fps=fps, dpi=90)

    def finish(self, **facts):
        """Save the figures and the record; return whether every claim holds."""
        for figure in self._figures:
            for ax in figure.axes:
                _dress(ax)
            self.picture(figure)
        kept = {name: getattr(self, name) for name in ("values", "claims", "tables", "pictures")}
        text = json.dumps({**facts, **kept}, ensure_ascii=False, indent=1)
        (self.folder / f"{self.name}.json").write_text(text, encoding="utf-8")
        return all(holds for _, holds in self.claims)

    def _file(self, suffix):
        number = f"_{len(self.pictures) + 1}" if self.pictures else ""
        self.pictures.append(f"{self.name}{number}.{suffix}")
        return self.folder / self.pictures[-1]


def _dress(ax):
    if not ax.axison or ax.get_label() == "<colorbar>":
        return
    style.dress(ax, ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), grid="" if ax.images else "both")
    if ax.get_legend() is None:
        style.legend(ax)


def shown(value):
    """Return a value as text: numbers with four digits, whole ones with commas."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Number):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
