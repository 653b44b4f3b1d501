"""Distributions of numbers against SciPy: densities, moments, entropies, quantiles and samples."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor
from known_distributions import ALL, CONTINUOUS, cell, drawn, integral, known
from scipy import integrate, special, stats

import tensorlab as tl
from tensorlab import distributions as D

by_name = {"ids": lambda cls: cls.__name__}


@pytest.mark.parametrize("cls", ALL, **by_name)
class TestAgainstSciPy:
    def test_log_prob(self, cls):
        ours, scipy, _ = known(cls)
        value = drawn(ours, 4)
        expected = scipy.logpdf(value) if cls in CONTINUOUS else scipy.logpmf(value)
        assert_close(ours.log_prob(tensor(value)), expected, rtol=1e-9)

    def test_moments(self, cls):
        ours, scipy, _ = known(cls)
        if cls is not D.Kumaraswamy:
            mean, variance = scipy.stats("mv")
        else:
            mean, variance = np.vectorize(kumaraswamy_moments, signature="(),()->(),()")(*CONTINUOUS[cls])
        if cls is not D.Cauchy and cls is not D.HalfCauchy:
            assert_close(ours.mean, mean, rtol=1e-7)
            assert_close(ours.variance, variance, rtol=1e-7)
            assert_close(ours.stddev, np.sqrt(variance), rtol=1e-7)

    def test_cdf(self, cls):
        ours, scipy, _ = known(cls)
        value = drawn(ours, 4)
        try:
            found = ours.cdf(tensor(value))
        except NotImplementedError:
            return
        assert_close(found, scipy.cdf(value), rtol=1e-9)
        if cls in CONTINUOUS and type(ours)._icdf is not D.Distribution._icdf:
            assert_close(ours.icdf(found), value, rtol=1e-7)

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # at the ends of intervals
    def test_entropy(self, cls):
        ours, scipy, _ = known(cls)
        try:
            found = ours.entropy()
        except NotImplementedError:
            return
        if cls is D.Kumaraswamy:
            expected = np.vectorize(lambda a, b: integral(lambda x: entropy_terms(a, b, x), 0, 1))(*CONTINUOUS[cls])
        else:
            expected = scipy.entropy()
        assert_close(found, expected, rtol=1e-6)

    @pytest.mark.filterwarnings("ignore:divide by zero")  # where the density is infinite at 0
    def test_mode_has_the_largest_density(self, cls):
        ours, _, _ = known(cls)
        mode = ours.mode
        if not bool(tl.isfinite(mode).all()):
            return
        at_mode = ours._log_prob(mode)
        for value in drawn(ours, 50):
            assert bool((ours.log_prob(tensor(value)) <= at_mode + 1e-9).all())

    def test_samples(self, cls):
        """Kolmogorov-Smirnov tests of the probability integral transform; Pearson's for counts."""
        ours, _, _ = known(cls)
        samples = drawn(ours, 1500)
        values, reference = ALL[cls]
        for index in np.ndindex(*ours.batch_shape):
            scipy, sample = cell(reference, values, index), samples[(slice(None), *index)]
            if cls in CONTINUOUS:
                assert stats.kstest(sample, scipy.cdf).pvalue > 1e-4
            else:
                counts = np.arange(scipy.ppf(0.01), scipy.ppf(0.99) + 1)
                expected = scipy.pmf(counts)
                found = (sample[:, None] == counts).mean(axis=0)
                assert np.abs(found - expected).max() < 4.5 * np.sqrt(expected.max() / len(sample))
            assert bool(ours.support.check(tensor(samples)).all())

    def test_samples_have_the_shape_and_type(self, cls):
        ours, _, _ = known(cls)
        assert ours.sample().shape == ours.batch_shape
        assert ours.sample((2, 3)).shape == (2, 3, *ours.batch_shape)
        assert ours.sample(2).shape == (2, *ours.batch_shape)
        assert ours.sample().dtype == tl.float64
        single = cls(*(tensor(x, dtype="float32") for x in ALL[cls][0]))
        assert single.sample().dtype == single.mean.dtype == tl.float32

    def test_a_seed_gives_the_same_samples(self, cls):
        ours, _, _ = known(cls)
        first = ours.sample((3,), generator=tl.Generator(5))
        assert bool((first == ours.sample((3,), generator=tl.Generator(5))).all())
        tl.manual_seed(5)
        assert bool((first == ours.sample((3,))).all())

    def test_no_gradient_of_sample(self, cls):
        ours, _, _ = known(cls, requires_grad=True)
        assert not ours.sample().requires_grad


def kumaraswamy_moments(a, b):
    first, second = (b * special.beta(1 + n / a, b) for n in (1, 2))
    return first, second - first**2


def entropy_terms(a, b, x):
    log_density = np.log(a * b) + (a - 1) * np.log(x) + (b - 1) * np.log1p(-(x**a))
    return -np.exp(log_density) * log_density


BY_GAMMA = (D.Beta, D.Chi2, D.FisherSnedecor, D.Gamma, D.InverseGamma, D.StudentT)
EXPLICIT = [cls for cls in CONTINUOUS if cls not in BY_GAMMA]


@pytest.mark.parametrize("cls", EXPLICIT, **by_name)
def test_gradients_of_samples(cls):
    """Derivatives compared with finite differences of samples from the same bits."""
    parameters = [tensor(x) for x in CONTINUOUS[cls]]
    tl.check_gradients(lambda *p: cls(*p).rsample((2,), generator=tl.Generator(3)), parameters)


@pytest.mark.parametrize("cls", [D.Chi2, D.Gamma, D.InverseGamma], **by_name)
def test_implicit_gradients_of_samples(cls):
    """A sample moves with the parameters so that its distribution function is constant: dx = -dF / density."""
    ours, _, leaves = known(cls, requires_grad=True)
    sample = ours.rsample(generator=tl.Generator(3))
    sample.sum().backward()
    at, (values, reference) = host(sample), ALL[cls]
    for i, leaf in enumerate(leaves):
        step = 1e-5 * np.eye(len(values))[i]
        above, below = (reference(*(x + sign * d for x, d in zip(values, step))).cdf(at) for sign in (1, -1))
        slope = -(above - below) / 2e-5 / reference(*values).pdf(at)
        extra = tuple(range(slope.ndim - np.ndim(values[i])))
        summed = slope.sum(axis=extra)
        summed = summed.sum(axis=tuple(a for a, n in enumerate(np.shape(values[i])) if n == 1), keepdims=True)
        assert_close(leaf.grad, summed, rtol=1e-5)


@pytest.mark.parametrize("cls", [D.Beta, D.FisherSnedecor, D.StudentT], **by_name)
def test_gradients_of_means_of_samples(cls):
    """The gradient of the mean of functions of samples estimates the gradient of their expectation."""
    _, _, leaves = known(cls, requires_grad=True)
    samples = cls(*leaves).rsample((20_000,), generator=tl.Generator(3))
    (samples.square().mean(axis=0).sum() + samples.mean(axis=0).sum()).backward()
    found = [leaf.grad for leaf in leaves]
    ours, _, leaves = known(cls, requires_grad=True)
    (ours.variance + ours.mean.square() + ours.mean).sum().backward()
    for a, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(host(a), host(leaf.grad), rtol=0.1, atol=0.1)


def test_densities_have_gradients_of_both_orders():
    for cls, values in CONTINUOUS.items():
        sample = tensor(drawn(known(cls)[0], 2))
        tl.check_gradients(lambda *p, x=sample, c=cls: c(*p).log_prob(x), [tensor(v) for v in values])


class TestContinuousBernoulli:
    LOGITS = np.array([-40.0, -3.0, -0.5, -1e-3, 0.0, 1e-9, 0.3, 2.0, 30.0])

    def integral(self, function):
        def of(logit):
            return integrate.quad(lambda x: function(x, logit), 0, 1, epsabs=1e-13)[0]

        return np.array([of(logit) / self.normalizer(logit) for logit in self.LOGITS])

    @staticmethod
    def normalizer(logit):
        return 1.0 if logit == 0 else np.expm1(logit) / logit

    def test_moments(self):
        ours = D.ContinuousBernoulli(logits=tensor(self.LOGITS))
        mean = self.integral(lambda x, t: x * np.exp(t * x))
        square = self.integral(lambda x, t: x**2 * np.exp(t * x))
        assert_close(ours.mean, mean, rtol=1e-11)
        assert_close(ours.variance, square - mean**2, rtol=1e-10)

    def test_density_and_distribution_function(self):
        ours, x = D.ContinuousBernoulli(logits=tensor(self.LOGITS)), 0.3
        normalizers = np.array([self.normalizer(t) for t in self.LOGITS])
        assert_close(ours.log_prob(x), self.LOGITS * x - np.log(normalizers), rtol=1e-11)
        expected = np.array([0.3 if t == 0 else np.expm1(t * x) / np.expm1(t) for t in self.LOGITS])
        assert_close(ours.cdf(x), expected, rtol=1e-11)
        assert_close(ours.icdf(ours.cdf(x)), np.full(len(expected), x), rtol=1e-9)

    def test_gradients_through_the_uniform_case(self):
        logits = tensor(self.LOGITS[1:-1], requires_grad=True)
        tl.check_gradients(lambda t: D.ContinuousBernoulli(logits=t).mean, (tensor(self.LOGITS[1:-1]),))
        D.ContinuousBernoulli(logits=logits).icdf(0.25).sum().backward()
        assert abs(host(logits.grad)[3] - 0.25 * 0.75 / 2) < 1e-9  # the second cumulant, halved

    def test_samples(self):
        for logit in self.LOGITS:
            ours = D.ContinuousBernoulli(logits=tensor(logit))
            sample = drawn(ours, 1000)
            assert stats.kstest(sample, lambda x, d=ours: host(d.cdf(tensor(x)))).pvalue > 1e-3


class TestGeneralizedPareto:
    def test_the_exponential_limit(self):
        """Values and gradients are those of the formula on both sides of the series."""
        k, x = np.array([-1e-2, -1e-4, -1e-12, 0.0, 1e-12, 1e-4, 1e-2]), 1.7
        ours = D.GeneralizedPareto(tensor(0.0), tensor(2.0), tensor(k))
        assert_close(ours.log_prob(x), stats.genpareto(k, 0, 2).logpdf(x), rtol=1e-10)
        assert_close(ours.icdf(ours.cdf(x)), np.full(7, x), rtol=1e-12)
        tl.check_gradients(lambda k: D.GeneralizedPareto(0.0, 2.0, k).log_prob(x), (tensor(k),))
        tl.check_gradients(lambda k: D.GeneralizedPareto(0.0, 2.0, k).icdf(0.7), (tensor(k),))

    def test_the_end_of_the_support(self):
        with pytest.raises(ValueError, match="log_prob: value must be in"):
            D.GeneralizedPareto(0.0, 1.0, -0.5).log_prob(2.5)
        assert D.GeneralizedPareto(0.0, 1.0, tl.tensor([0.4, 0.6, 1.2])).variance[1].item() == np.inf
        assert D.GeneralizedPareto(0.0, 1.0, 1.2).mean.item() == np.inf


class TestVonMises:
    kappa = np.array([1e-3, 0.5, 4.0, 200.0])

    def test_against_scipy(self):
        ours, scipy = D.VonMises(tensor(0.5), tensor(self.kappa)), stats.vonmises(self.kappa, loc=0.5)
        for x in (-3.0, 0.4, 2.0, 0.4 + 2 * np.pi):
            assert_close(ours.log_prob(x), scipy.logpdf(x), rtol=1e-9)
        assert_close(ours.entropy(), scipy.entropy(), rtol=1e-9)
        assert_close(ours.variance, 1 - special.ive(1, self.kappa) / special.ive(0, self.kappa), rtol=1e-10)

    def test_samples(self):
        sample = drawn(D.VonMises(tensor(0.5), tensor(self.kappa)), 2000)
        assert np.abs(sample).max() <= np.pi
        for i, kappa in enumerate(self.kappa):
            turned = np.mod(sample[:, i] - 0.5 + np.pi, 2 * np.pi) - np.pi
            assert stats.kstest(turned, stats.vonmises(kappa).cdf).pvalue > 1e-3


class TestRelaxedBernoulli:
    def test_density_integrates_to_one(self):
        ours = D.RelaxedBernoulli(tensor(0.7), probs=tensor(0.3))
        total = integral(lambda x: host(ours._log_prob(tensor(x)).exp()), 0, 1)
        assert abs(total - 1) < 1e-6

    def test_rounded_samples_are_bernoulli(self):
        sample = drawn(D.RelaxedBernoulli(tensor(0.3), probs=tensor([0.3, 0.9])), 4000)
        np.testing.assert_allclose((sample > 0.5).mean(axis=0), [0.3, 0.9], atol=0.03)

    def test_gradients_of_samples(self):
        tl.check_gradients(
            lambda t, p: D.RelaxedBernoulli(t, probs=p).rsample((3,), generator=tl.Generator(0)),
            (tensor(0.7), tensor([0.3, 0.6])),
        )


@pytest.mark.parametrize("cls", [D.Bernoulli, D.Geometric, D.ContinuousBernoulli], **by_name)
def test_probabilities_and_logits_are_two_forms(cls):
    probs = np.array([0.2, 0.5, 0.9])
    logits = special.logit(probs)
    assert_close(cls(probs=tensor(probs)).logits, logits, rtol=1e-12)
    assert_close(cls(logits=tensor(logits)).probs, probs, rtol=1e-12)


def test_certain_outcomes_are_finite():
    certain = D.Bernoulli(probs=tensor([0.0, 1.0]))
    assert_close(certain.log_prob(tensor([0.0, 1.0])), np.zeros(2), rtol=1e-6)
    assert bool(tl.isfinite(certain.log_prob(tensor([1.0, 0.0]))).all())
    assert_close(certain.entropy(), np.zeros(2), rtol=1e-6)


def test_bernoulli_takes_grey_values_if_it_does_not_validate():
    """As in autoencoders of pictures: the cross entropy."""
    logits, grey = seeded("grey").normal(size=5), seeded("values").uniform(size=5)
    found = D.Bernoulli(logits=tensor(logits), validate_args=False).log_prob(tensor(grey))
    expected = tl.nn.functional.binary_cross_entropy_with_logits(tensor(logits), tensor(grey), reduction="none")
    assert_close(found, -host(expected))


def test_large_counts():
    ours = D.Binomial(tensor(10_000.0), probs=tensor(0.3))
    assert_close(ours.log_prob(tensor(3000.0)), stats.binom(10_000, 0.3).logpmf(3000), rtol=1e-9)


def test_special_cases_of_pareto_and_student():
    assert host(D.Pareto(1.0, tl.tensor([0.5, 1.5, 3.0])).variance).tolist()[:2] == [np.inf, np.inf]
    assert host(D.Pareto(1.0, tl.tensor([0.5])).mean).tolist() == [np.inf]
    student = D.StudentT(tl.tensor([0.5, 1.5, 3.0]))
    assert np.isnan(host(student.mean)[0])
    assert np.isnan(host(student.variance)[0])
    assert host(student.variance)[1] == np.inf
    assert np.isnan(host(D.Cauchy(0.0, 1.0).mean))


def test_gradients_beside_infinite_moments():
    df = tensor([1.5, 4.0], requires_grad=True)
    D.StudentT(df).variance[1].backward()
    assert bool(tl.isfinite(df.grad).all())
