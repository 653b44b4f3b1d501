"""Noise in gradients by its statistics, and steps accumulated over batches beside steps on all of them at once."""

from math import erf, nan, sqrt

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.optim.gradient_accumulation import GradientAccumulation
from tensorlab.optim.gradient_noise import GradientNoise

SIZE = 20_000


def noisy(noise, params, value=0.0):
    """Return the gradients of parameters, which are `value`, after noise."""
    for parameter in params:
        parameter.grad = value + tl.zeros(parameter.shape, dtype=parameter.dtype)
    noise()
    return [host(parameter.grad) for parameter in params]


def assert_normal(x, variance):
    """Assert that numbers are normal: each statistic within five of its own standard deviations."""
    n, std = x.size, sqrt(variance)
    assert abs(x.mean()) < 5 * std / sqrt(n)
    assert abs(x.var() / variance - 1) < 5 * sqrt(2 / n)
    for width in (0.5, 1, 2):
        p = erf(width / sqrt(2))
        assert abs((np.abs(x) < width * std).mean() - p) < 5 * sqrt(p * (1 - p) / n)


class TestGradientNoise:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_distribution_at_each_call(self, dtype, generator):
        params = [leaf(np.zeros(SIZE), dtype)]
        noise = GradientNoise(params, eta=0.3, gamma=0.55, generator=generator)
        for t in range(4):
            assert noise.t == t
            assert noise.variance == pytest.approx(0.3 / (1 + t) ** 0.55)
            (found,) = noisy(noise, params)
            assert found.dtype == dtype
            assert_normal(found, 0.3 / (1 + t) ** 0.55)

    def test_complex(self, generator):
        x = leaf(np.zeros(SIZE), "complex64")
        (found,) = noisy(GradientNoise([x], eta=0.5, generator=generator), [x])
        assert found.dtype == "complex64"
        assert_normal(found.real, 0.25)
        assert_normal(found.imag, 0.25)
        assert abs(np.mean(found.real * found.imag)) < 5 * 0.25 / sqrt(SIZE)

    def test_is_added_and_independent(self, generator):
        params = [leaf(np.zeros(SIZE)), leaf(np.zeros(SIZE))]
        noise = GradientNoise(params, eta=0.01, gamma=0.0, generator=generator)
        first, second = noisy(noise, params, 3.0)
        third, _ = noisy(noise, params, 3.0)
        assert_normal(first - 3, 0.01)
        for other in (second, third):
            assert abs(np.mean((first - 3) * (other - 3))) < 5 * 0.01 / sqrt(SIZE)

    def test_seeds(self):
        params = [leaf(np.zeros((2, 3))), leaf(0.0)]
        seeded = [noisy(GradientNoise(params, generator=tl.Generator(seed)), params) for seed in (7, 7, 8)]
        tl.manual_seed(7)
        seeded.append(noisy(GradientNoise(params), params))
        for a, b, c, d in zip(*seeded, strict=True):
            assert_same(a, b)
            assert_same(a, d)
            assert np.all(a != c)

    def test_going_on(self, generator):
        params = [leaf(np.zeros(3))]
        noise = GradientNoise(params, generator=generator)
        noisy(noise, params)
        other = GradientNoise(params, generator=tl.Generator(0))
        other.load_state_dict(noise.state_dict())
        other.generator.load_state_dict(generator.state_dict())
        assert_same(noisy(other, params)[0], noisy(noise, params)[0])

    def test_without_gradient_or_variance(self, generator):
        params = [leaf(np.zeros(3)), leaf(np.zeros(3))]
        params[0].grad = tensor(np.ones(3))
        noise = GradientNoise(params, eta=0.0, generator=generator)
        noise()
        assert_same(params[0].grad, np.ones(3))
        assert params[1].grad is None
        assert noise.state_dict() == {"t": 1}

    def test_before_every_step(self):
        x = leaf(np.zeros(3))
        optimizer = optim.SGD([x], lr=1.0)
        handle = optimizer.register_step_pre_hook(GradientNoise([x], generator=tl.Generator(1)))
        x.grad = tensor(np.ones(3))
        optimizer.step()
        drawn = sqrt(0.3) * host(tl.Generator(1).normal((3,), dtype="float64"))
        assert_close(x.detach(), -1 - drawn)
        handle.remove()

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda x: GradientNoise([x], eta=-1), ValueError, "eta must be a non-negative number, not -1"),
            (lambda x: GradientNoise([x], gamma=nan), ValueError, "gamma must be a non-negative number, not nan"),
            (lambda x: GradientNoise([x], eta="1"), TypeError, "eta must be a non-negative number, not '1'"),
            (lambda x: GradientNoise([x], generator=5), TypeError, "generator must be a Generator or None, not 5"),
            (lambda x: GradientNoise([]), ValueError, "GradientNoise: params is empty"),
            (lambda x: GradientNoise(x), TypeError, "GradientNoise: params must be an iterable"),
            (lambda x: GradientNoise([x]).load_state_dict({"t": 0.5}), ValueError, "one number, 't'"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(leaf(np.zeros(3)))


def network(rng):
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    for parameter in net.parameters():
        parameter.data = tensor(rng.standard_normal(parameter.shape))
    return net


def pair(make, rng):
    """Return twice the same network with an optimizer, and data for it."""
    first, second = network(rng), nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    second.load_state_dict(first.state_dict())
    data = [(tensor(rng.standard_normal((4, 3))), tensor(rng.standard_normal((4, 2)))) for _ in range(6)]
    return first, make(first.parameters()), second, make(second.parameters()), data


def step_at_once(net, optimizer, batches, before_step=lambda: None):
    optimizer.zero_grad()
    x, y = (tl.concat(parts) for parts in zip(*batches, strict=True))
    nn.functional.mse_loss(net(x), y).backward()
    before_step()
    optimizer.step()


def clipping(net):
    return lambda: nn.utils.clip_grad_norm_(net.parameters(), 0.01)


def assert_same_parameters(first, second):
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert_close(a.detach(), host(b.detach()), rtol=1e-10)


@pytest.mark.parametrize(
    "make",
    [lambda params: optim.SGD(params, lr=0.1, momentum=0.9), lambda params: optim.Adam(params, lr=0.05)],
    ids=["SGD", "Adam"],
)
class TestAccumulation:
    def test_equal_batches_are_one(self, make, rng):
        first, optimizer, second, other, data = pair(make, rng)
        accumulate, taken = GradientAccumulation(optimizer, 3), []
        for _ in range(2):
            for x, y in data:
                taken.append(accumulate.backward(nn.functional.mse_loss(first(x), y)))
            for batches in (data[:3], data[3:]):
                step_at_once(second, other, batches)
        assert taken == [False, False, True] * 4
        assert all(parameter.grad is None for parameter in first.parameters())
        assert_same_parameters(first, second)

    def test_flush_is_the_mean_of_what_was_seen(self, make, rng):
        first, optimizer, second, other, data = pair(make, rng)
        accumulate, pending = GradientAccumulation(optimizer, 4), []
        for x, y in data:
            accumulate.backward(nn.functional.mse_loss(first(x), y))
            pending.append(accumulate.pending)
        assert accumulate.flush()
        assert not accumulate.flush()
        for batches in (data[:4], data[4:]):
            step_at_once(second, other, batches)
        assert pending == [1, 2, 3, 0, 1, 2]
        assert accumulate.pending == 0
        assert_same_parameters(first, second)

    def test_clipping_before_a_step(self, make, rng):
        first, optimizer, second, other, data = pair(make, rng)
        clip, clip_other = clipping(first), clipping(second)
        accumulate = GradientAccumulation(optimizer, 3, before_step=clip)
        for x, y in data[:5]:
            accumulate.backward(nn.functional.mse_loss(first(x), y))
        accumulate.flush()
        step_at_once(second, other, data[:3], clip_other)
        step_at_once(second, other, data[3:5], clip_other)
        assert_same_parameters(first, second)


class TestRounds:
    def test_one_batch_a_step(self):
        x = leaf([1.0])
        accumulate = GradientAccumulation(optim.SGD([x], lr=0.5), 1)
        assert accumulate.backward((x * x).sum())
        assert_same(x.detach(), [0.0])

    def test_a_step_that_raises_ends_its_round(self):
        x = leaf([1.0])
        optimizer = optim.SGD([x], lr=0.5)
        optimizer.on_nonfinite = "raise"
        accumulate = GradientAccumulation(optimizer, 2)
        accumulate.backward((nan * x).sum())
        with pytest.raises(FloatingPointError):
            accumulate.backward(x.sum())
        assert accumulate.pending == 0
        assert [accumulate.backward(x.sum()) for _ in range(2)] == [False, True]
        assert_same(x.detach(), [0.5])

    def test_a_loss_that_cannot_be_differentiated_does_not_count(self):
        x = leaf([1.0, 2.0])
        accumulate = GradientAccumulation(optim.SGD([x], lr=0.5), 2)
        with pytest.raises((RuntimeError, ValueError)):
            accumulate.backward(2 * x)
        assert accumulate.pending == 0

    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (lambda o: GradientAccumulation(o, 0), ValueError, "steps must be a positive integer, not 0"),
            (lambda o: GradientAccumulation(o, 2.5), TypeError, "steps must be a positive integer, not 2.5"),
            (lambda o: GradientAccumulation(o, 2, 3), TypeError, "before_step must be callable or None, not 3"),
            (lambda o: GradientAccumulation("o", 2), TypeError, "optimizer must be an Optimizer, not 'o'"),
        ],
    )
    def test_errors(self, make, error, message):
        with pytest.raises(error, match=message):
            make(optim.SGD([leaf([1.0])], lr=0.1))
