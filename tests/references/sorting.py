"""References of sorting, searching and sets."""

REFERENCES = {}
