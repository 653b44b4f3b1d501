"""An inverse graphics network learns one number for each thing that changes in a scene.

Discs lie somewhere in an image and have some size. In each batch of training one of these factors varies alone, and all
units of the code but one are clamped to their mean, so this one has to explain the batch (Kulkarni, Whitney, Kohli and
Tenenbaum, 2015). Afterwards each unit follows its factor. A variational autoencoder that sees the same discs in any
order has no reason to choose these directions: its units mix the factors.
"""

import tensorlab as tl
from tensorlab import models, nn, optim, viz

FACTORS = ("x", "y", "radius")
SIZE = 16


def drawn(scenes):
    """Draw discs of places and radii, (n, 3), given from -1 to 1."""
    rows, columns = tl.meshgrid(tl.arange(SIZE), tl.arange(SIZE), indexing="ij")
    x, y, radius = ((7.5 + 3.5 * scenes[:, 0]), (7.5 + 3.5 * scenes[:, 1]), (3 + 1.2 * scenes[:, 2]))
    distance = ((columns - x[:, None, None]).square() + (rows - y[:, None, None]).square()).sqrt()
    return (2 * (radius[:, None, None] - distance)).sigmoid().flatten(1)


def scenes_of(factor, count=32):
    """Return scenes in which one factor varies, and the others are the same."""
    scenes = tl.zeros(count, 3) + 2 * tl.rand(1, 3) - 1
    scenes[:, factor] = 2 * tl.rand(count) - 1
    return scenes


def network():
    """Return an encoder and a decoder."""
    encoder = nn.Sequential(nn.Linear(SIZE**2, 128), nn.Tanh(), nn.Linear(128, 6))
    return encoder, nn.Sequential(nn.Linear(3, 128), nn.Tanh(), nn.Linear(128, SIZE**2))


def correlations(model, scenes):
    """Return the magnitudes of the correlations of units, in rows, with factors."""
    codes, _ = model.encode(drawn(scenes))
    return abs(tl.corrcoef(tl.concat([codes.detach(), scenes], axis=1).mT)[:3, 3:])


def lesson(report, long):
    steps = 20_000 if long else 2_000
    inverse = models.DCIGN(*network(), latent_features=3, factors=(1, 1, 1), invariance=10.0)
    inverse.fit(lambda factor: drawn(scenes_of(factor)), optim.Adam(inverse.parameters(), lr=3e-3), steps)
    plain = models.VAE(*network(), latent_features=3)
    optimizer = optim.Adam(plain.parameters(), lr=3e-3)
    for _ in range(steps // 2):
        optimizer.zero_grad()
        plain.loss(drawn(2 * tl.rand(32, 3) - 1)).backward()
        optimizer.step()

    scenes = 2 * tl.rand(1000, 3) - 1
    found, mixed = correlations(inverse, scenes), correlations(plain, scenes)
    own, others = found.diagonal(), found - tl.diag(found.diagonal())
    report.table(["unit", *FACTORS], [(unit, *row) for unit, row in enumerate(found.tolist())], "inverse graphics")
    report.table(["unit", *FACTORS], [(unit, *row) for unit, row in enumerate(mixed.tolist())], "plain autoencoder")
    report.claim("each unit follows its factor, with a correlation above 0.7", own.min() > 0.7)
    report.claim("and no other, with one above 0.6", others.max() < 0.6)

    panels = report.axes(columns=3, width=4.0)
    for ax, matrix, name in zip(panels, (found, mixed), ("Inverse graphics", "Plain autoencoder"), strict=False):
        image = ax.imshow(matrix, vmin=0, vmax=1, cmap=viz.style.SEQUENTIAL)
        for unit in range(3):
            for factor in range(3):
                value = matrix[unit, factor].item()
                ax.text(
                    factor, unit, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.6 else "black"
                )
        ax.set_xticks(range(3), FACTORS)
        ax.set_yticks(range(3), ["1", "2", "3"])
        ax.set(title=name, ylabel="unit")
    viz.style.colorbar(image, panels[1], "|correlation|")
    codes = inverse.encode(drawn(scenes))[0].detach()
    rows = [
        inverse.traverse(drawn(tl.zeros(1, 3)), unit, tl.linspace(codes[:, unit].min(), codes[:, unit].max(), 6))[0]
        for unit in range(3)
    ]
    viz.image_grid(tl.concat(rows).reshape(-1, SIZE, SIZE), columns=6, ax=panels[2])
    panels[2].set_title("Unit 1, 2 or 3 of the code changes")
