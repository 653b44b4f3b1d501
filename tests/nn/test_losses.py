"""Regression losses and losses of binary labels against formulas in NumPy and SciPy."""

import numpy as np
import pytest
import scipy.spatial
import scipy.special
import scipy.stats
from helpers import assert_close, draws, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_broadcasting_warns(loss):
    with pytest.warns(UserWarning, match="broadcast against each other") as caught:
        assert loss(tl.ones(3, 1), tl.zeros(3), reduction="none").shape == (3, 3)
    assert caught[0].filename == __file__


# -- elementwise losses ------------------------------------------------------------------------------------------------


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
    "smooth L1 without an outside": (nn.SmoothL1Loss, {"beta": np.inf}, lambda x, y: 0 * x, (X, Y)),
    "Huber without an outside": (nn.HuberLoss, {"delta": np.inf}, lambda x, y: (x - y) ** 2 / 2, (X, Y)),
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


class TestRegression:
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

    def test_small_variances_are_clamped_and_keep_their_gradient(self):
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

    def test_probability_of_zero_has_no_loss(self):
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
        p, y = draws(*shape, low=0, high=1), 0.1 + 0.8 * np.round(draws(*shape, low=0, high=1, seed=1))
        losses = [
            1 - (2 * (a * b).sum() + eps) / ((a * a).sum() + (b * b).sum() + eps) for a, b in zip(p, y, strict=True)
        ]
        for reduction, expected in {"none": losses, "sum": np.sum(losses), "mean": np.mean(losses)}.items():
            assert_close(nn.DiceLoss(eps=eps, reduction=reduction)(tensor(p), tensor(y)), expected)
        tl.check_gradients(nn.DiceLoss(eps=eps), (leaf(p), leaf(y)))

    def test_empty_segmentations_are_equal(self):
        assert F.dice_loss(tl.zeros(2, 3), tl.zeros(2, 3)).item() == 0

    @pytest.mark.parametrize("loss", [F.sigmoid_focal_loss, F.dice_loss])
    def test_labels_as_bools(self, loss):
        x, labels = tensor(X), tensor((S > 0).astype("float64"))
        assert_close(loss(x, labels == 1), host(loss(x, labels)))

    def test_certain_focal_loss_has_a_gradient(self):
        x = tl.tensor([200.0, -200.0], requires_grad=True)
        F.sigmoid_focal_loss(x, tl.tensor([1.0, 0.0]), gamma=0.5).sum().backward()
        assert_close(x.grad, [0, 0])


# -- classes -----------------------------------------------------------------------------------------------------------
