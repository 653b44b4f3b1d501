"""Systems of linear equations: inverses, solutions, triangular systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Literal

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...errors import ShapeError
from ...tensor import ArrayT
from ..arithmetic import negative
from ..contraction import matmul
from ..declare import broadcast_shape, composite, require
from ..matrices import tril, triu
from ..shapes import Shape, matrix_transpose, reshape, sum_to_shape
from .common import check_matrices, check_square, count_cubic, library_call, of_square_matrices, square_shape

INVERTIBLE: Literal["invertible"] = "invertible"
SINGULAR = "{}: a matrix is singular"


# -- inverse -----------------------------------------------------------------------------------------------------------


def _sandwiched(t: Any, left: Any, right: Any) -> Any:
    return negative(matmul(matmul(left, t), right))


@op(
    vjp={"x": lambda g, out: _sandwiched(g, matrix_transpose(out), matrix_transpose(out))},
    jvp={"x": lambda t, out: _sandwiched(t, out, out)},
    shape=square_shape("inv"),
    takes="floating",
    flops=count_cubic(2),
    samples=[sample(Draw(shape, form=INVERTIBLE)) for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2), (2, 0, 0))],
    tolerance={"float32": 1e-5},
    checks_first=True,
)
@of_square_matrices
def inv(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse of square matrices.

    To multiply by an inverse, `solve` is quicker and more accurate.

    Returns
    -------
    Tensor
        The same shape.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> tl.linalg.inv(tl.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    return library_call(SINGULAR.format("inv"), backend.xp.linalg.inv, x)


# -- general systems ---------------------------------------------------------------------------------------------------


def _solved(function: str) -> Any:
    """Return the shape rule of a function that solves ``a @ x = b``, or ``x @ a = b``."""

    def rule(a: Shape, b: Shape, left: bool = True, **_: Any) -> Shape:
        n, (rows, columns) = check_square(function, a), check_matrices(function, b)
        if n != (rows if left else columns):
            side = "rows" if left else "columns"
            raise ShapeError(
                f"{function}: matrices of shape {tuple(a)} take right-hand sides of {n} {side}, not shape {tuple(b)}"
            )
        return (*broadcast_shape(a[:-2], b[:-2]), rows, columns)

    return rule


def _count_solve(factor: float, shapes: Sequence[Shape], out: Shape, params: Mapping[str, Any]) -> int:
    n = shapes[0][-1]
    return int(factor * prod(shapes[0]) * n) + 2 * prod(out) * n


def summed_to(x: Any, shape: Shape) -> Any:
    """Sum over the axes that were broadcast."""
    return x if x.shape == shape else sum_to_shape(x, shape)


@op(
    vjp={
        "a": lambda g, a, out, a_shape: summed_to(
            negative(matmul(solve_matrices(matrix_transpose(a), g), matrix_transpose(out))), a_shape
        ),
        "b": lambda g, a, b_shape: summed_to(solve_matrices(matrix_transpose(a), g), b_shape),
    },
    jvp={
        "a": lambda t, a, out: negative(solve_matrices(a, matmul(t, out))),
        "b": lambda t, a: solve_matrices(a, t),
    },
    shape=_solved("solve"),
    dtype="promote",
    takes="floating",
    flops=lambda *call: _count_solve(2 / 3, *call),
    samples=[
        sample(Draw((3, 3), form=INVERTIBLE), (3, 2)),
        sample(Draw((2, 2, 2), form=INVERTIBLE), (2, 1)),
        sample(Draw((2, 2), form=INVERTIBLE), (3, 1, 2, 2)),
        sample(Draw((2, 1, 2, 2), form=INVERTIBLE), (3, 2, 2)),
        sample(Draw((0, 0)), (0, 2)),
    ],
    tolerance={"float32": 1e-5},
    checks_first=True,
)
def solve_matrices(backend: Backend, a: ArrayT, b: ArrayT, /) -> ArrayT:
    """Solve ``a @ x = b`` for matrices `b`; see `solve`.

    Examples
    --------
    >>> tl.ops.linalg.solving.solve_matrices(tl.tensor([[2.0, 0.0], [0.0, 4.0]]), tl.tensor([[1.0], [1.0]]))
    tensor([[0.5 ],
            [0.25]])
    """
    return library_call(SINGULAR.format("solve"), backend.solve_systems, a, b)


@composite()
def solve(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Solve linear equations: the `x` of ``x1 @ x = x2``.

    Parameters
    ----------
    x1 : tensor or array, shape (..., n, n)
        The coefficients; floating-point.
    x2 : tensor or array, shape (n,) or (..., n, k)
        The right-hand sides: one vector if there is one axis, else matrices, whose leading axes broadcast with those
        of `x1`. Types are promoted.

    Returns
    -------
    Tensor
        Shape ``(..., n)`` for a vector, else ``(..., n, k)``.

    Raises
    ------
    ShapeError
        If the matrices are not square, or the shapes do not match.
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> tl.linalg.solve(tl.tensor([[2.0, 0.0], [0.0, 4.0]]), tl.tensor([1.0, 1.0]))
    tensor([0.5 , 0.25])
    """
    require("solve", "floating", x1=x1, x2=x2)
    if len(x2.shape) != 1:
        return solve_matrices(x1, x2)
    return _without_last(solve_matrices(x1, reshape(x2, (*x2.shape, 1))))


def _without_last(x: Any) -> Any:
    return reshape(x, tuple(x.shape[:-1]))


# -- triangular systems ------------------------------------------------------------------------------------------------


def _triangle(x: Any, upper: bool, unit_diagonal: bool) -> Any:
    """Return the triangle that a solver reads, zeros elsewhere."""
    return triu(x, k=int(unit_diagonal)) if upper else tril(x, k=-int(unit_diagonal))


def _pull_triangle(g: Any, a: Any, out: Any, a_shape: Shape, upper: bool, left: bool, unit_diagonal: bool) -> Any:
    pulled = _pull_sides(g, a, upper, left, unit_diagonal)
    turned = matrix_transpose(out)
    product = matmul(pulled, turned) if left else matmul(turned, pulled)
    return summed_to(negative(_triangle(product, upper, unit_diagonal)), a_shape)


def _pull_sides(g: Any, a: Any, upper: bool, left: bool, unit_diagonal: bool) -> Any:
    return solve_triangular_matrices(matrix_transpose(a), g, upper=not upper, left=left, unit_diagonal=unit_diagonal)


def _push_triangle(t: Any, a: Any, out: Any, upper: bool, left: bool, unit_diagonal: bool) -> Any:
    triangle = _triangle(t, upper, unit_diagonal)
    product = matmul(triangle, out) if left else matmul(out, triangle)
    return negative(solve_triangular_matrices(a, product, upper=upper, left=left, unit_diagonal=unit_diagonal))


@op(
    vjp={
        "a": _pull_triangle,
        "b": lambda g, a, b_shape, upper, left, unit_diagonal: summed_to(
            _pull_sides(g, a, upper, left, unit_diagonal), b_shape
        ),
    },
    jvp={
        "a": _push_triangle,
        "b": lambda t, a, upper, left, unit_diagonal: solve_triangular_matrices(
            a, t, upper=upper, left=left, unit_diagonal=unit_diagonal
        ),
    },
    shape=_solved("solve_triangular"),
    dtype="promote",
    takes="floating",
    flops=lambda *call: _count_solve(0, *call) // 2,
    samples=[
        sample(Draw((3, 3), form="separated"), (3, 2), upper=True),
        sample(Draw((3, 3), form="separated"), (3, 2), upper=False),
        sample(Draw((3, 3), form="separated"), (2, 3), upper=True, left=False),
        sample(Draw((3, 3), form="separated"), (2, 3), upper=False, left=False, unit_diagonal=True),
        sample(Draw((2, 1, 2, 2), form="separated"), (3, 2, 1), upper=True, unit_diagonal=True),
        sample(Draw((2, 2), form="separated"), (3, 2, 2), upper=False, left=False),
    ],
    tolerance={"float32": 1e-5, "float64": 1e-12},
    checks_first=True,
)
def solve_triangular_matrices(
    backend: Backend, a: ArrayT, b: ArrayT, /, *, upper: bool, left: bool = True, unit_diagonal: bool = False
) -> ArrayT:
    """Solve triangular systems for matrices `b`; see `solve_triangular`.

    Examples
    --------
    >>> a, b = tl.tensor([[2.0, 0.0], [2.0, 1.0]]), tl.tensor([[2.0], [3.0]])
    >>> tl.ops.linalg.solving.solve_triangular_matrices(a, b, upper=False)
    tensor([[1.],
            [1.]])
    """
    xp = backend.xp
    if not left:
        a, b, upper = xp.matrix_transpose(a), xp.matrix_transpose(b), not upper
    problem = SINGULAR.format("solve_triangular")
    solved = library_call(problem, backend.substitute, a, b, upper=upper, unit_diagonal=unit_diagonal)
    return solved if left else xp.matrix_transpose(solved)


@composite()
def solve_triangular(a: ArrayT, b: ArrayT, /, *, upper: bool, left: bool = True, unit_diagonal: bool = False) -> ArrayT:
    """Solve linear equations with triangular matrices, by substitution.

    Parameters
    ----------
    a : tensor or array, shape (..., n, n)
        The coefficients; floating-point. Only one triangle is read.
    b : tensor or array, shape (n,), (..., n, k), or (..., k, n) with ``left=False``
        The right-hand sides: one vector if there is one axis, else matrices, whose leading axes broadcast with those
        of `a`. Types are promoted.
    upper : bool
        Whether to use the upper triangle, or the lower one.
    left : bool
        Whether to solve ``a @ x = b``, or ``x @ a = b``.
    unit_diagonal : bool
        Whether to assume ones on the diagonal, without reading it.

    Returns
    -------
    Tensor
        The shape of `b`, its leading axes broadcast with those of `a`. The gradient with respect to `a` is zero where
        it is not read.

    Raises
    ------
    ShapeError
        If the matrices are not square, or the shapes do not match.
    LinAlgError
        If there is a zero on a diagonal.

    Examples
    --------
    >>> tl.linalg.solve_triangular(tl.tensor([[2.0, 0.0], [2.0, 1.0]]), tl.tensor([2.0, 3.0]), upper=False)
    tensor([1., 1.])
    """
    require("solve_triangular", "floating", a=a, b=b)
    params = {"upper": upper, "left": left, "unit_diagonal": unit_diagonal}
    if len(b.shape) != 1:
        return solve_triangular_matrices(a, b, **params)
    solved = solve_triangular_matrices(a, reshape(b, (-1, 1) if left else (1, -1)), **params)
    return reshape(solved, (*solved.shape[:-2], solved.shape[-2] * solved.shape[-1]))
