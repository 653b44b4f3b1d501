"""Clipping of gradients by norm and by value."""

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


def test_an_exhausted_generator_is_warned_of():
    layer = tl.nn.Linear(2, 2)
    parameters = layer.parameters()
    list(parameters)
    with pytest.warns(UserWarning, match="an iterator without elements") as caught:
        assert tl.nn.utils.clip_grad_norm_(parameters, 1.0).item() == 0
    assert caught[0].filename == __file__
    assert tl.nn.utils.clip_grad_norm_([], 1.0).item() == 0
