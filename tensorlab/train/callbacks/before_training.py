"""SanityCheck and LearningRateFinder: tests before training begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...options import Positive, Size, checked
from ..batches import mover
from ..lr_finder import LRSweep, Method, lr_find
from ..sanity.all_checks import check
from ..sanity.report import Report
from ..trials import Forward
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class SanityCheck(Callback):
    """Makes all checks of `train.sanity` when `Trainer.fit` begins, and raises an error if one fails.

    ``Trainer(sanity_check=True)`` adds one. The training that follows is not affected. A resumed run is not checked.

    Parameters
    ----------
    verbose : bool
        Whether to print the report if all checks pass.

    Attributes
    ----------
    report : Report or None
        The results.

    Raises
    ------
    SanityError
        When the training begins, if a check fails; the message lists all of them.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(2, 32), tl.nn.Tanh(), tl.nn.Linear(32, 2))
    >>> optimizer = tl.optim.Adam(model.parameters(), lr=0.01)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.CrossEntropyLoss(), optimizer, callbacks=[tl.train.SanityCheck(verbose=False)], progress=False
    ... )
    >>> data = tl.data.TensorDataset(tl.tensor([[0.0, 1.0], [1.0, 0.0]]), tl.tensor([0, 1]))
    >>> history = trainer.fit(tl.data.DataLoader(data, batch_size=2), epochs=1)
    """

    order: ClassVar[int] = -10

    @checked
    def __init__(self, *, verbose: bool = True) -> None:
        self.verbose = verbose
        self.report: Report | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        if trainer.resumed or trainer.epochs_done:
            return
        self.report = check(
            trainer.model,
            getattr(trainer, "loss", None),
            trainer.optimizer,
            train=_training_data(self, trainer),
            valid=trainer.valid_data,
            forward=forward_on_device(trainer),
        ).raise_if_failed()
        if self.verbose:
            print(self.report, flush=True)


class LearningRateFinder(Callback):
    """Makes a range test (`lr_find`) when `Trainer.fit` begins, and sets the rate that it suggests.

    A resumed run keeps its rate.

    Parameters
    ----------
    method : {"valley", "steepest", "minimum"}
        The suggestion; see `LRSweep.suggestion`.
    min_lr, max_lr : float
        The first and the last rate.
    num_training : int
        Number of steps.

    Attributes
    ----------
    sweep : LRSweep or None
        The result; ``sweep.plot()`` draws it.

    Examples
    --------
    >>> model = tl.nn.Linear(4, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=1e-6)
    >>> finder = tl.train.LearningRateFinder()
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[finder], progress=False)
    >>> x = tl.randn(64, 4)
    >>> history = trainer.fit([(x, x.sum(axis=1, keepdims=True))], epochs=1)
    >>> history[0]["lr"] == finder.sweep.suggestion() > 0.001
    True
    """

    order: ClassVar[int] = -10

    @checked
    def __init__(
        self,
        method: Method = "valley",
        *,
        min_lr: Positive = 1e-7,
        max_lr: Positive = 10.0,
        num_training: Size = 100,
    ) -> None:
        self.method, self.min_lr, self.max_lr, self.num_training = method, min_lr, max_lr, num_training
        self.sweep: LRSweep | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        if trainer.resumed or trainer.epochs_done:
            return
        self.sweep = lr_find(
            trainer.model,
            getattr(trainer, "loss", None),
            trainer.optimizer,
            _training_data(self, trainer),
            min_lr=self.min_lr,
            max_lr=self.max_lr,
            num_training=self.num_training,
            forward=forward_on_device(trainer),
        )
        self.sweep.set_rates(trainer.optimizer, self.method)


def forward_on_device(trainer: Trainer) -> Forward:
    """Return the trainer's forward function for batches as loaders give them."""
    move = mover(trainer.model, trainer.precision)
    return lambda model, batch: trainer.forward(model, move(batch))


def _training_data(callback: Callback, trainer: Trainer) -> Any:
    if trainer.train_data is None:
        name = type(callback).__name__
        raise RuntimeError(
            f"{name} needs the data of Trainer.fit; in a loop of your own, set trainer.train_data before it begins"
        )
    return trainer.train_data
