"""If several labels can be right at once, each needs a sigmoid of its own: a softmax has to share one among them.

An image shows no digit, one, or two, side by side, and the labels say which digits are there. Ten sigmoids give each
digit its own Bernoulli distribution. A softmax sums to one: it cannot say that nothing is there, nor that two digits
are as certain as one. Even with the threshold that suits the training data best it is right about fewer whole images.
"""

import tensorlab as tl
from tensorlab import datasets, metrics, nn, optim, train, viz
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.distributions import Bernoulli, Categorical
from tensorlab.nn.functional import one_hot

EMPTY = 0.35


def scenes(images, labels, count):
    """Return images of two places, (n, 128), each empty or with a digit, and which digits are there, (n, 10)."""
    places, targets = [], tl.zeros(count, 10)
    for _ in range(2):
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
