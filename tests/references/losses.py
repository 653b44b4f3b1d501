"""References of the losses' ops."""

from itertools import product

import numpy as np
import scipy.special


def binary_cross_entropy(x, target):
    return -scipy.special.xlogy(target, x) - scipy.special.xlog1py(1 - target, -x)


def sigmoid_cross_entropy(x, target):
    p = scipy.special.expit(x)
    return -target * np.log(p) - (1 - target) * np.log(1 - p)


def ways(state, skips):
    """Yield the states from which an alignment comes into `state`."""
    yield state
    if state >= 1:
        yield state - 1
    if state >= 2 and skips[state]:
        yield state - 2


def ctc_forward(emissions, skips):
    """Add up probabilities, not logarithms."""
    steps, batch, states = emissions.shape
    p = np.exp(emissions)
    a = np.zeros_like(p)
    a[0] = p[0]
    for t, n, s in product(range(1, steps), range(batch), range(states)):
        a[t, n, s] = p[t, n, s] * sum(a[t - 1, n, other] for other in ways(s, skips[n]))
    with np.errstate(divide="ignore"):
        return np.log(a)


def scan_matrix(weights, steps, n, states):
    """Return the matrix of which the recursion over time solves ``matrix @ y = x``, for one sample."""
    matrix = np.eye(steps * states, dtype=weights.dtype)
    for k, t, s in product(range(3), range(1, steps), range(states)):
        if s >= k:
            matrix[t * states + s, (t - 1) * states + s - k] = -weights[k, t - 1, n, s]
    return matrix


def solved(x, weights, transpose):
    y = np.zeros(x.shape, np.result_type(x, weights))
    steps, batch, states = x.shape
    for n in range(batch):
        matrix = scan_matrix(weights, steps, n, states)
        y[:, n] = np.linalg.solve(matrix.T if transpose else matrix, x[:, n].ravel()).reshape(steps, states)
    return y


def linear_softmax_cross_entropy(x, weight, bias=0.0, *, target, ignore_index=-100, rows=None):
    logits = np.asarray(x @ weight.T + bias)
    losses = [
        -scipy.special.log_softmax(row)[label] if label != ignore_index else 0.0 for row, label in zip(logits, target)
    ]
    return np.array(losses)


def linear_softmax_cross_entropy_grad(g, x, weight, bias=0.0, *, target, ignore_index=-100, rows=None):
    pulled = np.zeros((len(x), len(weight)))
    for row, label in enumerate(target):
        if label != ignore_index:
            pulled[row] = g[row] * (scipy.special.softmax(x[row] @ weight.T + bias) - np.eye(len(weight))[label])
    return pulled @ weight, pulled.T @ x, pulled.sum(0)


REFERENCES = {
    "banded_scan": lambda x, weights: solved(x, weights, False),
    "banded_scan_transposed": lambda x, weights: solved(x, weights, True),
    "binary_cross_entropy": binary_cross_entropy,
    "ctc_forward": ctc_forward,
    "huber": lambda x, delta: np.where(np.abs(x) < delta, x * x / 2, delta * (np.abs(x) - delta / 2)),
    "linear_softmax_cross_entropy": linear_softmax_cross_entropy,
    "linear_softmax_cross_entropy_grad": linear_softmax_cross_entropy_grad,
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
}
