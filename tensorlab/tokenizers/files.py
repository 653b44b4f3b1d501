"""Files of tokenizers: JSON as the package ``tokenizers`` writes it, and the two files of GPT-2."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..data.files import existing
from ..io.replacing import replace_file
from ..options import checked
from .alphabet import SINGLE_BYTES, from_printed, printed
from .bpe import BPETokenizer
from .byte import ByteTokenizer
from .tokenizer import Tokenizer

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
FORM = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "normalizer": None,
    "pre_tokenizer": BYTE_LEVEL,
    "post_processor": None,
    "decoder": BYTE_LEVEL,
}
MODEL = {
    "type": "BPE",
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
}
SPECIAL = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


def write(tokenizer: Tokenizer, path: str | os.PathLike[str]) -> None:
    """Write a tokenizer to a file."""
    if Path(path).is_dir():
        raise IsADirectoryError(f"save: path={str(path)!r} is a folder")
    pairs = getattr(tokenizer, "merges", [])
    ordinary = {*SINGLE_BYTES, *(left + right for left, right in pairs)}
    vocab = {printed(token): i for i, token in enumerate(tokenizer.tokens) if token in ordinary}
    merges = [f"{printed(left)} {printed(right)}" for left, right in pairs]
    added = [{"id": number, "content": token, **SPECIAL} for token, number in tokenizer.special_tokens.items()]
    form = {**FORM, "added_tokens": added, "model": {**MODEL, "vocab": vocab, "merges": merges}}
    text = json.dumps(form, ensure_ascii=False, indent=1)
    replace_file(path, lambda file: file.write_bytes(text.encode("utf-8")))


@checked
def load(path: str | os.PathLike[str]) -> Tokenizer:
    """Read a tokenizer from a JSON file, written by `Tokenizer.save` or by the package ``tokenizers``.

    Parameters
    ----------
    path : str or path
        The file, such as the ``tokenizer.json`` of GPT-2.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a file, or holds a tokenizer other than byte-pair encoding of bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tokenizer.json"
    >>> tl.tokenizers.BPETokenizer([(b"t", b"h")]).save(path)
    >>> tl.tokenizers.load(path).encode("this")
    tensor([256,  72,  82])
    """
    form = _json("load", "path", path)
    try:
        vocab, merges, special = _parts(form)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            f"load: path={str(path)!r} does not hold byte-pair encoding of bytes, as GPT-2's tokenizer.json does"
        ) from None
    return _made("load", f"path={str(path)!r}", vocab, merges, special)


def _parts(form: dict[str, Any]) -> tuple[Any, list[tuple[str, str]], dict[str, Any]]:
    """Return the numbers of tokens, the merges and the numbers of special tokens in a file."""
    model, first = form["model"], form["pre_tokenizer"]
    if (model["type"], first["type"]) != ("BPE", "ByteLevel") or first["add_prefix_space"] or form.get("normalizer"):
        raise ValueError
    special = {added["content"]: added["id"] for added in form.get("added_tokens") or []}
    return model["vocab"], [_pair(merge) for merge in model["merges"]], special


def read_pair(vocab: str | os.PathLike[str], merges: str | os.PathLike[str]) -> BPETokenizer:
    """Read the two files of GPT-2; see `BPETokenizer.from_files`."""
    numbers = _json("from_files", "vocab", vocab)
    path = existing("from_files", merges, "merges")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        pairs = [_pair(line) for line in lines if line.strip() and not line.startswith("#version")]
    except ValueError:
        raise ValueError(f"from_files: merges={str(path)!r} must have two tokens on each line") from None
    made = {left + right for left, right in pairs} | set(map(printed, SINGLE_BYTES))
    special = {token: number for token, number in numbers.items() if token not in made}
    found = _made("from_files", f"vocab={str(vocab)!r}", numbers, pairs, special)
    assert isinstance(found, BPETokenizer)
    return found


def _json(owner: str, argument: str, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the object in a JSON file."""
    found = existing(owner, path, argument)
    try:
        form = json.loads(Path(found).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        form = None
    if not isinstance(form, dict):
        raise ValueError(f"{owner}: {argument}={str(path)!r} is not a JSON file with an object")
    return form


def _pair(merge: Any) -> tuple[str, str]:
    """Return a merge, which is written as one string or as two."""
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    if not isinstance(left, str) or not isinstance(right, str):
        raise TypeError
    return left, right


def _made(owner: str, where: str, vocab: Any, merges: list[tuple[str, str]], special: Any) -> Tokenizer:
    """Return the tokenizer of these tokens and merges, with the numbers that they have in a file."""
    try:
        if not all(type(number) is int for number in [*vocab.values(), *special.values()]):
            raise ValueError("numbers must be integers")
        numbers = {from_printed(token): number for token, number in vocab.items() if token not in special}
        pairs = [(from_printed(left), from_printed(right)) for left, right in merges]
        numbers |= {token.encode("utf-8"): number for token, number in special.items()}
        in_order = sorted(special, key=special.__getitem__)
        if not pairs and all(numbers[bytes([byte])] == byte for byte in range(256)):
            return ByteTokenizer(in_order)
        return BPETokenizer(pairs, in_order, numbers)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{owner}: {where} has tokens and merges that do not fit together ({error})") from None
