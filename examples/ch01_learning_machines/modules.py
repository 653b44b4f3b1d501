"""A network is a diagram of modules, and each module needs only its own gradient.

Linear, ReLU, Duplicate, Add, Max and LogSoftMax are written by hand: each returns its output, and a function from the
gradient of the loss by the output to that by the inputs. Backpropagation is nothing but calling these in reverse order.
Where a value branches, gradients add up; where values are added, the gradient is duplicated; Max and ReLU are switches
that route it. The network of these blocks has a branch around a layer and two rivals for a maximum.
"""

import tensorlab as tl
from tensorlab import datasets, nn, viz


def linear(x, weight, bias):
    """``x @ weight.T + bias``."""
    return x @ weight.T + bias, lambda g: (g @ weight, g.T @ x, g.sum(axis=0))


def relu(x):
    """``max(x, 0)``: a switch for each element."""
    on = (x > 0).astype(x.dtype)
    return x * on, lambda g: (g * on,)


def duplicate(x):
    """Two copies."""
    return (x, x), lambda g, h: (g + h,)


def add(x, y):
    """``x + y``."""
    return x + y, lambda g: (g, g)


def maximum(x, y):
    """``max(x, y)``: a switch between two."""
    first = (x > y).astype(x.dtype)
    return x * first + y * (1 - first), lambda g: (g * first, g * (1 - first))


def log_softmax(x):
    """Logarithms of probabilities."""
    shifted = x - x.max(axis=1, keepdims=True)
    y = shifted - shifted.exp().sum(axis=1, keepdims=True).log()
    return y, lambda g: (g - y.exp() * g.sum(axis=1, keepdims=True),)
