"""AdaBoost, and the decision stump that it usually combines."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any, ClassVar, Self

from ...autodiff.graph import no_grad
from ...nn.module.containers import ModuleList
from ...ops.comparison import where
from ...ops.creation import asarray, full_like
from ...ops.cumulative import cumulative_prod, cumulative_sum
from ...ops.declare import composite
from ...ops.indexing import take_along_axis
from ...ops.joining import concat, stack
from ...ops.reduction import argmax, sum
from ...ops.sorting import argsort
from ...options import Size, declared
from ...tensor import Tensor
from .base import BinaryClassifier, check_signs


@declared
class DecisionStump(BinaryClassifier):
    """One threshold on one feature: the rule of that kind with the smallest weighted error.

    Attributes
    ----------
    feature : Tensor, shape ()
        Index of the feature, after `fit`.
    threshold : Tensor, shape ()
        Samples whose feature is larger belong to one class, the rest to the other.
    polarity : Tensor, shape ()
        The label of those that are larger, -1 or 1.

    Examples
    --------
    >>> x, y = tl.tensor([[0.0, 5.0], [1.0, 3.0], [2.0, 4.0]]), tl.tensor([1.0, -1.0, -1.0])
    >>> stump = tl.models.classic.DecisionStump().fit(x, y)
    >>> stump.feature, stump.threshold, stump.predict(x)
    (tensor(0), tensor(0.5), tensor([ 1., -1., -1.]))
    """

    feature: ClassVar[Tensor]
    threshold: ClassVar[Tensor]
    polarity: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating", y="real", sample_weight="real floating")
    def fit(self, x: Tensor, y: Tensor, sample_weight: Tensor | None = None) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,), and optionally weights, (n,)."""
        check_signs(x, y)
        count, features = x.shape
        signed = y.astype(x.dtype) * (1 / count if sample_weight is None else sample_weight)
        order = argsort(x, axis=0)
        ordered = take_along_axis(x, order, axis=0)
        # The edge of a rule is the weight of what it gets right less that of what it gets wrong. Row k belongs to the
        # threshold below the k-th smallest value; equal values cannot be separated.
        below = cumulative_sum(signed[order], axis=0, include_initial=True)[:-1]
        edges = sum(signed) - 2 * below
        possible = concat([ordered[:1] == ordered[:1], ordered[1:] > ordered[:-1]])
        thresholds = concat([ordered[:1] - 1, (ordered[1:] + ordered[:-1]) / 2])
        edges = where(possible, edges, 0.0)
        best = argmax(abs(edges).flatten())
        polarity = where(edges.flatten()[best] < 0, -1.0, full_like(signed[0], 1.0))
        return self._store(feature=best % features, threshold=thresholds.flatten()[best], polarity=polarity)

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the labels, (n,), of samples, (n, d)."""
        self._require_fitted("feature")
        return where(x[:, self.feature] > self.threshold, self.polarity, -self.polarity)


@declared
class AdaBoost(BinaryClassifier):
    """AdaBoost (Freund and Schapire, 1997): a weighted vote of weak classifiers, each taught what the others miss.

    After a round with the weighted error e, its classifier gets the vote ``a = log((1 - e) / e) / 2``, and the weights
    of samples are multiplied by ``exp(-a * y * prediction)``. The training error is at most `bounds`.

    Parameters
    ----------
    n_estimators : int
        Number of rounds; fewer are made if a classifier makes no error.
    learner : callable
        Makes a classifier whose `fit` takes weights of samples: `DecisionStump`, or
        ``lambda: Perceptron(pocket=True, max_epochs=10)``.

    Attributes
    ----------
    learners : ModuleList
        The classifiers, after `fit`.
    votes : Tensor, shape (rounds,)
        Their votes.
    errors : Tensor, shape (rounds,)
        Their weighted errors.

    Examples
    --------
    >>> x = tl.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> y = tl.tensor([1.0, -1.0, -1.0, 1.0])
    >>> model = tl.models.classic.AdaBoost(10).fit(x, y)
    >>> model.predict(x), model.bounds()[-1] < 0.5
    (tensor([ 1., -1., -1.,  1.]), tensor(True))
    """

    n_estimators: Size = 50
    learner: Callable[..., Any] = DecisionStump
    votes: ClassVar[Tensor]
    errors: ClassVar[Tensor]

    def __post_init__(self) -> None:
        self.learners = ModuleList()

    @no_grad()
    @composite(x="real floating", y="real")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with labels -1 and 1, (n,)."""
        check_signs(x, y)
        y = y.astype(x.dtype)
        self.learners = ModuleList()
        weights = full_like(y, 1 / y.size)
        votes, errors = [], []
        for _ in range(self.n_estimators):
            learner = self.learner().fit(x, y, weights)
            correct = y * learner.predict(x)
            error = sum(weights * (correct < 0)).item()
            vote = log((1 - error) / error) / 2 if 0 < error < 1 else (0.5 - error) * LARGEST_VOTE
            self.learners.append(learner)
            votes.append(vote)
            errors.append(error)
            if not 0 < error < 1:
                break
            weights = weights * (-vote * correct).exp()
            weights = weights / sum(weights)
        return self._store(
            votes=asarray(votes, dtype=x.dtype, device=x.device), errors=asarray(errors, dtype=x.dtype, device=x.device)
        )

    @composite(x="real floating")
    def staged(self, x: Tensor) -> Tensor:
        """Return the scores, (rounds, n), of samples, (n, d), after each round."""
        self._require_fitted("votes")
        predictions = stack([learner.predict(x) for learner in self.learners])
        return cumulative_sum(self.votes[:, None] * predictions, axis=0)

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the scores, (n,), of samples, (n, d)."""
        return self.staged(x)[-1]

    def bounds(self) -> Tensor:
        """Return the bound of the training error after each round, the product of ``2 * sqrt(e * (1 - e))``."""
        self._require_fitted("votes")
        return cumulative_prod(2 * (self.errors * (1 - self.errors)).sqrt(), axis=0)


LARGEST_VOTE = 2e3
"""The vote of a classifier without errors outweighs those of all others."""
