"""The kernels that the active backend overrides, compared with the defaults of the base class."""

import os
import subprocess
import sys
from inspect import signature

import numpy as np
import pytest
from helpers import FLOATS, drawn, host, native, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from references import reference_of

import tensorlab as tl
from tensorlab.autodiff.record import REGISTRY
from tensorlab.backend import Backend
from tensorlab.backend.kernels import DefaultKernels

BACKEND = tl.active_backend()


class Plain(type(BACKEND)):
    """The active backend's arrays with the default kernels."""


for name in dir(DefaultKernels):
    if not name.startswith("__"):
        setattr(Plain, name, getattr(DefaultKernels, name))
PLAIN = Plain()


def computed_here(op):
    """Whether the active backend overrides the kernel of an op."""
    own = getattr(BACKEND, op.name, None)
    return own is not None and getattr(own, "__func__", own) is not getattr(DefaultKernels, op.name, None)


OVERRIDES = [(op, i) for op in REGISTRY.values() if computed_here(op) for i in range(len(op.samples))]


def assert_agree(found, expected, tolerance):
    for part, wanted in zip(*((x if isinstance(x, tuple) else (x,)) for x in (found, expected)), strict=True):
        floating = host(wanted).dtype.kind in "fc"
        # Only the kind of integer types is guaranteed: positions in a window may be stored as bytes.
        assert part.dtype == wanted.dtype if floating else host(part).dtype.kind in "biu"
        rtol = tolerance if floating else 0
        np.testing.assert_allclose(host(part), host(wanted), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [*FLOATS, "complex128"])
@pytest.mark.parametrize(("op", "number"), OVERRIDES, ids=[f"{op.name}-{i}" for op, i in OVERRIDES])
def test_override_agrees_with_default(op, number, dtype):
    rng = seeded("kernel", op.name, number)
    if dtype == "complex128" and not op.name.startswith("convolution"):
        pytest.skip("tests/ops/test_table.py compares complex values with NumPy's")
    operands = [None if draw is None else native(drawn(rng, draw, dtype)) for draw in op.samples[number].draws()]
    defaults = {p.name: p.default for p in signature(op.public).parameters.values() if p.name in op.params}
    params = {**defaults, **op.samples[number].params}
    found = BACKEND.kernel(op.name, op.compute)(*operands, **params)
    expected = op.compute(PLAIN, *operands, **params)
    assert_agree(found, expected, op.tolerance[{"complex128": "float64"}.get(dtype, dtype)])


# -- kernels that are not ops ------------------------------------------------------------------------------------------


def test_every_kernel_is_checked():
    kernels = {name for name in vars_of(DefaultKernels) if not name.startswith("_")}
    others = {
        "index_add",
        "index_put",
        "map_batch",
        "random_bits",
        "segment_norms",
        "solve_systems",
        "substitute",
        "update",
    }
    assert kernels == {*REGISTRY} & kernels | others


def vars_of(cls):
    return {name for base in cls.__mro__[:-1] for name, value in vars(base).items() if callable(value)}


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 3), (9, 40, 1000), (3, 100_000)])
def test_functions_of_batches(shape, rng):
    x, factors = rng.normal(size=shape), rng.normal(size=shape[0]).tolist()

    def scaled(x, factors):
        return x * BACKEND.xp.reshape(native(np.asarray(factors)), (-1,) + (1,) * (x.ndim - 1))

    np.testing.assert_array_equal(host(BACKEND.map_batch(scaled, native(x), factors)), host(scaled(native(x), factors)))


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize(("a", "b"), [((3, 3), (3, 2)), ((70, 70), (70, 2)), ((2, 1, 3, 3), (4, 3, 1))])
def test_systems_of_equations(a, b, upper, rng):
    a, b = rng.normal(size=a) / a[-1] + 2 * np.eye(a[-1]), rng.normal(size=b)
    for kernel, params in (("solve_systems", {}), ("substitute", {"upper": upper, "unit_diagonal": False})):
        found, expected = (host(getattr(x, kernel)(native(a), native(b), **params)) for x in (BACKEND, PLAIN))
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        used = a if kernel == "solve_systems" else (np.triu if upper else np.tril)(a)
        np.testing.assert_allclose(used @ found, np.broadcast_to(b, found.shape), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "index",
    [np.array([0, 2, 0]), (slice(None), np.array([1, 1])), (np.array([0, 2]), np.array([3, 3])), np.arange(3) > 0],
    ids=["rows", "columns", "elements", "mask"],
)
@pytest.mark.parametrize("kernel", ["index_add", "index_put"])
def test_writing_at_an_index(kernel, index, rng):
    x = rng.normal(size=(3, 4))
    values = rng.normal(size=x[index].shape)
    if kernel == "index_put" and not isinstance(index, tuple) and index.dtype != bool:
        values = values[:1]  # which of several writes to one element comes last is not specified
    index = (
        tuple(i if isinstance(i, slice) else native(i) for i in index) if isinstance(index, tuple) else native(index)
    )
    found, expected = native(x.copy()), native(x.copy())
    getattr(BACKEND, kernel)(found, index, native(values))
    getattr(PLAIN, kernel)(expected, index, native(values))
    np.testing.assert_allclose(host(found), host(expected), rtol=1e-14)
    assert not np.array_equal(host(found), x)


@pytest.mark.parametrize("key", [(0, 0), (1, 0), (2**64 - 1, 7), (123, 2**63)])
@pytest.mark.parametrize(("block", "count"), [(0, 0), (0, 1), (0, 9), (5, 8), (2**40, 4)])
def test_random_bits_are_philox(key, block, count):
    """The backend's kernel and the default give the words of numpy.random.Philox."""
    expected = np.random.Philox(key=key[0] | key[1] << 64, counter=block).random_raw(count)
    for backend in (BACKEND, PLAIN):
        words = backend.random_bits(key, block, count)
        assert words.dtype == backend.xp.uint64
        np.testing.assert_array_equal(host(words), expected)


# -- random geometries -------------------------------------------------------------------------------------------------


@st.composite
def windows(draw, dilated=True):
    """Draw a spatial size and the geometry of a window that fits into it."""
    axes = draw(st.integers(1, 3))
    size, kernel, stride, padding, dilation = [], [], [], [], []
    for _ in range(axes):
        k, d = draw(st.integers(1, 3)), draw(st.integers(1, 2)) if dilated else 1
        before, after = draw(st.integers(0, k // 2)), draw(st.integers(0, k // 2))
        least = max(1, d * (k - 1) + 1 - before - after)
        size.append(draw(st.integers(least, least + 4)))
        kernel.append(k)
        stride.append(draw(st.integers(1, 3)))
        padding.append((before, after))
        dilation.append(d)
    geometry = {"stride": tuple(stride), "padding": tuple(padding)}
    return tuple(size), tuple(kernel), {**geometry, "dilation": tuple(dilation)} if dilated else geometry


def assert_all_agree(name, operands, **params):
    """Compare an op on the active backend with the default kernels and with the explicit loops."""
    arrays = [native(x) for x in operands]
    found = BACKEND.kernel(name, REGISTRY[name].compute)(*arrays, **params)
    assert_agree(found, getattr(PLAIN, name)(*arrays, **params), 1e-12)
    expected = reference_of(name)(*operands, **params)
    assert_agree(found, tuple(map(native, expected)) if isinstance(expected, tuple) else native(expected), 1e-12)
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(windows(), st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), st.integers(1, 2))
def test_convolution_of_any_geometry(window, batch, groups, inputs, outputs):
    size, kernel, geometry = window
    geometry = {**geometry, "groups": groups}
    rng = seeded(window, batch, groups, inputs, outputs)
    x = rng.normal(size=(batch, groups * inputs, *size))
    w = rng.normal(size=(groups * outputs, inputs, *kernel))
    y = assert_all_agree("convolution", (x, w, rng.normal(size=groups * outputs)), **geometry)
    g = rng.normal(size=y.shape)
    assert_all_agree("convolution_input_grad", (g, w), input_size=size, **geometry)
    assert_all_agree("convolution_weight_grad", (x, g), kernel_size=kernel, **geometry)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(windows(), st.integers(1, 2), st.booleans())
def test_max_pool_of_any_geometry(window, batch, ties):
    size, kernel, geometry = window
    rng = seeded(window, batch)
    x = rng.integers(-1, 2, (batch, 2, *size)).astype("float64") if ties else rng.normal(size=(batch, 2, *size))
    values, index = assert_all_agree("max_pool", (x,), kernel_size=kernel, **geometry)
    g = rng.normal(size=values.shape)
    assert_all_agree("max_unpool", (g, host(index)), input_size=size, kernel_size=kernel, **geometry)
    assert_all_agree("pool_gather", (x, host(index)), kernel_size=kernel, **geometry)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(windows(dilated=False), st.integers(1, 2))
def test_avg_pool_of_any_geometry(window, batch):
    size, kernel, geometry = window
    rng = seeded(window, batch)
    y = assert_all_agree("avg_pool", (rng.normal(size=(batch, 2, *size)),), kernel_size=kernel, **geometry)
    assert_all_agree("avg_unpool", (rng.normal(size=y.shape),), input_size=size, kernel_size=kernel, **geometry)


def test_max_pool_of_infinities_and_nan():
    """Padding is less than minus infinity, and NaN is greater than everything."""
    geometry = {"kernel_size": (2,), "stride": (2,), "padding": ((1, 1),), "dilation": (1,)}
    x = native(np.array([[[-np.inf, 1.0, np.nan, -np.inf, -np.inf, 2.0]]]))
    for backend in (BACKEND, PLAIN):
        values, index = backend.max_pool(x, **geometry)
        np.testing.assert_array_equal(host(values), [[[-np.inf, np.nan, -np.inf, 2.0]]])
        np.testing.assert_array_equal(host(index), [[[1, 1, 0, 0]]])


def test_max_pool_of_padding_alone_is_minus_infinity():
    """As in PyTorch; a dilated window can miss a short image entirely."""
    geometry = {"kernel_size": (2,), "stride": (1,), "padding": ((1, 1),), "dilation": (2,)}
    values, _ = assert_all_agree("max_pool", (np.ones((1, 1, 1)),), **geometry)
    assert host(values).tolist() == [[[-np.inf]]]


def test_a_backend_of_ten_lines_is_enough():
    assert issubclass(Plain, Backend)
    assert tl.asarray(PLAIN.convolution(
        native(np.ones((1, 1, 4))), native(np.ones((1, 1, 3))), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1
    )).tolist() == [[[3.0, 3.0]]]  # fmt: skip


def test_threads_are_limited():
    pytest.importorskip("threadpoolctl")
    program = (
        "import numpy as np, threadpoolctl, tensorlab as tl\n"
        "from tensorlab_numpy.threads import thread_count\n"
        "tl.active_backend().limit_threads(1)\n"
        "assert thread_count() == 1\n"
        "assert {p['num_threads'] for p in threadpoolctl.threadpool_info() if p['user_api'] == 'blas'} == {1}\n"
        "assert abs(tl.rand(1 << 20) + 1).sum() > 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "TENSORLAB_BACKEND": "numpy"})
