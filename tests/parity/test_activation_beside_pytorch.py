"""Activations, bilinear maps and what draws nothing of dropout and the initialisers, beside PyTorch's."""

import numpy as np
import pytest
from beside import assert_same_gradients, compare_functions, compare_layers, ours, theirs, torch
from helpers import assert_close, seeded, tensor

import tensorlab as tl

SHAPES = [(3, 5), (), (0, 4)]


def numbers(*shape):
    """Return numbers that reach all pieces of the activations."""
    return np.asarray(4 * seeded(*shape).normal(size=shape))


TOLERANCE = {"hardsigmoid": 1e-7}
"""PyTorch multiplies the gradient by a sixth in single precision."""

LAYERS = [
    ("Threshold", (0.1, 20.0), {}),
    ("Threshold", (), {"threshold": -1, "value": 2.5, "inplace": True}),
    ("Sigmoid", (), {}),
    ("LogSigmoid", (), {}),
    ("Tanh", (), {}),
    ("Tanhshrink", (), {}),
    ("ReLU", (), {}),
    ("ReLU", (), {"inplace": True}),
    ("ReLU6", (), {}),
    ("ReLU6", (), {"inplace": True}),
    ("LeakyReLU", (), {}),
    ("LeakyReLU", (), {"negative_slope": 1.5}),
    ("LeakyReLU", (-0.3, True), {}),
    ("PReLU", (), {}),
    ("PReLU", (), {"init": -0.5}),
    ("ELU", (), {}),
    ("ELU", (2.5, True), {}),
    ("CELU", (), {}),
    ("CELU", (2.5, True), {}),
    ("CELU", (-1.5,), {}),
    ("SELU", (), {}),
    ("SELU", (True,), {}),
    ("GELU", (), {}),
    ("GELU", ("tanh",), {}),
    ("SiLU", (), {}),
    ("SiLU", (True,), {}),
    ("Mish", (), {}),
    ("Mish", (True,), {}),
    ("Softplus", (), {}),
    ("Softplus", (2.0, 3.0), {}),
    ("Softplus", (-2.0, 1.0), {}),
    ("Softsign", (), {}),
    ("Softshrink", (), {}),
    ("Softshrink", (1.5,), {}),
    ("Hardshrink", (), {}),
    ("Hardshrink", (1.5,), {}),
    ("Hardtanh", (), {}),
    ("Hardtanh", (-2.0, 3.5, True), {}),
    ("Hardsigmoid", (), {}),
    ("Hardsigmoid", (True,), {}),
    ("Hardswish", (), {}),
    ("Hardswish", (True,), {}),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("name", "args", "options"), LAYERS)
def test_elementwise_layers(name, args, options, shape):
    if any(value is True for value in (*args, *options.values())):
        torch_layer = getattr(torch.nn, name)(*args, **options)
        layer = getattr(tl.nn, name)(*args, **options)
        assert repr(layer) == repr(torch_layer)
        x = numbers(*shape)
        assert_close(layer(tensor(x)), torch_layer(torch.tensor(x)).numpy(), rtol=1e-9)
        return
    compare_layers(name, args, options, (numbers(*shape),), rtol=TOLERANCE.get(name.lower(), 1e-9))


AXES = [
    *((name, {"axis": axis}, (2, 4, 3)) for name in ("Softmax", "LogSoftmax", "Softmin") for axis in (0, 1, -1)),
    ("GLU", {"axis": 1}, (2, 4, 3)),
    ("GLU", {}, (6,)),
    ("GLU", {}, (0, 6)),
    ("Softmax2d", {}, (2, 4, 3, 5)),
    ("Softmax2d", {}, (4, 3, 5)),
    ("PReLU", {"num_parameters": 4}, (2, 4, 3)),
    ("PReLU", {"num_parameters": 4}, (0, 4)),
    ("RReLU", {}, (3, 4)),
    ("RReLU", {"lower": 0.4, "upper": 0.4}, (3, 4)),
]


@pytest.mark.parametrize(("name", "options", "shape"), AXES, ids=str)
def test_layers_with_axes(name, options, shape):
    draws = name == "RReLU" and "lower" not in options
    modes = (False,) if draws else (True, False)
    compare_layers(name, (), options, (numbers(*shape),), modes=modes)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(
            (name, {})
            for name in [
                "celu",
                "elu",
                "gelu",
                "selu",
                "silu",
                "mish",
                "softplus",
                "softsign",
                "tanh",
                "tanhshrink",
                "logsigmoid",
            ]
        ),
        *(
            (name, {})
            for name in [
                "relu",
                "relu6",
                "hardshrink",
                "hardsigmoid",
                "hardswish",
                "hardtanh",
                "leaky_relu",
                "softshrink",
            ]
        ),
        ("celu", {"alpha": 0.5}),
        ("elu", {"alpha": -0.5}),
        ("gelu", {"approximate": "tanh"}),
        ("softplus", {"beta": 0.5, "threshold": 1}),
        ("leaky_relu", {"negative_slope": 2}),
        ("hardtanh", {"min_val": -3, "max_val": 0}),
        ("hardshrink", {"lambd": 2}),
        ("softshrink", {"lambd": 0}),
        ("threshold", {"threshold": 1, "value": -3}),
        ("rrelu", {}),
        ("softmax", {"axis": 0}),
        ("log_softmax", {"axis": 0}),
        ("softmin", {"axis": 0}),
        ("glu", {"axis": 0}),
    ],
)
def test_functions(name, options):
    compare_functions(name, (numbers(6, 5),), options, rtol=TOLERANCE.get(name, 1e-9))


KINKS = {
    "relu": [0.0, -0.0],
    "relu6": [0.0, 6.0],
    "leaky_relu": [0.0, -0.0],
    "rrelu": [0.0],
    "elu": [0.0],
    "celu": [0.0],
    "selu": [0.0],
    "hardtanh": [-1.0, 1.0],
    "hardsigmoid": [-3.0, 3.0],
    "hardswish": [-3.0, 3.0],
    "hardshrink": [-0.5, 0.0, 0.5],
    "softshrink": [-0.5, 0.0, 0.5],
    "softsign": [0.0],
    "tanhshrink": [0.0],
    "logsigmoid": [0.0],
    "softplus": [20.0, 20.0000001],
}


@pytest.mark.parametrize("name", KINKS)
def test_gradients_at_kinks(name):
    compare_functions(name, (np.array(KINKS[name]),))


def test_gradients_at_kinks_that_depend_on_options():
    compare_functions("threshold", (np.array([1.0, 1.0]), 1.0, -3.0))
    compare_functions("elu", (np.array([0.0]),), {"alpha": 2.0})
    compare_functions("celu", (np.array([0.0]),), {"alpha": 2.0})
    compare_functions("softplus", (np.array([1.5]),), {"beta": 2.0, "threshold": 3.0})
    compare_functions("prelu", (np.array([[0.0, 0.0]]), np.array([0.25, -2.0])))


def test_complex_numbers():
    """PyTorch computes the value of `silu`, and gradients of ``x * sigmoid(x)``."""
    x = numbers(20) + 1j * numbers(2, 10).ravel()
    assert_close(tl.nn.functional.silu(tensor(x)), torch.nn.functional.silu(torch.tensor(x)).numpy())
    for ours_of, theirs_of in [(tl.sigmoid, torch.sigmoid), (tl.nn.functional.silu, lambda x: x * torch.sigmoid(x))]:
        a, b = ours(x), theirs(x)
        found, expected = ours_of(a), theirs_of(b)
        assert_close(found.detach(), expected.detach().numpy())
        assert_same_gradients([found.real, found.imag], [expected.real, expected.imag], (a,), (b,))


LIMITS = [
    *("gelu", "silu", "mish", "softplus", "logsigmoid", "elu", "selu", "celu"),
    *("leaky_relu", "relu6", "hardsigmoid", "hardtanh", "hardshrink"),
]


@pytest.mark.parametrize("name", LIMITS)
def test_values_far_out(name):
    far = np.array([-1e30, -800.0, -90.0, -30.0, 30.0, 90.0, 800.0, 1e30, np.inf, np.nan])
    compare_functions(name, (far[:-2],))
    found = getattr(tl.nn.functional, name)(tensor(far))
    assert_close(found, getattr(torch.nn.functional, name)(torch.tensor(far)).numpy(), rtol=1e-9)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "softplus", "logsigmoid", "elu", "selu"])
def test_single_precision_in_blocks(name):
    """Many elements, which NumPy's kernels take block by block, also where they lie in any order."""
    x = (4 * seeded(name).normal(size=(301, 113))).astype("float32")
    for given in (x, x.T):
        a, b = tl.tensor(given, requires_grad=True), torch.tensor(given, requires_grad=True)
        found, expected = getattr(tl.nn.functional, name)(a), getattr(torch.nn.functional, name)(b)
        found.sum().backward()
        expected.sum().backward()
        assert_close(found.detach(), expected.detach().numpy(), rtol=2e-6)
        assert_close(a.grad, b.grad.numpy(), rtol=2e-6)


@pytest.mark.parametrize("weight", [np.array(0.5), np.array([0.5])], ids=["()", "(1,)"])
@pytest.mark.parametrize("shape", [(), (4,), (2, 4)], ids=str)
def test_one_slope(weight, shape):
    compare_functions("prelu", (numbers(*shape), weight))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("leading", [(), (4,), (0,), (2, 3)], ids=str)
def test_bilinear(bias, leading):
    inputs = numbers(*leading, 2), numbers(*leading, 3)
    compare_layers("Bilinear", (2, 3, 5), {"bias": bias}, inputs)
    compare_functions("bilinear", (*inputs, numbers(5, 2, 3), *([numbers(5)] if bias else [])))


@pytest.mark.parametrize(
    ("args", "shape"),
    [((1, (2, 3)), (4, 6, 2)), ((-1, (-1, 2)), (4, 6)), ((0, (1, 4, 1)), (4,)), ((0, (3, -1)), (0, 2))],
)
def test_unflatten(args, shape):
    compare_layers("Unflatten", args, {}, (numbers(*shape),), modes=(True,))


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Dropout", (3, 4)),
        ("Dropout1d", (2, 3, 4)),
        ("Dropout1d", (3, 4)),
        ("Dropout2d", (2, 3, 4, 5)),
        ("Dropout3d", (2, 3, 4, 5, 2)),
        ("Dropout3d", (3, 4, 5, 2)),
        ("AlphaDropout", (3, 4)),
        ("FeatureAlphaDropout", (2, 3, 4)),
    ],
)
def test_dropout_that_draws_nothing(name, shape, p, inplace):
    if inplace:
        assert repr(getattr(tl.nn, name)(p, inplace)) == repr(getattr(torch.nn, name)(p, inplace))
    else:
        compare_layers(name, (p,), {}, (numbers(*shape),), modes=(False,) if p == 0.25 else (True, False))


GAINS = [
    *(("linear", None), ("conv1d", None), ("conv2d", None), ("conv3d", None), ("sigmoid", None), ("tanh", None)),
    *(("conv_transpose1d", None), ("conv_transpose2d", None), ("conv_transpose3d", None), ("relu", None)),
    *(("leaky_relu", None), ("leaky_relu", 0.3), ("leaky_relu", 2), ("selu", None)),
]


@pytest.mark.parametrize(("name", "param"), GAINS)
def test_gains(name, param):
    assert tl.nn.init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", [(4, 2, 3), (2, 4, 3, 4), (6, 1, 2, 3, 1)], ids=str)
def test_dirac(shape, groups):
    expected = torch.nn.init.dirac_(torch.ones(shape), groups).numpy()
    assert_close(tl.nn.init.dirac_(tl.ones(*shape), groups), expected)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (0, 2)], ids=str)
def test_eye(shape):
    assert_close(tl.nn.init.eye_(tl.ones(*shape)), torch.nn.init.eye_(torch.ones(shape)).numpy())
