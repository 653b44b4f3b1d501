"""Initialisers of matrices with a structure: identity, orthogonal and sparse."""

from __future__ import annotations

from math import ceil, inf, prod

from ...autodiff.graph import no_grad
from ...ops import creation
from ...ops.comparison import where
from ...ops.declare import composite
from ...ops.linalg.decompositions import qr
from ...ops.matrices import diagonal
from ...ops.shapes import matrix_transpose, reshape
from ...ops.sorting import argsort
from ...options import Finite, Fraction, NonNegative, Size
from ...random import Generator, default_generator
from .filling import T, check_axes, filled


@composite()
def eye_(tensor: T) -> T:
    """Fill with the identity matrix: a linear layer preserves as many features as possible.

    Parameters
    ----------
    tensor : Tensor, shape (m, n)
        A weight.

    Raises
    ------
    ValueError
        If the tensor is not a matrix.

    Examples
    --------
    >>> tl.nn.init.eye_(tl.zeros(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    check_axes("eye_", tensor, 2, 2)
    return filled(tensor, creation.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


@composite()
def dirac_(tensor: T, groups: Size = 1) -> T:
    """Fill with ones in the centre of windows, so that a convolution preserves as many channels as possible.

    Parameters
    ----------
    tensor : Tensor, shape (out, in / groups, *window)
        A convolution's weight, of 3 to 5 axes.
    groups : int
        Each group of output channels preserves its own input channels.

    Raises
    ------
    ValueError
        If the tensor has other axes, or its output channels do not divide into `groups`.

    Examples
    --------
    >>> tl.nn.init.dirac_(tl.zeros(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    check_axes("dirac_", tensor, 3, 5)
    outputs, inputs, *window = tensor.shape
    if outputs % groups:
        raise ValueError(f"dirac_: the {outputs} output channels (axis 0) do not divide into {groups} groups")
    each = outputs // groups
    middle = tuple(size // 2 for size in window)
    with no_grad():
        tensor[...] = 0.0
        for channel in range(min(each, inputs)):
            tensor[(slice(channel, None, each), channel, *middle)] = 1.0
    return tensor


@composite()
def orthogonal_(tensor: T, gain: Finite = 1.0, generator: Generator | None = None) -> T:
    """Fill with a random matrix whose rows, or columns if these are fewer, are orthogonal (Saxe et al., 2013).

    Parameters
    ----------
    tensor : Tensor, shape (m, *n)
        A weight; the axes after the first are merged.
    gain : float
        Norm of the rows or columns.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Notes
    -----
    The matrix is drawn uniformly from all such matrices (Mezzadri, 2007).

    Examples
    --------
    >>> weight = tl.nn.init.orthogonal_(tl.zeros(2, 5, dtype=tl.float64))
    >>> bool(tl.allclose(weight @ weight.T, tl.eye(2, dtype=tl.float64)))
    True
    """
    check_axes("orthogonal_", tensor, 2, inf)
    if 0 in tensor.shape:
        return tensor
    rows, columns = tensor.shape[0], prod(tensor.shape[1:])
    tall = max(rows, columns), min(rows, columns)
    with no_grad():
        draw = (generator or default_generator).normal
        q, r = qr(draw(tall, dtype=tensor.dtype, device=tensor.device))
        q = where(diagonal(r) < 0, -q, q)
        return filled(tensor, reshape(gain * (q if rows >= columns else matrix_transpose(q)), tensor.shape))


@composite()
def sparse_(tensor: T, sparsity: Fraction, std: NonNegative = 0.01, generator: Generator | None = None) -> T:
    """Fill with normal numbers, and set a random fraction of each column to zero (Martens, 2010).

    Parameters
    ----------
    tensor : Tensor, shape (m, n)
        A weight.
    sparsity : float
        The fraction, in [0, 1]; rounded up to whole elements.
    std : float
        Standard deviation of the other elements; their mean is 0.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If the tensor is not a matrix, or the fraction is out of range.

    Examples
    --------
    >>> (tl.nn.init.sparse_(tl.zeros(4, 3), 0.7) == 0.0).sum(axis=0)
    tensor([3, 3, 3])
    """
    check_axes("sparse_", tensor, 2, 2)
    source = generator or default_generator
    numbers = source.normal(tensor.shape, 0.0, std, dtype=tensor.dtype, device=tensor.device)
    order = argsort(source.uniform(tensor.shape, device=tensor.device), axis=0)
    return filled(tensor, where(order < ceil(sparsity * tensor.shape[0]), 0.0, numbers))
