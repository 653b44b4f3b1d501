"""Linear cross entropy against the pair that it replaces, in values, derivatives and memory."""

import tracemalloc

import numpy as np
import pytest
from helpers import assert_close, draws, host, leaf, tensor
from scipy.special import log_softmax, softmax

import tensorlab as tl
from tensorlab import nn
from tensorlab.ops.linear_cross_entropy import BLOCK, LEAST_ROWS

F = nn.functional
numpy_only = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="half precision, and NumPy's allocations")
X, W, B = draws(6, 3), draws(5, 3, seed=1), draws(5, seed=2)
Y = np.array([0, 4, 2, 2, 1, 3])
SHARES = softmax(draws(6, 5, seed=3), axis=1)
WEIGHT = draws(5, low=0.5, high=2.0, seed=4)


class TestValues:
    @pytest.mark.parametrize("rows", [None, 1, 4, 6])
    def test_classes(self, rows):
        logs = log_softmax(X @ W.T + B, axis=1)
        losses = -logs[np.arange(6), Y]
        for reduction, expected in {"none": losses, "sum": losses.sum(), "mean": losses.mean()}.items():
            found = F.linear_cross_entropy(
                tensor(X),
                tensor(W),
                tensor(Y),
                linear_bias=tensor(B),
                reduction=reduction,
                options=nn.LinearCrossEntropyOptions(batch_chunk_size=rows),
            )
            assert_close(found, expected)

    def test_weighted_and_smoothed_classes(self):
        logs = log_softmax(X @ W.T, axis=1)
        shares = 0.8 * np.eye(5)[Y] + 0.2 / 5
        losses = -(shares * WEIGHT * logs).sum(1) * (Y != 2)
        options = {"weight": tensor(WEIGHT), "label_smoothing": 0.2, "ignore_index": 2}
        found = F.linear_cross_entropy(tensor(X), tensor(W), tensor(Y), reduction="none", **options)
        assert_close(found, losses)
        found = F.linear_cross_entropy(tensor(X), tensor(W), tensor(Y), **options)
        assert_close(found, losses.sum() / WEIGHT[Y[Y != 2]].sum())

    def test_probabilities(self):
        losses = -(SHARES * log_softmax(X @ W.T + B, axis=1)).sum(1)
        found = F.linear_cross_entropy(tensor(X), tensor(W), tensor(SHARES), linear_bias=tensor(B), reduction="none")
        assert_close(found, losses)

    def test_a_loss_much_smaller_than_its_logits(self):
        """Of classes and of certain probabilities, in single precision, where the logits have an error of 1e-3."""
        x, matrix = tl.tensor([[128.0]]), tl.tensor([[64.0], [63.9375]])  # logits of 8192 and 8184
        expected = np.log1p(np.exp(-8.0))
        for target in (tl.tensor([0]), tl.tensor([[1.0, 0.0]])):
            assert_close(F.linear_cross_entropy(x, matrix, target), expected, rtol=1e-3, atol=0)

    def test_more_axes_are_losses_of_their_own(self):
        matrix, target = draws(5, 2, 2, 3), np.random.default_rng(0).integers(0, 5, (6, 2, 2))
        found = host(F.linear_cross_entropy(tensor(X), tensor(matrix), tensor(target), reduction="none"))
        for i, j in np.ndindex(2, 2):
            logs = log_softmax(X @ matrix[:, i, j].T, axis=1)
            np.testing.assert_allclose(found[:, i, j], -logs[np.arange(6), target[:, i, j]], rtol=1e-12)

    def test_one_sample(self):
        found = F.linear_cross_entropy(tensor(X[0]), tensor(W), tensor(np.array(3)), reduction="none")
        assert found.shape == ()
        assert_close(found, -log_softmax(W @ X[0])[3])

    def test_no_samples(self):
        found = F.linear_cross_entropy(tl.zeros(0, 3), tl.zeros(5, 3), tl.zeros(0, dtype=tl.int64), reduction="sum")
        assert found.item() == 0

    @pytest.mark.parametrize(("dtype", "rtol"), [pytest.param("float16", 1e-2, marks=numpy_only), ("float32", 1e-5)])
    def test_narrow_types(self, dtype, rtol):
        x, matrix = leaf(X, dtype), leaf(W, dtype)
        loss = F.linear_cross_entropy(x, matrix, tensor(Y))
        loss.backward()
        assert loss.dtype == x.grad.dtype == matrix.grad.dtype == dtype
        assert_close(loss.detach(), -log_softmax(X @ W.T, axis=1)[np.arange(6), Y].mean(), rtol=rtol)

    def test_arrays_give_arrays(self):
        found = F.linear_cross_entropy(*(tensor(a).array for a in (X, W, Y)), label_smoothing=0.1, reduction="none")
        assert not isinstance(found, tl.Tensor)


class TestDerivatives:
    @pytest.mark.parametrize("rows", [None, 4])
    def test_of_classes_in_both_modes_and_twice(self, rows):
        options = {"ignore_index": 2, "options": nn.LinearCrossEntropyOptions(batch_chunk_size=rows)}
        for smoothing in (0.0, 0.3):
            tl.check_gradients(
                lambda x, w, b, smoothing=smoothing: F.linear_cross_entropy(
                    x, w, tensor(Y), linear_bias=b, label_smoothing=smoothing, **options
                ),
                (leaf(X), leaf(W), leaf(B)),
            )

    def test_of_probabilities(self):
        tl.check_gradients(
            lambda x, w, b, q: F.linear_cross_entropy(x, w, q, linear_bias=b, weight=tensor(WEIGHT)),
            (leaf(X), leaf(W), leaf(B), leaf(SHARES)),
        )

    def test_of_more_axes(self):
        matrix, target = leaf(draws(5, 2, 3)), tensor(np.stack([Y, Y[::-1]], axis=1))
        tl.check_gradients(lambda x, w: F.linear_cross_entropy(x, w, target), (leaf(X), matrix))


@numpy_only
class TestMemory:
    samples, features, classes = 4096, 32, 4096

    def peak(self, loss):
        """Return the most memory that a forward and a backward pass take, beyond operands and gradients."""
        rng = np.random.default_rng(0)
        x = tl.tensor(rng.standard_normal((self.samples, self.features)), dtype=tl.float32, requires_grad=True)
        matrix = tl.tensor(rng.standard_normal((self.classes, self.features)), dtype=tl.float32, requires_grad=True)
        target = tl.tensor(rng.integers(0, self.classes, self.samples))
        tracemalloc.start()
        loss(x, matrix, target).backward()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - x.grad.nbytes - matrix.grad.nbytes

    def test_is_a_few_blocks_not_the_logits(self):
        logits = 4 * self.samples * self.classes
        pair = self.peak(lambda x, w, y: F.cross_entropy(F.linear(x, w), y))
        fused = self.peak(F.linear_cross_entropy)
        smoothed = self.peak(lambda *operands: F.linear_cross_entropy(*operands, label_smoothing=0.1))
        assert max(LEAST_ROWS, BLOCK // self.classes) * 4 < self.samples
        assert pair > 2.5 * logits
        assert fused < 5 * 4 * BLOCK < logits / 3
        assert smoothed < 5 * 4 * BLOCK


class TestLayer:
    def test_is_a_linear_layer_with_a_loss(self):
        layer = nn.LinearCrossEntropyLoss(3, 5, bias=True, weight=tensor(WEIGHT), dtype=tl.float64)
        assert list(layer.state_dict()) == ["weight", "linear.weight", "linear.bias"]
        expected = F.cross_entropy(layer.linear(tensor(X)), tensor(Y), tensor(WEIGHT))
        assert_close(layer(tensor(X), tensor(Y)).detach(), host(expected.detach()))

    def test_it_learns(self):
        tl.manual_seed(0)
        head, x, y = nn.LinearCrossEntropyLoss(8, 20), tl.randn(20, 8), tl.arange(20)
        optimizer = tl.optim.Adam(head.parameters(), lr=0.1)
        for _ in range(100):
            optimizer.zero_grad()
            loss = head(x, y)
            loss.backward()
            optimizer.step()
        assert loss.item() < 0.1

    def test_repr(self):
        text = repr(nn.LinearCrossEntropyLoss(3, 5, options=nn.LinearCrossEntropyOptions(batch_chunk_size=2)))
        assert "in_features=3, num_classes=5, out_features=(), bias=False" in text
        assert "options=LinearCrossEntropyOptions(batch_chunk_size=2)" in text
        assert "(linear): Linear(in_features=3, out_features=5, bias=False)" in text


def z(*shape):
    return tl.zeros(*shape)


def i(*shape):
    return tl.zeros(*shape, dtype=tl.int64)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda f: f(z(2, 2, 3), z(5, 3), i(2)), tl.ShapeError, r"input has shape .* not \(2, 2, 3\) and \(5, 3\)"),
        (lambda f: f(z(2, 3), z(5, 4), i(2)), tl.ShapeError, r"not \(2, 3\) and \(5, 4\)"),
        (lambda f: f(z(2, 3), z(3), i(2)), tl.ShapeError, r"linear_weight \(classes, .* not \(2, 3\) and \(3,\)"),
        (
            lambda f: f(z(3), z(5, 2, 3), i(2)),
            tl.ShapeError,
            r"needs an input of shape \(batch, features\), not \(3,\)",
        ),
        (lambda f: f(z(2, 3), z(5, 3), i(3)), tl.ShapeError, r"class indices must have shape \(2,\), not \(3,\)"),
        (
            lambda f: f(z(2, 3), z(5, 3), z(2, 4)),
            tl.ShapeError,
            r"probabilities must have shape \(2, 5\), not \(2, 4\)",
        ),
        (lambda f: f(z(2, 3), z(5, 3), i(2), linear_bias=z(4)), tl.ShapeError, r"linear_bias must have shape \(5,\)"),
        (lambda f: f(z(2, 3), z(5, 3), i(2), weight=z(4)), tl.ShapeError, "weight must have one entry for each of 5"),
        (lambda f: f(z(2, 3), z(5, 3), i(2) + 5), IndexError, "a target is outside the 5 classes 0 to 4: 5"),
        (lambda f: f(z(2, 3), z(5, 3), z(2, 5), ignore_index=1), ValueError, "ignore_index is for class indices"),
        (lambda f: f(z(2, 3), z(5, 3), i(2), reduction="all"), ValueError, "reduction must be"),
        (
            lambda f: f(z(2, 3), z(5, 3), i(2), label_smoothing=2),
            ValueError,
            "label_smoothing must be a number in",
        ),
        (lambda f: f(i(2, 3), z(5, 3), i(2)), TypeError, "input is int64"),
    ],
)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=f"^linear_cross_entropy: .*{message}"):
        call(F.linear_cross_entropy)


def test_layer_refuses():
    with pytest.raises(tl.ShapeError, match="LinearCrossEntropyLoss: weight must have one entry for each of 5 classes"):
        nn.LinearCrossEntropyLoss(3, 5, weight=z(4))
    with pytest.raises(ValueError, match="LinearCrossEntropyLoss: label_smoothing must be a number in"):
        nn.LinearCrossEntropyLoss(3, 5, label_smoothing=2)
    with pytest.raises(ValueError, match="LinearCrossEntropyOptions: batch_chunk_size must be a positive integer"):
        nn.LinearCrossEntropyOptions(batch_chunk_size=0)
