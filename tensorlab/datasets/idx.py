"""The IDX format of MNIST and the sets made like it."""

from __future__ import annotations

import gzip
from hashlib import md5
from math import prod
from pathlib import Path

from ..backend import dtypes
from ..data.files import FilePath, existing, from_buffer, opened, read_at_most, to_bytes
from ..ops.declare import composite, require
from ..options import checked
from ..tensor import Tensor

DTYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
"""The data types, by the code in the third byte."""


@checked
def load_idx(path: FilePath, *, checksum: str | None = None) -> Tensor:
    """Read an array from an IDX file, plain or compressed by gzip.

    Parameters
    ----------
    path : str or path
        The file.
    checksum : str, optional
        The MD5 digest that the decompressed contents must have.

    Returns
    -------
    Tensor
        On the active backend, with the shape and data type in the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not an IDX file, is damaged, longer or shorter than its header says, or has another checksum. No
        more memory is taken than for what the file holds, whatever its header says.

    Notes
    -----
    The file begins with two zero bytes, the code of the data type, the number of axes, and the length of each axis as
    a big-endian 32-bit integer; the elements follow, big-endian and in C order (Y. LeCun, C. Cortes and C. Burges,
    "The MNIST database of handwritten digits").

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers-idx1-ubyte"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]))
    >>> tl.datasets.load_idx(path)
    tensor([5, 6, 7], dtype=uint8)
    """
    path = existing("load_idx", path)
    owner = f"load_idx: path={str(path)!r}"
    with opened(path) as file:
        begin = read_at_most(file, 4)
        if len(begin) < 4 or begin[:2] != b"\0\0" or begin[2] not in DTYPES:
            raise ValueError(
                f"{owner} is not an IDX file: it begins with the bytes {bytes(begin).hex(' ') or '(none)'}"
            )
        lengths = read_at_most(file, 4 * begin[3])
        if len(lengths) < 4 * begin[3]:
            raise ValueError(f"{owner} ends within the lengths of its {begin[3]} axes")
        shape = [int.from_bytes(lengths[i : i + 4], "big") for i in range(0, len(lengths), 4)]
        dtype = dtypes.named(DTYPES[begin[2]])
        size = prod(shape) * dtype.itemsize
        elements = read_at_most(file, size + 1)  # one byte more tells whether there are more
    if len(elements) != size:
        has = "fewer" if len(elements) < size else "more"
        raise ValueError(f"{owner} has {has} bytes than the {size} of an array of shape {tuple(shape)}")
    if checksum is not None and (found := _digest(begin, lengths, elements)) != checksum:
        raise ValueError(
            f"{owner} is damaged or another file: the MD5 digest of its contents is {found}, not checksum={checksum}"
        )
    try:
        return from_buffer(elements, dtype.name, shape, "big")
    except ValueError as error:
        raise ValueError(f"{owner} cannot become a tensor of shape {tuple(shape)}: {error}") from error


def _digest(*parts: bytes | bytearray) -> str:
    digest = md5(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


@composite()
def save_idx(x: Tensor, path: FilePath) -> None:
    """Write an array to an IDX file, which is compressed if its name ends in ``.gz``.

    Parameters
    ----------
    x : Tensor
        Any shape; uint8, int8, int16, int32, float32 or float64.
    path : str or path
        The file, which is replaced if it exists.

    Raises
    ------
    TypeError
        If the format has no such data type.

    Examples
    --------
    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/numbers-idx1-int.gz"
    >>> tl.datasets.save_idx(tl.tensor([1, 70000], dtype="int32"), path)
    >>> tl.datasets.load_idx(path)
    tensor([    1, 70000], dtype=int32)
    """
    require("save_idx", x=x)
    codes = {dtype: code for code, dtype in DTYPES.items()}
    if x.dtype.name not in codes:
        raise TypeError(f"save_idx: x is {x.dtype}, but must be {', '.join(codes)}")
    lengths = b"".join(length.to_bytes(4, "big") for length in x.shape)
    content = bytes([0, 0, codes[x.dtype.name], x.ndim]) + lengths + to_bytes(x, "big")
    path = Path(path)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
