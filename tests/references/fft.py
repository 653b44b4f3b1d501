"""References of the Fourier transforms: sums of exponentials, written as one matrix for each axis."""

import numpy as np

POWERS = {"backward": (0, -1), "ortho": (-0.5, -0.5), "forward": (-1, 0)}


def matrix(n, sign):
    """Return ``exp(sign * 2j * pi * j * k / n)``."""
    return np.exp(sign * 2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)


def along(x, axis, rows):
    """Multiply an axis by a matrix."""
    return np.moveaxis(np.tensordot(rows, x, ((1,), (axis,))), 0, axis)


def fitted(x, axis, length):
    """Cut, or pad with zeros, an axis to a length."""
    x = np.moveaxis(x, axis, 0)
    out = np.zeros((length, *x.shape[1:]), x.dtype)
    out[: len(x)] = x[:length]
    return np.moveaxis(out, 0, axis)


def fourier(x, axes, lengths, inverse=False, norm="backward"):
    for axis, n in zip(axes, lengths, strict=True):
        x = along(fitted(x, axis, n), axis, matrix(n, 1 if inverse else -1)) * n ** float(POWERS[norm][inverse])
    return x


def fourier_of_real(x, axes, lengths, norm="backward"):
    half = lengths[-1] // 2 + 1
    return np.take(fourier(x, axes, lengths, False, norm), range(half), axis=axes[-1])


def fourier_to_real(x, axes, lengths, norm="backward"):
    """Fill in the mirror images along the last axis, once the others are transformed, and transform back."""
    *first, axis = axes
    *before, n = lengths
    x = np.moveaxis(fitted(fourier(x, first, before, True, norm), axis, n // 2 + 1), axis, 0)
    full = np.zeros((n, *x.shape[1:]), complex)
    full[: len(x)] = x
    for k in (0, *([n // 2] if n % 2 == 0 else [])):
        full[k] = full[k].real
    for k in range(n // 2 + 1, n):
        full[k] = np.conj(x[n - k])
    return fourier(np.moveaxis(full, 0, axis), (axis,), (n,), True, norm).real


REFERENCES = {"fourier": fourier, "fourier_of_real": fourier_of_real, "fourier_to_real": fourier_to_real}
