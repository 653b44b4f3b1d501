"""Directions in the space of a network's parameters: random ones, and those along which a training has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from ...errors import ShapeError
from ...nn import Module
from ...ops.creation import zeros_like
from ...ops.declare import composite
from ...ops.exponential import sqrt
from ...ops.joining import stack
from ...ops.linalg.spectral import eigh
from ...ops.reduction import sum as total
from ...options import Size
from ...options.kinds import Ordered
from ...random import Generator, randn
from ...tensor import Tensor

Direction = dict[str, Tensor]
"""A change of each parameter, by the parameter's path."""

State = Mapping[str, Any]
"""A state dict, of which the parameters count."""

States = Annotated[Sequence[State], Ordered("a list of state dicts")]


@composite()
def random_directions(
    model: Module,
    count: Size = 2,
    *,
    normalize: Literal["filter", "layer", "none"] = "filter",
    ignore_vectors: bool = True,
    generator: Generator | None = None,
) -> list[Direction]:
    """Draw Gaussian directions whose filters are as large as the network's (Li et al., 2018, section 4).

    ReLU networks compute the same after one layer's weights are doubled and the next one's halved, so that plain random
    directions make the surface look flat or sharp by the size of the weights alone. Filter normalisation removes this:
    each filter of a direction, that is each slice of a weight along its first axis, gets the norm of the network's.

    Parameters
    ----------
    model : Module
        The network.
    count : int
        The number of directions.
    normalize : {"filter", "layer", "none"}
        Whether each filter gets the norm of the network's filter, or each weight that of the network's weight.
    ignore_vectors : bool
        Whether directions are zero for biases and the parameters of normalisation layers, that is for all with less
        than two axes, as in the paper.
    generator : Generator, optional
        The source of the directions; the default generator if not given.

    Returns
    -------
    list of dict from str to Tensor
        For each direction the change of each parameter, by its path.

    References
    ----------
    H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS 2018.

    Examples
    --------
    >>> layer = tl.nn.Linear(3, 4)
    >>> first, second = tl.viz.random_directions(layer)
    >>> tl.allclose(tl.linalg.vector_norm(first["weight"], axis=1), tl.linalg.vector_norm(layer.weight, axis=1))
    True
    >>> first["bias"]
    tensor([0., 0., 0., 0.])
    """

    def drawn(parameter: Tensor) -> Tensor:
        w = parameter.detach()
        if ignore_vectors and w.ndim < 2:
            return zeros_like(w)
        direction = randn(w.shape, dtype=w.dtype, device=w.device, generator=generator)
        if normalize == "none":
            return direction
        axes = tuple(range(1, w.ndim)) if normalize == "filter" else None
        return direction * (_norm(w, axes) / (_norm(direction, axes) + 1e-10))

    return [{path: drawn(parameter) for path, parameter in model.named_parameters()} for _ in range(count)]


def _norm(x: Tensor, axes: tuple[int, ...] | None) -> Tensor:
    return sqrt(total(x * x, axis=axes, keepdims=True))


@composite()
def principal_directions(
    model: Module, states: States, count: Size = 2, *, ignore_vectors: bool = False
) -> list[Direction]:
    """Return the directions along which a training has moved most, by a principal component analysis of its states.

    Random directions are nearly orthogonal to the path of a training, so that nothing of it shows in their plane
    (Li et al., 2018, section 7).

    Parameters
    ----------
    model : Module
        The network, with the parameters at the end of the training.
    states : sequence of state dicts
        Its states on the way, at least one more than directions are asked for. They must be copies: an optimizer
        changes the elements of those that `Module.state_dict` returns.
    count : int
        The number of directions.
    ignore_vectors : bool
        Whether to leave out biases and the parameters of normalisation layers.

    Returns
    -------
    list of dict from str to Tensor
        Orthonormal directions in the order of the variance along them, the largest first.

    Raises
    ------
    ValueError
        If there are not enough different states.
    KeyError, ShapeError
        If a state lacks a parameter, or has another shape for it.

    Examples
    --------
    >>> layer = tl.nn.Linear(2, 1, bias=False)
    >>> states = [{"weight": tl.tensor([[float(n), 0.0]])} for n in range(4)]
    >>> tl.viz.principal_directions(layer, states, 1)[0]["weight"].abs()
    tensor([[1., 0.]])
    """
    differences = differences_of(model, states)
    if ignore_vectors:
        differences = [{k: d if d.ndim > 1 else zeros_like(d) for k, d in found.items()} for found in differences]
    mean = _combined(differences, [1 / max(len(differences), 1)] * len(differences))
    centred = [{path: d - mean[path] for path, d in found.items()} for found in differences]
    products = stack([stack([inner(a, b) for b in centred]) for a in centred]) if centred else None
    if products is None or len(centred) <= count:
        raise ValueError(f"principal_directions: {count} directions need more than {count} states, not {len(centred)}")
    values, vectors = eigh(products)
    largest = values.tolist()[::-1][:count]
    if largest[-1] <= 1e-12 * max(largest[0], 1e-300):
        raise ValueError(f"principal_directions: the states do not differ in {count} directions")
    weights = (vectors / sqrt(abs(values))).T.tolist()[::-1][:count]
    return [_combined(centred, row) for row in weights]


@composite()
def direction_to(model: Module, state: State) -> Direction:
    """Return the direction from a network's parameters to those of another state.

    Along it the loss is interpolated between two solutions (Goodfellow, Vinyals and Saxe, 2015): 0 is the network,
    1 the other state.

    Parameters
    ----------
    model : Module
        The network.
    state : state dict
        The other parameters.

    Returns
    -------
    dict from str to Tensor
        The change of each parameter, by its path.

    Raises
    ------
    KeyError, ShapeError
        If the state lacks a parameter, or has another shape for it.

    Examples
    --------
    >>> layer = tl.nn.Linear(2, 1, bias=False)
    >>> _ = layer.load_state_dict({"weight": [[1.0, 2.0]]})
    >>> tl.viz.direction_to(layer, {"weight": tl.tensor([[3.0, 3.0]])})
    {'weight': tensor([[2., 1.]])}
    """
    given = parameters_in("state", model, state)
    return {path: given[path] - parameter.detach() for path, parameter in model.named_parameters()}


def differences_of(model: Module, states: Sequence[State]) -> list[Direction]:
    """Return the parameters of states minus those of the network."""
    found = []
    for number, state in enumerate(states):
        given = parameters_in(f"states[{number}]", model, state)
        found.append({path: given[path] - parameter.detach() for path, parameter in model.named_parameters()})
    return found


def parameters_in(name: str, model: Module, state: State) -> Direction:
    """Return the entries of a state, or of a direction, for the parameters of a network, and where these are.

    Raises
    ------
    TypeError, KeyError, ShapeError
        If it is no mapping, lacks a parameter, or has another shape for it; the message names it.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"{name} must be a mapping with the parameters, not {type(state).__name__}")
    found = {}
    for path, parameter in model.named_parameters():
        if path not in state:
            raise KeyError(f"{name} has no parameter {path!r}")
        shape = tuple(getattr(state[path], "shape", ()))
        if shape != parameter.shape:
            raise ShapeError(f"{name} has shape {shape} for {path!r}, which has shape {parameter.shape} in the model")
        found[path] = state[path].detach().to(parameter.device)
    return found


def inner(a: Direction, b: Direction) -> Tensor:
    """Return the inner product of two directions, 0-d, in float64."""
    products = [total((a[path] * b[path]).astype("float64")) for path in a]
    return total(stack([product.to(products[0].device) for product in products]))


def _combined(directions: Sequence[Direction], weights: Sequence[float]) -> Direction:
    """Return a weighted sum of directions."""
    combined: Direction = {}
    for weight, direction in zip(weights, directions, strict=True):
        for path, d in direction.items():
            combined[path] = combined[path] + weight * d if path in combined else weight * d
    return combined
