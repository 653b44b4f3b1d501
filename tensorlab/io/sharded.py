"""Checkpoints in several files, with an index that says which file holds which tensor."""

from __future__ import annotations

import json
import os
from pathlib import Path

from .structure import Damaged

ENDING = ".index.json"
"""The end of the names of indices, such as ``model.safetensors.index.json``."""


def is_index(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of an index."""
    return os.fspath(path).endswith(ENDING)


def read_index(path: str | os.PathLike[str]) -> dict[Path, list[str]]:
    """Return the names of the tensors in each file; all files are in the folder of the index.

    Raises
    ------
    Unreadable
        If it is no index, or names a file in another folder.
    """
    folder = Path(path).parent
    try:
        places = json.loads(Path(path).read_text(encoding="utf-8"))["weight_map"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"it has no weight_map from names to files: {error}") from error
    files: dict[Path, list[str]] = {}
    for name, file in places:
        if not isinstance(file, str) or file in ("", ".", "..") or Path(file).name != file or "\\" in file:
            raise Damaged(
                f"its weight_map says that {name!r} is in {file!r}, which is not the name of a file beside it"
            )
        files.setdefault(folder / file, []).append(name)
    return files
