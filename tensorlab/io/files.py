"""`save`, `load` and `read_metadata`."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any
from zlib import crc32

from ..backend import backend_for_type, get_backend
from ..ops.creation import DeviceLike, place
from ..options import checked
from ..tensor import Tensor
from .format import CODES, DTYPES, Contents, Kinds, contents_of_bytes, contents_of_path, encode, mapped, write
from .pickles import START, pickle_hint
from .replacing import is_special, replace_file, write_all
from .structure import Damaged, Restorer, Unreadable, checked_text, describe, full_name

STRUCTURE = "tensorlab.structure"
"""The metadata entry that describes the structure: the order of keys, nested parts, values other than tensors."""

CHECKSUMS = "tensorlab.crc32"
"""The metadata entry of the checksums: of the rest of the header, then of the arrays in the order of their names."""

MAX_HEADER = 100_000_000
"""The longest header in bytes that readers of the format accept."""

File = str | os.PathLike[str] | IO[bytes]


def save(obj: Any, path: File, metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to a safetensors file, atomically.

    Everything is checked first: what `load` would refuse is not written.

    Parameters
    ----------
    obj : dict of str to Tensor, or nested
        A state dict, or nested dictionaries, lists and tuples of tensors, NumPy arrays, numbers, strings and None,
        such as ``{"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}``. NumPy scalars are
        saved as the Python numbers that they equal.
    path : str, path or binary file
        The file. An existing file is replaced when the new one is complete, and keeps its mode. Symbolic links are
        followed. Devices, pipes and open files are written to, which needs memory for a copy of the tensors.
    metadata : mapping from str to str, optional
        Text to be stored with the tensors; see `read_metadata`.

    Raises
    ------
    ImportError
        If the package safetensors is missing.
    TypeError
        If a value is of another type; the message gives its path. Nothing is written.
    ValueError
        If a value cannot be loaded again: a tensor with the key ``"__metadata__"``, a structure that contains itself or
        has more than 100 levels, an integer of more than 4300 digits, a key with half a surrogate pair, a named tuple
        whose class cannot be imported, metadata under a reserved key. Nothing is written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.tensor([1.0, 2.0]), "epoch": 3}, path)
    >>> tl.load(path)
    {'x': tensor([1., 2.]), 'epoch': 3}
    """
    texts = _checked_metadata(metadata)
    structure, leaves = describe(obj)
    texts[STRUCTURE] = json.dumps(structure)
    arrays = {name: _host_array(leaf, name) for name, leaf in leaves.items()}
    kinds = {name: (code, array.shape) for name, (code, array) in arrays.items()}
    natives = {name: array for name, (_, array) in arrays.items()}
    _check_length(kinds, texts)
    texts[CHECKSUMS] = _checksums(kinds, texts, {name: _checksum(array) for name, array in natives.items()})
    if not isinstance(path, str | os.PathLike):
        _check_writable(path)
        write_all(path, encode(natives, texts))
    elif is_special(path):
        with open(path, "wb", buffering=0) as file:
            write_all(file, encode(natives, texts))
    else:
        replace_file(path, lambda new: write(natives, texts, new))


@checked
def load(
    path: File, device: DeviceLike = None, *, classes: Iterable[type] = (), verify: bool = True, lazy: bool = False
) -> Any:
    """Read a safetensors file.

    Parameters
    ----------
    path : str, path or binary file
        The file, from any source. An open file is read from its current position to its end, into memory.
    device : Device or str, optional
        The device of the tensors; by default that of new tensors.
    classes : iterable of type, optional
        The classes of the named tuples in the file.
    verify : bool
        Whether to compare the data with the checksums that `save` stores.
    lazy : bool
        Whether to map a file on disk into memory, so that elements are read when they are first used, and not verified.
        Writing into such a tensor does not change the file. The file must not be changed meanwhile except by `save`,
        which makes a new one.

    Returns
    -------
    dict
        The object passed to `save`; for a file of another program, tensors by name in the order of the file.

    Raises
    ------
    ImportError
        If the package safetensors is missing.
    FileNotFoundError
        If there is no such file.
    BackendUnavailable
        If `device` cannot be used here.
    ValueError
        If it is not a safetensors file, is damaged, has tensors of a data type that is not supported (8-bit
        floating-point) or that the backend lacks, or holds named tuples whose class is not in `classes`. The message
        names the file.

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

    contents, name = _opened("load", path, lazy)
    for key, (code, _) in contents.kinds.items():
        if code not in DTYPES:
            raise ValueError(f"{name}: {key!r} is of type {code}, which tensorlab does not support")
    try:
        _check_dtypes(contents.kinds)
        checksums = _expected_checksums(contents) if verify else {}
        return _restored(contents, contents.read if lazy else _checked_reader(contents, checksums), to_tensor, known)
    except Unreadable as error:
        raise ValueError(f"{name} {error}") from error


def read_metadata(path: File) -> dict[str, str]:
    """Return the metadata passed to `save`. Of a file on disk only the header is read.

    Raises
    ------
    ImportError
        If the package safetensors is missing.
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a safetensors file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.ones(1)}, path, metadata={"licence": "MIT"})
    >>> tl.io.read_metadata(path)
    {'licence': 'MIT'}
    """
    texts = _opened("read_metadata", path)[0].metadata
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


# -- contents ----------------------------------------------------------------------------------------------------------


def _host_array(leaf: Any, name: str) -> tuple[str, Any]:
    """Return the code of the data type of a tensor or array, and its elements, contiguous in host memory."""
    where = f"obj[{name!r}]" if name else "obj"
    array = leaf._array if isinstance(leaf, Tensor) else leaf
    backend = backend_for_type(type(array))
    assert backend is not None
    try:
        dtype = backend.dtype_of(array).name
    except TypeError:
        raise TypeError(f"save: {where} is an array of {array.dtype}, which files cannot hold") from None
    if dtype not in CODES:
        raise TypeError(f"save: {where} is {dtype}, which safetensors files cannot hold; cast it to complex64")
    array = get_backend("numpy").canonical(backend.to_numpy(array))
    return CODES[dtype], array if array.flags.c_contiguous else array.copy()


def _check_length(kinds: Kinds, texts: Mapping[str, str]) -> None:
    """Check that the header is one that readers accept; 100 bytes hold the offsets and checksum of an array."""
    length = len(json.dumps([texts, kinds], ensure_ascii=False).encode()) + 100 * (len(kinds) + 1)
    if length > MAX_HEADER:
        raise ValueError(
            f"save: names, structure and metadata take {length} bytes, and a safetensors file holds {MAX_HEADER}; "
            "save long lists of numbers as tensors"
        )


def _checksum(array: Any) -> str:
    return f"{crc32(array.reshape(-1).view('uint8')):08x}"


def _checksums(kinds: Kinds, texts: Mapping[str, str], sums: Mapping[str, str]) -> str:
    rest = {key: text for key, text in texts.items() if key != CHECKSUMS}
    of_header = crc32(json.dumps([rest, kinds], sort_keys=True).encode())
    return " ".join([f"{of_header:08x}", *(sums[name] for name in sorted(sums))])


def _expected_checksums(contents: Contents) -> dict[str, str]:
    """Check the checksum of the header and return those of the arrays by name; nothing if the file has none."""
    text = contents.metadata.get(CHECKSUMS)
    if text is None:
        return {}
    of_header, *of_arrays = text.split(" ")
    if of_header != _checksums(contents.kinds, contents.metadata, {}) or len(of_arrays) != len(contents.kinds):
        raise Damaged("its header does not match its checksum; verify=False loads it nevertheless")
    return dict(zip(sorted(contents.kinds), of_arrays))


def _opened(function: str, path: File, lazy: bool = False) -> tuple[Contents, str]:
    """Return the contents of a file, and its name for messages."""
    if isinstance(path, str | os.PathLike):
        name, read = os.fspath(path), mapped if lazy else contents_of_path
        with open(path, "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            start = file.read(START)
            source: Any = path if regular else start + file.read()
    else:
        _check_readable(function, path)
        name, regular, source = str(getattr(path, "name", f"the {type(path).__name__}")), False, path.read()
        start = source[:START]
    try:
        return (read if regular else contents_of_bytes)(source), name
    except (OSError, ValueError) as error:
        raise ValueError(f"{name} is not a safetensors file{pickle_hint(start)}: {error}") from error


def _check_dtypes(kinds: Kinds) -> None:
    """Check that NumPy has the data types."""
    try:
        for code in {code for code, _ in kinds.values()}:
            get_backend("numpy").native(DTYPES[code])
    except TypeError as error:
        raise Unreadable(f"cannot be loaded here: {error}") from error


def _checked_reader(contents: Contents, checksums: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a function that reads an array and verifies its elements."""
    xp = get_backend("numpy").xp

    def read(name: str) -> Any:
        array = contents.read(name)
        if name in checksums and checksums[name] != _checksum(array):
            raise Damaged(f"the elements of {name!r} do not match their checksum; verify=False loads them nevertheless")
        if contents.kinds[name][0] == "BOOL" and xp.any(array.view("uint8") > 1):
            raise Damaged(f"{name!r} has elements that are neither True nor False")
        return array

    return read


def _restored(
    contents: Contents, read: Callable[[str], Any], to_tensor: Callable[[Any], Tensor], classes: Mapping[str, type]
) -> Any:
    text = contents.metadata.get(STRUCTURE)
    if text is None:
        return {name: to_tensor(read(name)) for name in contents.kinds}
    try:
        structure = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"its structure is not JSON: {error}") from error
    return Restorer(contents.kinds, read, to_tensor, classes).restore(structure)
