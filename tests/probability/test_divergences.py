"""Divergences in closed form against integrals and sums of their definition."""

from itertools import product

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor
from known_distributions import drawn, integral

import tensorlab as tl
from tensorlab import distributions as D
from tensorlab.distributions import kl_divergence, register_kl
from tensorlab.distributions.kl import between_families
from tensorlab.distributions.kl.registry import _REGISTERED

NUMBERS = {
    D.Beta: [(1.5, 2.5), (2.0, 0.8)],
    D.Cauchy: [(0.3, 1.2), (-0.5, 0.7)],
    D.Chi2: [(3.0,), (2.2,)],
    D.ContinuousBernoulli: [(0.3,), (0.8,)],
    D.Exponential: [(1.3,), (0.7,)],
    D.Gamma: [(2.5, 1.2), (1.4, 0.6)],
    D.Gumbel: [(0.3, 0.8), (-0.2, 1.1)],
    D.HalfNormal: [(0.8,), (1.5,)],
    D.InverseGamma: [(4.5, 2.0), (3.0, 1.5)],
    D.Kumaraswamy: [(1.5, 2.5), (2.0, 1.8)],
    D.Laplace: [(0.3, 0.8), (-0.2, 1.1)],
    D.LogNormal: [(0.3, 0.5), (-0.2, 0.8)],
    D.Normal: [(0.3, 0.8), (-0.2, 1.1)],
    D.Pareto: [(1.2, 4.5), (0.9, 3.0)],
    D.StudentT: [(5.0, 0.3, 0.8), (7.0, -0.2, 1.1)],
    D.Uniform: [(0.1, 0.9), (-0.2, 1.1)],
    D.Weibull: [(0.8, 1.7), (1.3, 1.2)],
}
"""Parameters of p and of q."""


def of(cls, which):
    return cls(*(tensor(x) for x in NUMBERS[cls][which]))


def registered(p, q):
    return any((a, b) in _REGISTERED for a in p.__mro__ for b in q.__mro__)


PAIRS = [(p, q) for p, q in product(NUMBERS, repeat=2) if registered(p, q)]


def definition(p, q):
    """Return the divergence as an integral."""

    def term(x):
        log_p, log_q = (host(d._log_prob(tensor(x))) for d in (p, q))
        return np.where(log_p > -700, np.exp(log_p) * (log_p - log_q), 0.0)

    return integral(term, *(float(x) for x in between_families.bounds(p.support)))


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda cls: cls.__name__)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of densities at the ends
def test_between_distributions_of_numbers(p, q):
    p, q = of(p, 0), of(q, 1)
    (low_p, high_p), (low_q, high_q) = (between_families.bounds(x.support) for x in (p, q))
    found = kl_divergence(p, q).item()
    if not (float(low_q) <= float(low_p) and float(high_p) <= float(high_q)):
        assert found == np.inf
        return
    assert found >= 0
    assert abs(found - definition(p, q)) < 1e-4 * max(1, found)


def test_how_many_are_known():
    assert len(PAIRS) > 140


@pytest.mark.parametrize("cls", NUMBERS, ids=lambda cls: cls.__name__)
def test_of_a_distribution_from_itself(cls):
    if registered(cls, cls):
        assert abs(kl_divergence(of(cls, 0), of(cls, 0)).item()) < 1e-12


def counts(p, q, values):
    values = tensor(np.asarray(values, dtype="float64"))
    log_p, log_q = host(p._log_prob(values)), host(q._log_prob(values))
    return (np.exp(log_p) * (log_p - log_q)).sum(axis=0)


@pytest.mark.parametrize(
    ("p", "q", "last"),
    [
        (D.Bernoulli(probs=tensor(0.3)), D.Bernoulli(probs=tensor(0.6)), 1),
        (D.Bernoulli(probs=tensor(0.3)), D.Poisson(tensor(0.6)), 1),
        (D.Binomial(tensor(7.0), tensor(0.3)), D.Binomial(tensor(7.0), tensor(0.6)), 7),
        (D.Geometric(tensor(0.3)), D.Geometric(tensor(0.6)), 200),
        (D.Poisson(tensor(3.0)), D.Poisson(tensor(5.0)), 60),
    ],
)
def test_of_counts(p, q, last):
    assert_close(kl_divergence(p, q), counts(p, q, range(last + 1)), rtol=1e-9)


def test_of_categories():
    first, second = seeded("p").dirichlet(np.ones(4), 3), seeded("q").dirichlet(np.ones(4), 3)
    expected = (first * np.log(first / second)).sum(axis=-1)
    for cls in (D.Categorical, D.OneHotCategorical):
        assert_close(kl_divergence(cls(probs=tensor(first)), cls(probs=tensor(second))), expected, rtol=1e-10)
    several = [D.Multinomial(5, probs=tensor(x)) for x in (first, second)]
    assert_close(kl_divergence(*several), 5 * expected, rtol=1e-10)


def test_impossible_outcomes_are_infinitely_far():
    p, q = D.Categorical(probs=tensor([0.5, 0.5])), D.Categorical(probs=tensor([1.0, 0.0]))
    assert kl_divergence(p, q).item() == np.inf
    assert abs(kl_divergence(q, p).item() - np.log(2)) < 1e-6
    assert kl_divergence(D.Bernoulli(probs=0.5), D.Bernoulli(probs=1.0)).item() == np.inf
    assert kl_divergence(D.Poisson(1.0), D.Bernoulli(probs=0.5)).item() == np.inf
    assert kl_divergence(D.Binomial(5, probs=0.5), D.Binomial(4, probs=0.5)).item() == np.inf
    with pytest.raises(NotImplementedError, match="fewer trials"):
        kl_divergence(D.Binomial(3, probs=0.5), D.Binomial(4, probs=0.5))


def monte_carlo(p, q, count=20_000):
    x = tensor(drawn(p, count))
    terms = host(p.log_prob(x) - q.log_prob(x))
    return terms.mean(axis=0), terms.std(axis=0) / np.sqrt(count)


def normals():
    rng = seeded("normals")
    factor, diagonal, w = (
        np.tril(rng.normal(size=(3, 3))) * 0.3 + np.eye(3),
        rng.uniform(0.5, 2, 3),
        rng.normal(size=(3, 1)),
    )
    return [
        D.MultivariateNormal(tensor(rng.normal(size=3)), scale_tril=tensor(factor)),
        D.LowRankMultivariateNormal(tensor(rng.normal(size=(2, 3))), tensor(w), tensor(diagonal)),
    ]


@pytest.mark.parametrize(("i", "j"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_of_normal_vectors(i, j):
    p, q = normals()[i], normals()[j]
    (m, a), (n, b) = ((host(x.mean), host(x.covariance_matrix)) for x in (p, q))
    inverse, difference = np.linalg.inv(b), n - m
    distance = np.einsum("...i,...ij,...j->...", difference, inverse, difference)
    trace = np.trace(inverse @ a, axis1=-2, axis2=-1)
    expected = 0.5 * (trace + distance - 3 + np.linalg.slogdet(b)[1] - np.linalg.slogdet(a)[1])
    assert_close(kl_divergence(p, q), expected, rtol=1e-10)


def test_of_von_mises():
    p, q = D.VonMises(tensor(0.3), tensor(2.0)), D.VonMises(tensor(-0.5), tensor(0.7))

    def term(x):
        log_p, log_q = (host(d.log_prob(tensor(x))) for d in (p, q))
        return np.exp(log_p) * (log_p - log_q)

    assert_close(kl_divergence(p, q), integral(term, -np.pi, np.pi), rtol=1e-8)


def test_of_wishart():
    first, second = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.2], [-0.2, 1.5]])
    p, q = D.Wishart(tensor(5.5), tensor(first)), D.Wishart(tensor(4.0), precision_matrix=tensor(second))
    mean, error = monte_carlo(p, q, 4000)
    assert abs(kl_divergence(p, q).item() - mean) < 4 * error
    assert abs(kl_divergence(p, p).item()) < 1e-12


def test_of_dirichlet():
    p, q = D.Dirichlet(tensor([1.5, 2.5, 0.8])), D.Dirichlet(tensor([2.0, 1.0, 3.0]))
    mean, error = monte_carlo(p, q)
    assert abs(kl_divergence(p, q).item() - mean) < 4 * error


def test_of_independent_and_transformed():
    a, b = (D.Normal(tensor(seeded(i).normal(size=(2, 3))), tensor(1.0 + i)) for i in (0, 1))
    expected = host(kl_divergence(a, b)).sum(axis=-1)
    p, q = D.Independent(a, 1), D.Independent(b, 1)
    assert_close(kl_divergence(p, q), expected)
    transforms = [D.transforms.ExpTransform(), D.transforms.AffineTransform(1.0, 2.0)]
    p, q = (D.TransformedDistribution(x, transforms) for x in (p, q))
    assert_close(kl_divergence(p, q), expected)
    with pytest.raises(NotImplementedError, match="different transforms"):
        kl_divergence(p, D.TransformedDistribution(q, []))
    p, q = D.LogisticNormal(a.loc, a.scale), D.LogisticNormal(b.loc, b.scale)
    assert_close(kl_divergence(p, q), expected)


def test_gradients():
    loc, scale = tensor([0.5, -1.0]), tensor([0.7, 1.5])
    tl.check_gradients(lambda m, s: kl_divergence(D.Normal(m, s), D.Normal(0.0, 1.0)), (loc, scale))
    tl.check_gradients(lambda m, s: kl_divergence(D.Laplace(m, s), D.Normal(m * 2, s)), (loc, scale))


class TestRegistry:
    def test_the_closest_classes_are_found(self):
        class Special(D.Normal):
            """Has a divergence of its own."""

        register_kl(Special, D.Normal)(lambda p, q: "special")
        assert kl_divergence(Special(0.0, 1.0), D.Normal(0.0, 1.0)) == "special"
        assert kl_divergence(Special(0.0, 1.0), Special(0.0, 1.0)) == "special"
        assert kl_divergence(D.Normal(0.0, 1.0), Special(1.0, 1.0)).item() == 0.5
        del _REGISTERED[Special, D.Normal]

    def test_unknown_pairs(self):
        with pytest.raises(NotImplementedError, match="no formula is known for Cauchy and Dirichlet"):
            kl_divergence(D.Cauchy(0.0, 1.0), D.Dirichlet(tl.ones(2)))

    def test_wrong_arguments(self):
        with pytest.raises(TypeError, match="kl_divergence: p must be a Distribution"):
            kl_divergence(1.0, D.Normal(0.0, 1.0))
        with pytest.raises(TypeError, match="register_kl: type_q must be a subclass of Distribution"):
            register_kl(D.Normal, int)

    @pytest.mark.parametrize(
        "make",
        [
            lambda k: D.Dirichlet(tl.ones(k)),
            lambda k: D.Categorical(probs=tl.ones(k)),
            lambda k: D.MultivariateNormal(tl.zeros(k), tl.eye(k)),
        ],
    )
    def test_events_of_different_shapes(self, make):
        with pytest.raises(tl.ShapeError, match="kl_divergence: p has"):
            kl_divergence(make(2), make(3))
