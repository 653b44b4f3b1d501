"""The perceptron, with its bound, its dual form with kernels, and ADALINE."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar, Self

from ...autodiff.graph import no_grad
from ...features.kernels import rbf_kernel
from ...nn.functional import mse_loss
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.reduction import max, min, sum
from ...ops.sorting import flatnonzero
from ...options import Positive, Size, declared
from ...random import Generator
from ...tensor import Tensor
from .base import BinaryClassifier, LinearMap, check_signs, descend


@declared
class Perceptron(LinearMap, BinaryClassifier):
    """The perceptron (Rosenblatt, 1958): wherever ``y * (w @ x + b) <= 0``, ``w += lr * y * x`` and ``b += lr * y``.

    Samples are visited in their order until none is misclassified. If a hyperplane separates the classes, the number of
    mistakes is at most `perceptron_bound`, whatever the order.

    Parameters
    ----------
    lr : float
        Length of a step. It scales weight and bias and changes nothing else.
    max_epochs : int
        Largest number of passes over the samples.
    pocket : bool
        Whether to keep the weights with the fewest errors among those after each update (Gallant, 1990), for classes
        that no hyperplane separates; by default the last ones are kept.

    Attributes
    ----------
    weight : Tensor, shape (d,)
        What was learned, after `fit`.
    bias : Tensor, shape ()
        Likewise.
    mistakes : int
        Number of updates that were made.
    converged : bool
        Whether the last pass made none.

    Examples
    --------
    >>> x, y = tl.tensor([[2.0, 1.0], [1.0, 2.0], [0.0, 0.0]]), tl.tensor([1.0, 1.0, -1.0])
    >>> model = tl.models.classic.Perceptron().fit(x, y)
    >>> model.predict(x), model.mistakes, model.score(x, y)
    (tensor([ 1.,  1., -1.]), 3, 1.0)
    """

    lr: Positive = 1.0
    max_epochs: Size = 1000
    pocket: bool = False

    def __post_init__(self) -> None:
        self.mistakes, self.converged = 0, False

    @no_grad()
    @composite(x="real floating", y="real", sample_weight="real floating")
    def fit(self, x: Tensor, y: Tensor, sample_weight: Tensor | None = None) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,); weights of samples, (n,), scale their updates."""
        check_signs(x, y)
        y = y.astype(x.dtype)
        steps = self.lr * y * (1 if sample_weight is None else sample_weight * (x.shape[0] / sum(sample_weight)))
        self._store(weight=zeros(x.shape[1], dtype=x.dtype, device=x.device), bias=0 * y[0])
        least, pocketed = inf, {}

        def learn(i: int) -> None:
            nonlocal least, pocketed
            self._store(weight=self.weight + steps[i] * x[i], bias=self.bias + steps[i])
            if self.pocket and (error := sum(abs(steps) * (self.predict(x) != y)).item()) < least:
                least, pocketed = error, {"weight": self.weight, "bias": self.bias}

        self.mistakes = 0
        for _ in range(self.max_epochs):
            made = visit(lambda start: y[start:] * self(x[start:]), learn)
            self.mistakes, self.converged = self.mistakes + made, made == 0
            if self.converged:
                break
        return self._store(**pocketed)


def visit(margins: Callable[[int], Tensor], learn: Callable[[int], None]) -> int:
    """Make one pass over the samples, learn from each that is misclassified, and return the number of mistakes.

    ``margins(start)`` are those of the samples from `start` on: no sample before the next mistake changes anything, so
    that one product of matrices serves for all of these.
    """
    place = made = 0
    while (wrong := flatnonzero(margins(place) <= 0)).size:
        place += int(wrong[0].item())
        learn(place)
        place, made = place + 1, made + 1
    return made


@composite(x="real floating", y="real", weight="real floating", bias="real floating")
def perceptron_bound(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | float = 0.0) -> float:
    """Bound of the perceptron's mistakes, ``(R / margin)**2`` (Novikoff, 1962).

    ``R`` is the length of the longest sample ``(x, 1)``, and the margin the smallest of ``y * (w @ x + b)`` for the
    separating hyperplane ``(w, b)``, scaled to length 1. Any such hyperplane gives a bound, the one with the largest
    margin the best.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Samples.
    y : Tensor, shape (n,)
        Labels, -1 and 1.
    weight : Tensor, shape (d,)
        Normal of the hyperplane.
    bias : Tensor or float
        Its offset.

    Returns
    -------
    float
        The bound; infinity if the hyperplane does not separate the classes.

    Examples
    --------
    >>> x, y = tl.tensor([[2.0, 1.0], [1.0, 2.0], [0.0, 0.0]]), tl.tensor([1.0, 1.0, -1.0])
    >>> round(tl.models.classic.perceptron_bound(x, y, weight=tl.tensor([2.0, 2.0]), bias=-3.0), 2)
    11.33
    """
    check_signs(x, y)
    radius = max(x.square().sum(axis=1)) + 1
    length = sum(weight * weight) + bias * bias
    margin = min(y.astype(x.dtype) * (x @ weight + bias)).item()
    return (radius * length).item() / margin**2 if margin > 0 else inf


@declared
class ADALINE(LinearMap, BinaryClassifier):
    """ADALINE (Widrow and Hoff, 1960): the squared error of the linear output, minimised one sample at a time.

    The step is ``w += lr * (y - (w @ x + b)) * x``. Unlike the perceptron's it is also made for samples that are
    classified correctly, and it converges on average for classes that no hyperplane separates.

    Parameters
    ----------
    lr : float
        Length of a step. It must be less than ``2 / max(||(x, 1)||**2)``.
    epochs : int
        Number of passes over the samples, each in random order.
    generator : Generator, optional
        Source of the orders; the default generator by default.

    Attributes
    ----------
    weight : Tensor, shape (d,)
        What was learned, after `fit`.
    bias : Tensor, shape ()
        Likewise.

    Examples
    --------
    >>> x, y = tl.tensor([[2.0, 1.0], [1.0, 2.0], [0.0, 0.0]]), tl.tensor([1.0, 1.0, -1.0])
    >>> tl.models.classic.ADALINE(lr=0.1, epochs=100).fit(x, y).predict(x)
    tensor([ 1.,  1., -1.])
    """

    lr: Positive = 0.01
    epochs: Size = 50
    generator: Generator | None = None

    @composite(x="real floating", y="real")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,)."""
        check_signs(x, y)
        y = y.astype(x.dtype)
        weight = zeros(x.shape[1], dtype=x.dtype, device=x.device).requires_grad_()
        bias = (0 * y[0]).requires_grad_()

        def loss(x: Tensor, y: Tensor) -> Tensor:
            return mse_loss(x @ weight + bias, y) / 2

        descend(loss, [weight, bias], (x, y), self.lr, self.epochs, 1, self.generator)
        return self._store(weight=weight, bias=bias)


@declared
class KernelPerceptron(BinaryClassifier):
    """The perceptron with a kernel (Aizerman, Braverman and Rozonoer, 1964).

    The score is ``sum_i alpha_i y_i k(x_i, x)``, where ``alpha_i`` counts the mistakes made on sample i: the
    perceptron of the kernel's features, which are never computed.

    Parameters
    ----------
    kernel : callable
        A function of two matrices of samples, (n, d) and (m, d), that returns the matrix (n, m) of their similarities,
        such as those of `tensorlab.features`.
    max_epochs : int
        Largest number of passes over the samples.

    Attributes
    ----------
    support : Tensor, shape (s, d)
        The samples on which mistakes were made.
    coefficients : Tensor, shape (s,)
        Their ``alpha * y``.
    mistakes : int
        Number of updates that were made.
    converged : bool
        Whether the last pass made none.

    Examples
    --------
    >>> x = tl.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    >>> y = tl.tensor([-1.0, -1.0, 1.0, 1.0])  # exclusive or
    >>> tl.models.classic.KernelPerceptron().fit(x, y).predict(x)
    tensor([-1., -1.,  1.,  1.])
    """

    kernel: Callable[..., Any] = rbf_kernel
    max_epochs: Size = 1000
    support: ClassVar[Tensor]
    coefficients: ClassVar[Tensor]

    def __post_init__(self) -> None:
        self.mistakes, self.converged = 0, False

    @no_grad()
    @composite(x="real floating", y="real")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,)."""
        check_signs(x, y)
        y = y.astype(x.dtype)
        gram = self.kernel(x, x)
        coefficients, scores = 0 * y, 0 * y

        def learn(i: int) -> None:
            coefficients[i] += y[i]
            scores.add_(y[i] * gram[i])

        self.mistakes = 0
        for _ in range(self.max_epochs):
            made = visit(lambda start: y[start:] * scores[start:], learn)
            self.mistakes, self.converged = self.mistakes + made, made == 0
            if self.converged:
                break
        used = flatnonzero(coefficients)
        return self._store(support=x[used], coefficients=coefficients[used])

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the scores, (n,), of samples, (n, d)."""
        self._require_fitted("support")
        return self.kernel(x, self.support) @ self.coefficients
