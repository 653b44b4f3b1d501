"""Stochastic descent is near the minimum before the full gradient has moved, and then circles it.

Logistic regression tells odd from even handwritten digits, with batches of 1, 32 and all samples, each with the best of
several learning rates. Digits resemble each other: the mean gradient of 32 points almost where that of all does, at a
fraction of the price, for its noise falls with the root of the batch size only. That noise is what remains at the end:
with a constant rate the weights keep moving around the minimum, with a falling one they settle (Robbins and Monro,
1951; Bottou, 1998).
"""

from math import inf

import tensorlab as tl
from tensorlab import data, datasets, nn, optim
from tensorlab.models.classic import LogisticRegression
from tensorlab.nn.functional import soft_margin_loss

RATES = {1: (0.003, 0.01, 0.03), 32: (0.03, 0.1, 0.3), 1797: (0.1, 0.3, 1.0)}
NEAR = 0.1  # a loss that is this much above the minimum
DIGITS = datasets.Digits()
X, Y = (DIGITS.data.reshape(-1, 64).astype("float64") - 5) / 6, 1 - 2.0 * (DIGITS.targets % 2)


def loss(model, x, y):
    """Return the mean logistic loss."""
    return soft_margin_loss(model(x).flatten(), y)


def descend(size, lr, samples, falling=False):
    """Return how many samples had been seen whenever the loss was measured, and the losses."""
    model = nn.Linear(64, 1, dtype="float64")
    optimizer = optim.SGD(model.parameters(), lr=lr)
    steps = samples // len(X) * -(-len(X) // size)
    rate = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0 if falling else 1.0, total_iters=steps)
    seen, losses = [0], [loss(model, X, Y).item()]
    count = 0
    while count < samples:
        for x, y in data.DataLoader(data.TensorDataset(X, Y), size, shuffle=True):
            optimizer.zero_grad()
            loss(model, x, y).backward()
            optimizer.step()
            rate.step()
            count += len(x)
            if count >= min(1.2 * seen[-1], seen[-1] + 100):
                seen.append(count)
                losses.append(loss(model, X, Y).item())
    return seen, tl.tensor(losses, dtype="float64")


def needed(seen, losses, least):
    """Return how many samples were seen until the loss was near its minimum."""
    return next((count for count, value in zip(seen, losses, strict=True) if value < least + NEAR), inf)


def noise(size, draws=200):
    """Return the root mean square distance of a batch's gradient from that of all samples, at the start."""
    gradients = -Y[:, None] * X / 2
    means = gradients[tl.randint(0, len(X), (draws, size))].mean(axis=1)
    return (means - gradients.mean(axis=0)).square().sum(axis=1).mean().sqrt().item()


def lesson(report, long):
    least = loss(LogisticRegression().fit(X, Y), X, Y).item()
    samples = {1: len(X), 32: 5 * len(X), 1797: 60 * len(X)}
    best, rows = {}, []
    for size, rates in RATES.items():
        runs = {lr: descend(size, lr, (5 if long else 1) * samples[size]) for lr in rates}
        lr = min(runs, key=lambda lr: needed(*runs[lr], least))
        best[size] = runs[lr]
        rows.append([size, lr, needed(*runs[lr], least), f"{needed(*runs[lr], least) / len(X):.2f}"])
    report.table(["batch", "best rate", "samples seen", "passes"], rows, f"until the loss is {NEAR} above its minimum")
    alone, few, full = (row[2] for row in rows)
    report.claim("batches of 1 and of 32 need less than a tenth of the samples", max(alone, few) < full / 10)

    sizes = [1, 4, 16, 64, 256]
    noises = [noise(size) for size in sizes]
    report.claim("256 times the batch has a 16th of the noise, to 20 %", 0.8 < noises[0] / noises[-1] / 16 < 1.2)

    constant, falling = (descend(32, 1.0, (100 if long else 15) * len(X), falling) for falling in (False, True))
    ends = [losses[-10:].mean() - least for _, losses in (constant, falling)]
    report.table(["constant rate", "falling rate"], [ends], "loss above the minimum, at the end")
    report.claim("a constant rate ends three times as far above the minimum as a falling one", ends[0] > 3 * ends[1])

    race, scatter, settle = report.axes(columns=3)
    for size, (seen, losses) in best.items():
        race.loglog(seen[1:], losses[1:] - least, label=f"batches of {size:,}")
    race.axvline(len(X), color="gray", linestyle=":", label="one pass")
    race.set(title="Race by samples seen", xlabel="samples seen", ylabel="loss above the minimum")
    scatter.loglog(sizes, noises, "o-")
    scatter.set(title="Noise of a batch's gradient", xlabel="samples in the batch", ylabel="distance from the mean")
    for name, (seen, losses) in {"constant rate": constant, "falling rate": falling}.items():
        settle.semilogy(seen, losses - least, label=name)
    settle.set(title="Batches of 32", xlabel="samples seen", ylabel="loss above the minimum")
