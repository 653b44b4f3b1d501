"""Sums and scans of many numbers: rounding errors grow like the logarithm of their number, along every axis.

NumPy's own sums are pairwise along the last axis only, and on a constant like 0.1 all roundings go the same way.
"""

import math
import tracemalloc

import numpy as np
import pytest
from helpers import host, seeded, tensor

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn import functional as F

pytestmark = pytest.mark.skipif(tl.active_backend().name == "strict", reason="its sums are NumPy's own")
on_numpy = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="on host memory that NumPy allocates")

MANY = 4_000_000
TENTH = float(np.float32(0.1))


def bound(count, dtype="float32"):
    """Twice the bound of the error of a pairwise sum."""
    return 2 * math.log2(count) * np.finfo(dtype).eps


def assert_within(found, expected, relative):
    found, expected = np.asarray(host(found)), np.asarray(expected)
    assert found.shape == expected.shape
    error = np.max(np.abs(found - expected) / np.abs(expected))
    assert error <= relative, f"the relative error is {error:.1e}, not at most {relative:.1e}"


def exact_sum(x, axis):
    """Sum with `math.fsum`, which rounds once."""
    axes = (axis,) if isinstance(axis, int) else tuple(range(x.ndim)) if axis is None else axis
    axes = [a % x.ndim for a in axes]
    rest = [a for a in range(x.ndim) if a not in axes]
    columns = x.transpose(*rest, *axes).reshape(*(x.shape[a] for a in rest), -1)
    if np.iscomplexobj(x):
        return exact_sum(columns.real, -1) + 1j * exact_sum(columns.imag, -1)
    return np.apply_along_axis(math.fsum, -1, columns)


def positive(shape, dtype="float32"):
    """Numbers that do not cancel: half of them the same."""
    x = seeded(0).uniform(0, 0.2, shape)
    x[x < 0.1] = 0.1
    return (x * (1 + 1j) if np.dtype(dtype).kind == "c" else x).astype(dtype)


LAYOUTS = {
    "C": lambda x: tensor(x),
    "F": lambda x: tl.permute_dims(tensor(x.transpose()), tuple(reversed(range(x.ndim)))),
    "strided": lambda x: tensor(x.repeat(2, 0).repeat(2, -1))[::2, ..., 1::2],
    "reversed": lambda x: tl.flip(tensor(np.flip(x).copy())),
    "swapped": lambda x: tl.permute_dims(tensor(x.swapaxes(0, 1).copy()), (1, 0, *range(2, x.ndim))),
}


def shapes_and_axes(n):
    return [
        ((n, 3), 0),
        ((3, n), 1),
        ((3, n), -1),
        ((n, 1), 0),
        ((2, n, 2), 1),
        ((n // 10, 10, 2), (0, 1)),
        ((n // 10, 2, 10), (0, 2)),
        ((n // 10, 2, 10), (2, 0)),
        ((n // 20, 2, 2, 10), (0, 3)),
        ((n // 10, 10), None),
    ]


class TestSums:
    @pytest.mark.parametrize("n", [1000, 100_000])
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("place", range(10))
    def test_every_axis_and_layout(self, n, layout, place):
        shape, axis = shapes_and_axes(n)[place]
        x = positive(shape)
        found = LAYOUTS[layout](x)
        np.testing.assert_array_equal(host(found), x)
        assert_within(tl.sum(found, axis=axis), exact_sum(x, axis), bound(n))
        kept = exact_sum(x, axis).reshape(np.sum(x, axis=axis, keepdims=True).shape)
        assert_within(tl.sum(found, axis=axis, keepdims=True), kept, bound(n))
        assert_within(tl.mean(found, axis=axis), exact_sum(x, axis) * (kept.size / x.size), bound(n))

    @pytest.mark.parametrize("n", [*range(120, 140), 1023, 1024, 1025, 2047, 2049, 4097, 65_537])
    @pytest.mark.parametrize("width", [1, 3, 100, 2049])
    def test_every_remainder(self, n, width):
        """Runs that do not come out even: every row counts once."""
        x = seeded(1).integers(-8, 8, (n, min(width, 2**22 // n))).astype("float32")
        np.testing.assert_array_equal(host(tl.sum(tensor(x), axis=0)), x.astype("int64").sum(0))

    @pytest.mark.parametrize("dtype", ["float64", "complex64", "complex128"])
    @pytest.mark.parametrize("place", [0, 1, 4, 6])
    def test_data_types(self, dtype, place):
        n = 100_000
        shape, axis = shapes_and_axes(n)[place]
        x = positive(shape, dtype)
        assert_within(tl.sum(tensor(x), axis=axis), exact_sum(x, axis), bound(n, dtype))

    @on_numpy
    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    def test_narrow_types_are_rounded_once(self, dtype):
        x = tl.full((100_000, 3), 1 / 8, dtype=dtype)
        np.testing.assert_array_equal(host(tl.mean(x, axis=0)).astype("float64"), 1 / 8)

    @pytest.mark.parametrize("shape", [(100_000, 3), (300_000,)])
    def test_in_another_type(self, shape):
        x = np.full(shape, 7, "int32")
        expected = np.full(shape[1:], 7.0 * shape[0])
        assert_within(tl.sum(tensor(x), axis=0, dtype="float32"), expected, bound(shape[0]))
        x = positive(shape)
        assert_within(tl.sum(tensor(x), axis=0, dtype="float64"), exact_sum(x, 0), bound(shape[0], "float64"))

    @pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "uint64"])
    @pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
    def test_integers_are_exact(self, dtype, axis):
        x = seeded(2).integers(0, 2 if dtype == "bool" else 100, (1000, 3, 2)).astype(dtype)
        expected = np.sum(x, axis=axis)
        found = host(tl.sum(tensor(x), axis=axis))
        np.testing.assert_array_equal(found, expected)
        assert dtype == "bool" or found.dtype == expected.dtype

    def test_four_million_rows(self):
        x = tl.full((MANY, 3), 0.1)
        relative, tenths = bound(MANY), np.full(3, TENTH)
        assert_within(tl.mean(x, axis=0), tenths, relative)
        assert_within(tl.nanmean(x, axis=0), tenths, relative)
        assert_within(tl.average(x, axis=0), tenths, relative)
        assert_within(tl.average(x, axis=0, weights=tl.full((MANY,), 0.3)), tenths, relative)
        for total in (
            tl.sum(x, axis=0),
            tl.nansum(x, axis=0),
            tl.einsum("ij->j", x),
            tl.linalg.vector_norm(x, axis=0, ord=1),
            tl.sum_to_shape(x, (3,)),
            tl.trapezoid(tl.concat([x, x[:1]]), axis=0),
        ):
            assert_within(total, MANY * tenths, relative)
        assert_within(tl.linalg.vector_norm(x, axis=0), MANY**0.5 * tenths, relative)
        assert_within(tl.logsumexp(x, axis=0), np.full(3, math.log(MANY) + TENTH), relative)
        assert_within(tl.softmax(x, axis=0).sum(axis=0), np.ones(3), relative)

    def test_variance_far_from_zero(self):
        x = seeded(3).normal(10, 1, (1_000_000, 2)).astype("float32")
        expected = x.astype("float64").var(axis=0)
        assert_within(tl.var(tensor(x), axis=0), expected, bound(len(x)))
        assert_within(tl.std(tensor(x), axis=0), np.sqrt(expected), bound(len(x)))

    @pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
    def test_special_values(self, value):
        for row in (0, 500, 999):
            x = np.ones((1000, 3), "float32")
            x[row, 1] = value
            np.testing.assert_array_equal(host(tl.sum(tensor(x), axis=0)), [1000, value, 1000])
            with np.errstate(invalid="ignore"):
                found = host(tl.cumulative_sum(tensor(x), axis=0))
            np.testing.assert_array_equal(found[:row, 1], np.arange(1, row + 1))
            np.testing.assert_array_equal(found[row:, 1], value)

    @pytest.mark.parametrize("axis", [5, -3, (0, 0), (0, 2), 1.5, "0"])
    def test_the_same_errors_as_for_few(self, axis):
        with pytest.raises((IndexError, TypeError, ValueError)) as few:
            tl.sum(tl.ones(2, 2), axis=axis)
        with pytest.raises(few.type) as many:
            tl.sum(tl.ones(1000, 2), axis=axis)
        assert str(many.value).replace("1000", "2") == str(few.value)

    @on_numpy
    def test_overflow_is_reported(self):
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            tl.sum(tl.full((1000, 3), 3e38), axis=0)

    @on_numpy
    @pytest.mark.parametrize("shape, axis", [((1_000_000, 4), 0), ((1000, 4000), 0), ((20, 10_000, 20), 1)])
    def test_memory(self, shape, axis):
        x = tl.ones(shape)
        tracemalloc.start()
        tl.sum(x, axis=axis)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= 4 * math.prod(shape) / 16


class TestGradients:
    @pytest.mark.parametrize(
        "layer, shape",
        [
            (lambda: nn.Linear(3, 2), (400_000, 3)),
            (lambda: nn.Conv1d(3, 2, 3, padding=1), (100_000, 3, 4)),
            (lambda: nn.Conv2d(3, 2, 3, padding=1), (20_000, 3, 4, 4)),
            (lambda: nn.ConvTranspose2d(3, 2, 2), (20_000, 3, 3, 3)),
            (lambda: nn.LayerNorm(2), (400_000, 2)),
            (lambda: nn.BatchNorm1d(2), (400_000, 2)),
        ],
        ids=["linear", "conv1d", "conv2d", "conv_transpose2d", "layer_norm", "batch_norm"],
    )
    def test_bias(self, layer, shape):
        layer, x = layer(), tl.rand(shape)
        y = layer(x)
        y.backward(tl.full(y.shape, 0.1))
        count = y.size // 2
        assert_within(layer.bias.grad, np.full(2, count * TENTH), bound(count))

    def test_broadcast_operands(self):
        x, g = tl.rand(50, 1000, 4), tl.full((50, 1000, 4), 0.1)
        for shape in [(4,), (1, 4), (1, 1, 4), (50, 1, 4), (1, 1000, 1), ()]:
            added = tl.zeros(shape, requires_grad=True)
            (x + added).backward(g)
            count = x.size // max(math.prod(shape), 1)
            assert_within(added.grad, np.full(shape, count * TENTH), bound(count))

    def test_layer_norm_weight(self):
        x = seeded(4).normal(0, 1, (300_001, 3)).astype("float32")
        weight = tl.ones(3, requires_grad=True)
        y = F.layer_norm(tensor(x), (3,), weight)
        (0.5 * y * y).sum().backward()
        wide = x.astype("float64")
        standard = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5)
        assert_within(weight.grad, (standard**2).sum(0), bound(len(x)))

    def test_layer_norm_weight_over_wide_rows(self):
        x = seeded(5).normal(0, 1, (9, 70_000)).astype("float32")
        weight = tl.ones(70_000, requires_grad=True)
        F.layer_norm(tensor(x), (70_000,), weight).backward(tl.ones(9, 70_000))
        wide = x.astype("float64")
        standard = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5)
        np.testing.assert_allclose(host(weight.grad), standard.sum(0), rtol=0, atol=1e-5)


class TestNormalisation:
    def test_batch_norm(self):
        x = seeded(6).normal(10, 1, (1_000_000, 2)).astype("float32")
        wide = x.astype("float64")
        layer = nn.BatchNorm1d(2, momentum=1.0)
        y = host(layer(tensor(x)).detach())
        assert_within(layer.running_mean, wide.mean(0), bound(len(x)))
        assert_within(layer.running_var, wide.var(0, ddof=1), bound(len(x)))
        expected = (wide - wide.mean(0)) / np.sqrt(wide.var(0) + 1e-5)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("n", [1000, 20_000, 100_003, MANY])
    def test_long_rows(self, n):
        y = F.rms_norm(tl.full((2, n), 0.1), (n,), eps=0.0)
        assert_within(y, np.ones((2, n)), bound(n))
        x = seeded(7).normal(10, 1, (1, n)).astype("float32")
        wide = x.astype("float64")
        y = host(F.layer_norm(tensor(x), (n,)))
        np.testing.assert_allclose(y, (wide - wide.mean()) / np.sqrt(wide.var() + 1e-5), rtol=3e-6, atol=3e-6)


class TestScans:
    @pytest.mark.parametrize("n", [1000, 100_000, MANY])
    def test_cumulative_sum_of_tenths(self, n):
        found = tl.cumulative_sum(tl.full((n,), 0.1))
        assert_within(found, TENTH * np.arange(1, n + 1), bound(n))

    @pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("shape, axis", [((5000, 3), 0), ((3, 5000), 1), ((2, 1001, 3), 1)])
    @pytest.mark.parametrize("initial", [False, True])
    def test_cumulative_sum(self, dtype, layout, shape, axis, initial):
        x = positive(shape, dtype)
        exact = np.cumsum(x.astype("clongdouble" if dtype[0] == "c" else "longdouble"), axis=axis)
        found = host(tl.cumulative_sum(LAYOUTS[layout](x), axis=axis, include_initial=initial))
        if initial:
            first, found = np.split(found, [1], axis=axis)
            np.testing.assert_array_equal(first, 0)
        assert_within(found, exact, bound(shape[axis], dtype))

    @pytest.mark.parametrize("n", [127, 128, 129, 255, 256, 257, 384, 16_384, 16_385, 40_000])
    @pytest.mark.parametrize("dtype", ["float32", "int16"])
    def test_every_remainder(self, n, dtype):
        x = seeded(8).integers(-8, 8, (n, 2)).astype(dtype)
        np.testing.assert_array_equal(host(tl.cumulative_sum(tensor(x), axis=0)), x.astype("int64").cumsum(0))
        signs = np.sign(x) + (x == 0)
        np.testing.assert_array_equal(host(tl.cumulative_prod(tensor(signs), axis=0)), signs.astype("int64").cumprod(0))

    def test_in_another_type(self):
        found = tl.cumulative_sum(tl.full((100_000,), 3, dtype="int32"), dtype="float32")
        assert found.dtype == tl.float32
        assert_within(found, 3.0 * np.arange(1, 100_001), bound(100_000))
        found = tl.cumulative_prod(tl.full((1000,), 1, dtype="int32"), dtype="float32", include_initial=True)
        assert found.dtype == tl.float32
        np.testing.assert_array_equal(host(found), np.ones(1001))

    def test_gradient_of_cumulative_sum(self):
        x = tl.zeros(100_000, requires_grad=True)
        tl.cumulative_sum(x).backward(tl.full((100_000,), 0.1))
        assert_within(x.grad, TENTH * np.arange(100_000, 0, -1), bound(100_000))

    @pytest.mark.parametrize(
        "shape, axis", [((1_000_000,), 0), ((100_000, 2), 0), ((20, 300, 40), 1), ((3, 70_000), 1)]
    )
    def test_cumulative_prod(self, shape, axis):
        """Single precision is multiplied in double, as rounding errors do not depend on the order of products."""
        x = (1 + seeded(9).uniform(-1e-3, 1e-3, shape)).astype("float32")
        found = tl.cumulative_prod(tensor(x), axis=axis, include_initial=True)
        first, found = np.split(host(found), [1], axis=axis)
        np.testing.assert_array_equal(first, 1)
        assert_within(found, np.cumprod(x.astype("float64"), axis=axis), np.finfo("float32").eps)

    def test_cumulative_prod_stays_zero(self):
        """The product of later factors alone overflows, and times zero that is NaN."""
        x = np.full(100_000, 1e38, "float32")
        x[0] = 0
        np.testing.assert_array_equal(host(tl.cumulative_prod(tensor(x))), 0)

    @pytest.mark.parametrize("value", [0.0, 0.1, -1000.0])
    @pytest.mark.parametrize("shape", [(1000,), (1_000_000,), (10_000, 3)])
    def test_logcumsumexp(self, value, shape):
        """A sum's relative error is its logarithm's absolute one, besides the rounding of the logarithm."""
        n = shape[0]
        found = host(tl.logcumsumexp(tl.full(shape, value), axis=0)) - np.float32(value).astype("float64")
        expected = np.log(np.arange(1.0, n + 1)).reshape(-1, *(1,) * (len(shape) - 1))
        largest = max(abs(value), math.log(n))
        np.testing.assert_allclose(found, np.broadcast_to(expected, shape), rtol=0, atol=largest * bound(n) / 2)

    def test_logcumsumexp_of_infinities(self):
        x = np.zeros(1000, "float32")
        x[:300], x[700] = -np.inf, np.inf
        found = host(tl.logcumsumexp(tensor(x)))
        np.testing.assert_array_equal(found[:300], -np.inf)
        np.testing.assert_allclose(found[300:700], np.log(np.arange(1, 401)), rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(found[700:], np.inf)

    @on_numpy
    def test_memory(self):
        x = tl.ones(1_000_000)
        for scan, extra in ((tl.cumulative_sum, 1 / 16), (tl.cumulative_prod, 1 / 8), (tl.logcumsumexp, 1 / 16)):
            tracemalloc.start()
            scan(x)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak <= 4_000_000 * (1 + extra)
