"""Activations and attention weights by hooks, against the layers called one by one; and their pictures."""

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.viz import activations, attention_maps, attention_weights, feature_maps


def same(found, expected):
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-6, atol=1e-7)


# -- activations -------------------------------------------------------------------------------------------------------


def test_activations_are_the_outputs_of_the_layers():
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)))
    x = tl.randn(2, 1, 8, 8)
    found = activations(net, x)
    assert list(found) == ["0", "1", "2.0", "2.1"]
    net.eval()
    expected = net[0](x)
    same(found["0"], expected)
    for path in ("1", "2.0", "2.1"):
        expected = net.get_submodule(path)(expected)
        same(found[path], expected)
    assert not any(output.requires_grad for output in found.values())
    assert list(activations(net, x, "2")) == ["2"]
    assert list(activations(net, x, ["2.1", ""])) == ["2.1", ""]


def test_layers_called_again_tuples_and_several_arguments():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.relu = nn.LSTM(3, 4), nn.ReLU()

        def forward(self, x, y):
            return self.relu(self.lstm(x)[0]) + self.relu(y)

    net, x, y = Net(), tl.randn(5, 2, 3), tl.randn(5, 2, 4)
    found = activations(net, (x, y))
    assert list(found) == ["lstm", "relu", "relu_1"]
    same(found["lstm"], net.lstm(x)[0])
    same(found["relu_1"], y.relu())


def test_networks_stay_as_they_were_and_missing_layers_are_named():
    net = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(3), nn.Linear(3, 2))
    net[2].unused = nn.ReLU()
    mean = net[1].running_mean.tolist()
    activations(net, tl.randn(4, 3))
    assert net.training
    assert net[0].training
    assert net[1].running_mean.tolist() == mean
    assert not any(module._hooks for module in net.modules())
    with pytest.raises(ValueError, match=r"activations: the model does not call layer '2.unused'"):
        activations(net, tl.randn(4, 3), ["1", "2.unused"])
    with pytest.raises(AttributeError, match="head"):
        activations(net, tl.randn(4, 3), "head")
    assert not any(module._hooks for module in net.modules())


# -- attention ---------------------------------------------------------------------------------------------------------


def test_weights_of_a_layer_are_those_it_returns():
    attention = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
    x, memory = tl.randn(3, 4, 8), tl.randn(3, 5, 8)
    found = attention_weights(attention, x, memory, memory)
    assert list(found) == [""]
    same(found[""], attention.eval()(x, memory, memory, average_attn_weights=False)[1])
    np.testing.assert_allclose(found[""].sum(axis=-1).numpy(), np.ones((3, 2, 4)), rtol=1e-6)


@pytest.mark.parametrize("call", [(), (None, False), (None, True), (None, True, None, False)])
def test_callers_get_what_they_asked_for(call):
    class Caller(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2)

        def forward(self, x):
            self.output = self.attention(x, x, x, *call)
            return self.output[0]

    caller, x = Caller(), tl.randn(4, 3, 8)
    caller(x)
    result, weights = caller.output
    found = attention_weights(caller, x)
    same(caller.output[0], result)
    if weights is None:
        assert caller.output[1] is None
    else:
        same(caller.output[1], weights)
    assert found["attention"].shape == (3, 2, 4, 4)


def test_transformers_with_masks():
    model = nn.Transformer(8, 2, num_encoder_layers=2, num_decoder_layers=1, dim_feedforward=16, batch_first=True)
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    found = attention_weights(model, tl.randn(2, 5, 8), tl.randn(2, 3, 8), tgt_mask=mask, tgt_is_causal=True)
    shapes = {path: weights.shape for path, weights in found.items()}
    assert shapes == {
        "encoder.layers.0.self_attn": (2, 2, 5, 5),
        "encoder.layers.1.self_attn": (2, 2, 5, 5),
        "decoder.layers.0.self_attn": (2, 2, 3, 3),
        "decoder.layers.0.multihead_attn": (2, 2, 3, 5),
    }
    causal = found["decoder.layers.0.self_attn"].numpy()
    assert (causal[..., ~np.tri(3, dtype=bool)] == 0).all()
    assert model.training
    assert not any(module._hooks for module in model.modules())


def test_shared_layers_and_networks_without_attention():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16)

        def forward(self, x):
            return self.layer(self.layer(x))

    assert list(attention_weights(Twice(), tl.randn(4, 1, 8))) == ["layer.self_attn", "layer.self_attn_1"]
    with pytest.raises(ValueError, match=r"attention_weights: the model calls no nn\.MultiheadAttention"):
        attention_weights(nn.ReLU(), tl.randn(2))


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_pictures_of_feature_maps_hold_the_maps():
    maps = tl.randn(3, 20, 4, 5)
    figure = feature_maps({"conv": maps, "head": tl.randn(3, 7), "relu": maps.relu()}, sample=2, max_channels=6)
    assert [ax.get_title() for ax in figure.axes] == ["conv: 6 of 20 maps of 4×5", "relu: 6 of 20 maps of 4×5"]
    first = figure.axes[0].images
    assert len(first) == 6
    np.testing.assert_allclose(first[1].get_array(), maps[2, 1].numpy(), rtol=1e-6)
    assert {image.get_clim() for image in first} == {first[0].get_clim()}
    assert figure.axes[1].images[0].get_clim()[0] == 0.0
    strongest = feature_maps(maps[0], max_channels=1, strongest=True).axes[0].images[0].get_array()
    np.testing.assert_allclose(strongest, maps[0, int(maps[0].mean(axis=(1, 2)).argmax())].numpy(), rtol=1e-6)
    with pytest.raises(IndexError, match="feature_maps: sample 3 is out of range for a batch of 3"):
        feature_maps(maps, sample=3)
    with pytest.raises(ShapeError, match="feature_maps: maps must have an entry"):
        feature_maps({"head": tl.randn(3, 7)})
    with pytest.raises(ShapeError, match="feature_maps: maps must have 3 or 4 axes"):
        feature_maps(tl.randn(3, 7))


def test_pictures_of_attention_hold_the_weights_and_the_tokens():
    weights = tl.softmax(tl.randn(2, 3, 4, 5), axis=-1)
    figure = attention_maps(weights, sample=1, tokens=list("abcd"), key_tokens=["one", "two", "three", "four", "five"])
    panels = figure.axes[:3]
    assert [ax.get_title() for ax in panels] == ["head 1", "head 2", "head 3"]
    for head, ax in enumerate(panels):
        np.testing.assert_allclose(ax.images[0].get_array(), weights[1, head].numpy(), rtol=1e-6)
        assert [label.get_text() for label in ax.get_yticklabels()] == list("abcd")
        assert [label.get_text() for label in ax.get_xticklabels()][2] == "three"
        assert ax.images[0].get_clim() == pytest.approx((0, float(weights[1].max())))
    layers = attention_maps({"first": weights, "second": weights[:, :2]}, max_heads=2)
    titles = [ax.get_title() for ax in layers.axes[:4]]
    assert titles == ["first\nhead 1", "first\nhead 2", "second\nhead 1", "second\nhead 2"]
    assert attention_maps(weights[0, 0]).axes[0].get_title() == ""
    with pytest.raises(ShapeError, match="attention_maps: tokens must have 4 entries, one for each query, not 2"):
        attention_maps(weights, tokens=["a", "b"])
    with pytest.raises(ShapeError, match="attention_maps: key_tokens must have 5 entries, one for each key, not 4"):
        attention_maps(weights, tokens=list("abcd"))
    with pytest.raises(IndexError, match="sample 2 is out of range"):
        attention_maps(weights, sample=2)
