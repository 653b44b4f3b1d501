"""nn.init, and how layers are initialised."""

from math import sqrt

import numpy as np
import pytest
from helpers import host, tensor
from scipy.stats import kstest, truncnorm

import tensorlab as tl
from tensorlab import nn


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda w: nn.init.uniform_(w, -0.3, 0.3), 0.3),
        (lambda w: nn.init.xavier_uniform_(w, gain=2.0), 2 * sqrt(6 / (60 * 9 + 100 * 9))),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), sqrt(2) * sqrt(3 / (60 * 9))),
        (lambda w: nn.init.kaiming_uniform_(w, a=1.0, mode="fan_out"), sqrt(3 / (100 * 9))),
    ],
    ids=["uniform", "xavier", "kaiming", "kaiming fan_out"],
)
def test_uniform(fill, bound):
    weight = tl.zeros(100, 60, 3, 3)
    assert fill(weight) is weight
    numbers = host(weight)
    assert abs(numbers).max() <= bound
    assert abs(numbers).max() > 0.999 * bound
    assert numbers.std() == pytest.approx(bound / sqrt(3), rel=0.01)
    assert numbers.mean() == pytest.approx(0, abs=0.02 * bound)


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (lambda w: nn.init.normal_(w, std=0.5), 0.5),
        (lambda w: nn.init.xavier_normal_(w), sqrt(2 / (60 * 9 + 100 * 9))),
        (lambda w: nn.init.kaiming_normal_(w, nonlinearity="tanh"), 5 / 3 / sqrt(60 * 9)),
    ],
    ids=["normal", "xavier", "kaiming"],
)
def test_normal(fill, std):
    numbers = host(fill(tl.zeros(100, 60, 3, 3)))
    assert numbers.std() == pytest.approx(std, rel=0.01)
    assert abs(numbers).max() > 3.5 * std


def test_constants():
    x = tl.zeros(3)
    assert host(nn.init.ones_(x)).tolist() == [1, 1, 1]
    assert host(nn.init.constant_(x, 2.5)).tolist() == [2.5] * 3
    assert host(nn.init.zeros_(x)).tolist() == [0] * 3


def test_parameters_are_filled_outside_the_graph(generator):
    parameter = nn.Parameter(tl.zeros(3))
    first = host(nn.init.normal_(parameter, generator=generator).detach()).tolist()
    assert parameter.is_leaf
    assert host(nn.init.normal_(parameter, generator=generator.manual_seed(0)).detach()).tolist() == first


def test_gains():
    assert nn.init.calculate_gain("relu") == sqrt(2)
    assert nn.init.calculate_gain("conv2d") == nn.init.calculate_gain("sigmoid") == 1
    assert nn.init.calculate_gain("leaky_relu", 2.0) == sqrt(2 / 5)
    with pytest.raises(ValueError, match=r"calculate_gain: nonlinearity must be 'linear', .* or 'selu', not 'softmax'"):
        nn.init.calculate_gain("softmax")


def test_errors():
    with pytest.raises(TypeError, match="zeros_: tensor must be a Tensor, not array"):
        nn.init.zeros_(np.ones(3))
    with pytest.raises(TypeError, match="normal_: generator must be a Generator or None, not 3"):
        nn.init.normal_(tl.zeros(3), generator=3)
    with pytest.raises(ValueError, match="at least 2 axes"):
        nn.init.xavier_uniform_(tl.zeros(3))
    with pytest.raises(ValueError, match="mode must be"):
        nn.init.kaiming_normal_(tl.zeros(3, 3), mode="in")


@pytest.mark.parametrize(
    ("layer", "fan_in"), [(nn.Linear(50, 200), 50), (nn.Conv2d(8, 90, 5, groups=2), 100)], ids=["Linear", "Conv2d"]
)
def test_layers_are_drawn_within_the_root_of_the_fan_in(layer, fan_in):
    for parameter in (layer.weight, layer.bias):
        numbers = host(parameter.detach())
        assert abs(numbers).max() <= 1 / sqrt(fan_in)
        assert numbers.std() == pytest.approx(1 / sqrt(3 * fan_in), rel=0.15)


def numbers_of(weight):
    return host(weight.detach())


class TestLeCun:
    def test_variance(self):
        uniform = numbers_of(nn.init.lecun_uniform_(tl.zeros(100, 60, 3, 3)))
        assert abs(uniform).max() <= sqrt(3 / 540)
        assert uniform.std() == pytest.approx(sqrt(1 / 540), rel=0.01)
        normal = numbers_of(nn.init.lecun_normal_(tl.zeros(100, 60, 3, 3)))
        assert abs(normal).max() > 3.5 * sqrt(1 / 540)
        assert normal.std() == pytest.approx(sqrt(1 / 540), rel=0.01)


class TestTruncatedNormal:
    @pytest.mark.parametrize(("mean", "std", "a", "b"), [(0.0, 1.0, -2.0, 2.0), (1.0, 2.0, 0.5, 9.0)])
    def test_distribution(self, mean, std, a, b):
        numbers = numbers_of(nn.init.trunc_normal_(tl.zeros(50_000, dtype=tl.float64), mean, std, a, b))
        expected = truncnorm((a - mean) / std, (b - mean) / std, mean, std)
        assert numbers.min() >= a
        assert numbers.max() <= b
        assert kstest(numbers, expected.cdf).pvalue > 1e-4

    def test_errors(self):
        with pytest.raises(ValueError, match="low"):
            nn.init.trunc_normal_(tl.zeros(3), a=2.0, b=1.0)


class TestOrthogonal:
    @pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (20, 2, 3), (1, 4)])
    def test_structure(self, shape):
        weight = numbers_of(nn.init.orthogonal_(tl.zeros(*shape, dtype=tl.float64), gain=1.5)).reshape(shape[0], -1)
        square = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
        assert square == pytest.approx(1.5**2 * np.eye(len(square)), abs=1e-12)

    def test_no_direction_is_preferred(self):
        """The QR factors of Gaussian numbers alone would have a diagonal of one sign."""
        drawn = [numbers_of(nn.init.orthogonal_(tl.zeros(2, 2))) for _ in range(400)]
        assert np.mean(drawn, axis=0) == pytest.approx(0, abs=0.15)
        assert np.mean([np.linalg.det(q) > 0 for q in drawn]) == pytest.approx(0.5, abs=0.12)

    def test_nothing_to_fill(self):
        assert nn.init.orthogonal_(tl.zeros(0, 3)).shape == (0, 3)


class TestSparse:
    @pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.1, 10), (0.101, 11), (1.0, 100)])
    def test_each_column(self, sparsity, zeros):
        numbers = numbers_of(nn.init.sparse_(tl.ones(100, 40), sparsity, std=0.5))
        assert ((numbers == 0).sum(axis=0) == zeros).all()
        if zeros < 100:
            assert numbers[numbers != 0].std() == pytest.approx(0.5, rel=0.1)

    def test_rows_are_drawn_for_each_column(self):
        numbers = numbers_of(nn.init.sparse_(tl.ones(50, 2000), 0.5))
        assert (numbers == 0).mean(axis=1) == pytest.approx(0.5, abs=0.06)


class TestIdentities:
    @pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (0, 2)])
    def test_eye(self, shape):
        assert (numbers_of(nn.init.eye_(tl.ones(*shape))) == np.eye(*shape)).all()

    @pytest.mark.parametrize("groups", [1, 2])
    @pytest.mark.parametrize("axes", [1, 2, 3])
    def test_dirac_passes_channels_on(self, axes, groups, rng):
        layer = getattr(nn, f"Conv{axes}d")(4, 4, 3, padding=1, groups=groups, bias=False, dtype=tl.float64)
        nn.init.dirac_(layer.weight, groups)
        x = rng.standard_normal((2, 4, *[5] * axes))
        assert numbers_of(layer(tensor(x))) == pytest.approx(x)

    def test_dirac_with_fewer_channels(self):
        numbers = numbers_of(nn.init.dirac_(tl.ones(6, 2, 3), groups=2))
        expected = np.zeros((6, 2, 3))
        expected[[0, 1, 3, 4], [0, 1, 0, 1], 1] = 1
        assert (numbers == expected).all()


FILLS = [
    lambda w, g: nn.init.uniform_(w, generator=g),
    lambda w, g: nn.init.normal_(w, generator=g),
    lambda w, g: nn.init.trunc_normal_(w, generator=g),
    lambda w, g: nn.init.xavier_uniform_(w, generator=g),
    lambda w, g: nn.init.xavier_normal_(w, generator=g),
    lambda w, g: nn.init.kaiming_uniform_(w, generator=g),
    lambda w, g: nn.init.kaiming_normal_(w, generator=g),
    lambda w, g: nn.init.lecun_uniform_(w, generator=g),
    lambda w, g: nn.init.lecun_normal_(w, generator=g),
    lambda w, g: nn.init.orthogonal_(w, generator=g),
    lambda w, g: nn.init.sparse_(w, 0.3, generator=g),
]


@pytest.mark.parametrize("fill", FILLS)
def test_generators(fill):
    """Equal seeds, equal numbers; the default generator is left where it is; the parameter stays a leaf."""
    before = tl.random.default_generator.get_state()
    weight = nn.Parameter(tl.zeros(4, 5))
    assert fill(weight, tl.Generator(7)) is weight
    first = numbers_of(weight).copy()
    assert weight.is_leaf
    assert weight.requires_grad
    assert tl.random.default_generator.get_state() == before
    assert (numbers_of(fill(weight, tl.Generator(7))) == first).all()
    assert (numbers_of(fill(weight, tl.Generator(8))) != first).any()


def test_all_gains():
    for name in ("linear", "sigmoid", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))):
        assert nn.init.calculate_gain(name) == 1
    assert nn.init.calculate_gain("tanh") == 5 / 3
    assert nn.init.calculate_gain("selu") == 0.75
    assert nn.init.calculate_gain("leaky_relu") == sqrt(2 / (1 + 0.01**2))
    with pytest.raises(ValueError, match="'selu', not 'conv4d'"):
        nn.init.calculate_gain("conv4d")
    with pytest.raises(TypeError, match="calculate_gain: param must be a finite number or None, not True"):
        nn.init.calculate_gain("leaky_relu", True)


@pytest.mark.parametrize(
    ("fill", "shape", "message"),
    [
        (nn.init.eye_, (2, 2, 2), r"eye_: tensor must have 2 axes, not shape \(2, 2, 2\)"),
        (nn.init.dirac_, (2, 2), r"dirac_: tensor must have 3 to 5 axes, not shape \(2, 2\)"),
        (nn.init.orthogonal_, (2,), r"orthogonal_: tensor must have 2 or more axes, not shape \(2,\)"),
        (lambda w: nn.init.sparse_(w, 0.5), (2,), r"sparse_: tensor must have 2 axes"),
        (lambda w: nn.init.sparse_(w, 1.5), (2, 2), r"sparse_: sparsity must be a number in \[0, 1\], not 1.5"),
        (lambda w: nn.init.dirac_(w, 2), (3, 2, 2), r"dirac_: the 3 output channels \(axis 0\) do not divide into 2"),
        (lambda w: nn.init.uniform_(w, 2.0, 1.0), (2,), "uniform_: a must not be above b, but a is 2.0 and b is 1.0"),
        (lambda w: nn.init.trunc_normal_(w, b=-2), (2,), "trunc_normal_: a must be below b, but a is -2.0 and b is -2"),
        (nn.init.lecun_normal_, (3,), r"at least 2 axes, not shape \(3,\)"),
        (nn.init.kaiming_uniform_, (3,), r"at least 2 axes, not shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit(fill, shape, message):
    with pytest.raises(ValueError, match=message):
        fill(tl.zeros(*shape))


def test_nothing_to_fill():
    for fill in (nn.init.kaiming_uniform_, nn.init.kaiming_normal_, nn.init.lecun_uniform_):
        assert fill(tl.zeros(3, 0)).shape == (3, 0)
