"""What the arguments of transforms may be, for `tensorlab.options`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Literal

from ...options.kinds import Either, Kind, Operand, PerAxis, Real, Several, Whole, listed


@dataclass(unsafe_hash=True, repr=False)
class OneOrEach(PerAxis):
    """One value, or a tuple, list or 1-d array with one for each of some things."""

    each: str

    @property
    def text(self) -> str:
        """``a number, or one for each image``."""
        return f"{self.kind.text}, or one for each {self.each}"


@dataclass(unsafe_hash=True, repr=False)
class Numbers(Kind):
    """A tuple, list or 1-d array of a given length, or such a tuple for each image of a batch."""

    length: int
    kind: Kind

    def read(self, value: Any) -> Any:
        """Return a tuple of numbers, or a tuple of such tuples."""
        entries = listed(value)
        entries = value.tolist() if entries is None and len(getattr(value, "shape", ())) == 2 else entries
        if entries is None:
            raise TypeError
        if entries and all(listed(entry) is not None for entry in entries):
            return tuple(self._one(entry) for entry in entries)
        return self._one(entries)

    def _one(self, entries: Any) -> tuple[Any, ...]:
        if len(entries) != self.length:
            raise ValueError
        return tuple(map(self.kind.read, entries))

    @property
    def text(self) -> str:
        """``a tuple of 2 numbers, or one for each image``."""
        return f"a tuple of {self.length} entries, each {self.kind.text}, or such a tuple for each image"


@dataclass(unsafe_hash=True, repr=False)
class Range(Kind):
    """Two numbers within bounds, the second not below the first."""

    low: float = -inf
    high: float = inf

    def read(self, value: Any) -> tuple[float, float]:
        """Return a tuple."""
        entries = listed(value)
        if entries is None:
            raise TypeError
        low, high = map(Real(self.low, self.high).read, entries)
        if low > high:
            raise ValueError
        return low, high

    @property
    def text(self) -> str:
        """``a range (low, high) within [0, 1]``."""
        bounds = "" if self.low == -inf else f" within [{self.low:g}, {self.high:g}]"
        return f"a range (low, high){bounds}"


@dataclass(unsafe_hash=True, repr=False)
class RangeOrSpread(Range):
    """A `Range`, or one number: how far values lie from a centre."""

    centre: float = 0.0
    least: float = -inf

    def read(self, value: Any) -> tuple[float, float]:
        """Return the range."""
        if listed(value) is not None:
            return super().read(value)
        spread = Real(0, inf, "[)").read(value)
        return super().read((max(self.centre - spread, self.least), self.centre + spread))

    @property
    def text(self) -> str:
        """``a non-negative number, or a range (low, high)``."""
        return f"a non-negative number, or {super().text}"


@dataclass(unsafe_hash=True, repr=False)
class RangeOrValue(Range):
    """A `Range`, or one number that is both its ends."""

    def read(self, value: Any) -> tuple[float, float]:
        """Return the range."""
        return super().read(value if listed(value) is not None else (value, value))

    @property
    def text(self) -> str:
        """``a number, or a range (low, high)``."""
        return f"a number, or {super().text}"


IMAGE = "image"
PerImage = Annotated[float | Sequence[float], OneOrEach(Real(-inf, inf, "()"), IMAGE)]
PositivePerImage = Annotated[float | Sequence[float], OneOrEach(Real(0, inf, "()"), IMAGE)]
NonNegativePerImage = Annotated[float | Sequence[float], OneOrEach(Real(0, inf, "[)"), IMAGE)]
HuePerImage = Annotated[float | Sequence[float], OneOrEach(Real(-0.5, 0.5), IMAGE)]
BitsPerImage = Annotated[int | Sequence[int], OneOrEach(Whole(0, 8), IMAGE)]
IntegerPerImage = Annotated[int | Sequence[int], OneOrEach(Whole(), IMAGE)]
SizePerImage = Annotated[int | Sequence[int], OneOrEach(Whole(1), IMAGE)]
PairPerImage = Annotated[Sequence[float] | Sequence[Sequence[float]], Numbers(2, Real(-inf, inf, "()"))]
SigmaPerImage = Annotated[
    float | Sequence[float] | Sequence[Sequence[float]] | None,
    Either((Real(0, inf, "()"), Numbers(2, Real(0, inf, "()"))), none=True),
]
CoefficientsPerImage = Annotated[Sequence[float] | Sequence[Sequence[float]], Numbers(8, Real(-inf, inf, "()"))]

Points = Annotated[Sequence[Sequence[float]], Several((Several((Real(-inf, inf, "()"),) * 2),) * 4)]

PerChannel = Annotated[float | Sequence[float], OneOrEach(Real(-inf, inf, "()"), "channel")]
NewValue = Annotated[Any, Either((OneOrEach(Real(-inf, inf, "()"), "channel"), Operand()))]
PerSide = Annotated[int | Sequence[int], OneOrEach(Whole(), "side, or for each pair of sides")]
FactorRange = Annotated[float | Sequence[float], RangeOrSpread(0, inf, centre=1.0, least=0.0)]
HueRange = Annotated[float | Sequence[float], RangeOrSpread(-0.5, 0.5)]
AngleRange = Annotated[float | Sequence[float], RangeOrSpread()]
Fractions = Annotated[Sequence[float], Range(0, 1)]
Ratios = Annotated[Sequence[float], Range(1e-9, inf)]
Scales = Annotated[Sequence[float], Range(1e-9, inf)]

Interpolation = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"]
WarpInterpolation = Literal["nearest", "bilinear"]
PaddingMode = Literal["constant", "edge", "reflect", "symmetric"]
