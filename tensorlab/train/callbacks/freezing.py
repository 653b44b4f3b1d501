"""Freeze: parameters that are not trained in some of the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from ...nn.layers.batchnorm import _BatchNorm
from ...nn.module.module import Module
from ...options import Count, Size, checked
from ...tensor import Tensor
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class Freeze(Callback):
    """Keeps parameters fixed up to an epoch, or from an epoch on.

    Frozen parameters require no gradient: backward passes leave them out, and the optimizer skips them, weight decay
    and momentum included; what it keeps for them stays as it is until they are trained again. Batch normalization among
    them runs in evaluation mode, so that its statistics are fixed as well. Parameters that were frozen before stay so.
    Several callbacks unfreeze a network step by step::

        callbacks = [Freeze("features.*", until=5), Freeze("features.0.*", until=8)]

    Parameters
    ----------
    names : str or sequence of str
        Names of parameters, as `Module.named_parameters` gives them, or patterns: ``*`` stands for any characters,
        ``?`` for one.
    start : int
        Number of epochs before they are frozen.
    until : int, optional
        Number of epochs after which they are trained; by default they stay frozen to the end.
    batch_norm : bool
        Whether batch normalization that a pattern matches is put into evaluation mode.

    Raises
    ------
    ValueError
        When the training begins, if a pattern matches no parameter; or if `until` is not greater than `start`.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(2, 4), tl.nn.Tanh(), tl.nn.Linear(4, 1))
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> freeze = tl.train.Freeze("0.*", until=2)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[freeze], progress=False)
    >>> before = model[0].weight.tolist()
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=2)
    >>> model[0].weight.tolist() == before
    True
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=1)
    >>> model[0].weight.tolist() == before
    False
    """

    order: ClassVar[int] = -20

    @checked
    def __init__(
        self, names: str | Sequence[str], *, start: Count = 0, until: Size | None = None, batch_norm: bool = True
    ) -> None:
        if until is not None and until <= start:
            raise ValueError(f"Freeze: until must be greater than start={start}, not {until}")
        self.patterns = (names,) if isinstance(names, str) else tuple(names)
        self.start, self.until, self.batch_norm = start, until, batch_norm
        self._frozen: list[Tensor] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        known = [name for name, _ in trainer.model.named_parameters()]
        for pattern in self.patterns:
            if not any(fnmatchcase(name, pattern) for name in known):
                raise ValueError(f"Freeze: names={pattern!r} matches no parameter; there are {', '.join(known)}")
        self._apply(trainer.model, trainer.epoch if trainer.in_epoch else trainer.epochs_done)

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._apply(trainer.model, trainer.epoch)

    def _apply(self, model: Module, epoch: int) -> None:
        if self.start <= epoch and (self.until is None or epoch < self.until):
            self._freeze(model)
        elif self._frozen is not None:
            for parameter in self._frozen:
                parameter.requires_grad = True
            self._frozen = None

    def _freeze(self, model: Module) -> None:
        if self._frozen is None:
            matching = [x for name, x in model.named_parameters() if self._matches(name)]
            self._frozen = [parameter for parameter in matching if parameter.requires_grad]
            for parameter in self._frozen:
                parameter.requires_grad, parameter.grad = False, None
        for path, module in model.named_modules():
            if self.batch_norm and isinstance(module, _BatchNorm) and self._matches(f"{path}.weight".lstrip(".")):
                module.training = False

    def _matches(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.patterns)
