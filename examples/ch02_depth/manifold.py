"""The shifted images of one digit form a curved surface of two dimensions in the space of pixels.

A digit is moved by fractions of a pixel over a larger canvas. Two numbers describe all images. Near one of them few
directions do as well; over the whole surface it takes ten times as many, for it is curved: halfway between two images
lies none of a digit, but a faint double. Distances along the surface, added up from neighbour to neighbour, unroll it
to the plane of the shifts (Isomap; Tenenbaum, de Silva and Langford, 2000). A network has to learn such coordinates.
"""

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.data.transforms.functional import affine, pad
from tensorlab.models.classic import PCA, LinearRegression


def shifted(image, shifts):
    """Return an image on a larger canvas, moved by each of the shifts (x, y) in pixels."""
    canvas = pad(image.astype("float32") / 16, 5)
    copies = tl.broadcast_to(canvas, (len(shifts), *canvas.shape))
    return affine(copies, 0.0, shifts, 1.0, (0.0, 0.0), interpolation="bilinear")


def grid(limit, count):
    """Return the shifts of a square grid, (count², 2)."""
    axis = tl.linspace(-limit, limit, count)
    return tl.stack(tl.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def components_for(images, share):
    """Return how many principal components have a share of the variance."""
    ratios = PCA().fit(images.reshape(len(images), -1).astype("float64")).explained_variance_ratio
    return int((tl.cumulative_sum(ratios) < share).sum()) + 1


def along_the_surface(x, neighbours):
    """Return the lengths of the shortest paths from neighbour to neighbour between all samples."""
    distance = tl.cdist(x, x)
    nearest = tl.sort(distance, axis=1)[:, neighbours]
    linked = (distance <= nearest[:, None]) | (distance <= nearest[None, :])
    paths = tl.where(linked, distance, tl.inf)
    for k in range(len(x)):
        paths = tl.minimum(paths, paths[:, k, None] + paths[k])
    return paths


def unrolled(distance):
    """Return the points of the plane whose distances come closest to the given ones: multidimensional scaling."""
    squares = distance**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean()
    values, vectors = tl.linalg.eigh(-centred / 2)
    return vectors[:, -2:] * values[-2:].sqrt()


def lesson(report, long):
    digit = datasets.Digits().data[3]
    shifts = grid(4.0, 25 if long else 17)
    images = shifted(digit, shifts)
    x = images.reshape(len(images), -1).astype("float64")
    whole, near = components_for(images, 0.95), components_for(shifted(digit, grid(0.5, 9)), 0.95)
    report.table(["within half a pixel", "within four pixels"], [(near, whole)], "components with 95 % of the variance")
    report.claim("the surface is nearly flat within half a pixel: at most 4 components", near <= 4)
    report.claim("and curved as a whole: seven times as many", whole > 7 * near)

    left, middle, right = (shifted(digit, tl.tensor([[dx, 0.0]]))[0, 0] for dx in (-3.0, 0.0, 3.0))
    blend = (left + right) / 2
    away = tl.cdist(blend.reshape(1, -1).astype("float64"), x).min()
    half = tl.norm(left - right) / 2
    report.table(["from the ends", "from the surface"], [(half, away)], "distance of the image halfway")
    report.claim("halfway between two images one is far from the surface", away > 0.8 * half)

    surface = unrolled(along_the_surface(x, 8))
    flat = PCA(2).fit(x).transform(x)
    target = shifts.astype("float64")
    scores = [LinearRegression().fit(points, target).score(points, target) for points in (flat, surface)]
    report.table(["two components", "unrolled"], [scores], "R² of the shifts as a linear function")
    report.claim("two principal components do not tell the shifts", scores[0] < 0.6)
    report.claim("the two coordinates of the unrolled surface do", scores[1] > 0.95)

    pictures, variance, *planes = report.axes(2, 2)
    names = ["3 pixels left", "3 pixels right", "their mean", "the middle"]
    viz.image_grid(tl.stack([left, right, blend, middle]), titles=names, columns=2, cmap="gray_r", ax=pictures)
    for name, sample in {"within 4 pixels": images, "within half a pixel": shifted(digit, grid(0.5, 9))}.items():
        ratios = PCA().fit(sample.reshape(len(sample), -1)).explained_variance_ratio
        variance.semilogx(range(1, 61), tl.cumulative_sum(ratios)[:60], "o-", markersize=3, label=name)
    variance.set(title="Share of the variance", xlabel="components")
    for plane, points, name in zip(planes, (flat, surface), ("Two components", "Unrolled"), strict=True):
        drawn = plane.scatter(*points.T, c=shifts[:, 0], cmap="viridis", s=12)
        plane.set(title=f"{name}: colour is the shift to the right", aspect="equal", xticks=[], yticks=[])
        viz.style.colorbar(drawn, plane, "pixels")
