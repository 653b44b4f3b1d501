"""Losses against formulas in NumPy."""

import inspect

import numpy as np
import pytest
import scipy.spatial
import scipy.special
import scipy.stats
from helpers import assert_close, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def class_loss(log_probabilities, target, weight, ignored, reduction, smoothing=0.0):
    """Go through the samples one by one, as PyTorch's documentation defines the loss."""
    classes = log_probabilities.shape[1]
    columns = np.moveaxis(log_probabilities, 1, -1).reshape(-1, classes)
    weight = np.ones(classes) if weight is None else weight
    losses, total = [], 0.0
    for row, label in zip(columns, target.ravel(), strict=True):
        counts = label != ignored
        hard = -weight[label] * row[label] if counts else 0.0
        spread = -(weight * row).sum() / classes if counts else 0.0
        losses.append((1 - smoothing) * hard + smoothing * spread)
        total += weight[label] if counts else 0.0
    if reduction == "none":
        return np.reshape(losses, target.shape)
    return np.sum(losses) / (total if reduction == "mean" else 1)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignored", [-100, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 5), (2, 4, 2, 3)])
class TestCrossEntropyOfClasses:
    @pytest.mark.parametrize("smoothing", [0.0, 0.3])
    def test_value_and_gradient(self, shape, weighted, ignored, smoothing, reduction, rng):
        x = leaf(rng.standard_normal(shape))
        target = rng.integers(0, 4, (shape[0], *shape[2:]))
        weight = rng.uniform(0.5, 2, 4) if weighted else None
        layer = nn.CrossEntropyLoss(
            None if weight is None else tensor(weight),
            ignore_index=ignored,
            reduction=reduction,
            label_smoothing=smoothing,
        )
        expected = class_loss(log_softmax(host(x.detach())), target, weight, ignored, reduction, smoothing)
        assert_close(layer(x, tensor(target)).detach(), expected)
        tl.check_gradients(lambda x: layer(x, tensor(target)), (x,))

    def test_negative_log_likelihood(self, shape, weighted, ignored, reduction, rng):
        x = log_softmax(rng.standard_normal(shape))
        target = rng.integers(0, 4, (shape[0], *shape[2:]))
        weight = rng.uniform(0.5, 2, 4) if weighted else None
        layer = nn.NLLLoss(None if weight is None else tensor(weight), ignore_index=ignored, reduction=reduction)
        assert_close(layer(tensor(x), tensor(target)), class_loss(x, target, weight, ignored, reduction))


class TestCrossEntropy:
    @pytest.mark.parametrize("smoothing", [0.0, 0.2])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("shape", [(6, 4), (3, 4, 5)])
    def test_probabilities(self, shape, weighted, smoothing, rng):
        x, target = rng.standard_normal(shape), rng.uniform(0, 1, shape)
        target /= target.sum(1, keepdims=True)
        weight = rng.uniform(0.5, 2, 4) if weighted else None
        smooth = (1 - smoothing) * target + smoothing / 4
        weights = np.ones(4) if weight is None else weight
        losses = -(smooth * log_softmax(x) * weights.reshape(-1, *[1] * (x.ndim - 2))).sum(1)
        options = {"weight": None if weight is None else tensor(weight), "label_smoothing": smoothing}
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            found = F.cross_entropy(tensor(x), tensor(target), reduction=reduction, **options)
            assert_close(found, expected)

    def test_one_sample_without_batch_axis(self):
        loss = F.cross_entropy(tl.tensor([0.0, 0.0]), tl.tensor(1))
        assert loss.shape == ()
        assert loss.item() == pytest.approx(np.log(2))

    def test_large_logits(self):
        x = tl.tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
        loss = F.cross_entropy(x, tl.tensor([0, 0]))
        assert loss.item() == 5000
        loss.backward()
        assert_close(x.grad, [[0, 0], [-0.5, 0.5]])

    def test_everything_ignored(self):
        x, target = tl.ones(2, 3), tl.tensor([-100, -100])
        assert np.isnan(F.cross_entropy(x, target).item())
        assert F.cross_entropy(x, target, reduction="sum").item() == 0

    def test_fast_and_general_path_agree(self, rng):
        x, target = tensor(rng.standard_normal((5, 3))), tensor(rng.integers(0, 3, 5))
        assert_close(F.cross_entropy(x, target, tl.ones(3, dtype=tl.float64)), F.cross_entropy(x, target).item())

    def test_errors(self):
        with pytest.raises(IndexError, match="outside the 3 classes"):
            F.cross_entropy(tl.ones(2, 3), tl.tensor([0, 3]))
        with pytest.raises(IndexError, match="outside the 3 classes"):
            F.cross_entropy(tl.ones(2, 3, 4), tl.full((2, 4), -1))
        with pytest.raises(tl.ShapeError):
            F.cross_entropy(tl.ones(2, 3), tl.tensor([0, 1, 2]))
        with pytest.raises(tl.ShapeError, match=r"have shape \(2, 4\), not \(2, 5\)"):
            F.cross_entropy(tl.ones(2, 3, 4), tl.zeros(2, 5, dtype=tl.int64))
        with pytest.raises(tl.ShapeError, match="probabilities"):
            F.cross_entropy(tl.ones(2, 3), tl.ones(2, 4))
        with pytest.raises(ValueError, match="label_smoothing"):
            F.cross_entropy(tl.ones(2, 3), tl.tensor([0, 1]), label_smoothing=2)
        with pytest.raises(ValueError, match="label_smoothing"):
            nn.CrossEntropyLoss(label_smoothing=-1)
        with pytest.raises(ValueError, match="reduction"):
            F.cross_entropy(tl.ones(2, 3), tl.tensor([0, 1]), reduction="median")
        with pytest.raises(ValueError, match="reduction"):
            nn.MSELoss(reduction="median")

    def test_class_weights_are_a_buffer(self):
        assert list(nn.CrossEntropyLoss(tl.ones(3)).state_dict()) == ["weight"]
        assert not nn.CrossEntropyLoss().state_dict()


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_broadcasting_warns(loss):
    with pytest.warns(UserWarning, match="broadcast against each other") as caught:
        assert loss(tl.ones(3, 1), tl.zeros(3), reduction="none").shape == (3, 3)
    assert caught[0].filename == __file__


# -- elementwise losses ------------------------------------------------------------------------------------------------


def draws(*shape, low=-2.0, high=2.0, seed=0):
    return np.random.default_rng((seed, *shape)).uniform(low, high, shape)


X, Y = draws(4, 3), draws(4, 3, seed=1)
P, Q = draws(4, 3, low=0.05, high=0.95), draws(4, 3, low=0.05, high=0.95, seed=1)
S = np.sign(draws(4, 3, seed=2))
V = draws(4, 3, low=0.5, high=2.0, seed=3)


def huber(d, delta):
    return np.where(np.abs(d) < delta, 0.5 * d * d, delta * (np.abs(d) - 0.5 * delta))


def entropy(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def expit(x):
    return 1 / (1 + np.exp(-x))


def focal(x, y, alpha, gamma):
    p = expit(x)
    right = y * p + (1 - y) * (1 - p)
    return entropy(p, y) * (1 - right) ** gamma * (alpha * y + (1 - alpha) * (1 - y))


ELEMENTWISE = {
    "MSE": (nn.MSELoss, {}, lambda x, y: (x - y) ** 2, (X, Y)),
    "L1": (nn.L1Loss, {}, lambda x, y: np.abs(x - y), (X, Y)),
    "smooth L1": (nn.SmoothL1Loss, {"beta": 0.6}, lambda x, y: huber(x - y, 0.6) / 0.6, (X, Y)),
    "smooth L1 without an inside": (nn.SmoothL1Loss, {"beta": 0.0}, lambda x, y: np.abs(x - y), (X, Y)),
    "Huber": (nn.HuberLoss, {"delta": 0.6}, lambda x, y: huber(x - y, 0.6), (X, Y)),
    "Gauss": (nn.GaussianNLLLoss, {}, lambda x, y, v: 0.5 * (np.log(v) + (x - y) ** 2 / v), (X, Y, V)),
    "Gauss, full": (
        nn.GaussianNLLLoss,
        {"full": True},
        lambda x, y, v: -scipy.stats.norm.logpdf(x, y, v**0.5),
        (X, Y, V),
    ),
    "Poisson": (nn.PoissonNLLLoss, {}, lambda x, y: np.exp(x) - y * x, (X, V)),
    "Poisson of rates": (
        nn.PoissonNLLLoss,
        {"log_input": False, "eps": 0.1},
        lambda x, y: x - y * np.log(x + 0.1),
        (V, P),
    ),
    "Kullback": (nn.KLDivLoss, {}, lambda x, y: scipy.special.rel_entr(y, np.exp(x)), (X, P)),
    "Kullback of logarithms": (
        nn.KLDivLoss,
        {"log_target": True},
        lambda x, y: scipy.special.rel_entr(np.exp(y), np.exp(x)),
        (X, Y),
    ),
    "BCE": (nn.BCELoss, {}, entropy, (P, Q)),
    "BCE of logits": (nn.BCEWithLogitsLoss, {}, lambda x, y: entropy(expit(x), y), (X, Q)),
    "soft margin": (nn.SoftMarginLoss, {}, lambda x, y: np.log(1 + np.exp(-y * x)), (X, S)),
    "hinge": (nn.HingeLoss, {"margin": 0.7}, lambda x, y: np.maximum(0, 0.7 - y * x), (X, S)),
    "squared hinge": (nn.SquaredHingeLoss, {}, lambda x, y: np.maximum(0, 1 - y * x) ** 2, (X, S)),
    "perceptron": (nn.PerceptronLoss, {}, lambda x, y: np.maximum(0, -y * x), (X, S)),
    "exponential": (nn.ExponentialLoss, {}, lambda x, y: np.exp(-y * x), (X, S)),
    "hinge of distances": (
        nn.HingeEmbeddingLoss,
        {"margin": 1.1},
        lambda x, y: np.where(y == 1, x, np.maximum(0, 1.1 - x)),
        (V, S),
    ),
    "ranking": (
        nn.MarginRankingLoss,
        {"margin": 0.3},
        lambda x, z, y: np.maximum(0, 0.3 - y * (x - z)),
        (X, Y, S),
    ),
    "focal": (nn.SigmoidFocalLoss, {}, lambda x, y: focal(x, y, 0.25, 2.0), (X, (S + 1) / 2)),
    "focal, steeper": (
        nn.SigmoidFocalLoss,
        {"alpha": 0.6, "gamma": 3.5},
        lambda x, y: focal(x, y, 0.6, 3.5),
        (X, (S + 1) / 2),
    ),
    "focal, without either": (
        nn.SigmoidFocalLoss,
        {"alpha": -1.0, "gamma": 0.0},
        lambda x, y: entropy(expit(x), y),
        (X, Q),
    ),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
class TestElementwise:
    def test_value(self, name):
        layer, options, formula, hosts = ELEMENTWISE[name]
        losses = formula(*hosts)
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            assert_close(layer(**options, reduction=reduction)(*map(tensor, hosts)), expected, rtol=1e-11)

    def test_gradients(self, name):
        layer, options, _, hosts = ELEMENTWISE[name]
        # Labels are looked at, not computed with.
        labels = [set(np.unique(x)) <= {-1.0, 0.0, 1.0} for x in hosts]
        leaves = [leaf(x) for x, label in zip(hosts, labels, strict=True) if not label]
        rest = [tensor(x) for x, label in zip(hosts, labels, strict=True) if label]
        tl.check_gradients(lambda *xs: layer(**options, reduction="none")(*xs, *rest), leaves)

    def test_type_and_kind_are_kept(self, name):
        """No double precision comes in, and arrays give arrays."""
        layer, options, _, hosts = ELEMENTWISE[name]
        arrays = [tensor(x, dtype="float32").array for x in hosts]
        for reduction in ("none", "mean"):
            found = layer(**options, reduction=reduction)(*arrays)
            assert not isinstance(found, tl.Tensor)
            assert tl.asarray(found).dtype == tl.float32


WEIGHTED = {
    "mse_loss": (lambda x, y: (x - y) ** 2, (X, Y), "sum of weights"),
    "huber_loss": (lambda x, y: huber(x - y, 1.0), (X, Y), "elements"),
    "binary_cross_entropy": (entropy, (P, Q), "elements"),
    "binary_cross_entropy_with_logits": (lambda x, y: entropy(expit(x), y), (X, Q), "elements"),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_of_elements(name):
    formula, hosts, divisor = WEIGHTED[name]
    losses = V * formula(*hosts)
    function = getattr(F, name)
    mean = losses.sum() / (V.sum() if divisor == "sum of weights" else V.size)
    for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": mean}.items():
        assert_close(function(*map(tensor, hosts), weight=tensor(V), reduction=reduction), expected)
    tl.check_gradients(lambda x, y, w: function(x, y, weight=w), [leaf(x) for x in (*hosts, V)])


class TestLossesOfNumbers:
    def test_variances_of_other_shapes(self):
        for shape in ((4,), (4, 1), (1, 3)):
            v = draws(*shape, low=0.5, high=2)
            spread = v[:, None] if shape == (4,) else v
            expected = -scipy.stats.norm.logpdf(X, Y, np.broadcast_to(spread, X.shape) ** 0.5)
            found = F.gaussian_nll_loss(tensor(X), tensor(Y), tensor(v), full=True, reduction="none")
            assert_close(found, expected)
        assert_close(
            F.gaussian_nll_loss(tensor(X), tensor(Y), 0.5, True), -scipy.stats.norm.logpdf(X, Y, 0.5**0.5).mean()
        )

    def test_small_variance_counts_as_eps_and_keeps_its_gradient(self):
        v = leaf([0.0, 0.1])
        F.gaussian_nll_loss(tensor([1.0, 1.0]), tensor([3.0, 3.0]), v, eps=0.5, reduction="sum").backward()
        assert_close(v.grad, [0.5 * (1 / 0.5 - 4 / 0.5**2)] * 2)

    def test_constant_of_the_poisson_distribution(self):
        """Stirling's formula is within 1/(12 n) of the logarithm of the factorial; below 2 it is not used."""
        n = np.arange(0.0, 30.0)
        x = np.linspace(-1, 3, 30)
        exact = -scipy.stats.poisson.logpmf(n, np.exp(x))
        found = host(F.poisson_nll_loss(tensor(x), tensor(n), full=True, reduction="none"))
        assert np.all(np.abs(found - exact) < 1 / (12 * np.maximum(n, 1)))
        assert_close(found[:2], exact[:2])

    def test_divergence_of_a_batch(self):
        p, q = P / P.sum(1, keepdims=True), Q / Q.sum(1, keepdims=True)
        expected = np.mean([scipy.stats.entropy(y, x) for x, y in zip(p, q, strict=True)])
        assert_close(F.kl_div(tensor(np.log(p)), tensor(q), reduction="batchmean"), expected)
        assert F.kl_div(tl.tensor(-1.0), tl.tensor(1.0), reduction="batchmean").item() == 1

    def test_zero_probability_costs_nothing(self):
        x = leaf([-1.0, -2.0])
        loss = F.kl_div(x, tensor([0.0, 1.0]), reduction="sum")
        assert loss.item() == 2
        loss.backward()
        assert_close(x.grad, [0, -1])


class TestBinary:
    def test_no_overflow(self):
        x = tl.tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
        y = tl.tensor([0.0, 1.0, 1.0, 0.0])
        loss = F.binary_cross_entropy_with_logits(x, y, reduction="none")
        assert_close(loss.detach(), [1e4, 1e4, 0, 0])
        loss.sum().backward()
        assert_close(x.grad, [1, -1, 0, 0])
        assert_close(F.soft_margin_loss(tensor([1e4, -1e4]), tensor([-1.0, -1.0]), reduction="none"), [1e4, 0])
        assert_close(
            F.binary_cross_entropy_with_logits(tensor([-40.0]), tensor([0.0])), np.exp(-40.0), rtol=1e-12, atol=0
        )
        pulled = F.binary_cross_entropy_with_logits(
            tensor([1e4, -1e4]), tensor([0.0, 1.0]), pos_weight=tensor([3.0]), reduction="none"
        )
        assert_close(pulled, [1e4, 3e4])

    def test_certainty_is_bounded(self):
        p = leaf([0.0, 0.0, 1.0, 1.0])
        loss = F.binary_cross_entropy(p, tensor([0.0, 1.0, 0.0, 1.0]), reduction="none")
        assert_close(loss.detach(), [0, 100, 100, 0])
        loss.sum().backward()
        assert_close(p.grad, [0, -1e12, 1e12, 0])

    def test_pos_weight(self):
        w = draws(3, low=0.5, high=2)
        p = expit(X)
        expected = -(w * Q * np.log(p) + (1 - Q) * np.log(1 - p))
        layer = nn.BCEWithLogitsLoss(pos_weight=tensor(w), reduction="none")
        assert_close(layer(tensor(X), tensor(Q)), expected)
        assert list(layer.state_dict()) == ["pos_weight"]
        tl.check_gradients(
            lambda x, y, w: F.binary_cross_entropy_with_logits(x, y, pos_weight=w), [leaf(X), leaf(Q), leaf(w)]
        )

    def test_multilabel_soft_margin(self):
        w = draws(3, low=0.5, high=2)
        losses = (w * entropy(expit(X), Q)).mean(1)
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            layer = nn.MultiLabelSoftMarginLoss(tensor(w), reduction=reduction)
            assert_close(layer(tensor(X), tensor(Q)), expected)
        assert list(layer.state_dict()) == ["weight"]
        tl.check_gradients(nn.MultiLabelSoftMarginLoss(), (leaf(X), leaf(Q)))

    @pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 2), (5,)])
    @pytest.mark.parametrize("eps", [0.0, 0.5])
    def test_dice(self, shape, eps):
        p, y = draws(*shape, low=0, high=1), np.round(draws(*shape, low=0, high=1, seed=1)) + 0.1
        losses = [
            1 - (2 * (a * b).sum() + eps) / ((a * a).sum() + (b * b).sum() + eps) for a, b in zip(p, y, strict=True)
        ]
        for reduction, expected in {"none": losses, "sum": np.sum(losses), "mean": np.mean(losses)}.items():
            assert_close(nn.DiceLoss(eps=eps, reduction=reduction)(tensor(p), tensor(y)), expected)
        tl.check_gradients(nn.DiceLoss(eps=eps), (leaf(p), leaf(y)))

    def test_empty_segmentations_are_equal(self):
        assert F.dice_loss(tl.zeros(2, 3), tl.zeros(2, 3)).item() == 0

    def test_certain_focal_loss_has_a_gradient(self):
        x = tl.tensor([200.0, -200.0], requires_grad=True)
        F.sigmoid_focal_loss(x, tl.tensor([1.0, 0.0]), gamma=0.5).sum().backward()
        assert_close(x.grad, [0, 0])


# -- classes -----------------------------------------------------------------------------------------------------------


def multi_margin(x, y, p, margin, weight):
    losses = []
    for row, label in zip(x, y, strict=True):
        rivals = [max(0, margin - row[label] + row[i]) ** p for i in range(len(row)) if i != label]
        losses.append(weight[label] * sum(rivals) / len(row))
    return np.array(losses)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_multi_margin(p, weighted, rng):
    x, y = rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    w = rng.uniform(0.5, 2, 4) if weighted else None
    losses = multi_margin(x, y, p, 0.7, w if weighted else np.ones(4))
    for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
        layer = nn.MultiMarginLoss(p, 0.7, None if w is None else tensor(w), reduction=reduction)
        assert_close(layer(tensor(x), tensor(y)), expected)
    assert_close(F.multi_margin_loss(tensor(x[0]), tensor(y[0]), p, 0.7, layer.weight), losses[0])
    tl.check_gradients(lambda x: layer(x, tensor(y)), (leaf(x),))
    assert list(layer.state_dict()) == ["weight"] * weighted


def test_multilabel_margin(rng):
    x = rng.standard_normal((4, 5))
    y = np.array([[3, 0, -1, 1, 2], [1, 2, 3, 4, 0], [-1, 0, 0, 0, 0], [2, 2, -1, -1, -1]])
    losses = []
    for row, labels in zip(x, y, strict=True):
        right = labels[: list(labels).index(-1)] if -1 in labels else labels
        terms = [max(0, 1 - row[j] + row[i]) for j in right for i in range(5) if i not in right]
        losses.append(sum(terms) / 5)
    losses = np.array(losses)
    for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
        assert_close(nn.MultiLabelMarginLoss(reduction=reduction)(tensor(x), tensor(y)), expected)
    assert_close(F.multilabel_margin_loss(tensor(x[0]), tensor(y[0])), losses[0])
    tl.check_gradients(lambda x: F.multilabel_margin_loss(x, tensor(y)), (leaf(x),))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 5)])
class TestFocal:
    def options(self, weighted, reduction, rng):
        weight = tensor(rng.uniform(0.5, 2, 4)) if weighted else None
        return {"weight": weight, "ignore_index": 1, "reduction": reduction}

    def test_gamma_zero_is_cross_entropy(self, shape, weighted, reduction, rng):
        x, y = tensor(rng.standard_normal(shape)), tensor(rng.integers(0, 4, (shape[0], *shape[2:])))
        options = self.options(weighted, reduction, rng)
        assert_close(nn.FocalLoss(gamma=0.0, **options)(x, y), host(nn.CrossEntropyLoss(**options)(x, y)))

    def test_value_and_gradient(self, shape, weighted, reduction, rng):
        x, y = rng.standard_normal(shape), rng.integers(0, 4, (shape[0], *shape[2:]))
        options = self.options(weighted, "none", rng)
        # Each loss is the cross entropy, times what its probability lacks of one.
        losses = host(F.cross_entropy(tensor(x), tensor(y), **options))
        plain = host(F.cross_entropy(tensor(x), tensor(y)[...], ignore_index=1, reduction="none"))
        expected = losses * (1 - np.exp(-plain)) ** 1.5
        options["reduction"] = reduction
        weight = np.ones(4) if options["weight"] is None else host(options["weight"])
        total = {"none": 1, "sum": 1, "mean": weight[y[y != 1]].sum()}[reduction]
        layer = nn.FocalLoss(gamma=1.5, **options)
        assert_close(layer(tensor(x), tensor(y)), expected if reduction == "none" else expected.sum() / total)
        tl.check_gradients(lambda x: layer(x, tensor(y)), (leaf(x),))


# -- distances ---------------------------------------------------------------------------------------------------------


def cosine(x, y):
    return (x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)


def distance(x, y, p=2.0, eps=1e-6):
    return np.linalg.norm(x - y + eps, p, axis=-1)


A, B, C = draws(5, 3, seed=4), draws(5, 3, seed=5), draws(5, 3, seed=6)
ALIKE = np.array([1, -1, 1, -1, -1])


class TestMetric:
    def check(self, layer, operands, losses, **options):
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            assert_close(layer(**options, reduction=reduction)(*map(tensor, operands)), expected)
        floats = [x for x in operands if x.dtype.kind == "f"]
        rest = [tensor(x) for x in operands if x.dtype.kind != "f"]
        tl.check_gradients(lambda *xs: layer(**options)(*xs, *rest), [leaf(x) for x in floats])

    def test_cosine_embedding(self):
        # PyTorch adds 1e-12 to the squared lengths.
        c = (A * B).sum(1) / np.sqrt(((A * A).sum(1) + 1e-12) * ((B * B).sum(1) + 1e-12))
        losses = np.where(ALIKE == 1, 1 - c, np.maximum(0, c - 0.1))
        self.check(nn.CosineEmbeddingLoss, (A, B, ALIKE), losses, margin=0.1)

    @pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
    @pytest.mark.parametrize("swap", [False, True])
    def test_triplets(self, p, swap):
        far = distance(A, C, p, 1e-3)
        far = np.minimum(far, distance(B, C, p, 1e-3)) if swap else far
        losses = np.maximum(0, 0.8 + distance(A, B, p, 1e-3) - far)
        self.check(nn.TripletMarginLoss, (A, B, C), losses, margin=0.8, p=p, eps=1e-3, swap=swap)

    @pytest.mark.parametrize("swap", [False, True])
    def test_triplets_with_a_distance(self, swap):
        far = 1 - cosine(A, C)
        far = np.minimum(far, 1 - cosine(B, C)) if swap else far
        losses = np.maximum(0, 0.8 + 1 - cosine(A, B) - far)
        options = {"distance_function": lambda x, y: 1 - F.cosine_similarity(x, y), "margin": 0.8, "swap": swap}
        self.check(nn.TripletMarginWithDistanceLoss, (A, B, C), losses, **options)

    def test_contrast(self):
        unlike = (ALIKE < 0).astype("int64")
        d = np.linalg.norm(A - B, axis=1)
        losses = 0.5 * np.where(unlike, np.maximum(0, 2.5 - d) ** 2, d**2)
        self.check(nn.ContrastiveLoss, (A, B, unlike), losses, margin=2.5)

    def test_contrast_of_equal_embeddings_has_a_gradient(self):
        x = leaf([[1.0, 2.0], [1.0, 2.0]])
        F.contrastive_loss(x, x.detach(), tensor([0, 1])).backward()
        assert_close(x.grad, np.zeros((2, 2)))

    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_cosine_similarity(self, axis):
        x, y = draws(3, 4, 2), draws(4, 1, seed=1)
        full = np.broadcast_to(y, x.shape)
        expected = cosine(np.moveaxis(x, axis, -1), np.moveaxis(full, axis, -1))
        assert_close(nn.CosineSimilarity(axis=axis)(tensor(x), tensor(y)), expected)
        tl.check_gradients(lambda x, y: F.cosine_similarity(x, y, axis), (leaf(x), leaf(y)))

    def test_cosine_similarity_with_nothing(self):
        x = leaf([[0.0, 0.0]])
        found = F.cosine_similarity(x, tensor([[3.0, 4.0]]), eps=0.5)
        assert found.item() == 0
        found.sum().backward()
        assert_close(x.grad, [[0.6 / 0.5, 0.8 / 0.5]])

    @pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, np.inf, -1.0])
    def test_pairwise_distance(self, p):
        assert_close(nn.PairwiseDistance(p)(tensor(A), tensor(B)), distance(A, B, p))
        assert nn.PairwiseDistance(p, keepdims=True)(tensor(A), tensor(B)).shape == (5, 1)
        tl.check_gradients(nn.PairwiseDistance(p), (leaf(A), leaf(B)))

    @pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
    def test_distances_of_all_pairs(self, p):
        metric = "chebyshev" if p == np.inf else "minkowski"
        options = {} if p == np.inf else {"p": p}
        assert_close(F.pdist(tensor(A), p), scipy.spatial.distance.pdist(A, metric, **options))
        assert not isinstance(F.pdist(tensor(A).array, p), tl.Tensor)
        tl.check_gradients(lambda x: F.pdist(x, p), (leaf(A),))

    def test_distances_without_pairs(self):
        assert F.pdist(tl.ones(0, 3)).shape == F.pdist(tl.ones(1, 3)).shape == (0,)
        assert_close(F.pdist(tl.ones(3, 0), float("inf")), np.zeros(3))


# -- adaptive softmax --------------------------------------------------------------------------------------------------


class TestAdaptiveSoftmax:
    def layer(self):
        return nn.AdaptiveLogSoftmaxWithLoss(9, 20, [4, 9], 2.0, head_bias=True).double()

    def probabilities(self, layer, x):
        """Multiply the probability of each cluster with those inside it."""
        state = {name: host(value) for name, value in layer.state_dict().items()}
        head = np.exp(log_softmax(x @ state["head.weight"].T + state["head.bias"]))
        parts = [head[:, :4]]
        for i in range(2):
            inner = np.exp(log_softmax(x @ state[f"tail.{i}.0.weight"].T @ state[f"tail.{i}.1.weight"].T))
            parts.append(head[:, 4 + i : 5 + i] * inner)
        return np.concatenate(parts, 1)

    def test_values(self, rng):
        layer, x, y = self.layer(), 5 * rng.standard_normal((30, 9)), rng.integers(0, 20, 30)
        p = self.probabilities(layer, x)
        assert_close(p.sum(1), np.ones(30))
        assert_close(layer.log_prob(tensor(x)).detach(), np.log(p))
        output, loss = layer(tensor(x), tensor(y))
        assert_close(output.detach(), np.log(p[np.arange(30), y]))
        assert_close(loss.detach(), -np.log(p[np.arange(30), y]).mean())
        np.testing.assert_array_equal(host(layer.predict(tensor(x))), p.argmax(1))
        single = layer(tensor(x[0]), tensor(y[0]))
        assert_close(single.output.detach(), np.log(p[0, y[0]]))
        assert_close(single.loss.detach(), -np.log(p[0, y[0]]))

    def test_gradients(self, rng):
        layer = self.layer()
        y = tensor([0, 5, 12, 19, 3])
        tl.check_gradients(lambda x: tuple(layer(x, y)), (leaf(rng.standard_normal((5, 9))),))
        layer(tensor(rng.standard_normal((5, 9))), y).loss.backward()
        assert all(parameter.grad is not None for parameter in layer.parameters())

    def test_clusters_without_targets_are_not_computed(self, rng):
        layer = self.layer()
        layer.tail[1] = nn.Identity()  # would fail
        output, _ = layer(tensor(rng.standard_normal((3, 9))), tensor([0, 5, 3]))
        assert output.shape == (3,)

    def test_keys_sizes_and_type(self):
        layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, (4, 9), dtype=tl.float64)
        shapes = {name: value.shape for name, value in layer.state_dict().items()}
        assert shapes == {
            "head.weight": (6, 16),
            "tail.0.0.weight": (4, 16),
            "tail.0.1.weight": (5, 4),
            "tail.1.0.weight": (1, 16),
            "tail.1.1.weight": (11, 1),
        }
        assert all(parameter.dtype == tl.float64 for parameter in layer.parameters())

    def test_reset(self):
        layer = self.layer()
        before = {name: host(value).copy() for name, value in layer.state_dict().items()}
        layer.reset_parameters()
        assert all(not np.array_equal(host(value), before[name]) for name, value in layer.state_dict().items())

    def test_errors(self):
        layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 9])
        for cutoffs in ([], [9, 4], [4, 4], [0, 4], [20], [4.5]):
            with pytest.raises(ValueError, match="cutoffs are increasing whole numbers from 1 to 19"):
                nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
        with pytest.raises(IndexError, match="outside the 20 classes 0 to 19: 20"):
            layer(tl.ones(2, 8), tl.tensor([0, 20]))
        with pytest.raises(tl.ShapeError, match=r"not \(2, 8\) and \(3,\)"):
            layer(tl.ones(2, 8), tl.tensor([0, 1, 2]))
        with pytest.raises(tl.ShapeError, match=r"not \(2, 7\) and \(2,\)"):
            layer(tl.ones(2, 7), tl.tensor([0, 1]))


# -- what is refused ---------------------------------------------------------------------------------------------------

z, i = tl.zeros, lambda *shape: tl.zeros(*shape, dtype=tl.int64)

REFUSED = [
    (
        lambda: F.binary_cross_entropy(z(2, 3), z(3)),
        tl.ShapeError,
        r"input of shape \(2, 3\) and target of shape \(3,\)",
    ),
    (lambda: F.binary_cross_entropy_with_logits(z(2), z(2, 1)), tl.ShapeError, r"\(2,\) and target of shape \(2, 1\)"),
    (lambda: F.binary_cross_entropy(z(2) + 2, z(2)), ValueError, "outside .0, 1."),
    (
        lambda: F.binary_cross_entropy(z(2), z(2), weight=z(3)),
        tl.ShapeError,
        r"weight of shape \(3,\) does not broadcast",
    ),
    (lambda: F.binary_cross_entropy(z(2), z(2), weight=z(3, 2)), tl.ShapeError, r"weight of shape \(3, 2\) does not"),
    (lambda: F.binary_cross_entropy_with_logits(z(2), z(2), pos_weight=z(3)), tl.ShapeError, "pos_weight of shape"),
    (lambda: F.multilabel_soft_margin_loss(z(2, 3), z(2)), tl.ShapeError, r"\(2, 3\) and target of shape \(2,\)"),
    (lambda: F.multilabel_soft_margin_loss(z(()), z(())), tl.ShapeError, "axis of classes"),
    (lambda: F.sigmoid_focal_loss(z(2), z(3)), tl.ShapeError, "same shape"),
    (lambda: F.sigmoid_focal_loss(z(2), z(2), alpha=2), ValueError, "alpha must be at most 1"),
    (
        lambda: nn.SigmoidFocalLoss(gamma=-1),
        ValueError,
        "SigmoidFocalLoss: gamma must be a non-negative number",
    ),
    (lambda: F.focal_loss(z(2, 3), i(2), gamma=-1), ValueError, "gamma must not be negative"),
    (lambda: nn.FocalLoss(gamma=-1), ValueError, "FocalLoss: gamma must be a non-negative number, not -1"),
    (lambda: F.focal_loss(z(2, 3), i(2) + 3), IndexError, "focal_loss: a target is outside the 3 classes 0 to 2: 3"),
    (lambda: F.focal_loss(z(2, 3), i(3)), tl.ShapeError, r"have shape \(2,\), not \(3,\)"),
    (lambda: F.dice_loss(z(2), z(3)), tl.ShapeError, "same shape"),
    (lambda: F.dice_loss(z(2), z(2), eps=-1.0), ValueError, "eps must not be negative"),
    (lambda: nn.DiceLoss(eps=-1.0), ValueError, "DiceLoss: eps"),
    (lambda: F.hinge_loss(z(2), z(3)), tl.ShapeError, "hinge_loss: input of shape"),
    (lambda: F.exponential_loss(z(2), z(3)), tl.ShapeError, "exponential_loss: input of shape"),
    (
        lambda: F.mse_loss(z(2), z(2), weight=z(3)),
        tl.ShapeError,
        r"mse_loss: input of shape \(2,\) and weight of shape",
    ),
    (lambda: F.huber_loss(z(2), z(2), weight=z(3)), tl.ShapeError, r"huber_loss: input of shape \(2,\) and weight of"),
    (lambda: F.huber_loss(z(2), z(2), delta=0), ValueError, "delta must be positive"),
    (lambda: nn.HuberLoss(delta=0), ValueError, "HuberLoss: delta"),
    (lambda: F.smooth_l1_loss(z(2), z(2), beta=-1), ValueError, "beta must not be negative"),
    (lambda: nn.SmoothL1Loss(beta=-1), ValueError, "SmoothL1Loss: beta"),
    (lambda: F.gaussian_nll_loss(z(2), z(2), z(2) - 1), ValueError, "a variance is negative"),
    (lambda: F.gaussian_nll_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"input's shape \(2, 3\).* not \(3,\)"),
    (lambda: F.gaussian_nll_loss(z(2), z(2), z(2), eps=0), ValueError, "eps must be positive"),
    (lambda: nn.GaussianNLLLoss(eps=0), ValueError, "GaussianNLLLoss: eps"),
    (
        lambda: F.kl_div(z(2), z(2), reduction="median"),
        ValueError,
        "'mean', 'batchmean', 'sum' or 'none', not 'median'",
    ),
    (lambda: nn.KLDivLoss(reduction="median"), ValueError, "KLDivLoss: reduction must be"),
    (lambda: nn.L1Loss(reduction="batchmean"), ValueError, "L1Loss: reduction must be 'mean', 'sum' or 'none'"),
    (lambda: F.poisson_nll_loss(z(2), z(3)), tl.ShapeError, r"poisson_nll_loss: shapes \(3,\) and \(2,\) do not"),
    (lambda: F.margin_ranking_loss(z(2), z(2), z(2, 2)), tl.ShapeError, r"\(2,\), \(2,\) and \(2, 2\)"),
    (lambda: F.multi_margin_loss(z(2, 3), i(2), p=3), ValueError, "p must be 1 or 2, not 3"),
    (lambda: nn.MultiMarginLoss(p=3), ValueError, "MultiMarginLoss: p must be"),
    (lambda: nn.MultiMarginLoss(weight=z(2, 2)), tl.ShapeError, r"MultiMarginLoss: weight .* \(2, 2\)"),
    (
        lambda: F.multi_margin_loss(z(2, 3), i(2) + 3),
        IndexError,
        "multi_margin_loss: a target is outside the 3 classes",
    ),
    (lambda: F.multi_margin_loss(z(2, 3), i(3)), tl.ShapeError, r"not \(2, 3\) and \(3,\)"),
    (lambda: F.multi_margin_loss(z(2, 3), i(2), weight=z(2)), tl.ShapeError, "one entry for each of 3 classes"),
    (lambda: F.multilabel_margin_loss(z(2, 3), i(2, 2)), tl.ShapeError, r"\(2, 3\) and target of shape \(2, 2\)"),
    (lambda: F.multilabel_margin_loss(z(2, 3), i(2, 3) + 3), IndexError, "outside the 3 classes 0 to 2: 3"),
    (
        lambda: F.multilabel_margin_loss(z(2, 3, 4), i(2, 3, 4)),
        tl.ShapeError,
        "multilabel_margin_loss: input has shape",
    ),
    (lambda: F.cosine_embedding_loss(z(2, 3), z(2, 3), z(())), tl.ShapeError, r"\(2, 3\), \(2, 3\) and \(\)"),
    (lambda: F.triplet_margin_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"\(2, 3\), \(2, 3\) and \(3,\)"),
    (lambda: F.triplet_margin_loss(z(2), z(2), z(2), margin=0), ValueError, "margin must be positive, not 0"),
    (lambda: nn.TripletMarginLoss(margin=0), ValueError, "TripletMarginLoss: margin"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError, "TripletMarginWithDistanceLoss: margin"),
    (lambda: F.contrastive_loss(z(2, 3), z(3), z(2)), tl.ShapeError, r"input1 of shape \(2, 3\) and input2 of shape"),
    (lambda: F.contrastive_loss(z(2, 3), z(2, 3), z(3)), tl.ShapeError, r"\(2, 3\) must have that shape .* not \(3,\)"),
    (lambda: F.cosine_similarity(z(2, 3), z(2, 4)), tl.ShapeError, r"cosine_similarity: shapes \(2, 3\) and \(2, 4\)"),
    (lambda: F.cosine_similarity(z(2), z(2)), tl.ShapeError, "cosine_similarity: .*axis 1"),
    (lambda: F.pairwise_distance(z(2, 3), z(2, 4)), tl.ShapeError, r"pairwise_distance: shapes \(2, 3\) and \(2, 4\)"),
    (lambda: F.pdist(z(3)), tl.ShapeError, r"pdist: input must have shape \(rows, features\), not \(3,\)"),
    (lambda: F.pdist(z(3, 2), -1), ValueError, "p must not be negative"),
    (
        lambda: F.nll_loss(z(2, 3), i(2), weight=z(2)),
        tl.ShapeError,
        "nll_loss: weight has one entry for each of 3 classes",
    ),
    (lambda: F.cross_entropy(z(2, 3), i(2), z(2)), tl.ShapeError, "cross_entropy: weight has one entry for each of 3"),
    (lambda: F.cross_entropy(z(2, 3), z(2, 3), ignore_index=1), ValueError, "ignore_index is for class indices"),
    (lambda: F.cross_entropy(z(()), i(())), tl.ShapeError, "axis of classes"),
    (lambda: F.mse_loss("x", z(1)), TypeError, "mse_loss: input must be a tensor or an array, not str"),
    (lambda: F.hinge_loss(z(2), z(2).astype(tl.complex64)), TypeError, "hinge_loss: target is complex64"),
]


@pytest.mark.filterwarnings("ignore:.*broadcast against each other")
@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_unknown_reduction_is_refused_before_work():
    losses = [name for name in F.__all__ if name.endswith("_loss")] + [
        "kl_div",
        "cross_entropy",
        "binary_cross_entropy",
    ]
    for name in losses:
        operands = [p for p in inspect.signature(getattr(F, name)).parameters.values() if p.default is p.empty]
        with pytest.raises(ValueError, match=f"{name}: reduction must be .*'none', not 'median'"):
            getattr(F, name)(*[None] * len(operands), reduction="median")


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.CrossEntropyLoss(tl.ones(3)), "CrossEntropyLoss()"),
        (nn.BCEWithLogitsLoss(pos_weight=tl.ones(3)), "BCEWithLogitsLoss()"),
        (nn.PairwiseDistance(), "PairwiseDistance()"),
        (
            nn.TripletMarginWithDistanceLoss(),
            "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)",
        ),
    ],
)
def test_words(layer, text):
    assert repr(layer) == text
