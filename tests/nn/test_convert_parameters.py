"""Parameters as one vector, and the inverse."""

import numpy as np
import pytest
from helpers import assert_same, host, network, tensor

import tensorlab as tl
from tensorlab import nn


class TestVector:
    def test_there_and_back(self, rng):
        net = network()
        expected = np.concatenate([host(p.detach()).ravel() for p in net.parameters()])
        vector = nn.utils.parameters_to_vector(net.parameters())
        assert_same(vector.detach(), expected)
        assert vector.requires_grad
        other = rng.standard_normal(expected.shape)
        given = tensor(other)
        nn.utils.vector_to_parameters(given, net.parameters())
        assert_same(nn.utils.parameters_to_vector(net.parameters()).detach(), other)
        nn.init.zeros_(net[0].weight)
        assert_same(given, other)

    def test_gradients_flow_into_the_vector(self):
        layer = nn.Linear(2, 1)
        (nn.utils.parameters_to_vector(layer.parameters()) * tl.tensor([1.0, 2.0, 3.0])).sum().backward()
        assert_same(layer.weight.grad, [[1, 2]])
        assert_same(layer.bias.grad, [3])

    def test_types_and_scalars(self):
        targets = [nn.Parameter(tl.ones((), dtype=tl.float64)), nn.Parameter(tl.ones(1))]
        assert nn.utils.parameters_to_vector(targets[:1]).shape == (1,)
        nn.utils.vector_to_parameters(tl.tensor([2.0, 3.0]), targets)
        assert targets[0].dtype == tl.float64
        assert_same(targets[0].detach(), 2)
        assert nn.utils.parameters_to_vector([]).shape == (0,)

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match=r"vec must have shape \(3,\), not \(4,\)"):
            nn.utils.vector_to_parameters(tl.ones(4), nn.Linear(2, 1).parameters())
        with pytest.raises(TypeError, match="vec must be a Tensor, not \\["):
            nn.utils.vector_to_parameters([1.0], [])
