"""A fully convolutional network reads a whole page at once, with the scores of every window.

LeNet-5 has no layer that needs images of one size until its last two, which are linear; written as 1×1 convolutions they
fit any size. On a page of digits the network then gives a map of scores, one for each window of 32×32 pixels at distances
of 4: those that it would give to the windows one by one, for a small part of the work (Matan, Burges, LeCun and Denker,
1992; Long, Shelhamer and Darrell, 2015).
"""

import tensorlab as tl
from tensorlab import data, datasets, models, nn, optim, viz
from tensorlab.data import transforms as T
from tensorlab.train import Trainer

SIDE, STEP = 32, 4


def fully_convolutional(lenet):
    """Return LeNet-5 with its linear layers as convolutions of 1×1 pixels."""
    layers = list(lenet.features)
    for layer in lenet.classifier[1:]:
        if isinstance(layer, nn.Linear):
            convolution = nn.Conv2d(layer.in_features, layer.out_features, 1)
            convolution.load_state_dict({"weight": layer.weight[:, :, None, None], "bias": layer.bias})
            layer = convolution
        layers.append(layer)
    return nn.Sequential(*layers)


def page(images, rows, columns):
    """Return an image of so many digits in rows and columns."""
    grid = images[: rows * columns].reshape(rows, columns, SIDE, SIDE)
    return tl.permute_dims(grid, (0, 2, 1, 3)).reshape(1, 1, rows * SIDE, columns * SIDE)


def windows(image):
    """Return all windows at distances of `STEP`, row by row."""
    height, width = image.shape[2:]
    corners = [(top, left) for top in range(0, height - SIDE + 1, STEP) for left in range(0, width - SIDE + 1, STEP)]
    return tl.concat([image[:, :, top : top + SIDE, left : left + SIDE] for top, left in corners])


def lesson(report, long):
    prepared = T.Compose([T.Resize(SIDE), T.ToDtype(tl.float32), T.Normalize([4.88], [5.62])])
    training, held_out = data.random_split(datasets.Digits(transform=prepared), [0.7, 0.3])
    lenet = models.lenet5()
    trainer = Trainer(lenet, nn.CrossEntropyLoss(), optim.AdamW(lenet.parameters(), lr=3e-3), progress=False)
    trainer.fit(data.DataLoader(training, 64, shuffle=True), epochs=20 if long else 3)
    reader = fully_convolutional(lenet)
    images, labels = next(iter(data.DataLoader(held_out, len(held_out))))

    rows, columns = 3, 6
    sheet = page(images, rows, columns)
    with tl.no_grad():
        scores, one_by_one = reader(sheet)[0], lenet(windows(sheet))
    height, width = scores.shape[1:]
    report.value("windows on the page", height * width)
    same = tl.allclose(scores.flatten(1).T, one_by_one, atol=1e-4)
    report.claim("its map has the scores that LeNet-5 gives to the windows one by one", same)
    apart, together = height * width * lenet.summary((1, 1, SIDE, SIDE)).flops, reader.summary(sheet.shape).flops
    report.table(["way", "operations"], [("window by window", apart), ("the whole page", together)])
    report.claim("the whole page takes less than a fifth of the work", together < apart / 5)
    read = scores[:, :: SIDE // STEP, :: SIDE // STEP].argmax(axis=0)
    right = int((read.ravel() == labels[: rows * columns]).sum())
    report.value(f"digits of {rows * columns} that are read where they stand", right)
    report.claim("at least four digits in five are read where they stand", right >= 0.8 * rows * columns)

    shown, maps = report.axes(columns=2, width=6, height=3.4)
    shown.imshow(sheet[0, 0].numpy(), cmap="gray")
    for n, digit in enumerate(read.ravel().tolist()):
        place = (n % columns * SIDE + 1, n // columns * SIDE + 1)
        colour = viz.style.PALETTE[2 if digit == labels[n] else 1]
        shown.text(*place, digit, color=colour, va="top", fontsize=viz.style.LARGE, weight="bold")
    shown.set(title="The page, and what is read", xticks=[], yticks=[])
    confidence = maps.imshow(tl.softmax(scores, axis=0).max(axis=0).numpy(), cmap=viz.style.SEQUENTIAL, vmin=0, vmax=1)
    maps.set(title="How sure it is of each window, between digits, too", xlabel="window", ylabel="window")
    viz.style.colorbar(confidence, maps, "probability")
