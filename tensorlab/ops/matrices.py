"""Building and reading matrices: diagonals, triangles, traces, Kronecker and cross products."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, count_nothing, sample
from ..backend import Backend, DTypeLike
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import negative
from .contraction import check_common_axis
from .creation import DeviceLike, ones, place
from .declare import broadcast_shape, composite, require
from .indexing import getitem, scatter_index
from .reduction import sum
from .shapes import Shape, normalized_axis, permute_dims, reshape, sum_to_shape


def _diagonal_slice(rows: int, columns: int, offset: int) -> slice:
    """Return the slice of a diagonal's elements in a matrix flattened row by row."""
    length = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    start = offset if offset >= 0 else -offset * columns
    return slice(start, start + (length - 1) * (columns + 1) + 1, columns + 1) if length else slice(0, 0)


@composite()
def diagonal(x: ArrayT, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ArrayT:
    """The elements on a diagonal of two axes.

    `tensorlab.linalg.diagonal` is the Array API standard's function, which reads the last two axes.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least two axes.
    offset : int
        Index of the diagonal; positive above the main one.
    axis1, axis2 : int
        The axes of rows and columns.

    Returns
    -------
    Tensor
        The shape without the two axes, and the diagonal as the last axis.

    Raises
    ------
    ShapeError
        If an axis does not exist, or both are the same.

    Examples
    --------
    >>> tl.diagonal(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    >>> tl.diagonal(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
    tensor([2.])
    """
    require("diagonal", x=x)
    ndim = len(x.shape)
    if ndim < 2:
        raise ShapeError(f"diagonal needs at least 2 axes, not shape {tuple(x.shape)}")
    first, second = normalized_axis(axis1, ndim, "diagonal: axis1"), normalized_axis(axis2, ndim, "diagonal: axis2")
    if first == second:
        raise ShapeError(f"diagonal: axis1 and axis2 are both axis {first} of shape {tuple(x.shape)}")
    rest = [a for a in range(ndim) if a not in (first, second)]
    moved = x if [*rest, first, second] == list(range(ndim)) else permute_dims(x, (*rest, first, second))
    rows, columns = moved.shape[-2:]
    flat = reshape(moved, (*moved.shape[:-2], rows * columns))
    return getitem(flat, (Ellipsis, _diagonal_slice(rows, columns, offset)))


def diagonal_matrix(x: ArrayT, /, offset: int = 0) -> ArrayT:
    """Square matrices with `x` on a diagonal and zeros elsewhere.

    Examples
    --------
    >>> tl.ops.matrices.diagonal_matrix(tl.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    n = x.shape[-1] + abs(offset)
    place = (Ellipsis, _diagonal_slice(n, n, offset))
    return reshape(scatter_index(x, (*x.shape[:-1], n * n), place), (*x.shape[:-1], n, n))


@composite()
def diag(x: ArrayT, /, k: int = 0) -> ArrayT:
    """A matrix with a vector on a diagonal, or the elements on a diagonal of a matrix.

    Parameters
    ----------
    x : tensor or array, shape (n,) or (m, n)
        The diagonal, or the matrix to read it from.
    k : int
        Index of the diagonal; positive above the main one.

    Returns
    -------
    Tensor
        Shape ``(n + abs(k), n + abs(k))``, or one axis.

    Raises
    ------
    ShapeError
        If `x` has neither one axis nor two.

    Examples
    --------
    >>> tl.diag(tl.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    >>> tl.diag(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), k=-1)
    tensor([3.])
    """
    require("diag", x=x)
    if len(x.shape) not in (1, 2):
        raise ShapeError(f"diag takes 1 or 2 axes, not shape {tuple(x.shape)}; diagonal reads stacks of matrices")
    return diagonal_matrix(x, k) if len(x.shape) == 1 else diagonal(x, k)


@composite()
def trace(x: ArrayT, /, *, offset: int = 0, dtype: DTypeLike = None) -> ArrayT:
    """Sum of the elements on a diagonal of the last two axes.

    Parameters
    ----------
    x : tensor or array, shape (..., m, n)
        Numeric.
    offset : int
        Index of the diagonal; positive above the main one.
    dtype : dtype, optional
        Type of the sum, as for `sum`.

    Returns
    -------
    Tensor
        The shape without the last two axes; zero where there is no such diagonal.

    Raises
    ------
    ShapeError
        If there are fewer than two axes.

    Examples
    --------
    >>> tl.trace(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    require("trace", "numeric", x=x)
    if len(x.shape) < 2:
        raise ShapeError(f"trace needs at least 2 axes, not shape {tuple(x.shape)}")
    return sum(diagonal(x, offset, -2, -1), axis=-1, dtype=dtype)


# -- products ----------------------------------------------------------------------------------------------------------


@composite()
def kron(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Kronecker product: each element of `x1` times all of `x2`, as blocks.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Any shapes; numeric. The one with fewer axes is extended by leading axes of length 1.

    Returns
    -------
    Tensor
        Its lengths are the products of the operands' lengths.

    Examples
    --------
    >>> tl.kron(tl.tensor([1.0, 10.0]), tl.tensor([1.0, 2.0, 3.0]))
    tensor([ 1.,  2.,  3., 10., 20., 30.])
    """
    require("kron", "numeric", x1=x1, x2=x2)
    ndim = max(len(x1.shape), len(x2.shape))
    shape1 = (1,) * (ndim - len(x1.shape)) + tuple(x1.shape)
    shape2 = (1,) * (ndim - len(x2.shape)) + tuple(x2.shape)
    blocks = reshape(x1, tuple(length for n in shape1 for length in (n, 1))) * reshape(
        x2, tuple(length for n in shape2 for length in (1, n))
    )
    return reshape(blocks, tuple(n1 * n2 for n1, n2 in zip(shape1, shape2, strict=True)))


def _crossed(x1: Shape, x2: Shape, axis: int = -1) -> Shape:
    check_common_axis("cross", axis, x1, x2)
    if x1[axis] != 3 or x2[axis] != 3:
        raise ShapeError(f"cross: axis {axis} of shapes {x1} and {x2} must have length 3 in both")
    return broadcast_shape(x1, x2)


def _cross_back(g: Any, other: Any, shape: Shape, axis: int) -> Any:
    """Return ``other x g`` summed over what was broadcast: the cotangent of the first factor."""
    pulled = cross(other, g, axis=axis - g.ndim if axis >= 0 else axis)
    return pulled if pulled.shape == shape else sum_to_shape(pulled, shape)


@op(
    vjp={
        "x1": lambda g, x2, x1_shape, axis: _cross_back(g, x2, x1_shape, axis),
        "x2": lambda g, x1, x2_shape, axis: negative(_cross_back(g, x1, x2_shape, axis)),
    },
    kind="linear",
    shape=_crossed,
    dtype="promote",
    takes="numeric",
    flops=lambda shapes, out, params: 3 * prod(out),
    samples=[
        sample((3,), (3,)),
        sample((2, 3), (3,)),
        sample((3, 1, 2), (3, 4, 2), axis=0),
        sample((3, 2), (4, 3, 1), axis=-2),
        sample(Draw((0, 3)), Draw((1, 3))),
    ],
    checks_first=True,
)
def cross(backend: Backend, x1: ArrayT, x2: ArrayT, /, *, axis: int = -1) -> ArrayT:
    """Cross product of vectors of three elements.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Length 3 along `axis`; the other axes broadcast. Numeric; types are promoted.
    axis : int
        The axis of both; counted from the end if they differ in the number of axes.

    Returns
    -------
    Tensor
        The broadcast shape.

    Raises
    ------
    ShapeError
        If the axis does not exist or has another length, or the other axes do not broadcast.

    Examples
    --------
    >>> tl.cross(tl.tensor([1.0, 0.0, 0.0]), tl.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    xp = backend.xp
    a, b = xp.unstack(x1, axis=axis), xp.unstack(x2, axis=axis)
    return xp.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], axis=axis)


# -- triangles ---------------------------------------------------------------------------------------------------------


def _matrix_shape(x: Shape, k: int = 0) -> Shape:
    if len(x) < 2:
        raise ShapeError(f"a triangle needs at least 2 axes, not shape {x}")
    return x


@op(
    vjp={"x": lambda g, k: tril(g, k=k)},
    kind="linear",
    shape=_matrix_shape,
    flops=count_nothing,
    samples=[sample((3, 3)), sample((2, 3, 4), k=-1)],
)
def tril(backend: Backend, x: ArrayT, /, k: int = 0) -> ArrayT:
    """The elements on and below a diagonal of the last two axes, zeros above.

    Parameters
    ----------
    x : tensor or array, shape (..., m, n)
        Any type.
    k : int
        Index of the diagonal; positive above the main one.

    Raises
    ------
    ShapeError
        If there are fewer than two axes.

    Examples
    --------
    >>> tl.tril(tl.ones((2, 2)))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return backend.xp.tril(x, k=k)


@op(
    vjp={"x": lambda g, k: triu(g, k=k)},
    kind="linear",
    shape=_matrix_shape,
    flops=count_nothing,
    samples=[sample((3, 3)), sample((2, 3, 4), k=1)],
)
@documented_like(tril)
def triu(backend: Backend, x: ArrayT, /, k: int = 0) -> ArrayT:
    """The elements on and above a diagonal of the last two axes, zeros below; see `tril`.

    Examples
    --------
    >>> tl.triu(tl.ones((2, 2)))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return backend.xp.triu(x, k=k)


@composite()
def tri(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a matrix with ones on and below a diagonal and zeros above; see `eye`.

    Examples
    --------
    >>> tl.tri(2, 3)
    tensor([[1., 0., 0.],
            [1., 1., 0.]])
    """
    shape = (n_rows, n_rows if n_cols is None else n_cols)
    return tril(ones(shape, dtype=dtype, device=device), k=k).requires_grad_(requires_grad)


def _triangle_indices(n: int, m: int | None, k: int, device: DeviceLike, lower: bool) -> tuple[Tensor, Tensor]:
    backend, native_device = place(device)
    xp = backend.xp
    i = xp.reshape(xp.arange(n, device=native_device), (-1, 1))
    j = xp.arange(n if m is None else m, device=native_device)
    rows, columns = xp.nonzero(j - i <= k if lower else j - i >= k)
    return Tensor(rows), Tensor(columns)


@composite()
def tril_indices(n: int, /, k: int = 0, m: int | None = None, *, device: DeviceLike = None) -> tuple[Tensor, Tensor]:
    """Row and column indices of the elements of a matrix on and below a diagonal.

    Parameters
    ----------
    n, m : int
        Shape of the matrix; square if `m` is omitted.
    k : int
        Index of the diagonal; positive above the main one.
    device : Device or str, optional
        Where to put the numbers.

    Returns
    -------
    tuple of Tensor
        Two vectors of int64, row by row.

    Examples
    --------
    >>> tl.tril_indices(2)
    (tensor([0, 1, 1]), tensor([0, 0, 1]))
    """
    return _triangle_indices(n, m, k, device, lower=True)


@composite()
@documented_like(tril_indices)
def triu_indices(n: int, /, k: int = 0, m: int | None = None, *, device: DeviceLike = None) -> tuple[Tensor, Tensor]:
    """Row and column indices of the elements of a matrix on and above a diagonal; see `tril_indices`.

    Examples
    --------
    >>> tl.triu_indices(2)
    (tensor([0, 0, 1]), tensor([0, 1, 1]))
    """
    return _triangle_indices(n, m, k, device, lower=False)
