"""Pooling to a given size, by norms, at random and back: against plain loops over windows and closed forms."""

from itertools import product
from math import ceil, floor, inf, nan

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, native, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def distinct(rng, *shape):
    """Return numbers far enough apart that finite differences change no order."""
    return rng.permutation(np.prod(shape, dtype=int)).reshape(shape) / 4 - 3.0


def adaptive(x, size):
    """Yield, for each place of the result, its windows' elements and their places in the channel."""
    spatial = x.shape[2:]
    for place in product(*map(range, size)):
        ranges = [
            range(floor(i * length / n), ceil((i + 1) * length / n))
            for i, n, length in zip(place, size, spatial, strict=True)
        ]
        elements = x[(slice(None), slice(None), *np.ix_(*ranges))].reshape(*x.shape[:2], -1)
        yield place, elements, np.array([np.ravel_multi_index(p, spatial) for p in product(*ranges)])


ADAPTIVE = [
    ((2, 2, 9), (3,)),
    ((2, 2, 9), (4,)),
    ((2, 1, 5), (8,)),
    ((2, 2, 3), (1,)),
    ((1, 2, 300), (133,)),
    ((2, 2, 6, 8), (3, 2)),
    ((2, 2, 7, 8), (3, 4)),
    ((1, 2, 5, 4), (5, 6)),
    ((2, 2, 5, 4), (1, 1)),
    ((1, 2, 4, 6, 5), (2, 2, 5)),
    ((1, 2, 4, 5, 3), (3, 2, 4)),
    ((1, 2, 2, 3, 2), (1, 1, 1)),
]


class TestAdaptivePooling:
    @pytest.mark.parametrize(("shape", "size"), ADAPTIVE)
    def test_value(self, shape, size, rng):
        x, axes = distinct(rng, *shape), len(size)
        means, maxima = np.zeros((*shape[:2], *size)), np.zeros((*shape[:2], *size))
        places = np.zeros(maxima.shape, int)
        for place, elements, numbers in adaptive(x, size):
            here = (slice(None), slice(None), *place)
            means[here], maxima[here] = elements.mean(-1), elements.max(-1)
            places[here] = numbers[elements.argmax(-1)]
        assert_close(getattr(nn, f"AdaptiveAvgPool{axes}d")(size)(tensor(x)), means)
        values, found = getattr(nn, f"AdaptiveMaxPool{axes}d")(size, return_indices=True)(tensor(x))
        assert_same(values, maxima)
        assert_same(found, places)
        assert found.dtype == tl.int64
        assert_same(getattr(F, f"adaptive_max_pool{axes}d")(tensor(x[0]), size), maxima[0])

    @pytest.mark.parametrize(("shape", "size"), [case for case in ADAPTIVE if np.prod(case[0]) < 300])
    def test_gradients(self, shape, size, rng):
        x, axes = leaf(distinct(rng, *shape)[:1]), len(size)
        tl.check_gradients(lambda x: getattr(F, f"adaptive_avg_pool{axes}d")(x, size), (x,))
        tl.check_gradients(lambda x: getattr(F, f"adaptive_max_pool{axes}d")(x, size), (x,))

    def test_none_keeps_an_axis(self, rng):
        x = distinct(rng, 1, 2, 4, 6)
        assert_close(F.adaptive_avg_pool2d(tensor(x), (None, 3)), x.reshape(1, 2, 4, 3, 2).mean(-1))
        assert_same(F.adaptive_max_pool2d(tensor(x), (2, None)), x.reshape(1, 2, 2, 2, 6).max(3))
        assert_same(F.adaptive_max_pool2d(tensor(x), None), x)

    def test_ties_and_nan(self):
        values, places = F.adaptive_max_pool1d(tensor([[[1.0, 2.0, 2.0, 0.0, nan]]]), 2, return_indices=True)
        assert_same(values, [[[2.0, nan]]])
        assert_same(places, [[[1, 4]]])
        x = leaf([[[3.0, 3.0, 1.0]]])
        F.global_max_pool1d(x).sum().backward()
        assert_same(x.grad, [[[1.0, 0.0, 0.0]]])

    def test_infinities_stay_in_their_windows(self):
        """Lengths for both ways to add: slices, and gathered elements."""
        for length, n in ((5, 3), (299, 100)):
            x = np.ones((1, 1, length))
            x[0, 0, 0], x[0, 0, -1] = inf, nan
            assert_same(F.adaptive_avg_pool1d(tensor(x), n), [[[inf, *[1.0] * (n - 2), nan]]])

    def test_data_types(self):
        for dtype in ("float32", "float64"):
            x = tensor(np.ones((1, 2, 7, 6)), dtype=dtype)
            for size in (1, (7, 3), (3, 4)):
                assert str(F.adaptive_avg_pool2d(x, size).dtype) == dtype
                assert str(F.adaptive_max_pool2d(x, size).dtype) == dtype

    def test_arrays_give_arrays(self, rng):
        x = distinct(rng, 1, 2, 7, 6)
        for size in (1, (7, 3), (3, 4)):
            found = F.adaptive_avg_pool2d(native(x), size), *F.adaptive_max_pool2d(native(x), size, True)
            expected = F.adaptive_avg_pool2d(tensor(x), size), *F.adaptive_max_pool2d(tensor(x), size, True)
            for a, b in zip(found, expected, strict=True):
                assert not isinstance(a, tl.Tensor)
                assert_same(a, host(b))

    def test_refused(self):
        x = tl.ones(1, 2, 4, 4)
        with pytest.raises(ValueError, match=r"^adaptive_avg_pool2d: output_size must be a number or have 2 entries"):
            F.adaptive_avg_pool2d(x, (1, 2, 3))
        with pytest.raises(ValueError, match=r"^adaptive_max_pool2d: output_size must have integers >= 0"):
            F.adaptive_max_pool2d(x, -1)
        with pytest.raises(tl.ShapeError, match=r"^adaptive_avg_pool3d: pooling over 3 axes expects .*\(4, 4\)"):
            F.adaptive_avg_pool3d(tl.ones(4, 4), 1)
        with pytest.raises(tl.ShapeError, match="no elements along a spatial axis"):
            F.adaptive_avg_pool2d(tl.ones(1, 2, 0, 4), 1)
        with pytest.raises(TypeError, match="adaptive_max_pool2d: input is complex64, but must be"):
            F.adaptive_max_pool2d(tl.ones(1, 2, 4, 4, dtype=tl.complex64), 3)
        with pytest.raises(
            TypeError, match="adaptive_avg_pool2d: input is int64, but must be of a floating-point type"
        ):
            F.adaptive_avg_pool2d(tl.ones(1, 2, 4, 4, dtype=tl.int64), 3)


class TestGlobalPooling:
    @pytest.mark.parametrize("axes", [1, 2, 3])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_value_and_gradients(self, axes, keepdims, rng):
        x = distinct(rng, 2, 3, *(2, 3, 4)[:axes])
        over = tuple(range(2, 2 + axes))
        for name, reduce in (("Avg", np.mean), ("Max", np.max)):
            layer = getattr(nn, f"Global{name}Pool{axes}d")(keepdims=keepdims)
            assert_close(layer(tensor(x)), reduce(x, axis=over, keepdims=keepdims))
            assert_same(layer(tensor(x[0])), host(layer(tensor(x)))[0])
            assert repr(layer) == f"Global{name}Pool{axes}d(keepdims={keepdims})"
            tl.check_gradients(layer, (leaf(x),))

    def test_refused(self):
        with pytest.raises(tl.ShapeError, match="global_avg_pool2d: pooling over 2 axes"):
            nn.GlobalAvgPool2d()(tl.ones(3, 4))
        with pytest.raises(tl.ShapeError, match="no elements"):
            nn.GlobalMaxPool1d()(tl.ones(3, 4, 0))


class TestNormPooling:
    @pytest.mark.parametrize("axes", [1, 2, 3])
    @pytest.mark.parametrize("p", [1, 2, 3, 0.5, -1, inf, -inf])
    def test_value_and_gradients(self, axes, p, rng):
        x = distinct(rng, 1, 2, *(4,) * axes) + 4
        blocks = x.reshape(1, 2, *(2, 2) * axes)
        blocks = np.moveaxis(blocks, range(3, 2 + 2 * axes, 2), range(-axes, 0)).reshape(1, 2, *(2,) * axes, -1)
        if abs(p) == inf:
            expected = blocks.max(-1) if p > 0 else blocks.min(-1)
        else:
            expected = (blocks**p).sum(-1) ** (1 / p)
        layer = getattr(nn, f"LPPool{axes}d")(p, 2)
        assert_close(layer(tensor(x)), expected)
        tl.check_gradients(layer, (leaf(x),))

    def test_no_gradient_where_the_sum_is_zero(self):
        for p in (1, 2, 3):
            x = leaf(np.zeros((1, 1, 4)))
            y = F.lp_pool1d(x, p, 2)
            y.sum().backward()
            assert_same(y.detach(), np.zeros((1, 1, 2)))
            assert_same(x.grad, np.zeros((1, 1, 4)))

    def test_stride_and_overhanging_windows(self):
        x = tensor([[[3.0, 4.0, 1.0, 2.0, 6.0]]])
        assert_close(F.lp_pool1d(x, 1, 3, 2), [[[8.0, 9.0]]])
        # The last of three windows, [6], counts as if it were full of elements like the one that it has.
        assert_close(F.lp_pool1d(x, 1, 2, ceil_mode=True), [[[7.0, 3.0, 12.0]]])

    def test_refused(self):
        with pytest.raises(ValueError, match=r"^lp_pool2d: norm_type must not be zero"):
            F.lp_pool2d(tl.ones(1, 1, 4, 4), 0, 2)
        with pytest.raises(ValueError, match=r"^LPPool1d: norm_type must not be zero"):
            nn.LPPool1d(0, 2)
        with pytest.raises(tl.ShapeError, match="does not fit"):
            nn.LPPool1d(2, 5)(tl.ones(1, 1, 4))


class TestChannelMaxPool:
    @pytest.mark.parametrize(
        ("shape", "axis"), [((2, 6), 1), ((2, 6, 3), 1), ((2, 6, 3, 2), 1), ((6, 3), 0), ((2, 6), -1)]
    )
    def test_value_and_gradients(self, shape, axis, rng):
        x = distinct(rng, *shape)
        expected = np.max([np.take(x, range(i, 6, 3), axis=axis) for i in range(3)], axis=0)
        assert_same(nn.ChannelMaxPool(3, axis)(tensor(x)), expected)
        tl.check_gradients(lambda x: F.channel_max_pool(x, 3, axis), (leaf(x),))

    def test_refused(self):
        with pytest.raises(tl.ShapeError, match=r"^channel_max_pool: 6 channels on axis 1 .* groups of 4"):
            nn.ChannelMaxPool(4)(tl.ones(1, 6))
        with pytest.raises(ValueError, match="positive"):
            nn.ChannelMaxPool(0)
        with pytest.raises(ValueError, match="positive"):
            F.channel_max_pool(tl.ones(1, 6), 0)

    def test_repr(self):
        assert repr(nn.ChannelMaxPool(2)) == "ChannelMaxPool(kernel_size=2, axis=1)"


def intervals(sample, length, count, kernel):
    """Return where the windows of fractional pooling begin, from the formula in numbers."""
    if count == 1:
        return [length - kernel]
    step = (length - kernel) / (count - 1)
    return [int((i + sample) * step) - int(sample * step) for i in range(count - 1)] + [length - kernel]


class TestFractionalPooling:
    @pytest.mark.parametrize(
        ("shape", "kernel", "size"),
        [((2, 3, 9, 7), (2, 3), (5, 4)), ((2, 3, 6, 7), (2, 2), (1, 6)), ((2, 2, 5, 6, 7), (2, 1, 3), (3, 4, 2))],
    )
    def test_value_and_gradients(self, shape, kernel, size, rng):
        x, axes = distinct(rng, *shape), len(size)
        samples = rng.random((*shape[:2], axes))
        expected, places = np.zeros((*shape[:2], *size)), np.zeros((*shape[:2], *size), int)
        for n, c in np.ndindex(shape[:2]):
            drawn = samples[n, c][::-1] if axes == 2 else samples[n, c]
            starts = [intervals(*each) for each in zip(drawn, shape[2:], size, kernel, strict=True)]
            for place in np.ndindex(size):
                corner = [along[i] for along, i in zip(starts, place, strict=True)]
                inside = tuple(slice(s, s + k) for s, k in zip(corner, kernel, strict=True))
                window = x[(n, c, *inside)]
                at = np.add(corner, np.unravel_index(window.argmax(), kernel))
                expected[(n, c, *place)], places[(n, c, *place)] = window.max(), np.ravel_multi_index(at, shape[2:])
        pool = getattr(F, f"fractional_max_pool{axes}d")
        options = {"output_size": size, "return_indices": True}
        values, found = pool(tensor(x), kernel, **options, _random_samples=tensor(samples))
        assert_same(values, expected)
        assert_same(found, places)
        layer = getattr(nn, f"FractionalMaxPool{axes}d")(kernel, size, _random_samples=tensor(samples[1:]))
        assert_same(layer(tensor(x[1])), expected[1])
        tl.check_gradients(lambda x: pool(x, kernel, size, _random_samples=tensor(samples)), (leaf(x),))

    def test_windows_are_drawn_at_random(self):
        """Each channel for itself, from the default generator; distances are the two integers around their mean."""
        x = tensor(np.broadcast_to(np.arange(100.0), (1, 400, 1, 100)).copy())
        layer = nn.FractionalMaxPool2d(1, (1, 70))
        tl.manual_seed(3)
        first = host(layer(x))
        assert not np.array_equal(first, host(layer.eval()(x)))
        tl.manual_seed(3)
        assert_same(layer(x), first)
        starts = first[0, :, 0]
        assert_same(tensor(starts[:, 0]), np.zeros(400))
        assert_same(tensor(starts[:, -1]), np.full(400, 99.0))
        assert set(np.unique(np.diff(starts[:, :-1]))) == {1.0, 2.0}
        assert len(np.unique(starts, axis=0)) > 10
        evenly = np.mean([intervals((i + 0.5) / 1000, 100, 70, 1) for i in range(1000)], axis=0)
        assert_close(tensor(starts.mean(0)), evenly, rtol=0, atol=5 * 0.5 / np.sqrt(400))

    def test_ratio(self):
        assert F.fractional_max_pool2d(tl.ones(2, 3, 9, 7), 2, output_ratio=0.5).shape == (2, 3, 4, 3)
        layer = nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0.3, 0.9))
        assert layer(tl.ones(3, 6, 7, 11)).shape == (3, 3, 2, 9)

    def test_state(self):
        samples = tl.rand(1, 3, 2)
        layer = nn.FractionalMaxPool2d(2, 3, _random_samples=samples)
        assert list(layer.state_dict()) == ["_random_samples"]
        assert not nn.FractionalMaxPool2d(2, 3).state_dict()

    def test_refused(self):
        x = tl.ones(1, 2, 5, 5)
        for pool in (nn.FractionalMaxPool2d, lambda *args, **options: F.fractional_max_pool2d(x, *args, **options)):
            with pytest.raises(ValueError, match="give output_size or output_ratio"):
                pool(2)
            with pytest.raises(ValueError, match=r"output_ratio must be a number in \(0, 1\)"):
                pool(2, output_ratio=(0.5, 1.5))
            with pytest.raises(ValueError, match=r"output_size must be (a )?positive"):
                pool(2, 0)
        with pytest.raises(ValueError, match=r"^FractionalMaxPool3d: give output_size or output_ratio, not both"):
            nn.FractionalMaxPool3d(2, 2, 0.5)
        with pytest.raises(tl.ShapeError, match=r"^fractional_max_pool2d: 5 windows of length 2 .* axis -2 .*can be 4"):
            F.fractional_max_pool2d(x, 2, 5)
        with pytest.raises(tl.ShapeError, match=r"_random_samples must have the shape \(1, 2, 2\), not \(1, 2, 3\)"):
            F.fractional_max_pool2d(x, 2, 3, _random_samples=tl.rand(1, 2, 3))


class TestUnpooling:
    @pytest.mark.parametrize(
        ("shape", "options"),
        [
            ((2, 2, 9), {"kernel_size": 3, "stride": 3}),
            ((2, 2, 7, 6), {"kernel_size": (2, 3)}),
            ((1, 2, 7, 6), {"kernel_size": 2, "stride": 3, "padding": 1}),
            ((1, 2, 4, 5, 3), {"kernel_size": (2, 2, 1), "stride": 2}),
        ],
    )
    def test_maxima_return_to_their_places(self, shape, options, rng):
        x, axes = distinct(rng, *shape) + 100, len(shape) - 2
        pooled, places = getattr(F, f"max_pool{axes}d")(tensor(x), **options, return_indices=True)
        layer = getattr(nn, f"MaxUnpool{axes}d")(**options)
        expected = np.where(np.isin(x, host(pooled)), x, 0)  # the numbers of all channels differ
        for size in (shape[2:], shape):
            assert_same(layer(pooled, places, output_size=size), expected)
        assert_same(layer(pooled[0], places[0], shape[2:]), expected[0])
        function = getattr(F, f"max_unpool{axes}d")
        tl.check_gradients(lambda y: function(y, places, **options, output_size=shape[2:]), (leaf(host(pooled)),))

    def test_a_place_that_occurs_twice(self):
        y, places = leaf([[[1.0, 2.0, 3.0]]]), tensor([[[4, 0, 4]]])
        x = F.max_unpool1d(y, places, 2)
        assert_same(x.detach(), [[[2.0, 0.0, 0.0, 0.0, 3.0, 0.0]]])
        (x * tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]])).sum().backward()
        assert_same(y.grad, [[[5.0, 1.0, 5.0]]])

    def test_default_size(self):
        y, places = tl.ones(1, 1, 3), tensor([[[0, 1, 2]]])
        assert F.max_unpool1d(y, places, 3, 2, 1).shape == (1, 1, 5)
        assert F.max_unpool1d(y, places, 3, 2, 1, output_size=6).shape == (1, 1, 6)

    def test_refused(self):
        y, places = tl.ones(1, 1, 3), tensor([[[0, 1, 2]]])
        with pytest.raises(ValueError, match=r"^max_unpool1d: output_size \(8,\) .* entry 0 must lie between 5 and 7"):
            F.max_unpool1d(y, places, 2, output_size=(8,))
        with pytest.raises(ValueError, match="output_size must have 1 or 3 entries, not 2"):
            F.max_unpool1d(y, places, 2, output_size=(6, 6))
        with pytest.raises(tl.ShapeError, match=r"^max_unpool1d: indices of shape"):
            F.max_unpool1d(y, places[..., :2], 2)
        with pytest.raises(TypeError, match=r"^max_unpool1d: indices is float32, but must be"):
            F.max_unpool1d(y, y, 2)
        with pytest.raises(tl.ShapeError, match="pooling over 2 axes expects"):
            F.max_unpool2d(y[0], places[0], 2)
        with pytest.raises(ValueError, match="padding must be a non-negative integer"):
            nn.MaxUnpool1d(2, padding=-1)
        with pytest.raises(IndexError):
            F.max_unpool1d(y, tensor([[[0, 1, 6]]]), 2)


class TestWindowsOfAGivenSize:
    """Types, forms of arguments, and errors."""

    def test_places_far_apart(self):
        """Places count further than the small integers in which a window's are remembered."""
        x = np.zeros((1, 1, 1200))
        x[0, 0, 900] = 1.0
        values, places = F.max_pool1d(tensor(x), 4, 1, 0, 300, return_indices=True)
        assert_same(values[..., 0], [[1.0]])
        assert_same(places[..., 0], [[900]])

    def test_arrays_give_arrays(self, rng):
        x = distinct(rng, 1, 2, 5, 5)
        options = {"padding": 1, "ceil_mode": True}
        found = F.max_pool2d(native(x), 3, return_indices=True, **options)
        expected = F.max_pool2d(tensor(x), 3, return_indices=True, **options)
        found += (F.avg_pool2d(native(x), 3, count_include_pad=False, **options),)
        expected += (F.avg_pool2d(tensor(x), 3, count_include_pad=False, **options),)
        for a, b in zip(found, expected, strict=True):
            assert not isinstance(a, tl.Tensor)
            assert_same(a, host(b))

    def test_one_number_in_a_list_is_for_all_axes(self, rng):
        x = tensor(distinct(rng, 1, 2, 5, 5))
        assert_same(F.avg_pool2d(x, [3], [2], [1]), host(F.avg_pool2d(x, 3, 2, 1)))
        assert_same(F.max_pool2d(x, [3], [2], [1], [1]), host(F.max_pool2d(x, 3, 2, 1)))

    def test_negative_divisor_and_divisors_of_overhanging_windows(self):
        x = tensor(np.arange(9.0).reshape(1, 1, 3, 3))
        found = F.avg_pool2d(x, 2, ceil_mode=True, divisor_override=-2)
        assert_close(found, [[[[-4.0, -3.5], [-6.5, -4.0]]]])

    def test_refused(self):
        with pytest.raises(tl.ShapeError, match=r"^max_pool2d: pooling over 2 axes expects .*not shape \(4, 4\)"):
            F.max_pool2d(tl.ones(4, 4), 2)
        with pytest.raises(
            tl.ShapeError, match=r"^avg_pool2d: .*a window of length 7 .*channels-last, which x.permute"
        ):
            F.avg_pool2d(tl.ones(2, 8, 8, 3), 7)
        with pytest.raises(ValueError, match=r"^max_pool1d: padding must be at most half the window"):
            F.max_pool1d(tl.ones(1, 1, 8), 2, padding=2)
        with pytest.raises(TypeError, match=r"^max_pool1d: input is complex64, but must be"):
            F.max_pool1d(tl.ones(1, 1, 8, dtype=tl.complex64), 2)
        with pytest.raises(TypeError, match=r"^avg_pool1d: input is int64, but must be of a floating-point type"):
            F.avg_pool1d(tl.ones(1, 1, 8, dtype=tl.int64), 2)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.AvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
        (nn.AvgPool2d(2, 1), "AvgPool2d(kernel_size=2, stride=1, padding=0)"),
        (nn.LPPool2d(1.5, 3), "LPPool2d(norm_type=1.5, kernel_size=3, stride=None, ceil_mode=False)"),
        (nn.AdaptiveAvgPool2d((None, 3)), "AdaptiveAvgPool2d(output_size=(None, 3))"),
        (nn.AdaptiveMaxPool1d(3, True), "AdaptiveMaxPool1d(output_size=3)"),
        (nn.MaxUnpool2d((2, 3), 1), "MaxUnpool2d(kernel_size=(2, 3), stride=(1, 1), padding=(0, 0))"),
        (nn.FractionalMaxPool2d(2, 3), "FractionalMaxPool2d()"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text
    assert not layer.state_dict()


def pooled(x, kernel, stride, padding, dilation, ceil_mode, reduce):
    """Pool images one window at a time; `reduce` gets the window's elements, places and extent."""
    sizes, out = x.shape[2:], []
    for size, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        span = size + 2 * p - d * (k - 1) - 1
        count = (ceil(span / s) if ceil_mode else span // s) + 1
        out.append(count - (ceil_mode and (count - 1) * s >= size + p))
    y = np.zeros((*x.shape[:2], *out))
    for place in product(*map(range, out)):
        starts = [o * s - p for o, s, p in zip(place, stride, padding, strict=True)]
        inside = [
            [i for i in range(start, start + d * k, d) if 0 <= i < size]
            for start, k, d, size in zip(starts, kernel, dilation, sizes, strict=True)
        ]
        with_padding = np.prod(
            [min(start + k, size + p) - start for start, k, size, p in zip(starts, kernel, sizes, padding, strict=True)]
        )
        elements = x[(slice(None), slice(None), *np.ix_(*inside))].reshape(*x.shape[:2], -1)
        places = [np.ravel_multi_index(i, sizes) for i in product(*inside)]
        y[(slice(None), slice(None), *place)] = reduce(elements, np.array(places), with_padding)
    return y


POOLS = [
    (1, (2, 2, 9), (3,), (2,), (1,), (1,)),
    (1, (2, 2, 8), (2,), (3,), (0,), (2,)),
    (2, (2, 2, 7, 8), (3, 2), (2, 3), (1, 1), (1, 2)),
    (2, (1, 2, 5, 5), (2, 2), (2, 2), (0, 0), (1, 1)),
    (3, (1, 1, 5, 4, 5), (2, 3, 2), (2, 2, 2), (1, 1, 0), (1, 1, 1)),
]


class TestAgainstLoops:
    @pytest.mark.parametrize("ceil_mode", [False, True])
    @pytest.mark.parametrize(("axes", "shape", "kernel", "stride", "padding", "dilation"), POOLS)
    def test_maximum(self, axes, shape, kernel, stride, padding, dilation, ceil_mode, rng):
        x = rng.standard_normal(shape)
        layer = getattr(nn, f"MaxPool{axes}d")(kernel, stride, padding, dilation, True, ceil_mode)
        values, places = layer(tensor(x))
        geometry = (x, kernel, stride, padding, dilation, ceil_mode)
        assert_same(values, pooled(*geometry, lambda e, places, n: e.max(-1)))
        assert_same(places, pooled(*geometry, lambda e, places, n: places[e.argmax(-1)]))
        assert places.dtype == tl.int64

    @pytest.mark.parametrize("ceil_mode", [False, True])
    @pytest.mark.parametrize("with_padding", [False, True])
    @pytest.mark.parametrize(("axes", "shape", "kernel", "stride", "padding"), [case[:5] for case in POOLS])
    def test_mean(self, axes, shape, kernel, stride, padding, with_padding, ceil_mode, rng):
        x = rng.standard_normal(shape)
        layer = getattr(nn, f"AvgPool{axes}d")(kernel, stride, padding, ceil_mode, with_padding)
        ones = (1,) * axes

        def mean(elements, places, size):
            return elements.sum(-1) / (size if with_padding else elements.shape[-1])

        assert_close(layer(tensor(x)), pooled(x, kernel, stride, padding, ones, ceil_mode, mean))

    def test_divisor(self, rng):
        x = rng.standard_normal((1, 1, 4, 4))
        expected = x.reshape(1, 1, 2, 2, 2, 2).sum((3, 5)) / 3
        assert_close(nn.AvgPool2d(2, divisor_override=3)(tensor(x)), expected)
        with pytest.raises(ValueError, match="divisor_override"):
            F.avg_pool2d(tl.ones(1, 1, 4, 4), 2, divisor_override=0)

    def test_gradients(self, rng):
        x = leaf(rng.permutation(64.0 * np.arange(49)).reshape(1, 1, 7, 7) / 64)
        tl.check_gradients(lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (x,))
        tl.check_gradients(lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), (x,))

    @pytest.mark.parametrize("kind", [nn.MaxPool2d, nn.AvgPool2d])
    def test_without_batch_axis(self, kind, rng):
        x = tensor(rng.standard_normal((3, 6, 6)))
        assert_same(kind(2)(x), host(kind(2)(x.unsqueeze(0)))[0])

    def test_settings_out_of_range(self):
        with pytest.raises(ValueError, match="at most half the window"):
            F.max_pool2d(tl.ones(1, 1, 8, 8), 2, padding=2)
        with pytest.raises(tl.ShapeError, match="does not fit"):
            nn.MaxPool2d(9)(tl.ones(1, 1, 8, 8))
