"""References of the special functions."""

REFERENCES = {}
