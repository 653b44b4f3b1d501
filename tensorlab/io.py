"""Saving and loading tensors as safetensors files, which hold numbers and text and nothing that runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from types import ModuleType
from typing import Any

from .backend import get_backend
from .ops.creation import asarray
from .tensor import Tensor

STRUCTURE = "tensorlab.structure"
"""The metadata entry that describes what is not a plain dict of tensors."""

DTYPES = {
    "BOOL": "bool",
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "complex64",
}
"""What safetensors calls the data types."""


def save(obj: Any, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to a safetensors file, at once or not at all.

    Parameters
    ----------
    obj : dict of str to Tensor, or nested
        A state dict; or dictionaries, lists and tuples of tensors, numbers, strings and None, such as
        ``{"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}``.
    path : str or path
        The file; one that is there is replaced once the new one is complete.
    metadata : mapping from str to str, optional
        Text to go with it; see `read_metadata`.

    Raises
    ------
    ImportError
        If the package safetensors is missing.
    TypeError
        If something is none of these; the message says where. Nothing is written then.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.tensor([1.0, 2.0]), "epoch": 3}, path)
    >>> tl.load(path)
    {'x': tensor([1., 2.]), 'epoch': 3}
    """
    tensors: dict[str, Tensor] = {}
    structure = _taken_apart(obj, "", tensors)
    texts = dict(metadata or {})
    if not all(isinstance(text, str) for item in texts.items() for text in item):
        raise TypeError("metadata is text: a mapping from str to str")
    if not _is_flat(obj):
        texts[STRUCTURE] = json.dumps(structure)
    arrays = {key: _host(tensor, key) for key, tensor in tensors.items()}
    _write(Path(path), _safetensors().numpy.save(arrays, metadata=texts or None))


def load(path: str | os.PathLike[str], device: Any = None) -> Any:
    """Read a safetensors file.

    Parameters
    ----------
    path : str or path
        The file; of any origin.
    device : Device or str, optional
        Where to put the tensors; by default where the active backend puts arrays.

    Returns
    -------
    dict
        Of str to Tensor; or whatever `save` was given.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no safetensors file, or holds numbers of a type that tensorlab has not (8-bit floating-point).
    ImportError
        If the package safetensors is missing.

    Examples
    --------
    See `save`.
    """
    safetensors = _safetensors()
    data = Path(path).read_bytes()
    try:
        views = safetensors.deserialize(data)
        structure = _metadata(data).get(STRUCTURE)
    except Exception as error:
        raise ValueError(f"{os.fspath(path)} is no safetensors file{_likely(data)}: {error}") from error
    host = get_backend("numpy")
    tensors = {}
    for key, view in views:
        if view["dtype"] not in DTYPES:
            raise ValueError(f"{os.fspath(path)}: {key!r} is of type {view['dtype']}, which tensorlab has not")
        array = host.from_bytes(view["data"], DTYPES[view["dtype"]], view["shape"])
        tensors[key] = asarray(array, device=device, copy=True)
    return _put_together(json.loads(structure), tensors) if structure else tensors


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the text that `save` was given along with the tensors.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.ones(1)}, path, metadata={"licence": "MIT"})
    >>> tl.io.read_metadata(path)
    {'licence': 'MIT'}
    """
    texts = _metadata(Path(path).read_bytes())
    texts.pop(STRUCTURE, None)
    return texts


def _safetensors() -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("saving and loading needs safetensors: pip install 'tensorlab[io]'") from error
    return safetensors


def _metadata(data: bytes) -> dict[str, str]:
    """Return a file's metadata: an entry of the JSON header, whose length comes first."""
    length = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + length]).get("__metadata__") or {})


def _likely(data: bytes) -> str:
    if data[:2] == b"PK" or data[:1] == b"\x80":
        return " (it looks like a pickle, as torch.save writes, which is never loaded; convert it with safetensors)"
    return ""


def _host(tensor: Tensor, key: str) -> Any:
    """Return a tensor's elements as a contiguous array in host memory."""
    if tensor.dtype.name == "complex128":
        raise TypeError(f"{key!r} is complex128, which safetensors files cannot hold; cast it to complex64")
    array = tensor.backend.to_numpy(tensor._array)
    return array if array.flags.c_contiguous else array.copy()


def _write(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there, so that a half-written one never has its name."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# -- structure ---------------------------------------------------------------------------------------------------------


def _is_flat(obj: Any) -> bool:
    return isinstance(obj, Mapping) and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in obj.items())


def _taken_apart(obj: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """Return a description of `obj` in JSON's terms; its tensors go into `tensors` by their paths."""
    if isinstance(obj, Tensor):
        while path in tensors:  # a key with a dot in it can spell another one's path
            path += "_"
        tensors[path] = obj.detach()
        return {"tensor": path}
    if obj is None or isinstance(obj, bool | int | float | str):
        return {"value": obj}
    if isinstance(obj, Mapping):
        pairs = [[_key(key, path), _taken_apart(value, _joined(path, key), tensors)] for key, value in obj.items()]
        return {"dict": pairs}
    if isinstance(obj, list | tuple):
        parts = [_taken_apart(part, _joined(path, place), tensors) for place, part in enumerate(obj)]
        return {"tuple" if isinstance(obj, tuple) else "list": parts}
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    raise TypeError(
        f"a file holds tensors, numbers and text, not {type(obj).__name__} (at {path or 'the top'!r}){hint}"
    )


def _key(key: Any, path: str) -> Any:
    if not isinstance(key, str | int):
        raise TypeError(f"keys of a dictionary to be saved are str or int, not {type(key).__name__} (in {path!r})")
    return key


def _joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _put_together(structure: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    ((kind, content),) = structure.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "value":
        return content
    if kind == "dict":
        return {key: _put_together(value, tensors) for key, value in content}
    parts = [_put_together(part, tensors) for part in content]
    return tuple(parts) if kind == "tuple" else parts
