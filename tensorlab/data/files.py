"""Arrays in files and in memory: the one module of `tensorlab` that imports NumPy, whose file formats it reads."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from sys import byteorder
from typing import IO, Any, Literal, cast

from ..ops.creation import asarray
from ..options import checked
from ..tensor import Tensor

BLOCK = 1 << 20
"""Bytes that are read at once where a file may be shorter than it says."""


FilePath = str | os.PathLike[str]


def existing(owner: str, path: FilePath, argument: str = "path") -> Path:
    """Return the path of a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or it is a folder; the message names the owner and the argument.
    """
    path = Path(path)
    if not path.exists() or path.is_dir():
        raise FileNotFoundError(f"{owner}: {argument}={str(path)!r} is not a file")
    return path


def from_buffer(
    data: bytes | bytearray | memoryview, dtype: str, shape: Sequence[int], order: Literal["little", "big"] = "little"
) -> Tensor:
    """Return a tensor with a copy of the elements in a buffer, on the active backend.

    Parameters
    ----------
    data : bytes-like
        The elements in C order.
    dtype : str
        Their type.
    shape : sequence of int
        The shape.
    order : str
        The order of the bytes of an element.

    Examples
    --------
    >>> from tensorlab.data.files import from_buffer
    >>> from_buffer(bytes([0, 1, 1, 0]), "int16", (2,), "big")
    tensor([  1, 256], dtype=int16)
    """
    import numpy

    elements = numpy.frombuffer(data, numpy.dtype(dtype).newbyteorder(order))
    return _copied(elements.reshape(tuple(shape)))


def _copied(elements: Any) -> Tensor:
    """Return a tensor with a copy of a NumPy array, in native byte order."""
    return asarray(elements.astype(elements.dtype.newbyteorder("=")))


def from_numbers(numbers: Iterable[float], dtype: Literal["int64", "float32", "float64"]) -> Tensor:
    """Return a vector of many Python numbers, which takes a fraction of the time and memory that `asarray` needs.

    Examples
    --------
    >>> from tensorlab.data.files import from_numbers
    >>> from_numbers(range(3), "int64")
    tensor([0, 1, 2])
    """
    packed = array({"int64": "q", "float32": "f", "float64": "d"}[dtype], numbers)
    return from_buffer(memoryview(packed), dtype, (-1,), byteorder)


def to_bytes(x: Tensor, order: Literal["little", "big"] = "little") -> bytes:
    """Return the elements of a tensor as bytes, in C order; the inverse of `from_buffer`.

    Examples
    --------
    >>> from tensorlab.data.files import to_bytes
    >>> list(to_bytes(tl.tensor([1, 256], dtype="int16"), "big"))
    [0, 1, 1, 0]
    """
    elements = x.detach().numpy()
    return bytes(elements.astype(elements.dtype.newbyteorder(order)).tobytes())


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, which is decompressed if it begins as gzip's files do, whatever its name.

    Raises
    ------
    ValueError
        If compressed data are damaged or end early, in the block or in this call; the message names the file.
    """
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not compressed:
            yield file
            return
        try:
            with gzip.open(file) as inner:
                yield cast(IO[bytes], inner)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: the compressed data are damaged: {error}") from error


def read_at_most(file: IO[bytes], count: int) -> bytearray:
    """Return the next `count` bytes of a file, or as many as there are: memory is taken for no more than these."""
    found = bytearray()
    while len(found) < count and (block := file.read(min(BLOCK, count - len(found)))):
        found += block
    return found


@checked
def load_npy(path: FilePath, *, mmap: bool = False) -> Tensor:
    """Read an array from a file of NumPy's format ``.npy``.

    Parameters
    ----------
    path : str or path
        The file.
    mmap : bool
        Whether to map the file into memory, so that elements are read when they are first used. Writing into the
        tensor does not change the file. Backends whose memory is not the host's copy all elements.

    Returns
    -------
    Tensor
        On the active backend, with the shape and data type in the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a file, is longer or shorter than its header says, or holds Python objects, which would have
        to be unpickled; the message names the file.

    Examples
    --------
    >>> import tempfile, numpy
    >>> path = tempfile.mkdtemp() + "/squares.npy"
    >>> numpy.save(path, numpy.arange(4) ** 2)
    >>> tl.datasets.load_npy(path)
    tensor([0, 1, 4, 9])
    """
    path = existing("load_npy", path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not mmap:
            return _read_npy(file, size, f"load_npy: path={str(path)!r}")
        _read_npy_header(file, size, f"load_npy: path={str(path)!r}")
    import numpy

    mapped = numpy.load(path, mmap_mode="c", allow_pickle=False)
    return asarray(mapped) if mapped.dtype.isnative else _copied(mapped)


@checked
def load_npz(path: FilePath) -> dict[str, Tensor]:
    """Read the arrays of a file of NumPy's format ``.npz``, compressed or not.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict of str to Tensor
        The arrays by name, on the active backend.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a file, an array is damaged, or holds Python objects, which would have to be unpickled; the
        message names the file and the array.

    Examples
    --------
    >>> import tempfile, numpy
    >>> path = tempfile.mkdtemp() + "/arrays.npz"
    >>> numpy.savez(path, x=numpy.eye(2), y=numpy.arange(2))
    >>> list(tl.datasets.load_npz(path))
    ['x', 'y']
    """
    owner = f"load_npz: path={str(existing('load_npz', path))!r}"
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    name = member.filename.removesuffix(".npy")
                    with archive.open(member) as file:
                        found[name] = _read_npy(file, member.file_size, f"{owner}, array {name!r}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{owner} is not a readable .npz file: {error}") from error
    return found


def _read_npy_header(file: IO[bytes], size: int, owner: str) -> tuple[tuple[int, ...], bool, Any]:
    """Return shape, Fortran order and data type of an array in a file of `size` bytes, which must hold its elements."""
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except (ValueError, EOFError, SyntaxError, TypeError, KeyError) as error:
        raise ValueError(f"{owner} is not a readable .npy file: {error}") from error
    if dtype.hasobject:
        raise ValueError(f"{owner} holds Python objects, which are not unpickled")
    expected = file.tell() + prod(shape) * dtype.itemsize
    if size != expected:
        raise ValueError(f"{owner} has {size} bytes, not the {expected} of an array of shape {shape} and type {dtype}")
    return shape, fortran, dtype


def _read_npy(file: IO[bytes], size: int, owner: str) -> Tensor:
    import numpy

    shape, fortran, dtype = _read_npy_header(file, size, owner)
    data = read_at_most(file, prod(shape) * dtype.itemsize)
    try:
        return _copied(numpy.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{owner} cannot become a tensor: {error}") from error
