"""References of statistics, signals and the like."""

REFERENCES = {}
