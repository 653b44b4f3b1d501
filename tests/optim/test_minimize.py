"""minimize: the ways of SciPy's methods and of the optimizers, what is counted, when they stop, what is refused."""

import builtins
import math

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import optim
from tensorlab.optim import minimize
from tensorlab.optim.minimization.scipy_methods import SCIPY_METHODS

scipy_optimize = pytest.importorskip("scipy.optimize")

START = (-1.2, 1.0)
OPTIMIZERS = [
    name
    for name, kind in vars(optim).items()
    if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind not in (optim.Optimizer, optim.Elementwise)
]


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_grad(x):
    slope = 200 * (x[1] - x[0] ** 2)
    return np.array([-2 * x[0] * slope - 2 * (1 - x[0]), slope])


def rosenbrock_hess(x):
    return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]])


def start(dtype="float64"):
    return tensor(START, dtype=dtype)


def bowl(x):
    return (x * x).sum()


class Twice(optim.Optimizer):
    """Gradient descent that computes the loss a second time, half a step further."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def step(self, closure):
        closure()
        (x,) = self.parameters()
        before, step = x.detach().clone(), 0.5 * self.defaults["lr"] * x.grad
        with tl.no_grad():
            x -= step
        closure()
        with tl.no_grad():
            x[...] = before - self.defaults["lr"] * x.grad


class TestAgainstSciPy:
    @staticmethod
    def reference(method, **options):
        """Return SciPy's own result with derivatives written by hand, and all iterates."""
        second = []

        def hess(x, p=None):
            second.append(x)
            return rosenbrock_hess(x) if p is None else rosenbrock_hess(x) @ p

        given, path = {"jac": rosenbrock_grad, "hess": hess, "hessp": hess}, [np.array(START)]
        found = scipy_optimize.minimize(
            rosenbrock,
            path[0],
            method=method,
            callback=lambda xk: path.append(xk.copy()),
            **{name: given[name] for name in SCIPY_METHODS[method]},
            **options,
        )
        if (path[-1] != found.x).any():  # COBYLA ends with the best of its points
            path.append(found.x)
        found.hessians = len(second)
        return found, np.array(path)

    # TNC's way depends on the last bits of the gradient.
    @pytest.mark.parametrize("method", [name for name in SCIPY_METHODS if name != "TNC"])
    def test_the_same_way(self, method):
        options = {"maxiter": 200} if method == "COBYLA" else {}  # later, last bits make another way
        expected, path = self.reference(method, options=options)
        found = minimize(rosenbrock, start(), method, **options)
        assert_close(found.path, path, rtol=1e-5)
        assert_close(found.x, expected.x, rtol=1e-5)
        assert found.steps == len(path) - 1
        assert found.fun == pytest.approx(expected.fun, rel=1e-4, abs=1e-12)
        assert found.success == expected.success
        assert found.message == str(expected.message)
        assert found.method == method
        if method in ("CG", "BFGS", "L-BFGS-B", "Newton-CG", "SLSQP", "trust-ncg", "trust-exact", "dogleg"):
            assert found.steps == expected.nit
            assert found.gradient_evaluations == expected.njev
        assert found.hessian_evaluations == expected.hessians
        assert_close(found.grad, rosenbrock_grad(host(found.x)), rtol=1e-9)
        # Methods without gradients ask for one at the end; each Hessian or product of it is a run of its own.
        extra = found.hessian_evaluations if SCIPY_METHODS[method] else 1
        assert found.function_evaluations == expected.nfev + extra

    def test_tnc(self):
        found = minimize(rosenbrock, start(), "TNC")
        assert_close(found.x, [1.0, 1.0], rtol=1e-3)
        assert found.success

    @pytest.mark.parametrize(("method", "options"), [("BFGS", {"gtol": 1e-1}), ("Nelder-Mead", {"xatol": 0.1})])
    def test_options(self, method, options):
        path = self.reference(method, options=options)[1]
        assert_close(minimize(rosenbrock, start(), method, **options).path, path, rtol=1e-5)
        assert len(path) - 1 < self.reference(method)[0].nit

    def test_tolerance_is_tol(self):
        path = self.reference("BFGS", tol=1.0)[1]
        assert_close(minimize(rosenbrock, start(), "BFGS", tolerance=1.0).path, path, rtol=1e-6)

    @pytest.mark.parametrize("method", SCIPY_METHODS)
    def test_max_steps(self, method):
        full = minimize(rosenbrock, start(), method)
        found = minimize(rosenbrock, start(), method, max_steps=3)
        assert found.steps == 3
        assert_same(found.path, host(full.path)[:4])
        assert_same(found.x, host(full.path)[3])
        assert found.losses == full.losses[:4]
        assert found.fun == rosenbrock(host(found.x))
        assert_close(found.grad, rosenbrock_grad(host(found.x)), rtol=1e-9)
        assert not found.success
        assert found.message == "max_steps reached"

    @pytest.mark.parametrize("method", ["TNC", "Nelder-Mead"])
    def test_more_steps_than_scipy_takes_by_itself(self, method):
        def narrow(x):
            return 1e4 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

        short, long = minimize(narrow, start(), method), minimize(narrow, start(), method, max_steps=1000)
        assert not short.success
        assert "evaluations" in short.message
        assert long.success
        assert long.steps > short.steps

    def test_float32_is_computed_in_float32(self):
        seen = []

        def function(x):
            seen.append(x.dtype)
            return rosenbrock(x)

        found = minimize(function, start("float32"), "BFGS", max_steps=200)
        assert set(seen) == {tl.float32}
        assert found.x.dtype == found.path.dtype == found.grad.dtype == tl.float32
        assert_close(found.x, np.ones(2, "float32"), rtol=1e-2)

    def test_on_another_backend(self, other_backend):
        x0 = start().to(other_backend)
        for method in ("BFGS", "Nelder-Mead", "trust-exact", "Adam"):
            found = minimize(rosenbrock, x0, method, max_steps=20)
            assert found.x.device == found.path.device == found.grad.device == x0.device


class TestOptimizers:
    @pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
    def test_the_path_of_sgd(self, options):
        momentum = options.get("momentum", 0.0)
        x, velocity, path = np.array(START), np.zeros(2), [np.array(START)]
        for _ in range(60):
            g = rosenbrock_grad(x)
            velocity = momentum * velocity + g
            x = x - 5e-4 * (g + momentum * velocity if options.get("nesterov") else velocity)
            path.append(x)
        found = minimize(rosenbrock, start(), "SGD", lr=5e-4, max_steps=60, **options)
        assert_close(found.path, path, rtol=1e-9)
        assert found.losses == pytest.approx([rosenbrock(x) for x in path], rel=1e-9)
        assert_close(found.grad, rosenbrock_grad(path[-1]), rtol=1e-7)
        assert (found.steps, found.function_evaluations, found.gradient_evaluations) == (60, 61, 61)
        assert found.hessian_evaluations == 0

    def test_the_path_of_adam(self):
        x, mean, square, path = np.array(START), np.zeros(2), np.zeros(2), [np.array(START)]
        for t in range(1, 101):
            g = rosenbrock_grad(x)
            mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
            x = x - 0.05 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
            path.append(x)
        found = minimize(rosenbrock, start(), "adam", lr=0.05, max_steps=100)
        assert_close(found.path, path, rtol=1e-9)
        assert found.method == "Adam"

    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_every_one_by_name(self, name):
        weights = tensor([[1.0, 0.5], [-0.5, 2.0]])
        try:
            found = minimize(lambda x: ((x - 1.0) ** 4).sum() + bowl(x), weights, name.lower(), max_steps=5)
        except ValueError as error:
            assert "there is no method" in str(error)
            with pytest.raises(TypeError, match="steps by a loss alone"):
                minimize(bowl, weights, getattr(optim, name))
            return
        assert found.losses[-1] < found.losses[0]
        assert found.method == name
        assert found.path.shape == (found.steps + 1, 2, 2)

    def test_newton_cg_keeps_its_graph_and_its_products_are_counted(self):
        calls = []

        def function(x):
            calls.append(x)
            return rosenbrock(x)

        found = minimize(function, start(), "NewtonCG", max_steps=100)
        assert_close(found.x, [1.0, 1.0], rtol=1e-6)
        assert found.function_evaluations == len(calls)
        assert found.hessian_evaluations >= found.steps

    def test_classes_and_makers(self):
        expected = minimize(bowl, start(), "SGD", lr=0.1, max_steps=3)
        for method in (optim.SGD, lambda parameters, lr: optim.SGD([{"params": parameters, "lr": lr}])):
            assert_same(minimize(bowl, start(), method, lr=0.1, max_steps=3).path, host(expected.path))

    def test_found_when_called(self, monkeypatch):
        monkeypatch.setattr(optim, "Twice", Twice, raising=False)
        found = minimize(bowl, tl.tensor([1.0]), "twice", lr=0.1, max_steps=2)
        # Down by the gradient at 0.9 x: x - 0.1 * 2 * 0.9 x.
        assert_close(found.path, np.array([[1.0], [0.82], [0.82**2]], "float32"), rtol=1e-6)
        assert (found.steps, found.function_evaluations, found.gradient_evaluations) == (2, 5, 5)

    def test_spelling_decides_between_alike_names(self, monkeypatch):
        monkeypatch.setattr(optim, "BFGS", Twice, raising=False)
        monkeypatch.setattr(optim, "cg", Twice, raising=False)
        assert minimize(bowl, start(), "bfgs", max_steps=1).function_evaluations == 3
        assert minimize(bowl, start(), "CG").success
        assert minimize(bowl, start(), "cg", max_steps=1).function_evaluations == 3
        assert minimize(bowl, start(), "l-bfgs-b").method == "L-BFGS-B"
        assert minimize(bowl, start(), "newton-cg").method == "Newton-CG"

    def test_complex(self):
        found = minimize(lambda z: abs(z - (1 + 2j)) ** 2, tl.tensor(0j), "SGD", lr=0.25, max_steps=100)
        assert found.success
        assert found.x.item() == pytest.approx(1 + 2j, abs=1e-4)


class TestTrees:
    @staticmethod
    def function(tree):
        a, (b, c) = tree["a"], tree["b"]
        return (a[0] - 1) ** 2 + (a[1] * a[0] - 2) ** 2 + ((b - 1) ** 2).sum() + (c + a[0] * b[0, 0]) ** 2

    @pytest.mark.parametrize("method", ["BFGS", "trust-exact", "Newton-CG", "Nelder-Mead", "Rprop"])
    def test_structure(self, method):
        x0 = {"a": [1.0, 2.0], "b": (tensor([[3.0], [4.0]]), tensor(-5.0))}
        found = minimize(self.function, x0, method, max_steps=500)
        for tree in (found.x, found.grad, found.path[0], found.path[-1]):
            assert list(tree) == ["a", "b"]
            assert isinstance(tree["a"], list)
            assert isinstance(tree["b"], tuple)
            assert [leaf.shape for leaf in (*tree["a"], *tree["b"])] == [(), (), (2, 1), ()]
            assert [leaf.dtype.name for leaf in (*tree["a"], *tree["b"])] == [
                "float32",
                "float32",
                "float64",
                "float64",
            ]
        assert len(found.path) == len(found.losses) == found.steps + 1
        a, (b, c) = found.x["a"], found.x["b"]
        values = [float(v) for v in (*a, b[0, 0], b[1, 0], c)]
        assert values == pytest.approx([1.0, 2.0, 1.0, 1.0, -1.0], abs=0.02)
        assert_same(x0["b"][0], [[3.0], [4.0]])

    def test_the_hessian_is_assembled(self):
        matrix = np.random.default_rng(0).standard_normal((4, 4))
        matrix = matrix @ matrix.T + np.eye(4)
        weights = tensor(matrix)

        def function(parts):
            x = tl.concat([parts[0].reshape(-1), parts[1]])
            return 0.5 * x @ weights @ x - x.sum()

        found = minimize(function, (tensor([[0.0], [1.0]]), tensor([1.0, -1.0])), "trust-exact", gtol=1e-10)
        x = np.concatenate([host(part).reshape(-1) for part in found.x])
        np.testing.assert_allclose(x, np.linalg.solve(matrix, np.ones(4)), rtol=1e-8)

    def test_a_part_that_does_not_matter(self):
        found = minimize(lambda pair: pair[0] ** 2, (1.0, 7.0), "SGD", lr=0.5)
        assert (found.x[0].item(), found.x[1].item(), found.grad[1].item()) == (0.0, 7.0, 0.0)

    @pytest.mark.parametrize("method", ["L-BFGS-B", "SGD", "COBYLA"])
    def test_a_number(self, method):
        found = minimize(lambda x: (x - 2) ** 2, 3.0, method, max_steps=200)
        assert found.x.shape == found.grad.shape == ()
        assert found.x.dtype == tl.float32
        assert found.path.shape == (found.steps + 1,)


class TestCountingAndStopping:
    @pytest.mark.parametrize("method", [*SCIPY_METHODS, "SGD", "Rprop", "SAM", "LBFGS", "NewtonCG", Twice])
    def test_every_call_counts(self, method):
        calls = []

        def function(x):
            calls.append(x)
            return bowl(x - 1) + bowl(x) ** 2

        found = minimize(function, start(), method, max_steps=6)
        assert found.function_evaluations == len(calls)
        assert found.steps <= 6
        assert len(found.losses) == found.path.shape[0] == found.steps + 1
        assert found.losses == [function(x).item() for x in found.path]
        assert_same(found.path[0], np.array(START))
        assert_same(found.path[-1], host(found.x))

    def test_a_small_gradient_is_an_arrival(self):
        found = minimize(bowl, start(), "SGD", lr=0.25, tolerance=0.1)
        # Each step halves x: the gradient is 2.4 / 2**n, which is below 0.1 from n = 5 on.
        assert (found.success, found.steps) == (True, 5)
        assert "0.075" in found.message
        assert minimize(bowl, tl.zeros(2), "SGD", tolerance=0.0).steps == 0

    def test_a_start_at_the_minimum(self):
        for method in ("BFGS", "L-BFGS-B", "trust-exact", "SGD"):
            found = minimize(bowl, tl.zeros(2), method)
            assert found.success
            assert_same(found.path[-1], np.zeros(2, "float32"))
            assert found.function_evaluations >= 1

    def test_by_default_a_thousand_steps(self):
        assert minimize(bowl, 1.0, "SGD", lr=0.0).steps == 1000

    @pytest.mark.filterwarnings("ignore:.*(overflow|invalid value):RuntimeWarning")
    def test_a_loss_that_is_not_finite(self):
        found = minimize(lambda x: (x**4).sum(), tl.tensor([3.0]), "SGD", lr=1.0)
        assert not found.success
        assert not math.isfinite(found.fun)
        assert found.message.startswith(f"the function is {found.fun} after step {found.steps}")
        assert found.steps < 10

    @pytest.mark.filterwarnings("ignore:.*invalid value:RuntimeWarning")
    def test_a_function_that_is_nan_for_scipy(self):
        found = minimize(lambda x: (x - 2).sqrt().sum(), tl.tensor([1.0]), "Nelder-Mead", max_steps=3)
        assert not found.success
        assert "the function is nan" in found.message

    @pytest.mark.parametrize("method", [*SCIPY_METHODS, "SGD"])
    def test_the_callback_sees_each_step_and_can_stop(self, method):
        seen = []

        def callback(x, loss):
            seen.append((x, loss))
            if len(seen) == 2:
                raise StopIteration

        found = minimize(rosenbrock, start(), method, callback=callback)
        assert [loss for _, loss in seen] == found.losses[1:]
        assert_same(seen[1][0], host(found.path[2]))
        assert (found.steps, found.success, found.message) == (2, False, "stopped by the callback")

    def test_x0_stays(self):
        for method in ("SGD", "BFGS"):
            x0 = start().requires_grad_()
            found = minimize(bowl, x0, method, max_steps=3)
            assert_same(x0.detach(), np.array(START))
            assert x0.grad is None
            assert not (found.x.requires_grad or found.path.requires_grad or found.grad.requires_grad)

    def test_inside_no_grad(self):
        with tl.no_grad():
            assert minimize(bowl, start(), "SGD", lr=0.4).success
            assert minimize(bowl, start(), "BFGS").success

    def test_repr(self):
        found = repr(minimize(bowl, tl.tensor([[1.0], [0.0]]), "SGD", lr=0.5))
        assert found.replace(", device=strict:cpu", "") == (
            "MinimizeResult (SGD\n"
            "  arrived after 1 step: the gradient's largest element is 0, the tolerance 1e-05\n"
            "  fun: 0\n"
            "  x: tensor([[0.],\n"
            "             [0.]])\n"
            "  evaluations: 2 of the function, 2 of its gradient, 0 of its Hessian\n"
            ")"
        )


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "match", "arguments", "options"),
        [
            (ValueError, "no method 'Adamant'.*Adam, .*SciPy: Nelder-Mead, .*dogleg", ([1.0], "Adamant"), {}),
            (ValueError, "no method 'Elementwise'", ([1.0], "Elementwise"), {}),
            (TypeError, "method must be a str or callable, not None", ([1.0], None), {}),
            (ValueError, "max_steps must be a positive integer or None, not 0", ([1.0],), {"max_steps": 0}),
            (TypeError, "max_steps must be a positive integer or None, not 2.5", ([1.0],), {"max_steps": 2.5}),
            (TypeError, "bounds, jac cannot be given", ([1.0], "BFGS"), {"bounds": [(0, 1)], "jac": True}),
            (ValueError, "tolerance must be a non-negative number or None, not -1.0", ([1.0],), {"tolerance": -1.0}),
            (ValueError, "x0 holds no numbers", ([],), {}),
            (TypeError, "floating point, not int64: write 1.0", ([1, 2],), {}),
            (TypeError, "BFGS has no such option: gtoll", ([1.0], "BFGS"), {"gtoll": 1.0}),
            (TypeError, "unexpected keyword argument 'rate'", ([1.0], "SGD"), {"rate": 1.0}),
            (TypeError, "SciPy's BFGS is for real numbers", ([1j], "BFGS"), {}),
            (TypeError, "Optimizer is not an optimizer that steps by a loss", ([1.0], optim.Optimizer), {}),
            (TypeError, "makes an optimizer of a list of tensors, not a list", ([1.0], lambda parameters: []), {}),
        ],
    )
    def test_arguments(self, error, match, arguments, options):
        with pytest.raises(error, match=match):
            minimize(lambda xs: sum(abs(x) ** 2 for x in xs), *arguments, **options)

    @pytest.mark.parametrize("method", ["SGD", "BFGS", "Nelder-Mead"])
    def test_values(self, method):
        with pytest.raises(ValueError, match=r"one real number, not float32 of shape \(2,\)"):
            minimize(lambda x: x, tl.zeros(2), method)
        with pytest.raises(ValueError, match="one real number, not complex64"):
            minimize(lambda x: (x * 1j).sum(), tl.zeros(2), method)
        with pytest.raises(ValueError, match="does not depend on x"):
            minimize(lambda x: 1.0, tl.zeros(2), method)

    def test_errors_of_the_function_pass(self):
        for method in ("SGD", *SCIPY_METHODS):
            with pytest.raises(ZeroDivisionError):
                minimize(lambda x: 1 / 0, start(), method)

    def test_without_scipy(self, monkeypatch):
        real = builtins.__import__

        def without(name, *rest):
            if name.startswith("scipy"):
                raise ImportError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(ImportError, match=r"BFGS is SciPy's.*pip install tensorlab\[optim\]"):
            minimize(bowl, start(), "BFGS")
        assert minimize(bowl, start(), "SGD", lr=0.5).success


class TestArriving:
    @pytest.mark.parametrize("name", [name for name, known in optim.landscapes.LANDSCAPES.items() if known.minima])
    def test_lbfgs_goes_on_until_the_gradient_is_small(self, name):
        known = optim.landscapes.LANDSCAPES[name]
        start = tl.tensor(known.start, dtype=tl.float64)
        found = optim.minimize(known, start, "LBFGS", line_search_fn="strong_wolfe")
        assert found.success and found.steps < 10

    def test_one_iteration_a_step(self):
        start = tl.tensor([-1.2, 1.0], dtype=tl.float64)
        found = optim.minimize(
            optim.landscapes.rosenbrock, start, "LBFGS", line_search_fn="strong_wolfe", max_iter=1, max_steps=100
        )
        assert found.success and 20 < found.steps < 60

    @pytest.mark.parametrize("method", ["LBFGS", "NewtonCG"])
    def test_steps_that_do_not_move_end_the_run(self, method):
        """No number is closer to the minimum than rounding allows."""
        options = {"line_search_fn": "strong_wolfe", "tolerance": 0.0}
        found = optim.minimize(
            lambda x: ((x - 0.1) ** 4 + x / 3).sum(), tl.tensor([0.5], dtype=tl.float64), method, **options
        )
        assert (found.success, found.message.partition(";")[0]) in [
            (False, "the steps no longer move"),
            (True, found.message),
        ]
        assert found.steps < 100
        assert found.x.item() == pytest.approx(0.1 - (1 / 12) ** (1 / 3), rel=1e-6)

    def test_a_callback_may_change_what_it_gets(self):
        def spoil(x, loss):
            x *= 0

        options = {"lr": 0.25, "max_steps": 3, "callback": spoil}
        found = optim.minimize(lambda x: ((x - 3) ** 2).sum(), tl.tensor([0.0]), "SGD", **options)
        assert found.path.tolist() == [[0.0], [1.5], [2.25], [2.625]]
