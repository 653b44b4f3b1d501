"""References of pooling with a given number of windows and of unpooling, one window at a time."""

from math import ceil, floor

import numpy as np


def adaptive_sum(x, size):
    for axis, count in enumerate(size, start=x.ndim - len(size)):
        length = x.shape[axis]
        windows = [slice(floor(i * length / count), ceil((i + 1) * length / count)) for i in range(count)]
        rows = np.moveaxis(x, axis, 0)
        sums = [rows[window].sum(0) for window in windows]
        x = np.moveaxis(np.array(sums).reshape(count, *rows.shape[1:]).astype(x.dtype), 0, axis)
    return x


def put_at_places(x, index, size):
    out = np.zeros((*x.shape[:-1], size), x.dtype)
    for place in np.ndindex(x.shape):
        out[(*place[:-1], index[place])] = x[place]
    return out


REFERENCES = {"adaptive_sum": adaptive_sum, "put_at_places": put_at_places}
