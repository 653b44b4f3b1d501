"""Shared by the functions of linear algebra: errors, checks, and parts of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import nan
from typing import Any

from ...autodiff.graph import current_mode
from ...backend import Backend, backend_of
from ...docstrings import documented
from ...errors import LinAlgError, ShapeError
from ...tensor import ArrayT, Tensor
from ..arithmetic import conj
from ..declare import as_arrays, elementwise
from ..matrices import tril, triu
from ..shapes import Shape, expand_dims, matrix_transpose

of_matrices = partial(
    documented,
    entries={"x": "x : tensor or array, shape (..., m, n)\n    Floating-point."},
    raises={"ShapeError": "If there are fewer than two axes."},
)
"""Completes the docstring of a function of matrices."""

of_square_matrices = partial(
    documented,
    entries={"x": "x : tensor or array, shape (..., n, n)\n    Floating-point."},
    raises={"ShapeError": "If the matrices are not square."},
)
"""Completes the docstring of a function of square matrices."""


def library_call(problem: str, kernel: Callable[..., Any], *args: Any, **params: Any) -> Any:
    """Call a function of an array library, and raise our `LinAlgError` in place of the library's.

    Raises
    ------
    LinAlgError
        With `problem` as its message.
    """
    try:
        return kernel(*args, **params)
    except ValueError as error:
        # Each library has its own class or NumPy's, and tensorlab imports none of them.
        if type(error).__name__ != "LinAlgError" or isinstance(error, LinAlgError):
            raise
        raise LinAlgError(problem) from error


# -- shapes ------------------------------------------------------------------------------------------------------------


def check_matrices(function: str, shape: Shape) -> tuple[int, int]:
    """Return rows and columns of a stack of matrices.

    Raises
    ------
    ShapeError
        If there are fewer than two axes.
    """
    if len(shape) < 2:
        raise ShapeError(f"{function} takes matrices, of at least 2 axes, not shape {tuple(shape)}")
    return shape[-2], shape[-1]


def check_square(function: str, shape: Shape) -> int:
    """Return the length of the last two axes of a stack of square matrices.

    Raises
    ------
    ShapeError
        If there are fewer than two axes, or the last two differ.
    """
    rows, columns = check_matrices(function, shape)
    if rows != columns:
        raise ShapeError(f"{function} takes square matrices, not {rows} x {columns} ones (shape {tuple(shape)})")
    return rows


def square_shape(function: str, result: Callable[[Shape], Any] = lambda x: x) -> Callable[..., Any]:
    """Return the shape rule of an op of square matrices, by default to matrices of the same shape."""

    def rule(x: Shape, *others: Shape, **_: Any) -> Any:
        check_square(function, x)
        return result(x)

    return rule


def count_cubic(factor: float) -> Callable[[Sequence[Shape], Any, Mapping[str, Any]], int]:
    """Return the rule that counts `factor` times rows times columns times the smaller of both for each matrix."""

    def count(shapes: Sequence[Shape], out: Any, params: Mapping[str, Any]) -> int:
        total = 1
        for n in shapes[0]:
            total *= n
        return int(factor * total * min(shapes[0][-2:]))

    return count


def recorded(x: Any) -> bool:
    """Whether operations on `x` are recorded, so that its gradient may be requested."""
    return isinstance(x, Tensor) and x.requires_grad and current_mode.get().recording


# -- parts of matrices -------------------------------------------------------------------------------------------------


def without_diagonal(x: Any) -> Any:
    """Return square matrices with zeros on the diagonal."""
    return tril(x, k=-1) + triu(x, k=1)


def adjoint(x: Any) -> Any:
    """Return the conjugate transpose of matrices."""
    return conj(matrix_transpose(x))


def hermitian_part(x: Any) -> Any:
    """Return the mean of matrices and their adjoints."""
    return 0.5 * (x + adjoint(x))


def scaled_columns(x: Any, factors: Any) -> Any:
    """Return matrices with each column times its factor: ``x @ diag(factors)``."""
    return x * expand_dims(factors, axis=-2)


def scaled_rows(x: Any, factors: Any) -> Any:
    """Return matrices with each row times its factor: ``diag(factors) @ x``."""
    return x * expand_dims(factors, axis=-1)


def identity_like(x: Any, n: int) -> Any:
    """Return the identity matrix of size `n`, of the type and on the device of `x`; an array for an array."""
    array = x._array if isinstance(x, Tensor) else x
    identity = backend_of(array).xp.eye(n, dtype=array.dtype, device=array.device)
    return Tensor(identity) if isinstance(x, Tensor) else identity


# -- differences in a denominator --------------------------------------------------------------------------------------


@elementwise(
    lambda g, x2: quotient(g, x2), lambda g, x2, out: -quotient(g * out, x2), domain=(0.5, 2.0), dtype="floating"
)
def quotient(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 / x2``, but zero for 0/0 and NaN for everything else over zero, and without a warning.

    Derivatives of eigenvectors divide by differences of eigenvalues. For equal ones the numerator is zero if nothing
    depends on the choice of eigenvectors; otherwise there is no derivative.

    Examples
    --------
    >>> from tensorlab.ops.linalg.common import quotient
    >>> quotient(tl.tensor([1.0, 0.0, 1.0]), tl.tensor([2.0, 0.0, 0.0]))
    tensor([0.5, 0. , nan])
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    tied = x2 == 0
    ratio = x1 / xp.where(tied, xp.ones_like(x2), x2)
    return xp.where(tied & (x1 != 0), xp.asarray(nan, dtype=ratio.dtype, device=ratio.device), ratio)
