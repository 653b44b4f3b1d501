"""Saving and loading tensors. Files contain data only; nothing in them is executed.

`files` holds the public functions. `safetensors` reads and writes that format, for which `structure` describes nested
objects as JSON; `sharded` reads indices of several files. `pytorch` reads the files of ``torch.save``, whose pickles
`unpickling` runs without calling anything but the stand-ins there and in `numpy_pickles`; `pytorch_writing` writes
them. `gguf` reads the files of llama.cpp, whose quantised `blocks` become float32. `source` and `octets` are bytes of
files and arrays of bytes, and `replacing` never leaves an incomplete file at a path.
"""

from .files import load, read_metadata, save

__all__ = ["load", "read_metadata", "save"]
