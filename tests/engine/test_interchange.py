"""Sharing memory with other libraries by DLPack and ``__array__``."""

import operator

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl

DTYPES = ("bool", "int8", "int64", "uint16", "float32", "float64", "complex64", "complex128")


@pytest.mark.parametrize("dtype", DTYPES)
def test_from_dlpack_shares_memory(dtype):
    host = np.ones((2, 3), dtype)
    x = tl.from_dlpack(host)
    host[1, 2] = 0
    assert x.dtype == dtype
    assert_same(x, host)


@pytest.mark.parametrize("dtype", DTYPES)
def test_to_dlpack_shares_memory(dtype):
    x = tl.ones((2, 3), dtype=dtype)
    host = np.from_dlpack(x)
    x[1, 2] = 0
    assert host.dtype == dtype
    assert_same(x, host)


def test_dlpack_copies_when_told():
    host = np.ones(2)
    x = tl.from_dlpack(host, copy=True)
    host[0] = 0
    assert x.tolist() == [1, 1]


def test_from_dlpack_of_a_tensor_keeps_its_history():
    x = leaf([1.0, 2.0])
    assert tl.from_dlpack(x) is x
    tl.from_dlpack(x, copy=True).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_from_dlpack_to_another_backend(other_backend):
    x = tl.from_dlpack(np.arange(3.0), device=other_backend)
    assert x.backend.name == other_backend
    assert x.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="without a copy"):
        tl.from_dlpack(np.arange(3.0), device=other_backend, copy=False)


def test_dlpack_device():
    assert tl.ones(1).__dlpack_device__() == (1, 0)


def test_exporting_a_tensor_with_gradient_is_refused():
    x = leaf([1.0])
    with pytest.raises(BufferError, match=r"requires a gradient would lose it in another library; export \.detach\(\)"):
        x.__dlpack__()
    with pytest.raises(RuntimeError, match=r"requires a gradient would lose it in another library; use \.detach\(\)"):
        np.asarray(x)
    assert np.asarray(x.detach()).tolist() == [1]


def test_from_dlpack_refuses_objects_without_dlpack():
    with pytest.raises(TypeError, match="from_dlpack: x must have a method __dlpack__, which list lacks; use asarray"):
        tl.from_dlpack([1.0])


def test_from_dlpack_refuses_memory_of_unknown_devices():
    class Elsewhere:
        def __dlpack_device__(self):
            return (8, 0)  # Metal

        def __dlpack__(self, **_):
            raise AssertionError("nobody asks for the memory")

    with pytest.raises(tl.BackendUnavailable, match="no available backend has memory of DLPack's device type 8"):
        tl.from_dlpack(Elsewhere())


def test_cuda_array_interface_is_for_gpus():
    x = tl.ones(1)
    assert not hasattr(x, "__cuda_array_interface__")
    with pytest.raises(AttributeError, match=r"a tensor on cpu has no __cuda_array_interface__; \.to\('cupy'\) moves"):
        x.__cuda_array_interface__  # noqa: B018


# -- asarray -----------------------------------------------------------------------------------------------------------


def test_asarray_keeps_history():
    x = leaf([1.0, 2.0])
    assert tl.asarray(x) is x
    (tl.asarray(x, dtype="float32", copy=True) ** 2).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_tensor_has_no_history_of_its_source():
    x = leaf([1.0, 2.0])
    assert not tl.tensor(x).requires_grad
    assert tl.tensor(x, requires_grad=True).is_leaf


def test_tensors_in_sequences_are_stacked_with_their_history():
    x = leaf([1.0, 2.0])
    made = tl.asarray([[x[0], 3.0], [x[1] * x[0], x[1]], x])
    assert_same(made, np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 2.0]]))
    tl.check_gradients(lambda v: tl.asarray([[v[0], 3.0], (v[1] * v[0], v[1]), v]), (leaf([1.5, -0.5]),))
    (made * tensor([[1.0, 9.0], [10.0, 100.0], [1000.0, 10000.0]])).sum().backward()
    assert_same(x.grad, np.array([1 + 2 * 10 + 1000.0, 10 + 100 + 10000.0]))


@pytest.mark.parametrize(
    ("parts", "dtype"),
    [
        (["float32", "float64"], "float64"),
        (["float64", 1.0, 2], "float64"),
        (["float32", 1j], "complex64"),
        (["int8", "int16", True], "int16"),
        (["int64", 0.5], "float32"),
        (["int64", np.float64(0.5)], "float64"),
    ],
)
def test_tensors_in_sequences_promote(parts, dtype):
    made = [tl.ones((), dtype=part) if isinstance(part, str) else part for part in parts]
    for maker in (tl.asarray, tl.tensor):
        assert maker(made).dtype == dtype
        assert maker([made, made]).dtype == dtype
        assert maker(made, dtype="complex128").dtype == "complex128"


def test_a_copy_without_history_refuses_to_lose_a_gradient():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"tensor: a tensor in the data requires a gradient.*write tensorlab\.stack"):
        tl.tensor([[x[0]], [0.0]])
    assert tl.tensor([v.detach() for v in x]).tolist() == [1, 2]
    with tl.no_grad():
        assert not tl.tensor([x[0], x[1]]).requires_grad


def test_sequences_of_tensors_of_different_shapes_are_refused():
    with pytest.raises(tl.ShapeError, match=r"asarray: array 0 has shape .*they must be equal"):
        tl.asarray([tl.ones(2), 1.0])
    with pytest.raises(ValueError, match="asarray: tensors in a sequence cannot be stacked without a copy"):
        tl.asarray([tl.ones(2)], copy=False)


@pytest.mark.parametrize(
    "fill", [lambda v: tl.full((2, 3), v), lambda v: tl.full_like(tl.ones((2, 3), dtype="float64"), v)]
)
def test_filling_with_a_tensor_records(fill):
    x = leaf([3.0])
    for value in (x, x[0]):
        made = fill(value)
        assert made.dtype == "float64"
        assert_same(made, np.full((2, 3), 3.0))
    fill(x[0] ** 2).sum().backward()
    assert x.grad.tolist() == [6 * 2 * 3.0]
    filled = fill(x.detach())
    filled[0] = 0.0
    assert filled.sum().item() == 9
    with pytest.raises(tl.ShapeError, match=r"full(_like)?: fill_value must have one element, not shape \(2,\)"):
        fill(leaf([1.0, 2.0]))


def test_writing_a_sequence_of_tensors_records():
    x, y = leaf([1.0, 2.0]), tl.zeros(3, dtype="float64")
    y[1:] = [x[0], 3 * x[1]]
    (y**2).sum().backward()
    assert_same(x.grad, np.array([2.0, 2 * 9 * 2.0]))


def test_asarray_without_a_copy():
    x = tl.ones(2)
    assert tl.asarray(x, copy=False) is x
    with pytest.raises(ValueError, match="asarray: a tensor of float32 on cpu cannot be converted without"):
        tl.asarray(x, dtype="float64", copy=False)
    with pytest.raises(ValueError):
        tl.asarray([1.0], copy=False)


def test_memory_is_shared_with_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.arange(4.0)
    x = tl.from_dlpack(theirs)
    theirs[0] = 9
    assert x.tolist() == [9, 1, 2, 3]
    back = torch.from_dlpack(tensor(np.arange(3.0)))
    assert back.tolist() == [0, 1, 2]
    with pytest.raises((BufferError, RuntimeError)):
        tl.from_dlpack(theirs.requires_grad_())


REVERSED = {
    "flip": lambda x: tl.flip(x, axis=0),
    "slice": lambda x: x[::-1, ::-2],
    "rot90": tl.rot90,
    "transpose": lambda x: x[:, ::-1].T,
}


@pytest.mark.parametrize("view", REVERSED.values(), ids=REVERSED)
def test_negative_strides_are_exported_as_a_copy(view):
    """PyTorch ends the process when DLPack hands it a negative stride."""
    x = tensor(np.arange(6.0).reshape(2, 3))
    reverse = view(x)
    expected = reverse.tolist()
    if not tl.active_backend().on_host or min(getattr(reverse.array, "strides", (0,))) >= 0:
        pytest.skip("the backend's flipped arrays are not views")
    exported = np.from_dlpack(reverse)
    assert exported.tolist() == expected
    assert min(exported.strides) > 0
    exported = np.from_dlpack(reverse, copy=True)
    exported[:] = 0
    assert reverse.tolist() == expected
    with pytest.raises(BufferError, match=r"negative strides cannot be exported without a copy; clone\(\) it first"):
        reverse.__dlpack__(copy=False)
    torch = pytest.importorskip("torch")
    assert torch.from_dlpack(reverse).tolist() == expected


# -- NumPy's functions and operators -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (operator.iadd, 5.0), (operator.isub, 1.0), (operator.imul, 6.0), (operator.itruediv, 1.5),
        (operator.ipow, 9.0), (operator.imod, 1.0), (operator.ifloordiv, 1.0),
    ],
)  # fmt: skip
def test_an_array_is_changed_in_place_by_a_tensor(change, expected):
    array = whole = np.full((2, 2), 3.0)
    row = whole[0]
    array = change(array, tl.full((2,), 2.0))
    row = change(row, tl.full((2,), 2.0))
    assert array is whole
    assert row.base is whole
    assert whole[1].tolist() == [expected] * 2
    with pytest.raises(RuntimeError, match="requires a gradient would lose it"):
        change(array, leaf([2.0, 2.0]))
    with pytest.raises(ValueError):
        change(array, tl.ones((5, 2, 2)))
    assert whole[1].tolist() == [expected] * 2


def test_an_integer_array_is_not_changed_to_floating_point():
    array = np.array([1, 2])
    with pytest.raises(TypeError, match="Cannot cast"):
        array += tl.tensor([0.5, 0.5])
    array @= np.eye(2, dtype=int) if array.ndim == 2 else tl.eye(2, dtype="int64")
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize(
    "compute", [operator.add, operator.matmul, operator.mul, operator.pow, operator.lt, operator.eq]
)
def test_operators_of_arrays_give_tensors_with_history(compute):
    if tl.active_backend().name != "numpy":
        pytest.skip("the operands would belong to two backends")
    array, x = np.array([2.0, 3.0]), leaf([0.5, 3.0])
    found = compute(array, x)
    assert isinstance(found, tl.Tensor)
    assert_close(found, compute(array, x.detach().numpy()))
    if found.dtype.is_floating:
        tl.check_gradients(lambda v: compute(array, v), (x,))


UNARY = "exp sqrt arctan arcsinh absolute conjugate negative square isfinite sign log1p floor"


@pytest.mark.parametrize("name", UNARY.split())
def test_universal_functions_of_one_operand(name):
    x = leaf([0.5, 3.0])
    found = getattr(np, name)(x)
    assert isinstance(found, tl.Tensor)
    assert_close(found, getattr(np, name)(x.detach().numpy()))
    assert found.requires_grad == found.dtype.is_floating


BINARY = "add power arctan2 maximum remainder hypot logaddexp copysign"


@pytest.mark.parametrize("name", BINARY.split())
def test_universal_functions_of_two_operands(name):
    x, y = leaf([0.5, 3.0]), leaf([2.0, 1.4])
    function = getattr(np, name)
    assert_close(function(x, y), function(x.detach().numpy(), y.detach().numpy()))
    tl.check_gradients(function, (x, y))


REDUCTIONS = "sum mean max min std var prod median ptp nansum nanmean amax amin argmax all count_nonzero"


@pytest.mark.parametrize("name", REDUCTIONS.split())
def test_reductions_of_numpy(name):
    x, function = leaf([[0.5, 3.0], [2.0, -1.0]]), getattr(np, name)
    host = x.detach().numpy()
    assert_close(function(x), function(host))
    assert_close(function(x, axis=0, keepdims=True), function(host, axis=0, keepdims=True))
    assert_close(function(x, 1), function(host, 1))
    if function(x).dtype.is_floating:
        tl.check_gradients(lambda v: function(v, axis=1), (x,))


def test_options_of_numpys_functions():
    x = leaf([[0.5, 3.0], [2.0, -1.0]])
    host = x.detach().numpy()
    assert_close(np.std(x, ddof=1), np.std(host, ddof=1))
    assert_close(np.concatenate([x, x], axis=1), np.concatenate([host, host], axis=1))
    assert np.concatenate([x, x]).requires_grad
    assert np.stack([x, x], -1).requires_grad
    out = np.zeros(2)
    assert np.sum(x.detach(), axis=0, out=out) is out
    assert out.tolist() == [2.5, 2.0]
    assert np.sum(x.detach(), where=host > 0) == 5.5
    assert np.shape(x) == (2, 2)


def test_other_functions_of_numpy_compute_with_arrays():
    x = tl.tensor([1.0, 8.0])
    assert np.cbrt(x).tolist() == [1, 2]
    assert np.add.reduce(x) == 9
    assert isinstance(np.cumsum(x), np.ndarray)
    for function in (np.cbrt, np.cumsum, np.add.reduce):
        with pytest.raises(RuntimeError, match="requires a gradient would lose it"):
            function(leaf([1.0]))
    with pytest.raises(TypeError, match=r"add: NumPy cannot write into a tensor; assign the result: x\[\.\.\.\] = "):
        np.add(np.ones(2), np.ones(2), out=x)
