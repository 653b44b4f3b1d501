"""Optimizers against their formulas in NumPy, written out for each parameter by itself."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim

SHAPES = [(3, 2), (3,), (), (200, 150)]  # the last one is updated by itself, the others together


def parameters(rng, shapes=SHAPES, dtype="float64"):
    return [nn.Parameter(tensor(rng.standard_normal(shape), dtype=dtype)) for shape in shapes]


def set_gradients(params, gradients):
    for parameter, gradient in zip(params, gradients, strict=True):
        parameter.grad = None if gradient is None else tensor(gradient, dtype=parameter.dtype)


def sgd(x, g, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    if momentum:
        state["v"] = g if "v" not in state else momentum * state["v"] + (1 - dampening) * g
        g = g + momentum * state["v"] if nesterov else state["v"]
    return x - lr * g


def adam(x, g, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=False):
    return adam_like(x, (-g if maximize else g) + weight_decay * x, state, lr, betas, eps, amsgrad)


def adamw(x, g, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False):
    return adam_like(x - lr * weight_decay * x, g, state, lr, betas, eps, amsgrad)


def adam_like(x, g, state, lr, betas, eps, amsgrad):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    v = state["v"] = betas[1] * state.get("v", 0) + (1 - betas[1]) * g * g
    if amsgrad:
        v = state["most"] = np.maximum(state.get("most", 0), v)
    return x - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)


CASES = [
    (optim.SGD, sgd, {"lr": 0.1}),
    (optim.SGD, sgd, {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3, "weight_decay": 0.2}),
    (optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.2), "amsgrad": True, "maximize": True}),
    (optim.AdamW, adamw, {}),
    (optim.AdamW, adamw, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
]
each_case = pytest.mark.parametrize(
    ("kind", "formula", "options"), CASES, ids=[f"{case[0].__name__}-{'-'.join(case[2])}" for case in CASES]
)


@each_case
class TestAgainstTheFormula:
    def test_ten_steps(self, kind, formula, options, rng):
        params = parameters(rng)
        expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
        optimizer = kind(params, **options)
        for _ in range(10):
            gradients = [rng.standard_normal(shape) for shape in SHAPES]
            set_gradients(params, gradients)
            optimizer.step()
            expected = [formula(x, g, s, **options) for x, g, s in zip(expected, gradients, states, strict=True)]
        for parameter, value in zip(params, expected, strict=True):
            assert_close(parameter.detach(), value, rtol=1e-9)

    def test_parameters_without_gradient_rest(self, kind, formula, options, rng):
        params = parameters(rng)
        expected, states = [host(p.detach()).copy() for p in params], [{} for _ in params]
        optimizer = kind(params, **options)
        for present in [(1, 1, 1, 1), (1, 0, 1, 1), (0, 0, 0, 0), (0, 1, 0, 0), (1, 1, 0, 1), (1, 1, 1, 1)]:
            gradients = [rng.standard_normal(s) if here else None for s, here in zip(SHAPES, present, strict=True)]
            set_gradients(params, gradients)
            optimizer.step()
            expected = [
                x if g is None else formula(x, g, s, **options)
                for x, g, s in zip(expected, gradients, states, strict=True)
            ]
        for parameter, value in zip(params, expected, strict=True):
            assert_close(parameter.detach(), value, rtol=1e-9)

    def test_going_on_from_a_state_dict_bit_for_bit(self, kind, formula, options, rng):
        first, gradients = parameters(rng), [[rng.standard_normal(s) for s in SHAPES] for _ in range(6)]
        optimizer = kind(first, **options)
        for step in gradients[:3]:
            set_gradients(first, step)
            optimizer.step()
        second = [nn.Parameter(p.detach().clone()) for p in first]
        other = kind(second, lr=123.0)
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for step in gradients[3:]:
            for params, taken in ((first, optimizer), (second, other)):
                set_gradients(params, step)
                taken.step()
        for a, b in zip(first, second, strict=True):
            assert_same(a.detach(), host(b.detach()))


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
        with pytest.raises(ValueError, match=r"has shape \(3,\) in the state dict, the parameter \(2,\)"):
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
            (lambda w: optim.SGD([], lr=0.1), ValueError, "no parameters"),
            (lambda w: optim.SGD(w, lr=0.1), TypeError, "iterable of parameters"),
            (lambda w: optim.SGD([{"params": {w}}], lr=0.1), TypeError, "a set has not"),
            (lambda w: optim.SGD([{"params": []}], lr=0.1), ValueError, "empty"),
            (lambda w: optim.SGD([w, w], lr=0.1), ValueError, "twice"),
            (lambda w: optim.SGD([{"params": w}, {"params": w}], lr=0.1), ValueError, "twice"),
            (lambda w: optim.SGD([w * 2], lr=0.1), ValueError, "computed"),
            (lambda w: optim.SGD([3], lr=0.1), TypeError, "learns tensors, not int"),
            (lambda w: optim.SGD([tl.ones(1, dtype=tl.int64)], lr=0.1), TypeError, "floating-point"),
            (lambda w: optim.SGD([w], lr=-1), ValueError, "lr must not be negative"),
            (lambda w: optim.SGD([w], momentum=float("nan")), ValueError, "momentum"),
            (lambda w: optim.SGD([w], nesterov=True), ValueError, "Nesterov"),
            (lambda w: optim.Adam([w], betas=(1.0, 0.9)), ValueError, "betas"),
            (lambda w: optim.AdamW([w], weight_decay=-1), ValueError, "weight_decay"),
            (lambda w: optim.Adam([tl.ones(1, dtype=tl.complex64)]), TypeError, "complex"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(nn.Parameter(tl.ones(2)))

    def test_a_gradient_of_another_shape(self):
        w = nn.Parameter(tl.ones(2))
        w.grad = tl.ones(3)
        with pytest.raises(ValueError, match=r"parameter's shape \(2,\), not \(3,\)"):
            optim.SGD([w], lr=0.1).step()

    def test_an_optimizer_of_ones_own(self):
        class SignDescent(optim.Optimizer):
            def _update(self, group, bundle, grad):
                bundle.flat[...] = bundle.flat - group["lr"] * bundle.backend.xp.sign(grad)

        w = nn.Parameter(tl.ones(2))
        w.grad = tl.tensor([3.0, -3.0])
        SignDescent([w], {"lr": 0.5}).step()
        assert host(w.detach()).tolist() == [0.5, 1.5]
