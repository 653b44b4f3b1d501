"""The natural gradient takes the same path in every parametrisation; the gradient does not.

A Gaussian is fitted to data by its mean and its standard deviation σ, or log σ, or σ². The gradient depends on which of
them is called the parameter, and where σ is small its steps along the mean are far too long. The natural gradient
divides by the Fisher information, which measures how far apart distributions are, not numbers (Amari, 1998): short
steps follow one and the same curve through the space of Gaussians, whatever its coordinates.
"""

import tensorlab as tl
from tensorlab import optim

FORMS = {  # the standard deviation as a function of the parameter, and the parameter of the start, where σ is 1
    "σ": (lambda s: s, 1.0),
    "log σ": (lambda s: s.exp(), 0.0),
    "σ²": (lambda s: s.sqrt(), 1.0),
}
START = 3.0


def natural_parameters(mean, deviation):
    """Return what multiplies x and x² in the logarithm of the Gaussian density."""
    return tl.stack([mean / deviation**2, -0.5 / deviation**2])


def negative_likelihood(data):
    """Return the loss of natural parameters: the mean negative logarithm of the density, without its constant."""
    moments = tl.stack([data.mean(), (data**2).mean()])

    def loss(eta):
        return -(eta * moments).sum() - eta[0] ** 2 / (4 * eta[1]) - 0.5 * (-2 * eta[1]).log()

    return loss


def fit(data, form, natural, rate, steps):
    """Return the means and standard deviations on the path of a fit."""
    deviation, start = FORMS[form]
    x = tl.tensor([START, start], dtype="float64", requires_grad=True)
    optimizer = optim.NaturalGradient([x], lr=rate, damping=0.0) if natural else optim.SGD([x], lr=rate)
    loss, path = negative_likelihood(data), []

    def outputs():
        return natural_parameters(x[0], deviation(x[1]))

    for _ in range(steps):
        path.append((x[0].item(), deviation(x[1]).item()))
        if natural:
            optimizer.step(outputs, loss)
        else:
            optimizer.zero_grad()
            loss(outputs()).backward()
            optimizer.step()
    return tl.tensor(path)


def apart(paths):
    """Return the largest distance of two paths at the same step."""
    first, *others = paths.values()
    return max(tl.linalg.vector_norm(other - first, axis=1).max().item() for other in others)


def lesson(report, long):
    data = 0.5 * tl.randn(1000, dtype="float64")
    rate, steps = (0.002, 3000) if long else (0.01, 600)
    natural, plain = ({form: fit(data, form, way, rate, steps) for form in FORMS} for way in (True, False))
    coarser = {form: fit(data, form, True, 2 * rate, steps // 2) for form in FORMS}
    report.table(
        ["parameter", "natural gradient: mean", "σ", "gradient: mean", "σ"],
        [(form, *natural[form][-1].tolist(), *plain[form][-1].tolist()) for form in FORMS],
        title=f"after {steps} steps",
    )
    report.value("largest distance between the natural gradient's paths", apart(natural))
    report.value("the same with steps twice as long", apart(coarser))
    report.value("largest distance between the gradient's paths", apart(plain))
    report.claim("the natural gradient's paths differ by less than 0.01", apart(natural) < 0.01)
    ratio = apart(coarser) / apart(natural)
    report.claim("that is due to finite steps: steps twice as long double it", 1.6 < ratio < 2.5)
    report.claim("the gradient's paths differ by more than 0.2", apart(plain) > 0.2)

    panels = report.axes(columns=2, width=4.8)
    for ax, paths, title in zip(panels, (plain, natural), ("Gradient", "Natural gradient"), strict=True):
        for (form, path), line in zip(paths.items(), ("-", "--", ":"), strict=True):
            mean, deviation = path.T.numpy()
            ax.plot(mean, deviation, line, linewidth=2.5, label=f"parameter {form}")
        ax.plot([START], [1.0], "o", color="white", markeredgecolor="black")
        ax.plot([data.mean().item()], [data.std().item()], "k*", markersize=12)
        ax.set(title=title, xlabel="mean", ylabel="standard deviation σ", ylim=(0, 2.6))
