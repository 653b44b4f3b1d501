"""Tokenizers: text as numbers, and back without loss.

Both kinds read any text, as they begin with its bytes. Files are JSON as the package ``tokenizers`` writes them, so
that GPT-2's published tokenizer can be read here, and those trained here elsewhere.
"""

from .bpe import BPETokenizer
from .byte import ByteTokenizer
from .files import load
from .tokenizer import Tokenizer

__all__ = ["BPETokenizer", "ByteTokenizer", "Tokenizer", "load"]
