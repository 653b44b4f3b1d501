"""The backward pass: gradients, memory, errors, and modes of recording."""

import gc
import time
import weakref

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab.autodiff.graph import FREED, ancestors
from tensorlab.tensor import Leaf


def test_chain_of_a_hundred_thousand_ops():
    """Neither the backward pass nor freeing the graph is recursive."""
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.00001
    y.backward()
    assert_close(x.grad, np.asarray(1.00001**100_000), rtol=1e-9)
    node = weakref.ref(y._node)
    del y
    gc.collect()
    assert node() is None


def test_a_long_graph_that_was_never_swept_is_freed():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    node = weakref.ref(y._node)
    del y
    assert node() is None


def test_forward_mode_through_a_long_chain():
    def power(x):
        for _ in range(20_000):
            x = x * 1.0001
        return x

    assert_close(tl.jvp(power, (tensor(1.0),), (tensor(1.0),))[1], np.asarray(1.0001**20_000), rtol=1e-9)


def test_wide_graphs_take_linear_time():
    """A sum of many uses of one tensor; quadratic work would take minutes."""
    x = leaf(1.0)
    total = x * 0
    for _ in range(20_000):
        total = total + x
    start = time.perf_counter()
    total.backward()
    assert time.perf_counter() - start < 5
    assert x.grad.item() == 20_000


def test_gradients_of_all_uses_of_a_tensor_are_added():
    x = leaf([2.0, 3.0])
    (x * x + x).sum().backward()
    assert_same(x.grad, np.array([5.0, 7.0]))


def test_gradient_of_a_tensor_as_both_operands():
    x = leaf(np.eye(2) + 1)
    tl.check_gradients(lambda a: a @ a, (x.detach(),))
    (x - x).sum().backward()
    assert_same(x.grad, np.zeros((2, 2)))


def test_diamonds_visit_each_node_once():
    """2**60 paths lead from x to y."""
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_gradients_accumulate_until_cleared():
    x = leaf([1.0, 2.0])
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert_same(x.grad, np.array([5.0, 5.0]))
    assert_same(first, np.array([2.0, 2.0]))  # a gradient that is referred to elsewhere does not change
    x.grad = None
    (x * 3).sum().backward()
    assert_same(x.grad, np.array([3.0, 3.0]))


def test_a_second_pass_through_a_freed_graph_is_refused():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"this graph was freed by an earlier backward pass.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == 6.0


def test_shared_part_of_two_graphs_is_freed_too():
    x = leaf(3.0)
    shared = x * x
    (shared * 2).backward()
    with pytest.raises(RuntimeError, match="freed"):
        (shared * 3).backward()


def test_retain_graph_allows_a_second_pass():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_saved_arrays_are_freed_during_the_pass():
    x = leaf(np.ones(3))
    y = tl.exp(x)
    z = y.sum()
    z.backward()
    assert y._node.saved is FREED


def test_graph_does_not_keep_leaves_alive():
    x = leaf(np.ones(3))
    gone = weakref.ref(x)
    y = x * 2
    del x
    assert gone() is None
    y.sum().backward()  # the gradient of a leaf that no longer exists is dropped


def test_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = tl.exp(x) * x
        node = weakref.ref(y._node)
        y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()


# -- gradients share no memory -----------------------------------------------------------------------------------------


def assert_independent(*tensors):
    """Assert that writing into each of the tensors changes none of the others."""
    before = [host(t).copy() for t in tensors]
    for i, t in enumerate(tensors):
        with tl.no_grad():
            t[...] = 77.0
        for j, (other, old) in enumerate(zip(tensors, before, strict=True)):
            if j > i:
                assert_same(other, old)


def test_gradients_of_two_leaves_share_no_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).sum().backward()
    assert_independent(x.grad, y.grad)


def test_gradient_and_seed_share_no_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = tensor([5.0, 6.0])
    (x + y).backward(seed)
    assert_same(x.grad, np.array([5.0, 6.0]))
    assert_independent(x.grad, seed, y.grad)


def test_gradient_and_seed_share_no_memory_with_create_graph():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = tensor([5.0, 6.0])
    (x + y).backward(seed, create_graph=True)
    assert x.grad is not seed
    assert x.grad is not y.grad
    assert_independent(x.grad, seed, y.grad)


def test_gradient_and_operands_share_no_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = tensor([1.0, 1.0])
    (x * y).backward(seed)
    assert_independent(x.grad, y.grad, x.detach(), y.detach(), seed)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.reshape(-1), lambda x: x.T, lambda x: x[::-1], lambda x: tl.broadcast_to(x, (3, 2, 2)),
        lambda x: tl.concat([x, x]), lambda x: x.sum(), lambda x: x, lambda x: +x, tl.real,
        tl.flip,
        lambda x: x.astype("float64"), lambda x: tl.squeeze(x[None]), lambda x: tl.stack([x, x]), lambda x: x * 1,
    ],
)  # fmt: skip
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_through_views_share_no_memory(function, create_graph):
    x, z = leaf(np.arange(4.0).reshape(2, 2)), leaf(np.arange(4.0).reshape(2, 2))
    y = function(x) + function(z)
    seed = tensor(np.ones(y.shape))
    y.backward(seed, create_graph=create_graph)
    assert_independent(x.grad, seed, z.grad, x.detach())


def test_backward_of_a_leaf():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0
    y = leaf([2.0])
    seed = tensor([3.0])
    y.backward(seed)
    assert_independent(y.grad, seed)


def test_gradients_are_writable_and_owned():
    """A broadcast view would be read-only, and in-place optimizers need to write."""
    x = leaf(np.ones((2, 3)))
    x.sum().backward()
    with tl.no_grad():
        x.grad[0, 0] = 5.0
    assert host(x.grad).sum() == 10.0


# -- shapes and layouts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((2, 1, 3), (4, 1)), ((1,), (5,)), ((0, 3), (1, 3)), ((0,), (1,))],
)
def test_broadcasting_sums_the_gradient(first, second):
    x, y = leaf(np.ones(first)), leaf(np.full(second, 2.0))
    product = x * y
    product.backward(tl.ones_like(product))
    size = np.prod(product.shape)
    assert_same(x.grad, np.full(first, 2.0 * size / max(np.prod(first), 1) if np.prod(first) else 0.0))
    assert_same(y.grad, np.full(second, size / np.prod(second)))


def test_gradient_of_a_0d_tensor():
    x = leaf(2.0)
    y = tl.exp(x) * x
    assert y.shape == ()
    y.backward()
    assert x.grad.shape == ()
    assert_close(x.grad, np.asarray(3 * np.exp(2.0)))


def test_gradient_of_an_empty_tensor():
    x = leaf(np.zeros((0, 3)))
    ((x * 2).sum() + (x @ leaf(np.ones((3, 2)))).sum()).backward()
    assert x.grad.shape == (0, 3)


def test_gradient_of_a_transposed_leaf():
    x = tl.permute_dims(tensor(np.arange(6.0).reshape(2, 3)), (1, 0)).requires_grad_()
    (x * tensor(np.arange(6.0).reshape(3, 2))).sum().backward()
    assert_same(x.grad, np.arange(6.0).reshape(3, 2))


# -- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64"])
def test_only_floating_tensors_require_gradients(dtype):
    with pytest.raises(TypeError, match=f"only floating-point and complex tensors can require gradients, not {dtype}"):
        tl.ones(2, dtype=dtype, requires_grad=True)
    x = tl.ones(2, dtype=dtype)
    with pytest.raises(TypeError, match="only floating-point"):
        x.requires_grad_()
    assert not x.requires_grad


def test_backward_without_history_is_refused():
    with pytest.raises(RuntimeError, match="does not depend on anything that requires a gradient"):
        tensor(1.0).backward()


def test_backward_of_several_elements_needs_a_gradient():
    with pytest.raises(RuntimeError, match=r"backward\(\) of a tensor of shape \(2,\) needs gradient=..."):
        (leaf([1.0, 2.0]) * 2).backward()


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the tensor has shape \(2,\)"):
        (leaf([1.0, 2.0]) * 2).backward(tensor([1.0, 1.0, 1.0]))


def test_computed_tensors_cannot_stop_requiring():
    y = leaf([1.0]) * 2
    with pytest.raises(RuntimeError, match=r"a computed tensor cannot stop requiring its gradient; use .detach\(\)"):
        y.requires_grad = False
    x = leaf([1.0])
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_numpy_of_a_tensor_with_gradient_is_refused():
    x = leaf([1.0])
    for convert in (lambda: x.numpy(), lambda: np.asarray(x)):
        with pytest.raises(RuntimeError, match=r"use .detach\(\).numpy\(\)"):
            convert()
    assert x.detach().numpy().tolist() == [1.0]


# -- not recording -----------------------------------------------------------------------------------------------------


def test_no_grad_as_context_and_decorator():
    x = leaf(2.0)

    @tl.no_grad()
    def square(y):
        return y * y

    with tl.no_grad():
        assert not tl.is_grad_enabled()
        assert not (x * x).requires_grad
        with tl.enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad
    assert tl.is_grad_enabled()
    assert not square(x).requires_grad
    assert (x * x).requires_grad
    assert square.__name__ == "square"


def test_nothing_is_recorded_without_gradients():
    assert (tensor(1.0) * 2)._node is None
    assert (leaf(1.0).detach() * 2)._node is None


def test_only_what_rules_need_is_saved():
    x, w = tensor(np.ones((4, 3))), leaf(np.ones((2, 3)))
    y = tl.linear(x, w, None)
    # x requires no gradient, so that the weight is not saved.
    assert sum(array.size for _, array in y._node.op.saved_arrays(y._node, y._node.saved)) == 12


@pytest.mark.parametrize(
    "context", [tl.no_grad, tl.enable_grad, tl.detect_anomaly, lambda: tl.use_backend(tl.active_backend().name)]
)
def test_exceptions_restore_the_mode(context):
    """The fixture in conftest.py compares the mode and the backend before and after."""
    with pytest.raises(KeyError), context():
        raise KeyError


@pytest.mark.parametrize("transform", [tl.grad, tl.value_and_grad, tl.jacobian, tl.hessian, tl.checkpoint])
def test_exceptions_inside_a_transform_restore_the_mode(transform):
    def fails(x):
        raise KeyError

    with pytest.raises(KeyError):
        transform(fails)(leaf(1.0))
    with pytest.raises(KeyError), tl.no_grad():
        transform(fails)(leaf(1.0))
    for call in (lambda: tl.vjp(fails, leaf(1.0)), lambda: tl.jvp(fails, (leaf(1.0),), (tensor(1.0),))):
        with pytest.raises(KeyError):
            call()
    x = leaf(2.0)
    (x * x).backward()
    assert x.grad.item() == 4.0


def test_an_exception_in_a_rule_reaches_the_caller():
    @tl.custom_gradient
    def broken(x):
        def gradient(g):
            raise KeyError

        return x * 2, gradient

    x = leaf(1.0)
    with pytest.raises(KeyError):
        broken(x).backward()
    with pytest.raises(KeyError):
        broken(x).backward(create_graph=True)
    assert x.grad is None


# -- higher orders by create_graph -------------------------------------------------------------------------------------


def test_create_graph_allows_higher_derivatives():
    x = leaf(2.0)
    (x**4).backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward(create_graph=True)
    second = x.grad
    x.grad = None
    second.backward()
    assert (first.item(), second.item(), x.grad.item()) == (32.0, 48.0, 48.0)


def test_ancestors_are_sorted_latest_first():
    x = leaf(1.0)
    y = (x * 2 + tl.exp(x)) * x
    order = ancestors([y._node])
    assert order[0] is y._node
    assert isinstance(order[-1], Leaf)
    for i, node in enumerate(order):
        assert all(order.index(parent) > i for parent in node.parents if parent is not None)
