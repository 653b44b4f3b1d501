"""Losses against formulas in NumPy."""

import numpy as np
import pytest
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


@pytest.mark.parametrize(
    ("layer", "function"), [(nn.MSELoss, np.square), (nn.L1Loss, np.abs)], ids=["MSELoss", "L1Loss"]
)
def test_regression(layer, function, rng):
    x, y = rng.standard_normal((2, 4, 3))
    losses = function(x - y)
    for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
        assert_close(layer(reduction=reduction)(tensor(x), tensor(y)), expected)
    tl.check_gradients(layer(), (leaf(x), leaf(y)))


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss])
def test_broadcasting_warns(loss):
    with pytest.warns(UserWarning, match="broadcast against each other"):
        loss(tl.ones(3, 1), tl.ones(3))
