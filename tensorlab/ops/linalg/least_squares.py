"""Matrices without an inverse: rank, pseudo-inverse, least squares, condition number."""

from __future__ import annotations

from math import inf
from typing import Any, Generic, NamedTuple

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend, backend_of
from ...docstrings import documented_like
from ...errors import ShapeError
from ...tensor import ArrayT, Tensor, array_of
from ..arithmetic import conj, squared_abs
from ..comparison import where
from ..contraction import matmul
from ..datatypes import finfo, result_type
from ..declare import broadcast_shape, composite, require
from ..indexing import getitem
from ..reduction import all as every
from ..reduction import count_nonzero, sum
from ..shapes import Shape, expand_dims, matrix_transpose, reshape
from .common import adjoint, check_matrices, check_square, count_cubic, identity_like, library_call, of_matrices
from .determinants import slogdet_parts
from .norms import MATRIX_NORMS, matrix_norm
from .solving import inv, summed_to
from .spectral import NOT_CONVERGED, svdvals

# -- rank --------------------------------------------------------------------------------------------------------------


def _default_tolerance(shape: Shape, dtype: Any) -> float:
    return max(shape[-2:]) * finfo(dtype).eps


def _cutoff(backend: Backend, s: Any, rtol: Any) -> Any:
    """Return the greatest singular value that counts as zero: a number for each matrix, with an axis of length 1."""
    rtol = array_of(rtol)
    if s.shape[-1] == 0:
        return backend.xp.zeros((*s.shape[:-1], 1), dtype=s.dtype, device=s.device)
    return s[..., :1] * (rtol if isinstance(rtol, float | int) else backend.xp.astype(rtol, s.dtype)[..., None])


@composite()
@of_matrices
def matrix_rank(x: ArrayT, /, *, rtol: float | ArrayT | None = None) -> ArrayT:
    """Rank of matrices: the number of nonzero singular values.

    Parameters
    ----------
    rtol : float, tensor or array, optional
        Singular values up to `rtol` times the greatest count as zero; an array has one number per matrix. By default
        ``max(m, n)`` times the type's epsilon.

    Returns
    -------
    Tensor
        int64, shape ``(...)``; without a gradient.

    Examples
    --------
    >>> tl.linalg.matrix_rank(tl.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    require("matrix_rank", "floating", x=x)
    check_matrices("matrix_rank", tuple(x.shape))
    array = array_of(x)
    values = svdvals(array)
    rtol = _default_tolerance(array.shape, array.dtype) if rtol is None else rtol
    rank = count_nonzero(values > _cutoff(backend_of(array), values, rtol), axis=-1)
    return Tensor(rank) if isinstance(x, Tensor) else rank


# -- pseudo-inverse ----------------------------------------------------------------------------------------------------


def _reciprocals(backend: Backend, s: Any, rtol: Any) -> Any:
    """Return one over the singular values that do not count as zero, zero for the others."""
    xp = backend.xp
    large = s > _cutoff(backend, s, rtol)
    return xp.where(large, 1 / xp.where(large, s, xp.ones_like(s)), xp.zeros_like(s))


def _adjoint(backend: Backend, x: Any) -> Any:
    turned = backend.xp.matrix_transpose(x)
    return backend.xp.conj(turned) if backend.dtype_of(x).is_complex else turned


def _push_pinv(t: Any, x: Any, out: Any) -> Any:
    turned, back = adjoint(t), adjoint(out)
    on_rows = matmul(matmul(out, back), turned)
    on_columns = matmul(matmul(turned, back), out)
    on_rows = on_rows - matmul(matmul(on_rows, x), out)
    on_columns = on_columns - matmul(out, matmul(x, on_columns))
    return on_rows + on_columns - matmul(matmul(out, t), out)


def _pull_pinv(g: Any, x: Any, out: Any) -> Any:
    g, back = conj(g), adjoint(out)
    turned = adjoint(g)
    on_rows = matmul(matmul(turned, out), back)
    on_columns = matmul(matmul(back, out), turned)
    on_rows = on_rows - matmul(x, matmul(out, on_rows))
    on_columns = on_columns - matmul(matmul(on_columns, out), x)
    return conj(on_rows + on_columns - matmul(matmul(back, g), back))


def _pinv_shape(x: Shape, **_: Any) -> Shape:
    rows, columns = check_matrices("pinv", x)
    return (*x[:-2], columns, rows)


@op(
    vjp={"x": _pull_pinv},
    jvp={"x": _push_pinv},
    shape=_pinv_shape,
    takes="floating",
    flops=count_cubic(16),
    samples=[sample(Draw(s, form="separated"), rtol=1e-6) for s in ((3, 3), (4, 2), (2, 2, 3), (0, 2, 2), (2, 0, 3))],
    tolerance={"float32": 1e-5},
    checks_first=True,
)
def pinv_matrices(backend: Backend, x: ArrayT, /, rtol: Any) -> ArrayT:
    """The pseudo-inverse with singular values up to `rtol` times the greatest taken as zero; see `pinv`.

    Examples
    --------
    >>> tl.ops.linalg.least_squares.pinv_matrices(tl.tensor([[2.0, 0.0], [0.0, 0.5]]), 0.3)
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """
    xp = backend.xp
    u, s, vh = library_call(NOT_CONVERGED.format("pinv"), xp.linalg.svd, x, full_matrices=False)
    factors = _reciprocals(backend, s, rtol)[..., None, :]
    return xp.matmul(_adjoint(backend, vh) * factors, _adjoint(backend, u))


@composite()
@of_matrices
@documented_like(matrix_rank)
def pinv(x: ArrayT, /, *, rtol: float | ArrayT | None = None) -> ArrayT:
    """Moore-Penrose pseudo-inverse, by singular values.

    The derivative is the one at constant rank (G. H. Golub, V. Pereyra, "The differentiation of
    pseudo-inverses and nonlinear least squares problems whose variables separate", SIAM J. Numer. Anal. 10, 1973);
    it exists for equal singular values too.

    Returns
    -------
    Tensor
        Shape ``(..., n, m)``.

    Raises
    ------
    LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> tl.linalg.pinv(tl.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """
    require("pinv", "floating", x=x)
    check_matrices("pinv", tuple(x.shape))
    return pinv_matrices(x, _default_tolerance(tuple(x.shape), x.dtype) if rtol is None else rtol)


# -- least squares -----------------------------------------------------------------------------------------------------


class LstsqResult(NamedTuple, Generic[ArrayT]):
    """A least-squares solution, and NumPy's further results."""

    solution: ArrayT
    residuals: ArrayT
    rank: ArrayT
    singular_values: ArrayT


def _minimum_norm_shape(a: Shape, b: Shape, **_: Any) -> tuple[Shape, Shape, Shape]:
    rows, columns = check_matrices("lstsq", a)
    if check_matrices("lstsq", b)[0] != rows:
        raise ShapeError(
            f"lstsq: matrices of shape {tuple(a)} take right-hand sides of {rows} rows, not shape {tuple(b)}"
        )
    batch = broadcast_shape(a[:-2], b[:-2])
    return (*batch, columns, b[-1]), a[:-2], (*a[:-2], min(rows, columns))


def _pull_matrix(g: Any, a: Any, b: Any, out: Any, rcond: Any, a_shape: Shape) -> Any:
    """Return the cotangent of `a`: that of ``pinv(a) @ b`` with the pseudo-inverse's derivative multiplied out."""
    p, x = pinv_matrices(a, rcond), out[0]
    back = adjoint(p)
    g = conj(g[0])
    rest = b - matmul(a, x)
    weights = matmul(back, g)
    # Summands: the rest through p p*, the null space through p* x, and the solution itself.
    total = matmul(rest, adjoint(matmul(p, weights))) - matmul(weights, adjoint(x))
    free = g - matmul(p, matmul(a, g))
    total = total + matmul(matmul(back, x), adjoint(free))
    return summed_to(conj(total), a_shape)


def _push_matrix(t: Any, a: Any, b: Any, out: Any, rcond: Any) -> Any:
    p, x = pinv_matrices(a, rcond), out[0]
    turned, back = adjoint(t), adjoint(p)
    rest = matmul(turned, b - matmul(a, x))
    free = matmul(turned, matmul(back, x))
    moved = matmul(p, matmul(back, rest) - matmul(t, x)) + free - matmul(p, matmul(a, free))
    return moved, None, None


@op(
    vjp={
        "a": _pull_matrix,
        "b": lambda g, a, rcond, b_shape: summed_to(matmul(matrix_transpose(pinv_matrices(a, rcond)), g[0]), b_shape),
    },
    jvp={"a": _push_matrix, "b": lambda t, a, rcond: (matmul(pinv_matrices(a, rcond), t), None, None)},
    shape=_minimum_norm_shape,
    dtype="promote",
    takes="floating",
    flops=count_cubic(16),
    samples=[
        sample(Draw((4, 2), form="separated"), (4, 3), rcond=1e-6),
        sample(Draw((2, 3), form="separated"), (2, 1), rcond=1e-6),
        sample(Draw((2, 1, 3, 3), form="separated"), (2, 3, 2), rcond=1e-6),
    ],
    tolerance={"float32": 1e-5, "float64": 1e-12},
    results=3,
    differentiable_results=(0,),
    checks_first=True,
)
def lstsq_minimum_norm(backend: Backend, a: ArrayT, b: ArrayT, /, rcond: Any) -> tuple[ArrayT, ArrayT, ArrayT]:
    """The least-squares solution of ``a @ x = b`` with the smallest norm, the ranks and the singular values; see
    `lstsq`.

    Examples
    --------
    >>> a, b = tl.tensor([[2.0, 0.0], [0.0, 0.0]]), tl.tensor([[1.0], [1.0]])
    >>> tl.ops.linalg.least_squares.lstsq_minimum_norm(a, b, 1e-6)[0]
    tensor([[0.5],
            [0. ]])
    """
    xp = backend.xp
    u, s, vh = library_call(NOT_CONVERGED.format("lstsq"), xp.linalg.svd, a, full_matrices=False)
    factors = _reciprocals(backend, s, rcond)
    solution = xp.matmul(_adjoint(backend, vh), factors[..., None] * xp.matmul(_adjoint(backend, u), b))
    return solution, xp.sum(xp.astype(factors != 0, xp.int64), axis=-1), s


@composite()
def lstsq(a: ArrayT, b: ArrayT, /, rcond: float | None = None) -> LstsqResult[ArrayT]:
    """Least squares: the `x` that minimizes ``norm(b - a @ x)``, of several the one with the smallest norm.

    Parameters
    ----------
    a : tensor or array, shape (..., m, n)
        The coefficients, of any rank; floating-point.
    b : tensor or array, shape (m,) or (..., m, k)
        The right-hand sides: one vector if there is one axis, else matrices, whose leading axes broadcast with those
        of `a`. Types are promoted.
    rcond : float, optional
        Singular values up to `rcond` times the greatest count as zero. By default ``max(m, n)`` times the type's
        epsilon.

    Returns
    -------
    LstsqResult
        A named tuple as NumPy's: `solution`, ``(n,)`` or ``(..., n, k)``; `residuals`, the sums of squares of
        ``b - a @ x`` over the rows, ``(1,)`` or ``(..., k)``, or of shape ``(0,)`` if some rank is below n or m is no
        greater than n; `rank`, int64; `singular_values`, ``(..., min(m, n))``. The first two have gradients, at
        constant rank.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> a, b = tl.tensor([[1.0], [1.0]]), tl.tensor([1.0, 3.0])
    >>> tl.linalg.lstsq(a, b).solution.round()
    tensor([2.])
    """
    require("lstsq", "floating", a=a, b=b)
    rows, columns = check_matrices("lstsq", tuple(a.shape))
    vector = len(b.shape) == 1
    sides = reshape(b, (*b.shape, 1)) if vector else b
    if rcond is None:
        rcond = _default_tolerance((rows, columns), result_type(a, b))
    solution, rank, values = lstsq_minimum_norm(a, sides, rcond)
    if rows > columns and bool(every(rank == columns)):
        rest = sides - matmul(a, solution)
        residuals = sum(squared_abs(rest), axis=-2)
    else:
        residuals = getitem(reshape(values, (-1,)), (slice(0, 0),))
    if vector:
        solution = reshape(solution, tuple(solution.shape[:-1]))
    return LstsqResult(solution, residuals, rank, values)


# -- condition ---------------------------------------------------------------------------------------------------------


@composite()
def cond(x: ArrayT, /, p: float | str | None = None) -> ArrayT:
    """Condition number: the norm of matrices times that of their inverses.

    Parameters
    ----------
    x : tensor or array, shape (..., m, n)
        Floating-point; square unless `p` is None, 2 or -2.
    p : {None, 2, -2, 1, -1, inf, -inf, "fro", "nuc"}
        The norm, as in `matrix_norm`; None means 2.

    Returns
    -------
    Tensor
        Shape ``(...)``; real. Infinity for singular matrices.

    Raises
    ------
    ShapeError
        If there are fewer than two axes, or matrices that must be square are not.
    ValueError
        If `p` is not one of these, or the matrices are empty.

    Examples
    --------
    >>> tl.linalg.cond(tl.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    require("cond", "floating", x=x)
    rows, columns = check_matrices("cond", tuple(x.shape))
    if rows == 0 or columns == 0:
        raise ValueError(f"cond: an empty matrix has no condition number (shape {tuple(x.shape)})")
    if p not in (None, *MATRIX_NORMS):
        raise ValueError(f"cond: p must be None, {', '.join(map(repr, MATRIX_NORMS))}, not {p!r}")
    if p in (None, 2, -2):
        values = svdvals(x)
        largest, smallest = getitem(values, (Ellipsis, 0)), getitem(values, (Ellipsis, -1))
        singular = smallest == 0
        if p == -2:
            return where(singular, 0.0, smallest / where(singular, 1.0, largest))
        return where(singular, inf, largest / where(singular, 1.0, smallest))
    n = check_square("cond", tuple(x.shape))
    singular = slogdet_parts(array_of(x))[0] == 0
    regular = where(expand_dims(singular, axis=(-2, -1)), identity_like(x, n), x)
    return where(singular, inf, matrix_norm(regular, ord=p) * matrix_norm(inv(regular), ord=p))
