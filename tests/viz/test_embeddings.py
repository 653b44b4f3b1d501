"""Principal components beside scikit-learn's and eigenvectors, and pictures of embeddings."""

import sys
import types

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import viz

pytest.importorskip("matplotlib")


class TestPCA:
    @pytest.mark.parametrize("shape", [(50, 6), (5, 9), (6, 6), (200, 6)])
    def test_beside_sklearn(self, shape):
        decomposition = pytest.importorskip("sklearn.decomposition")
        x = seeded("pca", shape).normal(size=shape) * np.arange(1, shape[1] + 1)
        found = viz.pca(tensor(x), n_components=3)
        model = decomposition.PCA(3, svd_solver="full").fit(x)
        assert_close(found.components, model.components_, rtol=1e-9)
        assert_close(found.projected, model.transform(x), rtol=1e-9)
        assert_close(found.explained_variance_ratio, model.explained_variance_ratio_, rtol=1e-9)
        assert_close(found.mean, x.mean(axis=0))

    def test_eigenvectors_of_the_covariance(self):
        x = seeded("covariance").normal(size=(40, 5)) * np.arange(1, 6)
        values, vectors = np.linalg.eigh(np.cov(x.T))
        found = viz.pca(tensor(x), n_components=5)
        assert_close(found.explained_variance_ratio, values[::-1] / values.sum(), rtol=1e-9)
        np.testing.assert_allclose(abs(host(found.components)), abs(vectors.T[::-1]), rtol=1e-8)

    def test_constant_data(self):
        found = viz.pca(tl.ones(4, 3))
        assert host(found.explained_variance_ratio).tolist() == [0, 0]
        assert host(found.projected).tolist() == [[0, 0]] * 4

    def test_errors(self):
        with pytest.raises(ValueError, match=r"pca: n_components must be at most 2 for x of shape \(5, 2\), not 3"):
            viz.pca(tl.ones(5, 2), 3)
        with pytest.raises(ValueError, match=r"pca: x must have 2 axes, not shape \(5,\)"):
            viz.pca(tl.ones(5))
        with pytest.raises(TypeError, match="pca: x must be numbers"):
            viz.pca("x")


class TestEmbedding:
    def test_principal_components(self):
        x = seeded("embedding").normal(size=(30, 2, 4)) * np.arange(1, 5)
        labels = np.arange(30) % 3
        figure = viz.embedding(tensor(x), labels, class_names=["a", "b", "c"])
        ax = figure.axes[0]
        found = viz.pca(tensor(x.reshape(30, 8)))
        points = host(found.projected)
        for number, drawn in enumerate(ax.collections):
            np.testing.assert_allclose(drawn.get_offsets(), points[labels == number])
        share = 100 * float(found.explained_variance_ratio[0])
        assert ax.get_xlabel() == f"PC 1 ({share:.1f} % of the variance)"
        for number, text in enumerate(ax.texts):
            assert text.get_text() == "abc"[number]
            inside = points[labels == number]
            assert inside[:, 0].min() <= text.get_position()[0] <= inside[:, 0].max()
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]

    def test_points_in_the_plane_stay(self):
        x = seeded("plane").normal(size=(10, 2))
        ax = viz.embedding(x).axes[0]
        np.testing.assert_allclose(ax.collections[0].get_offsets(), x)
        assert ax.get_legend() is None

    @pytest.mark.slow
    def test_tsne(self):
        manifold = pytest.importorskip("sklearn.manifold")
        x = seeded("tsne").normal(size=(12, 5))
        figure = viz.embedding(x, method="tsne", seed=3, max_iter=250)
        expected = manifold.TSNE(perplexity=11 / 3, random_state=3, max_iter=250).fit_transform(x)
        np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets(), expected, rtol=1e-5)
        assert figure.axes[0].get_title() == "t-SNE"

    def test_umap(self, monkeypatch):
        given = {}

        class UMAP:
            def __init__(self, **options):
                given.update(options)

            def fit_transform(self, x):
                return x[:, 1:3]

        module = types.ModuleType("umap")
        module.UMAP = UMAP
        monkeypatch.setitem(sys.modules, "umap", module)
        x = seeded("umap").normal(size=(12, 5))
        ax = viz.embedding(tensor(x), method="umap", n_neighbors=4).axes[0]
        np.testing.assert_allclose(ax.collections[0].get_offsets(), x[:, 1:3])
        assert given == {"random_state": 0, "n_neighbors": 4}

    def test_packages_that_are_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "umap", None)
        with pytest.raises(ImportError, match="embedding: method 'umap' requires umap-learn: pip install umap-learn"):
            viz.embedding(np.zeros((5, 4)), method="umap")

    def test_more_than_ten_classes_have_markers(self):
        x = seeded("many").normal(size=(24, 2))
        drawn = viz.embedding(x, np.arange(24) % 12).axes[0].collections
        assert len(drawn) == 12
        first, eleventh = drawn[0].get_paths()[0].vertices, drawn[10].get_paths()[0].vertices
        assert first.shape != eleventh.shape

    def test_errors(self):
        with pytest.raises(ValueError, match=r"embedding: features must have shape \(N, ...\) with two samples"):
            viz.embedding(np.zeros(5))
        with pytest.raises(ValueError, match="at least two numbers per sample, not 1"):
            viz.embedding(np.zeros((5, 1)))
        with pytest.raises(ValueError, match="embedding: PCA takes no options, but perplexity"):
            viz.embedding(np.zeros((5, 4)), perplexity=3)
        with pytest.raises(ValueError, match="embedding: labels must have 5 entries"):
            viz.embedding(np.zeros((5, 4)), [0, 1])
