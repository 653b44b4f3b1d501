"""Values and gradients at the places that random samples miss: zeros, ties, infinities, branch cuts, huge numbers."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab.autodiff.record import REGISTRY
from tensorlab.nn import functional as F

SPECIAL = np.array([-np.inf, -2.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.0, np.inf, np.nan])
COMPARED = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "maximum", "minimum", "copysign"]
UNARY = [
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "sign",
    "abs",
    "ceil",
    "floor",
    "trunc",
    "round",
    "negative",
    "positive",
    "square",
    "relu",
]


@pytest.mark.parametrize("name", COMPARED)
def test_every_pair(name):
    x, y = np.meshgrid(SPECIAL, SPECIAL)
    assert_same(getattr(tl, name)(tensor(x), tensor(y)), getattr(np, name)(x, y))


@pytest.mark.parametrize("name", ["floor_divide", "remainder"])
def test_division_with_rest(name):
    x, y = np.meshgrid(np.arange(-7, 8), [-3, -2, -1, 1, 2, 3])
    assert_same(getattr(tl, name)(tensor(x), tensor(y)), getattr(np, name)(x, y))
    assert_same(getattr(tl, name)(tensor(x / 2), tensor(y)), getattr(np, name)(x / 2, y))


@pytest.mark.parametrize("name", UNARY)
def test_every_value(name):
    expected = np.maximum(SPECIAL, 0) if name == "relu" else getattr(np, name)(SPECIAL)
    assert_same(getattr(tl, name)(tensor(SPECIAL)), expected)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "log_softmax", "logsumexp", "logaddexp", "hypot"])
def test_no_overflow_on_the_way(name):
    huge = np.array([-1e4, 0.0, 1e4])
    if name in ("logaddexp", "hypot"):
        found = getattr(tl, name)(tensor(huge * 1e300 if name == "hypot" else huge), tensor(huge * 0))
    else:
        found = getattr(tl, name)(tensor(huge))
    assert np.isfinite(host(found)).all()


def test_logsumexp_of_infinities():
    assert tl.logsumexp(tensor(np.array([-np.inf, 0.0]))).item() == 0
    with np.errstate(all="raise"):
        assert tl.logsumexp(tensor(np.array([-np.inf, -np.inf]))).item() == -np.inf
    assert tl.logsumexp(tensor(np.array([np.inf, 0.0]))).item() == np.inf


def gradient(function, x):
    x = leaf(x)
    function(x).sum().backward()
    return host(x.grad)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (tl.relu, [-1.0, 0.0, 2.0], [0, 0, 1]),
        (tl.abs, [-3.0, 0.0, 2.0], [-1, 0, 1]),
        (lambda x: x**2, [0.0, 3.0], [0, 6]),
        (lambda x: x**1, [0.0, 3.0], [1, 1]),
        (lambda x: x**0, [0.0, 3.0], [0, 0]),
        (lambda x: x ** tensor(np.array([0.0, 1.0, 2.0])), [0.0, 0.0, 0.0], [0, 1, 0]),
        (lambda x: tl.maximum(x, 1.0), [0.0, 1.0, 2.0], [0, 0.5, 1]),
        (lambda x: tl.minimum(x, 1.0), [0.0, 1.0, 2.0], [1, 0.5, 0]),
        (lambda x: tl.maximum(x, x), [1.0, 2.0], [1, 1]),
        (tl.max, [1.0, 5.0, 5.0], [0, 0.5, 0.5]),
        (tl.min, [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0]),
        (tl.prod, [2.0, 3.0, 4.0], [12, 8, 6]),
        (tl.prod, [0.0, 3.0, 4.0], [12, 0, 0]),
        (tl.prod, [0.0, 0.0, 4.0], [0, 0, 0]),
        (tl.cumulative_prod, [2.0, 0.0, 3.0], [1, 8, 0]),
        (tl.cumulative_prod, [2.0, 3.0], [4, 2]),
        (lambda x: tl.where(x > 0, tl.log(tl.where(x > 0, x, 1.0)), 0.0), [-1.0, 2.0], [0, 0.5]),
        (lambda x: tl.logsumexp(x), [0.0, 0.0], [0.5, 0.5]),
        (lambda x: tl.copysign(x, -1.0), [-3.0, 2.0], [1, -1]),
    ],
)  # fmt: skip
def test_gradient_at_a_kink(function, at, expected):
    assert_close(gradient(function, at), np.array(expected, "float64"))


def test_gradient_of_the_exponent_at_base_zero():
    x, p = leaf([0.0, 2.0]), leaf([2.0, 3.0])
    (x**p).sum().backward()
    assert_close(p.grad, np.array([0, 8 * np.log(2)]))


def test_products_with_zeros_of_second_order():
    for x in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0]):
        tl.check_gradients(tl.prod, (tensor(np.array(x)),))
        tl.check_gradients(tl.cumulative_prod, (tensor(np.array(x)),))
        tl.check_gradients(lambda y: tl.cumulative_prod(y, axis=0, include_initial=True), (tensor(np.array([x, x]).T),))
    tl.check_gradients(lambda x: tl.prod(x, axis=(0, 2)), (tensor(np.arange(12.0).reshape(2, 3, 2)),))


WITHOUT_A = ("gammainc", "gammaincc")
"""Ops that refuse the derivative in their first operand."""

PAIRS = [
    op
    for op in REGISTRY.values()
    if op.kind == "elementwise" and len(op.vjp) == len(op.operands) == 2 and op.name not in WITHOUT_A
]


@pytest.mark.parametrize("op", PAIRS, ids=lambda op: op.name)
@pytest.mark.parametrize("left", [False, True])
def test_gradients_beside_python_numbers(op, left):
    """A number in place of an array changes nothing but the type of the operand."""

    def with_number(x):
        return op.public(0.75, x) if left else op.public(x, 0.75)

    x = np.array([0.6, 0.65, 0.8])
    other = tensor(np.array(0.75))
    assert_close(with_number(tensor(x)), host(op.public(other, tensor(x)) if left else op.public(tensor(x), other)))
    tl.check_gradients(with_number, (tensor(x),))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "any", "all", "count_nonzero", "logsumexp"])
def test_reductions_of_nothing(name):
    x = np.zeros((0, 3))
    if name == "mean":
        with pytest.warns(RuntimeWarning), np.errstate(all="ignore"):
            assert np.isnan(host(tl.mean(tensor(x), axis=0))).all()
        return
    if name == "logsumexp":
        assert_same(tl.logsumexp(tensor(x), axis=0), np.full(3, -np.inf))
        assert_same(tl.logsumexp(tensor(x), axis=1, keepdims=True), np.zeros((0, 1)))
        assert_same(tl.logsumexp(tensor(x)), np.array(-np.inf))
        return
    assert_same(getattr(tl, name)(tensor(x), axis=0), getattr(np, name)(x, axis=0))


def test_maximum_of_nothing():
    with pytest.raises(ValueError):
        tl.max(tl.zeros((0, 3)), axis=0)


def test_branches_of_complex_functions():
    """At points off the real axis, on both sides of every cut: NumPy's branches."""
    z = np.array([2 + 1j, 2 - 1j, -2 + 1j, -2 - 1j, 0.5 + 2j, 0.5 - 2j])
    for name in [
        "sqrt",
        "log",
        "log2",
        "log10",
        "log1p",
        "asin",
        "acos",
        "atan",
        "asinh",
        "acosh",
        "atanh",
        "sin",
        "cos",
        "tan",
        "tanh",
        "exp",
        "expm1",
    ]:
        assert_close(getattr(tl, name)(tensor(z)), getattr(np, name)(z))
        tl.check_gradients(getattr(tl, name), (tensor(z),))


def test_angles_in_every_quadrant():
    y, x = np.array([1.0, 1, -1, -1, 0, 1]), np.array([1.0, -1, 1, -1, 1, 0])
    assert_close(tl.atan2(tensor(y), tensor(x)), np.arctan2(y, x))
    tl.check_gradients(tl.atan2, (tensor(y), tensor(x)))


@pytest.mark.parametrize("function", [tl.maximum, tl.minimum])
def test_extremes_pass_gradients_on_at_nan(function):
    """NaN in the data must not end as a gradient of zero, which would hide it."""
    x, y = tl.tensor([float("nan"), 1.0], requires_grad=True), tl.tensor([1.0, 1.0], requires_grad=True)
    function(x, y).sum().backward()
    assert x.grad.tolist() == [1.0, 0.5]
    assert y.grad.tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    "function", [tl.softmax, tl.log_softmax, F.softmax, F.log_softmax, F.softmin, F.gumbel_softmax]
)
@pytest.mark.parametrize("shape", [(0,), (2, 0), (2, 0, 3), (0, 3)])
def test_softmax_of_nothing(function, shape):
    for axis in range(len(shape)):
        x = leaf(np.zeros(shape))
        out = function(x, axis=axis)
        out.sum().backward()
        assert out.shape == x.grad.shape == shape
    assert F.gumbel_softmax(leaf(np.zeros(shape)), hard=True).shape == shape


def test_cross_entropy_without_classes():
    with pytest.raises(tl.errors.ShapeError, match=r"no classes"):
        F.cross_entropy(tensor(np.zeros((2, 0))), tensor(np.zeros(2, "int64")))
    assert F.cross_entropy(tensor(np.zeros((0, 3))), tensor(np.zeros(0, "int64")), reduction="sum").item() == 0
