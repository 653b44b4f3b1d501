"""Sequence tasks, vocabularies, windows of text, and the texts that are shipped."""

import datetime
import gzip

import numpy as np
import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab.data import DataLoader
from tensorlab.datasets import (
    BPTTBatches,
    CopyTask,
    DateFormats,
    NumberWords,
    PennTreebank,
    TextCorpus,
    TokenWindows,
    TranslationDataset,
    Vocabulary,
    WikiText,
    load_as_you_like_it,
    make_copy_memory,
)
from tensorlab.datasets.sequences import _in_words

# -- vocabularies ------------------------------------------------------------------------------------------------------


def test_vocabularies():
    words = Vocabulary(["<unk>", "a", "b"], unknown="<unk>")
    assert (len(words), words["b"], "a" in words, "z" in words, list(words)) == (3, 2, True, False, ["<unk>", "a", "b"])
    assert words.encode("abz").tolist() == [1, 2, 0]
    assert words.encode([]).shape == (0,)
    assert words.decode(np.array([2, 0])) == ["b", "<unk>"]
    assert repr(Vocabulary("abcdef")) == "Vocabulary(6 tokens: 'a', 'b', 'c', 'd', 'e', ...)"


def test_vocabularies_of_texts():
    text = "b b b a a c"
    assert Vocabulary.of(text.split()).tokens == ["b", "a", "c"]
    assert Vocabulary.of(text.split(), min_count=2, unknown="?").tokens == ["?", "b", "a"]
    assert Vocabulary.of(text.split(), max_size=2, specials=["<pad>"]).tokens == ["<pad>", "b"]
    assert Vocabulary.of(text.split(), specials=["c", "?"], unknown="?").tokens == ["c", "?", "b", "a"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Vocabulary("abca"), ValueError, "Vocabulary: tokens must be different, but 'a' is repeated"),
        (lambda: Vocabulary("ab", unknown="c"), ValueError, "Vocabulary: unknown must be one of the tokens, not 'c'"),
        (lambda: Vocabulary([1, 2]), TypeError, "Vocabulary: tokens must be an iterable of strings"),
        (
            lambda: Vocabulary("ab").encode("abc"),
            ValueError,
            "Vocabulary.encode: tokens must be in the vocabulary, unlike 'c'",
        ),
        (
            lambda: Vocabulary("ab").decode([2]),
            ValueError,
            "Vocabulary.decode: numbers must be integers from 0 to 1, not 2",
        ),
        (lambda: Vocabulary("ab").decode([0.5]), TypeError, "decode: numbers must be a tuple of integers"),
    ],
)
def test_wrong_tokens(call, error, message):
    with pytest.raises(error, match=rf"^{message}"):
        call()


# -- tasks -------------------------------------------------------------------------------------------------------------


def assert_encoded(data):
    """Assert that the numbers of all samples are those of their tokens, with the marks where they belong."""
    for (source, target), x, y in zip(data.pairs, host(data.source).tolist(), host(data.target).tolist()):
        words = data.source_vocabulary.decode(x)
        assert words == [*source, "<eos>"] + ["<pad>"] * (len(x) - len(source) - 1)
        words = data.target_vocabulary.decode(y)
        assert words == ["<bos>", *target, "<eos>"] + ["<pad>"] * (len(y) - len(target) - 2)


def test_pairs():
    data = TranslationDataset([("ab", "xyz"), ("c", "")])
    assert_encoded(data)
    assert (len(data), data.source.shape, data.target.shape) == (2, (2, 3), (2, 5))
    x, y = next(iter(DataLoader(data, batch_size=2)))
    assert_same(x, host(data.source))
    assert_same(y, host(data.target))
    test = TranslationDataset([("ba", "z")], data.source_vocabulary, data.target_vocabulary)
    assert_encoded(test)
    assert repr(test) == "TranslationDataset(1 pairs, from 6 to 6 tokens)"
    with pytest.raises(ValueError, match="'q'"):
        TranslationDataset([("q", "z")], data.source_vocabulary)
    with pytest.raises(ValueError, match=r"^TranslationDataset: pairs must have at least one pair"):
        TranslationDataset([])
    with pytest.raises(
        ValueError, match=r"^TranslationDataset: source_vocabulary must begin with <pad>, <bos> and <eos>"
    ):
        TranslationDataset([("a", "b")], Vocabulary("ab"))


@pytest.mark.parametrize(("order", "expected"), [("same", list), ("reversed", lambda x: x[::-1]), ("sorted", sorted)])
def test_copy_tasks(order, expected):
    data = CopyTask(200, 6, 9, order, min_length=2, generator=tl.Generator(0))
    assert_encoded(data)
    assert all(target == expected(source) for source, target in data.pairs)
    assert {len(source) for source, _ in data.pairs} == {2, 3, 4, 5, 6}
    assert {token for source, _ in data.pairs for token in source} == set("012345678")
    assert len(data.source_vocabulary) == 12
    with pytest.raises(ValueError, match=r"^CopyTask: min_length=7 must be at most length=6"):
        CopyTask(3, 6, min_length=7)


def number_of(words):
    """Return the number that English words stand for, by adding up their values."""
    values = dict(zip(NAMES, range(20))) | {name: 10 * (n + 2) for n, name in enumerate(TENS)}
    total = part = 0
    for word in words:
        if word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = 1000 * part, 0
        elif word != "and":
            part += values[word]
    return total + part


NAMES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def test_numbers_in_words():
    for number, words in {
        0: "zero", 13: "thirteen", 40: "forty", 99: "ninety nine", 100: "one hundred", 412: "four hundred and twelve",
        1000: "one thousand", 7003: "seven thousand and three", 20_500: "twenty thousand five hundred",
        999_999: "nine hundred and ninety nine thousand nine hundred and ninety nine",
    }.items():  # fmt: skip
        assert " ".join(_in_words(number)) == words
    assert all(number_of(_in_words(number)) == number for number in [*range(3000), *range(0, 1_000_000, 997)])
    data = NumberWords(300, generator=tl.Generator(0))
    assert_encoded(data)
    assert all(number_of(source) == int("".join(target)) for source, target in data.pairs)
    assert len(NumberWords(1).source_vocabulary) == len(data.source_vocabulary) == 34
    with pytest.raises(ValueError, match=r"^NumberWords: stop must be at most 1000000"):
        NumberWords(3, 1_000_001)


def test_dates():
    data = DateFormats(2000, generator=tl.Generator(0))
    assert_encoded(data)
    formats = ["%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%y"]
    matched = set()
    for source, target in data.pairs:
        text, day = "".join(source), datetime.date.fromisoformat("".join(target))
        assert 1950 <= day.year <= 2049
        if text.startswith("the"):
            ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
            assert text == f"the {day.day}{ending} of {day:%B %Y}"
            continue
        for form in formats:
            try:
                found = datetime.datetime.strptime(text, form).date()
            except ValueError:
                continue
            assert found.replace(year=day.year) == day and (found.year - day.year) % 100 == 0
            matched.add(form)
            break
        else:
            pytest.fail(text)
    assert matched == set(formats)
    assert len(DateFormats(1).source_vocabulary) == len(data.source_vocabulary)


def test_copy_memory():
    x, y = map(host, make_copy_memory(50, delay=7, length=3, n_symbols=4, generator=tl.Generator(0)))
    assert x.shape == y.shape == (50, 14)
    assert set(np.unique(x[:, :3])) == {1, 2, 3, 4}
    assert (x[:, 3:10] == 0).all()
    assert (x[:, 10] == 5).all()
    assert (x[:, 11:] == 0).all()
    assert (y[:, :11] == 0).all()
    assert (y[:, 11:] == x[:, :3]).all()


# -- text --------------------------------------------------------------------------------------------------------------


def test_the_play():
    play = load_as_you_like_it()
    assert (len(play), len(set(play))) == (122_440, 64)
    assert play.startswith("AS YOU LIKE IT\n\nACT I\n\nSCENE I: Orchard of Oliver's house.\n\n[Enter ORLANDO and ADAM]")
    assert play.endswith("when I make curtsy, bid me farewell.\n\n[Exeunt]\n")
    assert play.count("\nROSALIND:\n") == 201
    assert "\n\n\n" not in play
    assert "\t" not in play


@pytest.mark.parametrize(("length", "stride"), [(3, None), (3, 1), (4, 6), (19, None)])
def test_windows(length, stride):
    tokens = np.random.default_rng(0).integers(0, 9, 20)
    data = TokenWindows(tl.asarray(tokens), length, stride)
    starts = range(0, 20 - length, stride or length)
    assert len(data) == len(starts)
    for number, start in enumerate(starts):
        for x, y in (data[number], data[number - len(data)]):
            assert_same(x, tokens[start : start + length])
            assert_same(y, tokens[start + 1 : start + length + 1])
    x, y = data.batch([len(data) - 1, 0])
    assert_same(x, np.stack([tokens[s : s + length] for s in (starts[-1], 0)]))
    assert_same(y, np.stack([tokens[s + 1 : s + length + 1] for s in (starts[-1], 0)]))
    with pytest.raises(IndexError):
        data[len(data)]
    with pytest.raises(IndexError):
        data.batch([len(data)])


def test_sequences_that_are_too_short():
    with pytest.raises(
        ValueError, match=r"^TokenWindows: tokens must be a vector longer than length=5, not of shape \(5,\)"
    ):
        TokenWindows(tl.arange(5), 5)
    with pytest.raises(ValueError, match=r"^BPTTBatches: tokens must be a vector with two or more for each"):
        BPTTBatches(tl.arange(5), 3, 2)


@pytest.mark.parametrize("batch_first", [True, False])
def test_batches_for_backpropagation_through_time(batch_first):
    """As in PyTorch's example of a language model: columns are contiguous parts of the text."""
    tokens = np.arange(26)
    data = BPTTBatches(tl.asarray(tokens), 4, 4, batch_first)
    parts = tokens[:24].reshape(4, 6)
    pieces = [(host(x), host(y)) for x, y in DataLoader(data, batch_size=None)]
    axis = 1 if batch_first else 0
    assert [x.shape[axis] for x, _ in pieces] == [4, 1]
    turned = parts if batch_first else parts.T
    assert (np.concatenate([x for x, _ in pieces], axis) == np.take(turned, range(5), axis)).all()
    assert (np.concatenate([y for _, y in pieces], axis) == np.take(turned, range(1, 6), axis)).all()


def test_corpora(tmp_path):
    (tmp_path / "train.txt").write_text("the cat sat\n\nthe dog\n")
    (tmp_path / "test.gz").write_bytes(gzip.compress(b"the bird sat"))
    corpus = TextCorpus(tmp_path / "train.txt", test=tmp_path / "test.gz")
    assert corpus.vocabulary.tokens == ["<unk>", "<eos>", "the", "cat", "dog", "sat"]
    assert corpus.vocabulary.decode(corpus.train) == ["the", "cat", "sat", "<eos>", "<eos>", "the", "dog", "<eos>"]
    assert corpus.vocabulary.decode(corpus.test) == ["the", "<unk>", "sat", "<eos>"]
    assert corpus.valid is None
    letters = TextCorpus(tmp_path / "train.txt", level="char")
    assert "".join(letters.vocabulary.decode(letters.train)) == "the cat sat\n\nthe dog\n"
    assert len(TextCorpus(tmp_path / "train.txt", max_size=3).vocabulary) == 3
    assert TextCorpus(tmp_path / "train.txt", min_count=2).vocabulary.tokens == ["<unk>", "<eos>", "the"]


def test_damaged_texts(tmp_path):
    (tmp_path / "latin1").write_bytes("fünf".encode("latin1"))
    with pytest.raises(ValueError, match=r"^TextCorpus: .*latin1 is not UTF-8 text: byte 1 is 0xfc"):
        TextCorpus(tmp_path / "latin1")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(ValueError, match=r"^TextCorpus: .*empty has no tokens"):
        TextCorpus(tmp_path / "empty")
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"some words " * 100)[:-9])
    with pytest.raises(ValueError, match=r"half\.gz: the compressed data are damaged"):
        TextCorpus(tmp_path / "half.gz")


@pytest.mark.parametrize(
    ("cls", "pattern"),
    [(PennTreebank, "ptb.{}.txt"), (PennTreebank, "{}.txt"), (WikiText, "wiki.{}.tokens"), (WikiText, "wiki.{}.raw")],
)
def test_corpora_with_known_names(tmp_path, cls, pattern):
    with pytest.raises(FileNotFoundError, match=rf"^{cls.__name__}: root=.* does not have the files"):
        cls(tmp_path)
    for part in ("train", "valid", "test"):
        (tmp_path / pattern.format(part)).write_text(f" <unk> in {part} \n \n")
    corpus = cls(tmp_path)
    assert corpus.vocabulary.tokens == ["<unk>", "<eos>", "in", "train"]
    assert corpus.vocabulary.decode(corpus.valid) == ["<unk>", "in", "<unk>", "<eos>", "<eos>"]
