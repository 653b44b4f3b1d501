"""Saving and loading as safetensors files, which contain data only and no executable code.

`files` holds the public functions. `structure` describes nested objects as JSON, `format` reads and writes the format
with the package safetensors, and `replacing` never leaves an incomplete file at a path.
"""

from .files import load, read_metadata, save

__all__ = ["load", "read_metadata", "save"]
