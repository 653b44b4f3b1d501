"""Files in the formats that the readers read, written as the formats are described."""

import struct

IDX_TYPES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx_bytes(array, shape=None):
    """Return the content of an IDX file as Y. LeCun describes it; `shape` is a lie."""
    shape = array.shape if shape is None else shape
    begin = struct.pack(">BBBB", 0, 0, IDX_TYPES[array.dtype.name], len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    return begin + array.astype(array.dtype.newbyteorder(">")).tobytes()
