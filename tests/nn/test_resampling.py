"""Interpolation and sampling on grids, against formulas in NumPy."""

from itertools import product

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def continued(x, centres, reach, weigh):
    """Weigh all elements of the last axis, continued at both ends, by their distance to each centre."""
    places = np.arange(-reach, x.shape[-1] + reach)
    weights = weigh(places - centres[:, None])
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(reach, reach)], mode="edge") @ weights.T


def triangle(distance):
    return np.maximum(0, 1 - abs(distance))


def cubic(distance, a):
    d = abs(distance)
    inner, outer = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d <= 1, inner, np.where(d < 2, outer, 0))


class TestInterpolation:
    def test_nearest(self, rng):
        x = rng.standard_normal((2, 3, 4, 6))
        assert_same(F.interpolate(tensor(x), scale_factor=2), x.repeat(2, 2).repeat(2, 3))
        assert_same(F.interpolate(tensor(x), (2, 3)), x[:, :, ::2, ::2])
        assert_same(F.interpolate(tensor(x), (2, 2), mode="nearest-exact"), x[:, :, 1::2, 1::3])
        assert F.interpolate(tl.asarray([[[1, 2]]]), 4).tolist() == [[[1, 1, 2, 2]]]

    @pytest.mark.parametrize("align_corners", [False, True])
    @pytest.mark.parametrize(("size", "out"), [(5, 9), (5, 3), (4, 1), (1, 3), (6, 6), (3, 17)])
    def test_linear_and_cubic(self, size, out, align_corners, rng):
        x = rng.standard_normal((2, 1, size))
        centres = (np.arange(out) + 0.5) * size / out - 0.5
        if align_corners:
            centres = np.linspace(0, size - 1, out) if out > 1 else np.zeros(1)
        expected = continued(x, centres, 1, triangle)
        assert_close(F.interpolate(tensor(x), out, mode="linear", align_corners=align_corners), expected)

        expected = continued(x, centres, 2, lambda d: cubic(d, -0.75))
        found = F.interpolate(tensor(x[:, :, None]), (1, out), mode="bicubic", align_corners=align_corners)
        assert_close(found, expected[:, :, None])

    @pytest.mark.parametrize(("mode", "axes"), [("bilinear", 2), ("trilinear", 3)])
    def test_several_axes(self, mode, axes, rng):
        x = rng.standard_normal((2, 2, *range(3, 3 + axes)))
        expected = x
        for axis in range(axes):
            n = x.shape[2 + axis]
            centres = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
            expected = np.moveaxis(continued(np.moveaxis(expected, 2 + axis, -1), centres, 1, triangle), -1, 2 + axis)
        assert_close(F.interpolate(tensor(x), scale_factor=2, mode=mode), expected)

    @pytest.mark.parametrize(("size", "out"), [((6, 6), (3, 2)), ((7, 5), (3, 2)), ((3, 2), (5, 4))])
    def test_area(self, size, out, rng):
        x = rng.standard_normal((2, 2, *size))
        expected = np.zeros((2, 2, *out))
        for i, j in product(*map(range, out)):
            rows = slice(i * size[0] // out[0], -(-(i + 1) * size[0] // out[0]))
            columns = slice(j * size[1] // out[1], -(-(j + 1) * size[1] // out[1]))
            expected[:, :, i, j] = x[:, :, rows, columns].mean((2, 3))
        assert_close(F.interpolate(tensor(x), out, mode="area"), expected)

    @pytest.mark.parametrize(
        ("mode", "reach", "weigh"),
        [
            ("bilinear", 1, triangle),
            ("bicubic", 2, lambda d: cubic(d, -0.5)),
            ("lanczos", 3, lambda d: np.sinc(d) * np.sinc(d / 3) * (abs(d) < 3)),
        ],
    )
    @pytest.mark.parametrize("out", [3, 5, 20])
    def test_antialias(self, mode, reach, weigh, out, rng):
        x = rng.standard_normal((1, 2, 3, 11))
        stretch = max(1, 11 / out)
        distances = np.arange(11) + 0.5 - ((np.arange(out) + 0.5) * 11 / out)[:, None]
        weights = weigh(distances / stretch)
        # A filter reaches as far as the elements whose centre lies inside it, rounded.
        weights *= abs(distances) <= reach * stretch
        expected = x @ (weights / weights.sum(1, keepdims=True)).T
        assert_close(F.interpolate(tensor(x), (3, out), mode=mode, antialias=True), expected)

    def test_scales_given_and_recomputed(self):
        x = tl.arange(5.0, dtype=tl.float64).reshape(1, 1, 5)
        # 5 * 1.5 = 7.5 becomes 7 elements, 1 / 1.5 or 5 / 7 apart.
        given = F.interpolate(x, scale_factor=1.5, mode="linear")
        assert_close(given, np.clip((np.arange(7) + 0.5) / 1.5 - 0.5, 0, 4)[None, None])
        recomputed = F.interpolate(x, scale_factor=1.5, mode="linear", recompute_scale_factor=True)
        assert_close(recomputed, np.clip((np.arange(7) + 0.5) * 5 / 7 - 0.5, 0, 4)[None, None])

    @pytest.mark.parametrize(
        ("shape", "options"),
        [
            ((2, 1, 3), {"size": 5}),
            ((1, 1, 3, 4), {"size": (5, 2), "mode": "nearest-exact"}),
            ((1, 2, 3, 4), {"size": (5, 2), "mode": "bilinear"}),
            ((1, 1, 3, 4), {"scale_factor": (1.5, 0.6), "mode": "bicubic"}),
            ((1, 1, 5, 4), {"size": (2, 6), "mode": "bicubic", "antialias": True}),
            ((1, 1, 5, 3), {"size": (2, 2), "mode": "area"}),
            ((1, 1, 2, 3, 2), {"scale_factor": 1.5, "mode": "trilinear", "align_corners": True}),
        ],
    )
    def test_gradients(self, shape, options, rng):
        tl.check_gradients(lambda x: F.interpolate(x, **options), (leaf(rng.standard_normal(shape)),))

    def test_nan_spreads_only_to_elements_that_read_it(self):
        x = np.arange(12.0).reshape(1, 1, 12)
        x[..., 6] = np.nan
        y = host(F.interpolate(tensor(x), 24, mode="linear"))
        assert np.isnan(y).nonzero()[2].tolist() == [11, 12, 13, 14]
        z = host(F.interpolate(tensor(x), 5, mode="area"))
        assert np.isnan(z).nonzero()[2].tolist() == [2]

    def test_dtype(self):
        for dtype in (tl.float32, tl.complex64):
            x = tl.ones(1, 1, 3, 3, dtype=dtype, requires_grad=True)
            y = F.interpolate(x, 5, mode="bilinear")
            y.backward(tl.ones_like(y))
            assert (y.dtype, x.grad.dtype) == (dtype, dtype)

    def test_empty_batch(self):
        assert nn.Upsample(scale_factor=2)(tl.ones(0, 2, 3)).shape == (0, 2, 6)

    def test_layers(self, rng):
        x = tensor(rng.standard_normal((1, 2, 3, 4)))
        assert_same(nn.UpsamplingNearest2d(scale_factor=2)(x), host(F.interpolate(x, scale_factor=2)))
        expected = host(F.interpolate(x, (5, 6), mode="bilinear", align_corners=True))
        assert_same(nn.UpsamplingBilinear2d((5, 6))(x), expected)
        assert repr(nn.Upsample((2, 3), mode="bicubic")) == "Upsample(size=(2, 3), mode='bicubic')"
        assert repr(nn.UpsamplingNearest2d(scale_factor=2)) == "UpsamplingNearest2d(scale_factor=2.0, mode='nearest')"

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({}, ValueError, "interpolate: give either size or scale_factor"),
            ({"size": 2, "scale_factor": 2}, ValueError, "either"),
            ({"size": (2, 2, 2)}, ValueError, "size must have 2 entries"),
            ({"size": 2.5}, TypeError, "size must be an integer"),
            ({"size": 0}, tl.ShapeError, "which is empty"),
            ({"scale_factor": 0.1}, tl.ShapeError, "which is empty"),
            ({"size": 2, "mode": "cubic"}, ValueError, "interpolate: mode must be 'nearest'"),
            ({"size": 2, "mode": "trilinear"}, tl.ShapeError, "expects 5 axes.*'bilinear'"),
            ({"size": 2, "align_corners": False}, ValueError, "align_corners is supported by"),
            ({"size": 2, "antialias": True}, ValueError, "antialias is supported by"),
            ({"size": 2, "mode": "lanczos"}, ValueError, "requires antialias"),
            ({"size": 2, "recompute_scale_factor": True}, ValueError, "recompute_scale_factor"),
        ],
    )
    def test_errors(self, options, error, message):
        with pytest.raises(error, match=message):
            F.interpolate(tl.ones(1, 1, 3, 3), **options)

    def test_upsample(self, rng):
        x = rng.standard_normal((2, 3, 4, 5))
        doubled = x.repeat(2, axis=2).repeat(2, axis=3)
        assert_same(F.upsample(tensor(x), scale_factor=2), doubled)
        assert_same(F.upsample_nearest(tensor(x), (8, 10)), doubled)
        rows = np.apply_along_axis(lambda row: np.interp(np.linspace(0, 4, 9), np.arange(5.0), row), 3, x)
        assert_close(F.upsample_bilinear(tensor(x), (4, 9)), rows)
        with pytest.raises(tl.ShapeError, match="upsample_bilinear: mode 'bilinear' expects 4 axes"):
            F.upsample_bilinear(tl.ones(1, 1, 3), 2)

    def test_refused_operands(self):
        with pytest.raises(tl.ShapeError, match="no elements"):
            F.interpolate(tl.ones(1, 1, 0), 3)
        with pytest.raises(TypeError, match="interpolate: input is int64"):
            F.interpolate(tl.asarray([[[1, 2]]]), 3, mode="linear")


class TestSampling:
    @pytest.mark.parametrize("align_corners", [False, True])
    @pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
    @pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
    def test_the_identity_is_the_image(self, mode, padding_mode, align_corners, rng):
        x = rng.standard_normal((2, 3, 4, 5))
        theta = tensor(np.tile([[1.0, 0, 0], [0, 1, 0]], (2, 1, 1)))
        grid = F.affine_grid(theta, x.shape, align_corners)
        assert_close(F.grid_sample(tensor(x), grid, mode, padding_mode, align_corners), x)

    @pytest.mark.parametrize("axes", [2, 3])
    @pytest.mark.parametrize("mode", ["bilinear", "nearest"])
    @pytest.mark.parametrize(
        ("padding_mode", "ways"), [("zeros", "constant"), ("border", "edge"), ("reflection", "symmetric")]
    )
    def test_value(self, padding_mode, ways, mode, axes, rng):
        """Weigh all pixels of an image padded by NumPy by their distance to the place."""
        size, count = (3, 4, 2)[:axes], 6
        x = rng.standard_normal((2, 2, *size))
        grid = rng.uniform(-1.9, 1.9, (2, count, *[1] * (axes - 1), axes))
        padded = np.pad(x, [(0, 0), (0, 0), *((n, n) for n in size)], mode=ways)
        expected = np.zeros((2, 2, count))
        for batch, place in product(range(2), range(count)):
            part = padded[batch]
            for axis in reversed(range(axes)):
                at = ((grid[batch, place].ravel()[axes - 1 - axis] + 1) * size[axis] - 1) / 2
                at = np.round(at) if mode == "nearest" else at
                part = part @ triangle(np.arange(-size[axis], 2 * size[axis]) - at)
            expected[batch, :, place] = part
        found = F.grid_sample(tensor(x), tensor(grid), mode, padding_mode)
        assert_close(found, expected.reshape(found.shape))

    def test_bicubic(self, rng):
        x, grid = rng.standard_normal((1, 1, 6, 7)), rng.uniform(-1, 1, (1, 5, 1, 2))
        padded = np.pad(x[0, 0], 3, mode="edge")
        expected = []
        for across, down in grid[0, :, 0]:
            rows = cubic(np.arange(-3, 9) - ((down + 1) * 6 - 1) / 2, -0.75)
            columns = cubic(np.arange(-3, 10) - ((across + 1) * 7 - 1) / 2, -0.75)
            expected.append(rows @ padded @ columns)
        found = F.grid_sample(tensor(x), tensor(grid), "bicubic", "border")
        assert_close(found, np.reshape(expected, (1, 1, 5, 1)))

    @pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
    @pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
    def test_gradients(self, mode, padding_mode, rng):
        x, grid = leaf(rng.standard_normal((1, 2, 3, 3))), leaf(rng.uniform(-1.4, 1.4, (1, 2, 2, 2)))
        tl.check_gradients(lambda x, grid: F.grid_sample(x, grid, mode, padding_mode), (x, grid))

    def test_gradients_of_the_nearest_and_of_volumes(self, rng):
        x, grid = leaf(rng.standard_normal((1, 2, 3, 3))), tensor(rng.uniform(-1.4, 1.4, (1, 2, 2, 2)))
        tl.check_gradients(lambda x: F.grid_sample(x, grid, "nearest"), (x,))
        x, grid = leaf(rng.standard_normal((1, 1, 2, 3, 2))), leaf(rng.uniform(-1.4, 1.4, (1, 2, 1, 1, 3)))
        tl.check_gradients(lambda x, grid: F.grid_sample(x, grid, align_corners=True), (x, grid))

    def test_places_outside_and_nan(self):
        x = tl.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        grid = tl.tensor([[[[9.0, 0.0], [float("nan"), 0.0]]]])
        assert F.grid_sample(x, grid, "nearest").tolist() == [[[[0.0, 0.0]]]]
        assert F.grid_sample(x, grid, "bilinear", "border").tolist() == [[[[3.0, 2.0]]]]

    def test_affine_grid(self, rng):
        theta = rng.standard_normal((2, 3, 4))
        size = (2, 1, 2, 3, 4)
        grid = host(F.affine_grid(tensor(theta), size))
        assert grid.shape == (2, 2, 3, 4, 3)
        for k, i, j in product(range(2), range(3), range(4)):
            place = [(2 * j + 1) / 4 - 1, (2 * i + 1) / 3 - 1, (2 * k + 1) / 2 - 1, 1]
            assert_close(tensor(grid[:, k, i, j]), theta @ place)
        tl.check_gradients(lambda theta: F.affine_grid(theta, size), (leaf(theta),))

    def test_corners(self):
        theta = tl.tensor([[[1.0, 0, 0], [0, 1.0, 0]]])
        grid = F.affine_grid(theta, (1, 1, 1, 3), align_corners=True)
        assert grid.tolist() == [[[[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]]]

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda x, g: F.grid_sample(x, g, "linear"), ValueError, "grid_sample: mode must be 'bilinear'"),
            (lambda x, g: F.grid_sample(x, g, padding_mode="wrap"), ValueError, "padding_mode must be 'zeros'"),
            (lambda x, g: F.grid_sample(x[0], g), tl.ShapeError, "4 or 5 axes"),
            (lambda x, g: F.grid_sample(x, g[0]), tl.ShapeError, "the grid must have 4 axes, the last of length 2"),
            (lambda x, g: F.grid_sample(x, tl.ones(2, 1, 1, 2)), tl.ShapeError, "the same batch"),
            (lambda x, g: F.grid_sample(x[:, :, :0], g), tl.ShapeError, "no pixels"),
            (lambda x, g: F.grid_sample(x, tl.asarray([[[[0, 1]]]])), TypeError, "grid is int64"),
            (
                lambda x, g: F.affine_grid(tl.ones(1, 2, 3), (1, 1, 2, 2, 2)),
                tl.ShapeError,
                r"must have shape \(1, 3, 4\)",
            ),
            (lambda x, g: F.affine_grid(tl.ones(1, 2, 3), (1, 1, 2, 0)), tl.ShapeError, "positive numbers"),
        ],
    )
    def test_errors(self, call, error, message):
        with pytest.raises(error, match=message):
            call(tl.ones(1, 1, 2, 2), tl.zeros(1, 2, 2, 2))
