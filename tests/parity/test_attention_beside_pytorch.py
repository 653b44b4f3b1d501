"""Attention and Transformers beside PyTorch's, over their options."""

import numpy as np
import pytest
from beside import assert_alike, assert_same_gradients, compare_functions, compare_layers, layer_pair, torch
from helpers import assert_close, tensor

import tensorlab as tl

RNG = np.random.default_rng(0)


def draw(*shape):
    return RNG.standard_normal(shape)


def allowed(*shape):
    """Return a boolean mask with both values in each row but the first ones: the first row is False, as a whole."""
    mask = RNG.random(shape) < 0.6
    mask[..., 0, :] = False
    mask[..., 1:, 0] = True
    return mask


def infinite(mask):
    return np.where(mask, 0.0, -np.inf)


ATTENTION = [
    ((draw(5, 3), draw(4, 3), draw(4, 2)), {}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 2)), {"scale": 0.3}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 4)), {"is_causal": True}),
    ((draw(2, 3, 6, 4), draw(2, 3, 5, 4), draw(2, 3, 5, 4)), {"is_causal": True}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 4)), {"attn_mask": allowed(5, 6)}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 4)), {"attn_mask": allowed(2, 1, 5, 6)}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 4)), {"attn_mask": allowed(2, 1, 1, 6) | True}),
    ((draw(2, 3, 5, 4), draw(2, 3, 6, 4), draw(2, 3, 6, 4)), {"attn_mask": draw(2, 3, 5, 6)}),
    ((draw(2, 5, 4), draw(2, 6, 4), draw(2, 6, 4)), {"attn_mask": infinite(allowed(5, 6))}),
    ((draw(3, 1, 5, 4), draw(2, 6, 4), draw(1, 6, 4)), {}),
    ((draw(2, 6, 5, 4), draw(2, 3, 7, 4), draw(2, 2, 7, 4)), {"enable_gqa": True}),
    ((draw(2, 6, 5, 4), draw(2, 2, 5, 4), draw(2, 2, 5, 4)), {"enable_gqa": True, "is_causal": True}),
    ((draw(0, 3, 5, 4), draw(0, 3, 6, 4), draw(0, 3, 6, 4)), {}),
    ((draw(2, 0, 4), draw(2, 6, 4), draw(2, 6, 4)), {}),
    ((draw(2, 5, 4), draw(2, 0, 4), draw(2, 0, 4)), {}),
    ((draw(2, 300, 4), draw(2, 250, 4), draw(2, 250, 3)), {"is_causal": True}),  # fused, in several blocks
]


@pytest.mark.parametrize("least", [1, 10**9], ids=["fused", "composed"])
@pytest.mark.parametrize(("args", "options"), ATTENTION)
def test_scaled_dot_product_attention(args, options, least, monkeypatch):
    monkeypatch.setattr("tensorlab.nn.functional.attention.LEAST_FUSED", least)
    compare_functions("scaled_dot_product_attention", args, options)


Q, K, V = draw(5, 2, 4), draw(6, 2, 4), draw(6, 2, 4)
PADDED = np.array([[False, False, True, False, True, True], [False] * 6])
ADDED = draw(5, 6)

MULTIHEAD = [
    ((4, 2), {}, (Q, K, V)),
    ((4, 1), {"bias": False}, (Q, K, V)),
    ((4, 2), {}, (Q, K, V, None, False)),
    ((4, 2), {}, (Q, K, V, None, True, None, False)),
    ((4, 2), {}, (Q[:, 0], K[:, 0], V[:, 0])),
    ((4, 2), {}, (Q[:, 0], K[:, 0], V[:, 0], PADDED[0], False, draw(2, 5, 6))),
    ((4, 2), {}, (Q[:, 0], K[:, 0], V[:, 0], PADDED[0], True, ~allowed(5, 6), False)),
    ((4, 2), {"batch_first": True}, (draw(2, 5, 4), draw(2, 6, 4), draw(2, 6, 4), PADDED, True, ADDED)),
    ((4, 2), {"batch_first": True}, (Q[:, 0], K[:, 0], V[:, 0])),
    ((4, 2), {"kdim": 3}, (Q, draw(6, 2, 3), V)),
    ((4, 2), {"vdim": 5, "kdim": 3, "bias": False}, (Q, draw(6, 2, 3), draw(6, 2, 5), None, False)),
    ((4, 2), {"add_bias_kv": True}, (Q, K, V, PADDED, True, ~allowed(5, 6))),
    ((4, 2), {"add_zero_attn": True}, (Q, K, V, PADDED, False, ADDED)),
    ((4, 2), {"add_bias_kv": True, "add_zero_attn": True, "vdim": 3}, (Q, K, draw(6, 2, 3), PADDED, True)),
    ((4, 2), {}, (Q, K, V, PADDED)),
    ((4, 2), {}, (Q, K, V, PADDED, False)),
    ((4, 2), {}, (Q, K, V, infinite(~PADDED), False, ADDED)),
    ((4, 2), {}, (Q, K, V, None, True, draw(4, 5, 6))),
    ((4, 2), {}, (Q, K, V, None, False, ~allowed(4, 5, 6))),  # a fully masked row: zeros
    ((4, 2), {}, (Q, K, V, None, True, ~allowed(4, 5, 6))),  # a fully masked row: NaN
    ((4, 2), {}, (Q, K, V, None, False, np.triu(np.full((5, 6), -np.inf), 1), True, True)),
    ((4, 2), {}, (Q, K, V, None, True, np.triu(np.ones((5, 6), bool), 1), True, True)),
    ((4, 2), {}, (Q, K, V, PADDED, False, np.triu(np.ones((5, 6), bool), 1), True, True)),
    ((4, 2), {}, (Q[:, :0], K[:, :0], V[:, :0])),
    ((4, 2), {}, (draw(270, 2, 4), draw(280, 2, 4), draw(280, 2, 4), RNG.random((2, 280)) < 0.5, False)),
]


@pytest.mark.filterwarnings("ignore:Support for mismatched", "ignore:invalid value")  # PyTorch's; where a row is NaN
@pytest.mark.parametrize(("args", "options", "inputs"), MULTIHEAD)
def test_multihead_attention(args, options, inputs):
    compare_layers("MultiheadAttention", args, options, inputs, modes=(True, False), words=False)


def test_static_keys_and_values():
    args = (Q, K, V, 4, 2, draw(12, 4), draw(12), None, None, False, 0.0, draw(4, 4), draw(4))
    options = {"static_k": draw(4, 7, 2), "static_v": draw(4, 7, 2), "need_weights": False}
    compare_functions("multi_head_attention_forward", args, options)
    compare_functions("multi_head_attention_forward", args, {**options, "need_weights": True})


@pytest.mark.parametrize("shared", [True, False])
def test_one_array_in_several_roles(shared):
    a, b = layer_pair("MultiheadAttention", (4, 2), {"batch_first": True})
    hosts = draw(2, 5, 4), draw(2, 6, 4)
    x, y = [tensor(h, requires_grad=True) for h in hosts], [torch.tensor(h, requires_grad=True) for h in hosts]
    found = a(x[0], x[0], x[0]) if shared else a(x[0], x[1], x[1])
    expected = b(y[0], y[0], y[0]) if shared else b(y[0], y[1], y[1])
    assert_alike(found, expected)
    used = 1 if shared else 2
    assert_same_gradients(found, expected, [*x[:used], *a.parameters()], [*y[:used], *b.parameters()])


def causal(length):
    return np.triu(np.full((length, length), -np.inf), 1)


SRC, TGT = draw(6, 2, 4), draw(5, 2, 4)
SMALL = {"dim_feedforward": 7, "dropout": 0.0}

ENCODER_LAYERS = [
    ({}, (SRC,)),
    ({"norm_first": True}, (SRC,)),
    ({"activation": "gelu", "bias": False}, (SRC, draw(6, 6), None)),
    ({"layer_norm_eps": 0.1, "batch_first": True}, (draw(2, 6, 4), None, PADDED)),
    ({}, (SRC[:, 0], causal(6), PADDED[0])),
    ({}, (SRC, causal(6), None, True)),
    ({"norm_first": True, "batch_first": True}, (SRC[:, 0], draw(2, 6, 6))),
    ({}, (SRC[:, :0],)),
]


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize(("options", "inputs"), ENCODER_LAYERS)
def test_encoder_layer(options, inputs):
    compare_layers("TransformerEncoderLayer", (4, 2), SMALL | options, inputs, modes=(True, False), words=False)


DECODER_LAYERS = [
    ({}, (TGT, SRC)),
    ({"norm_first": True, "activation": "gelu"}, (TGT, SRC, causal(5), draw(5, 6))),
    ({"bias": False, "batch_first": True}, (draw(2, 5, 4), draw(2, 6, 4), None, None, PADDED[:, :5], PADDED)),
    ({"layer_norm_eps": 0.1}, (TGT[:, 0], SRC[:, 0], causal(5), None, None, PADDED[0], True)),
    ({}, (TGT, SRC, None, np.triu(np.ones((5, 6), bool), 1), None, None, False, True)),
]


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize(("options", "inputs"), DECODER_LAYERS)
def test_decoder_layer(options, inputs):
    compare_layers("TransformerDecoderLayer", (4, 2), SMALL | options, inputs, modes=(True, False), words=False)


MODELS = [
    ({}, (SRC, TGT)),
    ({"norm_first": True, "activation": "gelu", "bias": False}, (SRC, TGT, causal(6), causal(5), draw(5, 6))),
    ({"batch_first": True}, (draw(2, 6, 4), draw(2, 5, 4), None, causal(5), None, PADDED, PADDED[:, :5], PADDED)),
    ({"layer_norm_eps": 0.1}, (SRC[:, 0], TGT[:, 0], None, causal(5), None, None, None, None, None, True, False)),
    ({}, (SRC, TGT, causal(6), causal(5), np.triu(np.ones((5, 6), bool), 1), None, None, None, True, True, True)),
]


@pytest.mark.filterwarnings("ignore:Support for mismatched", "ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(("options", "inputs"), MODELS)
def test_transformer(options, inputs):
    options = SMALL | {"num_encoder_layers": 2, "num_decoder_layers": 3} | options
    compare_layers("Transformer", (4, 2), options, inputs, modes=(True, False), words=False)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("kind", ["Encoder", "Decoder"])
def test_stacks(kind, norm):
    def stack(nn):
        # PyTorch's copies of decoder layers forget an activation that is a module, and take ReLU.
        activation = nn.Tanh() if kind == "Encoder" else nn.functional.gelu
        layer = getattr(nn, f"Transformer{kind}Layer")(4, 2, **SMALL, activation=activation)
        return getattr(nn, f"Transformer{kind}")(layer, 3, nn.LayerNorm(4) if norm else None).double()

    b, a = stack(torch.nn), stack(tl.nn)
    a.load_state_dict(b.state_dict())
    assert list(a.state_dict()) == list(b.state_dict())
    hosts = [SRC, TGT] if kind == "Encoder" else [TGT, SRC]
    hosts = hosts[: 1 if kind == "Encoder" else 2]
    x, y = [tensor(h, requires_grad=True) for h in hosts], [torch.tensor(h, requires_grad=True) for h in hosts]
    found, expected = a(*x), b(*y)
    assert_alike(found, expected)
    assert_same_gradients(found, expected, [*x, *a.parameters()], [*y, *b.parameters()])


def test_causal_mask():
    for dtype in ("float32", "float64"):
        ours = tl.nn.Transformer.generate_square_subsequent_mask(5, dtype=getattr(tl, dtype))
        theirs = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=getattr(torch, dtype))
        assert str(ours.dtype) == dtype
        assert_close(ours, theirs.numpy())


INITIAL = [
    ("MultiheadAttention", (64, 4), {"add_bias_kv": True}),
    ("MultiheadAttention", (64, 4), {"kdim": 32, "vdim": 16}),
    ("TransformerEncoderLayer", (64, 4, 32), {}),
    ("TransformerDecoderLayer", (64, 4, 32), {}),
    ("Transformer", (64, 4, 1, 1, 32), {}),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(("name", "args", "options"), INITIAL)
def test_initial_distributions(name, args, options):
    a, b = getattr(tl.nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    for (path, p), (their_path, q) in zip(a.named_parameters(), b.named_parameters(), strict=True):
        p, q = np.asarray(p.tolist()), q.detach().numpy()
        assert path == their_path
        assert p.shape == q.shape
        if np.ptp(q) == 0:
            np.testing.assert_array_equal(p, q)
            continue
        # The relative error of an estimated deviation is about 1 / sqrt(2 n); here are five of those on each side.
        assert abs(p.std() / q.std() - 1) < 10 / np.sqrt(2 * p.size)
        if path not in ("bias_k", "bias_v"):  # those are normal, the others even: their ends say where they are
            assert abs(np.abs(p).max() / np.abs(q).max() - 1) < 0.2
