"""Metric losses, distances and similarities against formulas in NumPy and SciPy."""

import numpy as np
import pytest
import scipy.spatial
import scipy.special
import scipy.stats
from helpers import assert_close, draws, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def cosine(x, y):
    return (x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)


def distance(x, y, p=2.0, eps=1e-6):
    return np.linalg.norm(x - y + eps, p, axis=-1)


A, B, C = draws(5, 3, seed=4), draws(5, 3, seed=5), draws(5, 3, seed=6)
SIMILAR = np.array([1, -1, 1, -1, -1])


class TestMetric:
    def check(self, layer, operands, losses, **options):
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            assert_close(layer(**options, reduction=reduction)(*map(tensor, operands)), expected)
        floats = [x for x in operands if x.dtype.kind == "f"]
        rest = [tensor(x) for x in operands if x.dtype.kind != "f"]
        tl.check_gradients(lambda *xs: layer(**options)(*xs, *rest), [leaf(x) for x in floats])

    def test_cosine_embedding(self):
        # PyTorch adds 1e-12 to the squared lengths.
        c = (A * B).sum(1) / np.sqrt(((A * A).sum(1) + 1e-12) * ((B * B).sum(1) + 1e-12))
        losses = np.where(SIMILAR == 1, 1 - c, np.maximum(0, c - 0.1))
        self.check(nn.CosineEmbeddingLoss, (A, B, SIMILAR), losses, margin=0.1)

    @pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
    @pytest.mark.parametrize("swap", [False, True])
    def test_triplets(self, p, swap):
        far = distance(A, C, p, 1e-3)
        far = np.minimum(far, distance(B, C, p, 1e-3)) if swap else far
        losses = np.maximum(0, 0.8 + distance(A, B, p, 1e-3) - far)
        self.check(nn.TripletMarginLoss, (A, B, C), losses, margin=0.8, p=p, eps=1e-3, swap=swap)

    @pytest.mark.parametrize("swap", [False, True])
    def test_triplets_with_a_distance(self, swap):
        far = 1 - cosine(A, C)
        far = np.minimum(far, 1 - cosine(B, C)) if swap else far
        losses = np.maximum(0, 0.8 + 1 - cosine(A, B) - far)
        options = {"distance_function": lambda x, y: 1 - F.cosine_similarity(x, y), "margin": 0.8, "swap": swap}
        self.check(nn.TripletMarginWithDistanceLoss, (A, B, C), losses, **options)

    def test_contrast(self):
        unlike = (SIMILAR < 0).astype("int64")
        d = np.linalg.norm(A - B, axis=1)
        losses = 0.5 * np.where(unlike, np.maximum(0, 2.5 - d) ** 2, d**2)
        self.check(nn.ContrastiveLoss, (A, B, unlike), losses, margin=2.5)

    def test_contrast_of_similar_and_of_dissimilar_pairs(self):
        """Numbers of the formula by hand, for each type of target."""
        x, y = tensor(np.zeros((4, 1))), tensor([[0.5], [3.0], [0.5], [3.0]])
        for target in ([False, False, True, True], [0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0]):
            assert_close(F.contrastive_loss(x, y, tl.tensor(target), reduction="none"), [0.125, 4.5, 0.125, 0.0])
        assert_close(F.contrastive_loss(x[:1], y[:1], tensor([0.25]), 2.0), 0.75 * 0.125 + 0.25 * 1.125)

    def test_contrast_of_equal_embeddings_has_a_gradient(self):
        x = leaf([[1.0, 2.0], [1.0, 2.0]])
        F.contrastive_loss(x, x.detach(), tensor([0, 1])).backward()
        assert_close(x.grad, np.zeros((2, 2)))

    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_cosine_similarity(self, axis):
        x, y = draws(3, 4, 2), draws(4, 1, seed=1)
        full = np.broadcast_to(y, x.shape)
        expected = cosine(np.moveaxis(x, axis, -1), np.moveaxis(full, axis, -1))
        assert_close(nn.CosineSimilarity(axis=axis)(tensor(x), tensor(y)), expected)
        tl.check_gradients(lambda x, y: F.cosine_similarity(x, y, axis), (leaf(x), leaf(y)))

    def test_cosine_similarity_with_nothing(self):
        x = leaf([[0.0, 0.0]])
        found = F.cosine_similarity(x, tensor([[3.0, 4.0]]), eps=0.5)
        assert found.item() == 0
        found.sum().backward()
        assert_close(x.grad, [[0.6 / 0.5, 0.8 / 0.5]])

    @pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, np.inf, -1.0])
    def test_pairwise_distance(self, p):
        assert_close(nn.PairwiseDistance(p)(tensor(A), tensor(B)), distance(A, B, p))
        assert nn.PairwiseDistance(p, keepdims=True)(tensor(A), tensor(B)).shape == (5, 1)
        tl.check_gradients(nn.PairwiseDistance(p), (leaf(A), leaf(B)))

    @pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
    def test_distances_of_all_pairs(self, p):
        metric = "chebyshev" if p == np.inf else "minkowski"
        options = {} if p == np.inf else {"p": p}
        assert_close(F.pdist(tensor(A), p), scipy.spatial.distance.pdist(A, metric, **options))
        assert not isinstance(F.pdist(tensor(A).array, p), tl.Tensor)
        tl.check_gradients(lambda x: F.pdist(x, p), (leaf(A),))

    def test_distances_without_pairs(self):
        assert F.pdist(tl.ones(0, 3)).shape == F.pdist(tl.ones(1, 3)).shape == (0,)
        assert_close(F.pdist(tl.ones(3, 0), float("inf")), np.zeros(3))


# -- adaptive softmax --------------------------------------------------------------------------------------------------
