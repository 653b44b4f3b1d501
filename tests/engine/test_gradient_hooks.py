"""Hooks on the gradient of a tensor, and gradients of computed tensors that are retained."""

import gc
import weakref

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_sees_the_whole_gradient_of_a_computed_tensor(create_graph):
    x, seen = leaf([1.0, 2.0]), []
    y = x * x
    y.register_hook(lambda g: seen.append(g.tolist()))
    (3 * y + y * y).sum().backward(create_graph=create_graph)
    assert seen == [[3 + 2 * 1.0, 3 + 2 * 4.0]]
    assert_same(x.grad, np.array([5 * 2.0, 11 * 4.0]))


def test_a_hook_replaces_the_gradient():
    x = leaf([1.0, 2.0])
    y = x * x
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g + 1)
    y.sum().backward()
    assert_same(x.grad, np.array([11 * 2.0, 11 * 4.0]))


def test_a_hook_of_a_leaf_runs_once_before_the_gradient_is_added():
    x, seen = leaf([1.0, 2.0]), []
    x.grad = tensor([100.0, 100.0])
    handle = x.register_hook(lambda g: (seen.append(g), 2 * g)[1])
    (x * x + x).sum().backward()
    assert_same(seen[0], np.array([3.0, 5.0]))
    assert len(seen) == 1
    assert_same(x.grad, np.array([106.0, 110.0]))
    handle.remove()
    (x * x + x).sum().backward()
    assert len(seen) == 1
    assert_same(x.grad, np.array([109.0, 115.0]))


@pytest.mark.parametrize("returned", [False, True])
def test_what_a_hook_keeps_does_not_share_memory_with_gradients(returned):
    x, kept = leaf([1.0, 2.0]), []
    constant = tensor([7.0, 7.0])
    x.register_hook(lambda g: constant if returned else kept.append(g))
    (2 * x).sum().backward()
    x.grad += 1
    assert constant.tolist() == [7, 7]
    assert returned or kept[0].tolist() == [2, 2]


def test_hooks_of_results_that_are_not_used_do_not_run():
    x = leaf([2.0, 1.0])
    first, second = tl.unstack(x)
    unused = x * 5
    for part in (second, unused):
        part.register_hook(lambda g: pytest.fail("it has no gradient"))
    first.register_hook(lambda g: 3 * g)
    first.backward()
    assert_same(x.grad, np.array([3.0, 0.0]))


def test_hooks_of_one_of_several_results():
    x = tl.randn(3, 3, dtype="float64", requires_grad=True)
    seen = []
    r = tl.linalg.qr(x)[1]
    r.register_hook(lambda g: seen.append(g.tolist()))
    (2 * r).sum().backward()
    assert seen == [[[2.0] * 3] * 3]


def test_hooks_run_in_transforms():
    def function(v):
        y = v**2
        if y.requires_grad:
            y.register_hook(lambda g: 2 * g)
        return y.sum()

    assert_close(tl.grad(function)(tensor([1.0, 3.0])), np.array([4.0, 12.0]))
    assert_close(tl.hessian(function)(tensor([1.0, 3.0])), 4 * np.eye(2))


def test_the_gradient_in_a_hook_is_conjugated_as_in_grad():
    z, seen = leaf([1 + 2j], "complex128"), []
    w = z * 1
    w.register_hook(seen.append)
    abs(w).square().sum().backward()
    assert_close(seen[0], np.array([2 * (1 + 2j)]))
    assert_close(z.grad, np.array([2 * (1 + 2j)]))


def test_hooks_compute_without_recording():
    x = leaf([1.0])
    recorded = []
    x.register_hook(lambda g: recorded.append(tl.is_grad_enabled()))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    assert recorded == [False, True]


@pytest.mark.parametrize(("wrong", "text"), [(tl.ones(3), r"shape \(3,\)"), (1.0, "float")])
def test_a_hook_that_returns_something_else_is_refused(wrong, text):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: wrong)
    with pytest.raises(ValueError, match=rf"a hook must return None or a tensor of shape \(2,\), not {text}"):
        x.sum().backward()
    assert x.grad is None


def test_tensors_without_gradient_have_no_hooks():
    for method, argument in (("register_hook", (print,)), ("retain_grad", ())):
        with pytest.raises(RuntimeError, match=f"{method}: the tensor does not require a gradient"):
            getattr(tl.ones(2), method)(*argument)
    assert not tl.ones(2).retains_grad


def test_hooks_do_not_outlive_their_graph():
    def node_with_hooks():
        y = leaf([1.0]) * 2
        y.register_hook(lambda g: y.shape)  # refers to its own tensor
        y.retain_grad()
        return weakref.ref(y._node)

    node = node_with_hooks()
    gc.collect()
    assert node() is None


def test_a_retained_gradient_is_kept_and_added_to():
    x = leaf([1.0, 2.0])
    y = x * x
    assert not y.retains_grad
    y.retain_grad()
    assert y.retains_grad
    z = (y * y).sum()
    z.backward(retain_graph=True)
    assert_same(y.grad, np.array([2.0, 8.0]))
    y.grad += 0
    z.backward()
    assert_same(y.grad, np.array([4.0, 16.0]))
    assert_same(x.grad, 2 * np.array([4.0, 32.0]))


def test_a_leaf_retains_its_gradient_anyway():
    x = leaf([1.0])
    x.retain_grad()
    assert not x.retains_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [2]


def test_the_retained_gradient_is_that_after_the_hooks():
    x = leaf([1.0])
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    assert y.grad.tolist() == [2]
    assert x.grad.tolist() == [6]


def test_changes_in_place():
    """Hooks stay with the old contents; the retained gradient is that of the new ones."""
    x, seen = leaf([3.0]), []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.retain_grad()
    y *= y
    (5 * y).sum().backward()
    assert seen == [[5 * 2 * 3.0]]
    assert y.grad.tolist() == [5]
    assert x.grad.tolist() == [30]


def test_a_retained_gradient_can_be_differentiated():
    x = leaf([2.0])
    y = x * x
    y.retain_grad()
    (y**3).sum().backward(create_graph=True)
    assert y.grad.tolist() == [3 * 16.0]
    x.grad = None
    y.grad.sum().backward()
    assert x.grad.tolist() == [6 * 4.0 * 4.0]
