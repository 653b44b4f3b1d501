"""Linear algebra: singular and degenerate matrices, what is read, data types, errors, sizes beyond the tables'."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
from composites import CASES
from helpers import assert_close, assert_same, formed, host, leaf, native, seeded, tensor
from references.linalg import cofactors, of_eigenvectors, of_singular_vectors

import tensorlab as tl
from tensorlab import ShapeError
from tensorlab.autodiff.record import REGISTRY
from tensorlab.backend.kernels import DefaultKernels
from tensorlab.linalg import LinAlgError
from tensorlab.nn import functional as F
from tensorlab.ops.linalg.common import quotient

inf, nan = float("inf"), float("nan")


def numbers(*shape, dtype="float64", key=0):
    rng = seeded("linalg", shape, key)
    return (rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype.startswith("c") else 0)).astype(dtype)


def rank(n, r, dtype="float64", key=0):
    """Return a square matrix of a rank."""
    return numbers(n, r, dtype=dtype, key=key) @ numbers(r, n, dtype=dtype, key=key + 1)


def gradient(function, x):
    """Return PyTorch's gradient of a real function, as a NumPy array."""
    x = tensor(x, requires_grad=True)
    function(x).backward()
    return host(x.grad)


def test_every_function_is_checked():
    checked = {name.split()[0] for name in CASES} | set(REGISTRY)
    results = {name for name in tl.linalg.__all__ if name[0].isupper()}
    assert set(tl.linalg.__all__) - checked - results == {"LinAlgError", "matrix_exp", "matrix_rank"} - results
    assert tl.linalg.matrix_exp is tl.linalg.expm


def test_the_namespace_is_loaded_when_it_is_asked_for():
    code = "import sys, tensorlab as tl; a = 'tensorlab.linalg' in sys.modules; tl.linalg.inv; print(a, tl.linalg)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False <module 'tensorlab.linalg'")


# -- determinants ------------------------------------------------------------------------------------------------------

SINGULAR = {
    "one zero": rank(4, 3),
    "two zeros": rank(4, 2),
    "three zeros": rank(4, 1),
    "nothing": np.zeros((3, 3)),
    "exactly": np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]]),
    "equal singular values": np.diag([2.0, 2.0, 0.0]),
    "all equal": np.eye(3),
    "complex": rank(3, 2, "complex128"),
    "complex zeros": rank(3, 1, "complex128"),
    "some of a stack": np.stack([np.eye(3), np.zeros((3, 3)), rank(3, 2), numbers(3, 3)]),
    "of one": np.zeros((2, 1, 1)),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_determinant_of_singular_matrices(name):
    """First and second derivatives, in both modes."""
    tl.check_gradients(tl.linalg.det, [tensor(SINGULAR[name])])


@pytest.mark.parametrize("name", SINGULAR)
def test_its_gradient_is_the_cofactors(name):
    x = SINGULAR[name].reshape(-1, *SINGULAR[name].shape[-2:])
    found = gradient(lambda x: tl.real(tl.linalg.det(x)).sum(), x)
    assert_close(found, np.conj(np.stack([cofactors(part) for part in x])))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_third_derivatives_of_regular_determinants(dtype):
    tl.check_gradients(tl.linalg.det, [tensor(formed(numbers(3, 3, dtype=dtype), "invertible"))], order=3)


def test_third_derivative_of_a_singular_determinant_is_refused():
    x = tl.tensor(np.zeros((3, 3)))

    def second(x):
        return tl.hessian(tl.linalg.det)(x).sum()

    with pytest.raises(LinAlgError, match=r"^inv: a matrix is singular"):
        tl.grad(second)(x)


def test_slogdet_of_a_singular_matrix():
    with np.errstate(divide="ignore"):
        sign, log = tl.linalg.slogdet(tensor(np.zeros((2, 2)), requires_grad=True))
    assert_same(sign, 0.0)
    assert_same(log, -inf)
    with pytest.raises(LinAlgError, match=r"^inv: a matrix is singular"):
        log.backward()


# -- equal eigenvalues and singular values -----------------------------------------------------------------------------


def test_quotient():
    x1, x2 = np.array([6.0, 0.0, 1.0, 0.0, nan]), np.array([2.0, 3.0, 0.0, 0.0, 1.0])
    assert_same(quotient(tensor(x1), tensor(x2)), np.array([3.0, 0.0, nan, 0.0, nan]))
    x = leaf(x1[:4])
    quotient(x, tensor(x2[:4])).backward(tensor([1.0, 1.0, 0.0, 1.0]))
    assert_same(x.grad, np.array([0.5, 1 / 3, 0.0, nan]))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("function", [tl.linalg.eigvalsh, lambda x: tl.linalg.eigh(x).eigenvalues])
def test_gradient_of_equal_eigenvalues(function, dtype):
    """The sum of cubes is the trace of the cube, whose gradient is known."""
    basis, _ = np.linalg.qr(numbers(4, 4, dtype=dtype))
    x = basis @ np.diag([2.0, 2.0, 2.0, -1.0]) @ basis.conj().T
    assert_close(gradient(lambda x: (function(x) ** 3).sum(), x), 3 * x @ x)
    assert_close(gradient(lambda x: function(x).sum(), np.eye(3, dtype=dtype)), np.eye(3))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("function", [tl.linalg.svdvals, lambda x: tl.linalg.svd(x).S])
def test_gradient_of_equal_singular_values(function, dtype):
    """The sum of squares is Frobenius' norm, squared."""
    u, _ = np.linalg.qr(numbers(4, 4, dtype=dtype))
    x = u[:, :3] @ np.diag([2.0, 2.0, 0.0]) @ u[:3, :3].conj().T
    assert_close(gradient(lambda x: (function(x) ** 2).sum(), x), 2 * x)
    assert_close(gradient(lambda x: (function(x) ** 2).sum(), np.zeros_like(x)), 0 * x)


def test_vectors_of_equal_eigenvalues_have_no_derivative():
    weights = tensor(numbers(3, 3))
    found = gradient(lambda x: (tl.linalg.eigh(x).eigenvectors * weights).sum(), np.diag([1.0, 2.0, 2.0]))
    assert np.isnan(found).any()
    found = gradient(lambda x: (tl.linalg.svd(x).U * weights).sum(), np.diag([2.0, 2.0, 1.0]))
    assert np.isnan(found).any()
    # Of the one vector that is determined there is one, and it does not hear of the other two.
    x = np.diag([1.0, 2.0, 2.0])
    found = gradient(lambda x: (tl.linalg.eigh(x).eigenvectors[:, 0] ** 2 * weights[0]).sum(), x)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("values", [[1.0, 1.0, 3.0, 4.0], [-2.0, -2.0, -2.0, 4.0], [1.0, 1.0, 3.0, 3.0]])
@pytest.mark.parametrize("turned", [False, True])
def test_projection_onto_vectors_of_equal_eigenvalues(dtype, values, turned):
    """P projects onto the k lowest; its change is the sum of P_i dx P_j / (w_i - w_j) over pairs across the gap."""
    basis = np.linalg.qr(numbers(4, 4, dtype=dtype))[0] if turned else np.eye(4, dtype=dtype)
    x, weights, k = basis @ np.diag(values) @ basis.conj().T, numbers(4, 4, dtype=dtype), 2 if values[2] == 3 else 3

    def function(x):
        chosen = tl.linalg.eigh(x).eigenvectors[:, :k]
        return tl.real((tensor(weights).conj() * (chosen @ chosen.mT.conj())).sum())

    inside = basis.conj().T @ weights @ basis
    gaps = np.subtract.outer(values, values)
    gaps[:k, :k] = gaps[k:, k:] = np.inf
    gaps[k:, :k] *= -1
    expected = basis @ (inside / gaps) @ basis.conj().T
    assert_close(gradient(function, x), 0.5 * (expected + expected.conj().T), rtol=1e-12)


@pytest.mark.parametrize("turned", [False, True])
def test_orthogonal_factor_with_equal_singular_values(turned):
    """Near a multiple s of an orthogonal matrix Q, the factor changes by the skew part of Q.T dx, divided by s."""
    q = np.linalg.qr(numbers(4, 4))[0] if turned else np.eye(4)
    weights = numbers(4, 4)

    def function(x):
        u, _, vh = tl.linalg.svd(x)
        return (tensor(weights) * (u @ vh)).sum()

    inside = q.T @ weights
    assert_close(gradient(function, 2 * q), q @ (inside - inside.T) / 4)


def test_functions_of_vectors_and_values_at_equal_values():
    """Those of two functions with different derivatives are the same: nothing but NaN is honest."""

    def of_eigen(x, power):
        values, vectors = tl.linalg.eigh(x)
        return ((vectors * values**power) @ vectors.mT).sum()

    def of_singular(x, power):
        u, s, vh = tl.linalg.svd(x)
        return ((u * s**power) @ vh).sum()

    for function in (of_eigen, of_singular):
        for power in (1, 2):
            assert np.isnan(gradient(lambda x, f=function, p=power: f(x, p), np.eye(3))).all()
    x = np.diag([1.0, 2.0, 4.0])
    assert_close(gradient(lambda x: of_eigen(x, 2), x), x @ np.ones((3, 3)) + np.ones((3, 3)) @ x)
    assert_close(gradient(lambda x: of_singular(x, 1), x), np.ones((3, 3)))


def test_vectors_of_a_singular_value_of_zero():
    """In a real square matrix they are determined up to signs of their own."""
    function = lambda x: tl.linalg.svd(x).U[:, :2] ** 2  # noqa: E731
    x = formed(numbers(3, 3), "separated")
    u, s, vh = np.linalg.svd(x)
    tl.check_gradients(function, [tensor(u * [s[0], s[1], 0] @ vh)], order=1)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_pseudo_inverse_with_equal_singular_values(dtype):
    u, _ = np.linalg.qr(numbers(4, 4, dtype=dtype))
    tl.check_gradients(tl.linalg.pinv, [tensor(2 * u[:, :3])])


VECTORS = {
    "eigh": lambda x: of_eigenvectors(*tl.linalg.eigh(formed(x, "hermitian"))),
    "svd": lambda x: of_singular_vectors(*tl.linalg.svd(formed(x, "separated")[:, :2])),
    "cholesky": lambda x: tl.linalg.cholesky(formed(x, "positive definite")),
    "qr": lambda x: tl.linalg.qr(formed(x, "separated")),
    "lu": lambda x: tl.linalg.lu(formed(x, "invertible"))[1:],
    "pinv": lambda x: tl.linalg.pinv(formed(x, "separated")[:, :2]),
    "expm": tl.linalg.expm,
}


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("name", VECTORS)
def test_third_derivatives(name, dtype):
    tl.check_gradients(VECTORS[name], [tensor(numbers(3, 3, dtype=dtype))], order=3)


# -- what is read, and where gradients are -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize(
    ("function", "form", "reads"),
    [
        (tl.linalg.cholesky, "positive definite", np.tril),
        (lambda x: tl.linalg.cholesky(x, upper=True), "positive definite", np.triu),
        (tl.linalg.eigvalsh, "hermitian", np.tril),
        (lambda x: abs(tl.linalg.eigh(x)[1]), "hermitian", np.tril),
    ],
)
def test_one_triangle_is_read(function, form, reads, dtype):
    x = formed(numbers(3, 3, dtype=dtype), form)
    other = np.where(reads(np.ones((3, 3))) == 1, x, nan)
    assert_close(function(tensor(other)), host(function(tensor(x))), rtol=1e-10)
    found = gradient(lambda x: (abs(function(x)) ** 3).sum(), x)
    assert_close(found, found.conj().T, rtol=1e-10)
    assert abs(found).min() > 1e-6


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("upper", [True, False])
def test_triangular_systems_read_their_triangle(upper, unit, left):
    x, b = formed(numbers(3, 3), "separated"), numbers(3, 3, key=1)
    mask = (np.triu if upper else np.tril)(np.ones((3, 3)), int(unit) * (1 if upper else -1)) == 1
    params = {"upper": upper, "left": left, "unit_diagonal": unit}
    plain = tl.linalg.solve_triangular(tensor(x), tensor(b), **params)
    found = tl.linalg.solve_triangular(tensor(np.where(mask, x, nan)), tensor(b), **params)
    assert_same(found, host(plain))
    found = gradient(lambda x: tl.linalg.solve_triangular(x, tensor(b), **params).sum(), x)
    assert np.all((found != 0) == mask)


def test_extra_singular_vectors():
    x = numbers(2, 5, 3, dtype="complex128")
    u, s, vh = (host(part) for part in tl.linalg.svd(tensor(x)))
    assert (u.shape, s.shape, vh.shape) == ((2, 5, 5), (2, 3), (2, 3, 3))
    assert_close(u.conj().mT @ u, np.broadcast_to(np.eye(5), u.shape))
    assert_close(u[..., :3] * s[:, None] @ vh, x)
    beyond = gradient(lambda x: abs(tl.linalg.svd(x).U[..., 3:]).sum(), x)
    assert_same(beyond, np.zeros_like(x))


def test_no_derivative_of_a_completed_basis():
    x = tensor(numbers(4, 2), requires_grad=True)
    q, r = tl.linalg.qr(x, mode="complete")
    assert (q.shape, r.shape) == ((4, 4), (4, 2))
    assert_close(q @ r, host(x))
    with pytest.raises(LinAlgError, match=r"^qr: mode='complete' has no derivative for matrices with more rows"):
        r.sum().backward()
    with pytest.raises(LinAlgError, match=r"^qr: mode='complete' has no derivative for matrices with more rows"):
        tl.jvp(lambda x: tl.linalg.qr(x, mode="complete").R, (x,), (x,))


def test_rank_deficient_qr_has_no_derivative():
    x = tensor(np.array([[1.0, 1.0], [0.0, 0.0]]), requires_grad=True)
    with pytest.raises(LinAlgError, match=r"^solve_triangular: a matrix is singular"):
        tl.linalg.qr(x).R.sum().backward()


# -- least squares, rank, condition ------------------------------------------------------------------------------------


def test_what_least_squares_gives():
    a, b = numbers(5, 3), numbers(5, 2, key=1)
    for wanted, found in zip(np.linalg.lstsq(a, b), tl.linalg.lstsq(tensor(a), tensor(b)), strict=True):
        assert_close(found, wanted)
    for wanted, found in zip(np.linalg.lstsq(a, b[:, 0]), tl.linalg.lstsq(tensor(a), tensor(b[:, 0])), strict=True):
        assert_close(found, wanted)
    low = a @ np.diag([1.0, 1.0, 0.0])
    for x in (low, a.T[:, :5], a[:3]):
        found = tl.linalg.lstsq(tensor(x), tensor(b[: len(x)]))
        assert found.residuals.shape == (0,)
        assert_close(found.solution, np.linalg.lstsq(x, b[: len(x)])[0])
    assert tl.linalg.lstsq(tensor(low), tensor(b)).rank.item() == 2
    stack = tl.linalg.lstsq(tensor(np.stack([a, 2 * a])), tensor(b))
    assert (stack.residuals.shape, stack.rank.shape, stack.singular_values.shape) == ((2, 2), (2,), (2, 3))
    assert_close(stack.residuals[0], np.linalg.lstsq(a, b)[1])


def test_rcond():
    a, b = np.diag([1.0, 1e-3]), np.ones(2)
    assert_close(tl.linalg.lstsq(tensor(a), tensor(b), rcond=1e-2).solution, [1.0, 0.0])
    assert_close(tl.linalg.lstsq(tensor(a), tensor(b), rcond=1e-4).solution, [1.0, 1e3])


def test_matrix_rank():
    x = np.stack([np.eye(3), np.diag([1.0, 1e-3, 0.0]), np.zeros((3, 3))])
    assert_same(tl.linalg.matrix_rank(tensor(x)), np.array([3, 2, 0]))
    assert_same(tl.linalg.matrix_rank(tensor(x), rtol=1e-2), np.array([3, 1, 0]))
    assert_same(tl.linalg.matrix_rank(tensor(x), rtol=tensor([1.0, 1e-4, 0.0])), np.array([0, 2, 0]))
    assert_same(tl.linalg.matrix_rank(native(x), rtol=native([1.0, 1e-4, 0.0])), np.array([0, 2, 0]))
    assert_same(tl.linalg.matrix_rank(tensor(numbers(2, 4, 3, dtype="complex64"))), np.array([3, 3]))
    assert_same(tl.linalg.matrix_rank(tensor(np.zeros((0, 3)))), np.array(0))
    found = tl.linalg.matrix_rank(tensor(x, requires_grad=True))
    assert found.dtype == tl.int64
    assert not found.requires_grad
    # Single precision's own threshold: in double it would be 3.
    assert tl.linalg.matrix_rank(tensor(np.diag([1.0, 1.0, 1e-7]).astype("float32"))).item() == 2


def test_cut_of_the_pseudo_inverse():
    x = np.stack([np.diag([1.0, 1e-3]), np.diag([1.0, 1e-3])])
    expected = np.stack([np.diag([1.0, 0.0]), np.diag([1.0, 1e3])])
    assert_close(tl.linalg.pinv(tensor(x), rtol=tensor([1e-2, 1e-4])), expected)
    assert_close(tl.linalg.pinv(tensor(x[0]), rtol=1e-2), expected[0])
    assert_close(tl.linalg.pinv(tensor(x[0])), expected[1])


def test_condition_of_singular_matrices():
    x = np.stack([np.zeros((2, 2)), np.diag([1.0, 0.0]), np.diag([4.0, 2.0])])
    for p in (None, 1, inf, "fro", "nuc"):
        found = host(tl.linalg.cond(tensor(x), p))
        assert np.all(found[:2] == inf)
        assert_close(found[2], np.linalg.cond(x[2], p))
    assert_same(tl.linalg.cond(tensor(x), -2), np.array([0.0, 0.0, 0.5]))


# -- norms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("ord", [2, 1, inf, -inf, 0, 3, 0.5, -1, 1.5])
def test_gradient_of_norms_at_zero(ord, dtype):
    x = np.zeros(3, dtype)
    assert_same(tl.linalg.vector_norm(tensor(x), ord=ord), 0.0)
    assert_same(gradient(lambda x: tl.linalg.vector_norm(x, ord=ord), x), x)
    # Zeros among others: of orders below 1 the derivative there is taken as zero.
    x = np.array([0.0, 2.0, 0.0, -1.0]).astype(dtype)
    with np.errstate(divide="ignore"):
        assert_close(tl.linalg.vector_norm(tensor(x), ord=ord), np.linalg.vector_norm(x, ord=ord))
    found = gradient(lambda x: tl.linalg.vector_norm(x, ord=ord), x)
    assert np.isfinite(found).all()
    assert found[0] == 0 == found[2]


def test_frobenius_norm_of_zero():
    assert_same(gradient(lambda x: tl.linalg.matrix_norm(x), np.zeros((2, 3))), np.zeros((2, 3)))


AXES = [((3,), None), ((2, 3), -1), ((2, 3), 0), ((2, 3, 4), (0, 2)), ((200, 300), 0), ((200, 300), None), ((), None)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("far", [False, True])
def test_norms_of_vectors_whose_squares_overflow_or_underflow(dtype, far):
    exponent = 25 if dtype in ("float32", "complex64") else 200
    eps = np.finfo(dtype).eps
    for shape, axis in AXES:
        x = seeded(dtype, shape).normal(size=shape) * (1j if dtype.startswith("complex") else 1)
        x = np.asarray(x * 10.0 ** (exponent if far else -exponent)).astype(dtype)
        exact = np.sqrt(np.sum(np.abs(x.astype("clongdouble")) ** 2, axis=axis, keepdims=True))
        leaf = tensor(x, requires_grad=True)
        found = tl.linalg.vector_norm(leaf, axis=axis, keepdims=True)
        found.sum().backward()
        np.testing.assert_allclose(host(found.detach()), exact, rtol=8 * eps)
        np.testing.assert_allclose(host(leaf.grad), x / exact, rtol=20 * eps)
        np.testing.assert_allclose(
            host(tl.linalg.vector_norm(leaf.detach(), axis=axis)), exact.squeeze(axis), rtol=8 * eps
        )


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="only NumPy reports overflow")
def test_overflow_of_a_norm_is_reported():
    for x in (np.full(4, 3e38, "float32"), np.full((2, 4), 3e38, "float32")):
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            tl.linalg.vector_norm(tensor(x), axis=-1)


@pytest.mark.parametrize("ord", [1.5, 2, 3])
def test_second_derivative_of_the_norm_at_zero(ord):
    """A norm has none; that of its square is 2 for order 2, which cannot be seen from the derivatives of the norm."""
    with np.errstate(all="ignore"):
        for function in (tl.positive, tl.square):
            found = tl.hessian(lambda x, f=function: f(tl.linalg.vector_norm(x, ord=ord)))(tensor(np.zeros(2)))
            assert np.isnan(host(found)).all()


@pytest.mark.parametrize("p", [2.0, 3.0])
def test_normalization_of_short_vectors_is_linear(p):
    def function(x):
        return (F.normalize(x, p, axis=0, eps=0.5) ** 2).sum()

    for at in ([0.0, 0.0], [0.1, 0.0]):
        assert_close(tl.hessian(function)(tensor(np.array(at))), 8 * np.eye(2))


def test_norms_of_nothing():
    assert_same(tl.linalg.vector_norm(tensor(np.zeros((0,)))), 0.0)
    assert_same(tl.linalg.vector_norm(tensor(np.zeros((2, 0))), axis=1, ord=1), np.zeros(2))
    assert_same(tl.linalg.matrix_norm(tensor(np.zeros((0, 2))), ord="nuc"), 0.0)


def test_ties_share_the_gradient():
    assert_same(gradient(lambda x: tl.linalg.vector_norm(x, ord=inf), np.array([2.0, -2.0])), np.array([0.5, -0.5]))


# -- functions ---------------------------------------------------------------------------------------------------------


def test_powers_of_zero_are_identities():
    x = tensor(np.full((2, 2), nan), requires_grad=True)
    found = tl.linalg.matrix_power(x, 0)
    assert_same(found, np.eye(2))
    found.sum().backward()
    assert_same(x.grad, np.zeros((2, 2)))


def test_first_power_is_a_copy():
    x = tensor(np.eye(2))
    found = tl.linalg.matrix_power(x, 1)
    found[0, 0] = 7
    assert x[0, 0].item() == 1


@pytest.mark.parametrize("size", [1e-3, 0.1, 0.5, 1.5, 4.0, 30.0, 100.0])
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-12), ("complex128", 1e-12), ("float32", 3e-5)])
def test_exponential(dtype, rtol, size):
    x = numbers(6, 6, dtype=dtype)
    x = x - x.conj().T  # what grows without bound could not be compared
    x = (x * (size / np.abs(x).sum(0).max())).astype(dtype)
    found = tl.linalg.expm(tensor(x))
    assert found.dtype == dtype
    wide = x.astype("complex128" if dtype == "complex128" else "float64")
    assert_close(found, scipy.linalg.expm(wide), rtol=rtol)
    # Its derivative, against SciPy's own method.
    along = numbers(6, 6, dtype=dtype, key=1)
    _, pushed = tl.jvp(tl.linalg.expm, (tensor(x),), (tensor(along),))
    expected = scipy.linalg.expm_frechet(wide, along.astype(wide.dtype), compute_expm=False)
    assert_close(pushed, expected, rtol=rtol * max(1, np.abs(expected).max()))


def test_exponential_of_nan_and_of_nothing():
    x = np.stack([np.eye(2), np.full((2, 2), nan)])
    found = host(tl.linalg.expm(tensor(x)))
    assert_close(found[0], scipy.linalg.expm(np.eye(2)))
    assert np.isnan(found[1]).all()
    assert tl.linalg.expm(tensor(np.zeros((2, 0, 0)))).shape == (2, 0, 0)


def test_chain_is_multiplied_in_the_cheap_order():
    from tensorlab.ops.linalg.functions import _cheapest_splits

    # The textbook's example: ((A (B C)) ((D E) F)) (Cormen et al., Introduction to Algorithms, section 15.2).
    splits = _cheapest_splits([30, 35, 15, 5, 10, 20, 25])
    assert (splits[0, 5], splits[0, 2], splits[3, 5]) == (2, 0, 4)


# -- sizes beyond one block --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(100, 100), (130, 70), (70, 130), (2, 65, 40)])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_large_lu(shape, dtype):
    x = numbers(*shape, dtype=dtype)
    p, lower, upper = tl.linalg.lu(tensor(x))
    for found, wanted in zip((p, lower, upper), scipy.linalg.lu(x), strict=True):
        assert_close(found, wanted, rtol=1e-9)
    default = DefaultKernels.lu_factors(tl.active_backend(), native(x))
    for found, wanted in zip((p, lower, upper), default, strict=True):
        assert_close(found, host(wanted), rtol=1e-9)


def test_lu_of_singular_matrices():
    for x in (np.zeros((3, 3)), rank(4, 2), np.array([[0.0, 1.0], [0.0, 2.0]])):
        p, lower, upper = tl.linalg.lu(tensor(x))
        assert_close(p @ lower @ upper, x)
        assert_same(abs(host(lower)).max(), 1.0)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_large_triangular_systems(dtype, upper, unit, left):
    n = 150
    a, b = numbers(n, n, dtype=dtype) / n + np.eye(n), numbers(n, 3, dtype=dtype, key=1)
    found = tl.linalg.solve_triangular(
        tensor(a), tensor(b if left else b.T), upper=upper, unit_diagonal=unit, left=left
    )
    expected = scipy.linalg.solve_triangular(a if left else a.T, b, lower=upper != left, unit_diagonal=unit)
    assert_close(found, expected if left else expected.T)


def test_stacks_broadcast_in_large_triangular_systems():
    a, b = numbers(2, 1, 100, 100) / 100 + np.eye(100), numbers(3, 100, 2, key=1)
    found = tl.linalg.solve_triangular(tensor(a), tensor(b), upper=True)
    assert_close(found, np.linalg.solve(np.triu(a), b))
    found = tl.linalg.solve_triangular(tensor(a[0, 0]), tensor(b), upper=False)
    assert_close(found, np.linalg.solve(np.tril(a[0, 0]), b))


# -- results and data types --------------------------------------------------------------------------------------------

RESULTS = {
    "eigh": ("EighResult", "eigenvalues eigenvectors"),
    "svd": ("SVDResult", "U S Vh"),
    "qr": ("QRResult", "Q R"),
    "slogdet": ("SlogdetResult", "sign logabsdet"),
    "lu": ("LUResult", "P L U"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_named_results(name):
    function, (title, fields) = getattr(tl.linalg, name), RESULTS[name]
    x = formed(numbers(3, 3, dtype="float32"), "positive definite")
    on_tensors, on_arrays = function(tensor(x)), function(native(x))
    for result, kind in ((on_tensors, tl.Tensor), (on_arrays, tl.active_backend().array_types)):
        assert type(result).__name__ == title
        assert result._fields == tuple(fields.split())
        assert all(isinstance(part, kind) for part in result)
    for found, wanted in zip(on_tensors, on_arrays, strict=True):
        assert found.dtype == "float32"
        assert_same(found, host(wanted))


SQUARE = ["cholesky", "det", "eigh", "eigvalsh", "expm", "inv", "slogdet"]
ANY = ["cond", "lu", "matrix_norm", "matrix_rank", "pinv", "qr", "svd", "svdvals"]
CALLS = {
    **{name: getattr(tl.linalg, name) for name in (*SQUARE, *ANY)},
    "matrix_power": lambda x: tl.linalg.matrix_power(x, 2),
    "vector_norm": tl.linalg.vector_norm,
    "solve": lambda x: tl.linalg.solve(x, x),
    "solve_triangular": lambda x: tl.linalg.solve_triangular(x, x, upper=True),
    "lstsq": lambda x: tl.linalg.lstsq(x, x),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("name", CALLS)
def test_precision_stays(name, dtype):
    """Also of gradients; real results of complex matrices have their precision."""
    x = tensor(formed(numbers(3, 3, dtype=dtype), "positive definite"), requires_grad=True)
    result = CALLS[name](x)
    parts = [part for part in (result if isinstance(result, tuple) else (result,)) if part.dtype != "int64"]
    same = {dtype, {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)}
    assert {part.dtype.name for part in parts} <= same
    differentiable = [part for part in parts if part.requires_grad]
    if differentiable:
        sum((abs(part) ** 2).sum() for part in differentiable).backward()
        assert x.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", CALLS)
def test_half_precision(name, dtype):
    """Computed in single precision and rounded; thresholds are those of the type itself."""
    if tl.active_backend().native_dtype(dtype) is None:
        pytest.skip(f"no {dtype} here")
    x = formed(numbers(3, 3, dtype="float32"), "positive definite")
    half = tensor(x, dtype=dtype)
    found, expected = CALLS[name](half), CALLS[name](half.astype("float32"))
    for part, wanted in zip(*(r if isinstance(r, tuple) else (r,) for r in (found, expected)), strict=True):
        assert part.dtype == (dtype if wanted.dtype == "float32" else wanted.dtype)
        wanted = host(wanted)
        rtol = 4 * float(tl.finfo(dtype).eps) * np.abs(wanted).max(initial=1)
        assert_close(host(part).astype(wanted.dtype), wanted, rtol=rtol)


def test_rank_in_half_precision():
    x = np.outer([1, 2, 3], [0.1, 0.7, 0.3])
    for dtype in ("float16", "bfloat16"):
        if tl.active_backend().native_dtype(dtype) is not None:
            assert tl.linalg.matrix_rank(tensor(x, dtype=dtype)).item() == 1
            assert abs(host(tl.linalg.pinv(tensor(x, dtype=dtype)))).max() < 1


@pytest.mark.parametrize("name", CALLS)
def test_integers_are_refused(name):
    for x in (np.eye(2, dtype="int64"), np.eye(2) > 0):
        with pytest.raises(TypeError, match=rf"^{name}: \w+ is (int64|bool), but must be of a floating-point type$"):
            CALLS[name](tensor(x))


def test_integers_where_the_standard_takes_them():
    x, v = np.arange(9).reshape(3, 3), np.arange(3)
    linalg = tl.linalg
    for function, args in [
        ("matmul", (x, x)),
        ("outer", (v, v)),
        ("cross", (x, v)),
        ("trace", (x,)),
        ("diagonal", (x,)),
        ("tensordot", (x, x)),
        ("vecdot", (x, v)),
        ("matrix_transpose", (x,)),
    ]:
        found = getattr(linalg, function)(*map(tensor, args))
        assert found.dtype == "int64"
        assert_same(found, getattr(np.linalg, function)(*args))
    assert_same(tl.kron(tensor(v), tensor(x)), np.kron(v, x))
    assert_same(tl.diag(tensor(v)), np.diag(v))
    assert_same(tl.diag(tensor(v > 0)), np.diag(v > 0))


def test_types_of_small_integers():
    """Inner products have their operands' type; traces are sums, which have 64 bits."""
    x = tensor(np.eye(3), dtype="int8")
    assert tl.vecdot(x, x).dtype == "int8"
    assert tl.vecdot(x, x.astype("int16")).dtype == "int16"
    assert tl.trace(x).dtype == "int64"
    assert tl.trace(x, dtype="int16").dtype == "int16"
    assert tl.trace(tensor(np.eye(3), dtype="float32"), dtype="float64").dtype == "float64"
    assert tl.cross(x, x).dtype == "int8"


def test_types_are_promoted():
    single, double = tensor(np.eye(3), dtype="float32"), tensor(numbers(3, 3, dtype="complex128"))
    for function in (tl.linalg.solve, tl.linalg.lstsq, tl.linalg.matmul, tl.kron, tl.cross, tl.vecdot):
        found = function(single, double)
        assert (found[0] if isinstance(found, tuple) else found).dtype == "complex128"


def test_vecdot_conjugates_the_first():
    assert_same(tl.vecdot(tensor([1j]), tensor([1j])), 1.0 + 0j)
    assert_same(tl.tensordot(tensor([1j]), tensor([1j]), axes=1), -1.0 + 0j)
    assert_same(tl.outer(tensor([1j]), tensor([1j])), np.array([[-1.0 + 0j]]))


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SQUARE, "matrix_power", "solve", "solve_triangular"])
def test_square_matrices_are_asked_for(name):
    with pytest.raises(ShapeError, match=rf"^{name} takes square matrices, not 2 x 3 ones \(shape \(5, 2, 3\)\)$"):
        CALLS[name](tl.zeros((5, 2, 3)))


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("vector_norm", "lstsq")])
def test_matrices_are_asked_for(name):
    with pytest.raises(ShapeError, match=rf"^{name} takes matrices, of at least 2 axes, not shape \(3,\)$"):
        CALLS[name](tl.zeros(3))


ERRORS = [
    (lambda z: tl.linalg.solve(z(2, 2), z(3, 1)), ShapeError,
     "solve: matrices of shape (2, 2) take right-hand sides of 2 rows, not shape (3, 1)"),
    (lambda z: tl.linalg.solve(z(2, 2), z(2, 1, 3)), ShapeError,
     "solve: matrices of shape (2, 2) take right-hand sides of 2 rows, not shape (2, 1, 3)"),
    (lambda z: tl.linalg.solve(z(2, 2, 2), z(3, 2, 1)), ShapeError,
     "solve: shapes (2,) and (3,) do not broadcast: axis -1 has lengths 2 and 3, which must be equal or 1"),
    (lambda z: tl.linalg.solve_triangular(z(2, 2), z(3, 2), upper=True), ShapeError,
     "solve_triangular: matrices of shape (2, 2) take right-hand sides of 2 rows, not shape (3, 2)"),
    (lambda z: tl.linalg.solve_triangular(z(2, 2), z(2, 3), upper=True, left=False), ShapeError,
     "solve_triangular: matrices of shape (2, 2) take right-hand sides of 2 columns, not shape (2, 3)"),
    (lambda z: tl.linalg.lstsq(z(3, 2), z(2)), ShapeError,
     "lstsq: matrices of shape (3, 2) take right-hand sides of 3 rows, not shape (2, 1)"),
    (lambda z: tl.linalg.qr(z(2, 2), mode="raw"), ValueError, "qr: mode must be 'reduced' or 'complete', not 'raw'"),
    (lambda z: tl.linalg.matrix_norm(z(2, 2), ord=3), ValueError,
     "matrix_norm: ord must be one of 'fro', 'nuc', 1, -1, 2, -2, inf, -inf, not 3"),
    (lambda z: tl.linalg.vector_norm(z(2), ord="fro"), ValueError,
     "vector_norm: ord must be a number, not 'fro'; use matrix_norm for 'fro' and 'nuc'"),
    (lambda z: tl.linalg.cond(z(2, 3), 1), ShapeError,
     "cond takes square matrices, not 2 x 3 ones (shape (2, 3))"),
    (lambda z: tl.linalg.cond(z(2, 2), 3), ValueError,
     "cond: p must be None, 'fro', 'nuc', 1, -1, 2, -2, inf, -inf, not 3"),
    (lambda z: tl.linalg.cond(z(0, 0)), ValueError, "cond: an empty matrix has no condition number (shape (0, 0))"),
    (lambda z: tl.linalg.matrix_power(z(2, 2), 0.5), TypeError,
     "matrix_power: n must be an integer, not 0.5"),
    (lambda z: tl.linalg.multi_dot([z(2, 2)]), ValueError, "multi_dot needs at least 2 arrays, not 1"),
    (lambda z: tl.linalg.multi_dot([z(2, 2), z(2), z(2, 2)]), ShapeError,
     "multi_dot: array 1 must have 2 axes, not shape (2,)"),
    (lambda z: tl.linalg.multi_dot([z(2, 2), z(2, 3, 4)]), ShapeError,
     "multi_dot: array 1 must have 1 or 2 axes, not shape (2, 3, 4)"),
    (lambda z: tl.linalg.multi_dot([z(2, 2), z(2, 3), z(2, 4)]), ShapeError,
     "multi_dot: array 1 of shape (2, 3) and array 2 of shape (2, 4) do not match: the columns of one must be the rows "
     "of the next"),
    (lambda z: tl.cross(z(2), z(2)), ShapeError,
     "cross: axis -1 of shapes (2,) and (2,) must have length 3 in both"),
    (lambda z: tl.cross(z(3, 2), z(3), axis=0), ShapeError,
     "cross: axis 0 must be an axis of both shapes (3, 2) and (3,), counted from the end, as they differ in the "
     "number of axes"),
    (lambda z: tl.vecdot(z(3, 2), z(2), axis=-2), ShapeError,
     "vecdot: axis -2 must be an axis of both shapes (3, 2) and (2,), counted from the end, as they differ in the "
     "number of axes"),
    (lambda z: tl.vecdot(z(3), z(2)), ShapeError,
     "vecdot: axis -1 of shapes (3,) and (2,) differs in length"),
    (lambda z: tl.vecdot(z(2, 3), z(4, 3)), ShapeError,
     "vecdot: shapes (2, 3) and (4, 3) do not broadcast: axis -2 has lengths 2 and 4, which must be equal or 1"),
    (lambda z: tl.outer(z(3), z(3, 2)), ShapeError, "outer takes vectors of one axis, not shapes (3,) and (3, 2)"),
    (lambda z: tl.tensordot(z(3), z(3), axes=2), ShapeError,
     "tensordot: axes=2 must be a number of axes that both have (shapes (3,) and (3,))"),
    (lambda z: tl.diag(z(2, 2, 2)), ShapeError,
     "diag takes 1 or 2 axes, not shape (2, 2, 2); diagonal reads stacks of matrices"),
    (lambda z: tl.diagonal(z(2, 2), 0, 1, -1), ShapeError, "diagonal: axis1 and axis2 are both axis 1 of shape (2, 2)"),
    (lambda z: tl.diagonal(z(2)), ShapeError, "diagonal needs at least 2 axes, not shape (2,)"),
    (lambda z: tl.trace(z(2)), ShapeError, "trace needs at least 2 axes, not shape (2,)"),
    (lambda z: tl.trace(z(2, 2) > 0), TypeError, "trace: x is bool, but must be of a numeric type"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[message for _, _, message in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind) as error:
        call(lambda *shape: tl.zeros(shape))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (tl.linalg.inv, "inv: a matrix is singular"),
        (lambda x: tl.linalg.solve(x, x), "solve: a matrix is singular"),
        (lambda x: tl.linalg.solve_triangular(x, x, upper=True), "solve_triangular: a matrix is singular"),
        (lambda x: tl.linalg.matrix_power(x, -2), "matrix_power: a matrix is singular"),
        (tl.linalg.cholesky, "cholesky: a matrix is not positive definite"),
    ],
)
def test_matrices_without_an_answer(call, message):
    """The same error on each backend, with the library's own as its cause."""
    for x in (np.zeros((2, 2)), np.stack([np.eye(2), np.zeros((2, 2))])):
        with pytest.raises(LinAlgError) as error:
            call(tensor(x))
        assert str(error.value) == message
        assert isinstance(error.value, ValueError)
        assert type(error.value.__cause__).__name__ == "LinAlgError"


def test_no_convergence():
    for function in (tl.linalg.eigh, tl.linalg.svd, tl.linalg.svdvals, tl.linalg.eigvalsh, tl.linalg.pinv):
        x = np.full((3, 3), nan)
        try:
            found = function(tensor(x))
        except LinAlgError as error:
            assert "did not converge; are there NaN or infinite elements?" in str(error)
        else:  # whether LAPACK notices depends on the library
            assert np.isnan(host(found[0] if isinstance(found, tuple) else found)).any()


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (3, 0, 2), (0, 2, 2)])
def test_lu_of_nothing(shape):
    p, lower, upper = tl.linalg.lu(tensor(np.zeros(shape)))
    *batch, m, n = shape
    k = min(m, n)
    assert (p.shape, lower.shape, upper.shape) == ((*batch, m, m), (*batch, m, k), (*batch, k, n))


@pytest.mark.parametrize("ord", [-1, -2, -0.5])
def test_negative_orders_of_nothing_and_of_infinities(ord):
    """Sums that are 0 have infinity as their negative power, as in NumPy."""
    assert float(tl.linalg.vector_norm(tensor(np.zeros(0)), ord=ord)) == inf
    assert float(tl.linalg.vector_norm(tensor(np.array([inf, -inf])), ord=ord)) == inf
    assert float(tl.linalg.vector_norm(tensor(np.array([inf, 0.0])), ord=ord)) == 0


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, 2, inf])
@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 3), (2, 3, 0)])
def test_norm_of_matrices_without_elements(ord, shape):
    assert_same(tl.linalg.matrix_norm(tensor(np.zeros(shape)), ord=ord), np.zeros(shape[:-2]))
