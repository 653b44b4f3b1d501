"""A restricted Boltzmann machine learns digits by one step of Gibbs sampling, dreams of digits, and completes them.

Contrastive divergence compares the data with what one step of Gibbs sampling makes of them (Hinton, 2002). With at most
16 hidden units the likelihood can be computed exactly: it rises with each hidden unit, far above that of independent
pixels. The joint distribution can be asked anything: given the upper rows of a digit that the machine has never seen,
sampling with these rows held fixed predicts the lower rows.
"""

import tensorlab as tl
from tensorlab import data, datasets, viz
from tensorlab.models.classic import RBM


def independent(train, test):
    """Return the mean log-likelihood of test images if pixels are independent."""
    p = (train.sum(axis=0) + 1) / (len(train) + 2)
    return (test * p.log() + (1 - test) * (1 - p).log()).sum(axis=1).mean().item()


def trained(n_hidden, train, test, stages):
    """Return a machine trained with ever shorter steps, and its held-out log-likelihoods after each stage."""
    model, curve = RBM(64, n_hidden, epochs=15, batch_size=200), []
    for stage in range(stages):
        model.lr = 0.5 * 0.8**stage
        curve.append(model.fit(train).log_prob(test).mean().item())
    return model, curve


def completed(model, images, is_known, steps):
    """Return the mean of Gibbs samples in which the known pixels are held fixed, after as many that are dropped."""
    v, total = tl.where(is_known, images, 0.5), 0.0
    for step in range(2 * steps):
        v = tl.where(is_known, images, model.gibbs(v))
        total = total + v * (step >= steps)
    return total / steps


def lesson(report, long):
    pixels = (datasets.Digits().data.flatten(1) > 7).astype("float32")
    train, test = (pixels[tl.tensor(part.indices)] for part in data.random_split(pixels, [0.8, 0.2]))
    sizes, stages = (2, 8, 16), 30 if long else 8
    models, curves = zip(*(trained(size, train, test, stages) for size in sizes), strict=True)
    base = independent(train, test)
    is_upper = tl.arange(64) < 40
    guess = completed(models[-1], test, is_upper, 400 if long else 50)
    error, plain = (abs(prediction - test)[:, 40:].square().mean().sqrt() for prediction in (guess, train.mean(axis=0)))
    dreams = models[-1].sample(18, steps=1000)

    report.table(["model", "held-out log-likelihood"], [("independent pixels", base)] + [
        (f"{size} hidden units", curve[-1]) for size, curve in zip(sizes, curves, strict=True)
    ])  # fmt: skip
    report.table(["prediction of the lower rows", "RMS error"], [("mean image", plain), ("RBM", error)])
    ends = [base, *(curve[-1] for curve in curves)]
    report.claim("each larger machine predicts held-out digits better", ends == sorted(ends))
    report.claim("16 hidden units gain more than 5 nats over independent pixels", ends[-1] > base + 5)
    report.claim("it predicts covered rows better than the mean image does", error < 0.9 * plain)

    chart, samples, filled, filters = report.axes(2, 2, height=3.0)
    for size, curve in zip(sizes, curves, strict=True):
        chart.plot(range(15, 15 * stages + 1, 15), curve, label=f"{size} hidden units")
    chart.axhline(base, color=viz.style.FAINT, linestyle=":", label="independent pixels")
    chart.set(title="Held-out digits", xlabel="epoch", ylabel="log-likelihood in nats")
    viz.image_grid(-dreams.reshape(-1, 8, 8), columns=6, ax=samples)
    samples.set_title("Dreams: samples after 1,000 steps")
    shown = tl.concat([test[:6], tl.where(is_upper, test, 0.0)[:6], guess[:6]])
    viz.image_grid(-shown.reshape(-1, 8, 8), columns=6, ax=filled)
    filled.set_title("Never seen, covered, completed")
    weights = models[-1].weight.detach().reshape(-1, 8, 8)
    bound = abs(weights).max().item()
    viz.image_grid(weights, columns=4, cmap=viz.style.DIVERGING, value_range=(-bound, bound), ax=filters)
    filters.set_title("Weights of the 16 hidden units")
