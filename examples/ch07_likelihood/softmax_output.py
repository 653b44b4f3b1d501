"""A softmax output is a categorical distribution: shifts do not matter, and trained well it is the posterior.

The gradient of its likelihood with respect to the logits is the probabilities less the one-hot target. A number added
to all logits changes nothing, so the largest is subtracted before exponentials are taken; written out naively, softmax
overflows. If the classes are normal with one covariance, the posterior is a softmax of linear functions, and a linear
layer finds it. A temperature makes the distribution sharper or flatter, and its order stays.
"""

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.distributions import Categorical, Normal
from tensorlab.models.classic import SoftmaxRegression
from tensorlab.nn.functional import one_hot

CENTRES = tl.tensor([[0.0, 1.2], [-1.2, -0.6], [1.4, -0.8]])


def posterior(x):
    """Return the probabilities of the classes, equally frequent, given points."""
    return Normal(CENTRES, 1.0).log_prob(x[:, None]).sum(axis=2).softmax(axis=1)


def lesson(report, long):
    x, y = datasets.make_blobs(100_000 if long else 3_000, centers=CENTRES, cluster_std=1.0)
    model = SoftmaxRegression().fit(x, y)
    test, _ = datasets.make_blobs(2_000, centers=CENTRES, cluster_std=1.0)
    error = abs(model.predict_proba(test) - posterior(test)).mean()

    logits, targets = 3 * tl.randn(100, 5), tl.randint(0, 5, (100,))
    gradient = tl.grad(lambda z: -Categorical(logits=z).log_prob(targets).sum())(logits)
    wanted = logits.softmax(axis=1) - one_hot(targets, 5)
    large = tl.tensor([1000.0, 1001.0, 1002.0])
    naive = large.clip(None, 88.0).exp()  # exp(89) is beyond float32
    shifted = abs(Categorical(logits=large).probs - Categorical(logits=large - 1000).probs).max()
    temperatures = (0.25, 0.5, 1.0, 2.0, 4.0)
    row = tl.tensor([2.0, 1.0, 0.5, 0.0, -1.0])
    cooled = [Categorical(logits=row / temperature) for temperature in temperatures]
    entropies = [distribution.entropy().item() for distribution in cooled]
    report.value("mean error of the learned posterior", error)
    report.table(["temperature", "entropy in nats"], zip(temperatures, entropies, strict=True))
    report.claim("the gradient is the probabilities less the target", abs(gradient - wanted).max() < 1e-5)
    report.claim("logits of 1,000 are no trouble: only their differences count", shifted < 1e-6)
    report.claim("a linear layer finds the posterior of normal classes, to 0.03", error < 0.03)
    report.claim("entropy rises with the temperature", entropies == sorted(entropies))
