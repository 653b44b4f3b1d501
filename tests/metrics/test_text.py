"""Perplexity beside the cross entropy, and BLEU beside worked examples and the values of other programs."""

from math import exp, log

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

from tensorlab import metrics, nn

BLEU = metrics.BLEUScore


def test_perplexity():
    rng = seeded("perplexity")
    logits, target = rng.normal(size=(4, 6, 5)), rng.integers(0, 5, (4, 6))
    metric = metrics.Perplexity()
    for part in (slice(0, 1), slice(1, 4)):
        metric.update(tensor(logits[part]), tensor(target[part]))
    loss = nn.functional.cross_entropy(tensor(logits.reshape(-1, 5)), tensor(target.reshape(-1)))
    assert_close(metric.compute(), exp(loss.item()))
    padded = np.where(np.arange(6) < 4, target, -100)
    cut = tensor(logits[:, :4]), tensor(target[:, :4])
    assert_close(
        metrics.Perplexity(ignore_index=-100)(tensor(logits), tensor(padded)), metrics.Perplexity()(*cut).item()
    )
    weight = np.where(np.arange(6) < 4, 2.0, 0.0) * np.ones((4, 1))
    assert_close(
        metrics.Perplexity()(tensor(logits), tensor(target), tensor(weight)), metrics.Perplexity()(*cut).item()
    )


def test_perplexity_refuses_the_layout_of_cross_entropy():
    with pytest.raises(ValueError, match=r"Perplexity: preds have the shape \(\.\.\., V\)"):
        metrics.Perplexity()(tensor(np.zeros((2, 7, 3))), tensor(np.zeros((2, 3), dtype=int)))


# The second example of Papineni et al. (2002).
CANDIDATE = "the the the the the the the"
REFERENCES = ["the cat is on the mat", "there is a cat on the mat"]


def test_matches_are_clipped():
    assert_close(BLEU(n_gram=1)([CANDIDATE], [REFERENCES]), 2 / 7)


def test_brevity_penalty():
    """The closest reference counts, the shorter of two as close."""
    assert_close(BLEU(n_gram=1)(["a b"], [["a b c"]]), exp(1 - 3 / 2))
    assert_close(BLEU(n_gram=1)(["a b c"], [["a b c d", "a b"]]), 1.0)
    assert_close(BLEU(n_gram=1)(["a b c"], [["a b c d", "a b c d e"]]), exp(1 - 4 / 3))


CORPUS = (
    ["the quick brown fox jumped over the lazy dog", "i am what i am and nobody else", "so it goes"],
    [
        ["the quick brown fox jumps over the lazy dog", "a quick brown fox jumped over a lazy dog"],
        ["i am who i am and nobody else is me"],
        ["and so it goes on", "thus it goes"],
    ],
)
SHORT = (["a cat sat there today"], [["the cat sat here today"]])


def by_hand(preds, target, n_gram):
    """The formula of Papineni et al., equation by equation."""
    matches, possible, length, closest = [0] * n_gram, [0] * n_gram, 0, 0
    for sentence, references in zip(preds, target, strict=True):
        words, others = sentence.split(), [reference.split() for reference in references]
        length += len(words)
        closest += min(map(len, others), key=lambda n: (abs(n - len(words)), n))
        for n in range(n_gram):
            grams = [tuple(words[i : i + n + 1]) for i in range(len(words) - n)]
            possible[n] += len(grams)
            for gram in set(grams):
                most = max(sum(tuple(o[i : i + n + 1]) == gram for i in range(len(o) - n)) for o in others)
                matches[n] += min(grams.count(gram), most)
    mean = sum(log(a / b) for a, b in zip(matches, possible, strict=True)) / n_gram
    return exp(mean + min(0.0, 1 - closest / length))


@pytest.mark.parametrize("n_gram", [1, 2, 3, 4])
def test_corpus(n_gram):
    metric = BLEU(n_gram=n_gram)
    for sentence, references in zip(*CORPUS, strict=True):
        metric.update([sentence], [references])
    assert_close(metric.compute(), by_hand(*CORPUS, n_gram))
    tokens = [s.split() for s in CORPUS[0]], [[s.split() for s in group] for group in CORPUS[1]]
    assert_close(BLEU(n_gram=n_gram)(*tokens), by_hand(*CORPUS, n_gram))


LONG = (CORPUS[0][:2], CORPUS[1][:2])
OTHERS = {
    "sacrebleu": ({}, CORPUS, 0.6840213698456161),
    "sacrebleu, exp": ({"smooth": "exp"}, SHORT, 0.23643540225079385),
    "sacrebleu, floor": ({"smooth": "floor"}, SHORT, 0.12574334296829348),
    "sacrebleu, add-k": ({"smooth": "add-k"}, CORPUS, 0.7014841741066776),
    "sacrebleu, add-k, short": ({"smooth": "add-k"}, SHORT, 0.37606030930863954),
    "sacrebleu, none": ({}, SHORT, 0.0),
    "nltk": ({}, LONG, 0.662295418475782),
}
"""Of sacreBLEU 2.6 with ``tokenize="none"``, divided by 100, and of NLTK 3.10."""


@pytest.mark.parametrize("name", OTHERS)
def test_values_of_other_programs(name):
    options, data, expected = OTHERS[name]
    assert_close(BLEU(**options)(*data), expected, rtol=1e-10)


def test_words_without_matches():
    assert BLEU()(["a b"], [["c d"]]).item() == 0
    assert BLEU()([""], [["c d"]]).item() == 0
    assert BLEU(smooth="exp")(["a b"], [["c d"]]).item() == 0


def test_weights_of_lengths():
    found = BLEU(n_gram=2, weights=(1.0, 0.0))(*CORPUS)
    assert_close(found, BLEU(n_gram=1)(*CORPUS).item())


def test_tokenize():
    assert_close(BLEU(n_gram=2, tokenize=list)(["abc"], [["abd"]]), np.sqrt(2 / 3 * 1 / 2))


REFUSED = {
    "lengths": ((["a"], []), "target must have references for each of 1 sentences"),
    "none": ((["a"], [[]]), r"target\[0\] must be a string or a list of at least one sentence"),
    "number": (([3], ["a"]), r"preds\[0\] must be a string or a list of tokens, not 3"),
    "string": (("a b", ["a"]), "preds must be a list of sentences, not 'a b'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_sentence_is_refused(name):
    data, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        BLEU().update(*data)


def test_weights_must_fit():
    with pytest.raises(ValueError, match="weights must be one number for each of n_gram=4"):
        BLEU(weights=(1.0,))
