"""References of linear algebra."""

REFERENCES = {}
