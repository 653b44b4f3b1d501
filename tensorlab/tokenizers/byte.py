"""The tokenizer that needs no training."""

from __future__ import annotations

from ..options import checked
from .tokenizer import SpecialTokens, Tokenizer


class ByteTokenizer(Tokenizer):
    """The bytes of UTF-8 as tokens: 256 numbers for any text, and special tokens after them.

    Examples
    --------
    >>> tokenizer = tl.tokenizers.ByteTokenizer(["<|endoftext|>"])
    >>> tokenizer.encode("Hi!<|endoftext|>")
    tensor([ 72, 105,  33, 256])
    >>> tokenizer.decode([72, 105, 33, 256], skip_special_tokens=True)
    'Hi!'
    """

    @checked
    def __init__(self, special_tokens: SpecialTokens = ()) -> None:
        super().__init__((bytes([byte]) for byte in range(256)), special_tokens)

    def _encode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))
