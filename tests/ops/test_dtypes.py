"""Data types: promotion, weak Python numbers, casting, equality, and what no type holds."""

import pickle

import numpy as np
import pytest
from helpers import assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab.backend import dtypes

# The standard's table, with this library's rule for what it leaves open: a floating type wins over any integer.
ORDER = [
    "bool",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
MIXED_INTEGERS = {
    **{("uint8", f"int{bits}"): f"int{max(bits, 16)}" for bits in (8, 16, 32, 64)},
    **{("uint16", f"int{bits}"): f"int{max(bits, 32)}" for bits in (8, 16, 32, 64)},
    **{("uint32", f"int{bits}"): "int64" for bits in (8, 16, 32, 64)},
}
FLOATS = {
    ("float32", "float64"): "float64",
    ("float32", "complex64"): "complex64",
    ("float32", "complex128"): "complex128",
}
FLOATS |= {("float64", "complex64"): "complex128", ("float64", "complex128"): "complex128"}
FLOATS |= {("complex64", "complex128"): "complex128"}


def expected(first, second):
    low, high = sorted((first, second), key=ORDER.index)
    if (low, high) in MIXED_INTEGERS | FLOATS:
        return (MIXED_INTEGERS | FLOATS)[low, high]
    return high


PAIRS = [
    (a, b) for a in ORDER for b in ORDER if not ({a, b} & {"uint64"} and {a, b} & {"int8", "int16", "int32", "int64"})
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids="-".join)
def test_promotion(first, second):
    x, y = tl.ones(2, dtype=first), tl.ones(2, dtype=second)
    wanted = expected(first, second)
    assert dtypes.promote(x.dtype, y.dtype) == wanted
    assert tl.where(tensor(np.array([True, False])), x, y).dtype == wanted
    assert tl.concat([x, y]).dtype == wanted
    if "bool" not in (first, second):
        assert (x * y).dtype == wanted
        assert_same(x * y, np.ones(2))
        assert tl.matmul(x, y).dtype == wanted


@pytest.mark.parametrize("signed", ["int8", "int16", "int32", "int64"])
def test_uint64_with_signed_integers(signed):
    with pytest.raises(
        TypeError, match=r"no integer type holds both (uint64|int\d+) and (uint64|int\d+); cast one of them"
    ):
        tl.ones(2, dtype="uint64") + tl.ones(2, dtype=signed)


def test_half_precision_promotes():
    assert dtypes.promote(dtypes.float16, dtypes.bfloat16) == "float32"
    assert dtypes.promote(dtypes.float16, dtypes.float32) == "float32"
    assert dtypes.promote(dtypes.int64, dtypes.float16) == "float16"
    assert dtypes.promote(dtypes.float16, dtypes.complex64) == "complex64"


@pytest.mark.parametrize(
    ("dtype", "number", "wanted"),
    [
        *(
            ("float32", 2, "float32"),
            ("float32", 2.0, "float32"),
            ("float64", 2.0, "float64"),
            ("float32", 2j, "complex64"),
        ),
        *(("float64", 2j, "complex128"), ("complex64", 2.0, "complex64"), ("int8", 2, "int8"), ("uint64", 2, "uint64")),
        *(("int64", 2.0, "float32"), ("int8", 2.0, "float32"), ("int64", 2j, "complex64"), ("int32", True, "int32")),
        *(("bool", 2, "int64"), ("bool", 2.0, "float32"), ("float32", True, "float32")),
    ],
)
def test_python_numbers_are_weak(dtype, number, wanted):
    x = tl.ones(2, dtype=dtype)
    for result in (x + number, number + x, tl.add(x, number)):
        assert result.dtype == wanted
        assert_same(result, np.ones(2) + number)


def test_numbers_alone_make_tensors():
    assert tl.add(1, 2.0).dtype == "float32"
    assert tl.add(1, 2).tolist() == 3
    assert tl.exp(0).dtype == "float32"


def test_reflected_operators():
    x = tensor(np.array([1.0, 2.0, 4.0]))
    assert_same(2 - x, np.array([1.0, 0, -2]))
    assert_same(2 / x, np.array([2.0, 1, 0.5]))
    assert_same(2**x, np.array([2.0, 4, 16]))
    assert_same(5 // x, np.array([5.0, 2, 1]))
    assert_same(5 % x, np.array([0.0, 1, 1]))
    n = tensor(np.array([1, 2]))
    assert_same(1 << n, np.array([2, 4]))
    assert_same(8 >> n, np.array([4, 2]))
    assert_same(3 & n, np.array([1, 2]))
    assert_same(4 | n, np.array([5, 6]))
    assert_same(1 ^ n, np.array([0, 3]))


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="arrays of NumPy belong to the numpy backend")
def test_numpy_arrays_and_scalars_beside_tensors():
    x = tl.tensor([1.0, 2.0])
    for result in (np.ones(2, "float32") * x, x * np.ones(2, "float32"), np.float32(1) * x, x * np.float32(1)):
        assert type(result) is tl.Tensor
        assert result.tolist() == [1.0, 2.0]
    assert (np.array([True, False]) & (x > 0)).tolist() == [True, False]


@pytest.mark.parametrize("to", ["float32", "complex64", "complex128"])
def test_gradient_of_casting(to):
    x = leaf([1.5, -2.0])
    y = x.astype(to)
    assert y.dtype == to
    (y * y).real.sum().backward() if y.dtype.is_complex else (y * y).sum().backward()
    assert x.grad.dtype == "float64"
    assert_same(x.grad, np.array([3.0, -4.0]))


def test_casting_to_integers_has_no_gradient():
    x = leaf([1.5, -2.0])
    assert not x.astype("int64").requires_grad
    assert not (x > 0).requires_grad
    assert not tl.argmax(x).requires_grad


def test_complex_to_real_takes_the_real_part():
    with np.errstate(all="ignore"):
        z = tensor(np.array([1 + 2j]))
    assert_same(tl.real(z), np.array([1.0]))


def test_operands_that_do_not_promote_say_so():
    with pytest.raises(
        TypeError, match=r"linear: weight is float64 where float32 is expected, as x is; cast one of them"
    ):
        tl.linear(tl.ones((2, 3)), tl.ones((4, 3), dtype="float64"))


@pytest.mark.parametrize("operand", ["text", [1.0, 2.0], None, object()], ids=["str", "list", "None", "object"])
def test_what_is_no_operand(operand):
    with pytest.raises(TypeError, match="multiply"):
        tl.multiply(tl.ones(2), operand)


def test_dtype_equality():
    assert tl.float32 == "float32" == tl.float32
    assert tl.float32 == np.float32
    assert tl.float32 == np.dtype("float32")
    assert tl.bool == bool  # noqa: E721
    assert tl.int64 == int  # noqa: E721
    assert tl.float64 == float  # noqa: E721
    assert tl.float32 != tl.float64
    assert tl.float32 != "floaty"
    assert tl.float32 != None  # noqa: E711
    assert tl.float32 == tl.ones(1).array.dtype
    assert {tl.float32: 1}[tl.ones(1).dtype] == 1
    assert (repr(tl.float32), str(tl.float32)) == ("tensorlab.float32", "float32")
    assert pickle.loads(pickle.dumps(tl.float32)) is tl.float32


def test_unknown_dtypes():
    with pytest.raises(TypeError, match="zeros: dtype must be a data type such as 'float32', or None, not 'float128'"):
        tl.zeros(2, dtype="float128")
    if tl.active_backend().name == "strict":
        with pytest.raises(TypeError, match="the strict backend has no data type float16"):
            tl.zeros(2, dtype="float16")
    else:
        with pytest.raises(TypeError, match="asarray: obj must be numbers, nested in sequences"):
            tl.asarray(np.array(["a"]))


def test_sums_of_small_integers_are_wide():
    assert tl.sum(tl.ones(300, dtype="uint8")).item() == 300
    assert tl.sum(tl.ones(3, dtype="int8")).dtype == "int64"
    assert tl.sum(tl.ones(3, dtype="uint8")).dtype == "uint64"
    assert tl.sum(tl.ones(3), dtype="float64").dtype == "float64"
    assert tl.prod(tl.ones(3, dtype="int8")).dtype == "int64"


def test_truth_values_are_counted():
    right = tensor(np.array([[True, False], [True, True]]))
    assert_same(right.sum(axis=0), np.array([2, 1]))
    assert_same(right.prod(axis=0), np.array([1, 0]))
    assert_same(right.mean(axis=0), np.array([1.0, 0.5], "float32"))
    assert right.sum().dtype == "int64"


def test_host_arrays_keep_their_values():
    big = np.array([2**63, 1], "uint64")
    assert_same(tensor(big), big)
    assert host(tensor(np.array([1, 2], ">i4"))).dtype == np.dtype("int32")
    assert_same(tensor(np.array([1, 2], ">i4")) + 1, np.array([2, 3]))
