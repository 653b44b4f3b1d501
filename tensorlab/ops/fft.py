"""Discrete Fourier transforms, with gradients of any order.

Three ops carry all of them: complex to complex (`fourier`), real to the half of its spectrum that determines it
(`fourier_of_real`), and the inverse (`fourier_to_real`). Each is linear, with a transpose composed of the same three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log2, prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, backend_of
from ..tensor import ArrayT, Tensor
from .arithmetic import conj
from .indexing import getitem, scatter_index
from .shapes import Shape, cast_back

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""For each norm, the one whose inverse transform has the same divisor."""

PARTS = {"float32": "complex64", "float64": "complex128"}
"""The complex type of each real type's precision, for the types that libraries transform."""


def _resized(x_shape: Shape, axes: Shape, lengths: Shape, **_: Any) -> Shape:
    """Return a shape with other lengths along some axes."""
    shape = list(x_shape)
    for axis, length in zip(axes, lengths):
        shape[axis] = length
    return tuple(shape)


def _half(lengths: Shape) -> Shape:
    """Return the lengths of the half spectrum of a real array with these lengths."""
    return (*lengths[:-1], lengths[-1] // 2 + 1)


def _halved(x_shape: Shape, axes: Shape, lengths: Shape, **_: Any) -> Shape:
    return _resized(x_shape, axes, _half(lengths))


def _fitted(x: Any, shape: Shape, axes: Shape) -> Any:
    """Return an array cut, or padded with zeros at the ends, to a shape that differs only in `axes`."""
    kept: list[Any] = [slice(None)] * len(shape)
    for axis in axes:
        kept[axis] = slice(0, min(shape[axis], x.shape[axis]))
    if any(x.shape[axis] > shape[axis] for axis in axes):
        x = getitem(x, tuple(kept))
    return x if tuple(x.shape) == tuple(shape) else scatter_index(x, tuple(shape), tuple(kept))


def _weighted(x: Any, axes: Shape, lengths: Shape, weight: float) -> Any:
    """Multiply by `weight` the frequencies of a half spectrum that represent a pair: not zero and the middle one."""
    array = x._array if isinstance(x, Tensor) else x
    xp = backend_of(array).xp
    axis, count = axes[-1], array.shape[axes[-1]]
    weights = xp.full((count,), weight, dtype=array.dtype, device=array.device)
    weights[0] = 1
    if lengths[-1] % 2 == 0:
        weights[-1] = 1
    return x * xp.reshape(weights, tuple(count if i == axis else 1 for i in range(array.ndim)))


def _flops(per_element: float) -> Callable[..., int]:
    """Return the usual count for fast transforms: ``5 n log2(n)`` for `n` complex numbers."""

    def count(shapes: Sequence[Shape], out: Shape, params: dict[str, Any]) -> int:
        lengths = params["lengths"]
        return int(per_element * prod(_resized(out, **params)) * log2(prod(lengths)))

    return count


TOLERANCE = {"float32": 5e-6}


@op(
    vjp={
        "x": lambda g, x_shape, x_dtype, axes, lengths, inverse, norm: cast_back(
            _fitted(fourier(g, axes, lengths, inverse, norm), x_shape, axes), x_dtype
        )
    },
    kind="linear",
    shape=_resized,
    dtype="complex",
    takes="floating",
    flops=_flops(5.0),
    tolerance=TOLERANCE,
    samples=[
        sample((2, 5), axes=(1,), lengths=(5,)),
        sample((2, 4), axes=(1,), lengths=(3,), inverse=True),
        sample((3, 2, 4), axes=(2, 0), lengths=(6, 2), norm="ortho"),
        sample((2, 3), axes=(0, 1), lengths=(2, 3), inverse=True, norm="forward"),
        sample((0, 3), axes=(1,), lengths=(3,)),
    ],
)
def fourier(
    backend: Backend, x: ArrayT, /, axes: Shape, lengths: Shape, inverse: bool = False, norm: str = "backward"
) -> ArrayT:
    """Fourier transform over `axes`, which are cut or padded with zeros to `lengths`; see `tl.fft.fftn`.

    Parameters
    ----------
    x : tensor or array
        Floating-point.
    axes : tuple of int
        Different and not negative; at least one.
    lengths : tuple of int
        As many as axes, each at least 1.
    inverse : bool
        Whether to compute the inverse transform.
    norm : {"backward", "ortho", "forward"}
        Which direction divides by the number of elements; with ``"ortho"`` both do by its square root.

    Returns
    -------
    Tensor
        Complex, of the precision of `x`.

    Examples
    --------
    >>> from tensorlab.ops.fft import fourier
    >>> fourier(tl.tensor([1.0, 0.0, 0.0]), (0,), (3,))
    tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """
    xp = backend.xp
    part = PARTS.get(backend.dtype_of(x).name)
    transform = xp.fft.ifftn if inverse else xp.fft.fftn
    return transform(xp.astype(x, backend.native(part)) if part else x, s=lengths, axes=axes, norm=norm)


def _pull_of_real(g: Any, x_shape: Shape, axes: Shape, lengths: Shape, norm: str) -> Any:
    # Re sum_k g[k] exp(-2 pi i j k / n), over half the spectrum, is the inverse transform of conj(g) up to scale: that
    # transform counts most frequencies twice, for the omitted mirror images.
    spectrum = conj(_weighted(g, axes, lengths, 0.5))
    return _fitted(fourier_to_real(spectrum, axes, lengths, OPPOSITE[norm]), x_shape, axes)


@op(
    vjp={"x": _pull_of_real},
    kind="linear",
    shape=_halved,
    dtype="complex",
    takes="real floating",
    flops=_flops(2.5),
    tolerance=TOLERANCE,
    samples=[
        sample((2, 5), axes=(1,), lengths=(5,)),
        sample((2, 4), axes=(1,), lengths=(4,), norm="forward"),
        sample((2, 4), axes=(1,), lengths=(1,)),
        sample((3, 2, 4), axes=(2, 0), lengths=(6, 2), norm="ortho"),
        sample((3, 4), axes=(0, 1), lengths=(4, 3)),
    ],
)
def fourier_of_real(backend: Backend, x: ArrayT, /, axes: Shape, lengths: Shape, norm: str = "backward") -> ArrayT:
    """The half of a real array's Fourier transform that determines it; see `tl.fft.rfftn`.

    Parameters
    ----------
    x : tensor or array
        Real floating-point.
    axes, lengths, norm
        As in `fourier`; half of the last axis is returned.

    Returns
    -------
    Tensor
        Complex; ``lengths[-1] // 2 + 1`` frequencies along the last of the axes.

    Examples
    --------
    >>> from tensorlab.ops.fft import fourier_of_real
    >>> fourier_of_real(tl.tensor([1.0, 0.0, 0.0]), (0,), (3,))
    tensor([1.+0.j, 1.+0.j])
    """
    return backend.xp.fft.rfftn(x, s=lengths, axes=axes, norm=norm)


def _pull_to_real(g: Any, x_shape: Shape, x_dtype: Any, axes: Shape, lengths: Shape, norm: str) -> Any:
    spectrum = conj(fourier_of_real(g, axes, lengths, OPPOSITE[norm]))
    return cast_back(_fitted(_weighted(spectrum, axes, lengths, 2.0), x_shape, axes), x_dtype)


@op(
    vjp={"x": _pull_to_real},
    kind="linear",
    shape=_resized,
    dtype="real",
    takes="floating",
    flops=_flops(2.5),
    tolerance=TOLERANCE,
    samples=[
        sample((2, 3), axes=(1,), lengths=(5,)),
        sample((2, 3), axes=(1,), lengths=(4,), norm="forward"),
        sample((2, 3), axes=(1,), lengths=(1,)),
        sample((3, 2, 4), axes=(2, 0), lengths=(4, 4), norm="ortho"),
        sample((3, 2), axes=(0, 1), lengths=(2, 5)),
    ],
)
def fourier_to_real(backend: Backend, x: ArrayT, /, axes: Shape, lengths: Shape, norm: str = "backward") -> ArrayT:
    """The real array with a given half spectrum, by the inverse Fourier transform; see `tl.fft.irfftn`.

    Parameters
    ----------
    x : tensor or array
        Floating-point; along the last of the axes ``lengths[-1] // 2 + 1`` frequencies, or cut or padded to that.
    axes, lengths, norm
        As in `fourier`, of the result.

    Returns
    -------
    Tensor
        Real.

    Examples
    --------
    >>> from tensorlab.ops.fft import fourier_to_real
    >>> fourier_to_real(tl.tensor([3.0, 0.0]), (0,), (3,))
    tensor([1., 1., 1.])
    """
    xp = backend.xp
    part = PARTS.get(backend.dtype_of(x).name)
    return xp.fft.irfftn(xp.astype(x, backend.native(part)) if part else x, s=lengths, axes=axes, norm=norm)
