"""A network learns an embedding that ignores shifts, from pairs that are said to be alike.

As in the paper (Hadsell, Chopra and LeCun, 2006), images of two digits, 4 and 9, are shifted sideways, and the
contrastive loss pulls pairs of neighbours together and pushes all others apart. If neighbours are those in the space of
pixels, the embedding is torn apart by the shifts. If the shifted copies of an image count as its neighbours as well,
all of them fall on nearly one point, and what is left is how the digits differ, for images never seen as well.
"""

import tensorlab as tl
from tensorlab import datasets, nn, optim
from tensorlab.data.transforms.functional import pad
from tensorlab.models.classic import KNeighborsClassifier
from tensorlab.nn.functional import contrastive_loss

SHIFTS = (-4, -2, 0, 2, 4)


def shifted_digits():
    """Return images of 4 and 9 in random order with all their shifts, (n, 5, 8, 16), and labels 0 and 1."""
    digits = datasets.Digits()
    chosen = tl.flatnonzero((digits.targets == 4) | (digits.targets == 9))
    chosen = chosen[tl.randperm(len(chosen))]
    canvas = pad(digits.data[chosen].astype("float32") / 16, (4, 0))[:, 0]
    return tl.stack([tl.roll(canvas, shift, axis=-1) for shift in SHIFTS], axis=1), digits.targets[chosen] // 9


def neighbours(images, count=5):
    """Return a matrix that says which images are among the nearest of each other."""
    distance = tl.cdist(images, images)
    near = distance <= tl.sort(distance, axis=1)[:, count, None]
    return near | near.T


def embed(images, alike, steps):
    """Return a network to the plane, trained with pairs of images of which a matrix says which are alike."""
    net = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    order = tl.arange(len(images))
    similar = tl.argwhere(alike & (order[:, None] < order))
    for _ in range(steps):
        pairs = tl.concat([similar[tl.randint(0, len(similar), (128,))], tl.randint(0, len(images), (128, 2))])
        first, second = net(images[pairs[:, 0]]), net(images[pairs[:, 1]])
        optimizer.zero_grad()
        contrastive_loss(first, second, ~alike[pairs[:, 0], pairs[:, 1]]).backward()
        optimizer.step()
    return net


def shift_share(z):
    """Return which part of the variance of points, (n, shifts, 2), is between the shifts of an image."""
    within = (z - z.mean(axis=1, keepdims=True)).square().mean()
    return (within / (z - z.mean(axis=(0, 1))).square().mean()).item()


def lesson(report, long):
    images, labels = shifted_digits()
    images = images.reshape(len(images), len(SHIFTS), -1)
    count = 250 if long else 120
    known, unknown = images[:count], images[count:]
    flat = known.reshape(-1, 128)
    owner = tl.arange(len(flat)) // len(SHIFTS)
    alike = {"pixels": neighbours(flat), "pixels and shifts": neighbours(known[:, 2])[owner][:, owner]}
    nets = {name: embed(flat, pairs, 3000 if long else 600) for name, pairs in alike.items()}
    with tl.no_grad():
        placed = {name: (net(known), net(unknown)) for name, net in nets.items()}
    shares = {name: [shift_share(z) for z in pair] for name, pair in placed.items()}
    rows = [(name, *pair) for name, pair in shares.items()]
    report.table(["neighbours by", "training images", "others"], rows, "share of the variance that is due to shifts")
    report.claim("with neighbours in pixels, shifts make more than 80 % of it", shares["pixels"][1] > 0.8)
    report.claim("with shifts as neighbours, less than 5 %", shares["pixels and shifts"][1] < 0.05)

    z, z_new = placed["pixels and shifts"]
    nearest = KNeighborsClassifier(5).fit(z.reshape(-1, 2), tl.repeat(labels[:count], len(SHIFTS)))
    score = nearest.score(z_new.reshape(-1, 2), tl.repeat(labels[count:], len(SHIFTS)))
    report.value("digits never seen that are told apart in the plane", score)
    report.claim("4 and 9 are told apart in the plane, for more than 80 % of new images", score > 0.8)

    pixels, shifts, digits = report.axes(columns=3)
    for ax, name in ((pixels, "pixels"), (shifts, "pixels and shifts")):
        for number, shift in enumerate(SHIFTS):
            ax.plot(*placed[name][1][:, number].T, "o", markersize=3, label=f"{shift:+d} pixels")
        ax.set(title=f"Neighbours by {name}: shift")
    for label, name in enumerate("49"):
        digits.plot(*z_new[labels[count:] == label].reshape(-1, 2).T, "o", markersize=3, label=name)
    digits.set(title="Neighbours by pixels and shifts: digit")
