"""Backward hooks, calls with other parameters, parameter containers, deep copies, clipping, parameters as a vector."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab import nn


def network():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    for parameter in net.parameters():
        parameter.data = tl.randn(*parameter.shape, dtype=tl.float64)
    return net


def values(module):
    return {name: parameter.detach() for name, parameter in module.named_parameters()}


class Two(nn.Module):
    """Two inputs, two results."""

    def forward(self, x, y, scale=1.0):
        return x * y * scale, x + y


class TestBackwardHooks:
    def test_gradients_of_inputs_and_outputs(self, rng):
        layer, seen = nn.Linear(3, 2, dtype=tl.float64), []
        layer.register_full_backward_hook(lambda *args: seen.append(args))
        x, g = leaf(rng.standard_normal((4, 3))), rng.standard_normal((4, 2))
        layer(x).backward(tensor(g))
        ((module, (grad_input,), (grad_output,)),) = seen
        assert module is layer
        assert_same(grad_output, g)
        assert_close(grad_input, g @ host(layer.weight.detach()))
        assert_same(grad_input, host(x.grad))

    def test_several_inputs_and_outputs(self):
        module, seen = Two(), []
        module.register_full_backward_hook(lambda _, grad_input, grad_output: seen.append((grad_input, grad_output)))
        x, y = tl.tensor([2.0], requires_grad=True), tl.tensor([5.0])
        product, total = module(x, y, scale=3.0)
        (product + 7 * total).sum().backward()
        (((of_x, of_y), (of_product, of_total)),) = seen
        assert_same(of_x, [22])
        assert of_y is None
        assert_same(of_product, [1])
        assert_same(of_total, [7])
        seen.clear()
        product, _ = module(x, y)
        product.sum().backward()
        assert seen[0][1][1] is None

    def test_what_a_hook_returns_replaces_the_gradient(self):
        layer = nn.Identity()
        layer.register_full_backward_pre_hook(lambda _, grad_output: (10 * grad_output[0],))
        layer.register_full_backward_hook(lambda _, grad_input, grad_output: grad_input[0] + grad_output[0])
        x = tl.ones(2, requires_grad=True)
        layer(x).sum().backward()
        assert_same(x.grad, [20, 20])

    def test_order_and_removal(self):
        layer, seen = nn.Identity(), []
        layer.register_full_backward_hook(lambda *_: seen.append("second"))
        first = layer.register_full_backward_hook(lambda *_: seen.append("first"), prepend=True)
        layer.register_full_backward_pre_hook(lambda *_: seen.append("before"))
        layer(tl.ones(1, requires_grad=True)).sum().backward()
        assert seen == ["before", "first", "second"]
        first.remove()
        layer(tl.ones(1, requires_grad=True)).sum().backward()
        assert seen[3:] == ["before", "second"]

    def test_inputs_that_need_no_gradient(self):
        layer, seen = nn.Linear(3, 2), []
        handle = layer.register_full_backward_hook(lambda _, *gradients: seen.append(gradients))
        layer(tl.ones(1, 3)).sum().backward()
        (((grad_input,), (grad_output,)),) = seen
        assert grad_input is None
        assert_same(grad_output, [[1, 1]])
        assert layer.weight.grad is not None
        with tl.no_grad():
            layer(tl.ones(1, 3))
        assert len(seen) == 1
        handle.remove()
        layer.register_full_backward_hook(lambda _, grad_input, grad_output: tl.ones(1, 3))
        with pytest.raises(RuntimeError, match="none requires a gradient"):
            layer(tl.ones(1, 3)).sum().backward()

    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            ((tl.ones(2), tl.ones(2)), "returned 2 gradients for the 1 of grad_input"),
            (tl.ones(3), r"returned a tensor of shape \(3,\) in grad_input where a tensor of shape \(2,\)"),
            (1.0, "returned float"),
        ],
    )
    def test_errors(self, returned, message):
        layer = nn.Identity()
        layer.register_full_backward_hook(lambda *_: returned)
        with pytest.raises(RuntimeError, match=message):
            layer(tl.ones(2, requires_grad=True)).sum().backward()

    @pytest.mark.parametrize("when", ["register_full_backward_hook", "register_full_backward_pre_hook"])
    def test_derivatives_of_any_order_go_through(self, when, rng):
        net, seen = network(), []
        getattr(net[0], when)(lambda *_: seen.append(1))
        getattr(net[1], when)(lambda *_: None)
        tl.check_gradients(lambda x: net(x), (leaf(rng.standard_normal((2, 3))),))
        assert seen

    def test_forward_mode_calls_no_hook(self):
        layer, seen = nn.Tanh(), []
        layer.register_full_backward_hook(lambda *_: seen.append(1))
        _, tangent = tl.jvp(layer, (tl.zeros(2),), (tl.ones(2),))
        assert_same(tangent, [1, 1])
        assert not seen

    def test_complex_gradients_are_the_ones_that_leaves_get(self):
        layer, seen = nn.Identity(), []
        layer.register_full_backward_hook(lambda _, grad_input, grad_output: seen.append(grad_input[0]))
        x = tl.tensor([1 + 2j], requires_grad=True)
        tl.real(layer(x) * (3 + 1j)).sum().backward()
        assert_same(x.grad, [3 - 1j])
        assert_same(seen[0], [3 - 1j])

    def test_in_half_precision(self):
        if tl.active_backend().native_dtype("float16") is None:
            pytest.skip("this backend has no float16")
        layer, seen = nn.Identity(), []
        layer.register_full_backward_hook(lambda _, grad_input, grad_output: seen.append(grad_input[0].dtype))
        x = tl.ones(2, dtype=tl.float16, requires_grad=True)
        (2 * layer(x)).sum().backward()
        assert_same(x.grad, [2, 2])
        assert seen == [tl.float16]


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


class TestDeepCopy:
    def test_shared_parameters_stay_shared(self):
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[1].weight = net[0].weight
        net(tl.ones(1, 2)).sum().backward()
        other = copy.deepcopy(net)
        assert other[1].weight is other[0].weight
        assert other[0].weight is not net[0].weight
        assert_same(other[0].weight.grad, host(net[0].weight.grad))
        other[0].weight.data = tl.zeros(2, 2)
        assert host(net[0].weight.detach()).any()

    def test_hooks_are_copied(self):
        layer, seen = nn.Identity(), []
        layer.register_forward_hook(lambda *_: seen.append("forward"))
        layer.register_full_backward_hook(lambda *_: seen.append("backward"))
        other = copy.deepcopy(layer)
        layer._hooks.clear()
        other(tl.ones(1, requires_grad=True)).sum().backward()
        assert seen == ["forward", "backward"]


class TestParameterList:
    def test_it_is_a_list(self):
        first, second = nn.Parameter(tl.ones(2)), tl.zeros(3)
        held = nn.ParameterList([first, second])
        assert held[0] is first
        assert isinstance(held[1], nn.Parameter)
        assert [p.shape for p in held] == [(2,), (3,)]
        held.append(tl.ones(1)).extend([tl.ones(4)])
        held += [tl.ones(5)]
        assert len(held) == 5
        assert held[-1].shape == (5,)
        assert [p.shape for p in held[1:4:2]] == [(3,), (4,)]
        held[-2] = tl.ones(6)
        assert list(held.state_dict()) == ["0", "1", "2", "3", "4"]
        assert held.state_dict()["3"].shape == (6,)
        assert list(nn.ParameterList().parameters()) == []

    def test_other_values(self):
        held = nn.ParameterList([tl.ones(2), "name", None])
        assert held[1] == "name"
        assert held[2] is None
        held[0] = 3
        assert held[0] == 3
        assert not held.state_dict()
        assert repr(nn.ParameterList([tl.ones(2, 3), "name"])) == (
            "ParameterList(\n  (0): Parameter containing: [float32 of size 2x3]\n  (1): Object of type: str\n)"
        )
        assert repr(nn.ParameterList()) == "ParameterList()"

    def test_errors(self):
        held = nn.ParameterList([tl.ones(2)])
        with pytest.raises(IndexError, match="ParameterList of 1 values has no value 1"):
            held[1]
        with pytest.raises(TypeError, match="an iterable of values, not Tensor"):
            held.extend(tl.ones(2))
        with pytest.raises(RuntimeError, match="not to be called"):
            held(tl.ones(2))


class TestParameterDict:
    def test_it_is_a_dictionary(self):
        held = nn.ParameterDict({"b": tl.ones(2), "a": tl.zeros(3)})
        assert list(held) == ["b", "a"]
        assert list(held.keys()) == ["b", "a"]
        assert list(reversed(held)) == ["a", "b"]
        assert isinstance(held["b"], nn.Parameter)
        assert "a" in held
        assert held.get("c", 5) == 5
        assert held.setdefault("c", tl.ones(4)).shape == (4,)
        assert held.setdefault("c").shape == (4,)
        assert len(held) == 3
        assert [key for key, _ in held.items()] == ["b", "a", "c"]
        assert [p.shape for p in held.values()] == [(2,), (3,), (4,)]
        assert held.pop("a").shape == (3,)
        assert held.popitem()[0] == "c"
        del held["b"]
        assert not held.state_dict()
        held.update([("x", tl.ones(1))])
        held.clear()
        assert len(held) == 0

    def test_union_and_copies(self):
        left, right = nn.ParameterDict({"a": tl.ones(1), "b": tl.ones(1)}), nn.ParameterDict({"b": tl.ones(2)})
        assert {k: v.shape for k, v in (left | right).items()} == {"a": (1,), "b": (2,)}
        assert {k: v.shape for k, v in ({"b": tl.ones(3)} | right).items()} == {"b": (2,)}
        assert left.copy()["a"] is left["a"]
        left |= right
        assert left["b"] is right["b"]
        assert left.fromkeys(["u", "v"], 1)["v"] == 1

    def test_other_values(self):
        held = nn.ParameterDict({"a": tl.ones(2), "n": 3})
        held["a"] = "text"
        assert not held.state_dict()
        assert repr(held) == "ParameterDict(\n  (a): Object of type: str\n  (n): Object of type: int\n)"

    @pytest.mark.parametrize("key", ["a.b", "", "keys", "training", "_keys"])
    def test_impossible_keys(self, key):
        with pytest.raises(KeyError):
            nn.ParameterDict({key: tl.ones(1)})

    def test_errors(self):
        held = nn.ParameterDict()
        with pytest.raises(TypeError, match="a key must be a string, not int"):
            held[1] = tl.ones(1)
        with pytest.raises(KeyError):
            held["a"]
        with pytest.raises(KeyError):
            held.popitem()
        with pytest.raises(RuntimeError, match="not to be called"):
            held()


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
        with pytest.raises(TypeError, match="must be a tensor, not list"):
            nn.utils.vector_to_parameters([1.0], [])
