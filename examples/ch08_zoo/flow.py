"""A normalising flow bends a normal distribution into two moons, and its density is exact.

Each coupling scales and shifts one half of a vector by amounts that depend on the other half, so it can be inverted,
and its Jacobian is triangular (Dinh, Sohl-Dickstein and Bengio, 2017). The density of the data follows by the change of
variables: training maximises the likelihood itself, with no bound and no adversary. It integrates to one.
"""

import math

import tensorlab as tl
from tensorlab import datasets, optim
from tensorlab.models.classic import RealNVP
from tensorlab.viz.style import SEQUENTIAL

LIMIT, POINTS = 4.0, 200


def moons(count):
    """Draw standardised moons."""
    points, _ = datasets.make_moons(count, noise=0.08)
    return (points - tl.tensor([0.5, 0.25])) / tl.tensor([0.87, 0.5])


def normal_log_likelihood(train, test):
    """Return the mean log-likelihood under the normal distribution with the training data's moments."""
    centred = test - train.mean(axis=0)
    covariance = tl.cov(train.mT)
    distance = (centred @ tl.linalg.inv(covariance) * centred).sum(axis=1)
    return (-(distance + tl.linalg.slogdet(covariance)[1]) / 2 - math.log(2 * math.pi)).mean().item()


def grid():
    """Return the points of a square grid."""
    line = tl.linspace(-LIMIT, LIMIT, POINTS)
    return tl.stack(tl.meshgrid(line, line), axis=-1).reshape(-1, 2)


def lesson(report, long):
    steps = 5_000 if long else 600
    test, model = moons(2_000), RealNVP(2, depth=6, hidden=48)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        loss = -model.log_prob(moons(256)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with tl.no_grad():
        latent, _ = model(test)
        density = model.log_prob(grid()).exp().reshape(POINTS, POINTS)
        flow, normal = model.log_prob(test).mean(), normal_log_likelihood(moons(2_000), test)
        gap = abs(model.inverse(latent) - test).max()
        samples = model.sample(2_000)
    integral = density.sum() * (2 * LIMIT / (POINTS - 1)) ** 2

    report.table(["model", "held-out log-likelihood"], [("normal distribution", normal), ("flow", flow)])
    report.value("integral of the density", integral)
    report.value("largest error of x → z → x", gap)
    report.claim("the flow gains more than 0.7 nats a point over the normal distribution", flow > normal + 0.7)
    report.claim("its density integrates to one", abs(integral - 1) < 0.01)
    report.claim("it is inverted to rounding", gap < 1e-3)

    panels = report.axes(columns=4, width=3.2, height=3.3)
    panels[0].scatter(*test.mT, s=2)
    panels[0].set(title="Data x", xlabel="x₁", ylabel="x₂")
    panels[1].scatter(*latent.mT, s=2)
    panels[1].set(title="Latent z", xlabel="z₁", ylabel="z₂")
    panels[2].scatter(*samples.mT, s=2)
    panels[2].set(title="Samples", xlabel="x₁", ylabel="x₂")
    panels[3].imshow(density, extent=(-LIMIT, LIMIT, -LIMIT, LIMIT), origin="lower", cmap=SEQUENTIAL)
    panels[3].set(title="Density", xlabel="x₁", ylabel="x₂")
    for ax in panels:
        ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
