"""What a classifier of points in the plane predicts everywhere: pictures, one or several, and an animation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..autodiff.graph import no_grad
from ..backend.memory import require_memory
from ..errors import ShapeError
from ..nn import Module
from ..nn.module.functional_call import functional_call
from ..nn.utils.evaluation import evaluating
from ..ops.creation import linspace, meshgrid
from ..ops.exponential import sigmoid
from ..ops.joining import stack
from ..ops.softmax import softmax
from ..options import Positive, Size, checked
from ..tensor import Tensor
from .animation import animated
from .inputs import Bounds, Names, bounds_of, host, labels_of, names_of, tensor_of
from .style import INK, Axes, axes_on, colors, dress, figure_of, legend, several_axes, title_over_all

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Output = Literal["logits", "probabilities", "labels"]
Predict = Callable[[Tensor], Any]


@checked
def decision_boundary(
    model: Any,
    points: Any,
    labels: Any,
    *,
    stages: Any = None,
    output: Output = "logits",
    bounds: Bounds | None = None,
    resolution: Size = 200,
    class_names: Names | None = None,
    columns: Size | None = None,
    title: str = "",
    axes: Any = None,
) -> Figure:
    """Draw the regions of the plane in which a classifier predicts each class, with the data.

    The colour is that of the predicted class, the stronger the more certain the prediction is; black lines are the
    boundaries.

    Parameters
    ----------
    model : Module or callable, or mapping from str to them
        A function from points, a floating-point tensor of shape ``(M, 2)``, to scores of shape ``(M, C)``, or ``(M,)``
        or ``(M, 1)`` for class 1 of the classes 0 and 1. A module is called in evaluation mode, with points of its
        parameters' data type and device, and stays as it is.
        Several models by name have a panel each.
    points : tensor or array, shape (N, 2)
        The data.
    labels : tensor or array of int, shape (N,)
        The classes of the data.
    stages : mapping from str to state dict, or sequence of state dicts, optional
        Stages of the training of `model`, a module, with a panel each, such as copies of
        ``model.state_dict()`` that were made between epochs: ``copy.deepcopy(model.state_dict())``.
    output : {"logits", "probabilities", "labels"}
        What the model returns.
    bounds : two pairs of float, optional
        From where to where to draw along each axis; by default around the data.
    resolution : int
        Number of points along each axis at which the model is called.
    class_names : sequence of str, optional
        Names for the legend, in place of class numbers.
    columns : int, optional
        Number of panels in a row.
    title : str
        The title of the whole.
    axes : matplotlib.axes.Axes or sequence of them, optional
        Axes to draw on, one for each panel; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If a model cannot be called, or there are stages of something that is not a module.
    ValueError
        If shapes do not match, or `bounds` are not in order.

    Examples
    --------
    >>> points, labels = tl.randn(20, 2), tl.arange(20) % 2
    >>> figure = tl.viz.decision_boundary(tl.nn.Linear(2, 2), points, labels, resolution=20)
    >>> figure.axes[0].images[0].get_array().shape
    (20, 20, 4)
    """
    user = "decision_boundary"
    plane = _plane(user, points, labels, output, bounds, resolution, class_names)
    predictors = _predictors(user, model, stages)
    shares = {name: _probabilities(user, predict, plane) for name, predict in predictors.items()}
    panels = several_axes(user, axes, len(shares), columns or 4, 3.4 if len(shares) > 1 else 4.8, 3.4)
    for number, (ax, (name, p)) in enumerate(zip(panels, shares.items())):
        _draw_regions(ax, plane, p)
        _draw_points(ax, plane)
        dress(ax, name, grid="")
        if number == len(panels) - 1:
            _add_legend(ax, plane)
    title_over_all(panels, title)
    return figure_of(panels[0])


@checked
def animate_decision_boundary(
    model: Any,
    points: Any,
    labels: Any,
    stages: Any,
    *,
    output: Output = "logits",
    bounds: Bounds | None = None,
    resolution: Size = 120,
    class_names: Names | None = None,
    interval: Positive = 200.0,
    title: str = "",
    ax: Axes | None = None,
) -> FuncAnimation:
    """Animate how the regions of a classifier of points in the plane change during training.

    Parameters
    ----------
    model, points, labels, output, bounds, resolution, class_names
        As for `decision_boundary`.
    stages : mapping from str to state dict, or sequence of state dicts
        Stages of the training of `model`, a module, with a frame each.
    interval : float
        Milliseconds from one frame to the next.
    title : str
        The title, above which the name of the stage is written.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        ``save("name.gif", writer="pillow")`` writes a file, ``to_jshtml()`` returns HTML with controls; a notebook
        shows the animation.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError, ValueError
        As `decision_boundary`.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 2)
    >>> states = [{name: 0.5 * step * x for name, x in model.state_dict().items()} for step in range(3)]
    >>> points, labels = tl.randn(20, 2), tl.arange(20) % 2
    >>> animation = tl.viz.animate_decision_boundary(model, points, labels, states, resolution=20)
    >>> "<img" in animation.to_jshtml()
    True
    """
    user = "animate_decision_boundary"
    plane = _plane(user, points, labels, output, bounds, resolution, class_names)
    if stages is None:
        raise ValueError(f"{user}: stages must be state dicts, not None")
    shares = {name: _probabilities(user, predict, plane) for name, predict in _predictors(user, model, stages).items()}
    ax = axes_on(user, ax, 4.8, 3.6)
    image = ax.imshow(_shades(plane, next(iter(shares.values()))), extent=plane.extent, origin="lower", aspect="auto")
    _draw_points(ax, plane)
    dress(ax, title, grid="")
    _add_legend(ax, plane)
    frames = list(shares.items())
    lines: list[Any] = []

    def show(number: int) -> None:
        name, p = frames[number]
        while lines:
            lines.pop().remove()
        image.set_data(_shades(plane, p))
        lines.extend(_draw_boundaries(ax, plane, p))
        ax.set_title("\n".join(filter(None, [title, name])))

    return animated(figure_of(ax), show, len(frames), interval)


@dataclass
class Plane:
    """The data, and the points at which a model is called: a row of the grid for each y."""

    points: NDArray[Any]
    labels: NDArray[Any]
    names: list[str]
    output: Output
    xs: NDArray[Any]
    ys: NDArray[Any]
    grid: Tensor

    @property
    def point_size(self) -> float:
        """The area of a point of the data."""
        return min(28.0, max(5.0, 5000 / len(self.points)))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The bounds, as Matplotlib wants them for an image whose pixels are centred at the points of the grid."""
        (left, right), (bottom, top) = ((axis[0], axis[-1]) for axis in (self.xs, self.ys))
        dx, dy = (0.5 * (axis[-1] - axis[0]) / max(len(axis) - 1, 1) for axis in (self.xs, self.ys))
        return (left - dx, right + dx, bottom - dy, top + dy)


def _plane(
    user: str, points: Any, labels: Any, output: Output, bounds: Any, resolution: int, class_names: Any
) -> Plane:
    x = tensor_of(user, "points", points, ndims=(2,))
    if x.shape[1] != 2:
        raise ShapeError(f"{user}: points must have shape (N, 2), not {x.shape}")
    x = x if x.dtype.is_floating else x.astype("float32")
    data = host(x)
    classes = labels_of(user, "labels", labels, len(data))
    if bounds is None:
        bounds = tuple(_around(data[:, axis]) for axis in (0, 1))
    require_memory(user, f"resolution={resolution} points along each axis", resolution**2, 16)
    bounds = bounds_of(user, bounds)
    xs, ys = (linspace(low, high, resolution, dtype=x.dtype, device=x.device) for low, high in bounds)
    grid = stack(meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    names = names_of(user, class_names, int(classes.max()) + 1)
    return Plane(data, classes, names, output, host(xs), host(ys), grid)


def _around(values: NDArray[Any]) -> tuple[float, float]:
    """Return bounds that hold all finite values, and some space."""
    finite = values[abs(values) < math.inf]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    space = 0.12 * (high - low) or 1.0
    return low - space, high + space


def _predictors(user: str, model: Any, stages: Any) -> dict[str, Predict]:
    """Return a function from points to scores for each panel, by its title."""
    if stages is not None:
        if not isinstance(model, Module):
            raise TypeError(f"{user}: model must be a Module where stages are given, not {type(model).__name__}")
        if isinstance(stages, list | tuple):
            stages = {f"stage {number}": state for number, state in enumerate(stages)}
        states = list(stages.values()) if isinstance(stages, Mapping) else []
        if not states or not all(isinstance(state, Mapping) for state in states):
            raise TypeError(f"{user}: stages must be state dicts, at least one, by name or in order")
        return {str(name): _at_stage(model, state) for name, state in stages.items()}
    named = model if isinstance(model, Mapping) else {"": model}
    if not named or not all(map(callable, named.values())):
        raise TypeError(f"{user}: model must be a Module or a function, or several by name, not {model!r:.60}")
    return {str(name): predict for name, predict in named.items()}


def _at_stage(model: Module, state: Mapping[str, Any]) -> Predict:
    def predict(x: Tensor) -> Any:
        with evaluating(model):
            return functional_call(model, state, (_suited_to(model, x),))

    return predict


def _suited_to(model: Any, x: Tensor) -> Tensor:
    """Return points on the device and with the data type of a module's parameters."""
    parameter = next(model.parameters(), None) if isinstance(model, Module) else None
    return x if parameter is None else x.to(parameter.device).astype(parameter.dtype)


def _probabilities(user: str, predict: Predict, plane: Plane) -> NDArray[Any]:
    """Return the probabilities of the classes at the points of the grid, an array of shape ``(rows, columns, C)``."""
    with no_grad(), evaluating(predict):
        scores = tensor_of(user, "the output of model", predict(_suited_to(predict, plane.grid)))
    count, shape = len(plane.grid), (len(plane.ys), len(plane.xs))
    if scores.shape == (count, 1):
        scores = scores[:, 0]
    if scores.ndim not in (1, 2) or len(scores) != count:
        raise ShapeError(f"{user}: model must return scores of shape ({count}, C) or ({count},), not {scores.shape}")
    if plane.output == "labels":
        predicted = labels_of(user, "model's output", scores if scores.ndim == 1 else scores.argmax(axis=1))
        classes = range(max(int(predicted.max()) + 1, len(plane.names)))
        return stack([(predicted == k).astype("float64") for k in classes], axis=-1).reshape(*shape, -1)
    if not scores.dtype.is_floating:
        raise TypeError(f"{user}: model returns {scores.dtype}; for class numbers give output='labels'")
    if plane.output == "logits":
        scores = sigmoid(scores) if scores.ndim == 1 else softmax(scores, axis=1)
    if scores.ndim == 1:
        scores = stack([1 - scores, scores], axis=-1)
    return host(scores).reshape(*shape, -1)


def _draw_regions(ax: Any, plane: Plane, p: NDArray[Any]) -> None:
    ax.imshow(_shades(plane, p), extent=plane.extent, origin="lower", aspect="auto", interpolation="nearest")
    _draw_boundaries(ax, plane, p)


def _shades(plane: Plane, p: NDArray[Any]) -> NDArray[Any]:
    """Return the picture of the regions, as RGBA: the opacity grows from that of chance to that of certainty."""
    from matplotlib.colors import to_rgba_array

    palette = to_rgba_array(colors(p.shape[-1]))
    picture = palette[p.argmax(axis=-1)]
    chance = 1 / p.shape[-1]
    picture[..., 3] = 0.12 + 0.5 * ((p.max(axis=-1) - chance) / (1 - chance or 1)).clip(0, 1)
    return picture


def _draw_boundaries(ax: Any, plane: Plane, p: NDArray[Any]) -> list[Any]:
    """Draw where each class is as likely as the likeliest other one."""
    drawn = []
    for number in range(p.shape[-1] if p.shape[-1] > 2 else 1):
        others = p.copy()
        others[..., number] = -1
        lead = p[..., number] - others.max(axis=-1)
        if lead.min() < 0 < lead.max():
            drawn.append(ax.contour(plane.xs, plane.ys, lead, levels=[0.0], colors=INK, linewidths=1.0))
    return drawn


def _draw_points(ax: Any, plane: Plane) -> None:
    """Draw the data; large sets have smaller points."""
    for number, color in enumerate(colors(int(plane.labels.max()) + 1)):
        chosen = plane.points[plane.labels == number]
        if len(chosen):
            ax.scatter(
                chosen[:, 0], chosen[:, 1], s=plane.point_size, color=color, edgecolor="white", linewidth=0.5,
                label=plane.names[number], zorder=3,
            )  # fmt: skip
    ax.set(xlim=(plane.xs[0], plane.xs[-1]), ylim=(plane.ys[0], plane.ys[-1]))


def _add_legend(ax: Any, plane: Plane) -> None:
    """Add a legend beside the axes, with points that are large enough to tell their colours."""
    scale = max(1.0, (28 / plane.point_size) ** 0.5)
    legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2, markerscale=scale)
