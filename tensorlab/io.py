"""Saving and loading tensors as safetensors files, which contain data only and no executable code."""

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
"""The metadata entry that describes nested structures and values other than tensors."""

DTYPES = {
    "BOOL": "bool",
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "complex64",
}
"""The data types, by their names in safetensors files."""


def save(obj: Any, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to a safetensors file, atomically.

    Parameters
    ----------
    obj : dict of str to Tensor, or nested
        A state dict, or nested dictionaries, lists and tuples of tensors, numbers, strings and None, such as
        ``{"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}``.
    path : str or path
        The file. An existing one is replaced when the new one is complete.
    metadata : mapping from str to str, optional
        Text to be stored with the tensors; see `read_metadata`.

    Raises
    ------
    ImportError
        If the package safetensors is missing.
    TypeError
        If a value is of another type; the message gives its path. Nothing is written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.safetensors"
    >>> tl.save({"x": tl.tensor([1.0, 2.0]), "epoch": 3}, path)
    >>> tl.load(path)
    {'x': tensor([1., 2.]), 'epoch': 3}
    """
    tensors: dict[str, Tensor] = {}
    structure = _flatten(obj, "", tensors)
    texts = dict(metadata or {})
    if not all(isinstance(text, str) for item in texts.items() for text in item):
        raise TypeError("metadata must be a mapping from str to str")
    if not _is_tensor_dict(obj):
        texts[STRUCTURE] = json.dumps(structure)
    arrays = {key: _host_array(tensor, key) for key, tensor in tensors.items()}
    _write(Path(path), _safetensors().numpy.save(arrays, metadata=texts or None))


def load(path: str | os.PathLike[str], device: Any = None) -> Any:
    """Read a safetensors file.

    Parameters
    ----------
    path : str or path
        The file, from any source.
    device : Device or str, optional
        The device of the tensors; by default that of new tensors.

    Returns
    -------
    dict
        Tensors by name, or the object passed to `save`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a safetensors file, or has tensors of an unsupported data type (8-bit floating-point).
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
        raise ValueError(f"{os.fspath(path)} is not a safetensors file{_pickle_hint(data)}: {error}") from error
    host = get_backend("numpy")
    tensors = {}
    for key, view in views:
        if view["dtype"] not in DTYPES:
            raise ValueError(f"{os.fspath(path)}: {key!r} is of type {view['dtype']}, which tensorlab does not support")
        array = host.from_bytes(view["data"], DTYPES[view["dtype"]], view["shape"])
        tensors[key] = asarray(array, device=device, copy=True)
    return _unflatten(json.loads(structure), tensors) if structure else tensors


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the metadata passed to `save`.

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
        raise ImportError("saving and loading requires safetensors: pip install 'tensorlab[io]'") from error
    return safetensors


def _metadata(data: bytes) -> dict[str, str]:
    """Return a file's metadata, an entry of the JSON header. The length of the header comes first."""
    length = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + length]).get("__metadata__") or {})


def _pickle_hint(data: bytes) -> str:
    if data[:2] == b"PK" or data[:1] == b"\x80":
        return " (it looks like a pickle written by torch.save, which is unsafe to load; convert it with safetensors)"
    return ""


def _host_array(tensor: Tensor, key: str) -> Any:
    """Return a tensor as a contiguous array in host memory."""
    if tensor.dtype.name == "complex128":
        raise TypeError(f"{key!r} is complex128, which safetensors files cannot hold; cast it to complex64")
    array = tensor.backend.to_numpy(tensor._array)
    return array if array.flags.c_contiguous else array.copy()


def _write(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it, so that `path` never names an incomplete file."""
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


def _is_tensor_dict(obj: Any) -> bool:
    return isinstance(obj, Mapping) and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in obj.items())


def _flatten(obj: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """Return a JSON description of `obj`; its tensors are added to `tensors` by their paths."""
    if isinstance(obj, Tensor):
        while path in tensors:  # a key with a dot may give the path of another tensor
            path += "_"
        tensors[path] = obj.detach()
        return {"tensor": path}
    if obj is None or isinstance(obj, bool | int | float | str):
        return {"value": obj}
    if isinstance(obj, Mapping):
        items = {_checked_key(key, path): value for key, value in obj.items()}
        return {"dict": [[key, _flatten(value, _child_path(path, key), tensors)] for key, value in items.items()]}
    if isinstance(obj, list | tuple):
        parts = [_flatten(part, _child_path(path, index), tensors) for index, part in enumerate(obj)]
        return {"tuple" if isinstance(obj, tuple) else "list": parts}
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    raise TypeError(
        f"a file can hold tensors, numbers and text, not {type(obj).__name__} (at {path or 'the top'!r}){hint}"
    )


def _checked_key(key: Any, path: str) -> Any:
    if not isinstance(key, str | int):
        raise TypeError(f"the keys of saved dictionaries must be str or int, not {type(key).__name__} (in {path!r})")
    return key


def _child_path(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _unflatten(structure: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    ((kind, content),) = structure.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "value":
        return content
    if kind == "dict":
        return {key: _unflatten(value, tensors) for key, value in content}
    parts = [_unflatten(part, tensors) for part in content]
    return tuple(parts) if kind == "tuple" else parts
