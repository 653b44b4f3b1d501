"""Functions that define their own gradient."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl

X = np.array([0.5, -1.0, 2.0])


@tl.custom_gradient
def cube(x):
    return x * x * x, lambda g: g * 3 * x * x


def test_first_derivative():
    x = leaf(X)
    y = cube(x)
    assert y._node.op.name == "cube"
    y.sum().backward()
    assert_close(x.grad, 3 * X**2)


def test_second_derivative():
    tl.check_gradients(cube, (tensor(X),))
    assert_close(tl.grad(lambda x: tl.grad(lambda y: cube(y).sum())(x).sum())(tensor(X)), 6 * X)


def test_the_users_gradient_replaces_the_derived_one():
    @tl.custom_gradient
    def straight_through(x):
        return tl.round(x), lambda g: 7 * g

    assert_same(tl.grad(lambda x: straight_through(x).sum())(tensor(X)), np.full(3, 7.0))
    assert_same(tl.jvp(straight_through, (tensor(X),), (tensor(X),))[1], 7 * X)


def test_several_operands_and_missing_parts():
    @tl.custom_gradient
    def scaled(x, y, factor):
        return x * y * factor, lambda g: (g * y * factor, None, None)

    x, y = leaf(X), leaf(X)
    scaled(x, y, 3.0).sum().backward()
    assert_close(x.grad, 3 * X)
    assert y.grad is None


def test_several_results():
    @tl.custom_gradient
    def both(x):
        return (tl.sin(x), tl.cos(x)), lambda gs, gc: gs * tl.cos(x) - gc * tl.sin(x)

    tl.check_gradients(both, (tensor(X),))
    x = leaf(X)
    s, c = both(x)
    (s * 2 + c).sum().backward()
    assert_close(x.grad, 2 * np.cos(X) - np.sin(X))


def test_one_of_several_results_is_used():
    """The cotangent of the other is zero."""

    @tl.custom_gradient
    def both(x):
        return (2 * x, 3 * x), lambda g2, g3: 2 * g2 + 3 * g3

    for i, expected in enumerate((2.0, 3.0)):
        x = leaf(X)
        both(x)[i].sum().backward()
        assert_same(x.grad, np.full(3, expected))


def test_a_wrong_number_of_cotangents_is_refused():
    @tl.custom_gradient
    def wrong(x, y):
        return x * y, lambda g: g

    with pytest.raises(ValueError, match="the gradient of wrong returned 1 cotangents for 2 operands"):
        wrong(leaf(X), leaf(X)).sum().backward()


def test_a_cotangent_of_another_shape_is_refused():
    @tl.custom_gradient
    def wrong(x):
        return x * 2, lambda g: g.sum()

    with pytest.raises(ValueError, match=r"the gradient of wrong.*shape \(\).*\(3,\)"):
        wrong(leaf(X)).sum().backward()


def test_nothing_is_recorded_without_gradients():
    assert not cube(tensor(X)).requires_grad
    with tl.no_grad():
        assert not cube(leaf(X)).requires_grad


def test_the_backward_pass_records_nothing():
    recorded = []

    @tl.custom_gradient
    def spy(x):
        def gradient(g):
            recorded.append((g * x).requires_grad)
            return g

        return x * 1, gradient

    spy(leaf(X)).sum().backward()
    assert recorded == [False]


def test_second_derivative_with_a_number_as_operand():
    @tl.custom_gradient
    def power(x, n):
        return x**n, lambda g: (g * n * x ** (n - 1), None)

    assert tl.grad(tl.grad(lambda x: power(x, 3)))(2.0).item() == 12.0


def test_a_cotangent_may_be_a_number():
    @tl.custom_gradient
    def offset(x):
        return x + 1, lambda g: 2.0

    x = leaf(1.0)
    offset(x).backward()
    assert x.grad.item() == 2.0
    assert x.grad.dtype == "float64"


def test_complex_cotangents_follow_pytorch():
    """The user's gradient takes and returns what PyTorch's backward does: for f(z) = z^2, g * conj(2 z)."""

    @tl.custom_gradient
    def square(z):
        return z * z, lambda g: g * tl.conj(2 * z)

    z = tensor(np.array([1 + 2j, -0.5 + 1j]))
    tl.check_gradients(square, (z,))
    own, plain = (tl.grad(lambda z, f=f: tl.abs(f(z)).sum())(z) for f in (square, lambda z: z * z))
    assert_close(own, plain.numpy())


def test_an_operand_changed_in_place_is_refused():
    c = tensor(X)

    @tl.custom_gradient
    def product(x, c):
        return x * c, lambda g: (g * c, None)

    x = leaf(X)
    y = product(x, c)
    c[0] = 100.0
    with pytest.raises(RuntimeError, match="that product needs for its gradient was changed in place"):
        y.sum().backward()


def test_results_of_another_data_type():
    """Forward mode uses the data type of the result, too."""

    @tl.custom_gradient
    def turned(x):
        return x * 1j, lambda g: tl.imag(g)

    assert_close(tl.jvp(turned, (tensor(X),), (tensor(X),))[1], 1j * X)
    tl.check_gradients(turned, (tensor(X),))
