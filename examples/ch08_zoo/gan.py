"""A GAN falls for one mode after the other; a critic with a bounded slope leads the generator to all eight.

The data are eight clusters on a ring. A generator that learns faster than its discriminator puts all samples where the
score is highest at the moment, is found out, and moves on. The critic of a Wasserstein GAN gives each sample a
direction towards missing data, however far it is, because its slope is held near one (Gulrajani et al., 2017). With
carefully balanced rates the first GAN can cover the ring as well; the second needs less care.
"""

import math

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.models.classic import GAN
from tensorlab.viz.style import FAINT

ANGLES = tl.arange(8) * (2 * math.pi / 8)
CENTRES = 2 * tl.stack([ANGLES.cos(), ANGLES.sin()], axis=1)


def ring(count):
    """Draw data."""
    return CENTRES[tl.randint(0, 8, (count,))] + 0.05 * tl.randn(count, 2)


def mlp(inputs, outputs):
    """Return a network with two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs)
    )  # fmt: skip


def modes(samples):
    """Return how many clusters have at least two per cent of the samples within 0.4 of their centre."""
    distances = tl.cdist(samples, CENTRES)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) < 0.4]
    return (tl.bincount(nearest, minlength=8) >= 0.02 * len(samples)).sum().item()


def trained(loss, rates, betas, critic_steps, steps, stages):
    """Train a GAN; return 1,000 samples after each stage."""
    model = GAN(mlp(16, 2), mlp(2, 1), latent_features=16, loss=loss, penalty=0.1)
    critic = optim.Adam(model.discriminator.parameters(), lr=rates[0], betas=betas)
    generator = optim.Adam(model.generator.parameters(), lr=rates[1], betas=betas)
    samples = []
    for step in range(1, steps + 1):
        for _ in range(critic_steps):
            model.discriminator_step(ring(128), critic)
        model.generator_step(128, generator)
        if step % (steps // stages) == 0:
            samples.append(model.sample(1000))
    return samples


def lesson(report, long):
    steps, stages = 10_000 if long else 1_200, 8
    runs = {
        "GAN": trained("gan", (2e-4, 1e-3), (0.5, 0.99), 1, steps, stages),
        "WGAN-GP": trained("wgan-gp", (2e-3, 2e-3), (0.0, 0.9), 2, steps, stages),
    }
    counts = {name: [modes(samples) for samples in run] for name, run in runs.items()}
    at = [steps * (stage + 1) // stages for stage in range(stages)]
    report.table(["step", *counts], zip(at, *counts.values(), strict=True), "modes covered")
    report.claim("the GAN is never on more than three of the eight modes at once", max(counts["GAN"]) <= 3)
    report.claim("the WGAN with gradient penalty covers all eight in the end", counts["WGAN-GP"][-1] == 8)

    panels = report.axes(2, 4, width=2.6, height=2.6)
    for row, (name, run) in enumerate(runs.items()):
        for ax, stage in zip(panels[4 * row :], range(1, stages, 2), strict=False):
            ax.scatter(*CENTRES.mT, s=120, facecolors="none", edgecolors=FAINT)
            ax.scatter(*run[stage].mT, s=3, alpha=0.4)
            ax.set(title=f"{name}, step {at[stage]:,}", xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
