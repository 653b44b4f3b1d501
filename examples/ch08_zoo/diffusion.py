"""A diffusion model turns noise into digits, step by step, by predicting the noise.

A digit is mixed with ever more noise until nothing of it is left; a network learns to tell the noise from the mixture
and the step (Ho, Jain and Abbeel, 2020). Sampling goes back from pure noise. The samples are closer to real digits than
those of the normal distribution with the same means and covariances, which knows pairs of pixels only; yet no closer
than real digits are to each other, so they are no copies. The short form learns the digits 0, 1 and 2, the long one
all.
"""

import tensorlab as tl
from tensorlab import datasets, optim, viz
from tensorlab.models.classic import DDPM, NoisePredictor


def normal_samples(x, count):
    """Draw from the normal distribution with the mean and the covariance of the data."""
    root = tl.linalg.cholesky(tl.cov(x.mT) + 1e-4 * tl.eye(x.shape[1]))
    return (x.mean(axis=0) + tl.randn(count, x.shape[1]) @ root.mT).clip(-1, 1)


def film(ax, stages):
    """Draw stages, each of several images, from left to right."""
    images = tl.stack(list(stages), axis=1).reshape(-1, 8, 8)
    viz.image_grid(-images, columns=len(stages), value_range=(-1, 1), ax=ax)


def lesson(report, long):
    digits = datasets.Digits()
    chosen = tl.flatnonzero(digits.targets < (10 if long else 3))
    x = digits.data[chosen].flatten(1) / 8.0 - 1
    steps = 10_000 if long else 1_500
    diffusion = DDPM(NoisePredictor(64, depth=2), steps=100, schedule="cosine", clip=1.0)
    optimizer = optim.Adam(diffusion.parameters(), lr=4e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        diffusion.loss(x[tl.randint(0, len(x), (64,))]).backward()
        optimizer.step()
        schedule.step()
    path = [tl.randn(300, 64)]
    for step in reversed(range(diffusion.steps)):
        path.append(diffusion.p_sample(path[-1], step))

    distances = {
        "real digits": tl.topk(tl.cdist(x, x), 2, largest=False)[0][:, 1].mean().item(),
        "diffusion": tl.cdist(path[-1], x).min(axis=1).mean().item(),
        "normal distribution": tl.cdist(normal_samples(x, 300), x).min(axis=1).mean().item(),
        "noise": tl.cdist(path[0], x).min(axis=1).mean().item(),
    }
    left = diffusion.alphas_cumprod[-1].sqrt()
    report.table(["images", "distance from the nearest other real digit"], distances.items())
    report.value("amplitude of the digit after the last step", left)
    report.claim("nothing of a digit is left after the last step", left < 0.01)
    report.claim(
        "samples are closer to real digits than those of the normal distribution by a tenth or more",
        distances["diffusion"] < 0.9 * distances["normal distribution"],
    )
    report.claim("but no closer than real ones are", distances["diffusion"] > distances["real digits"])
    forward, backward, samples = report.axes(columns=3, width=4.4)
    steps = (0, 20, 40, 60, 80, 99)
    film(forward, [diffusion.q_sample(x[:4], tl.full((4,), step)) for step in steps])
    forward.set_title("Digits become noise →")
    film(backward, [path[step][:4] for step in (0, 40, 70, 85, 95, 100)])
    backward.set_title("Noise becomes digits →")
    film(samples, path[-1][4:28].reshape(6, 4, 64))
    samples.set_title("Samples")
