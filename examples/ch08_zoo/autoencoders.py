"""Autoencoders: a linear one is PCA, deep ones see more in two numbers, noise and sparsity keep wide ones from copying.

Two linear layers with a code of two numbers reach the error of the two principal components, and no less (Baldi and
Hornik, 1989); nonlinear layers in between do better with the same code. A code wider than the image could be a copy. An
autoencoder that has to restore digits from noise learns what digits are like (Vincent et al., 2008), and one whose
units must seldom be active describes each digit by few of them (Ng, 2011).
"""

import tensorlab as tl
from tensorlab import datasets, nn, optim, viz
from tensorlab.models.classic import PCA, Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from tensorlab.nn.functional import mse_loss


def trained(model, x, steps, lr):
    """Minimise the model's loss, or its squared error if it has none, with Adam and a rate that falls to zero."""
    loss = getattr(model, "loss", lambda batch: mse_loss(model(batch), batch))
    optimizer = optim.Adam(model.parameters(), lr=lr)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(x[tl.randint(0, len(x), (128,))]).backward()
        optimizer.step()
        schedule.step()
    return model.requires_grad_(False)


def lesson(report, long):
    digits = datasets.Digits()
    x, steps = digits.data.flatten(1) / 16.0, 20_000 if long else 1_500
    pca = PCA(2).fit(x)
    linear = trained(nn.Sequential(nn.Linear(64, 2), nn.Linear(2, 64)), x, steps, 1e-2)
    deep = trained(Autoencoder((64, 64, 32, 2)), x, steps, 1e-2)
    errors = {
        "PCA": mse_loss(pca.inverse_transform(pca.transform(x)), x),
        "linear autoencoder": mse_loss(linear(x), x),
        "deep autoencoder": mse_loss(deep(x), x),
    }
    report.table(["code of two numbers", "mean squared error"], errors.items())

    plain = trained(Autoencoder((64, 128)), x, steps, 3e-3)
    denoising = trained(DenoisingAutoencoder((64, 128), "gaussian", 0.3), x, steps, 3e-3)
    sparse = trained(SparseAutoencoder((64, 128), rho=0.05, beta=1e-3), x, steps, 3e-3)
    noisy = denoising.corrupt(x)
    rows = [
        (name, mse_loss(model(x), x), mse_loss(model(noisy), x), model.encode(x).mean())
        for name, model in (("plain", plain), ("denoising", denoising), ("sparse", sparse))
    ]
    report.value("mean squared error of noisy digits", mse_loss(noisy, x))
    report.table(["code of 128 units", "error", "error from noisy digits", "mean activation"], rows)

    ratio = errors["linear autoencoder"] / errors["PCA"]
    report.claim("the linear autoencoder is no better than PCA, and within 15 % of it", 0.9999 < ratio < 1.15)
    report.claim("the deep autoencoder is better than PCA", errors["deep autoencoder"] < errors["PCA"])
    report.claim("the plain wide autoencoder copies best", rows[0][1] < min(rows[1][1], rows[2][1]))
    gain = rows[1][2] / rows[0][2]
    report.claim("yet the denoising one restores noisy digits with less than 60 % of its error", gain < 0.6)
    report.claim("units of the sparse code are active less than a third as much", rows[2][3] < rows[0][3] / 3)

    left, right, restored = report.axes(columns=3, width=4.4)
    for ax, codes, name in ((left, pca.transform(x), "PCA"), (right, deep.encode(x), "Deep autoencoder")):
        viz.embedding(codes, digits.targets, title=name, ax=ax)
    shown = tl.concat([x[:6], noisy[:6], plain(noisy[:6]), denoising(noisy[:6])])
    viz.image_grid(-shown.reshape(-1, 8, 8), columns=6, value_range=(-1, 0), ax=restored)
    restored.set_title("Digit, noisy, plain, denoising")
