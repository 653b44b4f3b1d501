"""Sharing memory with other libraries by DLPack and ``__array__``."""

import numpy as np
import pytest
from helpers import assert_same, leaf, tensor

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
