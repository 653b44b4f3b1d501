"""The Fourier transforms' helpers."""

CASES = {}
REAL_ONLY = set()
