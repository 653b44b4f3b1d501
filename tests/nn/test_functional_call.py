"""Modules as functions of their parameters and buffers."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, network, tensor

import tensorlab as tl
from tensorlab import nn


class Two(nn.Module):
    """Two inputs, two results."""

    def forward(self, x, y, scale=1.0):
        return x * y * scale, x + y


def values(module):
    return {name: parameter.detach() for name, parameter in module.named_parameters()}


class TestFunctionalCall:
    def test_value_and_what_stays(self, rng):
        net = network()
        before = dict(net.named_parameters())
        x, w = tensor(rng.standard_normal((2, 3))), tensor(rng.standard_normal((4, 3)))
        found = nn.functional_call(net, {"0.weight": w}, x)
        other = copy.deepcopy(net)
        other[0].weight.data = w
        assert_same(found.detach(), host(other(x).detach()))
        assert all(parameter is before[name] for name, parameter in net.named_parameters())

    @staticmethod
    def loss(net, x):
        def loss(parameters):
            return (nn.functional_call(net, parameters, x) ** 2).sum()

        return loss

    def test_gradient_by_finite_differences(self, rng):
        net = network()
        names, tensors = zip(*values(net).items(), strict=True)
        x = tensor(rng.standard_normal((2, 3)))
        tl.check_gradients(
            lambda *p: nn.functional_call(net, dict(zip(names, p, strict=True)), x), [leaf(host(t)) for t in tensors]
        )
        gradients = tl.grad(self.loss(net, x))(values(net))
        self.loss(net, x)(dict(net.named_parameters())).backward()
        for name, parameter in net.named_parameters():
            assert_close(gradients[name], host(parameter.grad))

    def test_hessian_and_its_products_by_finite_differences(self, rng):
        net, x = network(), tensor(rng.standard_normal((2, 3)))
        point, loss = values(net), self.loss(net, x)
        sizes = [host(t).size for t in point.values()]
        ends = np.cumsum(sizes)[:-1]

        def gradient(vector):
            parts = np.split(vector, ends)
            given = {k: tensor(part.reshape(t.shape)) for (k, t), part in zip(point.items(), parts, strict=True)}
            return np.concatenate([host(g).ravel() for g in tl.grad(loss)(given).values()])

        flat = np.concatenate([host(t).ravel() for t in point.values()])
        steps = 1e-6 * np.eye(flat.size)
        expected = np.stack([(gradient(flat + step) - gradient(flat - step)) / 2e-6 for step in steps])
        blocks = tl.hessian(loss)(point)
        found = np.block(
            [[host(blocks[a][b]).reshape(host(point[a]).size, host(point[b]).size) for b in point] for a in point]
        )
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
        v = rng.standard_normal(flat.size)
        along = {
            k: tensor(part.reshape(t.shape)) for (k, t), part in zip(point.items(), np.split(v, ends), strict=True)
        }
        product = tl.hvp(loss, (point,), (along,))
        assert_close(tensor(np.concatenate([host(g).ravel() for g in product.values()])), found @ v, rtol=1e-9)

    def test_shared_parameters(self):
        net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
        net[1].weight = net[0].weight
        eye, x = tl.eye(2), tl.tensor([[1.0, 2.0]])
        assert_same(nn.functional_call(net, {"1.weight": 2 * eye}, x), [[4, 8]])
        one = nn.functional_call(net, {"1.weight": 2 * eye}, x, tie_weights=False)
        assert_close(one.detach(), host((2 * net[0](x)).detach()), rtol=1e-6)
        different = {"0.weight": eye, "1.weight": 2 * eye}
        assert_same(nn.functional_call(net, different, x, tie_weights=False), [[2, 4]])
        with pytest.raises(ValueError, match=r"0.weight, 1.weight are one parameter"):
            nn.functional_call(net, different, x)

    def test_buffers_are_updated_where_they_were_given(self):
        layer = nn.BatchNorm1d(1)
        mean = tl.zeros(1)
        nn.functional_call(layer, ({"weight": tl.ones(1)}, {"running_mean": mean}), tl.tensor([[1.0], [3.0]]))
        assert_close(mean, [0.2], rtol=1e-6)
        assert_same(layer.running_mean, [0])
        assert_close(layer.running_var, [1.1], rtol=1e-6)

    def test_arguments(self):
        found = nn.functional_call(Two(), {}, (tl.ones(1), tl.ones(1)), {"scale": 3.0})
        assert_same(found[0], [3])

    def test_after_an_error_everything_is_as_before(self):
        layer = nn.Linear(2, 2)
        weight = layer.weight
        with pytest.raises(tl.ShapeError):
            nn.functional_call(layer, {"weight": tl.ones(3, 3)}, tl.ones(1, 2))
        assert layer.weight is weight

    def test_errors(self):
        layer = nn.Linear(2, 2)
        with pytest.raises(KeyError, match="Linear has no parameter or buffer weights"):
            nn.functional_call(layer, {"weights": tl.ones(2, 2)}, tl.ones(1, 2))
        with pytest.raises(KeyError, match="nothing is given for bias"):
            nn.functional_call(layer, {"weight": tl.ones(2, 2)}, tl.ones(1, 2), strict=True)
        with pytest.raises(ValueError, match="more than once: weight"):
            nn.functional_call(layer, ({"weight": tl.ones(2, 2)}, {"weight": tl.ones(2, 2)}), tl.ones(1, 2))
