"""Layers against formulas and plain loops in NumPy."""

from itertools import product

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
