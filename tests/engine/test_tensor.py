"""Attributes, conversions, printing and copies of tensors, and their errors."""

import copy
import pickle

import numpy as np
import pytest
from helpers import assert_same, leaf, tensor

import tensorlab as tl

NUMPY = tl.active_backend().name == "numpy"


@pytest.mark.skipif(not NUMPY, reason="on other backends the device is shown too")
@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tl.tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (lambda: tl.tensor(3), "tensor(3)"),
        (lambda: tl.tensor([True]), "tensor([ True])"),
        (lambda: tl.tensor(1j), "tensor(0.+1.j)"),
        (lambda: tl.tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
        (lambda: tl.tensor([1], dtype="int32"), "tensor([1], dtype=int32)"),
        (lambda: tl.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: tl.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=multiply)"),
        (lambda: tl.zeros((2, 2)), "tensor([[0., 0.],\n        [0., 0.]])"),
        (lambda: tl.zeros((0, 2)), "tensor([], shape=(0, 2))"),
        (lambda: tl.zeros((2, 2), dtype="float64"), "tensor([[0., 0.],\n        [0., 0.]], dtype=float64)"),
        (lambda: tl.split(tl.ones(2, requires_grad=True), 2)[0], "tensor([1.], grad_fn=getitem)"),
    ],
)
def test_repr(make, text):
    assert repr(make()) == text


def test_repr_of_many_elements_is_abbreviated():
    text = repr(tl.zeros((100, 100)))
    assert "..." in text
    assert len(text) < 1000


@pytest.mark.skipif(NUMPY, reason="the default backend goes without saying")
def test_repr_names_the_device():
    assert repr(tl.ones(1)) == "tensor([1.], device=strict:cpu)"


def test_attributes():
    x = tl.zeros((2, 3), dtype="complex64")
    assert (x.shape, x.ndim, x.dim(), x.size(), x.size(1), x.nelement(), len(x)) == ((2, 3), 2, 2, (2, 3), 3, 6, 2)
    assert (x.itemsize, x.nbytes) == (8, 48)
    assert x.dtype == "complex64"
    assert (x.is_leaf, x.requires_grad, x.grad) == (True, False, None)
    assert x.backend is tl.active_backend()
    assert x.device == "cpu"
    assert x.device == tl.Device(tl.active_backend().name, "cpu")
    assert x.device != tl.Device("another", "cpu")
    assert x.__array_namespace__() is tl


def test_conversion_to_python_numbers():
    assert float(tensor(1.5)) == 1.5
    assert int(tensor(3)) == 3
    assert complex(tl.tensor(1j)) == 1j
    assert bool(tensor(True)) is True
    assert not tensor(0.0)
    assert [10, 20, 30][tensor(1)] == 20
    assert f"{tensor(1.23456):.2f}" == "1.23"
    assert tensor([[5.0]]).item() == 5.0
    with pytest.raises(ValueError, match=r"only a tensor with one element is a number; this one has shape \(2,\)"):
        tensor([1.0, 2.0]).item()
    with pytest.raises(ValueError, match="only a tensor with one element"):
        bool(tensor([1.0, 2.0]))
    with pytest.raises(TypeError, match="only integer tensors can be indices, not float64"):
        [1][tensor(0.0)]


def test_tolist():
    assert tl.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert tl.tensor(2.5).tolist() == 2.5


def test_deepcopy():
    x = leaf([1.0, 2.0])
    (x * 3).sum().backward()
    y = copy.deepcopy(x)
    assert y.requires_grad
    assert y.is_leaf
    assert_same(y.grad, np.array([3.0, 3.0]))
    with tl.no_grad():
        y[0] = 9.0
        y.grad[0] = 9.0
    assert_same(x, np.array([1.0, 2.0]))
    assert_same(x.grad, np.array([3.0, 3.0]))
    twice = copy.deepcopy([x, x])
    assert twice[0] is twice[1]
    with pytest.raises(RuntimeError, match="a computed tensor cannot be deep-copied"):
        copy.deepcopy(x * 2)


def test_pickling_is_refused():
    with pytest.raises(TypeError, match=r"tensors are not pickled; save them with tensorlab\.save"):
        pickle.dumps(tensor(1.0))


def test_tensors_hash_by_identity():
    x, y = tensor([1.0]), tensor([1.0])
    assert len({x, y, x}) == 2
    assert (x == y).tolist() == [True]


def test_detach_shares_memory():
    x = leaf([1.0, 2.0])
    y = x.detach()
    assert not y.requires_grad
    y[0] = 5.0
    assert_same(x, np.array([5.0, 2.0]))


def test_the_constructor_wraps_without_copying():
    array = tl.ones(2).array
    assert tl.Tensor(array).array is array
    assert tl.Tensor(tl.ones(2)).tolist() == [1.0, 1.0]
    assert tl.Tensor(array, requires_grad=True).requires_grad
    with pytest.raises(
        tl.BackendError, match=r"builtins.list is not an array of an installed backend .*tensorlab.asarray"
    ):
        tl.Tensor([1.0])


def test_unknown_attributes_are_refused():
    with pytest.raises(AttributeError, match="grads"):
        tensor(1.0).grads  # noqa: B018


def test_methods_are_the_functions():
    x = tensor([[0.5, 1.5], [2.0, 0.1]])
    for name in [
        "exp",
        "log",
        "sqrt",
        "sin",
        "tanh",
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "abs",
        "square",
        "sigmoid",
        "relu",
        "var",
        "std",
        "isnan",
        "argmax",
    ]:
        assert_same(getattr(x, name)(), getattr(tl, name)(x).numpy())
    assert_same(x.softmax(axis=1), tl.softmax(x, axis=1).numpy())
    assert_same(x.view(4), x.numpy().reshape(4))
    assert_same(x.reshape((4, 1)), x.numpy().reshape(4, 1))


def test_to_a_dtype():
    x = tensor([1.0])
    assert x.to("float32").dtype == "float32"
    assert x.to(tl.float32).dtype == "float32"
    assert x.to(dtype="float32").dtype == "float32"
    assert x.to(tl.ones(1)).dtype == "float32"
    assert x.to("float64") is x
    assert x.to("float64", copy=True) is not x
    assert x.to(x.device) is x
    assert x.cpu() is x


def test_comparison_with_other_objects_is_left_to_python():
    x = tl.ones(2)
    assert (x == None) is False  # noqa: E711 - what is tested
    assert (x != "a") is True
    with pytest.raises(TypeError, match="not supported between"):
        x < "a"  # noqa: B015


def test_a_shallow_copy_shares_elements_and_history():
    import copy

    x = tl.ones(2, requires_grad=True)
    y = copy.copy(x * 2)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert y.tolist() == [2.0, 2.0]


def test_casts_by_name():
    x = tl.tensor([1.5])
    assert [cast().dtype.name for cast in (x.double, x.float, x.long)] == ["float64", "float32", "int64"]
    assert x.float() is x
    assert x.numel() == 1
