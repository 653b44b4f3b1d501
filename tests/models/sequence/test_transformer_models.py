"""The Transformer from sequence to sequence, beside its formulas, and what it learns."""

import numpy as np
import pytest
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim

SOURCE = np.array([[5, 6, 7, 4, 2], [4, 2, 0, 0, 0], [7, 7, 2, 0, 0]])
TARGET = np.array([[1, 3, 4, 5], [1, 6, 6, 2], [1, 2, 0, 0]])


def small(**options):
    tl.manual_seed(0)
    return models.TransformerSeq2Seq(8, 9, 6, 2, 2, 2, 5, dropout=0.0, **options).double()


def layer_size(width, hidden, attentions):
    """Return the number of parameters of a layer, as the paper's section 3 has it, with biases."""
    attention = 4 * (width * width + width)
    feedforward = 2 * width * hidden + hidden + width
    return attentions * (attention + 2 * width) + feedforward + 2 * width


def count(model):
    return sum(p.size for p in model.parameters())


class TestParameters:
    def test_formula(self):
        expected = 2 * layer_size(6, 5, 1) + 2 * layer_size(6, 5, 2)
        assert count(small()) == expected + (8 + 9) * 6
        assert count(models.TransformerSeq2Seq(9, 9, 6, 2, 2, 2, 5, share_embeddings=True)) == expected + 9 * 6

    @pytest.mark.parametrize(
        ("name", "width", "hidden"), [("base", 512, 2048), pytest.param("big", 1024, 4096, marks=pytest.mark.slow)]
    )
    def test_published_sizes(self, name, width, hidden):
        """The paper gives 65 and 213 million, for a vocabulary of about 37,000."""
        expected = 6 * layer_size(width, hidden, 1) + 6 * layer_size(width, hidden, 2) + 37000 * width
        function = getattr(models, f"transformer_{name}")
        assert f"{expected:,} parameters" in function.__doc__
        model = function(11, 11, num_encoder_layers=1, num_decoder_layers=1)
        assert count(model) == layer_size(width, hidden, 1) + layer_size(width, hidden, 2) + 11 * width

    def test_weights_of_the_output_are_the_embedding_s(self):
        model = small()
        assert model.output.weight is model.target_embedding.weight
        assert model.source_embedding is not model.target_embedding
        shared = models.TransformerSeq2Seq(9, 9, 6, 2, 1, 1, 5, share_embeddings=True)
        assert shared.source_embedding is shared.target_embedding

    def test_initial_embeddings_have_unit_variance_after_scaling(self):
        model = models.TransformerSeq2Seq(3000, 9, 64, 2, 1, 1, 8)
        assert host(model.source_embedding.weight.detach()).std() * 8 == pytest.approx(1, rel=0.02)

    def test_refused(self):
        with pytest.raises(ValueError, match="share_embeddings=True needs source_vocab_size and target_vocab_size"):
            models.TransformerSeq2Seq(8, 9, share_embeddings=True)
        with pytest.raises(ValueError, match="d_model must be even and a multiple of nhead=4, not 6"):
            models.TransformerSeq2Seq(8, 9, 6, 4)


@pytest.mark.parametrize("norm_first", [False, True])
class TestOutputs:
    def test_padding_changes_nothing(self, norm_first):
        model = small(norm_first=norm_first)
        together = host(model(tensor(SOURCE), tensor(TARGET)).detach())
        for i, n in enumerate([5, 2, 3]):
            alone = model(tensor(SOURCE[i : i + 1, :n]), tensor(TARGET[i : i + 1])).detach()
            assert_close(alone[0], together[i], rtol=1e-9)

    def test_cached_steps_give_what_the_whole_target_gives(self, norm_first):
        model = small(norm_first=norm_first)
        expected = host(model(tensor(SOURCE), tensor(TARGET)).detach())
        _, state = model.begin(tensor(SOURCE))
        for start, stop in ((0, 1), (1, 3), (3, 4)):
            logits, state = model.step(tensor(TARGET[:, start:stop]), state)
            assert_close(logits.detach(), expected[:, stop - 1], rtol=1e-9)

    def test_generation(self, norm_first):
        model = small(norm_first=norm_first)
        found = model.generate(tensor(SOURCE), 6)
        logits = host(model(tensor(SOURCE), found[:, :-1]).detach())
        for row, scores in zip(host(found).tolist(), logits, strict=True):
            ends = row.index(2) if 2 in row else len(row) - 1
            assert row[1 : ends + 1] == scores[:ends].argmax(axis=-1).tolist()
        for options in ({}, {"num_beams": 3}):
            cached = model.generate(tensor(SOURCE), 6, **options)
            assert cached.tolist() == model.generate(tensor(SOURCE), 6, use_cache=False, **options).tolist()

    def test_the_first_layers_input(self, norm_first):
        """Embeddings times the square root of the width, plus sinusoids (sections 3.4 and 3.5)."""
        model, seen = small(norm_first=norm_first), []
        model.encoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
        model.encode(tensor(SOURCE))
        table = host(model.source_embedding.weight.detach())
        i = np.arange(6)
        angles = np.arange(5)[:, None] / 10000 ** (2 * (i // 2) / 6)
        waves = np.where(i % 2, np.cos(angles), np.sin(angles))
        assert_close(seen[0].detach(), table[SOURCE] * 6**0.5 + waves, rtol=1e-6)


def test_weights_of_attention_can_be_looked_at():
    pytest.importorskip("matplotlib")
    found = tl.viz.attention_weights(small(), tensor(SOURCE), tensor(TARGET))
    weights = host(found["decoder.layers.1.multihead_attn"])
    assert weights.shape == (3, 2, 4, 5)
    assert (weights[1, :, :, 2:] == 0).all()


@pytest.mark.slow
def test_it_learns_to_reverse():
    tl.manual_seed(0)
    data = datasets.CopyTask(800, length=6, n_symbols=8, order="reversed", min_length=3, generator=tl.Generator(0))
    size = len(data.source_vocabulary)
    model = models.TransformerSeq2Seq(size, size, 32, 4, 1, 1, 64, dropout=0.0, share_embeddings=True)
    optimizer = optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    schedule = optim.lr_scheduler.NoamLR(optimizer, d_model=32, warmup_steps=100)
    for _ in range(20):
        for start in range(0, 720, 48):
            source, target = data.source[start : start + 48], data.target[start : start + 48]
            logits = model(source, target[:, :-1]).flatten(0, 1)
            loss = nn.functional.cross_entropy(logits, target[:, 1:].flatten(), ignore_index=0, label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    written = host(model.generate(data.source[720:], 7, num_beams=2))
    expected = host(data.target[720:])[:, : written.shape[1]]
    assert (written == expected).all(axis=1).mean() > 0.9
