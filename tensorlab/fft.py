"""Discrete Fourier transforms: the Array API standard's ``fft`` extension, and NumPy's transforms over two axes.

All of them are differentiable, to any order and in both modes. Single precision stays single: the transform of
float32 or complex64 is complex64.

Examples
--------
>>> tl.fft.rfft(tl.tensor([1.0, 0.0, 0.0, 0.0]))
tensor([1.+0.j, 1.+0.j, 1.+0.j])
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import index as as_index
from typing import Any, Literal

from .backend import DTypeLike, backend_of, dtypes
from .docstrings import documented
from .errors import ShapeError
from .ops.arithmetic import conj
from .ops.creation import DeviceLike, arange
from .ops.declare import composite, require
from .ops.fft import OPPOSITE, PARTS, fourier, fourier_of_real, fourier_to_real
from .ops.joining import roll
from .ops.shapes import Shape, astype, normalized_axis
from .options import Finite, Size
from .tensor import ArrayT, Tensor

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


# -- arguments ---------------------------------------------------------------------------------------------------------

Integers = Sequence[int] | None
Lengths = int | Integers
Norm = Literal["backward", "ortho", "forward"] | None
Plan = tuple[Any, Shape, Shape, str]
"""An array ready to transform, axes, lengths and norm."""


def _plan(function: str, takes: str, x: Any, s: Lengths, axes: Any, norm: Norm, *, to_real: bool = False) -> Plan:
    """Return the arguments of an op; raise errors that name the function, before any work."""
    require(function, takes, x=x)
    shape = tuple(x.shape)
    axes = _axes(function, shape, s, axes)
    wanted = _lengths(function, s, axes)
    usual = [2 * (shape[a] - 1) if to_real and a == axes[-1] else shape[a] for a in axes]
    lengths = tuple(n if given is None else given for n, given in zip(usual, wanted))
    for axis, n in zip(axes, lengths):
        if n < 1:
            raise ShapeError(f"{function}: axis {axis} of shape {shape} gives length {n}, but it must be 1 or more")
    return _in_precision(x), axes, lengths, norm or "backward"


def _axes(function: str, shape: Shape, s: Lengths, axes: Any) -> Shape:
    """Return distinct axes, at least one: by default the last ones that `s` has lengths for, or all."""
    ndim = len(shape)
    if axes is None and isinstance(s, Sequence):
        if len(s) > ndim:
            raise ShapeError(f"{function}: s has {len(s)} lengths, but shape {shape} has {ndim} axes")
        axes = range(ndim - len(s), ndim)
    named = tuple(range(ndim)) if axes is None else tuple(axes) if isinstance(axes, Sequence) else (axes,)
    found = tuple(normalized_axis(a, ndim, f"{function}: axis") for a in named)
    if len(set(found)) < len(found):
        raise ShapeError(f"{function}: axes {named} name an axis twice")
    if not found:
        raise ShapeError(f"{function}: axes name none of the axes of shape {shape}")
    return found


def _lengths(function: str, s: Lengths, axes: Shape) -> list[int | None]:
    """Return the length requested for each axis, None for the default one."""
    if s is None:
        return [None] * len(axes)
    if not isinstance(s, Sequence):
        wanted = [as_index(s)]
    else:
        wanted = [as_index(n) for n in s]
        if len(wanted) != len(axes):
            raise ShapeError(f"{function}: s has {len(wanted)} lengths for {len(axes)} axes")
    for n in wanted:
        if n < 1 and (n != -1 or not isinstance(s, Sequence)):
            name = "each length in s" if isinstance(s, Sequence) else "n"
            raise ShapeError(f"{function}: {name} must be 1 or more, not {n}")
    return [None if n == -1 else n for n in wanted]


def _in_precision(x: Any) -> Any:
    """Return an array in single or double precision, which libraries can transform."""
    array = x._array if isinstance(x, Tensor) else x
    dtype = backend_of(array).dtype_of(array)
    return x if dtype.is_complex or dtype.name in PARTS else astype(x, dtypes.float32)


transform = partial(
    documented,
    entries={
        "x": "x : tensor or array\n    Any shape with at least one axis; numeric.",
        "n": "n : int, optional\n    At least 1: the axis is cut to `n` elements, or padded with zeros to `n`.",
        "s": (
            "s : sequence of int, optional\n    One length for each axis, to which it is cut or padded with zeros; -1 "
            "leaves an axis unchanged."
        ),
        "axis": "axis : int\n    The axis to transform.",
        "axes": (
            "axes : sequence of int, optional\n    The axes to transform, all different; by default the last "
            "``len(s)``, or all without `s`."
        ),
        "norm": (
            'norm : {"backward", "ortho", "forward"}\n    What divides by the product of the lengths: the inverse '
            "transform, both (by the square root), or the forward one."
        ),
    },
    raises={
        "TypeError": "If `x` is not numeric.",
        "ShapeError": "If an axis does not exist or is named twice, or a length does not fit or is less than 1.",
        "ValueError": "If `norm` is none of the three.",
    },
)
"""Completes the docstring of a transform with what all transforms share."""


# -- complex transforms ------------------------------------------------------------------------------------------------


@composite()
@transform
def fft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Fourier transform along one axis: ``sum(x[j] * exp(-2j * pi * j * k / n) for j in range(n))``.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric. Integers are transformed in single precision.

    Returns
    -------
    Tensor
        Complex, in the precision of `x`: the shape of `x` with `n` frequencies along the axis; see `fftfreq`.

    Examples
    --------
    >>> tl.fft.fft(tl.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    x, axes, lengths, scaling = _plan("fft", "numeric", x, n, axis, norm)
    return fourier(x, axes, lengths, False, scaling)


@composite()
@transform
def ifft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Inverse of `fft`: ``sum(x[k] * exp(2j * pi * j * k / n) for k in range(n)) / n``.

    Examples
    --------
    >>> tl.fft.ifft(tl.fft.fft(tl.tensor([1.0, 2.0, 3.0, 4.0])))
    tensor([1.+0.j, 2.+0.j, 3.+0.j, 4.+0.j])
    """
    x, axes, lengths, scaling = _plan("ifft", "numeric", x, n, axis, norm)
    return fourier(x, axes, lengths, True, scaling)


@composite()
@transform
def fftn(x: ArrayT, /, s: Integers = None, axes: Integers = None, norm: Norm = "backward") -> ArrayT:
    """Fourier transform over several axes.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric. Integers are transformed in single precision.

    Returns
    -------
    Tensor
        Complex, in the precision of `x`: the shape of `x` with the lengths `s` along the axes.

    Examples
    --------
    >>> tl.fft.fftn(tl.ones((2, 2)))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    x, axes, lengths, scaling = _plan("fftn", "numeric", x, s, axes, norm)
    return fourier(x, axes, lengths, False, scaling)


@composite()
@transform
def ifftn(x: ArrayT, /, s: Integers = None, axes: Integers = None, norm: Norm = "backward") -> ArrayT:
    """Inverse of `fftn`.

    Examples
    --------
    >>> tl.fft.ifftn(tl.fft.fftn(tl.ones((2, 2))))
    tensor([[1.+0.j, 1.+0.j],
            [1.+0.j, 1.+0.j]])
    """
    x, axes, lengths, scaling = _plan("ifftn", "numeric", x, s, axes, norm)
    return fourier(x, axes, lengths, True, scaling)


@composite()
@transform
def fft2(x: ArrayT, /, s: Integers = None, axes: Integers = (-2, -1), norm: Norm = "backward") -> ArrayT:
    """Fourier transform over two axes, by default the last two; see `fftn`.

    Examples
    --------
    >>> tl.fft.fft2(tl.zeros((5, 2, 3))).shape
    (5, 2, 3)
    """
    x, axes, lengths, scaling = _plan("fft2", "numeric", x, s, axes, norm)
    return fourier(x, axes, lengths, False, scaling)


@composite()
@transform
def ifft2(x: ArrayT, /, s: Integers = None, axes: Integers = (-2, -1), norm: Norm = "backward") -> ArrayT:
    """Inverse of `fft2`.

    Examples
    --------
    >>> tl.fft.ifft2(tl.zeros((5, 2, 3))).shape
    (5, 2, 3)
    """
    x, axes, lengths, scaling = _plan("ifft2", "numeric", x, s, axes, norm)
    return fourier(x, axes, lengths, True, scaling)


# -- real transforms ---------------------------------------------------------------------------------------------------


@composite()
@transform
def rfft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Fourier transform of a real array along one axis, without the redundant negative frequencies.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real. Integers are transformed in single precision.

    Returns
    -------
    Tensor
        Complex: the shape of `x` with ``n // 2 + 1`` frequencies along the axis; see `rfftfreq`.

    Raises
    ------
    TypeError
        If `x` is complex; use `fft`.

    Examples
    --------
    >>> tl.fft.rfft(tl.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return fourier_of_real(*_plan("rfft", "real", x, n, axis, norm))


@composite()
@transform
def irfft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Inverse of `rfft`: the real array of length `n` with these non-negative frequencies.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric. The imaginary parts at frequency zero and, for even `n`, at the
        highest frequency are ignored, and have no gradient.
    n : int, optional
        Length of the result along the axis, by default ``2 * (m - 1)`` for `m` frequencies; required if it is odd.
        The frequencies are cut, or padded with zeros, to ``n // 2 + 1``.

    Returns
    -------
    Tensor
        Real, in the precision of `x`.

    Examples
    --------
    >>> tl.fft.irfft(tl.fft.rfft(tl.tensor([1.0, 2.0, 3.0])), n=3)
    tensor([1., 2., 3.])
    """
    return fourier_to_real(*_plan("irfft", "numeric", x, n, axis, norm, to_real=True))


@composite()
@transform
def rfftn(x: ArrayT, /, s: Integers = None, axes: Integers = None, norm: Norm = "backward") -> ArrayT:
    """Fourier transform of a real array over several axes, without the negative frequencies of the last of them.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real. Integers are transformed in single precision.

    Returns
    -------
    Tensor
        Complex: the shape of `x` with the lengths `s` along the axes, and ``s[-1] // 2 + 1`` along the last of them.

    Raises
    ------
    TypeError
        If `x` is complex; use `fftn`.

    Examples
    --------
    >>> tl.fft.rfftn(tl.ones((2, 2, 4))).shape
    (2, 2, 3)
    """
    return fourier_of_real(*_plan("rfftn", "real", x, s, axes, norm))


@composite()
@transform
def irfftn(x: ArrayT, /, s: Integers = None, axes: Integers = None, norm: Norm = "backward") -> ArrayT:
    """Inverse of `rfftn`.

    Parameters
    ----------
    s : sequence of int, optional
        The lengths of the result; along the last axis by default (or for -1) ``2 * (m - 1)`` for `m` frequencies.

    Returns
    -------
    Tensor
        Real, in the precision of `x`.

    Examples
    --------
    >>> tl.fft.irfftn(tl.fft.rfftn(tl.ones((2, 3))), s=(2, 3))
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return fourier_to_real(*_plan("irfftn", "numeric", x, s, axes, norm, to_real=True))


@composite()
@transform
def rfft2(x: ArrayT, /, s: Integers = None, axes: Integers = (-2, -1), norm: Norm = "backward") -> ArrayT:
    """Fourier transform of a real array over two axes, by default the last two; see `rfftn`.

    Examples
    --------
    >>> tl.fft.rfft2(tl.zeros((5, 2, 4))).shape
    (5, 2, 3)
    """
    return fourier_of_real(*_plan("rfft2", "real", x, s, axes, norm))


@composite()
@transform
def irfft2(x: ArrayT, /, s: Integers = None, axes: Integers = (-2, -1), norm: Norm = "backward") -> ArrayT:
    """Inverse of `rfft2`; see `irfftn`.

    Examples
    --------
    >>> tl.fft.irfft2(tl.zeros((5, 2, 3))).shape
    (5, 2, 4)
    """
    return fourier_to_real(*_plan("irfft2", "numeric", x, s, axes, norm, to_real=True))


@composite()
@transform
def hfft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Fourier transform of a Hermitian-symmetric signal, given by its first half; the transform is real.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric: the elements from zero on.
    n : int, optional
        Number of frequencies, by default ``2 * (m - 1)`` for `m` elements.

    Returns
    -------
    Tensor
        Real, in the precision of `x`, with `n` frequencies along the axis.

    Examples
    --------
    >>> tl.fft.hfft(tl.tensor([1.0, 2.0, 3.0]))
    tensor([ 8., -2.,  0., -2.])
    """
    x, axes, lengths, scaling = _plan("hfft", "numeric", x, n, axis, norm, to_real=True)
    return fourier_to_real(conj(x), axes, lengths, OPPOSITE[scaling])


@composite()
@transform
def ihfft(x: ArrayT, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ArrayT:
    """Inverse of `hfft`: the first half of the Hermitian-symmetric signal with this real Fourier transform.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real. Integers are transformed in single precision.

    Returns
    -------
    Tensor
        Complex, with ``n // 2 + 1`` elements along the axis.

    Raises
    ------
    TypeError
        If `x` is complex.

    Examples
    --------
    >>> tl.fft.ihfft(tl.tensor([8.0, -2.0, 0.0, -2.0]))
    tensor([1.-0.j, 2.-0.j, 3.-0.j])
    """
    x, axes, lengths, scaling = _plan("ihfft", "real", x, n, axis, norm)
    return conj(fourier_of_real(x, axes, lengths, OPPOSITE[scaling]))


# -- frequencies -------------------------------------------------------------------------------------------------------


@composite()
def fftfreq(n: Size, /, d: Finite = 1.0, *, dtype: DTypeLike = None, device: DeviceLike = None) -> Tensor:
    """Frequencies of the elements of `fft`, in cycles per unit: zero and up, then the negative ones.

    Parameters
    ----------
    n : int
        Length of the transform, at least 1.
    d : float
        Distance between two samples; not zero.
    dtype : dtype, optional
        float32 by default.

    Returns
    -------
    Tensor, shape (n,)
        ``[0, 1, ..., (n - 1) // 2, -(n // 2), ..., -1] / (n * d)``.

    Raises
    ------
    ValueError
        If `n` is less than 1.

    Examples
    --------
    >>> tl.fft.fftfreq(4)
    tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return ifftshift(arange(-(n // 2), n - n // 2, dtype=dtype or dtypes.float32, device=device)) / (n * d)


@composite()
def rfftfreq(n: Size, /, d: Finite = 1.0, *, dtype: DTypeLike = None, device: DeviceLike = None) -> Tensor:
    """Frequencies of the elements of `rfft`, in cycles per unit; the parameters are those of `fftfreq`.

    Examples
    --------
    >>> tl.fft.rfftfreq(4)
    tensor([0.  , 0.25, 0.5 ])
    """
    return arange(0, n // 2 + 1, dtype=dtype or dtypes.float32, device=device) / (n * d)


@composite()
def fftshift(x: ArrayT, /, axes: int | Sequence[int] | None = None) -> ArrayT:
    """Move frequency zero from the beginning to the middle of each axis.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axes : int, sequence of int or None
        The axes along which to shift; None for all.

    Returns
    -------
    Tensor
        The shape of `x`; along an axis of length `n` elements are rolled by `n // 2` places.

    Raises
    ------
    ShapeError
        If an axis does not exist.

    Examples
    --------
    >>> tl.fft.fftshift(tl.fft.fftfreq(4))
    tensor([-0.5 , -0.25,  0.  ,  0.25])
    """
    return _shifted("fftshift", x, axes, 1)


@composite()
def ifftshift(x: ArrayT, /, axes: int | Sequence[int] | None = None) -> ArrayT:
    """Inverse of `fftshift`, from which it differs along axes of odd length.

    Examples
    --------
    >>> tl.fft.ifftshift(tl.tensor([-1, 0, 1]))
    tensor([ 0,  1, -1])
    """
    return _shifted("ifftshift", x, axes, -1)


def _shifted(function: str, x: ArrayT, axes: Any, sign: int) -> ArrayT:
    require(function, x=x)
    named = range(len(x.shape)) if axes is None else axes if isinstance(axes, Sequence) else (axes,)
    found = tuple(normalized_axis(a, len(x.shape), f"{function}: axis") for a in named)
    return roll(x, tuple(sign * (x.shape[a] // 2) for a in found), axis=found)
