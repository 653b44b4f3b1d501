"""Gradients where formulas break: at kinks and jumps, zeros of both signs, infinities, NaN, the ends of domains, and
numbers so large or small that their squares are not numbers any more.

What is expected comes from mathematics: the derivative, else its limit from inside the domain, else the subgradient
that the docstring names.
"""

import numpy as np
import pytest
from helpers import assert_close, host, leaf, tensor
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorlab as tl

inf, nan = np.inf, np.nan

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(autouse=True)
def quiet():
    """NumPy warns of infinities and NaN, which are what these tests are about."""
    with np.errstate(all="ignore"):
        yield


def gradients(function, *points, dtype="float64"):
    """Return the gradients of a function's sum."""
    leaves = [leaf(x, dtype) for x in points]
    out = function(*leaves)
    out.backward(tl.ones_like(out))
    return [host(x.grad) for x in leaves]


def assert_gradients(found, expected, dtype):
    """Compare to a few roundings; an expected zero is met exactly, and infinities have the right sign."""
    for part, wanted in zip(found, expected, strict=True):
        assert part.dtype == dtype
        np.testing.assert_allclose(part, np.asarray(wanted, "float64"), rtol=8 * np.finfo(dtype).eps, atol=0)


# -- functions of one number: (where, the derivative there) ------------------------------------------------------------

STEP = [(-inf, 0), (-1.5, 0), (-1, 0), (-0.5, 0), (-0.0, 0), (0, 0), (0.5, 0), (1, 0), (inf, 0)]
LOGARITHM = [(-0.0, -inf), (0, inf), (1e-30, 1e30), (1, 1), (1e30, 1e-30), (inf, 0), (nan, nan)]

UNARY = {
    "abs": [(-inf, -1), (-1e-30, -1), (-0.0, 0), (0, 0), (1e-30, 1), (inf, 1), (nan, nan)],
    "acos": [(-1.5, nan), (-1, -inf), (0, -1), (1, -inf), (1.5, nan)],
    "acosh": [(0.5, nan), (1, inf), (1e20, 1e-20), (inf, 0)],
    "asin": [(-1.5, nan), (-1, inf), (0, 1), (1, inf), (1.5, nan)],
    "asinh": [(-inf, 0), (0, 1), (inf, 0)],
    "atan": [(-inf, 0), (0, 1), (1e10, 1e-20), (inf, 0), (nan, nan)],
    "atanh": [(-1, inf), (0, 1), (1, inf)],
    "ceil": STEP,
    "cos": [(inf, nan), (-0.0, 0), (0, 0)],
    "cosh": [(-inf, -inf), (0, 0), (inf, inf)],
    "exp": [(-inf, 0), (0, 1), (inf, inf), (nan, nan)],
    "expm1": [(-inf, 0), (-40, np.exp(-40)), (0, 1), (inf, inf)],
    "floor": STEP,
    "log": LOGARITHM,
    "log10": [(x, d / np.log(10)) for x, d in LOGARITHM],
    "log1p": [(-1, inf), (-0.0, 1), (0, 1), (1e-30, 1), (1e30, 1e-30), (inf, 0)],
    "log2": [(x, d / np.log(2)) for x, d in LOGARITHM],
    "negative": [(-inf, -1), (0, -1), (inf, -1), (nan, -1)],
    "positive": [(-inf, 1), (0, 1), (inf, 1), (nan, 1)],
    "reciprocal": [(-inf, 0), (-0.0, -inf), (0, -inf), (1e-10, -1e20), (1e10, -1e-20), (inf, 0)],
    "relu": [(-inf, 0), (-1e-30, 0), (-0.0, 0), (0, 0), (1e-30, 1), (inf, 1), (nan, 1)],
    "round": STEP,
    "sigmoid": [(-inf, 0), (-80, np.exp(-80)), (0, 0.25), (1000, 0), (inf, 0)],
    "sign": STEP,
    "sin": [(inf, nan), (0, 1)],
    "sinh": [(-inf, inf), (0, 1), (inf, inf)],
    "sqrt": [(-1, nan), (0, inf), (1e-30, 5e14), (1e30, 5e-16), (inf, 0)],
    "square": [(-inf, -inf), (-0.0, 0), (0, 0), (1e30, 2e30), (inf, inf)],
    "tan": [(inf, nan), (0, 1)],
    "tanh": [(-inf, 0), (-50, 0), (0, 1), (50, 0), (inf, 0)],
    "trunc": STEP,
}


@DTYPES
@pytest.mark.parametrize("name", UNARY)
def test_of_one_number(name, dtype):
    points, expected = zip(*UNARY[name], strict=True)
    assert_gradients(gradients(getattr(tl, name), points, dtype=dtype), [expected], dtype)


@DTYPES
def test_of_numbers_whose_square_is_none(dtype):
    huge, tiny = (1e20, 1e-25) if dtype == "float32" else (1e200, 1e-170)
    # The derivative of asinh comes from its value, of 47 or 461, whose rounding it multiplies.
    (found,) = gradients(tl.asinh, [-huge, huge], dtype=dtype)
    np.testing.assert_allclose(found, 1 / huge, rtol=500 * np.finfo(dtype).eps)
    for x in (huge, tiny):
        half = 0.5 / np.float64(x)
        assert_gradients(gradients(tl.hypot, [x], [-x], dtype=dtype), [[0.5**0.5], [-(0.5**0.5)]], dtype)
        assert_gradients(gradients(tl.atan2, [x], [-x], dtype=dtype), [[-half], [-half]], dtype)
        assert_gradients(gradients(tl.atan2, [0.0], [-x], dtype=dtype), [[-1 / np.float64(x)], [0]], dtype)


# -- functions of two numbers: (the first, the second, the derivatives there) ------------------------------------------

# The weights of exponentials: infinities share 1, minus infinities have 0, NaN makes all NaN.
WEIGHTS_OF_TWO = [
    *((x, x, 0.5, 0.5) for x in (-1e30, -1e4, 0, 1e4, 1e30, inf)),
    *((inf, x, 1, 0) for x in (-inf, -1e30, 0, 1e30)),
    *((-inf, x, 0, 1) for x in (-1e30, 0, 1e30)),
    (-inf, -inf, 0, 0),
    *((nan, x, nan, nan) for x in (-inf, 1, inf, nan)),
]

BINARY = {
    "add": [(inf, 1, 1, 1), (nan, 1, 1, 1)],
    "atan2": [
        *((a, b, 0, 0) for a in (-0.0, 0.0) for b in (-0.0, 0.0)),
        *((0, 2, 0.5, 0), (0, -2, -0.5, 0), (-0.0, -2, -0.5, 0), (2, 0, 0, -0.5), (-2, -0.0, 0, 0.5)),
    ],
    "copysign": [
        *((0.0, 1, 0, 0), (0.0, -1, 0, 0), (-0.0, 1, 0, 0)),
        *((2, -0.0, -1, 0), (2, 0.0, 1, 0), (-2, 0.0, -1, 0), (inf, -1, -1, 0), (-inf, -1, 1, 0)),
    ],
    "divide": [
        *((1, 0.0, inf, -inf), (1, -0.0, -inf, -inf), (-1, 0.0, inf, inf), (0, 0.0, inf, nan)),
        *((1, inf, 0, 0), (inf, 2, 0.5, -inf), (1e-30, 1e-30, 1e30, -1e30), (0, 2, 0.5, 0)),
    ],
    "floor_divide": [(6, 3, 0, 0), (5, 3, 0, 0), (-0.0, 1, 0, 0)],
    "hypot": [
        *((a, b, 0, 0) for a in (-0.0, 0.0) for b in (-0.0, 0.0)),
        *((0, 2, 0, 1), (0, -2, 0, -1), (-3, 4, -0.6, 0.8), (1e-30, 1, 1e-30, 1)),
        *((2, inf, 0, nan), (-inf, 2, nan, 0)),
    ],
    "logaddexp": [
        *((0, 1e4, 0, 1), (0, -80, 1, np.exp(-80))),
        *WEIGHTS_OF_TWO,
    ],
    "logaddexp2": [
        *((0, 1e4, 0, 1), (0, 1, 1 / 3, 2 / 3), (0, -80, 1, 2.0**-80)),
        *WEIGHTS_OF_TWO,
    ],
    "maximum": [
        *((1, 1, 0.5, 0.5), (0.0, -0.0, 0.5, 0.5), (inf, inf, 0.5, 0.5), (inf, 1, 1, 0), (-inf, 1, 0, 1)),
        *((nan, 1, 1, 1), (1, nan, 1, 1)),
    ],
    "minimum": [
        *((1, 1, 0.5, 0.5), (0.0, -0.0, 0.5, 0.5), (-inf, -inf, 0.5, 0.5), (inf, 1, 0, 1), (-inf, 1, 1, 0)),
        *((nan, 1, 1, 1), (1, nan, 1, 1)),
    ],
    "multiply": [(0, inf, inf, 0), (inf, 2, 2, inf), (1e-30, 1e30, 1e30, 1e-30)],
    "pow": [
        # To the power of zero: constant in the base.
        *((0.0, 0, 0, 0), (-0.0, 0, 0, 0), (2, 0, 0, np.log(2)), (inf, 0, 0, inf), (nan, 0, 0, nan), (-2, 0, 0, nan)),
        # Zero to a power.
        *((0.0, 0.5, inf, 0), (-0.0, 0.5, inf, 0), (0.0, 1, 1, 0), (-0.0, 1, 1, 0), (0.0, 2, 0, 0), (0.0, inf, nan, 0)),
        *((0.0, -0.5, -inf, -inf), (0.0, -1, -inf, -inf), (-0.0, -1, -inf, inf), (0.0, -2, -inf, -inf)),
        *((0.0, nan, nan, nan), (1, nan, nan, 0), (nan, 1, 1, nan)),
        # Infinity to a power, and a power of infinity.
        *((inf, 0.5, 0, inf), (inf, 1, 1, inf), (inf, 2, inf, inf), (inf, -1, 0, 0)),
        *((0.5, inf, nan, 0), (2, -inf, nan, 0), (2, inf, inf, inf)),
        # Negative numbers have powers at whole exponents only, but derivatives there.
        *((-2, 2, -4, nan), (-2, 3, 12, nan), (-2, -1, -0.25, nan), (-2, 0.5, nan, nan)),
    ],
    "remainder": [(6, 3, 1, -2), (5, 3, 1, -1), (-5, 3, 1, 2), (0, 3, 1, 0), (5, inf, 1, 0)],
    "subtract": [(inf, 1, 1, -1), (nan, 1, 1, -1)],
}


@DTYPES
@pytest.mark.parametrize("name", BINARY)
def test_of_two_numbers(name, dtype):
    first, second, *expected = zip(*BINARY[name], strict=True)
    assert_gradients(gradients(getattr(tl, name), first, second, dtype=dtype), expected, dtype)


@DTYPES
@pytest.mark.parametrize("name", ["atan2", "hypot", "logaddexp", "logaddexp2", "maximum", "minimum", "pow"])
def test_beside_python_numbers(name, dtype):
    """A Python number in place of one operand changes nothing for the other."""
    function = getattr(tl, name)
    for first, second, for_first, for_second in BINARY[name]:
        assert_gradients(gradients(lambda x, y=second: function(x, y), [first], dtype=dtype), [[for_first]], dtype)
        assert_gradients(gradients(lambda y, x=first: function(x, y), [second], dtype=dtype), [[for_second]], dtype)


# -- bounds ------------------------------------------------------------------------------------------------------------

AROUND = [-inf, -2.0, -1.0, 0.0, 1.0, 2.0, inf, nan]


@pytest.mark.parametrize(
    ("low", "high", "expected", "for_low", "for_high"),
    [
        (-1.0, 1.0, [0, 0, 1, 1, 1, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1, 0]),
        (1.0, -1.0, [0, 0, 0, 0, 0, 0, 0, 1], [0] * 8, [1, 1, 1, 1, 1, 1, 1, 0]),
        (-inf, inf, [1] * 8, [0] * 8, [0] * 8),
        (-1.0, None, [0, 0, 1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0, 0, 0], None),
        (None, 1.0, [1, 1, 1, 1, 1, 0, 0, 1], None, [0, 0, 0, 0, 0, 1, 1, 0]),
        (nan, nan, [1] * 8, [0] * 8, [0] * 8),
    ],
)
@DTYPES
def test_clip(low, high, expected, for_low, for_high, dtype):
    """Numbers and arrays as bounds give the same: at a bound the element gets all, beyond it the bound does."""
    assert_gradients(gradients(lambda x: tl.clip(x, low, high), AROUND, dtype=dtype), [expected], dtype)
    bounds = [[bound] * 8 for bound in (low, high) if bound is not None]
    wanted = [expected, *(part for part in (for_low, for_high) if part is not None)]

    def between(x, *given):
        given = list(given)
        return tl.clip(x, *(None if bound is None else given.pop(0) for bound in (low, high)))

    assert_gradients(gradients(between, AROUND, *bounds, dtype=dtype), wanted, dtype)


@pytest.mark.parametrize("bounds", [(0.5, 2.5), (1, 2.5), (0.5, None), (None, 2.5)])
def test_clip_of_integers_between_floats(bounds):
    """As for every op: integers beside a Python float become float32."""
    x = np.array([0, 1, 3])
    found = tl.clip(tensor(x), *bounds)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(host(found), np.clip(x, *bounds).astype("float32"))


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32"])
def test_clip_keeps_the_type_between_integers(dtype):
    found = tl.clip(tensor(np.array([0, 1, 3], dtype)), 1, 2)
    assert found.dtype == dtype
    np.testing.assert_array_equal(host(found), [1, 1, 2])


def test_clip_refuses_in_its_own_name():
    with pytest.raises(TypeError, match=r"^clip: x is bool"):
        tl.clip(tensor(np.array([True])), tensor(np.array([0.0])))


def test_relu_keeps_nan():
    np.testing.assert_array_equal(host(tl.relu(tensor(np.array([nan, -1.0, -0.0, 1.0])))), [nan, 0, 0, 1])


# -- reductions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (tl.max, [2.0, 2.0, 1.0, 2.0], [1 / 3, 1 / 3, 0, 1 / 3]),
        (tl.max, [-inf, -inf], [0.5, 0.5]),
        (tl.max, [inf, 1.0, inf], [0.5, 0, 0.5]),
        (tl.max, [nan, 1.0, 2.0, 1.0], [0.25] * 4),
        (tl.min, [2.0, 2.0, 1.0], [0, 0, 1]),
        (tl.min, [0.0, -0.0, 1.0], [0.5, 0.5, 0]),
        (tl.min, [nan, 1.0], [0.5, 0.5]),
        (tl.sum, [inf, -inf, nan], [1, 1, 1]),
        (tl.mean, [inf, -inf, nan, 0.0], [0.25] * 4),
        (tl.prod, [0.0, -2.0, 3.0], [-6, 0, 0]),
        (tl.prod, [-0.0, 0.0, 3.0], [0, 0, 0]),
        (tl.prod, [2.0, inf, 3.0], [inf, 6, inf]),
        (tl.prod, [inf, -inf, 2.0], [-inf, inf, -inf]),
        (tl.prod, [0.0, inf, 2.0], [inf, 0, nan]),
        (tl.prod, [nan, 1.0], [nan, nan]),
        (tl.cumulative_sum, [inf, 1.0, nan], [3, 2, 1]),
        (tl.cumulative_prod, [2.0, 0.0, 3.0], [1, 8, 0]),
        (tl.cumulative_prod, [2.0, inf, 3.0], [inf, 8, inf]),
        (lambda x: tl.var(x, correction=1), [2.0], [nan]),
        (tl.var, [2.0], [0]),
        (tl.var, [2.0, 2.0], [0, 0]),
        (tl.std, [2.0, 2.0], [0, 0]),
        (tl.std, [1.0, 3.0], [-0.5, 0.5]),
        (tl.std, [nan, 3.0], [nan, nan]),
        (tl.logsumexp, [-inf, -inf], [0, 0]),
        (tl.logsumexp, [-inf, 2.0], [0, 1]),
        (tl.logsumexp, [1e4, -1e4, 1e4], [0.5, 0, 0.5]),
        (tl.logsumexp, [1e30, 1e30, -1e30], [0.5, 0.5, 0]),
        (tl.logsumexp, [inf, 1.0], [1, 0]),
        (tl.logsumexp, [inf, -inf, inf, 1e30], [0.5, 0, 0.5, 0]),
        (tl.logsumexp, [nan, inf, -inf], [nan, nan, nan]),
        (tl.logsumexp, [nan, 1.0], [nan, nan]),
        (tl.logcumsumexp, [-inf, -inf, -inf], [0, 0, 0]),
        (tl.logcumsumexp, [-inf, -inf, 0.0, 0.0], [0, 0, 1.5, 0.5]),
        (tl.logcumsumexp, [0.0, -inf, 0.0], [2.5, 0, 0.5]),
        (tl.logcumsumexp, [0.0, 0.0, inf, 1.0], [1.5, 0.5, 2, 0]),
        (tl.logcumsumexp, [-inf, inf, -inf, inf], [0, 2.5, 0, 0.5]),
        (tl.logcumsumexp, [1.0, nan, 2.0], [nan, nan, nan]),
        (tl.logcumsumexp, [1e30, 1e30, -1e30, 1e30], [1 + 1 / 2 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 2 + 1 / 3, 0, 1 / 3]),
        (tl.logcumsumexp, [-1e30, -1e30, 0.0, 1e4], [1.5, 0.5, 1, 1]),
        (lambda x: tl.softmax(x)[1], [-inf, 0.0, 0.0], [0, 0.25, -0.25]),
        (lambda x: tl.softmax(x)[0], [-inf, -inf], [nan, nan]),
        (lambda x: tl.log_softmax(x)[1], [-inf, 0.0, 0.0], [0, 0.5, -0.5]),
        (lambda x: tl.log_softmax(x)[0], [-1e4, 1e4], [1, -1]),
    ],
)
@DTYPES
def test_reductions(function, at, expected, dtype):
    assert_gradients(gradients(function, at, dtype=dtype), [expected], dtype)


def test_rows_with_and_without_zeros_and_infinities():
    x = np.array([[2.0, 3, 4], [0, 3, 4], [0, 0, 4], [2, inf, 4], [-1, 2, 5]])
    expected = np.array([[12.0, 8, 6], [12, 0, 0], [0, 0, 0], [inf, 8, inf], [10, -5, -2]])
    assert_gradients(gradients(lambda x: tl.prod(x, axis=1), x), [expected], "float64")
    assert_gradients(gradients(lambda x: tl.prod(x, axis=0), x.T), [expected.T], "float64")


def test_products_of_complex_numbers_with_zeros():
    z = np.array([[1 + 2j, 0, 3 - 1j], [0, 0, 2j], [1j, 2 - 1j, 3]])
    tl.check_gradients(lambda x: tl.prod(x, axis=1), (tensor(z),))
    tl.check_gradients(lambda x: tl.cumulative_prod(x, axis=1), (tensor(z),))


def test_of_nothing():
    x = leaf(np.zeros((0, 3)))
    with pytest.warns(RuntimeWarning):
        tl.mean(x, axis=0).sum().backward()
    assert x.grad.shape == (0, 3)


# -- complex zeros -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zero", [0j, complex(-0.0, 0.0), complex(0.0, -0.0)])
def test_complex_kinks(zero):
    """As in PyTorch: 0 for abs and sign, 0 for powers from 2 on and for 0, 1 for the first."""
    for function, expected in [
        (lambda z: tl.abs(z), 0),
        (lambda z: tl.real(tl.sign(z)), 0),
        (lambda z: tl.real(z**0), 0),
        (lambda z: tl.real(z**1), 1),
        (lambda z: tl.real(z**2), 0),
        (lambda z: tl.real(tl.pow(z, tensor(np.array([2 + 0j])))), 0),
        (lambda z: tl.real(tl.pow(tensor(np.array([0j])), z)), 0),
    ]:
        (found,) = gradients(function, [zero], dtype="complex128")
        assert found == expected
    for function in (tl.sqrt, tl.log):  # infinite in modulus, of no direction
        (found,) = gradients(lambda z, function=function: tl.real(function(z)), [zero], dtype="complex128")
        assert not np.isfinite(found).any()


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_complex_sign_of_any_size(size):
    """d sign(z) / d z along the circle is 1j * sign(z) / |z|."""
    z = size * np.array([0.6 + 0.8j])
    (found,) = gradients(lambda z: tl.imag(tl.sign(z)), z, dtype="complex128")
    np.testing.assert_allclose(found, 1j * (z / size) * 0.6 / size, rtol=1e-14)


def test_exponents_of_negative_numbers_are_complex():
    tl.check_gradients(lambda z: (-2.0) ** z, (tensor(np.array([0.5 + 1j, 2 + 0j])),))


# -- what the formulas make of all other numbers -----------------------------------------------------------------------


def wide(dtype):
    """Return a strategy for arrays of numbers of every size, subnormal ones left out."""
    info = np.finfo(dtype)
    bits = {"float32": 32, "float64": 64}[dtype]
    numbers = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False, width=bits)
    near = st.floats(-4, 4, allow_subnormal=False, width=bits)
    ends = st.sampled_from([1 - float(info.eps), 1 + float(info.eps), -1 + float(info.eps), 1.0, -1.0, 0.0, 0.5])
    return st.lists(st.one_of(numbers, near, ends), min_size=2, max_size=12).map(lambda xs: np.array(xs, dtype))


def square(x):
    return x * x


INSIDE = {
    "acos": (lambda x: -1 / np.sqrt((1 - x) * (1 + x)), lambda x: abs(x) < 1),
    "acosh": (lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)), lambda x: x > 1),
    "asin": (lambda x: 1 / np.sqrt((1 - x) * (1 + x)), lambda x: abs(x) < 1),
    "asinh": (lambda x: 1 / np.hypot(1, x), None),
    "atan": (lambda x: square(1 / np.hypot(1, x)), None),
    "atanh": (lambda x: 1 / ((1 - x) * (1 + x)), lambda x: abs(x) < 1),
    "cos": (lambda x: -np.sin(x), lambda x: abs(x) < 1e4),
    "cosh": (np.sinh, None),
    "exp": (np.exp, None),
    "expm1": (np.exp, None),
    "log": (lambda x: 1 / x, lambda x: x > 0),
    "log10": (lambda x: 1 / (x * np.log(np.longdouble(10))), lambda x: x > 0),
    "log1p": (lambda x: 1 / (1 + x), lambda x: x > -1),
    "log2": (lambda x: 1 / (x * np.log(np.longdouble(2))), lambda x: x > 0),
    "reciprocal": (lambda x: -square(1 / x), lambda x: x != 0),
    "sin": (np.cos, lambda x: abs(x) < 1e4),
    "sinh": (np.cosh, None),
    "sqrt": (lambda x: 1 / (2 * np.sqrt(x)), lambda x: x > 0),
    "square": (lambda x: 2 * x, None),
    "tan": (lambda x: square(1 / np.cos(x)), lambda x: abs(x) < 1e4),
}
"""The derivative in higher precision, and where."""

ROUNDED = {
    "sigmoid": lambda x: square(1 / (np.exp(x / 2) + np.exp(-x / 2))),
    "tanh": lambda x: square(1 / np.cosh(x)),
}
"""Derivatives made from values that round to 1: exact to one rounding of 1, but not of themselves."""


def assert_near(found, expected, dtype, relative, absolute=0.0):
    """Compare with numbers of higher precision; too large ones are infinite, too small ones anything as small."""
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        beyond = np.abs(expected) > 0.999 * info.max
        wanted = np.where(beyond, np.sign(expected) * inf, expected).astype("longdouble")
        found = np.where(beyond & (np.abs(found) > 0.99 * info.max), np.sign(found) * inf, found).astype("longdouble")
        error = np.where(found == wanted, 0, np.abs(found - wanted))
        allowed = relative * info.eps * np.abs(expected) + absolute * info.eps + 8 * info.smallest_normal
        assert not (~(error <= allowed) & ~(found == wanted)).any(), (found, expected)


SEARCH = settings(max_examples=60, deadline=None)


@DTYPES
@pytest.mark.parametrize("name", [*INSIDE, *ROUNDED])
def test_everywhere_inside_the_domain(name, dtype):
    derivative, domain = INSIDE[name] if name in INSIDE else (ROUNDED[name], None)

    @SEARCH
    @given(x=wide(dtype))
    def check(x):
        x = x if domain is None else x[domain(x)]
        with np.errstate(all="ignore"):
            (found,) = gradients(getattr(tl, name), x, dtype=dtype)
            exact = x.astype("longdouble")
            # Whose derivative comes from the value multiplies the rounding of that.
            size = np.abs(np.asarray(host(tl.asinh(tensor(x))), "float64")) if name == "asinh" else 0
            assert_near(found, derivative(exact), dtype, 8 + size, absolute=4 if name in ROUNDED else 0)

    check()


def logistic(x):
    return 1 / (1 + np.exp(-x))


PAIRS = {
    "atan2": (
        lambda y, x: x / np.hypot(x, y) / np.hypot(x, y),
        lambda y, x: -y / np.hypot(x, y) / np.hypot(x, y),
        lambda y, x: (x != 0) | (y != 0),
    ),
    "divide": (lambda x, y: 1 / y, lambda x, y: -x / y / y, lambda x, y: y != 0),
    "hypot": (
        lambda x, y: x / np.hypot(x, y),
        lambda x, y: y / np.hypot(x, y),
        # A hypotenuse that is too long for the type is infinite, and has no gradient but 0.
        lambda x, y: ((x != 0) | (y != 0)) & (np.hypot(x / 2, y / 2) < np.finfo(x.dtype).max / 2),
    ),
    "logaddexp": (lambda x, y: logistic(x - y), lambda x, y: logistic(y - x), None),
    "multiply": (lambda x, y: y, lambda x, y: x, None),
    "pow": (
        lambda x, y: y * x ** (y - 1),
        lambda x, y: x**y * np.log(x),
        lambda x, y: (x > 1e-3) & (x < 1e3) & (abs(y) < 10),
    ),
}
"""Both derivatives in higher precision, and where."""


@DTYPES
@pytest.mark.parametrize("name", PAIRS)
def test_everywhere_of_two_numbers(name, dtype):
    first, second, domain = PAIRS[name]

    @SEARCH
    @given(x=wide(dtype), y=wide(dtype))
    def check(x, y):
        n = min(len(x), len(y))
        x, y = np.concatenate([x[:n], x[:n]]), np.concatenate([y[:n], x[:n]])  # and a number beside itself
        with np.errstate(all="ignore"):
            if domain is not None:
                inside = domain(x, y)
                x, y = x[inside], y[inside]
            found = gradients(getattr(tl, name), x, y, dtype=dtype)
            exact = x.astype("longdouble"), y.astype("longdouble")
            # The rounding of a difference in the exponent is multiplied by its size.
            size = {"logaddexp": np.minimum(abs(x - y), 1e3), "pow": 10 * abs(y) + 10}.get(name, 0)
            for part, derivative in zip(found, (first, second), strict=True):
                assert_near(part, derivative(*exact), dtype, 8 + size)

    check()


# -- second order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda x: tl.hypot(x[0], x[1]), [3.0, 4.0], [[16 / 125, -12 / 125], [-12 / 125, 9 / 125]]),
        (lambda x: tl.hypot(x[0], x[1]), [1.0, 1e-9], [[1e-18, -1e-9], [-1e-9, 1]]),
        (lambda x: tl.hypot(x[0], x[1]), [0.0, 2.0], [[0.5, 0], [0, 0]]),
        (lambda x: tl.atan2(x[0], x[1]), [1.0, 0.0], [[0, 1], [1, 0]]),
        (lambda x: tl.atan2(x[0], x[1]), [0.0, -2.0], [[0, -0.25], [-0.25, 0]]),
        (lambda x: tl.logaddexp(x[0], x[1]), [5.0, 5.0], [[0.25, -0.25], [-0.25, 0.25]]),
        (lambda x: tl.logaddexp(x[0], x[1]), [1e6, 1e6], [[0.25, -0.25], [-0.25, 0.25]]),
        (lambda x: tl.logaddexp(x[0], x[1]), [0.0, 1e4], [[0, 0], [0, 0]]),
        (lambda x: x[0] ** x[1], [0.0, 2.0], [[2, 0], [0, 0]]),
        (lambda x: x[0] ** x[1], [0.0, 3.0], [[0, 0], [0, 0]]),
        (lambda x: x[0] ** 2, [0.0], [[2]]),
        (lambda x: x[0] ** 1, [0.0], [[0]]),
        (lambda x: x[0] ** 3.0, [0.0], [[0]]),
        (lambda x: 2 ** x[0], [0.0], [[np.log(2) ** 2]]),
        (lambda x: 0 ** x[0], [2.0], [[0]]),
        (lambda x: tl.asinh(x[0]), [0.0], [[0]]),
        (lambda x: tl.asinh(x[0]), [1.0], [[-(2**-1.5)]]),
        (lambda x: tl.asin(x[0]), [0.6], [[0.6 / 0.8**3]]),
        (lambda x: tl.atanh(x[0]), [0.6], [[1.2 / 0.64**2]]),
        (lambda x: tl.expm1(x[0]), [0.0], [[1]]),
        (lambda x: tl.sigmoid(x[0]), [0.0], [[0]]),
        (lambda x: tl.relu(x[0]), [0.0], [[0]]),
        (lambda x: tl.abs(x[0]), [0.0], [[0]]),
        (lambda x: tl.clip(x[0], x[1], 1.0) ** 2, [0.0, 0.0], [[2, 0], [0, 0]]),
        (lambda x: tl.clip(x[0], -1, 1) ** 2, [1.0], [[2]]),
        (tl.std, [2.0, 2.0], np.full((2, 2), nan)),
        (tl.std, [1.0, 4.0], [[0, 0], [0, 0]]),
        (lambda x: tl.max(x) ** 2, [1.0, 1.0], [[0.5, 0.5], [0.5, 0.5]]),
        (tl.prod, [0.0, 2.0, 3.0], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
        (tl.logsumexp, [-inf, 0.0, 0.0], [[0, 0, 0], [0, 0.25, -0.25], [0, -0.25, 0.25]]),
        (tl.logsumexp, [-inf, -inf], [[0, 0], [0, 0]]),
        (tl.logsumexp, [inf, 0.0], [[0, 0], [0, 0]]),
        (tl.logsumexp, [1e30, 1e30], [[0.25, -0.25], [-0.25, 0.25]]),
        (lambda x: tl.logaddexp(x[0], x[1]), [-inf, -inf], [[0, 0], [0, 0]]),
        (lambda x: tl.logaddexp(x[0], x[1]), [-inf, 5.0], [[0, 0], [0, 0]]),
        (lambda x: tl.logaddexp2(x[0], x[1]), [5.0, 5.0], np.log(2) * np.array([[0.25, -0.25], [-0.25, 0.25]])),
        (lambda x: tl.logaddexp2(x[0], x[1]), [-inf, -inf], [[0, 0], [0, 0]]),
        (lambda x: tl.logcumsumexp(x)[1], [5.0, 5.0], [[0.25, -0.25], [-0.25, 0.25]]),
        (lambda x: tl.logcumsumexp(x)[1], [1e30, 1e30], [[0.25, -0.25], [-0.25, 0.25]]),
        (lambda x: tl.logcumsumexp(x)[1], [-inf, -inf], [[0, 0], [0, 0]]),
        (lambda x: tl.logcumsumexp(x)[2], [-inf, 0.0, 0.0], [[0, 0, 0], [0, 0.25, -0.25], [0, -0.25, 0.25]]),
        (lambda x: tl.softmax(x)[2], [-inf, 0.0, 0.0], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        (lambda x: tl.sqrt(x[0]), [4.0], [[-1 / 32]]),
    ],
)
def test_second_order(function, at, expected):
    assert_close(tl.hessian(function)(tensor(np.array(at))), np.array(expected, "float64"), rtol=1e-13)


# -- what an op costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes", "params", "flops"),
    [
        ("flip", [(2, 3)], {}, 0),
        ("reshape", [(2, 3)], {"shape": (3, 2)}, 0),
        ("permute_dims", [(2, 3)], {"axes": (1, 0)}, 0),
        ("broadcast_to", [(3,)], {"shape": (2, 3)}, 0),
        ("sum_to_shape", [(2, 3)], {"shape": (3,)}, 6),
        ("concat_arrays", [(2, 3), (2, 3)], {"axis": 0}, 0),
        ("getitem", [(2, 3)], {"index": 0}, 0),
        ("scatter_index", [(3,)], {"shape": (2, 3), "index": 0}, 0),
        ("replace_index", [(2, 3), (3,)], {"index": 0}, 0),
        ("take_along", [(2, 3), (5,)], {"axis": 0}, 0),
        ("take_along_axis", [(2, 3), (5, 3)], {"axis": 0}, 0),
        ("take_add", [(5, 3), (5,)], {"axis": 0, "size": 2}, 15),
        ("put_along_axis_add", [(5, 3), (5, 3)], {"axis": 0, "size": 2}, 15),
        ("where", [(2, 3), (2, 3), (2, 3)], {}, 0),
        ("add", [(2, 3), (3,)], {}, 6),
    ],
)
def test_only_arithmetic_counts(name, shapes, params, flops):
    from tensorlab.autodiff.record import REGISTRY

    op = REGISTRY[name]
    assert op.flops(shapes, op.shape(*shapes, **params), params) == flops


def test_bytes_of_results_of_another_type():
    from tensorlab.autodiff.record import REGISTRY

    assert REGISTRY["less"].bytes([(6,), (6,)], (6,), 4) == 2 * 6 * 4 + 6
    assert REGISTRY["argmax"].bytes([(6,)], (), 4) == 6 * 4 + 8
    assert REGISTRY["add"].bytes([(6,), (6,)], (6,), 4) == 3 * 6 * 4
