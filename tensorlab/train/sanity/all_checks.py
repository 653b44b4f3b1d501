"""All sanity checks at once."""

from __future__ import annotations

from ...autodiff.tree import mapped
from ...nn.module.module import Module
from ...optim.optimizer import Optimizer
from ...options import Size, checked
from ..checks import LossFunction
from ..trials import Forward, first_batch
from .data_checks import Data, finite_data, no_shared_samples
from .model_checks import gradients, initial_loss, overfits_one_batch
from .report import Check, Report


@checked
def check(
    model: Module,
    loss: LossFunction | None,
    optimizer: Optimizer | None = None,
    *,
    train: Data,
    valid: Data | None = None,
    samples: Size = 32,
    forward: Forward | None = None,
) -> Report:
    """Run all sanity checks before training; everything is as before afterwards.

    Parameters
    ----------
    model : Module
        The model, not yet trained.
    loss : callable
        ``loss(outputs, targets)`` returns a 0-d tensor.
    optimizer : Optimizer, optional
        Optimizer for `overfits_one_batch`; `Adam` with a rate of 0.003 if not given.
    train : DataLoader, or iterable of batches
        Data for training; the first batch is that for the checks of the model.
    valid : DataLoader, or iterable of batches, optional
        Held-out data.
    samples : int
        Largest number of samples that `overfits_one_batch` learns.
    forward : callable, optional
        ``forward(model, batch)`` returns loss, outputs and targets, for batches that are not pairs.

    Returns
    -------
    Report
        Its ``raise_if_failed()`` raises `SanityError`.

    Examples
    --------
    >>> data = tl.data.TensorDataset(tl.randn(64, 4), tl.arange(64) % 3)
    >>> loader = tl.data.DataLoader(data, batch_size=32)
    >>> model = tl.nn.Sequential(tl.nn.Linear(4, 64), tl.nn.Tanh(), tl.nn.Linear(64, 3))
    >>> report = tl.train.sanity.check(model, tl.nn.functional.cross_entropy, train=loader)
    >>> report["finite_data"].message, bool(report)
    ('all 64 samples are finite', True)
    """
    checks = [finite_data(train)]
    if valid is not None:
        checks.append(_renamed(finite_data(valid), "finite_data (valid)"))
        checks.append(no_shared_samples(train, valid))
    batch = first_batch("check", train)
    few = mapped(lambda part: part[:samples] if getattr(part, "shape", ()) else part, batch)
    checks += [
        initial_loss(model, loss, batch, forward=forward),
        gradients(model, loss, batch, forward=forward),
        overfits_one_batch(model, loss, few, optimizer, forward=forward),
    ]
    return Report(tuple(checks))


def _renamed(check: Check, name: str) -> Check:
    return Check(name, check.passed, check.message, check.details)
