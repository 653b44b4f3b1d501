"""References of the ops of normalisation: one row after the other."""

import numpy as np


def rows_of(x, ndim):
    """Return an array with its leading axes as one and its trailing ones as one."""
    return x.reshape(-1, int(np.prod(x.shape[x.ndim - ndim :])))


def normalized_row(row, eps, centred):
    moved = row - row.mean() if centred else row
    return moved / np.sqrt((moved**2).mean() + eps)


def normalize_trailing(x, weight=None, bias=None, *, ndim=1, eps=1e-5, centred=True):
    y = np.stack([normalized_row(row, eps, centred) for row in rows_of(x, ndim)]).reshape(x.shape)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def jacobian_of_row(row, eps, centred):
    """The derivative of each ``moved / s``, where ``s = sqrt(mean(moved**2) + eps)``, by each element of the row."""
    n = len(row)
    moved = row - row.mean() if centred else row
    s = np.sqrt((moved**2).mean() + eps)
    by_moved = np.eye(n) / s - np.outer(moved, moved) / (n * s**3)
    return by_moved @ (np.eye(n) - 1 / n) if centred else by_moved


def normalize_trailing_input_grad(g, x, weight=None, *, ndim=1, eps=1e-5, centred=True):
    g = g if weight is None else g * weight
    pairs = zip(rows_of(g, ndim), rows_of(x, ndim), strict=True)
    return np.stack([jacobian_of_row(row, eps, centred).T @ pull for pull, row in pairs]).reshape(x.shape)


def normalize_trailing_weight_grad(g, x, *, ndim=1, eps=1e-5, centred=True):
    weighed = g * normalize_trailing(x, ndim=ndim, eps=eps, centred=centred)
    return weighed.sum(tuple(range(x.ndim - ndim)))


REFERENCES = {
    "normalize_trailing": normalize_trailing,
    "normalize_trailing_input_grad": normalize_trailing_input_grad,
    "normalize_trailing_weight_grad": normalize_trailing_weight_grad,
}
