"""Losses of class scores against formulas in NumPy: cross entropy, focal and multi-class hinge losses."""

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
