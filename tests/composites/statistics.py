"""Statistics, signals and the like."""

CASES = {}
REAL_ONLY = set()
