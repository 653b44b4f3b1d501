"""Distributions over vectors and categories, and those made of others."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor
from known_distributions import drawn, integral
from scipy import stats

import tensorlab as tl
from tensorlab import distributions as D

LOC = seeded("loc").normal(size=(2, 3))
FACTOR = np.tril(seeded("factor").normal(size=(3, 3)), -1) + np.diag([0.7, 1.2, 1.5])
COVARIANCE = FACTOR @ FACTOR.T
PROBS = seeded("probs").dirichlet(np.ones(4), 2)


class TestMultivariateNormal:
    forms = {
        "covariance_matrix": COVARIANCE,
        "precision_matrix": np.linalg.inv(COVARIANCE),
        "scale_tril": FACTOR,
    }

    @pytest.mark.parametrize("form", forms)
    def test_all_forms_are_one_distribution(self, form):
        ours = D.MultivariateNormal(tensor(LOC), **{form: tensor(self.forms[form])})
        for name, matrix in self.forms.items():
            assert_close(getattr(ours, name), np.broadcast_to(matrix, (2, 3, 3)), rtol=1e-9)
        value = seeded("value").normal(size=(5, 2, 3))
        scipy = [stats.multivariate_normal(m, COVARIANCE) for m in LOC]
        expected = np.stack([s.logpdf(value[:, i]) for i, s in enumerate(scipy)], axis=-1)
        assert_close(ours.log_prob(tensor(value)), expected, rtol=1e-10)
        assert_close(ours.entropy(), np.full(2, scipy[0].entropy()), rtol=1e-10)
        assert_close(ours.variance, np.broadcast_to(np.diag(COVARIANCE), (2, 3)), rtol=1e-9)

    @pytest.mark.parametrize("form", forms)
    def test_gradients(self, form):
        value = tensor(seeded("value").normal(size=3))
        matrix = self.forms[form]

        def of(loc, m):
            m = tl.tril(m) if form == "scale_tril" else 0.5 * (m + m.mT)
            ours = D.MultivariateNormal(loc, **{form: m})
            return ours.log_prob(value), ours.entropy(), ours.rsample(generator=tl.Generator(0))

        tl.check_gradients(of, (tensor(LOC), tensor(matrix)))

    def test_many_and_few_values(self):
        """Both ways to solve with the factor."""
        ours = D.MultivariateNormal(tensor(LOC), scale_tril=tensor(FACTOR))
        value = tensor(seeded("many").normal(size=(50, 2, 3)))
        expected = np.stack([host(ours.log_prob(x)) for x in value])
        assert_close(ours.log_prob(value), expected, rtol=1e-10)

    def test_samples(self):
        sample = drawn(D.MultivariateNormal(tensor(LOC[0]), tensor(COVARIANCE)), 20_000)
        np.testing.assert_allclose(sample.mean(axis=0), LOC[0], atol=0.05)
        np.testing.assert_allclose(np.cov(sample.T), COVARIANCE, atol=0.12)

    def test_wrong_parameters(self):
        with pytest.raises(
            ValueError, match="exactly one of covariance_matrix, precision_matrix and scale_tril must be"
        ):
            D.MultivariateNormal(tl.zeros(2))
        with pytest.raises(ValueError, match="not covariance_matrix and scale_tril"):
            D.MultivariateNormal(tl.zeros(2), covariance_matrix=tl.eye(2), scale_tril=tl.eye(2))
        with pytest.raises(tl.ShapeError, match="covariance_matrix must have 3 rows"):
            D.MultivariateNormal(tl.zeros(3), tl.eye(2))
        with pytest.raises(ValueError, match="covariance_matrix must be a symmetric positive definite matrix"):
            D.MultivariateNormal(tl.zeros(2), tl.tensor([[1.0, 2.0], [2.0, 1.0]]))
        with pytest.raises(tl.ShapeError, match="MultivariateNormal: scale_tril must be a lower triangular"):
            D.MultivariateNormal(tl.zeros(2), scale_tril=tl.ones(2, 3))
        with pytest.raises(tl.ShapeError, match="loc must have at least an axis"):
            D.MultivariateNormal(0.0, tl.eye(1))
        with pytest.raises(tl.ShapeError, match="ends with the event shape"):
            D.MultivariateNormal(tl.zeros(2), tl.eye(2)).log_prob(tl.zeros(3))


class TestLowRankMultivariateNormal:
    W, d = seeded("w").normal(size=(3, 2)), np.array([0.5, 1.0, 2.0])

    def test_against_the_full_matrix(self):
        ours = D.LowRankMultivariateNormal(tensor(LOC), tensor(self.W), tensor(self.d))
        covariance = self.W @ self.W.T + np.diag(self.d)
        full = D.MultivariateNormal(tensor(LOC), tensor(covariance))
        value = tensor(seeded("value").normal(size=(5, 2, 3)))
        for name in ("covariance_matrix", "precision_matrix", "scale_tril", "variance", "mean", "mode"):
            assert_close(getattr(ours, name), host(getattr(full, name)), rtol=1e-10)
        assert_close(ours.log_prob(value), host(full.log_prob(value)), rtol=1e-10)
        assert_close(ours.entropy(), host(full.entropy()), rtol=1e-10)

    def test_samples_and_gradients(self):
        sample = drawn(D.LowRankMultivariateNormal(tensor(LOC[0]), tensor(self.W), tensor(self.d)), 20_000)
        np.testing.assert_allclose(np.cov(sample.T), self.W @ self.W.T + np.diag(self.d), atol=0.12)
        tl.check_gradients(
            lambda m, w, d: D.LowRankMultivariateNormal(m, w, d).rsample((2,), generator=tl.Generator(0)),
            (tensor(LOC), tensor(self.W), tensor(self.d)),
        )

    def test_wrong_shapes(self):
        with pytest.raises(tl.ShapeError, match="cov_factor must have 3 rows"):
            D.LowRankMultivariateNormal(tl.zeros(3), tl.ones(2, 1), tl.ones(3))
        with pytest.raises(tl.ShapeError, match="cov_diag must have 3 rows"):
            D.LowRankMultivariateNormal(tl.zeros(3), tl.ones(3, 1), tl.ones(2))


class TestDirichlet:
    alpha = np.array([[1.5, 2.5, 0.8], [3.0, 4.0, 5.0]])

    def test_against_scipy(self):
        ours, value = D.Dirichlet(tensor(self.alpha)), np.array([0.2, 0.5, 0.3])
        scipy = [stats.dirichlet(a) for a in self.alpha]
        assert_close(ours.log_prob(tensor(value)), [s.logpdf(value) for s in scipy], rtol=1e-10)
        assert_close(ours.mean, [s.mean() for s in scipy])
        assert_close(ours.variance, [s.var() for s in scipy])
        assert_close(ours.entropy(), [s.entropy() for s in scipy], rtol=1e-10)
        assert_close(ours.mode, [[0.25, 0.75, 0.0], [2 / 9, 3 / 9, 4 / 9]])

    def test_samples(self):
        sample = drawn(D.Dirichlet(tensor(self.alpha[0])), 4000)
        for i, a in enumerate(self.alpha[0]):
            assert stats.kstest(sample[:, i], stats.beta(a, self.alpha[0].sum() - a).cdf).pvalue > 1e-3


class TestCategories:
    def test_categorical(self):
        for ours in (D.Categorical(probs=tensor(3 * PROBS)), D.Categorical(logits=tensor(np.log(PROBS) + 1))):
            assert_close(ours.probs, PROBS, rtol=1e-10)
            assert_close(ours.logits, np.log(PROBS), rtol=1e-10)
            assert_close(ours.log_prob(tensor([1, 3])), np.log(PROBS[[0, 1], [1, 3]]), rtol=1e-10)
            assert_close(ours.log_prob(tensor([[0], [2]])), np.log(PROBS[:, [0, 2]].T), rtol=1e-10)
            assert_close(ours.entropy(), [stats.entropy(p) for p in PROBS], rtol=1e-10)
            assert_same(ours.mode, PROBS.argmax(axis=-1))
            assert_same(ours.enumerate_support(expand=False), np.arange(4)[:, None])
            assert ours.sample((3,)).shape == (3, 2)
            assert ours.param_shape == (2, 4)

    def test_many_categories_in_half_precision(self):
        """Indices are not rounded to the type of the probabilities."""
        if tl.active_backend().native_dtype("float16") is None:
            pytest.skip("the backend has no half precision")
        logits = seeded("many").normal(size=5000)
        logits[2049] = 3.0
        found = D.Categorical(logits=tensor(logits, dtype="float16")).log_prob(2049)
        assert abs(float(found) - (3.0 - np.logaddexp.reduce(logits))) < 0.05

    def test_frequencies(self):
        sample = drawn(D.Categorical(probs=tensor(PROBS)), 8000)
        for i, p in enumerate(PROBS):
            np.testing.assert_allclose(np.bincount(sample[:, i], minlength=4) / 8000, p, atol=0.02)
        hot = drawn(D.OneHotCategorical(probs=tensor(PROBS)), 8000)
        np.testing.assert_allclose(hot.mean(axis=0), PROBS, atol=0.02)
        assert (hot.sum(axis=-1) == 1).all()

    def test_one_hot(self):
        ours = D.OneHotCategorical(logits=tensor(np.log(PROBS)))
        assert_close(ours.log_prob(ours.enumerate_support()), np.log(PROBS).T, rtol=1e-10)
        assert_close(ours.mean, PROBS, rtol=1e-10)
        assert_close(ours.variance, PROBS * (1 - PROBS), rtol=1e-10)
        assert_same(ours.mode, np.eye(4)[PROBS.argmax(axis=-1)])

    def test_straight_through(self):
        logits = tensor(np.log(PROBS), requires_grad=True)
        sample = D.OneHotCategoricalStraightThrough(logits=logits).rsample(generator=tl.Generator(0))
        weights = seeded("weights").normal(size=(2, 4))
        (sample * tensor(weights)).sum().backward()
        centred = weights - (weights * PROBS).sum(axis=-1, keepdims=True)
        assert_close(logits.grad, PROBS * centred, rtol=1e-10)

    def test_multinomial(self):
        ours = D.Multinomial(5, probs=tensor(PROBS))
        sample = drawn(ours, 800)
        assert (sample.sum(axis=-1) == 5).all()
        np.testing.assert_allclose(sample.mean(axis=0), 5 * PROBS, atol=0.2)
        np.testing.assert_allclose(sample.var(axis=0), 5 * PROBS * (1 - PROBS), atol=0.25)
        expected = np.stack([stats.multinomial(5, p).logpmf(sample[:9, i]) for i, p in enumerate(PROBS)], axis=-1)
        assert_close(ours.log_prob(tensor(sample[:9])), expected, rtol=1e-9)
        assert_close(ours.entropy(), [stats.multinomial(5, p).entropy() for p in PROBS], rtol=1e-9)
        assert_same(D.Multinomial(0, probs=tensor(PROBS)).sample(), np.zeros((2, 4)))

    def test_impossible_categories(self):
        ours = D.Multinomial(2, logits=tl.tensor([0.0, float("-inf")]))
        assert ours.log_prob(tl.tensor([2.0, 0.0])).item() == 0.0
        assert D.Categorical(probs=tl.tensor([1.0, 0.0])).sample((50,)).max().item() == 0

    def test_wrong_probabilities(self):
        with pytest.raises(ValueError, match="Categorical: probs must be a vector of numbers of at least 0, not all 0"):
            D.Categorical(probs=tl.zeros(3))
        with pytest.raises(ValueError, match="exactly one of probs and logits must be given, not none"):
            D.Categorical()
        with pytest.raises(ValueError, match="not probs and logits"):
            D.Categorical(tl.ones(2), tl.ones(2))
        with pytest.raises(ValueError, match=r"log_prob: value must be a whole number from 0 to 2 .*; 3 is not"):
            D.Categorical(probs=tl.ones(3)).log_prob(3)
        with pytest.raises(tl.ShapeError, match="probs must have at least an axis"):
            D.Categorical(probs=1.0)


class TestRelaxedOneHotCategorical:
    def test_density_integrates_to_one(self):
        ours = D.RelaxedOneHotCategorical(tensor(0.8), probs=tensor([0.3, 0.7]))
        total = integral(lambda x: host(ours._log_prob(tensor(np.stack([x, 1 - x], axis=-1))).exp()), 0, 1)
        assert abs(total - 1) < 1e-5

    def test_largest_element_is_categorical(self):
        sample = drawn(D.RelaxedOneHotCategorical(tensor(0.5), probs=tensor(PROBS)), 8000).argmax(axis=-1)
        for i, p in enumerate(PROBS):
            np.testing.assert_allclose(np.bincount(sample[:, i], minlength=4) / 8000, p, atol=0.02)

    def test_gradients_of_samples(self):
        tl.check_gradients(
            lambda t, x: D.RelaxedOneHotCategorical(t, logits=x).rsample((2,), generator=tl.Generator(0)),
            (tensor([0.7, 0.9]), tensor(np.log(PROBS))),
        )


class TestMixtures:
    weights, loc, scale = PROBS[0], np.array([-2.0, 0.0, 1.0, 4.0]), np.array([0.5, 1.0, 0.3, 2.0])

    def normal(self):
        weights = D.Categorical(probs=tensor(self.weights))
        return D.MixtureSameFamily(weights, D.Normal(tensor(self.loc), tensor(self.scale)))

    def test_density_and_moments(self):
        ours, x = self.normal(), seeded("x").normal(size=(5,))
        parts = stats.norm(self.loc, self.scale)
        assert_close(ours.log_prob(tensor(x)), np.log(parts.pdf(x[:, None]) @ self.weights), rtol=1e-10)
        assert_close(ours.cdf(tensor(x)), parts.cdf(x[:, None]) @ self.weights, rtol=1e-10)
        mean = self.weights @ self.loc
        assert_close(ours.mean, mean, rtol=1e-10)
        assert_close(ours.variance, self.weights @ (self.scale**2 + self.loc**2) - mean**2, rtol=1e-10)

    def test_samples(self):
        ours = self.normal()
        assert stats.kstest(drawn(ours, 2000), lambda x: host(ours.cdf(tensor(x)))).pvalue > 1e-3

    def test_vectors(self):
        loc = seeded("vectors").normal(size=(2, 4, 3))
        parts = D.Independent(D.Normal(tensor(loc), tensor(1.0)), 1)
        ours = D.MixtureSameFamily(D.Categorical(probs=tensor(PROBS)), parts)
        assert (ours.batch_shape, ours.event_shape) == ((2,), (3,))
        sample = drawn(ours, 8000)
        np.testing.assert_allclose(sample.mean(axis=0), host(ours.mean), atol=0.08)
        np.testing.assert_allclose(sample.var(axis=0), host(ours.variance), atol=0.12)
        assert ours.expand((3, 2)).log_prob(tl.zeros(3)).shape == (3, 2)

    def test_bounds_of_components(self):
        parts = D.Uniform(tl.tensor([0.0, 10.0]), tl.tensor([1.0, 11.0]))
        ours = D.MixtureSameFamily(D.Categorical(probs=tl.ones(2)), parts)
        with pytest.raises(ValueError, match="support of MixtureSameFamily"):
            ours.log_prob(5.0)

    def test_numbers_of_components_differ(self):
        with pytest.raises(tl.ShapeError, match="must end with 2"):
            D.MixtureSameFamily(D.Categorical(probs=tl.ones(2)), D.Normal(tl.zeros(3), 1.0))


class TestIndependent:
    def test_sums(self):
        base = D.Laplace(tensor(LOC), tensor(2.0))
        ours, value = D.Independent(base, 1), tensor(seeded("v").normal(size=(4, 2, 3)))
        assert (ours.batch_shape, ours.event_shape) == ((2,), (3,))
        assert_close(ours.log_prob(value), host(base.log_prob(value)).sum(axis=-1), rtol=1e-12)
        assert_close(ours.entropy(), host(base.entropy()).sum(axis=-1))
        assert ours.expand((5, 2)).sample((3,)).shape == (3, 5, 2, 3)
        assert D.Independent(base, 0).log_prob(value).shape == (4, 2, 3)

    def test_too_many_axes(self):
        with pytest.raises(tl.ShapeError, match="reinterpreted_batch_ndims is 3, but the batch shape is"):
            D.Independent(D.Normal(tl.zeros(2, 3), 1.0), 3)

    def test_no_joint_support(self):
        with pytest.raises(NotImplementedError, match="support of Independent is not finite"):
            D.Independent(D.Bernoulli(probs=tl.tensor([0.5])), 1).enumerate_support()


class TestTransformedDistribution:
    def test_equals_the_distributions_of_their_own(self):
        t, x = D.transforms, tensor([0.3, 0.7])
        loc, scale = tensor(0.4), tensor(1.3)
        normal, exponential = D.Normal(loc, scale), D.Exponential(tensor(1.0))
        uniform, mirror = D.Uniform(tensor(0.0), tensor(1.0)), t.AffineTransform(1.0, -1.0)
        pairs = [
            (D.TransformedDistribution(normal, [t.ExpTransform()]), D.LogNormal(loc, scale)),
            (
                D.TransformedDistribution(exponential, [t.PowerTransform(1 / 1.7), t.AffineTransform(0.0, 2.0)]),
                D.Weibull(tensor(2.0), tensor(1.7)),
            ),
            (
                D.TransformedDistribution(
                    uniform, [mirror, t.PowerTransform(1 / 2.5), mirror, t.PowerTransform(1 / 1.5)]
                ),
                D.Kumaraswamy(tensor(1.5), tensor(2.5)),
            ),
        ]
        for ours, known in pairs:
            assert_close(ours.log_prob(x), host(known.log_prob(x)), rtol=1e-10)
            assert_close(ours.cdf(x), host(known.cdf(x)), rtol=1e-10)
            assert_close(ours.icdf(x), host(known.icdf(x)), rtol=1e-10)
        logistic = D.TransformedDistribution(uniform, [t.SigmoidTransform().inv])
        assert_close(logistic.log_prob(x), stats.logistic.logpdf(host(x)), rtol=1e-10)

    def test_a_squashed_policy(self):
        """The cache gives densities of samples where the inverse of the hyperbolic tangent is infinite."""
        base = D.Normal(tl.tensor([0.0, 30.0]), 1.0)
        policy = D.TransformedDistribution(base, [D.transforms.TanhTransform(cache_size=1)])
        action = policy.rsample(generator=tl.Generator(0))
        assert action[1].item() == 1.0
        assert bool(tl.isfinite(policy.log_prob(action)).all())

    def test_gradients(self):
        tl.check_gradients(
            lambda m, s: D.TransformedDistribution(D.Normal(m, s), [D.transforms.StickBreakingTransform()]).rsample(
                (2,), generator=tl.Generator(0)
            ),
            (tensor(LOC), tensor(np.full((2, 3), 0.8))),
        )

    def test_logistic_normal(self):
        ours = D.LogisticNormal(tensor(LOC), tensor(np.ones((2, 3))))
        assert (ours.batch_shape, ours.event_shape) == ((2,), (4,))
        sample = ours.sample((5,))
        assert_close(sample.sum(axis=-1), np.ones((5, 2)))
        same = D.TransformedDistribution(ours.base_dist, [D.transforms.StickBreakingTransform()])
        assert_close(ours.log_prob(sample), host(same.log_prob(sample)))

    def test_expand(self):
        t = D.transforms
        ours = D.TransformedDistribution(D.Normal(tensor(LOC), 1.0), [t.StickBreakingTransform()])
        wider = ours.expand((5, 2))
        assert (wider.batch_shape, wider.event_shape) == ((5, 2), (4,))
        value = ours.sample((3, 5), generator=tl.Generator(0))
        assert_close(wider.log_prob(value), host(ours.log_prob(value)))
        assert wider.sample((3,)).shape == (3, 5, 2, 4)
        assert repr(ours).startswith("TransformedDistribution(Independent(Normal(")

    def test_parameters_of_transforms_broadcast_the_values(self):
        ours = D.TransformedDistribution(D.Normal(0.0, 1.0), [D.transforms.AffineTransform(tl.zeros(3), 2.0)])
        assert ours.batch_shape == (3,)
        assert ours.sample().shape == (3,)
        assert_close(ours.log_prob(0.0), np.full(3, stats.norm(0, 2).logpdf(0)), rtol=1e-6)

    def test_too_few_axes(self):
        with pytest.raises(tl.ShapeError, match="must have values with at least 1 axes"):
            D.TransformedDistribution(D.Normal(0.0, 1.0), [D.transforms.StickBreakingTransform()])
