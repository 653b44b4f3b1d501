"""What the tests share: arrays of the active backend made from NumPy's, and comparisons with NumPy's."""

import zlib

import numpy as np

import tensorlab as tl
from tensorlab import nn

FLOATS = ("float32", "float64")


def native(x, dtype=None):
    """Return an array of the active backend's own type with the elements of a NumPy array."""
    return tl.asarray(np.asarray(x), dtype=dtype).array


def tensor(x, dtype=None, requires_grad=False):
    """Return a tensor on the active backend with a copy of a NumPy array's elements."""
    return tl.tensor(np.asarray(x), dtype=dtype, requires_grad=requires_grad)


def leaf(x, dtype="float64"):
    """Return a tensor that requires a gradient: float64 unless said otherwise."""
    return tensor(x, dtype=dtype, requires_grad=True)


def host(x):
    """Return a tensor's, or a backend array's, elements as a NumPy array."""
    if isinstance(x, tl.Tensor):
        x = x.array
    from tensorlab.backend import backend_of

    return backend_of(x).to_numpy(x)


def assert_same(found, expected):
    """Assert that all elements, and the shapes, are equal; NaN equals NaN."""
    np.testing.assert_array_equal(host(found), expected, strict=False)
    assert tuple(found.shape) == np.shape(expected)


def assert_close(found, expected, rtol=1e-12, atol=None):
    """Assert that elements and shapes agree; `atol` is `rtol` unless given, as test data is of order one."""
    found, expected = host(found), np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol if atol is None else atol)


def seeded(*key):
    """Return NumPy's generator for a test case: its numbers do not depend on which tests run before."""
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def draws(*shape, low=-2.0, high=2.0, seed=0):
    """Return uniform numbers that depend on the seed and the shape alone."""
    return np.random.default_rng((seed, *shape)).uniform(low, high, shape)


def numbers(rng, draw, dtype="float64"):
    """Return a NumPy array of the numbers drawn for an operand; `dtype` is that of floating operands."""
    if draw.kind == "floating":
        found = np.asarray(rng.uniform(draw.low, draw.high, draw.shape))
        if dtype.startswith("complex"):
            # Half a unit off the real axis at most: no further branch cuts and poles than the domain avoids already.
            found = found + 1j * rng.uniform(-0.5, 0.5, draw.shape)
        return np.asarray(found, dtype=dtype)
    found = np.asarray(rng.integers(int(draw.low), int(draw.high), draw.shape))
    return found.astype("bool" if draw.kind == "bool" else "int64")


def formed(x, form):
    """Return an array or tensor of drawn numbers in the form that an operand must have; see `Draw`."""
    if form is None:
        return x
    m, n = x.shape[-2:]
    steps = 3.0 * np.eye(m, n) * np.arange(1, n + 1)
    if form == "positive definite":
        steps = n * np.eye(n)
    steps = steps.astype("float32" if str(x.dtype) in ("float32", "complex64") else "float64")
    if isinstance(x, tl.Tensor):
        steps = tensor(steps)
    if form == "hermitian":
        return 0.5 * (x + x.mT.conj()) + steps
    if form == "positive definite":
        return 0.25 * (x @ x.mT.conj()) + steps
    if form == "separated":
        return 0.5 * x + steps
    assert form == "invertible"
    return (tl if isinstance(x, tl.Tensor) else np).roll(0.5 * x + steps, 1, axis=-2)


def drawn(rng, draw, dtype="float64"):
    """Return a NumPy array for an operand of a sample; `dtype` is that of floating operands."""
    return formed(numbers(rng, draw, dtype), draw.form)


def network():
    """Return a small network of float64 with random parameters."""
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    for parameter in net.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64)
    return net
