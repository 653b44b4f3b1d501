"""Making tensors."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: tl.zeros(2, 3), np.zeros((2, 3), "float32")),
        (lambda: tl.zeros((2, 3), dtype="int32"), np.zeros((2, 3), "int32")),
        (lambda: tl.zeros(()), np.zeros((), "float32")),
        (lambda: tl.ones(4), np.ones(4, "float32")),
        (lambda: tl.ones((0, 2)), np.ones((0, 2), "float32")),
        (lambda: tl.full((2,), 7), np.full(2, 7)),
        (lambda: tl.full(2, 7.5), np.full(2, 7.5, "float32")),
        (lambda: tl.full((2,), 1j), np.full(2, 1j, "complex64")),
        (lambda: tl.full((2,), True), np.full(2, True)),
        (lambda: tl.full((2,), tl.tensor(3)), np.full(2, 3)),
        (lambda: tl.eye(3), np.eye(3, dtype="float32")),
        (lambda: tl.eye(2, 4, k=1), np.eye(2, 4, 1, dtype="float32")),
        (lambda: tl.arange(5), np.arange(5)),
        (lambda: tl.arange(1, 9, 3), np.arange(1, 9, 3)),
        (lambda: tl.arange(5, 0, -2), np.arange(5, 0, -2)),
        (lambda: tl.arange(0.0, 1.0, 0.25), np.arange(0, 1, 0.25, dtype="float32")),
        (lambda: tl.arange(3, dtype="float64"), np.arange(3.0)),
        (lambda: tl.linspace(0, 1, 5), np.linspace(0, 1, 5, dtype="float32")),
        (lambda: tl.linspace(0, 1, 4, endpoint=False, dtype="float64"), np.linspace(0, 1, 4, endpoint=False)),
        (lambda: tl.ones_like(tl.zeros(2, dtype="int8")), np.ones(2, "int8")),
        (lambda: tl.full_like(tl.zeros((2, 2)), 3), np.full((2, 2), 3, "float32")),
        (lambda: tl.zeros_like(tl.ones((2, 2), dtype="complex128")), np.zeros((2, 2), "complex128")),
        (lambda: tl.ones_like(tl.zeros(2), dtype="int64"), np.ones(2, "int64")),
        (lambda: tl.tensor(3), np.asarray(3)),
        (lambda: tl.tensor(3.5), np.asarray(3.5, "float32")),
        (lambda: tl.tensor(True), np.asarray(True)),
        (lambda: tl.tensor([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]])),
        (lambda: tl.tensor([1, 2.5]), np.array([1, 2.5], "float32")),
        (lambda: tl.tensor([1, 2j]), np.array([1, 2j], "complex64")),
        (lambda: tl.tensor([True, False]), np.array([True, False])),
        (lambda: tl.tensor([]), np.array([], "float32")),
        (lambda: tl.tensor([[], []]), np.zeros((2, 0), "float32")),
        (lambda: tl.tensor([tl.tensor(1.0), 2.0]), np.array([1, 2], "float32")),
        (lambda: tl.tensor((1.0, 2.0), dtype="float64"), np.array([1.0, 2.0])),
        (lambda: tl.tensor(np.arange(3, dtype="int16")), np.arange(3, dtype="int16")),
        (lambda: tl.asarray(np.float64(2)), np.asarray(2.0)),
    ],
)
def test_made(made, expected):
    found = made()
    assert_same(found, expected)
    assert host(found).dtype == expected.dtype
    assert not found.requires_grad


def test_random_shapes_and_empty():
    assert tl.empty(2, 3).shape == (2, 3)
    assert tl.empty_like(tl.ones(2, dtype="int8")).dtype == "int8"


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: tl.zeros(2, **k), lambda **k: tl.ones(2, **k), lambda **k: tl.empty(2, **k),
        lambda **k: tl.full((2,), 1.0, **k), lambda **k: tl.eye(2, **k), lambda **k: tl.linspace(0, 1, 2, **k),
        lambda **k: tl.arange(2.0, **k), lambda **k: tl.tensor([1.0], **k), lambda **k: tl.ones_like(tl.ones(1), **k),
        lambda **k: tl.rand(2, **k), lambda **k: tl.randn(2, **k), lambda **k: tl.full_like(tl.ones(1), 2, **k),
    ],
)  # fmt: skip
def test_requires_grad(make):
    x = make(requires_grad=True)
    assert x.requires_grad
    assert x.is_leaf


def test_tensor_copies_and_asarray_shares():
    x = tl.ones(2)
    copied, shared = tl.tensor(x), tl.asarray(x)
    x[0] = 5.0
    assert copied.tolist() == [1.0, 1.0]
    assert shared.tolist() == [5.0, 1.0]
    assert tl.asarray(x, copy=True).array is not x.array


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="shares memory with NumPy")
def test_memory_shared_with_numpy():
    a = np.zeros(2)
    x = tl.from_numpy(a)
    a[0] = 1
    assert x.tolist() == [1.0, 0.0]
    assert np.shares_memory(x.numpy(), a)
    assert np.shares_memory(np.asarray(x), a)
    assert np.asarray(x, dtype="float32").dtype == "float32"
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(x, dtype="float32", copy=False)


def test_large_lists_need_not_be_of_one_kind():
    assert tl.tensor([[1, 2.0], [True, 4]]).dtype == "float32"


def test_sizes_of_tensors_are_integers():
    size = tl.ones(3).size
    assert tl.arange(size).tolist() == [0, 1, 2] and tl.arange(size).dtype == "int64"
    assert tl.tensor([size, True]).dtype == "int64" and tl.tensor(size).dtype == "int64"


def test_arange_of_floats_meets_the_standard():
    x = tl.arange(0, 1, 0.1)
    assert x.shape == (10,)
    assert_close(x, np.arange(0, 1, 0.1), rtol=1e-6)


def test_meshgrid_refuses_other_indexing():
    with pytest.raises(ValueError, match="indexing must be 'xy' or 'ij', not 'yx'"):
        tl.meshgrid(tensor(np.ones(2)), indexing="yx")


def test_ragged_data():
    with pytest.raises((ValueError, TypeError)):
        tl.tensor([[1.0], [1.0, 2.0]])
