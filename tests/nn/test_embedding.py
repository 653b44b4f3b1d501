"""Embeddings and bags of them against plain loops in NumPy."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional
INDICES = np.array([[1, 2, 1], [4, 0, 1]])
NO_OFFSETS = tl.zeros(0, dtype=tl.int64)


def gradient(function, x):
    """Return the gradient of a weighed sum of what the function gives."""

    def total(x):
        y = function(x)
        return (y * tensor(np.arange(1.0, y.nelement() + 1).reshape(y.shape))).sum()

    return tl.grad(total)(x)


class TestEmbedding:
    @pytest.mark.parametrize("shape", [(2, 3), (6,), (), (2, 0)])
    def test_value(self, shape, rng):
        table, indices = rng.standard_normal((5, 4)), rng.integers(0, 5, shape)
        assert_same(F.embedding(tensor(indices), tensor(table)), table[indices])

    @pytest.mark.parametrize("padding", [1, -4])
    def test_padding_gets_no_gradient(self, padding, rng):
        weight = leaf(rng.standard_normal((5, 2)))
        plain = host(gradient(lambda w: F.embedding(tensor(INDICES), w), weight))
        expected = plain.copy()
        expected[1] = 0
        assert plain[1].any()
        assert_same(gradient(lambda w: F.embedding(tensor(INDICES), w, padding), weight), expected)
        assert_same(F.embedding(tensor(INDICES), weight, padding).detach(), host(weight.detach())[INDICES])

    def test_padding_takes_an_infinite_cotangent(self):
        weight = tl.ones(2, 1, requires_grad=True)
        F.embedding(tl.tensor([0, 1]), weight, 0).backward(tl.tensor([[float("inf")], [2.0]]))
        assert_same(weight.grad, [[0], [2]])

    def test_gradient_by_frequency(self, rng):
        weight = leaf(rng.standard_normal((5, 2)))
        plain = host(gradient(lambda w: F.embedding(tensor(INDICES), w), weight))
        counts = np.maximum(np.bincount(INDICES.ravel(), minlength=5), 1)
        found = gradient(lambda w: F.embedding(tensor(INDICES), w, scale_grad_by_freq=True), weight)
        assert_close(found, plain / counts[:, None])

    def test_gradients(self, rng):
        tl.check_gradients(lambda w: F.embedding(tensor(INDICES), w) ** 2, (leaf(rng.standard_normal((5, 2))),))

    @pytest.mark.parametrize("order", [1.0, 2.0, float("inf")])
    def test_large_rows_are_scaled_in_place(self, order, rng):
        table = 3 * rng.standard_normal((5, 4))
        weight = leaf(table)
        expected = table.copy()
        for row in np.unique(INDICES):
            norm = np.linalg.norm(table[row], order)
            expected[row] *= 1.0 / (norm + 1e-7) if norm > 1.0 else 1.0
        found = F.embedding(tensor(INDICES), weight, max_norm=1.0, norm_type=order)
        assert_close(weight.detach(), expected)
        assert_same(host(weight.detach())[3], table[3])
        assert_close(found.detach(), expected[INDICES])
        found.sum().backward()
        assert weight.grad is not None

    def test_arrays_give_arrays_or_tensors_of_rows(self, rng):
        table = rng.standard_normal((5, 4))
        assert_same(F.embedding(tensor(INDICES).array, tensor(table).array), table[INDICES])

    def test_layer(self):
        layer = nn.Embedding(1000, 100, padding_idx=-1)
        assert repr(layer) == "Embedding(1000, 100, padding_idx=999)"
        assert list(layer.state_dict()) == ["weight"]
        weight = host(layer.weight.detach())
        assert not weight[999].any()
        assert abs(weight[:-1].mean()) < 0.02
        assert abs(weight[:-1].std() - 1) < 0.02
        layer = nn.Embedding(3, 2, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True, dtype=tl.float64)
        assert repr(layer) == "Embedding(3, 2, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)"
        assert layer.weight.dtype == tl.float64

    def test_from_pretrained(self):
        table = tl.tensor([[1.0, 2.0], [3.0, 4.0]])
        layer = nn.Embedding.from_pretrained(table, padding_idx=1)
        assert not layer.weight.requires_grad
        assert (layer.num_embeddings, layer.embedding_dim, layer.padding_idx) == (2, 2, 1)
        assert_same(layer(tl.tensor([1])), [[3, 4]])
        assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
        assert nn.EmbeddingBag.from_pretrained(table, mode="sum", padding_idx=-1).padding_idx == 1

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda: nn.Embedding(3, 2, 3), ValueError, "padding_idx must be one of 3 rows, not 3"),
            (lambda: nn.Embedding(3, 2, sparse=True), ValueError, "sparse"),
            (lambda: nn.EmbeddingBag(3, 2, mode="min"), ValueError, "mode must be 'sum', 'mean' or 'max'"),
            (lambda: F.embedding(tl.tensor([0]), tl.ones(3, 2), -4), ValueError, "embedding: padding_idx must be one"),
            (lambda: F.embedding(tl.tensor([0]), tl.ones(3, 2), sparse=True), ValueError, "embedding: sparse"),
            (lambda: F.embedding(tl.tensor([0]), tl.ones(3)), tl.ShapeError, r"\(rows, features\), not \(3,\)"),
            (lambda: F.embedding(tl.tensor([0.0]), tl.ones(3, 2)), TypeError, "embedding: input is float32"),
            (lambda: F.embedding(tl.tensor([3]), tl.ones(3, 2)), IndexError, "embedding"),
            (
                lambda: F.embedding(tl.tensor([0, -1]), tl.ones(3, 2)),
                IndexError,
                "embedding: row -1 is not one of the 3",
            ),
            (lambda: F.embedding_bag(tl.tensor([[-2]]), tl.ones(3, 2)), IndexError, "embedding_bag: row -2 is not one"),
            (lambda: nn.Embedding.from_pretrained(tl.ones(3)), tl.ShapeError, "2 axes"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call()


def bags(table, indices, offsets, mode, padding=None, weights=None, last=False):
    """Reduce one bag after the other."""
    ends = list(offsets[1:]) + ([] if last else [len(indices)])
    out = []
    for start, end in zip(offsets, ends, strict=False):
        places = [i for i in range(start, end) if indices[i] != padding]
        rows = [table[indices[i]] * (1 if weights is None else weights[i]) for i in places]
        reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
        out.append(reduce(rows, 0) if rows else np.zeros(table.shape[1]))
    return np.array(out)


class TestBags:
    flat = np.array([1, 2, 1, 4, 0, 1, 3])
    offsets = np.array([0, 3, 3, 4])

    @pytest.mark.parametrize("mode", ["sum", "mean", "max"])
    @pytest.mark.parametrize("padding", [None, 1])
    @pytest.mark.parametrize("last", [False, True])
    def test_with_offsets(self, mode, padding, last, rng):
        table = rng.standard_normal((5, 3))
        offsets = np.array([0, 3, 3, 4, 6]) if last else self.offsets

        def bag(w):
            return F.embedding_bag(
                tensor(self.flat), w, tensor(offsets), mode=mode, padding_idx=padding, include_last_offset=last
            )

        assert_close(bag(tensor(table)), bags(table, self.flat, offsets, mode, padding, last=last))
        tl.check_gradients(lambda w: bag(w) ** 2, (leaf(table),))

    @pytest.mark.parametrize("mode", ["sum", "mean", "max"])
    @pytest.mark.parametrize("padding", [None, 1])
    def test_of_equal_length(self, mode, padding, rng):
        table, indices = rng.standard_normal((5, 3)), np.array([[1, 2, 3], [1, 1, 1], [4, 0, 1]])

        def bag(w):
            return F.embedding_bag(tensor(indices), w, mode=mode, padding_idx=padding)

        assert_close(bag(tensor(table)), bags(table, indices.ravel(), [0, 3, 6], mode, padding))
        tl.check_gradients(lambda w: bag(w) ** 2, (leaf(table),))

    @pytest.mark.parametrize("padding", [None, 1])
    def test_weights(self, padding, rng):
        table, weights = rng.standard_normal((5, 3)), rng.standard_normal(7)
        arguments = tensor(self.offsets)

        def bag(w, v):
            return F.embedding_bag(
                tensor(self.flat), w, arguments, mode="sum", per_sample_weights=v, padding_idx=padding
            )

        found = bag(tensor(table), tensor(weights))
        assert_close(found, bags(table, self.flat, self.offsets, "sum", padding, weights))
        tl.check_gradients(bag, (leaf(table), leaf(weights)))

    def test_gradient_by_frequency(self, rng):
        weight, offsets = leaf(rng.standard_normal((5, 3))), tensor(self.offsets)

        def bag(by_frequency):
            return gradient(
                lambda w: F.embedding_bag(tensor(self.flat), w, offsets, scale_grad_by_freq=by_frequency), weight
            )

        counts = np.bincount(self.flat, minlength=5)
        assert_close(bag(True), host(bag(False)) / counts[:, None])

    @pytest.mark.parametrize("mode", ["sum", "mean", "max"])
    def test_empty(self, mode):
        none = tl.zeros(0, dtype=tl.int64)
        assert F.embedding_bag(none, tl.ones(3, 2), none, mode=mode).shape == (0, 2)
        assert_same(F.embedding_bag(none, tl.ones(3, 2), tl.tensor([0, 0]), mode=mode), np.zeros((2, 2)))
        assert_same(F.embedding_bag(tl.zeros(2, 0, dtype=tl.int64), tl.ones(3, 2), mode=mode), np.zeros((2, 2)))

    def test_layer(self):
        layer = nn.EmbeddingBag(5, 3, mode="sum", padding_idx=0, max_norm=2.0)
        assert repr(layer) == "EmbeddingBag(5, 3, max_norm=2.0, mode='sum', padding_idx=0)"
        assert not host(layer.weight.detach())[0].any()
        assert layer(tl.tensor([[1, 2]]), per_sample_weights=tl.ones(1, 2)).shape == (1, 3)

    @pytest.mark.parametrize(
        ("args", "options", "error", "message"),
        [
            (([[0]],), {"offsets": [0]}, tl.ShapeError, "offsets need an input of one axis"),
            (([0],), {}, tl.ShapeError, "needs offsets"),
            (([[[0]]],), {}, tl.ShapeError, "input must have shape"),
            (([0, 1],), {"offsets": [1]}, ValueError, "offsets must begin with 0, not 1"),
            (([0, 1],), {"offsets": [-1, 1]}, ValueError, "offsets must begin with 0, not -1"),
            (([0, 1, 2],), {"offsets": [0, 2, 1]}, ValueError, "must not decrease, but offset 2 is 1, after 2"),
            (([0, 1, 2],), {"offsets": [0, -1, 1]}, ValueError, "must not decrease, but offset 1 is -1, after 0"),
            (([0, 1, 2],), {"offsets": [0, 9, 1]}, ValueError, "must not decrease, but offset 2 is 1, after 9"),
            (([0, 1, 2],), {"offsets": [0, 1, 4]}, ValueError, "must be at most 3, .* not 4"),
            (([0, 1, 2],), {"offsets": [0, 4], "include_last_offset": True}, ValueError, "must be at most 3, .* not 4"),
            (([0, 1, 2],), {"offsets": NO_OFFSETS}, tl.ShapeError, "offsets are empty, so that the 3 elements"),
            (([0, 1],), {"offsets": NO_OFFSETS, "include_last_offset": True}, tl.ShapeError, "at least one offset"),
            (([0],), {"offsets": [0], "mode": "min"}, ValueError, "mode must be one of"),
            (([[0]],), {"mode": "max", "scale_grad_by_freq": True}, ValueError, "scale_grad_by_freq"),
            (([[0]],), {"mode": "mean", "per_sample_weights": [[1.0]]}, ValueError, "need mode 'sum'"),
            (([[0]],), {"mode": "sum", "per_sample_weights": [1.0]}, tl.ShapeError, "per_sample_weights must have"),
        ],
    )
    @pytest.mark.parametrize("mode", ["sum", "mean", "max"])
    def test_errors(self, args, options, error, message, mode):
        options = {"mode": mode, **{key: tl.tensor(x) if isinstance(x, list) else x for key, x in options.items()}}
        with pytest.raises(error, match=f"embedding_bag: .*{message}"):
            F.embedding_bag(tl.tensor(args[0]), tl.ones(3, 2), **options)

    @pytest.mark.parametrize("mode", ["sum", "mean", "max"])
    def test_offsets_at_the_end(self, mode):
        """A bag that begins at the end is empty, and elements after the last offset belong to no bag."""
        table, x = tl.tensor([[1.0], [2.0], [4.0]]), tl.tensor([0, 0])
        assert_same(F.embedding_bag(x, table, tl.tensor([0, 2]), mode=mode), [[2.0 if mode == "sum" else 1.0], [0.0]])
        found = F.embedding_bag(x, table, tl.tensor([0, 1]), mode=mode, include_last_offset=True)
        assert_same(found, [[1.0]])


class TestOneHot:
    def test_value(self):
        found = F.one_hot(tl.tensor([[2, 0]]), 4)
        assert_same(found, [[[0, 0, 1, 0], [1, 0, 0, 0]]])
        assert found.dtype == tl.int64
        assert F.one_hot(tl.tensor([0, 4])).shape == (2, 5)
        assert F.one_hot(tl.zeros(0, dtype=tl.int64), 3).shape == (0, 3)

    def test_errors(self):
        with pytest.raises(IndexError, match="one_hot: an element is not one of the 2 classes"):
            F.one_hot(tl.tensor([0, 2]), 2)
        with pytest.raises(IndexError, match="one_hot"):
            F.one_hot(tl.tensor([-1, 2]))
        with pytest.raises(ValueError, match="num_classes is needed"):
            F.one_hot(tl.zeros(0, dtype=tl.int64))
        with pytest.raises(ValueError, match="num_classes must be positive"):
            F.one_hot(tl.tensor([0]), 0)
