"""Sorting, searching and sets: NaN, zeros of both signs, ties, data types and errors."""

from math import inf, nan

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, native, seeded, tensor
from hypothesis import given, settings
from hypothesis import strategies as st
from references.sorting import orders

import tensorlab as tl
from tensorlab import ShapeError

SPECIAL = np.array([2.0, nan, -0.0, inf, 0.0, 2.0, -inf, nan, -0.0, 1.0])
SORTED = ("float32", "float64", "int8", "int32", "int64", "uint8", "uint64")


def same_bits(found, expected):
    """Assert equality that tells zeros of different signs apart."""
    assert_same(found, expected)
    np.testing.assert_array_equal(np.signbit(host(found)), np.signbit(expected))


# -- sorting -----------------------------------------------------------------------------------------------------------


def test_special_values_ascending():
    same_bits(tl.sort(tensor(SPECIAL)), np.array([-inf, -0.0, 0.0, -0.0, 1, 2, 2, inf, nan, nan]))
    assert_same(tl.argsort(tensor(SPECIAL)), np.array([6, 2, 4, 8, 9, 0, 5, 3, 1, 7]))


def test_special_values_descending():
    """NaN is the greatest, as in PyTorch and JAX; equal elements keep their order, as in the standard."""
    same_bits(tl.sort(tensor(SPECIAL), descending=True), np.array([nan, nan, inf, 2, 2, 1, -0.0, 0.0, -0.0, -inf]))
    assert_same(tl.argsort(tensor(SPECIAL), descending=True), np.array([1, 7, 3, 0, 5, 9, 2, 4, 8, 6]))


@pytest.mark.parametrize("dtype", SORTED)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_many_ties(dtype, descending, stable, axis):
    x = seeded("ties", dtype).integers(0, 5, (40, 30)).astype(dtype)
    found = tl.sort(tensor(x), axis=axis, descending=descending, stable=stable)
    assert found.dtype == dtype
    assert_same(found, np.take_along_axis(x, orders(x, axis, descending), axis))
    order = tl.argsort(tensor(x), axis=axis, descending=descending, stable=stable)
    assert order.dtype == "int64"
    assert_same(np.take_along_axis(x, host(order), axis) if not stable else order,
                host(found) if not stable else orders(x, axis, descending))  # fmt: skip


def test_least_integers_descending():
    """No minus sign is used: the least integer has no opposite."""
    x = np.array([-128, 127, 0], "int8")
    assert_same(tl.sort(tensor(x), descending=True), np.array([127, 0, -128], "int8"))
    assert_same(tl.argsort(tensor(np.array([0, 2**64 - 1], "uint64")), descending=True), np.array([1, 0]))


@pytest.mark.parametrize("descending", [False, True])
def test_gradient_goes_where_each_element_came_from_at_ties(descending):
    x = leaf([2.0, 1.0, 2.0, 1.0])
    (tl.sort(x, descending=descending) * tensor(np.array([1.0, 10, 100, 1000]))).sum().backward()
    assert_same(x.grad, np.array([1.0, 100, 10, 1000]) if descending else np.array([100.0, 1, 1000, 10]))
    _, pushed = tl.jvp(lambda x: tl.sort(x, descending=descending), (x,), (tensor(np.array([1.0, 2, 3, 4])),))
    assert_same(pushed, np.array([1.0, 3, 2, 4]) if descending else np.array([2.0, 4, 1, 3]))


def test_methods_are_the_functions():
    x = tensor(np.array([3.0, 1.0, 2.0]))
    assert_same(x.sort(), np.array([1.0, 2, 3]))
    assert_same(x, np.array([3.0, 1, 2]))
    assert_same(x.sort(descending=True), np.array([3.0, 2, 1]))
    assert_same(x.argsort(), np.array([1, 2, 0]))
    assert_same(x.topk(1).values, np.array([3.0]))
    assert_same(x.kthvalue(1).values, np.array(1.0))
    assert_same(x.nonzero()[0], np.array([0, 1, 2]))
    assert_same(x.argwhere(), np.array([[0], [1], [2]]))
    assert_same(x.sort().searchsorted(2.5), np.array(2))
    assert_same(x.unique(), np.array([1.0, 2, 3]))
    assert_same(tensor(np.array([2, 0])).bincount(), np.array([1, 0, 1]))


# -- the greatest ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 1, 4, 10])
@pytest.mark.parametrize("largest", [True, False])
def test_topk_of_special_values(k, largest):
    values, indices = tl.topk(tensor(SPECIAL), k, largest=largest)
    expected = orders(SPECIAL, descending=largest)[:k]
    assert_same(indices, expected)
    same_bits(values, SPECIAL[expected])
    assert indices.dtype == "int64"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 60, 99, 100]), st.booleans(), st.booleans(), st.booleans())
def test_topk_is_a_stable_sort_cut_short(seed, k, largest, ties, undefined):
    """Large enough for what a backend does instead of sorting."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, (100, 60)).astype("float32") if ties else rng.normal(size=(100, 60)).astype("float32")
    if undefined:
        x[rng.random(x.shape) < 0.02] = nan
    assert_same(tl.topk(tensor(x), k, axis=0, largest=largest).indices, orders(x, 0, largest)[:k])


def test_kthvalue():
    x = np.array([[3, 1, 3, 2], [5, 5, 5, 5]])
    for k, values, indices in ((1, [1, 5], [1, 0]), (3, [3, 5], [0, 2]), (4, [3, 5], [2, 3])):
        found = tl.kthvalue(tensor(x), k)
        assert_same(found.values, np.array(values))
        assert_same(found.indices, np.array(indices))
    assert tl.kthvalue(tensor(x), 1, axis=0, keepdims=True).values.shape == (1, 4)
    assert np.isnan(tl.kthvalue(tensor(SPECIAL), 9).values.item())


# -- searching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("int64", "int32"), ("float32", "float64")])
def test_searchsorted(side, dtypes):
    ordered, wanted = np.array([1, 2, 2, 5]), np.array([[0, 1, 2], [3, 5, 9]])
    found = tl.searchsorted(tensor(ordered.astype(dtypes[0])), tensor(wanted.astype(dtypes[1])), side=side)
    assert found.dtype == "int64"
    assert_same(found, np.searchsorted(ordered, wanted, side))
    shuffled = np.array([5, 2, 1, 2])
    found = tl.searchsorted(tensor(shuffled), tensor(wanted), side=side, sorter=tl.argsort(tensor(shuffled)))
    assert_same(found, np.searchsorted(ordered, wanted, side))


def test_searchsorted_takes_numbers_and_finds_nan_at_the_end():
    x = tensor(np.array([1.0, 2.0, nan]))
    assert_same(tl.searchsorted(x, 1.5), np.array(1))
    assert_same(tl.searchsorted(tensor(np.array([1, 2])), 1.5), np.array(1))
    assert_same(tl.searchsorted(x, tensor(np.array([inf, nan]))), np.array([2, 2]))
    assert_same(tl.searchsorted(x, tensor(np.array([nan])), side="right"), np.array([3]))
    assert isinstance(tl.searchsorted(native([1.0, 2.0]), native([1.5])), tl.active_backend().array_types)


@pytest.mark.parametrize(
    "x", [np.array([[0, 1, 2], [3, 0, 0]]), np.array([0.0, -0.0, nan]), np.array([True, False]), np.zeros((2, 0, 3)),
          np.array([[0j, 1j]])], ids=["integers", "floats", "bools", "empty", "complex"],
)  # fmt: skip
def test_nonzero(x):
    found = tl.nonzero(tensor(x))
    assert type(found) is tuple
    for ours, numpys in zip(found, np.nonzero(x), strict=True):
        assert ours.dtype == "int64"
        assert_same(ours, numpys)
    assert_same(tl.argwhere(tensor(x)), np.argwhere(x))
    assert_same(tl.flatnonzero(tensor(x)), np.flatnonzero(x))
    assert isinstance(tl.nonzero(native(x))[0], tl.active_backend().array_types)


@pytest.mark.parametrize("x", [0.0, 2.0])
def test_nonzero_of_one_number(x):
    assert_same(tl.argwhere(tensor(x)), np.argwhere(x))
    assert_same(tl.flatnonzero(tensor(x)), np.flatnonzero(x))


# -- sets --------------------------------------------------------------------------------------------------------------

SETS = {
    "integers": np.array([[3, 1, 2], [1, 3, 3]]),
    "floats": np.array([0.5, -0.5, 0.5, inf, -inf]),
    "bools": np.array([True, False, True]),
    "complex": np.array([2 + 1j, 1 + 2j, 2 - 1j, 2 + 1j, 1 + 2j]),
    "bytes": np.array([200, 100, 200], "uint8"),
    "empty": np.zeros((0,)),
    "empty axes": np.zeros((2, 0), "int64"),
    "one number": np.array(7.0),
    "all equal": np.ones((3, 2), "float32"),
    "NaN": np.array([nan, 1.0, nan, 1.0]),
}
each_set = pytest.mark.parametrize("x", SETS.values(), ids=SETS)


@each_set
def test_standard_unique(x):
    """NumPy's functions for the standard; the order is ascending here, which neither promises."""
    found, (values, indices, inverse, counts) = tl.unique_all(tensor(x)), np.unique_all(x)
    assert found._fields == ("values", "indices", "inverse_indices", "counts")
    assert found.values.dtype == x.dtype.name
    assert found.indices.dtype == found.inverse_indices.dtype == found.counts.dtype == "int64"
    assert_same(found.values, values)
    assert_same(found.indices, indices)
    assert_same(found.inverse_indices, inverse)
    assert_same(found.counts, counts)
    assert_same(tl.unique_values(tensor(x)), values)
    for part, wanted in zip(tl.unique_counts(tensor(x)), (values, counts), strict=True):
        assert_same(part, wanted)
    for part, wanted in zip(tl.unique_inverse(tensor(x)), (values, inverse), strict=True):
        assert_same(part, wanted)


def test_zeros_of_both_signs_are_one_value():
    found = tl.unique_all(tensor(np.array([-0.0, 1.0, 0.0])))
    same_bits(found.values, np.array([-0.0, 1.0]))
    assert_same(found.inverse_indices, np.array([0, 1, 0]))
    assert_same(found.counts, np.array([2, 1]))


@each_set
def test_numpys_unique(x):
    found = tl.unique(tensor(x), return_index=True, return_inverse=True, return_counts=True)
    for part, wanted in zip(found, np.unique(x, True, True, True), strict=True):
        assert_same(part, wanted)
    assert_same(tl.unique(tensor(x)), np.unique(x))
    for part, wanted in zip(tl.unique(tensor(x), return_counts=True), np.unique(x, return_counts=True), strict=True):
        assert_same(part, wanted)
    assert_same(tl.unique(tensor(x), equal_nan=False), np.unique(x, equal_nan=False))


def test_complex_nan():
    """Whichever part is NaN; the first occurrence stands for all (NumPy has one or another order among them)."""
    x = tensor(np.array([complex(nan, 1), 1 + 1j, complex(1, nan), complex(nan, 1)]))
    values, indices, counts = tl.unique(x, return_index=True, return_counts=True)
    assert_same(values, np.array([1 + 1j, complex(nan, 1)]))
    assert_same(indices, np.array([1, 0]))
    assert_same(counts, np.array([1, 3]))
    assert_same(tl.unique_all(x).indices, np.array([1, 0, 2, 3]))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool", "complex128"])
def test_unique_slices(axis, dtype):
    x = seeded("slices", axis).integers(0, 2, (4, 9, 2) if axis == 1 else (9, 2, 9)).astype(dtype)
    found = tl.unique(tensor(x), return_index=True, return_inverse=True, return_counts=True, axis=axis)
    for part, wanted in zip(found, np.unique(x, True, True, True, axis=axis), strict=True):
        assert_same(part, wanted)


def test_unique_slices_at_the_edges():
    assert tl.unique(tl.zeros((3, 0)), axis=0).shape == (1, 0)
    assert tl.unique(tl.zeros((0, 3)), axis=0).shape == (0, 3)
    rows = np.array([[nan, 1], [0.0, 2], [nan, 1], [-0.0, 2]])
    values, counts = tl.unique(tensor(rows), axis=0, return_counts=True)
    assert_same(values, np.array([[0.0, 2], [nan, 1]]))
    assert_same(counts, np.array([2, 2]))


def test_values_carry_the_gradient_of_the_first_occurrence():
    weights = tensor(np.array([1.0, 10, 100]))
    for call in (tl.unique, tl.unique_values, lambda x: tl.unique_all(x).values, lambda x: tl.unique_counts(x).values):
        x = leaf([3.0, 1.0, 3.0, 2.0, 1.0])
        (call(x) * weights).sum().backward()
        assert_same(x.grad, np.array([100.0, 1, 0, 10, 0]))
    x = leaf([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0]])
    (tl.unique(x, axis=0) * tensor(np.array([[1.0, 2], [3, 4]]))).sum().backward()
    assert_same(x.grad, np.array([[3.0, 4], [1, 2], [0, 0]]))


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    ("x", "others"),
    [
        (np.array([[1, 2], [3, 9]]), np.array([[9], [2]])),
        (np.array([1, 2, 300]), np.array([44, 2], "uint8")),
        (np.array([1.0, nan, -0.0]), np.array([nan, 0.0])),
        (np.array([True, False]), np.array([True])),
        (np.array([1j, 2 + 1j, complex(nan, 0)]), np.array([2 + 1j, complex(nan, 0)])),
        (np.array([1, 2]), np.array([], "int64")),
        (np.array([], "float32"), np.array([1.0], "float32")),
        (np.array(3), np.array(3)),
        (np.array([5, 3]), np.array(3)),
    ],
)
def test_isin(x, others, invert):
    found = tl.isin(tensor(x), tensor(others), invert=invert)
    assert found.dtype == "bool"
    assert_same(found, np.isin(x, others, invert=invert))


def test_isin_of_a_number():
    assert_same(tl.isin(tensor(np.array([1, 2])), 2), np.array([False, True]))
    assert_same(tl.isin(tensor(np.array([1, 2])), 1.5), np.array([False, False]))
    assert isinstance(tl.isin(native([1, 2]), native([2])), tl.active_backend().array_types)


def test_sets_of_two():
    x, y = np.array([[3, 1], [3, 7]]), np.array([7, 2, 3, 2])
    assert_same(tl.union1d(tensor(x), tensor(y)), np.union1d(x, y))
    assert_same(tl.intersect1d(tensor(x), tensor(y)), np.intersect1d(x, y))
    assert_same(tl.setdiff1d(tensor(x), tensor(y)), np.setdiff1d(x, y))
    nans = np.array([nan, 1.0, nan])
    assert_same(tl.union1d(tensor(nans), tensor(nans)), np.array([1.0, nan]))
    assert_same(tl.intersect1d(tensor(nans), tensor(nans)), np.array([1.0]))
    assert_same(tl.setdiff1d(tensor(nans), tensor(nans)), np.array([nan]))


# -- counting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int64", "uint8", "uint64", "bool"])
@pytest.mark.parametrize("minlength", [0, 1, 8])
def test_bincount(dtype, minlength):
    x = np.array([0, 3, 3, 1, 0, 3]).astype(dtype)
    found = tl.bincount(tensor(x), minlength=minlength)
    assert found.dtype == "int64"
    assert_same(found, np.bincount(x.astype("int64"), minlength=minlength))
    assert isinstance(tl.bincount(native(x)), tl.active_backend().array_types)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_bincount_of_weights(dtype):
    x, weights = np.array([0, 3, 3, 1]), np.array([1, 2, 4, 8]).astype(dtype)
    found = tl.bincount(tensor(x), tensor(weights))
    assert found.dtype == dtype
    assert_same(found, np.bincount(x, weights))


def test_bincount_of_nothing():
    assert_same(tl.bincount(tl.zeros(0, dtype="int64")), np.zeros(0, "int64"))
    assert_same(tl.bincount(tl.zeros(0, dtype="int64"), minlength=2), np.zeros(2, "int64"))


def test_gradient_of_bincount():
    weights = leaf([1.0, 2.0, 4.0])
    (tl.bincount(tensor(np.array([2, 0, 2])), weights) * tensor(np.array([1.0, 10, 100]))).sum().backward()
    assert_close(weights.grad, np.array([100.0, 1, 100]))


# -- errors ------------------------------------------------------------------------------------------------------------

F, I, C = tl.ones((2, 3)), tl.ones(3, dtype="int64"), tl.ones(3, dtype="complex64")
ERRORS = [
    (lambda: tl.sort(C), TypeError, "sort: x is complex64, but must be of a real numeric type"),
    (lambda: tl.argsort(C), TypeError, "argsort: x is complex64, but must be of a real numeric type"),
    (lambda: tl.topk(C, 1), TypeError, "topk: x is complex64, but must be of a real numeric type"),
    (lambda: tl.kthvalue(C, 1), TypeError, "kthvalue: x is complex64, but must be of a real numeric type"),
    (lambda: tl.sort(tl.ones(())), ShapeError, "sort: axis -1 is out of range for 0 axes"),
    (lambda: tl.argsort(F, axis=2), ShapeError, "argsort: axis 2 is out of range for 2 axes"),
    (lambda: tl.topk(F, 4), ShapeError, "topk: k is 4, but must be from 0 to 3, the length of axis -1 of (2, 3)"),
    (lambda: tl.topk(F, -1, axis=0), ShapeError,
     "topk: k is -1, but must be from 0 to 2, the length of axis 0 of (2, 3)"),
    (lambda: tl.topk(F, 1, axis=5), ShapeError, "topk: axis 5 is out of range for 2 axes"),
    (lambda: tl.kthvalue(F, 0), ShapeError,
     "kthvalue: k is 0, but must be from 1 to 3, the length of axis -1 of (2, 3)"),
    (lambda: tl.searchsorted(F, I), ShapeError, "searchsorted: x1 must have 1 axis, not shape (2, 3)"),
    (lambda: tl.searchsorted(I, F, side="both"), ValueError,
     "searchsorted: side must be 'left' or 'right', not 'both'"),
    (lambda: tl.searchsorted(I, F, sorter=I[:2]), ShapeError, "searchsorted: sorter has shape (2,), x1 (3,)"),
    (lambda: tl.searchsorted(I, C), TypeError, "searchsorted: x2 is complex64, but must be of a real numeric type"),
    (lambda: tl.searchsorted(I, [1]), TypeError,
     "searchsorted: x2 must be a tensor, an array or a number, not [1]"),
    (lambda: tl.searchsorted(I, 1j), TypeError, "searchsorted: x2 must be a tensor, an array or a number, not 1j"),
    (lambda: tl.nonzero(tl.ones(())), ShapeError,
     "nonzero takes arrays of at least 1 axis, not shape (); reshape it to (1,) first"),
    (lambda: tl.unique(F, axis=2), ShapeError, "unique: axis 2 is out of range for 2 axes"),
    (lambda: tl.bincount(tl.ones((2, 2), dtype="int64")), ShapeError, "bincount: x must have 1 axis, not shape (2, 2)"),
    (lambda: tl.bincount(F), TypeError, "bincount: x is float32, but must be of an integer type or bool"),
    (lambda: tl.bincount(-I), ValueError, "bincount: x has the element -1, but must be 0 or more"),
    (lambda: tl.bincount(I, minlength=-1), ValueError, "bincount: minlength is -1, but must be 0 or more"),
    (lambda: tl.bincount(I, tl.ones(2)), ShapeError, "bincount: weights have shape (2,), but x has (3,)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[message for *_, message in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


def test_two_backends(other_backend):
    with pytest.raises(tl.BackendError, match=r"isin was given arrays of the backends .*; move one of them first"):
        tl.isin(tl.ones(2), tl.ones(2, device=other_backend))
