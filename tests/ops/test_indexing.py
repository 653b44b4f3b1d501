"""Reading, writing and accumulating at every kind of index, by NumPy's rules."""

import numpy as np
import pytest
from helpers import assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import ShapeError

X = np.arange(24.0).reshape(2, 3, 4)
INDICES = {
    "integer": 1,
    "negative": -1,
    "integers": (0, 2, 3),
    "slice": slice(1, None),
    "step": (slice(None), slice(None, None, 2)),
    "backwards": (slice(None), slice(None, None, -1)),
    "empty": (slice(1, 1),),
    "ellipsis": (Ellipsis, 1),
    "all": Ellipsis,
    "new axis": (slice(None), None, 0),
    "none": None,
    "rows": np.array([1, 0, 1]),
    "rows 2-d": np.array([[1, 0], [0, 0]]),
    "negative rows": np.array([-1, -2]),
    "no rows": np.array([], dtype="int64"),
    "last axis": (Ellipsis, np.array([3, 0])),
    "middle axis": (slice(None), np.array([2, 0, 2]), slice(1, 3)),
    "neighbours": (slice(None), np.array([0, 2]), np.array([3, 1])),
    "apart": (np.array([0, 1]), slice(None), np.array([3, 1])),
    "broadcast": (np.array([[0], [1]]), np.array([0, 2])),
    "with integer": (1, slice(None), np.array([0, 2])),
    "with integer beside": (slice(None), 1, np.array([0, 2])),
    "with new axis": (np.array([0, 1]), None, np.array([0, 2])),
    "mask": X % 3 == 0,
    "mask of the first axes": np.array([[True, False, True], [False, True, False]]),
    "mask of one axis": (slice(None), np.array([True, False, True])),
    "mask and integers": (np.array([True, True]), np.array([0, 2])),
    "nothing masked": np.zeros((2, 3, 4), bool),
}
each_index = pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)


def ours(index):
    """Return an index with its arrays as tensors."""
    if isinstance(index, tuple):
        return tuple(map(ours, index))
    return tensor(index) if isinstance(index, np.ndarray) else index


@each_index
def test_read(index):
    assert_same(tensor(X)[ours(index)], X[index])


@each_index
def test_gradient_of_reading(index):
    x = leaf(X)
    taken = x[ours(index)]
    weights = np.arange(1.0, taken.nelement() + 1).reshape(taken.shape)
    (taken * tensor(weights)).sum().backward()
    expected = np.zeros_like(X)
    np.add.at(expected, index, weights)
    assert_same(x.grad, expected)


@each_index
def test_second_order(index):
    tl.check_gradients(lambda x: tl.sin(x)[ours(index)], (tensor(np.sin(X)),))


@each_index
@pytest.mark.parametrize("traced", [False, True])
def test_write(index, traced):
    expected = X.copy()
    expected[index] = -1.0
    x = leaf(X) * 1 if traced else tensor(X)
    x[ours(index)] = -1.0
    assert_same(x, expected)


@each_index
def test_write_an_array(index):
    values = -np.arange(1.0, X[index].size + 1).reshape(X[index].shape)
    if any(
        isinstance(i, np.ndarray) and i.size != np.unique(i).size
        for i in (index if isinstance(index, tuple) else (index,))
    ):
        values = np.full_like(values, -1)  # an element written twice has no promised value
    expected = X.copy()
    expected[index] = values
    x = tensor(X)
    x[ours(index)] = tensor(values)
    assert_same(x, expected)


@each_index
def test_gradient_of_writing(index):
    """Elements that were overwritten pass nothing on; the value gets the sum over where it was written."""
    x, value = leaf(X), leaf(2.0)
    y = x * 1
    y[ours(index)] = value
    (y * tensor(X + 1)).sum().backward()
    written = np.zeros(X.shape, bool)
    written[index] = True
    assert_same(x.grad, np.where(written, 0, X + 1))
    assert value.grad.item() == (X + 1)[written].sum()


def test_write_broadcasts_and_casts():
    x = tensor(np.zeros((2, 3), "float32"))
    x[:, 1:] = tensor(np.array([1.5, 2.5]))
    assert_same(x, np.array([[0, 1.5, 2.5]] * 2, "float32"))
    assert x.dtype == "float32"
    n = tensor(np.zeros(3, "int64"))
    n[1] = 7
    assert n.tolist() == [0, 7, 0]


def test_a_list_is_an_array():
    assert_same(tensor(X)[[1, 0]], X[[1, 0]])


def test_basic_reading_shares_memory():
    x = tensor(X)
    row = x[1]
    row[0] = -1.0
    assert (host(x)[1, 0] == -1).all()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((0, 0, 0, 0), "getitem: an index for 4 axes is too long for shape (2, 3, 4)"),
        (2, "getitem: index 2 is out of range for axis 0 of shape (2, 3, 4)"),
        ((0, -4), "getitem: index -4 is out of range for axis 1 of shape (2, 3, 4)"),
    ],
)
def test_errors(index, message):
    with pytest.raises(ShapeError) as error:
        tensor(X)[index]
    assert str(error.value) == message


def test_a_number_out_of_range_is_an_index_error():
    with pytest.raises(IndexError):
        tensor(X)[2]


def test_iteration_and_membership():
    assert [row.tolist() for row in tensor(X[0])] == X[0].tolist()
    assert 5.0 in tensor(X)
    assert 5.5 not in tensor(X)
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))


def test_empty_list():
    """It chooses nothing, as in NumPy, and is no list of floats."""
    assert tl.ones((3, 2))[[]].shape == (0, 2)
