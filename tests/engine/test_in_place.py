"""Changes in place give the correct gradient or raise."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor

import tensorlab as tl
from tensorlab.autodiff.graph import WriteLog, write_log

LEAF = "a leaf tensor that requires a gradient cannot be changed in place"
VIEW = "a view cannot be changed in place while operations are recorded"
NEEDED = "needs for its gradient was changed in place after it was used"
views_known = pytest.mark.skipif(
    tl.active_backend().name == "strict", reason="the standard does not say which arrays share memory"
)


def test_writing_a_leaf_that_requires_a_gradient_is_refused():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=LEAF):
        x[0] = 5.0
    with pytest.raises(RuntimeError, match=LEAF):
        x += 1
    assert_same(x, np.array([1.0, 2.0]))
    with tl.no_grad():
        x[0] = 5.0
        x += 1
    assert_same(x, np.array([6.0, 3.0]))
    assert x.requires_grad


def test_gradient_of_writing_into_a_computed_tensor():
    x, v = leaf([1.0, 2.0, 3.0]), leaf(10.0)
    y = x * x
    y[1] = v * 3
    (y * y).sum().backward()
    assert_close(x.grad, np.array([4.0, 0.0, 108.0]))
    assert_close(v.grad, np.asarray(2 * 30 * 3.0))


def test_write_a_traced_value_into_an_untraced_tensor():
    v = leaf([1.0, 2.0])
    y = tensor(np.zeros(4))
    y[1:3] = v
    assert y.requires_grad
    (y * tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert_same(v.grad, np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda y: y.__iadd__(1), 1), (lambda y: y.__isub__(1), 1), (lambda y: y.__imul__(3), 3),
        (lambda y: y.__itruediv__(2), 0.5), (lambda y: y.__ipow__(2), 4),
    ],
)  # fmt: skip
def test_gradient_of_augmented_assignment(change, expected):
    x = leaf([2.0])
    y = x * 1
    same = change(y)
    assert same is y
    y.sum().backward()
    assert_close(x.grad, np.array([expected], "float64"))


def test_earlier_uses_keep_their_values():
    """`a` was computed from y before the change: its gradient is that of the old y."""
    x = leaf([2.0])
    y = x * 1
    a = y * y
    y *= 10
    (a + y).sum().backward()
    assert_close(x.grad, np.array([2 * 2.0 + 10]))


def test_fill_a_tensor_row_by_row():
    x = leaf([1.0, 2.0])
    out = tensor(np.zeros((3, 2)))
    for i in range(3):
        out[i] = x * (i + 1)
    (out**2).sum().backward()
    assert_close(x.grad, 2 * 14 * np.array([1.0, 2.0]))


def test_second_derivatives_through_writes():
    def function(x):
        y = x * x
        y[0] = x[1] ** 3
        y += x
        return y

    tl.check_gradients(function, (tensor([1.5, 2.5]),))


@views_known
def test_writing_a_view_of_a_computed_tensor_is_refused():
    x = leaf([1.0, 2.0])
    y = x * x
    row = y[:1]
    with pytest.raises(RuntimeError, match=VIEW):
        row[0] = 0.0
    row.clone()[0] = 0.0
    y.sum().backward()
    assert_same(x.grad, np.array([2.0, 4.0]))


@views_known
def test_writing_a_view_of_a_leaf_is_refused():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=VIEW):
        x[:1][0] = 0.0


@views_known
def test_write_through_a_view_without_gradients():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    x[0][1] = 7.0
    x.T[0] = 5.0
    assert_same(x, np.array([[5.0, 7.0], [5.0, 4.0]]))


def test_overwriting_a_saved_operand_is_noticed():
    x, c = leaf([1.0, 2.0]), tensor([3.0, 4.0])
    y = (x * c).sum()
    c[0] = 100.0
    with pytest.raises(RuntimeError, match=rf"a tensor of shape \(2,\) that multiply {NEEDED}"):
        y.backward()
    assert x.grad is None


def test_overwriting_a_saved_leaf_is_noticed():
    """As an optimizer's step between forward and backward would do."""
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    with tl.no_grad():
        x -= 0.1
    with pytest.raises(RuntimeError, match=NEEDED):
        y.backward()


def test_overwriting_a_saved_result_is_noticed():
    x = leaf([1.0, 2.0])
    y = tl.exp(x)
    z = y.sum()
    with tl.no_grad():
        y[0] = 0.0
    with pytest.raises(RuntimeError, match=f"that exp {NEEDED}"):
        z.backward()


@views_known
def test_overwriting_a_saved_operand_through_a_view_is_noticed():
    x, c = leaf([1.0, 2.0]), tensor([3.0, 4.0])
    y = (x * c[:]).sum()
    c.reshape(2, 1)[0] = 100.0
    with pytest.raises(RuntimeError, match=NEEDED):
        y.backward()


def test_harmless_changes_are_allowed():
    x, c = leaf([1.0, 2.0]), tensor([3.0, 4.0])
    y = (x + c).sum()  # nothing is saved for a sum
    c[0] = 100.0
    y.backward()
    assert_same(x.grad, np.ones(2))
    before = tensor([1.0, 1.0])
    before[0] = 5.0  # a change before the use
    (x * before).sum().backward()
    assert_same(x.grad, np.array([6.0, 2.0]))


def test_forward_mode_notices_overwritten_values():
    c = tensor([3.0])

    def function(x):
        y = x * c
        c[0] = 100.0
        return y

    with pytest.raises(RuntimeError, match=NEEDED):
        tl.jvp(function, (tensor([1.0]),), (tensor([1.0]),))


def test_assigning_data_replaces_the_elements():
    x = leaf([1.0, 2.0])
    x.data[0] = 5.0
    assert_same(x, np.array([5.0, 2.0]))
    x.data = tensor([7.0, 8.0])
    assert x.requires_grad
    assert_same(x, np.array([7.0, 8.0]))
    with pytest.raises(ValueError, match=r"the data of a tensor of shape \(2,\) cannot become one of \(3,\)"):
        x.data = tensor([1.0, 2.0, 3.0])


def test_replacing_data_does_not_affect_the_recorded_graph():
    """The graph holds the old array, for which the gradient is computed."""
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    x.data = tensor([7.0, 8.0])
    y.backward()
    assert_same(x.grad, np.array([2.0, 4.0]))


def test_integer_tensors_change_in_place():
    n = tl.arange(3)
    n += 1
    n[0] = 7
    assert n.tolist() == [7, 2, 3]
    assert n.dtype == "int64"


def test_augmented_assignment_keeps_the_dtype():
    """``x += y`` changes the elements of x, not its type."""
    x = tl.ones(2)
    x += tensor([0.5, 0.5])
    assert (x.dtype, x.tolist()) == ("float32", [1.5, 1.5])


def test_numbers_are_written_in_full_precision():
    """The write is recorded."""
    x = leaf([0.0, 0.0]) * 1
    x[0] = 16777217.0
    x[1:] = [0.1]
    assert x.requires_grad
    assert x.tolist() == [16777217.0, 0.1]


def test_complex_numbers_do_not_fit_real_tensors():
    for x in (tl.ones(2), leaf([1.0, 1.0]) * 1):
        with pytest.raises(TypeError, match="cannot hold"):
            x[0] = tl.tensor(1j)


# -- the write log -----------------------------------------------------------------------------------------------------


def test_write_log_refuses_only_nodes_older_than_the_write():
    log = WriteLog()
    x = tensor([1.0])
    before = (leaf([1.0]) * x)._node
    log.note(x)
    after = (leaf([1.0]) * x)._node
    saved = [(x.backend, x.array)]
    log.check(after, saved)
    with pytest.raises(RuntimeError, match="changed in place"):
        log.check(before, saved)


def test_write_log_reuses_the_keys_of_freed_memory():
    for _ in range(300):
        x = tensor(np.zeros(3))
        x[0] = 1.0
    size = len(write_log._written)
    for _ in range(3000):
        x = tensor(np.zeros(3))
        x[0] = 1.0
    assert len(write_log._written) < size + 1000


# -- methods that change the tensor ------------------------------------------------------------------------------------

METHODS = {
    "add_": lambda x: x.add_(1.0),
    "mul_": lambda x: x.mul_(2.0),
    "clamp_": lambda x: x.clamp_(max=0.5),
    "exp_": lambda x: x.exp_(),
    "fill_": lambda x: x.fill_(3.0),
    "zero_": lambda x: x.zero_(),
    "copy_": lambda x: x.copy_(tl.zeros(2, dtype="float64")),
    "masked_fill_": lambda x: x.masked_fill_(x > 1, 0.0),
    "index_fill_": lambda x: x.index_fill_(0, tl.tensor([1]), 0.0),
    "scatter_add_": lambda x: x.scatter_add_(0, tl.tensor([0]), tl.ones(1, dtype="float64")),
}


@pytest.mark.parametrize("change", METHODS.values(), ids=METHODS)
def test_methods_in_place_return_the_tensor(change):
    x = tensor([1.0, 2.0])
    memory = x.detach()
    assert change(x) is x
    assert_same(memory, host(x))


@pytest.mark.parametrize("change", METHODS.values(), ids=METHODS)
def test_methods_in_place_note_the_write(change):
    x, c = leaf([1.0, 2.0]), tensor([3.0, 4.0])
    y = (x * c).sum()
    change(c)
    with pytest.raises(RuntimeError, match=NEEDED):
        y.backward()


@pytest.mark.parametrize("change", METHODS.values(), ids=METHODS)
def test_methods_in_place_refuse_leaves(change):
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=LEAF):
        change(x)
    assert x.tolist() == [1, 2]
    with tl.no_grad():
        change(x)
    assert x.is_leaf
    assert x.requires_grad


@views_known
@pytest.mark.parametrize("change", METHODS.values(), ids=METHODS)
def test_methods_in_place_refuse_views(change):
    x = leaf([1.0, 2.0, 3.0]) * 1
    with pytest.raises(RuntimeError, match=VIEW):
        change(x[:2])


def test_second_derivatives_through_methods_in_place():
    def function(x):
        y = x * x
        y.mul_(x).add_(x[0], alpha=2)
        y.index_add_(0, tl.tensor([1, 1]), x.exp())
        return y.masked_fill_(tl.tensor([True, False]), x[1] ** 3)

    tl.check_gradients(function, (tensor([0.5, 1.5]),))


def test_methods_in_place_keep_type_and_shape():
    x = tl.tensor([1, 2])
    with pytest.raises(TypeError, match="mul_: the result is of type float32, which a tensor of int64 cannot hold"):
        x.mul_(0.5)
    with pytest.raises(tl.ShapeError, match=r"add_: the result has shape \(3, 2\), not that of the tensor, \(2,\)"):
        x.add_(tl.ones((3, 2), dtype="int64"))
    assert x.tolist() == [1, 2]
    assert x.copy_(tl.tensor(7.9)).tolist() == [7, 7]
    assert x.dtype == "int64"


def test_gradients_are_zeroed_and_scaled_in_place():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    x.grad.mul_(0.5)
    assert x.grad.tolist() == [1, 2]
    x.data.add_(x.grad, alpha=-1)
    assert x.tolist() == [0, 0]
    x.grad.zero_()
    assert x.grad.tolist() == [0, 0]


def test_detach_in_place():
    x = leaf([1.0])
    h = x * 2
    h.detach_()
    assert h.is_leaf
    assert not h.requires_grad
