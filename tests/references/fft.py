"""References of the Fourier transforms."""

REFERENCES = {}
