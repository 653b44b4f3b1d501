"""Distributions whose parameters are the outputs of a model, with their Fisher information."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...ops.creation import eye, ones_like
from ...ops.exponential import sigmoid, sqrt
from ...ops.softmax import softmax
from ...random import default_generator
from ...tensor import Tensor


class Gaussian:
    """Means, with variance one; the loss is half a squared error.

    Parameters
    ----------
    outputs : Tensor, shape (batch, ...)
        Without history.
    """

    def __init__(self, outputs: Tensor) -> None:
        self.outputs = outputs

    def drawn(self, generator: Any = None) -> Tensor:
        """Return the gradient of each example's loss by the outputs, for a target drawn from them."""
        like = self.outputs
        return _source(generator).normal(like.shape, dtype=like.dtype, device=like.device)

    def columns(self) -> Iterator[Tensor]:
        """Yield one cotangent for each output, whose outer products sum up to each example's Fisher matrix."""
        deviations = self._deviations()
        for unit in _units(deviations[0].nelement(), deviations):
            yield deviations * unit.reshape(deviations.shape[1:])

    def _deviations(self) -> Tensor:
        """Return the deviation of the loss's gradient by each output; the outputs are independent."""
        return ones_like(self.outputs)


class Bernoulli(Gaussian):
    """Logits of yes and no; the loss is binary cross entropy."""

    def __init__(self, outputs: Tensor) -> None:
        super().__init__(outputs)
        self.probabilities = sigmoid(outputs)

    def drawn(self, generator: Any = None) -> Tensor:
        return self.probabilities - _source(generator).bernoulli(self.probabilities)

    def _deviations(self) -> Tensor:
        return sqrt(self.probabilities * (1 - self.probabilities))


class Categorical(Gaussian):
    """Logits of classes along the second of two axes; the loss is cross entropy.

    Raises
    ------
    ValueError
        If the outputs have another number of axes.

    Examples
    --------
    >>> from tensorlab.optim.second_order.likelihood import Categorical
    >>> columns = Categorical(tl.zeros(1, 2)).columns()
    >>> (4 * sum(column.mT @ column for column in columns)).round()
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """

    def __init__(self, outputs: Tensor) -> None:
        if outputs.ndim != 2:
            raise ValueError(f"logits of classes have the shape (batch, classes), not {outputs.shape}")
        super().__init__(outputs)
        self.probabilities = softmax(outputs, axis=1)

    def drawn(self, generator: Any = None) -> Tensor:
        classes = _source(generator).categorical(probs=self.probabilities)
        return self.probabilities - _units(self.outputs.shape[1], self.outputs)[classes]

    def columns(self) -> Iterator[Tensor]:
        """``diag(p) - p p^T`` is the product of ``(I - p 1^T) diag(sqrt(p))`` and its transpose."""
        for place, unit in enumerate(_units(self.outputs.shape[1], self.outputs)):
            yield sqrt(self.probabilities[:, place : place + 1]) * (unit - self.probabilities)


LIKELIHOODS = {"categorical": Categorical, "bernoulli": Bernoulli, "gaussian": Gaussian}


def _source(generator: Any) -> Any:
    return default_generator if generator is None else generator


def _units(count: int, like: Tensor) -> Tensor:
    """Return the unit vectors of a space, as rows."""
    return eye(count, dtype=like.dtype, device=like.device)
