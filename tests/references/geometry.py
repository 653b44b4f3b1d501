"""References of resampling and of windows as columns: dense matrices and plain loops."""

from itertools import product

import numpy as np


def matrix_of(taps):
    """Return the matrix of a `Taps`, one row for each element of the result."""
    matrix = np.zeros((taps.count, taps.size))
    weights = taps.weights or np.ones((len(taps.indices), taps.count))
    for places, factors in zip(taps.indices, weights, strict=True):
        np.add.at(matrix, (np.arange(taps.count), list(places)), factors)
    return matrix


def resample(x, taps, axis):
    return np.moveaxis(np.tensordot(x, matrix_of(taps).astype(x.dtype), (axis, 1)), -1, axis)


def windows_to_columns(x, *, kernel_size, stride, padding, dilation):
    padded = np.pad(x, [(0, 0), (0, 0), *padding])
    counts = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(padded.shape[2:], kernel_size, stride, dilation, strict=True)
    ]
    columns = []
    for place in product(*map(range, counts)):
        inside = [np.arange(k) * d + p * s for p, k, s, d in zip(place, kernel_size, stride, dilation, strict=True)]
        window = padded[(slice(None), slice(None), *np.ix_(*inside))]
        columns.append(window.reshape(x.shape[0], x.shape[1] * int(np.prod(kernel_size))))
    return np.stack(columns, axis=-1)


def columns_to_windows(columns, *, output_size, kernel_size, **geometry):
    channels = columns.shape[1] // int(np.prod(kernel_size))
    places = np.arange(1, channels * int(np.prod(output_size)) + 1).reshape(1, channels, *output_size)
    targets = windows_to_columns(places, kernel_size=kernel_size, **geometry)[0]
    images = np.zeros((columns.shape[0], places.size + 1), columns.dtype)
    for image, column in zip(images, columns, strict=True):
        np.add.at(image, targets, column)
    return images[:, 1:].reshape(columns.shape[0], channels, *output_size)


REFERENCES = {"resample": resample, "windows_to_columns": windows_to_columns, "columns_to_windows": columns_to_windows}
