"""Eigenvalues of Hermitian matrices, and singular values."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...docstrings import documented_like
from ...tensor import ArrayT
from ..arithmetic import abs as absolute
from ..arithmetic import conj, imag, is_complex, multiply, real
from ..comparison import where
from ..contraction import matmul
from ..datatypes import finfo
from ..declare import composite, require
from ..indexing import getitem, scatter_index
from ..matrices import diagonal, diagonal_matrix
from ..reduction import max
from ..shapes import Axis, Shape, expand_dims, matrix_transpose
from .common import (
    adjoint,
    check_matrices,
    check_square,
    count_cubic,
    hermitian_part,
    identity_like,
    library_call,
    of_matrices,
    of_square_matrices,
    quotient,
    recorded,
    scaled_columns,
    scaled_rows,
    square_shape,
    without_diagonal,
)

SQUARES = ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2), (2, 0, 0))
NOT_CONVERGED = "{}: the iteration did not converge; are there NaN or infinite elements?"


def _differences(x: Any) -> Any:
    """Return the matrix of ``x[j] - x[i]``."""
    return expand_dims(x, axis=-2) - expand_dims(x, axis=-1)


def _gaps(x: Any) -> Any:
    """Return the divisors of the off-diagonal elements: differences, 0 for those due to rounding, 1 on the diagonal."""
    least = expand_dims(_rounding(x) * _greatest(x, axis=-1), axis=-1)
    return _without_small(_differences(x), least) + identity_like(x, x.shape[-1])


def _without_small(x: Any, least: Any) -> Any:
    """Return `x` with zeros for elements of at most `least` in absolute value."""
    return where(absolute(x) > least, x, 0.0)


def _greatest(x: Any, axis: Axis) -> Any:
    """Return the greatest absolute value over axes, which are kept; those of no elements are unchanged."""
    sizes = absolute(x)
    return max(sizes, axis=axis, keepdims=True) if x.shape[-1] else sizes


def _rounding(x: Any) -> float:
    """Return the relative error of eigenvalues and of products of eigenvectors."""
    return 4 * x.shape[-1] * finfo(x.dtype).eps


def _turned(turning: Any, gaps: Any, of_values_too: bool) -> Any:
    """Divide the skew part of what turns the vectors into one another by the gaps between their values.

    For equal values it is zero, within rounding, if the function does not depend on the choice of the vectors. If it
    does not depend on the values either, so is the derivative. Otherwise the derivative is that of the weight of a
    vector by its value, which the cotangents do not tell: NaN, unless the vectors do not matter at all.
    """
    least = _rounding(turning) * _greatest(turning, axis=(-2, -1))
    skew = 0.5 * _skew(turning)
    turning = _without_small(where(gaps == 0, turning, skew) if of_values_too else skew, least)
    return quotient(without_diagonal(turning), gaps)


def _real_diagonal(x: Any) -> Any:
    return real(diagonal(x, 0, -2, -1))


# -- Hermitian matrices ------------------------------------------------------------------------------------------------


class EighResult(NamedTuple, Generic[ArrayT]):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: ArrayT
    eigenvectors: ArrayT


def _pull_eigh(g: Any, out: Any) -> Any:
    g_values, g_vectors = g
    values, vectors = out
    turned = adjoint(vectors)
    if g_vectors is None:
        return conj(matmul(scaled_columns(vectors, g_values), turned))
    inner = _turned(matmul(turned, conj(g_vectors)), _gaps(values), g_values is not None)
    if g_values is not None:
        inner = inner + diagonal_matrix(g_values)
    return conj(matmul(matmul(vectors, inner), turned))


def _push_eigh(t: Any, out: Any) -> Any:
    values, vectors = out
    change = matmul(matmul(adjoint(vectors), hermitian_part(t)), vectors)
    turning = quotient(without_diagonal(change), _gaps(values))
    return _real_diagonal(change), matmul(vectors, turning)


@op(
    vjp={"x": _pull_eigh},
    jvp={"x": _push_eigh},
    shape=square_shape("eigh", lambda x: (x[:-1], x)),
    dtype="real",
    takes="floating",
    flops=count_cubic(9),
    samples=[sample(Draw(shape, form="hermitian")) for shape in SQUARES],
    tolerance={"float32": 1e-5},
    results=2,
    checks_first=True,
)
def eigh_factors(backend: Backend, x: ArrayT, /) -> tuple[ArrayT, ArrayT]:
    """Eigenvalues and eigenvectors of Hermitian matrices; see `eigh`.

    Examples
    --------
    >>> tl.ops.linalg.spectral.eigh_factors(tl.tensor([[1.0, 0.0], [0.0, 2.0]]))[0]
    tensor([1., 2.])
    """
    return tuple(library_call(NOT_CONVERGED.format("eigh"), backend.xp.linalg.eigh, x))


@composite()
@of_square_matrices
def eigh(x: ArrayT, /) -> EighResult[ArrayT]:
    """Eigenvalues and eigenvectors of Hermitian (symmetric, if real) matrices.

    The gradient is Hermitian too, so that a step along it keeps the matrices Hermitian.

    Eigenvectors are determined up to a phase. As in PyTorch, derivatives hold the phase constant: ``v.conj() @ dv`` is
    zero. The gradient of a function that does not depend on it is therefore correct; that of any other has no meaning.

    The eigenvectors of equal eigenvalues are arbitrary and have no derivative: a function that depends on their choice
    has NaN as its gradient. That of a function which does not depend on it is correct if it uses the vectors alone, as
    a projection does, or the values alone and is symmetric in equal ones; the second derivative needs that of the
    vectors. A function of both, such as ``(V * w**2) @ V.mT``, has a derivative, but those with respect to V and w do
    not determine it: it is NaN. Use a function of the matrix instead, here ``x @ x``.

    Parameters
    ----------
    x : tensor or array, shape (..., n, n)
        Floating-point. Only the lower triangle is read.

    Returns
    -------
    EighResult
        A named tuple: `eigenvalues`, real, ascending, of shape ``(..., n)``, and `eigenvectors`, the columns of
        unitary matrices of the shape of `x`.

    Raises
    ------
    LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> values, vectors = tl.linalg.eigh(tl.tensor([[2.0, 1.0], [1.0, 2.0]]))
    >>> values.round()
    tensor([1., 3.])
    """
    require("eigh", "floating", x=x)
    return EighResult(*eigh_factors(x))


@op(
    shape=square_shape("eigvalsh", lambda x: x[:-1]),
    dtype="real",
    takes="floating",
    flops=count_cubic(4 / 3),
    samples=[sample(Draw(shape, form="hermitian")) for shape in SQUARES],
    tolerance={"float32": 1e-5},
    checks_first=True,
    no_gradient={"x": "if a gradient may be requested, the vectors are computed as well"},
)
def eigvalsh_alone(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Eigenvalues of Hermitian matrices, without the vectors that a gradient needs; see `eigvalsh`.

    Examples
    --------
    >>> tl.ops.linalg.spectral.eigvalsh_alone(tl.tensor([[1.0, 0.0], [0.0, 2.0]]))
    tensor([1., 2.])
    """
    return library_call(NOT_CONVERGED.format("eigvalsh"), backend.xp.linalg.eigvalsh, x)


@composite()
@of_square_matrices
@documented_like(eigh)
def eigvalsh(x: ArrayT, /) -> ArrayT:
    """Eigenvalues of Hermitian (symmetric, if real) matrices, in ascending order.

    The eigenvectors are computed only if a gradient may be requested; see `eigh` about it.

    Returns
    -------
    Tensor
        Shape ``(..., n)``; real.

    Examples
    --------
    >>> tl.linalg.eigvalsh(tl.tensor([[2.0, 1.0], [1.0, 2.0]])).round()
    tensor([1., 3.])
    """
    require("eigvalsh", "floating", x=x)
    check_square("eigvalsh", tuple(x.shape))
    return eigh_factors(x)[0] if recorded(x) else eigvalsh_alone(x)


# -- singular values ---------------------------------------------------------------------------------------------------


class SVDResult(NamedTuple, Generic[ArrayT]):
    """Left singular vectors as columns, singular values in descending order, right singular vectors as rows."""

    U: ArrayT
    S: ArrayT
    Vh: ArrayT


def _svd_shape(x: Shape, full_matrices: bool = True) -> tuple[Shape, Shape, Shape]:
    rows, columns = check_matrices("svd", x)
    k = min(rows, columns)
    u = (*x[:-1], rows if full_matrices else k)
    return u, (*x[:-2], k), (*x[:-2], columns if full_matrices else k, columns)


def _leading_columns(x: Any, k: int) -> Any:
    return x if x.shape[-1] == k else getitem(x, (Ellipsis, slice(0, k)))


def _leading_rows(x: Any, k: int) -> Any:
    return x if x.shape[-2] == k else getitem(x, (Ellipsis, slice(0, k), slice(None)))


def _square_gaps(s: Any) -> Any:
    """Return the matrix of ``s[j]**2 - s[i]**2``, without cancellation, and ones on the diagonal."""
    return _differences(s) * _sums(s) + identity_like(s, s.shape[-1])


def _sums(s: Any) -> Any:
    """Return the matrix of ``s[j] + s[i]``."""
    return expand_dims(s, axis=-2) + expand_dims(s, axis=-1)


def _skew(x: Any) -> Any:
    return x - adjoint(x)


def _outside(x: Any, basis: Any) -> Any:
    """Return the part of columns that is orthogonal to an orthonormal basis."""
    return x - matmul(basis, matmul(adjoint(basis), x))


def _pull_svd(g: Any, out: Any, x_shape: Shape) -> Any:
    gu, gs, gvh = g
    s = out[1]
    k = s.shape[-1]
    u, vh = _leading_columns(out[0], k), _leading_rows(out[2], k)
    if gu is None and gvh is None:
        return conj(matmul(scaled_columns(u, gs), vh))
    inner: Any = 0 if gs is None else diagonal_matrix(gs)
    outer: Any = None
    left: Any = 0
    right: Any = 0
    if gu is not None:
        gu = conj(_leading_columns(gu, k))
        left = matmul(adjoint(u), gu)
        if x_shape[-2] > k:
            outer = matmul(quotient(_outside(gu, u), expand_dims(s, axis=-2)), vh)
    if gvh is not None:
        v, gv = adjoint(vh), matrix_transpose(_leading_rows(gvh, k))
        right = matmul(vh, gv)
        if x_shape[-1] > k:
            beyond = matmul(u, adjoint(quotient(_outside(gv, v), expand_dims(s, axis=-2))))
            outer = beyond if outer is None else outer + beyond
    # Both turn together for a difference of singular values, against each other for a sum.
    apart = _skew(left - right)
    inner = inner + _turned(left + right, _gaps(s), gs is not None)
    inner = inner + 0.5 * quotient(without_diagonal(apart), _sums(s))
    if is_complex(u):
        inner = inner + diagonal_matrix(quotient(diagonal(apart, 0, -2, -1), 4 * s))
    pulled = matmul(matmul(u, inner), vh)
    return conj(pulled if outer is None else pulled + outer)


def _push_svd(t: Any, out: Any, x_shape: Shape) -> Any:
    s = out[1]
    k = s.shape[-1]
    u, vh = _leading_columns(out[0], k), _leading_rows(out[2], k)
    v, turned = adjoint(vh), adjoint(u)
    change, gaps = matmul(matmul(turned, t), v), _square_gaps(s)
    mixed, back = scaled_columns(change, s), scaled_rows(change, s)
    left = quotient(without_diagonal(mixed + adjoint(mixed)), gaps)
    right = quotient(without_diagonal(back + adjoint(back)), gaps)
    if is_complex(u):
        phase = diagonal_matrix(multiply(quotient(imag(diagonal(change, 0, -2, -1)), 2 * s), 1j))
        left, right = left + phase, right - phase
    tu, tv = matmul(u, left), matmul(v, right)
    if x_shape[-2] > k:
        tu = tu + quotient(_outside(matmul(t, v), u), expand_dims(s, axis=-2))
    if x_shape[-1] > k:
        tv = tv + quotient(_outside(matmul(adjoint(t), u), v), expand_dims(s, axis=-2))
    tvh = adjoint(tv)
    # The vectors beyond the k pairs are arbitrary: their derivative is taken as zero.
    if out[0].shape[-1] > k:
        tu = scatter_index(tu, tuple(out[0].shape), (Ellipsis, slice(0, k)))
    if out[2].shape[-2] > k:
        tvh = scatter_index(tvh, tuple(out[2].shape), (Ellipsis, slice(0, k), slice(None)))
    return tu, _real_diagonal(change), tvh


@op(
    vjp={"x": _pull_svd},
    jvp={"x": _push_svd},
    shape=_svd_shape,
    takes="floating",
    flops=count_cubic(14),
    samples=[
        sample(Draw((3, 3), form="separated"), full_matrices=True),
        sample(Draw((4, 2), form="separated"), full_matrices=False),
        sample(Draw((2, 2, 3), form="separated"), full_matrices=False),
        sample(Draw((4, 2), form="separated"), full_matrices=True),
        sample(Draw((2, 3), form="separated"), full_matrices=True),
        sample(Draw((0, 2, 2), form="separated"), full_matrices=False),
    ],
    tolerance={"float32": 1e-5},
    results=3,
    checks_first=True,
)
def svd_factors(backend: Backend, x: ArrayT, /, full_matrices: bool = True) -> tuple[ArrayT, ArrayT, ArrayT]:
    """The factors of a singular value decomposition; see `svd`.

    Examples
    --------
    >>> tl.ops.linalg.spectral.svd_factors(tl.tensor([[0.0, 2.0], [1.0, 0.0]]))[1]
    tensor([2., 1.])
    """
    return tuple(library_call(NOT_CONVERGED.format("svd"), backend.xp.linalg.svd, x, full_matrices=full_matrices))


@composite()
@of_matrices
def svd(x: ArrayT, /, *, full_matrices: bool = True) -> SVDResult[ArrayT]:
    """Singular value decomposition: ``x = U @ diag(S) @ Vh``.

    A pair of singular vectors is determined up to a common phase. As in PyTorch, derivatives hold the phase constant,
    so the gradient of a function that does not depend on it is correct; that of any other has no meaning. Vectors
    beyond the first ``min(m, n)``, which ``full_matrices=True`` adds, are arbitrary: their cotangents are ignored, and
    their tangents are zero.

    The vectors of equal singular values are arbitrary, and so is the relative phase of those of a singular value of
    zero (unless `x` is real and square): a function that depends on their choice has NaN as its gradient. The first
    derivative of the singular values alone, where it exists, is correct if the function is symmetric in equal ones, and
    that of the vectors alone if the function does not depend on the choice, as ``U @ Vh``; the second needs that of the
    vectors. Functions of both have NaN there, see `eigh`.

    Parameters
    ----------
    full_matrices : bool
        Whether U and Vh are square, or have ``k = min(m, n)`` columns and rows.

    Returns
    -------
    SVDResult
        A named tuple: `U`, ``(..., m, m)`` or ``(..., m, k)``, `S`, real, descending, ``(..., k)``, and `Vh`,
        ``(..., n, n)`` or ``(..., k, n)``.

    Raises
    ------
    LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> u, s, vh = tl.linalg.svd(tl.tensor([[0.0, 2.0], [1.0, 0.0]]))
    >>> s
    tensor([2., 1.])
    """
    require("svd", "floating", x=x)
    return SVDResult(*svd_factors(x, full_matrices=full_matrices))


def _svdvals_shape(x: Shape) -> Shape:
    return (*x[:-2], min(check_matrices("svdvals", x)))


@op(
    shape=_svdvals_shape,
    dtype="real",
    takes="floating",
    flops=count_cubic(4),
    samples=[sample(Draw(shape, form="separated")) for shape in (*SQUARES, (4, 2), (2, 2, 3))],
    tolerance={"float32": 1e-5},
    checks_first=True,
    no_gradient={"x": "if a gradient may be requested, the vectors are computed as well"},
)
def svdvals_alone(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Singular values, without the vectors that a gradient needs; see `svdvals`.

    Examples
    --------
    >>> tl.ops.linalg.spectral.svdvals_alone(tl.tensor([[0.0, 2.0], [1.0, 0.0]]))
    tensor([2., 1.])
    """
    return library_call(NOT_CONVERGED.format("svdvals"), backend.xp.linalg.svdvals, x)


@composite()
@of_matrices
@documented_like(svd)
def svdvals(x: ArrayT, /) -> ArrayT:
    """Singular values, in descending order.

    The singular vectors are computed only if a gradient may be requested; see `svd` about it.

    Returns
    -------
    Tensor
        Shape ``(..., min(m, n))``; real.

    Examples
    --------
    >>> tl.linalg.svdvals(tl.tensor([[0.0, 2.0], [1.0, 0.0]]))
    tensor([2., 1.])
    """
    require("svdvals", "floating", x=x)
    check_matrices("svdvals", tuple(x.shape))
    return svd_factors(x, full_matrices=False)[1] if recorded(x) else svdvals_alone(x)
