"""The Array API standard 2024.12: every name and parameter, and results against array-api-strict.

The public test suite (data-apis/array-api-tests) asks more; it cannot be part of this repository. CONTRIBUTING.md says
how it is run.
"""

import inspect
import math
import operator

import array_api_strict as xp
import numpy as np
import pytest
from helpers import host
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace
from standard import ATTRIBUTES, BINARY, CONSTANTS, FUNCTIONS, METHODS, UNARY

import tensorlab as tl
from tensorlab.backend.dtypes import KINDS

arrays_of = make_strategies_namespace(tl, api_version="2024.12")
DTYPES = tl.__array_namespace_info__().dtypes()
quick = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


# -- names and parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standard", FUNCTIONS, ids=[text.partition("(")[0] for text in FUNCTIONS])
def test_signature(standard):
    name, _, parameters = standard.partition("(")
    function = operator.attrgetter(name)(tl)
    ours = inspect.signature(function).parameters
    theirs = inspect.signature(eval(f"lambda {parameters[:-1]}: None")).parameters
    for place, (wanted, parameter) in enumerate(theirs.items()):
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert wanted in ours
            assert ours[wanted].kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        else:
            found = list(ours.values())[place]
            if parameter.kind is not parameter.POSITIONAL_ONLY:
                assert (found.name, found.kind) == (wanted, parameter.kind)
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty:
            assert ours[wanted].default == parameter.default
    extra = list(ours.values())[len(theirs) :]
    assert all(p.kind is p.VAR_POSITIONAL or p.default is not p.empty for p in extra), "more required parameters"


def test_array_methods_and_attributes():
    x = tl.ones((2, 2))
    assert [name for name in METHODS if not callable(getattr(x, name, None))] == []
    assert [name for name in ATTRIBUTES if not hasattr(x, name)] == []


def test_constants():
    assert [getattr(tl, name) for name in CONSTANTS if name != "nan"] == [math.e, math.inf, None, math.pi]
    assert math.isnan(tl.nan)
    assert set(DTYPES) <= set(vars(tl))


# -- results -----------------------------------------------------------------------------------------------------------


def strict(x):
    """Return a tensor as an array of array-api-strict, and whatever else as it is."""
    if isinstance(x, tl.Tensor):
        return xp.asarray(host(x.detach()), dtype=getattr(xp, x.dtype.name))
    if isinstance(x, tl.DType):
        return getattr(xp, x.name)
    return type(x)(strict(part) for part in x) if isinstance(x, list | tuple) else x


def traced(x):
    """Return floating tensors as ones that require a gradient."""
    if isinstance(x, list | tuple):
        return type(x)(traced(part) for part in x)
    return x.detach().requires_grad_() if isinstance(x, tl.Tensor) and x.dtype.is_floating else x


def assert_agree(found, expected, exact):
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for part, wanted in zip(found, expected, strict=True):
            assert_agree(part, wanted, exact)
        return
    wanted = np.asarray(expected)
    assert found.dtype == str(wanted.dtype)
    assert found.shape == wanted.shape
    eps = 0.0 if exact or wanted.dtype.kind in "bui" else 16 * float(np.finfo(wanted.dtype).eps)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(host(found.detach()), wanted, rtol=eps, atol=eps if eps else 0)


def agree(name, *args, exact=True, **kwargs):
    """Assert that a function gives what array-api-strict gives, the same whether or not gradients are recorded."""
    with np.errstate(all="ignore"):
        expected = operator.attrgetter(name)(xp)(*map(strict, args), **{k: strict(v) for k, v in kwargs.items()})
        for given_args in (args, tuple(map(traced, args))):
            assert_agree(operator.attrgetter(name)(tl)(*given_args, **kwargs), expected, exact)


def dtypes(kinds):
    return st.sampled_from([dtype for dtype in DTYPES.values() if dtype.kind in KINDS[kinds]])


def elements(dtype):
    """Draw numbers whose products stay in range."""
    if dtype.is_complex:
        return st.complex_numbers(max_magnitude=8, width=8 * dtype.itemsize, allow_subnormal=False)
    if dtype.is_floating:
        return st.floats(-8, 8, width=8 * dtype.itemsize, allow_subnormal=False)
    if dtype.kind == "bool":
        return st.booleans()
    return st.integers(0 if dtype.kind == "unsigned integer" else -5, 5)


@st.composite
def tensors(draw, kinds="numeric", shape=None, min_dims=0, min_side=0):
    dtype = draw(dtypes(kinds)) if isinstance(kinds, str) else kinds
    if shape is None:
        shape = draw(arrays_of.array_shapes(min_dims=min_dims, max_dims=3, min_side=min_side, max_side=3))
    return draw(arrays_of.arrays(dtype, shape, elements=elements(dtype)))


@quick
@pytest.mark.parametrize("name", UNARY)
@given(data=st.data())
def test_unary(name, data):
    agree(name, data.draw(tensors(UNARY[name])), exact=UNARY[name] != "floating" and name != "sign")


@quick
@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
def test_binary(name, data):
    kinds = BINARY[name]
    first = data.draw(dtypes(kinds))
    second = data.draw(dtypes(kinds).filter(lambda second: _same_kind(first, second)))
    shapes = data.draw(arrays_of.mutually_broadcastable_shapes(2, max_dims=3, max_side=3)).input_shapes
    x1, x2 = data.draw(tensors(first, shapes[0])), data.draw(tensors(second, shapes[1]))
    if first.kind in KINDS["integral"]:
        if name in ("floor_divide", "remainder"):
            assume(not bool(tl.any(x2 == 0)))
        if "shift" in name:
            x2 = tl.abs(x2) if x2.dtype.kind == "signed integer" else x2
    agree(name, x1, x2, exact=kinds not in ("floating", "real floating"))


def _same_kind(first, second):
    """Whether the standard defines what two types promote to."""
    kinds = [dtype.kind.split()[-1] for dtype in (first, second)]  # bool, integer or floating
    try:
        tl.result_type(first, second)
    except TypeError:
        return False
    return kinds[0] == kinds[1]


REDUCTIONS = {
    **dict.fromkeys(("sum", "prod"), "numeric"),
    **dict.fromkeys(("max", "min"), "real"),
    **dict.fromkeys(("mean", "var", "std"), "real floating"),
    **dict.fromkeys(("all", "any", "count_nonzero"), "any"),
}


@quick
@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_reduction(name, data):
    x = data.draw(tensors(REDUCTIONS[name], min_side=1))
    axes = arrays_of.valid_tuple_axes(x.ndim, min_size=1) if x.ndim else st.just(())
    axis = data.draw(st.one_of(st.none(), axes, *([st.integers(-x.ndim, x.ndim - 1)] if x.ndim else [])))
    agree(name, x, axis=axis, keepdims=data.draw(st.booleans()), exact=not x.dtype.is_floating)


@quick
@pytest.mark.parametrize("name", ["argmax", "argmin", "sort", "argsort"])
@given(data=st.data())
def test_along_an_axis(name, data):
    x = data.draw(tensors("real", min_dims=1, min_side=1))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    options = (
        {"keepdims": data.draw(st.booleans())} if name.startswith("argm") else {"descending": data.draw(st.booleans())}
    )
    assume(name == "argm" or not x.dtype.is_floating or not bool(tl.any(tl.isnan(x))))
    agree(name, x, axis=axis, **options)


@quick
@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod", "diff"])
@given(data=st.data())
def test_cumulative(name, data):
    x = data.draw(tensors("numeric", min_dims=1, min_side=1))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    options = {"n": data.draw(st.integers(1, 2))} if name == "diff" else {"include_initial": data.draw(st.booleans())}
    agree(name, x, axis=axis, exact=not x.dtype.is_floating, **options)


@quick
@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse", "unique_values", "nonzero"])
@given(data=st.data())
def test_shapes_that_depend_on_the_data(name, data):
    x = data.draw(tensors("real", min_dims=1))
    assume(not x.dtype.is_floating or not bool(tl.any(tl.isnan(x) | (x == 0))))  # the order of zeros is free
    agree(name, x)


@quick
@given(data=st.data())
def test_manipulation(data):
    x = data.draw(tensors("any", min_dims=1))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    shift = data.draw(st.integers(-4, 4))
    agree("flip", x, axis=data.draw(st.sampled_from([None, axis])))
    agree("roll", x, shift, axis=data.draw(st.sampled_from([None, axis])))
    agree("repeat", x, abs(shift), axis=data.draw(st.sampled_from([None, axis])))
    agree("tile", x, tuple(data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))))
    agree("permute_dims", x, tuple(data.draw(st.permutations(range(x.ndim)))))
    agree("moveaxis", x, axis, 0)
    agree("expand_dims", x, axis)
    agree("squeeze", tl.expand_dims(x, axis), axis)
    agree("reshape", x, (-1,) if x.size else x.shape)
    agree("concat", [x, x], axis=data.draw(st.sampled_from([None, axis])))
    agree("stack", [x, x], axis=axis)
    agree("unstack", x, axis=axis)
    agree("broadcast_to", x, (2, *x.shape))
    if x.ndim > 1:
        agree("tril", x, k=shift)
        agree("triu", x, k=shift)
        agree("matrix_transpose", x)
    if x.shape[axis]:
        indices = tl.asarray(data.draw(st.lists(st.integers(0, x.shape[axis] - 1), max_size=4)), dtype=tl.int64)
        agree("take", x, indices, axis=axis)


@quick
@given(data=st.data())
def test_reading_and_writing_at_an_index(data):
    x = data.draw(tensors("any"))
    index = data.draw(st.one_of(arrays_of.indices(x.shape), tensors(tl.bool, x.shape)))
    mask = isinstance(index, tl.Tensor)
    assert_agree(x[index], strict(x)[strict(index) if mask else index], exact=True)
    ours, theirs = tl.asarray(x, copy=True), strict(x)
    value = data.draw(elements(x.dtype))
    ours[index] = value
    theirs[strict(index) if mask else index] = value
    assert_agree(ours, theirs, exact=True)


@quick
@given(data=st.data())
def test_products(data):
    dtype = data.draw(dtypes("numeric"))
    m, k, n, batch = (data.draw(st.integers(0, 3)) for _ in range(4))
    x1, x2 = data.draw(tensors(dtype, (batch, m, k))), data.draw(tensors(dtype, (k, n)))
    exact = not dtype.is_floating
    agree("matmul", x1, x2, exact=exact)
    agree("tensordot", x1, x2, axes=1, exact=exact)
    agree("vecdot", x1, x1, axis=-1, exact=exact)
    agree("linalg.outer", x2[:, 0] if n else tl.ones(2, dtype=dtype), tl.ones(3, dtype=dtype), exact=exact)


@quick
@given(data=st.data())
def test_fourier(data):
    x = data.draw(tensors(data.draw(dtypes("complex floating")), min_dims=1, min_side=1))
    real = data.draw(tensors(data.draw(dtypes("real floating")), min_dims=1, min_side=1))
    axis, n = data.draw(st.integers(-x.ndim, x.ndim - 1)), data.draw(st.sampled_from([None, 1, 2, 3, 4]))
    norm = data.draw(st.sampled_from(["backward", "ortho", "forward"]))
    for name in ("fft", "ifft"):
        assert_agree_fourier(name, x, n=n, axis=axis, norm=norm)
    assert_agree_fourier("rfft", real, n=n, norm=norm)
    assert_agree_fourier("fftn", x, norm=norm)
    agree("fft.fftshift", x)
    agree("fft.ifftshift", x)


def assert_agree_fourier(name, x, **options):
    """Relative to the largest element, as transforms add them all."""
    expected = np.asarray(getattr(xp.fft, name)(strict(x), **options))
    found = getattr(tl.fft, name)(x, **options)
    assert found.dtype == str(expected.dtype)
    np.testing.assert_allclose(host(found), expected, rtol=0, atol=1e-5 if x.dtype.itemsize < 16 else 1e-11)


@quick
@given(data=st.data())
def test_creation(data):
    shape = data.draw(arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    dtype = data.draw(dtypes("numeric"))
    agree("zeros", shape, dtype=dtype)
    agree("ones", shape, dtype=dtype)
    agree("full", shape, 3, dtype=dtype)
    agree("eye", *(data.draw(st.integers(0, 3)) for _ in range(2)), k=data.draw(st.integers(-3, 3)), dtype=dtype)
    if dtype.kind in KINDS["real"]:
        agree("arange", 0, data.draw(st.integers(0, 9)), data.draw(st.integers(1, 3)), dtype=dtype)
    agree("linspace", -1.0, 1.0, data.draw(st.integers(0, 5)), endpoint=data.draw(st.booleans()), dtype=tl.float64)
