"""Bytes as characters that can be printed, and the words of a text, as GPT-2's tokenizer defines them."""

from __future__ import annotations

import re
import sys
from functools import cache
from itertools import groupby
from unicodedata import category

PRINTED = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
"""The bytes that files show as the character of the same number."""

BYTES = [*PRINTED, *(byte for byte in range(256) if byte not in PRINTED)]
"""All bytes, in the order of GPT-2's numbers for them."""

SINGLE_BYTES = [bytes([byte]) for byte in BYTES]

CHARACTERS = {byte: chr(byte if byte in PRINTED else 256 + i - len(PRINTED)) for i, byte in enumerate(BYTES)}
"""The character for each byte in files: a space is ``"Ġ"``, the end of a line ``"Ċ"``."""

OF_CHARACTERS = {character: byte for byte, character in CHARACTERS.items()}


def printed(token: bytes) -> str:
    """Return the characters that stand for bytes in files.

    Examples
    --------
    >>> from tensorlab.tokenizers.alphabet import printed
    >>> printed(b" the")
    'Ġthe'
    """
    return "".join(map(CHARACTERS.__getitem__, token))


def from_printed(text: str) -> bytes:
    """Return the bytes for which characters stand; the inverse of `printed`.

    Raises
    ------
    KeyError
        If a character stands for no byte.
    """
    return bytes(map(OF_CHARACTERS.__getitem__, text))


SPACES = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's white space; Python's ``\\s`` also has four control characters."""

WORDS = r"'(?:[sdmt]|ll|ve|re)| ?{letters}+| ?{numbers}+| ?{others}+|[{spaces}]+(?![^{spaces}])|[{spaces}]+"
"""GPT-2's words: endings such as ``'s``, letters, digits or other characters after a space, and white space."""


@cache
def _words(ascii_only: bool) -> re.Pattern[str]:
    """Return the pattern of words. In text of ASCII, classes without Unicode's properties do, and match faster."""
    if ascii_only:
        classes = {"letters": "[A-Za-z]", "numbers": "[0-9]", "others": rf"[^{SPACES}A-Za-z0-9]"}
    else:
        numbers = number_ranges()
        letters = rf"[^\W_{numbers}]"  # letters and numbers are what \w matches, but for the underscore
        classes = {"letters": letters, "numbers": f"[{numbers}]", "others": rf"(?:_|[^{SPACES}\w{numbers}])"}
    return re.compile(WORDS.format(spaces=SPACES, **classes))


def number_ranges() -> str:
    """Return the characters of Unicode's categories Nd, Nl and No as ranges for a pattern."""
    numbers = [i for i in range(sys.maxunicode + 1) if category(chr(i))[0] == "N"]
    runs = [[i for _, i in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def words(text: str) -> list[str]:
    """Return the words of a text, which together are the text; no token goes beyond one of them.

    Examples
    --------
    >>> from tensorlab.tokenizers.alphabet import words
    >>> words("It's 12 o'clock,  really_!")
    ['It', "'s", ' 12', ' o', "'", 'clock', ',', ' ', ' really', '_!']
    """
    return _words(text.isascii()).findall(text)
