"""Complex tensors follow PyTorch: the gradient of a real function is the direction of steepest ascent.

Values are pinned as closed forms. For a real function f of z = x + iy the gradient is df/dx + i df/dy.
"""

import numpy as np
import pytest
from helpers import assert_close, leaf, tensor

import tensorlab as tl

Z = np.array([1 + 2j, -0.5 + 0.3j])
W = np.array([0.3 - 1j, 2 + 0.5j])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda z: tl.abs(z) ** 2, 2 * Z),
        (lambda z: (z * tl.conj(z)).real, 2 * Z),
        (lambda z: tl.abs(z), Z / np.abs(Z)),
        (lambda z: z.real, np.ones(2, complex)),
        (lambda z: z.imag, np.full(2, 1j)),
        (lambda z: (z * z).real, 2 * np.conj(Z)),  # conj of the derivative, for a holomorphic function's real part
        (lambda z: tl.exp(z).real, np.conj(np.exp(Z))),
        (lambda z: tl.exp(z).imag, 1j * np.conj(np.exp(Z))),
        (lambda z: tl.log(tl.abs(z)), 1 / np.conj(Z)),
        (lambda z: (tensor(W) * z).real, np.conj(W)),
        (lambda z: (z / tensor(W)).real, np.conj(1 / W)),
    ],
)
def test_gradients_have_pytorchs_closed_forms(function, expected):
    z = leaf(Z, dtype="complex128")
    function(z).sum().backward()
    assert_close(z.grad, expected)
    assert_close(tl.grad(lambda z: function(z).sum())(tensor(Z)), expected)


def test_the_gradient_is_the_direction_of_steepest_ascent():
    """A step along the gradient raises the function most among all directions of equal length."""

    def f(z):
        return (tl.sin(z) * tensor(W)).imag.sum()

    gradient = tl.grad(f)(tensor(Z)).numpy()
    rng = np.random.default_rng(0)

    def rise(direction):
        return (f(tensor(Z + 1e-6 * direction / np.linalg.norm(direction))) - f(tensor(Z))).item()

    best = rise(gradient)
    assert all(rise(rng.normal(size=2) + 1j * rng.normal(size=2)) < best for _ in range(50))


def test_gradient_of_matmul():
    """PyTorch: for Y = A B, grad A = G B^H."""
    rng = np.random.default_rng(0)
    a, b, g = (rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)) for _ in range(3))
    x, y = leaf(a, dtype="complex128"), leaf(b, dtype="complex128")
    (x @ y).backward(tensor(g))
    assert_close(x.grad, g @ b.conj().T)
    assert_close(y.grad, a.conj().T @ g)


def test_a_complex_seed_has_pytorchs_convention():
    z = leaf(Z, dtype="complex128")
    (z * z).backward(tensor(W))
    assert_close(z.grad, W * np.conj(2 * Z))
    _, pullback = tl.vjp(lambda z: z * z, tensor(Z))
    assert_close(pullback(tensor(W))[0], W * np.conj(2 * Z))


def test_forward_mode_is_the_plain_derivative():
    assert_close(tl.jvp(lambda z: z * z, (tensor(Z),), (tensor(W),))[1], 2 * Z * W)
    assert_close(tl.jvp(tl.conj, (tensor(Z),), (tensor(W),))[1], np.conj(W))
    assert_close(tl.jvp(tl.abs, (tensor(Z),), (tensor(W),))[1], (np.conj(Z) * W).real / np.abs(Z))


def test_gradient_of_a_real_operand_with_a_complex_one():
    """The gradient of the real operand is the real part."""
    x, z = leaf([2.0, 3.0]), leaf(Z, dtype="complex128")
    (x * z).imag.sum().backward()
    assert x.grad.dtype == "float64"
    assert_close(x.grad, Z.imag)
    assert_close(z.grad, 1j * np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, z: x * z, lambda x, z: x + z, lambda x, z: z - x, lambda x, z: z / x, lambda x, z: z**x,
        lambda x, z: tl.where(tensor(np.array([True, False])), x, z), lambda x, z: tl.concat([x, z]),
        lambda x, z: x @ z, lambda x, z: tl.einsum("i,j->ij", x, z), lambda x, z: tl.exp(1j * x) * z,
        lambda x, z: tl.stack([x, z]), lambda x, z: x * 2j + z,
    ],
)  # fmt: skip
def test_gradients_of_real_and_complex_operands_together(function):
    tl.check_gradients(function, (tensor(np.array([2.0, 3.0])), tensor(Z)))


def test_gradients_keep_single_precision():
    z = tl.tensor([1 + 2j], requires_grad=True)
    assert z.dtype == "complex64"
    tl.abs(z).sum().backward()
    assert z.grad.dtype == "complex64"


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_a_complex_function_of_real_numbers(mode):
    """The derivative of the real part of exp(i x) is -sin(x)."""
    found = tl.jacobian(lambda x: tl.real(tl.exp(1j * x)), mode=mode)(tensor(np.array([0.5, 1.0])))
    assert_close(found, np.diag(-np.sin([0.5, 1.0])))


def test_a_complex_loss_is_refused():
    with pytest.raises(ValueError, match="one real number"):
        tl.grad(lambda z: z.sum())(tensor(Z))


def test_a_complex_number_has_no_implicit_seed():
    """As in PyTorch."""
    z = leaf(1 + 1j, dtype="complex128")
    with pytest.raises(RuntimeError, match="complex"):
        (z * z).backward()
