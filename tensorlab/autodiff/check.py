"""Checks of derivatives against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import log10
from random import Random
from typing import Any, Literal

from ..errors import GradientError
from ..options import NonNegative, Positive, Size, checked
from ..tensor import Tensor
from .backward import conjugated
from .graph import no_grad
from .transforms import Function, Trees, as_leaf, jvp, vjp
from .tree import as_tensor, leaves, mapped, rebuild

Mode = Literal["forward", "reverse"]


@checked
def check_gradients(
    function: Function,
    args: Trees,
    *,
    modes: Sequence[Mode] = ("reverse", "forward"),
    order: Size = 2,
    step: Positive = 1e-6,
    rtol: NonNegative = 1e-5,
    atol: NonNegative = 1e-6,
    seed: int = 0,
) -> None:
    """Check a function's derivatives in random directions, in both modes, up to `order`.

    The inner product of a random cotangent with the directional derivative, by central differences, must equal that
    with the forward-mode derivative, and the inner product of the pulled-back cotangent with the direction. The
    derivative itself is then checked in the same way, which tests the next order.

    Parameters
    ----------
    function : callable
        A function from tensors, or nested structures of tensors, to the same.
    args : sequence
        The point at which to check, float64 or complex128; the function must be differentiable there.
    modes : sequence of {"reverse", "forward"}
        The modes to check.
    order : int
        The highest order of derivatives to check.
    step : float
        Step size of the differences, for inputs of order one.
    rtol, atol : float
        Relative and absolute tolerance, multiplied by 10 for each further order.
    seed : int
        Seed of the random directions.

    Raises
    ------
    GradientError
        If a derivative disagrees; the message states the order, the mode and both numbers.
    ValueError
        If the relative tolerance at the highest order would be 1 or more.
    TypeError
        If an input is of lower precision than float64.

    Examples
    --------
    >>> import tensorlab as tl
    >>> check_gradients(tl.sin, (tl.tensor([0.5, 1.0], dtype=tl.float64),))
    """
    args = [mapped(partial(as_leaf, "check_gradients", "args"), arg) for arg in args]
    for x in leaves(args):
        if x.dtype.name not in ("float64", "complex128"):
            raise TypeError(f"check_gradients: args must be float64 or complex128, not {x.dtype}")
    if order > 1 and order - 1 >= -log10(max(rtol, 1e-16)):
        raise ValueError(
            f"check_gradients: at order {order} the relative tolerance would be 1 or more, which all derivatives meet; "
            "check a lower order"
        )
    draw = Random(seed)
    _check(function, list(args), modes, order, 1, step, rtol, atol, draw)


def _check(
    function: Callable[..., Any],
    args: list[Any],
    modes: Sequence[Mode],
    order: int,
    depth: int,
    step: float,
    rtol: float,
    atol: float,
    draw: Random,
) -> None:
    direction = _random_like(args, draw)
    value, pullback = vjp(function, *args)
    cotangent = _random_like(value, draw)
    numeric = _inner(cotangent, _difference(function, args, direction, step))

    def compare(found: float, what: str) -> None:
        if not abs(found - numeric) <= atol + rtol * max(abs(found), abs(numeric)):
            raise GradientError(
                f"check_gradients: derivative of order {depth}, {what} mode: {found}, "
                f"by finite differences with step {step}: {numeric}"
            )

    if "reverse" in modes:
        compare(_inner(pullback(cotangent), direction), "reverse")
    if "forward" in modes:
        compare(_inner(cotangent, jvp(function, args, direction)[1]), "forward")
    if depth < order:
        deeper = (modes, order, depth + 1, step, 10 * rtol, 10 * atol, draw)
        if "reverse" in modes:
            _check(lambda *a: vjp(function, *a[:-1])[1](a[-1]), [*args, cotangent], *deeper)
        if "forward" in modes:
            _check(lambda *a: jvp(function, a[: len(args)], a[len(args) :])[1], [*args, *direction], *deeper)


def _random_like(tree: Any, draw: Random) -> Any:
    """Return a tree like `tree`, in structure and data types, of normally distributed random numbers."""

    def random_tensor(x: Tensor) -> Tensor:
        backend = x.backend
        if x.dtype.is_complex:
            numbers: list[Any] = [complex(draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(x.nelement())]
        else:
            numbers = [draw.gauss(0, 1) for _ in range(x.nelement())]
        flat = backend.asarray(numbers, dtype=x._array.dtype, device=x._array.device)
        return Tensor(backend.xp.reshape(flat, x.shape))

    return rebuild(tree, [random_tensor(as_tensor(x)) for x in leaves(tree)])


def _difference(function: Callable[..., Any], args: list[Any], direction: list[Any], step: float) -> Any:
    """Return the central difference of `function` along `direction`."""

    def moved(by: float) -> list[Any]:
        pairs = zip(leaves(args), leaves(direction), strict=True)
        return rebuild(args, [x.detach() + by * d.detach() for x, d in pairs])

    with no_grad():
        high, low = function(*moved(step)), function(*moved(-step))
    pairs = zip(leaves(high), leaves(low), strict=True)
    return rebuild(high, [(a - b) / (2 * step) for a, b in pairs])


def _inner(left: Any, right: Any) -> float:
    """Return the real inner product of two trees."""
    total = 0.0
    for a, b in zip(leaves(left), leaves(right), strict=True):
        product = (conjugated(as_tensor(a)) * as_tensor(b)).sum().item()
        total += product.real
    return total
