"""Pictures of a profile: a flame graph of the time, and the memory over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..options import checked
from ..profiling import Profile
from .style import FAINT, PALETTE, SMALL, Axes, axes_on, dress, figure_of, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"forward": PALETTE[0], "backward": PALETTE[2], "update": PALETTE[3]}
"""The colours of the phases."""

LEAST_SHOWN = 1e-3
"""Shares of the time below this are not drawn."""

LETTER = 0.0095
"""About the width of a letter as a share of that of the figure."""


@checked
def flame_graph(profile: Profile, *, title: str = "", ax: Axes | None = None) -> Figure:
    """Draw where the time goes: a box for each phase, layer and operation, as wide as its time, on those it is part of.

    Parameters
    ----------
    profile : Profile
        What `tensorlab.profile` recorded.
    title : str
        The title.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(8, 8), tl.nn.Tanh())
    >>> with tl.profile() as p:
    ...     model(tl.ones(4, 8)).sum().backward()
    >>> figure = tl.viz.flame_graph(p)  # figure.savefig("flames.png")
    """
    tree = _tree(profile.stacks())
    ax = axes_on("flame_graph", ax, 10.0, 0.8 + 0.32 * _depth(tree))
    total = sum(seconds for seconds, _ in tree.values())
    _draw(ax, tree, 0.0, 0, 1 / total if total else 0.0, "")
    dress(ax, title or f"{1e3 * total:.3g} ms in operations", "share of the time", grid="")
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.5, max(_depth(tree), 1) - 0.5)
    ax.set_yticks([])
    ax.xaxis.set_major_formatter(lambda share, position: f"{share:.0%}")
    ax.spines["left"].set_visible(False)
    return figure_of(ax)


Tree = dict[str, tuple[float, Any]]
"""For each name the seconds with all that is inside, and the tree of what is inside."""


def _tree(stacks: Mapping[tuple[str, ...], float]) -> Tree:
    tree: Tree = {}
    for names, seconds in stacks.items():
        level = tree
        for name in names:
            inside: tuple[float, Tree] = level.get(name, (0.0, {}))
            level[name] = (inside[0] + seconds, inside[1])
            level = inside[1]
    return tree


def _depth(tree: Tree) -> int:
    return 1 + max((_depth(inside) for _, inside in tree.values()), default=-1) if tree else 0


def _draw(ax: Any, tree: Tree, left: float, level: int, scale: float, phase: str) -> None:
    for name, (seconds, inside) in tree.items():
        width, kind = scale * seconds, phase or name
        if width >= LEAST_SHOWN:
            color = COLORS.get(kind, FAINT)
            ax.barh(
                level, width, 0.94, left, color=color, alpha=1 - 0.13 * (level % 3), edgecolor="white", linewidth=0.6
            )
            if room := int(width / LETTER) - 1:
                text = name if len(name) <= room else name[: room - 1] + "…" if room > 3 else ""
                ax.text(left + width / 2, level, text, ha="center", va="center", fontsize=SMALL - 1, clip_on=True)
            _draw(ax, inside, left, level + 1, scale, kind)
        left += width


@checked
def memory_timeline(profile: Profile, *, title: str = "", ax: Axes | None = None) -> Figure:
    """Draw the memory of arrays over time, with its peak and the phases of training.

    Parameters
    ----------
    profile : Profile
        What `tensorlab.profile` recorded.
    title : str
        The title.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(8, 8), tl.nn.Tanh())
    >>> with tl.profile() as p:
    ...     model(tl.ones(4, 8)).sum().backward()
    >>> figure = tl.viz.memory_timeline(p)
    """
    ax = axes_on("memory_timeline", ax, 7.0, 3.2)
    changes = [*profile.memory(), (profile.seconds, 0)]
    times, living = [1e3 * max(time, 0.0) for time, _ in changes], [octets / 1e6 for _, octets in changes]
    living[-1] = living[-2] if len(living) > 1 else 0.0
    ax.step(times, living, where="post", color=PALETTE[0])
    ax.fill_between(times, living, step="post", color=PALETTE[0], alpha=0.15, linewidth=0)
    ax.axhline(profile.peak_bytes / 1e6, color=FAINT, linestyle="--", label=f"peak {profile.peak_bytes / 1e6:.3g} MB")
    for phase, color in COLORS.items():
        spans = [(1e3 * event.start, 1e3 * event.seconds) for event in profile.events if event.phase == phase]
        if spans:
            ax.broken_barh(
                spans, (-0.06, 0.04), transform=ax.get_xaxis_transform(), color=color, label=phase, clip_on=False
            )
    dress(ax, title or "Memory of arrays", "milliseconds", "MB")
    ax.set_ylim(bottom=0)
    ax.tick_params(axis="x", pad=9)
    legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure_of(ax)
