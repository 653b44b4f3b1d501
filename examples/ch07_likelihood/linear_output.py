"""A linear output with squared error is the mean of a normal distribution; with absolute error, a Laplacian's median.

Both losses are negative log-likelihoods, of a normal and a Laplace distribution of fixed width, up to constants. The
noise here is exponential, so that mean and median differ: the noise has the mean 1 and the median log 2. The same
network learns one or the other curve, depending on the loss alone. Which one is right depends on the question.
"""

import math

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.distributions import Exponential, Laplace, Normal

LOSSES = {
    "normal": lambda output, y: -Normal(output, 1.0).log_prob(y).mean(),
    "Laplace": lambda output, y: -Laplace(output, 1.0).log_prob(y).mean(),
}


def curve(x):
    """Return the part of the targets that depends on x."""
    return (2 * x).sin()


def lesson(report, long):
    count, epochs = (20_000, 60) if long else (4_000, 30)
    x = 4 * tl.rand(count, 1) - 2
    y = curve(x) + Exponential(1.0).sample((count, 1))
    grid = tl.linspace(-2, 2, 200).reshape(-1, 1)
    found = {}
    for name, loss in LOSSES.items():
        model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        trainer = train.Trainer(model, loss, optimizer, schedule=schedule, progress=False)
        trainer.fit(DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True), epochs=epochs)
        found[name] = model(grid).detach()

    wanted = {"mean": curve(grid) + 1, "median": curve(grid) + math.log(2)}
    errors = {
        (name, target): (output - values).square().mean().sqrt().item()
        for name, output in found.items()
        for target, values in wanted.items()
    }
    report.table(["likelihood", "curve", "RMS distance"], [(*pair, error) for pair, error in errors.items()])
    a, b = found["normal"], wanted["mean"]
    gap = LOSSES["normal"](a, b) - nn.functional.mse_loss(a, b) / 2
    report.claim("the normal likelihood is half of the squared error and a constant", abs(gap - 0.9189385) < 1e-5)
    report.claim("it finds the mean, not the median", errors["normal", "mean"] < 0.5 * errors["normal", "median"])
    report.claim("the Laplacian finds the median", errors["Laplace", "median"] < 0.5 * errors["Laplace", "mean"])

    ax = report.axes(width=6.0, height=3.8)
    ax.scatter(x[:1000], y[:1000], s=4, alpha=0.25, color="#717581")
    for (name, output), (target, values) in zip(found.items(), wanted.items(), strict=True):
        (line,) = ax.plot(grid, output, linewidth=2, label=f"{name} likelihood")
        ax.plot(grid, values, "--", linewidth=1, color=line.get_color(), label=f"conditional {target}")
    ax.set(title="Noise that is not symmetric", xlabel="x", ylabel="y", ylim=(-1.5, 5))
