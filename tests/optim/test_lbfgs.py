"""LBFGS and its line search against SciPy, exact Newton steps, and the Wolfe conditions themselves."""

import copy

import numpy as np
import pytest
import scipy.optimize
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.optim.second_order.line_search import Trial, cubic_minimum, strong_wolfe


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def closure_of(optimizer, function, *params):
    def closure():
        closure.calls += 1
        optimizer.zero_grad()
        loss = function(*params)
        loss.backward()
        return loss

    closure.calls = 0
    return closure


class TestMinima:
    def test_rosenbrock_in_ten_dimensions(self):
        x = tensor(np.full(10, -0.5), requires_grad=True)
        options = {"max_iter": 200, "tolerance_grad": 1e-9, "tolerance_change": 0}
        optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe", **options)
        closure = closure_of(optimizer, rosenbrock, x)
        optimizer.step(closure)
        np.testing.assert_allclose(host(x.detach()), np.ones(10), atol=1e-8)
        assert closure.calls == optimizer.state[x]["func_evals"]
        expected = scipy.optimize.minimize(
            scipy.optimize.rosen, np.full(10, -0.5), jac=scipy.optimize.rosen_der, method="L-BFGS-B"
        )
        assert closure.calls < 2 * expected.nfev

    def test_a_quadratic_within_as_many_steps_as_it_has_dimensions(self, rng):
        """With exact curvature along each direction, as BFGS has it on a quadratic."""
        a = rng.standard_normal((4, 4))
        a, b = tensor(a @ a.T + np.eye(4)), tensor(rng.standard_normal(4))
        x = tensor(np.zeros(4), requires_grad=True)
        optimizer = optim.LBFGS(
            [x], max_iter=30, line_search_fn="strong_wolfe", tolerance_grad=1e-12, tolerance_change=0
        )
        optimizer.step(closure_of(optimizer, lambda x: 0.5 * x @ (a @ x) - b @ x, x))
        np.testing.assert_allclose(host(x.detach()), np.linalg.solve(host(a), host(b)), rtol=1e-7)

    def test_a_network(self, rng):
        x, y = tensor(rng.standard_normal((30, 3))), tensor(rng.standard_normal((30, 1)))
        net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        optimizer = optim.LBFGS(net.parameters(), max_iter=300, max_eval=1000, line_search_fn="strong_wolfe")
        first = optimizer.step(closure_of(optimizer, lambda: nn.functional.mse_loss(net(x), y)))
        loss = nn.functional.mse_loss(net(x), y)
        assert loss.item() < 0.05 * first.item()

    def test_nan_on_the_way_is_a_step_too_far(self):
        """The logarithm has no value where the first steps lead."""
        x = tensor(np.array([1e-3]), requires_grad=True)
        optimizer = optim.LBFGS([x], lr=1e4, max_iter=40, max_eval=200, line_search_fn="strong_wolfe")
        with np.errstate(invalid="ignore"):
            optimizer.step(closure_of(optimizer, lambda x: (x - (5 * x * (2 - x)).log()).sum(), x))
        # 1 - 1/x + 1/(2 - x) = 0
        assert x.item() == pytest.approx(2 - 2**0.5, rel=1e-5)


class TestLineSearch:
    @pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 300.0])
    @pytest.mark.parametrize(
        ("f", "df"),
        [
            (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
            (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
            (lambda t: np.cos(t) + 0.05 * (t - 8) ** 2, lambda t: -np.sin(t) + 0.1 * (t - 8)),
        ],
    )
    def test_the_conditions_hold(self, f, df, first):
        def evaluate(t):
            return Trial(t, f(t), None, df(t))

        start = evaluate(0.0)
        trial, count = strong_wolfe(evaluate, start, first, most_trials=30, least_bracket=1e-12)
        assert 1 <= count <= 31
        assert trial.loss <= start.loss + 1e-4 * trial.step * start.slope
        assert abs(trial.slope) <= 0.9 * abs(start.slope)

    def test_it_gives_up(self):
        def evaluate(t):
            return Trial(t, -t, None, -1.0)  # falls for ever

        trial, count = strong_wolfe(evaluate, evaluate(0.0), 1.0, most_trials=4, least_bracket=0)
        assert count == 5
        assert trial.step > 1

    def test_the_minimum_of_a_cubic(self):
        def cubic(t):
            return Trial(t, t**3 - 3 * t, None, 3 * t**2 - 3)

        assert cubic_minimum(cubic(0.0), cubic(3.0)) == pytest.approx(1)
        assert cubic_minimum(cubic(3.0), cubic(0.0)) == pytest.approx(1)
        assert cubic_minimum(cubic(0.0), cubic(3.0), (1.5, 2.0)) == 1.5
        line = [Trial(t, -t, None, -1.0) for t in (0.0, 2.0)]
        assert cubic_minimum(*line) == 2  # a line is least where it ends
        rising = [Trial(t, t, None, 1.0) for t in (0.0, 2.0)]
        assert cubic_minimum(*rising) == 0
        without = [Trial(0.0, 0.0, None, 1.0), Trial(2.0, 5 / 3, None, 1.5)]  # rises all along
        assert cubic_minimum(*without) == 1
        assert cubic_minimum(line[0], line[0]) == 0


class TestInterface:
    def test_going_on_bit_for_bit(self):
        x = tensor(np.array([-1.2, 1.0]), requires_grad=True)
        a = optim.LBFGS([x], max_iter=4, line_search_fn="strong_wolfe")
        a.step(closure_of(a, rosenbrock, x))
        y = tensor(host(x.detach()).copy(), requires_grad=True)
        b = optim.LBFGS([y], lr=9.0)
        b.load_state_dict(copy.deepcopy(a.state_dict()))
        for optimizer, z in ((a, x), (b, y)):
            optimizer.step(closure_of(optimizer, rosenbrock, z))
        assert_same(x.detach(), host(y.detach()))

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda w: optim.LBFGS([{"params": [w]}, {"params": [tl.ones(1)]}]), ValueError, "one group"),
            (lambda w: optim.LBFGS([w], lr=-1), ValueError, "lr"),
            (lambda w: optim.LBFGS([w], max_iter=0), ValueError, "max_iter must be a positive integer"),
            (lambda w: optim.LBFGS([w], line_search_fn="armijo"), ValueError, "strong_wolfe"),
            (lambda w: optim.LBFGS([w, tl.ones(1, dtype=tl.float64)]), ValueError, "one data type"),
            (lambda w: optim.LBFGS([tl.ones(1, dtype=tl.complex64)]), TypeError, "real"),
            (lambda w: optim.LBFGS([w]).step(), TypeError, "step: closure must be given"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(nn.Parameter(tl.ones(2)))
