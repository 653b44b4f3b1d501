"""The logistic loss bounds the errors, learns probabilities, and widens the margin for ever.

With labels ±1 it is log(1 + exp(-y s)), the same number as binary cross entropy with labels 0 and 1 and as cross
entropy of two softmax scores. Divided by log 2 it is nowhere below the count of errors. The slope is the probability
of the wrong label: never more than 1, and never quite 0. Where classes overlap, its minimum is therefore the true
probability; where a line separates them there is no minimum: weights grow with the logarithm of time, and turn towards
the widest margin (Soudry et al., 2018).
"""

from math import log

import tensorlab as tl
from tensorlab import datasets, nn, optim
from tensorlab.models.classic import LogisticRegression
from tensorlab.nn.functional import binary_cross_entropy_with_logits, cross_entropy, soft_margin_loss

CENTRES = [[-1.0, -0.5], [1.0, 0.5]]  # of two Gaussian classes with variance 1, whose log odds are 2 x₁ + x₂
SEPARABLE = tl.tensor([[1.0, 0.5], [3.0, 0.0], [0.5, 6.0]], dtype="float64")  # each has an opposite, of the other class
WIDEST = tl.tensor([2.0, 1.0], dtype="float64") / 5**0.5  # the normal of the line with the widest margin
MARGIN = 1.25**0.5


def forms(scores, y):
    """Return the loss by labels ±1, by labels 0 and 1, and by the softmax of the scores (0, s)."""
    label, pair = (y + 1) / 2, tl.stack([0 * scores, scores], axis=1)
    yield soft_margin_loss(scores, y, reduction="none")
    yield binary_cross_entropy_with_logits(scores, label, reduction="none")
    yield cross_entropy(pair, label.astype("int64"), reduction="none")


def descend(steps):
    """Return the weights after 1, 2, 4, 8, ... steps of gradient descent on points that a line separates."""
    weight = nn.Parameter(tl.zeros(2, dtype="float64"))
    optimizer, kept = optim.SGD([weight], lr=0.5), {}
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        soft_margin_loss(SEPARABLE @ weight, tl.ones(3, dtype="float64")).backward()
        optimizer.step()
        if step.bit_count() == 1:
            kept[step] = weight.detach().clone()
    return list(kept), tl.stack(list(kept.values()))


def lesson(report, long):
    scores = tl.linspace(-4, 4, 402, dtype="float64").requires_grad_()
    y = tl.where(tl.arange(402) % 2 == 0, 1.0, -1.0).astype("float64")
    signs, binary, softmax = forms(scores, y)
    signs.sum().backward()
    errors = (y * scores <= 0).astype("float64")
    report.claim("the three forms agree", tl.allclose(signs, binary) and tl.allclose(signs, softmax))
    report.claim("loss / log 2 is nowhere below the count of errors", tl.all(signs / log(2) >= errors))
    wrong = (-y * scores).sigmoid()
    report.claim("the slope is the probability of the wrong label", tl.allclose(-y * scores.grad, wrong))

    x, label = datasets.make_blobs(200_000 if long else 20_000, centers=CENTRES)
    model = LogisticRegression().fit(x, 2.0 * label - 1)
    learned, true = model.predict_proba(x), (2 * x[:, 0] + x[:, 1]).sigmoid()
    off = abs(learned - true).mean()
    report.value("mean difference from the true probability", off)
    report.claim("where classes overlap, the true probability is learned, on average to 0.01", off < 0.01)

    steps, weights = descend(1 << (17 if long else 13))
    length = tl.norm(weights, axis=1)
    angle = tl.rad2deg(tl.acos(weights @ WIDEST / length))
    growth = (length[-1] - length[-2]) * MARGIN / log(2)
    report.value("growth for each doubling of the steps, over log 2 / margin", growth)
    report.claim("where a line separates them, it is log 2 / margin to 5 %", abs(growth - 1) < 0.05)
    report.claim("weights turn to the widest margin: the angle falls to a tenth", angle[-1] < angle[0] / 10)

    losses, odds, path, turn = report.axes(2, 2)
    at = scores.detach()
    losses.plot(at, tl.nn.functional.softplus(-at) / log(2), label="logistic / log 2")
    losses.plot(at, (at <= 0).astype("float64"), "--", label="count of errors")
    losses.plot(at, (-at).sigmoid(), ":", label="slope of the logistic loss")
    losses.set(title="Loss of a score s with label y", xlabel="y s")
    odds.scatter(true[:2000], learned[:2000], s=3)
    odds.plot([0, 1], [0, 1], "k--", linewidth=1)
    odds.set(title="Probabilities, for overlapping classes", xlabel="true", ylabel="learned")
    path.semilogx(steps, length, "o-")
    path.set(title="Separated classes: weights grow with log t", xlabel="steps t", ylabel="length of the weights")
    turn.semilogx(steps, angle, "o-")
    turn.set(title="and turn to the widest margin", xlabel="steps t", ylabel="angle, degrees")
