"""Sanity checks of a model, its loss and its optimizer on one batch."""

from __future__ import annotations

from math import isfinite
from typing import Any

from ...autodiff.graph import no_grad
from ...nn.module.module import Module
from ...ops.creation import asarray
from ...optim.adam import Adam
from ...optim.optimizer import Optimizer
from ...options import NonNegative, Positive, Size, checked
from ...tensor import Tensor
from ..checks import LossFunction
from ..trials import Forward, forward_of, preserved, step_on
from .chance import chance, classes_of
from .report import Check, listed


@checked
def overfits_one_batch(
    model: Module,
    loss: LossFunction | None,
    batch: Any,
    optimizer: Optimizer | None = None,
    *,
    steps: Size = 200,
    tolerance: Positive = 0.1,
    forward: Forward | None = None,
) -> Check:
    """Check that the model can learn one batch by heart.

    A model that cannot has a fault that a long training does not cure: outputs that do not depend on the parameters, a
    gradient that is cut, or labels in the wrong order. The model is trained in training mode until the batch is
    learned: the loss has fallen to `tolerance` times its first value, or every class is predicted. If the optimizer's
    learning rate is too small for that, it is tried ten and a hundred times as large. Model, optimizer and random
    states are as before afterwards, bit for bit.

    Parameters
    ----------
    model : Module
        The model.
    loss : callable
        ``loss(outputs, targets)`` returns a 0-d tensor.
    batch : tuple
        ``(inputs, targets)``: a few samples, which the model can distinguish.
    optimizer : Optimizer, optional
        Optimizer of the model, at its initial learning rates if a schedule has changed them; by default `Adam` with
        a rate of 0.003.
    steps : int
        Largest number of steps with each learning rate.
    tolerance : float
        Fraction of the first loss that counts as learned.
    forward : callable, optional
        ``forward(model, batch)`` returns loss, outputs and targets, for batches that are not pairs.

    Returns
    -------
    Check
        With the ``losses`` of all steps in `details`; those with the optimizer's rate, if no rate was large enough.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(2, 16), tl.nn.Tanh(), tl.nn.Linear(16, 2))
    >>> batch = tl.tensor([[0.0, 1.0], [1.0, 0.0]]), tl.tensor([0, 1])
    >>> bool(tl.train.sanity.overfits_one_batch(model, tl.nn.functional.cross_entropy, batch))
    True
    """
    optimizer = Adam(model.parameters(), lr=3e-3) if optimizer is None else optimizer
    forward = forward_of("overfits_one_batch", loss, forward)
    for factor in FACTORS:
        with preserved(model, loss, optimizer):
            model.train()
            rates = _multiply_rates(optimizer, factor)
            losses, learned = _losses(model, loss, forward, optimizer, batch, steps, tolerance)
        change = f"loss {losses[0]:.4g} → {losses[-1]:.4g} in {len(losses) - 1} steps"
        if learned:
            remark = f" with learning rate {rates}, {factor} times the optimizer's" if factor > 1 else ""
            return Check("overfits_one_batch", True, change + remark, {"losses": losses})
        if factor == 1:
            failed = Check("overfits_one_batch", False, f"{change} with learning rate {rates}", {"losses": losses})
    return failed


FACTORS = (1, 10, 100)
"""The multiples of the optimizer's learning rate that are tried: one may be too small to learn in a few steps."""


def _multiply_rates(optimizer: Optimizer, factor: float) -> str:
    """Multiply the learning rates with which a schedule began, as warm-ups begin near 0; return them in words."""
    for group in optimizer.param_groups:
        initial: Any = group.get("initial_lr", group["lr"])
        group["lr"] = factor * initial
    return listed([f"{float(group['lr']):g}" for group in optimizer.param_groups])


def _losses(
    model: Module,
    loss: LossFunction | None,
    forward: Forward,
    optimizer: Optimizer,
    batch: Any,
    steps: int,
    tolerance: float,
) -> tuple[list[float], bool]:
    """Train on a batch until it is learned; return the losses before each step, and whether it was learned."""
    losses: list[float] = []
    while len(losses) <= steps:
        value, outputs, targets = step_on(model, forward, optimizer, batch)
        losses.append(float(value))
        if not isfinite(losses[-1]):
            return losses, False
        classes = classes_of(loss, outputs, targets)
        all_right = classes is not None and losses[-1] < losses[0] and bool((classes == targets).all())
        if all_right or losses[0] - losses[-1] >= (1 - tolerance) * abs(losses[0]):
            return losses, True
    return losses, False


@checked
def initial_loss(
    model: Module,
    loss: LossFunction | None,
    batch: Any,
    *,
    expected: float | None = None,
    tolerance: NonNegative = 0.5,
    forward: Forward | None = None,
) -> Check:
    """Check that the loss of the untrained model is what chance gives.

    For cross entropy that is the logarithm of the number of classes, for binary cross entropy ln 2, for the mean
    squared error the variance of the targets. The loss itself computes it, from constant predictions, so that weights,
    label smoothing and reductions count. A model whose last layer starts with the frequencies of the classes has their
    entropy, which is less: losses between the two pass as well. A larger loss is a sign of outputs or inputs of the
    wrong scale, a smaller one of a trained model, or of inputs that give away their targets.

    Parameters
    ----------
    model : Module
        The model, which runs once in training mode without recording and is as before afterwards.
    loss : callable
        A loss of `nn` or `nn.functional`, also with options by ``functools.partial``: cross entropy, NLL, focal, binary
        cross entropy with or without logits, MSE, L1, smooth L1 or Huber. Another one needs `expected`.
    batch : tuple
        ``(inputs, targets)``, with enough samples to represent the classes.
    expected : float, optional
        Loss that chance gives, instead of the computed one.
    tolerance : float
        Largest relative difference.
    forward : callable, optional
        ``forward(model, batch)`` returns loss, outputs and targets, for batches that are not pairs.

    Returns
    -------
    Check
        With ``loss`` and ``chance``, the pair of both levels, in `details`. It is skipped if the loss is not known.

    Examples
    --------
    >>> batch = tl.randn(8, 3), tl.tensor([0, 1, 2, 3, 0, 1, 2, 3])
    >>> print(tl.train.sanity.initial_loss(tl.nn.Linear(3, 4), tl.nn.CrossEntropyLoss(), batch).passed)
    True
    """
    name = "initial_loss"
    forward = forward_of("initial_loss", loss, forward)
    with preserved(model, loss), no_grad():
        model.train()
        value, outputs, targets = forward(model, batch)
        first = float(value)
        levels = (expected, expected) if expected is not None else chance(loss, outputs, targets)
    if levels is None:
        kind = getattr(loss, "__name__", type(loss).__name__)
        return Check(name, None, f"the chance level of {kind} is not known; pass expected=", {"loss": first})
    uninformed, informed = levels
    details = {"loss": first, "chance": (uninformed, informed)}
    gives = f"{uninformed:.4g}" if f"{informed:.4g}" == f"{uninformed:.4g}" else f"{informed:.4g} to {uninformed:.4g}"
    message = f"the first loss is {first:.4g}, chance gives {gives}"
    margins = tolerance * abs(informed), tolerance * abs(uninformed)
    if first > uninformed + margins[1] or not isfinite(first):
        return Check(name, False, f"{message}: {_cause_of_large_loss(targets)}", details)
    if first < informed - margins[0]:
        return Check(name, False, f"{message}: the model is trained, or the inputs give away their targets", details)
    return Check(name, True, message, details)


def _cause_of_large_loss(targets: Tensor) -> str:
    if targets.dtype.is_floating and targets.nelement() > 1:
        average, spread = float(targets.mean()), float(targets.std())
        if abs(average) > spread:
            return f"the targets have mean {average:.4g} and standard deviation {spread:.4g}; standardize them"
    return "inputs that are not normalized, or a last layer that begins too large"


@checked
def gradients(model: Module, loss: LossFunction | None, batch: Any, *, forward: Forward | None = None) -> Check:
    """Check that every parameter that is learned gets a gradient which is finite and not exactly zero.

    Parameters
    ----------
    model : Module
        The model, in training mode; as before afterwards, its gradients included.
    loss : callable
        ``loss(outputs, targets)`` returns a 0-d tensor.
    batch : tuple
        ``(inputs, targets)``.
    forward : callable, optional
        ``forward(model, batch)`` returns loss, outputs and targets, for batches that are not pairs.

    Returns
    -------
    Check
        With lists of names in `details`: ``missing`` (no gradient), ``zero``, ``nonfinite``, and ``frozen``, those that
        do not require a gradient, which is no fault.

    Examples
    --------
    >>> model = tl.nn.Sequential(tl.nn.Linear(2, 2), tl.nn.ReLU())
    >>> _ = model[0].load_state_dict({"weight": [[-1.0, -1.0], [1.0, 1.0]], "bias": [0.0, 0.0]})
    >>> model.unused = tl.nn.Parameter(tl.ones(1))
    >>> batch = tl.ones(1, 2), tl.zeros(1, 2)
    >>> print(tl.train.sanity.gradients(model, tl.nn.functional.mse_loss, batch))
    FAILED   gradients  no gradient: unused
    """
    found: dict[str, list[str]] = {"missing": [], "zero": [], "nonfinite": [], "frozen": []}
    forward = forward_of("gradients", loss, forward)
    with preserved(model, loss):
        model.train()
        forward(model, batch)[0].backward()
        named = list(model.named_parameters())
        for name, parameter in named:
            if not parameter.requires_grad:
                found["frozen"].append(name)
            elif parameter.grad is None:
                found["missing"].append(name)
            elif not bool(asarray(parameter.grad).isfinite().all()):
                found["nonfinite"].append(name)
            elif not bool((parameter.grad != 0).any()):
                found["zero"].append(name)
    faults = [f"{words}: {listed(found[kind])}" for kind, words in FAULTS.items() if found[kind]]
    if faults:
        return Check("gradients", False, "; ".join(faults), found)
    frozen = f", {len(found['frozen'])} frozen" if found["frozen"] else ""
    return Check("gradients", True, f"all {len(named) - len(found['frozen'])} parameters{frozen}", found)


FAULTS = {"missing": "no gradient", "zero": "exactly zero", "nonfinite": "not finite"}
