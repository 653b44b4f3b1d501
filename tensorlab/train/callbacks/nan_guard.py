"""NaNGuard: an end, or a way past, for losses and gradients that are not finite."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from warnings import catch_warnings

from ...autodiff.anomaly import detect_anomaly
from ...autodiff.graph import no_grad
from ...errors import AnomalyError
from ...optim.optimizer import Optimizer
from ...options import Count, Size, checked
from ...random import default_generator
from ...tensor import Tensor
from ..batches import tensors_in
from ..sanity.report import listed
from ..trials import preserved
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class NaNGuard(Callback):
    """Raises at the first loss or gradient that is NaN or infinite, and says where it comes from; or skips the step.

    The message names the epoch, the batch and the cause: samples of the batch, parameters that are not finite already,
    or else the operation and the module, which are found by running the batch again inside `detect_anomaly`.

    Parameters
    ----------
    action : {"raise", "skip"}
        Whether to raise `FloatingPointError`, before the parameters have changed, or to leave the step out: parameters,
        buffers and the optimizer stay as they were, and the epoch's mean loss does not include the batch. The number of
        batches that were left out is logged as ``skipped``.
    patience : int
        With ``"skip"``, the number of consecutive batches that may be left out before an error is raised.
    every_n_batches : int
        Distance of the batches whose loss and gradients are checked, unless the action is ``"skip"``, which checks all.
        On a GPU a check waits for the device.

    Attributes
    ----------
    skipped : int
        The number of batches that were left out.

    Examples
    --------
    >>> model = tl.nn.Linear(1, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.MSELoss(), optimizer, callbacks=[tl.train.NaNGuard()], progress=False
    ... )
    >>> batches = [(tl.ones(2, 1), tl.zeros(2, 1)), (tl.tensor([[0.0], [tl.nan]]), tl.zeros(2, 1))]
    >>> trainer.fit(batches, epochs=1)
    Traceback (most recent call last):
    FloatingPointError: NaNGuard: the loss is nan in epoch 1, batch 2 (step 2): samples 1 of the batch are not finite
    """

    order: ClassVar[int] = -5

    @checked
    def __init__(
        self, action: Literal["raise", "skip"] = "raise", *, patience: Count = 10, every_n_batches: Size = 1
    ) -> None:
        self.action, self.patience, self.every_n_batches = action, patience, every_n_batches
        self.skipped = self._consecutive = self._skipped_in_epoch = 0
        self._batch: Any = None
        self._state: Any = None
        self._before: Any = None
        self._policy: Any = None
        """The optimizer's own policy, while it is replaced."""
        self._loss_is_finite = self._checks = True

    def on_fit_start(self, trainer: Trainer) -> None:
        if not trainer.resumed:
            self.skipped = self._consecutive = 0
        self._policy = trainer.optimizer.on_nonfinite
        if self.action == "skip":
            trainer.optimizer.on_nonfinite = "skip"

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._skipped_in_epoch = 0

    def on_train_batch_start(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        self._batch, self._state = batch, default_generator.get_state()
        self._checks, self._loss_is_finite = batch_idx % self.every_n_batches == 0, True
        if self.action == "skip":
            self._before = _Before(trainer)

    def on_before_backward(self, trainer: Trainer, loss: Tensor) -> None:
        if (self._checks or self.action == "skip") and not _is_finite(loss):
            self._loss_is_finite = False
            if self.action == "raise":
                raise self._error(trainer, f"the loss is {loss.item()}")

    def on_before_optimizer_step(self, trainer: Trainer) -> None:
        if self.action == "raise" and self._checks and not _has_finite_sum(trainer.optimizer):
            named = trainer.model.named_parameters()
            wrong = [name for name, x in named if x.grad is not None and not _is_finite(x.grad)]
            if wrong:  # otherwise only the sum was too large
                raise self._error(trainer, f"the gradient of {listed(wrong)} is not finite")

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        self._batch = None
        if self.action == "raise":
            return
        if self._loss_is_finite and trainer.optimizer.skipped_steps == self._before.skipped_steps:
            self._consecutive = 0
            return
        self._before.restore(trainer, with_loss=not self._loss_is_finite)
        self.skipped, self._consecutive = self.skipped + 1, self._consecutive + 1
        self._skipped_in_epoch += 1
        if self._consecutive > self.patience:
            self._batch = batch
            raise self._error(trainer, f"{self._consecutive} consecutive batches have a loss or gradient not finite,")

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        if self.action == "skip":
            trainer.log("skipped", self._skipped_in_epoch)

    def on_fit_end(self, trainer: Trainer) -> None:
        if self._policy is not None:  # it is if another callback has ended the training before it began
            trainer.optimizer.on_nonfinite, self._policy = self._policy, None

    def on_exception(self, trainer: Trainer, exception: BaseException) -> None:
        self.on_fit_end(trainer)

    def _error(self, trainer: Trainer, what: str) -> FloatingPointError:
        place = f"epoch {trainer.epoch + 1}, batch {trainer.batch_idx + 1} (step {trainer.global_step + 1})"
        return FloatingPointError(f"NaNGuard: {what} in {place}: {cause(trainer, self._batch, self._state)}")

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("skipped", "_consecutive", "_skipped_in_epoch")}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        vars(self).update(state_dict)


class _Before:
    """What a batch that is left out has changed, as it was before: buffers and the sums of the epoch."""

    def __init__(self, trainer: Trainer) -> None:
        self.skipped_steps, self._mark = trainer.optimizer.skipped_steps, trainer.tally.mark()
        self._buffers = [(buffer, buffer.detach().clone()) for buffer in trainer.model.buffers()]

    def restore(self, trainer: Trainer, with_loss: bool) -> None:
        if with_loss:
            trainer.tally.go_back(self._mark)
        with no_grad():
            for buffer, value in self._buffers:
                buffer[...] = value


def cause(trainer: Trainer, batch: Any, random_state: Any) -> str:
    """Return why the loss or a gradient of a batch is not finite, in words."""
    samples = sorted({row for tensor in tensors_in(batch) for row in _rows_not_finite(tensor)})
    if samples:
        return f"samples {listed(samples)} of the batch are not finite"
    model = trainer.model
    named = [*model.named_parameters(), *model.named_buffers()]
    wrong = [name for name, tensor in named if not _is_finite(tensor)]
    if wrong:
        return (
            f"{listed(wrong)} had values that are not finite before the batch; an earlier step was too large: lower "
            "the learning rate, or clip gradients"
        )
    return _first_operation(trainer, batch, random_state)


def _first_operation(trainer: Trainer, batch: Any, random_state: Any) -> str:
    """Run a batch again and return the first operation, with its module, whose result or gradient is not finite."""
    with preserved(trainer.model, getattr(trainer, "loss", None)):
        default_generator.set_state(random_state)
        try:
            with catch_warnings(action="ignore"), detect_anomaly():
                trainer.forward(trainer.model, batch)[0].backward()
        except AnomalyError as error:
            modules = [str(note) for note in getattr(error, "__notes__", [])]
            return " ".join([str(error), *modules])
        except (TypeError, AttributeError):  # a loop of the user's own, without a forward function
            pass
    return "run the step inside tensorlab.detect_anomaly() to find the operation"


def _has_finite_sum(optimizer: Optimizer) -> bool:
    """Return whether the sum of all gradients is finite, as it is not if one of them is not: a quick test."""
    sums = [parameter.grad.detach().sum() for parameter in optimizer.parameters() if parameter.grad is not None]
    total = sum(sums[1:], sums[0]) if len({x.device for x in sums}) == 1 else sum(map(float, sums))
    return isfinite(float(total))


def _is_finite(x: Tensor) -> bool:
    return not x.dtype.is_floating or bool(x.detach().isfinite().all())


def _rows_not_finite(x: Tensor) -> list[int]:
    if _is_finite(x) or not x.shape:
        return []
    wrong: list[bool] = (~x.detach().isfinite()).reshape(x.shape[0], -1).any(axis=1).tolist()
    return [row for row, is_wrong in enumerate(wrong) if is_wrong]
