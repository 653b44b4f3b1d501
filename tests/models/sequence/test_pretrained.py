"""Folders in Hugging Face's layout: round trips, and what is refused."""

import json

import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import models

SMALL = {"vocab_size": 50, "n_positions": 16, "n_embd": 8, "n_layer": 1, "n_head": 2}
BERT = {"vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.mark.parametrize(
    "make",
    [
        lambda: models.GPT2(**SMALL, dropout=0.3, layer_norm_epsilon=1e-4, eos_token_id=7),
        lambda: models.BertModel(**BERT, type_vocab_size=3),
        lambda: models.BertForPreTraining(**BERT),
        lambda: models.BertForSequenceClassification(**BERT, num_labels=3),
    ],
    ids=["GPT-2", "BERT", "BERT with heads", "classifier"],
)
def test_round_trip(make, tmp_path):
    model = make()
    models.save_pretrained(model, tmp_path / "new" / "folder")
    found = models.from_pretrained(tmp_path / "new" / "folder")
    assert type(found) is type(model)
    assert repr(found) == repr(model.eval())
    assert not found.training
    for name, x in model.state_dict().items():
        assert_same(found.state_dict()[name], host(x))


class TestRefusals:
    @pytest.fixture
    def folder(self, tmp_path):
        models.save_pretrained(models.GPT2(**SMALL), tmp_path)
        return tmp_path

    def change(self, folder, **entries):
        path = folder / "config.json"
        config = json.loads(path.read_text()) | entries
        path.write_text(json.dumps({key: value for key, value in config.items() if value != "missing"}))

    def test_missing_files(self, folder):
        (folder / "model.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match=r"from_pretrained: folder=.* has none of model\.safetensors, "):
            models.from_pretrained(folder)
        with pytest.raises(FileNotFoundError, match=r"from_pretrained: folder=.* has no config\.json"):
            models.from_pretrained(folder / "elsewhere")

    @pytest.mark.parametrize("content", ["", "[]", "[" * 100_000, '{"architectures": "GPT2"}'])
    def test_no_configuration(self, content, folder):
        (folder / "config.json").write_text(content)
        with pytest.raises(ValueError, match=r"^from_pretrained: .*config\.json is no"):
            models.from_pretrained(folder)

    @pytest.mark.parametrize(
        ("entries", "message"),
        [
            ({"architectures": ["LlamaForCausalLM"]}, "holds a LlamaForCausalLM, not one of GPT2LMHeadModel"),
            ({"architectures": None, "model_type": "llama"}, "holds a model, not one of"),
            ({"activation_function": "relu"}, "has activation_function='relu', and only 'gelu_new' is there"),
            ({"n_inner": 100}, "has n_inner=100, and only 32 is there"),
            ({"scale_attn_by_inverse_layer_idx": True}, "has scale_attn_by_inverse_layer_idx=True"),
            ({"attn_pdrop": 0.5}, "has different resid_pdrop, embd_pdrop, attn_pdrop"),
            ({"n_embd": "8"}, "n_embd must be"),
        ],
    )
    def test_other_models(self, entries, message, folder):
        self.change(folder, **entries)
        with pytest.raises((ValueError, TypeError), match=message):
            models.from_pretrained(folder)

    def test_a_kind_alone(self, folder):
        self.change(folder, architectures="missing")
        assert isinstance(models.from_pretrained(folder), models.GPT2)

    def test_other_sizes_than_the_weights(self, folder):
        self.change(folder, vocab_size=51)
        with pytest.raises(RuntimeError, match=r"wte\.weight"):
            models.from_pretrained(folder)

    def test_mixtures_of_experts(self, tmp_path):
        model = models.GPT2(**SMALL, num_experts=2)
        with pytest.raises(ValueError, match="save_pretrained: model has mixtures of experts"):
            models.save_pretrained(model, tmp_path)

    def test_models_without_a_layout(self, tmp_path):
        with pytest.raises(TypeError, match="save_pretrained: model must be"):
            models.save_pretrained(tl.models.lenet5(), tmp_path)
