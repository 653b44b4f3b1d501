"""nn.init, and how layers are initialised."""

from math import sqrt

import pytest
from helpers import host

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
    with pytest.raises(ValueError, match="no gain for 'softmax'"):
        nn.init.calculate_gain("softmax")


def test_errors():
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
