"""Clipping of gradients by norm, by value, and in proportion to the parameters."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl
from tensorlab import nn


def with_gradients(*arrays):
    parameters = [leaf(np.zeros_like(a)) for a in arrays]
    for parameter, array in zip(parameters, arrays, strict=True):
        parameter.grad = tensor(array)
    return [*parameters, leaf(np.zeros(2))]  # one without a gradient


class TestClipping:
    @pytest.mark.parametrize("order", [1.0, 2.0, 3.0, float("inf"), "inf"])
    @pytest.mark.parametrize("bound", [0.5, 1e3])
    def test_norm(self, order, bound, rng):
        arrays = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
        parameters = with_gradients(*arrays)
        norm = np.linalg.norm(np.concatenate([a.ravel() for a in arrays]), float(order))
        kept = [parameter.grad for parameter in parameters]
        assert_close(nn.utils.get_total_norm(kept[:2], order), norm)
        assert_close(nn.utils.clip_grad_norm_(parameters, bound, order), norm)
        for grad, array in zip(kept, arrays, strict=False):
            assert_close(grad, array * min(1, bound / (norm + 1e-6)))  # the same tensor, changed in place

    def test_value(self, rng):
        arrays = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
        parameters = with_gradients(*arrays)
        nn.utils.clip_grad_value_(parameters, 0.5)
        for parameter, array in zip(parameters, arrays, strict=False):
            assert_same(parameter.grad, np.clip(array, -0.5, 0.5))

    def test_one_parameter_and_none(self):
        (parameter, _) = with_gradients(np.array([3.0, 4.0]))
        assert nn.utils.clip_grad_norm_(parameter, 1.0).item() == pytest.approx(5)
        nn.utils.clip_grad_value_(parameter, 0.1)
        assert_close(parameter.grad, [0.1, 0.1])
        assert nn.utils.clip_grad_norm_([], 1.0).item() == 0
        assert nn.utils.clip_grad_norm_(iter([parameter]), 1.0).shape == ()

    def test_mixed_types_keep_theirs(self):
        parameters = [tl.zeros(1, dtype=dtype, requires_grad=True) for dtype in (tl.float32, tl.float64)]
        for parameter in parameters:
            parameter.grad = tl.full(1, 3.0, dtype=parameter.dtype)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        assert [parameter.grad.dtype for parameter in parameters] == [tl.float32, tl.float64]
        assert_close(parameters[1].grad, [1 / np.sqrt(2)], rtol=1e-6)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_what_is_not_finite(self, value):
        (parameter, _) = with_gradients(np.array([1.0, value]))
        with pytest.raises(RuntimeError, match="cannot be clipped"):
            nn.utils.clip_grad_norm_(parameter, 1.0, error_if_nonfinite=True)
        assert_same(parameter.grad, [1, value])
        assert not np.isfinite(nn.utils.get_total_norm([parameter.grad]).item())


class TestAdaptiveClipping:
    @pytest.mark.parametrize("order", [1.0, 2.0, float("inf"), "inf"])
    @pytest.mark.parametrize("shape", [(), (4,), (3, 4), (3, 2, 3, 3)])
    def test_each_unit(self, order, shape, rng):
        weights, gradients = rng.standard_normal(shape), rng.standard_normal(shape)
        if len(shape) > 1:
            gradients[0] *= 1e-3
            weights[1] = 0.0
        parameter = leaf(weights)
        parameter.grad = tensor(gradients)
        kept = parameter.grad
        nn.utils.clip_grad_adaptive_([parameter, leaf(np.zeros(2))], 0.1, 1e-2, order)
        rows = [(weights, gradients)] if len(shape) < 2 else list(zip(weights, gradients, strict=True))
        expected = []
        for weight, gradient in rows:
            norms = [np.linalg.norm(np.ravel(x), float(order)) for x in (weight, gradient)]
            expected.append(gradient * min(1.0, 0.1 * max(norms[0], 1e-2) / norms[1]))
        assert_close(kept, np.reshape(expected, shape))
        assert_same(parameter.detach(), weights)

    def test_zeros_stay_and_other_types_too(self):
        for dtype in (tl.float32, tl.float64, tl.complex64):
            parameter = tl.zeros(2, 3, dtype=dtype, requires_grad=True)
            parameter.grad = tl.zeros(2, 3, dtype=dtype)
            nn.utils.clip_grad_adaptive_(parameter, 0.1, 0.0)
            assert parameter.grad.dtype == dtype and not parameter.grad.any()

    def test_wrong_options(self):
        with pytest.raises(ValueError, match="clip_grad_adaptive_: clip_factor must be a non-negative number, not -1"):
            nn.utils.clip_grad_adaptive_([], -1)
        with pytest.raises(TypeError, match="clip_grad_adaptive_: parameters must be a Tensor or an iterable"):
            nn.utils.clip_grad_adaptive_(3)


def test_an_exhausted_generator_is_warned_of():
    layer = tl.nn.Linear(2, 2)
    parameters = layer.parameters()
    list(parameters)
    with pytest.warns(UserWarning, match="an iterator without elements") as caught:
        assert tl.nn.utils.clip_grad_norm_(parameters, 1.0).item() == 0
    assert caught[0].filename == __file__
    assert tl.nn.utils.clip_grad_norm_([], 1.0).item() == 0
