"""GradientNorm: how large gradients are, of each layer and all together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ...nn.module.module import Module
from ...ops.arithmetic import maximum
from ...ops.linalg.norms import vector_norm
from ...options import Size, checked
from ...tensor import Tensor, wrapped
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class GradientNorm(Callback):
    """Logs the norms of gradients: the mean and the largest of each epoch, of all gradients and of each layer's.

    They are ``grad_norm`` and ``grad_norm_max``, and with the name of a layer after a slash those of its parameters.
    Norms are those that the optimizer sees, after clipping; they stay on the device until the epoch ends.

    Parameters
    ----------
    per_layer : bool
        Whether to log those of layers.
    every_n_steps : int
        Distance of the steps that count.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(2, 2), tl.nn.Linear(2, 1))
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.MSELoss(), optimizer, callbacks=[tl.train.GradientNorm()], progress=False
    ... )
    >>> history = trainer.fit([(tl.ones(4, 2), tl.ones(4, 1))], epochs=1)
    >>> [name for name in history[0] if name.startswith("grad_norm")]
    ['grad_norm', 'grad_norm_max', 'grad_norm/0', 'grad_norm_max/0', 'grad_norm/1', 'grad_norm_max/1']
    """

    @checked
    def __init__(self, *, per_layer: bool = True, every_n_steps: Size = 1) -> None:
        self.per_layer, self.every_n_steps = per_layer, every_n_steps
        self._layers: list[tuple[str, list[Tensor]]] = []
        self._rows: dict[tuple[str, ...], tuple[Tensor, Tensor, int]] = {}
        """Sum, maximum and number of the norms, by the layers that had gradients."""

    def on_fit_start(self, trainer: Trainer) -> None:
        self._layers = _layers(trainer.model) if self.per_layer else [("", list(trainer.model.parameters()))]

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._rows = {}

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        if trainer.global_step % self.every_n_steps:
            return
        norms = {
            name: [vector_norm(parameter.grad) for parameter in parameters if parameter.grad is not None]
            for name, parameters in self._layers
        }
        if not any(norms.values()):
            return
        key, row = _row({name: of_layer for name, of_layer in norms.items() if of_layer})
        if key in self._rows:
            total, largest, count = self._rows[key]
            self._rows[key] = (total + row, maximum(largest, row), count + 1)
        else:
            self._rows[key] = (row, row, 1)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        sums: dict[str, float] = {}
        largest: dict[str, float] = {}
        counts: dict[str, int] = {}
        for layers, (total, most, count) in self._rows.items():
            names = ("", *layers) if self.per_layer else ("",)
            for name, a, b in zip(names, total.tolist(), most.tolist(), strict=False):
                sums[name] = sums.get(name, 0.0) + a
                largest[name] = max(largest.get(name, b), b)
                counts[name] = counts.get(name, 0) + count
        for name in sums:
            suffix = f"/{name}" if name else ""
            trainer.log(f"grad_norm{suffix}", sums[name] / counts[name])
            trainer.log(f"grad_norm_max{suffix}", largest[name])

    def state_dict(self) -> dict[str, Any]:
        return {"rows": [[list(layers), *row] for layers, row in self._rows.items()]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._rows = {tuple(layers): (total, most, count) for layers, total, most, count in state_dict["rows"]}


def _layers(model: Module) -> list[tuple[str, list[Tensor]]]:
    """Return the parameters of each layer, by its path."""
    found: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        found.setdefault(name.rpartition(".")[0] or name, []).append(parameter)
    return list(found.items())


def _row(norms: dict[str, list[Tensor]]) -> tuple[tuple[str, ...], Tensor]:
    """Return the names of layers, and the norm of everything before the norms of each, from those of parameters."""
    everything = _stacked([norm for of_layer in norms.values() for norm in of_layer])
    if len(norms) == 1:
        return tuple(norms), _stacked([vector_norm(everything)] * 2)
    stops = list(accumulate(map(len, norms.values())))
    parts = [everything[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]
    return tuple(norms), _stacked([vector_norm(part) for part in (everything, *parts)])


def _stacked(numbers: list[Tensor]) -> Tensor:
    """Return 0-d tensors as a vector on the device of the first."""
    first = numbers[0]._array
    if any(x._array.dtype != first.dtype for x in numbers) or len({x.device for x in numbers}) > 1:
        numbers = [x.to(numbers[0]) for x in numbers]
    return wrapped(numbers[0].backend.xp.stack([x._array for x in numbers]))
