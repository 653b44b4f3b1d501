"""Continuous distributions compared with SciPy's; seeds are fixed, so the outcome is always the same."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor
from scipy import stats

import tensorlab as tl
from tensorlab import Generator

INF = float("inf")
N = 20_000
COVARIANCE = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.5]])

DISTRIBUTIONS = {
    "lognormal": (lambda g, d: g.lognormal((N,), 0.3, 0.7, dtype=d), stats.lognorm(0.7, scale=np.exp(0.3))),
    "exponential": (lambda g, d: g.exponential((N,), 2.0, dtype=d), stats.expon(scale=2)),
    "laplace": (lambda g, d: g.laplace((N,), 1.0, 2.0, dtype=d), stats.laplace(1, 2)),
    "logistic": (lambda g, d: g.logistic((N,), 1.0, 2.0, dtype=d), stats.logistic(1, 2)),
    "gumbel": (lambda g, d: g.gumbel((N,), 1.0, 2.0, dtype=d), stats.gumbel_r(1, 2)),
    "cauchy": (lambda g, d: g.cauchy((N,), 1.0, 2.0, dtype=d), stats.cauchy(1, 2)),
    "weibull": (lambda g, d: g.weibull(1.7, 2.0, (N,), dtype=d), stats.weibull_min(1.7, scale=2)),
    "pareto": (lambda g, d: g.pareto(2.5, (N,), dtype=d), stats.lomax(2.5)),
    "rayleigh": (lambda g, d: g.rayleigh((N,), 2.0, dtype=d), stats.rayleigh(scale=2)),
    "truncated_normal": (
        lambda g, d: g.truncated_normal(-1.0, 2.0, 0.5, 1.5, (N,), dtype=d),
        stats.truncnorm(-1, 1, 0.5, 1.5),
    ),
    "truncated_normal right": (lambda g, d: g.truncated_normal(3.0, INF, shape=(N,), dtype=d), stats.truncnorm(3, INF)),
    "truncated_normal left": (
        lambda g, d: g.truncated_normal(-INF, -20.0, shape=(N,), dtype=d),
        stats.truncnorm(-INF, -20),
    ),
    "truncated_normal far": (
        lambda g, d: g.truncated_normal(50.0, 50.02, shape=(N,), dtype=d),
        stats.truncnorm(50, 50.02),
    ),
    "truncated_normal whole": (lambda g, d: g.truncated_normal(-INF, INF, 1.0, 2.0, (N,), dtype=d), stats.norm(1, 2)),
    "gamma 0.1": (lambda g, d: g.gamma(0.1, 2.0, (N,), dtype=d), stats.gamma(0.1, scale=2)),
    "gamma 0.9": (lambda g, d: g.gamma(0.9, 2.0, (N,), dtype=d), stats.gamma(0.9, scale=2)),
    "gamma 1": (lambda g, d: g.gamma(1, 2.0, (N,), dtype=d), stats.gamma(1, scale=2)),
    "gamma 4": (lambda g, d: g.gamma(4.0, 2.0, (N,), dtype=d), stats.gamma(4, scale=2)),
    "gamma 1e8": (lambda g, d: g.gamma(1e8, 2.0, (N,), dtype=d), stats.gamma(1e8, scale=2)),
    "chisquare": (lambda g, d: g.chisquare(3.0, (N,), dtype=d), stats.chi2(3)),
    "student_t 5": (lambda g, d: g.student_t(5.0, 1.0, 2.0, (N,), dtype=d), stats.t(5, 1, 2)),
    "student_t 0.5": (lambda g, d: g.student_t(0.5, shape=(N,), dtype=d), stats.t(0.5)),
    "student_t 1e6": (lambda g, d: g.student_t(1e6, shape=(N,), dtype=d), stats.norm()),
    "beta": (lambda g, d: g.beta(2.0, 3.0, (N,), dtype=d), stats.beta(2, 3)),
    "beta flat": (lambda g, d: g.beta(1.0, 1.0, (N,), dtype=d), stats.uniform()),
    "beta large": (lambda g, d: g.beta(1e3, 2e3, (N,), dtype=d), stats.beta(1e3, 2e3)),
    "dirichlet": (lambda g, d: g.dirichlet([0.5, 1.0, 2.0], (N,), dtype=d)[:, 2], stats.beta(2, 1.5)),
    "multivariate_normal": (
        lambda g, d: g.multivariate_normal(tl.zeros(3), tensor(COVARIANCE), (N,), dtype=d)[:, 1],
        stats.norm(0, 1),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_kolmogorov_smirnov(name, dtype):
    draw, distribution = DISTRIBUTIONS[name]
    numbers = host(draw(Generator(1), dtype))
    assert numbers.dtype == dtype
    assert np.isfinite(numbers).all()
    assert stats.kstest(numbers.astype("float64"), distribution.cdf).pvalue > 0.01


@pytest.mark.parametrize("kappa", [0.0, 0.1, 5.0, 1e8])
def test_vonmises(kappa):
    """A uniform distribution on the circle at one end, a normal one at the other."""
    numbers = host(Generator(1).vonmises(0.0, kappa, (N,), dtype="float64"))
    assert np.abs(numbers).max() <= np.pi
    expected = {0.0: stats.uniform(-np.pi, 2 * np.pi), 1e8: stats.norm(0, 1e-4)}.get(kappa) or stats.vonmises(kappa)
    assert stats.kstest(numbers, expected.cdf).pvalue > 0.01
    turned = host(Generator(1).vonmises(3.0, kappa, (N,), dtype="float64"))
    np.testing.assert_allclose(np.cos(turned), np.cos(numbers + 3.0), atol=1e-9)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_mean_and_variance(name):
    """Within 5 standard errors, where the distribution has a fourth moment."""
    draw, distribution = DISTRIBUTIONS[name]
    mean, variance, kurtosis = distribution.stats("mvk")
    if not np.isfinite([mean, variance, kurtosis]).all():
        pytest.skip("the moments do not exist")
    numbers = host(draw(Generator(2), "float64"))
    assert abs(numbers.mean() - mean) < 5 * np.sqrt(variance / N)
    assert abs(numbers.var() / variance - 1) < 5 * np.sqrt((kurtosis + 2) / N)


def test_parameters_that_are_tensors_give_the_same_numbers():
    """Numbers and tensors of equal elements give the same draws."""
    calls = {
        "uniform": (1.0, 3.0),
        "normal": (1.0, 3.0),
        "truncated_normal": (1.0, 3.0, 0.5, 2.0),
        "laplace": (1.0, 3.0),
        "weibull": (1.5, 3.0),
        "gamma": (0.5, 3.0),
        "student_t": (2.5, 1.0, 3.0),
        "beta": (0.5, 3.0),
        "poisson": (20.0,),
        "binomial": (60, 0.25),
        "geometric": (0.25,),
        "negative_binomial": (2.5, 0.25),
        "integers": (-3, 60),
        "bernoulli": (0.25,),
    }
    for name, params in calls.items():
        numbers = getattr(Generator(5), name)
        plain = numbers(*params, shape=(50,)) if name not in ("uniform", "normal", "laplace") else numbers(50, *params)
        tensors = [tl.full((50,), p) for p in params]
        with_tensors = getattr(Generator(5), name)
        found = with_tensors(*tensors) if name not in ("uniform", "normal", "laplace") else with_tensors(None, *tensors)
        assert found.dtype == plain.dtype
        assert_close(found, host(plain), rtol=2e-6)


def test_each_element_has_its_own_parameters():
    a = np.repeat([0.05, 0.7, 1.0, 30.0], N)
    numbers = host(Generator(1).gamma(tensor(a)))
    assert numbers.dtype == "float64"
    for value in np.unique(a):
        assert stats.kstest(numbers[a == value], stats.gamma(value).cdf).pvalue > 0.01
    low, high = tensor(np.array([[-3.0], [1.0], [-0.5]])), tensor(np.array([-2.0, 1.5]))
    numbers = host(Generator(1).truncated_normal(low - 1.0, high + 3.0, shape=(N, 3, 2)))
    for i, a in enumerate([-4.0, 0.0, -1.5]):
        for j, b in enumerate([1.0, 4.5]):
            assert stats.kstest(numbers[:, i, j], stats.truncnorm(a, b).cdf).pvalue > 0.01


class TestEdges:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_results_are_finite(self, dtype):
        """Logarithms are taken of numbers in an open interval: results are finite, and positive where they must be."""
        for draw in (Generator(0).gumbel, Generator(0).logistic, Generator(0).cauchy, Generator(0).laplace):
            assert np.isfinite(host(draw((300_000,), dtype=dtype))).all()
        assert (host(Generator(0).exponential((300_000,), dtype=dtype)) > 0).all()

    def test_narrow_truncation(self):
        numbers = host(Generator(0).truncated_normal(1.0, 1.0 + 2**-20, shape=(5000,)))
        assert numbers.min() >= np.float32(1.0)
        assert numbers.max() <= np.float32(1.0 + 2**-20)

    def test_zero_scale(self):
        assert_same(Generator(0).normal((3,), 2.0, 0.0), np.full(3, 2, "float32"))
        assert_same(Generator(0).exponential((3,), 0.0), np.zeros(3, "float32"))
        assert_same(Generator(0).uniform((3,), 2.0, 2.0), np.full(3, 2, "float32"))

    def test_tiny_parameters(self):
        """Gamma numbers of parameter 1e-3 underflow, but their ratios are computed from logarithms."""
        numbers = host(Generator(0).beta(1e-3, 3e-3, (N,)))
        assert not np.isnan(numbers).any()
        assert abs((numbers > 0.5).mean() - 0.25) < 0.02
        parts = host(Generator(0).dirichlet([1e-4, 1e-4], (2000,)))
        assert_close(tensor(parts.sum(-1)), np.ones(2000, "float32"), rtol=1e-6)

    def test_nan_gives_nan(self):
        nan = float("nan")
        assert np.isnan(host(Generator(0).normal((2,), nan))).all()
        found = host(Generator(0).normal(None, 0.0, tensor(np.array([1.0, nan]))))
        assert np.isnan(found).tolist() == [False, True]

    def test_empty_results(self):
        assert Generator(0).gamma(2.0, shape=(0, 3)).shape == (0, 3)
        assert Generator(0).truncated_normal(-1.0, 1.0, shape=0).shape == (0,)
        assert Generator(0).normal(None, tl.zeros((2, 0))).shape == (2, 0)

    def test_half_precision(self):
        if tl.active_backend().native_dtype("float16") is None:
            pytest.skip("the backend has no float16")
        numbers = host(Generator(0).uniform((100_000,), dtype="float16"))
        assert numbers.dtype == "float16"
        assert numbers.max() < 1
        assert np.unique(numbers).size == 2048
        numbers = host(Generator(0).uniform((100_000,), 1.0, 3.0, dtype="float16"))
        assert numbers.max() < 3
        numbers = Generator(0).normal((2,), tl.zeros(2, dtype="float16"))
        assert numbers.dtype == "float16"
        assert_close(numbers, host(Generator(0).normal((2,))), rtol=1e-3)

    def test_covariance(self):
        numbers = host(Generator(0).multivariate_normal([1.0, 2.0, 3.0], tensor(COVARIANCE), (N,), dtype="float64"))
        np.testing.assert_allclose(numbers.mean(0), [1, 2, 3], atol=0.05)
        np.testing.assert_allclose(np.cov(numbers.T), COVARIANCE, atol=0.06)
        factor = tensor(np.linalg.cholesky(COVARIANCE))
        again = Generator(0).multivariate_normal([1.0, 2.0, 3.0], scale_tril=factor, shape=(N,), dtype="float64")
        assert_close(again, numbers, rtol=1e-12)


class TestShapesAndTypes:
    def test_shape_of_the_parameters(self):
        mean, std = tl.zeros((4, 1)), tl.ones(3)
        assert Generator(0).normal(None, mean, std).shape == (4, 3)
        assert Generator(0).normal((2, 4, 3), mean, std).shape == (2, 4, 3)
        assert Generator(0).gamma(tl.ones(3), mean).shape == (4, 3)
        assert Generator(0).dirichlet(tl.ones((5, 3))).shape == (5, 3)
        assert Generator(0).dirichlet(tl.ones((5, 3)), (2, 5)).shape == (2, 5, 3)
        assert Generator(0).multivariate_normal(tl.ones((5, 2)), tl.eye(2)).shape == (5, 2)
        assert Generator(0).multivariate_normal(tl.ones(2), tl.ones((3, 1, 1)) * tl.eye(2), (4, 3)).shape == (4, 3, 2)

    def test_type_of_the_parameters(self):
        wide = tl.ones(2, dtype="float64")
        assert Generator(0).normal(None, wide).dtype == "float64"
        assert Generator(0).normal(None, wide, tl.ones(2)).dtype == "float64"
        assert Generator(0).normal(None, wide, dtype="float32").dtype == "float32"
        assert Generator(0).exponential(None, tl.asarray([1, 2])).dtype == "float32"
        assert Generator(0).gamma([1.0, 2.0]).dtype == "float32"

    def test_where_the_parameters_are(self, other_backend):
        mean = tl.zeros(3)
        with tl.use_backend(other_backend):
            found = Generator(0).normal(None, mean)
            assert found.backend is mean.backend
            with pytest.raises(tl.BackendError, match=r"uniform: low is on .*, but high is on"):
                Generator(0).uniform(None, mean, tl.ones(3))
            with pytest.raises(tl.BackendError, match=r"normal: device is .*, but mean is on"):
                Generator(0).normal(None, mean, device=other_backend)


ERRORS = {
    "std": (lambda g: g.normal((2,), 0.0, -1.0), ValueError, r"normal: std is -1.0, but must be at least 0"),
    "stds": (lambda g: g.normal(None, 0.0, tl.asarray([1.0, -1.0])), ValueError, "normal: std has elements that are"),
    "ends": (lambda g: g.uniform((2,), 2.0, 1.0), ValueError, "uniform: low is above high"),
    "bounds": (lambda g: g.truncated_normal(1.0, 1.0), ValueError, "truncated_normal: low is not below high"),
    "a": (lambda g: g.gamma(0.0), ValueError, "gamma: a is 0.0, but must be greater than 0"),
    "b": (lambda g: g.beta(1.0, tl.asarray([0.0])), ValueError, "beta: b has elements that are not greater than 0"),
    "dtype": (lambda g: g.gamma(1.0, dtype="int64"), TypeError, "gamma: dtype must be real floating-point, not int64"),
    "complex": (lambda g: g.normal((2,), tl.ones(2, dtype="complex64")), TypeError, "normal: mean is complex64"),
    "bool": (lambda g: g.normal((2,), True), TypeError, "normal: mean must be of a real numeric type, not bool"),
    "shape": (
        lambda g: g.normal((2, 2), tl.zeros(3)),
        tl.ShapeError,
        r"normal: parameters of shapes mean \(3,\) do not broadcast to shape \(2, 2\)",
    ),
    "fewer axes": (lambda g: g.normal(3, tl.zeros((1, 3))), tl.ShapeError, "do not broadcast to shape"),
    "length": (lambda g: g.normal((-1,)), tl.ShapeError, r"normal: shape must have no negative length, not \(-1,\)"),
    "alpha": (lambda g: g.dirichlet(1.0), tl.ShapeError, "dirichlet: alpha is 0-d"),
    "matrix": (lambda g: g.multivariate_normal([1.0], tl.eye(2)), tl.ShapeError, r"needs cov of shape \(..., 1, 1\)"),
    "vector": (lambda g: g.multivariate_normal(1.0, tl.eye(2)), tl.ShapeError, "mean has too few axes"),
    "both": (lambda g: g.multivariate_normal([1.0]), TypeError, "needs either cov or scale_tril"),
    "indefinite": (lambda g: g.multivariate_normal([1.0, 1.0], tl.ones((2, 2)) - 2 * tl.eye(2)), Exception, "definite"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_leave_the_stream_where_it_was(name, generator):
    call, error, message = ERRORS[name]
    before = generator.get_state()
    with pytest.raises(error, match=message):
        call(generator)
    assert generator.get_state() == before
