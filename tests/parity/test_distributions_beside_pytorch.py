"""Distributions beside PyTorch's: shapes, moments, densities, entropies, divergences and their gradients."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import distributions as ours

torch = pytest.importorskip("torch")
theirs = torch.distributions


def real(rng, *shape):
    return rng.normal(size=shape)


def positive(rng, *shape):
    return rng.uniform(0.3, 3.0, shape)


def above_two(rng, *shape):
    return rng.uniform(2.2, 6.0, shape)


def above_four(rng, *shape):
    return rng.uniform(4.2, 9.0, shape)


def unit(rng, *shape):
    return rng.uniform(0.05, 0.95, shape)


def simplex(rng, *shape):
    return rng.dirichlet(np.ones(shape[-1]), shape[:-1])


def triangle(rng, *shape):
    return np.tril(rng.normal(size=shape), -1) + np.eye(shape[-1]) * rng.uniform(0.5, 2.0, shape[:-1])[..., None]


def covariance(rng, *shape):
    factor = triangle(rng, *shape)
    return factor @ factor.swapaxes(-1, -2)


def counts(rng, *shape):
    return rng.integers(3, 8, shape).astype("float64")


V, M = (3, 4), (3, 4, 4)
"""The shapes of vectors and of matrices; those of numbers are broadcast from (3, 1) and (2,)."""

CASES = {
    "Bernoulli": [{"probs": (unit, (3,))}, {"logits": (real, (3,))}],
    "Beta": [{"concentration1": (positive, (3, 1)), "concentration0": (positive, (2,))}],
    "Binomial": [{"total_count": 5, "probs": (unit, (3,))}, {"total_count": 4, "logits": (real, (3,))}],
    "Categorical": [{"probs": (positive, V)}, {"logits": (real, V)}],
    "Cauchy": [{"loc": (real, (3, 1)), "scale": (positive, (2,))}],
    "Chi2": [{"df": (above_two, (3,))}],
    "ContinuousBernoulli": [{"probs": (unit, (3,))}, {"logits": (real, (3,))}],
    "Dirichlet": [{"concentration": (above_two, V)}],
    "Exponential": [{"rate": (positive, (3,))}],
    "FisherSnedecor": [{"df1": (above_two, (3, 1)), "df2": (above_four, (2,))}],
    "Gamma": [{"concentration": (positive, (3, 1)), "rate": (positive, (2,))}],
    "Geometric": [{"probs": (unit, (3,))}, {"logits": (real, (3,))}],
    "Gumbel": [{"loc": (real, (3, 1)), "scale": (positive, (2,))}],
    "HalfCauchy": [{"scale": (positive, (3,))}],
    "HalfNormal": [{"scale": (positive, (3,))}],
    "InverseGamma": [{"concentration": (above_two, (3, 1)), "rate": (positive, (2,))}],
    "Kumaraswamy": [{"concentration1": (above_two, (3, 1)), "concentration0": (positive, (2,))}],
    "LKJCholesky": [{"dim": 3, "concentration": (positive, (2,))}],
    "Laplace": [{"loc": (real, (3, 1)), "scale": (positive, (2,))}],
    "LogNormal": [{"loc": (real, (3, 1)), "scale": (positive, (2,))}],
    "LogisticNormal": [{"loc": (real, V), "scale": (positive, V)}],
    "LowRankMultivariateNormal": [
        {"loc": (real, V), "cov_factor": (real, (4, 2)), "cov_diag": (positive, V)},
        {"loc": (real, (4,)), "cov_factor": (real, (3, 4, 1)), "cov_diag": (positive, (4,))},
    ],
    "Multinomial": [{"total_count": 5, "probs": (positive, V)}, {"total_count": 4, "logits": (real, V)}],
    "MultivariateNormal": [
        {"loc": (real, V), "scale_tril": (triangle, M)},
        {"loc": (real, (2, 1, 4)), "covariance_matrix": (covariance, M)},
        {"loc": (real, (4,)), "precision_matrix": (covariance, M)},
    ],
    "NegativeBinomial": [
        {"total_count": (positive, (3, 1)), "probs": (unit, (2,))},
        {"total_count": 4.0, "logits": (real, (3,))},
    ],
    "Normal": [{"loc": (real, (3, 1)), "scale": (positive, (2,))}, {"loc": 0.5, "scale": 2.0}],
    "OneHotCategorical": [{"probs": (positive, V)}, {"logits": (real, V)}],
    "OneHotCategoricalStraightThrough": [{"probs": (positive, V)}],
    "Pareto": [{"scale": (positive, (3, 1)), "alpha": (above_two, (2,))}],
    "Poisson": [{"rate": (positive, (3,))}],
    "RelaxedBernoulli": [{"temperature": (positive, ()), "probs": (unit, (3,))}],
    "RelaxedOneHotCategorical": [{"temperature": (positive, ()), "logits": (real, V)}],
    "StudentT": [{"df": (above_two, (3, 1)), "loc": (real, (2,)), "scale": (positive, (2,))}],
    "Uniform": [{"low": (real, (3,)), "high": (above_four, (3,))}],
    "VonMises": [{"loc": (real, (3, 1)), "concentration": (positive, (2,))}],
    "Weibull": [{"scale": (positive, (3, 1)), "concentration": (above_two, (2,))}],
    "Wishart": [
        {"df": (above_four, (3,)), "scale_tril": (triangle, (2, 1, 4, 4))},
        {"df": (above_four, (3,)), "covariance_matrix": (covariance, (4, 4))},
        {"df": (above_four, (2, 1)), "precision_matrix": (covariance, M)},
    ],
}
"""Parameters of each distribution: constants, or how and in what shape they are drawn."""

EACH = [pytest.param(name, case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]


def drawn(name, case):
    """Return drawn parameters as NumPy arrays, and the others as they are."""
    rng = seeded(name, str(sorted(case)))
    return {key: value[0](rng, *value[1]) if isinstance(value, tuple) else value for key, value in case.items()}


def both(name, parameters):
    """Return the distribution and the leaves of its parameters, ours and PyTorch's."""
    mine = {k: tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for k, x in parameters.items()}
    other = {k: torch.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for k, x in parameters.items()}
    return getattr(ours, name)(**mine), getattr(theirs, name)(**other), mine, other


LOOSE = {"VonMises": 1e-6, "Multinomial": 1e-6}
"""Tolerances of distributions of which PyTorch computes functions in single precision."""


def samples_of(name, q):
    torch.manual_seed(0)
    return q.sample((5,)).numpy()


def assert_same_gradient(found, expected, mine, other, rtol=1e-8):
    """Assert that two results, and the gradients of their weighted sums, agree."""
    assert_close(found.detach(), expected.detach().numpy(), rtol=rtol)
    if not (expected.requires_grad and found.requires_grad):
        assert not bool(torch.isfinite(expected).all()) or not expected.requires_grad
        return
    weights = seeded("weights").normal(size=tuple(expected.shape))
    leaves = [k for k, x in other.items() if hasattr(x, "requires_grad") and x.requires_grad]
    wanted = torch.autograd.grad(
        (expected * torch.tensor(weights)).sum(), [other[k] for k in leaves], allow_unused=True, retain_graph=True
    )
    for k in leaves:
        mine[k].grad = None
    (found * tensor(weights)).sum().backward()
    for k, gradient in zip(leaves, wanted, strict=True):
        if gradient is not None:
            found = tl.zeros_like(mine[k]) if mine[k].grad is None else mine[k].grad
            if k == "scale_tril":  # what is above the diagonal is not read
                found, gradient = tl.tril(found), torch.tril(gradient)
            assert_close(found, gradient.numpy(), rtol=rtol)


@pytest.mark.filterwarnings("ignore:Singular sample")  # PyTorch's, of Wishart
@pytest.mark.parametrize(("name", "case"), EACH)
class TestEachDistribution:
    def test_shapes_and_flags(self, name, case):
        p, q, _, _ = both(name, drawn(name, case))
        assert p.batch_shape == tuple(q.batch_shape)
        assert p.event_shape == tuple(q.event_shape)
        assert p.has_rsample == q.has_rsample
        assert p.has_enumerate_support == q.has_enumerate_support
        assert p.support.event_dim == q.support.event_dim
        assert p.support.is_discrete == q.support.is_discrete
        assert p.sample((2,)).shape == tuple(q.sample((2,)).shape)
        assert str(p.sample().dtype) == str(q.sample().dtype).removeprefix("torch.")
        assert set(p.arg_constraints) == set(q.arg_constraints) - {"temperature"} | ({"temperature"} & set(case))

    @pytest.mark.parametrize("moment", ["mean", "mode", "variance", "stddev"])
    def test_moments(self, name, case, moment):
        p, q, mine, other = both(name, drawn(name, case))
        try:
            expected = getattr(q, moment)
        except NotImplementedError:
            pytest.skip("PyTorch has none")
        if (name, moment) == ("Kumaraswamy", "mode"):
            pytest.skip("PyTorch's is NaN")
        assert_same_gradient(getattr(p, moment), expected, mine, other, rtol=LOOSE.get(name, 1e-8))

    def test_log_prob(self, name, case):
        p, q, mine, other = both(name, drawn(name, case))
        value = samples_of(name, q)
        found, expected = p.log_prob(tensor(value)), q.log_prob(torch.tensor(value))
        assert_same_gradient(found, expected, mine, other, rtol=LOOSE.get(name, 1e-8))

    def test_gradient_of_values(self, name, case):
        p, q, _, _ = both(name, drawn(name, case))
        if not q.has_rsample or q.support.is_discrete:
            pytest.skip("discrete")
        value = samples_of(name, q)
        mine, other = {"value": tensor(value, requires_grad=True)}, {"value": torch.tensor(value, requires_grad=True)}
        assert_same_gradient(p.log_prob(mine["value"]), q.log_prob(other["value"]), mine, other, rtol=1e-6)

    def test_cdf_and_icdf(self, name, case):
        p, q, mine, other = both(name, drawn(name, case))
        value = samples_of(name, q)
        try:
            expected = q.cdf(torch.tensor(value))
        except NotImplementedError:
            pytest.skip("PyTorch has none")
        if name in ("Gamma", "Chi2", "InverseGamma"):  # no gradient of the shape parameter, in either
            assert_close(p.cdf(tensor(value)).detach(), expected.detach().numpy(), rtol=1e-9)
            return
        assert_same_gradient(p.cdf(tensor(value)), expected, mine, other, rtol=1e-7)
        levels = seeded(name).uniform(0.01, 0.99, value.shape)
        try:
            expected = q.icdf(torch.tensor(levels))
        except NotImplementedError:
            return
        assert_same_gradient(p.icdf(tensor(levels)), expected, mine, other, rtol=1e-7)

    def test_entropy(self, name, case):
        p, q, mine, other = both(name, drawn(name, case))
        try:
            expected = q.entropy()
        except NotImplementedError:
            pytest.skip("PyTorch has none")
        assert_same_gradient(p.entropy(), expected, mine, other, rtol=LOOSE.get(name, 1e-8))
        assert_close(p.perplexity().detach(), q.perplexity().detach().numpy(), rtol=1e-6)

    def test_enumerate_support(self, name, case):
        p, q, _, _ = both(name, drawn(name, case))
        if not q.has_enumerate_support:
            pytest.skip("not finite")
        for expand in (True, False):
            assert_close(p.enumerate_support(expand), q.enumerate_support(expand).numpy())

    def test_expand(self, name, case):
        p, q, mine, other = both(name, drawn(name, case))
        shape = (2, *p.batch_shape)
        p, q = p.expand(shape), q.expand(shape)
        assert p.batch_shape == tuple(q.batch_shape)
        value = samples_of(name, q)
        found, expected = p.log_prob(tensor(value)), q.log_prob(torch.tensor(value))
        assert_same_gradient(found, expected, mine, other, rtol=LOOSE.get(name, 1e-8))
        assert p.sample((3,)).shape == (3, *shape, *p.event_shape)

    def test_single_precision(self, name, case):
        parameters = {k: x.astype("float32") if isinstance(x, np.ndarray) else x for k, x in drawn(name, case).items()}
        p, q, _, _ = both(name, parameters)
        value = samples_of(name, q)
        found, expected = p.log_prob(tensor(value)), q.log_prob(torch.tensor(value))
        assert found.dtype == tl.float32
        assert_close(found.detach(), expected.detach().numpy(), rtol=2e-4)


# -- divergences -------------------------------------------------------------------------------------------------------

SPECIAL = {
    "Pareto": {"scale": (positive, (3,)), "alpha": (above_four, (3,))},
    "Uniform": {"low": (unit, (3,)), "high": (above_four, (3,))},
}
"""Parameters of divergences: those that leave some finite."""


def pairs():
    """Return the names of the classes between which PyTorch knows the divergence."""
    named = [(p.__name__, q.__name__) for p, q in theirs.kl._KL_REGISTRY]
    return sorted((p, q) for p, q in named if p in CASES and q in CASES)


def parameters_of(name, which):
    """Return parameters of a batch of three distributions, which differ between p and q."""
    rng, found = seeded(name, which), {}
    for key, value in SPECIAL.get(name, CASES[name][0]).items():
        if not isinstance(value, tuple):
            found[key] = value
            continue
        draw, shape = value
        event = shape if "MultivariateNormal" in name else (3, 4) if shape == V else (3,)
        found[key] = draw(rng, *event)
    return found


@pytest.mark.parametrize(("p", "q"), pairs(), ids=lambda name: name)
def test_divergences(p, q):
    p1, p2, mine, other = both(p, parameters_of(p, "p"))
    q1, q2, more, others = both(q, parameters_of(q, "q"))
    found, expected = ours.kl_divergence(p1, q1), theirs.kl_divergence(p2, q2)
    finite = bool(torch.isfinite(expected).all())
    mine |= {f"q_{k}": x for k, x in more.items()}
    other |= {f"q_{k}": x for k, x in others.items()}
    if finite:
        assert_same_gradient(found, expected, mine, other, rtol=1e-7)
    else:
        assert_close(found.detach(), np.broadcast_to(expected.detach().numpy(), found.shape), rtol=1e-7)


# -- distributions made of others --------------------------------------------------------------------------------------


def compound(module, make):
    """Return distributions that are made of others, with PyTorch's or our module."""
    normal = module.Normal(make("loc"), make("scale"))
    weights = module.Categorical(logits=make("logits"))
    t = module.transforms
    return {
        "independent": module.Independent(normal, 1),
        "independent over two": module.Independent(normal, 2),
        "mixture": module.MixtureSameFamily(weights, normal),
        "mixture of vectors": module.MixtureSameFamily(
            weights, module.Independent(module.Laplace(make("vectors"), make("spreads")), 1)
        ),
        "mixture of counts": module.MixtureSameFamily(weights, module.Poisson(make("scale"))),
        "log-normal": module.TransformedDistribution(normal, [t.ExpTransform()]),
        "affine, sigmoid": module.TransformedDistribution(normal, [t.AffineTransform(1.0, -2.0), t.SigmoidTransform()]),
        "tanh, affine": module.TransformedDistribution(normal, [t.TanhTransform(), t.AffineTransform(0.5, 0.25)]),
        "stick": module.TransformedDistribution(normal, t.StickBreakingTransform()),
        "stick of joined": module.TransformedDistribution(module.Independent(normal, 1), [t.StickBreakingTransform()]),
        "power": module.TransformedDistribution(module.Gamma(make("scale"), make("spread")), [t.PowerTransform(0.5)]),
        "reshaped": module.TransformedDistribution(
            module.Independent(normal, 1), [t.ExpTransform(), t.ReshapeTransform((4,), (2, 2))]
        ),
        "correlations": module.TransformedDistribution(module.Normal(make("six"), 1.0), [t.CorrCholeskyTransform()]),
        "softplus": module.TransformedDistribution(normal, [t.SoftplusTransform()]),
        "none": module.TransformedDistribution(normal, []),
    }


PARTS = {
    "loc": seeded(1).normal(size=(3, 4)),
    "scale": seeded(2).uniform(0.5, 2.0, (3, 4)),
    "logits": seeded(3).normal(size=(3, 4)),
    "vectors": seeded(4).normal(size=(3, 4, 2)),
    "spreads": seeded(5).uniform(0.5, 2.0, (3, 4, 2)),
    "spread": seeded(6).uniform(0.5, 2.0, (4,)),
    "six": seeded(7).normal(size=(3, 6)),
}


def compounds():
    mine = {k: tensor(x, requires_grad=True) for k, x in PARTS.items()}
    other = {k: torch.tensor(x, requires_grad=True) for k, x in PARTS.items()}
    return compound(ours, mine.get), compound(theirs, other.get), mine, other


@pytest.mark.parametrize("name", compound(theirs, lambda name: torch.tensor(PARTS[name])))
class TestCompounds:
    def test_everything(self, name):
        p, q, mine, other = compounds()
        p, q = p[name], q[name]
        assert (p.batch_shape, p.event_shape) == (tuple(q.batch_shape), tuple(q.event_shape))
        assert p.has_rsample == q.has_rsample
        assert p.sample((2,)).shape == tuple(q.sample((2,)).shape)
        value = samples_of(name, q)
        assert_same_gradient(p.log_prob(tensor(value)), q.log_prob(torch.tensor(value)), mine, other, rtol=1e-6)
        for what in ("mean", "variance", "entropy"):
            try:
                expected = getattr(q, what)
                expected = expected() if callable(expected) else expected
            except (NotImplementedError, AttributeError):
                continue
            found = getattr(p, what)
            assert_same_gradient(found() if callable(found) else found, expected, mine, other)

    def test_expand(self, name):
        p, q, mine, other = compounds()
        shape = (2, *p[name].batch_shape)
        p, q = p[name].expand(shape), q[name].expand(shape)
        assert (p.batch_shape, p.event_shape) == (tuple(q.batch_shape), tuple(q.event_shape))
        value = samples_of(name, q)
        assert_same_gradient(p.log_prob(tensor(value)), q.log_prob(torch.tensor(value)), mine, other, rtol=1e-6)

    def test_cdf_and_icdf(self, name):
        p, q, mine, other = compounds()
        p, q = p[name], q[name]
        value = samples_of(name, q)
        try:
            expected = q.cdf(torch.tensor(value))
        except (NotImplementedError, ValueError):
            return
        if not expected.requires_grad or name in ("power", "stick", "mixture of vectors", "mixture of counts"):
            return
        assert_same_gradient(p.cdf(tensor(value)), expected, mine, other, rtol=1e-6)
        levels = seeded(name).uniform(0.01, 0.99, value.shape)
        try:
            expected = q.icdf(torch.tensor(levels))
        except NotImplementedError:
            return
        assert_same_gradient(p.icdf(tensor(levels)), expected, mine, other, rtol=1e-6)


def test_divergence_of_compounds():
    p, q, _, _ = compounds()
    mine = {k: tensor(x + 0.1) for k, x in PARTS.items()}
    other = {k: torch.tensor(x + 0.1) for k, x in PARTS.items()}
    for name in ("independent", "independent over two", "log-normal", "softplus"):
        found = ours.kl_divergence(p[name], compound(ours, mine.get)[name])
        expected = theirs.kl_divergence(q[name], compound(theirs, other.get)[name])
        assert_close(found.detach(), expected.detach().numpy(), rtol=1e-10)


# -- constraints and transforms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("boolean", [0.0, 1.0, 0.5]),
        ("real", [0.0, np.nan, np.inf]),
        ("positive", [0.0, 1.0, np.nan]),
        ("nonnegative", [0.0, -1.0]),
        ("unit_interval", [0.0, 1.0, 1.5]),
        ("nonnegative_integer", [0.0, 2.0, 0.5, -1.0]),
        ("positive_integer", [0.0, 2.0, 0.5, -1.0]),
        ("real_vector", [[0.0, np.nan], [1.0, 2.0]]),
        ("simplex", [[0.5, 0.5], [0.5, 0.6], [1.5, -0.5]]),
        ("one_hot", [[0.0, 1.0], [1.0, 1.0], [0.5, 0.5]]),
        ("lower_triangular", [[[1.0, 0.0], [2.0, -1.0]], [[1.0, 2.0], [0.0, 1.0]]]),
        ("lower_cholesky", [[[1.0, 0.0], [2.0, -1.0]], [[1.0, 0.0], [3.0, 1.0]]]),
        ("corr_cholesky", [[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [3.0, 1.0]]]),
        ("symmetric", [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.0], [3.0, 1.0]]]),
        ("positive_semidefinite", [[[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]),
        ("positive_definite", [[[1.0, 0.5], [0.5, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]),
    ],
)
def test_constraints(name, value):
    a, b = getattr(ours.constraints, name), getattr(theirs.constraints, name)
    assert_close(a.check(tensor(value)), b.check(torch.tensor(value, dtype=torch.float64)).numpy())
    assert (a.event_dim, a.is_discrete) == (b.event_dim, b.is_discrete)


TRANSFORMS = {
    "AbsTransform": ((), (3,)),
    "AffineTransform": ((0.5, -2.0), (3,)),
    "CorrCholeskyTransform": ((), (2, 6)),
    "ExpTransform": ((), (3,)),
    "LowerCholeskyTransform": ((), (2, 3, 3)),
    "PositiveDefiniteTransform": ((), (2, 3, 3)),
    "PowerTransform": ((2.5,), (3,)),
    "ReshapeTransform": (((4,), (2, 2)), (3, 4)),
    "SigmoidTransform": ((), (3,)),
    "SoftmaxTransform": ((), (2, 3)),
    "SoftplusTransform": ((), (3,)),
    "StickBreakingTransform": ((), (2, 3)),
    "TanhTransform": ((), (3,)),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    options, shape = TRANSFORMS[name]
    make = torch.tensor if name == "PowerTransform" else (lambda x: x)
    a, b = getattr(ours.transforms, name)(*options), getattr(theirs.transforms, name)(*map(make, options))
    x = seeded(name).normal(size=shape)
    x = np.abs(x) if name == "PowerTransform" else x
    mine, other = {"x": tensor(x, requires_grad=True)}, {"x": torch.tensor(x, requires_grad=True)}
    y, expected = a(mine["x"]), b(other["x"])
    assert_same_gradient(y, expected, mine, other, rtol=1e-7)
    assert_close(a.inv(y).detach(), b.inv(expected).detach().numpy(), rtol=1e-7)
    assert a.bijective == b.bijective
    assert a.forward_shape(shape) == tuple(b.forward_shape(shape)) == tuple(y.shape)
    assert a.inverse_shape(tuple(y.shape)) == shape
    for mine_of, other_of in ((a.domain, b.domain), (a.codomain, b.codomain)):
        assert mine_of.event_dim == other_of.event_dim
    if name in ("AbsTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform", "SoftmaxTransform"):
        return
    y = a(mine["x"])
    found, wanted = a.log_abs_det_jacobian(mine["x"], y), b.log_abs_det_jacobian(other["x"], expected)
    assert_same_gradient(found, wanted, mine, other, rtol=1e-6)
    y = a(mine["x"])
    assert_close(a.inv.log_abs_det_jacobian(y, mine["x"]).detach(), -wanted.detach().numpy(), rtol=1e-7)


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize(
    ("constraint", "shape"),
    [
        (lambda c: c.real, (3,)),
        (lambda c: c.positive, (3,)),
        (lambda c: c.nonnegative, (3,)),
        (lambda c: c.greater_than(2.0), (3,)),
        (lambda c: c.less_than(2.0), (3,)),
        (lambda c: c.unit_interval, (3,)),
        (lambda c: c.interval(-1.0, 3.0), (3,)),
        (lambda c: c.half_open_interval(-1.0, 3.0), (3,)),
        (lambda c: c.simplex, (2, 3)),
        (lambda c: c.real_vector, (2, 3)),
        (lambda c: c.independent(c.positive, 1), (2, 3)),
        (lambda c: c.lower_cholesky, (3, 3)),
        (lambda c: c.positive_definite, (3, 3)),
        (lambda c: c.corr_cholesky, (3,)),
        (lambda c: c.cat([c.positive, c.real], 0, [1, 2]), (3,)),
        (lambda c: c.stack([c.positive, c.real], 0), (2,)),
    ],
)
def test_transforms_to_constraints(registry, constraint, shape):
    x = seeded(shape).normal(size=shape)
    mine, wanted = constraint(ours.constraints), constraint(theirs.constraints)
    if registry == "biject_to" and mine.event_dim == 2 and mine is not ours.constraints.corr_cholesky:
        with pytest.raises(NotImplementedError, match="no transform is known"):
            ours.biject_to(mine)
        return
    found = getattr(ours, registry)(mine)(tensor(x))
    assert_close(found, getattr(theirs, registry)(wanted)(torch.tensor(x)).numpy(), rtol=1e-10)
    assert bool(mine.check(found).all())
    assert host(found).shape == found.shape
