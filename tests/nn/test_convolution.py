"""Convolutions and their transposes against plain loops in NumPy."""

from itertools import product

import numpy as np
import pytest
from helpers import assert_close, host, leaf, tensor

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
            ({"kernel_size": 0}, "kernel_size must be a positive integer"),
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


def spread(x, weight, stride, padding, extra, dilation, groups):
    """Add each element of images, times the filters, at its window's places, one element at a time."""
    per_in, per_out, kernel = weight.shape[0] // groups, weight.shape[1], weight.shape[2:]
    size = [
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, s, k, d, e in zip(x.shape[2:], stride, kernel, dilation, extra, strict=True)
    ]
    y = np.zeros((x.shape[0], per_out * groups, *size))
    for channel in range(x.shape[1]):
        group = channel // per_in
        part = y[:, group * per_out : (group + 1) * per_out]
        for place in product(*map(range, x.shape[2:])):
            window = tuple(
                slice(p * s, p * s + d * (k - 1) + 1, d)
                for p, s, d, k in zip(place, stride, dilation, kernel, strict=True)
            )
            element = x[(slice(None), channel, *place)].reshape(-1, 1, *[1] * len(kernel))
            part[(..., *window)] += element * weight[channel]
    return y[(..., *(slice(p, n - p) for p, n in zip(padding, size, strict=True)))]


TRANSPOSED = [
    (nn.ConvTranspose1d, (2, 4, 5), {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}),
    (nn.ConvTranspose1d, (2, 4, 5), {"kernel_size": 2, "dilation": 4, "output_padding": 3, "bias": False}),
    (nn.ConvTranspose1d, (2, 4, 5), {"kernel_size": 3, "dilation": 3, "padding": 2, "output_padding": 2}),
    (nn.ConvTranspose2d, (2, 4, 3, 4), {"kernel_size": (3, 2), "groups": 2, "stride": [2, 1], "padding": (1, 0)}),
    (nn.ConvTranspose2d, (1, 4, 3, 3), {"kernel_size": 4, "stride": 2, "padding": 1, "groups": 4}),
    (nn.ConvTranspose3d, (1, 2, 2, 3, 2), {"kernel_size": 2, "stride": (1, 2, 3), "output_padding": (0, 1, 2)}),
]


class TestTransposedConvolution:
    @pytest.mark.parametrize(("kind", "shape", "options"), TRANSPOSED)
    def test_value(self, kind, shape, options, rng):
        layer = kind(shape[1], 4, dtype=tl.float64, **options)
        x = rng.standard_normal(shape)
        expected = spread(
            x,
            host(layer.weight.detach()),
            layer.stride,
            layer.padding,
            layer.output_padding,
            layer.dilation,
            layer.groups,
        )
        if layer.bias is not None:
            expected += host(layer.bias.detach()).reshape(-1, *[1] * (x.ndim - 2))
        assert_close(layer(tensor(x)).detach(), expected)
        assert_close(layer(tensor(x[0])).detach(), expected[0])

    @pytest.mark.parametrize(
        "options", [{"stride": 2, "output_padding": 1}, {"dilation": 3, "padding": 1, "output_padding": 2, "groups": 2}]
    )
    def test_gradients(self, options, rng):
        x, w = leaf(rng.standard_normal((2, 2, 3, 2))), leaf(rng.standard_normal((2, 2, 2, 2)))
        b = leaf(rng.standard_normal(2 * options.get("groups", 1)))
        tl.check_gradients(lambda x, w, b: F.conv_transpose2d(x, w, b, **options), (x, w, b))

    def test_it_is_the_transpose(self, rng):
        x, w = rng.standard_normal((1, 2, 7, 7)), tensor(rng.standard_normal((3, 2, 3, 3)))
        y = F.conv2d(tensor(x), w, stride=2, padding=1)
        g = rng.standard_normal(y.shape)
        back = F.conv_transpose2d(tensor(g), w, stride=2, padding=1)
        assert (host(y) * g).sum() == pytest.approx((host(back) * x).sum())

    def test_output_size(self, rng):
        layer = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, dtype=tl.float64)
        x = tensor(rng.standard_normal((1, 2, 4, 4)))
        assert layer(x).shape == (1, 3, 7, 7)
        larger = layer(x, output_size=(8, 7))
        assert larger.shape == layer(x, output_size=(1, 3, 8, 7)).shape == (1, 3, 8, 7)
        assert layer(x.squeeze(axis=0), output_size=[3, 8, 8]).shape == (3, 8, 8)
        same = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=(1, 0), dtype=tl.float64)
        same.load_state_dict(layer.state_dict())
        assert_close(larger.detach(), host(same(x).detach()))
        with pytest.raises(ValueError, match=r"must be from \(7, 7\) to \(8, 8\)"):
            layer(x, output_size=(9, 7))
        with pytest.raises(ValueError, match="output_size must have 2 entries"):
            layer(x, output_size=(8, 8, 8))
        with pytest.raises(tl.ShapeError, match="expects 4 axes"):
            layer(tl.ones(4, 4), output_size=(8, 8))

    def test_parameters(self):
        layer = nn.ConvTranspose2d(6, 40, (5, 5), groups=2)
        assert {key: p.shape for key, p in layer.state_dict().items()} == {"weight": (6, 20, 5, 5), "bias": (40,)}
        bound = 1 / np.sqrt(20 * 25)
        weight = host(layer.weight.detach())
        assert abs(weight).max() <= bound
        assert weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)
        assert abs(host(layer.bias.detach())).max() <= bound

    def test_words(self):
        layer = nn.ConvTranspose1d(2, 4, 3, 2, 1, 1, groups=2, bias=False, dilation=3)
        expected = "2, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(3,), output_padding=(1,)"
        assert repr(layer) == f"ConvTranspose1d({expected}, groups=2, bias=False)"

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"padding_mode": "reflect"}, ValueError, "ConvTranspose2d: padding_mode must be 'zeros', not 'reflect'"),
            ({"padding": "same"}, TypeError, "padding must be a non-negative integer"),
            ({"padding": -1}, ValueError, "negative"),
            ({"groups": 2}, ValueError, "groups"),
            ({"output_padding": (1, 1, 1)}, ValueError, "1 or 2 entries"),
        ],
    )
    def test_settings_out_of_range(self, options, error, message):
        with pytest.raises(error, match=message):
            nn.ConvTranspose2d(3, 4, 3, **options)

    @pytest.mark.parametrize(
        ("shapes", "options", "error", "message"),
        [
            (((1, 2, 5, 5), (3, 4, 2, 2)), {}, tl.ShapeError, "conv_transpose2d: expects 3 channels on axis 1"),
            (((1, 5, 5, 3), (3, 4, 2, 2)), {}, tl.ShapeError, r"channels-last, which x.permute\(0, 3, 1, 2\)"),
            (((5, 6, 3), (3, 4, 2, 2)), {}, tl.ShapeError, r"axis 0 .* \(5, 6, 3\) has 5; .* x.permute\(2, 0, 1\)"),
            (((5, 5), (3, 4, 2, 2)), {}, tl.ShapeError, "2 spatial axes"),
            (((1, 3, 5, 5), (3, 4, 2, 2)), {"groups": 2}, tl.ShapeError, "3 input channels do not divide into 2"),
            (((1, 3, 5, 5), (3, 4, 2, 2), (3,)), {}, tl.ShapeError, r"bias of shape \(3,\).*must be \(4,\)"),
            (((1, 3, 1, 1), (3, 4, 2, 2)), {"padding": 1}, tl.ShapeError, "leave nothing"),
            (((1, 3, 5, 5), (3, 4, 2, 2)), {"output_padding": 1}, ValueError, "less than stride"),
            (((1, 3, 5, 5), (3, 4, 2, 2)), {"padding": -1}, ValueError, "negative"),
        ],
    )
    def test_errors(self, shapes, options, error, message):
        with pytest.raises(error, match=message):
            F.conv_transpose2d(*(tl.ones(shape) for shape in shapes), **options)
