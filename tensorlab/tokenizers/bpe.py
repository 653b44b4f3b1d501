"""GPT-2's tokenizer: byte-pair encoding of bytes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from ..options import Size, checked
from ..options.kinds import UNORDERED, Kind, Ordered, Whole
from .alphabet import BYTES, SINGLE_BYTES, words
from .merging import learn_merges, merge_all
from .tokenizer import SpecialTokens, Tokenizer, require_utf8

MAX_CACHED = 1 << 16
"""The most words whose tokens are kept; a text has few that it does not repeat."""


class TextsKind(Kind):
    """A string, or an iterable of strings, which is not run through yet."""

    text: ClassVar[str] = "a string or an iterable of strings"

    def read(self, value: Any) -> Any:
        """Return an iterable."""
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, Iterable) or isinstance(value, UNORDERED) or hasattr(value, "dtype"):
            raise TypeError
        return value


Texts = Annotated[str | Iterable[str], TextsKind()]
MergeList = Annotated[Sequence[tuple[bytes, bytes]], Ordered("a sequence of pairs of bytes")]
VocabSize = Annotated[int, Whole(256, 1 << 24)]


class BPETokenizer(Tokenizer):
    """Byte-pair encoding of bytes, as GPT-2's: frequent sequences of bytes are tokens (Radford et al., 2019, 2.2).

    A text is divided into words, each with the space before it; the bytes of a word are merged pair by pair, in the
    order in which the pairs were learned. Any text can be encoded, and decoding gives it back.

    Parameters
    ----------
    merges : sequence of pairs of bytes
        The pairs of tokens that become one token, in order. `train` learns them.
    vocab : mapping from bytes to int, optional
        The numbers of all tokens. By default the bytes come first, in GPT-2's order, then the results of the merges,
        then special tokens.

    Attributes
    ----------
    merges : list of pairs of bytes
        As given.

    Raises
    ------
    ValueError
        If a merge is of tokens that no merge before makes, or is repeated, or `vocab` has other tokens or gaps.

    Examples
    --------
    >>> tokenizer = tl.tokenizers.BPETokenizer.train("low lower lowest low newer wider", vocab_size=260)
    >>> tokenizer.merges
    [(b'l', b'o'), (b'lo', b'w'), (b'e', b'r'), (b' ', b'low')]
    >>> numbers = tokenizer.encode("slow lowest")
    >>> [tokenizer.tokens[number] for number in numbers.tolist()]
    [b's', b'low', b' low', b'e', b's', b't']
    >>> tokenizer.decode(numbers)
    'slow lowest'
    """

    @checked
    def __init__(
        self, merges: MergeList, special_tokens: SpecialTokens = (), vocab: Mapping[bytes, int] | None = None
    ) -> None:
        self.merges = [self._as_pair(pair) for pair in merges]
        made = (left + right for left, right in self.merges)
        super().__init__([*SINGLE_BYTES, *made], special_tokens)
        if vocab is not None:
            if set(vocab) != set(self.tokens) or set(vocab.values()) != set(range(len(self.tokens))):
                raise ValueError(
                    f"{type(self).__name__}: vocab must give the bytes, the results of merges and special tokens the "
                    f"numbers from 0 to {len(self.tokens) - 1}"
                )
            super().__init__(sorted(vocab, key=vocab.__getitem__), special_tokens)
        self._of_bytes = [self._numbers[bytes([byte])] for byte in range(256)]
        self._ranks = self._ranked()
        self._cache: dict[str, list[int]] = {}

    def _as_pair(self, pair: Any) -> tuple[bytes, bytes]:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, bytes) for part in pair)):
            raise TypeError(f"{type(self).__name__}: merges must hold pairs of bytes, not {pair!r}")
        return pair[0], pair[1]

    def _ranked(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Return the rank of each pair of numbers, and the number of the token that it becomes."""
        known, ranks = set(SINGLE_BYTES), dict[tuple[int, int], tuple[int, int]]()
        for rank, (left, right) in enumerate(self.merges):
            pair = self._numbers.get(left, -1), self._numbers.get(right, -1)
            if left not in known or right not in known or pair in ranks:
                raise ValueError(
                    f"{type(self).__name__}: merges[{rank}] must be a new pair of tokens that merges before made, not "
                    f"{(left, right)!r}"
                )
            known.add(left + right)
            ranks[pair] = rank, self._numbers[left + right]
        return ranks

    @staticmethod
    @checked
    def train(
        texts: Texts, vocab_size: VocabSize, special_tokens: SpecialTokens = (), min_frequency: Size = 2
    ) -> BPETokenizer:
        """Learn the merges of texts: the most frequent pair of tokens becomes a token, again and again.

        Parameters
        ----------
        texts : str or iterable of str
            The texts; each is read once.
        vocab_size : int
            The most tokens to have, 256 for the bytes and those for `special_tokens` included.
        special_tokens : sequence of str
            Tokens that stand for themselves. They are not looked for in the texts.
        min_frequency : int
            How often a pair must be there to become a token.

        Raises
        ------
        ValueError
            If `vocab_size` leaves no room for the special tokens.

        Examples
        --------
        >>> play = tl.datasets.load_as_you_like_it()
        >>> tokenizer = tl.tokenizers.BPETokenizer.train(play, vocab_size=500, special_tokens=["<|endoftext|>"])
        >>> len(play), len(tokenizer.encode(play)) < 0.5 * len(play)
        (122440, True)
        """
        if vocab_size < 256 + len(special_tokens):
            raise ValueError(
                f"train: vocab_size must be at least {256 + len(special_tokens)}, for bytes and special tokens, not "
                f"{vocab_size}"
            )
        counts: Counter[str] = Counter()
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"train: texts must be strings, not {text!r}")
            require_utf8("train", "texts", text)
            counts.update(words(text))
        numbers = {byte: number for number, byte in enumerate(BYTES)}
        by_tokens = {tuple(numbers[byte] for byte in word.encode("utf-8")): n for word, n in counts.items()}
        return BPETokenizer(
            learn_merges(by_tokens, SINGLE_BYTES, vocab_size - len(special_tokens), min_frequency), special_tokens
        )

    @staticmethod
    @checked
    def from_files(vocab: str | os.PathLike[str], merges: str | os.PathLike[str]) -> BPETokenizer:
        r"""Read a tokenizer in the form in which GPT-2's was published: ``vocab.json`` and ``merges.txt``.

        Parameters
        ----------
        vocab : str or path
            A JSON object of tokens and their numbers. Those that no merge makes are special tokens.
        merges : str or path
            The pairs, one on each line, after a line that names the version.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If a file has another form.

        Examples
        --------
        >>> import json, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> tokens = [*map(chr, [*range(33, 127), *range(161, 173), *range(174, 324)]), "th"]
        >>> _ = (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
        >>> _ = (folder / "merges.txt").write_text("#version: 0.2\nt h\n")
        >>> tl.tokenizers.BPETokenizer.from_files(folder / "vocab.json", folder / "merges.txt").encode("this")
        tensor([256,  72,  82])
        """
        from .files import read_pair

        return read_pair(vocab, merges)

    def _encode(self, text: str) -> list[int]:
        cache, numbers = self._cache, []
        for word in words(text):
            found = cache.get(word)
            if found is None:
                found = merge_all([self._of_bytes[byte] for byte in word.encode("utf-8")], self._ranks)
                if len(cache) >= MAX_CACHED:
                    cache.clear()
                cache[word] = found
            numbers += found
        return numbers
