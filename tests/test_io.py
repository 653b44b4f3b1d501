"""Files of tensors: round trips, files of other libraries, errors, atomic writes."""

import builtins
import pickle

import ml_dtypes
import numpy as np
import pytest
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim

pytest.importorskip("safetensors")

INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
DTYPES = ["bool", *INTEGERS, "float16", "bfloat16", "float32", "float64", "complex64"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.safetensors"


@pytest.mark.parametrize("dtype", DTYPES)
def test_data_types(dtype, path, rng):
    if tl.active_backend().native_dtype(dtype) is None:
        pytest.skip(f"the backend has no {dtype}")
    numbers = rng.uniform(0, 9, (2, 3)).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    tl.save({"x": tensor(numbers)}, path)
    loaded = tl.load(path)["x"]
    assert_same(loaded, numbers)
    assert loaded.dtype == dtype


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1, 2, 3, 4)])
def test_shapes(shape, path):
    tl.save({"x": tl.ones(shape)}, path)
    assert_same(tl.load(path)["x"], np.ones(shape, "float32"))


def test_views(path):
    x = tensor(np.arange(6.0).reshape(2, 3))
    tl.save({"x": x.T, "y": x[:, ::2]}, path)
    assert_same(tl.load(path)["x"], np.arange(6.0).reshape(2, 3).T)
    assert_same(tl.load(path)["y"], np.arange(6.0).reshape(2, 3)[:, ::2])


def test_a_module(path):
    net, other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    tl.save(net.state_dict(), path)
    other.load_state_dict(tl.load(path))
    for key, value in net.state_dict().items():
        assert_same(other.state_dict()[key], host(value))


def test_a_nested_state_of_training(path, rng):
    net = nn.Linear(3, 2)
    optimizer = optim.Adam(net.parameters(), amsgrad=True)
    net(tl.ones(1, 3)).sum().backward()
    optimizer.step()
    state = {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "best": None,
        "tags": ("a", 0.5),
    }
    tl.save(state, path)
    loaded = tl.load(path)
    assert (loaded["epoch"], loaded["best"], loaded["tags"]) == (3, None, ("a", 0.5))
    assert list(loaded["optimizer"]["state"]) == [0, 1]
    other = optim.Adam(nn.Linear(3, 2).parameters())
    other.load_state_dict(loaded["optimizer"])
    assert other.param_groups[0]["betas"] == (0.9, 0.999)
    assert_same(other.state_dict()["state"][0]["exp_avg"], host(optimizer.state_dict()["state"][0]["exp_avg"]))


def test_generators_continue_after_loading(path, other_backend):
    """Generators loaded from a file draw the same numbers as those that were saved."""
    net = nn.Linear(3, 2)
    generator = tl.Generator(2**100 + 7)
    tl.randn(3)
    generator.normal((5,))
    generator.spawn(2)
    rng = {"default": tl.random.default_generator.state_dict(), "own": generator.state_dict()}
    tl.save({"model": net.state_dict(), "rng": rng}, path)

    def draws():
        return [
            host(x)
            for x in (
                nn.functional.dropout(tl.ones(50)),
                tl.random.gamma(0.5, shape=(20,)),
                generator.integers(1000, shape=(50,)),
                generator.spawn(1)[0].uniform((3,)),
            )
        ]

    first = draws()
    loaded = tl.load(path)["rng"]
    tl.random.default_generator.load_state_dict(loaded["default"])
    generator.load_state_dict(loaded["own"])
    for again, before in zip(draws(), first, strict=True):
        np.testing.assert_array_equal(again, before)
    with tl.use_backend(other_backend):
        loaded = tl.load(path)["rng"]
        tl.random.default_generator.load_state_dict(loaded["default"])
        generator.load_state_dict(loaded["own"])
        for again, before in zip(draws(), first, strict=True):
            np.testing.assert_allclose(again, before, rtol=2e-6)


def test_a_generator_is_saved_by_its_state(path):
    with pytest.raises(TypeError, match=r"not Generator \(at 'rng'\); save its state_dict\(\)"):
        tl.save({"rng": tl.Generator(0)}, path)


def test_keys_with_dots_do_not_collide(path):
    tl.save({"a": {"b": tl.ones(1)}, "a.b": tl.zeros(1)}, path)
    loaded = tl.load(path)
    assert (loaded["a"]["b"].item(), loaded["a.b"].item()) == (1, 0)


def test_metadata(path):
    tl.save({"x": tl.ones(1), "n": 1}, path, metadata={"licence": "MIT"})
    assert tl.io.read_metadata(path) == {"licence": "MIT"}
    assert list(tl.load(path)) == ["x", "n"]
    with pytest.raises(TypeError, match="metadata must be"):
        tl.save({}, path, metadata={"n": 1})


def test_files_of_safetensors(path, rng):
    from safetensors.numpy import load_file, save_file

    numbers = rng.standard_normal((2, 3))
    save_file({"weight": numbers}, path)
    assert_same(tl.load(path)["weight"], numbers)
    tl.save({"weight": tensor(numbers)}, path)
    np.testing.assert_array_equal(load_file(path)["weight"], numbers)


def test_device(path):
    tl.save({"x": tl.ones(1)}, path)
    assert tl.load(path, device="numpy")["x"].backend.name == "numpy"


class TestErrors:
    def test_only_tensors_numbers_and_text(self, path):
        with pytest.raises(TypeError, match=r"not object \(at 'a.1'\)"):
            tl.save({"a": [tl.ones(1), object()]}, path)
        with pytest.raises(TypeError, match=r"save its state_dict\(\)"):
            tl.save(nn.ReLU(), path)
        with pytest.raises(TypeError, match="keys of saved dictionaries"):
            tl.save({1.5: tl.ones(1)}, path)
        with pytest.raises(TypeError, match="complex128"):
            tl.save({"x": tl.ones(1, dtype=tl.complex128)}, path)
        assert not path.exists()

    def test_no_such_file(self, path):
        with pytest.raises(FileNotFoundError):
            tl.load(path)

    @pytest.mark.parametrize("content", [b"", b"some text that is longer than a header", b"\xff" * 64])
    def test_no_safetensors_file(self, path, content):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a safetensors file"):
            tl.load(path)

    def test_a_pickle_is_refused(self, path):
        path.write_bytes(pickle.dumps({"x": 1}))
        with pytest.raises(ValueError, match="looks like a pickle"):
            tl.load(path)

    def test_a_truncated_file(self, path):
        tl.save({"x": tl.ones(100)}, path)
        path.write_bytes(path.read_bytes()[:-10])
        with pytest.raises(ValueError, match="is not a safetensors file"):
            tl.load(path)

    def test_without_the_package(self, path, monkeypatch):
        original = builtins.__import__

        def refusing(name, *args, **kwargs):
            if name.startswith("safetensors"):
                raise ImportError(name)
            return original(name, *args, **kwargs)

        path.write_bytes(b"")
        monkeypatch.setattr(builtins, "__import__", refusing)
        for attempt in (lambda: tl.save({"x": tl.ones(1)}, path), lambda: tl.load(path)):
            with pytest.raises(ImportError, match=r"pip install 'tensorlab\[io\]'"):
                attempt()


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    tl.save({"x": tl.ones(1)}, path)

    def broken(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="no space left"):
        tl.save({"x": tl.zeros(1)}, path)
    assert tl.load(path)["x"].item() == 1
    assert list(path.parent.iterdir()) == [path]


def test_unsupported_data_types(path):
    import safetensors.numpy

    safetensors.numpy.save_file({"x": np.ones(2, ml_dtypes.float8_e4m3fn)}, path)
    with pytest.raises(ValueError, match=r"file\.safetensors: 'x' is of type F8_E4M3, which tensorlab does"):
        tl.load(path)
