"""A network without linear layers labels every pixel, in images of any size.

A U-Net (Ronneberger, Fischer and Brox, 2015) halves the resolution to see far, doubles it again, and shows the maps of
the way down to the way up, so that borders stay sharp. It learns to tell circles, squares, triangles and background in
small noisy images. What it has learnt holds for larger ones, as the same weights are applied everywhere.
"""

import tensorlab as tl
from tensorlab import datasets, metrics, models, nn, optim, viz

CLASSES = 4


def shapes(count, size, seed):
    """Return images of shapes, from 0 to 1, and their masks."""
    images, masks = zip(
        *datasets.Shapes(count, size=size, channels=1, max_shapes=2, noise=0.05, seed=seed), strict=True
    )
    return tl.stack(list(images)) / 255, tl.stack(list(masks))


def train(model, images, masks, steps):
    """Train a network on random batches; return it in evaluation mode."""
    optimizer = optim.AdamW(model.parameters(), lr=2e-2)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-2, total_steps=steps)
    weight = tl.tensor([0.3, 1.0, 1.0, 1.0])  # nine pixels in ten are background
    for _ in range(steps):
        batch = tl.randint(0, len(images), (16,))
        loss = nn.functional.cross_entropy(model(images[batch]), masks[batch], weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def overlap(found, truth, classes):
    """Return the mean intersection over union of the classes."""
    metric = metrics.JaccardIndex("binary" if classes == 2 else "multiclass", num_classes=classes)
    metric.update(found, truth)
    return float(metric.compute())


def lesson(report, long):
    images, masks = shapes(2000 if long else 400, 32, seed=1)
    model = models.UNet(1, CLASSES, features=8, depth=2, padding="same", norm_layer=nn.BatchNorm2d, dropout=0.0)
    train(model, images, masks, 1500 if long else 150)
    rows, shown = [], {}
    for size in (32, (48, 64)):
        test, truth = shapes(100, size, seed=2)
        with tl.no_grad():
            found = tl.concat([model(part).argmax(axis=1) for part in tl.split(test, 4)])
        right = int((found == truth).sum()) / truth.size
        any_shape = overlap((found > 0).astype(tl.int64), (truth > 0).astype(tl.int64), 2)
        rows.append(("×".join(map(str, truth.shape[1:])), right, any_shape, overlap(found, truth, CLASSES)))
        shown[size] = test, truth, found
    report.table(["images", "pixels that are right", "overlap of shapes", "mean overlap of the classes"], rows)
    (_, right, any_shape, classes), (*_, wide_shape, _) = rows
    report.claim("over 92 % of the pixels are labelled correctly", right > 0.92)
    report.claim("the shapes found overlap with the true ones by over 85 %", any_shape > 0.85)
    blank = overlap(tl.zeros_like(truth), truth, CLASSES)
    report.claim("the classes overlap by 10 % more than if all were background", classes > blank + 0.1)
    report.claim(
        "in images of another size, the shapes overlap as well, within 5 %", abs(wide_shape - any_shape) < 0.05
    )

    test, truth, found = shown[48, 64]
    columns = {"Images": (test[:6, 0], "gray"), "True masks": (truth[:6], "viridis"), "Found": (found[:6], "viridis")}
    for ax, (title, (pictures, cmap)) in zip(report.axes(columns=3, width=3.4), columns.items(), strict=True):
        highest = 1 if cmap == "gray" else CLASSES - 1
        viz.image_grid(pictures.astype(tl.float32), columns=2, value_range=(0, highest), cmap=cmap, ax=ax)
        ax.set_title(title)
