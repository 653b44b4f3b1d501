"""What all distributions share: reading, checking and broadcasting of parameters, shapes, types, devices, copies."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import distributions as D
from tensorlab.distributions.parameters import Positive, Real
from tensorlab.options import declared


class TestParameters:
    def test_numbers_lists_arrays_and_tensors(self):
        for loc in (0.5, 1, [0.5, 1.0], np.array([0.5, 1.0]), tl.tensor([0.5, 1.0]), np.float64(0.5)):
            assert D.Normal(loc, 1.0).loc.dtype.is_floating

    def test_types(self):
        assert D.Normal(0, 1).sample().dtype == tl.float32
        assert D.Normal(tl.tensor(0), 1).sample().dtype == tl.float32
        assert D.Normal(tensor(0.0), 1.0).scale.dtype == tl.float64
        assert D.Normal(tensor(0.0), tl.ones(2)).scale.dtype == tl.float64
        assert D.Normal(tensor(0.0), 1.0).log_prob(tl.tensor([1, 2])).dtype == tl.float64

    @pytest.mark.skipif(tl.active_backend().native_dtype("float16") is None, reason="the backend has no such type")
    def test_half_precision(self):
        half = D.Normal(tl.zeros(2, dtype="float16"), 1.0)
        assert half.sample().dtype == half.log_prob(1.0).dtype == tl.float16

    def test_broadcast(self):
        normal = D.Normal(tl.zeros(3, 1), tl.ones(2))
        assert normal.batch_shape == normal.loc.shape == normal.scale.shape == (3, 2)
        assert D.StudentT(tl.ones(4)).loc.shape == (4,)

    def test_gradients_reach_what_was_broadcast(self):
        scale = tensor(2.0, requires_grad=True)
        D.Normal(tl.zeros(5), scale).log_prob(0.0).sum().backward()
        assert_close(scale.grad, -2.5)

    def test_several_backward_passes(self):
        """Nothing that is kept is part of a graph that the first pass frees."""
        for make in (
            lambda p: D.Normal(tl.zeros(3), p),
            lambda p: D.Bernoulli(logits=p),
            lambda p: D.Independent(D.Gamma(tl.ones(2), p), 1),
        ):
            parameter = tensor(2.0, requires_grad=True)
            distribution = make(parameter)
            distribution.entropy().sum().backward()
            first = parameter.grad.item()
            distribution.entropy().sum().backward()
            assert abs(parameter.grad.item() - 2 * first) < 1e-6
        categorical = D.Categorical(logits=tl.tensor([2.0, 0.0], requires_grad=True))
        categorical.entropy().backward()
        categorical.log_prob(0).backward()

    def test_repr(self):
        assert repr(D.Normal(0.0, 2.5)) == "Normal(loc: 0, scale: 2.5)"
        assert repr(D.Normal(tl.zeros(3), 1.0)) == "Normal(loc: (3,), scale: (3,))"
        assert repr(D.Independent(D.Exponential(tl.ones(2)), 1)) == "Independent(Exponential(rate: (2,)), 1)"

    def test_copies(self):
        normal = D.Normal(tl.tensor([1.0]), 2.0)
        assert_same(copy.deepcopy(normal).loc, np.array([1.0]))
        assert_same(copy.copy(normal).scale, np.array([2.0]))

    def test_constraints(self):
        assert D.Gamma(1.0, 1.0).arg_constraints == {
            "concentration": D.constraints.positive,
            "rate": D.constraints.positive,
        }


class TestValidation:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: D.Normal(0.0, 0.0), r"Normal: scale must be greater than 0; 0 is not"),
            (lambda: D.Normal(tl.tensor([0.0, float("nan")]), 1.0), r"Normal: loc must be a real number, not NaN"),
            (lambda: D.Gamma(tl.tensor([1.0, -2.0]), 1.0), r"Gamma: concentration must be greater than 0; -2 is not"),
            (lambda: D.Bernoulli(probs=1.5), r"Bernoulli: probs must be in \[0, 1\]; 1.5 is not"),
            (lambda: D.Geometric(probs=0.0), r"Geometric: probs must be in \(0, 1\]; 0 is not"),
            (lambda: D.NegativeBinomial(1.0, probs=1.0), r"NegativeBinomial: probs must be in \[0, 1\); 1 is not"),
            (lambda: D.Binomial(2.5, probs=0.5), r"Binomial: total_count must be a whole number of at least 0; 2.5"),
            (lambda: D.Uniform(1.0, 1.0), r"Uniform: low must be less than high"),
            (
                lambda: D.Dirichlet(tl.tensor([1.0, 0.0])),
                r"Dirichlet: concentration must be an array whose elements are",
            ),
            (
                lambda: D.Normal(tl.zeros(2), tl.ones(3)),
                r"Normal: loc, scale: shapes \(2,\) and \(3,\) do not broadcast",
            ),
            (
                lambda: D.Gamma(1.0, 1.0).log_prob(-1.0),
                r"log_prob: value must be at least 0 \(the support of Gamma\); -1",
            ),
            (
                lambda: D.Uniform(0.0, 1.0).log_prob(2.0),
                r"value must be in \[0, 1\] \(the support of Uniform\); 2 is not",
            ),
            (lambda: D.Poisson(1.0).log_prob(0.5), r"value must be a whole number of at least 0"),
            (lambda: D.Normal(0.0, 1.0).icdf(1.5), r"icdf: value must be in \[0, 1\]; 1.5 is not"),
            (
                lambda: D.Normal(tl.zeros(2), 1.0).log_prob(tl.zeros(3)),
                r"log_prob: value of shape \(3,\) does not broadc",
            ),
        ],
    )
    def test_refused(self, make, message):
        with pytest.raises(ValueError, match=message):
            make()

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: D.Normal("0", 1.0), "Normal: loc must be a number, a tensor or an array, not '0'"),
            (lambda: D.Normal(None, 1.0), "Normal: loc must be a number, a tensor or an array, not None"),
            (lambda: D.Normal(True, 1.0), "Normal: loc must be a number, a tensor or an array, not True"),
            (lambda: D.Normal(tl.tensor([True]), 1.0), "Normal: loc is bool, but must be of a real numeric type"),
            (lambda: D.Normal(0.0), "Normal: missing a required argument: 'scale'"),
            (lambda: D.Normal(0.0, 1.0, validate_args="no"), "Normal: validate_args must be a bool or None"),
            (lambda: D.Normal(0.0, 1.0).log_prob("a"), "log_prob: value must be a number, a tensor or an array"),
            (lambda: D.Normal(0.0, 1.0).sample("a"), "sample: sample_shape must be"),
            (lambda: D.Normal(0.0, 1.0).sample(generator=1), "sample: generator must be a Generator or None"),
        ],
    )
    def test_refused_types(self, make, message):
        with pytest.raises(TypeError, match=message):
            make()

    @pytest.mark.filterwarnings("ignore:invalid value")
    def test_off(self):
        assert np.isnan(host(D.Normal(0.0, -1.0, validate_args=False).entropy()))
        assert D.Uniform(0.0, 1.0, validate_args=False).log_prob(2.0).item() == -np.inf
        assert D.HalfNormal(1.0, validate_args=False).log_prob(-1.0).item() == -np.inf

    def test_off_in_what_others_are_made_of(self):
        grey = D.Bernoulli(logits=tl.zeros(2), validate_args=False)
        weights = D.Categorical(probs=tl.ones(2))
        exponential = D.Exponential(tl.ones(2), validate_args=False)
        for distribution in (
            D.Independent(grey, 1),
            D.MixtureSameFamily(weights, grey),
            D.TransformedDistribution(exponential, [D.transforms.PowerTransform(2.0)]),
        ):
            value = tl.full(distribution.event_shape, 0.5)
            assert bool(tl.isfinite(distribution.log_prob(value)).all())
        with pytest.raises(ValueError, match="support of Independent"):
            D.Independent(grey, 1, validate_args=True).log_prob(tl.tensor([0.5, 0.5]))

    def test_default(self):
        D.Distribution.set_default_validate_args(False)
        try:
            D.Normal(0.0, float("nan"))
            with pytest.raises(ValueError, match="Normal: scale"):
                D.Normal(0.0, float("nan"), validate_args=True)
        finally:
            D.Distribution.set_default_validate_args(None)
        with pytest.raises(TypeError, match="value must be a bool or None"):
            D.Distribution.set_default_validate_args(1)

    def test_simplex_of_many_numbers_in_single_precision(self):
        probs = tl.nn.functional.softmax(tl.randn(50_000), axis=-1)
        assert bool(D.constraints.simplex.check(probs))


class TestSamples:
    def test_no_gradients_where_there_are_none(self):
        with pytest.raises(NotImplementedError, match="gradients do not flow through samples of Poisson"):
            D.Poisson(1.0).rsample()

    def test_negative_shapes(self):
        for shape in (-1, (-1,), (2, -3)):
            with pytest.raises(ValueError, match="sample"):
                D.Normal(0.0, 1.0).sample(shape)

    def test_too_many(self):
        with pytest.raises(MemoryError, match="sample: "):
            D.Normal(0.0, 1.0).sample(10**15)

    def test_empty(self):
        assert D.Normal(0.0, 1.0).sample((0, 2)).shape == (0, 2)
        assert D.Gamma(tl.ones(0), 1.0).log_prob(tl.ones(3, 0)).shape == (3, 0)

    def test_same_bits_on_every_backend(self, other_backend):
        here = D.Beta(2.0, 3.0).sample((5,), generator=tl.Generator(7))
        with tl.use_backend(other_backend):
            there = D.Beta(2.0, 3.0).sample((5,), generator=tl.Generator(7))
        np.testing.assert_allclose(host(here), host(there), rtol=1e-6)

    def test_other_devices(self, other_backend):
        with tl.use_backend(other_backend):
            scale = tl.ones(2)
        assert D.Normal(0.0, scale).sample().device == scale.device
        assert D.Normal(0.0, scale).log_prob(1.0).device == scale.device
        with pytest.raises(tl.BackendError, match=r"Normal: loc is on .* but scale is on"):
            D.Normal(tl.zeros(2), scale)


class TestExpand:
    def test_gradients(self):
        scale = tensor(2.0, requires_grad=True)
        D.Normal(0.0, scale).expand((3, 2)).log_prob(0.0).sum().backward()
        assert_close(scale.grad, -3.0)

    def test_refused(self):
        with pytest.raises(tl.ShapeError, match=r"expand: .*\(3,\)"):
            D.Normal(tl.zeros(2), 1.0).expand((3,))
        with pytest.raises(tl.ShapeError, match=r"expand: batch_shape .* does not broadcast"):
            D.Normal(tl.zeros(2), 1.0).expand(())


class TestOwnDistributions:
    def test_formulas_are_enough(self):
        @declared
        class Logistic(D.Distribution):
            """The logistic distribution."""

            support, has_rsample = D.constraints.real, True

            loc: Real
            scale: Positive = 1.0

            def _log_prob(self, value):
                z = (value - self.loc) / self.scale
                return -z - 2 * tl.log1p(tl.exp(-z)) - tl.log(self.scale)

            def _draw(self, generator, shape):
                return generator.logistic(shape, self.loc, self.scale)

        logistic = Logistic(tl.zeros(3), tl.ones(2, 1))
        assert logistic.rsample((5,)).shape == (5, 2, 3)
        assert_close(logistic.log_prob(0.0), np.full((2, 3), -np.log(4)), rtol=1e-6)
        assert D.Independent(logistic, 1).log_prob(tl.zeros(3)).shape == (2,)
        with pytest.raises(ValueError, match="Logistic: scale must be greater than 0"):
            Logistic(0.0, -1.0)
        for method in ("mean", "variance", "mode"):
            with pytest.raises(NotImplementedError, match=f"the {method} of Logistic is not implemented"):
                getattr(logistic, method)
        with pytest.raises(NotImplementedError, match="the distribution function of Logistic is not"):
            logistic.cdf(0.0)
        with pytest.raises(AttributeError, match="'Logistic' object has no attribute 'shape'"):
            logistic.shape  # noqa: B018
