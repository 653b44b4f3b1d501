"""Special functions."""

CASES = {}
REAL_ONLY = set()
