"""Transformers and positions against formulas."""

import numpy as np
import pytest
from helpers import assert_close, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional
SIZES = {"dim_feedforward": 6, "dropout": 0.0, "dtype": tl.float64}


def numbers(rng, *shape):
    return tensor(rng.standard_normal(shape))


class TestLayers:
    @pytest.mark.parametrize("norm_first", [False, True])
    def test_encoder_layer_is_the_formula_of_its_parts(self, norm_first, rng):
        layer = nn.TransformerEncoderLayer(4, 2, norm_first=norm_first, activation="gelu", **SIZES)
        x = numbers(rng, 5, 3, 4)

        def attended(x):
            return layer.self_attn(x, x, x)[0]

        def fed(x):
            return layer.linear2(F.gelu(layer.linear1(x)))

        if norm_first:
            middle = x + attended(layer.norm1(x))
            expected = middle + fed(layer.norm2(middle))
        else:
            middle = layer.norm1(x + attended(x))
            expected = layer.norm2(middle + fed(middle))
        assert_close(layer(x).detach(), host(expected.detach()))

    @pytest.mark.parametrize("norm_first", [False, True])
    def test_decoder_layer_is_the_formula_of_its_parts(self, norm_first, rng):
        layer = nn.TransformerDecoderLayer(4, 2, norm_first=norm_first, activation=tl.tanh, **SIZES)
        x, memory = numbers(rng, 5, 3, 4), numbers(rng, 6, 3, 4)
        blocks = [
            lambda x: layer.self_attn(x, x, x)[0],
            lambda x: layer.multihead_attn(x, memory, memory)[0],
            lambda x: layer.linear2(tl.tanh(layer.linear1(x))),
        ]
        expected = x
        for block, norm in zip(blocks, (layer.norm1, layer.norm2, layer.norm3), strict=True):
            expected = expected + block(norm(expected)) if norm_first else norm(expected + block(expected))
        assert_close(layer(x, memory).detach(), host(expected.detach()))

    @pytest.mark.parametrize("norm_first", [False, True])
    @pytest.mark.parametrize("batch_first", [False, True])
    def test_steps_of_a_decoder_are_the_whole_with_a_causal_mask(self, norm_first, batch_first, rng):
        layer = nn.TransformerDecoderLayer(4, 2, norm_first=norm_first, batch_first=batch_first, **SIZES)
        decoder = nn.TransformerDecoder(layer, 2, nn.LayerNorm(4, dtype=tl.float64))
        for parameter in decoder.parameters():
            parameter.data = numbers(rng, *parameter.shape)
        shape = (lambda n: (3, n, 4)) if batch_first else (lambda n: (n, 3, 4))
        x, memory = numbers(rng, *shape(6)), numbers(rng, *shape(5))
        padding = tensor(np.arange(5) >= np.array([[5], [3], [1]]))
        mask = nn.Transformer.generate_square_subsequent_mask(6, dtype=tl.float64)
        expected = decoder(x, memory, tgt_mask=mask, memory_key_padding_mask=padding)
        states, start, parts = decoder.begin(memory, padding), 0, []
        axis = 1 if batch_first else 0
        for length in (1, 3, 2):
            piece = tl.narrow(x, axis, start, length)
            part, states = decoder.step(piece, states)
            parts.append(part)
            start += length
        assert_close(tl.concat(parts, axis=axis).detach(), host(expected.detach()), rtol=1e-9)

    def test_padding_is_not_seen(self, rng):
        layer = nn.TransformerEncoderLayer(4, 2, batch_first=True, **SIZES)
        x = numbers(rng, 1, 5, 4)
        padding = tensor(np.array([[False, False, False, True, True]]))
        found = layer(x, src_key_padding_mask=padding).detach()
        assert_close(found[:, :3], host(layer(x[:, :3]).detach()))

    @pytest.mark.parametrize("promised", [False, True])
    def test_later_elements_are_not_seen(self, promised, rng):
        layer = nn.TransformerEncoderLayer(4, 2, batch_first=True, **SIZES)
        x = numbers(rng, 1, 80, 4)
        mask = nn.Transformer.generate_square_subsequent_mask(80)
        found = layer(x, mask, is_causal=promised).detach()
        assert_close(found[:, :3], host(layer(x[:, :3], mask[:3, :3]).detach()))

    @pytest.mark.parametrize("kind", [nn.TransformerEncoderLayer, nn.TransformerDecoderLayer])
    def test_gradients(self, kind, rng):
        layer = kind(4, 2, activation=tl.tanh, **SIZES)
        memory = () if kind is nn.TransformerEncoderLayer else (leaf(rng.standard_normal((2, 1, 4))),)
        tl.check_gradients(layer, (leaf(rng.standard_normal((3, 1, 4))), *memory))

    def test_dropout(self, rng):
        layer = nn.TransformerEncoderLayer(4, 2, dim_feedforward=6, dropout=0.5)
        x = tensor(rng.standard_normal((3, 2, 4)), dtype="float32")
        assert (host(layer(x).detach()) != host(layer(x).detach())).any()
        layer.eval()
        assert (host(layer(x).detach()) == host(layer(x).detach())).all()
        layer.train().self_attn.dropout = 0.0
        layer.dropout.p = layer.dropout1.p = layer.dropout2.p = 1.0
        assert_close(layer(x).detach(), host(layer.norm2(layer.norm1(x)).detach()), rtol=1e-6)

    def test_words(self):
        assert repr(nn.TransformerEncoderLayer(4, 2, 8)) == (
            "TransformerEncoderLayer(\n"
            "  (self_attn): MultiheadAttention(\n"
            "    (out_proj): Linear(in_features=4, out_features=4, bias=True)\n"
            "  )\n"
            "  (linear1): Linear(in_features=4, out_features=8, bias=True)\n"
            "  (dropout): Dropout(p=0.1, inplace=False)\n"
            "  (linear2): Linear(in_features=8, out_features=4, bias=True)\n"
            "  (norm1): LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)\n"
            "  (norm2): LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)\n"
            "  (dropout1): Dropout(p=0.1, inplace=False)\n"
            "  (dropout2): Dropout(p=0.1, inplace=False)\n"
            ")"
        )

    @pytest.mark.parametrize("kind", [nn.TransformerEncoderLayer, nn.TransformerDecoderLayer])
    def test_unknown_activation(self, kind):
        with pytest.raises(ValueError, match="activation must be 'relu', 'gelu' or callable, not 'selu'"):
            kind(4, 2, activation="selu")


class TestStacks:
    def test_layers_are_copies(self):
        layer = nn.TransformerEncoderLayer(4, 2, **SIZES)
        stack = nn.TransformerEncoder(layer, 2, nn.LayerNorm(4))
        assert len({id(p) for p in [*layer.parameters(), *stack.parameters()]}) == 3 * 12 + 2
        for one, other in zip(layer.parameters(), stack.layers[1].parameters(), strict=True):
            assert (host(one.detach()) == host(other.detach())).all()
        assert list(stack.state_dict())[:2] == ["layers.0.self_attn.in_proj_weight", "layers.0.self_attn.in_proj_bias"]
        assert list(stack.state_dict())[-2:] == ["norm.weight", "norm.bias"]

    def test_one_after_the_other(self, rng):
        layer = nn.TransformerDecoderLayer(4, 2, **SIZES)
        stack = nn.TransformerDecoder(layer, 2)
        x, memory = numbers(rng, 5, 3, 4), numbers(rng, 6, 3, 4)
        assert_close(stack(x, memory).detach(), host(layer(layer(x, memory), memory).detach()))


class TestTransformer:
    def model(self, **options):
        return nn.Transformer(4, 2, 1, 1, **SIZES, **options)

    @pytest.mark.parametrize("batch_first", [False, True])
    def test_decoder_after_encoder(self, batch_first, rng):
        model = self.model(batch_first=batch_first)
        src, tgt = (numbers(rng, *((3, n, 4) if batch_first else (n, 3, 4))) for n in (6, 5))
        mask = model.generate_square_subsequent_mask(5)
        expected = model.decoder(tgt, model.encoder(src), tgt_mask=mask)
        assert_close(model(src, tgt, tgt_mask=mask).detach(), host(expected.detach()))

    def test_own_encoder(self, rng):
        class Twice(nn.Module):
            def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=None):
                return 2 * src

        model = self.model(custom_encoder=Twice())
        src, tgt = numbers(rng, 6, 3, 4), numbers(rng, 5, 3, 4)
        assert_close(model(src, tgt).detach(), host(model.decoder(tgt, 2 * src).detach()))

    def test_all_weights_are_drawn_evenly(self):
        for path, parameter in nn.Transformer(48, 2, 1, 1, 48).named_parameters():
            if len(parameter.shape) > 1:
                bound = (6 / sum(parameter.shape)) ** 0.5
                assert 0.9 * bound < np.abs(host(parameter.detach())).max() <= bound, path

    @pytest.mark.parametrize(
        ("src", "tgt", "message"),
        [
            ((6, 3, 4), (5, 2, 4), r"axis 1 \(batch_first=False\), not 3 and 2"),
            ((6, 3, 5), (5, 3, 5), "must have 4 features"),
            ((6, 3, 4), (5, 4), "both 2 without a batch"),
        ],
    )
    def test_shapes_that_do_not_fit(self, src, tgt, message):
        with pytest.raises(tl.ShapeError, match=message):
            self.model()(tl.zeros(src), tl.zeros(tgt))

    def test_it_learns_to_reverse(self):
        tl.manual_seed(0)
        model = nn.Transformer(16, 2, 1, 1, 32, dropout=0.0, batch_first=True)
        embed, read = nn.Linear(5, 16), nn.Linear(16, 5)
        place = nn.SinusoidalPositionalEncoding(16, max_len=6, batch_first=True)
        parameters = [p for m in (model, embed, read) for p in m.parameters()]
        optimizer = tl.optim.Adam(parameters, lr=5e-3)
        digits = np.random.default_rng(0).integers(0, 4, (64, 6))
        target = tensor(digits[:, ::-1].copy())
        source = tensor(np.eye(5, dtype="float32")[digits])
        before = tensor(np.eye(5, dtype="float32")[np.concatenate([np.full((64, 1), 4), digits[:, :0:-1]], axis=1)])
        mask = model.generate_square_subsequent_mask(6)
        for _ in range(60):
            optimizer.zero_grad()
            out = read(model(place(embed(source)), place(embed(before)), tgt_mask=mask, tgt_is_causal=True))
            loss = F.cross_entropy(out.reshape(-1, 5), target.reshape(-1))
            loss.backward()
            optimizer.step()
        # Guessing costs log 4 = 1.39.
        assert loss.item() < 0.3


class TestPositions:
    def test_sinusoidal_is_the_papers_formula(self):
        found = host(nn.SinusoidalPositionalEncoding(6, max_len=50, dtype=tl.float64)(tensor(np.zeros((50, 6)))))
        for position in range(50):
            for i in range(3):
                angle = position / 10000 ** (2 * i / 6)
                np.testing.assert_allclose(found[position, 2 * i], np.sin(angle), atol=1e-12)
                np.testing.assert_allclose(found[position, 2 * i + 1], np.cos(angle), atol=1e-12)

    def test_sinusoidal_in_any_layout(self, rng):
        x = rng.standard_normal((2, 5, 4))
        waves = host(nn.SinusoidalPositionalEncoding(4, dtype=tl.float64)(tensor(np.zeros((8, 4)))))[3:]
        first = nn.SinusoidalPositionalEncoding(4, batch_first=True, dtype=tl.float64)
        assert_close(first(tensor(x), offset=3), x + waves)
        second = nn.SinusoidalPositionalEncoding(4, batch_first=False, dtype=tl.float64)
        assert_close(second(tensor(x.swapaxes(0, 1)), offset=3), x.swapaxes(0, 1) + waves[:, None])
        assert not list(first.state_dict())

    def test_angles_of_late_positions_are_exact(self):
        layer = nn.RotaryEmbedding(4, max_len=100_000)
        expected = np.sin(np.arange(100_000)[:, None] * 10000.0 ** (-np.arange(2) / 2))
        assert_close(layer.sines, expected.astype("float32"), rtol=1e-6)

    @pytest.mark.parametrize("interleaved", [True, False])
    def test_rotary_is_a_turn_of_each_pair(self, interleaved, rng):
        x = rng.standard_normal((2, 5, 6))
        found = host(nn.RotaryEmbedding(6, interleaved=interleaved, dtype=tl.float64)(tensor(x)))
        for position in range(5):
            for i in range(3):
                pair = [2 * i, 2 * i + 1] if interleaved else [i, i + 3]
                angle = position * 10000 ** (-2 * i / 6)
                turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                np.testing.assert_allclose(found[:, position, pair], x[:, position, pair] @ turn.T, atol=1e-12)

    @pytest.mark.parametrize("interleaved", [True, False])
    def test_products_depend_on_the_distance(self, interleaved, rng):
        rotary = nn.RotaryEmbedding(6, interleaved=interleaved, dtype=tl.float64)
        q, k = (tensor(np.tile(rng.standard_normal(6), (7, 1))) for _ in range(2))
        products = host(rotary(q) @ rotary(k).mT)
        shifted = host(rotary(q, offset=11) @ rotary(k, offset=11).mT)
        np.testing.assert_allclose(products[1:, 1:], products[:-1, :-1], atol=1e-12)
        np.testing.assert_allclose(products, shifted, atol=1e-12)

    @pytest.mark.parametrize("interleaved", [True, False])
    def test_gradients(self, interleaved, rng):
        tl.check_gradients(
            nn.RotaryEmbedding(4, interleaved=interleaved, dtype=tl.float64), (leaf(rng.standard_normal((2, 3, 4))),)
        )
        parts = [leaf(rng.standard_normal(shape)) for shape in ((2, 3, 4), (3, 2), (3, 2))]
        tl.check_gradients(lambda *parts: F.rotary_embedding(*parts, interleaved=interleaved), parts)

    def test_dropout(self):
        layer = nn.SinusoidalPositionalEncoding(4, dropout=1.0)
        x = tl.ones(3, 4)
        assert not host(layer(x)).any()
        assert host(layer.eval()(x)).any()

    def test_errors(self):
        for kind in (nn.SinusoidalPositionalEncoding, nn.RotaryEmbedding):
            with pytest.raises(ValueError, match="must be even, not 5"):
                kind(5)
            with pytest.raises(tl.ShapeError, match=r"positions 2 to 4.*only 0 to 3; make max_len larger"):
                kind(4, max_len=4)(tl.zeros(3, 4), offset=2)
            with pytest.raises(tl.ShapeError, match=r"4 features, not shape \(3, 6\)"):
                kind(4)(tl.zeros(3, 6))
        with pytest.raises(ValueError, match=r"dropout.*1\.5"):
            nn.SinusoidalPositionalEncoding(4, dropout=1.5)
        with pytest.raises(tl.ShapeError, match=r"axis of shape \(2, 3, 4\) is the length; construct it with batch_f"):
            nn.SinusoidalPositionalEncoding(4)(tl.zeros(2, 3, 4))
        with pytest.raises(ValueError, match=r"position_angles: .*even, not 3"):
            F.position_angles(2, 3)
        with pytest.raises(tl.ShapeError, match=r"rotary_embedding: input of shape \(3, 5\)"):
            F.rotary_embedding(tl.zeros(3, 5), tl.zeros(3, 2), tl.zeros(3, 2))
        with pytest.raises(tl.ShapeError, match=r"must broadcast to \(3, 2\)"):
            F.rotary_embedding(tl.zeros(3, 4), tl.zeros(2, 2), tl.zeros(3, 2))

    def test_words(self):
        assert repr(nn.RotaryEmbedding(4)) == "RotaryEmbedding(4, max_len=2048, base=10000.0, interleaved=True)"
        assert repr(nn.SinusoidalPositionalEncoding(4, 8, batch_first=False)) == (
            "SinusoidalPositionalEncoding(4, max_len=8, dropout=0.0, batch_first=False)"
        )
