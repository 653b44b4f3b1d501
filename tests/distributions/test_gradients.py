"""Gradients of draws with respect to parameters: by reparameterisation, and implicit ones of the gamma family."""

import numpy as np
import pytest
from helpers import assert_close, host, leaf, tensor
from scipy import special, stats

import tensorlab as tl
from tensorlab import Generator
from tensorlab.random.implicit_gradient import gauss_legendre, log_gamma_slope

INF = float("inf")
LOC, SCALE = np.array([-1.0, 0.0, 0.5]), np.array([[0.5], [1.0], [2.0], [0.25]])

REPARAMETERISED = {
    "uniform": (lambda g, a, b: g.uniform((4, 3), a, b), [LOC, SCALE + 2]),
    "normal": (lambda g, a, b: g.normal((4, 3), a, b), [LOC, SCALE]),
    "lognormal": (lambda g, a, b: g.lognormal((4, 3), a, b), [LOC, SCALE]),
    "laplace": (lambda g, a, b: g.laplace((4, 3), a, b), [LOC, SCALE]),
    "logistic": (lambda g, a, b: g.logistic((4, 3), a, b), [LOC, SCALE]),
    "gumbel": (lambda g, a, b: g.gumbel((4, 3), a, b), [LOC, SCALE]),
    "cauchy": (lambda g, a, b: g.cauchy((4, 3), a, b), [LOC, SCALE]),
    "exponential": (lambda g, b: g.exponential((4, 3), b), [SCALE]),
    "rayleigh": (lambda g, b: g.rayleigh((4, 3), b), [SCALE]),
    "weibull": (lambda g, a, b: g.weibull(a, b, (4, 3)), [LOC + 2, SCALE]),
    "pareto": (lambda g, a: g.pareto(a, (4, 3)), [LOC + 2]),
    "truncated_normal": (
        lambda g, low, high, m, s: g.truncated_normal(low, high, m, s, (4, 3)),
        [LOC, SCALE + 1, 0.5 * LOC, SCALE],
    ),
    "truncated_normal tail": (
        lambda g, low, m, s: g.truncated_normal(low, INF, m, s, (4, 3)),
        [LOC + 2, LOC - 2, SCALE + 0.5],
    ),
    "gamma scale": (lambda g, b: g.gamma(0.5, b, (4, 3)), [SCALE]),
    "student_t": (lambda g, a, b: g.student_t(3.0, a, b, (4, 3)), [LOC, SCALE]),
    "multivariate_normal": (
        lambda g, m, f: g.multivariate_normal(m, f @ tl.matrix_transpose(f), (4,)),
        [LOC, np.eye(3) + 0.25],
    ),
    "multivariate_normal factor": (
        lambda g, m, f: g.multivariate_normal(m, scale_tril=f, shape=(4,)),
        [LOC, np.tri(3)],
    ),
    "permutation": (lambda g, x: g.permutation(x, axis=1), [np.arange(12.0).reshape(3, 4)]),
    "choice": (lambda g, x: g.choice(x, (2, 3), axis=1), [np.arange(12.0).reshape(3, 4)]),
}


@pytest.mark.parametrize("name", REPARAMETERISED)
def test_reparameterised(name):
    """First and second derivatives in both modes, compared with finite differences of draws with the same bits."""
    draw, params = REPARAMETERISED[name]
    tl.check_gradients(lambda *args: draw(Generator(3), *args), [tensor(p) for p in params])


def test_truncation_at_infinity():
    """With infinite bounds, gradients are finite and equal those of the normal distribution."""
    low, high, mean, std = leaf(-INF), leaf(INF), leaf(0.5), leaf(2.0)
    drawn = Generator(0).truncated_normal(low, high, mean, std, (50,))
    drawn.sum().backward()
    assert_close(mean.grad, 50.0, rtol=1e-10)
    assert_close(std.grad, ((host(drawn.detach()) - 0.5) / 2).sum(), rtol=1e-10)
    assert (low.grad.item(), high.grad.item()) == (0, 0)


def test_gradients_in_single_precision():
    for draw, params in REPARAMETERISED.values():
        args = [tensor(p, "float32", requires_grad=True) for p in params]
        drawn = draw(Generator(3), *args)
        assert drawn.dtype == "float32"
        drawn.sum().backward()
        assert all(arg.grad.dtype == "float32" and np.isfinite(host(arg.grad)).all() for arg in args)


def test_half_precision_parameters():
    if tl.active_backend().native_dtype("float16") is None:
        pytest.skip("the backend has no float16")
    mean = leaf(np.zeros(2), "float16")
    drawn = Generator(0).normal((2,), mean)
    drawn.sum().backward()
    assert (drawn.dtype, mean.grad.dtype) == ("float16", "float16")


# -- the implicit derivative -------------------------------------------------------------------------------------------


def slope_by_differences(a, z):
    """Return ``-(dF/da) / p(z)`` by finite differences of SciPy's incomplete gamma function of the nearer tail."""
    h = 0.02 * a / (1 + np.sqrt(a))
    tail, sign = (special.gammainc, -1) if z <= a else (special.gammaincc, 1)

    def central(h):
        return (tail(a + h, z) - tail(a - h, z)) / (2 * h)

    derivative = (64 * central(h / 4) - 20 * central(h / 2) + central(h)) / 45  # Richardson extrapolation
    return sign * derivative / np.exp(special.xlogy(a - 1, z) - z - special.gammaln(a))


@pytest.mark.parametrize("a", [0.01, 0.3, 1.0, 1.6, 5.0, 9.99, 10.01, 40.0, 1e3, 1e5])
def test_slope(a):
    """All regimes: both sides of the mean, and the boundaries between series and integral."""
    parts = [1e-8, 1e-4, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-6]
    z = np.array([z for z in [*special.gammaincinv(a, parts), 1.499, 1.501, 0.999 * a, 1.001 * a] if z > 1e-290])
    z = z[(special.gammainc(a, z) > 1e-10) & (special.gammaincc(a, z) > 1e-10)]
    xp = tl.active_backend().xp
    found = log_gamma_slope(xp, tensor(np.full_like(z, a)).array, tensor(np.log(z)).array, True)
    expected = [slope_by_differences(a, number) / number for number in z]
    np.testing.assert_allclose(host(found), expected, rtol=1e-6 if a > 1e4 else 1e-7)


def test_slope_where_numbers_are_too_small():
    """For small z, log z is (log F + log Gamma(a + 1)) / a, also where z underflows."""
    a, log_z = np.array([1e-3, 0.01, 0.5]), np.array([-5000.0, -900.0, -800.0])
    xp = tl.active_backend().xp
    found = log_gamma_slope(xp, tensor(a).array, tensor(log_z).array, True)
    np.testing.assert_allclose(host(found), (special.digamma(a + 1) - log_z) / a, rtol=1e-13)


def test_slope_does_not_depend_on_reading_elements():
    a = np.array([0.5, 0.5, 3.0, 30.0, 30.0])
    log_z = np.log([0.1, 5.0, 2.0, 20.0, 40.0])
    xp = tl.active_backend().xp
    found, again = (log_gamma_slope(xp, tensor(a).array, tensor(log_z).array, host) for host in (True, False))
    np.testing.assert_allclose(host(found), host(again), rtol=1e-15)


def test_quadrature():
    nodes, weights = np.array(gauss_legendre(12)).T
    expected, expected_weights = np.polynomial.legendre.leggauss(12)
    np.testing.assert_allclose(nodes[::-1], (expected + 1) / 2, rtol=1e-13)
    np.testing.assert_allclose(weights[::-1], expected_weights / 2, rtol=1e-13)


@pytest.mark.parametrize("a", [0.2, 0.9, 2.5, 30.0])
def test_gamma(a):
    """The derivative of a number is that of the quantile of its level."""
    param = leaf(np.full(40, a))
    drawn = Generator(1).gamma(param)
    drawn.sum().backward()
    level, h = special.gammainc(a, host(drawn.detach())), 1e-4
    middle = (level > 1e-6) & (level < 1 - 1e-6)
    expected = (special.gammaincinv(a + h, level) - special.gammaincinv(a - h, level)) / (2 * h)
    np.testing.assert_allclose(host(param.grad)[middle], expected[middle], rtol=1e-5)


def test_forward_mode_agrees(generator):
    a = tensor(np.array([0.3, 2.0, 30.0]))
    _, pushed = tl.jvp(lambda a: Generator(1).gamma(a), [a], [tl.ones_like(a)])
    assert_close(pushed, host(tl.grad(lambda a: Generator(1).gamma(a).sum())(a)), rtol=1e-14)


def test_second_derivative_is_refused():
    a = tensor(np.array([0.3, 2.0]))
    with pytest.raises(NotImplementedError, match="gamma: the second derivative"):
        tl.hessian(lambda a: Generator(1).gamma(a).sum())(a)
    # The second derivative with respect to the scale exists.
    found = tl.hessian(lambda s: Generator(1).gamma(2.0, s, (3,)).square().sum())(tensor(2.0))
    assert found.item() > 0


N = 40_000

IDENTITIES = {
    "gamma": (lambda g, a: g.gamma(a, shape=(N,)), [0.3], [1.0]),
    "gamma log": (lambda g, a: tl.log(g.gamma(a, shape=(N,))), [0.3], [special.polygamma(1, 0.3)]),
    "chisquare": (lambda g, a: g.chisquare(a, (N,)), [3.0], [1.0]),
    "beta": (lambda g, a, b: g.beta(a, b, (N,)), [2.0, 3.0], [3 / 25, -2 / 25]),
    "beta small": (lambda g, a, b: g.beta(a, b, (N,)), [0.02, 0.03], [0.03 / 0.05**2, -0.02 / 0.05**2]),
    "student_t": (lambda g, df: g.student_t(df, shape=(N,)).square(), [12.0], [-2 / 100]),
    "dirichlet": (
        lambda g, a: g.dirichlet(a, (N,))[:, 0],
        [np.array([0.5, 1.0, 2.0])],
        [np.array([3, -0.5, -0.5]) / 3.5**2],
    ),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_mean_gradient_is_the_gradient_of_the_mean(name):
    draw, params, expected = IDENTITIES[name]
    args = [leaf(p) for p in params]
    draw(Generator(2), *args).mean().backward()
    for arg, wanted in zip(args, expected, strict=True):
        np.testing.assert_allclose(host(arg.grad), wanted, rtol=0.05)


def test_score_matches():
    """The derivative of SciPy's distribution function with respect to a is -p(z) * dz/da."""
    param = leaf(np.array(4.0))
    drawn = Generator(7).gamma(param)
    drawn.backward()
    z, h = drawn.item(), 1e-5
    moved = (stats.gamma(4 + h).cdf(z) - stats.gamma(4 - h).cdf(z)) / (2 * h)
    assert abs(moved + stats.gamma(4).pdf(z) * param.grad.item()) < 1e-9


def test_draws_without_gradients():
    mean = leaf(np.ones(3))
    for drawn in (
        Generator(0).poisson(mean),
        Generator(0).bernoulli(0.5 * mean),
        Generator(0).categorical(mean),
        Generator(0).multinomial(mean, 2),
        Generator(0).normal((3,), mean.detach()),
    ):
        assert not drawn.requires_grad


def test_a_checkpoint_draws_the_same_again():
    tl.manual_seed(3)
    a = leaf(np.array([0.5, 2.0]))
    tl.checkpoint(lambda a: tl.random.gamma(a) * tl.random.normal(None, a))(a).sum().backward()
    tl.manual_seed(3)
    b = leaf(np.array([0.5, 2.0]))
    (tl.random.gamma(b) * tl.random.normal(None, b)).sum().backward()
    assert_close(a.grad, host(b.grad), rtol=1e-15)
