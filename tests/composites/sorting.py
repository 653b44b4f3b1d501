"""Sorting, searching and sets."""

CASES = {}
REAL_ONLY = set()
