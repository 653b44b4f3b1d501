"""GGUF files written by hand: what is read, and what is refused."""

import io
import struct

import numpy as np
import pytest
from helpers import assert_same

import tensorlab as tl

ONES = np.ones(2, "float32").tobytes()


def text(content):
    data = content.encode() if isinstance(content, str) else content
    return struct.pack("<Q", len(data)) + data


def file(tensors=(), metadata=(), data=b"", version=3, alignment=32):
    """Return a file of tensors, rows of (name, sizes from the last axis on, type, offset), and encoded metadata."""
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    header += b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in metadata)
    for name, sizes, kind, offset in tensors:
        header += text(name) + struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes) + struct.pack("<IQ", kind, offset)
    return header + bytes(-len(header) % alignment) + data


def load(content):
    return tl.load(io.BytesIO(content))


def test_axes_come_in_reverse_order():
    numbers = np.arange(6, dtype="float32")
    assert_same(load(file([("x", (3, 2), 0, 0)], data=numbers.tobytes()))["x"], numbers.reshape(2, 3))


def test_a_block_by_hand():
    """Scale 0.5, and the numbers 0 to 15 in the low halves of the bytes, 15 in all high ones; 8 stands for zero."""
    block = np.array([0.5], "<f2").tobytes() + bytes(0xF0 | n for n in range(16))
    loaded = load(file([("x", (32,), 2, 0)], data=block))["x"]
    assert loaded.tolist() == [0.5 * (n - 8) for n in range(16)] + [3.5] * 16


def test_metadata_and_alignment():
    numbers = struct.pack("<IQ", 4, 3) + struct.pack("<3I", 1, 2, 3)
    lists = struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 8, 1) + text("inner")
    metadata = [
        ("general.alignment", 4, struct.pack("<I", 64)),
        ("text", 8, text("ä")),
        ("numbers", 9, numbers),
        ("lists", 9, lists),
        ("half", 6, struct.pack("<f", 0.5)),
        ("big", 10, struct.pack("<Q", 2**63)),
    ]
    content = file([("x", (2,), 0, 0)], metadata, ONES, alignment=64)
    assert tl.io.read_metadata(io.BytesIO(content)) == {
        "general.alignment": 64, "text": "ä", "numbers": [1, 2, 3], "lists": [["inner"]], "half": 0.5, "big": 2**63,
    }  # fmt: skip
    assert_same(load(content)["x"], np.ones(2, "float32"))


def test_no_tensors():
    assert load(file()) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GGUF", "is damaged: it ends after 4 bytes, within its header"),
        (file(version=1), "is a GGUF file of version 1; versions 2 and 3"),
        (file(version=0x03000000), "is a GGUF file of version 50331648; versions 2 and 3, little-endian"),
        (file([("x", (2,), 0, 0)]), "is damaged: its tensor 'x' ends beyond the file"),
        (file([("x", (2,), 0, 2**62)], data=ONES), "is damaged: its tensor 'x' ends beyond the file"),
        (file([("x", (2**40, 2**20), 0, 0)], data=ONES), "is damaged: its tensor 'x' ends beyond the file"),
        (file([("x", (1,) * 5, 0, 0)], data=ONES), "is damaged: its tensor 'x' has 5 axes"),
        (file([("x", (1,), 0, 0)] * 2, data=ONES), "is damaged: its tensor 'x' has 1 axes, or comes twice"),
        (file([("x", (33,), 8, 0)], data=bytes(100)), r"'x' of shape \(33,\) does not consist of blocks of 32"),
        (file([("x", (), 8, 0)], data=bytes(100)), r"'x' of shape \(\) does not consist of blocks of 32"),
        (file([("x", (256,), 16, 0)], data=bytes(100)), "holds 'x' of the type IQ2_XXS, which is not read"),
        (file([("x", (256,), 77, 0)], data=bytes(100)), "holds 'x' of the type number 77, which is not read"),
        (file(metadata=[("a", 99, b"")]), "is damaged: its metadata have the unknown type 99"),
        (file(metadata=[("a", 8, text(b"\xff"))]), "is damaged: its header is not readable"),
        (file(metadata=[("a", 9, struct.pack("<IQ", 8, 2**50))]), "its metadata have a list of"),
        (file(metadata=[("a", 9, struct.pack("<IQ", 4, 2**50))]), "is damaged: "),
        (file(metadata=[("a", 9, struct.pack("<IQ", 9, 1) * 10)]), "its metadata have the unknown type 9"),
        (file(metadata=[("general.alignment", 4, struct.pack("<I", 0))]), "is damaged: its alignment is 0"),
        (file(metadata=[("general.alignment", 8, text("a"))]), "is damaged: its alignment is 'a'"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "is damaged: it ends after"),
    ],
)
def test_what_is_refused(content, message):
    with pytest.raises(ValueError, match=rf"^the BytesIO .*{message}"):
        load(content)


@pytest.mark.parametrize("seed", range(5))
def test_any_damage(seed):
    """Whatever is changed, it loads or raises one ``ValueError`` that names the file."""
    rng = np.random.default_rng(seed)
    content = file([("x", (2,), 0, 0), ("y", (32,), 8, 32)], [("a", 8, text("b"))], ONES + bytes(24) + bytes(34))
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            damaged[rng.integers(4, len(content))] = rng.integers(256)
        for read in (tl.load, tl.io.read_metadata):
            try:
                read(io.BytesIO(damaged[: rng.integers(4, len(content)) if rng.random() < 0.2 else None]))
            except ValueError as error:
                assert str(error).startswith("the BytesIO ")
