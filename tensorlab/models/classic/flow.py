"""Normalising flows: invertible networks with an exact density."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.layers.activation import ReLU
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...nn.module.containers import ModuleList, Sequential
from ...ops.declare import composite
from ...ops.exponential import exp
from ...ops.joining import concat
from ...ops.reduction import sum
from ...ops.trigonometric import tanh
from ...options import Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Depth


@declared
class AffineCoupling(Layer):
    """One half of a vector scales and shifts the other half (Dinh, Sohl-Dickstein and Bengio, 2017).

    ``y = x * exp(s) + t`` for one half, with s and t computed from the other, which stays as it is: the Jacobian is
    triangular, and the logarithm of its determinant is ``sum(s)``.

    Parameters
    ----------
    features : int
        Length of the vectors, at least 2.
    hidden : int
        Size of the hidden layers.
    flipped : bool
        Whether the first half is changed instead of the second.
    bound : float
        Largest magnitude of s, by a hyperbolic tangent.

    Raises
    ------
    ValueError
        If there are fewer than two features.

    Examples
    --------
    >>> layer, x = tl.models.classic.AffineCoupling(3), tl.randn(5, 3)
    >>> y, log_det = layer(x)
    >>> tl.allclose(layer.inverse(y), x, atol=1e-5), log_det.shape
    (True, (5,))
    """

    features: Size
    hidden: Size = 64
    flipped: bool = False
    bound: Positive = 2.0

    def __post_init__(self) -> None:
        if self.features < 2:
            raise ValueError(f"{type(self).__name__}: features must be at least 2, not {self.features}")
        self._first = self.features // 2
        kept = self.features - self._first if self.flipped else self._first
        self.network = Sequential(
            Linear(kept, self.hidden),
            ReLU(),
            Linear(self.hidden, self.hidden),
            ReLU(),
            Linear(self.hidden, 2 * (self.features - kept)),
        )

    @composite(x="real floating")
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the transformed vectors, (n, features), and the log determinants, (n,)."""
        kept, changed = self._halves(x)
        s, t = self._scale_and_shift(kept)
        return self._joined(kept, changed * exp(s) + t), sum(s, axis=1)

    @composite(y="real floating")
    def inverse(self, y: Tensor) -> Tensor:
        """Return the vectors that are transformed to `y`."""
        kept, changed = self._halves(y)
        s, t = self._scale_and_shift(kept)
        return self._joined(kept, (changed - t) * exp(-s))

    def _halves(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ShapeError(f"AffineCoupling: vectors must be (n, {self.features}), not of shape {x.shape}")
        halves = x[:, : self._first], x[:, self._first :]
        return (halves[1], halves[0]) if self.flipped else halves

    def _joined(self, kept: Tensor, changed: Tensor) -> Tensor:
        return concat([changed, kept] if self.flipped else [kept, changed], axis=1)

    def _scale_and_shift(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        out = self.network(kept)
        length = out.shape[1] // 2
        return self.bound * tanh(out[:, :length] / self.bound), out[:, length:]


@declared
class RealNVP(Layer):
    """RealNVP (Dinh, Sohl-Dickstein and Bengio, 2017): couplings that turn data into standard normal vectors.

    The density is exact: ``log p(x) = log N(z) + log |det dz/dx|``. Train it by minimising ``-log_prob(x).mean()``.

    Parameters
    ----------
    features : int
        Length of the vectors, at least 2.
    depth : int
        Number of couplings, which change the halves in turn.
    hidden : int
        Size of the couplings' hidden layers.
    generator : Generator, optional
        Source of samples; the default generator by default.

    Attributes
    ----------
    couplings : ModuleList
        The layers, each an `AffineCoupling`.

    Raises
    ------
    ValueError
        If there are fewer than two features.

    Examples
    --------
    >>> model, x = tl.models.classic.RealNVP(2), tl.randn(5, 2)
    >>> z, log_det = model(x)
    >>> tl.allclose(model.inverse(z), x, atol=1e-5), model.log_prob(x).shape, model.sample(3).shape
    (True, (5,), (3, 2))
    """

    features: Size
    depth: Depth = 6
    hidden: Size = 64
    generator: Generator | None = None

    def __post_init__(self) -> None:
        if self.features < 2:
            raise ValueError(f"{type(self).__name__}: features must be at least 2, not {self.features}")
        self.couplings = ModuleList(
            AffineCoupling(self.features, self.hidden, flipped=i % 2 == 1) for i in range(self.depth)
        )

    @composite(x="real floating")
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the latent vectors, (n, features), and the log determinants, (n,), of data, (n, features)."""
        total: Any = 0.0
        for coupling in self.couplings:
            x, log_det = coupling(x)
            total = total + log_det
        return x, total

    @composite(z="real floating")
    def inverse(self, z: Tensor) -> Tensor:
        """Return the data, (n, features), of latent vectors."""
        for coupling in reversed(self.couplings):
            z = coupling.inverse(z)
        return z

    @composite(x="real floating")
    def log_prob(self, x: Tensor) -> Tensor:
        """Return the log densities, (n,), of data, (n, features)."""
        z, log_det = self(x)
        return log_det - sum(z.square() + log(2 * pi), axis=1) / 2

    @no_grad()
    @composite()
    def sample(self, count: Size) -> Tensor:
        """Draw data, (count, features)."""
        like = next(self.parameters())
        source = self.generator or default_generator
        return self.inverse(source.normal((count, self.features), dtype=like.dtype, device=like.device))
