"""Functions of half-precision tensors keep their data type; functions of plain arrays return arrays."""

import numpy as np
import pytest
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn import functional as F

ARRAYS_OF = tl.active_backend().asarray

numpy_only = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the standard has no half precision")


@numpy_only
@pytest.mark.parametrize("dtype", [tl.float16, tl.bfloat16])
class TestHalfPrecision:
    @pytest.mark.parametrize(("layer", "shape"), [(nn.AdaptiveAvgPool1d, (2, 5)), (nn.AdaptiveAvgPool2d, (2, 5, 4))])
    def test_adaptive_mean(self, layer, shape, dtype, rng):
        x = rng.standard_normal(shape)
        small = tensor(x, requires_grad=False).to(dtype).requires_grad_()
        y = layer(3)(small)
        y.sum().backward()
        assert y.dtype == dtype and small.grad.dtype == dtype
        exact = host(layer(3)(tensor(x)).detach())
        np.testing.assert_allclose(host(y.detach().to(tl.float64)), exact, atol=4 * float(tl.finfo(dtype).eps))

    def test_ctc(self, dtype, rng):
        x = tensor(rng.standard_normal((5, 2, 4))).log_softmax(-1).detach()
        args = tl.tensor([[1, 2], [3, 3]]), (5, 4), (2, 2)
        loss = F.ctc_loss(x.to(dtype), *args, reduction="none")
        assert loss.dtype == dtype
        exact = host(F.ctc_loss(x, *args, reduction="none"))
        np.testing.assert_allclose(host(loss.to(tl.float64)), exact, rtol=4 * float(tl.finfo(dtype).eps))


class TestArrays:
    def test_cross_entropy(self, rng):
        logits, classes = rng.standard_normal((3, 4)), np.array([0, 3, 1])
        chances = np.eye(4)[classes]
        expected = np.log(np.exp(logits).sum(1)).mean() - logits[np.arange(3), classes].mean()
        for target in (classes, chances):
            found = F.cross_entropy(ARRAYS_OF(logits), ARRAYS_OF(target), ARRAYS_OF(np.ones(4)))
            assert not isinstance(found, tl.Tensor)
            assert_close(tensor(np.asarray(found)), expected)

    def test_one_hot(self):
        found = F.one_hot(ARRAYS_OF(np.array([0, 2])), 3)
        assert not isinstance(found, tl.Tensor)
        np.testing.assert_array_equal(np.asarray(found), np.eye(3)[[0, 2]])

    def test_class_indices_must_be_integers(self):
        with pytest.raises(tl.ShapeError, match=r"probabilities must have the logits' shape \(2, 3\), not \(2,\)"):
            F.cross_entropy(tl.ones(2, 3), tl.ones(2))
