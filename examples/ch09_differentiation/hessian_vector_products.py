"""A product with the Hessian costs a few gradients, and finds the extreme curvatures without the Hessian.

Pearlmutter's product (1994) is the derivative of the gradient along a direction, so that its cost in gradients does not
depend on the number of parameters; the Hessian itself takes a product for each of them, and the memory of their square.
Lanczos' method needs a few dozen products for the largest and the smallest eigenvalue. The spectrum of a trained
classifier has its bulk near zero and a few large values, about as many as there are classes (Sagun et al., 2017).
"""

import time

import tensorlab as tl
from tensorlab import datasets, nn, optim
from tensorlab.nn.functional import avg_pool2d, cross_entropy
from tensorlab.viz.style import FAINT


def digits():
    """Return the digits with 4 by 4 pixels as vectors, and their labels."""
    data = datasets.Digits()
    images = avg_pool2d(data.data.astype("float64") / 16, 2)
    return images.reshape(len(data), 16), data.targets


def network(hidden):
    return nn.Sequential(nn.Linear(16, hidden), nn.Tanh(), nn.Linear(hidden, 10)).double()


def train(model, x, y, steps=300):
    """Train by Adam with all digits in each step."""
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()


def loss_of_vector(model, x, y):
    """Return the loss as a function of all parameters in one vector."""
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    sizes = [parameter.nelement() for parameter in model.parameters()]

    def loss(vector):
        parts = zip(shapes.items(), tl.split_with_sizes(vector, sizes), strict=True)
        state = {name: part.reshape(shape) for (name, shape), part in parts}
        return cross_entropy(nn.functional_call(model, state, (x,)), y)

    return loss


def extremes(product, size, steps):
    """Return the smallest and the largest eigenvalue of a symmetric matrix by Lanczos' method, from its products."""
    vectors, diagonal, beside = [], [], []
    vector = tl.randn(size, dtype="float64")
    for _ in range(steps):
        vectors.append(vector / tl.linalg.vector_norm(vector))
        vector = product(vectors[-1])
        diagonal.append((vector @ vectors[-1]).item())
        basis = tl.stack(vectors)
        for _ in range(2):  # once more, for what rounding has left
            vector = vector - (basis @ vector) @ basis
        beside.append(tl.linalg.vector_norm(vector).item())
    off = tl.diag(tl.tensor(beside[:-1], dtype="float64"), 1)
    values = tl.linalg.eigvalsh(tl.diag(tl.tensor(diagonal, dtype="float64")) + off + off.T)
    return values[0].item(), values[-1].item()


def cost(hidden, x, y):
    """Return the number of parameters, and the shortest times of a gradient and of a product."""
    model = network(hidden)
    loss, point = loss_of_vector(model, x, y), nn.utils.parameters_to_vector(model.parameters()).detach()
    direction, gradient = tl.randn(len(point), dtype="float64"), tl.grad(loss)
    calls = (lambda: gradient(point), lambda: tl.hvp(loss, (point,), (direction,)))
    times = [[], []]
    for _ in range(10):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return len(point), *map(min, times)


def lesson(report, long):
    x, y = digits()
    model = network(32 if long else 16)
    train(model, x, y)
    loss, point = loss_of_vector(model, x, y), nn.utils.parameters_to_vector(model.parameters()).detach()
    start = time.perf_counter()
    spectrum = tl.linalg.eigvalsh(tl.hessian(loss)(point))
    whole, start = time.perf_counter() - start, time.perf_counter()
    products = 80
    smallest, largest = extremes(lambda v: tl.hvp(loss, (point,), (v,)), len(point), products)
    few = time.perf_counter() - start
    report.table(
        ["eigenvalues by", "products", "seconds", "smallest", "largest"],
        [
            ("the whole Hessian", len(point), whole, spectrum[0].item(), spectrum[-1].item()),
            ("Lanczos", products, few, smallest, largest),
        ],
    )
    costs = [cost(hidden, x[:32], y[:32]) for hidden in (16, 64, 256, 400)]
    rows = [(size, 1000 * gradient, 1000 * product, product / gradient) for size, gradient, product in costs]
    report.table(["parameters", "ms of a gradient", "of a product", "ratio"], rows)
    outliers = (spectrum > spectrum[-1] / 20).sum().item()
    report.value("eigenvalues larger than a twentieth of the largest", outliers)

    gaps = abs(smallest - spectrum[0].item()), abs(largest - spectrum[-1].item())
    report.claim("Lanczos' method finds both ends of the spectrum", max(gaps) < 1e-3 * largest)
    report.claim("a product costs less than 10 gradients at every size", all(ratio < 10 for *_, ratio in rows))
    report.claim("one eigenvalue in 20 or fewer is larger than a twentieth of the largest", outliers <= len(point) / 20)

    chart, timed = report.axes(columns=2, width=5)
    positive = spectrum[spectrum > 0].flip(0).tolist()
    chart.semilogy(range(1, len(positive) + 1), positive, ".", markersize=4)
    chart.axhline(spectrum[-1].item() / 20, color=FAINT, linestyle="--", label="a twentieth of the largest")
    chart.set(title=f"Positive eigenvalues of {len(point)}", xlabel="rank", ylabel="eigenvalue", ylim=(1e-7, 10))
    sizes = [size for size, *_ in rows]
    for name, column in {"gradient": 1, "Hessian-vector product": 2}.items():
        timed.loglog(sizes, [row[column] for row in rows], "o-", label=name)
    timed.loglog(sizes, [row[0] * row[2] for row in rows], "o--", label="n products: the Hessian")
    timed.set(title="Time by the number of parameters", xlabel="parameters n", ylabel="ms")
