"""What datasets, samplers and fractions may be, for `tensorlab.options.checked`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any

from ..options.kinds import Many, Real


@dataclass(frozen=True)
class Having:
    """An object with certain methods."""

    text: str
    methods: tuple[str, ...]

    def read(self, value: Any) -> Any:
        """Return the value."""
        if isinstance(value, type) or not all(hasattr(value, method) for method in self.methods):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Return no test: the value is always read."""
        return "False"


Samples = Annotated[Any, Having("a dataset with __getitem__ (list(...) makes one of an iterable)", ("__getitem__",))]
SizedSamples = Annotated[
    Any,
    Having("a dataset with __getitem__ and __len__ (list(...) makes one of an iterable)", ("__getitem__", "__len__")),
]
Sized = Annotated[Any, Having("a dataset with __len__", ("__len__",))]
Indices = Annotated[Iterable[int], Having("an iterable of indices", ("__iter__",))]
IndexSequence = Annotated[Sequence[int], Having("a sequence of indices", ("__getitem__", "__len__"))]
Batches = Annotated[Iterable[Sequence[int]], Having("an iterable of sequences of indices", ("__iter__",))]
Lengths = Annotated[Sequence[float], Many(Real(0, inf, "[)"))]
