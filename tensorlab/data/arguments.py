"""What datasets, samplers, lengths and options of workers may be, for `tensorlab.options.checked`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Annotated, Any

from ..options.kinds import Having, Many, Ordered, Real, Whole
from ..tensor import Tensor


class WithLength(Having):
    """An object with certain attributes and a length."""

    def read(self, value: Any) -> Any:
        """Return the value; a `Dataset` without a length and a 0-d tensor have the method, but raise `TypeError`."""
        found = super().read(value)
        len(found)
        return found


Samples = Annotated[Any, Having("a dataset with __getitem__ (list(...) makes one of an iterable)", ("__getitem__",))]
SIZED_SAMPLES = WithLength(
    "a dataset with __getitem__ and __len__ (list(...) makes one of an iterable)", ("__getitem__", "__len__")
)
ITERABLE_SAMPLES = Having("an iterable dataset, with __iter__", ("__iter__",))
SizedSamples = Annotated[Any, SIZED_SAMPLES]
Sized = Annotated[Any, WithLength("a dataset with __len__", ("__len__",))]
ManySamples = Annotated[Iterable[Any], Ordered("a list of datasets")]
Indices = Annotated[Iterable[int], Having("an iterable of indices", ("__iter__",))]
IndexSequence = Annotated[Sequence[int], WithLength("a sequence of indices", ("__getitem__", "__len__"))]
Batches = Annotated[Iterable[Sequence[int]], Having("an iterable of sequences of indices", ("__iter__",))]
SampleList = Annotated[Sequence[Any], Ordered("a list of samples")]
BatchIndices = Annotated[Sequence[int] | Tensor, Ordered("a sequence of integers or a tensor")]
Lengths = Annotated[Sequence[float], Many(Real(0, inf, "[)"))]
Weights = Annotated[Sequence[float] | Tensor, Ordered("a sequence or a tensor of weights")]
Labels = Annotated[Sequence[Any] | Tensor, Ordered("a sequence of labels or a tensor")]
Seed = Annotated[int, Whole(0, (1 << 127) - 1)]
