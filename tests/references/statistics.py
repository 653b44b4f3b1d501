"""References of statistics, signals and the like."""

import numpy as np


def pad_constant(x, pad_width, constant_values):
    return np.pad(x, pad_width, constant_values=constant_values) if x.ndim else x


def source(place, length, mode):
    """Return which element of an axis stands at a place beyond its ends, going step by step."""
    if mode == "edge" or (mode == "reflect" and length == 1):
        return min(max(place, 0), length - 1)
    while not 0 <= place < length:
        if mode == "wrap":
            place += length if place < 0 else -length
        elif mode == "symmetric":
            place = -1 - place if place < 0 else 2 * length - 1 - place
        else:
            place = -place if place < 0 else 2 * (length - 1) - place
    return place


def sources(length, ends, mode):
    return [source(place, length, mode) for place in range(-ends[0], length + ends[1])]


def pad_continued(x, pad_width, continuation):
    for axis, ends in enumerate(pad_width):
        x = np.take(x, sources(x.shape[axis], ends, continuation), axis=axis)
    return x


def fold_padding(g, pad_width, continuation):
    for axis, ends in enumerate(pad_width):
        length = g.shape[axis] - sum(ends)
        out = np.zeros((length, *np.delete(g.shape, axis)))
        for place, taken in enumerate(sources(length, ends, continuation)):
            out[taken] += np.take(g, place, axis=axis)
        g = np.moveaxis(out, 0, axis)
    return g


def correlate_valid(x, w):
    return np.array([np.sum(x[i : i + len(w)] * w) for i in range(len(x) - len(w) + 1)])


REFERENCES = {
    "correlate_valid": correlate_valid,
    "fold_padding": fold_padding,
    "pad_constant": pad_constant,
    "pad_continued": pad_continued,
}
