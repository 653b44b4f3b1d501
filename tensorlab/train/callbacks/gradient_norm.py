"""GradientNorm: how large gradients are, of each layer and all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...autodiff.graph import no_grad
from ...nn.utils import get_total_norm
from ...ops.arithmetic import maximum
from ...ops.joining import stack
from ...options import Size, checked
from ...tensor import Tensor
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
        self._rows: dict[tuple[str, ...], tuple[Tensor, Tensor, int]] = {}
        """Sum, maximum and number of the norms, by the layers that had gradients."""

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._rows = {}

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        if trainer.global_step % self.every_n_steps:
            return
        grads = _by_layer(trainer)
        if not grads:
            return
        with no_grad():
            norms = [get_total_norm(of_layer) for of_layer in grads.values()]
            row = stack([get_total_norm(norms), *norms] if self.per_layer else [get_total_norm(norms)])
        key = tuple(grads) if self.per_layer else ()
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
            for name, a, b in zip(("", *layers), total.tolist(), most.tolist()):
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


def _by_layer(trainer: Trainer) -> dict[str, list[Tensor]]:
    """Return the gradients of each layer that has any."""
    found: dict[str, list[Tensor]] = {}
    for name, parameter in trainer.model.named_parameters():
        if parameter.grad is not None:
            found.setdefault(name.rpartition(".")[0] or name, []).append(parameter.grad)
    return found
