"""`save`, `load` and `read_metadata`."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal
from zlib import crc32

from ..backend import backend_for_type, get_backend
from ..ops.creation import DeviceLike, place
from ..options import checked
from ..options.kinds import kind_of, read
from ..tensor import Tensor
from . import gguf, pytorch
from .pickles import START, pickle_hint
from .pytorch_writing import pickled, write_zip
from .replacing import is_special, replace_file, write_all
from .safetensors import CODES, DTYPES, MAX_HEADER, Header, Kinds, encoded, header_length, read_array, read_header
from .sharded import is_index, read_index
from .source import Source, of_bytes, of_path
from .structure import Damaged, Restorer, Unreadable, checked_text, describe, full_name

STRUCTURE = "tensorlab.structure"
"""The metadata entry that describes the structure: the order of keys, nested parts, values other than tensors."""

CHECKSUMS = "tensorlab.crc32"
"""The metadata entry of the checksums: of the rest of the header, then of the arrays in the order of their names."""

File = str | os.PathLike[str] | IO[bytes]
Format = Literal["safetensors", "torch"]


def save(obj: Any, path: File, metadata: Mapping[str, str] | None = None, *, format: Format = "safetensors") -> None:
    """Write tensors to a file, atomically.

    Everything is checked first: what `load` would refuse is not written.

    Parameters
    ----------
    obj : dict of str to Tensor, or nested
        A state dict, or nested dictionaries, lists and tuples of tensors, NumPy arrays, numbers, strings and None,
        such as ``{"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}``. NumPy scalars are
        saved as the Python numbers that they equal.
    path : str, path or binary file
        The file. An existing file is replaced when the new one is complete, and keeps its mode. Symbolic links are
        followed. Devices, pipes and open files are written to.
    metadata : mapping from str to str, optional
        Text to be stored with the tensors in a safetensors file; see `read_metadata`.
    format : {"safetensors", "torch"}
        The format: safetensors, which many programs read, or that of ``torch.save``, which PyTorch reads with
        ``torch.load(path, weights_only=True)``. There arrays become tensors, and tensors that share all of their
        memory share it again.

    Raises
    ------
    TypeError
        If a value is of another type; the message gives its path. Nothing is written.
    ValueError
        If a value cannot be loaded again: a tensor with the key ``"__metadata__"``, a structure that contains itself or
        has more than 100 levels, an integer of more than 4300 digits, a key with half a surrogate pair, a named tuple
        whose class cannot be imported, metadata under a reserved key. With ``"torch"``: any named tuple, or metadata.
        Nothing is written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.tensor([1.0, 2.0]), "epoch": 3}, path)
    >>> tl.load(path)
    {'x': tensor([1., 2.]), 'epoch': 3}
    """
    read("save", "format", kind_of(Format), format)
    write = _torch_writer(obj, metadata) if format == "torch" else _safetensors_writer(obj, metadata)
    if not isinstance(path, str | os.PathLike):
        _check_writable(path)
        write(path)
    elif is_special(path):
        with open(path, "wb", buffering=0) as file:
            write(file)
    else:
        replace_file(path, lambda new: _write_to(new, write))


@checked
def load(
    path: File, device: DeviceLike = None, *, classes: Iterable[type] = (), verify: bool = True, lazy: bool = False
) -> Any:
    """Read a file of tensors: safetensors, GGUF, or what ``torch.save`` wrote.

    Nothing in a file is executed. Of PyTorch's files, which contain pickles, tensors, containers, numbers and text are
    read, without PyTorch; whatever else they name is refused. Parameters become tensors, and ordered dictionaries
    plain ones. Quantised tensors of GGUF files become float32.

    Parameters
    ----------
    path : str, path or binary file
        The file, from any source. An open file is read from its current position to its end, into memory. Of a
        checkpoint in several files, the path of its index, such as ``model.safetensors.index.json``.
    device : Device or str, optional
        The device of the tensors; by default that of new tensors.
    classes : iterable of type, optional
        The classes of the named tuples in the file.
    verify : bool
        Whether to compare the data with the checksums that `save` and ``torch.save`` store.
    lazy : bool
        Whether to map a file on disk into memory, so that elements are read when they are first used, and not verified.
        Writing into such a tensor does not change the file. The file must not be changed meanwhile except by `save`,
        which makes a new one.

    Returns
    -------
    dict
        The object passed to `save` or ``torch.save``; for a safetensors file of another program and for a GGUF file,
        tensors by name in the order of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BackendUnavailable
        If `device` cannot be used here.
    ValueError
        If it is a file of another format, is damaged, has tensors of a data type that is not supported (8-bit
        floating-point) or that the backend lacks, holds named tuples whose class is not in `classes`, or names anything
        else that is not read. The message names the file.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> tl.save({"x": tl.ones(2)}, file)
    >>> _ = file.seek(0)
    >>> tl.load(file)
    {'x': tensor([1., 1.])}
    """
    known = {full_name(cls): cls for cls in _checked_classes(classes)}
    backend, native_device = place(device)

    def to_tensor(array: Any) -> Tensor:
        try:
            return Tensor(backend.asarray(array, device=native_device))
        except (TypeError, ValueError) as error:
            raise Unreadable(f"holds what this backend cannot: {error}") from error

    if isinstance(path, str | os.PathLike) and is_index(path):
        return _load_shards(path, partial(load, device=device, classes=classes, verify=verify, lazy=lazy))

    with _opened("load", path, lazy) as (source, name):
        try:
            start = _start_of(source)
            if start.startswith(gguf.MAGIC):
                return gguf.read_tensors(source, to_tensor)
            if pytorch.is_zip(start):
                return pytorch.read_zip(source, to_tensor, verify and not lazy)
            if pytorch.is_legacy(start):
                return pytorch.read_legacy(source, to_tensor)
            header = _header_of(source, name)
            _check_dtypes(header.kinds, name)
            checksums = _expected_checksums(header) if verify and not lazy else {}
            return _restored(header, _reader(source, header, checksums, checked=not lazy), to_tensor, known)
        except Unreadable as error:
            raise ValueError(f"{name} {error}") from error


def read_metadata(path: File) -> dict[str, Any]:
    """Return the metadata passed to `save`, or those of a GGUF file. Of a file on disk only the header is read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is neither a safetensors nor a GGUF file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.ones(1)}, path, metadata={"licence": "MIT"})
    >>> tl.io.read_metadata(path)
    {'licence': 'MIT'}
    """
    with _opened("read_metadata", path) as (source, name):
        try:
            if _start_of(source).startswith(gguf.MAGIC):
                return gguf.read_contents(source).metadata
        except Unreadable as error:
            raise ValueError(f"{name} {error}") from error
        texts = _header_of(source, name).metadata
    return {key: text for key, text in texts.items() if key not in (STRUCTURE, CHECKSUMS)}


# -- arguments ---------------------------------------------------------------------------------------------------------


def _checked_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping) or not all(
        isinstance(text, str) for item in metadata.items() for text in item
    ):
        raise TypeError("save: metadata must be a mapping from str to str")
    for key, text in metadata.items():
        if key in (STRUCTURE, CHECKSUMS):
            raise ValueError(f"save: the metadata key {key!r} is reserved; choose another one")
        checked_text(key, f"the metadata key {key!r}")
        checked_text(text, f"the metadata text of {key!r}")
    return dict(metadata)


def _checked_classes(classes: Iterable[type]) -> Iterable[type]:
    if isinstance(classes, str | Tensor) or not isinstance(classes, Iterable):
        raise TypeError(f"load: classes must be a list of classes, not {classes!r}")
    for cls in classes:
        if not (isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields")):
            raise TypeError(f"load: classes must be classes of named tuples, not {cls!r}")
        yield cls


def _check_writable(file: Any) -> None:
    try:
        file.write(b"")
    except (AttributeError, TypeError):
        raise _no_file("save", file) from None


def _check_readable(function: str, file: Any) -> None:
    try:
        binary = isinstance(file.read(0), bytes)
    except (AttributeError, TypeError):
        binary = False
    if not binary:
        raise _no_file(function, file)


def _no_file(function: str, file: Any) -> TypeError:
    kind = type(file).__name__
    return TypeError(f"{function}: path must be a str, a path or a file open in binary mode, not {kind}")


# -- writing -----------------------------------------------------------------------------------------------------------

Writer = Callable[[Any], None]
"""Writes to an open file what has been checked."""


def _safetensors_writer(obj: Any, metadata: Mapping[str, str] | None) -> Writer:
    texts = _checked_metadata(metadata)
    structure, leaves = describe(obj)
    texts[STRUCTURE] = json.dumps(structure)
    arrays = {name: _host_array(leaf, name) for name, leaf in leaves.items()}
    kinds = {name: (_code(array, name), array.shape) for name, array in arrays.items()}
    texts[CHECKSUMS] = _checksums(kinds, texts, {name: _checksum(array) for name, array in arrays.items()})
    _check_length(kinds, texts)

    def write(file: Any) -> None:
        for octets in encoded(kinds, arrays, texts):
            write_all(file, octets)

    return write


def _torch_writer(obj: Any, metadata: Mapping[str, str] | None) -> Writer:
    if metadata:
        raise ValueError("save: PyTorch's files hold no metadata; put the texts into obj, or use format='safetensors'")
    structure, leaves = describe(obj)
    instructions, storages = pickled(structure, {name: _host_array(leaf, name) for name, leaf in leaves.items()})
    return lambda file: write_zip(instructions, storages, file)


def _write_to(path: Path, write: Writer) -> None:
    with path.open("wb") as file:
        write(file)


def _host_array(leaf: Any, name: str) -> Any:
    """Return the elements of a tensor or array, contiguous in host memory."""
    array = leaf._array if isinstance(leaf, Tensor) else leaf
    backend = backend_for_type(type(array))
    assert backend is not None
    try:
        backend.dtype_of(array)
    except TypeError:
        raise TypeError(f"save: {_place(name)} is an array of {array.dtype}, which files cannot hold") from None
    array = get_backend("numpy").canonical(backend.to_numpy(array))
    return array if array.flags.c_contiguous else array.copy()


def _code(array: Any, name: str) -> str:
    """Return the code of the data type of an array in safetensors files."""
    dtype = get_backend("numpy").dtype_of(array).name
    if dtype not in CODES:
        raise TypeError(f"save: {_place(name)} is {dtype}, which safetensors files cannot hold; cast it to complex64")
    return CODES[dtype]


def _place(name: str) -> str:
    return f"obj[{name!r}]" if name else "obj"


def _check_length(kinds: Kinds, texts: Mapping[str, str]) -> None:
    """Check that the header is one that readers accept."""
    length = header_length(kinds, texts)
    if length > MAX_HEADER:
        raise ValueError(
            f"save: names, structure and metadata take {length} bytes, and a safetensors file holds {MAX_HEADER}; "
            "save long lists of numbers as tensors"
        )


# -- reading -----------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(function: str, path: File, lazy: bool = False) -> Iterator[tuple[Source, str]]:
    """Yield the source of a file, and its name for messages."""
    if not isinstance(path, str | os.PathLike):
        _check_readable(function, path)
        yield of_bytes(path.read()), str(getattr(path, "name", f"the {type(path).__name__}"))
    elif stat.S_ISREG(os.stat(path).st_mode):
        with of_path(path, mapped=lazy) as source:
            yield source, os.fspath(path)
    else:
        with open(path, "rb") as file:
            yield of_bytes(file.read()), os.fspath(path)


def _load_shards(path: str | os.PathLike[str], load_file: Callable[[Path], Any]) -> dict[str, Any]:
    """Return the tensors of all files of an index, in its order."""
    try:
        files = read_index(path)
    except Unreadable as error:
        raise ValueError(f"{os.fspath(path)} {error}") from error
    tensors: dict[str, Any] = {}
    for file, names in files.items():
        found = load_file(file)
        if missing := [name for name in names if name not in found]:
            raise ValueError(f"{os.fspath(path)} says that {missing[0]!r} is in {file.name}, which does not hold it")
        tensors |= {name: found[name] for name in names}
    return tensors


def _start_of(source: Source) -> bytes:
    return bytes(source.fetch(0, min(START, source.size)))


def _header_of(source: Source, name: str) -> Header:
    try:
        return read_header(source)
    except (OSError, ValueError) as error:
        raise ValueError(f"{name} is not a safetensors file{pickle_hint(_start_of(source))}: {error}") from error


def _checksum(array: Any) -> str:
    return f"{crc32(array.reshape(-1).view('uint8')):08x}"


def _checksums(kinds: Kinds, texts: Mapping[str, str], sums: Mapping[str, str]) -> str:
    rest = {key: text for key, text in texts.items() if key != CHECKSUMS}
    of_header = crc32(json.dumps([rest, kinds], sort_keys=True).encode())
    return " ".join([f"{of_header:08x}", *(sums[name] for name in sorted(sums))])


def _expected_checksums(header: Header) -> dict[str, str]:
    """Check the checksum of the header and return those of the arrays by name; nothing if the file has none."""
    text = header.metadata.get(CHECKSUMS)
    if text is None:
        return {}
    of_header, *of_arrays = text.split(" ")
    if of_header != _checksums(header.kinds, header.metadata, {}) or len(of_arrays) != len(header.kinds):
        raise Damaged("its header does not match its checksum; verify=False loads it nevertheless")
    return dict(zip(sorted(header.kinds), of_arrays))


def _check_dtypes(kinds: Kinds, name: str) -> None:
    """Check that tensorlab and NumPy have the data types."""
    for key, (code, _) in kinds.items():
        if code not in DTYPES:
            raise ValueError(f"{name}: {key!r} is of type {code}, which tensorlab does not support")
    try:
        for code in {code for code, _ in kinds.values()}:
            get_backend("numpy").native(DTYPES[code])
    except TypeError as error:
        raise Unreadable(f"cannot be loaded here: {error}") from error


def _reader(source: Source, header: Header, checksums: Mapping[str, str], checked: bool) -> Callable[[str], Any]:
    """Return a function that reads an array and, if asked to, verifies its elements."""
    xp = get_backend("numpy").xp

    def read(name: str) -> Any:
        array = read_array(source, header, name)
        if name in checksums and checksums[name] != _checksum(array):
            raise Damaged(f"the elements of {name!r} do not match their checksum; verify=False loads them nevertheless")
        if checked and header.kinds[name][0] == "BOOL" and xp.any(array.view("uint8") > 1):
            raise Damaged(f"{name!r} has elements that are neither True nor False")
        return array

    return read


def _restored(
    header: Header, read: Callable[[str], Any], to_tensor: Callable[[Any], Tensor], classes: Mapping[str, type]
) -> Any:
    text = header.metadata.get(STRUCTURE)
    if text is None:
        return {name: to_tensor(read(name)) for name in header.kinds}
    try:
        structure = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"its structure is not JSON: {error}") from error
    return Restorer(header.kinds, read, to_tensor, classes).restore(structure)
