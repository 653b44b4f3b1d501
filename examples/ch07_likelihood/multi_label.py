"""If several labels can be right at once, each needs a sigmoid of its own: a softmax has to share one among them.

An image has four places, each empty or with a digit, and its labels say which digits are there. Ten sigmoids give each
digit its own Bernoulli distribution. The probabilities of a softmax sum to one: the more digits there are, the less is
left for each, and no threshold suits all images. Even with the one that suits the training data best, it is right about
fewer images, above all about those with many digits.
"""

import tensorlab as tl
from tensorlab import datasets, nn, optim, train, viz
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.distributions import Bernoulli
from tensorlab.nn.functional import one_hot

PLACES, EMPTY = 4, 0.5


def scenes(images, labels, count):
    """Return images, (n, 64 * PLACES), and which digits are there, (n, 10)."""
    places, targets = [], tl.zeros(count, 10)
    for _ in range(PLACES):
        chosen = tl.randint(0, len(images), (count,))
        there = (tl.rand(count) > EMPTY).astype("float32")
        places.append(images[chosen] * there[:, None])
        targets = tl.maximum(targets, one_hot(labels[chosen], 10) * there[:, None])
    return tl.concat(places, axis=1), targets


LIKELIHOODS = {
    "sigmoids": lambda logits, y: -Bernoulli(logits=logits).log_prob(y).sum(axis=1).mean(),
    # The labels of an image share its probability; an empty one says nothing.
    "softmax": lambda logits, y: -(y * logits.log_softmax(axis=1)).sum(axis=1).mean(),
}

OUTPUTS = {"sigmoids": lambda logits: logits.sigmoid(), "softmax": lambda logits: logits.softmax(axis=1)}


def is_right(is_predicted, targets):
    """Return 1 for each image of which every label is right, 0 for others."""
    return (is_predicted == (targets > 0)).all(axis=1).astype("float32")


def lesson(report, long):
    digits, epochs = datasets.Digits(), 40 if long else 10
    x, y = digits.data.flatten(1) / 16.0, digits.targets
    order = tl.randperm(len(x))
    seen, unseen = order[:1400], order[1400:]
    training = scenes(x[seen], y[seen], 40_000 if long else 8_000)
    inputs, targets = scenes(x[unseen], y[unseen], 2_000)
    count = targets.sum(axis=1)
    predicted, right, by_count = {}, {}, {}
    for name, loss in LIKELIHOODS.items():
        model = nn.Sequential(nn.Linear(64 * PLACES, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = optim.Adam(model.parameters(), lr=3e-3)
        trainer = train.Trainer(model, loss, optimizer, progress=False)
        trainer.fit(DataLoader(TensorDataset(*training), batch_size=100, shuffle=True), epochs=epochs)
        with tl.no_grad():
            p_seen, p = (OUTPUTS[name](model(images)) for images in (training[0], inputs))
        thresholds = tl.linspace(0.02, 0.98, 49).tolist()
        best = max(thresholds, key=lambda threshold: is_right(p_seen > threshold, training[1]).mean().item())
        predicted[name] = p > best
        hits = is_right(predicted[name], targets)
        right[name], by_count[name] = hits.mean().item(), [hits[count == k].mean().item() for k in range(5)]
    report.table(["output", "all labels right", *(f"of {k}" for k in range(5))],
                 [(name, right[name], *by_count[name]) for name in LIKELIHOODS])  # fmt: skip
    report.claim(
        "sigmoids are right about 5 % more of the images, or more", right["sigmoids"] > right["softmax"] + 0.05
    )
    report.claim("the softmax does worse on three labels", by_count["sigmoids"][3] > by_count["softmax"][3])

    pictures, bars = report.axes(columns=2, width=5.0, height=3.4)
    strips = inputs[:8].reshape(8, PLACES, 8, 8).swapaxes(1, 2).reshape(8, 8, 8 * PLACES)
    said = [",".join(str(digit) for digit in tl.flatnonzero(row).tolist()) for row in predicted["sigmoids"][:8]]
    viz.image_grid(-strips, columns=2, titles=[f"says {{{digits}}}" for digits in said], ax=pictures)
    pictures.set_title("Digits, and what the sigmoids say")
    for shift, (name, shares) in enumerate(by_count.items()):
        bars.bar(tl.arange(5) + 0.36 * (shift - 0.5), shares, width=0.34, label=name)
    bars.set(title="All labels right", xlabel="number of labels", ylabel="share of the images", ylim=(0, 1.1))
