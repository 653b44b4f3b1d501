"""The pieces of a training loop: `Loop.epochs`, `Loop.batches` and `Loop.step`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

from ..nn.module.module import Module
from ..optim.optimizer import Optimizer
from ..options import Size, checked
from ..options.kinds import Having, Whole
from ..random.seeding import seed_everything, set_random_states
from ..tensor import Tensor
from .batches import item_count, length_of, mover
from .callbacks.calls import Callbacks
from .callbacks.checkpoint import ModelCheckpoint
from .checkpoints import read_checkpoint, restore, write_checkpoint
from .checks import LossFunction, described, scalar
from .determinism import require_repeatable_gradients
from .position import TRAINING, Positions
from .tally import Tally, plain_value
from .updates import Updates

Data = Annotated[Iterable[Any], Having("an iterable of batches", ("__iter__",))]
"""Batches: a `DataLoader`, or anything that can be iterated once per epoch."""

Items = Annotated[Any, Whole(1)]
"""A number of items, as an integer or a 0-d tensor."""

FilePath = str | os.PathLike[str]


class Loop:
    """The state of a training run and the pieces of its loop; the base class of `Trainer`."""

    def __init__(
        self,
        model: Module,
        loss: LossFunction | None,
        optimizer: Optimizer,
        updates: Updates,
        metrics: Mapping[str, Any],
        callbacks: Callbacks,
        precision: str | None,
        seed: int | None,
        deterministic: bool,
        folder: Path | None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.updates = model, loss, optimizer, updates
        self.callbacks, self.precision, self.folder = callbacks, precision, folder
        self.seed, self.deterministic = seed, deterministic
        self.evaluated_model = model
        self.epoch = self.epochs_done = self.batch_idx = self.global_step = 0
        self.start_epoch = self.stop_epoch = 0
        self.num_batches: int | None = None
        self.train_data: Any = None
        self.valid_data: Any = None
        self.logged: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.last_loss: Tensor | None = None
        self.should_stop = self.resumed = self.is_running = self.in_epoch = False
        self.tally, self.positions = Tally(metrics), Positions()
        self.began = 0.0
        """When the epoch began, by `perf_counter`; in a resumed one, as if there had been no interruption."""
        self._in_batch = self._had_its_pass = False
        self._is_unverified = deterministic
        self._items = 1
        self._random_states: Mapping[str, Any] | None = None

    # -- epochs ------------------------------------------------------------------------------------------------------

    @checked
    def epochs(self, count: Size, *, resume: bool | FilePath = False) -> Iterator[int]:
        """Yield the numbers of the epochs to train, from 0.

        The training begins with the first epoch, and ends after the last one or when the loop is left.

        Parameters
        ----------
        count, resume : int, bool or path
            The ``epochs`` and ``resume`` of `Trainer.fit`.

        Examples
        --------
        >>> model = tl.nn.Linear(2, 1)
        >>> trainer = tl.train.Trainer(model, None, tl.optim.SGD(model.parameters(), lr=0.1), progress=False)
        >>> data = [(tl.ones(4, 2), tl.zeros(4, 1)), (tl.zeros(4, 2), tl.zeros(4, 1))]
        >>> for epoch in trainer.epochs(2):
        ...     for inputs, targets in trainer.batches(data):
        ...         trainer.step(tl.nn.functional.mse_loss(model(inputs), targets))
        >>> trainer.global_step, len(trainer.history)
        (4, 2)
        """
        return self._epochs(count, resume)

    def _epochs(self, count: int, resume: bool | FilePath) -> Iterator[int]:
        self._begin(count, resume)
        try:
            while self.epochs_done < self.stop_epoch and not self.should_stop:
                self._begin_epoch()
                yield self.epoch
                self._end_epoch()
        except GeneratorExit:  # the loop was left
            self._end()
            raise
        self._end()

    def _begin(self, count: int, resume: bool | FilePath) -> None:
        path = self._resumable(resume)
        self.resumed, self.should_stop, self.is_running = path is not None, False, True
        if path is not None:
            self.load_checkpoint(path)
        else:
            self.start_epoch, self.in_epoch = self.epochs_done, False
            if self.seed is not None and not self.epochs_done:
                seed_everything(self.seed)
        self.stop_epoch = self.start_epoch + count
        self.model.train()
        self.callbacks.call("on_fit_start", self)
        self._restore_random_states()  # callbacks may have drawn from them

    def _end(self) -> None:
        if self.is_running:
            self.is_running = False
            self.callbacks.call("on_fit_end", self)

    def _begin_epoch(self) -> None:
        self._had_its_pass = self._in_batch = False
        if self.in_epoch:
            return  # resumed in its middle
        self.in_epoch, self.epoch, self.batch_idx = True, self.epochs_done, 0
        self.logged, self.began = {}, perf_counter()
        self.tally.reset()
        self.updates.reset()
        self.model.train()
        self.callbacks.call("on_train_epoch_start", self)

    def _end_epoch(self) -> None:
        seconds = perf_counter() - self.began
        self.epochs_done, self.in_epoch = self.epoch + 1, False
        self.logged = {
            "epoch": self.epochs_done,
            "step": self.global_step,
            **self.tally.results(),
            **self.logged,
            **self.rates(),
            "seconds": round(seconds, 3),
            "samples_per_second": round(self.tally.items / max(seconds, 1e-9), 1),
        }
        self.history.append(self.logged)
        self.callbacks.call("on_train_epoch_end", self)

    @property
    def is_last_epoch(self) -> bool:
        """Whether the epoch that has ended is the last one."""
        return self.should_stop or self.epochs_done >= self.stop_epoch

    # -- batches -----------------------------------------------------------------------------------------------------

    @checked
    def batches(self, data: Data) -> Iterator[Any]:
        """Yield the batches of an epoch: on the model's device, and in the trainer's precision.

        Parameters
        ----------
        data : iterable
            A `DataLoader`, or anything that can be iterated once per epoch.

        Raises
        ------
        RuntimeError
            Outside of a loop over `epochs`, and for a second pass in one epoch.
        ValueError
            If there are no batches.
        """
        if not self.in_epoch or self._had_its_pass:
            raise RuntimeError("batches: each epoch of a loop over trainer.epochs(...) takes one pass over its batches")
        return self._batches(data)

    def _batches(self, data: Iterable[Any]) -> Iterator[Any]:
        self._had_its_pass = True
        self.train_data, self.num_batches = data, length_of(data)
        iterator = self.positions.iterate(TRAINING, data, used=self.batch_idx, epoch=self.epoch)
        self._restore_random_states()  # loaders may have drawn from them
        at_start, at_end = self.callbacks.of("on_train_batch_start"), self.callbacks.of("on_train_batch_end")
        try:
            for batch in map(mover(self.model, self.precision), iterator):
                self._items, self._in_batch = self.item_count(batch), True
                for hook in at_start:
                    hook(self, batch, self.batch_idx)
                yield batch
                self.batch_idx += 1
                self.tally.items += self._items
                for hook in at_end:
                    hook(self, batch, self.batch_idx - 1)
            if not self.batch_idx:
                raise ValueError("batches: data has no batches; an iterator, which has them once only, needs a list")
            if self.updates.pending:
                self._update()
        finally:
            self._in_batch = False

    def item_count(self, batch: Any) -> int:
        """Return the number of items in a batch, its weight in means: the length of the first axis of its tensors."""
        return item_count(batch)

    # -- steps -------------------------------------------------------------------------------------------------------

    @checked
    def step(self, loss: Tensor | Callable[..., Any], *, items: Items | None = None) -> None:
        """Compute the gradients of a batch, and update the model if the gradients of a step are complete.

        Parameters
        ----------
        loss : Tensor or callable
            The loss of the batch, 0-d, or a function without arguments that computes it. An optimizer that needs a
            closure takes a function.
        items : int, optional
            The number of items over which the loss is a mean, such as tokens; by default `item_count` of the batch.

        Raises
        ------
        RuntimeError
            Outside of a loop over `batches`.
        TypeError, ValueError
            If the loss is not a 0-d tensor, or `items` not a positive integer.
        """
        if not self._in_batch:
            raise RuntimeError("step: it must be called in a loop over trainer.batches(...), once for each batch")
        if self._is_unverified and callable(loss):
            self._verify(loss)
        count = self._items if items is None else items
        if self.optimizer.needs_closure:
            self._update_by_closure(loss, count)
            return
        value = scalar("step", loss() if callable(loss) else loss)
        self._note_loss(value, count)
        self._backward(value, count)
        if self.updates.is_complete:
            self._update()

    def _verify(self, loss: Callable[[], Any]) -> None:
        """Check that the gradients of the first batch are the same when they are computed again."""
        self._is_unverified, self.tally.is_repeating = False, True
        try:
            require_repeatable_gradients(self.model, loss)
        finally:
            self.tally.is_repeating = False

    def _note_loss(self, loss: Tensor, items: int) -> None:
        self.last_loss = loss.detach()
        self.tally.add("loss", self.updates.mean(self.last_loss, items), items)

    def _backward(self, loss: Tensor, items: int) -> Tensor:
        """Compute gradients, of the loss that callbacks put in the place of this one; return that."""
        for hook in self.callbacks.of("on_before_backward"):
            changed: Tensor | None = hook(self, loss)
            loss = loss if changed is None else changed
        self.updates.backward(loss, items)
        self.callbacks.call("on_after_backward", self)
        return loss

    def _update(self) -> None:
        self.updates.finish()
        self.callbacks.call("on_before_optimizer_step", self)
        self.optimizer.step()
        self.global_step += 1
        self.callbacks.call("on_after_optimizer_step", self)

    def _update_by_closure(self, loss: Any, items: int) -> None:
        """Take a step of an optimizer that computes the loss itself, usually several times."""
        if not callable(loss):
            name = type(self.optimizer).__name__
            raise TypeError(f"step: loss must be a function that computes the loss, as {name} calls it several times")

        def closure() -> Tensor:
            value = scalar("step", loss())
            if not self.tally.is_repeating:
                self._note_loss(value, items)
                self.tally.is_repeating = True
            value = self._backward(value, items)
            self.updates.finish()
            return value

        self.callbacks.call("on_before_optimizer_step", self)
        try:
            self.optimizer.step(closure)
        finally:
            self.tally.is_repeating = False
        self.global_step += 1
        self.callbacks.call("on_after_optimizer_step", self)

    # -- values ------------------------------------------------------------------------------------------------------

    def update_metrics(self, outputs: Any, targets: Any) -> None:
        """Update the metrics of training by the outputs and targets of a batch, as `Trainer.fit` does."""
        self.tally.update(outputs, targets)

    @checked
    def log(self, name: str, value: Any) -> None:
        """Log a value with the present epoch; during a batch, it enters the mean over the items of the epoch.

        Parameters
        ----------
        name : str
            The name in `logged`, in log files and on the progress bar.
        value : float or Tensor
            The value; outside of batches also a tensor of several elements or a list.
        """
        if self._in_batch:
            if getattr(value, "shape", ()) != () or not hasattr(value, "__float__"):
                raise ValueError(f"log: value must be a number or a 0-d tensor in a batch, not {described(value)}")
            self.tally.add(name, value, self._items)
        else:
            self.logged[name] = plain_value(value)

    def rates(self) -> dict[str, float]:
        """Return the learning rate as it is logged: ``lr``, or ``lr_0``, ``lr_1``, ... if there are several groups."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return {"lr": rates[0]} if len(rates) == 1 else {f"lr_{n}": rate for n, rate in enumerate(rates)}

    # -- checkpoints -------------------------------------------------------------------------------------------------

    @checked
    def save_checkpoint(self, path: FilePath) -> None:
        """Write everything that is needed to go on from here, atomically.

        It is a file of `tensorlab.save`; its entry ``"model"`` is the model's state dict.

        Raises
        ------
        TypeError
            In the middle of an epoch, if the data cannot save its position.
        """
        write_checkpoint(self, path)

    @checked
    def load_checkpoint(self, path: FilePath) -> None:
        """Restore the state that `save_checkpoint` has written.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        RuntimeError
            If it is the checkpoint of another model; nothing has changed then.
        ValueError
            If the file is no checkpoint, or that of another optimizer.
        """
        self._random_states = restore(self, read_checkpoint(path))

    def _restore_random_states(self) -> None:
        """Set the random states of a checkpoint, until the first batch after it is used."""
        if self._random_states is not None:
            set_random_states(self._random_states)
            if not self.in_epoch or self._had_its_pass:
                self._random_states = None

    def _resumable(self, resume: bool | FilePath) -> Path | None:
        """Return the path of the checkpoint from which to resume; None if the training begins."""
        if not isinstance(resume, bool):
            return Path(resume)
        if not resume:
            return None
        writers = self.callbacks.instances(ModelCheckpoint)
        if not writers:
            raise ValueError("fit: resume needs checkpoints; give the Trainer a folder, or a ModelCheckpoint callback")
        paths = [writer.last_path(self) for writer in reversed(writers)]
        return next((path for path in paths if path.exists()), None)
