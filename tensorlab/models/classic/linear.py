"""Linear models: least squares, ridge, logistic and softmax regression, solved exactly or by descent."""

from __future__ import annotations

from typing import Literal, Self

from ...autodiff.graph import no_grad
from ...nn.functional import cross_entropy, one_hot, soft_margin_loss
from ...ops.creation import eye, ones, ones_like, zeros
from ...ops.declare import composite
from ...ops.einsum import einsum
from ...ops.exponential import sigmoid
from ...ops.joining import concat
from ...ops.linalg.least_squares import pinv
from ...ops.linalg.solving import solve
from ...ops.matrices import diag, diagonal
from ...ops.reduction import max, mean, sum
from ...ops.shapes import expand_dims
from ...ops.softmax import softmax
from ...options import NonNegative, Positive, Size, declared
from ...random import Generator
from ...tensor import Tensor
from .base import (
    BinaryClassifier,
    Classifier,
    LinearMap,
    Regressor,
    affine,
    check_samples,
    check_signs,
    class_count,
    descend,
)  # fmt: skip


@declared
class LinearModel(LinearMap):
    """A linear map whose loss is summed over samples, with the penalty ``alpha / 2 * sum(weight**2)``.

    Parameters
    ----------
    alpha : float
        Strength of the penalty. The bias is not penalised.
    solver : {"exact", "sgd"}
        The exact minimum, or stochastic gradient descent.
    lr : float
        Length of a step of descent, along the gradient of the batch's mean.
    epochs : int
        Number of passes of descent over the samples, each in random order.
    batch_size : int
        Number of samples of a step of descent.
    generator : Generator, optional
        Source of the orders; the default generator by default.

    Attributes
    ----------
    weight : Tensor, shape (d,) or (k, d)
        What was learned, after `fit`: a matrix where there are several outputs.
    bias : Tensor, shape () or (k,)
        Likewise.
    """

    alpha: NonNegative = 0.0
    solver: Literal["exact", "sgd"] = "exact"
    lr: Positive = 0.01
    epochs: Size = 100
    batch_size: Size = 1
    generator: Generator | None = None

    def _fit(self, x: Tensor, y: Tensor, outputs: tuple[int, ...]) -> Self:
        if self.solver == "exact":
            return self._solve(x, y, outputs)
        weight = zeros((*outputs, x.shape[1]), dtype=x.dtype, device=x.device).requires_grad_()
        bias = zeros(outputs, dtype=x.dtype, device=x.device).requires_grad_()
        penalty = self.alpha / (2 * x.shape[0])

        def loss(x: Tensor, y: Tensor) -> Tensor:
            return self._loss(affine(x, weight, bias), y) / x.shape[0] + penalty * weight.square().sum()

        descend(loss, [weight, bias], (x, y), self.lr, self.epochs, self.batch_size, self.generator)
        return self._store(weight=weight, bias=bias)

    def _loss(self, scores: Tensor, y: Tensor) -> Tensor:
        """Return the sum of the samples' losses."""
        raise NotImplementedError

    def _solve(self, x: Tensor, y: Tensor, outputs: tuple[int, ...]) -> Self:
        """Store the exact minimum."""
        raise NotImplementedError


@declared
class LinearRegression(LinearModel, Regressor):
    """Least squares, or with `alpha` ridge regression: minimises ``sum((x @ weight + bias - y)**2) / 2``.

    The exact solution is that of the normal equations. Without a penalty it is the shortest of all minima.

    Examples
    --------
    >>> x, y = tl.tensor([[0.0], [1.0], [2.0]]), tl.tensor([1.0, 3.0, 5.0])
    >>> model = tl.models.classic.LinearRegression().fit(x, y)
    >>> model.weight.round(decimals=4), model.bias.round(decimals=4), round(model.score(x, y), 4)
    (tensor([2.]), tensor(1.), 1.0)
    """

    @composite(x="real floating", y="real floating")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with targets, (n,) or (n, k)."""
        check_samples(x, y, targets=True)
        return self._fit(x, y, tuple(y.shape[1:]))

    def _loss(self, scores: Tensor, y: Tensor) -> Tensor:
        return (scores - y).square().sum() / 2

    @no_grad()
    def _solve(self, x: Tensor, y: Tensor, outputs: tuple[int, ...]) -> Self:
        centre, mean_target = mean(x, axis=0), mean(y, axis=0)
        x, y = x - centre, y - mean_target
        if self.alpha:
            penalty = self.alpha * eye(x.shape[1], dtype=x.dtype, device=x.device)
            solution = solve(x.mT @ x + penalty, x.mT @ y)
        else:
            solution = pinv(x) @ y
        return self._store(weight=solution.mT if outputs else solution, bias=mean_target - centre @ solution)


class _Newton(LinearModel):
    """A linear model whose exact solver is Newton's method."""

    def _derivatives(self, scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the derivatives of each sample's loss by its scores: (n, k), and (n, k, k)."""
        raise NotImplementedError

    @no_grad()
    def _solve(self, x: Tensor, y: Tensor, outputs: tuple[int, ...]) -> Self:
        x = concat([x, ones((x.shape[0], 1), dtype=x.dtype, device=x.device)], axis=1)
        penalty = self.alpha * concat([ones_like(x[0, :-1]), zeros(1, dtype=x.dtype, device=x.device)])
        theta = zeros((*outputs, x.shape[1]), dtype=x.dtype, device=x.device)

        def objective(theta: Tensor) -> float:
            return (self._loss(affine(x, theta), y) + sum(penalty * theta.square()) / 2).item()

        value = objective(theta)
        for _ in range(MAX_NEWTON_STEPS):
            slope, curvature = self._derivatives(affine(x, theta), y)
            gradient = (slope.mT @ x).flatten() + (penalty * theta).flatten()
            hessian = einsum("nij,na,nb->iajb", curvature, x, x).reshape(theta.size, theta.size)
            hessian = hessian + diag((penalty + 0 * theta).flatten())
            # Shifting the scores of all classes changes nothing: the damping makes the system regular, and as the
            # gradient vanishes in those directions, it does not change the solution.
            damping = DAMPING * max(diagonal(hessian)) * eye(theta.size, dtype=x.dtype, device=x.device)
            step = solve(hessian + damping, gradient).reshape(theta.shape)
            length = 1.0
            while length > SHORTEST and objective(theta - length * step) >= value:
                length /= 2
            if length <= SHORTEST:
                break
            theta = theta - length * step
            value = objective(theta)
        return self._store(weight=theta[..., :-1], bias=theta[..., -1])


MAX_NEWTON_STEPS = 50
"""Without a penalty, the weights for classes that can be separated grow until as many steps are made."""

DAMPING = 1e-7
"""Added to the Hessian's diagonal, relative to its largest element."""

SHORTEST = 1e-4
"""The step of the line search below which the loss is taken to be minimal, to rounding."""


@declared
class LogisticRegression(_Newton, BinaryClassifier):
    """Logistic regression of two classes, -1 and 1: minimises ``sum(log(1 + exp(-y * (x @ weight + bias))))``.

    The exact solver is Newton's method, which is iteratively reweighted least squares. Classes that a hyperplane
    separates need a penalty, as the weights would grow without end.

    Examples
    --------
    >>> x, y = tl.tensor([[0.0], [1.0], [2.0], [3.0]]), tl.tensor([-1.0, 1.0, -1.0, 1.0])
    >>> model = tl.models.classic.LogisticRegression(alpha=0.1).fit(x, y)
    >>> model.predict(x), model.predict_proba(tl.tensor([[1.5]])).round(decimals=3)
    (tensor([-1., -1.,  1.,  1.]), tensor([0.5]))
    """

    @composite(x="real floating", y="real")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,)."""
        check_signs(x, y)
        return self._fit(x, y.astype(x.dtype), ())

    @composite(x="real floating")
    def predict_proba(self, x: Tensor) -> Tensor:
        """Return the probabilities of class 1, (n,), of samples, (n, d)."""
        return sigmoid(self(x))

    def _loss(self, scores: Tensor, y: Tensor) -> Tensor:
        return soft_margin_loss(scores, y, reduction="sum")

    def _derivatives(self, scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        wrong = sigmoid(-y * scores)
        return expand_dims(-y * wrong, 1), (wrong * (1 - wrong))[:, None, None]


@declared
class SoftmaxRegression(_Newton, Classifier):
    """Logistic regression of several classes, 0, 1, 2, ...: minimises the cross entropy of ``softmax(scores)``.

    The exact solver is Newton's method. It solves a system of ``k * (d + 1)`` equations in each step; descent is the
    better choice for many features.

    Examples
    --------
    >>> x, y = tl.tensor([[0.0], [1.0], [2.0], [3.0]]), tl.tensor([0, 1, 1, 2])
    >>> model = tl.models.classic.SoftmaxRegression(alpha=0.1).fit(x, y)
    >>> model.predict(x), model.predict_proba(x).shape
    (tensor([0, 1, 1, 2]), (4, 3))
    """

    @composite(x="real floating", y="integral")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with labels 0, 1, 2, ..., (n,)."""
        return self._fit(x, y.astype("int64"), (class_count(x, y),))

    @composite(x="real floating")
    def predict_proba(self, x: Tensor) -> Tensor:
        """Return the probabilities of the classes, (n, k), of samples, (n, d)."""
        return softmax(self(x), axis=-1)

    def _loss(self, scores: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(scores, y, reduction="sum")

    def _derivatives(self, scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        p = softmax(scores, axis=-1)
        identity = eye(p.shape[1], dtype=p.dtype, device=p.device)
        return p - one_hot(y, p.shape[1]), p[:, :, None] * (identity - p[:, None, :])
