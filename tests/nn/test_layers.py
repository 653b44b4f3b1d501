"""Layers against formulas and plain loops in NumPy."""

from itertools import product
from math import ceil

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def correlate(x, weight, stride, dilation, groups):
    """Cross-correlate padded images with filters, one output element at a time."""
    out_channels, _, *kernel = weight.shape
    out = [
        (size - d * (k - 1) - 1) // s + 1 for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    ]
    y = np.zeros((x.shape[0], out_channels, *out), x.dtype)
    per_group_in, per_group_out = x.shape[1] // groups, out_channels // groups
    for channel in range(out_channels):
        group = channel // per_group_out
        part = x[:, group * per_group_in : (group + 1) * per_group_in]
        for place in product(*map(range, out)):
            window = tuple(
                slice(p * s, p * s + d * (k - 1) + 1, d)
                for p, s, d, k in zip(place, stride, dilation, kernel, strict=True)
            )
            y[(slice(None), channel, *place)] = (part[(..., *window)] * weight[channel]).sum(tuple(range(1, part.ndim)))
    return y


CONVOLUTIONS = [
    (nn.Conv1d, (2, 4, 9), {"kernel_size": 3, "stride": 2, "padding": 1}, [(1, 1)]),
    (nn.Conv1d, (2, 4, 9), {"kernel_size": 4, "padding": "same"}, [(1, 2)]),
    (nn.Conv1d, (2, 4, 9), {"kernel_size": 3, "padding": "same", "dilation": 2}, [(2, 2)]),
    (nn.Conv2d, (2, 4, 7, 6), {"kernel_size": (3, 2), "padding": "valid", "groups": 2}, [(0, 0), (0, 0)]),
    (nn.Conv2d, (2, 4, 7, 6), {"kernel_size": 3, "stride": [2, 1], "padding": (1, 2)}, [(1, 1), (2, 2)]),
    (nn.Conv3d, (1, 2, 4, 3, 4), {"kernel_size": 2, "padding": 1, "bias": False}, [(1, 1)] * 3),
]


class TestConvolution:
    @pytest.mark.parametrize(("kind", "shape", "options", "padding"), CONVOLUTIONS)
    @pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
    def test_value(self, kind, shape, options, padding, mode, rng):
        layer = kind(shape[1], 4, padding_mode=mode, dtype=tl.float64, **options)
        x = rng.standard_normal(shape)
        names = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        padded = np.pad(x, [(0, 0), (0, 0), *padding], mode=names[mode])
        expected = correlate(padded, host(layer.weight.detach()), layer.stride, layer.dilation, layer.groups)
        if layer.bias is not None:
            expected += host(layer.bias.detach()).reshape(-1, *[1] * (x.ndim - 2))
        assert_close(layer(tensor(x)).detach(), expected)

    @pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
    def test_gradients(self, mode, rng):
        x = leaf(rng.standard_normal((2, 2, 5, 5)))
        w, b = leaf(rng.standard_normal((2, 2, 3, 3))), leaf(rng.standard_normal(2))

        def convolution(x, w, b):
            if mode != "zeros":
                x = F.pad(x, (1, 1, 1, 1), mode)
            return F.conv2d(x, w, b, padding=1 if mode == "zeros" else 0, stride=2)

        tl.check_gradients(convolution, (x, w, b))

    @pytest.mark.parametrize(("kind", "axes"), [(nn.Conv1d, 1), (nn.Conv2d, 2), (nn.Conv3d, 3)])
    def test_without_batch_axis(self, kind, axes, rng):
        layer = kind(2, 3, 2)
        x = tensor(rng.standard_normal((2, *[4] * axes)), dtype="float32")
        assert_close(layer(x).detach(), host(layer(x.unsqueeze(0)).detach())[0], rtol=1e-6)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"kernel_size": 3, "groups": 2}, "groups"),
            ({"kernel_size": 0}, "kernel_size must be positive"),
            ({"kernel_size": (3, 3, 3)}, "1 or 2 entries"),
            ({"kernel_size": 3, "padding": "some"}, "'same' or 'valid'"),
            ({"kernel_size": 3, "padding": "same", "stride": 2}, "stride"),
            ({"kernel_size": 3, "padding": -1}, "negative"),
            ({"kernel_size": 3, "padding_mode": "mirror"}, "padding_mode"),
        ],
    )
    def test_settings_out_of_range(self, options, message):
        with pytest.raises(ValueError, match=message):
            nn.Conv2d(3, 4, **options)

    def test_shape_error(self):
        with pytest.raises(tl.ShapeError, match="channels"):
            nn.Conv2d(3, 4, 3)(tl.ones(1, 2, 8, 8))


class TestPad:
    @pytest.mark.parametrize(
        ("mode", "options"),
        [("constant", {"value": 2.0}), ("reflect", {}), ("replicate", {}), ("circular", {})],
    )
    def test_value_and_gradient(self, mode, options, rng):
        x = rng.standard_normal((2, 4, 5))
        names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        more = {"constant_values": options["value"]} if options else {}
        expected = np.pad(x, [(0, 0), (2, 3), (1, 0)], mode=names[mode], **more)
        assert_same(F.pad(tensor(x), (1, 0, 2, 3), mode, **options), expected)
        tl.check_gradients(lambda x: F.pad(x, (1, 0, 2, 3), mode, **options), (leaf(x),))

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match=r"axis 0 of length 3 cannot be padded by \(3, 0\) in mode reflect"):
            F.pad(tl.ones(3), (3, 0), "reflect")
        with pytest.raises(tl.ShapeError, match="2 axes are to be padded"):
            F.pad(tl.ones(3), (1, 1, 1, 1))
        with pytest.raises(ValueError, match="two numbers"):
            F.pad(tl.ones(3), (1,))
        with pytest.raises(ValueError, match="mode must be"):
            F.pad(tl.ones(3), (1, 1), "mirror")


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


class TestPooling:
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


class TestBatchNorm:
    @pytest.mark.parametrize(
        ("kind", "shape"),
        [
            (nn.BatchNorm1d, (5, 3)),
            (nn.BatchNorm1d, (5, 3, 4)),
            (nn.BatchNorm2d, (5, 3, 4, 2)),
            (nn.BatchNorm3d, (2, 3, 2, 2, 3)),
        ],
    )
    def test_training_and_evaluation(self, kind, shape, rng):
        x = 2 + 3 * rng.standard_normal(shape)
        layer = kind(3, dtype=tl.float64)
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
        axes = (0, *range(2, x.ndim))
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        weight, bias = (host(p.detach()).reshape(mean.shape[1:]) for p in (layer.weight, layer.bias))

        expected = (x - mean) / np.sqrt(variance + layer.eps) * weight + bias
        assert_close(layer(tensor(x)).detach(), expected, rtol=1e-10)
        unbiased = x.var(axes, ddof=1)
        assert_close(layer.running_mean, 0.1 * mean.ravel())
        assert_close(layer.running_var, 0.9 + 0.1 * unbiased)
        assert layer.num_batches_tracked.item() == 1

        running_mean, running_var = (host(b).reshape(mean.shape[1:]) for b in (layer.running_mean, layer.running_var))
        expected = (x - running_mean) / np.sqrt(running_var + layer.eps) * weight + bias
        assert_close(layer.eval()(tensor(x)).detach(), expected, rtol=1e-10)
        assert layer.num_batches_tracked.item() == 1

    def test_mean_of_all_batches(self, rng):
        layer = nn.BatchNorm1d(2, momentum=None, dtype=tl.float64)
        batches = rng.standard_normal((3, 4, 2))
        for batch in batches:
            layer(tensor(batch))
        assert_close(layer.running_mean, batches.mean((0, 1)))
        assert_close(layer.running_var, batches.var(1, ddof=1).mean(0))

    def test_without_statistics(self, rng):
        layer = nn.BatchNorm1d(2, track_running_stats=False, affine=False).eval()
        assert not layer.state_dict()
        y = host(layer(tensor(rng.standard_normal((50, 2)), dtype="float32")))
        assert y.mean(0) == pytest.approx(0, abs=1e-6)

    def test_state_dict(self):
        keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
        assert list(nn.BatchNorm2d(3).state_dict()) == keys
        assert nn.BatchNorm2d(3).num_batches_tracked.shape == ()

    def test_reset(self, rng):
        layer = nn.BatchNorm1d(2)
        layer(tensor(rng.standard_normal((5, 2)), dtype="float32"))
        layer.reset_parameters()
        assert_same(layer.running_mean, np.zeros(2, "float32"))
        assert_same(layer.running_var, np.ones(2, "float32"))
        assert layer.num_batches_tracked.item() == 0

    @pytest.mark.parametrize("training", [True, False])
    def test_gradients(self, training, rng):
        x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((4, 2, 3), 2, 2))
        mean, variance = tensor(rng.standard_normal(2)), tensor(rng.uniform(1, 2, 2))

        def normalised(x, w, b):
            return F.batch_norm(x, mean.clone(), variance.clone(), w, b, training=training)

        tl.check_gradients(normalised, (x, w, b))

    def test_an_evaluation_graph_survives_training(self, rng):
        layer = nn.BatchNorm1d(2, dtype=tl.float64)
        x = leaf(rng.standard_normal((4, 2)))
        y = layer.eval()(x)
        layer.train()(x.detach())
        y.sum().backward()
        assert_close(x.grad, np.full((4, 2), 1 / np.sqrt(1 + 1e-5)))

    def test_errors(self):
        with pytest.raises(ValueError, match="more than one value per channel"):
            nn.BatchNorm1d(2)(tl.ones(1, 2))
        with pytest.raises(tl.ShapeError, match="BatchNorm2d expects 4 axes with 3 channels"):
            nn.BatchNorm2d(3)(tl.ones(2, 3))
        with pytest.raises(ValueError, match="needs running_mean"):
            F.batch_norm(tl.ones(2, 2), None, None)


class TestDropout:
    def test_part_and_scale(self):
        y = host(nn.Dropout(0.25)(tl.ones(100_000)))
        assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
        assert y.mean() == pytest.approx(1, abs=0.01)

    def test_gradient_is_the_mask(self):
        x = tl.ones(100, requires_grad=True)
        y = F.dropout(x, 0.5)
        y.sum().backward()
        assert_same(x.grad, host(y.detach()))

    def test_nothing_happens_in_evaluation(self):
        x = tl.ones(3)
        assert nn.Dropout().eval()(x) is x
        assert F.dropout(x, training=False) is x
        assert nn.Dropout(0.0)(x) is x

    def test_everything_dropped(self):
        assert not host(F.dropout(tl.ones(3), 1.0)).any()

    def test_seed(self):
        tl.manual_seed(3)
        first = host(F.dropout(tl.ones(50)))
        tl.manual_seed(3)
        assert_same(F.dropout(tl.ones(50)), first)

    @pytest.mark.parametrize("p", [-0.1, 1.1])
    def test_no_probability(self, p):
        with pytest.raises(ValueError, match=r"must be a number in \[0, 1\]"):
            nn.Dropout(p)
        with pytest.raises(ValueError, match=r"must be a number in \[0, 1\]"):
            F.dropout(tl.ones(1), p)


class TestLinear:
    def test_value(self, rng):
        layer = nn.Linear(3, 2, dtype=tl.float64)
        x = rng.standard_normal((4, 5, 3))
        expected = x @ host(layer.weight.detach()).T + host(layer.bias.detach())
        assert_close(layer(tensor(x)).detach(), expected)
        assert nn.Linear(3, 2, bias=False).bias is None

    def test_functional_takes_keywords(self):
        assert F.linear(tl.ones(1, 2), weight=tl.ones(1, 2), bias=tl.ones(1)).item() == 3


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (nn.ReLU(), lambda x: np.maximum(x, 0)),
        (nn.Tanh(), np.tanh),
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Softmax(axis=1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
        (nn.LogSoftmax(axis=0), lambda x: x - np.log(np.exp(x).sum(0, keepdims=True))),
        (nn.Identity(3, unused=True), lambda x: x),
        (nn.Flatten(0, 1), lambda x: x.reshape(-1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_activations(layer, function, rng):
    x = rng.standard_normal((3, 4))
    assert_close(layer(tensor(x)), function(x))


def test_functional_activations(rng):
    x = tensor(rng.standard_normal((3, 4)))
    for name in ("relu", "tanh", "sigmoid", "softmax", "log_softmax"):
        assert_same(getattr(F, name)(x), host(getattr(tl, name)(x)))
    assert F.softmax(x, axis=0, dtype=tl.float32).dtype == tl.float32
