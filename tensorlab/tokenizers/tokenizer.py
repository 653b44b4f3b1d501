"""What tokenizers share: special tokens, decoding, files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar

from ..data.files import from_numbers
from ..docstrings import Documented
from ..options import checked
from ..options.kinds import Kind, Many, Whole, listed
from ..tensor import Tensor

Numbers = Annotated[Sequence[int], Many(Whole())]


class SpecialTokensKind(Kind):
    """Strings of which none is empty and none repeated."""

    text: ClassVar[str] = "a sequence of different strings, none of them empty"

    def read(self, value: Any) -> tuple[str, ...]:
        """Return a tuple."""
        tokens = listed(value)
        if tokens is None or not all(isinstance(token, str) for token in tokens):
            raise TypeError
        if len(set(tokens)) < len(tokens) or not all(token and is_utf8(token) for token in tokens):
            raise ValueError
        return tuple(tokens)


SpecialTokens = Annotated[Sequence[str], SpecialTokensKind()]


class Tokenizer(Documented):
    """Text as numbers of tokens: the base class of `ByteTokenizer` and `BPETokenizer`.

    Parameters
    ----------
    special_tokens : sequence of str
        Tokens that stand for themselves, such as ``"<|endoftext|>"``.

    Attributes
    ----------
    tokens : list of bytes
        What each number stands for.
    special_tokens : dict from str to int
        The numbers of special tokens.

    Raises
    ------
    ValueError
        If special tokens are empty or repeated.
    """

    def __init__(self, tokens: Iterable[bytes], special_tokens: Sequence[str]) -> None:
        self.tokens = list(dict.fromkeys([*tokens, *(token.encode("utf-8") for token in special_tokens)]))
        self._numbers = {token: number for number, token in enumerate(self.tokens)}
        self.special_tokens = {token: self._numbers[token.encode("utf-8")] for token in special_tokens}

    @cached_property
    def _special_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.special_tokens, key=len, reverse=True)
        return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    @property
    def vocab_size(self) -> int:
        """The number of tokens, special ones included."""
        return len(self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    @checked
    def encode(self, text: str, allow_special: bool = True) -> Tensor:
        """Return the numbers of a text's tokens.

        Parameters
        ----------
        text : str
            Any text.
        allow_special : bool
            Whether special tokens in the text become their numbers; otherwise they are text like any other, as is
            advisable for text from strangers.

        Returns
        -------
        Tensor, shape (n,)
            int64, on the active backend.

        Raises
        ------
        ValueError
            If the text has half a surrogate pair, which UTF-8 cannot express.

        Examples
        --------
        >>> tl.tokenizers.ByteTokenizer().encode("Hé")
        tensor([ 72, 195, 169])
        """
        require_utf8("encode", "text", text)
        if not (allow_special and self.special_tokens):
            return from_numbers(self._encode(text), "int64")
        numbers: list[int] = []
        for part in self._special_pattern.split(text):
            numbers += [self.special_tokens[part]] if part in self.special_tokens else self._encode(part)
        return from_numbers(numbers, "int64")

    def _encode(self, text: str) -> list[int]:
        """Return the numbers of the tokens of a text without special tokens."""
        raise NotImplementedError

    @checked
    def decode(self, numbers: Numbers, skip_special_tokens: bool = False) -> str:
        """Return the text that numbers stand for; bytes that are not UTF-8 become replacement characters.

        Parameters
        ----------
        numbers : sequence of int, or tensor of shape (n,)
            The numbers.
        skip_special_tokens : bool
            Whether special tokens are left out.

        Raises
        ------
        ValueError
            If a number is out of range.

        Examples
        --------
        >>> tl.tokenizers.ByteTokenizer().decode([72, 195, 169])
        'Hé'
        """
        size, skipped = len(self.tokens), set(self.special_tokens.values()) if skip_special_tokens else set()
        if wrong := [number for number in numbers if type(number) is not int or not 0 <= number < size]:
            raise ValueError(f"decode: numbers must be integers from 0 to {size - 1}, not {wrong[0]!r}")
        parts = [self.tokens[number] for number in numbers if number not in skipped]
        return b"".join(parts).decode("utf-8", errors="replace")

    @checked
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tokenizer to a JSON file, which `tokenizers.load` reads; an existing file is replaced.

        Parameters
        ----------
        path : str or path
            The file, by convention ``tokenizer.json``.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "tokenizer.json"
        >>> tl.tokenizers.ByteTokenizer(["<|endoftext|>"]).save(path)
        >>> tl.tokenizers.load(path)
        ByteTokenizer(257 tokens)
        """
        from .files import write

        write(self, path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} tokens)"


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can express a text: it cannot express half a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def require_utf8(owner: str, argument: str, text: str) -> None:
    """Refuse a text that UTF-8 cannot express.

    Raises
    ------
    ValueError
        If it has half a surrogate pair.
    """
    if not is_utf8(text):
        raise ValueError(f"{owner}: {argument} must be text that UTF-8 can express, without half a surrogate pair")
