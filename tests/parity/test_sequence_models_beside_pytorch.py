"""Models of sequences beside the same ones made of PyTorch's layers: outputs and gradients."""

import math

import numpy as np
import pytest
from beside import torch
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab import models, nn

SOURCE = np.array([[5, 6, 7, 4, 2], [4, 2, 0, 0, 0], [7, 7, 2, 0, 0]])
TARGET = np.array([[1, 3, 4, 5], [1, 6, 6, 2], [1, 2, 0, 0]])


def part(state, prefix):
    """Return the parameters below a prefix, of PyTorch."""
    return {k.removeprefix(prefix): torch.tensor(v) for k, v in state.items() if k.startswith(prefix)}


def state_of(model):
    """Return a model's parameters and buffers as NumPy arrays."""
    return {name: host(value.detach()) for name, value in model.state_dict().items()}


class TheirTransformer(torch.nn.Module):
    """The Transformer of a paper's figure 1, of PyTorch's encoder and decoder."""

    def __init__(self, state, norm_first):
        super().__init__()
        sizes = {"dim_feedforward": 10, "dropout": 0.0, "batch_first": True, "norm_first": norm_first}
        norm = [torch.nn.LayerNorm(6), torch.nn.LayerNorm(6)] if norm_first else [None, None]
        self.encoder = torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(6, 2, **sizes), 2, norm[0])
        self.decoder = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(6, 2, **sizes), 2, norm[1])
        self.source = torch.nn.Parameter(torch.tensor(state["source_embedding.weight"]))
        self.target = torch.nn.Parameter(torch.tensor(state["target_embedding.weight"]))
        self.double()
        self.encoder.load_state_dict(part(state, "encoder."))
        self.decoder.load_state_dict(part(state, "decoder."))

    def embedded(self, table, tokens):
        length = tokens.shape[1]
        angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, 6, 2).double() / 6)
        waves = torch.stack([angles.sin(), angles.cos()], -1).reshape(length, 6)
        return table[tokens] * math.sqrt(6) + waves

    def forward(self, source, target):
        padding = source == 0
        mask = torch.nn.Transformer.generate_square_subsequent_mask(target.shape[1]).double()
        memory = self.encoder(self.embedded(self.source, source), src_key_padding_mask=padding.double() * -1e30)
        hidden = self.decoder(self.embedded(self.target, target), memory, mask, memory_key_padding_mask=padding)
        return hidden @ self.target.T


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer(norm_first):
    ours = models.TransformerSeq2Seq(8, 9, 6, 2, 2, 2, 10, dropout=0.0, norm_first=norm_first).double()
    ours.positions = nn.SinusoidalPositionalEncoding(6, batch_first=True, dtype=tl.float64)
    theirs = TheirTransformer(state_of(ours), norm_first)
    found = ours(tensor(SOURCE), tensor(TARGET))
    expected = theirs(torch.tensor(SOURCE), torch.tensor(TARGET))
    assert_close(found.detach(), expected.detach().numpy(), rtol=1e-8)
    labels = np.roll(TARGET, -1, axis=1)
    options = {"ignore_index": 0, "label_smoothing": 0.1}
    nn.functional.cross_entropy(found.flatten(0, 1), tensor(labels).flatten(), **options).backward()
    torch.nn.functional.cross_entropy(expected.flatten(0, 1), torch.tensor(labels).flatten(), **options).backward()
    assert_close(ours.target_embedding.weight.grad, theirs.target.grad.numpy(), rtol=1e-7)
    assert_close(ours.source_embedding.weight.grad, theirs.source.grad.numpy(), rtol=1e-7)
    gradients = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        if name.startswith(("encoder", "decoder")):
            assert_close(parameter.grad, gradients[name].grad.numpy(), rtol=1e-7)


@pytest.mark.parametrize(("cell", "kind"), [("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")])
def test_recurrent_generator(cell, kind):
    ours = models.RecurrentGenerator(9, 4, 5, cell, num_layers=2).double()
    state = state_of(ours)
    layers = getattr(torch.nn, kind)(4, 5, 2, batch_first=True).double()
    layers.load_state_dict(part(state, "layers."))
    output = torch.nn.Linear(5, 9).double()
    output.load_state_dict(part(state, "output."))
    tokens = np.random.default_rng(0).integers(0, 9, (2, 6))
    expected = output(layers(torch.tensor(state["embedding.weight"])[torch.tensor(tokens)])[0])
    found = ours(tensor(tokens))
    assert_close(found.detach(), expected.detach().numpy(), rtol=1e-9)
    found.square().mean().backward()
    expected.square().mean().backward()
    for name, parameter in layers.named_parameters():
        assert_close(getattr(ours.layers, name).grad, parameter.grad.numpy(), rtol=1e-8)


def test_encoder_decoder_with_bahdanau_s_attention():
    ours = models.RecurrentSeq2Seq(8, 9, 4, 5).double()
    state = state_of(ours)
    w = {name: torch.tensor(value) for name, value in state.items()}
    encoder = torch.nn.GRU(4, 5, batch_first=True, bidirectional=True).double()
    encoder.load_state_dict(part(state, "encoder."))
    decoder = torch.nn.GRUCell(14, 5).double()
    decoder.load_state_dict({k.removesuffix("_l0"): v for k, v in part(state, "decoder.").items()})
    for source, target, found in zip(SOURCE, TARGET, ours(tensor(SOURCE), tensor(TARGET)).detach(), strict=True):
        source = source[source != 0]
        keys, last = encoder(w["source_embedding.weight"][torch.tensor(source)][None])
        s = torch.tanh(last.reshape(1, 10) @ w["bridges.0.weight"].T + w["bridges.0.bias"])
        for token, logits in zip(target, found, strict=True):
            hidden = torch.tanh(s @ w["attend.query.weight"].T + keys[0] @ w["attend.key.weight"].T)
            weights = torch.softmax(hidden @ w["attend.energy.weight"][0], 0)
            mean = (weights @ keys[0])[None]
            s = decoder(torch.cat([w["target_embedding.weight"][token][None], mean], 1), s)
            combined = torch.tanh(torch.cat([mean, s], 1) @ w["combine.weight"].T + w["combine.bias"])
            expected = combined @ w["output.weight"].T + w["output.bias"]
            assert_close(logits, expected.detach().numpy()[0], rtol=1e-8)


def test_gpt2():
    """PyTorch's encoder layers, normalised first and with a causal mask, are GPT-2's blocks."""
    ours = models.GPT2(11, 8, 6, 2, 2, dropout=0.0).double()
    for parameter in ours.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64) * 0.3
    layer = torch.nn.TransformerEncoderLayer(
        6, 2, 24, 0.0, lambda x: torch.nn.functional.gelu(x, approximate="tanh"), batch_first=True, norm_first=True
    )
    blocks = torch.nn.TransformerEncoder(layer, 2, torch.nn.LayerNorm(6), enable_nested_tensor=False).double()
    w = {name: torch.tensor(value) for name, value in state_of(ours).items()}
    state = {"norm.weight": w["ln_f.weight"], "norm.bias": w["ln_f.bias"]}
    for i in range(2):
        for theirs, name in {
            "self_attn.in_proj_": "attn.c_attn.",
            "self_attn.out_proj.": "attn.c_proj.",
            "linear1.": "mlp.c_fc.",
            "linear2.": "mlp.c_proj.",
            "norm1.": "ln_1.",
            "norm2.": "ln_2.",
        }.items():
            for kind in ("weight", "bias"):
                state[f"layers.{i}.{theirs}{kind}"] = w[f"h.{i}.{name}{kind}"].t()
    blocks.load_state_dict(state)
    tokens = np.random.default_rng(0).integers(0, 11, (3, 7))
    table = w["wte.weight"].requires_grad_()
    mask = torch.nn.Transformer.generate_square_subsequent_mask(7).double()
    expected = blocks(table[torch.tensor(tokens)] + w["wpe.weight"][:7], mask=mask) @ table.T
    found = ours(tensor(tokens))
    assert_close(found.detach(), expected.detach().numpy(), rtol=1e-8)
    found.square().mean().backward()
    expected.square().mean().backward()
    assert_close(ours.wte.weight.grad, table.grad.numpy(), rtol=1e-7)
    for i, layer in enumerate(blocks.layers):
        assert_close(ours.h[i].attn.c_attn.weight.grad, layer.self_attn.in_proj_weight.grad.numpy().T, rtol=1e-7)
        assert_close(ours.h[i].mlp.c_proj.weight.grad, layer.linear2.weight.grad.numpy().T, rtol=1e-7)


def test_bert():
    """PyTorch's encoder layers, normalised after the sum, are BERT's."""
    sizes = {"hidden_size": 6, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 10}
    ours = models.BertModel(11, **sizes, dropout=0.0, max_position_embeddings=8, layer_norm_eps=1e-5).double()
    for parameter in ours.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64) * 0.4
    layer = torch.nn.TransformerEncoderLayer(6, 2, 10, 0.0, "gelu", batch_first=True)
    layers = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).double()
    w = {name: torch.tensor(value) for name, value in state_of(ours).items()}
    state = {}
    for i in range(2):
        for kind in ("weight", "bias"):
            prefix, attention = f"encoder.layer.{i}.", [f"attention.self.{n}.{kind}" for n in ("query", "key", "value")]
            state[f"layers.{i}.self_attn.in_proj_{kind}"] = torch.cat([w[prefix + name] for name in attention])
            for theirs, name in {
                "self_attn.out_proj": "attention.output.dense",
                "linear1": "intermediate.dense",
                "linear2": "output.dense",
                "norm1": "attention.output.LayerNorm",
                "norm2": "output.LayerNorm",
            }.items():
                state[f"layers.{i}.{theirs}.{kind}"] = w[f"{prefix}{name}.{kind}"]
    layers.load_state_dict(state)
    embedded = w["embeddings.word_embeddings.weight"][torch.tensor(SOURCE)]
    embedded = embedded + w["embeddings.position_embeddings.weight"][:5]
    embedded = embedded + w["embeddings.token_type_embeddings.weight"][1]
    norm = w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]
    embedded = torch.nn.functional.layer_norm(embedded, (6,), *norm).requires_grad_()
    expected = layers(embedded, src_key_padding_mask=torch.tensor(SOURCE == 0))
    found = ours(tensor(SOURCE), tensor(SOURCE != 0), tensor(np.ones_like(SOURCE)))
    assert_close(found.last_hidden_state.detach(), expected.detach().numpy(), rtol=1e-8)
    pooled = torch.tanh(expected[:, 0] @ w["pooler.dense.weight"].T + w["pooler.dense.bias"])
    assert_close(found.pooler_output.detach(), pooled.detach().numpy(), rtol=1e-8)
    found.last_hidden_state.square().mean().backward()
    expected.square().mean().backward()
    for i, layer in enumerate(layers.layers):
        mine = ours.encoder.layer[i]
        assert_close(mine.attention.self.query.weight.grad, layer.self_attn.in_proj_weight.grad[:6].numpy(), rtol=1e-7)
        assert_close(mine.output.dense.weight.grad, layer.linear2.weight.grad.numpy(), rtol=1e-7)
