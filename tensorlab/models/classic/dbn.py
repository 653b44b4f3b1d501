"""The deep belief network, a stack of restricted Boltzmann machines."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from ...autodiff.graph import no_grad
from ...nn.layers.activation import Sigmoid
from ...nn.layers.linear import Linear
from ...nn.module.containers import ModuleList, Sequential
from ...nn.module.module import Module
from ...ops.declare import composite
from ...options import Positive, Size, declared
from ...random import Generator
from ...tensor import Tensor
from .base import Estimator
from .rbm import RBM


@declared
class DBN(Estimator):
    """The deep belief network (Hinton, Osindero and Teh, 2006): machines learned greedily, one on top of the other.

    Each machine learns the distribution of the hidden probabilities of the one below. `classifier` and `autoencoder`
    make networks of them, to be fine-tuned by back-propagation.

    Parameters
    ----------
    sizes : tuple of int
        Number of visible units, then those of each layer's hidden units.
    k : int
        Number of steps of Gibbs sampling of contrastive divergence.
    lr : float
        Length of a step.
    epochs : int
        Number of passes over the samples, for each layer.
    batch_size : int
        Number of samples of a step.
    generator : Generator, optional
        Source of all random numbers; the default generator by default.

    Attributes
    ----------
    layers : ModuleList
        The machines, each an `RBM`.

    Raises
    ------
    ValueError
        If there are fewer than two sizes.

    Examples
    --------
    >>> x = tl.tensor([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]] * 8)
    >>> model = tl.models.classic.DBN((3, 4, 2), epochs=20).fit(x)
    >>> model.transform(x).shape, model.sample(5, steps=10).shape
    ((16, 2), (5, 3))
    >>> model.classifier(2)
    Sequential(
      (0): Linear(in_features=3, out_features=4, bias=True)
      (1): Sigmoid()
      (2): Linear(in_features=4, out_features=2, bias=True)
      (3): Sigmoid()
      (4): Linear(in_features=2, out_features=2, bias=True)
    )
    """

    sizes: tuple[Size, ...]
    k: Size = 1
    lr: Positive = 0.1
    epochs: Size = 10
    batch_size: Size = 32
    generator: Generator | None = None

    def __post_init__(self) -> None:
        if len(self.sizes) < 2:
            raise ValueError(f"{type(self).__name__}: sizes must have at least two entries, not {len(self.sizes)}")
        options = {name: getattr(self, name) for name in ("k", "lr", "epochs", "batch_size", "generator")}
        self.layers = ModuleList(RBM(below, above, **options) for below, above in pairwise(self.sizes))

    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn the distribution of visible states, (m, sizes[0]), layer by layer."""
        for layer in self.layers:
            x = layer.fit(x).transform(x).detach()
        return self

    @composite(x="real floating")
    def transform(self, x: Tensor) -> Tensor:
        """Return the probabilities of the top layer's units, (..., sizes[-1])."""
        for layer in self.layers:
            x = layer.transform(x)
        return x

    forward = transform

    @no_grad()
    @composite()
    def sample(self, count: Size, steps: Size = 1000) -> Tensor:
        """Draw visible means, (count, sizes[0]): Gibbs sampling in the top machine, then one pass down."""
        *below, top = self.layers
        x = top.sample(count, steps)
        for layer in reversed(below):
            x = layer.reconstruct((self.generator or layer._source).bernoulli(x))
        return x

    @composite()
    def classifier(self, num_classes: Size) -> Sequential:
        """Return a network with copies of the weights, and a new output layer, to be fine-tuned."""
        return Sequential(*self._encoder(), Linear(self.sizes[-1], num_classes))

    def autoencoder(self) -> Sequential:
        """Return an autoencoder with copies of the weights, unrolled to encode and decode, to be fine-tuned.

        Encoder and decoder begin with the same weights (Hinton and Salakhutdinov, 2006).
        """
        decoder: list[Module] = []
        for layer in reversed(self.layers):
            decoder += [dense(layer.weight.mT, layer.visible_bias), Sigmoid()]
        return Sequential(*self._encoder(), *decoder)

    def _encoder(self) -> list[Module]:
        modules: list[Module] = []
        for layer in self.layers:
            modules += [dense(layer.weight, layer.hidden_bias), Sigmoid()]
        return modules


def dense(weight: Tensor, bias: Tensor) -> Linear:
    """Return a linear layer with copies of a weight and a bias."""
    layer = Linear(weight.shape[1], weight.shape[0], device=weight.device, dtype=weight.dtype)
    layer.load_state_dict({"weight": weight.detach() + 0, "bias": bias.detach() + 0})
    return layer
