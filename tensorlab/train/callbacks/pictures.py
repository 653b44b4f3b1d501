"""SamplePictures: figures that a function draws from the model, every few epochs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...nn.module.module import Module
from ...options import Size, checked
from ..trials import preserved
from .base import Callback
from .folders import folder_of
from .tensorboard import TensorBoardLogger

if TYPE_CHECKING:
    from ..trainer import Trainer

FOLDER = "pictures"


class SamplePictures(Callback):
    """Saves figures that a function draws from the model, before the training and every few epochs.

    They become ``pictures/epoch=3.png`` in the trainer's folder, and images in TensorBoard if there is a
    `TensorBoardLogger`. The function gets the model that is evaluated, in evaluation mode; what it does to the model
    and to random states has no effect on the training.

    Parameters
    ----------
    draw : callable
        ``draw(model)`` returns a figure of Matplotlib, or a dict of several by name.
    folder : str or path, optional
        Where to write; by default the folder ``pictures`` in the trainer's.
    every_n_epochs : int
        Distance of the epochs; the last is always drawn.
    name : str
        What the files of a single figure are called before ``epoch=3``; by default nothing.
    dpi : int
        Pixels per inch.

    Examples
    --------
    >>> import tempfile, os
    >>> from matplotlib.figure import Figure
    >>> def draw(model):
    ...     figure = Figure()
    ...     _ = figure.subplots().plot(model(tl.linspace(-1, 1, 20).reshape(-1, 1)).flatten().tolist())
    ...     return figure
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(1, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> pictures = tl.train.SamplePictures(draw, folder)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[pictures], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 1), tl.zeros(4, 1))], epochs=2)
    >>> sorted(os.listdir(folder))
    ['epoch=0.png', 'epoch=1.png', 'epoch=2.png']
    """

    order: ClassVar[int] = 11  # after the loggers, whose files it adds to

    @checked
    def __init__(
        self,
        draw: Callable[[Module], Any],
        folder: str | os.PathLike[str] | None = None,
        *,
        every_n_epochs: Size = 1,
        name: str = "",
        dpi: Size = 120,
    ) -> None:
        self.draw, self.folder = draw, None if folder is None else Path(folder)
        self.every_n_epochs, self.name, self.dpi = every_n_epochs, name, dpi

    def on_fit_start(self, trainer: Trainer) -> None:
        folder_of(self, trainer, FOLDER).mkdir(parents=True, exist_ok=True)
        if not trainer.resumed and not trainer.epochs_done:
            self._save(trainer)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        if trainer.epochs_done % self.every_n_epochs == 0 or trainer.is_last_epoch:
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        model = trainer.evaluated_model
        with preserved(model):
            found = self.draw(model.eval())
        figures: Mapping[str, Any] = found if isinstance(found, Mapping) else {self.name: found}
        for name, figure in figures.items():
            if not hasattr(figure, "savefig"):
                raise TypeError(
                    f"SamplePictures: draw must return a figure of Matplotlib, or a dict of them, not "
                    f"{type(figure).__name__}"
                )
            label = f"{name}-" if name else ""
            figure.savefig(folder_of(self, trainer, FOLDER) / f"{label}epoch={trainer.epochs_done}.png", dpi=self.dpi)
            for logger in trainer.callbacks.instances(TensorBoardLogger):
                logger.add_figure(f"pictures/{name or 'figure'}", figure, trainer)
