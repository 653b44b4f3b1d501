"""GPT-2 and BERT beside Hugging Face's: their parameters, loaded under their keys, give the same numbers and texts."""

import numpy as np
import pytest
from helpers import assert_close, tensor
from peers import import_torchvision

import tensorlab as tl

torch = pytest.importorskip("torch")
import_torchvision()  # which transformers imports too
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, of many kinds

GPT2 = {"vocab_size": 101, "n_positions": 32, "n_embd": 48, "n_layer": 3, "n_head": 4}
BERT = {
    "vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": 40,
}  # fmt: skip


def with_their_parameters(ours, theirs):
    """Return our model with their parameters, in evaluation mode."""
    ours.load_state_dict({key: tensor(x.numpy()) for key, x in theirs.state_dict().items()})
    return ours.eval()


@pytest.fixture(scope="module")
def gpt2():
    torch.manual_seed(0)
    config = transformers.GPT2Config(**GPT2, bos_token_id=None, eos_token_id=None, pad_token_id=0)
    theirs = transformers.GPT2LMHeadModel(config).eval()
    return with_their_parameters(tl.models.GPT2(**GPT2), theirs), theirs


def test_logits_of_gpt2(gpt2, rng):
    ours, theirs = gpt2
    tokens = rng.integers(0, GPT2["vocab_size"], (2, 20))
    with torch.no_grad():
        expected = theirs(torch.tensor(tokens)).logits.numpy()
    assert_close(ours(tensor(tokens)).detach(), expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("beams", [1, 4])
def test_texts_of_gpt2(gpt2, rng, beams):
    ours, theirs = gpt2
    tokens = rng.integers(0, GPT2["vocab_size"], 5)
    expected = theirs.generate(torch.tensor(tokens)[None], max_new_tokens=12, do_sample=False, num_beams=beams)
    assert ours.generate(tensor(tokens), 12, num_beams=beams).tolist() == expected[0].tolist()


def test_bert(rng):
    torch.manual_seed(0)
    theirs = transformers.BertForPreTraining(transformers.BertConfig(**BERT)).eval()
    ours = with_their_parameters(tl.models.BertForPreTraining(**BERT), theirs)
    inputs = {
        "input_ids": rng.integers(0, BERT["vocab_size"], (2, 12)),
        "attention_mask": np.arange(12) < np.array([[12], [8]]),
        "token_type_ids": np.broadcast_to(np.arange(12) // 6, (2, 12)).copy(),
    }
    with torch.no_grad():
        expected = theirs(**{name: torch.tensor(x).long() for name, x in inputs.items()})
    tokens, sentences = ours(**{name: tensor(x.astype("int64")) for name, x in inputs.items()})
    assert_close(tokens.detach(), expected.prediction_logits.numpy(), rtol=1e-4, atol=2e-6)
    assert_close(sentences.detach(), expected.seq_relationship_logits.numpy(), rtol=1e-4, atol=2e-6)


def test_folders_of_theirs(gpt2, tmp_path, rng):
    """What `save_pretrained` of theirs writes, in one file or in several, is the same model."""
    ours, theirs = gpt2
    tokens = tensor(rng.integers(0, GPT2["vocab_size"], (2, 20)))
    for size in ("1GB", "50KB"):
        theirs.save_pretrained(tmp_path / size, max_shard_size=size)
        assert (tmp_path / size / "model.safetensors.index.json").exists() == (size == "50KB")
        found = tl.models.from_pretrained(tmp_path / size)
        assert_close(found(tokens).detach(), ours(tokens).detach(), rtol=0)


def test_folders_of_ours(gpt2, tmp_path, rng):
    ours, _ = gpt2
    tl.models.save_pretrained(ours, tmp_path)
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path)
    tokens = rng.integers(0, GPT2["vocab_size"], (2, 20))
    with torch.no_grad():
        expected = theirs(torch.tensor(tokens)).logits.numpy()
    assert_close(ours(tensor(tokens)).detach(), expected, rtol=1e-4, atol=2e-6)


def test_folders_of_classifiers(tmp_path, rng):
    torch.manual_seed(0)
    theirs = transformers.BertForSequenceClassification(transformers.BertConfig(**BERT, num_labels=5)).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    ours = tl.models.from_pretrained(tmp_path / "theirs")
    tokens = rng.integers(0, BERT["vocab_size"], (2, 12))
    tl.models.save_pretrained(ours, tmp_path / "ours")
    again = transformers.BertForSequenceClassification.from_pretrained(tmp_path / "ours").eval()
    for model in (theirs, again):
        with torch.no_grad():
            expected = model(torch.tensor(tokens)).logits.numpy()
        assert_close(ours(tensor(tokens)).detach(), expected, rtol=1e-4, atol=2e-6)
