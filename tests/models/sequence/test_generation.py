"""Generation of tokens, beside the enumeration of all sequences and NumPy."""

import itertools

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import models
from tensorlab.models.sequence.beam_search import beam_search
from tensorlab.models.sequence.decoding import Decoder

VOCAB, END = 4, 3


class Table(models.Generative):
    """A language model in which the next token depends on the last two, by random logits; it counts what it reads."""

    def __init__(self, seed=0, context_length=None):
        super().__init__()
        self.table = np.random.default_rng(seed).normal(size=(VOCAB, VOCAB, VOCAB)) * 1.5
        self.logits = tensor(self.table)
        self.context_length = context_length
        self.read = []

    def begin(self, inputs):
        return (inputs[None] if inputs.ndim == 1 else inputs), None

    def step(self, tokens, state):
        self.read.append(tokens.shape[1])
        together = tokens if state is None else tl.concat([state, tokens], axis=1)
        return self.logits[together[:, -2], together[:, -1]], together[:, -2:]


def log_prob(model, prompt, new):
    """Return the log probability of new tokens after a prompt."""
    tokens, total = list(prompt), 0.0
    for token in new:
        row = model.table[tokens[-2], tokens[-1]]
        total += row[token] - np.log(np.exp(row).sum())
        tokens.append(token)
    return total


def continuations(longest, end):
    """Yield all continuations that end with `end` or have the greatest length."""
    for n in range(1, longest + 1):
        for new in itertools.product(range(VOCAB), repeat=n):
            if end not in new[:-1] and (n == longest or new[-1] == end):
                yield new


def ranked(model, prompt, longest, end, length_penalty):
    """Return all continuations with their scores, the best first."""
    scored = [(log_prob(model, prompt, c) / len(c) ** length_penalty, c) for c in continuations(longest, end)]
    return sorted(scored, reverse=True)


class TestBeamSearch:
    @pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0, -1.0])
    @pytest.mark.parametrize("end", [END, None])
    @pytest.mark.parametrize("use_cache", [True, False])
    def test_with_enough_beams_the_best_sequences_are_found(self, length_penalty, end, use_cache):
        prompts, beams, longest = [[0, 1], [2, 2]], VOCAB**3, 4
        model = Table()
        decoder = Decoder(model, tensor(prompts), None, use_cache)
        sequences, scores = beam_search(decoder, beams, longest, end, 0, length_penalty, 5)
        for row, prompt in enumerate(prompts):
            expected = ranked(model, prompt, longest, end, length_penalty)[:5]
            assert_close(scores[row], [score for score, _ in expected], rtol=1e-9)
            for found, (_, new) in zip(host(sequences[row]).tolist(), expected, strict=True):
                filled = [*prompt, *new, *[0] * (longest - len(new))][: len(found)]
                assert found == filled

    def test_few_beams_keep_the_best_partial_sequences(self):
        model, prompt, beams, longest = Table(seed=3), [1, 0], 2, 5
        live, finished = [((), 0.0)], []
        for n in range(1, longest + 1):
            candidates = [((*new, t), log_prob(model, prompt, (*new, t))) for new, _ in live for t in range(VOCAB)]
            candidates = sorted(candidates, key=lambda c: -c[1])[: 2 * beams]
            finished += [(score / n, new) for new, score in candidates if new[-1] == END]
            live = [(new, score) for new, score in candidates if new[-1] != END][:beams]
        best = max([*finished, *((score / longest, new) for new, score in live)])[1]
        found = model.generate(tensor(prompt), longest, num_beams=beams, eos_token_id=END, pad_token_id=0)
        assert host(found).tolist() == [*prompt, *best, *[0] * (len(found) - 2 - len(best))]

    def test_it_stops_when_nothing_better_can_follow(self):
        model = Table()
        model.logits = tensor(np.full((VOCAB, VOCAB, VOCAB), -20.0))
        model.logits[:, :, END] = 20.0
        found = model.generate(tensor([0, 1]), 50, num_beams=2, eos_token_id=END)
        assert found.tolist() == [0, 1, END]
        assert len(model.read) == 1

    def test_one_beam_is_greedy(self):
        model, prompt = Table(seed=5), tensor([[0, 1], [2, 1]])
        decoder = Decoder(model, prompt, None, True)
        sequences, _ = beam_search(decoder, 1, 6, None, 0, 0.0, 1)
        assert_same(sequences[:, 0], host(model.generate(prompt, 6)))


class TestGreedy:
    def test_it_takes_the_most_likely_token(self):
        model, tokens = Table(), [0, 1]
        for _ in range(7):
            tokens.append(int(model.table[tokens[-2], tokens[-1]].argmax()))
        found = model.generate(tensor([0, 1]), 7)
        assert found.tolist() == tokens
        assert str(found.dtype) == "int64"

    def test_ended_rows_are_filled(self):
        model = Table()
        model.logits[0, 1] = tensor([0.0, 0.0, 0.0, 9.0])
        model.logits[1, 0] = tensor([0.0, 9.0, 0.0, 0.0])
        found = model.generate(tensor([[0, 1], [1, 0]]), 5, eos_token_id=END, pad_token_id=2)
        assert found.tolist() == [[0, 1, END, 2], [1, 0, 1, END]]
        assert model.generate(tensor([0, 1]), 5, eos_token_id=END).tolist() == [0, 1, END]

    def test_each_token_is_read_once(self):
        model = Table()
        cached = model.generate(tensor([0, 1, 2]), 4)
        assert model.read == [3, 1, 1, 1]
        model.read.clear()
        assert_same(model.generate(tensor([0, 1, 2]), 4, use_cache=False), host(cached))
        assert model.read == [3, 4, 5, 6]

    def test_long_sequences_are_cut_at_the_beginning(self):
        model = Table(context_length=4)
        found = model.generate(tensor([0, 1, 2]), 4)
        assert model.read == [3, 1, 4, 4]
        assert_same(found, host(Table().generate(tensor([0, 1, 2]), 4)))

    def test_no_tokens(self):
        assert Table().generate(tensor([0, 1]), 0, num_beams=2).tolist() == [0, 1]


class TestSampling:
    def test_frequencies(self):
        model, row = Table(), tensor([0, 1])
        drawn = model.generate(
            row, 1, do_sample=True, temperature=0.7, num_return_sequences=4000, generator=tl.Generator(0)
        )
        counts = np.bincount(host(drawn[:, 2]), minlength=VOCAB) / 4000
        powers = np.exp(model.table[0, 1] / 0.7)
        assert_close(tensor(counts), powers / powers.sum(), rtol=0, atol=0.03)

    def test_the_same_generator_gives_the_same_tokens(self):
        model, prompt = Table(), tensor([[0, 1], [1, 1]])
        a, b = (model.generate(prompt, 20, do_sample=True, generator=tl.Generator(4)) for _ in range(2))
        assert_same(a, host(b))
        c = model.generate(prompt, 20, do_sample=True, use_cache=False, generator=tl.Generator(4))
        assert_same(a, host(c))

    def test_one_candidate_is_greedy(self):
        model, prompt = Table(), tensor([0, 1])
        greedy = host(model.generate(prompt, 8))
        assert_same(model.generate(prompt, 8, do_sample=True, top_k=1), greedy)
        assert_same(model.generate(prompt, 8, do_sample=True, top_p=1e-9), greedy)

    def test_several_for_each_prompt(self):
        found = Table().generate(tensor([[0, 1], [2, 2]]), 3, do_sample=True, num_return_sequences=3)
        assert found.shape == (6, 5)
        assert_same(found[:, :2], np.repeat([[0, 1], [2, 2]], 3, axis=0))


class TestFilters:
    probabilities = np.array([0.15, 0.5, 0.1, 0.25])

    def kept(self, **options):
        found = models.filter_logits(tensor(np.log(self.probabilities)), **options)
        return np.flatnonzero(np.isfinite(host(found))).tolist()

    def test_top_k(self):
        assert self.kept(top_k=2) == [1, 3]
        assert self.kept(top_k=9) == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        ("top_p", "expected"),
        [(0.3, [1]), (0.51, [1, 3]), (0.74, [1, 3]), (0.76, [0, 1, 3]), (0.95, [0, 1, 2, 3]), (1.0, [0, 1, 2, 3])],
    )
    def test_top_p(self, top_p, expected):
        assert self.kept(top_p=top_p) == expected

    def test_top_p_of_those_that_top_k_leaves(self):
        assert self.kept(top_k=2, top_p=0.6) == [1]  # 0.5 / 0.75 is more than 0.6
        assert self.kept(top_k=3, top_p=0.8) == [1, 3]

    def test_temperature_comes_first(self):
        assert self.kept(temperature=5.0, top_p=0.6) == [0, 1, 3]
        assert_close(models.filter_logits(tensor([1.0, 2.0]), temperature=0.5), [2.0, 4.0])

    def test_rows(self):
        found = models.filter_logits(tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 1.0]]), top_k=2)
        assert_same(found, [[3.0, -np.inf, 2.0], [-np.inf, 5.0, 1.0]])


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"temperature": 0.5}, "need do_sample=True"),
            ({"top_k": 2}, "need do_sample=True"),
            ({"do_sample": True, "num_beams": 2}, "exclude each other"),
            ({"num_return_sequences": 2}, "num_return_sequences=2 needs"),
            ({"num_beams": 2, "num_return_sequences": 3}, "num_return_sequences=3 needs"),
            ({"do_sample": True, "temperature": 0.0}, "temperature must be a positive number"),
            ({"do_sample": True, "top_p": 0.0}, "top_p must be"),
        ],
    )
    def test_they_are_refused(self, options, message):
        with pytest.raises(ValueError, match=f"generate: .*{message}"):
            Table().generate(tensor([0, 1]), 3, **options)

    def test_modes_are_restored(self):
        model = models.RecurrentGenerator(5, 4, 4, dropout=0.5)
        model.output.eval()
        prompt = tensor([1, 2])
        assert_same(model.generate(prompt, 9), host(model.generate(prompt, 9)))
        assert model.training and model.drop.training and not model.output.training
        assert not model.generate(prompt, 3).requires_grad
