"""Deep belief and deconvolutional networks, autoencoders and principal components."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import features, nn, optim
from tensorlab.models import classic


def bars(count=200, seed=0):
    """Return pictures of 4×4 with one horizontal or vertical bar, and which of the two it is."""
    rng = seeded("bars", seed)
    x, y = np.zeros((count, 4, 4)), rng.integers(0, 2, count)
    for picture, vertical, place in zip(x, y, rng.integers(0, 4, count)):
        picture[(slice(None), place) if vertical else place] = 1
    return tensor(x.reshape(count, 16), "float32"), tensor(y)


@pytest.fixture(scope="module")
def model():
    """A deep belief network of the bars."""
    return classic.DBN((16, 12, 8), lr=0.3, epochs=40, generator=tl.Generator(0)).fit(bars()[0])


class TestDBN:
    def test_layers_learn_what_the_layer_below_represents(self, model):
        x, _ = bars()
        single = classic.RBM(16, 12, lr=0.3, epochs=40, generator=tl.Generator(0))
        second = classic.RBM(12, 8, lr=0.3, epochs=40, generator=single.generator)
        second.fit(single.fit(x).transform(x).detach())
        assert_same(model.layers[1].weight.detach(), host(second.weight.detach()))
        assert_same(model(x).detach(), host(second.transform(single.transform(x)).detach()))

    def test_samples_have_the_shape_of_data(self, model):
        samples = model.sample(50, steps=20)
        assert samples.shape == (50, 16) and ((samples >= 0) & (samples <= 1)).all()

    def test_fine_tuning_begins_with_what_was_learned(self, model):
        x, y = bars()
        network = model.classifier(2)
        assert_same(network[:-1](x).detach(), host(model(x).detach()))
        optimizer = optim.Adam(network.parameters(), lr=0.02)
        for _ in range(60):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
            optimizer.step()
        held_out, labels = bars(seed=1)
        assert (network(held_out).argmax(axis=1) == labels).astype("float32").mean() > 0.95
        assert not (network[0].weight == model.layers[0].weight).all()

    def test_the_autoencoder(self, model):
        x, _ = bars()
        found = model.autoencoder()(x)
        expected = model.layers[0].reconstruct(model.layers[1].reconstruct(model(x)))
        assert_close(found.detach(), host(expected.detach()), rtol=1e-6)

    def test_too_few_sizes(self):
        with pytest.raises(ValueError, match="DBN: sizes must have at least two entries, not 1"):
            classic.DBN((3,))


class TestDeconvolutionalNetwork:
    IMAGES = seeded("images").standard_normal((6, 2, 9, 8))

    def network(self, *maps, **options):
        options = {"kernel_size": 3, "generator": tl.Generator(0), **options}
        return classic.DeconvolutionalNetwork(2, maps, **options).double()

    def test_images_are_sums_of_convolved_maps(self):
        model = self.network(3)
        z = seeded("maps").standard_normal((1, 3, 11, 10))
        f = host(model.filters[0].detach())
        expected = np.zeros((2, 9, 8))
        for c in range(2):
            for k in range(3):
                for a in range(3):
                    for b in range(3):
                        expected[c] += f[k, c, a, b] * z[0, k, 2 - a : 11 - a, 2 - b : 10 - b]
        assert_close(model.reconstruct(tensor(z)).detach()[0], expected)

    def test_inference_finds_the_minimum(self):
        model, x = self.network(4, steps=500), tensor(self.IMAGES)
        maps = model(x)
        # The conditions of Karush, Kuhn and Tucker: the slope is -sparsity * sign(z), or smaller where z is 0.
        z = maps.detach().requires_grad_()
        ((model.reconstruct(z) - x).square().sum() / 2).backward()
        slope, found = host(z.grad), host(maps)
        np.testing.assert_allclose(slope[found != 0], -0.1 * np.sign(found[found != 0]), atol=2e-3)
        assert abs(slope[found == 0]).max() <= 0.1 + 2e-3
        assert 0.05 < (found == 0).mean() < 1

    def test_sparsity(self):
        zeros = [
            (self.network(4, sparsity=s)(tensor(self.IMAGES)) == 0).astype("float64").mean().item() for s in (0.1, 1)
        ]
        assert zeros[0] < zeros[1]
        assert (self.network(4, sparsity=100.0)(tensor(self.IMAGES)) == 0).all()

    def test_filters_move_along_the_gradient(self):
        model, x = self.network(4), tensor(self.IMAGES)
        maps, filters = model(x), model.filters[0]
        ((model.reconstruct(maps) - x).square().sum() / 2).backward()
        moved = filters.detach() - 0.5 * 9 * filters.grad / maps.square().sum()
        expected = host(moved) / np.sqrt((host(moved) ** 2).sum(axis=(1, 2, 3), keepdims=True))
        with tl.no_grad():
            model._learn(filters, x)
        assert_close(filters.detach(), expected, rtol=1e-9)

    def test_learning_lowers_the_energy(self):
        model, x = self.network(4, epochs=15), tensor(self.IMAGES)
        before = model.energy(x, model(x))
        model.fit(x)
        assert model.energy(x, model(x)) < 0.95 * before
        assert_close((model.filters[0].detach() ** 2).sum(axis=(1, 2, 3)), np.ones(4))

    def test_two_layers(self):
        model, x = self.network(4, 5, epochs=1).fit(tensor(self.IMAGES)), tensor(self.IMAGES)
        maps = model(x)
        assert maps.shape == (6, 5, 13, 12) and model.reconstruct(maps).shape == x.shape
        with pytest.raises(tl.ShapeError, match=r"x must be images, \(n, 2, height, width\)"):
            model(x[:, :1])


class TestAutoencoders:
    @pytest.mark.parametrize(
        ("make", "options"),
        [
            (classic.Autoencoder, {}),
            (classic.DenoisingAutoencoder, {"noise": 0.1}),
            (classic.SparseAutoencoder, {"rho": 0.3, "beta": 0.01}),
        ],
    )
    def test_training(self, make, options):
        tl.manual_seed(0)
        (x, _), model = bars(), make((16, 12, 8), **options)
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        before = nn.functional.mse_loss(model(x), x)
        for _ in range(200):
            optimizer.zero_grad()
            model.loss(x).backward()
            optimizer.step()
        assert nn.functional.mse_loss(model(x), x) < 0.4 * before

    def test_corruption(self):
        x = tl.full((200, 100), 2.0)
        masked = classic.DenoisingAutoencoder((100, 5), noise=0.25, generator=tl.Generator(0)).corrupt(x)
        assert_close((masked == 0).astype("float64").mean(), 0.25, rtol=0.02)
        assert ((masked == 0) | (masked == 2)).all()
        noisy = classic.DenoisingAutoencoder((100, 5), "gaussian", 0.5, tl.Generator(0)).corrupt(x)
        assert_close((noisy - x).std(), 0.5, rtol=0.02)
        with pytest.raises(ValueError, match="DenoisingAutoencoder: noise must be a probability"):
            classic.DenoisingAutoencoder((4, 2), noise=1.5)

    def test_the_penalty_is_a_divergence(self):
        code = seeded("code").uniform(0.1, 0.9, (20, 6))
        rho, mean = 0.2, code.mean(axis=0)
        expected = (rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))).sum()
        model = classic.SparseAutoencoder((8, 6), rho=0.2)
        assert_close(model.penalty(tensor(code)), expected)
        assert_close(model.penalty(tl.full((3, 6), 0.2, dtype="float64")), 0.0)

    def test_sparse_codes_are_sparse(self):
        activity = {}
        for beta in (0.0, 1.0):
            tl.manual_seed(0)
            (x, _), model = bars(), classic.SparseAutoencoder((16, 8), rho=0.1, beta=beta)
            optimizer = optim.Adam(model.parameters(), lr=0.02)
            for _ in range(100):
                optimizer.zero_grad()
                model.loss(x).backward()
                optimizer.step()
            activity[beta] = model.encode(x).mean().item()
        assert abs(activity[1.0] - 0.1) < 0.03 < abs(activity[0.0] - 0.1)


X = seeded("pca").standard_normal((30, 5)) @ np.diag([3.0, 2.0, 1.0, 0.5, 0.1]) + 4


class TestPCA:
    @pytest.mark.parametrize("whiten", [False, True])
    @pytest.mark.parametrize("k", [2, None])
    def test_as_in_scikit_learn(self, k, whiten):
        decomposition = pytest.importorskip("sklearn.decomposition")
        peer = decomposition.PCA(k, whiten=whiten, svd_solver="full").fit(X)
        model = classic.PCA(k, whiten).fit(tensor(X))
        signs = np.sign((host(model.components) * peer.components_).sum(axis=1))
        assert_close(model.components, signs[:, None] * peer.components_, rtol=1e-9)
        assert_close(model.explained_variance, peer.explained_variance_, rtol=1e-9)
        assert_close(model.explained_variance_ratio, peer.explained_variance_ratio_, rtol=1e-9)
        z = peer.transform(X + 1)
        assert_close(model.transform(tensor(X + 1)), signs * z, rtol=1e-9)
        assert_close(model.inverse_transform(tensor(signs * z)), peer.inverse_transform(z), rtol=1e-9)
        assert (model.components.max(axis=1) == abs(model.components).max(axis=1)).all()

    def test_wrong_arguments(self):
        with pytest.raises(ValueError, match="fit: n_components must be at most 5 for these samples, not 6"):
            classic.PCA(6).fit(tensor(X))
        with pytest.raises(ValueError, match="fit: x must have at least two samples"):
            classic.PCA(1).fit(tensor(X[:1]))
        with pytest.raises(RuntimeError, match="PCA: call fit before"):
            classic.PCA().transform(tensor(X))


class TestKernelPCA:
    def test_as_in_scikit_learn(self):
        decomposition = pytest.importorskip("sklearn.decomposition")
        peer = decomposition.KernelPCA(3, kernel="rbf", gamma=0.2).fit(X)
        model = classic.KernelPCA(3, lambda x, y: features.rbf_kernel(x, y, 0.2)).fit(tensor(X))
        assert_close(model.eigenvalues, peer.eigenvalues_, rtol=1e-9)
        expected, found = peer.transform(X + 0.3), host(model.transform(tensor(X + 0.3)))
        np.testing.assert_allclose(found, expected * np.sign((expected * found).sum(axis=0)), rtol=1e-7, atol=1e-9)

    def test_with_the_linear_kernel_it_is_pca(self):
        z = host(classic.KernelPCA().fit(tensor(X)).transform(tensor(X)))
        expected = host(classic.PCA().fit(tensor(X)).transform(tensor(X)))
        np.testing.assert_allclose(abs(z[:, :5]), abs(expected), rtol=1e-7, atol=1e-9)
        assert (z[:, 5:] == 0).all()
