"""Feature maps and kernels against scikit-learn, closed forms, and the distributions that they promise."""

import math

import numpy as np
import pytest
from helpers import assert_close, assert_same, draws, host, leaf, tensor

import tensorlab as tl
from tensorlab import features, nn

X, Y = draws(7, 3, seed=1), draws(5, 3, seed=2)


class TestMonomials:
    @pytest.mark.parametrize("degree", [0, 1, 2, 3, 5])
    @pytest.mark.parametrize("include_bias", [False, True])
    @pytest.mark.parametrize("interaction_only", [False, True])
    def test_as_in_scikit_learn(self, degree, include_bias, interaction_only):
        preprocessing = pytest.importorskip("sklearn.preprocessing")
        if degree == 0 and not include_bias:
            pytest.skip("scikit-learn has no empty features")
        options = {"include_bias": include_bias, "interaction_only": interaction_only}
        expected = preprocessing.PolynomialFeatures(degree, **options).fit_transform(X)
        assert_close(features.monomials(tensor(X), degree, **options), expected)
        assert_close(features.Monomials(degree, **options)(tensor(X)), expected)

    def test_any_number_of_axes(self):
        assert_close(features.monomials(tensor([2.0, 3.0]), 3), [1, 2, 3, 4, 6, 9, 8, 12, 18, 27])
        batched = draws(2, 4, 3)
        assert_same(features.monomials(tensor(batched), 2)[1, 2], host(features.monomials(tensor(batched[1, 2]), 2)))

    @pytest.mark.parametrize("options", [{}, {"include_bias": False}])
    def test_no_elements_and_no_degree(self, options):
        assert features.monomials(tl.ones(4, 3), 0, **options).shape == (4, len(options) == 0)
        assert features.monomials(tl.ones(4, 0), 2, **options).shape == (4, len(options) == 0)

    def test_gradients(self):
        tl.check_gradients(lambda x: features.monomials(x, 3), (leaf(X[:2]),))

    def test_products_of_features_are_the_polynomial_kernel(self):
        """The homogeneous kernel of degree 2 sums the squares once and the mixed products twice."""
        x, y = (features.monomials(tensor(points), 2)[:, 4:] for points in (X, Y))
        weights = tensor([1.0, 2.0, 2.0, 1.0, 2.0, 1.0])
        expected = features.polynomial_kernel(tensor(X), tensor(Y), degree=2, gamma=1.0, coef0=0.0)
        assert_close((x * weights) @ y.T, host(expected))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("linear_kernel", {}),
        ("polynomial_kernel", {}),
        ("polynomial_kernel", {"degree": 2, "gamma": 0.7, "coef0": -0.5}),
        ("rbf_kernel", {}),
        ("rbf_kernel", {"gamma": 0.3}),
        ("laplacian_kernel", {}),
        ("laplacian_kernel", {"gamma": 2.0}),
    ],
)
class TestKernels:
    def test_as_in_scikit_learn(self, name, options):
        pairwise = pytest.importorskip("sklearn.metrics.pairwise")
        expected = getattr(pairwise, name)
        assert_close(getattr(features, name)(tensor(X), tensor(Y), **options), expected(X, Y, **options))
        assert_close(getattr(features, name)(tensor(X), **options), expected(X, **options))

    def test_gradients(self, name, options):
        tl.check_gradients(lambda x, y: getattr(features, name)(x, y, **options), (leaf(X), leaf(Y)))

    def test_refuses_vectors_of_other_length(self, name, options):
        with pytest.raises(tl.ShapeError, match=rf"{name}: x and y must have rows of one length"):
            getattr(features, name)(tensor(X), tensor(Y[:, :2]), **options)


class TestPolar:
    @pytest.mark.parametrize("size", [2, 3, 5])
    def test_coordinates_return(self, size):
        x = draws(20, size)
        radius, *angles = np.moveaxis(host(features.polar(tensor(x))), -1, 0)
        found, rest = [], radius
        for angle in angles:
            found.append(rest * np.cos(angle))
            rest = rest * np.sin(angle)
        assert_close(tensor(np.stack([*found, rest], axis=-1)), x)
        assert_same(features.Polar()(tensor(x)), host(features.polar(tensor(x))))

    def test_ranges(self):
        _, first, last = np.moveaxis(host(features.polar(tensor(draws(200, 3)))), -1, 0)
        assert first.min() >= 0 and first.max() <= math.pi
        assert last.min() < -3 and last.max() > 3

    def test_gradients(self):
        tl.check_gradients(features.polar, (leaf(X),))

    def test_needs_two_coordinates(self):
        with pytest.raises(tl.ShapeError, match=r"polar: x must have at least 2 coordinates"):
            features.polar(tl.ones(4, 1))


class TestRandomProjection:
    @pytest.mark.parametrize("density", [None, 1.0, 0.1])
    def test_distances_are_kept(self, density, generator):
        """The ratio of squared distances has the mean 1 and, for normal elements, the variance 2 / features."""
        points = draws(30, 500)
        project = features.RandomProjection(500, 400, density, generator=generator, dtype="float64")
        projected = host(project(tensor(points)))
        pairs = np.triu_indices(30, 1)
        squared = [((p[pairs[0]] - p[pairs[1]]) ** 2).sum(axis=1) for p in (projected, points)]
        ratio = squared[0] / squared[1]
        assert abs(ratio.mean() - 1) < 0.05
        assert ratio.std() < 2 * math.sqrt(2 / 400)

    def test_sparse_elements(self, generator):
        weight = host(features.RandomProjection(300, 200, density=0.1, generator=generator).weight)
        values, counts = np.unique(np.round(weight, 5), return_counts=True)
        assert_close(tensor(values), [-math.sqrt(10 / 200), 0, math.sqrt(10 / 200)], rtol=1e-4)
        assert np.allclose(counts / weight.size, [0.05, 0.9, 0.05], atol=0.005)

    def test_seeded_and_saved(self):
        first, second = (features.RandomProjection(4, 2, generator=tl.Generator(3)) for _ in range(2))
        assert_same(first.weight, host(second.weight))
        assert list(first.state_dict()) == ["weight"] and not list(first.parameters())

    def test_density_is_a_positive_fraction(self):
        with pytest.raises(ValueError, match=r"RandomProjection: density must be .*, not 0"):
            features.RandomProjection(4, 2, density=0)


class TestRandomFourierFeatures:
    def test_inner_products_approximate_the_kernel(self, generator):
        """The error of the mean of D cosines is 1 / sqrt(D) at most."""
        embed = features.RandomFourierFeatures(3, 20_000, gamma=0.3, generator=generator, dtype="float64")
        x, y = embed(tensor(X)), embed(tensor(Y))
        expected = host(features.rbf_kernel(tensor(X), tensor(Y), gamma=0.3))
        assert np.abs(host(x @ y.T) - expected).max() < 3 / math.sqrt(20_000)

    def test_formula(self, generator):
        embed = features.RandomFourierFeatures(3, 8, generator=generator, dtype="float64")
        expected = math.sqrt(2 / 8) * np.cos(X @ host(embed.weight).T + host(embed.bias))
        assert_close(embed(tensor(X)), expected)


class TestRBFFeatures:
    def test_formula_and_gradients(self):
        layer = features.RBFFeatures(tensor(Y), gamma=0.5)
        expected = np.exp(-0.5 * ((X[:, None] - Y[None]) ** 2).sum(axis=-1))
        assert_close(layer(tensor(X)), expected)
        assert_close(layer(tensor(X[0])), expected[0])
        tl.check_gradients(layer, (leaf(X),))

    def test_centres_that_are_learned(self):
        layer = features.RBFFeatures(nn.Parameter(tensor(Y)))
        layer(tensor(X)).sum().backward()
        assert layer.centers.grad is not None
        assert [name for name, _ in layer.named_parameters()] == ["centers"]

    def test_centres_that_are_given(self):
        layer = features.RBFFeatures(tensor(Y), gamma=2.0)
        assert [name for name, _ in layer.named_buffers()] == ["centers"]
        assert repr(layer) == "RBFFeatures(5, 3, gamma=2.0)"

    def test_refusals(self):
        with pytest.raises(tl.ShapeError, match=r"RBFFeatures: centers must be a matrix, not of shape \(5,\)"):
            features.RBFFeatures(tl.ones(5))
        with pytest.raises(tl.ShapeError, match=r"RBFFeatures: input must be \(\.\.\., 3\), not of shape \(2, 4\)"):
            features.RBFFeatures(tensor(Y))(tl.ones(2, 4))


class TestTileCoding:
    def test_one_grid(self):
        code = features.TileCoding([0.0, -1.0], [1.0, 1.0], tiles=4)
        points = np.array([[0.1, -0.9], [0.6, 0.1], [1.0, 1.0], [-5.0, 9.0]])
        expected = np.zeros((4, 16))
        for row, (i, j) in enumerate([(0, 0), (2, 2), (3, 3), (0, 3)]):
            expected[row, 4 * i + j] = 1
        assert_same(code(tensor(points)), expected)
        assert code.out_features == 16

    def test_shifted_grids(self):
        """Each grid has one tile per point, and 4 grids tell 4 times as many intervals apart."""
        code = features.TileCoding([0.0], [1.0], tiles=5, tilings=4)
        points = (np.arange(20) + 0.5) / 20
        found = host(code(tensor(points[:, None])))
        assert found.shape == (20, code.out_features) == (20, 5 + 3 * 6)
        assert (found.sum(axis=1) == 4).all()
        assert len(np.unique(found, axis=0)) == 20
        assert_same(tensor(found @ found.T), np.maximum(4 - np.abs(np.subtract.outer(range(20), range(20))), 0.0))

    def test_refusals(self):
        with pytest.raises(ValueError, match=r"TileCoding: low and high must have one length, not 1 and 2"):
            features.TileCoding([0.0], [1.0, 1.0], tiles=2)
        with pytest.raises(ValueError, match=r"TileCoding: high must be above low"):
            features.TileCoding([1.0], [1.0], tiles=2)
        with pytest.raises(tl.ShapeError, match=r"TileCoding: input must be \(\.\.\., 1\), not of shape \(2, 2\)"):
            features.TileCoding([0.0], [1.0], tiles=2)(tl.ones(2, 2))


def test_xor_is_linear_in_monomials():
    """Logistic regression on products learns what no line separates."""
    x = tl.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = tl.tensor([0.0, 1.0, 1.0, 0.0])
    model = nn.Sequential(features.Monomials(2, include_bias=False), nn.Linear(5, 1), nn.Flatten(0))
    optimizer = tl.optim.LBFGS(model.parameters(), max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert_same((model(x) > 0).detach(), np.array([False, True, True, False]))
