"""Batches of PyTorch's `default_collate` and ours: data types, values, classes."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import tensorlab as tl
from tensorlab.data import default_collate

torch = pytest.importorskip("torch")

Point = namedtuple("Point", "x y")

BATCHES = {
    "floats": [0.1, 1e300],
    "a float and an int": [1700000000.123, 1],
    "ints": [1, 2**40],
    "bools": [True, False],
    "strings": ["a", "b"],
    "arrays": [np.ones(2, "float32"), np.zeros(2, "float32")],
    "scalars": [np.float32(0.5), np.float32(2)],
    "double scalars": [np.float64(0.1), np.float64(2)],
    "a dict": [{"x": 1, "y": [0.5, 3]}, {"y": [0.25, 4], "x": 2}],
    "an ordered dict": [OrderedDict(b=1, a=2.0), OrderedDict(a=3.0, b=4)],
    "a defaultdict": [defaultdict(int, x=1), defaultdict(int, x=2)],
    "named tuples": [Point(1, 0.5), Point(2, 1.5)],
}


def assert_same_batch(ours, theirs):
    if isinstance(theirs, torch.Tensor):
        assert str(ours.dtype).split(".")[-1] == str(theirs.dtype).split(".")[-1]
        assert ours.tolist() == theirs.tolist()
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs)
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same_batch(ours[key], theirs[key])
    elif isinstance(theirs, str):
        assert ours == theirs
    else:
        assert type(ours) is type(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same_batch(one, other)


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_pytorchs(name):
    assert_same_batch(default_collate(BATCHES[name]), torch.utils.data.default_collate(BATCHES[name]))


def test_loaders_agree():
    samples = [(np.full(2, i, "float32"), 0.1 * i) for i in range(5)]
    ours = tl.data.DataLoader(samples, batch_size=2)
    theirs = torch.utils.data.DataLoader(samples, batch_size=2)
    for one, other in zip(ours, theirs, strict=True):
        assert_same_batch(list(one), list(other))
