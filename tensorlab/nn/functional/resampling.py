"""Interpolation: each axis independently, as weighted sums of a few elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import floor, pi, sin
from struct import pack, unpack
from typing import Any, Literal

from ...backend import backend_of, dtypes
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.declare import composite, require
from ...ops.resampling import Taps, resample
from ...tensor import ArrayT, array_of

InterpolationMode = Literal["nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "lanczos", "trilinear"]

AXES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "lanczos": (2,),
    "trilinear": (3,),
}
"""The numbers of spatial axes that each mode supports."""

SMOOTH = ("linear", "bilinear", "bicubic", "lanczos", "trilinear")
"""The modes that support `align_corners`."""

Row = list[tuple[int, float]]


@composite(input="any")
def interpolate(
    input: ArrayT,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: InterpolationMode = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> ArrayT:
    """Resize signals, images or volumes by interpolation.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        One to three spatial axes. Any type for "nearest" and "nearest-exact", floating-point for the rest.
    size : int or sequence of int, optional
        The spatial size of the result.
    scale_factor : float or sequence of float, optional
        Alternatively the factor; sizes are rounded down.
    mode : str
        "nearest" takes the element at or before each position and "nearest-exact" the one whose centre is nearest;
        "linear", "bilinear" and "trilinear" (for one, two and three axes) weight the two neighbours along each axis,
        "bicubic" four by a cubic with ``a = -0.75``, "lanczos" (with `antialias`) six by a windowed sinc; "area" takes
        the mean of the elements covered.
    align_corners : bool, optional
        Whether the centres of the first and last elements keep their place, or their outer edges (the default).
    recompute_scale_factor : bool, optional
        Whether positions follow from the sizes rather than from `scale_factor`; they differ where a size was rounded.
    antialias : bool
        Whether the filter is widened by the factor when images shrink, as in Pillow; for "bilinear", "bicubic" (then
        with ``a = -0.5``) and "lanczos".

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *size)``.

    Raises
    ------
    ShapeError
        If the mode does not support the number of axes, or the result would be empty.
    ValueError
        If `mode` is unknown, or options exclude one another.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 2.0, 4.0]]])
    >>> tl.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2., 4., 4.]]])
    >>> tl.nn.functional.interpolate(x, size=5, mode="linear", align_corners=True)
    tensor([[[1. , 1.5, 2. , 3. , 4. ]]])
    """
    require("interpolate", "any" if mode.startswith("nearest") else "floating", input=input)
    shape = tuple(input.shape)
    _check_options(mode, shape, align_corners, antialias)
    out, scales = _sizes(shape[2:], size, scale_factor, bool(recompute_scale_factor), mode)
    array: Any = array_of(input)
    backend_of(array).require_room("interpolate", shape[:2] + out, dtypes.named(array.dtype))
    single = str(input.dtype).rpartition(".")[2] != "float64"
    for axis in cheapest_order(shape[2:], out):
        taps = _taps(mode, shape[2 + axis], out[axis], scales[axis], bool(align_corners), antialias, single)
        input = _resampled(input, taps, 2 + axis)
    return input


def _resampled(x: Any, taps: Taps, axis: int) -> Any:
    return x if taps.changes_nothing else resample(x, taps, axis)


def interpolate_axis(x: Any, axis: int, size: int, mode: str, antialias: bool = False) -> Any:
    """Interpolate one axis of a tensor or an array; `interpolate` does so for each spatial axis, with more options."""
    array: Any = array_of(x)
    backend_of(array).require_room("interpolate", (*x.shape[:axis], size), dtypes.named(array.dtype))
    single = str(x.dtype).rpartition(".")[2] != "float64"
    return _resampled(x, _taps(mode, x.shape[axis], size, None, False, antialias, single), axis)


@documented_like(interpolate)
@composite(input="any")
def upsample(
    input: ArrayT,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: InterpolationMode = "nearest",
    align_corners: bool | None = None,
) -> ArrayT:
    """Resize signals, images or volumes: `interpolate` without its newer options.

    Examples
    --------
    >>> tl.nn.functional.upsample(tl.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


@documented_like(interpolate)
@composite(input="any")
def upsample_nearest(
    input: ArrayT, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> ArrayT:
    """Resize signals, images or volumes by repetition: `interpolate` with mode "nearest".

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        One to three spatial axes; any type.

    Examples
    --------
    >>> tl.nn.functional.upsample_nearest(tl.tensor([[[1.0, 2.0]]]), size=3)
    tensor([[[1., 1., 2.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


@documented_like(interpolate)
@composite(input="floating")
def upsample_bilinear(
    input: ArrayT, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> ArrayT:
    """Resize images, corners in place: `interpolate` with mode "bilinear" and ``align_corners=True``.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, height, width)
        Images; floating-point.

    Examples
    --------
    >>> tl.nn.functional.upsample_bilinear(tl.tensor([[[[1.0, 2.0]]]]), size=(1, 3))
    tensor([[[[1. , 1.5, 2. ]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def _check_options(mode: str, shape: tuple[int, ...], align_corners: bool | None, antialias: bool) -> None:
    if len(shape) - 2 not in AXES[mode]:
        fitting = [name for name, axes in AXES.items() if len(shape) - 2 in axes]
        hint = f"; for such a shape there are {', '.join(map(repr, fitting))}" if fitting else ""
        wanted = " or ".join(str(n + 2) for n in AXES[mode])
        raise ShapeError(f"mode {mode!r} expects {wanted} axes, (batch, channels, *spatial), not shape {shape}{hint}")
    if 0 in shape[1:]:
        raise ShapeError(f"shape {shape} has no elements to interpolate between; only the batch may be empty")
    if align_corners is not None and mode not in SMOOTH:
        raise ValueError(f"align_corners is supported by the modes {', '.join(SMOOTH)}, not {mode!r}")
    if antialias and mode not in ("bilinear", "bicubic", "lanczos"):
        raise ValueError(f"antialias is supported by the modes bilinear, bicubic and lanczos, not {mode!r}")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("mode 'lanczos' requires antialias=True and does not support align_corners=True")


def _sizes(
    size: Sequence[int], wanted: Any, scale_factor: Any, recompute: bool, mode: str
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """Return the resulting spatial size, and the scales that determine positions (None: the sizes do)."""
    if (wanted is None) == (scale_factor is None):
        raise ValueError("give either size or scale_factor")
    no_scales = (None,) * len(size)
    if wanted is not None:
        if recompute:
            raise ValueError("recompute_scale_factor requires a scale_factor, not a size")
        out = _one_per_axis(wanted, len(size), "size")
        if not all(isinstance(n, int) for n in out):
            raise TypeError(f"size must be an integer or one integer per spatial axis, not {wanted!r}")
        scales: tuple[float | None, ...] = no_scales
    else:
        factors = _one_per_axis(scale_factor, len(size), "scale_factor")
        out = tuple(int(n * factor) for n, factor in zip(size, factors, strict=True))
        scales = no_scales if recompute or mode == "area" else tuple(map(float, factors))
    if min(out) < 1:
        raise ShapeError(f"a spatial size of {tuple(size)} would become {out}, which is empty")
    return out, scales


def _one_per_axis(value: Any, ndim: int, name: str) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * ndim
    if len(values) != ndim:
        raise ValueError(f"{name} must have {ndim} entries, one per spatial axis, not {len(values)}: {value!r}")
    return values


def cheapest_order(size: Sequence[int], out: Sequence[int]) -> list[int]:
    """Return the axes in the order that leaves the least work for later ones.

    Of axes that grow by the same factor the last comes first, of axes that shrink by the same factor the first, as
    whole rows move faster than single elements.
    """
    growth = [b / a for a, b in zip(size, out, strict=True)]
    return sorted(range(len(size)), key=lambda axis: (growth[axis], -axis if growth[axis] >= 1 else axis))


# -- which elements, with what weights ---------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _taps(
    mode: str, size: int, out: int, scale: float | None, align_corners: bool, antialias: bool, single: bool
) -> Taps:
    """Return the taps that take an axis of length `size` to length `out`.

    `single` says that positions are computed in single precision, which decides ties between neighbours.
    """
    if mode == "area":
        spans = [range(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
        return Taps.of_rows(size, [[(place, 1 / len(span)) for place in span] for span in spans])
    if mode in ("nearest", "nearest-exact"):
        return Taps(size, (_nearest(size, out, scale, mode == "nearest-exact", single),))
    step = _step(size, out, scale, align_corners)
    if antialias:
        if size == out:  # whatever the scale, as in PyTorch
            step = 1.0
        return Taps.of_rows(size, [_filtered(i, step, size, *FILTERS[mode]) for i in range(out)])
    positions = [step * i if align_corners else step * (i + 0.5) - 0.5 for i in range(out)]
    if mode == "bicubic":
        return Taps.of_rows(size, [_between_four(x, size) for x in positions])
    if size == out:
        positions = [float(i) for i in range(out)]
    return Taps.of_rows(size, [_between_two(x, size) for x in positions])


def _step(size: int, out: int, scale: float | None, align_corners: bool) -> float:
    """Return the distance of neighbouring elements of the result, in elements of the input."""
    if align_corners:
        return (size - 1) / (out - 1) if out > 1 else 0.0
    return 1 / scale if scale else size / out


def _nearest(size: int, out: int, scale: float | None, exact: bool, single: bool) -> tuple[int, ...]:
    rounded = _to_single if single else float
    step = rounded(_step(size, out, scale, False))
    if exact:
        centres = [rounded(step * (i + 0.5) - 0.5) for i in range(out)]
        positions = [rounded(max(x, 0.0) + 0.5) for x in centres]
    else:
        positions = [rounded(step * i) for i in range(out)]
    return tuple(min(floor(_to_single(x)), size - 1) for x in positions)


def _to_single(x: float) -> float:
    result: float = unpack("f", pack("f", x))[0]
    return result


def _between_two(x: float, size: int) -> Row:
    x = max(x, 0.0)
    first = min(floor(x), size - 1)
    part = min(x - first, 1.0)
    return _merged([(first, 1.0 - part), (min(first + 1, size - 1), part)])


def _between_four(x: float, size: int) -> Row:
    first = floor(x)
    weights = cubic_weights(x - first, -0.75)
    return _merged([(min(max(first - 1 + k, 0), size - 1), weight) for k, weight in enumerate(weights)])


def _filtered(i: int, step: float, size: int, reach: float, weigh: Callable[[float], float]) -> Row:
    """Weight the elements around an element of the result by a filter that is stretched when images shrink."""
    stretch = max(step, 1.0)
    centre = step * (i + 0.5)
    first = max(int(centre - reach * stretch + 0.5), 0)
    last = min(int(centre + reach * stretch + 0.5), size)
    weights = [weigh((place + 0.5 - centre) / stretch) for place in range(first, last)]
    total = sum(weights) or 1.0
    return _merged([(first + k, weight / total) for k, weight in enumerate(weights)])


def _merged(row: Row) -> Row:
    """Add up the weights of equal places, and leave out places without weight."""
    weights: dict[int, float] = {}
    for place, weight in row:
        weights[place] = weights.get(place, 0.0) + weight
    return [(place, weight) for place, weight in weights.items() if weight] or row[:1]


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def cubic_weights(t: Any, a: float) -> tuple[Any, Any, Any, Any]:
    """Return the weights of the four neighbours of a place `t` after the second (Keys, Cubic convolution, 1981)."""
    s = 1.0 - t
    return (
        ((a * (t + 1.0) - 5.0 * a) * (t + 1.0) + 8.0 * a) * (t + 1.0) - 4.0 * a,
        ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0,
        ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0,
        ((a * (s + 1.0) - 5.0 * a) * (s + 1.0) + 8.0 * a) * (s + 1.0) - 4.0 * a,
    )


def _cubic(x: float) -> float:
    x = abs(x)
    if x >= 2.0:
        return 0.0
    return cubic_weights(x - 1.0, -0.5)[0] if x >= 1.0 else cubic_weights(x, -0.5)[1]


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3.0) if -3.0 <= x < 3.0 else 0.0


def _sinc(x: float) -> float:
    return sin(pi * x) / (pi * x) if x else 1.0


FILTERS: dict[str, tuple[float, Callable[[float], float]]] = {
    "bilinear": (1.0, _triangle),
    "bicubic": (2.0, _cubic),
    "lanczos": (3.0, _lanczos),
}
"""The reach of each filter, and its weight at a distance."""
