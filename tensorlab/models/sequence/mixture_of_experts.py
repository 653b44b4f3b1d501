"""Mixtures of experts: many feedforward networks, of which each token passes through a few."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Literal, NamedTuple

from ...errors import ShapeError
from ...nn.functional.activation import gelu, relu, softplus
from ...nn.functional.dropout import dropout
from ...nn.functional.padding import pad
from ...nn.init.filling import uniform_
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.comparison import where
from ...ops.contraction import matmul
from ...ops.creation import arange, full, zeros
from ...ops.cumulative import cumulative_sum
from ...ops.declare import composite
from ...ops.indexing import take
from ...ops.reduction import max, mean, sum
from ...ops.sets import bincount
from ...ops.softmax import softmax
from ...ops.sorting import argsort, topk
from ...options import Fraction, Positive, Size, checked, declared
from ...random import Generator, default_generator
from ...tensor import Tensor


class Routing(NamedTuple):
    """Where tokens go: probabilities (tokens, experts); the chosen experts and their weights, (tokens, top_k)."""

    probabilities: Tensor
    experts: Tensor
    weights: Tensor


class LastLoss:
    """Keeps the loss of the last call; copies of it are empty, as a loss cannot be copied with its history."""

    def __init__(self) -> None:
        self.value: Tensor | None = None

    def __reduce__(self) -> tuple[type[LastLoss], tuple[()]]:
        return LastLoss, ()


@declared
class MixtureOfExperts(Layer):
    """Feedforward networks, of which a gate chooses a few for each token (Shazeer et al., 2017).

    The output is the sum of the chosen networks' outputs, weighted by the gate's probabilities among them; with
    ``top_k=1`` by the probability among all, as otherwise the gate would get no gradient (the Switch Transformer;
    Fedus, Zoph and Shazeer, 2021).

    Parameters
    ----------
    d_model : int
        Features of input and output.
    dim_feedforward : int
        Features inside each network.
    num_experts : int
        Number of networks.
    top_k : int
        Number of networks for each token.
    capacity_factor : float, optional
        If given, an expert takes at most ``capacity_factor * top_k * tokens / num_experts`` tokens, rounded up, the
        first ones; the others get nothing from it. By default all tokens are taken.
    noisy_gate : bool
        Whether noise of learned size is added to the gate's logits in training (Shazeer et al., equation 4).
    activation : {"relu", "gelu", "gelu_tanh"}
        The function inside the networks; the last one is GELU's approximation by tanh.
    dropout : float
        Probability with which an output is set to zero in training.
    generator : Generator, optional
        The source of the noise; the default generator if not given.

    Attributes
    ----------
    gate : Linear
        The gate, without bias.
    up, down : Parameter, shapes (num_experts, d_model, dim_feedforward) and (num_experts, dim_feedforward, d_model)
        The networks' weights, drawn as those of `nn.Linear`.
    up_bias, down_bias : Parameter, shapes (num_experts, dim_feedforward) and (num_experts, d_model)
        Their biases, likewise.
    balancing_loss : Tensor or None
        The loss of the last call in training, see `load_balancing_loss`: 1 if all experts are equally busy.

    Raises
    ------
    ValueError
        If `top_k` is larger than `num_experts`.

    Examples
    --------
    >>> layer = tl.models.MixtureOfExperts(d_model=8, dim_feedforward=16, num_experts=4, top_k=2)
    >>> layer(tl.randn(2, 5, 8)).shape
    (2, 5, 8)
    >>> loss = layer(tl.randn(2, 5, 8)).square().mean() + 0.01 * tl.models.balancing_loss(layer)
    >>> loss.backward()
    """

    d_model: Size
    dim_feedforward: Size
    num_experts: Size
    top_k: Size = 2
    capacity_factor: Positive | None = None
    noisy_gate: bool = False
    activation: Literal["relu", "gelu", "gelu_tanh"] = "relu"
    dropout: Fraction = 0.0
    generator: Generator | None = None

    def __post_init__(self) -> None:
        if self.top_k > self.num_experts:
            raise ValueError(
                f"{type(self).__name__}: top_k must be at most num_experts={self.num_experts}, not {self.top_k}"
            )
        experts, width, hidden = self.num_experts, self.d_model, self.dim_feedforward
        self.gate = Linear(width, experts, bias=False)
        self.noise = Linear(width, experts, bias=False) if self.noisy_gate else None
        self.up = Parameter(zeros(experts, width, hidden))
        self.up_bias = Parameter(zeros(experts, hidden))
        self.down = Parameter(zeros(experts, hidden, width))
        self.down_bias = Parameter(zeros(experts, width))
        for parameter, inputs in (
            (self.up, width),
            (self.up_bias, width),
            (self.down, hidden),
            (self.down_bias, hidden),
        ):
            uniform_(parameter, -1 / sqrt(inputs), 1 / sqrt(inputs))
        self._last = LastLoss()

    @property
    def balancing_loss(self) -> Tensor | None:
        """The loss of the last call in training; None if there was none."""
        return self._last.value

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of `x`, (..., d_model)."""
        if x.ndim < 1 or x.shape[-1] != self.d_model or 0 in x.shape:
            raise ShapeError(f"x must have shape (..., {self.d_model}), none of them 0, not {x.shape}")
        tokens = x.reshape(-1, self.d_model)
        routing = self.route(tokens)
        places, slots, capacity = self._places(routing.experts)
        given = take(pad(tokens, (0, 0, 0, 1)), places, axis=0).reshape(self.num_experts, capacity, self.d_model)
        made = self._experts(given).reshape(-1, self.d_model)
        chosen = take(pad(made, (0, 0, 0, 1)), slots, axis=0)
        out = sum(routing.weights[..., None] * chosen, axis=1)
        if self.training:
            self._last.value = load_balancing_loss(routing.probabilities, routing.experts)
        return dropout(out, self.dropout, self.training).reshape(x.shape)

    @composite(tokens="real floating")
    def route(self, tokens: Tensor) -> Routing:
        """Return the experts that the gate chooses for tokens, (n, d_model), and their weights."""
        if tokens.ndim != 2 or tokens.shape[1] != self.d_model:
            raise ShapeError(f"tokens must have shape (n, {self.d_model}), not {tokens.shape}")
        logits = self.gate(tokens)
        if self.noise is not None and self.training:
            source = self.generator or default_generator
            noise = source.normal(logits.shape, dtype=logits.dtype, device=logits.device)
            logits = logits + noise * softplus(self.noise(tokens))
        probabilities = softmax(logits, axis=-1)
        weights, experts = topk(probabilities, self.top_k)
        if self.top_k > 1:
            weights = weights / sum(weights, axis=-1, keepdims=True)
        return Routing(probabilities, experts, weights)

    def _places(self, experts: Tensor) -> tuple[Tensor, Tensor, int]:
        """Return for each place of each expert the token there, for each choice its place, and the places per expert.

        An empty place has the token after the last one, a choice without place the place after the last one.
        """
        count, choices = experts.shape
        device, flat = experts.device, experts.reshape(-1)
        busy = bincount(flat, minlength=self.num_experts)
        capacity = int(max(busy))
        if self.capacity_factor is not None:
            capacity = min(capacity, ceil(self.capacity_factor * choices * count / self.num_experts))
        order = argsort(flat)  # of equal experts the first token comes first
        before = take(cumulative_sum(busy, axis=0) - busy, take(flat, order, axis=0), axis=0)
        turn = take(arange(count * choices, device=device) - before, argsort(order), axis=0)
        nowhere = self.num_experts * capacity
        slots = where(turn < capacity, flat * capacity + turn, nowhere)
        places = full((nowhere + 1,), count, dtype="int64", device=device)
        places[slots] = arange(count * choices, device=device) // choices
        return places[:-1], slots.reshape(count, choices), capacity

    def _experts(self, x: Tensor) -> Tensor:
        """Return the outputs of all experts for tokens of their own, (num_experts, n, d_model)."""
        hidden = matmul(x, self.up) + self.up_bias[:, None]
        if self.activation == "relu":
            hidden = relu(hidden)
        else:
            hidden = gelu(hidden, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        return matmul(hidden, self.down) + self.down_bias[:, None]


@composite(probabilities="real floating", experts="integral")
def load_balancing_loss(probabilities: Tensor, experts: Tensor) -> Tensor:
    """Return how unequally busy experts are: ``num_experts * sum(fractions * probabilities)``.

    The fractions are those of the choices that fall on each expert, and the probabilities are means over the tokens
    (Fedus, Zoph and Shazeer, 2021, equation 4; for several choices as well). The loss is 1 if both are uniform.
    Gradients flow to the probabilities only. The paper adds 0.01 of it to the loss of the model.

    Parameters
    ----------
    probabilities : Tensor, shape (tokens, num_experts)
        The gate's probabilities.
    experts : Tensor, shape (tokens,) or (tokens, top_k)
        The chosen experts.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> even = tl.tensor([[0.5, 0.5], [0.5, 0.5]])
    >>> tl.models.load_balancing_loss(even, tl.tensor([0, 1]))
    tensor(1.)
    >>> tl.models.load_balancing_loss(tl.tensor([[1.0, 0.0], [1.0, 0.0]]), tl.tensor([0, 0]))
    tensor(2.)
    """
    if probabilities.ndim != 2 or experts.ndim not in (1, 2) or experts.shape[0] != probabilities.shape[0]:
        raise ShapeError(
            f"probabilities and experts must have shapes (tokens, num_experts) and (tokens,) or (tokens, top_k), not "
            f"{probabilities.shape} and {experts.shape}"
        )
    number = probabilities.shape[1]
    busy = bincount(experts.reshape(-1), minlength=number)
    if busy.shape[0] > number:
        raise ValueError(f"experts must be numbers from 0 to {number - 1}")
    fractions = busy.astype(probabilities.dtype) / int(experts.size)
    return number * sum(fractions * mean(probabilities, axis=0))


@checked
def balancing_loss(model: Module) -> Tensor:
    """Return the mean of the losses of all mixtures of experts in a model, of its last call in training.

    Parameters
    ----------
    model : Module
        A model with layers `MixtureOfExperts`.

    Raises
    ------
    ValueError
        If it has none, or has not been called in training.

    Examples
    --------
    >>> model = tl.models.GPT2(11, 8, 16, n_layer=2, n_head=2, num_experts=4)
    >>> logits = model(tl.tensor([[1, 2, 3]]))
    >>> tl.models.balancing_loss(model).shape
    ()
    """
    mixtures = (part for part in model.modules() if isinstance(part, MixtureOfExperts))
    losses = [mixture.balancing_loss for mixture in mixtures if mixture.balancing_loss is not None]
    if not losses:
        raise ValueError("balancing_loss: model must have mixtures of experts, and have been called in training")
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total / len(losses)
