"""Transforms: inverses, Jacobians against automatic differentiation, shapes, the cache, and constraints."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import distributions as D
from tensorlab.distributions import constraints as C
from tensorlab.distributions import transforms as T

BIJECTIONS = {
    "affine": (T.AffineTransform(0.5, -2.0), (3,)),
    "affine of vectors": (T.AffineTransform(tl.tensor([0.5, 1.0]), tl.tensor([2.0, -3.0]), 1), (2,)),
    "compose": (T.ComposeTransform([T.TanhTransform(), T.AffineTransform(2.0, 0.5), T.ExpTransform()]), (3,)),
    "correlations": (T.CorrCholeskyTransform(), (6,)),
    "cat": (T.CatTransform([T.ExpTransform(), T.TanhTransform()], lengths=[1, 2]), (3,)),
    "cdf": (T.CumulativeDistributionTransform(D.Normal(tensor(0.3), tensor(1.2))), (3,)),
    "exp": (T.ExpTransform(), (3,)),
    "independent": (T.IndependentTransform(T.ExpTransform(), 1), (3,)),
    "inverse": (T.SigmoidTransform().inv, (3,)),
    "power": (T.PowerTransform(-1.5), (3,)),
    "sigmoid": (T.SigmoidTransform(), (3,)),
    "softplus": (T.SoftplusTransform(), (3,)),
    "stack": (T.StackTransform([T.ExpTransform(), T.AffineTransform(0.0, 2.0)]), (2,)),
    "stick": (T.StickBreakingTransform(), (3,)),
    "tanh": (T.TanhTransform(), (3,)),
    "vectors after numbers": (T.ComposeTransform([T.TanhTransform(), T.StickBreakingTransform()]), (3,)),
}


def argument(name, shape):
    x = seeded(name).normal(size=shape)
    return 1 / (1 + np.exp(-x)) if name in ("inverse", "power") else x


@pytest.mark.parametrize("name", BIJECTIONS)
class TestBijections:
    def test_inverse(self, name):
        transform, shape = BIJECTIONS[name]
        x = argument(name, (2, *shape) if name != "cat" and name != "stack" else shape)
        y = transform(tensor(x))
        assert_close(transform.inv(y), x, rtol=1e-9)
        assert transform.inv.inv == transform
        assert transform.bijective
        assert transform.forward_shape(x.shape) == y.shape
        assert transform.inverse_shape(y.shape) == x.shape
        assert transform.inv.forward_shape(y.shape) == x.shape

    def test_jacobian(self, name):
        """The determinant of the derivative, whose columns beyond the argument's are left out."""
        transform, shape = BIJECTIONS[name]
        x = tensor(argument(name, shape))

        def free(x):
            y = transform(x)
            if name == "correlations":
                return T.vectors.entries_below(y, 1)
            return y[: x.shape[0]]

        matrix = host(tl.jacobian(free)(x))
        found = host(transform.log_abs_det_jacobian(x, transform(x)))
        assert abs(found.sum() - np.linalg.slogdet(matrix)[1]) < 1e-8
        inverse = host(transform.inv.log_abs_det_jacobian(transform(x), x))
        assert_close(tensor(inverse), -found, rtol=1e-7)

    def test_constraints(self, name):
        transform, shape = BIJECTIONS[name]
        x = tensor(argument(name, shape))
        assert bool(transform.domain.check(x).all())
        assert bool(transform.codomain.check(transform(x)).all())

    def test_sign(self, name):
        transform, _ = BIJECTIONS[name]
        try:
            sign = transform.sign
        except NotImplementedError:
            return
        if transform.domain.event_dim or isinstance(transform, T.combinations.PartsTransform):
            return
        x = np.sort(argument(name, (3,)))
        assert (np.sign(np.diff(host(transform(tensor(x))))) == np.sign(sign)).all()


class TestOthers:
    def test_softmax(self):
        x = tensor(seeded("softmax").normal(size=(2, 3)))
        y = T.SoftmaxTransform()(x)
        assert_close(T.SoftmaxTransform()(T.SoftmaxTransform().inv(y)), host(y))
        assert not T.SoftmaxTransform().bijective
        with pytest.raises(NotImplementedError, match="has no inverse derivative"):
            T.SoftmaxTransform().log_abs_det_jacobian(x, y)

    def test_abs(self):
        assert_close(T.AbsTransform()(tensor([-1.0, 2.0])), [1.0, 2.0])
        assert_close(T.AbsTransform().inv(tensor([1.0])), [1.0])

    def test_matrices(self):
        x = tensor(seeded("matrices").normal(size=(2, 3, 3)))
        factor = T.LowerCholeskyTransform()(x)
        assert bool(C.lower_cholesky.check(factor).all())
        assert_close(T.LowerCholeskyTransform().inv(factor), np.tril(host(x)), rtol=1e-12)
        matrix = T.PositiveDefiniteTransform()(x)
        assert bool(C.positive_definite.check(matrix).all())
        assert_close(T.PositiveDefiniteTransform().inv(matrix), np.tril(host(x)), rtol=1e-9)

    def test_stick_breaking_by_hand(self):
        assert_close(T.StickBreakingTransform()(tensor([0.0, 0.0, 0.0])), np.full(4, 0.25))

    def test_reshape(self):
        reshape = T.ReshapeTransform((4,), (2, 2))
        y = reshape(tl.ones(3, 4))
        assert y.shape == (3, 2, 2)
        assert reshape.inv(y).shape == (3, 4)
        assert_close(reshape.log_abs_det_jacobian(tl.ones(3, 4), y), np.zeros(3))
        with pytest.raises(tl.ShapeError, match="different numbers of elements"):
            T.ReshapeTransform((3,), (2, 2))
        with pytest.raises(tl.ShapeError, match="does not end with"):
            reshape(tl.ones(3))

    def test_identity(self):
        x = tl.ones(2)
        assert T.identity_transform(x) is x
        assert T.identity_transform.inv(x) is x

    def test_equality(self):
        assert T.AffineTransform(0.0, 1.0) == T.AffineTransform(0.0, 1.0)
        assert T.AffineTransform(0.0, 1.0) != T.AffineTransform(0.0, 2.0)
        assert T.AffineTransform(tl.zeros(2), 1.0) == T.AffineTransform(tl.zeros(2), 1.0)
        assert T.ExpTransform() != T.TanhTransform()
        assert T.ExpTransform().inv == T.ExpTransform().inv
        assert T.ComposeTransform([T.ExpTransform()]) == T.ComposeTransform([T.ExpTransform()])

    def test_shapes_of_parts(self):
        with pytest.raises(tl.ShapeError, match="CatTransform: axis 0 must have the length 3"):
            T.CatTransform([T.ExpTransform(), T.ExpTransform()], lengths=[1, 2])(tl.ones(4))
        with pytest.raises(tl.ShapeError, match="StackTransform: axis 0 must have the length 1"):
            T.StackTransform([T.ExpTransform()])(tl.ones(4))
        with pytest.raises(ValueError, match="lengths must have one entry for each of the 1 entries of tseq"):
            T.CatTransform([T.ExpTransform()], lengths=[1, 2])

    def test_sizes_of_correlations(self):
        with pytest.raises(tl.ShapeError, match="must have the length k"):
            T.CorrCholeskyTransform()(tl.ones(4))


class TestCache:
    @pytest.mark.filterwarnings("ignore:divide by zero")
    def test_the_argument_itself_is_returned(self):
        transform, x = T.TanhTransform(cache_size=1), tl.tensor([20.0])
        assert transform.inv(transform(x)) is x
        assert T.TanhTransform().inv(T.TanhTransform()(x)).item() == np.inf
        y = tl.tensor([0.5])
        assert transform(transform.inv(y)) is y

    def test_another_argument(self):
        transform = T.ExpTransform(cache_size=1)
        transform(tl.tensor([0.0]))
        assert_close(transform(tl.tensor([1.0])), [np.e], rtol=1e-6)

    def test_with_cache(self):
        transform = T.ExpTransform()
        cached = transform.with_cache()
        assert (transform.cache_size, cached.cache_size) == (0, 1)
        assert cached == transform
        assert transform.inv.with_cache().inv.cache_size == 1
        with pytest.raises(ValueError, match="with_cache: cache_size must be 0 or 1"):
            transform.with_cache(2)


class TestConstraints:
    def test_texts(self):
        for name in C.__all__:
            constraint = getattr(C, name)
            if not isinstance(constraint, type):
                assert constraint.text
                assert "constraint" in repr(constraint)

    def test_bounds_that_are_tensors(self):
        bounds = C.interval(tl.tensor([0.0, 1.0]), tl.tensor([1.0, 2.0]))
        assert host(bounds.check(tl.tensor([1.5, 1.5]))).tolist() == [False, True]
        assert "its bound" in bounds.text

    def test_parts(self):
        assert C.cat([C.positive, C.real], lengths=[1, 2]).event_dim == 0
        with pytest.raises(ValueError, match="cseq must have at least one"):
            C.stack([])
        with pytest.raises(ValueError, match="one entry for each of the 1 entries of cseq"):
            C.cat([C.real], lengths=[1, 2])

    def test_matrices_that_are_not_square(self):
        with pytest.raises(tl.ShapeError, match="a square matrix is needed"):
            C.square.check(tl.ones(2, 3))

    def test_nan_is_in_no_matrix(self):
        matrix = tl.tensor([[float("nan"), 0.0], [0.0, 1.0]])
        for constraint in (C.square, C.symmetric, C.positive_definite, C.lower_cholesky):
            assert not bool(constraint.check(matrix))

    def test_registry(self):
        assert D.biject_to(C.real) is T.identity_transform
        assert isinstance(D.biject_to(C.simplex), T.StickBreakingTransform)
        assert isinstance(D.transform_to(C.simplex), T.SoftmaxTransform)
        with pytest.raises(NotImplementedError, match="biject_to: no transform is known"):
            D.biject_to(C.boolean)
        with pytest.raises(TypeError, match="transform_to: constraint must be a Constraint, not 3"):
            D.transform_to(3)

    @pytest.mark.parametrize("registry", [D.biject_to, D.transform_to])
    @pytest.mark.parametrize(
        "constraint",
        [
            C.positive,
            C.nonnegative,
            C.greater_than(2.0),
            C.greater_than_eq(tl.tensor([1.0, 2.0, 3.0])),
            C.less_than(-1.0),
            C.unit_interval,
            C.interval(-1.0, 3.0),
            C.half_open_interval(tl.zeros(3), tl.ones(3)),
            C.simplex,
            C.corr_cholesky,
            C.independent(C.positive, 1),
            C.cat([C.positive, C.real], lengths=[1, 2]),
            C.stack([C.positive, C.real, C.unit_interval]),
        ],
    )
    def test_results_satisfy_the_constraint(self, registry, constraint):
        x = tl.tensor([-3.0, 0.5, 2.0])
        transform = registry(constraint)
        y = transform(x)
        assert bool(constraint.check(y).all())
        assert_close(transform(transform.inv(y)), host(y), rtol=1e-5)

    def test_matrices(self):
        for constraint in (C.lower_cholesky, C.positive_definite, C.positive_semidefinite):
            assert bool(constraint.check(D.transform_to(constraint)(tl.randn(2, 3, 3))).all())
            with pytest.raises(NotImplementedError):
                D.biject_to(constraint)

    def test_own_constraints(self):
        class Even(C.Constraint):
            """Whole numbers that are even."""

        @D.transform_to.register(Even)
        def doubled(constraint):
            return T.AffineTransform(0.0, 2.0)

        assert D.transform_to(Even()) == T.AffineTransform(0.0, 2.0)
        with pytest.raises(TypeError, match="register: constraint must be"):
            D.transform_to.register(3)

    def test_unconstrained_fitting(self):
        """Parameters of a distribution found by maximum likelihood, over all real numbers."""
        data = D.Gamma(3.0, 2.0).sample((400,), generator=tl.Generator(0))
        free = {name: tl.zeros((), requires_grad=True) for name in ("concentration", "rate")}
        optimizer = tl.optim.Adam(list(free.values()), lr=0.1)
        for _ in range(150):
            gamma = D.Gamma(**{n: D.transform_to(C.positive)(x) for n, x in free.items()})
            loss = -gamma.log_prob(data).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert abs(gamma.mean.item() - data.mean().item()) < 0.02
        assert abs(gamma.concentration.item() - 3.0) < 0.5
