"""GPT-2 beside NumPy, the published keys and sizes, and itself without a cache."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim


def small(**options):
    tl.manual_seed(0)
    sizes = {"vocab_size": 11, "n_positions": 8, "n_embd": 6, "n_layer": 2, "n_head": 2, "dropout": 0.0}
    model = models.GPT2(**{**sizes, **options}).double()
    for parameter in model.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64) * 0.5
    return model


def published_size(width, blocks, vocabulary=50257, positions=1024):
    """Return the number of parameters: embeddings, 12 d² + 13 d for each block, and the last normalisation."""
    return (vocabulary + positions) * width + blocks * (12 * width**2 + 13 * width) + 2 * width


def normalized(x, weight, bias):
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def by_hand(state, tokens, heads=2):
    """Return the logits for one sequence, position by position, from the parameters by their published names."""
    x = state["wte.weight"][tokens] + state["wpe.weight"][: len(tokens)]
    for block in range(2):
        w = {key.removeprefix(f"h.{block}."): value for key, value in state.items() if key.startswith(f"h.{block}.")}
        qkv = normalized(x, w["ln_1.weight"], w["ln_1.bias"]) @ w["attn.c_attn.weight"] + w["attn.c_attn.bias"]
        q, k, v = (part.reshape(len(x), heads, -1) for part in np.split(qkv, 3, axis=1))
        out = np.zeros_like(q)
        for i in range(len(x)):
            for head in range(heads):
                scores = k[: i + 1, head] @ q[i, head] / np.sqrt(q.shape[-1])
                weights = np.exp(scores) / np.exp(scores).sum()
                out[i, head] = weights @ v[: i + 1, head]
        x = x + out.reshape(len(x), -1) @ w["attn.c_proj.weight"] + w["attn.c_proj.bias"]
        u = normalized(x, w["ln_2.weight"], w["ln_2.bias"]) @ w["mlp.c_fc.weight"] + w["mlp.c_fc.bias"]
        u = u * (1 + np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))) / 2
        x = x + u @ w["mlp.c_proj.weight"] + w["mlp.c_proj.bias"]
    return normalized(x, state["ln_f.weight"], state["ln_f.bias"]) @ state["wte.weight"].T


class TestParameters:
    def test_keys_and_shapes_are_the_published_ones(self):
        shapes = {key: tuple(value.shape) for key, value in small().state_dict().items() if not key.startswith("h.1")}
        assert shapes == {
            "wte.weight": (11, 6),
            "wpe.weight": (8, 6),
            "h.0.ln_1.weight": (6,),
            "h.0.ln_1.bias": (6,),
            "h.0.attn.c_attn.weight": (6, 18),
            "h.0.attn.c_attn.bias": (18,),
            "h.0.attn.c_proj.weight": (6, 6),
            "h.0.attn.c_proj.bias": (6,),
            "h.0.ln_2.weight": (6,),
            "h.0.ln_2.bias": (6,),
            "h.0.mlp.c_fc.weight": (6, 24),
            "h.0.mlp.c_fc.bias": (24,),
            "h.0.mlp.c_proj.weight": (24, 6),
            "h.0.mlp.c_proj.bias": (6,),
            "ln_f.weight": (6,),
            "ln_f.bias": (6,),
        }

    @pytest.mark.parametrize(
        ("name", "width", "blocks", "heads"),
        [("gpt2", 768, 12, 12), ("gpt2_medium", 1024, 24, 16), ("gpt2_large", 1280, 36, 20), ("gpt2_xl", 1600, 48, 25)],
    )
    def test_published_sizes(self, name, width, blocks, heads):
        function = getattr(models, name)
        assert f"{published_size(width, blocks):,} parameters" in function.__doc__
        model = function(n_layer=1, n_positions=4, vocab_size=5, n_embd=2 * heads)
        assert sum(p.size for p in model.parameters()) == published_size(2 * heads, 1, 5, 4)
        assert model.n_head == heads and model.eos_token_id == 50256

    def test_other_files(self):
        """With a prefix, with masks as buffers, and with the embedding twice."""
        model, other = small(), small()
        state = {f"transformer.{key}": value + 1 for key, value in model.state_dict().items()}
        state["lm_head.weight"] = state["transformer.wte.weight"]
        state["transformer.h.0.attn.bias"] = tl.ones(1, 1, 8, 8)
        state["transformer.h.0.attn.masked_bias"] = tl.tensor(-1e4)
        other.load_state_dict(state)
        for key, value in other.state_dict().items():
            assert_same(value, host(model.state_dict()[key]) + 1)
        assert list(other.state_dict()) == list(model.state_dict())

    def test_initial_weights(self):
        model = models.GPT2(64, 64, 64, n_layer=8, n_head=2)
        block = model.h[3]
        deviations = [
            host(w.detach()).std() for w in (model.wte.weight, block.attn.c_attn.weight, block.mlp.c_fc.weight)
        ]
        assert deviations == pytest.approx([0.02] * 3, rel=0.1)
        ends = [host(layer.c_proj.weight.detach()).std() for layer in (block.attn, block.mlp)]
        assert ends == pytest.approx([0.005] * 2, rel=0.1)

    def test_refused(self):
        with pytest.raises(ValueError, match="GPT2: n_embd must be a multiple of n_head=4, not 6"):
            models.GPT2(5, n_embd=6, n_head=4)
        with pytest.raises(tl.ShapeError, match="must not be longer than n_positions=8, unlike 9"):
            small()(tl.zeros((1, 9), dtype="int64"))


class TestOutputs:
    tokens = np.random.default_rng(0).integers(0, 11, (2, 8))

    def test_by_hand(self):
        model = small()
        state = {key: host(value.detach()) for key, value in model.state_dict().items()}
        found = model(tensor(self.tokens)).detach()
        for row, tokens in zip(found, self.tokens, strict=True):
            assert_close(row, by_hand(state, tokens), rtol=1e-9)

    @pytest.mark.parametrize("pieces", [(1,) * 8, (5, 1, 2), (3, 5)])
    def test_cached_logits_are_those_without_a_cache(self, pieces):
        model, state, start = small(), None, 0
        whole = host(model(tensor(self.tokens)).detach())
        for length in pieces:
            logits, state = model.step(tensor(self.tokens[:, start : start + length]), state)
            start += length
            assert_close(logits.detach(), whole[:, start - 1], rtol=1e-9)
        assert state[0].key.shape == (2, 2, 8, 3)

    def test_later_tokens_are_not_seen(self):
        model, changed = small(), self.tokens.copy()
        changed[:, 5:] = 0
        a, b = (host(model(tensor(x)).detach()) for x in (self.tokens, changed))
        assert_close(tensor(a[:, :5]), b[:, :5], rtol=1e-12)
        assert abs(a[:, 5:] - b[:, 5:]).max() > 0.01

    @pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"do_sample": True, "top_p": 0.9}], ids=str)
    def test_generation_with_and_without_a_cache(self, options):
        """Beyond n_positions, where only the last tokens are read."""
        model = small()
        found = []
        for use_cache in (True, False):
            source = {"generator": tl.Generator(3)} if "do_sample" in options else {}
            found.append(model.generate(tensor(self.tokens[:, :4]), 9, use_cache=use_cache, **options, **source))
        assert found[0].shape == (2, 13)
        assert_same(found[0], host(found[1]))


@pytest.mark.slow
def test_it_learns_a_line_by_heart():
    tl.manual_seed(0)
    line = "All the world's a stage, And all the men and women merely players"
    vocabulary = datasets.Vocabulary.of(line)
    tokens = vocabulary.encode(line)
    model = models.GPT2(len(vocabulary), 24, 32, 2, 4, dropout=0.0)
    optimizer = optim.AdamW(model.parameters(), lr=5e-3)
    windows = datasets.TokenWindows(tokens, 24, stride=1)
    x, y = windows.batch(list(range(len(windows))))
    for _ in range(80):
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    written = model.generate(tokens[:8], 48)
    assert "".join(vocabulary.decode(written)) == line[:56]
