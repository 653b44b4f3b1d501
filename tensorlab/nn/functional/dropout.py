"""Dropout: in training parts of a tensor are left out at random, drawn from the default generator.

`inplace` is accepted for compatibility with PyTorch: the input is never changed. Outside training, and with ``p=0``,
all functions return the input itself.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.activation import SELU_ALPHA, SELU_SCALE
from ...ops.arithmetic import add, multiply
from ...ops.declare import composite, require
from ...options import Fraction
from ...random import default_generator
from ...tensor import ArrayT, Tensor

SATURATION = SELU_ALPHA * SELU_SCALE
"""Minus the limit of SELU for large negative inputs."""


def _unchanged(function: str, input: Any) -> Any:
    """Return the input of a function that leaves it as it is, if it is a tensor or an array."""
    if not isinstance(input, Tensor):
        require(function, input=input)
    return input


@composite(input="floating")
def dropout(input: ArrayT, p: Fraction = 0.5, training: bool = True, inplace: bool = False) -> ArrayT:
    """Set elements to zero with probability `p` and scale the others (Srivastava et al., 2014).

    Parameters
    ----------
    input : Tensor
        Any shape.
    p : float
        Probability, in [0, 1]; the other elements are divided by ``1 - p``, which keeps the mean.
    training : bool
        False returns the input itself.
    inplace : bool
        Accepted for compatibility with PyTorch; the input is never changed.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> tl.nn.functional.dropout(tl.ones(3), p=1.0)
    tensor([0., 0., 0.])
    """
    return _masked(input, p, input.shape) if training and p else _unchanged("dropout", input)


@documented_like(dropout)
@composite(input="floating")
def dropout1d(input: ArrayT, p: Fraction = 0.5, training: bool = True, inplace: bool = False) -> ArrayT:
    """Set whole channels to zero with probability `p` and scale the others (Tompson et al., 2015).

    Parameters
    ----------
    input : Tensor, shape (batch, channels, length) or (channels, length)
        Each channel of each sample is drawn independently.

    Raises
    ------
    ShapeError
        If the input has another number of axes.
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> tl.nn.functional.dropout1d(tl.ones(2, 3), p=1.0)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _without_channels("dropout1d", input, p, training, {2: 1, 3: 2}, "(channels, length)")


@documented_like(dropout1d, dropout)
@composite(input="floating")
def dropout2d(input: ArrayT, p: Fraction = 0.5, training: bool = True, inplace: bool = False) -> ArrayT:
    """Set whole channels of images to zero with probability `p` and scale the others (Tompson et al., 2015).

    Parameters
    ----------
    input : Tensor, shape (batch, channels, height, width) or (batch, channels, length)
        Each channel of each sample is drawn independently. As in PyTorch, three axes are a batch with one spatial
        axis.

    Examples
    --------
    >>> tl.nn.functional.dropout2d(tl.ones(1, 1, 1, 2), p=1.0)
    tensor([[[[0., 0.]]]])
    """
    return _without_channels("dropout2d", input, p, training, {3: 2, 4: 2}, "(batch, channels, length)")


@documented_like(dropout1d, dropout)
@composite(input="floating")
def dropout3d(input: ArrayT, p: Fraction = 0.5, training: bool = True, inplace: bool = False) -> ArrayT:
    """Set whole channels of volumes to zero with probability `p` and scale the others (Tompson et al., 2015).

    Parameters
    ----------
    input : Tensor, shape (batch, channels, depth, height, width) or without batch axis
        Each channel of each sample is drawn independently.

    Examples
    --------
    >>> tl.nn.functional.dropout3d(tl.ones(1, 1, 1, 2), p=1.0)
    tensor([[[[0., 0.]]]])
    """
    return _without_channels("dropout3d", input, p, training, {4: 1, 5: 2}, "(channels, depth, height, width)")


def _without_channels(
    function: str, input: Any, p: Fraction, training: bool, drawn_axes: dict[int, int], fewest: str
) -> Any:
    """Draw once for each position on the first axes; `drawn_axes` maps the number of axes to theirs."""
    shape = tuple(input.shape)
    if len(shape) not in drawn_axes:
        least, most = drawn_axes
        raise ShapeError(
            f"{function}: expects {least} axes, {fewest}, or {most}, not an input of shape {shape}; dropout takes any"
        )
    axes = drawn_axes[len(shape)]
    return _masked(input, p, (*shape[:axes], *(1 for _ in shape[axes:]))) if training and p else input


def _kept(input: Any, p: Fraction, shape: Any) -> Any:
    """Draw ones, and zeros with probability `p`."""
    require("dropout", "floating", input=input)
    return default_generator.bernoulli(1 - p, shape, dtype=input.dtype, device=input.device)


def _masked(input: Any, p: Fraction, shape: Any) -> Any:
    kept = _kept(input, p, shape)
    return multiply(input, kept if p == 1 else kept * (1 / (1 - p)))


@documented_like(dropout)
@composite(input="real floating")
def alpha_dropout(input: ArrayT, p: Fraction = 0.5, training: bool = False, inplace: bool = False) -> ArrayT:
    """Set elements to the saturation value of SELU with probability `p` (Klambauer et al., 2017).

    The result is scaled and shifted so that mean and variance stay 0 and 1.

    Parameters
    ----------
    input : Tensor
        Any shape; mean 0 and variance 1, as `selu` gives.
    p : float
        Probability, in [0, 1]; with 1 everything is zero, as in PyTorch.
    training : bool
        False, the default here, returns the input itself.

    Examples
    --------
    >>> tl.nn.functional.alpha_dropout(tl.ones(2), p=1.0, training=True)
    tensor([0., 0.])
    """
    return _saturated(input, p, input.shape) if training and p else _unchanged("alpha_dropout", input)


@documented_like(alpha_dropout)
@composite(input="real floating")
def feature_alpha_dropout(input: ArrayT, p: Fraction = 0.5, training: bool = False, inplace: bool = False) -> ArrayT:
    """Set whole channels to the saturation value of SELU with probability `p`; see `alpha_dropout`.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, ...)
        The first two axes are batch and channels, as in PyTorch; each channel of each sample is drawn independently.

    Raises
    ------
    ShapeError
        If the input has fewer than two axes.
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> tl.nn.functional.feature_alpha_dropout(tl.ones(1, 2), p=1.0, training=True)
    tensor([[0., 0.]])
    """
    shape: tuple[int, ...] = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(f"feature_alpha_dropout: expects (batch, channels, ...), not an input of shape {shape}")
    return _saturated(input, p, (*shape[:2], *(1 for _ in shape[2:]))) if training and p else input


def _saturated(input: Any, p: Fraction, shape: Any) -> Any:
    """Put minus `SATURATION` where nothing is kept; then scale and shift to mean 0 and variance 1."""
    if p == 1:
        return multiply(input, 0.0)
    kept = _kept(input, p, shape)
    scale = 1 / sqrt((1 - p) * (1 + p * SATURATION**2))
    return add(multiply(input, kept * scale), (kept - (1 - p)) * (SATURATION * scale))


@documented_like(dropout)
@composite(input="floating")
def stochastic_depth(input: ArrayT, p: Fraction, mode: Literal["row", "batch"], training: bool = True) -> ArrayT:
    """Leave out a residual branch with probability `p`, and scale it otherwise (Huang et al., 2016).

    Parameters
    ----------
    input : Tensor, shape (batch, ...)
        The output of the branch.
    p : float
        Probability, in [0, 1]; what is kept is divided by ``1 - p``.
    mode : {"row", "batch"}
        Whether samples are drawn independently, or the batch as a whole.

    Raises
    ------
    ShapeError
        If there is no batch axis.
    ValueError
        If `p` is not in [0, 1] or `mode` is not one of these.

    Examples
    --------
    >>> tl.nn.functional.stochastic_depth(tl.ones(1, 2), p=1.0, mode="row")
    tensor([[0., 0.]])
    """
    if not training or p == 0:
        return _unchanged("stochastic_depth", input)
    if not input.shape:
        raise ShapeError("stochastic_depth: expects a batch axis, not an input of shape ()")
    return _masked(input, p, (input.shape[0] if mode == "row" else 1, *(1 for _ in input.shape[1:])))
