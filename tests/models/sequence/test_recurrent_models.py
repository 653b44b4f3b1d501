"""Recurrent encoders, transducers, generators and encoder-decoders, beside single sequences and NumPy."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, draws, host, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim

CELLS = ("rnn", "lstm", "gru")
LENGTHS = [4, 1, 6]


def numbers(model, *args):
    """Return the result of a model of double precision as a NumPy array."""
    return host(model(*args).detach())


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
class TestPaddedSequences:
    """Padding changes nothing: each sequence gives what it gives alone."""

    def test_encoder(self, cell, bidirectional):
        model = models.RecurrentEncoder(3, 2, 5, cell, num_layers=2, bidirectional=bidirectional).double()
        x = draws(3, 6, 3)
        together = model(tensor(x), tensor(LENGTHS)).detach()
        alone = [numbers(model, tensor(row[None, :n]))[0] for row, n in zip(x, LENGTHS, strict=True)]
        assert_close(together, np.stack(alone), rtol=1e-9)

    def test_transducer(self, cell, bidirectional):
        model = models.RecurrentTransducer(9, 2, 5, cell, bidirectional=bidirectional, embedding_dim=4).double()
        x = np.random.default_rng(0).integers(0, 9, (3, 6))
        together = host(model(tensor(x), tensor(LENGTHS)).detach())
        assert together.shape == (3, 6, 2)
        for row, tokens, n in zip(together, x, LENGTHS, strict=True):
            assert_close(tensor(row[:n]), numbers(model, tensor(tokens[None, :n]))[0], rtol=1e-9)


def test_elman_network_step_by_step():
    model = models.RecurrentTransducer(3, 2, 4, "rnn").double()
    w = {name: host(p.detach()) for name, p in model.named_parameters()}
    x, h, expected = draws(5, 3), np.zeros(4), []
    for step in x:
        h = np.tanh(w["layers.weight_ih_l0"] @ step + w["layers.bias_ih_l0"] + w["layers.weight_hh_l0"] @ h
                    + w["layers.bias_hh_l0"])  # fmt: skip
        expected.append(w["output.weight"] @ h + w["output.bias"])
    assert_close(model(tensor(x[None])).detach()[0], expected, rtol=1e-9)
    encoder = models.RecurrentEncoder(3, 2, 4, "rnn").double()
    encoder.load_state_dict(model.state_dict())
    assert_close(encoder(tensor(x[None])).detach()[0], expected[-1], rtol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
class TestGenerator:
    def test_piece_by_piece(self, cell):
        model = models.RecurrentGenerator(7, 4, 5, cell, num_layers=2).double()
        tokens = tensor(np.random.default_rng(0).integers(0, 7, (2, 9)))
        whole = model(tokens).detach()
        first, state = model.advance(tokens[:, :4])
        second, _ = model.advance(tokens[:, 4:], state)
        assert_close(tl.concat([first, second], axis=1).detach(), host(whole), rtol=1e-9)

    def test_generation_reads_what_it_writes(self, cell):
        model = models.RecurrentGenerator(7, 4, 5, cell).double()
        found = model.generate(tensor([[1, 2], [3, 3]]), 6)
        logits = host(model(found[:, :-1]).detach())
        assert_same(found[:, 2:], logits[:, 1:].argmax(axis=-1))
        assert_same(model.generate(tensor([1, 2]), 6, use_cache=False), host(found[0]))

    def test_from_vectors(self, cell):
        model = models.RecurrentGenerator(
            7, 4, 5, cell, num_layers=2, context_size=3, bos_token_id=1, eos_token_id=2, pad_token_id=0
        ).double()
        vectors = tensor(draws(4, 3))
        found = model.generate(vectors, 6)
        assert found[:, 0].tolist() == [1] * 4
        logits = host(model(found[:, :-1], vectors).detach())
        for row, scores in zip(host(found).tolist(), logits, strict=True):
            ends = row.index(2) if 2 in row else len(row) - 1
            assert row[1 : ends + 1] == scores[:ends].argmax(axis=-1).tolist()
            assert set(row[ends + 1 :]) <= {0}
        single = host(model.generate(vectors[0], 6))
        assert single.tolist() == host(found[0]).tolist()[: len(single)]

    def test_detached_states(self, cell):
        model = models.RecurrentGenerator(7, 4, 5, cell)
        _, state = model.advance(tensor([[1, 2]]))
        parts = state if cell == "lstm" else (state,)
        cut = model.detached(state)
        assert all(h.requires_grad for h in parts)
        assert not any(h.requires_grad for h in (cut if cell == "lstm" else (cut,)))


def test_prompts_of_small_integers():
    model = models.RecurrentGenerator(300, 4, 5)
    model.output.bias.data = 100.0 * (tl.arange(300) == 299)
    found = model.generate(tensor(np.array([1, 2], "uint8")), 2)
    assert found.tolist() == [1, 2, 299, 299]
    assert found.dtype == tl.int64


def test_tied_weights():
    model = models.RecurrentGenerator(7, 5, 5, tie_weights=True)
    assert model.output.weight is model.embedding.weight
    assert len(list(model.parameters())) == len(list(models.RecurrentGenerator(7, 5, 5).parameters())) - 1
    with pytest.raises(ValueError, match="embedding_dim equal to hidden_size 6"):
        models.RecurrentGenerator(7, 5, 6, tie_weights=True)


def test_vectors_need_a_first_token():
    with pytest.raises(ValueError, match="RecurrentGenerator: context_size=3 needs bos_token_id"):
        models.RecurrentGenerator(7, context_size=3)


class TestAttention:
    def test_bahdanau(self):
        layer = models.BahdanauAttention(3, 4, 5).double()
        query, keys = draws(2, 3, 3), draws(2, 6, 4)
        padding = np.arange(6) >= np.array([[6], [4]])
        w, u, v = (host(getattr(layer, name).weight.detach()) for name in ("query", "key", "energy"))
        scores = np.tanh((query @ w.T)[:, :, None] + (keys @ u.T)[:, None]) @ v[0]
        self.check(layer, scores, query, keys, padding)

    def test_luong(self):
        layer = models.LuongAttention(3, 4).double()
        query, keys = draws(2, 3, 3), draws(2, 6, 4)
        padding = np.arange(6) >= np.array([[6], [4]])
        scores = np.einsum("bqi,ij,bkj->bqk", query, host(layer.key.weight.detach()), keys)
        self.check(layer, scores, query, keys, padding)

    def check(self, layer, scores, query, keys, padding):
        weights = np.exp(np.where(padding[:, None], -np.inf, scores))
        weights /= weights.sum(axis=-1, keepdims=True)
        projected = layer.project(tensor(keys))
        for more in ((), (projected,)):
            means, found = layer(tensor(query), tensor(keys), tensor(padding), *more)
            assert_close(found.detach(), weights, rtol=1e-9)
            assert_close(means.detach(), weights @ keys, rtol=1e-9)


SETTINGS = [
    {"attention": "bahdanau", "cell": "gru"},
    {"attention": "bahdanau", "cell": "lstm", "num_layers": 2},
    {"attention": "luong", "cell": "lstm", "bidirectional": False},
    {"attention": None, "cell": "rnn", "num_layers": 2},
    {"attention": None, "cell": "gru", "bidirectional": False},
]


@pytest.mark.parametrize("options", SETTINGS, ids=str)
class TestSeq2Seq:
    source = np.array([[5, 6, 7, 4, 2], [4, 2, 0, 0, 0], [7, 7, 2, 0, 0]])
    target = np.array([[1, 3, 4, 5], [1, 6, 6, 2], [1, 2, 0, 0]])

    def model(self, options):
        return models.RecurrentSeq2Seq(8, 9, 6, 5, **options).double()

    def test_padding_changes_nothing(self, options):
        model = self.model(options)
        together = host(model(tensor(self.source), tensor(self.target)).detach())
        for i, n in enumerate([5, 2, 3]):
            alone = numbers(model, tensor(self.source[i : i + 1, :n]), tensor(self.target[i : i + 1]))
            assert_close(tensor(together[i]), alone[0], rtol=1e-9)

    def test_an_empty_source(self, options):
        model = self.model(options)
        empty, target = tensor(np.zeros((1, 5), "int64")), tensor(self.target[:1])
        found = host(model(empty, target).detach())
        assert np.isfinite(found).all()
        assert_close(model(empty[:, :1], target).detach(), found, rtol=1e-9)

    def test_steps_give_what_the_whole_target_gives(self, options):
        model = self.model(options)
        expected = host(model(tensor(self.source), tensor(self.target)).detach())
        _, state = model.begin(tensor(self.source))
        for i in range(4):
            logits, state = model.step(tensor(self.target[:, i : i + 1]), state)
            assert_close(logits.detach(), expected[:, i], rtol=1e-9)

    def test_generation(self, options):
        model = self.model(options)
        found = model.generate(tensor(self.source), 5)
        assert found[:, 0].tolist() == [1] * 3
        logits = host(model(tensor(self.source), found[:, :-1]).detach())
        for row, scores in zip(host(found).tolist(), logits, strict=True):
            ends = row.index(2) if 2 in row else len(row) - 1
            assert row[1 : ends + 1] == scores[:ends].argmax(axis=-1).tolist()
        beams = model.generate(tensor(self.source[0]), 5, num_beams=3, num_return_sequences=2)
        assert beams.shape[0] == 2

    def test_weights_of_attention(self, options):
        model = self.model(options)
        arguments = tensor(self.source), tensor(self.target)
        if options["attention"] is None:
            with pytest.raises(ValueError, match="the model has no attention"):
                model.attention_weights(*arguments)
            return
        weights = host(model.attention_weights(*arguments).detach())
        assert weights.shape == (3, 4, 5)
        assert_close(tensor(weights.sum(axis=-1)), np.ones((3, 4)), rtol=1e-9)
        assert (weights[1, :, 2:] == 0).all() and (weights[1, :, :2] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["bahdanau", "luong"])
def test_it_learns_to_reverse(attention):
    tl.manual_seed(0)
    data = datasets.CopyTask(400, length=6, n_symbols=6, order="reversed", min_length=3, generator=tl.Generator(0))
    model = models.RecurrentSeq2Seq(9, 9, 16, 32, attention=attention)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(15):
        for start in range(0, 320, 32):
            source, target = data.source[start : start + 32], data.target[start : start + 32]
            logits = model(source, target[:, :-1])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    written = host(model.generate(data.source[320:], 7))
    expected = host(data.target[320:])[:, : written.shape[1]]
    assert (written == expected).all(axis=1).mean() > 0.85
