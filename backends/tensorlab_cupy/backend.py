"""The CuPy backend."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, ClassVar

from tensorlab.backend import Backend


class CupyBackend(Backend):
    """Arrays on a CUDA GPU, computed with CuPy."""

    name: ClassVar[str] = "cupy"
    array_package: ClassVar[str] = "cupy"
