"""What the classical systems share: samples are checked, what is learned is kept in buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Self

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.layers.base import Layer
from ...ops.declare import composite
from ...ops.reduction import all, argmax, mean
from ...options.kinds import Whole
from ...random import Generator, default_generator
from ...tensor import Tensor

Depth = Annotated[int, Whole(1, 1 << 16)]
"""A number of layers."""


class Estimator(Layer):
    """A system that learns from samples: `fit` them, then `predict`.

    What it has learned are buffers, part of the state dict. Calling it returns its scores.
    """

    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples."""
        raise NotImplementedError

    def _store(self, **buffers: Tensor) -> Self:
        """Keep what was learned."""
        for name, value in buffers.items():
            self.register_buffer(name, value.detach())
        return self

    def _require_fitted(self, name: str) -> None:
        if getattr(self, name, None) is None:
            raise RuntimeError(f"{type(self).__name__}: call fit before; nothing has been learned yet")


class BinaryClassifier(Estimator):
    """A system that tells two classes apart, whose labels are -1 and 1."""

    @composite(x="real floating")
    def predict(self, x: Tensor) -> Tensor:
        """Return the labels, -1 or 1, of samples, (n, d); a score of 0 counts as 1."""
        scores = self(x)
        return (scores >= 0).astype(scores.dtype) * 2 - 1

    @composite(x="real floating", y="real")
    def score(self, x: Tensor, y: Tensor) -> float:
        """Return the fraction of the samples, (n, d), whose labels, (n,), are predicted."""
        return accuracy(self.predict(x), y)


class LinearMap(Estimator):
    """A system whose scores are ``x @ weight.T + bias``."""

    weight: Tensor
    bias: Tensor

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of samples, (n, d)."""
        self._require_fitted("weight")
        return affine(x, self.weight, self.bias)


def affine(x: Tensor, weight: Tensor, bias: Tensor | float = 0.0) -> Tensor:
    """Return ``x @ weight.T + bias``, for a weight that is a matrix or, for one output, a vector."""
    return x @ (weight.mT if weight.ndim == 2 else weight) + bias


class Regressor(Estimator):
    """A system that predicts numbers."""

    @composite(x="real floating")
    def predict(self, x: Tensor) -> Tensor:
        """Return the predictions for samples, (n, d)."""
        return self(x)

    @composite(x="real floating", y="real floating")
    def score(self, x: Tensor, y: Tensor) -> float:
        """Return the coefficient of determination, R², of the targets' predictions; 1 is perfect."""
        error = (y - self.predict(x)).square().sum(axis=0)
        return float(mean(1 - error / (y - mean(y, axis=0)).square().sum(axis=0)))


class Classifier(Estimator):
    """A system that tells classes apart, whose labels are 0, 1, 2, ..."""

    @composite(x="real floating")
    def predict(self, x: Tensor) -> Tensor:
        """Return the labels of samples, (n, d): those of the largest scores."""
        return argmax(self(x), axis=-1)

    @composite(x="real floating", y="integral")
    def score(self, x: Tensor, y: Tensor) -> float:
        """Return the fraction of the samples, (n, d), whose labels, (n,), are predicted."""
        return accuracy(self.predict(x), y)


def accuracy(predicted: Tensor, y: Tensor) -> float:
    """Return the fraction of equal labels."""
    if predicted.shape != y.shape:
        raise ShapeError(f"y must have one label for each sample, shape {predicted.shape}, not {y.shape}")
    return (predicted == y).astype("float64").mean().item()


def check_samples(x: Tensor, y: Tensor | None = None, targets: bool = False) -> None:
    """Raise unless `x` is (n, d), n > 0, and `y` is (n,) or, as targets, also (n, k)."""
    if x.ndim != 2 or 0 in x.shape:
        raise ShapeError(f"x must be a matrix of samples, (n, d), not of shape {x.shape}")
    if y is not None and not (y.ndim in ((1, 2) if targets else (1,)) and y.shape[0] == x.shape[0]):
        shapes = f"({x.shape[0]},)" + (f" or ({x.shape[0]}, k)" if targets else "")
        raise ShapeError(f"y must have an entry for each sample, shape {shapes}, not {y.shape}")


def check_signs(x: Tensor, y: Tensor) -> None:
    """Raise unless `x` is (n, d) and `y` is (n,) with elements -1 and 1."""
    check_samples(x, y)
    if not all((y == 1) | (y == -1)):
        raise ValueError("y must have the labels -1 and 1")


def class_count(x: Tensor, y: Tensor) -> int:
    """Return the number of classes of the labels 0, 1, 2, ..."""
    check_samples(x, y)
    if y.min().item() < 0:
        raise ValueError("y must have the labels 0, 1, 2, ..., none of them negative")
    return int(y.max().item()) + 1


def batches(count: int, size: int, like: Tensor, generator: Generator | None) -> Iterator[Tensor]:
    """Yield the indices of the batches of one pass over `count` samples in random order."""
    order = (generator or default_generator).permutation(count, device=like.device)
    for start in range(0, count, size):
        yield order[start : start + size]


def descend(
    loss: Callable[..., Tensor],
    parameters: list[Tensor],
    data: tuple[Tensor, ...],
    lr: float,
    epochs: int,
    batch_size: int,
    generator: Generator | None,
) -> None:
    """Minimise ``loss(*batch)`` by stochastic gradient descent; parameters change in place."""
    for _ in range(epochs):
        for chosen in batches(data[0].shape[0], batch_size, data[0], generator):
            for parameter in parameters:
                parameter.grad = None
            loss(*(values[chosen] for values in data)).backward()
            descent_step(parameters, lr)


@no_grad()
def descent_step(parameters: list[Any], lr: float) -> None:
    """Move parameters against their gradients."""
    for parameter in parameters:
        parameter -= lr * parameter.grad
