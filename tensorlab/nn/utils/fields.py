"""The arithmetic of receptive fields: what each op of a network does to the region that a unit depends on.

A region is followed along each spatial axis by itself, as a `Span`. The rules are those of the ops rather than the
layers, so that functions, branches and residual connections need no rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from ...ops.resampling import Taps
from ...tensor import Tensor


class Span(NamedTuple):
    """The pixels along one axis on which unit ``n`` depends: from ``first + n * step`` to ``last + n * step``."""

    first: Fraction
    last: Fraction
    step: Fraction

    def windows(self, kernel: int, stride: int, before: int, dilation: int = 1) -> Span:
        """Return the span after windows with `before` elements of padding."""
        first = self.first - before * self.step
        return Span(first, self.last + ((kernel - 1) * dilation - before) * self.step, self.step * stride)

    def transposed_windows(self, kernel: int, stride: int, before: int, dilation: int) -> Span:
        """Return the span after the transpose of windows, for the result that depends on most."""
        step = self.step / stride
        return Span(self.first + (before - (kernel - 1) * dilation) * step, self.last + before * step, step)

    def hull(self, length: int) -> Span:
        """Return the span of results that depend on all units of an axis."""
        reach = (length - 1) * self.step
        return Span(min(self.first, self.first + reach), max(self.last, self.last + reach), Fraction(0))

    def joined(self, other: Span, length: int) -> Span:
        """Return the span of results that depend on both, unit by unit along an axis."""
        if self.step != other.step:
            self, other = self.hull(length), other.hull(length)
        return Span(min(self.first, other.first), max(self.last, other.last), self.step)


Spans = tuple[Span, ...]
"""The span along each spatial axis; these are the last axes of a tensor."""


@dataclass
class Call:
    """A call of an op with an operand whose spans are known."""

    params: Mapping[str, Any]
    operand: tuple[int, ...]
    """The shape of the operand."""
    shapes: Sequence[tuple[int, ...]]
    """The shapes of all operands."""
    result: tuple[int, ...]
    """The shape of the result."""

    def spatial(self, axes: int) -> tuple[int, ...]:
        """Return the lengths of the last axes of the operand; 1 where it has fewer."""
        return ((1,) * axes + self.operand)[-axes:]


def whole(call: Call, spans: Spans) -> Spans:
    """Every result depends on every unit: the rule of an op that has no other."""
    return tuple(span.hull(length) for span, length in zip(spans, call.spatial(len(spans)), strict=True))


def unchanged(call: Call, spans: Spans) -> Spans:
    """Each result depends on the unit in its place; an axis of length 1 may be broadcast."""
    lengths, results = call.spatial(len(spans)), ((1,) * len(spans) + call.result)[-len(spans) :]
    return tuple(
        span if length == result else span.hull(length)
        for span, length, result in zip(spans, lengths, results, strict=True)
    )


def _windows(call: Call, spans: Spans) -> Spans:
    kernel = call.params.get("kernel_size") or call.shapes[1][2:]
    if len(kernel) != len(spans):
        return whole(call, spans)
    dilation = call.params.get("dilation", (1,) * len(spans))
    sizes = zip(kernel, call.params["stride"], (before for before, _ in call.params["padding"]), dilation, strict=True)
    return tuple(span.windows(*size) for span, size in zip(spans, sizes, strict=True))


def _transposed_windows(call: Call, spans: Spans) -> Spans:
    params, kernel = call.params, call.shapes[1][2:]
    if len(kernel) != len(spans):
        return whole(call, spans)
    sizes = zip(kernel, params["stride"], (before for before, _ in params["padding"]), params["dilation"], strict=True)
    return tuple(span.transposed_windows(*size) for span, size in zip(spans, sizes, strict=True))


def _shifted(call: Call, spans: Spans) -> Spans:
    before = [pair[0] for pair in call.params["pad_width"]][-len(spans) :]
    return tuple(span.windows(1, 1, start) for span, start in zip(spans, before, strict=True))


def _sliced(call: Call, spans: Spans) -> Spans:
    """Follow slices, which may leave out elements; other indices of spatial axes reach everywhere."""
    index = call.params["index"]
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(part is None or hasattr(part, "shape") or isinstance(part, list) for part in parts):
        return whole(call, spans)
    at = next((n for n, part in enumerate(parts) if part is Ellipsis), len(parts))
    missing = len(call.operand) - len([part for part in parts if part is not Ellipsis])
    parts = (parts[:at] + [slice(None)] * missing + parts[at + 1 :])[-len(spans) :]
    if len(call.operand) < len(spans) or not all(isinstance(part, slice) for part in parts):
        return whole(call, spans)
    found = []
    for span, part, length in zip(spans, parts, call.spatial(len(spans)), strict=True):
        start, _, step = part.indices(length)
        moved = start * span.step
        found.append(Span(span.first + moved, span.last + moved, span.step * step))
    return tuple(found)


def _reduced(call: Call, spans: Spans) -> Spans:
    """Reach along the axes that are reduced; without `keepdims` the others are no longer the last ones."""
    axis = call.params.get("axis")
    ndim = len(call.operand)
    axes = range(ndim) if axis is None else [a % ndim for a in (axis if isinstance(axis, tuple | list) else (axis,))]
    if not call.params.get("keepdims", False) and any(a >= ndim - len(spans) for a in axes):
        return whole(call, spans)
    return _reaching(call, spans, [a - (ndim - len(spans)) for a in axes])


def _reaching(call: Call, spans: Spans, axes: Sequence[int]) -> Spans:
    """Return the spans of results that depend on all units along some of the spatial axes."""
    everywhere = whole(call, spans)
    return tuple(everywhere[n] if n in axes else span for n, span in enumerate(spans))


def _joined_along(call: Call, spans: Spans) -> Spans:
    axis = call.params["axis"]
    if axis is None:
        return whole(call, spans)
    ndim = len(call.operand)
    return _reaching(call, spans, [axis % ndim - (ndim - len(spans))])


def _along_axis(call: Call, spans: Spans) -> Spans:
    ndim = len(call.operand)
    return _reaching(call, spans, [call.params["axis"] % ndim - (ndim - len(spans))])


def _resampled(call: Call, spans: Spans) -> Spans:
    """Bound where the taps of a result lie, as lines through its place."""
    ndim, taps = len(call.operand), call.params["taps"]
    place = call.params["axis"] % ndim - (ndim - len(spans))
    if place < 0:
        return spans
    ratio = Fraction(taps.size, taps.count)
    offsets = [Fraction(index) - ratio * n for n, row in enumerate(_read_by(taps)) for index in row]
    span = spans[place]
    step = span.step * ratio
    found = Span(span.first + min(offsets) * span.step, span.last + max(offsets) * span.step, step)
    return (*spans[:place], found, *spans[place + 1 :])


def _read_by(taps: Taps) -> list[list[int]]:
    """Return the indices that each result reads with a weight other than zero."""
    weights = taps.weights or ((1.0,) * taps.count,) * len(taps.indices)
    pairs = [list(zip(*tap, strict=True)) for tap in zip(taps.indices, weights, strict=True)]
    return [[index for index, weight in row if weight] for row in zip(*pairs, strict=True)]


def _adaptive(call: Call, spans: Spans) -> Spans:
    """Equal windows, where the sizes divide; otherwise everything."""
    lengths = call.spatial(len(spans))
    return tuple(
        span.windows(length // count, length // count, 0) if length % count == 0 else span.hull(length)
        for span, length, count in zip(spans, lengths, call.params["size"], strict=True)
    )


def _keeping_last_axes(call: Call, spans: Spans) -> Spans:
    """Channels may be regrouped; other changes of shape mix positions."""
    count = len(spans)
    kept = len(call.operand) >= count and call.operand[-count:] == call.result[-count:]
    return spans if kept else whole(call, spans)


def _permuted(call: Call, spans: Spans) -> Spans:
    ndim, count = len(call.operand), len(spans)
    kept = [axis % ndim for axis in call.params["axes"]][-count:] == list(range(ndim - count, ndim))
    return spans if kept else whole(call, spans)


RULES: dict[str, Callable[[Call, Spans], Spans]] = {
    **dict.fromkeys(("convolution", "max_pool", "avg_pool"), _windows),
    "convolution_input_grad": _transposed_windows,
    **dict.fromkeys(("pad_constant", "pad_continued"), _shifted),
    "getitem": _sliced,
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "logsumexp", "var"), _reduced),
    **dict.fromkeys(("softmax", "log_softmax"), _along_axis),
    "concat_arrays": _joined_along,
    "resample": _resampled,
    "adaptive_sum": _adaptive,
    **dict.fromkeys(("reshape", "broadcast_to"), _keeping_last_axes),
    "permute_dims": _permuted,
    **dict.fromkeys(("cast", "standardize", "normalize_trailing"), unchanged),
}
"""The rules of ops by name. Elementwise ops follow `unchanged`, all others `whole`."""


class FieldTracker:
    """Follows the spans of all tensors that a network computes from its input; an observer of ops."""

    def __init__(self, inputs: Tensor, axes: int) -> None:
        self._axes = axes
        self._known: dict[int, tuple[Tensor, Spans]] = {}  # the tensor is kept, so that its id stays its own
        self.note(inputs, (Span(Fraction(0), Fraction(0), Fraction(1)),) * axes)

    def note(self, x: Tensor, spans: Spans) -> None:
        """Set the spans of a tensor."""
        self._known[id(x)] = x, spans

    def spans(self, x: Any) -> Spans | None:
        """Return the spans of a tensor; None if it does not depend on the input."""
        known = self._known.get(id(x))
        return None if known is None else known[1]

    def __call__(self, op: Any, operands: tuple[Any, ...], params: Mapping[str, Any], result: Any) -> None:
        """Set the spans of the results of an op."""
        known = [(x, spans) for x in operands if (spans := self.spans(x)) is not None]
        if not known:
            return
        rule = RULES.get(op.name, unchanged if op.kind == "elementwise" else whole)
        if op.name.startswith("convolution") and self.spans(operands[0]) is None:
            rule = whole  # filters that are computed from the input
        results = result if isinstance(result, tuple) else (result,)
        shapes = [tuple(getattr(x, "shape", ())) for x in operands]
        for part in results:
            lengths = ((1,) * self._axes + tuple(part.shape))[-self._axes :]
            found = [rule(Call(params, tuple(x.shape), shapes, tuple(part.shape)), spans) for x, spans in known]
            self.note(part, joined_spans(found, lengths))


def joined_spans(found: Sequence[Spans], lengths: Sequence[int]) -> Spans:
    """Return the spans of results that depend on several operands."""
    joined, *others = found
    for spans in others:
        joined = tuple(a.joined(b, length) for a, b, length in zip(joined, spans, lengths, strict=True))
    return joined
