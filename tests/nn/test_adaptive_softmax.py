"""Adaptive softmax against its definition in NumPy."""

import numpy as np
import pytest
import scipy.special
from helpers import assert_close, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


class TestAdaptiveSoftmax:
    def layer(self):
        return nn.AdaptiveLogSoftmaxWithLoss(9, 20, [4, 9], 2.0, head_bias=True).double()

    def probabilities(self, layer, x):
        """Multiply the probability of each cluster with those inside it."""
        state = {name: host(value) for name, value in layer.state_dict().items()}
        head = scipy.special.softmax((x @ state["head.weight"].T + state["head.bias"]), axis=1)
        parts = [head[:, :4]]
        for i in range(2):
            inner = scipy.special.softmax((x @ state[f"tail.{i}.0.weight"].T @ state[f"tail.{i}.1.weight"].T), axis=1)
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
        for cutoffs in ([], [9, 4], [4, 4], [0, 4], [20]):
            with pytest.raises(ValueError, match="cutoffs must be increasing integers from 1 to 19"):
                nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
        with pytest.raises(TypeError, match=r"cutoffs must be a tuple of integers, not \[4.5\]"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4.5])
        with pytest.raises(IndexError, match="outside the 20 classes 0 to 19: 20"):
            layer(tl.ones(2, 8), tl.tensor([0, 20]))
        with pytest.raises(tl.ShapeError, match=r"not \(2, 8\) and \(3,\)"):
            layer(tl.ones(2, 8), tl.tensor([0, 1, 2]))
        with pytest.raises(tl.ShapeError, match=r"not \(2, 7\) and \(2,\)"):
            layer(tl.ones(2, 7), tl.tensor([0, 1]))


# -- what is refused ---------------------------------------------------------------------------------------------------
