"""BERT: the published keys and sizes, padding, and files of other forms."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import models

SIZES = {
    "vocab_size": 11,
    "hidden_size": 6,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 10,
    "max_position_embeddings": 8,
    "dropout": 0.0,
}
TOKENS = np.array([[1, 5, 6, 7, 2], [1, 4, 2, 0, 0], [1, 2, 0, 0, 0]])
LENGTHS = [5, 3, 2]


def small(kind=models.BertForPreTraining, **options):
    tl.manual_seed(0)
    model = kind(**SIZES, **options).double()
    for parameter in model.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64) * 0.5
    return model


def count(model):
    return sum(p.size for p in model.parameters())


def published_size(width, layers, hidden, vocabulary, positions=512, heads=True):
    """Return the number of parameters as the sum of the parts."""
    embeddings = (vocabulary + positions + 2) * width + 2 * width
    layer = 4 * (width**2 + width) + 2 * width * hidden + hidden + width + 4 * width
    pooler = width**2 + width
    of_heads = width**2 + width + 2 * width + vocabulary + 2 * width + 2
    return embeddings + layers * layer + pooler + heads * of_heads


class TestParameters:
    def test_keys_and_shapes_are_the_published_ones(self):
        state = small().state_dict()
        shapes = {key: tuple(value.shape) for key, value in state.items() if "layer.1" not in key}
        layer = "bert.encoder.layer.0"
        expected = {
            "bert.embeddings.word_embeddings.weight": (11, 6),
            "bert.embeddings.position_embeddings.weight": (8, 6),
            "bert.embeddings.token_type_embeddings.weight": (2, 6),
            "bert.embeddings.LayerNorm.weight": (6,),
            "bert.embeddings.LayerNorm.bias": (6,),
            **{f"{layer}.attention.self.{name}.weight": (6, 6) for name in ("query", "key", "value")},
            **{f"{layer}.attention.self.{name}.bias": (6,) for name in ("query", "key", "value")},
            f"{layer}.attention.output.dense.weight": (6, 6),
            f"{layer}.attention.output.dense.bias": (6,),
            f"{layer}.attention.output.LayerNorm.weight": (6,),
            f"{layer}.attention.output.LayerNorm.bias": (6,),
            f"{layer}.intermediate.dense.weight": (10, 6),
            f"{layer}.intermediate.dense.bias": (10,),
            f"{layer}.output.dense.weight": (6, 10),
            f"{layer}.output.dense.bias": (6,),
            f"{layer}.output.LayerNorm.weight": (6,),
            f"{layer}.output.LayerNorm.bias": (6,),
            "bert.pooler.dense.weight": (6, 6),
            "bert.pooler.dense.bias": (6,),
            "cls.predictions.bias": (11,),
            "cls.predictions.transform.dense.weight": (6, 6),
            "cls.predictions.transform.dense.bias": (6,),
            "cls.predictions.transform.LayerNorm.weight": (6,),
            "cls.predictions.transform.LayerNorm.bias": (6,),
            "cls.seq_relationship.weight": (2, 6),
            "cls.seq_relationship.bias": (2,),
        }
        assert shapes == expected

    @pytest.mark.parametrize(
        ("name", "width", "layers", "hidden", "vocabulary"),
        [
            ("bert_base_uncased", 768, 12, 3072, 30522),
            ("bert_base_cased", 768, 12, 3072, 28996),
            ("bert_large_uncased", 1024, 24, 4096, 30522),
        ],
    )
    def test_published_sizes(self, name, width, layers, hidden, vocabulary):
        function = getattr(models, name)
        with_heads = published_size(width, layers, hidden, vocabulary)
        without = published_size(width, layers, hidden, vocabulary, heads=False)
        assert f"{with_heads:,} parameters, of which {without:,} without the heads" in function.__doc__
        narrow = width // 32
        model = function(num_hidden_layers=1, vocab_size=7, hidden_size=narrow, max_position_embeddings=4)
        assert count(model) == published_size(narrow, 1, hidden, 7, 4)
        assert model.num_attention_heads == width // 64

    def test_initial_weights(self):
        model = models.BertModel(vocab_size=200, hidden_size=64, num_hidden_layers=1, num_attention_heads=2)
        table = host(model.embeddings.word_embeddings.weight.detach())
        assert (table[0] == 0).all()
        assert table[1:].std() == pytest.approx(0.02, rel=0.05)
        assert host(model.encoder.layer[0].intermediate.dense.weight.detach()).std() == pytest.approx(0.02, rel=0.05)

    def test_refused(self):
        with pytest.raises(
            ValueError, match="BertModel: hidden_size must be a multiple of num_attention_heads=5, not 6"
        ):
            models.BertModel(hidden_size=6, num_attention_heads=5)


class TestOutputs:
    @pytest.mark.parametrize(
        "kind", [models.BertModel, models.BertForPreTraining, models.BertForSequenceClassification]
    )
    def test_padding_changes_nothing(self, kind):
        model = small(kind)
        mask = (TOKENS != 0).astype("int64")
        together = model(tensor(TOKENS), tensor(mask))
        for i, n in enumerate(LENGTHS):
            alone = model(tensor(TOKENS[i : i + 1, :n]))
            for a, b in zip(parts(together), parts(alone), strict=True):
                found = a[i, :n] if a.ndim == 3 else a[i]
                assert_close(found.detach(), host(b[0].detach()), rtol=1e-9)

    def test_tokens_see_both_sides(self):
        model, changed = small(models.BertModel), TOKENS.copy()
        changed[0, 4] = 9
        a, b = (host(model(tensor(x)).last_hidden_state.detach()) for x in (TOKENS, changed))
        assert (abs(a[0] - b[0]).max(axis=-1) > 1e-6).all()

    def test_segments(self):
        model = small()
        segments = np.zeros_like(TOKENS)
        plain, zero, one = (
            model(tensor(TOKENS), token_type_ids=s).seq_relationship_logits.detach()
            for s in (None, tensor(segments), tensor(segments + 1))
        )
        assert_same(plain, host(zero))
        assert abs(host(plain) - host(one)).max() > 1e-3

    def test_shapes_are_checked(self):
        model = small(models.BertModel)
        with pytest.raises(tl.ShapeError, match=r"input_ids must have shape .* the length at most 8"):
            model(tl.zeros((1, 9), dtype="int64"))
        with pytest.raises(tl.ShapeError, match="attention_mask must have the shape of input_ids"):
            model(tensor(TOKENS), tl.ones(3, 4))


def parts(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


class TestFiles:
    def test_older_names_and_repeated_weights(self):
        model, other = small(), small()
        state = {
            key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value + 1
            for key, value in model.state_dict().items()
        }
        state["cls.predictions.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
        state["bert.embeddings.position_ids"] = tl.arange(8)
        other.load_state_dict(state)
        for key, value in other.state_dict().items():
            assert_same(value, host(model.state_dict()[key]) + 1)

    def test_a_model_without_heads_leaves_theirs_out(self):
        model = small()
        state = {key: value + 1 for key, value in model.state_dict().items()}
        body, classifier = small(models.BertModel), small(models.BertForSequenceClassification, num_labels=3)
        for part in (body, classifier.bert):
            part.load_state_dict(state)
            for key, value in part.state_dict().items():
                assert_same(value, host(state[f"bert.{key}"]))
        body.load_state_dict(model.bert.state_dict())
        assert_same(body.pooler.dense.bias.detach(), host(model.bert.pooler.dense.bias.detach()))
        other = small(models.BertForSequenceClassification, num_labels=3)
        other.load_state_dict(classifier.state_dict())
        assert_same(other.bert.pooler.dense.bias.detach(), host(classifier.bert.pooler.dense.bias.detach()))

    def test_missing_keys_are_told(self):
        state = dict(small().state_dict())
        del state["bert.pooler.dense.bias"]
        with pytest.raises(RuntimeError, match=r"missing: bert\.pooler\.dense\.bias"):
            small().load_state_dict(state)
