"""Embeddings beside PyTorch's."""

import numpy as np
import pytest
from beside import compare_functions, compare_layers, torch

import tensorlab as tl

RNG = np.random.default_rng(3)
INDICES = np.array([[1, 2, 1], [4, 0, 1]])
FLAT, OFFSETS = np.array([1, 2, 1, 4, 0, 1, 3]), np.array([0, 3, 3, 4])
LAST = np.array([0, 3, 3, 7])
EMPTY = np.zeros(0, np.int64)

EMBEDDINGS = [
    {},
    {"padding_idx": 1},
    {"padding_idx": -1},
    {"max_norm": 1.0},
    {"max_norm": 1.5, "norm_type": 1.0},
    {"max_norm": 0.5, "norm_type": float("inf")},
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 1},
]


@pytest.mark.parametrize("options", EMBEDDINGS, ids=str)
@pytest.mark.parametrize("indices", [INDICES, FLAT, np.array(2), EMPTY], ids=["2d", "1d", "0d", "empty"])
def test_embedding(options, indices):
    compare_layers("Embedding", (5, 3), options, (indices,))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(
    "options",
    [{}, {"padding_idx": 1}, {"max_norm": 1.0}, {"max_norm": 1.0, "norm_type": 1.0}],
    ids=str,
)
@pytest.mark.parametrize("inputs", [(INDICES,), (FLAT, OFFSETS), (EMPTY, np.array([0, 0]))], ids=["2d", "1d", "empty"])
def test_embedding_bag(mode, options, inputs):
    compare_layers("EmbeddingBag", (5, 3), {**options, "mode": mode}, inputs)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_gradient_of_bags_by_frequency(mode):
    # Each row equally often: PyTorch 2.13 on the CPU divides by the count of another row where they differ.
    options = {"mode": mode, "scale_grad_by_freq": True}
    compare_layers("EmbeddingBag", (5, 3), options, (np.array([[1, 2, 1], [4, 2, 4]]),))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_last_offset(mode):
    compare_layers("EmbeddingBag", (5, 3), {"mode": mode, "include_last_offset": True}, (FLAT, LAST))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("offsets", [[1, 2], [0, 8], [0, 3, 8]])
def test_refused_offsets(offsets, last):
    """Offsets that fall are not among them: PyTorch refuses them at most times, but not always."""
    layers = (library.nn.EmbeddingBag(5, 3, mode="sum", include_last_offset=last) for library in (tl, torch))
    for layer, made, error in zip(layers, (tl.tensor, torch.tensor), (ValueError, RuntimeError), strict=True):
        with pytest.raises(error):
            layer(made(FLAT), made(offsets))


@pytest.mark.parametrize("padding", [None, 1])
@pytest.mark.parametrize("indices", [INDICES, FLAT], ids=["2d", "1d"])
def test_weights(padding, indices):
    offsets = None if indices.ndim == 2 else OFFSETS
    inputs = (indices, offsets, RNG.normal(size=indices.shape))
    compare_layers("EmbeddingBag", (5, 3), {"mode": "sum", "padding_idx": padding}, inputs)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("embedding", (INDICES, RNG.normal(size=(5, 2))), {"padding_idx": -4}),
        ("embedding_bag", (INDICES, RNG.normal(size=(5, 2))), {}),
        ("embedding_bag", (FLAT, RNG.normal(size=(5, 2)), OFFSETS), {"mode": "max"}),
        ("one_hot", (INDICES,), {}),
        ("one_hot", (INDICES, 7), {}),
    ],
)
def test_functions(name, args, options):
    compare_functions(name, args, options)
