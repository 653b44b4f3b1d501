"""Functions of matrices: powers, exponentials, and products of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, comb, factorial, log2
from operator import index as as_index
from typing import Any

from ...backend import backend_of, dtypes
from ...errors import ShapeError
from ...tensor import ArrayT, Tensor
from ..arithmetic import positive, zeros_like
from ..comparison import where
from ..contraction import matmul
from ..declare import composite, require
from ..shapes import astype
from .common import check_square, identity_like, of_square_matrices
from .solving import inv, solve_matrices

# -- powers ------------------------------------------------------------------------------------------------------------


@composite()
@of_square_matrices
def matrix_power(x: ArrayT, n: int, /) -> ArrayT:
    """Integer power of square matrices, by repeated squaring.

    Parameters
    ----------
    x : tensor or array, shape (..., m, m)
        Floating-point.
    n : int
        The exponent; 0 gives identity matrices, and negative exponents powers of the inverse.

    Returns
    -------
    Tensor
        The shape of `x`.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    LinAlgError
        If `n` is negative and a matrix singular.

    Examples
    --------
    >>> tl.linalg.matrix_power(tl.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    require("matrix_power", "floating", x=x)
    size = check_square("matrix_power", tuple(x.shape))
    try:
        n = as_index(n)
    except TypeError:
        raise TypeError(f"matrix_power: n must be an integer, not {type(n).__name__}") from None
    if n == 0:
        return zeros_like(x) + identity_like(x, size)
    if n < 0:
        x, n = inv(x), -n
    elif n == 1:
        x = positive(x)
    power: Any = None
    while True:
        if n & 1:
            power = x if power is None else matmul(power, x)
        n >>= 1
        if not n:
            return power
        x = matmul(x, x)


# -- exponential -------------------------------------------------------------------------------------------------------

DEGREES = {
    8: {3: 1.08e-2, 5: 2.00e-1, 7: 7.83e-1, 9: 1.78, 13: 4.74},
    4: {3: 4.25e-1, 5: 1.88, 7: 3.92},
}
"""For each size of a real number, degrees of Padé approximants and the 1-norms up to which they are exact to rounding.

In double precision the derivative is exact too (Al-Mohy and Higham, 2009, table 6.1); in single precision as in Higham
(2005).
"""


@cache
def _pade_coefficients(degree: int) -> tuple[float, ...]:
    """Return the coefficients of the numerator of exp's diagonal Padé approximant, from the constant 1 up."""
    full = factorial(2 * degree)
    return tuple(comb(degree, j) * factorial(2 * degree - j) / full for j in range(degree + 1))


def _pade(x: Any, degree: int) -> Any:
    """Return the approximant: the even powers' sum plus the odd ones', divided by their difference."""
    b = _pade_coefficients(degree)
    n = x.shape[-1]
    powers = [identity_like(x, n), matmul(x, x)]  # of x @ x
    while len(powers) <= min(degree // 2, 3):
        powers.append(matmul(powers[-1], powers[1]))
    if degree <= 7:
        odd, even = _combined(powers, b[1::2]), _combined(powers, b[0::2])
    elif degree == 9:
        powers.append(matmul(powers[2], powers[2]))
        odd, even = _combined(powers, b[1::2]), _combined(powers, b[0::2])
    else:
        # The sixth power is factored out, so that no higher one has to be computed.
        odd = _combined(powers, b[1:8:2]) + matmul(powers[3], _combined(powers[1:], b[9::2]))
        even = _combined(powers, b[0:7:2]) + matmul(powers[3], _combined(powers[1:], b[8::2]))
    odd = matmul(x, odd)
    return solve_matrices(even - odd, even + odd)


def _combined(matrices: Sequence[Any], coefficients: Sequence[float]) -> Any:
    total = matrices[0] * coefficients[0]
    for matrix, coefficient in zip(matrices[1:], coefficients[1:], strict=False):
        total = total + matrix * coefficient
    return total


@composite()
@of_square_matrices
def expm(x: ArrayT, /) -> ArrayT:
    """Matrix exponential, by scaling and squaring of a Padé approximant.

    The approximant and the number of squarings are chosen by the greatest 1-norm (N. J. Higham, "The scaling and
    squaring method for the matrix exponential revisited", SIAM J. Matrix Anal. Appl. 26, 2005), which synchronizes with
    a GPU; each matrix is scaled by its own. The derivative is that of the approximant, which is exact to rounding too
    (A. H. Al-Mohy, N. J. Higham, "Computing the Fréchet derivative of the matrix exponential", same journal 30, 2009).

    Returns
    -------
    Tensor
        The same shape.

    Examples
    --------
    >>> tl.linalg.expm(tl.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    require("expm", "floating", x=x)
    check_square("expm", tuple(x.shape))
    array = x._array if isinstance(x, Tensor) else x
    if 0 in array.shape:
        return positive(x)
    backend = backend_of(array)
    xp, dtype = backend.xp, backend.dtype_of(array)
    size = dtype.itemsize // (1 + dtype.is_complex)
    if size < 4:
        return astype(expm(astype(x, dtypes.float32)), dtype)
    degrees = DEGREES[size]
    norms = xp.max(xp.sum(xp.abs(array), axis=-2), axis=-1)
    norms = xp.where(xp.isfinite(norms), norms, xp.zeros_like(norms))  # NaN propagates in any case
    largest = float(xp.max(norms))
    for degree, limit in degrees.items():
        if largest <= limit:
            return _pade(x, degree)
    squarings = ceil(log2(largest / limit))
    if array.ndim == 2:
        power = _pade(x * 0.5**squarings, degree)
        for _ in range(squarings):
            power = matmul(power, power)
        return power
    needed = xp.ceil(xp.log2(xp.where(norms > limit, norms, xp.ones_like(norms) * limit) / limit))[..., None, None]
    power = _pade(x * 0.5**needed, degree)
    for done in range(squarings):
        power = where(needed > done, matmul(power, power), power)
    return power


# -- products of several -----------------------------------------------------------------------------------------------


@composite()
def multi_dot(arrays: Sequence[ArrayT], /) -> ArrayT:
    """Product of two or more matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    arrays : sequence of tensors or arrays
        Matrices; the first and the last may be vectors, which are used as a row and as a column.

    Returns
    -------
    Tensor
        A matrix, without the axes of vectors.

    Raises
    ------
    ValueError
        If there are fewer than two.
    ShapeError
        If the shapes do not match.

    Examples
    --------
    >>> a, b = tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([1.0, 1.0])
    >>> tl.linalg.multi_dot([b, a, a, b])
    tensor(54.)
    """
    arrays = list(arrays)
    if len(arrays) < 2:
        raise ValueError(f"multi_dot needs at least 2 arrays, not {len(arrays)}")
    for i, x in enumerate(arrays):
        require("multi_dot", "numeric", **{f"arrays[{i}]": x})
        ends = i in (0, len(arrays) - 1)
        if len(x.shape) != 2 and not (ends and len(x.shape) == 1):
            wanted = "1 or 2 axes" if ends else "2 axes"
            raise ShapeError(f"multi_dot: array {i} must have {wanted}, not shape {tuple(x.shape)}")
    rows = arrays[0].shape[0] if len(arrays[0].shape) == 2 else 1
    lengths = [rows, arrays[0].shape[-1], *(x.shape[1] if len(x.shape) == 2 else 1 for x in arrays[1:])]
    for i, x in enumerate(arrays[1:]):
        if x.shape[0] != lengths[i + 1]:
            raise ShapeError(
                f"multi_dot: array {i} of shape {tuple(arrays[i].shape)} and array {i + 1} of shape {tuple(x.shape)} "
                "do not match: the columns of one must be the rows of the next"
            )
    return _product(arrays, _cheapest_splits(lengths), 0, len(arrays) - 1)


def _product(arrays: Sequence[Any], splits: dict[tuple[int, int], int], first: int, last: int) -> Any:
    """Return the product of a run of matrices, split as `_cheapest_splits` says."""
    if first == last:
        return arrays[first]
    middle = splits[first, last]
    return matmul(_product(arrays, splits, first, middle), _product(arrays, splits, middle + 1, last))


def _cheapest_splits(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return after which matrix to split each run of them; matrix i is ``lengths[i]`` x ``lengths[i + 1]``."""
    count = len(lengths) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits = {}
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            cost[i, j], splits[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k) for k in range(i, j)
            )
    return splits
