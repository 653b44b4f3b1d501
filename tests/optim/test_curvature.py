"""Second-order optimizers against matrices that are built explicitly, closed forms, and SciPy."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import scipy.optimize
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn import functional as F
from tensorlab.optim.second_order.conjugate_gradient import conjugate_gradient
from tensorlab.optim.second_order.linearized import GaussNewton, Linearized
from tensorlab.optim.second_order.vector import ParameterVector


def positive_definite(rng, n):
    a = rng.standard_normal((n, n))
    return a @ a.T + np.eye(n)


def flat(tensors):
    return np.concatenate([host(x.detach()).ravel() for x in tensors])


def small_net(rng, *sizes):
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    net = nn.Sequential(*[part for layer in layers for part in (layer, nn.Tanh())][:-1]).double()
    for parameter in net.parameters():
        parameter.data = tensor(0.7 * rng.standard_normal(parameter.shape))
    return net


def jacobian_of(net, x):
    """Return the Jacobian of the outputs by the parameters, ``(batch, outputs, parameters)``: by finite differences."""
    params = list(net.parameters())
    columns = []
    for parameter in params:
        values = host(parameter.detach()).copy()
        for place in np.ndindex(values.shape):
            ends = []
            for sign in (1, -1):
                moved = values.copy()
                moved[place] += sign * 1e-5
                parameter.data = tensor(moved)
                ends.append(host(net(x).detach()).copy())
            parameter.data = tensor(values)
            columns.append((ends[0] - ends[1]) / 2e-5)
    return np.stack(columns, axis=-1)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def fisher_by_definition(net, x, likelihood):
    """Return the mean over examples of ``E[s s^T]``, s being the gradient of log p(y | x), y drawn from the model."""
    jacobian, outputs = jacobian_of(net, x), host(net(x).detach())
    total = 0.0
    for j, z in zip(jacobian, outputs, strict=True):
        if likelihood == "categorical":
            p = softmax(z)
            scores = [(np.sqrt(p[y]) * (np.eye(len(z))[y] - p)) @ j for y in range(len(z))]
        elif likelihood == "bernoulli":
            p = 1 / (1 + np.exp(-z))
            # E[s s^T] over each output's two values; outputs are independent, and each score has mean zero.
            scores = [np.sqrt(p[i] * (1 - p[i])) * j[i] for i in range(len(z))]
        else:
            scores = list(j)
        total = total + sum(np.outer(s, s) for s in scores)
    return total / len(outputs)


LOSSES = {
    "categorical": lambda y: lambda out: F.cross_entropy(out, y),
    "bernoulli": lambda y: lambda out: F.binary_cross_entropy_with_logits(out, y, reduction="sum") / out.shape[0],
    "gaussian": lambda y: lambda out: 0.5 * ((out - y) ** 2).sum() / out.shape[0],
}


def targets_for(likelihood, rng, batch, outputs):
    if likelihood == "categorical":
        return tensor(rng.integers(0, outputs, batch))
    if likelihood == "bernoulli":
        return tensor(rng.integers(0, 2, (batch, outputs)).astype("float64"))
    return tensor(rng.standard_normal((batch, outputs)))


class TestConjugateGradient:
    def test_a_system(self, rng):
        a, b = positive_definite(rng, 6), rng.standard_normal(6)
        matrix = tensor(a)
        found = conjugate_gradient(lambda v: matrix @ v, tensor(b), tolerance=1e-12, max_iterations=20)
        assert_close(found.x, np.linalg.solve(a, b), rtol=1e-9)
        assert found.iterations <= 8

    def test_as_many_iterations_as_different_eigenvalues(self, rng):
        q = np.linalg.qr(rng.standard_normal((8, 8)))[0]
        a = q @ np.diag([1, 1, 1, 4, 4, 4, 9, 9]) @ q.T
        matrix, b = tensor(a), rng.standard_normal(8)
        found = conjugate_gradient(lambda v: matrix @ v, tensor(b), tolerance=1e-10, max_iterations=20)
        assert found.iterations == 3

    def test_negative_curvature(self):
        b = tensor(np.array([1.0, 1.0]))
        bad = conjugate_gradient(lambda v: -v, b, tolerance=1e-9, max_iterations=9)
        assert_same(bad.x, host(b))
        matrix = tensor(np.diag([3.0, -1.0]))
        later = conjugate_gradient(lambda v: matrix @ v, b, tolerance=1e-9, max_iterations=9)
        assert_close(later.x, [1.0, 1.0])  # one step, along b itself

    @pytest.mark.parametrize("scale", [1e-30, 1e25])
    def test_sizes_whose_squares_are_no_numbers(self, scale, rng):
        a, b = positive_definite(rng, 4).astype("float32"), rng.standard_normal(4).astype("float32")
        matrix = tensor(a)
        right = tensor(b * np.float32(scale))
        found = conjugate_gradient(lambda v: matrix @ v, right, tolerance=1e-6, max_iterations=20)
        np.testing.assert_allclose(host(found.x) / scale, np.linalg.solve(a, b), rtol=1e-3)

    def test_a_right_side_that_is_not_finite(self):
        found = conjugate_gradient(lambda v: v, tensor(np.array([np.nan, 1.0])), tolerance=0.1, max_iterations=5)
        assert host(found.x).tolist() == [0, 0]

    def test_nothing_to_solve(self):
        assert conjugate_gradient(lambda v: v, tensor(np.zeros(3)), tolerance=0.1, max_iterations=5).iterations == 0


class TestLinearized:
    def test_the_jacobian_both_ways(self, rng):
        for sizes in ((2, 2), (3, 4, 2)):  # fewer parameters than outputs, and more
            net, x = small_net(rng, *sizes), tensor(rng.standard_normal((5, sizes[0])))
            run = Linearized(net(x), ParameterVector(list(net.parameters())))
            expected = jacobian_of(net, x).reshape(10, -1)
            assert_close(run.jacobian(), expected, rtol=1e-7)
            v, u = rng.standard_normal(expected.shape[1]), rng.standard_normal((5, 2))
            assert_close(run.push(tensor(v)), (expected @ v).reshape(5, 2), rtol=1e-7)
            assert_close(run.pull(tensor(u)), expected.T @ u.ravel(), rtol=1e-7)

    def test_frozen_parameters_do_not_move_anything(self, rng):
        net, x = small_net(rng, 2, 3, 2), tensor(rng.standard_normal((5, 2)))
        net[0].weight.requires_grad = False
        run = Linearized(net(x), ParameterVector(list(net.parameters())))
        assert (host(run.jacobian())[:, :6] == 0).all()
        assert_close(run.jacobian()[:, 6:], jacobian_of(net, x).reshape(10, -1)[:, 6:], rtol=1e-7)

    def test_outputs_without_history(self):
        with pytest.raises(ValueError, match="do not depend"):
            Linearized(tl.ones(2), ParameterVector([tl.ones(2, requires_grad=True)]))


@pytest.mark.parametrize("likelihood", LOSSES)
class TestFisher:
    def test_products_and_the_matrix(self, likelihood, rng):
        net, x = small_net(rng, 3, 4, 3), tensor(rng.standard_normal((6, 3)))
        loss = LOSSES[likelihood](targets_for(likelihood, rng, 6, 3))
        fisher = GaussNewton(net(x), loss, ParameterVector(list(net.parameters())))
        expected = fisher_by_definition(net, x, likelihood)
        assert_close(fisher.dense(), expected, rtol=1e-7)
        v = rng.standard_normal(len(expected))
        assert_close(fisher.product(tensor(v)), expected @ v, rtol=1e-7)
        loss(net(x)).backward()
        assert_close(fisher.gradient(), flat([p.grad for p in net.parameters()]), rtol=1e-12)

    def test_a_natural_gradient_step(self, likelihood, rng):
        net, x = small_net(rng, 3, 4, 3), tensor(rng.standard_normal((6, 3)))
        loss = LOSSES[likelihood](targets_for(likelihood, rng, 6, 3))
        before = flat(net.parameters())
        optimizer = optim.NaturalGradient(net.parameters(), lr=0.5, damping=0.01, cg_tolerance=1e-12, max_cg_iter=200)
        value = optimizer.step(lambda: net(x), loss)
        moved = flat(net.parameters()) - before
        for parameter, part in zip(net.parameters(), optimizer._vector.divided(tensor(before)), strict=True):
            parameter.data = part
        loss(net(x)).backward()
        assert value.item() == pytest.approx(loss(net(x)).item())
        gradient = flat([p.grad for p in net.parameters()])
        matrix = fisher_by_definition(net, x, likelihood) + 0.01 * np.eye(len(before))
        np.testing.assert_allclose(moved, -0.5 * np.linalg.solve(matrix, gradient), rtol=1e-5, atol=1e-8)


class TestNaturalGradient:
    def test_steps_of_bounded_divergence(self, rng):
        net, x = small_net(rng, 3, 3), tensor(rng.standard_normal((20, 3)))
        y = tensor(rng.integers(0, 3, 20))
        before = softmax(host(net(x).detach()))
        optimizer = optim.NaturalGradient(net.parameters(), lr=10.0, max_kl=1e-4)
        optimizer.step(lambda: net(x), lambda out: F.cross_entropy(out, y))
        after = softmax(host(net(x).detach()))
        divergence = (before * np.log(before / after)).sum(1).mean()
        assert divergence == pytest.approx(1e-4, rel=0.05)

    def test_the_parametrisation_does_not_matter(self, rng):
        """What steps do to the model is the same for parameters w and for u with w = A u; a gradient's is not."""
        x, y = tensor(rng.standard_normal((12, 3))), tensor(rng.standard_normal(12))
        a = tensor(positive_definite(rng, 3))
        w, u = (tl.zeros(3, dtype="float64", requires_grad=True) for _ in range(2))
        models = [(w, lambda: tl.tanh(x @ w)), (u, lambda: tl.tanh(x @ (a @ u)))]
        outputs = []
        for parameter, forward in models:
            optimizer = optim.NaturalGradient([parameter], lr=0.3, damping=0.0, cg_tolerance=1e-14, max_cg_iter=30)
            for _ in range(3):
                optimizer.step(forward, lambda out: 0.5 * ((out - y) ** 2).mean())
            outputs.append(host(forward().detach()))
        np.testing.assert_allclose(*outputs, rtol=1e-6)

    def test_errors(self):
        w = nn.Parameter(tl.ones(2))
        with pytest.raises(ValueError, match="max_kl"):
            optim.NaturalGradient([w], max_kl=0)
        with pytest.raises(ValueError, match="one group"):
            optim.NaturalGradient([{"params": [w]}, {"params": [nn.Parameter(tl.ones(2))]}])


class TestNewtonCG:
    def test_a_quadratic_in_one_step(self, rng):
        a, b = positive_definite(rng, 5), rng.standard_normal(5)
        matrix, right = tensor(a), tensor(b)
        x = tensor(np.zeros(5), requires_grad=True)
        optimizer = optim.NewtonCG([x], cg_tolerance=1e-12, max_cg_iter=20)
        optimizer.step(lambda: 0.5 * x @ (matrix @ x) - right @ x)
        assert_close(x.detach(), np.linalg.solve(a, b), rtol=1e-8)

    def test_a_step_is_the_damped_newton_step(self, rng):
        net, x = small_net(rng, 2, 3, 1), tensor(rng.standard_normal((8, 2)))
        y, params = tensor(rng.standard_normal((8, 1))), list(net.parameters())
        before = flat(params)
        names = [name for name, _ in net.named_parameters()]
        splits = ParameterVector(params)

        def loss_at(vector):
            parts = dict(zip(names, splits.divided(vector), strict=True))
            return F.mse_loss(nn.functional_call(net, parts, (x,)), y)

        hessian = host(tl.hessian(loss_at)(tensor(before)))
        gradient = host(tl.grad(loss_at)(tensor(before)))
        damping = 0.1 - min(0.0, np.linalg.eigvalsh(hessian)[0])
        optimizer = optim.NewtonCG(
            params, lr=0.7, damping=damping, cg_tolerance=1e-13, max_cg_iter=200, line_search_fn=None
        )
        optimizer.step(lambda: F.mse_loss(net(x), y))
        expected = before - 0.7 * np.linalg.solve(hessian + damping * np.eye(len(before)), gradient)
        np.testing.assert_allclose(flat(params), expected, rtol=1e-6, atol=1e-9)

    def test_rosenbrock(self):
        x = tensor(np.full(6, -0.8), requires_grad=True)
        optimizer, steps = optim.NewtonCG([x]), 0
        while float(abs(x.grad).max() if x.grad is not None else 1.0) > 1e-8 and steps < 200:

            def closure():
                x.grad = None
                loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
                loss.backward(retain_graph=True)
                return loss

            optimizer.step(closure)
            steps += 1
        assert_close(x.detach(), np.ones(6), rtol=1e-7)
        state = optimizer.state[x]
        assert state["n_iter"] == steps
        assert state["hess_products"] <= 6 * steps

    def test_down_from_a_saddle(self):
        x = tensor(np.array([1.0, 1e-3]), requires_grad=True)
        optimizer = optim.NewtonCG([x])
        for _ in range(30):
            optimizer.step(lambda: x[0] ** 2 - x[1] ** 2 + 0.25 * x[1] ** 4)
        assert_close(abs(x.detach()), [0, 2**0.5], rtol=1e-6)

    def test_a_linear_loss(self):
        x = tensor(np.zeros(2), requires_grad=True)
        optim.NewtonCG([x], damping=0.5, line_search_fn=None).step(lambda: x.sum())
        assert_close(x.detach(), [-2.0, -2.0])

    def test_a_freed_graph(self):
        x = tl.ones(2, requires_grad=True)

        def closure():
            loss = (x**2).sum()
            loss.backward()
            return loss

        with pytest.raises(RuntimeError, match="retain_graph=True"):
            optim.NewtonCG([x]).step(closure)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"damping": -1}, "damping"),
            ({"max_cg_iter": 0}, "max_cg_iter"),
            ({"cg_tolerance": -1}, "cg_tolerance"),
            ({"line_search_fn": "armijo"}, "line_search_fn"),
            ({"max_eval": 0}, "max_eval"),
        ],
    )
    def test_errors(self, options, message):
        with pytest.raises(ValueError, match=message):
            optim.NewtonCG([nn.Parameter(tl.ones(2))], **options)


T = np.linspace(0, 3, 25)

PROBLEMS = {
    "rosenbrock": (lambda w, xp: [10 * (w[1] - w[0] ** 2), 1 - w[0]], [-1.2, 1.0]),
    "freudenstein and roth": (
        lambda w, xp: [
            -13 + w[0] + ((5 - w[1]) * w[1] - 2) * w[1],
            -29 + w[0] + ((w[1] + 1) * w[1] - 14) * w[1],
        ],
        [6.0, 5.0],
    ),
    "powell": (
        lambda w, xp: [w[0] + 10 * w[1], 5**0.5 * (w[2] - w[3]), (w[1] - 2 * w[2]) ** 2, 10**0.5 * (w[0] - w[3]) ** 2],
        [3.0, -1.0, 0.0, 1.0],
    ),
    "two exponentials": (
        lambda w, xp: [
            w[0] * xp.exp(w[1] * t) + w[2] * xp.exp(w[3] * t) - float(2 * np.exp(-t) - np.exp(-4 * t))
            for t in T.tolist()
        ],
        [1.0, -0.5, -0.5, -2.0],
    ),
}


class TestLeastSquares:
    @pytest.mark.parametrize("scaled", [True, False])
    @pytest.mark.parametrize("name", PROBLEMS)
    def test_minima_beside_scipys(self, name, scaled):
        function, start = PROBLEMS[name]
        expected = scipy.optimize.least_squares(
            lambda w: np.array(function(w, np), dtype=float), start, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14
        )
        w = tensor(np.array(start), requires_grad=True)
        optimizer = optim.LevenbergMarquardt([w], scaled=scaled)
        losses = [optimizer.step(lambda: tl.stack(function(w, tl))).item() for _ in range(120)]
        assert all(b <= a for a, b in pairwise(losses))
        assert losses[-1] == pytest.approx(expected.cost, rel=1e-6, abs=1e-12)
        if name != "powell":  # whose Jacobian is singular at the minimum: nobody comes close to it
            assert_close(w.detach(), expected.x, rtol=1e-5)

    def test_units_do_not_matter(self):
        """With scaled damping, a parameter in other units takes the same path."""
        paths = []
        for unit in (1.0, 1000.0):
            w = tensor(np.array([1.0, -0.5 * unit]), requires_grad=True)
            optimizer, t = optim.LevenbergMarquardt([w]), tensor(T)
            for _ in range(5):
                optimizer.step(lambda w=w, unit=unit, t=t: w[0] * tl.exp(w[1] / unit * t) - tensor(3 * np.exp(-2 * T)))
            paths.append(host(w.detach()) / [1.0, unit])
        np.testing.assert_allclose(*paths, rtol=1e-9)

    def test_a_linear_problem_in_one_step(self, rng):
        a, b = rng.standard_normal((7, 3)), rng.standard_normal(7)
        w = tensor(np.zeros(3), requires_grad=True)
        loss = optim.GaussNewtonDescent([w]).step(lambda: tensor(a) @ w - tensor(b))
        assert_close(w.detach(), np.linalg.lstsq(a, b, rcond=None)[0], rtol=1e-9)
        assert loss.item() == pytest.approx(0.5 * b @ b)

    def test_the_shortest_step_where_there_are_many(self, rng):
        a, b = rng.standard_normal((2, 4)), rng.standard_normal(2)
        w = tensor(np.zeros(4), requires_grad=True)
        optim.GaussNewtonDescent([w], lr=0.5).step(lambda: tensor(a) @ w - tensor(b))
        assert_close(w.detach(), 0.5 * np.linalg.pinv(a) @ b, rtol=1e-9)

    def test_where_no_step_helps_nothing_changes(self):
        w = tensor(np.array([0.0]), requires_grad=True)
        optimizer = optim.LevenbergMarquardt([w], max_trials=3)
        optimizer.step(lambda: tl.exp(w * 0) + 0 * w)
        assert w.item() == 0.0
        assert optimizer.state[w]["damping"] == 1e-3

    def test_infinity_is_no_improvement(self):
        w = tensor(np.array([2.0]), requires_grad=True)
        optimizer = optim.LevenbergMarquardt([w], damping=1e-9)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(60):
                optimizer.step(lambda: tl.exp(tl.exp(w)) - 3 + 0.0 * w)
        assert w.item() == pytest.approx(np.log(np.log(3)))

    def test_going_on_from_a_state_dict(self):
        function, start = PROBLEMS["rosenbrock"]
        w = tensor(np.array(start), requires_grad=True)
        first = optim.LevenbergMarquardt([w])
        for _ in range(4):
            first.step(lambda: tl.stack(function(w, tl)))
        u = tensor(host(w.detach()).copy(), requires_grad=True)
        second = optim.LevenbergMarquardt([u])
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        for _ in range(3):
            first.step(lambda: tl.stack(function(w, tl)))
            second.step(lambda: tl.stack(function(u, tl)))
        assert_same(w.detach(), host(u.detach()))

    def test_the_damping_follows_the_gain(self):
        """Nielsen's rule, with the gain ratio worked out by hand: |J s + r|^2 foretells what the squares become."""
        function, start = PROBLEMS["rosenbrock"]
        w = tensor(np.array(start), requires_grad=True)
        optimizer = optim.LevenbergMarquardt([w], damping=0.5)
        x, damping, scale = np.array(start), 0.5, np.zeros(2)
        for _ in range(12):
            optimizer.step(lambda: tl.stack(function(w, tl)))
            r, j = np.array(function(x, np)), np.array([[-20 * x[0], 10], [-1, 0]])
            scale = np.maximum(scale, (j**2).sum(0))
            growth = 2.0
            while True:
                step = -np.linalg.solve(j.T @ j + damping * np.diag(scale), j.T @ r)
                fall = 0.5 * (r @ r - np.sum(np.square(function(x + step, np))))
                if fall > 0:
                    break
                damping, growth = damping * growth, 2 * growth
            ratio = fall / (0.5 * (r @ r - np.sum(np.square(j @ step + r))))
            x, damping = x + step, damping * max(1 / 3, 1 - (2 * ratio - 1) ** 3)
            assert_close(w.detach(), x, rtol=1e-6)
            assert optimizer.state[w]["damping"] == pytest.approx(damping, rel=1e-6)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("unit", [1e-8, 1e8, 1e12])
    def test_units_that_are_far_apart(self, unit, dtype):
        w = tensor(np.array([1.0, -0.5 * unit]).astype(dtype), requires_grad=True)
        t, y = tensor(T.astype(dtype)), tensor((3 * np.exp(-2 * T)).astype(dtype))
        optimizer = optim.LevenbergMarquardt([w])
        for _ in range(40):
            optimizer.step(lambda: w[0] * tl.exp(w[1] / unit * t) - y)
        np.testing.assert_allclose(host(w.detach()) / [1.0, unit], [3, -2], rtol=1e-4)

    def test_new_data_after_a_long_rest_at_a_minimum(self):
        w, target = tensor(np.array([1.0]), requires_grad=True), [2.0]
        optimizer = optim.LevenbergMarquardt([w])
        for goal in (2.0, -3.0, 5.0):
            target[0] = goal
            for _ in range(300):
                optimizer.step(lambda: (w - target[0]) * 3)
            assert w.item() == pytest.approx(goal)

    def test_a_batch_that_is_not_finite_leaves_everything_as_it_is(self):
        w = tensor(np.array([1.0]), requires_grad=True)
        optimizer = optim.LevenbergMarquardt([w])
        optimizer.step(lambda: w - 3)
        before, state = w.item(), dict(optimizer.state[w])
        optimizer.step(lambda: (w - 3) * float("nan"))
        assert (w.item(), optimizer.state[w]) == (before, state)
        optimizer.step(lambda: w - 3)
        assert w.item() == pytest.approx(3, abs=1e-2)

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda w: optim.LevenbergMarquardt([w], damping=0), ValueError, "damping"),
            (lambda w: optim.LevenbergMarquardt([w], max_trials=0), ValueError, "max_trials"),
            (lambda w: optim.GaussNewtonDescent([w], lr=-1), ValueError, "lr"),
            (lambda w: optim.GaussNewtonDescent([w]).step(), TypeError, "step: residuals must be given"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(nn.Parameter(tl.ones(2)))


class TestTheContract:
    """Hooks, gradients that are not finite, and closures that raise: what every optimizer promises."""

    @staticmethod
    def loss(w):
        return ((w - 1) ** 4).sum() + (w[0] * w[1]) ** 2

    def step_of(self, kind, w, **options):
        """Return an optimizer, and what steps it given a factor for the loss."""
        optimizer = getattr(optim, kind)([w], **options)

        def step(factor=lambda: 1.0):
            if kind == "NaturalGradient":
                return optimizer.step(lambda: factor() * w, self.loss)
            if kind in ("GaussNewtonDescent", "LevenbergMarquardt"):
                return optimizer.step(lambda: factor() * (w - 1) ** 2)

            def closure():
                optimizer.zero_grad()
                loss = factor() * self.loss(w)
                loss.backward(retain_graph=True)
                return loss

            return optimizer.step(closure)

        return optimizer, step

    KINDS = ("LBFGS", "NewtonCG", "NaturalGradient", "GaussNewtonDescent", "LevenbergMarquardt")

    @pytest.mark.parametrize("kind", KINDS)
    def test_hooks(self, kind):
        w = tensor(np.array([0.5, 3.0]), requires_grad=True)
        optimizer, step = self.step_of(kind, w)
        seen = []
        optimizer.register_step_pre_hook(lambda *_: seen.append(w.tolist()))
        optimizer.register_step_post_hook(lambda *_: seen.append(w.tolist()))
        step()
        assert seen == [[0.5, 3.0], w.tolist()]
        assert w.tolist() != [0.5, 3.0]

    @pytest.mark.parametrize("kind", KINDS)
    def test_gradients_that_are_not_finite(self, kind):
        w = tensor(np.array([0.5, 3.0]), requires_grad=True)
        optimizer, step = self.step_of(kind, w)
        optimizer.on_nonfinite = "skip"
        step(lambda: float("nan"))
        assert (w.tolist(), optimizer.skipped_steps) == ([0.5, 3.0], 1)
        optimizer.on_nonfinite = "raise"
        with pytest.raises(FloatingPointError, match="is not finite"):
            step(lambda: float("nan"))
        assert w.tolist() == [0.5, 3.0]
        step()
        assert w.tolist() != [0.5, 3.0]

    @pytest.mark.parametrize("search", ["strong_wolfe", None])
    def test_gradients_that_are_not_finite_on_the_way(self, search):
        w, calls = tensor(np.array([0.5, 3.0]), requires_grad=True), []

        def factor():
            calls.append(1)
            return 1.0 if len(calls) == 1 else float("nan")

        optimizer, step = self.step_of("LBFGS", w, line_search_fn=search)
        optimizer.on_nonfinite = "skip"
        step(factor)
        assert w.tolist() == [0.5, 3.0]
        assert optimizer.skipped_steps >= 1
        calls.clear()
        optimizer.on_nonfinite = "raise"
        with pytest.raises(FloatingPointError):
            step(factor)
        assert w.tolist() == [0.5, 3.0]

    @pytest.mark.parametrize(
        ("kind", "options", "call"),
        [
            ("LBFGS", {"line_search_fn": "strong_wolfe"}, 2),
            ("LBFGS", {"line_search_fn": "strong_wolfe"}, 5),
            ("LBFGS", {}, 3),
            ("NewtonCG", {}, 2),
            ("LevenbergMarquardt", {}, 2),
        ],
    )
    def test_a_closure_that_raises(self, kind, options, call):
        """The parameters are those of the last whole iteration, and the optimizer goes on from there."""
        w, calls, places = tensor(np.array([0.5, 3.0]), requires_grad=True), [], []

        def factor():
            calls.append(1)
            places.append(w.tolist())
            if len(calls) == call:
                raise KeyboardInterrupt
            return 1.0

        _, step = self.step_of(kind, w, **options)
        with pytest.raises(KeyboardInterrupt):
            step(factor)
        assert w.tolist() != places[-1]
        assert w.tolist() in places or kind == "LBFGS"
        loss = self.loss(w.detach()).item()
        for _ in range(3):
            step()
        assert self.loss(w.detach()).item() < loss

    def test_state_of_another_model(self):
        for kind in ("LBFGS", "LevenbergMarquardt"):
            w, u = (tensor(np.full(n, 3.0), requires_grad=True) for n in (2, 3))
            optimizer, step = self.step_of(kind, w)
            step()
            other, _ = self.step_of(kind, u)
            with pytest.raises(ValueError, match="has shape"):
                other.load_state_dict(optimizer.state_dict())

    def test_what_the_closure_returns(self):
        w = tl.ones(2, requires_grad=True)
        with pytest.raises(TypeError, match="must return the loss"):
            optim.NewtonCG([w]).step(lambda: 1.0)
        with pytest.raises(TypeError, match="must return the loss"):
            optim.NewtonCG([w]).step(lambda: tl.tensor(1.0))
        with pytest.raises(TypeError, match="residuals must return a tensor"):
            optim.GaussNewtonDescent([w]).step(lambda: w[:0])
        with pytest.raises(ValueError, match="one real number"):
            optim.NaturalGradient([w]).step(lambda: w, lambda out: out)

    def test_the_forcing_sequence(self):
        """The smaller the gradient, the more exactly the equations are solved: convergence is faster than linear."""
        x = tensor(np.full(20, 1.3), requires_grad=True)
        scale, errors = tensor(np.linspace(1, 100, 20)), []
        optimizer = optim.NewtonCG([x])
        for _ in range(12):
            optimizer.step(lambda: (scale * ((x - 1) ** 2 + (x - 1) ** 4)).sum())
            errors.append(abs(host(x.detach()) - 1).max())
        ratios = [b / a for a, b in pairwise(errors) if b > 1e-13]
        assert ratios[-1] < 0.01 < max(ratios)
