"""What data types are, hold and become: against NumPy's answers, and the standard's rules."""

import itertools

import ml_dtypes
import numpy as np
import pytest
from helpers import leaf, tensor

import tensorlab as tl

STANDARD = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
)
KINDS = ("bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric")


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_finfo(name):
    expected = ml_dtypes.finfo(ml_dtypes.bfloat16) if name == "bfloat16" else np.finfo(name)
    found = tl.finfo(name)
    assert found.bits == expected.bits
    for limit in ("eps", "max", "min", "smallest_normal"):
        assert getattr(found, limit) == float(getattr(expected, limit))
        assert type(getattr(found, limit)) is float
    assert found.dtype == {"complex64": "float32", "complex128": "float64"}.get(name, name)


@pytest.mark.parametrize("name", [name for name in STANDARD if "int" in name])
def test_iinfo(name):
    found, expected = tl.iinfo(name), np.iinfo(name)
    assert (found.bits, found.max, found.min, found.dtype) == (expected.bits, expected.max, expected.min, name)


def test_limits_of_arrays():
    assert tl.finfo(tl.ones(1, dtype="float64")).bits == 64
    assert tl.finfo(tl.ones(1).array).dtype == tl.float32
    assert tl.iinfo(tl.tensor([1])).max == 2**63 - 1


def test_limits_of_the_wrong_types():
    with pytest.raises(TypeError, match="finfo: type must be floating-point, not int64; use iinfo"):
        tl.finfo(tl.int64)
    with pytest.raises(TypeError, match="iinfo: type must be an integer type, not float32; use finfo"):
        tl.iinfo(tl.float32)
    with pytest.raises(TypeError, match="iinfo: type must be an integer type, not bool"):
        tl.iinfo(tl.bool)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", STANDARD)
def test_isdtype(name, kind):
    assert tl.isdtype(getattr(tl, name), kind) is np.isdtype(np.dtype(name), kind)
    assert tl.isdtype(getattr(tl, name), ("bool", kind)) is np.isdtype(np.dtype(name), ("bool", kind))


def test_isdtype_of_types():
    assert tl.isdtype(tl.float32, tl.float32)
    assert not tl.isdtype(tl.float32, (tl.float64, "integral"))
    assert tl.isdtype(tl.bfloat16, "real floating")
    with pytest.raises(ValueError, match=r"isdtype: kind must be a data type or one of bool, .*, not 'floaty'"):
        tl.isdtype(tl.float32, ("real floating", "floaty"))
    with pytest.raises(TypeError, match="isdtype: dtype must be a data type such as 'float32', not"):
        tl.isdtype(None, "numeric")


@pytest.mark.parametrize(("first", "second"), [*itertools.product(STANDARD, STANDARD)])
def test_result_type_is_what_operations_give(first, second):
    x, y = tl.ones(2, dtype=first), tl.ones(2, dtype=second)
    try:
        expected = tl.concat([x, y]).dtype
    except TypeError:
        with pytest.raises(TypeError, match="no integer type holds both"):
            tl.result_type(x, second)
        assert not tl.can_cast(first, second)
        return
    for operands in itertools.product((x, x.array, x.dtype), (y, y.array, y.dtype)):
        assert tl.result_type(*operands) is expected
    assert tl.can_cast(x, second) is (expected == second)


@pytest.mark.parametrize("name", STANDARD)
@pytest.mark.parametrize("number", [True, 2, 2.5, 2j], ids=str)
def test_result_type_with_numbers(name, number):
    x = tl.ones(2, dtype=name)
    assert tl.result_type(x, number) is tl.result_type(number, name) is tl.where(x != 0, x, number).dtype


def test_result_type_of_nothing_but_numbers():
    with pytest.raises(ValueError, match="result_type: at least one argument must be a tensor"):
        tl.result_type(1, 2.0)


def test_casting_keeps_or_copies():
    x = tl.ones(2)
    assert tl.astype(x, tl.float32, copy=False) is x
    assert tl.astype(x, tl.float32) is not x
    assert x.astype("float64").dtype == tl.float64


def test_casting_complex_numbers_says_which_part_is_meant():
    z = leaf([1 + 2j], "complex128")
    for dtype in ("float32", "int64", "bool"):
        with pytest.raises(TypeError, match=f"astype: x is complex128, which {dtype} cannot hold; take the real, imag"):
            z.astype(dtype)
    assert z.astype("complex64").requires_grad


def test_casting_what_is_no_array():
    with pytest.raises(TypeError, match="astype: x must be a tensor or an array, not list"):
        tl.astype([1.0], tl.float32)


# -- what the namespace tells about itself -----------------------------------------------------------------------------


def test_inspection():
    info = tl.__array_namespace_info__()
    device = info.default_device()
    assert device == tl.ones(1).device
    assert device in info.devices()
    assert info.default_dtypes() == {
        "real floating": tl.float32,
        "complex floating": tl.complex64,
        "integral": tl.int64,
        "indexing": tl.int64,
    }
    assert tl.ones(1, device=device).device == device
    assert info.capabilities()["boolean indexing"] is info.capabilities()["data-dependent shapes"] is True
    with pytest.raises(tl.BackendUnavailable, match="no backend or device is called 'nowhere'"):
        info.default_dtypes(device="nowhere")


@pytest.mark.parametrize("kind", [None, *KINDS, ("bool", "integral")], ids=str)
def test_inspected_dtypes(kind):
    found = tl.__array_namespace_info__().dtypes(kind=kind)
    assert set(found) == {name for name in STANDARD if kind is None or np.isdtype(np.dtype(name), kind)}
    assert all(dtype is getattr(tl, name) for name, dtype in found.items())


def test_the_namespace_of_a_tensor():
    x = tl.ones(2)
    assert x.__array_namespace__() is tl
    assert x.__array_namespace__(api_version=tl.__array_api_version__) is tl
    with pytest.raises(ValueError, match=r"tensorlab conforms to the Array API of 2021\.12, .* not '2035\.12'"):
        x.__array_namespace__(api_version="2035.12")


def test_size_is_a_number_and_a_method():
    x = tl.ones((2, 3))
    assert x.size == 6
    assert isinstance(x.size, int)
    assert x.size() == (2, 3)
    assert x.size(-1) == 3
    assert tl.ones(()).size == 1


@pytest.mark.parametrize(
    ("dtype", "other"), [("int64", 1.5), ("bool", 1), ("float32", 1j), ("int8", np.ones(2, "float32"))]
)
def test_in_place_operations_do_not_change_the_kind(dtype, other):
    x = tl.ones(2, dtype=dtype)
    with pytest.raises(TypeError, match=f"add in place: the result is of type .*, which a tensor of {dtype} cannot"):
        x += tensor(other) if isinstance(other, np.ndarray) else other
    assert x.tolist() == [1, 1]


def test_in_place_operations_do_not_change_the_shape():
    x = tl.ones(2)
    with pytest.raises(
        tl.ShapeError, match=r"add in place: the result has shape \(3, 2\), not that of the tensor, \(2,\)"
    ):
        x += tl.ones((3, 2))


def test_in_place_operations_narrow():
    x = tl.ones(2)
    x += tensor(np.array([0.5, 0.25]))
    assert (x.dtype, x.tolist()) == ("float32", [1.5, 1.25])
