"""Linear and bilinear maps, and layers that change axes, against formulas in NumPy."""

from math import sqrt

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional


class TestLinear:
    def test_value(self, rng):
        layer = nn.Linear(3, 2, dtype=tl.float64)
        x = rng.standard_normal((4, 5, 3))
        expected = x @ host(layer.weight.detach()).T + host(layer.bias.detach())
        assert_close(layer(tensor(x)).detach(), expected)
        assert nn.Linear(3, 2, bias=False).bias is None

    def test_functional_takes_keywords(self):
        assert F.linear(tl.ones(1, 2), weight=tl.ones(1, 2), bias=tl.ones(1)).item() == 3


class TestBilinear:
    @pytest.mark.parametrize("leading", [(), (4,), (0,), (2, 3)])
    def test_value(self, leading, rng):
        layer = nn.Bilinear(2, 3, 5, dtype=tl.float64)
        x1, x2 = rng.standard_normal((*leading, 2)), rng.standard_normal((*leading, 3))
        weight, bias = host(layer.weight.detach()), host(layer.bias.detach())
        assert_close(layer(tensor(x1), tensor(x2)).detach(), np.einsum("...i,kij,...j->...k", x1, weight, x2) + bias)

    def test_derivatives(self, rng):
        shapes = [(4, 2), (4, 3), (5, 2, 3), 5]
        tl.check_gradients(F.bilinear, tuple(leaf(rng.standard_normal(shape)) for shape in shapes))

    def test_parameters(self):
        layer = nn.Bilinear(25, 30, 40)
        for parameter in layer.parameters():
            numbers = host(parameter.detach())
            assert abs(numbers).max() <= 0.2
            assert numbers.std() == pytest.approx(0.2 / sqrt(3), rel=0.2)
        assert nn.Bilinear(2, 2, 2, bias=False).bias is None
        assert repr(layer) == "Bilinear(in1_features=25, in2_features=30, out_features=40, bias=True)"

    def test_errors(self):
        with pytest.raises(ValueError, match="Bilinear: in1_features must be a positive integer, not 0"):
            nn.Bilinear(0, 2, 3)
        with pytest.raises(tl.ShapeError, match="is for 2 and 3 features, but input1 has 3 and input2 2"):
            nn.Bilinear(2, 3, 4)(tl.ones(5, 3), tl.ones(5, 2))
        with pytest.raises(tl.ShapeError, match=r"bilinear: expects inputs .* not \(5, 2\), \(4, 3\) and \(4, 2, 3\)"):
            nn.Bilinear(2, 3, 4)(tl.ones(5, 2), tl.ones(4, 3))
        with pytest.raises(TypeError, match="bilinear: input1 must be a tensor or an array, not float"):
            F.bilinear(1.0, tl.ones(1), tl.ones(1, 1, 1))


class TestUnflatten:
    @pytest.mark.parametrize("sizes", [(2, 3), (2, -1), (-1, 1, 3), [6]])
    def test_value(self, sizes, rng):
        x = rng.standard_normal((4, 6, 5))
        assert_same(
            nn.Unflatten(1, sizes)(tensor(x)),
            x.reshape(4, *sizes, 5)
            if -1 not in sizes
            else x.reshape(4, *[-6 // np.prod(sizes) if size == -1 else size for size in sizes], 5),
        )

    def test_undoes_flatten(self, rng):
        x = leaf(rng.standard_normal((2, 3, 4)))
        tl.check_gradients(lambda x: nn.Unflatten(-1, (3, 4))(nn.Flatten()(x)) * x, (x,))

    def test_errors(self):
        for sizes in [(4, 2), (-1, 4), (-1, -1), (-2, -3), (-1, 0)]:
            with pytest.raises(tl.ShapeError, match=r"axis 1 of shape \(4, 6\) has length 6, which does not make"):
                nn.Unflatten(1, sizes)(tl.ones(4, 6))
        with pytest.raises(tl.ShapeError, match="axis 2"):
            nn.Unflatten(2, (1, 1))(tl.ones(4, 6))
        with pytest.raises(TypeError, match="unflattened_size must be a tuple of integers"):
            nn.Unflatten(1, 6)
        assert repr(nn.Unflatten(1, [2, -1])) == "Unflatten(axis=1, unflattened_size=(2, -1))"
