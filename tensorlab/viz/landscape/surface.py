"""Losses on a line or a plane through a network's parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Annotated, Any

from ...autodiff.graph import no_grad
from ...nn import Module
from ...nn.utils.evaluation import evaluating
from ...ops.creation import linspace, tensor
from ...ops.declare import composite
from ...ops.joining import stack
from ...ops.linalg.solving import solve
from ...options import Finite, Size
from ...options.kinds import Ordered, kind_of, read
from ...tensor import Tensor
from .directions import Direction, States, differences_of, inner, parameters_in, random_directions

Span = tuple[Finite, Finite]
Directions = Annotated[Sequence[Mapping[str, Any]], Ordered("a list of directions")]


@dataclass(frozen=True)
class LossLandscape:
    """The losses on a line or a plane through a network's parameters; `loss_surface` draws them.

    Attributes
    ----------
    losses : Tensor, shape (points,) or (points, points)
        The losses; in the plane a row for each coordinate along the second direction.
    coordinates : tuple of Tensor, shape (points,)
        Where they were evaluated along each direction, in multiples of it; the network is at 0.
    path : Tensor, shape (states, directions), or None
        The coordinates of the states of a training, which are projected orthogonally.
    explained : tuple of float, or None
        How much of the variance of these states is along each direction, if the directions are orthogonal.
    """

    losses: Tensor
    coordinates: tuple[Tensor, ...]
    path: Tensor | None = None
    explained: tuple[float, ...] | None = None


@composite()
def loss_landscape(
    model: Module,
    loss: Callable[[Any], Any],
    directions: Directions | None = None,
    *,
    points: Size = 25,
    span: Span | Sequence[Span] | None = None,
    states: States = (),
) -> LossLandscape:
    """Evaluate the loss on a line or in a plane through a network's parameters.

    Parameters
    ----------
    model : Module
        The network, in evaluation mode meanwhile. Its parameters, buffers and modes are restored, bit for bit.
    loss : callable
        ``loss(model)`` returns the loss as a number, such as the mean over a data set. It must not be random, and is
        called ``points`` or ``points²`` times, without recording.
    directions : sequence of directions, optional
        One direction or two, as `random_directions`, `principal_directions` and `direction_to` return them; by default
        two random directions, with filter normalisation.
    points : int
        The number of points along each direction.
    span : pair of float, or one for each direction, optional
        From where to where to go along the directions, in multiples of them. By default from -1 to 1; if there are
        states, far enough to hold their path.
    states : sequence of state dicts, optional
        The states of a training, whose path is projected onto the line or plane.

    Returns
    -------
    LossLandscape
        The losses, the coordinates and the path.

    Raises
    ------
    ValueError
        If there are more than two directions, or they are linearly dependent, or a span is not in order.
    KeyError, ShapeError
        If a direction or a state lacks a parameter, or has another shape for it.

    References
    ----------
    H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS 2018.

    Examples
    --------
    >>> layer = tl.nn.Linear(1, 1, bias=False)
    >>> _ = layer.load_state_dict({"weight": [[2.0]]})
    >>> found = tl.viz.loss_landscape(layer, lambda net: net.weight**2, [{"weight": tl.ones(1, 1)}], points=5)
    >>> found.losses.tolist()
    [1.0, 2.25, 4.0, 6.25, 9.0]
    """
    chosen = (
        random_directions(model)
        if directions is None
        else [parameters_in(f"directions[{number}]", model, direction) for number, direction in enumerate(directions)]
    )
    if len(chosen) not in (1, 2):
        raise ValueError(f"loss_landscape: directions must be one or two, not {len(chosen)}")
    with no_grad():
        path, explained = _projected(model, chosen, states) if len(states) else (None, None)
    spans = _spans(span, path, len(chosen))
    axes = tuple(linspace(low, high, points, dtype="float64") for low, high in spans)
    rows_first = product(*(axis.tolist() for axis in reversed(axes)))
    with _restored(model) as move, evaluating(model), no_grad():
        losses = []
        for place in rows_first:
            move(chosen, place[::-1])
            losses.append(_as_number(loss(model)))
    return LossLandscape(tensor(losses, dtype="float64").reshape((points,) * len(axes)), axes, path, explained)


def _as_number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        shown = f"a tensor of shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"loss_landscape: loss must return one number, not {shown}") from error


@contextmanager
def _restored(model: Module) -> Iterator[Callable[[Sequence[Direction], Sequence[float]], None]]:
    """Yield the function that moves a network's parameters; at the end they are the same arrays as before.

    The function also sets the buffers back, which a loss in training mode changes.
    """
    parameters = {path: (parameter, parameter.data) for path, parameter in model.named_parameters()}
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]

    def reset_buffers() -> None:
        with no_grad():
            for buffer, elements in buffers:
                buffer[...] = elements

    def move(directions: Sequence[Direction], place: Sequence[float]) -> None:
        reset_buffers()
        for path, (parameter, start) in parameters.items():
            moved = start
            for direction, coordinate in zip(directions, place, strict=True):
                moved = moved + coordinate * direction[path]
            parameter.data = moved

    try:
        yield move
    finally:
        for parameter, start in parameters.values():
            parameter.data = start
        reset_buffers()


def _projected(
    model: Module, directions: Sequence[Direction], states: States
) -> tuple[Tensor, tuple[float, ...] | None]:
    """Return the coordinates of states in the plane, and the share of their variance along each direction."""
    differences = differences_of(model, states)
    products = stack([stack([inner(a, b) for b in directions]) for a in directions])
    gram = products.tolist()
    squares = [gram[n][n] for n in range(len(directions))]
    crossed = gram[0][1] ** 2 if len(directions) == 2 else 0.0
    if prod(squares) - crossed <= 1e-12 * prod(squares):
        raise ValueError("loss_landscape: directions must not be zero or linearly dependent")
    targets = stack([stack([inner(a, difference) for a in directions]) for difference in differences])
    path: Tensor = solve(products, targets.T).T
    if crossed > 1e-8 * prod(squares):
        return path, None
    mean = {key: sum(d[key] for d in differences) / len(differences) for key in differences[0]}
    centred = [{key: d[key] - mean[key] for key in d} for d in differences]
    variance = sum(float(inner(d, d)) for d in centred) / len(centred)
    along = path.var(axis=0).tolist()
    shares = [v * square / variance if variance else 0.0 for v, square in zip(along, squares, strict=True)]
    return path, tuple(shares)


def _spans(span: Any, path: Tensor | None, count: int) -> list[Span]:
    """Return from where to where to go along each direction."""
    if span is not None:
        several = len(span) == count and all(isinstance(part, Sequence) for part in span)
        pairs = list(span) if several else [span] * count
        spans: list[Span] = [read("loss_landscape", "span", kind_of(Span), pair) for pair in pairs]
        if not all(low < high for low, high in spans):
            raise ValueError(f"loss_landscape: span must be a pair (low, high), or {count} of them, not {span}")
        return spans
    if path is None:
        return [(-1.0, 1.0)] * count
    found = []
    for axis in range(count):
        places = [0.0, *path[:, axis].tolist()]
        low, high = min(places), max(places)
        room = 0.25 * (high - low) or 1.0
        found.append((low - room, high + room))
    return found
