"""Fourier transforms: data types, defaults, errors, and what the tables of ops and composites do not say."""

import numpy as np
import pytest
from composites import CASES
from helpers import assert_close, assert_same, host, native, seeded, tensor

import tensorlab as tl
from tensorlab import ShapeError

COMPLEX = ("fft", "ifft", "fftn", "ifftn", "fft2", "ifft2")
OF_REAL = ("rfft", "rfftn", "rfft2", "ihfft")
TO_REAL = ("irfft", "irfftn", "irfft2", "hfft")


def numbers(*shape, dtype="complex128"):
    rng = seeded("fft", shape)
    return (rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype.startswith("c") else 0)).astype(dtype)


def test_every_function_is_checked():
    assert {"fftfreq", "rfftfreq"} | {name.split()[0] for name in CASES} >= set(tl.fft.__all__)


# -- data types --------------------------------------------------------------------------------------------------------

RESULTS = {
    # operand: (of the complex transforms, of those to real numbers)
    "float32": ("complex64", "float32"),
    "float64": ("complex128", "float64"),
    "complex64": ("complex64", "float32"),
    "complex128": ("complex128", "float64"),
    "int64": ("complex64", "float32"),
    "uint8": ("complex64", "float32"),
    "float16": ("complex64", "float32"),
}


def missing(dtype):
    """Whether the active backend has no such type."""
    return tl.active_backend().native_dtype(dtype) is None


@pytest.mark.parametrize("dtype", RESULTS)
def test_dtypes(dtype):
    if missing(dtype):
        pytest.skip(f"no {dtype} here")
    x = np.array([[1, 2, 4], [3, 0, 5]]).astype(dtype)
    wide = x.astype("complex128" if x.dtype.kind == "c" else "float64")
    for names, result in zip((COMPLEX, OF_REAL, TO_REAL), (0, 0, 1), strict=True):
        for name in names:
            if name in OF_REAL and x.dtype.kind == "c":
                continue
            found = getattr(tl.fft, name)(tensor(x))
            assert found.dtype == RESULTS[dtype][result], name
            assert_close(
                found, getattr(np.fft, name)(wide), rtol=1e-6 if "64" in RESULTS[dtype][0] else 1e-12, atol=1e-6
            )


@pytest.mark.parametrize("dtype", ["float32", "complex64", "float64"])
def test_gradient_has_the_operands_dtype(dtype):
    for name in (*COMPLEX, *OF_REAL, *TO_REAL):
        if name in OF_REAL and dtype == "complex64":
            continue
        x = tensor(numbers(4, 6, dtype=dtype), requires_grad=True)
        tl.abs(getattr(tl.fft, name)(x)).sum().backward()
        assert x.grad.dtype == dtype, name


def test_arrays_give_arrays():
    x = native(numbers(4))
    assert isinstance(tl.fft.fft(x), tl.active_backend().array_types)
    assert isinstance(tl.fft.hfft(x), tl.active_backend().array_types)
    assert isinstance(tl.fft.fftshift(x), tl.active_backend().array_types)


@pytest.mark.parametrize("name", OF_REAL)
def test_complex_operands_are_refused_where_a_half_would_be_lost(name):
    with pytest.raises(TypeError, match=f"^{name}: x is complex64, but must be of a real numeric type$"):
        getattr(tl.fft, name)(tl.ones((2, 2), dtype="complex64"))


@pytest.mark.parametrize("name", [*COMPLEX, *TO_REAL])
def test_truth_values_are_refused(name):
    with pytest.raises(TypeError, match=f"^{name}: x is bool, but must be of a numeric type$"):
        getattr(tl.fft, name)(tl.ones((2, 2), dtype="bool"))


# -- arguments ---------------------------------------------------------------------------------------------------------


def test_lengths_without_axes_are_those_of_the_last_axes():
    """As PyTorch, and as NumPy did before it asked for both."""
    x = numbers(2, 3, 4)
    assert_close(tl.fft.fftn(tensor(x), s=(5, 2)), np.fft.fftn(x, (5, 2), (1, 2)))
    assert_close(tl.fft.irfftn(tensor(x), s=(5, 3)), np.fft.irfftn(x, (5, 3), (1, 2)))


def test_a_length_of_minus_one_is_the_usual_one():
    x = numbers(2, 3, 4)
    assert_close(tl.fft.fftn(tensor(x), s=(-1, 2), axes=(1, 2)), np.fft.fftn(x, (3, 2), (1, 2)))
    assert_close(tl.fft.irfft2(tensor(x), s=(5, -1)), np.fft.irfft2(x, (5, 6), (1, 2)))


def test_arguments_by_position_and_norm_none():
    x = numbers(3, 4)
    assert_close(tl.fft.fft(tensor(x), 2, 0, None), np.fft.fft(x, 2, 0, None))
    assert_close(tl.fft.fftn(tensor(x), (2, 2), (0, 1), "ortho"), np.fft.fftn(x, (2, 2), (0, 1), "ortho"))


def test_empty_batches():
    assert tl.fft.fft(tl.zeros((0, 4))).shape == (0, 4)
    assert tl.fft.rfft(tl.zeros((0, 4))).shape == (0, 3)
    assert tl.fft.irfft(tl.zeros((0, 4))).shape == (0, 6)


def test_imaginary_parts_that_a_real_array_has_none_of_are_ignored():
    spectrum = np.array([1 + 5j, 2 + 1j, 3 - 7j])
    assert_close(tl.fft.irfft(tensor(spectrum)), np.fft.irfft([1, 2 + 1j, 3]))
    x = tensor(spectrum, requires_grad=True)
    (tl.fft.irfft(x) * tensor(np.array([1.0, 2, 4, 8]))).sum().backward()
    assert host(x.grad)[0].imag == host(x.grad)[-1].imag == 0
    assert host(x.grad)[1].imag != 0


ERRORS = [
    (lambda: tl.fft.fft(tl.ones(())), ShapeError, "fft: axis -1 is out of range for 0 axes"),
    (lambda: tl.fft.ifft(tl.ones(3), axis=1), ShapeError, "ifft: axis 1 is out of range for 1 axes"),
    (lambda: tl.fft.fft(tl.ones(3), n=0), ShapeError, "fft: n must be 1 or more, not 0"),
    (lambda: tl.fft.rfft(tl.ones(3), n=-1), ShapeError, "rfft: n must be 1 or more, not -1"),
    (lambda: tl.fft.fft(tl.ones((2, 0))), ShapeError,
     "fft: axis 1 of shape (2, 0) gives length 0, but it must be 1 or more"),
    (lambda: tl.fft.irfft(tl.ones(1)), ShapeError,
     "irfft: axis 0 of shape (1,) gives length 0, but it must be 1 or more"),
    (lambda: tl.fft.fft(tl.ones(3), norm="orthonormal"), ValueError,
     "fft: norm must be 'backward', 'ortho', 'forward' or None, not 'orthonormal'"),
    (lambda: tl.fft.fftn(tl.ones((2, 3)), s=(2,), axes=(0, 1)), ShapeError, "fftn: s has 1 lengths for 2 axes"),
    (lambda: tl.fft.fftn(tl.ones(3), s=(2, 2)), ShapeError, "fftn: s has 2 lengths, but shape (3,) has 1 axes"),
    (lambda: tl.fft.rfftn(tl.ones((2, 3)), axes=(0, -2)), ShapeError, "rfftn: axes (0, -2) name an axis twice"),
    (lambda: tl.fft.fft2(tl.ones(3)), ShapeError, "fft2: axis -2 is out of range for 1 axes"),
    (lambda: tl.fft.fftn(tl.ones(())), ShapeError, "fftn: axes name none of the axes of shape ()"),
    (lambda: tl.fft.fftshift(tl.ones(3), axes=(1,)), ShapeError, "fftshift: axis 1 is out of range for 1 axes"),
    (lambda: tl.fft.fft([1.0, 2.0]), TypeError,
     "fft: x must be a tensor or an array, not list; tensorlab.asarray(...) makes a tensor of it"),
    (lambda: tl.fft.fftfreq(0), ValueError, "fftfreq: n must be a positive integer, not 0"),
    (lambda: tl.fft.rfftfreq(-3), ValueError, "rfftfreq: n must be a positive integer, not -3"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[message for *_, message in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


# -- frequencies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 10])
@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies(name, n):
    found = getattr(tl.fft, name)(n)
    assert found.dtype == "float32"
    assert_close(found, getattr(np.fft, name)(n), rtol=1e-7)
    assert_close(getattr(tl.fft, name)(n, d=0.1, dtype="float64"), getattr(np.fft, name)(n, 0.1), rtol=1e-15)
    assert getattr(tl.fft, name)(n, 2.0, device=tl.zeros(1).device).device == tl.zeros(1).device


# -- what transforms are for -------------------------------------------------------------------------------------------


def test_convolution_theorem_and_its_gradient():
    """A product of spectra is a circular convolution; so is its derivative."""
    x, kernel = numbers(8, dtype="float64"), numbers(8, 1, dtype="float64")[:, 0]
    circulant = np.array([[kernel[(i - j) % 8] for j in range(8)] for i in range(8)])
    a, b = tensor(x, requires_grad=True), tensor(kernel)
    y = tl.fft.irfft(tl.fft.rfft(a) * tl.fft.rfft(b), n=8)
    assert_close(y, circulant @ x)
    weights = np.arange(8.0)
    (y * tensor(weights)).sum().backward()
    assert_close(a.grad, circulant.T @ weights)


def test_parseval():
    x = tensor(numbers(5, 7))
    assert_close(tl.sum(tl.abs(tl.fft.fftn(x, norm="ortho")) ** 2), np.sum(np.abs(numbers(5, 7)) ** 2))


def test_round_trips_in_any_layout():
    x = numbers(6, 4, 5)
    strided = tensor(x)[::2].permute(2, 0, 1)
    assert_close(tl.fft.ifftn(tl.fft.fftn(strided)), x[::2].transpose(2, 0, 1))


def test_nothing_is_recorded_without_need():
    assert not tl.fft.fft(tl.ones(4)).requires_grad
    assert_same(tl.fft.fftshift(tl.arange(4)), np.array([2, 3, 0, 1]))
