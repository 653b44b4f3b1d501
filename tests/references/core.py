"""References of convolution, pooling, gathering, statistics and losses."""

from itertools import product

import numpy as np
import scipy.special

# -- windows -----------------------------------------------------------------------------------------------------------


def windows(size, kernel_size, stride, padding, dilation):
    """Yield each output position with the slices that its window covers in the padded input."""
    counts = [
        (n + before + after - d * (k - 1) - 1) // s + 1
        for n, k, s, (before, after), d in zip(size, kernel_size, stride, padding, dilation, strict=True)
    ]
    for position in product(*map(range, counts)):
        yield (
            position,
            tuple(
                slice(p * s, p * s + d * (k - 1) + 1, d)
                for p, k, s, d in zip(position, kernel_size, stride, dilation, strict=True)
            ),
        )


def output_shape(size, *geometry):
    return tuple(1 + max(p[i] for p, _ in windows(size, *geometry)) for i in range(len(size)))


def padded(x, padding, value=0):
    return np.pad(x, [(0, 0), (0, 0), *padding], constant_values=value)


def cropped(x, size, padding):
    return x[(..., *(slice(before, before + n) for n, (before, _) in zip(size, padding, strict=True)))]


def group_slices(out_channels, channels, groups):
    """Yield each output channel with the slice of the input channels that it sees."""
    each = channels // groups
    for o in range(out_channels):
        group = o // (out_channels // groups)
        yield o, slice(group * each, (group + 1) * each)


def convolution(x, w, b=None, *, stride, padding, dilation, groups):
    geometry = (w.shape[2:], stride, padding, dilation)
    y = np.zeros((x.shape[0], w.shape[0], *output_shape(x.shape[2:], *geometry)), np.result_type(x, w))
    images = padded(x, padding)
    for n, (o, channels) in product(range(x.shape[0]), group_slices(w.shape[0], x.shape[1], groups)):
        for position, window in windows(x.shape[2:], *geometry):
            y[(n, o, *position)] = np.sum(images[(n, channels, *window)] * w[o])
            if b is not None:
                y[(n, o, *position)] += b[o]
    return y


def convolution_input_grad(g, w, *, input_size, stride, padding, dilation, groups):
    channels = w.shape[1] * groups
    gx = padded(np.zeros((g.shape[0], channels, *input_size), np.result_type(g, w)), padding)
    for n, (o, chosen) in product(range(g.shape[0]), group_slices(w.shape[0], channels, groups)):
        for position, window in windows(input_size, w.shape[2:], stride, padding, dilation):
            gx[(n, chosen, *window)] += g[(n, o, *position)] * w[o]
    return cropped(gx, input_size, padding)


def convolution_weight_grad(x, g, *, kernel_size, stride, padding, dilation, groups):
    gw = np.zeros((g.shape[1], x.shape[1] // groups, *kernel_size), np.result_type(x, g))
    images = padded(x, padding)
    for n, (o, channels) in product(range(x.shape[0]), group_slices(g.shape[1], x.shape[1], groups)):
        for position, window in windows(x.shape[2:], kernel_size, stride, padding, dilation):
            gw[o] += g[(n, o, *position)] * images[(n, channels, *window)]
    return gw


def max_pool(x, *, kernel_size, stride, padding, dilation):
    geometry = (kernel_size, stride, padding, dilation)
    shape = (*x.shape[:2], *output_shape(x.shape[2:], *geometry))
    values, index = np.zeros(shape, x.dtype), np.zeros(shape, "int64")
    images, inside = padded(x, padding), padded(np.ones(x.shape, bool), padding)
    for n, c in np.ndindex(*x.shape[:2]):
        for position, window in windows(x.shape[2:], *geometry):
            candidates, allowed = images[(n, c, *window)].ravel(), inside[(n, c, *window)].ravel()
            order = [i for i in range(candidates.size) if allowed[i]]
            best = order[int(np.argmax(candidates[order]))] if order else 0
            values[(n, c, *position)] = candidates[best] if order else -np.inf  # a window on padding alone
            index[(n, c, *position)] = best
    return values, index


def max_unpool(g, index, *, input_size, kernel_size, stride, padding, dilation):
    gx = padded(np.zeros((*g.shape[:2], *input_size), g.dtype), padding)
    for n, c in np.ndindex(*g.shape[:2]):
        for position, window in windows(input_size, kernel_size, stride, padding, dilation):
            place = np.unravel_index(index[(n, c, *position)], kernel_size)
            gx[(n, c, *window)][place] += g[(n, c, *position)]
    return cropped(gx, input_size, padding)


def pool_gather(x, index, *, kernel_size, stride, padding, dilation):
    y = np.zeros(index.shape, x.dtype)
    images = padded(x, padding)
    for n, c in np.ndindex(*x.shape[:2]):
        for position, window in windows(x.shape[2:], kernel_size, stride, padding, dilation):
            y[(n, c, *position)] = images[(n, c, *window)].ravel()[index[(n, c, *position)]]
    return y


def avg_pool(x, *, kernel_size, stride, padding):
    geometry = (kernel_size, stride, padding, (1,) * len(kernel_size))
    y = np.zeros((*x.shape[:2], *output_shape(x.shape[2:], *geometry)), x.dtype)
    images = padded(x, padding)
    for position, window in windows(x.shape[2:], *geometry):
        spatial = tuple(range(2, x.ndim))
        y[(..., *position)] = images[(..., *window)].sum(axis=spatial) / np.prod(kernel_size)
    return y


def avg_unpool(g, *, input_size, kernel_size, stride, padding):
    gx = padded(np.zeros((*g.shape[:2], *input_size), g.dtype), padding)
    ones = (1,) * len(kernel_size)
    for position, window in windows(input_size, kernel_size, stride, padding, ones):
        gx[(..., *window)] += g[(..., *position)].reshape(*g.shape[:2], *ones) / np.prod(kernel_size)
    return cropped(gx, input_size, padding)


# -- gathering and scattering ------------------------------------------------------------------------------------------


def scatter_index(g, *, shape, index):
    out = np.zeros(shape, g.dtype)
    np.add.at(out, index, g)
    return out


def replace_index(x, value, *, index):
    out = x.copy()
    out[index] = value
    return out


def take_add(g, indices, *, axis, size):
    out = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
    for i, target in enumerate(indices):
        np.moveaxis(out, axis, 0)[target] += np.moveaxis(g, axis, 0)[i]
    return out


def put_along_axis_add(g, indices, *, axis, size):
    axis = axis % g.ndim
    out = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
    for place in np.ndindex(*g.shape):
        out[(*place[:axis], indices[place], *place[axis + 1 :])] += g[place]
    return out


def sum_to_shape(x, *, shape):
    out = np.zeros(shape, x.dtype)
    for place in np.ndindex(*x.shape):
        tail = place[len(place) - len(shape) :]
        out[tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))] += x[place]
    return out


# -- statistics and losses ---------------------------------------------------------------------------------------------


def standardize(x, *, axis, eps=1e-5):
    mean, variance = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps), mean, variance, 1 / np.sqrt(variance + eps)


def softmax_cross_entropy(logits, target, *, ignore_index=-100):
    losses = -scipy.special.log_softmax(logits, axis=1)[range(len(target)), np.where(target == ignore_index, 0, target)]
    return np.where(target == ignore_index, 0, losses)


def softmax_cross_entropy_grad(g, logits, target, *, ignore_index):
    rows = scipy.special.softmax(logits, axis=1)
    for i, label in enumerate(target):
        rows[i, label] -= 1
        rows[i] *= 0 if label == ignore_index else g[i]
    return rows


REFERENCES = {
    "avg_pool": avg_pool,
    "avg_unpool": avg_unpool,
    "cast": lambda x, dtype: x.astype(dtype),
    "clip_to_numbers": lambda x, low=None, high=None: np.clip(x, low, high),
    "lower_to": lambda x, high: np.where(x > high, high, x),
    "raise_to": lambda x, low: np.where(x < low, low, x),
    "concat_arrays": lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    "convolution": convolution,
    "convolution_input_grad": convolution_input_grad,
    "convolution_weight_grad": convolution_weight_grad,
    "bitwise_invert": np.invert,
    "getitem": lambda x, index: x[index],
    "linear": lambda x, weight, bias=None: np.einsum("...i,oi->...o", x, weight) + (0 if bias is None else bias),
    "log_softmax": lambda x, axis: scipy.special.log_softmax(x, axis=axis),
    "logsumexp": lambda x, axis, keepdims=False: scipy.special.logsumexp(x, axis=axis, keepdims=keepdims),
    "max_pool": max_pool,
    "max_unpool": max_unpool,
    "pool_gather": pool_gather,
    "put_along_axis_add": put_along_axis_add,
    "relu": lambda x: np.where(x > 0, x, 0),
    "replace_index": replace_index,
    "scatter_index": scatter_index,
    "sigmoid": scipy.special.expit,
    "softmax": lambda x, axis: scipy.special.softmax(x, axis=axis),
    "softmax_cross_entropy": softmax_cross_entropy,
    "softmax_cross_entropy_grad": softmax_cross_entropy_grad,
    "standardize": standardize,
    "sum_to_shape": sum_to_shape,
    "take_add": take_add,
    "take_along": np.take,
}
