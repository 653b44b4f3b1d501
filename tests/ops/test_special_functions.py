"""The special functions over their whole range: accuracy, special places, kinks, data types, errors."""

import ml_dtypes
import numpy as np
import pytest
import scipy.special
from helpers import assert_close, assert_same, host, leaf, seeded, tensor

import tensorlab as tl
from tensorlab.nn import functional as F

ON_NUMPY = tl.active_backend().name == "numpy"
INF, NAN = np.inf, np.nan

PRECISE = [
    # name, arguments, value to 20 digits, worked out with mpmath in 60
    ("erf", (5e-20,), 5.6418958354775627298e-20),
    ("erf", (0.5,), 0.52049987781304653768),
    ("erf", (2.25,), 0.9985372834133188483),
    ("erfc", (8.125,), 1.4728237544682700263e-30),
    ("erfc", (26.5,), 2.2109076642637342759e-307),
    ("erfc", (-0.75,), 1.7111556336535151316),
    ("erfcx", (-20.5,), 6.5055799054800202515e182),
    ("erfcx", (0.375,), 0.68585723310129286548),
    ("erfcx", (1e8,), 5.6418958354775625874e-9),
    ("erfinv", (0.125,), 0.11123545184094995915),
    ("erfinv", (1 - 2.0**-50,), 5.6861284413103909801),
    ("ndtr", (-36.5,), 5.5447257130748445538e-292),
    ("ndtr", (-1.25,), 0.10564977366685525769),
    ("log_ndtr", (-1234.5,), -762003.16236049816101),
    ("log_ndtr", (30.5,), -1.3029379131780763509e-204),
    ("log_ndtr", (-0.5,), -1.1759117615936186089),
    ("ndtri", (1e-300,), -37.047096299361199237),
    ("ndtri", (1e-05,), -4.2648907939228246102),
    ("lgamma", (1 + 2.0**-30,), -5.3757397843110444569e-10),
    ("lgamma", (2 - 2.0**-30,), -3.937485951913020681e-10),
    ("lgamma", (2.5,), 0.28468287047291915963),
    ("lgamma", (1e-200,), 460.51701859880913682),
    ("lgamma", (123.5,), 469.81727549193060494),
    ("lgamma", (1e300,), 6.8977552789821374147e302),
    ("lgamma", (-20.75,), -43.12325855250222991),
    ("digamma", (1.4616321449683622,), -9.2412655217294275168e-17),  # its zero lies between two numbers
    ("digamma", (1e-10,), -10000000000.5772153),
    ("digamma", (77.25,), 4.3405604597186168612),
    ("digamma", (-22 + 2.0**-20,), -1048572.8863993196001),
    ("gammainc", (0.5, 0.25), 0.52049987781304653768),
    ("gammainc", (2.5, 20.0), 0.99999985066320999496),
    ("gammainc", (40.0, 2.0), 1.9171583415942735332e-37),
    ("gammainc", (500.0, 480.0), 0.18628197319032460066),
    ("gammainc", (1e5, 1.001e5), 0.62444513070440549542),
    ("gammainc", (20.0, 21.5), 0.65599018094013710872),
    ("gammaincc", (0.5, 1.0625), 0.14491278074671865526),
    ("gammaincc", (0.001, 1.5), 0.00010015295965701438494),
    ("gammaincc", (3.5, 40.0), 1.3775018297426150412e-14),
    ("gammaincc", (500.0, 700.0), 7.0321456418285894787e-16),
    ("gammaincc", (50.0, 90.0), 1.6494985017178248339e-6),
    ("i0", (8.5,), 683.16192699011560928),
    ("i0", (712.0,), 2.4684110577627524298e307),
    ("i1", (-3.25,), -4.9525461659085480236),
    ("i0e", (1e6,), 0.00039894233026924577878),
    ("i1e", (7.75,), 0.13605110008033910914),
]


@pytest.mark.parametrize(("name", "args", "value"), PRECISE, ids=[f"{name}{args}" for name, args, _ in PRECISE])
def test_every_digit(name, args, value):
    found = host(getattr(tl, name)(*(tensor(np.array(x)) for x in args)))
    # The incomplete gamma functions are steep: exponents of hundreds cost two digits.
    np.testing.assert_allclose(found, value, rtol=2e-14 if name.startswith("gammainc") else 2e-15)


@pytest.mark.parametrize(
    ("n", "x", "value"),
    [
        (1, 0.25, 17.197329154507110739),
        (2, 3.5, -0.108204051641727403),
        (5, 40.0, 2.4938943509996702254e-7),
        (3, -1.25, 1558.2209125348505998),
        (20, 2.0, -1160331221321.7372568),
    ],
)
def test_every_digit_of_polygamma(n, x, value):
    np.testing.assert_allclose(host(tl.polygamma(n, tensor(np.array(x)))), value, rtol=1e-14)


SCIPY = {
    # name: (SciPy's function, from, to): where SciPy is accurate itself, and single precision does not end
    "erf": (scipy.special.erf, -7, 7),
    "erfc": (scipy.special.erfc, -7, 3),
    "erfcx": (scipy.special.erfcx, -3, 50),
    "erfinv": (scipy.special.erfinv, -1, 1),
    "ndtr": (scipy.special.ndtr, -5, 9),
    "ndtri": (scipy.special.ndtri, 0, 1),
    "log_ndtr": (scipy.special.log_ndtr, -60, 4),
    "lgamma": (scipy.special.gammaln, 2.5, 90),
    "digamma": (scipy.special.digamma, 2, 90),
    "i0": (scipy.special.i0, -60, 60),
    "i0e": (scipy.special.i0e, -60, 60),
    "i1": (scipy.special.i1, -60, 60),
    "i1e": (scipy.special.i1e, -60, 60),
    "entr": (scipy.special.entr, 1.5, 9),
    "logit": (scipy.special.logit, 0, 1),
    "exp2": (np.exp2, -30, 30),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 0.01, 99),
    "deg2rad": (np.deg2rad, -720, 720),
    "rad2deg": (np.rad2deg, -7, 7),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SCIPY)
def test_whole_range(name, dtype):
    reference, low, high = SCIPY[name]
    x = seeded("range", name).uniform(low, high, 50_000).astype(dtype)
    found = host(getattr(tl, name)(tensor(x)))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, reference(x.astype("float64")), rtol=40 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "reference"), [("lgamma", scipy.special.gammaln), ("digamma", scipy.special.digamma)])
def test_between_the_poles(name, reference, dtype):
    """Near the zeros the error is small beside one, elsewhere beside the value."""
    x = (-np.arange(20.0)[:, None] - seeded("poles").uniform(0.05, 0.95, (20, 50))).astype(dtype)
    eps = np.finfo(dtype).eps
    with np.errstate(all="ignore"):
        found = host(getattr(tl, name)(tensor(x)))
    np.testing.assert_allclose(found, reference(x.astype("float64")), rtol=40 * eps, atol=40 * eps)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma_functions(name, dtype):
    """Over all regions: absolute errors, as SciPy's relative ones are no better far from the middle."""
    rng = seeded("regions", name)
    a = 10 ** rng.uniform(-3, 3, 50_000)
    x = np.where(rng.random(50_000) < 0.5, a * rng.uniform(0, 3, 50_000), 10 ** rng.uniform(-3, 3, 50_000))
    a, x = a.astype(dtype), x.astype(dtype)
    found = host(getattr(tl, name)(tensor(a), tensor(x)))
    expected = getattr(scipy.special, name)(a.astype("float64"), x.astype("float64"))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-14 if dtype == "float64" else 2e-6)


def test_incomplete_gamma_functions_add_up_to_one():
    a, x = np.meshgrid(10.0 ** np.arange(-3, 7), 10.0 ** np.arange(-3, 7) * 1.03)
    with np.errstate(all="ignore"):
        total = tl.gammainc(tensor(a), tensor(x)) + tl.gammaincc(tensor(a), tensor(x))
    assert_close(total, np.ones(a.shape), rtol=1e-15)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_polygamma_on_both_sides(n):
    x = np.concatenate([seeded("polygamma").uniform(0.01, 30, 500), np.arange(-8, 0) + 0.3])
    assert_close(tl.polygamma(n, tensor(x)), scipy.special.polygamma(n, x), rtol=1e-13, atol=1e-300)


# -- special places ----------------------------------------------------------------------------------------------------

PLACES = np.array([-INF, -2.5, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 1e30, INF, NAN])

LIMITS = {
    **{name: getattr(scipy.special, name) for name in ("erf", "erfc", "erfcx", "erfinv", "ndtr", "ndtri", "log_ndtr")},
    **{name: getattr(scipy.special, name) for name in ("digamma", "i0e", "i1e", "entr", "logit")},
    "exp2": np.exp2,
    "frac": lambda x: x - np.trunc(x),
    "lgamma": lambda x: np.where(x == -INF, INF, scipy.special.gammaln(x)),  # C's lgamma; SciPy has minus infinity
    "rsqrt": lambda x: 1 / np.sqrt(x),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LIMITS)
def test_limits(name, dtype):
    with np.errstate(all="ignore"):
        found = host(getattr(tl, name)(tensor(PLACES, dtype=dtype)))
        expected = LIMITS[name](PLACES).astype(dtype)
    np.testing.assert_allclose(found, expected, rtol=20 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)


def test_values_stated_in_the_documentation():
    def at(function, *args):
        with np.errstate(all="ignore"):
            return host(function(*(tensor(np.array(x)) for x in args))).item()

    assert (at(tl.erf, -INF), at(tl.erf, INF), at(tl.erfc, INF), at(tl.erfc, -INF)) == (-1, 1, 0, 2)
    assert (at(tl.erfinv, -1.0), at(tl.erfinv, 1.0)) == (-INF, INF)
    assert np.isnan(at(tl.erfinv, 1.0000001))
    assert (at(tl.lgamma, 0.0), at(tl.lgamma, -3.0), at(tl.lgamma, -INF)) == (INF, INF, INF)
    assert (at(tl.lgamma, 1.0), at(tl.lgamma, 2.0)) == (0, 0)
    assert (at(tl.digamma, 0.0), at(tl.digamma, -0.0)) == (-INF, INF)
    assert np.isnan([at(tl.digamma, -1.0), at(tl.digamma, -7.0), at(tl.digamma, -INF)]).all()
    assert (at(tl.xlogy, 0.0, 0.0), at(tl.xlogy, 0.0, -1.0), at(tl.xlog1py, 0.0, -1.0)) == (0, 0, 0)
    assert np.isnan([at(tl.xlogy, 0.0, NAN), at(tl.xlogy, NAN, 1.0), at(tl.xlogy, 1.0, -1.0)]).all()
    assert (at(tl.logit, 0.0), at(tl.logit, 1.0)) == (-INF, INF)
    assert (at(tl.ndtri, 0.0), at(tl.ndtri, 1.0)) == (-INF, INF)
    assert (at(tl.entr, 0.0), at(tl.entr, -1e-9)) == (0, -INF)
    assert (at(tl.i0, -INF), at(tl.i0, INF), at(tl.i1, -INF), at(tl.i1, INF)) == (INF, INF, -INF, INF)
    assert (at(tl.i0, 0.0), at(tl.i1, 0.0), at(tl.i0e, 0.0), at(tl.i1e, 0.0)) == (1, 0, 1, 0)


def test_signs_of_zero():
    for function in (tl.erf, tl.erfinv, tl.i1, tl.i1e):
        found = host(function(tensor(np.array([-0.0, 0.0]))))
        assert_same(tensor(np.signbit(found)), np.array([True, False]))
    assert np.signbit(host(tl.fmod(tensor(np.array([-4.0, 4.0])), 2.0))).tolist() == [True, False]


def test_polygamma_at_its_poles():
    with np.errstate(all="ignore"):
        for n, sign in ((1, 1), (2, -1), (3, 1)):
            found = tl.polygamma(n, tensor(np.array([0.0, -1.0, INF])))
            assert_same(found, np.array([sign * INF, sign * INF, 0.0]))
        assert np.isnan(host(tl.polygamma(1, tensor(np.array([NAN, -2.5]))))).tolist() == [True, False]


def test_incomplete_gamma_functions_at_edges():
    values = [-1.0, 0.0, 1.0, 40.0, 1e300, INF, NAN]
    a, x = np.meshgrid(values, values)
    with np.errstate(all="ignore"):
        for name in ("gammainc", "gammaincc"):
            found, expected = host(getattr(tl, name)(tensor(a), tensor(x))), getattr(scipy.special, name)(a, x)
            differs = (a < 1e300) | (x < 1e300)  # there half of the distribution is left: SciPy gives up
            np.testing.assert_allclose(found[differs], expected[differs], rtol=1e-13, atol=0)


PAIRS = np.array([-INF, -7.5, -3.0, -0.0, 0.0, 2.0, 5.25, INF, NAN])


@pytest.mark.parametrize("name", ["logaddexp2", "heaviside", "fmod"])
def test_every_pair(name):
    x, y = np.meshgrid(PAIRS, PAIRS)
    with np.errstate(all="ignore"):
        found, expected = getattr(tl, name)(tensor(x), tensor(y)), getattr(np, name)(x, y)
    np.testing.assert_allclose(host(found), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8"])
def test_fmod_of_integers(dtype):
    x, y = np.meshgrid(np.arange(0 if dtype == "uint8" else -9, 10).astype(dtype), np.array([1, 2, 3], dtype))
    found = tl.fmod(tensor(x), tensor(y))
    assert found.dtype == dtype
    assert_same(found, np.fmod(x, y))


def test_sinc_at_integers_is_zero():
    x = np.concatenate([np.arange(-5.0, 0), np.arange(1.0, 6), [1e9, 3e15]])
    assert_same(tl.sinc(tensor(x)), np.zeros(x.shape))


def test_erf_never_leaves_its_range():
    x = np.linspace(3.5, 6.5, 100_001)
    for dtype in ("float32", "float64"):
        values = host(tl.erf(tensor(x, dtype=dtype)))
        assert values.max() == 1
        assert values.min() > 0.999999


def test_blocks_join_seamlessly():
    """More elements than a backend works on at a time, in memory that is no block."""
    x = np.linspace(-9, 9, 3 * 70_001).reshape(3, 70_001)
    found = host(tl.erfc(tl.permute_dims(tensor(x), (1, 0))))
    np.testing.assert_allclose(found, scipy.special.erfc(x.T), rtol=1e-13)
    a = np.linspace(0.5, 50, 70_001)
    found = host(tl.gammainc(tensor(a), tensor(np.array([[2.0], [30.0]]))))
    np.testing.assert_allclose(found, scipy.special.gammainc(a, [[2.0], [30.0]]), atol=1e-13)


@pytest.mark.skipif(not ON_NUMPY, reason="array-api-strict has no half precision")
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv", "ndtr", "ndtri", "lgamma", "digamma", "i0e", "exp2", "sinc"])
def test_half_precision_is_rounded_once(name, dtype):
    x = np.linspace(0.05, 0.95, 37).astype(dtype)
    found = getattr(tl, name)(tensor(x))
    single = host(getattr(tl, name)(tensor(x.astype("float32"))))
    assert host(found).dtype == dtype
    assert_same(tensor(host(found).astype("float32")), single.astype(dtype).astype("float32"))


# -- gradients ---------------------------------------------------------------------------------------------------------


def gradient(function, x):
    x = leaf(x)
    with np.errstate(all="ignore"):
        function(x).sum().backward()
    return host(x.grad)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (tl.sinc, [0.0, 1.0], [0, -1]),
        (tl.i0e, [0.0], [0]),
        (tl.i1, [0.0], [0.5]),
        (tl.i1e, [0.0], [0.5]),
        (tl.erf, [0.0, INF], [2 / np.sqrt(np.pi), 0]),
        (tl.log_ndtr, [-1e5, 40.0], [1e5 + 1e-5, 0]),
        (tl.lgamma, [1.0], [-np.euler_gamma]),
        (tl.digamma, [1.0], [np.pi**2 / 6]),
        (tl.frac, [-1.0, 0.0, 2.0], [1, 1, 1]),
        (lambda x: tl.fmod(x, 2.0), [-4.0, 0.0, 3.0], [1, 1, 1]),
        (lambda x: tl.fmod(7.0, x), [2.0, -2.0], [-3, 3]),
        (lambda x: tl.heaviside(x, 0.5), [-1.0, 0.0, 1.0], [0, 0, 0]),
        (lambda x: tl.heaviside(tensor(np.array([-1.0, 0.0, 1.0])), x), [5.0, 5.0, 5.0], [0, 1, 0]),
        (tl.nan_to_num, [NAN, INF, -INF, 3.0], [0, 0, 0, 1]),
        (lambda x: tl.logit(x, eps=0.25), [0.1, 0.25, 0.5, 0.75, 0.9], [0, 16 / 3, 4, 16 / 3, 0]),
        (lambda x: tl.xlogy(x, 0.0), [0.0], [-INF]),
        (lambda x: tl.xlogy(x, tensor(np.array([0.0, -1.0, np.e]))), [0.0, 0.0, 0.0], [-INF, 0, 1]),
        (lambda x: tl.xlogy(tensor(np.array([0.0, 0.0, 3.0])), x), [0.0, 2.0, 2.0], [0, 0, 1.5]),
        (lambda x: tl.xlog1py(tensor(np.array([0.0, 3.0])), x), [-1.0, 1.0], [0, 1.5]),
        (tl.entr, [0.0, 1.0], [INF, -1]),
        (lambda x: tl.lerp(x, tensor(np.array([5.0])), 0.25), [1.0], [0.75]),
        (lambda x: tl.gammainc(1.0, x), [0.5, 40.0], [np.exp(-0.5), np.exp(-40.0)]),
        (lambda x: tl.gammaincc(tensor(np.array([1.0])), x), [0.5], [-np.exp(-0.5)]),
    ],
)  # fmt: skip
def test_gradient_at_special_places(function, at, expected):
    found = gradient(function, np.array(at))
    np.testing.assert_allclose(found, np.array(expected, "float64"), rtol=1e-12, atol=1e-300)


ZERO = tensor(np.array(0.0))


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda p: ZERO**p, 0.0, [0, 0, 0]),
        (lambda p: 0.0**p, 0.0, [0, 0, 0]),
        (lambda p: ZERO**p, 1.5, [0, 0, 0]),
        (lambda p: ZERO**p, -1.0, [-INF, INF, -INF]),
        (lambda p: 2.0**p, 0.0, [np.log(2), np.log(2) ** 2, np.log(2) ** 3]),
        (lambda x: x ** tensor(np.array(0.0)), 0.0, [0, 0, 0]),
        (lambda x: x ** tensor(np.array(1.0)), 0.0, [1, 0, 0]),
        (lambda x: x ** tensor(np.array(2.0)), 0.0, [0, 2, 0]),
        (lambda x: x ** tensor(np.array(3.0)), 0.0, [0, 0, 6]),
        (lambda x: x**3.0, 0.0, [0, 0, 6]),
        (lambda x: x**0.5, 0.0, [INF, -INF, INF]),
        (lambda x: tl.xlogy(x, x), 0.0, [-INF, INF, -INF]),
        (lambda x: tl.xlogy(x, x), 2.0, [np.log(2) + 1, 1 / 2, -1 / 4]),
        (lambda x: tl.xlogy(x, ZERO), 0.0, [-INF, 0, 0]),
        (lambda x: tl.xlogy(x, 3.0), 0.0, [np.log(3), 0, 0]),
        (lambda x: tl.xlogy(ZERO, x), 0.0, [0, 0, 0]),
        (lambda x: tl.xlogy(3.0, x), 0.0, [INF, -INF, INF]),
        (lambda x: tl.xlogy(3.0, x), 2.0, [3 / 2, -3 / 4, 3 / 4]),
        (lambda x: tl.xlog1py(x, x - 1), 0.0, [-INF, INF, -INF]),
        (lambda x: tl.xlog1py(x, x - 1), 2.0, [np.log(2) + 1, 1 / 2, -1 / 4]),
        (lambda x: tl.xlog1py(x, 3.0), 0.0, [np.log(4), 0, 0]),
        (lambda x: tl.xlog1py(ZERO, x), -1.0, [0, 0, 0]),
        (lambda x: tl.xlog1py(3.0, x), 1.0, [3 / 2, -3 / 4, 3 / 4]),
        (tl.entr, 0.0, [INF, -INF, INF]),
        (tl.entr, 2.0, [-np.log(2) - 1, -1 / 2, 1 / 4]),
        (tl.logit, 0.0, [INF, -INF, INF]),
        (tl.logit, 1.0, [INF, INF, INF]),
        (tl.logit, 0.25, [16 / 3, -1 / 0.25**2 + 1 / 0.75**2, 2 / 0.25**3 + 2 / 0.75**3]),
        (lambda x: tl.logit(x, eps=0.1), 0.0, [0, 0, 0]),
        (lambda x: F.kl_div(0 * x, x, reduction="sum"), 0.0, [-INF, INF, -INF]),
        (lambda x: F.huber_loss(x, 0 * x, delta=0.5), 0.0, [0, 1, 0]),
        (lambda x: F.huber_loss(x, 0 * x, delta=0.5), -2.0, [-0.5, 0, 0]),
        (lambda x: F.smooth_l1_loss(x, 0 * x, beta=0.5), 0.0, [0, 2, 0]),
        (lambda x: tl.var(x * tensor(np.array([1, 1j]))), 0.0, [0, 1, 0]),
        (lambda x: tl.nanvar(x * tensor(np.array([1, 1j]))), 0.0, [0, 1, 0]),
        (tl.abs, 0.0, [0, 0, 0]),
        (lambda x: tl.abs(x) ** 3.0, 0.0, [0, 0, 0]),
    ],
)  # fmt: skip
def test_three_derivatives_at_special_places(function, at, expected):
    """Masks of zeros hide no derivative: closed forms, or their limits from inside the domain."""
    x = tensor(np.array(at))
    with np.errstate(all="ignore"):
        for wanted in expected:
            function = tl.grad(function)
            np.testing.assert_allclose(host(function(x)), wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda v: v[0] ** v[1], [2.0, 0.0], [[0, 1 / 2], [1 / 2, np.log(2) ** 2]]),
        (lambda v: v[0] ** v[1], [0.0, 2.0], [[2, 0], [0, 0]]),
        (lambda v: tl.xlogy(v[0], v[1]), [0.0, 0.0], [[0, INF], [INF, 0]]),
        (lambda v: tl.xlogy(v[0], v[1]), [1.0, 0.0], [[0, INF], [INF, -INF]]),
        (lambda v: tl.xlogy(v[0], v[1]), [0.0, 2.0], [[0, 1 / 2], [1 / 2, 0]]),
        (lambda v: tl.xlog1py(v[0], v[1]), [0.0, -1.0], [[0, INF], [INF, 0]]),
        (lambda v: tl.xlog1py(v[0], v[1]), [0.0, 1.0], [[0, 1 / 2], [1 / 2, 0]]),
        (lambda v: tl.std(v), [2.0, 2.0], np.full((2, 2), NAN)),
        (lambda v: tl.nanstd(v) ** 2, [2.0, 2.0], np.full((2, 2), NAN)),
        (lambda v: tl.std(v), [1.0, 3.0], np.zeros((2, 2))),
        (lambda v: abs(v[0] + 1j * v[1]) ** 2, [0.0, 0.0], np.full((2, 2), NAN)),
        (lambda v: F.lp_pool1d(v[None, None], 2, 2).sum() ** 2, [0.0, 0.0], np.full((2, 2), NAN)),
    ],
)
def test_second_order_at_special_places(function, at, expected):
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(host(tl.hessian(function)(tensor(np.array(at)))), expected, rtol=1e-12, atol=1e-15)


def test_every_derivative_of_sinc_at_zero():
    """sinc is the sum of (-1)^k (pi x)^2k / (2k + 1)!, so its derivative of order 2k at 0 is (-1)^k pi^2k/(2k + 1)."""
    x, function = tensor(np.array(0.0)), tl.sinc
    for order in range(1, 7):
        function = tl.grad(function)
        exact = 0 if order % 2 else (-1) ** (order // 2) * np.pi**order / (order + 1)
        assert_close(function(x), np.array(exact), rtol=1e-13)


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.3, 0.64, 0.96, 1.3, 20.0])
def test_derivatives_of_sinc_near_zero(x):
    """Against the integral of which sinc is the value: t^n cos(pi x t + n pi / 2) pi^n, t from 0 to 1."""
    from references.special import sinc_derivative

    for order in (1, 2, 3, 4):
        found = tl.ops.special.elementary.sinc_derivative(tensor(np.array(x)), order)
        assert_close(found, sinc_derivative(np.array(x), order), rtol=1e-13, atol=1e-13 * np.pi**order)


def test_third_derivatives():
    """One order more than the checks of every op go."""
    points = {
        tl.erf: 0.3, tl.erfcx: 0.4, tl.erfinv: 0.2, tl.ndtri: 0.4, tl.log_ndtr: -1.2,
        tl.lgamma: 1.7, tl.i0: 0.8, tl.i1e: 0.8, tl.sinc: 0.6, tl.logit: 0.3,
    }  # fmt: skip
    for function, point in points.items():
        tl.check_gradients(tl.grad(function), (tensor(np.array(point)),))


def test_log_ndtr_has_a_gradient_where_ndtr_underflows():
    x = leaf([-1000.0], dtype="float32")
    tl.log_ndtr(x).sum().backward()
    np.testing.assert_allclose(host(x.grad), [1000.001], rtol=1e-6)


def test_the_derivative_in_the_shape_parameter_is_refused():
    a, x = leaf([2.0]), leaf([1.0])
    for function in (tl.gammainc, tl.gammaincc):
        with pytest.raises(NotImplementedError, match="no derivative with respect to a"):
            function(a, x).sum().backward()
        function(a.detach(), x).sum().backward()


# -- scans of logarithms -----------------------------------------------------------------------------------------------


def test_logcumsumexp_of_huge_numbers():
    x = np.array([-1e4, 1e4, 0.0, 1e4, -INF])
    assert_close(tl.logcumsumexp(tensor(x)), np.array([-1e4, 1e4, 1e4, 1e4 + np.log(2), 1e4 + np.log(2)]))
    assert_close(tl.logcumsumexp(tensor(np.array([-INF, -INF, 0.0]))), np.array([-INF, -INF, 0.0]))


def test_gradient_of_logcumsumexp():
    """Of the last one alone it is a softmax; of all, a sum of softmaxes of the beginnings."""
    x = seeded("scan").normal(size=9) * 300
    expected = sum(np.pad(scipy.special.softmax(x[: n + 1]), (0, 8 - n)) for n in range(9))
    assert_close(gradient(tl.logcumsumexp, x), expected)
    assert_close(gradient(lambda x: tl.logcumsumexp(x)[-1], x), scipy.special.softmax(x))
    x[[0, 1, 4]] = -INF
    assert np.isfinite(gradient(lambda x: tl.logcumsumexp(x)[2:], x)).all()


def test_logcumsumexp_needs_an_axis():
    with pytest.raises(tl.ShapeError, match=r"logcumsumexp.*\(2, 3\).*needs an explicit axis"):
        tl.logcumsumexp(tl.zeros((2, 3)))
    with pytest.raises(tl.ShapeError, match="axis 2"):
        tl.logcumsumexp(tl.zeros((2, 3)), 2)
    with pytest.raises(tl.ShapeError):
        tl.logcumsumexp(tl.zeros(()), 0)


# -- comparison with a tolerance ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose_of_every_pair(equal_nan):
    near = np.concatenate([PAIRS, [2.00001, 2.0001, 5.2500001, 1e-9]])
    x, y = np.meshgrid(near, near)
    with np.errstate(all="ignore"):
        expected = np.isclose(x, y, equal_nan=equal_nan)
    assert_same(tl.isclose(tensor(x), tensor(y), equal_nan=equal_nan), expected)
    assert tl.allclose(tensor(near), tensor(near), equal_nan=equal_nan) is equal_nan


def test_isclose_of_other_types():
    assert_same(tl.isclose(tensor(np.array([1 + 1j, 2j])), tensor(np.array([1 + 1.0000001j, 2.1j]))), [True, False])
    assert_same(tl.isclose(tensor(np.array([1, 2])), tensor(np.array([1, 3]))), [True, False])
    assert_same(tl.isclose(tensor(np.array([True, False])), tensor(np.array([True, True]))), [True, False])
    assert_same(tl.isclose(tensor(np.array([1.0, 2.0])), 1), [True, False])
    assert tl.allclose(2.0, tensor(np.array([2.0]))) is True
    assert tl.allclose(tl.zeros((0,)), tl.zeros((0,))) is True
    assert tl.allclose(tensor(np.array([100.0])), tensor(np.array([101.0])), rtol=0.1) is True
    assert tl.allclose(tensor(np.array([100.0])), tensor(np.array([101.0])), rtol=0, atol=0.5) is False


# -- replacements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_nan_to_num(dtype):
    x = np.array([NAN, INF, -INF, -0.0, 2.5]).astype(dtype)
    if dtype.startswith("complex"):
        x.imag = [1, NAN, INF, -INF, 2]
    found = tl.nan_to_num(tensor(x))
    assert found.dtype == dtype
    assert_same(found, np.nan_to_num(x))
    assert_same(
        tl.nan_to_num(tensor(x), nan=1.0, posinf=2.0, neginf=3.0), np.nan_to_num(x, nan=1.0, posinf=2, neginf=3)
    )


@pytest.mark.skipif(not ON_NUMPY, reason="array-api-strict has no half precision")
def test_nan_to_num_of_half_precision():
    found = tl.nan_to_num(tensor(np.array([INF, -INF, NAN], np.float16)))
    assert_same(found, np.array([65504, -65504, 0], np.float16))
    found = tl.nan_to_num(tensor(np.array([INF], ml_dtypes.bfloat16)))
    assert_same(found, np.array([ml_dtypes.finfo(ml_dtypes.bfloat16).max]))


def test_nan_to_num_leaves_integers():
    x = tl.tensor([1, 2])
    found = tl.nan_to_num(x)
    assert found.dtype == "int64"
    assert_same(found, [1, 2])


def test_gradient_of_replaced_complex_parts():
    x = tensor(np.array([complex(NAN, 2), complex(3, INF), 1 + 1j]), requires_grad=True)
    z = tl.nan_to_num(x, posinf=5.0)
    (tl.real(z) * 2 + tl.imag(z) * 3).sum().backward()
    assert_same(x.grad, np.array([3j, 2, 2 + 3j]))


def test_lerp_ends_exactly():
    start, end = tensor(np.array([1e8, 0.1])), tensor(np.array([-3.3, 1e9]))
    assert_same(tl.lerp(start, end, 0), host(start))
    assert_same(tl.lerp(start, end, 1), host(end))
    assert_same(tl.lerp(start, end, tensor(np.array([0.0, 1.0]))), np.array([1e8, 1e9]))


# -- operands ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["erf", "lgamma", "digamma", "i0", "ndtr", "entr", "logit", "deg2rad", "logcumsumexp"])
def test_complex_numbers_are_refused(name):
    with pytest.raises(TypeError, match=f"{name}: x is complex128, but must be of a real floating-point type"):
        getattr(tl, name)(tensor(np.array([1 + 1j])))


def test_wrong_operands_are_named():
    with pytest.raises(TypeError, match="polygamma: n must be an integer, not tensor"):
        tl.polygamma(tl.zeros(2), 1)
    with pytest.raises(ValueError, match="polygamma: n is -1"):
        tl.polygamma(-1, tl.zeros(2))
    with pytest.raises(TypeError, match="polygamma: x is complex64"):
        tl.polygamma(1, tl.zeros(2, dtype="complex64"))
    with pytest.raises(TypeError, match="lerp: start is int64"):
        tl.lerp(tl.tensor([1]), tl.tensor([2]), 0.5)
    with pytest.raises(TypeError, match="nan_to_num: x is bool"):
        tl.nan_to_num(tl.tensor([True]))


def test_numbers_beside_arrays():
    x = np.array([0.5, 2.0])
    for name, reference in [
        ("xlogy", scipy.special.xlogy),
        ("xlog1py", scipy.special.xlog1py),
        ("gammainc", scipy.special.gammainc),
        ("gammaincc", scipy.special.gammaincc),
        ("logaddexp2", np.logaddexp2),
        ("fmod", np.fmod),
        ("heaviside", np.heaviside),
    ]:
        function = getattr(tl, name)
        assert_close(function(tensor(x), 1.5), reference(x, 1.5), rtol=1e-14)
        assert_close(function(1.5, tensor(x)), reference(1.5, x), rtol=1e-14)
        assert function(1.5, tensor(x, dtype="float32")).dtype == "float32"
