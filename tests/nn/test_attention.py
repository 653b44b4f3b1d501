"""Attention, positions and Transformers against plain loops, closed forms and distributions."""

from math import sqrt

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn
from tensorlab.autodiff.record import REGISTRY

F = nn.functional


def attend(query, key, value, bias=0.0, scale=None):
    """Attention in NumPy, one query at a time; a query with no key gets zeros."""
    scale = 1 / sqrt(query.shape[-1]) if scale is None else scale
    bias = np.broadcast_to(bias, (*query.shape[:-1], key.shape[-2]))
    out = np.zeros((*query.shape[:-1], value.shape[-1]))
    for place in np.ndindex(query.shape[:-1]):
        scores = key[place[:-1]] @ query[place] * scale + bias[place]
        if np.isfinite(scores).any():
            powers = np.exp(scores - scores.max())
            out[place] = powers / powers.sum() @ value[place[:-1]]
    return out


def operands(rng, batch=(2, 3), queries=5, keys=6):
    shapes = (*batch, queries, 4), (*batch, keys, 4), (*batch, keys, 2)
    return [rng.standard_normal(shape) for shape in shapes]


def infinite(allowed):
    return np.where(allowed, 0.0, -np.inf)


@pytest.fixture(params=["composed", "fused"])
def both_ways(request, monkeypatch):
    """Have attention of any size computed by one operation, or by several."""
    monkeypatch.setattr("tensorlab.nn.functional.attention.LEAST_FUSED", 1 if request.param == "fused" else 10**9)


@pytest.mark.usefixtures("both_ways")
class TestScaledDotProduct:
    def test_value(self, rng):
        q, k, v = operands(rng)
        given = [tensor(x) for x in (q, k, v)]
        assert_close(F.scaled_dot_product_attention(*given), attend(q, k, v))
        assert_close(F.scaled_dot_product_attention(*given, scale=0.1), attend(q, k, v, scale=0.1))
        order = infinite(np.tril(np.ones((5, 6), bool)))
        assert_close(F.scaled_dot_product_attention(*given, is_causal=True), attend(q, k, v, order))

    @pytest.mark.parametrize("shape", [(6,), (5, 1), (5, 6), (2, 1, 1, 6), (1, 3, 5, 1), (2, 3, 5, 6)])
    def test_masks(self, shape, rng):
        q, k, v = operands(rng)
        given = [tensor(x) for x in (q, k, v)]
        allowed = rng.random(shape) < 0.5
        expected = attend(q, k, v, infinite(allowed))
        assert_close(F.scaled_dot_product_attention(*given, tensor(allowed)), expected)
        assert_close(F.scaled_dot_product_attention(*given, tensor(infinite(allowed))), expected)
        bias = rng.standard_normal(shape)
        assert_close(F.scaled_dot_product_attention(*given, tensor(bias)), attend(q, k, v, bias))

    def test_query_without_keys(self, rng):
        q, k, v = (leaf(x) for x in operands(rng, (2,)))
        allowed = np.ones((5, 6), bool)
        allowed[1] = False
        for mask in (tensor(allowed), leaf(infinite(allowed))):
            out = F.scaled_dot_product_attention(q, k, v, mask)
            assert_same(out[:, 1].detach(), np.zeros((2, 2)))
            q.grad = None
            out.sum().backward()
            assert_same(q.grad[:, 1], np.zeros((2, 4)))
            assert np.isfinite(host(q.grad)).all()
        assert_same(mask.grad[1], np.zeros(6))

    def test_shared_heads(self, rng):
        q = rng.standard_normal((2, 6, 5, 4))
        k, v = rng.standard_normal((2, 3, 7, 4)), rng.standard_normal((2, 2, 7, 2))
        expected = attend(q, k.repeat(2, axis=1), v.repeat(3, axis=1))
        assert_close(F.scaled_dot_product_attention(tensor(q), tensor(k), tensor(v), enable_gqa=True), expected)

    def test_batch_axes_broadcast(self, rng):
        q, k, v = operands(rng, ())
        many = rng.standard_normal((3, *k.shape))
        found = F.scaled_dot_product_attention(tensor(q), tensor(many), tensor(v[None]))
        assert_close(found, np.stack([attend(q, one, v) for one in many]))

    def test_dropout(self, rng):
        q, k, v = (tensor(x) for x in (np.zeros((1, 50, 4)), np.zeros((1, 60, 4)), np.eye(60)[None]))
        weights = host(F.scaled_dot_product_attention(q, k, v, dropout_p=0.25))  # the identity shows them
        kept = weights > 0
        np.testing.assert_allclose(weights[kept], 1 / 60 / 0.75)
        assert abs(kept.mean() - 0.75) < 5 * sqrt(0.25 * 0.75 / kept.size)
        assert_same(F.scaled_dot_product_attention(q, k, v, dropout_p=1.0), np.zeros((1, 50, 60)))

    def test_single_precision(self, rng):
        given = [tensor(x, dtype="float32", requires_grad=True) for x in operands(rng, (2,))]
        mask = tensor(np.zeros((5, 6)))  # a float64 mask does not make the result one
        out = F.scaled_dot_product_attention(*given, mask)
        out.sum().backward()
        assert {str(x.dtype).rpartition(".")[2] for x in (out, *(x.grad for x in given))} == {"float32"}

    @pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"attn_mask": True}])
    def test_gradients(self, options, rng):
        q, k, v = (leaf(x) for x in operands(rng, (2,), 3, 4))
        if options.get("attn_mask"):
            options = {"attn_mask": tensor(np.tril(np.ones((3, 4), bool), -1))}
        tl.check_gradients(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **options), (q, k, v))

    def test_gradients_with_a_learned_mask(self, rng):
        q, k, v = (leaf(x) for x in operands(rng, (2,), 3, 4))
        tl.check_gradients(F.scaled_dot_product_attention, (q, k, v, leaf(rng.standard_normal((3, 4)))))


class TestFused:
    """That blocks of any size give the same numbers, and that no matrix of weights is kept."""

    @pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the numpy backend's blocks")
    @pytest.mark.parametrize("size", [1, 7, 50, 10**6])
    @pytest.mark.parametrize("is_causal", [False, True])
    @pytest.mark.parametrize("mask_shape", [None, (7, 8), (2, 1, 1, 8), (2, 3, 7, 8)])
    def test_blocks(self, size, is_causal, mask_shape, rng, monkeypatch):
        from tensorlab_numpy import attention as kernels

        monkeypatch.setattr(kernels, "BLOCK_WEIGHTS", size)
        monkeypatch.setattr(kernels, "CAUSAL_ROWS", 3)
        mask = () if mask_shape is None else (rng.standard_normal(mask_shape),)
        arrays = [*operands(rng, (2, 3), 7, 8), *mask]
        g = rng.standard_normal((2, 3, 7, 2))
        options = {"scale": 0.7, "is_causal": is_causal}
        plain = tl.active_backend()
        assert_close(kernels.attention(*arrays, **options), REGISTRY["attention"].compute(plain, *arrays, **options))
        found = kernels.attention_grad(g, *arrays, **options)
        expected = REGISTRY["attention_grad"].compute(plain, g, *arrays, **options)
        for a, b in zip(found, expected, strict=True):
            assert_close(a, b)

    def test_no_weights_are_kept(self, rng):
        q, k, v = (leaf(x) for x in operands(rng, (1, 1), 300, 250))
        out = F.scaled_dot_product_attention(q, k, v)
        assert max(array.size for _, array in out._node.op.saved_arrays(out._node, out._node.saved)) == 300 * 4


def test_arrays_give_arrays(rng):
    arrays = [tensor(x).array for x in operands(rng)]
    assert type(F.scaled_dot_product_attention(*arrays)) is type(arrays[0])


ONES = tl.ones(2, 3, 4)

REFUSED = [
    ((ONES, tl.ones(2, 5, 3), tl.ones(2, 5, 3)), {}, tl.ShapeError, r"axis -1 of query and key.*not 4 and 3"),
    ((ONES, ONES, tl.ones(2, 5, 3)), {}, tl.ShapeError, r"axis -2 of key and value must be equal, not 3 and 5"),
    ((tl.ones(4), ONES, ONES), {}, tl.ShapeError, "at least 2 axes"),
    ((tl.ones(3, 3, 4), ONES, ONES), {}, tl.ShapeError, "do not broadcast.*enable_gqa=True"),
    ((tl.ones(3, 3, 4), ONES, ONES), {"enable_gqa": True}, tl.ShapeError, "length 3.*multiple.*not 2 and 2"),
    ((ONES, ONES, ONES, tl.ones(3, 2)), {}, tl.ShapeError, r"\(3, 2\).*\(2, 3, 3\)"),
    ((ONES, ONES, ONES, tl.ones(1, 2, 3, 3)), {}, tl.ShapeError, r"mask of shape \(1, 2, 3, 3\)"),
    ((ONES, ONES, ONES, tl.ones(3, 3, dtype=tl.int64)), {}, TypeError, "attn_mask is .*int64.* boolean or floating"),
    ((ONES, ONES, ONES, tl.ones(3, 3)), {"is_causal": True}, ValueError, "exclude each other"),
    ((ONES, ONES, ONES), {"dropout_p": 1.5}, ValueError, r"dropout_p.*1\.5"),
    ((ONES, ONES, tl.ones(2, 3, 4, dtype=tl.int64)), {}, TypeError, "value is .*int64"),
    (([[1.0]], ONES, ONES), {}, TypeError, "query must be a tensor"),
]


@pytest.mark.parametrize(("args", "options", "error", "message"), REFUSED)
def test_refused_attention(args, options, error, message):
    with pytest.raises(error, match=r"^scaled_dot_product_attention: ") as raised:
        F.scaled_dot_product_attention(*args, **options)
    assert raised.match(message)


class TestMultihead:
    def expected(self, layer, q, k, v, bias=0.0):
        """What the layer is to give, in NumPy: (batch, length, features) in and out."""
        parts = np.split(host(layer.in_proj_weight.detach()), 3), np.split(host(layer.in_proj_bias.detach()), 3)
        projected = [x @ w.T + b for x, w, b in zip((q, k, v), *parts, strict=True)]
        heads = [np.stack(np.split(x, layer.num_heads, axis=-1), axis=1) for x in projected]
        joined = np.concatenate(list(attend(*heads, bias).swapaxes(0, 1)), axis=-1)
        return joined @ host(layer.out_proj.weight.detach()).T + host(layer.out_proj.bias.detach())

    def layer(self, rng, **options):
        layer = nn.MultiheadAttention(4, 2, dtype=tl.float64, **options)
        with tl.no_grad():
            for parameter in layer.parameters():
                parameter[...] = tensor(rng.standard_normal(parameter.shape))
        return layer

    @pytest.mark.parametrize("need_weights", [True, False])
    @pytest.mark.parametrize("batch_first", [True, False])
    def test_value(self, batch_first, need_weights, rng):
        layer = self.layer(rng, batch_first=batch_first)
        q, k, v = (rng.standard_normal((3, n, 4)) for n in (5, 6, 6))
        mask, padding = rng.standard_normal((6, 5, 6)), rng.random((3, 6)) < 0.3
        padding[:, 0] = False
        bias = mask.reshape(3, 2, 5, 6) + infinite(~padding)[:, None, None]
        order = (0, 1, 2) if batch_first else (1, 0, 2)
        given = [tensor(x.transpose(order)) for x in (q, k, v)]
        out, _ = layer(*given, tensor(padding), need_weights, tensor(mask))
        assert_close(out.detach(), self.expected(layer, q, k, v, bias).transpose(order))
        one, _ = layer(*(tensor(x[0]) for x in (q, k, v)), tensor(padding[0]), need_weights, tensor(mask[:2]))
        assert_close(one.detach(), self.expected(layer, q, k, v, bias)[0])

    def test_weights(self, rng):
        layer = self.layer(rng, batch_first=True, add_zero_attn=True, add_bias_kv=True)
        x = tensor(rng.standard_normal((3, 5, 4)))
        each = layer(x, x, x, average_attn_weights=False)[1].detach()
        assert each.shape == (3, 2, 5, 7)
        assert_close(each.sum(-1), np.ones((3, 2, 5)))
        assert_close(layer(x, x, x)[1].detach(), host(each).mean(1))
        assert layer(x[0], x[0], x[0])[1].shape == (5, 7)
        assert layer(x, x, x, need_weights=False)[1] is None

    def test_one_projection_where_query_key_and_value_are_one(self, rng):
        layer = self.layer(rng)
        x = rng.standard_normal((5, 3, 4))
        same, others = tensor(x), [tensor(x) for _ in range(3)]
        assert_close(layer(same, same, same)[0].detach(), host(layer(*others)[0].detach()))

    @pytest.mark.parametrize(
        ("options", "call"),
        [
            ({}, {}),
            ({}, {"need_weights": False}),
            ({"add_bias_kv": True, "add_zero_attn": True, "bias": False}, {}),
            ({"kdim": 3, "vdim": 5, "batch_first": True}, {"need_weights": False}),
        ],
    )
    def test_gradients(self, options, call, rng):
        layer = self.layer(rng, **options)
        q, k, v = (leaf(rng.standard_normal((2, 2, n))) for n in (4, layer.kdim, layer.vdim))
        names = [name for name, _ in layer.named_parameters()]

        def forward(q, k, v, *parameters):
            given = dict(zip(names, parameters, strict=True))
            out_proj = given.pop("out_proj.weight"), given.pop("out_proj.bias", None)
            projections = [given.pop(name, None) for name in ("in_proj_weight", "in_proj_bias", "bias_k", "bias_v")]
            swapped = [x.transpose(0, 1) if layer.batch_first else x for x in (q, k, v)]
            separate = {"use_separate_proj_weight": True, **given} if given else {}
            found = F.multi_head_attention_forward(
                *swapped, 4, 2, *projections, layer.add_zero_attn, 0.0, *out_proj, **separate, **call
            )
            return found if found[1] is not None else found[0]

        tl.check_gradients(forward, (q, k, v, *(leaf(host(p.detach())) for p in layer.parameters())))

    def test_dropout_in_training_alone(self, rng):
        layer = nn.MultiheadAttention(4, 2, dropout=0.5)
        x = tl.ones(40, 2, 4)
        weights = host(layer(x, x, x, average_attn_weights=False)[1].detach())
        np.testing.assert_allclose(weights[weights > 0], 2 / 40, rtol=1e-6)
        assert abs((weights > 0).mean() - 0.5) < 5 * 0.5 / sqrt(weights.size)
        weights = layer.eval()(x, x, x)[1].detach()
        assert_close(weights, np.full((2, 40, 40), 1 / 40, "float32"), rtol=1e-6)

    def test_state_and_words(self):
        assert list(nn.MultiheadAttention(4, 2, add_bias_kv=True).state_dict()) == [
            *("in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias")
        ]
        assert list(nn.MultiheadAttention(4, 2, bias=False, kdim=3).state_dict()) == [
            *("q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight")
        ]
        assert repr(nn.MultiheadAttention(4, 2)) == (
            "MultiheadAttention(\n  (out_proj): Linear(in_features=4, out_features=4, bias=True)\n)"
        )

    def test_initial_numbers(self):
        layer = nn.MultiheadAttention(60, 2, add_bias_kv=True)
        bound = sqrt(6 / (60 + 180))
        weight = host(layer.in_proj_weight.detach())
        assert 0.95 * bound < np.abs(weight).max() <= bound
        assert abs(weight.std() - bound / sqrt(3)) < 0.03 * bound
        assert not host(layer.in_proj_bias.detach()).any()
        assert not host(layer.out_proj.bias.detach()).any()
        extra = np.stack([host(layer.bias_k.detach()), host(layer.bias_v.detach())])
        assert abs(extra.std() * sqrt(60) - 1) < 0.4

    @pytest.mark.parametrize(
        ("args", "options", "message"),
        [
            ((5, 2), {}, "embed_dim 5 does not divide into 2 heads"),
            ((0, 2), {}, "embed_dim must be a positive integer, not 0"),
            ((4, 2), {"dropout": 2.0}, r"dropout.*2\.0"),
        ],
    )
    def test_settings_out_of_range(self, args, options, message):
        with pytest.raises(ValueError, match=message):
            nn.MultiheadAttention(*args, **options)

    @pytest.mark.parametrize(
        ("shapes", "options", "error", "message"),
        [
            ([(5, 2, 3), (6, 2, 4), (6, 2, 4)], {}, tl.ShapeError, "query has 3 features.*embed_dim_to_check is 4"),
            ([(5, 2, 4), (6, 2, 3), (6, 2, 3)], {}, tl.ShapeError, "key has 3 features.*kdim"),
            ([(5, 2, 4), (6, 3, 4), (6, 3, 4)], {}, tl.ShapeError, "batches of 2, 3 and 3.*batch_first"),
            ([(5, 2, 4), (6, 2, 4), (7, 2, 4)], {}, tl.ShapeError, "6 keys, but 7 values"),
            ([(5, 4), (6, 2, 4), (6, 2, 4)], {}, tl.ShapeError, r"all be \(length, batch, features\)"),
            ([(5, 2, 4)] * 3, {"attn_mask": (5, 6)}, tl.ShapeError, r"\(5, 5\).*\(4, 5, 5\).*not \(5, 6\)"),
            ([(5, 2, 4)] * 3, {"key_padding_mask": (5, 2)}, tl.ShapeError, r"shape \(2, 5\).*not \(5, 2\)"),
            (
                [(5, 2, 4)] * 3,
                {"is_causal": True},
                ValueError,
                "is_causal=True asserts.*generate_square_subsequent_mask",
            ),
        ],
    )
    def test_refused(self, shapes, options, error, message):
        options = {k: tl.zeros(v) if isinstance(v, tuple) else v for k, v in options.items()}
        with pytest.raises(error, match=r"^multi_head_attention_forward: ") as raised:
            nn.MultiheadAttention(4, 2)(*map(tl.zeros, shapes), **options)
        assert raised.match(message)

    def test_integer_mask(self):
        x = tl.zeros(5, 2, 4)
        with pytest.raises(TypeError, match=r"key_padding_mask is .*int64.*boolean or floating"):
            nn.MultiheadAttention(4, 2)(x, x, x, tl.zeros(2, 5, dtype=tl.int64))

    def test_bias_for_keys_alone(self):
        x, w = tl.zeros(5, 2, 4), tl.zeros(12, 4)
        with pytest.raises(ValueError, match="both or not at all"):
            F.multi_head_attention_forward(x, x, x, 4, 2, w, None, w[:1], None, False, 0.0, w[:4], None)
