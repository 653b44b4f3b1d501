"""A variational autoencoder bounds the likelihood from below, and its codes fill a normal distribution to draw from.

The encoder returns a distribution of codes; the decoder, a distribution of images. Training raises the evidence lower
bound, the likelihood of an image given its code less the divergence of the code's distribution from a standard normal
one (Kingma and Welling, 2014). Importance sampling shows how tight the bound is. A larger weight beta of the divergence
leaves fewer nats for the code, and images are restored worse (Higgins et al., 2017); at 10 the code tells nothing.
"""

import tensorlab as tl
from tensorlab import datasets, models, optim, viz
from tensorlab.distributions import Independent, Normal, kl_divergence


def trained(x, latent_features, steps, beta=1.0):
    """Train on images, (n, 64)."""
    model = models.vae((64,), hidden=(128,), latent_features=latent_features, beta=beta)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(x[tl.randint(0, len(x), (128,))]).backward()
        optimizer.step()
        schedule.step()
    return model.requires_grad_(False)


def nats(model, x):
    """Return the mean divergence of codes from the prior: the nats that they tell of an image."""
    prior = Independent(Normal(tl.zeros(8), tl.ones(8)), 1)
    return kl_divergence(model.posterior(x), prior).mean().item()


def lesson(report, long):
    digits, steps = datasets.Digits(), 20_000 if long else 800
    x, y = digits.data.flatten(1) / 16.0, digits.targets
    order = tl.randperm(len(x))
    train, test = x[order[:1400]], x[order[1400:]]
    betas = {beta: trained(train, 8, steps, beta) for beta in (0.1, 1.0, 10.0)}
    told = [nats(model, test) for model in betas.values()]
    errors = [(model(test) - test).square().mean().item() for model in betas.values()]
    report.table(["beta", "nats in the code", "error of images"], zip(betas, told, errors, strict=True))

    bound = betas[1.0].elbo(test, samples=20).mean()
    likelihood = betas[1.0].log_prob(test, samples=200).mean()
    codes = betas[1.0].posterior(train).sample()
    report.value("evidence lower bound of held-out digits", bound)
    report.value("log-likelihood by importance sampling", likelihood)
    report.claim("the bound is below the likelihood, by less than a nat", 0 < likelihood - bound < 1)
    report.claim("all codes together have means near 0", abs(codes.mean(axis=0)).max() < 0.2)
    report.claim("and standard deviations near 1", abs(codes.std(axis=0) - 1).max() < 0.2)
    report.claim("a larger beta leaves fewer nats for the code", told == sorted(told, reverse=True))
    report.claim("and restores images worse", errors == sorted(errors))

    plane, clouds, samples = report.axes(columns=3, width=4.4, height=3.8)
    flat = trained(train, 2, steps)
    quantiles = Normal(0.0, 1.0).icdf(tl.linspace(0.03, 0.97, 10))
    grid = tl.stack(tl.meshgrid(quantiles, -quantiles), axis=-1).reshape(-1, 2)
    viz.image_grid(-flat.decode(grid).reshape(-1, 8, 8), columns=10, ax=plane)
    plane.set_title("Images of a grid of codes (z₁, z₂)")
    viz.embedding(flat.encode(x)[0], y, title="Codes of digits", ax=clouds)
    clouds.set(xlabel="z₁", ylabel="z₂")
    viz.image_grid(-betas[1.0].sample(36).reshape(-1, 8, 8), columns=6, ax=samples)
    samples.set_title("Samples, from 8 normal numbers")
