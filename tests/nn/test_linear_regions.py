"""Linear regions against the formulas for known networks, and against patterns counted on a grid."""

from itertools import pairwise
from math import comb

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.nn.utils import count_linear_regions


def linear(weight, bias):
    layer = nn.Linear(len(weight[0]), len(weight), dtype=tl.float64)
    layer.load_state_dict({"weight": tl.tensor(weight, dtype="float64"), "bias": tl.tensor(bias, dtype="float64")})
    return layer


def folding(depth, axes=1):
    """Return the tent map of each coordinate, composed with itself: each layer folds the cube onto itself."""
    layers = []
    for _ in range(depth):
        weight, out = np.zeros((2 * axes, axes)), np.zeros((axes, 2 * axes))
        for axis in range(axes):
            weight[2 * axis : 2 * axis + 2, axis] = 1.0
            out[axis, 2 * axis : 2 * axis + 2] = (2.0, -4.0)
        layers += [linear(weight.tolist(), [0.0, -0.5] * axes), nn.ReLU(), linear(out.tolist(), [0.0] * axes)]
    return nn.Sequential(*layers)


def random_net(*widths):
    layers = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after, dtype=tl.float64), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def patterns(net, points):
    """Return how many patterns of active units there are at some points."""
    active, x = [], points
    with tl.no_grad():
        for layer in net:
            if isinstance(layer, nn.ReLU):
                active.append((x > 0).numpy())
            x = layer(x)
    return np.concatenate(active, axis=1)


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_folding_doubles_the_regions_with_each_layer(depth):
    assert count_linear_regions(folding(depth), tl.zeros(1, dtype="float64"), tl.ones(1, dtype="float64")) == 2**depth


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_folding_of_a_square_gives_four_times_the_regions_with_each_layer(depth):
    u, v = tl.eye(2, dtype="float64")
    assert count_linear_regions(folding(depth, axes=2), tl.zeros(2, dtype="float64"), u, v) == 4**depth


@pytest.mark.parametrize("units", [1, 4, 9])
def test_lines_in_general_position_divide_the_plane_by_the_formula(units):
    angle = np.pi * (np.arange(units) + 0.3) / units
    weight = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    bias = 0.1 * np.random.default_rng(0).uniform(-1, 1, units)
    net = nn.Sequential(linear(weight.tolist(), bias.tolist()), nn.ReLU(), nn.Linear(units, 1, dtype=tl.float64))
    side = 40.0
    corner = tl.tensor([-side / 2, -side / 2], dtype="float64")
    u, v = side * tl.eye(2, dtype="float64")
    assert count_linear_regions(net, corner, u, v) == 1 + units + comb(units, 2)
    line = count_linear_regions(net, tl.tensor([-20.0, 1.234], dtype="float64"), u)
    assert line == 1 + units


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_have_the_patterns_that_a_fine_grid_shows(seed):
    tl.manual_seed(seed)
    net = random_net(3, 6, 5, 2)
    origin, u, v = 3 * tl.randn(3, 3, dtype="float64")
    steps = tl.linspace(0, 1, 10001, dtype="float64")
    seen = patterns(net, origin + steps.unsqueeze(1) * u)
    changes = int((seen[1:] != seen[:-1]).any(axis=1).sum())
    assert count_linear_regions(net, origin, u) == 1 + changes
    steps = tl.linspace(0, 1, 201, dtype="float64")
    grid = origin + steps.reshape(-1, 1, 1) * u + steps.reshape(1, -1, 1) * v
    found, exact = len(np.unique(patterns(net, grid.reshape(-1, 3)), axis=0)), count_linear_regions(net, origin, u, v)
    assert found <= exact <= 1.1 * found + 2


def test_convolutions_leaky_relu_residual_branches_and_batch_normalisation():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv1d(1, 2, 3, padding=1), nn.BatchNorm1d(2)
            self.head = nn.Linear(8, 3)

        def forward(self, x):
            y = self.norm(self.conv(x))
            return self.head((nn.functional.leaky_relu(y, 0.2) + x).relu().flatten(1))

    net = Net().to(dtype=tl.float64)
    origin, direction = tl.randn(2, 1, 4, dtype="float64")
    found = count_linear_regions(net, origin, 4 * direction)
    assert 2 <= found <= 1 + 8 + 8 * 9
    assert net.norm.training
    assert count_linear_regions(nn.Linear(4, 2, dtype=tl.float64), origin[0], direction[0]) == 1


def test_errors_name_what_is_wrong():
    origin = tl.zeros(2, dtype="float64")
    net = random_net(2, 3, 1)
    with pytest.raises(ValueError, match="directions must be one or two, not 0"):
        count_linear_regions(net, origin)
    with pytest.raises(ShapeError, match=r"directions must have the shape of origin, \(2,\), not \(3,\)"):
        count_linear_regions(net, origin, tl.zeros(3, dtype="float64"))
    smooth = nn.Sequential(nn.Linear(2, 3, dtype=tl.float64), nn.Tanh())
    with pytest.raises(ValueError, match="count_linear_regions: the model is not linear between the zeros"):
        count_linear_regions(smooth, origin, 5 * tl.ones(2, dtype="float64"))
