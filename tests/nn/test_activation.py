"""Activations against their definitions in NumPy and SciPy."""

from math import pi, sqrt

import numpy as np
import pytest
from helpers import FLOATS, assert_close, assert_same, host, leaf, tensor
from scipy.special import expit, log_expit, log_softmax, ndtr, softmax

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def softplus(x):
    return np.logaddexp(0, x)


def relu6(x):
    return np.clip(x, 0, 6)


LAYERS = [
    (nn.Threshold(0.1, 20.0), lambda x: np.where(x > 0.1, x, 20)),
    (nn.LogSigmoid(), log_expit),
    (nn.Tanhshrink(), lambda x: x - np.tanh(x)),
    (nn.ReLU6(), relu6),
    (nn.LeakyReLU(-0.2), lambda x: np.where(x > 0, x, -0.2 * x)),
    (nn.LeakyReLU(3.0), lambda x: np.where(x > 0, x, 3 * x)),
    (nn.PReLU(dtype=tl.float64), lambda x: np.where(x > 0, x, 0.25 * x)),
    (nn.RReLU(0.1, 0.5).eval(), lambda x: np.where(x > 0, x, 0.3 * x)),
    (nn.ELU(2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
    (nn.CELU(2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2))),
    (nn.SELU(), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    (nn.GELU(), lambda x: x * ndtr(x)),
    (nn.GELU("tanh"), lambda x: x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2),
    (nn.SiLU(), lambda x: x * expit(x)),
    (nn.Swish(0.7, dtype=tl.float64), lambda x: x * expit(0.7 * x)),
    (nn.Mish(), lambda x: x * np.tanh(softplus(x))),
    (nn.Softplus(), softplus),
    (nn.Softplus(2.0, 3.0), lambda x: np.where(2 * x > 3, x, softplus(2 * x) / 2)),
    (nn.Softplus(-2.0), lambda x: -softplus(-2 * x) / 2),
    (nn.Softsign(), lambda x: x / (1 + np.abs(x))),
    (nn.Softshrink(0.7), lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.7, 0)),
    (nn.Hardshrink(0.7), lambda x: np.where(np.abs(x) > 0.7, x, 0)),
    (nn.Hardtanh(-0.5, 2.0), lambda x: np.clip(x, -0.5, 2)),
    (nn.Hardsigmoid(), lambda x: relu6(x + 3) / 6),
    (nn.Hardswish(), lambda x: x * relu6(x + 3) / 6),
    (nn.Gaussian(), lambda x: np.exp(-(x**2))),
    (nn.Softmin(0), lambda x: softmax(-x, axis=0)),
    (nn.Softmax((0, -1)), lambda x: softmax(x, axis=(0, -1))),
    (nn.LogSoftmax(None), lambda x: log_softmax(x, axis=None)),
    (nn.Softmin((0, 1)), lambda x: softmax(-x, axis=(0, 1))),
    (nn.Softmax2d(), lambda x: softmax(x, axis=-3)),
    (nn.GLU(), lambda x: x[..., :2] * expit(x[..., 2:])),
    (nn.GLU(0), lambda x: x[:1] * expit(x[1:])),
]


@pytest.mark.parametrize(("layer", "function"), LAYERS, ids=[repr(layer) for layer, _ in LAYERS])
def test_value_and_derivatives(layer, function, rng):
    x = 2 * rng.standard_normal((2, 3, 4))
    assert_close(layer(tensor(x)).detach(), function(x))
    tl.check_gradients(layer, (leaf(x),))


@pytest.mark.parametrize("number", [np.float64(0.3), np.float64(-0.3)])
@pytest.mark.parametrize(("layer", "function"), LAYERS[:-7], ids=[repr(layer) for layer, _ in LAYERS[:-7]])
def test_one_number(layer, function, number):
    assert_close(layer(tensor(number)).detach(), function(number))


@pytest.mark.parametrize("function", [F.gelu, F.silu, F.mish, F.softplus, F.elu, F.selu, F.leaky_relu, F.logsigmoid])
@pytest.mark.parametrize("dtype", FLOATS)
def test_types_are_kept(function, dtype):
    x = tensor(np.array([-1.0, 0.5]), dtype=dtype, requires_grad=True)
    y = function(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize("function", [F.gelu, F.silu, F.mish, F.softplus, F.elu, F.selu, F.leaky_relu, F.hardtanh])
def test_arrays_give_arrays_and_many_numbers_what_few_give(function, rng):
    x = rng.standard_normal((257, 131))
    assert_close(function(tensor(x)), np.stack([host(function(tensor(row))) for row in x]), rtol=1e-15)
    assert isinstance(function(tensor(x).array), type(tensor(x).array))
    assert_close(function(tensor(x).T), host(function(tensor(x))).T, rtol=1e-15)


@pytest.mark.parametrize("size", [5, 40_000])
@pytest.mark.parametrize(("dtype", "rtol"), [("complex64", 1e-5), ("complex128", 1e-12)])
def test_complex_numbers(size, dtype, rtol, rng):
    """Values and derivatives by the definition, few and in blocks; PyTorch's gradient is the conjugate derivative."""
    z = 5 * rng.standard_normal(size) + 1j * rng.uniform(-1.5, 1.5, size)  # at some distance from the poles
    s = 1 / (1 + np.exp(-z))
    for function, value, slope in [(F.silu, z * s, s + z * s * (1 - s)), (F.sigmoid, s, s * (1 - s))]:
        x = leaf(z, dtype)
        y = function(x)
        y.real.sum().backward()
        assert y.dtype == x.grad.dtype == dtype
        assert_close(y.detach(), value, rtol)
        assert_close(x.grad, slope.conj(), rtol)


def test_complex_numbers_far_out():
    z = np.array([-1e4 + 1j, 1e4 - 1j, -1e4 - 3j, 1e4 + 3j])
    assert_same(F.sigmoid(tensor(z)), [0, 1, 0, 1])
    assert_same(F.silu(tensor(z)), [0, z[1], 0, z[3]])
    x = leaf(z, "complex128")
    F.silu(x).real.sum().backward()
    assert_same(x.grad, [0, 1, 0, 1])


KINKS = [
    (lambda x: F.relu6(x), [0.0, 6.0], [0.0, 0.0]),
    (lambda x: F.hardtanh(x), [-1.0, 1.0], [0.0, 0.0]),
    (lambda x: F.hardsigmoid(x), [-3.0, 3.0], [0.0, 0.0]),
    (lambda x: F.hardswish(x), [-3.0, 3.0], [0.0, 1.0]),
    (lambda x: F.leaky_relu(x, 0.1), [0.0], [0.1]),
    (lambda x: F.elu(x, 2.0), [0.0], [2.0]),
    (lambda x: F.celu(x, 2.0), [0.0], [1.0]),
    (lambda x: F.selu(x), [0.0], [1.6732632423543772 * 1.0507009873554805]),
    (lambda x: F.hardshrink(x), [-0.5, 0.5], [0.0, 0.0]),
    (lambda x: F.softshrink(x), [-0.5, 0.5], [0.0, 0.0]),
    (lambda x: F.threshold(x, 1.0, 7.0), [1.0], [0.0]),
    (lambda x: F.prelu(x, tensor([0.3])), [0.0], [0.3]),
    (lambda x: F.softplus(x, threshold=2.0), [2.0, 2.1], [expit(2.0), 1.0]),
]


@pytest.mark.parametrize(("function", "x", "slopes"), KINKS)
def test_derivatives_at_kinks(function, x, slopes):
    x = leaf(x)
    function(x).sum().backward()
    assert_close(x.grad, slopes)


def test_large_inputs():
    """Where exponentials overflow, in both precisions, values and derivatives are the limits."""
    for dtype in ("float32", "float64"):
        for function, left, right in [
            (F.gelu, 0.0, 1.0),
            (F.silu, 0.0, 1.0),
            (F.mish, 0.0, 1.0),
            (F.softplus, 0.0, 1.0),
            (F.logsigmoid, 1.0, 0.0),
            (F.elu, 0.0, 1.0),
        ]:
            x = leaf([-1e4, 1e4], dtype)
            y = function(x)
            y.sum().backward()
            limit = -1.0 if function is F.elu else 0.0
            assert_same(y.detach(), np.array([-1e4 if left else limit, 1e4 if right else 0.0], dtype))
            assert_same(x.grad, np.array([left, right], dtype))


class TestPReLU:
    def test_slope_per_channel(self, rng):
        x, slopes = rng.standard_normal((2, 3, 4)), rng.standard_normal(3)
        expected = np.where(x > 0, x, slopes[:, None] * x)
        assert_close(F.prelu(tensor(x), tensor(slopes)), expected)
        tl.check_gradients(F.prelu, (leaf(x), leaf(slopes)))

    def test_parameters(self):
        layer = nn.PReLU(3, init=0.5, dtype=tl.float64)
        assert list(layer.state_dict()) == ["weight"]
        assert_same(layer.weight.detach(), np.full(3, 0.5))
        assert layer.weight.dtype == tl.float64
        assert repr(layer) == "PReLU(num_parameters=3)"

    def test_wrong_number_of_slopes(self):
        with pytest.raises(tl.ShapeError, match=r"each of the 4 channels \(axis 1\) .* not a weight of shape \(3,\)"):
            nn.PReLU(3)(tl.ones(2, 4))


class TestRReLU:
    def test_slopes_are_drawn_in_training(self):
        x = tl.full((100_000,), -1.0, dtype=tl.float64, requires_grad=True)
        y = nn.RReLU(0.2, 0.6)(x)
        y.sum().backward()
        slopes = host(x.grad)
        assert_same(y.detach(), -slopes)
        assert 0.2 <= slopes.min() < 0.2001
        assert 0.5999 < slopes.max() <= 0.6
        assert slopes.mean() == pytest.approx(0.4, abs=0.002)

    def test_positive_numbers_stay(self):
        assert_same(F.rrelu(tl.ones(9), training=True), np.ones(9, "float32"))

    def test_bounds(self):
        with pytest.raises(ValueError, match=r"rrelu: lower must not be above upper, but 0.5 > 0.25"):
            F.rrelu(tl.ones(1), 0.5, 0.25)


class TestGumbelSoftmax:
    def test_distribution(self):
        probabilities = np.array([0.1, 0.6, 0.3])
        logits = tensor(np.tile(np.log(probabilities), (50_000, 1)))
        hard = host(F.gumbel_softmax(logits, tau=0.5, hard=True))
        assert set(np.unique(hard)) == {0.0, 1.0}
        assert_same(tensor(hard.sum(1)), np.ones(50_000))
        assert hard.mean(0) == pytest.approx(probabilities, abs=0.01)

    def test_soft(self):
        soft = host(F.gumbel_softmax(tl.zeros(1000, 4), tau=2.0))
        assert soft.sum(1) == pytest.approx(1, abs=1e-6)
        assert soft.mean() == pytest.approx(0.25)
        assert soft.std() > 0.05

    def test_temperature(self):
        cold, warm = (host(F.gumbel_softmax(tl.zeros(1000, 4), tau=tau)).max(1).mean() for tau in (0.01, 100.0))
        assert cold > 0.99
        assert warm < 0.27

    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_hard_has_the_gradient_of_soft(self, axis, rng):
        x, g = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
        found = []
        for hard in (False, True):
            tl.manual_seed(5)
            logits = leaf(x)
            y = F.gumbel_softmax(logits, 0.7, hard, axis=axis)
            (y * tensor(g)).sum().backward()
            found.append((y.detach(), logits.grad))
        (soft, soft_grad), (hard, hard_grad) = found
        assert_same(hard, (host(soft) == host(soft).max(axis, keepdims=True)).astype("float64"))
        assert_same(hard_grad, host(soft_grad))

    def test_errors(self):
        with pytest.raises(ValueError, match="gumbel_softmax: tau must be positive, not 0"):
            F.gumbel_softmax(tl.ones(2), tau=0)
        with pytest.raises(tl.ShapeError, match=r"gumbel_softmax: .*axis 1"):
            F.gumbel_softmax(tl.ones(2), axis=1)


SURROGATES = {
    "straight_through": lambda x, s: np.ones_like(x),
    "sigmoid": lambda x, s: s * expit(s * x) * expit(-s * x),
    "triangle": lambda x, s: s * np.maximum(1 - np.abs(s * x), 0),
    "arctan": lambda x, s: s / 2 / (1 + (pi / 2 * s * x) ** 2),
}


class TestHeaviside:
    def test_value(self):
        x = tensor(np.array([-2.0, -0.0, 0.0, 1e-300, 3.0]))
        for surrogate in ("none", *SURROGATES):
            assert_same(nn.Heaviside(surrogate)(x), np.array([0.0, 0, 0, 1, 1]))
            assert_same(nn.Heaviside(surrogate, at_zero=0.5)(x), np.array([0.0, 0.5, 0.5, 1, 1]))

    def test_no_derivative(self):
        x = leaf([-1.0, 0.0, 1.0])
        F.heaviside(x).sum().backward()
        assert_same(x.grad, np.zeros(3))

    @pytest.mark.parametrize("scale", [1.0, 2.5])
    @pytest.mark.parametrize("surrogate", SURROGATES)
    def test_derivative(self, surrogate, scale, rng):
        x, g = rng.standard_normal(20), rng.standard_normal(20)
        a = leaf(x)
        (nn.Heaviside(surrogate, scale)(a) * tensor(g)).sum().backward()
        assert_close(a.grad, g * SURROGATES[surrogate](x, scale))

    @pytest.mark.parametrize("surrogate", ["sigmoid", "triangle", "arctan"])
    def test_area_is_one(self, surrogate):
        x = np.linspace(-2000, 2000, 2_000_001)
        assert np.trapezoid(SURROGATES[surrogate](x, 0.8), x) == pytest.approx(1, abs=1e-3)

    @pytest.mark.parametrize("surrogate", SURROGATES)
    def test_second_derivative_is_the_surrogates(self, surrogate, rng):
        x = rng.uniform(0.1, 0.9, 20) * rng.choice([-1, 1], 20)
        step, (slope,) = 1e-6, [SURROGATES[surrogate]]
        expected = (slope(x + step, 1.0) - slope(x - step, 1.0)) / (2 * step)

        def first(x):
            return tl.grad(lambda x: F.heaviside(x, surrogate).sum())(x).sum()

        assert_close(tl.grad(first)(tensor(x)), expected, rtol=1e-8)

    def test_errors(self):
        with pytest.raises(ValueError, match="Heaviside: surrogate must be 'none', 'straight_through', 'sigmoid'"):
            nn.Heaviside("tanh")
        with pytest.raises(ValueError, match="heaviside: scale must be positive, not 0"):
            F.heaviside(tl.ones(1), "sigmoid", 0)
        assert repr(nn.Heaviside("sigmoid")) == "Heaviside(surrogate='sigmoid', scale=1.0, at_zero=0.0)"


class TestMaxout:
    def test_value(self, rng):
        layer = nn.Maxout(3, 4, 5, dtype=tl.float64)
        x = rng.standard_normal((2, 6, 3))
        weight, bias = host(layer.weight.detach()).reshape(4, 5, 3), host(layer.bias.detach()).reshape(4, 5)
        expected = (np.einsum("bni,opi->bnop", x, weight) + bias).max(-1)
        assert_close(layer(tensor(x)).detach(), expected)
        tl.check_gradients(layer, (leaf(x),))

    def test_parameters(self):
        layer = nn.Maxout(100, 40, 5)
        assert {key: value.shape for key, value in layer.state_dict().items()} == {"weight": (200, 100), "bias": (200,)}
        assert abs(host(layer.weight.detach())).max() <= 0.1
        assert host(layer.weight.detach()).std() == pytest.approx(0.1 / sqrt(3), rel=0.05)
        assert nn.Maxout(2, 2, bias=False).bias is None
        assert repr(layer) == "Maxout(in_features=100, out_features=40, pieces=5, bias=True)"

    def test_pieces(self):
        with pytest.raises(ValueError, match="Maxout: pieces must be a positive integer, not 0"):
            nn.Maxout(2, 2, 0)


class TestSwish:
    def test_beta_is_learned(self, rng):
        x, beta = rng.standard_normal((3, 4)), rng.standard_normal(1)
        tl.check_gradients(F.swish, (leaf(x), leaf(beta)))
        assert list(nn.Swish().state_dict()) == ["beta"]
        assert_close(nn.Swish()(tensor(x, "float32")).detach(), host(F.silu(tensor(x, "float32"))), rtol=1e-6)
        assert repr(nn.Swish(2.0)) == "Swish(init=2.0)"


@pytest.mark.parametrize("layer", [nn.Swish, nn.PReLU, lambda **where: nn.Maxout(2, 2, **where)])
def test_layers_with_parameters_check_their_device_and_dtype(layer):
    assert all(p.dtype == tl.float64 for p in layer(dtype="float64").parameters())
    with pytest.raises(TypeError, match="dtype must be a floating-point data type or None, not"):
        layer(dtype=tl.int32)
    with pytest.raises(TypeError, match="device must be a device, the name of a device or backend, or None, not 7"):
        layer(device=7)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.gelu(tl.ones(1), "erf"), ValueError, "gelu: approximate must be 'none' or 'tanh', not 'erf'"),
        (lambda: nn.GELU("erf"), ValueError, "GELU: approximate must be"),
        (lambda: F.celu(tl.ones(1), 0.0), ValueError, "celu: alpha must not be 0"),
        (lambda: F.softshrink(tl.ones(1), -1.0), ValueError, "softshrink: lambd must not be negative"),
        (lambda: F.hardtanh(tl.ones(1), 2.0, 1.0), ValueError, "hardtanh: min_val must not be above max_val"),
        (lambda: nn.Hardtanh(1.0, 1.0), ValueError, "Hardtanh: max_val must be above min_val"),
        (lambda: F.glu(tl.ones(2, 3)), tl.ShapeError, r"glu: axis -1 of shape \(2, 3\) has odd length 3"),
        (lambda: F.glu(tl.ones(2), 1), tl.ShapeError, "glu: .*axis 1"),
        (lambda: nn.Softmax2d()(tl.ones(2, 3)), tl.ShapeError, r"Softmax2d: expects 4 axes.*shape \(2, 3\)"),
        (lambda: F.elu(tl.ones(1, dtype=tl.complex64)), TypeError, "elu: input is complex64, but must be"),
        (lambda: F.selu("x"), TypeError, "selu: input must be a tensor or an array, not str"),
        (lambda: F.leaky_relu(tl.ones(1, dtype=tl.complex64)), TypeError, "leaky_relu: input is complex64"),
        (lambda: F.relu6(tl.ones(1, dtype=tl.complex64)), TypeError, "relu6: input is complex64"),
        (lambda: F.gelu(tl.ones(1, dtype=tl.complex64)), TypeError, "gelu: input is complex64"),
        (lambda: F.relu(tl.ones(1, dtype=tl.complex64)), TypeError, "relu: input is complex64"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.ReLU(True), "ReLU(inplace=True)"),
        (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.RReLU(0.1, 0.2), "RReLU(lower=0.1, upper=0.2)"),
        (nn.Hardtanh(), "Hardtanh(min_val=-1.0, max_val=1.0)"),
        (nn.Hardswish(True), "Hardswish()"),
        (nn.ELU(2.0, True), "ELU(alpha=2.0, inplace=True)"),
        (nn.GELU(), "GELU(approximate='none')"),
        (nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
        (nn.Softshrink(), "Softshrink(0.5)"),
        (nn.Threshold(1, 2), "Threshold(threshold=1, value=2)"),
        (nn.GLU(1), "GLU(axis=1)"),
    ],
)
def test_repr(layer, words):
    assert repr(layer) == words
    assert not layer.state_dict()


def test_inplace_leaves_the_input_alone():
    x = tensor(np.array([-1.0, 1.0]))
    for name in ("relu", "relu6", "silu", "mish", "elu", "celu", "selu", "leaky_relu", "hardswish", "hardsigmoid"):
        getattr(F, name)(x, inplace=True)
    F.rrelu(x, training=True, inplace=True)
    F.threshold(x, 0.0, 5.0, inplace=True)
    F.dropout(x, 0.5, True, inplace=True)
    assert_same(x, np.array([-1.0, 1.0]))


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.ReLU(), lambda x: np.maximum(x, 0)),
        (nn.Tanh(), np.tanh),
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Softmax(axis=1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
        (nn.LogSoftmax(axis=0), lambda x: x - np.log(np.exp(x).sum(0, keepdims=True))),
        (nn.Identity(3, unused=True), lambda x: x),
        (nn.Flatten(0, 1), lambda x: x.reshape(-1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_common_layers(layer, function, rng):
    x = rng.standard_normal((3, 4))
    assert_close(layer(tensor(x)), function(x))


def test_functions_are_the_ops(rng):
    x = tensor(rng.standard_normal((3, 4)))
    for name in ("relu", "tanh", "sigmoid", "softmax", "log_softmax"):
        assert_same(getattr(F, name)(x), host(getattr(tl, name)(x)))
    assert F.softmax(x, axis=0, dtype=tl.float32).dtype == tl.float32
