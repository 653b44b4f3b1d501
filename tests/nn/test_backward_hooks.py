"""Hooks on the backward pass of modules."""

import pytest
from helpers import assert_close, assert_same, host, leaf, network, tensor

import tensorlab as tl
from tensorlab import nn


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
