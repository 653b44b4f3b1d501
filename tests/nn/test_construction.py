"""What constructors of layers refuse, naming the layer and the argument, and what numbers they take."""

import numpy as np
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


NONSENSE = [
    (lambda: nn.BatchNorm1d(3, momentum="abc"), TypeError, "BatchNorm1d: momentum"),
    (lambda: nn.BatchNorm2d(3, momentum=1.5), ValueError, "BatchNorm2d: momentum"),
    (lambda: nn.BatchNorm1d(3, eps=float("nan")), ValueError, "BatchNorm1d: eps"),
    (lambda: nn.InstanceNorm1d(3, dtype="abc"), TypeError, "InstanceNorm1d: dtype"),
    (lambda: nn.InstanceNorm1d(3, device=object()), TypeError, "InstanceNorm1d: device"),
    (lambda: nn.LayerNorm(3, eps=float("nan")), ValueError, "LayerNorm: eps"),
    (lambda: nn.LayerNorm(2.5), TypeError, "LayerNorm: normalized_shape"),
    (lambda: nn.LayerNorm((3, -1)), ValueError, "LayerNorm: normalized_shape"),
    (lambda: nn.GroupNorm(2, 3), ValueError, "GroupNorm: num_channels 3"),
    (lambda: nn.RMSNorm(3, elementwise_affine="no"), TypeError, "RMSNorm: elementwise_affine"),
    (lambda: nn.Linear(2, 3, bias="no"), TypeError, "Linear: bias"),
    (lambda: nn.Linear(2, 3, dtype={}), TypeError, "Linear: dtype"),
    (lambda: nn.Linear(2, 3, dtype=""), TypeError, "Linear: dtype"),
    (lambda: nn.Linear(2, 3, dtype="int64"), TypeError, "Linear: dtype"),
    (lambda: nn.Conv1d(2, 3, object()), TypeError, "Conv1d: kernel_size"),
    (lambda: nn.Conv2d(2, 3, 1, groups="abc"), TypeError, "Conv2d: groups"),
    (lambda: nn.Conv2d(2, 3, 1, padding_mode="mirror"), ValueError, "Conv2d: padding_mode"),
    (lambda: nn.ConvTranspose2d(2, 3, 1, padding="same"), TypeError, "ConvTranspose2d: padding"),
    (lambda: nn.LazyConv2d(3, 0), ValueError, "LazyConv2d: kernel_size"),
    (lambda: nn.LazyLinear("abc"), TypeError, "LazyLinear: out_features"),
    (lambda: nn.Embedding(3, 4, max_norm="x"), TypeError, "Embedding: max_norm"),
    (lambda: nn.Embedding(3, 4, padding_idx=2.5), TypeError, "Embedding: padding_idx"),
    (lambda: nn.EmbeddingBag(3, 4, mode="median"), ValueError, "EmbeddingBag: mode"),
    (lambda: nn.LSTM(3, 4, dropout="x"), TypeError, "LSTM: dropout"),
    (lambda: nn.GRUCell(3, 4, bias=3), TypeError, "GRUCell: bias"),
    (lambda: nn.MultiheadAttention(4, 2, kdim=1.5), TypeError, "MultiheadAttention: kdim"),
    (lambda: nn.TransformerEncoderLayer(4, 2, activation=3), ValueError, "TransformerEncoderLayer: activation"),
    (lambda: nn.TransformerDecoderLayer(4, 3), ValueError, "TransformerDecoderLayer: d_model"),
    (lambda: nn.TransformerEncoder(3, 2), TypeError, "TransformerEncoder: encoder_layer"),
    (lambda: nn.Transformer(4, 2, custom_encoder=3), TypeError, "Transformer: custom_encoder"),
    (lambda: nn.GATConv(3, 4, dropout=2), ValueError, "GATConv: dropout"),
    (lambda: nn.SAGEConv(3, 4, aggr="median"), ValueError, "SAGEConv: aggr"),
    (lambda: nn.Mixup(alpha="x"), TypeError, "Mixup: alpha"),
    (lambda: nn.Flatten("x"), TypeError, "Flatten: start_axis"),
    (lambda: nn.LocalResponseNorm(2.5), TypeError, "LocalResponseNorm: size"),
    (lambda: nn.RotaryEmbedding(4, base=-1.0), ValueError, "RotaryEmbedding: base"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4], div_value=0), ValueError, "WithLoss: div_value"),
]


@pytest.mark.parametrize(("make", "error", "words"), NONSENSE, ids=[words for _, _, words in NONSENSE])
def test_arguments_without_meaning_are_refused_by_name(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("number", [np.int64, np.int32, np.asarray])
def test_numpy_integers_are_sizes(number):
    assert nn.Conv2d(number(1), 2, number(3)).kernel_size == (3, 3)
    assert nn.Linear(number(2), 3).weight.shape == (3, 2)
    assert nn.LSTM(2, 3, num_layers=number(2)).num_layers == 2
    assert nn.MultiheadAttention(number(4), 2)(*[tl.ones(1, 1, 4)] * 3)[0].shape == (1, 1, 4)


def test_numpy_floats_do_not_change_the_data_type():
    layer = nn.BatchNorm1d(2, eps=np.float64(1e-3), momentum=np.float64(0.5))
    assert layer(tl.ones(3, 2)).dtype == tl.float32
    assert layer.running_mean.dtype == tl.float32
    assert type(layer.momentum) is float
    assert type(nn.MultiheadAttention(4, 2, dropout=np.float64(0.1)).dropout) is float
    assert nn.LayerNorm(2, eps=np.float64(1e-5))(tl.ones(3, 2)).dtype == tl.float32
