"""`Trainer`: the training loop of a model, its options and its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from ..autodiff.graph import no_grad
from ..data.structure import like
from ..nn.module.module import Module
from ..nn.utils.evaluation import evaluating
from ..ops.joining import concat
from ..optim.lr_scheduler.base import LRScheduler
from ..optim.optimizer import Optimizer
from ..options import Fraction, Positive, Size, checked
from ..options.kinds import Instance, Ordered, read
from ..random.bit_stream import SEED
from ..tensor import Tensor
from .batches import DTYPES, Precision, is_tensor_or_array, mover
from .callbacks.base import Callback
from .callbacks.calls import Callbacks
from .callbacks.lr_schedule import LRSchedule
from .checks import LossFunction, pair_of, scalar
from .defaults import all_callbacks
from .loop import Data, FilePath, Loop
from .run_files import redirected
from .tally import METRIC, Tally
from .updates import ClipBy, Updates

Seed = Annotated[int, SEED]
CallbackList = Annotated[Iterable[Callback], Ordered("a list of callbacks")]
CALLBACK = Instance((Callback,))


class Trainer(Loop):
    """Trains a model: runs the loop, calls callbacks, measures, and saves what is needed to resume.

    `fit` is a loop of a few lines over `epochs`, `batches`, `step` and `evaluate`. A program that needs another loop
    writes it with the same pieces: callbacks, metrics, checkpoints and logs work alike in both::

        for epoch in trainer.epochs(10):
            for inputs, targets in trainer.batches(loader):
                trainer.step(loss(model(inputs), targets))
            trainer.evaluate(held_out)

    Parameters
    ----------
    model : Module
        The model to train.
    loss : callable or None
        ``loss(outputs, targets)`` returns a 0-d tensor: the mean over a batch, or its sum if the attribute
        ``reduction`` of a module says so. None if `forward` is overridden or the loop is the user's own.
    optimizer : Optimizer
        Of the model's parameters. Those that need a closure, such as `LBFGS` and `SAM`, are given one.
    schedule : LRScheduler or LRSchedule, optional
        A schedule is stepped at the end of each epoch; an `LRSchedule` says when.
    metrics : mapping from str to metric, optional
        By the names under which they are logged, such as a `MetricCollection`. The metrics are updated with the outputs
        and targets of training; copies of them with those of evaluation.
    callbacks : iterable of Callback
        Called in the order that `Callback` describes.
    precision : {"64-true", "32-true", "bf16-true", "16-true"}, optional
        Data type to which the model and all floating-point tensors of batches are cast; by default nothing is cast.
    accumulate : int
        Number of batches per step of the optimizer. The step is that of one batch with all their items, also if they
        differ in size. At the end of an epoch the remaining batches, if there are fewer, make a step.
    clip : float, optional
        Bound on the gradients.
    clip_by : {"norm", "value", "adaptive"}
        Whether `clip` bounds the norm of all gradients together, the magnitude of each element, or, for each unit, the
        ratio of the norms of its gradient and its weights (`nn.utils.clip_grad_adaptive_`).
    ema : float, optional
        Decay of an exponential moving average of the parameters, with which the model is evaluated.
    seed : int, optional
        Passed to `seed_everything` when a run begins, not when it is resumed. The initial parameters are drawn before
        that: call ``tl.seed_everything`` before making the model.
    deterministic : bool
        Seeds with 0 if there is no `seed`, and in `fit` computes the gradients of the first batch twice: an error is
        raised if they differ, as they do if a layer or a loss draws numbers from a generator of its own. The kernels of
        the built-in backends are deterministic anyway, for a given number of threads.
    folder : str or path, optional
        Where the log (``log.jsonl``), ``run.json`` and the last checkpoint are written, by callbacks that are added
        unless there are callbacks of their kind. A run that is not resumed replaces the files of an earlier run. By
        default nothing is written.
    progress : bool, optional
        Whether to show progress on the terminal: a bar, or in a file one line per epoch. By default the lines are
        shown, and the bar if there is a terminal or a notebook.
    sanity_check : bool
        Whether to make the checks of `tensorlab.train.sanity` when `fit` begins, and raise an error if one fails.

    Attributes
    ----------
    epoch : int
        The present epoch, from 0.
    epochs_done : int
        The number of complete epochs.
    batch_idx : int
        The number of batches that were used in the present epoch.
    global_step : int
        The number of the optimizer's steps.
    logged : dict from str to float
        The values of the present epoch, as they are logged: ``loss`` and the metrics of training at its end, those of
        evaluation with the prefix ``valid_``, and what callbacks add.
    history : list of dict
        `logged` of all epochs.
    last_loss : Tensor or None
        The loss of the last batch, without history.
    num_batches : int or None
        The number of batches in an epoch, if the training data has a length.
    stop_epoch : int
        The number of epochs after which the training ends.
    is_running : bool
        Whether the trainer is training.
    evaluated_model : Module
        The model that `evaluate` and `predict` run: `model`, or an average that a callback keeps.
    train_data, valid_data : iterable
        The data that `fit` was given, for callbacks that read it themselves.
    should_stop : bool
        Set it to end the training after the present epoch.
    resumed : bool
        Whether the present training was resumed from a checkpoint.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type or out of range; nothing has changed then.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), tl.optim.SGD(model.parameters(), lr=0.1), progress=False)
    >>> x = tl.randn(32, 2)
    >>> data = tl.data.DataLoader(tl.data.TensorDataset(x, x.sum(axis=1, keepdims=True)), batch_size=8)
    >>> history = trainer.fit(data, epochs=20)
    >>> history[-1]["epoch"], history[-1]["loss"] < 1e-3
    (20, True)
    """

    @checked
    def __init__(
        self,
        model: Module,
        loss: LossFunction | None,
        optimizer: Optimizer,
        *,
        schedule: LRScheduler | LRSchedule | None = None,
        metrics: Mapping[str, Any] | None = None,
        callbacks: CallbackList = (),
        precision: Precision | None = None,
        accumulate: Size = 1,
        clip: Positive | None = None,
        clip_by: ClipBy = "norm",
        ema: Fraction | None = None,
        seed: Seed | None = None,
        deterministic: bool = False,
        folder: FilePath | None = None,
        progress: bool | None = None,
        sanity_check: bool = False,
    ) -> None:
        _check_optimizer(model, optimizer, accumulate)
        metrics, given = metrics or {}, list(callbacks)
        for name, metric in metrics.items():
            read("Trainer", f"metrics[{name!r}]", METRIC, metric)
        for number, callback in enumerate(given):
            read("Trainer", f"callbacks[{number}]", CALLBACK, callback)
        place = None if folder is None else redirected(Path(folder))
        super().__init__(
            model,
            loss,
            optimizer,
            updates=Updates(optimizer, accumulate, clip, clip_by, summed=getattr(loss, "reduction", "mean") == "sum"),
            metrics=metrics,
            callbacks=Callbacks(all_callbacks(given, schedule, ema, place, progress, sanity_check)),
            precision=precision,
            seed=0 if deterministic and seed is None else seed,
            deterministic=deterministic,
            folder=place,
        )
        if precision is not None:
            model.to(dtype=DTYPES[precision])

    @checked
    def fit(
        self, train: Data, valid: Data | None = None, *, epochs: Size, resume: bool | FilePath = False
    ) -> list[dict[str, Any]]:
        """Train the model.

        Parameters
        ----------
        train : iterable
            Batches: by default pairs of inputs and targets; see `forward`.
        valid : iterable, optional
            Held-out batches for `evaluate` at the end of each epoch.
        epochs : int
            The number of epochs; in a resumed training including those that were done before.
        resume : bool or path
            Whether to go on from the last checkpoint, or from the checkpoint at a path. The training ends as it would
            have ended without the interruption, bit for bit. If there is no last checkpoint yet, it begins.

        Returns
        -------
        list of dict
            `history`.

        Raises
        ------
        ValueError
            If there is no data, or nothing writes the checkpoints from which to resume.

        Notes
        -----
        An exception ends the training, `KeyboardInterrupt` (Ctrl-C) as well: callbacks learn of it, and it is raised
        again. The last checkpoint stays as it is, so that ``resume=True`` goes on from there.
        """
        self.train_data, self.valid_data = train, valid
        epochs_to_train = self.epochs(epochs, resume=resume)
        try:
            for _ in epochs_to_train:
                for batch in self.batches(train):
                    self.step(partial(self.training_loss, batch))
                if valid is not None:
                    self.evaluate(valid)
        except BaseException as error:
            self.is_running = False
            self.callbacks.call("on_exception", self, error)
            raise
        return self.history

    @checked
    def evaluate(self, data: Data, name: str = "valid") -> dict[str, Any]:
        """Return the mean loss and the metrics on held-out data; during an epoch they are logged with it.

        Parameters
        ----------
        data : iterable
            Batches, as in training.
        name : str
            The prefix of the results' names.

        Returns
        -------
        dict from str to float
            ``valid_loss`` and the metrics: means over all items, whatever the sizes of the batches.

        Raises
        ------
        ValueError
            If there are no batches.
        """
        model, tally = self.evaluated_model, Tally(deepcopy(self.tally.metrics))
        tally.reset()
        with evaluating(model), no_grad():
            self.callbacks.call("on_validation_start", self)
            batches = map(mover(model, self.precision), self.positions.iterate(name, data))
            for number, batch in enumerate(batches):
                loss, outputs, targets = self.forward(model, batch)
                items = self.item_count(batch)
                tally.add("loss", self.updates.mean(scalar("evaluate", loss), items), items)
                tally.update(outputs, targets)
                tally.items += items
                self.callbacks.call("on_validation_batch_end", self, batch, number)
            if not tally.items:
                raise ValueError("evaluate: data has no batches; an iterator, which has them once only, needs a list")
            found = tally.results(f"{name}_")
            if self.in_epoch:
                self.logged.update(found)
            self.callbacks.call("on_validation_end", self)
        return found

    @checked
    def predict(self, data: Data | Tensor) -> Any:
        """Return the model's outputs for all batches, joined along their first axis.

        Parameters
        ----------
        data : iterable or Tensor
            Batches: inputs, or tuples or lists that begin with them. A tensor or an array is one batch.

        Returns
        -------
        Tensor, or tuple, list or dict of Tensor
            In the structure of the outputs.

        Examples
        --------
        >>> model = tl.nn.Linear(2, 3)
        >>> trainer = tl.train.Trainer(model, None, tl.optim.SGD(model.parameters(), lr=0.1))
        >>> trainer.predict([tl.ones(4, 2), tl.ones(1, 2)]).shape
        (5, 3)
        """
        model = self.evaluated_model
        with evaluating(model), no_grad():
            batches = [data] if is_tensor_or_array(data) else data
            outputs = [
                model(batch[0] if isinstance(batch, list | tuple) else batch)
                for batch in map(mover(model, self.precision), batches)
            ]
        if not outputs:
            raise ValueError("predict: data has no batches")
        return _joined(outputs)

    # -- for subclasses to override ----------------------------------------------------------------------------------

    def forward(self, model: Module, batch: Any) -> tuple[Tensor, Any, Any]:
        """Return the loss, the outputs and the targets of a batch. Override it for batches that are not pairs."""
        if self.loss is None:
            raise TypeError("Trainer: loss must be given, or forward be overridden")
        inputs, targets = pair_of("Trainer", batch, "override Trainer.forward for others")
        outputs = model(inputs)
        return self.loss(outputs, targets), outputs, targets

    def training_loss(self, batch: Any) -> Tensor:
        """Return the loss of a batch, and update the metrics of training."""
        loss, outputs, targets = self.forward(self.model, batch)
        self.update_metrics(outputs, targets)
        return loss


def _check_optimizer(model: Module, optimizer: Optimizer, accumulate: int) -> None:
    kind, own = type(optimizer).__name__, set(map(id, model.parameters()))
    if own and own.isdisjoint(map(id, optimizer.parameters())):
        raise ValueError(f"Trainer: optimizer must be one of the model's parameters, and the {kind} has none of them")
    if accumulate > 1 and optimizer.needs_closure:
        raise ValueError(f"Trainer: accumulate must be 1 with {kind}, which computes the loss itself")


def _joined(outputs: Sequence[Any]) -> Any:
    first = outputs[0]
    if isinstance(first, Tensor):
        return concat(list(outputs)) if len(outputs) > 1 else first
    if isinstance(first, Mapping):
        return like(first, {key: _joined([output[key] for output in outputs]) for key in first})
    return like(first, [_joined(column) for column in zip(*outputs)])
