"""Triangular decompositions: Cholesky, QR and LU."""

from __future__ import annotations

from typing import Any, Generic, Literal, NamedTuple

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...errors import LinAlgError
from ...tensor import ArrayT
from ..arithmetic import conj, zeros_like
from ..contraction import matmul
from ..declare import composite, require
from ..indexing import getitem
from ..joining import concat
from ..matrices import diagonal, diagonal_matrix, tril, triu
from ..shapes import Shape, matrix_transpose
from .common import (
    adjoint,
    check_matrices,
    count_cubic,
    hermitian_part,
    library_call,
    of_matrices,
    of_square_matrices,
    square_shape,
)
from .solving import solve_triangular_matrices

# -- Cholesky ----------------------------------------------------------------------------------------------------------


def _lower_half(x: Any) -> Any:
    """Return the lower triangle with the diagonal halved: a Hermitian matrix is its sum with its adjoint."""
    return tril(x) - 0.5 * diagonal_matrix(diagonal(x, 0, -2, -1))


def _pull_cholesky(g: Any, out: Any) -> Any:
    upper = adjoint(out)
    inner = hermitian_part(_lower_half(matmul(upper, conj(g))))
    left = solve_triangular_matrices(upper, inner, upper=True)
    return conj(solve_triangular_matrices(out, left, upper=False, left=False))


def _push_cholesky(t: Any, out: Any) -> Any:
    left = solve_triangular_matrices(out, hermitian_part(t), upper=False)
    return matmul(out, _lower_half(solve_triangular_matrices(adjoint(out), left, upper=True, left=False)))


@op(
    vjp={"x": _pull_cholesky},
    jvp={"x": _push_cholesky},
    shape=square_shape("cholesky"),
    takes="floating",
    flops=count_cubic(1 / 3),
    samples=[
        sample(Draw(shape, form="positive definite")) for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2), (2, 0, 0))
    ],
    checks_first=True,
)
def cholesky_factor(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The lower Cholesky factor; see `cholesky`.

    Examples
    --------
    >>> tl.ops.linalg.decompositions.cholesky_factor(tl.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return library_call("cholesky: a matrix is not positive definite", backend.xp.linalg.cholesky, x)


@composite()
@of_square_matrices
def cholesky(x: ArrayT, /, *, upper: bool = False) -> ArrayT:
    """Cholesky factor of positive definite matrices: the lower triangular l of ``l @ l.mT.conj()``.

    The gradient is Hermitian too, so that a step along it keeps the matrices Hermitian
    (I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, 2016).

    Parameters
    ----------
    x : tensor or array, shape (..., n, n)
        Hermitian (symmetric, if real) and positive definite; floating-point. Only the triangle selected by `upper` is
        read.
    upper : bool
        Whether to return the upper triangular u of ``u.mT.conj() @ u`` instead.

    Returns
    -------
    Tensor
        The same shape, zeros in the other triangle.

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.

    Examples
    --------
    >>> tl.linalg.cholesky(tl.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    require("cholesky", "floating", x=x)
    square_shape("cholesky")(tuple(x.shape))
    return adjoint(cholesky_factor(adjoint(x))) if upper else cholesky_factor(x)


# -- QR ----------------------------------------------------------------------------------------------------------------


class QRResult(NamedTuple, Generic[ArrayT]):
    """An orthonormal and an upper triangular factor."""

    Q: ArrayT
    R: ArrayT


def _qr_shape(x: Shape, complete: bool = False) -> tuple[Shape, Shape]:
    rows, columns = check_matrices("qr", x)
    inner = rows if complete else min(rows, columns)
    return (*x[:-1], inner), (*x[:-2], inner, columns)


def _refuse_completion(x_shape: Shape, complete: bool) -> None:
    if complete and x_shape[-2] > x_shape[-1]:
        raise LinAlgError(
            "qr: mode='complete' has no derivative for matrices with more rows than columns, as the last columns of Q "
            "are arbitrary; use mode='reduced'"
        )


def _split_columns(x: Any, n: int) -> tuple[Any, Any]:
    return getitem(x, (Ellipsis, slice(0, n))), getitem(x, (Ellipsis, slice(n, None)))


def _upper_half(x: Any) -> Any:
    """Return the upper triangle, its diagonal halved, of the sums of matrices and their adjoints."""
    return adjoint(_lower_half(x + adjoint(x)))


def _pull_qr(g: Any, out: Any, x_shape: Shape, complete: bool) -> Any:
    _refuse_completion(x_shape, complete)
    q, r = out
    gq, gr = (
        zeros_like(part) if cotangent is None else conj(cotangent) for cotangent, part in zip(g, out, strict=True)
    )
    rows, columns = x_shape[-2:]
    if rows >= columns:
        return conj(_pull_tall(gq, gr, q, r))
    # The columns beyond the square are r2 = adjoint(q) @ x2.
    first, second = _split_columns(r, rows)
    g_first, g_second = _split_columns(gr, rows)
    gq = gq + matmul(matmul(q, second), adjoint(g_second))
    return conj(concat([_pull_tall(gq, g_first, q, first), matmul(q, g_second)], axis=-1))


def _pull_tall(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    inner = triu(matmul(gr, adjoint(r)) - matmul(adjoint(q), gq))
    symmetric = inner + adjoint(inner) - diagonal_matrix(diagonal(hermitian_part(inner), 0, -2, -1))
    return solve_triangular_matrices(adjoint(r), gq + matmul(q, symmetric), upper=False, left=False)


def _push_qr(t: Any, out: Any, x_shape: Shape, complete: bool) -> Any:
    _refuse_completion(x_shape, complete)
    q, r = out
    rows, columns = x_shape[-2:]
    if rows >= columns:
        return _push_tall(t, q, r)
    first, second = _split_columns(r, rows)
    t_first, t_second = _split_columns(t, rows)
    tq, tr = _push_tall(t_first, q, first)
    tr_second = matmul(adjoint(tq), matmul(q, second)) + matmul(adjoint(q), t_second)
    return tq, concat([tr, tr_second], axis=-1)


def _push_tall(t: Any, q: Any, r: Any) -> tuple[Any, Any]:
    # adjoint(q) @ t @ inv(r) is the sum of a skew Hermitian matrix and an upper triangle with a real diagonal.
    scaled = solve_triangular_matrices(r, t, upper=True, left=False)
    triangle = _upper_half(matmul(adjoint(q), scaled))
    return scaled - matmul(q, triangle), matmul(triangle, r)


@op(
    vjp={"x": _pull_qr},
    jvp={"x": _push_qr},
    shape=_qr_shape,
    takes="floating",
    flops=count_cubic(4),
    samples=[
        sample(Draw((3, 3), form="separated"), complete=False),
        sample(Draw((4, 2), form="separated"), complete=False),
        sample(Draw((2, 2, 4), form="separated"), complete=False),
        sample(Draw((2, 3), form="separated"), complete=True),
        sample(Draw((0, 3, 2), form="separated"), complete=False),
    ],
    tolerance={"float32": 1e-5},
    results=2,
    checks_first=True,
)
def qr_factors(backend: Backend, x: ArrayT, /, complete: bool = False) -> tuple[ArrayT, ArrayT]:
    """The factors of a QR decomposition; see `qr`.

    Examples
    --------
    >>> q, r = tl.ops.linalg.decompositions.qr_factors(tl.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (q @ r).round()
    tensor([[3., 1.],
            [4., 2.]])
    """
    return tuple(backend.xp.linalg.qr(x, mode="complete" if complete else "reduced"))


@composite()
@of_matrices
def qr(x: ArrayT, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult[ArrayT]:
    """QR decomposition: ``x = Q @ R`` with orthonormal columns and an upper triangle.

    Parameters
    ----------
    mode : {"reduced", "complete"}
        Whether Q has ``min(m, n)`` columns, or all m.

    Returns
    -------
    QRResult
        A named tuple of Q and R, of shapes ``(..., m, k)`` and ``(..., k, n)``, where k is ``min(m, n)``, or m for
        ``"complete"``. R has a real diagonal, which may be negative.

        The derivative exists where the first ``min(m, n)`` columns of `x` are independent; else requesting it raises
        `LinAlgError`. With ``"complete"`` it does not exist for m > n.

    Raises
    ------
    ValueError
        If `mode` is not one of these.

    Examples
    --------
    >>> q, r = tl.linalg.qr(tl.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (q @ r).round()
    tensor([[3., 1.],
            [4., 2.]])
    """
    require("qr", "floating", x=x)
    return QRResult(*qr_factors(x, complete=mode == "complete"))


# -- LU ----------------------------------------------------------------------------------------------------------------


class LUResult(NamedTuple, Generic[ArrayT]):
    """A permutation, a lower and an upper triangular factor."""

    P: ArrayT
    L: ArrayT
    U: ArrayT


def _lu_shape(x: Shape) -> tuple[Shape, Shape, Shape]:
    rows, columns = check_matrices("lu", x)
    k = min(rows, columns)
    return (*x[:-1], rows), (*x[:-1], k), (*x[:-2], k, columns)


def _pull_lu(g: Any, out: Any) -> Any:
    _, g_lower, g_upper = g
    p, lower, upper = out
    g_lower = zeros_like(lower) if g_lower is None else g_lower
    g_upper = zeros_like(upper) if g_upper is None else g_upper
    k = upper.shape[-2]
    square = {"l": getitem(lower, (Ellipsis, slice(0, k), slice(None))), "u": _split_columns(upper, k)[0]}
    turned = {name: matrix_transpose(x) for name, x in square.items()}
    gl, gu = getitem(g_lower, (Ellipsis, slice(0, k), slice(None))), _split_columns(g_upper, k)[0]
    below = right = None
    if lower.shape[-2] > k:  # the rows below are l2 = x2 @ inv(u)
        rest = (Ellipsis, slice(k, None), slice(None))
        below = solve_triangular_matrices(turned["u"], getitem(g_lower, rest), upper=False, left=False)
        gu = gu - matmul(matrix_transpose(getitem(lower, rest)), below)
    if upper.shape[-1] > k:  # the columns to the right are u2 = inv(l) @ x2
        right = solve_triangular_matrices(turned["l"], _split_columns(g_upper, k)[1], upper=True, unit_diagonal=True)
        gl = gl - matmul(right, matrix_transpose(_split_columns(upper, k)[1]))
    inner = tril(matmul(turned["l"], gl), k=-1) + triu(matmul(gu, turned["u"]))
    inner = solve_triangular_matrices(turned["u"], inner, upper=False, left=False)
    pulled = solve_triangular_matrices(turned["l"], inner, upper=True, unit_diagonal=True)
    if below is not None:
        pulled = concat([pulled, below], axis=-2)
    if right is not None:
        pulled = concat([pulled, right], axis=-1)
    return matmul(p, pulled)


@op(
    vjp={"x": _pull_lu},
    shape=_lu_shape,
    takes="floating",
    flops=count_cubic(2 / 3),
    samples=[
        sample(Draw((3, 3), form="invertible")),
        sample(Draw((2, 4, 2), form="invertible")),
        sample(Draw((2, 3), form="invertible")),
        sample(Draw((0, 2, 2), form="invertible")),
    ],
    tolerance={"float32": 1e-5},
    results=3,
    differentiable_results=(1, 2),
    checks_first=True,
)
def lu_factors(backend: Backend, x: ArrayT, /) -> tuple[ArrayT, ArrayT, ArrayT]:
    """The factors of an LU decomposition; see `lu`.

    Examples
    --------
    >>> tl.ops.linalg.decompositions.lu_factors(tl.tensor([[2.0, 4.0], [4.0, 2.0]]))[1]
    tensor([[1. , 0. ],
            [0.5, 1. ]])
    """
    return backend.lu_factors(x)


@composite()
@of_matrices
def lu(x: ArrayT, /) -> LUResult[ArrayT]:
    """LU decomposition with partial pivoting: ``x = P @ L @ U``.

    Returns
    -------
    LUResult
        A named tuple: the permutation matrices P, ``(..., m, m)``, of the type of `x` and without a gradient, L with
        ones on the diagonal, ``(..., m, k)``, and U, ``(..., k, n)``, where k is ``min(m, n)``.

        The derivative exists where the first k rows and columns, permuted, are invertible; else requesting it raises
        `LinAlgError`.

    Examples
    --------
    >>> p, lower, upper = tl.linalg.lu(tl.tensor([[2.0, 4.0], [4.0, 2.0]]))
    >>> lower
    tensor([[1. , 0. ],
            [0.5, 1. ]])
    >>> p @ lower @ upper
    tensor([[2., 4.],
            [4., 2.]])
    """
    require("lu", "floating", x=x)
    return LUResult(*lu_factors(x))
