"""What Python's own functions do with tensors, and what is said of attributes that tensors do not have."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl


@pytest.mark.parametrize("decimals", [None, 0, 1, 3, -1, -2])
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_round(decimals, dtype):
    host = np.array([1.25, -2.35, 0.5, 150.0, 251.0, -15.0, 25.0, 1e9]).astype(dtype)
    given = () if decimals is None else (decimals,)
    assert_close(round(tensor(host), *given), np.round(host, *given))
    assert round(tensor(host), *given).dtype == dtype
    assert_close(tl.round(tensor(host), decimals=decimals or 0), np.round(host, decimals or 0))


def test_round_has_a_gradient_of_zero():
    x = leaf([1.26])
    round(x, 1).sum().backward()
    assert x.grad.tolist() == [0]


def test_divmod():
    x = tensor([7.5, -7.5])
    for found, expected in (
        (divmod(x, 2), divmod(np.array([7.5, -7.5]), 2)),
        (divmod(2, x), divmod(2, np.array([7.5, -7.5]))),
        (divmod(x, x + 1), divmod(np.array([7.5, -7.5]), np.array([8.5, -6.5]))),
    ):
        for part, wanted in zip(found, expected, strict=True):
            assert_close(part, wanted)
    y = leaf([7.5])
    divmod(y, 2)[1].sum().backward()
    assert y.grad.tolist() == [1]


def test_index_of_the_first_true_element():
    mask = np.array([[False, True, True], [True, False, True]])
    for axis in (None, 0, 1):
        assert_same(tl.argmax(tensor(mask), axis=axis), np.argmax(mask, axis=axis))
        assert_same(tl.argmin(tensor(mask), axis=axis), np.argmin(mask, axis=axis))


EINSUMS = [
    ([0, 1], [1, 2], [2, 0]), ([0, 1], [1, 2]), ([3, 0], [0, 3], []), ([Ellipsis, 40], [40, 2]),
    ([40, 30], [30, 20], [40, 20]),
]  # fmt: skip


@pytest.mark.parametrize("lists", EINSUMS, ids=str)
def test_einsum_with_lists(lists):
    first, second, *result = lists
    x, y = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2) ** 2
    assert_close(tl.einsum(tensor(x), first, tensor(y), second, *result), np.einsum(x, first, y, second, *result))
    tl.check_gradients(lambda a, b: tl.einsum(a, first, b, second, *result), (tensor(x), tensor(y)))


@pytest.mark.parametrize("wrong", [(tl.ones(2), "i"), (tl.ones(2), [52]), (tl.ones(2), tl.ones(2))])
def test_einsum_without_subscripts_is_refused(wrong):
    with pytest.raises(TypeError, match="einsum: takes subscripts such as 'ij,jk->ik' and operands, or operands that"):
        tl.einsum(*wrong)


def test_bfloat16_says_what_to_install():
    program = """
import sys
sys.modules["ml_dtypes"] = None
import tensorlab as tl
layer = tl.nn.Linear(1, 1)
for make in (lambda: tl.zeros(2, dtype="bfloat16"), lambda: tl.ones(2).bfloat16(), lambda: layer.to("bfloat16")):
    try:
        make()
    except TypeError as error:
        print(error)
"""
    environment = {**os.environ, "TENSORLAB_BACKEND": "numpy"}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    lines = run.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.endswith("no data type bfloat16; it comes with ml_dtypes: pip install ml_dtypes") for line in lines)


# -- names of other libraries ------------------------------------------------------------------------------------------


def test_attributes_that_tensors_do_not_have_are_explained():
    x = tl.ones(2)
    with pytest.raises(AttributeError, match=r"no attribute 'split'; NumPy and PyTorch mean different things by it"):
        x.split(2)
    with pytest.raises(AttributeError, match=r"no attribute 'normal_'; write tensorlab\.nn\.init\.normal_\(x"):
        x.normal_()
    assert not hasattr(x, "uniform_")
    assert getattr(x, "copy", None) is None
    assert "split" not in dir(x)
    assert "clamp" in dir(x)
    copy.deepcopy(x)
    with pytest.raises(AttributeError):
        x.nothing_of_the_kind  # noqa: B018


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("conv2d", "; there is nn.functional.conv2d"),
        ("svd", "; there is linalg.svd"),
        ("bernoulli", "; there is random.bernoulli"),
        ("Linear", "; there is nn.Linear"),
        ("Adam", "; there is optim.Adam"),
        ("DataLoader", "; there is data.DataLoader"),
        ("device", "; devices are named by strings such as 'cuda:0'; see Device"),
        ("nothing_of_the_kind", ""),
    ],
)
def test_names_that_the_namespace_does_not_have_are_explained(name, remark):
    with pytest.raises(AttributeError) as error:
        getattr(tl, name)
    assert str(error.value) == f"module 'tensorlab' has no attribute {name!r}{remark}"


def test_remarks_name_what_exists():
    from tensorlab.inspection import REMARKS
    from tensorlab.ops.methods import ELSEWHERE

    assert not [name for name in REMARKS if name in vars(tl)]
    assert not [name for name in ELSEWHERE if name in tl.ops.methods.METHODS | tl.ops.methods.OWN_METHODS]


# -- one name, two meanings --------------------------------------------------------------------------------------------


def test_transpose_takes_two_axes():
    x = tl.zeros((2, 3))
    for call in (lambda: tl.transpose(x), lambda: x.transpose(), lambda: x.transpose((1, 0))):
        with pytest.raises(TypeError, match=r"transpose: takes the two axes to swap.*permute_dims\(x, axes\)"):
            call()


def test_repeat_is_not_tile():
    x = tl.tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"repeat: repeats must be an integer.*write tile\(x, \(2, 3\)\)"):
        x.repeat(2, 3)
    assert tl.repeat(x, (2, 3)).tolist() == [1, 1, 2, 2, 2]
    assert x.tile((2, 1)).tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tl.mm(tl.ones(2, 3), tl.ones(3)), r"mm: x2 must have 2 axes, not shape \(3,\); see matmul"),
        (lambda: tl.bmm(tl.ones(2, 3, 3), tl.ones(4, 3, 3)), "bmm: x1 has 2 matrices, x2 has 4"),
        (lambda: tl.dot(tl.ones(2, 3), tl.ones(3)), r"dot: x1 must have 1 axis, not shape \(2, 3\)"),
        (lambda: tl.narrow(tl.ones(3), 0, 2, 2), r"narrow: axis 0 of shape \(3,\) has no 2 slices from 2 on"),
        (lambda: tl.split_with_sizes(tl.ones(5), [2, 2]), r"split_with_sizes: lengths \(2, 2\) do not sum to 5"),
        (lambda: tl.unflatten(tl.ones(5), 0, (2, -1)), r"unflatten: axis 0 of shape \(5,\) does not divide into"),
        (
            lambda: tl.gather(tl.ones(2, 3), 1, tl.zeros((3, 1), dtype="int64")),
            r"gather: indices of shape \(3, 1\) do not fit into shape \(2, 3\) in the axes but 1",
        ),
        (
            lambda: tl.scatter_add(tl.ones(2, 3), 1, tl.zeros((2, 2), dtype="int64"), tl.ones(2, 1)),
            r"scatter_add: indices of shape \(2, 2\) do not fit into shape \(2, 1\)",
        ),
        (lambda: tl.ones(2).fill_(tl.ones(2)), r"fill_: value must be one number, not of shape \(2,\); see copy_"),
        (lambda: tl.masked_fill(tl.ones(2), tl.ones(2) > 0, tl.ones(2)), "masked_fill: value must be one number"),
    ],
)
def test_shapes_are_checked(call, message):
    with pytest.raises(tl.ShapeError, match=message):
        call()
