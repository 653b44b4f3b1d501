"""The scores of samples that are explained, and their gradients with respect to the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from ...autodiff.backward import gradients, ones_like
from ...autodiff.graph import enable_grad, no_grad
from ...errors import ShapeError
from ...nn.utils.evaluation import evaluating
from ...ops.comparison import where
from ...ops.creation import tensor, zeros_like
from ...ops.indexing import take_along_axis
from ...ops.joining import tile
from ...ops.reduction import argmax
from ...ops.shapes import expand_dims
from ...options.kinds import Either, Function, Many, Whole
from ...tensor import Tensor

Model = Callable[..., Any]
Target = Annotated[
    int | Sequence[int] | Tensor | Callable[[Any], Tensor] | None,
    Either((Whole(), Many(Whole()), Function()), none=True),
]
"""A class for all samples, one for each, or a function from the outputs to a score for each."""

Score = Callable[[Tensor], Tensor]
"""A function from the outputs of a model to the score of each sample."""


def score_of(model: Model, inputs: Tensor, target: Any) -> Score:
    """Return the function that picks the scores out of the outputs.

    The outputs may be those of several copies of the batch, one after another.

    Raises
    ------
    ShapeError
        If there are no samples, or not one class for each. When the function is called, if the outputs do not have the
        shape that the target needs.
    IndexError
        When the function is called, if there is no such class.
    """
    if not inputs.ndim or not len(inputs):
        raise ShapeError(f"inputs must be a batch of at least one sample, not of shape {inputs.shape}")
    if callable(target):
        return _checked_score(target)
    if target is None:
        with no_grad(), evaluating(model):
            outputs = _outputs(model(inputs))
        if outputs.ndim == 1:
            return _checked_score(lambda outputs: outputs)
        _require_classes(outputs)
        return _ScoreOfClass(argmax(outputs, axis=1))
    classes = (target,) * len(inputs) if isinstance(target, int) else target
    if len(classes) != len(inputs):
        raise ShapeError(f"target must have one class for each of the {len(inputs)} samples, not {len(classes)}")
    return _ScoreOfClass(tensor(classes, dtype="int64", device=inputs.device), min(classes), max(classes))


def _checked_score(function: Callable[[Any], Any]) -> Score:
    def score(outputs: Any) -> Tensor:
        scores: Tensor = function(outputs)
        if not isinstance(scores, Tensor) or scores.ndim != 1:
            shown = f"shape {scores.shape}" if isinstance(scores, Tensor) else type(scores).__name__
            raise ShapeError(f"target must return a tensor with one score for each sample, not {shown}")
        return scores

    return score


class _ScoreOfClass:
    """Picks the output of one class for each sample."""

    def __init__(self, classes: Tensor, lowest: int = 0, highest: int = 0) -> None:
        self._classes, self._range = classes, (lowest, highest)

    def __call__(self, outputs: Any) -> Tensor:
        outputs = _outputs(outputs)
        _require_classes(outputs)
        for number in self._range:
            if not -outputs.shape[1] <= number < outputs.shape[1]:
                raise IndexError(f"target {number} is out of range for outputs of {outputs.shape[1]} classes")
        copies = len(outputs) // len(self._classes)
        classes = tile(self._classes, (copies,)) if copies > 1 else self._classes
        from_start = where(classes < 0, classes + outputs.shape[1], classes)
        picked: Tensor = take_along_axis(outputs, expand_dims(from_start, axis=1), axis=1)[:, 0]
        return picked


def _outputs(outputs: Any) -> Tensor:
    if not isinstance(outputs, Tensor):
        raise TypeError(
            f"model must return a tensor, not {type(outputs).__name__}; give a function that picks one of its outputs "
            "as the model, or as the target"
        )
    return outputs


def _require_classes(outputs: Tensor) -> None:
    if outputs.ndim != 2:
        raise ShapeError(
            f"a class as target needs outputs of shape (batch, classes), not {outputs.shape}; give a function from the "
            "outputs to one score for each sample"
        )


def input_gradient(
    model: Model, inputs: Tensor, score: Score, before_sweep: Callable[[Tensor], None] | None = None
) -> Tensor:
    """Return the gradient of the scores with respect to the inputs; no ``grad`` changes.

    Parameters
    ----------
    before_sweep : callable, optional
        Called with the scores, whose graph it may change.
    """
    x = inputs.detach()
    x.requires_grad = True
    with evaluating(model), enable_grad():
        scores = score(model(x))
    if before_sweep is not None:
        before_sweep(scores)
    (found,) = gradients([scores], [x], [ones_like(scores._array)])
    return zeros_like(inputs.detach()) if found is None else Tensor(found)
