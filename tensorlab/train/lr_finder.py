"""The learning rate range test (Smith, 2017): the loss while the rate grows, and the rates that it suggests."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, log, sqrt
from typing import Annotated, Any, Literal

from ..nn.module.module import Module
from ..optim.axes import Axes
from ..optim.optimizer import Optimizer
from ..options import BelowOne, Positive, Size, checked
from ..options.kinds import Ordered, Real
from .checks import LossFunction
from .trials import Forward, forward_of, preserved, require_repeatable, step_on

Batches = Annotated[Iterable[Any], Ordered("an iterable of batches")]
Method = Literal["valley", "steepest", "minimum"]
SKIPPED_BEGIN, SKIPPED_END = 5, 1
"""Steps that suggestions do not look at: the average has few losses in the first, the last may be the divergence."""
STEEP_PART = (0.1, 0.9)
"""The fractions of its whole fall between which the loss falls steeply, whatever the noise before and after."""


@dataclass(frozen=True)
class LRSweep:
    """The losses of a sweep over learning rates; see `lr_find`.

    Attributes
    ----------
    rates : tuple of float
        The rate of each step, of the group of parameters with the largest one.
    losses : tuple of float
        The loss of each step.
    smoothed : tuple of float
        Exponential averages of the losses, without the bias of the first ones.
    diverged : bool
        Whether the sweep was stopped because the loss had diverged.

    Examples
    --------
    >>> rates = [10.0**power for power in range(-7, 2)]
    >>> losses = (2.0, 2.0, 2.0, 1.9, 1.6, 1.0, 0.9, 1.5, 9.0)
    >>> sweep = tl.train.LRSweep(tuple(rates), losses, losses, diverged=True)
    >>> f"{sweep.suggestion('minimum'):.0e}"
    '1e-02'
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: bool

    @checked
    def suggestion(self, method: Method = "valley") -> float:
        """Return a rate with which the loss falls fast and safely.

        Parameters
        ----------
        method : {"valley", "steepest", "minimum"}
            ``"valley"`` is the middle, on a logarithmic scale, between the rates at which the smoothed loss has done
            one tenth and nine tenths of its fall; ``"steepest"`` the rate at which it falls most steeply; ``"minimum"``
            a tenth of the rate at which it is least.

        Raises
        ------
        ValueError
            If the loss never falls.

        Examples
        --------
        >>> losses = (2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.8, 1.0, 0.8, 0.9, 9.0)
        >>> sweep = tl.train.LRSweep(tuple(10.0**power for power in range(-9, 2)), losses, losses, diverged=True)
        >>> [f"{sweep.suggestion(method):.1e}" for method in ("valley", "steepest", "minimum")]
        ['1.0e-02', '1.0e-03', '1.0e-02']
        """
        begin = min(SKIPPED_BEGIN, max(len(self.rates) - 3, 0))
        end = max(len(self.rates) - SKIPPED_END, 1)
        rates, losses = self.rates[begin:end], self.smoothed[begin:end]
        lowest = losses.index(min(losses))
        if lowest == 0:
            raise ValueError(
                "suggestion: the loss never falls; sweep over other rates, or look for a fault with train.sanity.check"
            )
        if method == "minimum":
            return rates[lowest] / 10
        if method == "valley":
            levels = [losses[0] - part * (losses[0] - losses[lowest]) for part in STEEP_PART]
            ends = [next(step for step, value in enumerate(losses) if value <= level) for level in levels]
            return sqrt(rates[ends[0]] * rates[ends[1]])
        slopes = [after - before for before, after in pairwise(losses)]
        return rates[slopes.index(min(slopes))]

    @checked
    def set_rates(self, optimizer: Optimizer, method: Method = "valley") -> float:
        """Set the learning rates of an optimizer to the suggestion, which is returned.

        The largest of the groups' rates becomes the suggestion; the others keep their ratios to it. A schedule that was
        made before goes on from there, if it multiplies the rates that it finds; otherwise make it afterwards.

        Examples
        --------
        >>> losses = (2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.8, 1.0, 0.8, 0.9, 9.0)
        >>> sweep = tl.train.LRSweep(tuple(10.0**power for power in range(-9, 2)), losses, losses, diverged=True)
        >>> groups = [{"params": [tl.zeros(1)], "lr": 1e-5}, {"params": [tl.zeros(1)], "lr": 1e-4}]
        >>> optimizer = tl.optim.SGD(groups)
        >>> rate = sweep.set_rates(optimizer)
        >>> [f"{group['lr']:.0e}" for group in optimizer.param_groups]
        ['1e-03', '1e-02']
        """
        rate = self.suggestion(method)
        for group, ratio in zip(optimizer.param_groups, ratios_of(optimizer), strict=True):
            group["lr"] = rate * ratio
        return rate

    @checked
    def plot(self, ax: Axes | None = None, method: Method | None = "valley") -> Any:
        """Draw the losses over the rates, and the suggestion, with Matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on; by default those of a new figure.
        method : {"valley", "steepest", "minimum"}, optional
            The suggestion that is marked, unless the loss never falls.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If Matplotlib is not installed.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> losses = (2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.8, 1.0, 0.8, 0.9, 9.0)
        >>> sweep = tl.train.LRSweep(tuple(10.0**power for power in range(-9, 2)), losses, losses, diverged=True)
        >>> sweep.plot(Figure().subplots()).axes[0].get_xscale()
        'log'
        """
        from ..viz.style import FAINT, PALETTE, axes_on, dress, figure_of, legend

        ax = axes_on("LRSweep.plot", ax)
        ax.plot(self.rates, self.losses, color=FAINT, linewidth=0.8, label="loss of each step")
        ax.plot(self.rates, self.smoothed, color=PALETTE[0], label="smoothed")
        try:
            rate = None if method is None else self.suggestion(method)
        except ValueError:
            rate = None
        if rate is not None:
            height = self.smoothed[min(range(len(self.rates)), key=lambda step: abs(log(self.rates[step] / rate)))]
            ax.plot([rate], [height], "o", color=PALETTE[1], label=f"{method}: {rate:.2g}")
        ax.set_xscale("log")
        ax.set_ylim(*self._limits())
        dress(ax, "Learning rate range test", "learning rate", "loss")
        legend(ax, loc="lower left")
        return figure_of(ax)

    def _limits(self) -> tuple[float, float]:
        """Return limits of the loss axis that show the fall rather than the divergence."""
        finite = [value for value in self.losses if isfinite(value)] or [0.0]
        low, first = min(finite), self.smoothed[0]
        margin = 0.15 * max(first - low, 1e-3 * abs(first), 1e-9)
        return low - margin, max(first, low) + 3 * margin


def ratios_of(optimizer: Optimizer) -> list[float]:
    """Return the learning rate of each group as a fraction of the largest; 1 for all if they are zero."""
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    return [rate / max(rates) if max(rates) > 0 else 1.0 for rate in rates]


@checked
def lr_find(
    model: Module,
    loss: LossFunction | None,
    optimizer: Optimizer,
    data: Batches,
    *,
    min_lr: Positive = 1e-7,
    max_lr: Positive = 10.0,
    num_training: Size = 100,
    smoothing: BelowOne = 0.8,
    early_stop_threshold: Annotated[float, Real(1, inf, "(]")] = 4.0,
    forward: Forward | None = None,
) -> LRSweep:
    """Train for some steps while the learning rate grows exponentially, and record the loss (Smith, 2017).

    Model, loss, optimizer, loader and random states are as before afterwards, bit for bit, also after an error or an
    interrupt; a schedule is not stepped.

    Parameters
    ----------
    model : Module
        The model, which is trained in training mode.
    loss : callable
        ``loss(outputs, targets)`` returns a 0-d tensor.
    optimizer : Optimizer
        Optimizer of the model. Its groups keep the ratios of their rates.
    data : DataLoader, or iterable of batches
        Batches ``(inputs, targets)``, read again from the beginning when there are no more.
    min_lr, max_lr : float
        The first and the last rate, of the group with the largest one.
    num_training : int
        Number of steps, at least 10 to be of use.
    smoothing : float
        Weight of the average so far when the losses are averaged.
    early_stop_threshold : float
        The sweep stops when the smoothed loss is more than so many times the least so far, or not finite.
    forward : callable, optional
        ``forward(model, batch)`` returns loss, outputs and targets, for batches that are not pairs.

    Returns
    -------
    LRSweep
        With ``suggestion()``, ``plot()`` and ``set_rates(optimizer)``.

    Raises
    ------
    TypeError
        If `data` is an iterator, whose batches would be lost, or a batch is not a pair.
    ValueError
        If `min_lr` is not less than `max_lr`, or there are no batches.

    Examples
    --------
    >>> x = tl.randn(64, 4)
    >>> batches = [(x, x.sum(axis=1, keepdims=True))]
    >>> model = tl.nn.Linear(4, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> sweep = tl.train.lr_find(model, tl.nn.functional.mse_loss, optimizer, batches)
    >>> 0.001 < sweep.suggestion() < 1, sweep.diverged
    (True, True)
    """
    if min_lr >= max_lr:
        raise ValueError(f"lr_find: min_lr must be less than max_lr={max_lr:g}, not {min_lr:g}")
    require_repeatable("lr_find", data)
    forward = forward_of("lr_find", loss, forward)
    ratios, factor = ratios_of(optimizer), (max_lr / min_lr) ** (1 / max(num_training - 1, 1))
    rates: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    average, diverged = 0.0, False
    with preserved(model, loss, optimizer, data), closing(_endless(data)) as batches:
        model.train()
        for step, batch in zip(range(num_training), batches, strict=False):
            rates.append(min_lr * factor**step)
            for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
                group["lr"] = rates[-1] * ratio
            losses.append(float(step_on(model, forward, optimizer, batch)[0]))
            average = smoothing * average + (1 - smoothing) * losses[-1]
            smoothed.append(average / (1 - smoothing ** (step + 1)))
            if diverged := _has_diverged(smoothed, early_stop_threshold):
                break
    return LRSweep(tuple(rates), tuple(losses), tuple(smoothed), diverged)


def _has_diverged(smoothed: list[float], threshold: float) -> bool:
    least = min(smoothed)
    return not isfinite(smoothed[-1]) or smoothed[-1] - least > (threshold - 1) * abs(least)


def _endless(data: Iterable[Any]) -> Generator[Any, None, None]:
    while True:
        empty = True
        for batch in data:
            empty = False
            yield batch
        if empty:
            raise ValueError("lr_find: data has no batches")
