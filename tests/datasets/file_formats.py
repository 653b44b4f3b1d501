"""Files in the formats that the readers read, written as the formats are described; and a bound on memory."""

import os
import resource
import struct
from contextlib import contextmanager

IDX_TYPES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx_bytes(array, shape=None):
    """Return the content of an IDX file as Y. LeCun describes it; `shape` is a lie."""
    shape = array.shape if shape is None else shape
    begin = struct.pack(">BBBB", 0, 0, IDX_TYPES[array.dtype.name], len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    return begin + array.astype(array.dtype.newbyteorder(">")).tobytes()


@contextmanager
def little_memory(megabytes=256):
    """Let the process take no more than this beyond what it has, where that is known."""
    if not os.path.exists("/proc/self/statm"):
        yield
        return
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20), limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
