"""Matplotlib's axes, on which plots are drawn."""

from __future__ import annotations

from typing import Annotated, Any

from ..options.kinds import Having

Axes = Annotated[Any, Having("axes of Matplotlib", ("plot", "contourf", "legend"))]


def new_axes(user: str) -> Any:
    """Return the axes of a new figure; raise `ImportError` if Matplotlib is not installed."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        message = f"{user} draws with Matplotlib, which is not installed: pip install tensorlab[viz]"
        raise ImportError(message) from error
    return pyplot.subplots(layout="constrained")[1]
