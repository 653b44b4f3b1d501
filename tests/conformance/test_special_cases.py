"""The standard's special cases in which NumPy itself gives something else."""

import numpy as np
import pytest
from helpers import host, tensor

import tensorlab as tl

inf, nan = np.inf, np.nan

pytestmark = [
    pytest.mark.skipif(tl.active_backend().name != "numpy", reason="array-api-strict has NumPy's own values here"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


def assert_equal_with_signs(found, expected):
    found, expected = host(found), np.asarray(expected)
    np.testing.assert_array_equal(found, expected)
    for part in (np.real, np.imag):
        known = ~np.isnan(part(expected))
        np.testing.assert_array_equal(np.signbit(part(found))[known], np.signbit(part(expected))[known])


@pytest.mark.parametrize(
    ("x1", "x2", "expected"),
    [
        (inf, 2.0, inf),
        (inf, -2.0, -inf),
        (-inf, 2.0, -inf),
        (-inf, -2.0, inf),
        (2.0, inf, 0.0),
        (2.0, -inf, -0.0),
        (-2.0, inf, -0.0),
        (-2.0, -inf, 0.0),
        (inf, inf, nan),
        (-0.0, 2.0, -0.0),
        (7.0, 2.0, 3.0),
        (-7.0, 2.0, -4.0),
    ],
)
def test_floor_divide(x1, x2, expected):
    for first, second in ((x1, x2), ([x1], [x2]), ([x1, 5.0], x2)):
        found = tl.floor_divide(tensor(first, "float64"), tensor(second, "float64"))
        assert_equal_with_signs(found.reshape(-1)[:1], [expected])


@pytest.mark.parametrize("exponent", [0.5, [0.5], [0.5] * 4], ids=["number", "one", "each"])
def test_roots_as_powers(exponent):
    x = tensor([-0.0, -inf, 4.0, -1.0], "float64")
    for x2 in (tensor(exponent, "float64"), exponent):
        if not isinstance(x2, list):
            assert_equal_with_signs(x**x2, [0.0, inf, 2.0, nan])


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (complex(-0.0, 0.0), 0j),
        (complex(inf, 0.0), complex(inf, 0.0)),
        (complex(-inf, inf), complex(-1, 0.0)),
        (complex(-inf, nan), complex(-1, 0.0)),
        (complex(-inf, 2.0), complex(-1, 0.0)),
        (complex(nan, 0.0), complex(nan, 0.0)),
    ],
)
def test_expm1(z, expected):
    found = host(tl.expm1(tensor([z], "complex128")))
    np.testing.assert_array_equal(found.real, np.real(expected))
    np.testing.assert_array_equal(found.imag, np.imag(expected))
    assert not np.signbit(host(tl.expm1(tensor([complex(-0.0, 0.0)], "complex128"))).real).any()


@pytest.mark.parametrize("b", [1.0, 2.0, -2.0])
def test_tanh(b):
    assert_equal_with_signs(tl.tanh(tensor([complex(inf, b)], "complex128")), [complex(1.0, np.copysign(0.0, b))])
    assert_equal_with_signs(tl.tanh(tensor([complex(-inf, b)], "complex128")), [complex(-1.0, np.copysign(0.0, b))])
    assert tl.tanh(tensor([complex(inf, b)], "complex64")).dtype == "complex64"
