"""Penalties, bounds on norms and decoupled decay against their formulas in NumPy, and what they leave alone."""

from math import inf, nan

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.optim.regularization import DecoupledWeightDecay, ElasticPenalty, L1Penalty, L2Penalty, MaxNorm

SHAPES = [(3, 2), (4,), (), (2, 3, 2, 2)]
PENALTIES = [
    (lambda params, **options: L1Penalty(params, 0.3, **options), 0.3, 0.0),
    (lambda params, **options: L2Penalty(params, 0.2, **options), 0.0, 0.2),
    (lambda params, **options: ElasticPenalty(params, 0.3, 0.2, **options), 0.3, 0.2),
]


def drawn(rng, shape, dtype):
    x = rng.standard_normal(shape)
    return np.asarray(x + 1j * rng.standard_normal(shape) if dtype.startswith("complex") else x, dtype=dtype)


@pytest.mark.parametrize(("make", "l1", "l2"), PENALTIES)
class TestPenalties:
    @pytest.mark.parametrize("dtype", ["float64", "complex128", "float32"])
    def test_value_and_gradient(self, make, l1, l2, dtype, rng):
        arrays = [drawn(rng, shape, dtype) for shape in SHAPES]
        params = [leaf(x, dtype) for x in arrays]
        value, rtol = make(params)(), 1e-5 if dtype == "float32" else 1e-12
        assert str(value.dtype) == dtype.replace("complex128", "float64")
        expected = sum(l1 * np.abs(x).sum() + l2 * (np.abs(x) ** 2).sum() for x in arrays)
        assert_close(value.detach(), expected, rtol=rtol)
        value.backward()
        for parameter, x in zip(params, arrays, strict=True):
            assert_close(parameter.grad, l1 * x / np.abs(x) + 2 * l2 * x, rtol=rtol)

    def test_at_zero(self, make, l1, l2):
        for dtype in ("float64", "complex128"):
            x = leaf(np.zeros(3), dtype)
            make([x])().backward()
            assert_same(x.grad, np.zeros(3))

    @pytest.mark.parametrize("dtype", ["float64", "complex128"])
    def test_second_derivative(self, make, l1, l2, dtype, rng):
        """Of the squares it is 2 * l2 everywhere, also in complex zeros; of real magnitudes it is 0."""
        v, shape = rng.standard_normal(3), 3
        x = leaf(np.zeros(shape) if dtype == "complex128" and not l1 else rng.standard_normal(shape), dtype)
        make([x])().backward(create_graph=True)
        first, x.grad = x.grad, None
        (tl.real(first) * tensor(v)).sum().backward()
        # The magnitude of a complex number on the real axis bends across it only, where v has no part.
        assert_close(x.grad, np.asarray(2 * l2 * v, dtype=dtype))

    def test_from_an_epoch_on(self, make, l1, l2):
        x = leaf([nan, 1.0], "float32")  # NaN shows whether it is looked at
        penalty = make([x], start=2)
        for _ in range(2):
            value = penalty()
            assert not penalty.active
            assert not value.requires_grad
            assert_same(value, np.float32(0.0))
            assert value.dtype == tl.float32
            penalty.step()
        assert penalty.active
        assert penalty.epoch == 2
        assert penalty().requires_grad
        other = make([x], start=2)
        other.load_state_dict(penalty.state_dict())
        assert other.active

    def test_a_parameter_that_comes_twice_counts_once(self, make, l1, l2):
        x = leaf([2.0])
        assert_close(make([x, x])().detach(), 2 * l1 + 4 * l2)

    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_several_devices(self, make, l1, l2, other_backend):
        here = leaf([2.0])
        there = leaf([-3.0]).detach().to(other_backend)
        there.requires_grad = True
        value = make([here, there])()
        assert value.backend is here.backend
        assert_close(value.detach(), 5 * l1 + 13 * l2)
        value.backward()
        assert there.grad.backend.name == other_backend
        assert_close(there.grad, [-l1 - 6 * l2])


def test_half_the_weight_decay(rng):
    """With L2Penalty(c) in the loss a model learns as with weight_decay = 2 * c."""
    start, gradients = rng.standard_normal(4), rng.standard_normal((5, 4))
    with_penalty, decayed = leaf(start), leaf(start)
    a = optim.SGD([with_penalty], lr=0.1, momentum=0.9)
    b = optim.SGD([decayed], lr=0.1, momentum=0.9, weight_decay=0.06)
    penalty = L2Penalty([with_penalty], 0.03)
    for g in gradients:
        a.zero_grad()
        ((tensor(g) * with_penalty).sum() + penalty()).backward()
        decayed.grad = tensor(g)
        a.step()
        b.step()
    assert_close(with_penalty.detach(), host(decayed.detach()))


def bounded(x, max_norm, axis, order):
    """Return an array scaled back to a norm along axes, by the definition of the norm."""
    size = np.abs(x)
    norms = size.max(axis, keepdims=True) if order == inf else (size**order).sum(axis, keepdims=True) ** (1 / order)
    return np.where(norms > max_norm, x * max_norm / np.where(norms == 0, 1, norms), x)


class TestMaxNorm:
    @pytest.mark.parametrize("dtype", ["float64", "complex128"])
    @pytest.mark.parametrize("order", [2.0, 1, 3, inf])
    def test_units(self, order, dtype, rng):
        arrays = [drawn(rng, shape, dtype) for shape in [(5, 4), (3, 2, 2, 2), (4,), (), (2, 3)]]
        arrays[0][2] = 0
        params = [leaf(x, dtype) for x in arrays]
        MaxNorm(params, 1.2, norm_type=order)()
        for parameter, x in zip(params, arrays, strict=True):
            expected = bounded(x, 1.2, tuple(range(1, x.ndim)), order) if x.ndim > 1 else x
            assert_close(parameter.detach(), expected)

    @pytest.mark.parametrize("axis", [0, -1, (0, 2)])
    def test_other_axes(self, axis, rng):
        x = rng.standard_normal((3, 4, 5))
        w = leaf(x)
        MaxNorm([w], 1.0, axis)()
        assert_close(w.detach(), bounded(x, 1.0, axis, 2))

    def test_what_is_within_the_bound_stays_bit_for_bit(self, rng):
        x = rng.standard_normal((50, 20)).astype("float32")
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        x[::2] *= 0.99
        w = leaf(x, "float32")
        MaxNorm([w], 0.995)()
        found = host(w.detach())
        np.testing.assert_array_equal(found[::2], x[::2])
        np.testing.assert_allclose(np.linalg.norm(found[1::2], axis=1), 0.995, rtol=1e-6)

    def test_after_every_step(self, rng):
        """Gradient descent with momentum, each step followed by the projection."""
        x, bias, v = rng.standard_normal((3, 4)), rng.standard_normal(3), 0.0
        params = [leaf(x), leaf(bias)]
        optimizer = optim.SGD(params, lr=0.5, momentum=0.9)
        handle = optimizer.register_step_post_hook(MaxNorm(params, 1.0))
        for _ in range(4):
            g, bias_g = rng.standard_normal((3, 4)), rng.standard_normal(3)
            params[0].grad, params[1].grad = tensor(g), tensor(bias_g)
            optimizer.step()
            v = 0.9 * v + g
            x = bounded(x - 0.5 * v, 1.0, 1, 2)
            assert_close(params[0].detach(), x)
        handle.remove()
        params[0].grad = tensor(np.full((3, 4), 100.0))
        optimizer.step()
        assert np.abs(host(params[0].detach())).max() > 1

    def test_a_graph_that_needs_the_old_elements(self):
        w = leaf([[3.0, 4.0]])
        loss = (w * w).sum()
        MaxNorm([w], 1.0)()
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    def test_a_lazy_layer(self):
        layer = nn.LazyLinear(2)
        bound = MaxNorm(layer.parameters(), 1e-3)
        layer(tl.ones(1, 3))
        bound()
        assert np.linalg.norm(host(layer.weight.detach()), axis=1).max() <= 1.001e-3


def sgdw(x, g, state, *, lr, momentum, decay):
    """Algorithm 1 of Loshchilov and Hutter, line 9, with the schedule's factor in the rate."""
    state["m"] = momentum * state.get("m", 0.0) + lr * g
    return x - state["m"] - lr * decay * x


class TestDecoupledWeightDecay:
    def test_sgdw(self, rng):
        arrays = [rng.standard_normal(shape) for shape in [(3, 2), (4,), ()]]
        params, states, rates = [leaf(x) for x in arrays], [{}, {}, {}], [0.1, 0.5, 0.5]
        optimizer = optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], lr=0.1, momentum=0.9)
        optimizer.register_step_pre_hook(DecoupledWeightDecay(0.2))
        for step in range(5):
            for place, parameter in enumerate(params):
                g = rng.standard_normal(parameter.shape)
                resting = step == 2 and place == 1  # has no gradient, so it does not decay either
                parameter.grad = None if resting else tensor(g)
                if not resting:
                    options = {"lr": rates[place], "momentum": 0.9, "decay": 0.2}
                    arrays[place] = sgdw(arrays[place], g, states[place], **options)
            optimizer.step()
            for parameter, x in zip(params, arrays, strict=True):
                assert_close(parameter.detach(), x)

    def test_the_rate_of_a_schedule(self):
        x = leaf([1.0])
        optimizer = optim.SGD([x], lr=tl.tensor(0.5))
        optimizer.register_step_pre_hook(DecoupledWeightDecay(0.5))
        x.grad = tensor([0.0])
        optimizer.step()
        assert_close(x.detach(), [0.75])
        optimizer.param_groups[0]["lr"] = 1.0
        optimizer.step()
        assert_close(x.detach(), [0.375])

    def test_adamw(self, rng):
        start = rng.standard_normal(4)
        a, b = leaf(start), leaf(start)
        adamw, adam = optim.AdamW([a], lr=0.1, weight_decay=0.2), optim.Adam([b], lr=0.1)
        adam.register_step_pre_hook(DecoupledWeightDecay(0.2))
        for _ in range(4):
            a.grad, b.grad = (tensor(g) for g in [rng.standard_normal(4)] * 2)
            adamw.step()
            adam.step()
        assert_close(b.detach(), host(a.detach()))

    def test_from_an_epoch_on(self):
        x = leaf([1.0])
        decay, optimizer = DecoupledWeightDecay(0.5, start=1), optim.SGD([x], lr=1.0)
        optimizer.register_step_pre_hook(decay)
        x.grad = tensor([0.0])
        optimizer.step()
        assert_same(x.detach(), [1.0])
        decay.step()
        optimizer.step()
        assert_same(x.detach(), [0.5])

    def test_a_graph_that_needs_the_old_elements(self):
        x = leaf([1.0])
        loss = (x * x).sum()
        x.grad = tensor([0.0])
        DecoupledWeightDecay(0.5)(optim.SGD([x], lr=1.0))
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda w: L1Penalty([w], -1), ValueError, "coefficient must be a non-negative number, not -1"),
        (lambda w: L2Penalty([w], nan), ValueError, "coefficient must be a non-negative number, not nan"),
        (lambda w: ElasticPenalty([w], "1", 0), TypeError, "l1 must be a non-negative number, not '1'"),
        (lambda w: ElasticPenalty([w], 0, -2.0), ValueError, "l2 must be a non-negative number, not -2.0"),
        (lambda w: L2Penalty([w], 1, start=1.5), TypeError, "start must be a non-negative integer, not 1.5"),
        (lambda w: L2Penalty([w], 1, start=-1), ValueError, "start must be a non-negative integer, not -1"),
        (lambda w: L1Penalty([], 1), ValueError, "L1Penalty: params is empty"),
        (lambda w: L1Penalty(w, 1), TypeError, "L1Penalty: params must be an iterable of parameters with an order"),
        (lambda w: MaxNorm({w}, 1), TypeError, "MaxNorm: params must be an iterable of parameters with an order"),
        (lambda w: MaxNorm([3], 1), TypeError, "MaxNorm: params must be floating-point tensors, not int"),
        (lambda w: L2Penalty([tl.ones(1, dtype=tl.int64)], 1), TypeError, "floating-point tensors, not int64"),
        (lambda w: MaxNorm([w], 0), ValueError, "max_norm must be a positive number, not 0"),
        (lambda w: MaxNorm([w], inf), ValueError, "max_norm must be a positive number, not inf"),
        (lambda w: MaxNorm([w], 1, norm_type=0), ValueError, "norm_type must be a positive number, not 0"),
        (lambda w: MaxNorm([w], 1, axis=2), tl.ShapeError, "axis"),
        (lambda w: MaxNorm([w], 1, axis=(0, 0)), tl.ShapeError, "twice"),
        (lambda w: DecoupledWeightDecay(-1), ValueError, "coefficient must be a non-negative number, not -1"),
        (lambda w: DecoupledWeightDecay(1, start=None), TypeError, "start must be a non-negative integer, not None"),
        (
            lambda w: L1Penalty([w], 1).load_state_dict({}),
            ValueError,
            "state_dict must have one number, 'epoch', and nothing else; it is {}",
        ),
        (lambda w: L1Penalty([w], 1).load_state_dict({"epoch": -1}), ValueError, "one number, 'epoch'"),
        (
            lambda w: L1Penalty([w], 1).load_state_dict({"epoch": 1, "t": 1}),
            ValueError,
            "L1Penalty.load_state_dict: state_dict must",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(leaf(np.ones((2, 2))))
