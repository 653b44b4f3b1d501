"""Linear and kernel models against scikit-learn and closed forms."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import features
from tensorlab.models import classic

RNG = seeded("linear models")
X = RNG.standard_normal((60, 3)) + [5.0, 0.0, -2.0]
SCORES = X @ RNG.standard_normal((3, 3)) + RNG.standard_normal((60, 3))
SCORES -= SCORES.mean(0)
TARGETS, SIGNS, CLASSES = SCORES[:, :2], np.where(SCORES[:, 0] > 0, 1.0, -1.0), SCORES.argmax(1)


class TestLinearRegression:
    @pytest.mark.parametrize("targets", [TARGETS[:, 0], TARGETS], ids=["one", "two"])
    @pytest.mark.parametrize("alpha", [0.0, 2.5])
    def test_as_in_scikit_learn(self, targets, alpha):
        peers = pytest.importorskip("sklearn.linear_model")
        peer = (peers.Ridge(alpha) if alpha else peers.LinearRegression()).fit(X, targets)
        model = classic.LinearRegression(alpha).fit(tensor(X), tensor(targets))
        assert_close(model.weight, peer.coef_, rtol=1e-9)
        assert_close(model.bias, peer.intercept_, rtol=1e-9)
        assert model.score(tensor(X), tensor(targets)) == pytest.approx(peer.score(X, targets))

    def test_more_features_than_samples(self):
        x, y = X[:2], TARGETS[:2, 0]
        assert_close(classic.LinearRegression().fit(tensor(x), tensor(y)).predict(tensor(x)), y, rtol=1e-9)

    @pytest.mark.parametrize("batch_size", [10, 60])
    def test_descent_finds_the_exact_solution(self, batch_size):
        x = tensor((X - X.mean(0)) / X.std(0))
        y = x @ tensor([1.0, 2.0, -1.0]) + 0.5
        descent = classic.LinearRegression(solver="sgd", lr=0.1, epochs=300, batch_size=batch_size)
        model = descent.fit(x, y)
        assert_close(model.weight, [1, 2, -1], rtol=1e-6)
        assert_close(model.bias, 0.5, rtol=1e-6)

    def test_descent_with_a_penalty(self):
        x, y = tensor((X - X.mean(0)) / X.std(0)), tensor(TARGETS)
        exact = classic.LinearRegression(20.0).fit(x, y)
        model = classic.LinearRegression(20.0, solver="sgd", lr=0.2, epochs=300, batch_size=60).fit(x, y)
        assert_close(model.weight, host(exact.weight), rtol=1e-6)


class TestLogisticRegression:
    @pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
    def test_as_in_scikit_learn(self, alpha):
        peers = pytest.importorskip("sklearn.linear_model")
        peer = peers.LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10000).fit(X, SIGNS)
        model = classic.LogisticRegression(alpha).fit(tensor(X), tensor(SIGNS))
        assert_close(model.weight, peer.coef_[0], rtol=1e-4)
        assert_close(model.predict_proba(tensor(X)), peer.predict_proba(X)[:, 1], rtol=1e-4)
        assert_same(model.predict(tensor(X)), peer.predict(X))

    @pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
    def test_softmax_as_in_scikit_learn(self, alpha):
        peers = pytest.importorskip("sklearn.linear_model")
        peer = peers.LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10000).fit(X, CLASSES)
        model = classic.SoftmaxRegression(alpha).fit(tensor(X), tensor(CLASSES))
        assert_close(model.weight, peer.coef_, rtol=1e-4)
        assert_close(model.predict_proba(tensor(X)), peer.predict_proba(X), rtol=1e-4)
        assert_same(model.predict(tensor(X)), peer.predict(X))

    def test_two_classes_are_one_problem(self):
        """The softmax of two classes divides the weights between them, and so halves the penalty."""
        y = (SIGNS > 0).astype("int64")
        binary = classic.LogisticRegression(1.0).fit(tensor(X), tensor(SIGNS))
        both = classic.SoftmaxRegression(2.0).fit(tensor(X), tensor(y))
        assert_close(both.predict_proba(tensor(X))[:, 1], host(binary.predict_proba(tensor(X))), rtol=1e-8)

    @pytest.mark.parametrize(
        ("cls", "y"), [(classic.LogisticRegression, SIGNS), (classic.SoftmaxRegression, CLASSES)], ids=["±1", "classes"]
    )
    def test_descent_finds_the_exact_solution(self, cls, y):
        x, y = tensor((X - X.mean(0)) / X.std(0)), tensor(y)
        exact = cls(20.0).fit(x, y)
        model = cls(20.0, solver="sgd", lr=0.3, epochs=300, batch_size=60).fit(x, y)
        assert_close(model.weight, host(exact.weight), rtol=1e-4)
        assert model.score(x, y) == exact.score(x, y) > 0.8

    def test_separable_classes_without_a_penalty(self):
        x, y = tl.tensor([[0.0], [1.0], [2.0], [3.0]]), tl.tensor([-1.0, -1.0, 1.0, 1.0])
        model = classic.LogisticRegression().fit(x, y)
        assert tl.isfinite(model.weight).all() and model.score(x, y) == 1


class TestKernelRidge:
    @pytest.mark.parametrize("targets", [TARGETS[:, 0], TARGETS], ids=["one", "two"])
    def test_as_in_scikit_learn(self, targets):
        peers = pytest.importorskip("sklearn.kernel_ridge")
        peer = peers.KernelRidge(alpha=0.5, kernel="rbf", gamma=1 / 3).fit(X, targets)
        model = classic.KernelRidge(0.5).fit(tensor(X), tensor(targets))
        assert_close(model.predict(tensor(X + 0.1)), peer.predict(X + 0.1), rtol=1e-8)

    def test_with_the_linear_kernel_it_is_ridge_regression(self):
        x, y = tensor(X - X.mean(0)), tensor(TARGETS[:, 0] - TARGETS[:, 0].mean())
        dual = classic.KernelRidge(0.5, features.linear_kernel).fit(x, y)
        assert_close(dual.predict(x), host(classic.LinearRegression(0.5).fit(x, y).predict(x)), rtol=1e-9)


class TestRBFNetwork:
    def test_all_samples_as_centres_interpolate(self):
        model = classic.RBFNetwork(60, gamma=0.5, alpha=0.0).fit(tensor(X), tensor(TARGETS))
        assert_close(model.predict(tensor(X)), TARGETS, rtol=1e-4)

    def test_the_output_layer_is_ridge_regression(self):
        model = classic.RBFNetwork(8, alpha=0.1, generator=tl.Generator(3)).fit(tensor(X), tensor(TARGETS))
        bumps = features.rbf_kernel(tensor(X), model.features.centers, 1.0)
        assert_close(model(tensor(X)), host(classic.LinearRegression(0.1).fit(bumps, tensor(TARGETS))(bumps)))
        again = classic.RBFNetwork(8, alpha=0.1, generator=tl.Generator(3)).fit(tensor(X), tensor(TARGETS))
        assert_same(again.features.centers, host(model.features.centers))

    def test_too_many_centres(self):
        with pytest.raises(ValueError, match="fit: n_centers must be at most the number of samples, 60, not 61"):
            classic.RBFNetwork(61).fit(tensor(X), tensor(TARGETS))


class TestNeighbours:
    @pytest.mark.parametrize("k", [1, 3, 7])
    def test_as_in_scikit_learn(self, k):
        peers = pytest.importorskip("sklearn.neighbors")
        peer = peers.KNeighborsClassifier(k).fit(X, CLASSES)
        model = classic.KNeighborsClassifier(k).fit(tensor(X), tensor(CLASSES))
        queries = X + 0.2 * seeded("queries").standard_normal(X.shape)
        assert_close(model(tensor(queries)), peer.predict_proba(queries))
        assert_same(model.predict(tensor(queries)), peer.predict(queries))

    def test_too_few_templates(self):
        with pytest.raises(ValueError, match="fit: n_neighbors must be at most the number of samples, 60, not 61"):
            classic.KNeighborsClassifier(61).fit(tensor(X), tensor(CLASSES))


@pytest.mark.parametrize(
    "model",
    [
        classic.LinearRegression(),
        classic.LogisticRegression(),
        classic.SoftmaxRegression(),
        classic.KernelRidge(),
        classic.RBFNetwork(2),
        classic.KNeighborsClassifier(1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_wrong_samples(model):
    with pytest.raises(RuntimeError, match=f"{type(model).__name__}: call fit before"):
        model.predict(tl.ones(3, 2))
    y = tl.tensor([0, 1, 1])
    y = y if isinstance(model, classic.SoftmaxRegression | classic.KNeighborsClassifier) else 2.0 * y - 1
    with pytest.raises(tl.ShapeError, match="fit: y must have an entry for each sample"):
        model.fit(tl.ones(4, 2), y)
    assert model.fit(tl.ones(3, 2), y).predict(tl.ones(3, 2)).shape == (3,)
