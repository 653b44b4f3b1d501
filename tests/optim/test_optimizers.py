"""What all optimizers do: steps by their formulas, groups, state, replaced elements, hooks, errors."""

import copy
import inspect
import sys

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor
from references.optimizers import ELEMENTWISE, MATRICES, WHOLE, adam

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.docstrings import entries_of, sections_of

SHAPES = [(3, 2), (3,), (), (200, 150)]  # the last one is updated by itself, the others together


def parameters(rng, shapes=SHAPES, dtype="float64"):
    return [nn.Parameter(tensor(rng.standard_normal(shape), dtype=dtype)) for shape in shapes]


def set_gradients(params, gradients):
    for parameter, gradient in zip(params, gradients, strict=True):
        parameter.grad = None if gradient is None else tensor(gradient, dtype=parameter.dtype)


def each_of(cases):
    ids = [f"{kind}-{'-'.join(options)}" for kind, _, options in cases]
    return pytest.mark.parametrize(("kind", "formula", "options"), cases, ids=ids)


def shapes_for(kind):
    return [shape for shape in SHAPES if len(shape) == 2] if kind == "Muon" else SHAPES


@each_of(ELEMENTWISE + WHOLE + MATRICES)
class TestAgainstTheFormula:
    def test_ten_steps(self, kind, formula, options, rng):
        params = parameters(rng, shapes_for(kind))
        expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
        optimizer = getattr(optim, kind)(params, **options)
        for _ in range(10):
            gradients = [rng.standard_normal(shape) for shape in shapes_for(kind)]
            set_gradients(params, gradients)
            optimizer.step()
            expected = [formula(x, g, s, **options) for x, g, s in zip(expected, gradients, states, strict=True)]
        for parameter, value in zip(params, expected, strict=True):
            assert_close(parameter.detach(), value, rtol=1e-9)

    def test_parameters_without_gradient_rest(self, kind, formula, options, rng):
        params = parameters(rng, shapes_for(kind))
        expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
        optimizer = getattr(optim, kind)(params, **options)
        for present in [(1, 1, 1, 1), (1, 0, 1, 1), (0, 0, 0, 0), (0, 1, 0, 0), (1, 1, 0, 1), (1, 1, 1, 1)]:
            gradients = [
                rng.standard_normal(s) if here else None for s, here in zip(shapes_for(kind), present, strict=False)
            ]
            set_gradients(params, gradients)
            optimizer.step()
            expected = [
                x if g is None else formula(x, g, s, **options)
                for x, g, s in zip(expected, gradients, states, strict=True)
            ]
        for parameter, value in zip(params, expected, strict=True):
            assert_close(parameter.detach(), value, rtol=1e-9)

    def test_going_on_from_a_state_dict_bit_for_bit(self, kind, formula, options, rng):
        first, gradients = (
            parameters(rng, shapes_for(kind)),
            [[rng.standard_normal(s) for s in shapes_for(kind)] for _ in range(6)],
        )
        optimizer = getattr(optim, kind)(first, **options)
        for step in gradients[:3]:
            set_gradients(first, step)
            optimizer.step()
        second = [nn.Parameter(p.detach().clone()) for p in first]
        other = getattr(optim, kind)(second, lr=123.0)
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for step in gradients[3:]:
            for params, taken in ((first, optimizer), (second, other)):
                set_gradients(params, step)
                taken.step()
        for a, b in zip(first, second, strict=True):
            assert_same(a.detach(), host(b.detach()))


class TestManyParameters:
    def test_large_ones_beside_small_ones(self, rng):
        """Several blocks on several threads, also where a parameter's own number is spread over it."""
        shapes = [(200, 1000), (3, 2), (400, 500), (7,)]
        for kind, formula, options in ELEMENTWISE + WHOLE:
            params = parameters(rng, shapes)
            expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
            optimizer = getattr(optim, kind)(params, **options)
            for _ in range(2):
                gradients = [rng.standard_normal(shape) for shape in shapes]
                set_gradients(params, gradients)
                optimizer.step()
                expected = [formula(x, g, s, **options) for x, g, s in zip(expected, gradients, states, strict=True)]
            for parameter, value in zip(params, expected, strict=True):
                assert_close(parameter.detach(), value, rtol=1e-8)

    def test_histories_of_different_lengths(self, rng):
        params = parameters(rng, [(3,)] * 6)
        expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
        optimizer = optim.Adam(params, lr=0.1)
        for step in range(12):
            present = [(step >> place) % 2 == 0 for place in range(6)] if step < 8 else [True] * 6
            gradients = [rng.standard_normal(3) if here else None for here in present]
            set_gradients(params, gradients)
            optimizer.step()
            for place, g in enumerate(gradients):
                if g is not None:
                    expected[place] = adam(expected[place], g, states[place], lr=0.1)
        for parameter, value in zip(params, expected, strict=True):
            assert_close(parameter.detach(), value, rtol=1e-9)

    def test_parameters_without_gradients_do_not_scatter_the_others(self, rng):
        params = parameters(rng, [(2, 2)] * 40)
        optimizer = optim.SGD(params, lr=0.1)
        for start in (0, 1, 0, 1):
            set_gradients(params, [rng.standard_normal((2, 2)) if i % 2 == start else None for i in range(40)])
            optimizer.step()
        (layout,) = optimizer._layouts.values()
        assert len(layout.bundles) == 2

    def test_a_group_whose_list_changes(self):
        a, b, c = (nn.Parameter(tl.ones(1)) for _ in range(3))
        optimizer = optim.SGD([a, b], lr=0.1, momentum=0.9)
        a.grad = b.grad = c.grad = tl.ones(1)
        optimizer.step()
        optimizer.param_groups[0]["params"][1] = c
        optimizer.step()
        assert [p.item() for p in (a, b, c)] == pytest.approx([1 - 0.1 - 0.19, 0.9, 0.9])

    def test_empty_ones(self):
        params = [nn.Parameter(tl.zeros(0)), nn.Parameter(tl.ones(2)), nn.Parameter(tl.zeros(3, 0))]
        for kind in ("SGD", "Adam", "LARS", "LAMB", "Adafactor", "AdamWScheduleFree"):
            for parameter in params:
                parameter.grad = tl.ones(parameter.shape)
            getattr(optim, kind)(params, lr=0.1).step()
        assert (host(params[1].detach()) < 1).all()

    def test_memory_errors_of_threads_reach_the_caller(self):
        w = nn.Parameter(tl.ones(1 << 20))
        w.grad = tl.full((1 << 20,), 3e38)
        optimizer = optim.Adam([w], lr=0.1)
        if tl.active_backend().name == "numpy":
            with pytest.raises(FloatingPointError), np.errstate(over="raise"):
                optimizer.step()
            with np.errstate(over="ignore"):
                optim.Adam([w], lr=0.1).step()  # in the threads as well


class TestReplacedElements:
    def optimizer(self, rng):
        params = parameters(rng, [(3,), (2,), (4,)])
        optimizer = optim.Adam(params, lr=0.1)
        set_gradients(params, [rng.standard_normal(p.shape) for p in params])
        optimizer.step()
        return params, optimizer

    def test_new_data(self, rng):
        params, optimizer = self.optimizer(rng)
        twins, other = copy.deepcopy((params, optimizer))
        params[1].data = tensor([5.0, 6.0])
        with tl.no_grad():
            twins[1][...] = tensor([5.0, 6.0])
        optimizer.step()
        other.step()
        for a, b in zip(params, twins, strict=True):
            assert_same(a.detach(), host(b.detach()))

    def test_memory_that_is_somebody_elses_now_is_left_alone(self):
        p, q = nn.Parameter(tl.ones(2)), nn.Parameter(tl.full((2,), 2.0))
        optimizer = optim.SGD([p, q], lr=0.1)
        p.grad = q.grad = tl.zeros(2)
        optimizer.step()
        p.data, q.data = q.data, p.data
        backup = p.data
        optimizer.step()
        assert (host(p.detach()).tolist(), host(q.detach()).tolist()) == ([2, 2], [1, 1])
        p.data = tl.full((2,), 7.0)
        optimizer.step()
        assert host(backup).tolist() == [2, 2]

    def test_another_data_type(self, rng):
        params, optimizer = self.optimizer(rng)
        twins, other = copy.deepcopy((params, optimizer))
        for parameter in params:
            parameter.data = parameter.detach().astype(tl.float32)
            parameter.grad = parameter.grad.astype(tl.float32)
        optimizer.step()
        other.step()
        assert optimizer.state[params[0]]["step"].item() == 2
        for a, b in zip(params, twins, strict=True):
            assert a.dtype == tl.float32
            assert_close(a.detach(), host(b.detach()), rtol=1e-6)

    # array-api-strict's dtypes have the hashes of NumPy's, so that sets which hold both compare them.
    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_another_backend(self, rng, other_backend):
        net = nn.Linear(3, 2, dtype=tl.float64)
        twin = copy.deepcopy(net)
        optimizers = [optim.SGD(module.parameters(), lr=0.1, momentum=0.9) for module in (net, twin)]
        x = tensor(rng.standard_normal((4, 3)))
        for target in (x.backend.name, other_backend):
            net.to(target)
            for module, taken in zip((net, twin), optimizers, strict=True):
                taken.zero_grad()
                module(x.to(module.weight.device)).sum().backward()
                taken.step()
        assert net.weight.backend.name == other_backend
        assert_close(net.weight.detach(), host(twin.weight.detach()))

    def test_loaded_into_a_module(self, rng):
        net = nn.Linear(2, 2)
        optimizer = optim.SGD(net.parameters(), lr=1.0)
        net(tl.ones(1, 2)).sum().backward()
        optimizer.step()
        net.load_state_dict({"weight": tl.zeros(2, 2), "bias": tl.zeros(2)})
        optimizer.step()
        assert_same(net.weight.detach(), -np.ones((2, 2), "float32"))

    def test_one_array_for_two_parameters(self):
        a, b = nn.Parameter(tl.ones(2)), nn.Parameter(tl.zeros(2))
        a.data = b.data
        a.grad = b.grad = tl.ones(2)
        with pytest.raises(ValueError, match="share one array"):
            optim.SGD([a, b], lr=0.1).step()


class TestGraphs:
    def test_a_graph_retained_across_a_step_raises(self):
        w = nn.Parameter(tl.ones(2))
        optimizer = optim.SGD([w], lr=0.1)
        w.grad = tl.ones(2)
        optimizer.step()
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    def test_the_first_step_leaves_earlier_graphs_right(self):
        w = nn.Parameter(tl.ones(2))
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optim.SGD([w], lr=0.1).step()
        w.grad = None
        loss.backward()
        assert_same(w.grad, np.array([2, 2], "float32"))

    def test_parameters_stay_leaves(self, rng):
        params = parameters(rng)
        set_gradients(params, [rng.standard_normal(s) for s in SHAPES])
        optim.Adam(params).step()
        assert all(p.is_leaf and p.requires_grad for p in params)


class TestInterface:
    def test_groups_have_options_of_their_own(self):
        a, b = nn.Parameter(tl.ones(1)), nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
        a.grad = b.grad = tl.ones(1)
        optimizer.step()
        assert (a.item(), b.item()) == pytest.approx((0.9, 0.5))
        optimizer.param_groups[0]["lr"] = 0.2
        optimizer.step()
        assert a.item() == pytest.approx(0.7)
        c = nn.Parameter(tl.ones(1))
        optimizer.add_param_group({"params": c, "weight_decay": 1.0})
        c.grad = tl.zeros(1)
        optimizer.step()
        assert c.item() == pytest.approx(0.9)

    def test_zero_grad(self):
        w = nn.Parameter(tl.ones(2))
        optimizer = optim.SGD([w], lr=0.1)
        w.grad = tl.ones(2)
        optimizer.zero_grad(set_to_none=False)
        assert host(w.grad).tolist() == [0, 0]
        w.grad = tl.tensor([float("nan"), float("inf")])
        optimizer.zero_grad(set_to_none=False)
        assert host(w.grad).tolist() == [0, 0]
        optimizer.zero_grad()
        assert w.grad is None

    def test_closure(self):
        w = nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([w], lr=0.1)

        def closure():
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        with tl.no_grad():
            loss = optimizer.step(closure)
        assert loss.item() == 1
        assert w.item() == pytest.approx(0.8)

    def test_state_dict_has_pytorchs_layout(self, rng):
        params = parameters(rng, [(2, 3), (4,)])
        optimizer = optim.Adam(params, lr=0.1, amsgrad=True)
        set_gradients(params, [None, rng.standard_normal(4)])
        optimizer.step()
        state = optimizer.state_dict()
        assert list(state) == ["state", "param_groups"]
        assert list(state["state"]) == [1]
        assert list(state["state"][1]) == ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
        assert state["state"][1]["exp_avg"].shape == (4,)
        assert state["param_groups"][0]["params"] == [0, 1]
        assert state["param_groups"][0]["lr"] == 0.1
        assert optimizer.state[params[1]]["step"].item() == 1

    def test_state_of_sgd(self):
        w = nn.Parameter(tl.ones(2))
        w.grad = tl.ones(2)
        plain, momentum = optim.SGD([w], lr=0.1), optim.SGD([w], lr=0.1, momentum=0.9)
        plain.step()
        momentum.step()
        assert plain.state_dict()["state"] == {}
        assert list(momentum.state_dict()["state"][0]) == ["momentum_buffer"]

    def test_loading_what_does_not_fit_changes_nothing(self):
        w = nn.Parameter(tl.ones(2))
        optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
        state = optimizer.state_dict()
        state["param_groups"][0] = {**state["param_groups"][0], "lr": 5.0}
        with pytest.raises(ValueError, match=r"has shape \(3,\) in the state dict, not \(2,\)"):
            optimizer.load_state_dict({**state, "state": {0: {"momentum_buffer": tl.ones(3)}}})
        with pytest.raises(ValueError, match="groups of"):
            optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})
        assert optimizer.param_groups[0]["lr"] == 0.1

    def test_deep_copies_go_their_own_way(self, rng):
        params = parameters(rng, [(3,), (2,)])
        optimizer = optim.SGD(params, lr=0.1, momentum=0.9)
        set_gradients(params, [rng.standard_normal(p.shape) for p in params])
        optimizer.step()
        twins, other = copy.deepcopy((params, optimizer))
        before = host(twins[0].detach()).copy()
        optimizer.step()
        assert_same(twins[0].detach(), before)
        other.step()
        assert_same(twins[0].detach(), host(params[0].detach()))

    def test_repr(self):
        assert repr(optim.SGD([nn.Parameter(tl.ones(1))], lr=0.1)).startswith("SGD (\n  group 0: 1 parameters\n")

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda w: optim.SGD([], lr=0.1), ValueError, "SGD: params is empty"),
            (lambda w: optim.SGD(w, lr=0.1), TypeError, "iterable of parameters"),
            (
                lambda w: optim.SGD([{"params": {w}}], lr=0.1),
                TypeError,
                "SGD: params must be an iterable of parameters with an order, such as",
            ),
            (lambda w: optim.SGD([{"params": []}], lr=0.1), ValueError, "empty"),
            (lambda w: optim.SGD([{"params": w}, {"params": w}], lr=0.1), ValueError, "already in another group"),
            (lambda w: optim.SGD([("w", w), tl.ones(1)], lr=0.1), ValueError, "come with names"),
            (lambda w: optim.SGD([{"weights": w}], lr=0.1), TypeError, "not one with 'weights'"),
            (lambda w: optim.SGD([w * 2], lr=0.1), ValueError, "computed"),
            (lambda w: optim.SGD([3], lr=0.1), TypeError, "SGD: params must be tensors, not int"),
            (lambda w: optim.SGD([tl.ones(1, dtype=tl.int64)], lr=0.1), TypeError, "floating-point"),
            (lambda w: optim.SGD([w], lr=-1), ValueError, "lr must be a non-negative number"),
            (lambda w: optim.SGD([w], momentum=float("nan")), ValueError, "momentum"),
            (lambda w: optim.SGD([w], nesterov=True), ValueError, "Nesterov"),
            (lambda w: optim.Adam([w], betas=(1.0, 0.9)), ValueError, "betas"),
            (lambda w: optim.AdamW([w], weight_decay=-1), ValueError, "weight_decay"),
            (lambda w: optim.Adam([w], eps=-1e-8), ValueError, "eps"),
            (lambda w: optim.Adam([w], betas=(0.9,)), ValueError, "betas must be a tuple of 2"),
            (lambda w: optim.Adam([w], betas=0.9), TypeError, "betas must be a tuple of 2"),
            (lambda w: optim.Rprop([w], etas=(0.5,)), ValueError, "etas must be a tuple of"),
            (lambda w: optim.ASGD([w], t0=-1), ValueError, "t0"),
            (lambda w: optim.Adagrad([w], lr_decay=-1), ValueError, "lr_decay"),
            (lambda w: optim.Adadelta([w], rho=1.5), ValueError, "rho"),
            (lambda w: optim.RMSprop([w], alpha=-1), ValueError, "alpha"),
            (lambda w: optim.Rprop([w], etas=(1.2, 0.5)), ValueError, "etas"),
            (lambda w: optim.Rprop([w], step_sizes=(1, 0.5)), ValueError, "step_sizes"),
            (lambda w: optim.NAdam([w], momentum_decay=-1), ValueError, "momentum_decay"),
            (lambda w: optim.Lion([w], betas=(0.9, -1)), ValueError, "betas"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(nn.Parameter(tl.ones(2)))

    @pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in ELEMENTWISE}))
    @pytest.mark.parametrize("params", [None, 3, "abc", tl.ones(2), {"params": []}, {1}, [], [3], [None], ["a"], [{}]])
    def test_errors_name_the_class_and_params(self, kind, params):
        with pytest.raises((TypeError, ValueError), match=rf"^{kind}: (params|param_group) (must be|is empty)"):
            getattr(optim, kind)(params)

    def test_arguments_of_methods(self):
        w = nn.Parameter(tl.ones(2))
        w.grad, optimizer = tl.ones(2), optim.SGD([w])
        for call, message in [
            (lambda: optimizer.step(3), "step: closure must be callable or None, not 3"),
            (lambda: optimizer.zero_grad("no"), "zero_grad: set_to_none must be a bool, not 'no'"),
            (lambda: optimizer.register_step_pre_hook(None), "register_step_pre_hook: hook must be callable, not None"),
            (lambda: optimizer.register_step_post_hook(3), "register_step_post_hook: hook must be callable, not 3"),
            (lambda: optimizer.add_param_group([1]), 'SGD: param_group must be a dict with "params", not list'),
            (lambda: optim.SAM(optimizer.parameters(), list), "SAM: base_optimizer must be the class of an optimizer"),
            (lambda: optim.LBFGS([w]).step(lambda: None), "LBFGS.step: closure must return one num"),
        ]:
            with pytest.raises(TypeError, match=f"^{message}"):
                call()

    def test_an_optimizer_of_ones_own(self):
        class SignDescent(optim.Elementwise):
            numbers = {}

            @staticmethod
            def rule(xp, x, g, *, lr):
                return (x - lr * xp.sign(g),)

            def _count(self, group, numbers):
                pass

        w = nn.Parameter(tl.ones(2))
        w.grad = tl.tensor([3.0, -3.0])
        SignDescent([w], {"lr": 0.5}).step()
        assert host(w.detach()).tolist() == [0.5, 1.5]
        with pytest.raises(NotImplementedError, match="defines rule"):
            optim.Elementwise([w], {"lr": 0.5}).step()
        with pytest.raises(NotImplementedError, match="define _step"):
            optim.Optimizer([w], {"lr": 0.5}).step()

    def test_an_option_of_ones_own_that_is_a_tensor_written_in_place(self):
        class Plain(optim.Elementwise):
            @staticmethod
            def rule(xp, x, g, *, lr):
                return (x - lr * g,)

        w, rate = nn.Parameter(tl.ones(1)), tl.tensor(0.5)
        optimizer = Plain([w], {"lr": rate})
        w.grad = tl.ones(1)
        optimizer.step()
        rate[...] = 0.25
        optimizer.step()
        assert w.item() == 0.25

    def test_an_optimizer_that_overrides_step(self):
        """As one writes them for PyTorch."""

        class Counting(optim.Optimizer):
            def step(self, closure=None):
                for parameter in self.parameters():
                    state = self.state[parameter]
                    state["seen"] = state.get("seen", 0) + 1

        w = nn.Parameter(tl.ones(2))
        optimizer = Counting([w], {"lr": 0.5})
        optimizer.step()
        other = Counting([w], {"lr": 0.5})
        other.load_state_dict(optimizer.state_dict())
        assert other.state[w] == {"seen": 1}

    def test_parameters_with_names(self):
        net = nn.Linear(2, 1)
        optimizer = optim.SGD(net.named_parameters(), lr=0.1)
        assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
        assert list(optimizer.parameters()) == list(net.parameters())
        net.bias.grad = tl.ones(3)
        with pytest.raises(ValueError, match="see 'bias'"):
            optimizer.step()

    def test_tied_parameters_are_counted_once(self):
        a, b = nn.Parameter(tl.ones(1)), nn.Parameter(tl.ones(2))
        optimizer = optim.SGD([a, b, a], lr=0.1)
        a.grad, b.grad = tl.ones(1), tl.ones(2)
        optimizer.step()
        assert len(optimizer.param_groups[0]["params"]) == 2
        assert a.item() == pytest.approx(0.9)

    def test_what_makes_a_class_is_not_loaded(self):
        w = nn.Parameter(tl.ones(1))
        optimizer = optim.AdamW([w])
        optimizer.load_state_dict(optim.Adam([w], weight_decay=0.1).state_dict())
        group = optimizer.param_groups[0]
        assert (group["decoupled_weight_decay"], group["weight_decay"]) == (True, 0.1)

    def test_options_are_looked_at_when_they_change(self):
        a, b = nn.Parameter(tl.ones(1)), nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([{"params": a}, {"params": b}], lr=0.1)
        a.grad = b.grad = tl.ones(1)
        optimizer.param_groups[1]["lr"] = -1.0
        with pytest.raises(ValueError, match="lr must be a non-negative number"):
            optimizer.step()
        assert a.item() == 1

    def test_state_is_for_reading(self):
        w = nn.Parameter(tl.ones(1))
        optimizer = optim.Adam([w])
        assert optimizer.state[w] == {}
        w.grad = tl.ones(1)
        optimizer.step()
        with pytest.raises(TypeError):
            optimizer.state[w]["step"] = 3
        with pytest.raises(TypeError):
            optimizer.state[w] = {}
        assert len(optimizer.state) == 1 and w in optimizer.state

    def test_numbers_of_other_libraries(self):
        w = nn.Parameter(tl.ones(40_000))
        w.grad = tl.ones(40_000)
        options = {"lr": np.float64(0.1), "betas": (tl.tensor(0.9), np.float32(0.5)), "weight_decay": tl.tensor(0.5)}
        optim.AdamW([w], **options).step()
        assert w.dtype == tl.float32
        assert_close(w.detach(), np.full(40_000, 0.85), rtol=1e-5)

    def test_a_rate_that_is_a_tensor(self):
        w = nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([w], lr=tl.tensor(0.5))
        w.grad = tl.ones(1)
        optimizer.step()
        assert w.item() == 0.5

    def test_hooks_around_a_step(self):
        w = nn.Parameter(tl.ones(1))
        optimizer, seen = optim.SGD([w], lr=0.5), []
        before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", o, w.item())))
        optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(("after", o, w.item())))
        w.grad = tl.ones(1)
        optimizer.step()
        assert seen == [("before", optimizer, 1.0), ("after", optimizer, 0.5)]
        before.remove()
        optimizer.step()
        assert [when for when, *_ in seen] == ["before", "after", "after"]


class TestDeclaredOptions:
    """Options are declared once: as constructor arguments, defaults of groups, and checks of groups."""

    def test_they_are_options_of_groups_and_no_attributes(self):
        optimizer = optim.Adam([nn.Parameter(tl.ones(1))], lr=0.5)
        assert optimizer.defaults["lr"] == optimizer.param_groups[0]["lr"] == 0.5
        for name in ("lr", "betas", "params", "maximize"):
            assert not hasattr(optimizer, name)

    @pytest.mark.parametrize("rate", [np.float32(0.5), np.array(0.5), tl.tensor(0.5)])
    def test_numbers_of_other_libraries_become_pythons(self, rate):
        w = nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([{"params": [w], "lr": rate}], lr=rate)
        assert type(optimizer.param_groups[0]["lr"]) is float
        optimizer.param_groups[0]["lr"] = rate
        w.grad = tl.ones(1)
        optimizer.step()
        assert type(optimizer.param_groups[0]["lr"]) is float and w.item() == 0.5

    @pytest.mark.parametrize(
        "betas",
        [[0.9, 0.99], (np.float32(0.5), 0), np.array([0.9, 0.99]), np.array([[0.9, 0.99]]), (0.9, "0.99"), 0.9],
    )
    def test_arguments_groups_and_state_dicts_follow_the_same_rules(self, betas):
        def kept(make):
            try:
                return make().param_groups[0]["betas"]
            except (TypeError, ValueError) as error:
                return type(error), str(error)

        def loaded():
            optimizer = optim.Adam([nn.Parameter(tl.ones(1))])
            saved = optimizer.state_dict()
            saved["param_groups"][0]["betas"] = betas
            optimizer.load_state_dict(saved)
            return optimizer

        argument = kept(lambda: optim.Adam([nn.Parameter(tl.ones(1))], betas=betas))
        assert kept(lambda: optim.Adam([{"params": [nn.Parameter(tl.ones(1))], "betas": betas}])) == argument
        assert kept(loaded) == argument

    @pytest.mark.parametrize("rate", [-1.0, float("inf"), float("nan"), "1", True, tl.tensor(1.0, requires_grad=True)])
    def test_groups_are_checked_wherever_they_come_from(self, rate):
        w, other = nn.Parameter(tl.ones(1)), nn.Parameter(tl.ones(1))
        optimizer = optim.SGD([w], lr=0.1)
        saved = optimizer.state_dict()
        saved["param_groups"][0]["lr"] = rate
        w.grad = tl.ones(1)
        message = "SGD: lr must be a non-negative number"
        for attempt in (
            lambda: optim.SGD([w], lr=rate),
            lambda: optimizer.add_param_group({"params": [other], "lr": rate}),
            lambda: optimizer.load_state_dict(saved),
            lambda: optimizer.param_groups[0].update(lr=rate) or optimizer.step(),
        ):
            with pytest.raises((TypeError, ValueError), match=message):
                attempt()
        assert w.item() == 1 and len(optimizer.param_groups) == 1

    def test_equal_values_of_another_type_are_read_again(self):
        w = nn.Parameter(tl.ones(1))
        w.grad = tl.zeros(1)
        optimizer = optim.SGD([w], lr=1.0, momentum=0.5)
        (group,) = optimizer.param_groups
        optimizer.step()
        for name, value in (("momentum", tl.tensor(0.5)), ("momentum", np.float32(0.5))):
            group[name] = value
            optimizer.step()
            assert type(group[name]) is float
        group["nesterov"] = 0
        optimizer.step()
        assert group["nesterov"] is False
        group["lr"] = True
        with pytest.raises(TypeError, match="SGD: lr must be"):
            optimizer.step()

    def test_a_rate_of_zero(self):
        w = nn.Parameter(tl.ones(1))
        w.grad = tl.ones(1)
        optim.Adam([w], lr=0).step()
        assert w.item() == 1

    def test_wrong_arguments(self):
        w = nn.Parameter(tl.ones(1))
        with pytest.raises(TypeError, match="Adam: got an unexpected keyword argument 'learning_rate'"):
            optim.Adam([w], learning_rate=0.1)
        with pytest.raises(TypeError, match="AdamW: got an unexpected keyword argument 'decoupled_weight_decay'"):
            optim.AdamW([w], decoupled_weight_decay=True)
        with pytest.raises(TypeError, match="Adam: missing a required argument: 'params'"):
            optim.Adam()

    def test_a_subclass_with_a_constructor_of_its_own(self):
        class Slow(optim.Adam):
            def __init__(self, params, slowness=10.0):
                super().__init__(params, lr=1 / slowness)

        (group,) = Slow([nn.Parameter(tl.ones(1))], slowness=4.0).param_groups
        assert group["lr"] == 0.25

    def test_docstrings_describe_every_argument(self):
        for name in optim.__all__:
            kind = getattr(optim, name)
            if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind is not optim.Elementwise:
                described = entries_of(sections_of(kind.__doc__)["Parameters"])
                assert set(inspect.signature(kind).parameters) <= set(described), name


def test_a_step_is_a_short_story():
    """Python functions of tensorlab that one step of Adam calls, when nothing but gradients has changed."""
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
    optimizer = optim.Adam(model.parameters())
    calls = []

    def note(frame, event, argument):
        if event == "call" and "tensorlab" in frame.f_globals.get("__name__", ""):
            calls.append((frame.f_globals["__name__"], frame.f_code.co_name))

    for _ in range(3):
        optimizer.zero_grad()
        model(tl.ones(2, 8)).sum().backward()
        calls.clear()
        sys.setprofile(note)
        optimizer.step()
        sys.setprofile(None)
    if tl.active_backend().name == "numpy":
        assert len(calls) <= 32, calls
        assert len({module for module, _ in calls}) <= 8


class TestGradients:
    """What a step does with gradients that it cannot use: nothing is half done."""

    def pair(self):
        params = [nn.Parameter(tl.ones(2)), nn.Parameter(tl.ones(2))]
        return params, optim.SGD([{"params": [p]} for p in params], lr=0.1, momentum=0.9)

    @pytest.mark.parametrize(
        ("grad", "message"),
        [
            (lambda: tl.ones(3), r"parameter's shape \(2,\), not \(3,\): see parameter 1"),
            (lambda: tl.ones(2, dtype=tl.float64), "parameter's data type float32, not float64"),
        ],
    )
    def test_one_that_does_not_fit(self, grad, message):
        params, optimizer = self.pair()
        params[0].grad, params[1].grad = tl.ones(2), grad()
        with pytest.raises(ValueError, match=message):
            optimizer.step()
        assert host(params[0].detach()).tolist() == [1, 1]
        assert optimizer.state_dict()["state"] == {}

    # array-api-strict's dtypes have the hashes of NumPy's, so that sets which hold both compare them.
    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_one_on_another_backend(self, other_backend):
        params, optimizer = self.pair()
        params[0].grad, params[1].grad = tl.ones(2), tl.ones(2).to(other_backend)
        with pytest.raises(ValueError, match="parameter's device"):
            optimizer.step()
        assert host(params[0].detach()).tolist() == [1, 1]

    @pytest.mark.parametrize("bad", [float("nan"), float("inf")])
    def test_that_are_not_finite(self, bad):
        params, optimizer = self.pair()
        params[0].grad, params[1].grad = tl.ones(2), tl.tensor([1.0, bad])
        optimizer.on_nonfinite = "raise"
        with pytest.raises(FloatingPointError, match="the gradient of parameter 1 of shape"):
            optimizer.step()
        optimizer.on_nonfinite = "skip"
        optimizer.step()
        assert optimizer.skipped_steps == 1
        assert [host(p.detach()).tolist() for p in params] == [[1, 1], [1, 1]]
        assert optimizer.state_dict()["state"] == {}
        optimizer.on_nonfinite = "warn"
        with pytest.warns(UserWarning, match="is not finite"):
            optimizer.step()
        assert host(params[0].detach()).tolist() == pytest.approx([0.9, 0.9])
        assert not np.isfinite(host(params[1].detach())[1])
        params[1].grad = tl.ones(2)
        optimizer.on_nonfinite = "raise"
        optimizer.step()

    def test_policies(self):
        _, optimizer = self.pair()
        assert optimizer.on_nonfinite == "ignore"
        with pytest.raises(ValueError, match="'ignore', 'warn', 'skip', 'raise', not 'stop'"):
            optimizer.on_nonfinite = "stop"

    def test_none_at_all(self):
        params, optimizer = self.pair()
        with pytest.warns(UserWarning, match="no parameter has a gradient"):
            optimizer.step()
        optimizer.step()  # said once
        assert host(params[0].detach()).tolist() == [1, 1]


class TestStateOfAnother:
    """Loading what belongs to something else raises, and changes nothing."""

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (
                lambda state: state["state"][0].update(momentum_buffer=tl.ones(2)),
                "does not belong to the state of Adam",
            ),
            (lambda state: state["state"][0].update(exp_avg=tl.ones(3)), r"shape \(3,\)"),
            (lambda state: state["state"][0].update(exp_avg=1.0), "not a tensor"),
            (lambda state: state["state"][0].update(step=tl.ones(2)), "not a number"),
            (lambda state: state["param_groups"][0].pop("betas"), "has no betas"),
            (lambda state: state["param_groups"][0].update(lr=-1.0), "lr must be a non-negative number"),
            (lambda state: state["param_groups"][0].update(params=[0, 1]), "groups of"),
            (lambda state: state.pop("param_groups"), 'state_dict must have "state" and "param_groups"'),
        ],
    )
    def test_changes_nothing(self, spoil, message):
        w = nn.Parameter(tl.ones(2))
        optimizer = optim.Adam([w], lr=0.1)
        w.grad = tl.ones(2)
        optimizer.step()
        state, before = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(optimizer.state_dict())
        state["param_groups"][0]["eps"] = 1.0
        spoil(state)
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(state)
        after = optimizer.state_dict()
        assert after["param_groups"] == before["param_groups"]
        assert_same(after["state"][0]["exp_avg"], host(before["state"][0]["exp_avg"]))

    def test_an_empty_state_begins_anew(self):
        w = nn.Parameter(tl.ones(2))
        fresh = optim.Adam([w], lr=0.1).state_dict()
        optimizer = optim.Adam([w], lr=0.5)
        w.grad = tl.ones(2)
        optimizer.step()
        optimizer.load_state_dict(fresh)
        assert optimizer.state_dict()["state"] == {}
        assert optimizer.param_groups[0]["lr"] == 0.1


@each_of(ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["complex128", "complex64", "float32", "float16", "bfloat16"])
def test_other_data_types(kind, formula, options, dtype, rng):
    """Complex parameters are two real ones; narrow ones are computed in float32 and rounded once a step."""
    if dtype == "bfloat16" and tl.active_backend().native_dtype("bfloat16") is None:
        pytest.skip("this backend has no bfloat16")
    if dtype == "float16" and tl.active_backend().native_dtype("float16") is None:
        pytest.skip("this backend has no float16")
    shapes = [(3, 2), (150, 120)]
    complex_ = dtype.startswith("complex")

    def drawn(shape):
        x = rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape)
        return x + 1j * rng.uniform(0.5, 1.5, shape) if complex_ else x

    params = [nn.Parameter(tensor(drawn(shape)).astype(dtype)) for shape in shapes]
    optimizer = getattr(optim, kind)(params, **options)
    parts = [np.real, np.imag] if complex_ else [np.asarray]
    steps, rtol = {"complex128": (4, 1e-9), "complex64": (4, 2e-5), "float32": (4, 2e-5)}.get(dtype, (1, 1e-2))
    expected = [[part(host(p.detach().astype(wide(dtype)))).copy() for part in parts] for p in params]
    states = [[{} for _ in parts] for _ in params]
    for _ in range(steps):
        gradients = [tensor(drawn(shape)).astype(dtype) for shape in shapes]
        for parameter, gradient in zip(params, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        for place, gradient in enumerate(gradients):
            g = host(gradient.astype(wide(dtype)))
            for i, part in enumerate(parts):
                expected[place][i] = formula(expected[place][i], part(g), states[place][i], **options)
    for parameter, values in zip(params, expected, strict=True):
        assert str(parameter.dtype) == dtype
        value = values[0] + 1j * values[1] if complex_ else values[0]
        assert_close(parameter.detach().astype(wide(dtype)), value, rtol=rtol)


def wide(dtype):
    return "complex128" if dtype.startswith("complex") else "float64"
