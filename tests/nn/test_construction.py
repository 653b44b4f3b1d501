"""Sizes that no layer can have are refused where it is made, in its name and the argument's."""

import pytest

import tensorlab as tl
from tensorlab import nn

LAYERS = {
    "Linear": ((3, 4), ("in_features", "out_features")),
    "Conv2d": ((3, 4, 1), ("in_channels", "out_channels")),
    "ConvTranspose1d": ((3, 4, 1), ("in_channels", "out_channels")),
    "BatchNorm1d": ((3,), ("num_features",)),
    "InstanceNorm2d": ((3,), ("num_features",)),
    "Embedding": ((3, 4), ("num_embeddings", "embedding_dim")),
    "Bilinear": ((3, 4, 5), ("in1_features", "in2_features", "out_features")),
    "LSTM": ((3, 4), ("input_size", "hidden_size")),
}


@pytest.mark.parametrize("name", LAYERS)
def test_sizes(name):
    sizes, arguments = LAYERS[name]
    for place, argument in enumerate(arguments):
        for wrong, kind, words in ((-3, ValueError, "not -3"), (3.0, TypeError, "must be a .* integer, not 3.0")):
            given = [*sizes[:place], wrong, *sizes[place + 1 :]]
            with pytest.raises(kind, match=f"^{name}: {argument} .*{words}"):
                getattr(nn, name)(*given)


@pytest.mark.parametrize("layer", ["GCNConv", "SAGEConv", "GATConv"])
@pytest.mark.parametrize("edges", [[[0, -1], [1, 1]], [[0, 1], [1, 5]]])
def test_edges_to_nodes_that_are_not_there(layer, edges):
    with pytest.raises(IndexError, match=f"{layer}: edge_index names nodes outside the 5 nodes 0 to 4"):
        getattr(nn, layer)(3, 4)(tl.ones(5, 3), tl.tensor(edges))
