"""Determinants, with derivatives that are correct for singular matrices too."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...tensor import ArrayT
from ..arithmetic import imag, is_complex, multiply, real
from ..contraction import matmul
from ..declare import composite, require
from ..matrices import trace
from ..reduction import sum
from ..shapes import expand_dims, matrix_transpose
from .common import count_cubic, of_square_matrices, square_shape
from .solving import INVERTIBLE, inv

SAMPLES = [sample(Draw(shape, form=INVERTIBLE)) for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2), (2, 0, 0))]


def _spread(numbers: Any) -> Any:
    """Return one number per matrix with two axes of length 1 at the end."""
    return expand_dims(numbers, axis=(-2, -1))


# -- determinant -------------------------------------------------------------------------------------------------------


@op(
    vjp={"x": lambda g, x: _spread(g) * cofactors(x)},
    jvp={"x": lambda t, x: sum(cofactors(x) * t, axis=(-2, -1))},
    shape=square_shape("det", lambda x: x[:-2]),
    takes="floating",
    flops=count_cubic(2 / 3),
    samples=SAMPLES,
    tolerance={"float32": 1e-5},
    checks_first=True,
)
@of_square_matrices
def det(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Determinant of square matrices.

    It may overflow or underflow where `slogdet` does not. The first two derivatives are correct for singular matrices
    too; for higher ones the matrix must be invertible.

    Returns
    -------
    Tensor
        One number per matrix: shape ``(...)``.

    Examples
    --------
    >>> tl.linalg.det(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(-2.)
    """
    return backend.xp.linalg.det(x)


def _third(e: Any, x: Any, g: Any) -> Any:
    """Return the third derivative of the determinant of invertible matrices along `e` and `g`, as a gradient.

    With b for the inverse it is ``det(x) (tr(be) tr(bg) b - tr(be) bgb - tr(bg) beb - tr(bebg) b + bgbeb + bebgb)``,
    transposed.
    """
    b = inv(x)
    be, bg = matmul(b, e), matmul(b, g)
    beb, bgb = matmul(be, b), matmul(bg, b)
    te, tg = _spread(trace(be)), _spread(trace(bg))
    mixed = te * tg - _spread(trace(matmul(be, bg)))
    total = mixed * b - te * bgb - tg * beb + matmul(bg, beb) + matmul(be, bgb)
    return _spread(det(x)) * matrix_transpose(total)


@op(
    vjp={"x": lambda g, x: cofactors_along(x, g)},
    jvp={"x": lambda t, x: cofactors_along(x, t)},
    shape=square_shape("cofactors"),
    takes="floating",
    flops=count_cubic(8 / 3),
    samples=SAMPLES,
    tolerance={"float32": 1e-5, "float64": 1e-12},
)
def cofactors(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The gradient of the determinant: ``det(x) * inv(x).mT``, but defined for singular matrices too.

    For these it is computed from singular values; on a GPU this synchronizes with the device.

    Examples
    --------
    >>> tl.ops.linalg.determinants.cofactors(tl.tensor([[1.0, 2.0], [2.0, 4.0]])).round()
    tensor([[ 4., -2.],
            [-2.,  1.]])
    """
    xp = backend.xp
    value = xp.linalg.det(x)
    if bool(xp.all(value != 0)):
        return value[..., None, None] * xp.matrix_transpose(xp.linalg.inv(x))
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    n = s.shape[-1]
    others = xp.where(xp.eye(n, dtype=xp.bool, device=x.device), xp.ones_like(s)[..., None, :], s[..., None, :])
    phase = xp.linalg.det(u) * xp.linalg.det(vh)
    return phase[..., None, None] * xp.matmul(
        _conj(backend, u) * xp.prod(others, axis=-1)[..., None, :], _conj(backend, vh)
    )


@op(
    vjp={"x": lambda g, x, e: _third(e, x, g), "e": lambda g, x: cofactors_along(x, g)},
    jvp={"x": lambda t, x, e: _third(e, x, t), "e": lambda t, x: cofactors_along(x, t)},
    shape=lambda x, e: x,
    takes="floating",
    flops=count_cubic(30),
    samples=[sample(Draw(shape, form=INVERTIBLE), shape) for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 2, 2))],
    tolerance={"float32": 1e-5, "float64": 1e-12},
)
def cofactors_along(backend: Backend, x: ArrayT, e: ArrayT, /) -> ArrayT:
    """The derivative of the cofactors along `e`, which is the second derivative of the determinant.

    In the basis of the singular vectors it needs only products of all singular values but two, so it exists
    for singular matrices too: ``d2 det(diag(s))[e, f]`` is the sum over i != j of
    ``prod(s but i, j) * (e[i, i] * f[j, j] - e[i, j] * f[j, i])``.

    Examples
    --------
    >>> tl.ops.linalg.determinants.cofactors_along(tl.zeros((2, 2)), tl.tensor([[1.0, 2.0], [3.0, 4.0]])).round()
    tensor([[ 4., -3.],
            [-2.,  1.]])
    """
    xp = backend.xp
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    left, right = _conj(backend, u), _conj(backend, vh)
    inner = xp.matmul(xp.matmul(xp.matrix_transpose(left), e), xp.matrix_transpose(right))
    others = _products_but_two(xp, s)
    n = s.shape[-1]
    eye = xp.eye(n, dtype=e.dtype, device=e.device)
    on_diagonal = xp.sum(xp.sum(inner * eye, axis=-2)[..., None, :] * others, axis=-1)
    turned = on_diagonal[..., None] * eye - xp.matrix_transpose(inner * others)
    phase = xp.linalg.det(u) * xp.linalg.det(vh)
    return phase[..., None, None] * xp.matmul(xp.matmul(left, turned), right)


def _conj(backend: Backend, x: Any) -> Any:
    return backend.xp.conj(x) if backend.dtype_of(x).is_complex else x


def _products_but_two(xp: Any, s: Any) -> Any:
    """Return for each pair of different indices the product of all other numbers, without division; zeros elsewhere."""
    n = s.shape[-1]
    ones = xp.ones_like(s)[..., None]
    before = xp.cumulative_prod(s, axis=-1, include_initial=True)[..., :n]
    after = xp.flip(xp.cumulative_prod(xp.flip(s, axis=-1), axis=-1, include_initial=True), axis=-1)[..., 1:]
    columns, rows = xp.arange(n, device=s.device), xp.arange(n, device=s.device)[:, None]
    later = xp.where(columns > rows, s[..., None, :], ones)
    between = xp.cumulative_prod(later, axis=-1, include_initial=True)[..., :n]
    products = before[..., :, None] * between * after[..., None, :]
    above = xp.where(columns > rows, products, xp.zeros_like(products))
    return above + xp.matrix_transpose(above)


# -- its logarithm -----------------------------------------------------------------------------------------------------


class SlogdetResult(NamedTuple, Generic[ArrayT]):
    """Sign and logarithm of the absolute value of determinants."""

    sign: ArrayT
    logabsdet: ArrayT


def _pull_slogdet(g: Any, x: Any, out: Any) -> Any:
    g_sign, g_log = g
    coefficient = None if g_log is None else _spread(g_log)
    if g_sign is not None and is_complex(x):
        turned = multiply(_spread(imag(g_sign * out[0])), 1j)
        coefficient = turned if coefficient is None else coefficient + turned
    return None if coefficient is None else coefficient * matrix_transpose(inv(x))


def _push_slogdet(t: Any, x: Any, out: Any) -> Any:
    change = sum(matrix_transpose(inv(x)) * t, axis=(-2, -1))
    if not is_complex(x):
        return None, change
    return out[0] * multiply(imag(change), 1j), real(change)


@op(
    vjp={"x": _pull_slogdet},
    jvp={"x": _push_slogdet},
    shape=square_shape("slogdet", lambda x: (x[:-2], x[:-2])),
    takes="floating",
    flops=count_cubic(2 / 3),
    samples=SAMPLES,
    tolerance={"float32": 1e-5},
    results=2,
    checks_first=True,
)
def slogdet_parts(backend: Backend, x: ArrayT, /) -> tuple[ArrayT, ArrayT]:
    """Sign and logarithm of the determinant's absolute value; see `slogdet`.

    Examples
    --------
    >>> tl.ops.linalg.determinants.slogdet_parts(tl.tensor([[-1.0, 0.0], [0.0, 1.0]]))
    (tensor(-1.), tensor(0.))
    """
    return tuple(backend.xp.linalg.slogdet(x))


@composite()
@of_square_matrices
def slogdet(x: ArrayT, /) -> SlogdetResult[ArrayT]:
    """Sign, and logarithm of the absolute value, of the determinant of square matrices.

    Returns
    -------
    SlogdetResult
        A named tuple: `sign`, 1 or -1, or for complex matrices a number on the unit circle, and `logabsdet`, real,
        both of shape ``(...)``. For a singular matrix 0 and minus infinity, and no gradient: requesting one raises
        `LinAlgError`.

    Examples
    --------
    >>> tl.linalg.slogdet(tl.tensor([[-1.0, 0.0], [0.0, 1.0]]))
    SlogdetResult(sign=tensor(-1.), logabsdet=tensor(0.))
    """
    require("slogdet", "floating", x=x)
    return SlogdetResult(*slogdet_parts(x))
