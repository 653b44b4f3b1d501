"""TensorBoardLogger: scalars, histograms, pictures and text for TensorBoard."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, ClassVar

from ...ops.creation import asarray
from ...options import Size, checked
from ...tensor import Tensor
from .base import Callback
from .folders import folder_of
from .json_lines import truncate

if TYPE_CHECKING:
    from ..trainer import Trainer

EVENTS = "events.out.tfevents.*"
FOLDER = "tensorboard"
NOT_DRAWN = ("epoch", "step")


class TensorBoardLogger(Callback):
    """Writes what is logged for TensorBoard, in files that ``tensorboard --logdir runs`` shows.

    The horizontal axis counts steps of the optimizer. Values of training and held-out data share a chart, such as
    ``loss/train`` and ``loss/valid``. The model and the optimizer are written as text. A resumed run
    continues after the events up to its checkpoint, so that no step appears twice; a new run replaces the events of an
    earlier one.

    Parameters
    ----------
    folder : str or path, optional
        Where to write; by default the folder ``tensorboard`` in the trainer's.
    every_n_steps : int, optional
        Writes the loss of a batch (``loss/step``) and the learning rate after this many steps. By default no steps are
        written.
    hparams : mapping from str to number, str or bool, optional
        Hyperparameters for TensorBoard's table of runs, beside the last values of the run.

    Raises
    ------
    ImportError
        When the training begins, if tensorboardX is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> logger = tl.train.TensorBoardLogger(folder)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[logger], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> len(list(pathlib.Path(folder).glob("events.out.tfevents.*")))
    1
    """

    order: ClassVar[int] = 10

    @checked
    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        every_n_steps: Size | None = None,
        hparams: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.every_n_steps, self.hparams = every_n_steps, dict(hparams or {})
        self._events: EventFile | None = None
        self._lengths: dict[str, int] = {}
        """The lengths of the event files at the checkpoint, by name."""

    def on_fit_start(self, trainer: Trainer) -> None:
        continued, folder = trainer.resumed or trainer.epochs_done > 0, folder_of(self, trainer, FOLDER)
        if not continued or trainer.resumed:
            _keep(folder, self._lengths if trainer.resumed else {})
        # The events that are purged here are gone already, except from a TensorBoard that has read them.
        self._events = EventFile(folder, purge_from=trainer.global_step + 1 if continued else None)
        if not continued:
            for name, thing in (("model", trainer.model), ("optimizer", trainer.optimizer)):
                self._events.add("text", 0, name, _preformatted(thing))

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        every = self.every_n_steps
        if every is None or trainer.updates.pending or trainer.global_step % every:
            return
        assert trainer.last_loss is not None
        for name, value in {"loss/step": trainer.last_loss.item(), **trainer.rates()}.items():
            self._add("scalar", trainer, name, value)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        left_out = {*NOT_DRAWN, *(trainer.rates() if self.every_n_steps else ())}
        for tag, value in _tagged(trainer, trainer.logged).items():
            if tag not in left_out:
                self._add("scalar", trainer, tag, value)
        assert self._events is not None
        self._events.flush()  # for a TensorBoard that shows the run while it goes on

    def on_fit_end(self, trainer: Trainer) -> None:
        if self.hparams and trainer.history:
            self._add("hparams", trainer, self.hparams, _tagged(trainer, trainer.history[-1]))
        self._close()

    def on_exception(self, trainer: Trainer, exception: BaseException) -> None:
        self._close()

    def add_histogram(
        self, tag: str, counts: Sequence[int], edges: Sequence[float], values: Tensor, trainer: Trainer
    ) -> None:
        """Write a histogram of values, at the present step."""
        statistics = (values.min(), values.max(), values.sum(), (values * values).sum())
        low, high, total, squares = (float(number) for number in statistics)
        count = values.nelement()
        self._add("histogram_raw", trainer, tag, low, high, count, total, squares, list(edges[1:]), list(counts))

    def add_figure(self, tag: str, figure: Any, trainer: Trainer) -> None:
        """Write a figure of Matplotlib, at the present step."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = asarray(canvas.buffer_rgba())[..., :3]
        self._add("image", trainer, tag, pixels.numpy(), dataformats="HWC")

    def _add(self, kind: str, trainer: Trainer, *arguments: Any, **options: Any) -> None:
        assert self._events is not None
        self._events.add(kind, trainer.global_step, *arguments, **options)

    def _close(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None

    def state_dict(self) -> dict[str, Any]:
        return {} if self._events is None else {"lengths": self._events.lengths()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._lengths = dict(state_dict["lengths"])


class EventFile:
    """A new file of events in a folder. What is added is written at once, so that a checkpoint can rely on it.

    Parameters
    ----------
    folder : path
        The folder, which is made if there is none.
    purge_from : int, optional
        The step from which on TensorBoard forgets the events of earlier files.

    Raises
    ------
    ImportError
        If tensorboardX is not installed.
    """

    def __init__(self, folder: Path, purge_from: int | None) -> None:
        try:
            from tensorboardX import summary
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import Event, SessionLog
        except ImportError as error:
            message = (
                "TensorBoardLogger needs tensorboardX, which is not installed: pip install 'tensorlab[tensorboard]'"
            )
            raise ImportError(message) from error
        self._summary, self._event, self._folder = summary, Event, folder
        folder.mkdir(parents=True, exist_ok=True)
        # Files of the same second are told apart by a number.
        self._writer = EventsWriter(str(folder / "events"), filename_suffix=f".{len(list(folder.glob(EVENTS)))}")
        if purge_from is not None:
            start = SessionLog(status=SessionLog.START)
            self._writer.write_event(Event(wall_time=time(), step=purge_from, session_log=start))

    def add(self, kind: str, step: int, *arguments: Any, **options: Any) -> None:
        """Write what a function of ``tensorboardX.summary`` makes of the arguments."""
        made = getattr(self._summary, kind)(*arguments, **options)
        for part in made if isinstance(made, tuple) else (made,):
            self._writer.write_event(self._event(wall_time=time(), step=step, summary=part))

    def lengths(self) -> dict[str, int]:
        """Return the lengths of all event files in the folder, by name; what was added is in them."""
        self.flush()
        return {path.name: path.stat().st_size for path in self._folder.glob(EVENTS)}

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def _keep(folder: Path, lengths: Mapping[str, int]) -> None:
    """Cut the event files of a folder to these lengths; files without one are removed."""
    for path in folder.glob(EVENTS):
        if path.name in lengths:
            truncate(path, lengths[path.name])
        else:
            path.unlink()


def _tagged(trainer: Trainer, values: Mapping[str, Any]) -> dict[str, float]:
    """Return the logged numbers by TensorBoard's tags: training and held-out data share what is before the slash."""
    of_training = {"loss", *trainer.tally.metrics}
    return {_tag(name, of_training): value for name, value in values.items() if isinstance(value, int | float)}


def _tag(name: str, of_training: set[str]) -> str:
    if name.startswith("valid_"):
        return f"{name.removeprefix('valid_')}/valid"
    return f"{name}/train" if name in of_training else name


def _preformatted(thing: object) -> str:
    """Return a repr as Markdown that keeps its lines."""
    return "\n".join(f"    {line}" for line in repr(thing).splitlines())
