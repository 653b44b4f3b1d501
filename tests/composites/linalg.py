"""Linear algebra."""

CASES = {}
REAL_ONLY = set()
