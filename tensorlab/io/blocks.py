"""Quantised blocks of GGUF files as float32: the layouts of llama.cpp, each described by its ``dequantize_row``.

A block is a row of bytes. A number q of a few bits stands for ``scale * q`` or ``scale * q - minimum``; blocks of 256
elements consist of smaller ones, whose scales are quantised in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..backend import get_backend


class Layout(NamedTuple):
    """The elements and bytes of a block, and a function from blocks, (n, size), to values, (n, elements)."""

    elements: int
    size: int
    values: Callable[[Any], Any]


def _halves(blocks: Any) -> Any:
    """Return pairs of bytes as float16 numbers in float32, (n, pairs)."""
    return _contiguous(blocks).view("<f2").astype("float32")


def _contiguous(array: Any) -> Any:
    return get_backend("numpy").xp.ascontiguousarray(array)


def _bits(octets: Any, width: int) -> Any:
    """Return numbers of `width` bits: first the lowest ones of all bytes, then those above, (n, 8 / width, bytes)."""
    xp = get_backend("numpy").xp
    shifts = xp.arange(0, 8, width, dtype="uint8")[:, None]
    return (octets[:, None, :] >> shifts) & ((1 << width) - 1)


def _flags(octets: Any, count: int) -> Any:
    """Return the bits of little-endian numbers, the lowest first, (n, count)."""
    return get_backend("numpy").xp.unpackbits(_contiguous(octets), axis=1, bitorder="little")[:, :count]


# -- blocks of 32 ------------------------------------------------------------------------------------------------------


def _q4_0(blocks: Any) -> Any:
    q = _bits(blocks[:, 2:], 4).reshape(-1, 32).astype("float32")
    return _halves(blocks[:, :2]) * (q - 8)


def _q4_1(blocks: Any) -> Any:
    scale, minimum = _halves(blocks[:, :4]).T[:, :, None]
    return scale * _bits(blocks[:, 4:], 4).reshape(-1, 32) + minimum


def _q5(blocks: Any) -> Any:
    """Return numbers of five bits: the highest ones come first, in four bytes."""
    return _bits(blocks[:, 4:], 4).reshape(-1, 32) | (_flags(blocks[:, :4], 32) << 4)


def _q5_0(blocks: Any) -> Any:
    return _halves(blocks[:, :2]) * (_q5(blocks[:, 2:]).astype("float32") - 16)


def _q5_1(blocks: Any) -> Any:
    scale, minimum = _halves(blocks[:, :4]).T[:, :, None]
    return scale * _q5(blocks[:, 4:]) + minimum


def _q8_0(blocks: Any) -> Any:
    return _halves(blocks[:, :2]) * _contiguous(blocks[:, 2:]).view("int8")


# -- blocks of 256 -----------------------------------------------------------------------------------------------------


def _q2_k(blocks: Any) -> Any:
    scales, scale, minimum = blocks[:, :16], _halves(blocks[:, 80:82]), _halves(blocks[:, 82:84])
    q = _bits(blocks[:, 16:80].reshape(-1, 32), 2).reshape(-1, 16, 16)
    return ((scale * (scales & 15))[:, :, None] * q - (minimum * (scales >> 4))[:, :, None]).reshape(-1, 256)


def _q3_k(blocks: Any) -> Any:
    high, low, packed, scale = blocks[:, :32], blocks[:, 32:96], blocks[:, 96:108], _halves(blocks[:, 108:110])
    q = _bits(low.reshape(-1, 32), 2).reshape(-1, 8, 32).astype("int8")
    q -= ((1 - _bits(high, 1)) << 2).astype("int8")
    scales = _bits(packed[:, :8], 4).reshape(-1, 16) | (_bits(packed[:, 8:], 2).reshape(-1, 16) << 4)
    factors = scale * (scales.astype("float32") - 32)
    return (factors[:, :, None] * q.reshape(-1, 16, 16)).reshape(-1, 256)


def _scales_and_minima(packed: Any) -> tuple[Any, Any]:
    """Return eight scales and eight minima of six bits from twelve bytes."""
    xp = get_backend("numpy").xp
    scales, minima, rest = packed[:, :4], packed[:, 4:8], packed[:, 8:12]
    return (
        xp.concatenate([scales & 63, (rest & 15) | ((scales >> 6) << 4)], axis=1),
        xp.concatenate([minima & 63, (rest >> 4) | ((minima >> 6) << 4)], axis=1),
    )


def _q4_or_q5_k(blocks: Any, q: Any) -> Any:
    scales, minima = _scales_and_minima(blocks[:, 4:16])
    scale, minimum = _halves(blocks[:, :2]) * scales, _halves(blocks[:, 2:4]) * minima
    return (scale[:, :, None] * q - minimum[:, :, None]).reshape(-1, 256)


def _q4_k(blocks: Any) -> Any:
    return _q4_or_q5_k(blocks, _bits(blocks[:, 16:144].reshape(-1, 32), 4).reshape(-1, 8, 32))


def _q5_k(blocks: Any) -> Any:
    low = _bits(blocks[:, 48:176].reshape(-1, 32), 4).reshape(-1, 8, 32)
    return _q4_or_q5_k(blocks, low | (_bits(blocks[:, 16:48], 1) << 4))


def _q6_k(blocks: Any) -> Any:
    low = _bits(blocks[:, :128].reshape(-1, 64), 4).reshape(-1, 8, 32)
    high = _bits(blocks[:, 128:192].reshape(-1, 32), 2).reshape(-1, 8, 32)
    q = (low | (high << 4)).astype("float32").reshape(-1, 16, 16) - 32
    factors = _halves(blocks[:, 208:210]) * _contiguous(blocks[:, 192:208]).view("int8")
    return (factors[:, :, None] * q).reshape(-1, 256)


QUANTISED: Mapping[int, Layout] = {
    2: Layout(32, 18, _q4_0),
    3: Layout(32, 20, _q4_1),
    6: Layout(32, 22, _q5_0),
    7: Layout(32, 24, _q5_1),
    8: Layout(32, 34, _q8_0),
    10: Layout(256, 84, _q2_k),
    11: Layout(256, 110, _q3_k),
    12: Layout(256, 144, _q4_k),
    13: Layout(256, 176, _q5_k),
    14: Layout(256, 210, _q6_k),
}
"""The layouts that are read, by the numbers of their types."""
