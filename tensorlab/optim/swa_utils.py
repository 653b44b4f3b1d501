"""Averages of a model along its training: PyTorch's ``torch.optim.swa_utils``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain, repeat
from operator import setitem
from typing import Annotated, Any

from ..autodiff.graph import no_grad
from ..backend.dtypes import int64
from ..nn.layers.batchnorm import _BatchNorm
from ..nn.module.module import Module
from ..ops.creation import DeviceLike, zeros
from ..options import Fraction, checked
from ..options.kinds import Ordered
from ..tensor import Tensor
from .lr_scheduler import SWALR

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AvgFn = Callable[[Tensor, Tensor, Tensor], Tensor]
MultiAvgFn = Callable[[list[Tensor], list[Tensor], Tensor], Any]
Pairs = list[tuple[Tensor, Tensor]]
Batches = Annotated[Iterable[Any], Ordered("an iterable of batches")]


def get_swa_avg_fn() -> AvgFn:
    """Return the function for `AveragedModel` with equal weights of all models (Izmailov et al., 2018).

    It is ``f(average, current, num_averaged) = average + (current - average) / (num_averaged + 1)``.

    Examples
    --------
    >>> average = tl.optim.swa_utils.get_swa_avg_fn()
    >>> average(tl.tensor([1.0]), tl.tensor([4.0]), tl.tensor(2))
    tensor([2.])
    """
    return no_grad()(_swa_update)


def _swa_update(average: Tensor, current: Tensor, num_averaged: Tensor) -> Tensor:
    return average + (current - average) / (num_averaged + 1)


@checked
def get_ema_avg_fn(decay: Fraction = 0.999) -> AvgFn:
    """Return the function for `AveragedModel` that forgets earlier models exponentially (Polyak and Juditsky, 1992).

    It is ``f(average, current, num_averaged) = decay * average + (1 - decay) * current``.

    Parameters
    ----------
    decay : float
        The weight of the average so far, from 0 to 1.

    Raises
    ------
    ValueError, TypeError
        If `decay` is not a number from 0 to 1.

    Examples
    --------
    >>> average = tl.optim.swa_utils.get_ema_avg_fn(0.75)
    >>> average(tl.tensor([0.0]), tl.tensor([4.0]), tl.tensor(2))
    tensor([1.])
    """
    return no_grad()(_ema_update(decay))


def _ema_update(decay: float) -> AvgFn:
    def ema_update(average: Tensor, current: Tensor, num_averaged: Tensor) -> Tensor:
        return decay * average + (1 - decay) * current

    return ema_update


def get_swa_multi_avg_fn() -> MultiAvgFn:
    """Return `get_swa_avg_fn` for lists: ``f(averages, currents, num_averaged)`` writes the averages in place.

    Examples
    --------
    >>> averages = [tl.tensor([1.0]), tl.tensor([0.0])]
    >>> tl.optim.swa_utils.get_swa_multi_avg_fn()(averages, [tl.tensor([4.0]), tl.tensor([6.0])], tl.tensor(2))
    >>> averages
    [tensor([2.]), tensor([2.])]
    """
    return _in_place(_swa_update)


@checked
def get_ema_multi_avg_fn(decay: Fraction = 0.999) -> MultiAvgFn:
    """Return `get_ema_avg_fn` for lists: ``f(averages, currents, num_averaged)`` writes the averages in place.

    Examples
    --------
    >>> averages = [tl.tensor([0.0]), tl.tensor([4.0])]
    >>> tl.optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [tl.tensor([4.0]), tl.tensor([0.0])], tl.tensor(2))
    >>> averages
    [tensor([1.]), tensor([3.])]
    """
    return _in_place(_ema_update(decay))


def _in_place(avg_fn: AvgFn) -> MultiAvgFn:
    """Return a function that writes the averages of several tensors where the averages are."""

    def update(averages: list[Tensor], currents: list[Tensor], num_averaged: Tensor) -> None:
        with no_grad():
            for average, current in zip(averages, currents, strict=True):
                _put(average, avg_fn(average, current, num_averaged))

    return update


def _put(target: Tensor, value: Tensor) -> None:
    """Write into a tensor's own memory; whole numbers, such as counts of batches, drop the rest."""
    target[...] = value if value.dtype == target.dtype else value.to(dtype=target.dtype)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over those that the model had (Izmailov et al., 2018).

    The averages have their own memory. Buffers are those of the model at the last update, or averages as well;
    `update_bn` computes the running statistics for the averaged parameters.

    Parameters
    ----------
    model : Module
        The model to copy and to average.
    device : str or Device, optional
        Device of the averages; by default that of the model.
    avg_fn : callable, optional
        ``avg_fn(average, current, num_averaged)`` returns the new average of a parameter.
    multi_avg_fn : callable, optional
        ``multi_avg_fn(averages, currents, num_averaged)`` writes the new averages in place; called for each device and
        data type. Without either function all models have equal weight.
    use_buffers : bool
        Whether to average buffers too instead of copying them.

    Attributes
    ----------
    module : Module
        The averaged copy.
    n_averaged : Tensor
        Number of averaged models: a buffer, 0-d, int64. The functions get it as ``num_averaged``.

    Raises
    ------
    TypeError
        If `model` is not a module.
    ValueError
        If both functions are given.

    Examples
    --------
    >>> model = tl.nn.Linear(1, 1, bias=False)
    >>> averaged = tl.optim.swa_utils.AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     _ = model.load_state_dict({"weight": [[weight]]})
    ...     averaged.update_parameters(model)
    >>> averaged.state_dict()
    {'n_averaged': tensor(3), 'module.weight': tensor([[3.]])}
    """

    _nonnegative = frozenset({"n_averaged"})

    n_averaged: Tensor

    @checked
    def __init__(
        self,
        model: Module,
        device: DeviceLike = None,
        avg_fn: AvgFn | None = None,
        multi_avg_fn: MultiAvgFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: avg_fn and multi_avg_fn are mutually exclusive")
        self.module = _without_gradients(model)
        if device is not None:
            self.module.to(device=device)
        self.register_buffer("n_averaged", zeros((), dtype=int64, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @checked
    def update_parameters(self, model: Module) -> None:
        """Update the averages by the model's present parameters; the first time these are copied.

        Raises
        ------
        ValueError
            If its parameters or buffers differ in number or shape from those that are averaged; nothing has changed
            then.
        """
        parameters = _paired("parameters", self.module.parameters(), model.parameters())
        buffers = _paired("buffers", self.module.buffers(), model.buffers())
        averaged, copied = (parameters + buffers, []) if self.use_buffers else (parameters, buffers)
        if int(self.n_averaged) == 0:
            averaged, copied = [], parameters + buffers
        for pairs in _by_kind(averaged):
            self._average([average for average, _ in pairs], [current for _, current in pairs])
        with no_grad():
            for average, current in copied:
                _put(average, current)
        self.n_averaged += 1

    def _average(self, averages: list[Tensor], currents: list[Tensor]) -> None:
        update = self.multi_avg_fn or _in_place(self.avg_fn or get_swa_avg_fn())
        with no_grad():
            update(averages, currents, self.n_averaged.to(device=averages[0].device))


def _without_gradients(model: Module) -> Module:
    """Return a copy without gradients, which are not needed and cannot be copied if they have a history."""
    gradients = {parameter: parameter.grad for parameter in model.parameters()}
    try:
        model.zero_grad()
        return deepcopy(model)
    finally:
        for parameter, grad in gradients.items():
            parameter.grad = grad


def _paired(what: str, own: Iterable[Tensor], others: Iterable[Tensor]) -> Pairs:
    """Return (average, current) pairs without history, the current one where the average is and of its type."""
    averages, currents = list(own), list(others)
    ours, theirs = [x.shape for x in averages], [x.shape for x in currents]
    if ours != theirs:
        raise ValueError(
            f"update_parameters: the {what} of model have the shapes {theirs}, not those that are averaged, {ours}"
        )
    return [
        (average, current if _same_kind(average, current) else current.to(dtype=average.dtype, device=average.device))
        for average, current in zip(map(Tensor.detach, averages), map(Tensor.detach, currents))
    ]


def _same_kind(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device


def _by_kind(pairs: Pairs) -> Iterable[Pairs]:
    """Return the pairs, grouped by device and data type."""
    groups: dict[Any, Pairs] = {}
    for pair in pairs:
        groups.setdefault((pair[0].device, pair[0].dtype), []).append(pair)
    return groups.values()


@no_grad()
@checked
def update_bn(loader: Batches, model: Module, device: DeviceLike = None) -> None:
    """Recompute the running statistics of all batch normalization, as means over the batches of one pass.

    The model runs in training mode meanwhile; each module's mode and momentum are restored, also after an error or
    an interrupt. A model without batch normalization does not run.

    Parameters
    ----------
    loader : iterable
        Batches: inputs, or tuples or lists that begin with them.
    model : Module
        Such as an `AveragedModel`, after its last update.
    device : str or Device, optional
        Device to which each batch is moved.

    Examples
    --------
    >>> model = tl.nn.BatchNorm1d(1)
    >>> tl.optim.swa_utils.update_bn([tl.tensor([[1.0], [3.0]]), tl.tensor([[5.0], [7.0]])], model)
    >>> model.running_mean, model.running_var
    (tensor([4.]), tensor([2.]))
    """
    modes = {module: module.training for module in model.modules()}
    momenta = {module: module.momentum for module in modes if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    restoring = chain(  # in the finally clause one call in C does it, which no interrupt can divide
        map(setitem, list(map(vars, momenta)), repeat("momentum"), list(momenta.values())),
        map(setitem, list(map(vars, modes)), repeat("training"), list(modes.values())),
    )
    try:
        model.train()
        for norm in momenta:
            norm.reset_running_stats()
            norm.momentum = None  # the mean of all batches
        for number, batch in enumerate(loader):
            if isinstance(batch, list | tuple) and not batch:
                raise ValueError(f"update_bn: batch {number} of loader is empty")
            inputs = batch[0] if isinstance(batch, list | tuple) else batch
            try:
                model(inputs if device is None else inputs.to(device=device))
            except (TypeError, ValueError) as error:
                error.args = (f"update_bn: the model does not take batch {number} of loader: {error}",)
                raise
    finally:
        list(restoring)
