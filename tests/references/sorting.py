"""References of sorting: Python's own sort, which is stable in both directions, along each line of an array."""

import numpy as np


def orders(x, axis=-1, descending=False, stable=True):
    """Return what ``argsort`` is to return."""
    lines = np.moveaxis(np.asarray(x), axis, -1)
    out = np.zeros(lines.shape, "int64")
    for place in np.ndindex(*lines.shape[:-1]):
        line = lines[place]
        # NaN is the greatest.
        out[place] = sorted(
            range(len(line)), key=lambda i: (bool(line[i] != line[i]), line[i] if line[i] == line[i] else 0),
            reverse=descending,
        )  # fmt: skip
    return np.moveaxis(out, -1, axis)


def sort(x, axis=-1, descending=False, stable=True):
    return np.take_along_axis(x, orders(x, axis, descending), axis=axis)


def topk_indices(x, k, axis=-1, largest=True):
    return np.take(orders(x, axis, largest), range(k), axis=axis)


REFERENCES = {"argsort": orders, "sort": sort, "topk_indices": topk_indices}
