"""Markov chains, Hopfield networks and Boltzmann machines against enumeration and their theorems."""

from itertools import product

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab.models import classic


class TestMarkovChain:
    P = np.array([[0.5, 0.4, 0.1], [0.2, 0.6, 0.2], [0.0, 0.3, 0.7]])

    def test_counts(self):
        chain = classic.MarkovChain().fit(tl.tensor([[0, 1, 1, 0], [1, 0, 0, 1]]), n_states=3)
        assert_close(chain.transition, [[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0], [1 / 3] * 3], rtol=1e-6)
        assert_close(chain.initial, [0.5, 0.5, 0], rtol=1e-6)
        chain = classic.MarkovChain(smoothing=1.0).fit(tl.tensor([0, 1, 1, 0]))
        assert_close(chain.transition, [[1 / 3, 2 / 3], [1 / 2, 1 / 2]], rtol=1e-6)

    def test_the_stationary_distribution(self):
        chain = classic.MarkovChain(tensor(self.P))
        pi = host(chain.stationary())
        np.testing.assert_allclose(pi @ self.P, pi, rtol=1e-12)
        assert pi.sum() == pytest.approx(1)
        np.testing.assert_allclose(np.linalg.matrix_power(self.P, 200)[0], pi, rtol=1e-10)
        periodic = classic.MarkovChain(tensor([[0.0, 1.0], [1.0, 0.0]]))
        assert_close(periodic.stationary(), [0.5, 0.5])

    def test_samples_follow_the_chain(self):
        chain = classic.MarkovChain(tensor(self.P), tensor([1.0, 0.0, 0.0]))
        states = chain.sample(300, 40, generator=tl.Generator(0))
        assert states.shape == (40, 300) and (states[:, 0] == 0).all()
        assert_close(classic.MarkovChain().fit(states).transition, self.P, rtol=0.03)
        assert_same(states, host(chain.sample(300, 40, generator=tl.Generator(0))))

    def test_log_probabilities_add_up_to_one(self):
        chain = classic.MarkovChain(tensor(self.P), tensor([0.2, 0.3, 0.5]))
        sequences = np.array(list(product(range(3), repeat=4)))
        assert_close(chain.log_prob(tensor(sequences)).exp().sum(), 1.0)
        assert_close(chain.log_prob(tensor([2, 2, 1])), np.log(0.5 * 0.7 * 0.3))

    def test_wrong_arguments(self):
        with pytest.raises(tl.ShapeError, match="MarkovChain: transition must be a square matrix"):
            classic.MarkovChain(tl.ones(2, 3))
        with pytest.raises(tl.ShapeError, match=r"MarkovChain: initial must have shape \(2,\)"):
            classic.MarkovChain(tl.ones(2, 2), tl.ones(3))
        with pytest.raises(ValueError, match="fit: x must have states from 0 to 1"):
            classic.MarkovChain().fit(tl.tensor([0, 2]), n_states=2)
        with pytest.raises(RuntimeError, match="MarkovChain: call fit before"):
            classic.MarkovChain().stationary()


def signs(*shape, seed=0):
    return seeded("signs", seed).choice([-1.0, 1.0], shape)


class TestHopfield:
    def test_hebbs_rule(self):
        x = signs(3, 20)
        weight = x.T @ x / 20
        np.fill_diagonal(weight, 0)
        assert_close(classic.HopfieldNetwork().fit(tensor(x)).weight, weight)

    @pytest.mark.parametrize(("rule", "count"), [("hebb", 3), ("pseudo-inverse", 20)])
    def test_patterns_are_fixed_points_and_are_restored(self, rule, count):
        x = signs(count, 50, seed=1)
        model = classic.HopfieldNetwork(rule, generator=tl.Generator(0)).fit(tensor(x))
        assert_same(model.predict(tensor(x)), x)
        noisy = x.copy()
        noisy[:, 0] *= -1
        assert_same(model.predict(tensor(noisy)), x)

    @pytest.mark.parametrize("rule", ["hebb", "pseudo-inverse"])
    def test_the_energy_never_rises(self, rule):
        model = classic.HopfieldNetwork(rule, generator=tl.Generator(0)).fit(tensor(signs(8, 30)))
        states = model.trajectory(tensor(signs(20, 30, seed=9)))
        energies = host(model.energy(states))
        assert (np.diff(energies, axis=0) <= 1e-12).all() and energies[-1].mean() < energies[0].mean()
        assert_same(states[-1], host(states[-2]))
        weight, last = host(model.weight), host(states[-1])
        assert (last * (last @ weight) >= -1e-12).all()
        np.testing.assert_allclose(energies[-1], -0.5 * np.einsum("mi,ij,mj->m", last, weight, last), rtol=1e-12)

    def test_other_patterns(self):
        with pytest.raises(ValueError, match="fit: x must have patterns of -1 and 1"):
            classic.HopfieldNetwork().fit(tl.zeros(2, 3))


BITS = np.array(list(product([0.0, 1.0], repeat=3)))


def boltzmann(hidden=0, **options):
    """Return a machine of three visible units with random weights of float64."""
    rng = seeded("boltzmann", hidden)
    model = classic.BoltzmannMachine(3, hidden, generator=tl.Generator(1), **options).double()
    weight = rng.standard_normal((3 + hidden, 3 + hidden))
    model.weight = tensor(np.tril(weight, -1) + np.tril(weight, -1).T)
    model.bias = tensor(rng.standard_normal(3 + hidden))
    return model


class TestBoltzmannMachine:
    @pytest.mark.parametrize("hidden", [0, 2])
    def test_probabilities_by_enumeration(self, hidden):
        model = boltzmann(hidden)
        w, b = host(model.weight), host(model.bias)
        states = np.array(list(product([0.0, 1.0], repeat=3 + hidden)))
        p = np.exp(0.5 * np.einsum("mi,ij,mj->m", states, w, states) + states @ b)
        assert_close(model.log_partition(), np.log(p.sum()))
        expected = p.reshape(8, -1).sum(1) / p.sum()
        assert_close(model.log_prob(tensor(BITS)).exp(), expected)

    def test_gibbs_samples_follow_the_distribution(self):
        model = boltzmann()
        states = model.gibbs(tl.zeros(4000, 3, dtype="float64"), sweeps=30)
        counts = np.bincount((host(states) @ [4, 2, 1]).astype(int), minlength=8) / 4000
        np.testing.assert_allclose(counts, host(model.log_prob(tensor(BITS)).exp()), atol=0.025)
        clamped = model.gibbs(tl.ones(50, 3, dtype="float64"), clamped=2)
        assert (clamped[:, :2] == 1).all()

    @pytest.mark.parametrize("hidden", [0, 2])
    def test_learning_follows_the_gradient_of_the_likelihood(self, hidden):
        x = tensor(BITS[[0, 3, 3, 6, 7]])
        model = boltzmann(hidden, lr=1e-3, steps=1)
        weight, bias = model.weight + 0, model.bias + 0
        for value in (model.weight, model.bias):
            value.requires_grad_()
        model.log_prob(x).mean().backward()
        gradients = model.weight.grad, model.bias.grad
        model.fit(x)
        # Each connection is two elements of the matrix, and moves by the derivative by both.
        off_diagonal = 1 - np.eye(3 + hidden)
        assert_close((model.weight - weight) / 1e-3, host(gradients[0] + gradients[0].mT) * off_diagonal, rtol=1e-9)
        assert_close((model.bias - bias) / 1e-3, host(gradients[1]), rtol=1e-9)

    def test_hidden_units_learn_parity(self):
        """Three visible units alone have pairwise correlations only, which parity has not."""
        even = tl.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
        found = {}
        for hidden in (0, 2):
            model = boltzmann(hidden, lr=1.0, steps=1000).fit(even.double())
            found[hidden] = model.log_prob(even.double()).mean().item()
        assert found[0] == pytest.approx(np.log(1 / 8), abs=1e-3)
        assert found[2] > np.log(1 / 4) - 0.1

    @pytest.mark.slow
    def test_learning_by_samples(self):
        x = tl.tensor([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]] * 50)
        model = classic.BoltzmannMachine(3, method="gibbs", lr=0.05, steps=400, generator=tl.Generator(0)).fit(x)
        assert model.log_prob(x).mean().item() > np.log(0.5) - 0.3

    def test_too_many_units(self):
        with pytest.raises(ValueError, match="the states of 30 units are too many to enumerate"):
            classic.BoltzmannMachine(30).log_partition()


def machine(cls=classic.RBM, visible=4, hidden=3, **options):
    """Return a machine with random parameters of float64."""
    rng = seeded("rbm", visible)
    model = cls(visible, hidden, generator=tl.Generator(1), **options).double()
    for parameter in model.parameters():
        parameter.data = tensor(0.7 * rng.standard_normal(parameter.shape))
    return model


V = np.array(list(product([0.0, 1.0], repeat=4)))


class TestRBM:
    def test_probabilities_by_enumeration(self):
        model = machine()
        w, b, c = (host(p.detach()) for p in (model.weight, model.visible_bias, model.hidden_bias))
        h = np.array(list(product([0.0, 1.0], repeat=3)))
        p = np.exp(V @ w.T @ h.T + (V @ b)[:, None] + h @ c)
        assert_close(model.free_energy(tensor(V)).detach(), -np.log(p.sum(1)))
        assert_close(model.log_prob(tensor(V)).detach().exp(), p.sum(1) / p.sum())
        assert_close(model.transform(tensor(V)).detach(), p @ h / p.sum(1, keepdims=True))

    def test_with_exact_samples_contrastive_divergence_is_the_gradient_of_the_likelihood(self):
        model, x = machine(), tensor(V[[1, 4, 4, 9]])
        (-model.log_prob(x).mean()).backward()
        exact = {name: host(p.grad) for name, p in model.named_parameters()}
        model.zero_grad()
        probabilities = model.log_prob(tensor(V)).exp().detach()
        (model.free_energy(x).mean() - (probabilities * model.free_energy(tensor(V))).sum()).backward()
        for name, parameter in model.named_parameters():
            assert_close(parameter.grad, exact[name], rtol=1e-9)

    def test_the_step_of_contrastive_divergence(self):
        model, x = machine(), tensor(V[[1, 4, 4, 9]])
        negative = model.gibbs(x, 2)
        model.contrastive_divergence(x, negative).backward()
        h, k = model.transform(x), model.transform(negative)
        assert_close(model.weight.grad, host((k.mT @ negative - h.mT @ x).detach() / 4))
        assert_close(model.visible_bias.grad, host(negative.mean(axis=0) - x.mean(axis=0)))
        assert_close(model.hidden_bias.grad, host((k.mean(axis=0) - h.mean(axis=0)).detach()))

    def test_gibbs_samples_follow_the_distribution(self):
        model = machine()
        v = host(model.gibbs(tl.zeros(4000, 4, dtype="float64"), 50))
        counts = np.bincount((v @ [8, 4, 2, 1]).astype(int), minlength=16) / 4000
        np.testing.assert_allclose(counts, host(model.log_prob(tensor(V)).detach().exp()), atol=0.025)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "options", [{"k": 1}, {"k": 5, "epochs": 200}, {"persistent": True, "k": 2, "lr": 0.1, "epochs": 1000}]
    )
    def test_it_learns(self, options):
        x = tl.tensor([[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]] * 16)
        options = {"lr": 0.5, "epochs": 300, **options}
        model = classic.RBM(4, 3, generator=tl.Generator(0), **options).fit(x)
        assert model.log_prob(x).mean().item() > np.log(0.5) - 0.5

    def test_the_seed(self):
        x = tensor(V, "float32")
        first, second = (classic.RBM(4, 3, generator=tl.Generator(7)).fit(x).weight.detach() for _ in range(2))
        assert_same(first, host(second))


class TestGaussianRBM:
    def test_the_density_integrates_to_one(self):
        model = machine(classic.GaussianRBM, visible=1)
        v = np.linspace(-12, 12, 2001)[:, None]
        assert_close(
            tl.trapezoid(model.log_prob(tensor(v)).detach().exp(), dx=float(v[1, 0] - v[0, 0])), 1.0, rtol=1e-9
        )

    def test_it_is_a_mixture_of_gaussians(self):
        model = machine(classic.GaussianRBM, visible=2)
        w, b, c = (host(p.detach()) for p in (model.weight, model.visible_bias, model.hidden_bias))
        h = np.array(list(product([0.0, 1.0], repeat=3)))
        means = b + h @ w
        weights = np.exp(h @ c + 0.5 * (means**2).sum(1) - 0.5 * (b**2).sum())
        v = seeded("v").standard_normal((5, 2))
        densities = np.exp(-0.5 * ((v[:, None] - means) ** 2).sum(-1)) / (2 * np.pi)
        assert_close(model.log_prob(tensor(v)).detach().exp(), densities @ weights / weights.sum(), rtol=1e-9)

    def test_it_learns_two_clusters(self):
        rng = seeded("clusters")
        x = rng.choice([-3.0, 3.0], (200, 1)) * [1, -1] + rng.standard_normal((200, 2))
        model = classic.GaussianRBM(2, 3, lr=0.05, epochs=60, generator=tl.Generator(0))
        before = model.log_prob(tensor(x, "float32")).mean()
        assert model.fit(tensor(x, "float32")).log_prob(tensor(x, "float32")).mean() > before + 1
