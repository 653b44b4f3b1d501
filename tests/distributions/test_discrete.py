"""Discrete distributions compared with SciPy's probabilities."""

import numpy as np
import pytest
from helpers import assert_same, host, tensor
from scipy import stats

import tensorlab as tl
from tensorlab import Generator

N = 20_000

DISTRIBUTIONS = {
    **{f"poisson {m}": (lambda g, m=m: g.poisson(m, (N,)), stats.poisson(m)) for m in (0.01, 1, 9.99, 10, 30.5, 1e4)},
    **{
        f"binomial {n} {p}": (lambda g, n=n, p=p: g.binomial(n, p, (N,)), stats.binom(n, p))
        for n, p in ((1, 0.3), (10, 0.5), (40, 0.25), (40, 0.76), (1000, 0.0099), (1000, 0.011), (10**9, 0.3))
    },
    **{f"geometric {p}": (lambda g, p=p: g.geometric(p, (N,)), stats.geom(p)) for p in (0.9, 0.5, 0.01)},
    "negative_binomial": (lambda g: g.negative_binomial(3.5, 0.2, (N,)), stats.nbinom(3.5, 0.2)),
    "integers": (lambda g: g.integers(-3, 50, (N,)), stats.randint(-3, 50)),
}


def pvalue(numbers, distribution):
    """Return the p-value of a chi-square test over up to 40 classes with expected counts of at least 20."""
    edges = np.unique(distribution.ppf(np.linspace(0, 1, 42)[1:-1]))
    probabilities = np.diff(distribution.cdf(edges), prepend=0.0, append=1.0)
    counts = np.bincount(np.searchsorted(edges, numbers), minlength=len(probabilities))
    enough = probabilities * len(numbers) >= 20
    if not enough.all():
        probabilities = np.append(probabilities[enough], probabilities[~enough].sum())
        counts = np.append(counts[enough], counts[~enough].sum())
    possible = probabilities > 1e-12
    assert not counts[~possible].any()
    return stats.chisquare(counts[possible], probabilities[possible] / probabilities[possible].sum() * N).pvalue


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_chi_square(name):
    draw, distribution = DISTRIBUTIONS[name]
    numbers = host(draw(Generator(1)))
    assert numbers.dtype == "int64"
    assert pvalue(numbers, distribution) > 1e-3  # with many tests, some p-values below 0.01 are expected


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_mean_and_variance(name):
    draw, distribution = DISTRIBUTIONS[name]
    mean, variance, kurtosis = distribution.stats("mvk")
    numbers = host(draw(Generator(2)))
    assert abs(numbers.mean() - mean) < 5 * np.sqrt(variance / N)
    assert abs(numbers.var() / variance - 1) < 5 * np.sqrt((kurtosis + 2) / N)


def test_each_element_has_its_own_parameters():
    means = np.repeat([0.0, 2.5, 10.0, 300.0], N)
    numbers = host(Generator(1).poisson(tensor(means)))
    assert not numbers[means == 0].any()
    for mean in (2.5, 10.0, 300.0):
        assert pvalue(numbers[means == mean], stats.poisson(mean)) > 0.01
    trials, chances = np.meshgrid([5, 40, 4000], [0.1, 0.5, 0.9])
    numbers = host(Generator(1).binomial(tensor(trials), tensor(chances), (N, 3, 3)))
    for place in np.ndindex(3, 3):
        assert pvalue(numbers[:, *place], stats.binom(trials[place], chances[place])) > 0.01


class TestEdges:
    def test_certainties(self):
        g = Generator(0)
        assert_same(g.poisson(0.0, (50,)), np.zeros(50))
        assert_same(g.binomial(7, 0.0, (50,)), np.zeros(50))
        assert_same(g.binomial(7, 1.0, (50,)), np.full(50, 7))
        assert_same(g.binomial(10**6, 1.0, (50,)), np.full(50, 10**6))
        assert_same(g.binomial(0, 0.5, (50,)), np.zeros(50))
        assert_same(g.geometric(1.0, (50,)), np.ones(50))
        assert_same(g.geometric(tensor(np.ones(50)), None), np.ones(50))
        assert_same(g.negative_binomial(3, 1.0, (50,)), np.zeros(50))

    def test_never_outside(self):
        g = Generator(0)
        for n, p in ((12, 0.95), (25, 0.5), (30, 0.4)):
            numbers = host(g.binomial(n, p, (N,)))
            assert numbers.min() >= 0
            assert numbers.max() <= n
        assert host(g.poisson(10.0, (N,))).min() >= 0
        assert host(g.geometric(0.999999, (N,))).min() == 1

    def test_large_means(self):
        """The spread is correct at means where log(k!) has lost all digits to rounding."""
        numbers = host(Generator(0).poisson(1e15, (N,))).astype("float64")
        assert stats.kstest((numbers - 1e15) / np.sqrt(1e15), stats.norm.cdf).pvalue > 0.01
        numbers = host(Generator(0).binomial(4 * 10**15, 0.25, (N,))).astype("float64")
        assert stats.kstest((numbers - 1e15) / np.sqrt(0.75e15), stats.norm.cdf).pvalue > 0.01

    def test_numbers_out_of_range_of_int64(self):
        assert host(Generator(0).geometric(1e-300, (5,))).tolist() == [2**63 - 1024] * 5

    def test_types(self):
        assert Generator(0).poisson(3.0, (2,), dtype="float32").dtype == "float32"
        assert Generator(0).binomial(3, 0.5, (2,), dtype="int8").dtype == "int8"
        assert Generator(0).poisson(tl.asarray([3, 4])).dtype == "int64"
        assert Generator(0).bernoulli(tl.asarray([0.5], dtype="float64")).dtype == "float64"
        assert Generator(0).poisson(3.0, (0, 2)).shape == (0, 2)
        assert not Generator(0).poisson(tl.ones(3, requires_grad=True)).requires_grad

    def test_integers_of_every_type(self):
        for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
            info = np.iinfo(dtype)
            low, high = int(info.min), min(int(info.max) + 1, int(info.min) + 2**53)
            numbers = host(Generator(0).integers(low, high, (1000,), dtype=dtype))
            assert numbers.dtype == dtype
            assert stats.kstest((numbers.astype("float64") - low) / (high - low), "uniform").pvalue > 0.01
        numbers = host(Generator(0).integers(2**63, 2**63 + 10, (1000,), dtype="uint64"))
        assert sorted(set(numbers.tolist())) == list(range(2**63, 2**63 + 10))

    def test_integers_between_tensors(self):
        low, high = np.array([0, -5, 100]), np.array([[3], [1000]])
        numbers = host(Generator(0).integers(tensor(low - 200), tensor(high), (2000, 2, 3)))
        assert (numbers >= low - 200).all()
        assert (numbers < high).all()
        for i, j in np.ndindex(2, 3):
            assert pvalue_uniform(numbers[:, i, j], low[j] - 200, high[i, 0]) > 0.01

    def test_bernoulli_of_tensors(self):
        p = np.array([0.0, 0.25, 1.0])
        for dtype in ("float32", "float64"):
            means = host(Generator(0).bernoulli(tensor(p, dtype), (N, 3))).mean(0)
            assert (means[0], means[2]) == (0, 1)
            assert abs(means[1] - 0.25) < 0.02


def pvalue_uniform(numbers, low, high):
    return stats.kstest((numbers + np.linspace(0, 1, len(numbers), endpoint=False) - low) / (high - low), "uniform")[1]


ERRORS = {
    "lam": (lambda g: g.poisson(-1.0), ValueError, r"poisson: lam is -1.0, but must be in \[0, 2\*\*62\]"),
    "nan": (lambda g: g.poisson(float("nan")), ValueError, "poisson: lam is nan"),
    "lams": (lambda g: g.poisson(tl.asarray([1.0, -1.0])), ValueError, "poisson: lam has elements that are not in"),
    "n": (lambda g: g.binomial(2.5, 0.5), ValueError, "binomial: n is 2.5, but must be a whole number"),
    "p": (lambda g: g.binomial(2, 1.5), ValueError, r"binomial: p is 1.5, but must be in \[0, 1\]"),
    "never": (lambda g: g.geometric(0.0), ValueError, r"geometric: p is 0.0, but must be in \(0, 1\]"),
    "complex": (lambda g: g.poisson(1.0, dtype="complex64"), TypeError, "poisson: dtype must be real, not complex64"),
    "empty": (
        lambda g: g.integers(tl.asarray([3, 4]), 4),
        ValueError,
        "integers: the range from low to high must hold",
    ),
    "type": (lambda g: g.integers(0, 300, dtype="int8"), ValueError, r"integers: dtype int8 does not hold \[0, 300\)"),
    "float": (lambda g: g.integers(0.5, 3), TypeError, "integers: low must be of an integer type, not float"),
    "floats": (lambda g: g.integers(tl.asarray([0.5]), 3), TypeError, "integers: low is float32"),
    "bool": (lambda g: g.integers(0, 2, dtype="bool"), TypeError, "integers: dtype must be real, not bool"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_leave_the_stream_where_it_was(name, generator):
    call, error, message = ERRORS[name]
    before = generator.get_state()
    with pytest.raises(error, match=message):
        call(generator)
    assert generator.get_state() == before


def test_invalid_tensors_on_a_device(monkeypatch):
    """Elements are not checked; invalid parameters give -1."""
    from tensorlab.random.arguments import Call

    monkeypatch.setattr(Call, "on_host", False)
    nan = float("nan")
    found = Generator(0).poisson(tensor(np.array([-1.0, nan, 1e300, 0.0])))
    assert_same(found, [-1, -1, -1, 0])
    found = Generator(0).binomial(tensor(np.array([-1.0, 3.0, 3.0])), tensor(np.array([0.5, nan, 1.0])))
    assert_same(found, [-1, -1, 3])
