"""Reverse mode costs one sweep for each result, forward mode one for each input.

A Jacobian of n inputs and m results takes n sweeps forwards or m backwards, whatever the function is. The sweeps are
counted here by an operation that notes each time its derivative is asked for, and timed. Machine learning has one
result, the loss, and a gradient costs a few times what the loss costs, however many parameters there are (Baur and
Strassen, 1983); finite differences would compute the loss once for each of them.
"""

import time

import tensorlab as tl

SHAPES = ((1, 256), (4, 64), (16, 16), (64, 4), (256, 1))
WIDTHS = (10, 30, 100, 300, 1000)


def counted(sweeps):
    """Return the identity that appends to a list whenever its derivative is asked for."""

    @tl.custom_gradient
    def identity(x):
        def derivative(g):
            sweeps.append(1)
            return g

        return x, derivative

    return identity


def network(inputs, results, probe):
    """Return a function from vectors of `inputs` numbers to vectors of `results`."""
    first, last = tl.randn(64, inputs) / inputs**0.5, tl.randn(results, 64) / 8
    return lambda x: last @ tl.tanh(first @ probe(x))


def timed(call, repeats=5):
    """Return the shortest time of a call in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def jacobian_costs(inputs, results):
    """Return for each mode the sweeps and the time that a Jacobian takes, and the Jacobian."""
    sweeps = []
    function, x = network(inputs, results, counted(sweeps)), tl.randn(inputs)
    costs = {}
    for mode in ("forward", "reverse"):
        sweeps.clear()
        found = tl.jacobian(function, mode=mode)(x)
        costs[mode] = len(sweeps), timed(lambda mode=mode: tl.jacobian(function, mode=mode)(x)), found
    return costs


def gradient_cost(width):
    """Return the number of weights of a square layer, and the times of a loss of them and of its gradient."""
    weights, x = tl.randn(width, width) / width**0.5, tl.randn(width, 32)

    def loss(weights):
        return tl.tanh(weights @ x).square().mean()

    value, gradient = timed(lambda: loss(weights), 20), timed(lambda: tl.grad(loss)(weights), 20)
    return width**2, value, gradient


def lesson(report, long):
    found = {shape: jacobian_costs(*shape) for shape in SHAPES}
    report.table(
        ["inputs", "results", "sweeps forward", "reverse", "ms forward", "reverse"],
        [(*shape, *(costs[mode][0] for mode in costs), *(1000 * costs[mode][1] for mode in costs))
         for shape, costs in found.items()],
    )  # fmt: skip
    sizes, values, gradients = zip(*map(gradient_cost, (*WIDTHS, 3000, 6000) if long else WIDTHS), strict=True)
    ratios = [gradient / value for value, gradient in zip(values, gradients, strict=True)]
    report.table(["parameters", "gradient / loss, time"], zip(sizes, ratios, strict=True))

    report.claim(
        "forward mode takes a sweep for each input",
        all(costs["forward"][0] == inputs for (inputs, _), costs in found.items()),
    )
    report.claim(
        "reverse mode takes a sweep for each result",
        all(costs["reverse"][0] == results for (_, results), costs in found.items()),
    )
    agree = [tl.allclose(c["forward"][2], c["reverse"][2], rtol=1e-4, atol=1e-5) for c in found.values()]
    report.claim("both find the same Jacobian", all(agree))
    wide, tall = found[256, 1], found[1, 256]
    faster = wide["forward"][1] / wide["reverse"][1], tall["reverse"][1] / tall["forward"][1]
    report.claim("for 256 inputs and one result reverse mode is more than 5 times as fast", faster[0] > 5)
    report.claim("for one input and 256 results forward mode is more than 5 times as fast", faster[1] > 5)
    report.claim("the gradient of the largest loss costs less than 10 of its values", ratios[-1] < 10)

    modes, chart = report.axes(columns=2, width=5)
    for mode in ("forward", "reverse"):
        modes.semilogy([1000 * costs[mode][1] for costs in found.values()], "o-", label=f"{mode} mode")
    modes.set_xticks(range(len(SHAPES)), [f"{n} → {m}" for n, m in SHAPES])
    modes.set(title="Time of a Jacobian", xlabel="inputs → results", ylabel="ms")
    differences = [(size + 1) * value for size, value in zip(sizes, values, strict=True)]
    for name, times in {"loss": values, "gradient": gradients, "n + 1 losses, for differences": differences}.items():
        chart.loglog(sizes, [1000 * seconds for seconds in times], "o-", label=name)
    chart.set(title="Time of a gradient", xlabel="parameters n", ylabel="ms")
