"""NumPy told to raise for every floating-point error: underflow inside tensorlab is harmless, overflow is reported."""

import numpy as np
import pytest
from helpers import drawn, host, leaf, seeded, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.autodiff.record import REGISTRY
from tensorlab.nn import functional as F

pytestmark = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="only NumPy reports such errors")


@pytest.fixture(autouse=True)
def raising():
    with np.errstate(all="raise"):
        yield


def pull(out):
    """Pull cotangents, half of them tiny, through results that have a gradient."""
    parts = [x for x in (out if isinstance(out, tuple) else (out,)) if isinstance(x, tl.Tensor) and x.requires_grad]
    for part in parts:
        cotangent = np.where(np.arange(part.size).reshape(part.shape) % 2, 1e-30, 1.0)
        part.backward(tensor(cotangent, dtype=part.dtype), retain_graph=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", REGISTRY.values(), ids=list(REGISTRY))
def test_ops(op, dtype):
    for number, sample in enumerate(op.samples):
        rng = seeded(op.name, number)
        hosts = [None if draw is None else drawn(rng, draw, dtype) for draw in sample.draws()]
        floating = [x is not None and x.dtype.kind == "f" for x in hosts]
        operands = [None if x is None else tensor(x, requires_grad=f) for x, f in zip(hosts, floating, strict=True)]
        if 0 in [n for x in hosts if x is not None for n in x.shape] and op.name in ("mean", "standardize"):
            continue  # 0 / 0
        pull(op.public(*operands, **sample.params))


EXTREME = [-1e30, -1e4, -700.0, -100.0, -88.0, -1e-30, 0.0, 1e-40, 1e-30, 88.0, 100.0, 700.0, 1e4]


def extreme(repeats, dtype):
    """Return a leaf of extreme numbers; that they are rounded is no business of these tests."""
    with np.errstate(under="ignore"):
        return leaf(np.tile(EXTREME, repeats), dtype)


ACTIVATIONS = [
    *("sigmoid", "softplus", "silu", "mish", "logsigmoid", "tanh", "elu", "selu", "celu", "hardswish", "hardsigmoid"),
    *("relu", "leaky_relu", "softsign", "softmin", "softmax", "log_softmax", "hardtanh", "softshrink", "tanhshrink"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_extreme_numbers(name, dtype):
    for repeats in (1, 2000):  # small arrays and blocks
        x = extreme(repeats, dtype)
        y = getattr(F, name)(x)
        pull(y)
        assert np.isfinite(host(y.detach())).all() and np.isfinite(host(x.grad)).all()
        tl.jvp(getattr(F, name), (x.detach(),), (tl.ones_like(x) * 1e-30,))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.cross_entropy(x[None], tensor([3])),
        lambda x: F.cross_entropy(x[None], tl.softmax(x[None] * 0)),
        lambda x: F.binary_cross_entropy_with_logits(x, 0 * x + 1),
        lambda x: F.binary_cross_entropy_with_logits(x, 0 * x),
        lambda x: F.soft_margin_loss(tl.clip(x, -1e4, 1e4), tl.ones_like(x)),
        lambda x: tl.logsumexp(x),
        lambda x: tl.logcumsumexp(x),
        lambda x: tl.logaddexp(x, -x),
        lambda x: tl.linalg.vector_norm(x * 1e-30),
        lambda x: tl.linalg.vector_norm(tl.clip(x, -1e4, 1e4) * 1e-30, ord=3),
        lambda x: F.normalize(x, axis=0),
        lambda x: F.gelu(tl.clip(x, -1e4, 1e4)),
        lambda x: F.layer_norm(tl.clip(x, -1e4, 1e4), x.shape),
        lambda x: F.scaled_dot_product_attention(*(tl.clip(x, -100, 100)[None, :, None] for _ in range(3))),
        lambda x: tl.expm1(tl.clip(x, None, 80.0)),
        lambda x: tl.erf(tl.clip(x, -1e4, 1e4)),
        lambda x: tl.exp(tl.clip(x, None, 80.0)),
    ],
)  # fmt: skip
def test_functions_of_extreme_numbers(function, dtype):
    x = extreme(1, dtype)
    pull(function(x))
    assert x.grad is not None


LAYERS = {
    "linear": (lambda: nn.Sequential(nn.Linear(6, 8), nn.Sigmoid(), nn.Linear(8, 6), nn.LogSoftmax(-1)), (5, 6)),
    "convolution": (
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.SiLU(), nn.MaxPool2d(2)),
        (3, 2, 8, 8),
    ),
    "norms": (
        lambda: nn.Sequential(nn.LayerNorm(6), nn.GroupNorm(2, 4), nn.RMSNorm(6), nn.InstanceNorm1d(4)),
        (3, 4, 6),
    ),
    "lstm": (lambda: nn.LSTM(6, 5, num_layers=2), (4, 3, 6)),
    "gru": (lambda: nn.GRU(6, 5, bidirectional=True), (4, 3, 6)),
    "rnn": (lambda: nn.RNN(6, 5), (4, 3, 6)),
    "transformer": (lambda: nn.TransformerEncoderLayer(6, 2, 8, activation="gelu", batch_first=True), (2, 4, 6)),
    "attention": (lambda: nn.TransformerDecoderLayer(6, 2, 8, batch_first=True), (2, 4, 6)),
    "activations": (lambda: nn.Sequential(nn.GLU(), nn.Mish(), nn.Hardswish(), nn.PReLU(), nn.LogSigmoid()), (5, 6)),
}


@pytest.mark.parametrize("scale", [1e-30, 1.0, 300.0])
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, scale, rng):
    make, shape = LAYERS[name]
    layer = make()
    x = leaf(scale * rng.normal(size=shape), "float32")
    pull(layer(x, x) if name == "attention" else layer(x))
    optim.Adam(layer.parameters()).step()
    assert np.isfinite(host(x.grad)).all()


def test_second_derivatives():
    x = tensor(np.array([-100.0, -88.0, 0.0, 90.0], "float32"))
    for function in (tl.sigmoid, F.softplus, F.silu, tl.softmax, tl.tanh):
        tl.hessian(lambda x, f=function: (f(x) ** 2).sum())(x)


@pytest.mark.parametrize(
    "name",
    [
        "SGD",
        "Adam",
        "AdamW",
        "RMSprop",
        "Adagrad",
        "Adadelta",
        "Adamax",
        "NAdam",
        "RAdam",
        "Lion",
        "LAMB",
        "Rprop",
        "ASGD",
        "Adafactor",
    ],
)
@pytest.mark.parametrize("size", [3, 100_000])
def test_optimizers_with_tiny_gradients(name, size):
    parameter = nn.Parameter(tl.ones(size))
    optimizer = getattr(optim, name)([parameter], lr=1e-3)
    for _ in range(3):
        parameter.grad = tl.full((size,), 1e-30)
        optimizer.step()
    assert np.isfinite(host(parameter.detach())).all()


@pytest.mark.parametrize("draw", ["gamma", "beta", "dirichlet", "chisquare", "standard_t"])
def test_draws_of_tiny_numbers(draw):
    generator, a = tl.Generator(0), tensor(np.full((200,), 0.01, "float32"), requires_grad=True)
    if draw == "gamma":
        generator.gamma(0.01, shape=(200,))
        generator.gamma(a).sum().backward()
    elif draw == "beta":
        generator.beta(0.01, 0.01, (200,))
        generator.beta(a, a).sum().backward()
    elif draw == "dirichlet":
        generator.dirichlet(a)
    elif hasattr(generator, draw):
        getattr(generator, draw)(0.02, shape=(200,))


@pytest.mark.parametrize(
    "function",
    [
        lambda: tl.exp(1000.0),
        lambda: tl.exp(tensor(np.array([1000.0, -1000.0]))),
        lambda: tensor(np.array([1e30], "float32")) ** 2,
        lambda: tl.divide(1.0, tensor([0.0])),
        lambda: tl.log(tensor([0.0])),
        lambda: tl.grad(lambda x: (x * 1e30) * 1e30)(tensor(np.array(1e-30, "float32"))),
    ],
)
def test_other_errors_of_the_user_are_raised(function):
    with pytest.raises(FloatingPointError):
        function()


def test_the_rule_of_a_user_is_called_once():
    calls = []

    @tl.custom_gradient
    def function(x):
        def rule(g):
            calls.append(1)
            return np.float32(1e-30) * np.float32(1e-30) * g

        return x * 1, rule

    with pytest.raises(FloatingPointError):
        function(leaf([1.0], "float32")).sum().backward()
    assert len(calls) == 1
