"""Tokenizers, beside merges worked out by hand and the algorithm as the paper writes it."""

import json
import random
import re
from collections import Counter

import pytest

import tensorlab as tl
from tensorlab.tokenizers import BPETokenizer, ByteTokenizer, load
from tensorlab.tokenizers.alphabet import BYTES, CHARACTERS, from_printed, printed, words
from tensorlab.tokenizers.merging import learn_merges

STRANGE = [
    "",
    " ",
    "\n\n  \t x",
    "naïve café — “quotes” …",
    "漢字とかな 한국어 العربية עברית हिन्दी ไทย",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u200b\ufeff\u2028",
    "\x00\x1c\x1d\x1f\x7f\x85\xa0",
    "Ⅻ ½ ² ٣ 五 _underscore_ x² 1st",
    "\U0010ffff\ue000",
    "don't we'll they've I'm it's he'd you're 'tis rock'n'roll",
    "tab\tand\rreturn   three spaces ",
]


@pytest.fixture(scope="module")
def play():
    return tl.datasets.load_as_you_like_it()[:20_000]


@pytest.fixture(scope="module")
def trained(play):
    return BPETokenizer.train(play, 400, ["<|endoftext|>"])


def texts():
    """Return texts of random characters of all planes."""
    rng = random.Random(0)
    pools = [range(32, 127), range(256), range(0x100, 0xD800), range(0xE000, 0x110000)]
    return ["".join(chr(rng.choice(rng.choice(pools))) for _ in range(rng.randrange(40))) for _ in range(200)]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Hello world", ["Hello", " world"]),
            ("I'll don't", ["I", "'ll", " don", "'t"]),
            ("a1b22", ["a", "1", "b", "22"]),
            ("x   y", ["x", "  ", " y"]),
            ("end  ", ["end", "  "]),
            ("a\n\nb", ["a", "\n", "\n", "b"]),
            ("--ok_ !?", ["--", "ok", "_", " !?"]),
            ("é½五_²", ["é", "½", "五", "_", "²"]),
            ("\x1ca", ["\x1c", "a"]),
            ("\u3000x", ["\u3000", "x"]),
        ],
    )
    def test_by_hand(self, text, expected):
        assert words(text) == expected

    def test_ascii_and_unicode_patterns_agree(self, play):
        assert words(play) + ["\n", "é"] == words(play + "\né")

    @pytest.mark.parametrize("text", STRANGE)
    def test_nothing_is_lost(self, text):
        assert "".join(words(text)) == text


class TestAlphabet:
    def test_gpt2_numbers(self):
        """From GPT-2's published vocabulary: ``!`` is 0, ``Ġ`` is 220, ``Ċ`` 198."""
        assert sorted(BYTES) == list(range(256))
        assert (BYTES.index(ord("!")), BYTES.index(ord(" ")), BYTES.index(ord("\n"))) == (0, 220, 198)
        assert (CHARACTERS[32], CHARACTERS[10], CHARACTERS[0]) == ("Ġ", "Ċ", "Ā")

    def test_there_and_back(self):
        data = bytes(range(256))
        assert from_printed(printed(data)) == data
        assert not re.search(r"\s", printed(data))


class TestMerges:
    def test_the_paper_s_words(self):
        """Sennrich et al.'s example, section 3.2, without its end of a word."""
        letters = "deilnorstw"
        counts = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
        by_number = {tuple(map(letters.index, word)): n for word, n in counts.items()}
        found = learn_merges(by_number, [letter.encode() for letter in letters], 17, 2)
        pairs = [(a.decode(), b.decode()) for a, b in found]
        # es 9 and st 9, est 9, lo 7 and ow 7, low 7, ew 6 and ne 6, new 6 (a smaller number than ew-est), newest 6
        assert pairs == [("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w"), ("e", "w"), ("n", "ew"), ("new", "est")]

    def test_rare_pairs_are_left(self):
        assert learn_merges({(0, 1): 2, (1, 0): 1}, [b"a", b"b"], 9, 2) == [(b"a", b"b")]
        assert learn_merges({(0, 1): 2, (1, 0): 1}, [b"a", b"b"], 9, 3) == []

    def test_repeated_letters(self):
        assert learn_merges({(0, 0, 0, 0, 0): 1}, [b"a"], 3, 1) == [(b"a", b"a"), (b"aa", b"a")]

    def test_beside_counting_all_pairs_each_time(self, play):
        text = play[:3000]
        tokenizer = BPETokenizer.train(text, 330)
        counts = Counter(words(text))
        split = {word: [bytes([b]) for b in word.encode()] for word in counts}
        numbers = {bytes([b]): i for i, b in enumerate(BYTES)}
        expected = []
        while len(numbers) < 330:
            pairs = Counter()
            for word, n in counts.items():
                for pair in zip(split[word], split[word][1:]):
                    pairs[pair] += n
            best = min(pairs, key=lambda p: (-pairs[p], numbers[p[0]], numbers[p[1]]))
            expected.append(best)
            numbers.setdefault(best[0] + best[1], len(numbers))
            split = {word: joined(parts, best) for word, parts in split.items()}
        assert tokenizer.merges == expected
        for word, parts in split.items():
            assert [tokenizer.tokens[i] for i in tokenizer.encode(word).tolist()] == parts

    def test_two_ways_to_one_token(self):
        tokenizer = BPETokenizer([(b"a", b"b"), (b"b", b"c"), (b"ab", b"c"), (b"a", b"bc")])
        assert len(tokenizer) == 256 + 3
        assert tokenizer.encode("abc").tolist() == [258]


def joined(parts, pair):
    """Return parts in which a pair, from the left, is one."""
    found = []
    for part in parts:
        if found and (found[-1], part) == pair and found[-1] is not None:
            found[-1] = pair[0] + pair[1]
            found.append(None)  # what was joined does not join again
        else:
            found.append(part)
    return [part for part in found if part is not None]


class TestRoundTrip:
    @pytest.mark.parametrize("text", STRANGE + texts()[:40])
    def test_any_text(self, trained, text):
        for tokenizer in (trained, ByteTokenizer()):
            assert tokenizer.decode(tokenizer.encode(text)) == text

    def test_bytes(self):
        assert ByteTokenizer().encode("é\n").tolist() == [0xC3, 0xA9, 10]
        assert len(ByteTokenizer(["<pad>", "<s>"])) == 258

    def test_half_a_character(self, trained):
        assert ByteTokenizer().decode([0xC3]) == "\ufffd"
        assert trained.decode([]) == ""

    def test_a_long_word(self, trained):
        text = "tho" * 20_000
        assert trained.decode(trained.encode(text)) == text

    def test_the_numbers_are_a_tensor(self, trained):
        numbers = trained.encode("the play")
        assert isinstance(numbers, tl.Tensor) and numbers.dtype == tl.int64
        assert trained.encode("").shape == (0,)
        assert trained.decode(numbers.tolist()) == trained.decode(numbers) == "the play"


class TestSpecialTokens:
    def test_in_text(self, trained):
        end = trained.special_tokens["<|endoftext|>"]
        assert end == len(trained) - 1
        assert trained.encode("a<|endoftext|>b").tolist().count(end) == 1
        plain = trained.encode("a<|endoftext|>b", allow_special=False)
        assert end not in plain.tolist()
        assert trained.decode(plain) == trained.decode(trained.encode("a<|endoftext|>b")) == "a<|endoftext|>b"

    def test_left_out(self, trained):
        numbers = trained.encode("a<|endoftext|>b")
        assert trained.decode(numbers, skip_special_tokens=True) == "ab"

    def test_the_longest_comes_first(self):
        tokenizer = ByteTokenizer(["<a>", "<a><b>"])
        assert tokenizer.encode("<a><b><a>").tolist() == [257, 256]

    @pytest.mark.parametrize("wrong", [["", "a"], ["<s>", "<s>"], ["\ud800"]])
    def test_refused(self, wrong):
        with pytest.raises(ValueError, match="ByteTokenizer: special_tokens must be a sequence of different strings"):
            ByteTokenizer(wrong)


class TestErrors:
    def test_half_a_surrogate_pair(self, trained):
        with pytest.raises(ValueError, match="encode: text must be text that UTF-8 can express"):
            trained.encode("a\ud83d")
        with pytest.raises(ValueError, match="train: texts must be"):
            BPETokenizer.train("a\ud83d", 300)

    @pytest.mark.parametrize("wrong", [[500], [-1], [1.5], [True]])
    def test_numbers_out_of_range(self, trained, wrong):
        with pytest.raises((TypeError, ValueError), match="decode: numbers must be"):
            trained.decode(wrong)

    def test_merges(self):
        with pytest.raises(ValueError, match=r"merges\[0\] must be a new pair of tokens"):
            BPETokenizer([(b"ab", b"c")])
        with pytest.raises(ValueError, match=r"merges\[1\]"):
            BPETokenizer([(b"a", b"b"), (b"a", b"b")])
        with pytest.raises(TypeError, match="merges must hold pairs of bytes, not 'ab'"):
            BPETokenizer(["ab"])

    def test_room(self):
        with pytest.raises(ValueError, match="train: vocab_size must be at least 257"):
            BPETokenizer.train("a", 256, ["<s>"])
        with pytest.raises(TypeError, match="train: texts must be strings, not 3"):
            BPETokenizer.train(["a", 3], 300)


class TestFiles:
    def test_there_and_back(self, trained, tmp_path):
        for tokenizer in (trained, ByteTokenizer(["<s>"]), ByteTokenizer()):
            path = tmp_path / "tokenizer.json"
            tokenizer.save(path)
            found = load(path)
            assert type(found) is type(tokenizer)
            assert found.tokens == tokenizer.tokens
            assert found.special_tokens == tokenizer.special_tokens
            text = "the end<s><|endoftext|>"
            assert found.encode(text).tolist() == tokenizer.encode(text).tolist()

    def test_form(self, trained, tmp_path):
        trained.save(tmp_path / "tokenizer.json")
        form = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
        assert form["model"]["vocab"]["Ġ"] == 220
        left, right = form["model"]["merges"][0].split(" ")
        assert form["model"]["vocab"][left + right] == 256
        assert [token["content"] for token in form["added_tokens"]] == ["<|endoftext|>"]

    def test_merges_as_pairs_and_other_numbers(self, trained, tmp_path):
        """Newer files write merges as pairs; others number special tokens first."""
        path = tmp_path / "tokenizer.json"
        trained.save(path)
        form = json.loads(path.read_text(encoding="utf-8"))
        form["model"]["merges"] = [merge.split(" ") for merge in form["model"]["merges"]]
        form["model"]["vocab"] = {token: number + 1 for token, number in form["model"]["vocab"].items()}
        form["added_tokens"][0]["id"] = 0
        path.write_text(json.dumps(form), encoding="utf-8")
        found = load(path)
        assert found.encode("the<|endoftext|>").tolist() == [*(n + 1 for n in trained.encode("the").tolist()), 0]
        assert found.decode(found.encode("the end")) == "the end"

    def test_the_two_files_of_gpt2(self, trained, tmp_path):
        vocab = {printed(token): number for number, token in enumerate(trained.tokens)}
        (tmp_path / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
        lines = ["#version: 0.2", *(f"{printed(a)} {printed(b)}" for a, b in trained.merges), ""]
        (tmp_path / "merges.txt").write_text("\n".join(lines), encoding="utf-8")
        found = BPETokenizer.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt")
        assert found.tokens == trained.tokens
        assert found.special_tokens == trained.special_tokens

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "{", "{}", '{"model": {"type": "WordPiece"}}', '{"model": 3, "pre_tokenizer": null}', "[" * 100_000],
    )
    def test_other_files_are_refused(self, tmp_path, text):
        path = tmp_path / "tokenizer.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=r"load: path='.*tokenizer.json'"):
            load(path)

    @pytest.mark.parametrize(
        "change",
        [
            lambda form: form["model"]["vocab"].pop("Ġ"),
            lambda form: form["model"]["vocab"].update({"Ġ": 219}),
            lambda form: form["model"]["vocab"].update({"Ġ": "x"}),
            lambda form: form["model"]["vocab"].update({"漢": 1000}),
            lambda form: form["model"]["merges"].append("zz zz"),
        ],
    )
    def test_damaged_files_are_refused(self, trained, tmp_path, change):
        path = tmp_path / "tokenizer.json"
        trained.save(path)
        form = json.loads(path.read_text(encoding="utf-8"))
        change(form)
        path.write_text(json.dumps(form), encoding="utf-8")
        with pytest.raises(ValueError, match="tokens and merges that do not fit together"):
            load(path)

    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="load: path="):
            load(tmp_path / "nothing.json")
        with pytest.raises(IsADirectoryError, match="save: path="):
            ByteTokenizer().save(tmp_path)
