"""Linear algebra: the Array API standard's ``linalg`` extension, and more functions of NumPy, SciPy and PyTorch.

All of it is differentiable, to any order and in both modes, takes stacks of matrices (leading axes), and complex
numbers. Functions of floating-point numbers refuse integers. They raise `LinAlgError` for matrices without a result; on
a GPU, where that would require synchronization, the result may be NaN instead.

Examples
--------
>>> tl.linalg.solve(tl.tensor([[2.0, 0.0], [0.0, 4.0]]), tl.tensor([1.0, 1.0]))
tensor([0.5 , 0.25])
"""

from .errors import LinAlgError
from .ops.contraction import matmul, outer, tensordot, vecdot
from .ops.declare import composite
from .ops.linalg.decompositions import LUResult, QRResult, cholesky, lu, qr
from .ops.linalg.determinants import SlogdetResult, det, slogdet
from .ops.linalg.functions import expm, matrix_power, multi_dot
from .ops.linalg.least_squares import LstsqResult, cond, lstsq, matrix_rank, pinv
from .ops.linalg.norms import matrix_norm, vector_norm
from .ops.linalg.solving import inv, solve, solve_triangular
from .ops.linalg.spectral import EighResult, SVDResult, eigh, eigvalsh, svd, svdvals
from .ops.matrices import cross, trace
from .ops.matrices import diagonal as _diagonal
from .ops.shapes import matrix_transpose
from .tensor import ArrayT

matrix_exp = expm

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eigh", "EighResult", "eigvalsh", "expm", "inv", "LinAlgError",
    "lstsq", "LstsqResult", "lu", "LUResult", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "outer", "pinv", "qr", "QRResult", "slogdet", "SlogdetResult", "solve",
    "solve_triangular", "svd", "SVDResult", "svdvals", "tensordot", "trace", "vecdot", "vector_norm",
]  # fmt: skip


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


@composite()
def diagonal(x: ArrayT, /, *, offset: int = 0) -> ArrayT:
    """The elements on a diagonal of the last two axes.

    Parameters
    ----------
    x : tensor or array, shape (..., m, n)
        Any type.
    offset : int
        Index of the diagonal; positive above the main one.

    Returns
    -------
    Tensor
        The shape without the last two axes, and the diagonal as the last axis.

    Raises
    ------
    ShapeError
        If there are fewer than two axes.

    Examples
    --------
    >>> tl.linalg.diagonal(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    return _diagonal(x, offset, -2, -1)
