"""Folding and shuffling: windows as columns and back, channels as pixels and back."""

from itertools import product

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def windows(x, kernel, dilation, padding, stride):
    """Return the windows of images as columns, one at a time."""
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    columns = [
        x[:, :, i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]].reshape(len(x), -1)
        for i in range(0, x.shape[2] - reach[0] + 1, stride[0])
        for j in range(0, x.shape[3] - reach[1] + 1, stride[1])
    ]
    return np.stack(columns, -1)


class TestFolding:
    @pytest.mark.parametrize(
        "geometry",
        [((2, 3), (1, 1), (0, 0), (1, 1)), ((3, 2), (1, 2), (1, 0), (2, 1)), ((1, 1), (1, 1), (0, 1), (2, 2))],
    )
    def test_unfold(self, geometry, rng):
        x = rng.standard_normal((2, 3, 5, 6))
        expected = windows(x, *geometry)
        assert_same(nn.Unfold(*geometry)(tensor(x)), expected)
        assert_same(nn.Unfold(*map(list, geometry))(tensor(x[0])), expected[0])

    def test_fold_counts_the_windows_over_each_pixel(self, rng):
        x = rng.standard_normal((2, 3, 5, 6))
        columns = F.unfold(tensor(x), 3, padding=1)
        counts = np.outer([2, 3, 3, 3, 2], [2, 3, 3, 3, 3, 2])
        assert_close(nn.Fold((5, 6), 3, padding=1)(columns), x * counts)
        assert_close(nn.Fold((5, 6), 3, padding=1)(columns[0]), x[0] * counts)

    def test_fold_undoes_unfold_without_overlap(self, rng):
        x = rng.standard_normal((1, 2, 4, 6))
        assert_same(F.fold(F.unfold(tensor(x), (2, 3), stride=(2, 3)), (4, 6), (2, 3), stride=(2, 3)), x)

    def test_gradients(self, rng):
        tl.check_gradients(lambda x: F.unfold(x, (2, 3), 1, 1, 2), (leaf(rng.standard_normal((2, 2, 3, 4))),))
        tl.check_gradients(lambda x: F.fold(x, (3, 4), 2, 1, 1, 2), (leaf(rng.standard_normal((1, 4, 6))),))

    def test_convolution_is_a_product_with_unfold(self, rng):
        x, w = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((4, 3, 3, 3))
        columns = F.unfold(tensor(x), 3, padding=1, stride=2)
        product = tensor(w).reshape(4, 27) @ columns
        assert_close(product.reshape(2, 4, 3, 3), host(F.conv2d(tensor(x), tensor(w), padding=1, stride=2)))

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda: F.unfold(tl.ones(1, 1, 2, 2), 3), tl.ShapeError, "unfold: a window of length 3 does not fit"),
            (lambda: F.unfold(tl.ones(2, 2), 3), tl.ShapeError, r"unfold: images .* not shape \(2, 2\)"),
            (lambda: F.unfold(tl.ones(1, 1, 2, 2), 0), ValueError, "kernel_size must be positive"),
            (lambda: F.unfold(tl.ones(1, 1, 2, 2), 1, padding=-1), ValueError, "negative"),
            (lambda: F.fold(tl.ones(1, 5, 4), 3, 2), tl.ShapeError, "multiple of the window's 4"),
            (lambda: F.fold(tl.ones(1, 4, 5), 3, 2), tl.ShapeError, r"each of the 4 windows \(2, 2\)"),
            (lambda: F.fold(tl.ones(1, 1, 4, 4), 3, 2), tl.ShapeError, "with or without batch"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call()

    def test_repr(self):
        assert repr(nn.Unfold((2, 3))) == "Unfold(kernel_size=(2, 3), dilation=1, padding=0, stride=1)"
        expected = "Fold(output_size=4, kernel_size=2, dilation=1, padding=0, stride=(1, 2))"
        assert repr(nn.Fold(4, 2, stride=(1, 2))) == expected


class TestShuffling:
    @pytest.mark.parametrize("lead", [(), (2,), (2, 1)])
    def test_pixels(self, lead, rng):
        x = rng.standard_normal((*lead, 12, 3, 2))
        y = host(nn.PixelShuffle(2)(tensor(x)))
        assert y.shape == (*lead, 3, 6, 4)
        for channel, i, j in product(range(3), range(2), range(2)):
            assert_same(tensor(y[..., channel, i::2, j::2]), x[..., 4 * channel + 2 * i + j, :, :])
        assert_same(nn.PixelUnshuffle(2)(tensor(y)), x)

    def test_channels(self, rng):
        x = rng.standard_normal((2, 6, 3))
        assert_same(nn.ChannelShuffle(3)(tensor(x)), x[:, [0, 2, 4, 1, 3, 5]])

    def test_gradients(self, rng):
        x = leaf(rng.standard_normal((1, 4, 2, 2)))
        tl.check_gradients(lambda x: F.pixel_shuffle(x, 2), (x,))
        tl.check_gradients(lambda x: F.pixel_unshuffle(x, 2), (x,))
        tl.check_gradients(lambda x: F.channel_shuffle(x, 2), (x,))

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda: F.pixel_shuffle(tl.ones(1, 3, 2, 2), 2), tl.ShapeError, "3 channels.*do not divide"),
            (lambda: F.pixel_shuffle(tl.ones(3, 2), 2), tl.ShapeError, "at least 3 axes"),
            (lambda: F.pixel_shuffle(tl.ones(1, 4, 2, 2), 0), ValueError, "upscale_factor must be positive"),
            (lambda: F.pixel_unshuffle(tl.ones(1, 3, 2, 3), 2), tl.ShapeError, "width 3"),
            (lambda: F.channel_shuffle(tl.ones(1, 3, 2), 2), tl.ShapeError, "3 channels.*2 groups"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call()

    def test_repr(self):
        assert repr(nn.PixelShuffle(2)) == "PixelShuffle(upscale_factor=2)"
        assert repr(nn.PixelUnshuffle(2)) == "PixelUnshuffle(downscale_factor=2)"
        assert repr(nn.ChannelShuffle(2)) == "ChannelShuffle(groups=2)"
