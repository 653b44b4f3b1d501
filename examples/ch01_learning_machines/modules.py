"""Every module needs only its own gradient: six of them by hand, and checked.

Linear, ReLU, Duplicate, Add, Max and LogSoftMax each return their output, and a function from the gradient of the loss
by the output to that by the inputs. Where a value is used twice, the gradients of both uses are added; where two values
are added, both get the gradient; ReLU and Max are switches that let it through or not. A checker compares each with
finite differences, and finds a fault that is planted.
"""

import tensorlab as tl


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


def agrees(module, *shapes):
    """Return whether the gradient of a module agrees with finite differences at a random point."""
    point = [tl.randn(*shape, dtype="float64") for shape in shapes]
    try:
        tl.check_gradients(tl.custom_gradient(module), point, modes=["reverse"], order=1)
    except tl.GradientError:
        return False
    return True


def gradient(module, *inputs):
    """Return the gradients of the sum of a module's outputs by its inputs."""
    output, backward = module(*inputs)
    return backward(tl.ones_like(output))


def lesson(report, long):
    modules = {linear: [(5, 3), (4, 3), (4,)], add: [(5, 3)] * 2, maximum: [(5, 3)] * 2}
    modules |= {module: [(5, 3)] for module in (relu, duplicate, log_softmax)}
    checked = [agrees(module, *shapes) for module, shapes in modules.items()]
    report.claim("the gradients of all six modules agree with finite differences", all(checked))
    forgetful = agrees(lambda x: ((x, x), lambda g, h: (g,)), (5, 3))
    report.claim("those of a Duplicate that forgets a branch do not", not forgetful)

    switch, rivals, classes = report.axes(columns=3)
    x = tl.linspace(-2, 2, 201, dtype="float64")[:, None]
    switch.plot(x, relu(x)[0], label="output")
    switch.plot(x, gradient(relu, x)[0], "--", label="gradient")
    switch.set(title="ReLU", xlabel="x")
    x, y = (grid.flatten() for grid in tl.meshgrid(tl.linspace(-2, 2, 9), tl.linspace(-2, 2, 9)))
    rivals.quiver(x, y, *gradient(maximum, x, y), color="#3f90da", width=0.008)
    rivals.plot([-2, 2], [-2, 2], "k--")
    rivals.set(
        title="Max: its gradient goes to the larger one", xlabel="x", ylabel="y", xlim=(-2.3, 2.5), ylim=(-2.3, 2.5)
    )
    x = tl.linspace(-4, 4, 201, dtype="float64")
    scores = tl.stack([x, tl.zeros_like(x)], axis=1)
    y, backward = log_softmax(scores)
    (slopes,) = backward(tl.stack([tl.ones_like(x), tl.zeros_like(x)], axis=1))
    classes.plot(x, y[:, 0], label="log-probability of class 1")
    classes.plot(x, slopes[:, 0], "--", label="gradient by its own score")
    classes.plot(x, slopes[:, 1], ":", label="gradient by the other's")
    classes.set(title="LogSoftMax: gradients sum to zero", xlabel="difference of the two scores")
