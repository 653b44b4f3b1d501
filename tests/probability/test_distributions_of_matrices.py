"""Distributions over matrices: Wishart's against SciPy's, and correlations against their marginal distributions."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor
from known_distributions import drawn, integral
from scipy import stats

import tensorlab as tl
from tensorlab import distributions as D

FACTOR = np.tril(seeded("factor").normal(size=(3, 3)), -1) + np.diag([0.7, 1.2, 1.5])
SCALE = FACTOR @ FACTOR.T


class TestWishart:
    df = np.array([3.5, 7.0])

    @pytest.mark.parametrize(
        "form",
        [{"covariance_matrix": SCALE}, {"precision_matrix": np.linalg.inv(SCALE)}, {"scale_tril": FACTOR}],
        ids=lambda form: next(iter(form)),
    )
    def test_against_scipy(self, form):
        ours = D.Wishart(tensor(self.df), **{name: tensor(x) for name, x in form.items()})
        scipy = [stats.wishart(df, SCALE) for df in self.df]
        assert (ours.batch_shape, ours.event_shape) == ((2,), (3, 3))
        value = drawn(ours, 3)
        expected = np.stack([[s.logpdf(x) for x in value[:, i]] for i, s in enumerate(scipy)], axis=-1)
        assert_close(ours.log_prob(tensor(value)), expected, rtol=1e-9)
        assert_close(ours.entropy(), [s.entropy() for s in scipy], rtol=1e-9)
        assert_close(ours.mean, [s.mean() for s in scipy], rtol=1e-9)
        assert_close(ours.variance, [s.var() for s in scipy], rtol=1e-9)
        assert_close(ours.mode[1], scipy[1].mode(), rtol=1e-9)
        assert bool(tl.isnan(ours.mode[0]).all())

    def test_samples(self):
        ours = D.Wishart(tensor(self.df), tensor(SCALE))
        sample = drawn(ours, 8000)
        deviation = host(ours.stddev) / np.sqrt(8000)
        assert (np.abs(sample.mean(axis=0) - host(ours.mean)) < 4.5 * deviation).all()
        assert (np.abs(sample.var(axis=0) / host(ours.variance) - 1) < 0.15).all()

    def test_gradients_of_samples(self):
        """Those of the mean of samples are those of the mean, in the mean."""
        df, factor = tensor(7.0, requires_grad=True), tensor(FACTOR, requires_grad=True)
        weights = tensor(seeded("weights").normal(size=(3, 3)))
        sample = D.Wishart(df, scale_tril=factor).rsample((8000,), generator=tl.Generator(0))
        (sample.mean(axis=0) * weights).sum().backward()
        found = host(df.grad), host(factor.grad)
        df.grad = factor.grad = None
        (D.Wishart(df, scale_tril=factor).mean * weights).sum().backward()
        np.testing.assert_allclose(found[0], host(df.grad), atol=0.1)
        np.testing.assert_allclose(np.tril(found[1]), np.tril(host(factor.grad)), rtol=0.1, atol=0.5)

    def test_wrong_parameters(self):
        with pytest.raises(ValueError, match="Wishart: df must be greater than 2 for matrices of size 3"):
            D.Wishart(2.0, tl.eye(3))
        with pytest.raises(ValueError, match="Wishart: exactly one of covariance_matrix"):
            D.Wishart(2.0)


class TestLKJCholesky:
    @pytest.mark.parametrize("concentration", [0.5, 1.0, 3.0])
    def test_density_of_one_correlation(self, concentration):
        """Of matrices of size 2 there is one correlation r, of density proportional to a power of 1 - r**2."""
        ours = D.LKJCholesky(2, tensor(concentration))

        def density(r):
            rest = np.sqrt(np.maximum(1 - r * r, 1e-300))
            factor = np.stack([np.stack([np.ones_like(r), 0 * r], -1), np.stack([r, rest], -1)], -2)
            return np.exp(host(ours._log_prob(tensor(factor))))

        assert abs(integral(density, -1, 1) - 1) < 1e-6
        assert abs(density(np.array([0.3]))[0] / stats.beta(concentration, concentration, -1, 2).pdf(0.3) - 1) < 1e-9

    def test_samples(self):
        concentration = np.array([0.7, 2.0])
        ours = D.LKJCholesky(4, tensor(concentration))
        factor = drawn(ours, 3000)
        assert factor.shape == (3000, 2, 4, 4)
        assert bool(ours.support.check(tensor(factor)).all())
        correlation = factor @ factor.swapaxes(-1, -2)
        for i, c in enumerate(concentration):
            marginal = stats.beta(c + 1, c + 1, -1, 2)  # c + (dim - 2) / 2
            for row, column in ((1, 0), (3, 0), (3, 2)):
                assert stats.kstest(correlation[:, i, row, column], marginal.cdf).pvalue > 1e-3

    def test_wrong_parameters(self):
        with pytest.raises(ValueError, match="LKJCholesky: dim must be an integer of at least 2, not 1"):
            D.LKJCholesky(1)
        with pytest.raises(ValueError, match="LKJCholesky: concentration must be greater than 0"):
            D.LKJCholesky(3, 0.0)
