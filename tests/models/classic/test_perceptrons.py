"""Perceptrons, ADALINE and boosting against their theorems and plain NumPy."""

import math
from functools import partial

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import features
from tensorlab.models import classic


def separated(n=40, d=3, margin=0.3, seed=0):
    """Return points on both sides of a plane, with a gap between."""
    rng = seeded("separated", seed)
    normal = rng.standard_normal(d)
    normal /= np.linalg.norm(normal)
    x = rng.standard_normal((4 * n, d))
    x = x[abs(x @ normal - 0.2) > margin][:n]
    return x, np.sign(x @ normal - 0.2), normal


def noisy(n=60, d=2, seed=0):
    rng = seeded("noisy", seed)
    x = rng.standard_normal((n, d))
    return x, np.where(x[:, 0] ** 2 + x[:, 1] + 0.3 * rng.standard_normal(n) > 0.5, 1.0, -1.0)


def rosenblatt(x, y, epochs, lr=1.0):
    """The perceptron's rule, one sample at a time."""
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, 0
    for _ in range(epochs):
        before = mistakes
        for xi, yi in zip(x, y):
            if yi * (w @ xi + b) <= 0:
                w, b, mistakes = w + lr * yi * xi, b + lr * yi, mistakes + 1
        if mistakes == before:
            break
    return w, b, mistakes


@pytest.mark.parametrize(("data", "epochs", "lr"), [(separated()[:2], 1000, 1.0), (noisy(), 5, 0.25)])
def test_the_perceptron_rule(data, epochs, lr):
    model = classic.Perceptron(lr, epochs).fit(*map(tensor, data))
    w, b, mistakes = rosenblatt(*data, epochs, lr)
    assert_close(model.weight, w)
    assert_close(model.bias, b)
    assert model.mistakes == mistakes


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_of_mistakes_holds(seed):
    x, y, normal = separated(seed=seed)
    model = classic.Perceptron().fit(tensor(x), tensor(y))
    assert model.converged and model.score(tensor(x), tensor(y)) == 1
    bound = classic.perceptron_bound(tensor(x), tensor(y), tensor(normal), -0.2)
    longest = np.sqrt((x**2).sum(1).max() + 1)
    assert bound == pytest.approx((longest * math.hypot(1, 0.2) / (y * (x @ normal - 0.2)).min()) ** 2)
    assert model.mistakes <= bound
    assert classic.perceptron_bound(tensor(x), tensor(y), model.weight, model.bias) >= model.mistakes
    assert classic.perceptron_bound(tensor(x), tensor(-y), tensor(normal), -0.2) == math.inf


def test_the_pocket_keeps_the_best_weights_after_any_update():
    x, y = noisy(seed=3)
    theta, longer = np.zeros(3), np.hstack([x, np.ones((len(x), 1))])
    scores = []
    for _ in range(8):
        for sample, label in zip(longer, y):
            if label * (sample @ theta) <= 0:
                theta = theta + label * sample
                scores.append((y * (longer @ theta) > 0).mean())
    model = classic.Perceptron(max_epochs=8, pocket=True).fit(tensor(x), tensor(y))
    assert model.mistakes == len(scores)
    assert model.score(tensor(x), tensor(y)) == max(scores)


def test_the_kernel_perceptron_is_a_perceptron_of_the_kernels_features():
    x, y = noisy()
    kernel = partial(features.polynomial_kernel, degree=2, gamma=1.0)
    dual = classic.KernelPerceptron(kernel, max_epochs=300).fit(tensor(x), tensor(y))
    root = np.sqrt(2)
    mapped = np.stack([root * x[:, 0], root * x[:, 1], x[:, 0] ** 2, x[:, 1] ** 2, root * x[:, 0] * x[:, 1]], axis=1)
    primal = classic.Perceptron(max_epochs=300).fit(tensor(mapped), tensor(y))
    assert dual.mistakes == primal.mistakes
    assert_close(dual(tensor(x)), host(primal(tensor(mapped))), rtol=1e-9)


def test_adaline_converges_to_least_squares():
    x, y = noisy(40)
    ones = np.hstack([x, np.ones((40, 1))])
    expected = np.linalg.lstsq(ones, y, rcond=None)[0]
    model = classic.ADALINE(lr=1e-3, epochs=100, generator=tl.Generator(0)).fit(tensor(x), tensor(y))
    assert_close(tl.concat([model.weight, model.bias[None]]), expected, rtol=0.05)
    step = classic.ADALINE(lr=0.1, epochs=1).fit(tensor(x[:1]), tensor(y[:1]))
    assert_close(step.weight, 0.1 * y[0] * x[0])


class TestStumps:
    @pytest.mark.parametrize("seed", range(4))
    def test_the_best_of_all_rules(self, seed):
        rng = seeded("stump", seed)
        x = rng.integers(0, 4, (15, 3)) * 1.0
        y = rng.choice([-1.0, 1.0], 15)
        w = rng.uniform(size=15)
        w /= w.sum()
        stump = classic.DecisionStump().fit(tensor(x), tensor(y), tensor(w))
        found = (w * (host(stump.predict(tensor(x))) != y)).sum()
        rules = [np.where(x[:, j] > t, p, -p) for j in range(3) for t in (-1, 0.5, 1.5, 2.5) for p in (-1, 1)]
        assert found == pytest.approx(min((w * (rule != y)).sum() for rule in rules))

    def test_equal_samples(self):
        stump = classic.DecisionStump().fit(tl.ones(3, 2), tl.tensor([1.0, -1.0, -1.0]))
        assert (stump.predict(tl.ones(3, 2)) == -1).all()


LEARNERS = {"stumps": classic.DecisionStump, "perceptrons": lambda: classic.Perceptron(max_epochs=10, pocket=True)}


class TestAdaBoost:
    @pytest.mark.parametrize("learner", LEARNERS)
    def test_the_error_bound_holds_in_every_round(self, learner):
        x, y = map(tensor, noisy(80, seed=2))
        model = classic.AdaBoost(15, LEARNERS[learner]).fit(x, y)
        errors = (tl.sign(model.staged(x)) != y).astype("float64").mean(axis=1)
        assert (errors <= model.bounds()).all()
        assert model.score(x, y) > model.learners[0].score(x, y)

    def test_as_in_scikit_learn(self):
        ensemble, tree = pytest.importorskip("sklearn.ensemble"), pytest.importorskip("sklearn.tree")
        x, y = noisy(50, seed=5)
        weights = np.full(50, 1 / 50)
        model = classic.AdaBoost(8).fit(tensor(x), tensor(y))
        peer = ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=1), n_estimators=8).fit(x, y)
        assert model.errors[0].item() == pytest.approx(peer.estimator_errors_[0])
        for learner, vote in zip(model.learners, host(model.votes)):
            correct = y * host(learner.predict(tensor(x)))
            error = weights[correct < 0].sum()
            assert vote == pytest.approx(np.log((1 - error) / error) / 2)
            weights = weights * np.exp(-vote * correct)
            weights /= weights.sum()

    def test_it_stops_when_a_learner_makes_no_error(self):
        model = classic.AdaBoost().fit(tl.tensor([[0.0], [1.0]]), tl.tensor([-1.0, 1.0]))
        assert len(model.learners) == 1 and model.bounds().tolist() == [0.0]


MODELS = [classic.Perceptron, classic.ADALINE, classic.KernelPerceptron, classic.DecisionStump, classic.AdaBoost]


@pytest.mark.parametrize("model", MODELS)
def test_wrong_samples(model):
    x, y = tl.ones(3, 2), tl.tensor([1.0, -1.0, 1.0])
    with pytest.raises(RuntimeError, match=f"{model.__name__}: call fit before"):
        model()(x)
    with pytest.raises(ValueError, match="fit: y must have the labels -1 and 1"):
        model().fit(x, y + 1)
    with pytest.raises(tl.ShapeError, match=r"fit: y must have an entry for each sample, shape \(3,\), not \(2,\)"):
        model().fit(x, y[:2])
    with pytest.raises(tl.ShapeError, match=r"fit: x must be a matrix of samples"):
        model().fit(y, y)
    assert model().fit(x, y).predict(x).shape == (3,)
    assert all(not value.requires_grad for value in model().fit(x, y).state_dict().values())
