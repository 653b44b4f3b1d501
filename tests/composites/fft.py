"""The Fourier transforms: every function, with lengths that cut and pad, odd and even, and every norm."""

import numpy as np

import tensorlab as tl

from .operands import T3, A, B, V

NORMS = ("backward", "ortho", "forward")


def both(name, **params):
    """Return tensorlab's function of that name and NumPy's, with these parameters."""
    return (lambda x: getattr(tl.fft, name)(x, **params)), (lambda x: getattr(np.fft, name)(x, **params))


CASES = {}
for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    CASES[name] = (*both(name), (T3,))
    CASES[f"{name} of three"] = (*both(name, axis=0), (B,))
    for norm in NORMS:
        for n in (2, 3, 5, 6):
            CASES[f"{name} {n} {norm}"] = (*both(name, n=n, axis=0, norm=norm), (B,))
    CASES[f"{name} one"] = (*both(name, n=1, axis=1), (A,))
for name in ("fftn", "ifftn", "rfftn", "irfftn"):
    CASES[name] = (*both(name), (T3,))
    for norm in NORMS:
        CASES[f"{name} axes {norm}"] = (*both(name, axes=(0, 2), norm=norm), (T3,))
        CASES[f"{name} odd {norm}"] = (*both(name, s=(4, 5), axes=(-1, -2), norm=norm), (T3,))
        CASES[f"{name} even {norm}"] = (*both(name, s=(3, 2), axes=(1, 2), norm=norm), (T3,))
for name in ("fft2", "ifft2", "rfft2", "irfft2"):
    CASES[name] = (*both(name), (T3,))
    CASES[f"{name} axes"] = (*both(name, s=(3, 3), axes=(2, 0), norm="ortho"), (T3,))
for name in ("fftshift", "ifftshift"):
    CASES[name] = (*both(name), (T3,))
    CASES[f"{name} one axis"] = (*both(name, axes=-2), (T3,))
    CASES[f"{name} axes"] = (*both(name, axes=(0, 1)), (A,))
    CASES[f"{name} vector"] = (*both(name), (V,))

REAL_ONLY = {"rfft", "rfftn", "rfft2", "ihfft"}
