"""Mixtures of experts beside one token at a time in NumPy."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, draws, host, leaf, tensor

import tensorlab as tl
from tensorlab import models, nn, optim


def layer_of(**options):
    tl.manual_seed(0)
    return models.MixtureOfExperts(4, 6, **{"num_experts": 5, **options}).double()


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_hand(layer, x, capacity=None):
    """Return the outputs for tokens (n, 4), token by token in order; experts that are full give nothing."""
    w = {name: host(p.detach()) for name, p in layer.named_parameters()}
    probabilities = softmax(x @ w["gate.weight"].T)
    busy, out = np.zeros(layer.num_experts, int), np.zeros_like(x)
    for i, p in enumerate(probabilities):
        chosen = np.argsort(-p, kind="stable")[: layer.top_k]
        weights = p[chosen] / (p[chosen].sum() if layer.top_k > 1 else 1)
        for expert, weight in zip(chosen, weights, strict=True):
            busy[expert] += 1
            if capacity is None or busy[expert] <= capacity:
                hidden = np.maximum(x[i] @ w["up"][expert] + w["up_bias"][expert], 0)
                out[i] += weight * (hidden @ w["down"][expert] + w["down_bias"][expert])
    return out, busy


class TestOutputs:
    @pytest.mark.parametrize("top_k", [1, 2, 5])
    def test_token_by_token(self, top_k):
        layer, x = layer_of(top_k=top_k), draws(3, 7, 4)
        expected, _ = by_hand(layer, x.reshape(-1, 4))
        assert_close(layer(tensor(x)).detach(), expected.reshape(x.shape), rtol=1e-9)

    @pytest.mark.parametrize(("top_k", "factor"), [(1, 1.0), (2, 1.0), (2, 0.5), (1, 0.75)])
    def test_capacity(self, top_k, factor):
        layer, x = layer_of(top_k=top_k, capacity_factor=factor), draws(30, 4)
        capacity = int(np.ceil(factor * top_k * 30 / 5))
        expected, busy = by_hand(layer, x, capacity)
        assert busy.max() > capacity
        assert_close(layer(tensor(x)).detach(), expected, rtol=1e-9)

    def test_more_capacity_than_needed_changes_nothing(self):
        layer, x = layer_of(top_k=2), tensor(draws(30, 4))
        roomy = layer_of(top_k=2, capacity_factor=50.0)
        assert_same(layer(x).detach(), host(roomy(x).detach()))

    def test_one_token(self):
        layer, x = layer_of(), draws(4)
        assert_close(layer(tensor(x)).detach(), by_hand(layer, x[None])[0][0], rtol=1e-9)

    def test_gradients(self):
        layer = layer_of(top_k=2, activation="gelu")
        tl.check_gradients(layer, (leaf(draws(6, 4)),))

    def test_experts_that_are_not_chosen_get_no_gradient(self):
        layer, x = layer_of(top_k=2), tensor(draws(2, 4))
        layer(x).square().sum().backward()
        chosen = set(host(layer.route(x).experts).ravel().tolist())
        assert len(chosen) < 5
        for parameter in (layer.up, layer.down, layer.down_bias):
            used = {i for i in range(5) if host(parameter.grad)[i].any()}
            assert used == chosen

    @pytest.mark.parametrize("top_k", [1, 2])
    def test_the_gate_learns(self, top_k):
        layer = layer_of(top_k=top_k)
        layer(tensor(draws(6, 4))).sum().backward()
        assert abs(host(layer.gate.weight.grad)).max() > 1e-3

    def test_noise_only_in_training(self):
        layer, x = layer_of(noisy_gate=True, generator=tl.Generator(0)), tensor(draws(9, 4))
        a, b = (host(layer.route(x).probabilities.detach()) for _ in range(2))
        assert abs(a - b).max() > 1e-3
        layer.eval()
        expected = softmax(draws(9, 4) @ host(layer.gate.weight.detach()).T)
        assert_close(layer.route(x).probabilities.detach(), expected, rtol=1e-9)


class TestBalancingLoss:
    def test_formula(self):
        layer, x = layer_of(top_k=2), draws(20, 4)
        layer(tensor(x))
        _, busy = by_hand(layer, x)
        probabilities = softmax(x @ host(layer.gate.weight.detach()).T)
        expected = 5 * (busy / 40 * probabilities.mean(axis=0)).sum()
        assert_close(layer.balancing_loss.detach(), expected, rtol=1e-9)

    def test_extremes(self):
        even = tensor(np.full((6, 3), 1 / 3))
        assert_close(models.load_balancing_loss(even, tensor([0, 1, 2, 0, 1, 2])), 1.0)
        one = tensor(np.eye(3)[[1, 1, 1, 1]])
        assert_close(models.load_balancing_loss(one, tensor([1, 1, 1, 1])), 3.0)

    def test_of_a_model_it_is_the_mean(self):
        model = nn.Sequential(layer_of(), nn.Tanh(), layer_of(top_k=1))
        model(tensor(draws(9, 4)))
        expected = (model[0].balancing_loss.item() + model[2].balancing_loss.item()) / 2
        assert models.balancing_loss(model).item() == pytest.approx(expected)
        with pytest.raises(ValueError, match="balancing_loss: model must have mixtures of experts"):
            models.balancing_loss(nn.Linear(2, 2))

    def test_only_training_changes_it(self):
        layer = layer_of()
        layer.eval()(tensor(draws(9, 4)))
        assert layer.balancing_loss is None

    def test_models_can_be_copied_after_a_call(self):
        layer = layer_of()
        layer(tensor(draws(9, 4)))
        twin = copy.deepcopy(layer)
        assert twin.balancing_loss is None and layer.balancing_loss is not None
        assert_same(twin(tensor(draws(2, 4))).detach(), host(layer(tensor(draws(2, 4))).detach()))

    def test_it_makes_experts_equally_busy(self):
        layer, x = layer_of(num_experts=4, top_k=1), tensor(draws(200, 4) + 1.0)
        layer.gate.weight.data = tensor(np.array([[1.0] * 4, [0.1] * 4, [0.0] * 4, [0.0] * 4]) + draws(4, 4) * 0.1)
        optimizer = optim.Adam(layer.gate.parameters(), lr=0.05)
        layer(x)
        before = layer.balancing_loss.item()
        for _ in range(60):
            layer(x)
            optimizer.zero_grad()
            layer.balancing_loss.backward()
            optimizer.step()
        layer(x)
        assert before > 1.8
        assert layer.balancing_loss.item() < 1.25


class TestLanguageModel:
    def test_parameters(self):
        model = models.GPT2(11, 8, 6, 2, 2, num_experts=3, num_experts_per_tok=2)
        plain = models.GPT2(11, 8, 6, 2, 2)
        count = [sum(p.size for p in m.parameters()) for m in (model, plain)]
        feedforward = 2 * 6 * 24 + 24 + 6
        assert count[0] - count[1] == 2 * (2 * feedforward + 3 * 6)

    def test_cached_generation(self):
        model = models.GPT2(11, 8, 6, 2, 2, num_experts=3).double()
        prompt = tensor(np.array([[1, 2, 3], [4, 5, 6]]))
        assert_same(model.generate(prompt, 5), host(model.generate(prompt, 5, use_cache=False)))

    def test_initial_weights(self):
        mixture = models.GPT2(11, 8, 32, 8, 2, num_experts=4).h[0].mlp
        assert host(mixture.up.detach()).std() == pytest.approx(0.02, rel=0.1)
        assert host(mixture.down.detach()).std() == pytest.approx(0.005, rel=0.1)
        assert not bool(mixture.up_bias.any())


def test_refused():
    with pytest.raises(ValueError, match="top_k must be at most num_experts=2, not 3"):
        models.MixtureOfExperts(4, 8, 2, 3)
    with pytest.raises(ValueError, match="num_experts_per_tok must be at most num_experts=1, not 2"):
        models.GPT2(5, num_experts=1)
    with pytest.raises(tl.ShapeError, match=r"x must have shape \(..., 4\)"):
        layer_of()(tl.ones(3, 5))
