"""The landscapes: values, minima and derivatives, against formulas in NumPy."""

import numpy as np
import pytest
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab.optim import landscapes, minimize
from tensorlab.optim.landscapes import LANDSCAPES

FORMULAS = {
    "rosenbrock": lambda x: sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1)),
    "beale": lambda x: sum((c - x[0] * (1 - x[1] ** k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
    "himmelblau": lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
    "saddle": lambda x: (x[0] - x[1]) * (x[0] + x[1]),
    "two_wells": lambda x: 0.5 * x[0] ** 2 + 0.25 * (x[1] ** 2 - 1) ** 2 - 0.25,
    "valley": lambda x: 0.5 * sum(100 ** (i / (len(x) - 1)) * x[i] ** 2 for i in range(len(x))),
    "rastrigin": lambda x: 10 * len(x) + sum(v**2 - 10 * np.cos(2 * np.pi * v) for v in x),
    "booth": lambda x: 5 * x[0] ** 2 + 5 * x[1] ** 2 + 8 * x[0] * x[1] - 34 * x[0] - 38 * x[1] + 74,
    "matyas": lambda x: 0.01 * (x[0] + x[1]) ** 2 + 0.25 * (x[0] - x[1]) ** 2,
    "three_hump_camel": lambda x: x[0] ** 2 * (2 - 1.05 * x[0] ** 2 + x[0] ** 4 / 6) + x[1] * (x[0] + x[1]),
    "styblinski_tang": lambda x: 0.5 * sum(v * (v**3 - 16 * v + 5) for v in x),
}

each = pytest.mark.parametrize("name", FORMULAS)


def inside(name, rng, *shape):
    """Return points within a landscape's bounds."""
    (left, right), (bottom, top) = LANDSCAPES[name].bounds
    return np.stack([rng.uniform(left, right, shape), rng.uniform(bottom, top, shape)])


def differences(f, x, h=1e-4):
    """Return the Hessian of a function by central differences of its values."""
    steps = h * np.eye(len(x))
    return np.array(
        [[(f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b)) / (4 * h * h) for b in steps] for a in steps]
    )


def test_all_are_named():
    assert list(LANDSCAPES) == list(FORMULAS)
    assert all(function.name == name == function.__name__ for name, function in LANDSCAPES.items())


@each
class TestEach:
    def test_values(self, name, rng):
        points = inside(name, rng, 3, 4)
        assert_close(LANDSCAPES[name](tensor(points)), FORMULAS[name](points), rtol=1e-10)
        assert_close(LANDSCAPES[name](tensor(points[:, 0, 0])), FORMULAS[name](points[:, 0, 0]), rtol=1e-10)

    def test_in_more_dimensions(self, name, rng):
        point, function = rng.uniform(-1, 1, 5), LANDSCAPES[name]
        if function.any_dimension:
            assert_close(function(tensor(point)), FORMULAS[name](point), rtol=1e-12)
            return
        with pytest.raises(ValueError, match=rf"{name}: x must have two variables.* shape \(5,\)"):
            function(tensor(point))

    def test_the_hessian(self, name, rng):
        point = inside(name, rng)
        expected = differences(FORMULAS[name], point)
        found = tl.hessian(LANDSCAPES[name])(tensor(point))
        assert_close(found, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())

    def test_the_minima(self, name):
        function = LANDSCAPES[name]
        for minimum in function.minima:
            x = tensor(np.array(minimum))
            assert_close(function(x), function.minimum, rtol=1e-13)
            assert_close(tl.grad(function)(x), np.zeros(2), atol=1e-12)
            assert np.linalg.eigvalsh(host(tl.hessian(function)(x))).min() > 0
            assert np.linalg.eigvalsh(differences(FORMULAS[name], np.array(minimum))).min() > 0

    def test_there_are_no_others(self, name):
        function = LANDSCAPES[name]
        xs, ys = (np.linspace(low, high, 401) for low, high in function.bounds)
        points = np.stack(np.meshgrid(xs, ys)).reshape(2, -1)
        values = FORMULAS[name](points)
        if name == "saddle":
            assert (function.minima, function.minimum) == ((), None)
            return
        assert values.min() >= function.minimum - 1e-12
        lowest = points[:, values < function.minimum + 0.05]
        nearest = np.min([np.hypot(*(lowest.T - minimum).T) for minimum in function.minima], axis=0)
        assert nearest.max() < 2

    def test_the_start_is_within_the_bounds(self, name):
        function = LANDSCAPES[name]
        for value, (low, high) in zip(function.start, function.bounds, strict=True):
            assert low < value < high

    def test_a_trust_region_finds_a_minimum_or_falls(self, name):
        pytest.importorskip("scipy")
        function = LANDSCAPES[name]
        found = minimize(function, tensor(np.array(function.start)), "trust-exact", max_steps=100)
        if name == "saddle":
            assert found.fun < -1e3
        else:
            assert found.success
            assert np.linalg.norm(host(found.grad)) < 1e-3


class TestLandscape:
    def test_numbers_and_arrays(self):
        assert landscapes.rosenbrock(tl.tensor([1.0, 1.0])).item() == 0
        assert landscapes.rosenbrock([-1.0, 1.0]).item() == 4
        x = tl.tensor(2.0, requires_grad=True)
        landscapes.booth((x, tl.tensor(3.0))).backward()
        assert x.grad.item() == 10  # 10 x + 8 y - 34

    @pytest.mark.parametrize("x", [1.0, [1.0], [[1.0, 2.0]]])
    def test_too_few_variables(self, x):
        with pytest.raises(ValueError, match="rosenbrock: x must have two or more variables on its first axis"):
            landscapes.rosenbrock(tl.tensor(x))

    def test_the_condition_of_the_valley(self):
        for condition, size in ((7.0, 2), (1000.0, 4)):
            hessian = tl.hessian(lambda x, condition=condition: landscapes.valley(x, condition=condition))
            expected = np.diag(np.geomspace(1.0, condition, size))
            assert_close(hessian(tensor(np.ones(size))), expected, rtol=1e-12)

    def test_more_derivatives(self):
        third = tl.grad(tl.grad(tl.grad(lambda y: landscapes.two_wells(tl.stack([tl.tensor(0.0), y])))))
        assert third(0.5).item() == pytest.approx(3.0)  # 6 y

    def test_repr(self):
        assert repr(landscapes.two_wells) == "<two_wells: minimum -0.25 at (0, -1) and (0, 1)>"
        assert repr(landscapes.saddle) == "<saddle: no minimum>"
