"""Linear algebra: functions made of ops, every norm, order and mode among them."""

import numpy as np
import scipy.linalg
from helpers import formed, tensor
from references.linalg import each, of_eigenvectors, of_singular_vectors

import tensorlab as tl

from .operands import T3, A, B, M, V

D = "D"
inf = float("inf")


def given(form, function, *others):
    """Return a function of an operand to which a form is given first."""
    return lambda x, *more: function(formed(x, form), *more, *others)


def pair(form, ours, numpys):
    """Return tensorlab's function and NumPy's, of an operand in a form."""
    return given(form, ours), given(form, numpys)


def wide(x):
    """A stack of matrices with more columns than rows, tall where the last two axes are exchanged."""
    return formed(x, "separated")


def tall(x):
    return wide(x).mT


def low_rank(x):
    """A matrix of rank 2, through whose factors derivatives are checked: its rank stays."""
    left = wide(x)
    return left.mT @ left.conj()


def norm(ord, **params):
    return (
        lambda x: tl.linalg.matrix_norm(wide(x), ord=ord, **params),
        lambda x: np.linalg.norm(wide(x), ord, axis=(-2, -1), **params),
    )


def vector_norm(ord, axis=None, **params):
    return (
        lambda x: tl.linalg.vector_norm(x, axis=axis, ord=ord, **params),
        lambda x: np.linalg.vector_norm(x, axis=axis, ord=ord, **params),
    )


def power(n):
    return pair("invertible", lambda x: tl.linalg.matrix_power(x, n), lambda x: np.linalg.matrix_power(x, n))


def expm(factor):
    return lambda x: tl.linalg.expm(x * factor), lambda x: scipy.linalg.expm(x * factor)


def of_many(*matrices):
    return tl.linalg.multi_dot(matrices)


CASES = {
    # -- diagonals and products
    "diag": (tl.diag, np.diag, (V,)),
    "diag above": (lambda x: tl.diag(x, k=2), lambda x: np.diag(x, 2), (V,)),
    "diag below": (lambda x: tl.diag(x, -1), lambda x: np.diag(x, -1), (V,)),
    "diag of a matrix": (tl.diag, np.diag, (B,)),
    "diag of a matrix below": (lambda x: tl.diag(x, -2), lambda x: np.diag(x, -2), (B,)),
    "diagonal": (tl.diagonal, np.diagonal, (A,)),
    "diagonal axes": (lambda x: tl.diagonal(x, 1, 2, 0), lambda x: np.diagonal(x, 1, 2, 0), (T3,)),
    "diagonal below": (lambda x: tl.diagonal(x, -1, -1, 1), lambda x: np.diagonal(x, -1, -1, 1), (T3,)),
    "diagonal beyond": (lambda x: tl.diagonal(x, 7), lambda x: np.diagonal(x, 7), (T3,)),
    "diagonal last": (
        lambda x: tl.linalg.diagonal(x, offset=-1),
        lambda x: np.linalg.diagonal(x, offset=-1),
        (T3,),
    ),
    "trace": (tl.trace, np.linalg.trace, (T3,)),
    "trace off": (lambda x: tl.linalg.trace(x, offset=2), lambda x: np.linalg.trace(x, offset=2), (T3,)),
    "trace beyond": (lambda x: tl.trace(x, offset=-5), lambda x: np.linalg.trace(x, offset=-5), (T3,)),
    "kron": (tl.kron, np.kron, (A, B)),
    "kron of fewer axes": (tl.kron, np.kron, (V, T3)),
    "vecdot broadcast": (lambda x, y: tl.vecdot(x, y[:, :1]), lambda x, y: np.vecdot(x, y[:, :1]), (T3, T3)),
    "vecdot first": (lambda x, y: tl.vecdot(x, y, axis=0), lambda x, y: np.vecdot(x, y, axis=0), (A, A)),
    # -- solving
    "solve": (given("invertible", tl.linalg.solve), given("invertible", np.linalg.solve), (M, B)),
    "solve vector": (given("invertible", tl.linalg.solve), given("invertible", np.linalg.solve), (M, V)),
    "solve vector of many": (given("invertible", tl.linalg.solve), given("invertible", np.linalg.solve), (D, V)),
    "solve_triangular": (
        given("separated", lambda a, b: tl.linalg.solve_triangular(a, b, upper=True)),
        given("separated", lambda a, b: np.linalg.solve(np.triu(a), b)),
        (M, B),
    ),
    "solve_triangular vector": (
        given("separated", lambda a, b: tl.linalg.solve_triangular(a, b, upper=False)),
        given("separated", lambda a, b: np.linalg.solve(np.tril(a), b)),
        (D, V),
    ),
    "solve_triangular row": (
        given("separated", lambda a, b: tl.linalg.solve_triangular(a, b, upper=True, left=False, unit_diagonal=True)),
        given("separated", lambda a, b: np.linalg.solve((np.triu(a, 1) + np.eye(3)).mT, b)),
        (D, V),
    ),
    "slogdet": (*pair("invertible", tl.linalg.slogdet, np.linalg.slogdet), (D,)),
    # -- decompositions
    "cholesky": (*pair("positive definite", tl.linalg.cholesky, np.linalg.cholesky), (D,)),
    "cholesky upper": (
        *pair(
            "positive definite",
            lambda x: tl.linalg.cholesky(x, upper=True),
            lambda x: np.linalg.cholesky(x, upper=True),
        ),
        (D,),
    ),
    "qr": (lambda x: tl.linalg.qr(tall(x)), lambda x: np.linalg.qr(tall(x)), (T3,)),
    "qr wide": (
        lambda x: tl.linalg.qr(wide(x), mode="complete"),
        lambda x: np.linalg.qr(wide(x), mode="complete"),
        (T3,),
    ),
    "lu": (lambda x: tl.linalg.lu(tall(x))[1:], lambda x: each(scipy.linalg.lu)(tall(x))[1:], (T3,)),
    "lu wide": (lambda x: tl.linalg.lu(wide(x))[1:], lambda x: each(scipy.linalg.lu)(wide(x))[1:], (T3,)),
    "eigh": (
        *pair(
            "hermitian",
            lambda x: of_eigenvectors(*tl.linalg.eigh(x)),
            lambda x: of_eigenvectors(*np.linalg.eigh(x)),
        ),
        (D,),
    ),
    "eigvalsh": (*pair("hermitian", tl.linalg.eigvalsh, np.linalg.eigvalsh), (D,)),
    "svdvals": (lambda x: tl.linalg.svdvals(wide(x)), lambda x: np.linalg.svdvals(wide(x)), (T3,)),
    "svd": (
        lambda x: of_singular_vectors(*tl.linalg.svd(wide(x))),
        lambda x: of_singular_vectors(*np.linalg.svd(wide(x))),
        (T3,),
    ),
    "svd reduced": (
        lambda x: of_singular_vectors(*tl.linalg.svd(tall(x), full_matrices=False)),
        lambda x: of_singular_vectors(*np.linalg.svd(tall(x), full_matrices=False)),
        (T3,),
    ),
    # -- least squares
    "pinv": (lambda x: tl.linalg.pinv(wide(x)), lambda x: np.linalg.pinv(wide(x)), (T3,)),
    "pinv of low rank": (lambda x: tl.linalg.pinv(low_rank(x)), lambda x: np.linalg.pinv(low_rank(x)), (A,)),
    "pinv cut": (
        lambda x: tl.linalg.pinv(low_rank(x), rtol=1e-9),
        lambda x: np.linalg.pinv(low_rank(x), rtol=1e-9),
        (A,),
    ),
    "pinv cut by matrix": (
        lambda x: tl.linalg.pinv(wide(x), rtol=tensor([1e-3, 1e-9])),
        lambda x: np.linalg.pinv(wide(x)),
        (T3,),
    ),
    "lstsq": (
        lambda a, b: tl.linalg.lstsq(tall(a), b)[:2],
        lambda a, b: np.linalg.lstsq(tall(a), b)[:2],
        (A, V),
    ),
    "lstsq of many": (
        lambda a, b: tl.linalg.lstsq(tall(a), b).solution,
        lambda a, b: np.linalg.pinv(tall(a)) @ b,
        (T3, "C"),
    ),
    "lstsq of low rank": (
        lambda a, b: tl.linalg.lstsq(low_rank(a), b, rcond=1e-9).solution,
        lambda a, b: np.linalg.lstsq(low_rank(a), b, rcond=1e-9)[0],
        (A, B),
    ),
    "lstsq of more unknowns": (
        lambda a, b: tl.linalg.lstsq(wide(a), b[:2]).solution,
        lambda a, b: np.linalg.lstsq(wide(a), b[:2])[0],
        (A, B),
    ),
    # -- functions
    "multi_dot": (of_many, lambda *xs: np.linalg.multi_dot(xs), (A, B, "C")),
    "multi_dot of two": (of_many, lambda *xs: np.linalg.multi_dot(xs), (A, B)),
    "multi_dot of vectors": (of_many, lambda *xs: np.linalg.multi_dot(xs), (V, M, V)),
    **{f"matrix_power {n}": (*power(n), (D,)) for n in (-3, -1, 0, 1, 2, 7)},
    **{f"expm {factor}": (*expm(factor), (M,)) for factor in (1e-3, 0.05, 0.2, 0.4, 1.0, 5.0)},
    "expm of many": (
        lambda x: tl.linalg.matrix_exp(x * tensor([[[0.01]], [[1.0]], [[4.0]]])),
        lambda x: scipy.linalg.expm(x * [[[0.01]], [[1.0]], [[4.0]]]),
        (D,),
    ),
    # -- norms
    **{f"matrix_norm {ord}": (*norm(ord), (T3,)) for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf, None)},
    "matrix_norm kept": (*norm("nuc", keepdims=True), (T3,)),
    "matrix_norm of one": (*norm(-inf, keepdims=True), (A,)),
    **{f"vector_norm {ord}": (*vector_norm(ord), (A,)) for ord in (inf, -inf, 0, 1, 2, 3, 0.5, -1, -2.5)},
    **{f"vector_norm {ord} axis": (*vector_norm(ord, axis=-1), (T3,)) for ord in (inf, -inf, 0, 1, 2, 1.5, -2)},
    **{
        f"vector_norm {ord} axes": (*vector_norm(ord, axis=(0, 2), keepdims=True), (T3,))
        for ord in (inf, -inf, 0, 1, 2, 3)
    },
    **{
        f"cond {p}": (
            *pair("separated", lambda x, p=p: tl.linalg.cond(x, p), lambda x, p=p: np.linalg.cond(x, p)),
            (D,),
        )
        for p in (None, 2, -2, 1, -1, inf, -inf, "fro", "nuc")
    },
    "cond of a rectangle": (lambda x: tl.linalg.cond(wide(x)), lambda x: np.linalg.cond(wide(x)), (T3,)),
    # -- what the standard has at the top level too
    "matmul of linalg": (tl.linalg.matmul, np.linalg.matmul, (A, B)),
    "matrix_transpose of linalg": (tl.linalg.matrix_transpose, np.linalg.matrix_transpose, (T3,)),
    "outer of linalg": (tl.linalg.outer, np.linalg.outer, (V, V)),
    "vecdot of linalg": (tl.linalg.vecdot, np.linalg.vecdot, (A, A)),
    "cross of linalg": (tl.linalg.cross, np.linalg.cross, (M, V)),
}
REAL_ONLY = set()
