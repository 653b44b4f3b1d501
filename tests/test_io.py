"""Files of tensors: round trips, files of other libraries, errors, replacing files, memory."""

import gzip
import io
import itertools
import json
import os
import pickle
import stat
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections import OrderedDict, namedtuple
from typing import NamedTuple

import ml_dtypes
import numpy as np
import pytest
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim

safetensors = pytest.importorskip("safetensors.numpy")

INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
DTYPES = ["bool", *INTEGERS, "float16", "bfloat16", "float32", "float64", "complex64"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.safetensors"


def write_raw(path, fields, data=b""):
    """Write a file of a header, an object or its text, and bytes of data."""
    header = (fields if isinstance(fields, str) else json.dumps(fields)).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def split(content):
    """Return the header of a file as an object, and the data."""
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


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
    """The package safetensors reads what `save` writes, and the reverse, in every data type that NumPy has."""
    dtypes = [dtype for dtype in DTYPES if dtype != "bfloat16" and tl.active_backend().native_dtype(dtype) is not None]
    arrays = {dtype: rng.uniform(0, 9, (2, 3)).astype(dtype) for dtype in dtypes}
    arrays |= {"empty": np.ones((0, 3)), "0-d": np.array(2), "ä.b": np.ones(1), "": np.ones(2)}
    safetensors.save_file(arrays, path)
    loaded = tl.load(path)
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert_same(loaded[name], array)
    tl.save({name: tensor(array) for name, array in arrays.items()}, path, metadata={"licence": "MIT"})
    loaded = safetensors.load_file(path)
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        assert_same(loaded[name], array)


def test_files_of_pytorch(path):
    torch = pytest.importorskip("torch")
    torch_files = pytest.importorskip("safetensors.torch")
    tl.save({"flag": tl.tensor([True]), "x": tl.ones(2, 3), "n": tl.ones(3, dtype="int8")}, path)
    loaded = torch_files.load_file(path)
    assert torch.equal(loaded["x"], torch.ones(2, 3)) and loaded["n"].dtype == torch.int8
    torch_files.save_file({"x": torch.arange(3), "c": torch.ones(1, dtype=torch.complex64)}, path)
    assert_same(tl.load(path)["x"], np.arange(3))
    assert_same(tl.load(path)["c"], np.ones(1, "complex64"))


class TestShards:
    """A checkpoint in several files."""

    def write(self, folder, places, *files):
        for name, tensors in files:
            tl.save(tensors, folder / name)
        index = folder / "model.safetensors.index.json"
        index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
        return index

    def test_all_tensors_in_the_order_of_the_index(self, tmp_path):
        first, second = {"b": tl.ones(2), "unnamed": tl.ones(1)}, {"a": tl.zeros(3)}
        index = self.write(
            tmp_path, {"a": "2.safetensors", "b": "1.safetensors"}, ("1.safetensors", first), ("2.safetensors", second)
        )
        for lazy in (False, True):
            loaded = tl.load(index, lazy=lazy)
            assert list(loaded) == ["a", "b"]
            assert_same(loaded["b"], np.ones(2, "float32"))

    def test_a_model(self, tmp_path):
        state = nn.Linear(3, 2).state_dict()
        files = [(f"{key}.safetensors", {key: value}) for key, value in state.items()]
        index = self.write(tmp_path, {key: f"{key}.safetensors" for key in state}, *files)
        other = nn.Linear(3, 2)
        other.load_state_dict(tl.load(index))
        assert_same(other.weight.detach(), host(state["weight"]))

    @pytest.mark.parametrize("file", ["../x", "/x", "a/x", "..", "", "a\\x", 3, None])
    def test_files_elsewhere_are_refused(self, file, tmp_path):
        index = self.write(tmp_path, {"a": file})
        with pytest.raises(ValueError, match=r"index.json is damaged: its weight_map says that 'a' is in"):
            tl.load(index)

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": 3}', "[" * 100_000])
    def test_no_index(self, content, tmp_path):
        index = tmp_path / "model.safetensors.index.json"
        index.write_text(content)
        with pytest.raises(ValueError, match=r"index.json is damaged: it has no weight_map"):
            tl.load(index)

    def test_missing_tensors_and_files(self, tmp_path):
        index = self.write(tmp_path, {"a": "1.safetensors"}, ("1.safetensors", {"b": tl.ones(1)}))
        with pytest.raises(ValueError, match=r"index.json says that 'a' is in 1.safetensors, which does not hold it"):
            tl.load(index)
        with pytest.raises(FileNotFoundError):
            tl.load(self.write(tmp_path, {"a": "2.safetensors"}))


def test_device(path):
    tl.save({"x": tl.ones(1)}, path)
    assert tl.load(path, device="numpy")["x"].backend.name == "numpy"


def test_files_without_checksums(path):
    """What version 0.1.0 wrote before there were checksums."""
    structure = (
        '{"dict": [["model", {"dict": [["weight", {"tensor": "model.weight"}], ["bias", {"tensor": "model.bias"}]]}], '
        '["model.weight", {"tensor": "model.weight_"}], '
        '["tags", {"tuple": [{"value": "a"}, {"list": [{"value": 0.5}, {"value": null}]}]}], [3, {"value": Infinity}]]}'
    )
    fields = {
        "__metadata__": {"tensorlab.structure": structure, "licence": "MIT"},
        "model.weight_": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]},
        "model.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [8, 16]},
        "model.bias": {"dtype": "BOOL", "shape": [2], "data_offsets": [16, 18]},
    }
    write_raw(path, fields, np.int64(7).tobytes() + np.array([1.5, 2.5], "float32").tobytes() + b"\1\0")
    loaded = tl.load(path)
    assert list(loaded) == ["model", "model.weight", "tags", 3]
    assert loaded["model.weight"].item() == 7
    assert (loaded["tags"], loaded[3]) == (("a", [0.5, None]), float("inf"))
    assert_same(loaded["model"]["weight"], np.array([[1.5, 2.5]], "float32"))
    assert_same(loaded["model"]["bias"], np.array([True, False]))
    assert tl.io.read_metadata(path) == {"licence": "MIT"}


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_a_flat_dictionary_keeps_its_order(order, path):
    dtypes = {"a": "int8", "b": "float64", "c": "float32"}
    tl.save({key: tl.ones(2, dtype=dtypes[key]) for key in order}, path)
    assert "".join(tl.load(path)) == "".join(order)


def test_files_of_other_programs_keep_their_order(path):
    fields = {
        "b": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]},
        **{name: {"dtype": "U8", "shape": [1], "data_offsets": [at, at + 1]} for at, name in enumerate("ghfec", 2)},
        "d": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
    }
    write_raw(path, fields, bytes(range(7)))
    for loaded in (tl.load(path), tl.load(path, lazy=True), tl.load(io.BytesIO(path.read_bytes()))):
        assert {key: value.item() for key, value in loaded.items()} == dict(zip("dbghfec", range(7), strict=True))
        assert "".join(loaded) == "dbghfec"


class TestStructures:
    def test_arrays_and_scalars(self, path):
        big_endian = np.arange(3, dtype=">f4")
        tl.save(
            {
                "array": np.arange(6, dtype="int16").reshape(2, 3).T,
                "0-d": np.array(1.5),
                "big-endian": big_endian,
                "list": [np.float32(0.1), np.float64(0.5), np.int64(2**40), np.bool_(True), np.longlong(3)],
                "complex": (np.complex64(1 - 2j), 3j, complex("nan"), complex("-0-0j")),
                "text": np.str_("a"),
            },
            path,
        )
        loaded = tl.load(path)
        assert type(loaded["array"]) is np.ndarray and loaded["array"].dtype == "int16"
        assert_same(loaded["array"], np.arange(6).reshape(2, 3).T)
        assert type(loaded["0-d"]) is np.ndarray and loaded["0-d"] == 1.5
        assert_same(loaded["big-endian"], big_endian)
        assert loaded["list"] == [float(np.float32(0.1)), 0.5, 2**40, True, 3]
        assert [type(number) for number in loaded["list"]] == [float, float, int, bool, int]
        assert loaded["complex"][:2] == (1 - 2j, 3j)
        assert repr(loaded["complex"][2:]) == repr((complex("nan"), complex("-0-0j")))
        assert loaded["text"] == "a"

    def test_arrays_of_the_active_backend(self, path):
        tl.save([tl.ones(2).array], path)
        assert_same(tl.load(path)[0], np.ones(2, "float32"))

    @pytest.mark.parametrize(
        "value", [np.ones(1, object), np.array(["a"]), np.longdouble(1), np.datetime64(0, "s"), np.ma.ones(2)]
    )
    def test_other_arrays_are_refused(self, value, path):
        with pytest.raises(TypeError, match=r"'a\.0'"):
            tl.save({"a": [value]}, path)
        assert not path.exists()

    def test_named_tuples(self, path):
        point = Point(tl.ones(2), Nested.Pair(1, [Point(2, 3)]))
        tl.save({"p": point}, path)
        loaded = tl.load(path, classes=[Point, Nested.Pair])["p"]
        assert type(loaded) is Point and type(loaded.y) is Nested.Pair and type(loaded.y.second[0]) is Point
        assert loaded.y == point.y
        assert_same(loaded.x, np.ones(2, "float32"))

    def test_named_tuples_have_to_be_asked_for(self, path):
        tl.save([Point(1, 2)], path)
        with pytest.raises(ValueError, match=r"file\.safetensors holds a named tuple .*test_io\.Point; pass that"):
            tl.load(path)
        changed = namedtuple("Point", "x z", module=__name__)
        with pytest.raises(ValueError, match=r"file\.safetensors holds a .*Point with the fields \['x', 'y'\]"):
            tl.load(path, classes=[changed])
        for classes in ([tuple], [int], [3], 3, Point):
            with pytest.raises(TypeError, match="load: classes must be"):
                tl.load(path, classes=classes)

    def test_named_tuples_that_could_not_be_found_again(self, path):
        local = namedtuple("Local", "a")
        with pytest.raises(ValueError, match=r"the class Local of a named tuple \(at 'p.0'\) cannot be imported"):
            tl.save({"p": [local(1)]}, path)
        assert not path.exists()

    def test_dictionaries_of_every_kind_become_dictionaries(self, path):
        tl.save(OrderedDict(b=1, a=OrderedDict({True: 2, 5: 3})), path)
        assert tl.load(path) == {"b": 1, "a": {True: 2, 5: 3}}
        assert list(tl.load(path)) == ["b", "a"]

    def test_a_tensor_alone(self, path):
        tl.save(tl.ones(2), path)
        assert_same(tl.load(path), np.ones(2, "float32"))

    def test_shared_parts_are_saved_twice(self, path):
        """A part that comes twice is no cycle."""
        part = [tl.ones(1), 2]
        tl.save([part, part], path)
        assert [part[1] for part in tl.load(path)] == [2, 2]


class Point(NamedTuple):
    x: object
    y: object


class Nested:
    class Pair(NamedTuple):
        first: object
        second: object


def nested(levels, inside=None):
    for _ in range(levels):
        inside = [inside]
    return inside


def cyclic():
    inner = {}
    inner["again"] = [inner]
    return {"a": inner}


REFUSED = {
    "reserved key": ({"__metadata__": tl.ones(1)}, None, "'__metadata__' is reserved"),
    "reserved key among others": ({"__metadata__": tl.ones(1), "n": 1}, None, "'__metadata__' is reserved"),
    "reserved metadata": ({"n": 1}, {"tensorlab.structure": ""}, "metadata key 'tensorlab.structure' is reserved"),
    "reserved checksums": ({}, {"tensorlab.crc32": ""}, "metadata key 'tensorlab.crc32' is reserved"),
    "surrogate key": ({"\ud800": tl.ones(1)}, None, r"the key '\\ud800' \(in the top\) holds half a surrogate pair"),
    "surrogate inside": ({"a": [{"b\udfff": 1}]}, None, r"the key 'b\\udfff' \(in 'a.0'\) holds half a surrogate pair"),
    "surrogate metadata": ({}, {"a": "\ud800"}, "the metadata text of 'a' holds half a surrogate pair"),
    "surrogate metadata key": ({}, {"\ud800": ""}, r"the metadata key '\\ud800' holds half a surrogate pair"),
    "cyclic": (cyclic(), None, r"contains itself cannot be saved \(at 'a.again.0'\)"),
    "deep": ({"a": nested(100)}, None, "at most 100 levels"),
    "very deep": (nested(100_000), None, "at most 100 levels"),
    "long integer": ({"a": 10**4300}, None, r"up to 4300 digits; one is longer \(at 'a'\)"),
    "long negative integer": ({"a": [-(10**4300)]}, None, r"up to 4300 digits; one is longer \(at 'a.0'\)"),
    "long key": ({"a": {10**4300: 1}}, None, r"up to 4300 digits; one is longer \(at 'a'\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_load_would_refuse_is_not_saved(case, path):
    obj, metadata, message = REFUSED[case]
    tl.save({"x": tl.ones(1)}, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"^save: .*{message}"):
        tl.save(obj, path, metadata)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_long_headers_are_not_saved(path, monkeypatch):
    monkeypatch.setattr(tl.io.files, "MAX_HEADER", 10_000)
    with pytest.raises(ValueError, match=r"^save: names, structure .* and a safetensors file holds 10000; save long"):
        tl.save({"a": list(range(1000))}, path)
    assert not path.exists()


def test_the_limits_themselves_are_saved(path):
    """The deepest structure and the longest integers come back, and what is reserved at the top is free inside."""
    obj = {"n": [10**4300 - 1, 1 - 10**4300], "deep": nested(99, "x"), "\U0001f600": {"__metadata__": 1}}
    tl.save(obj, path, {"licence": "ä\U0001f600"})
    assert tl.load(path) == obj
    assert tl.io.read_metadata(path) == {"licence": "ä\U0001f600"}
    tl.save({"a": {"__metadata__": tl.ones(1)}}, path)
    assert tl.load(path)["a"]["__metadata__"].item() == 1


class TestFileObjects:
    def test_in_memory(self, rng):
        numbers = rng.standard_normal((3, 4))
        file = io.BytesIO()
        tl.save({"x": tensor(numbers), "n": 1}, file, metadata={"licence": "MIT"})
        assert not file.closed
        file.seek(0)
        assert_same(tl.load(file)["x"], numbers)
        file.seek(0)
        assert tl.io.read_metadata(file) == {"licence": "MIT"}
        file.seek(0)
        assert_same(tl.load(file, lazy=True)["x"], numbers)

    def test_the_same_content_as_on_disk(self, path):
        """Up to the order of the texts in the header, which the package chooses at random."""
        file = io.BytesIO()
        tl.save({"x": tl.ones(3), "n": 1}, file, {"licence": "MIT"})
        tl.save({"x": tl.ones(3), "n": 1}, path, {"licence": "MIT"})
        (fields, data), (others, other_data) = (split(content) for content in (file.getvalue(), path.read_bytes()))
        assert fields == others and data == other_data

    def test_from_where_it_stands(self):
        file = io.BytesIO(b"before")
        file.seek(0, 2)
        tl.save({"x": tl.ones(1)}, file)
        file.seek(6)
        assert tl.load(file)["x"].item() == 1

    def test_compressed(self, path):
        with gzip.open(path, "wb") as file:
            tl.save({"x": tl.ones(1000)}, file)
        assert path.stat().st_size < 1000
        with gzip.open(path, "rb") as file:
            assert_same(tl.load(file)["x"], np.ones(1000, "float32"))

    def test_a_file_that_takes_a_part_at_a_time(self):
        class Slow(io.BytesIO):
            def write(self, data):
                return super().write(data[:7])

        file = Slow()
        tl.save({"x": tl.ones(20)}, file)
        file.seek(0)
        assert_same(tl.load(file)["x"], np.ones(20, "float32"))

    @pytest.mark.parametrize("file", [io.StringIO(), 3, None, object()])
    def test_other_objects(self, file):
        with pytest.raises(TypeError, match="save: path must be a str, a path or a file open in binary mode, not"):
            tl.save({}, file)
        with pytest.raises(TypeError, match="load: path must be a str, a path or a file open in binary mode, not"):
            tl.load(file)

    def test_errors_name_the_file(self, path):
        with pytest.raises(ValueError, match="the BytesIO is not a safetensors file"):
            tl.load(io.BytesIO(b"nothing"))
        path.write_bytes(b"nothing")
        with path.open("rb") as file, pytest.raises(ValueError, match=r"file\.safetensors is not a safetensors file"):
            tl.load(file)

    def test_strings_are_paths(self, path):
        tl.save({"n": 1}, str(path))
        assert tl.load(str(path)) == {"n": 1}


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


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    tl.save({"x": tl.ones(1)}, path)

    def broken(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="no space left"):
        tl.save({"x": tl.zeros(1)}, path)
    assert tl.load(path)["x"].item() == 1
    assert list(path.parent.iterdir()) == [path]


def test_data_types_that_a_backend_lacks(path):
    """The strict backend has no float16."""
    tl.save({"x": np.ones(2, "float16")}, path)
    with tl.use_backend("strict"):
        assert tl.load(path)["x"].dtype == "float16"  # a NumPy array
        write_raw(path, {"x": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}, b"00")
        with pytest.raises(ValueError, match=r"file\.safetensors holds what this backend cannot: .*float16"):
            tl.load(path)


def test_bfloat16_without_ml_dtypes(path):
    code = (
        "import sys; sys.modules['ml_dtypes'] = None\n"
        "import tensorlab_numpy.backend as backend; backend.find_spec = lambda name: None\n"
        "import tensorlab as tl; tl.load(sys.argv[1])"
    )
    write_raw(path, {"x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, b"00")
    environment = {**os.environ, "TENSORLAB_BACKEND": "numpy"}
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=environment)
    assert "ValueError: " + str(path) + " cannot be loaded here: " in done.stderr


def test_a_device_that_cannot_be_used_is_no_fault_of_the_file(path):
    path.write_bytes(b"nothing")
    with pytest.raises(tl.BackendUnavailable, match="nonsense"):
        tl.load(path, device="nonsense")


def test_unsupported_data_types(path):
    safetensors.save_file({"x": np.ones(2, ml_dtypes.float8_e4m3fn)}, path, metadata={"licence": "MIT"})
    assert tl.io.read_metadata(path) == {"licence": "MIT"}
    with pytest.raises(ValueError, match=r"file\.safetensors: 'x' is of type F8_E4M3, which tensorlab does"):
        tl.load(path)


class TestHints:
    """Only pickles are called pickles."""

    @pytest.mark.parametrize("protocol", range(6))
    def test_pickles(self, protocol, path):
        path.write_bytes(pickle.dumps({"x": [1.0, "a"]}, protocol))
        with pytest.raises(ValueError, match="looks like a pickle"):
            tl.load(path)

    def test_a_long_pickle(self, path):
        path.write_bytes(pickle.dumps(list(range(100_000))))
        with pytest.raises(ValueError, match="looks like a pickle"):
            tl.load(path)

    def test_other_files(self, path):
        np.savez(path.with_suffix(".npz"), x=np.ones(2))
        with zipfile.ZipFile(path.with_suffix(".zip"), "w") as file:
            file.writestr("a.txt", "text")
        for other, content in {"0x80": b"\x80" * 100, "header": b"\x80\x02" + bytes(98), "text": b"."}.items():
            path.with_suffix(f".{other}").write_bytes(content)
        for file in path.parent.iterdir():
            with pytest.raises(ValueError, match=r"is not a safetensors file:|is a zip archive that torch"):
                tl.load(file)


class TestReplacing:
    """`save` does no harm to what stands at the path."""

    def names(self, path):
        return sorted(file.name for file in path.parent.iterdir())

    def test_a_device_stays_a_device(self):
        before = os.stat(os.devnull)
        tl.save({"x": tl.ones(1)}, os.devnull)
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
        assert os.stat(os.devnull).st_ino == before.st_ino

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
    def test_a_pipe_is_written_to(self, path):
        os.mkfifo(path)
        received = []
        reader = threading.Thread(target=lambda: received.append(tl.load(path)["x"].item()))
        reader.start()
        tl.save({"x": tl.tensor(5)}, path)
        reader.join()
        assert received == [5]
        assert stat.S_ISFIFO(path.stat().st_mode)

    def test_a_directory_is_refused(self, path):
        path.mkdir()
        with pytest.raises(IsADirectoryError):
            tl.save({"x": tl.ones(1)}, path)
        with pytest.raises(IsADirectoryError):
            tl.load(path)

    @pytest.mark.parametrize("exists", [True, False])
    def test_the_target_of_a_symbolic_link_is_written(self, exists, path):
        other = path.parent / "other" / "data"
        other.parent.mkdir()
        if exists:
            other.write_bytes(b"old")
        (path.parent / "middle").symlink_to(other)
        path.symlink_to("middle")
        tl.save({"x": tl.ones(1)}, path)
        assert os.readlink(path) == "middle" and not other.is_symlink()
        assert tl.load(other)["x"].item() == 1
        assert self.names(other) == ["data"]

    def test_a_cycle_of_links_stays(self, path):
        path.symlink_to(path.name)
        with pytest.raises(OSError, match="symbolic links"):
            tl.save({}, path)
        assert path.is_symlink()

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
    def test_the_mode_stays(self, mode, path):
        path.write_bytes(b"old")
        path.chmod(mode)
        tl.save({"x": tl.ones(1)}, path)
        assert stat.S_IMODE(path.stat().st_mode) == mode

    def test_a_new_file_has_the_mode_of_new_files(self, path):
        (path.parent / "plain").write_bytes(b"")
        tl.save({"x": tl.ones(1)}, path)
        assert path.stat().st_mode == (path.parent / "plain").stat().st_mode

    def test_the_new_content_is_never_more_open_than_the_old(self, path, monkeypatch):
        path.write_bytes(b"old")
        path.chmod(0o600)
        modes = []
        original = os.fsync

        def spy(descriptor):
            folder = next(file for file in path.parent.iterdir() if file != path)
            modes.append((stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE((folder / "new").stat().st_mode)))
            monkeypatch.setattr(os, "fsync", original)

        monkeypatch.setattr(os, "fsync", spy)
        tl.save({"x": tl.ones(1)}, path)
        assert modes == [(0o700, 0o600)]

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
    def test_the_owner_stays(self, path):
        path.write_bytes(b"old")
        os.chown(path, 1234, 4321)
        tl.save({"x": tl.ones(1)}, path)
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)

    @pytest.mark.parametrize("name", ["n" * 255, "ä" * 127])
    def test_long_names(self, name, path):
        long = path.with_name(name)
        tl.save({"x": tl.zeros(1)}, long)
        tl.save({"x": tl.ones(1)}, long)
        assert tl.load(long)["x"].item() == 1
        assert self.names(path) == [name]

    def test_a_missing_folder_is_named(self, path):
        with pytest.raises(FileNotFoundError, match=r"missing.file\.safetensors'"):
            tl.save({}, path.parent / "missing" / path.name)

    def test_leftovers_are_removed(self, path):
        """Those that no process writes to, and nothing else."""
        fcntl = pytest.importorskip("fcntl")
        full, unlocked, empty = (path.parent / f".tensorlab-0123456789abcde{digit}.tmp" for digit in "abc")
        for folder in (full, unlocked, empty):
            folder.mkdir()
        for file in (full / "lock", full / "new", full / ".tmp1", unlocked / "lock"):
            file.write_bytes(b"part")
        kept = [".tensorlab-mine.tmp", ".tensorlab-0123456789abcdef.tmp.bak", ".tensorlab-0123456789abcdef.tmp"]
        for name in kept:
            (path.parent / name).write_bytes(b"other")
        with (full / "lock").open("rb") as writing:
            fcntl.flock(writing, fcntl.LOCK_EX)
            tl.save({"x": tl.ones(1)}, path)
            assert self.names(path) == sorted([path.name, full.name, *kept])
            assert len(list(full.iterdir())) == 3
        tl.save({"x": tl.ones(1)}, path)
        assert self.names(path) == sorted([path.name, *kept])

    @pytest.mark.skipif("not hasattr(os, 'fork')", reason="the system has no limits of files")
    def test_a_full_disk(self, path):
        """Errors of the package while it writes are errors of the system, and leave the old file."""
        code = (
            "import resource, signal, sys, tensorlab as tl\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "tl.save({'x': tl.ones(1)}, sys.argv[1])\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "tl.save({'x': tl.ones(1000)}, sys.argv[1])"
        )
        environment = {**os.environ, "TENSORLAB_BACKEND": "numpy"}
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, env=environment)
        assert "\nOSError: " in done.stderr
        assert tl.load(path)["x"].item() == 1
        assert self.names(path) == [path.name]

    def test_saves_at_the_same_time_do_not_disturb_each_other(self, path):
        failures = []

        def work(number):
            try:
                for _ in range(20):
                    tl.save({"x": tl.full((1000,), number)}, path)
                    assert len(set(host(tl.load(path)["x"]).tolist())) == 1
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert self.names(path) == [path.name]


class TestDamage:
    def rewritten(self, path, change):
        """Change the header of a file, as its author might who does not know of checksums."""
        fields, data = split(path.read_bytes())
        change(fields)
        write_raw(path, fields, data)

    def test_every_flipped_bit_is_found_or_harmless(self, path):
        saved = {"w": tl.tensor([1.5, -2.0]), "flags": [tl.tensor([True]), 0.25, "text", None]}
        tl.save(saved, path, {"licence": "MIT"})
        content = path.read_bytes()
        found = 0
        for position, bit in itertools.product(range(len(content)), range(8)):
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            try:
                loaded = tl.load(io.BytesIO(damaged))
            except ValueError as error:
                assert str(error).startswith("the BytesIO")
                found += 1
            else:  # spaces at the end of the header, a letter of the name of the checksums
                assert repr(loaded) == repr(saved)
        assert found > 0.9 * 8 * len(content)

    def test_verification_can_be_switched_off(self, path):
        tl.save({"x": tl.tensor([1.0, 2.0]), "y": tl.ones(1)}, path)
        content = bytearray(path.read_bytes())
        content[-5] ^= 0x80
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"file\.safetensors is damaged: the elements of 'x' do not match"):
            tl.load(path)
        assert_same(tl.load(path, verify=False)["x"], np.array([1.0, -2.0], "float32"))
        self.rewritten(path, lambda fields: fields["x"].update(shape=[1, 2]))
        with pytest.raises(ValueError, match=r"file\.safetensors is damaged: its header does not match its checksum"):
            tl.load(path)
        assert tl.load(path, verify=False)["x"].shape == (1, 2)

    @pytest.mark.parametrize(
        "structure",
        [
            "",
            "{",
            "[]",
            "3",
            "null",
            "{}",
            '{"list": [], "tuple": []}',
            '{"module": "os"}',
            '{"tensor": "y"}',
            '{"tensor": []}',
            '{"tensor": "x", "list": []}',
            '{"list": [{"tensor": "x"}, {"tensor": "x"}]}',
            '{"list": []}',
            '{"list": 3}',
            '{"tuple": {"tensor": "x"}}',
            '{"dict": [["a"]]}',
            '{"dict": [[[], {"tensor": "x"}]]}',
            '{"dict": [[null, {"tensor": "x"}]]}',
            '{"dict": [["a", {"tensor": "x"}], ["a", {"value": 1}]]}',
            '{"dict": {"a": {"tensor": "x"}}}',
            '{"list": [{"tensor": "x"}, {"value": []}]}',
            '{"list": [{"tensor": "x"}, {"value": {}}]}',
            '{"list": [{"tensor": "x"}, {"complex": [1, 2]}]}',
            '{"list": [{"tensor": "x"}, {"complex": [1.0]}]}',
            '{"list": [{"tensor": "x"}, {"namedtuple": []}]}',
            '{"list": [{"tensor": "x"}, {"namedtuple": [3, [], []]}]}',
            '{"list": [{"tensor": "x"}, {"namedtuple": ["os.stat_result", [], []]}]}',
            '{"list": [{"tensor": "x"}, {"namedtuple": ["os", ["a"], []]}]}',
            '{"list": [{"tensor": "x"}, {"value": ' + "9" * 5000 + "}]}",
            '{"list": [' * 2000,
            '{"list": [' * 100_000 + '{"tensor": "x"}' + "]}" * 100_000,
        ],
        ids=range(31),
    )
    def test_structures(self, structure, path):
        tl.save([tl.ones(2)], path)

        def change(fields):
            fields["x"] = fields.pop("0")
            fields["__metadata__"] = {"tensorlab.structure": structure}

        self.rewritten(path, change)
        with pytest.raises(ValueError, match=r"^.*file\.safetensors (is damaged: its structure |holds a named tuple)"):
            tl.load(path)

    @pytest.mark.parametrize(
        "entry",
        [
            None,
            [],
            {},
            {"dtype": "F32", "shape": [2]},
            {"dtype": 3, "shape": [2], "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": [True, 2], "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": [-2], "data_offsets": [8, 0]},
            {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]},
            {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
            {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 2**63]},
            {"dtype": "F32", "shape": [0, 2**70], "data_offsets": [0, 0]},
            {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]},
        ],
        ids=range(16),
    )
    def test_entries(self, entry, path):
        tl.save({"x": tl.ones(2)}, path)
        self.rewritten(path, lambda fields: fields.update(x=entry))
        for read in (tl.load, tl.io.read_metadata):
            with pytest.raises(ValueError, match=r"file\.safetensors is not a safetensors file: "):
                read(path)

    def test_overlapping_entries(self, path):
        tl.save({"x": tl.ones(2), "y": tl.ones(2)}, path)
        self.rewritten(path, lambda fields: fields.update(y=fields["x"]))
        with pytest.raises(ValueError, match=r"is not a safetensors file: .*offset"):
            tl.load(path)

    @pytest.mark.parametrize("shape", [[1] * 70, [0, 2**62]])
    def test_shapes_that_no_array_has(self, shape, path):
        size = 0 if 0 in shape else 8
        write_raw(path, {"x": {"dtype": "F64", "shape": shape, "data_offsets": [0, size]}}, bytes(size))
        for lazy in (False, True):
            with pytest.raises(ValueError, match=r"file\.safetensors is damaged: no array can have the shape"):
                tl.load(path, lazy=lazy)

    def test_booleans_that_are_neither(self, path):
        write_raw(path, {"x": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}}, b"\2")
        with pytest.raises(ValueError, match=r"file\.safetensors is damaged: 'x' has elements that are neither"):
            tl.load(path)

    def test_a_header_longer_than_the_file_is_not_read(self, path):
        path.write_bytes((2**62).to_bytes(8, "little") + b"{}")
        with pytest.raises(ValueError, match=r"is not a safetensors file: .*header too large"):
            tl.load(path)


class Counting(io.BytesIO):
    """A file that counts the bytes read from it."""

    count = 0

    def read(self, size=-1):
        data = super().read(size)
        self.count += len(data)
        return data

    def readinto(self, buffer):
        size = super().readinto(buffer)
        self.count += size
        return size


class TestMemory:
    SIZE = 8_000_000

    @pytest.fixture(autouse=True)
    def file(self, path):
        rng = np.random.default_rng(0)
        self.numbers = {key: rng.integers(256, size=self.SIZE // 4, dtype="uint8") for key in "abcd"}
        tl.save({key: tensor(numbers) for key, numbers in self.numbers.items()}, path, metadata={"licence": "MIT"})

    def peak(self, function):
        """Return the peak of the memory that `function` allocates, and its result."""
        function()  # the first use imports modules
        tracemalloc.start()
        try:
            result = function()
            return tracemalloc.get_traced_memory()[1], result
        finally:
            tracemalloc.stop()

    @pytest.mark.skipif("tl.active_backend().name == 'cupy'", reason="the tensors are on another device")
    def test_load_needs_the_size_of_the_file(self, path):
        peak, loaded = self.peak(lambda: tl.load(path))
        assert self.SIZE < peak < self.SIZE + 200_000
        for key, numbers in self.numbers.items():
            assert_same(loaded[key], numbers)

    @pytest.mark.skipif(
        "not hasattr(safetensors, 'TensorSpec')", reason="before version 0.8 the package copies tensors"
    )
    def test_save_needs_next_to_nothing(self, path):
        tensors = tl.load(path, device="numpy")
        peak, _ = self.peak(lambda: tl.save(tensors, path))
        assert peak < 200_000

    @pytest.mark.skipif("tl.active_backend().name == 'cupy'", reason="the tensors are on another device")
    def test_lazy_tensors_are_not_read(self, path):
        peak, loaded = self.peak(lambda: tl.load(path, lazy=True))
        assert peak < 200_000
        assert list(loaded) == list("abcd")
        for key, numbers in self.numbers.items():
            assert_same(loaded[key], numbers)

    def test_lazy_tensors_do_not_write_to_the_file(self, path):
        before = path.read_bytes()
        loaded = tl.load(path, lazy=True)
        loaded["a"] += 1
        assert_same(loaded["a"], self.numbers["a"] + np.uint8(1))
        assert path.read_bytes() == before

    def test_lazy_tensors_outlive_a_new_file(self, path):
        loaded = tl.load(path, lazy=True)
        tl.save({"a": tl.zeros(3)}, path)
        for key, numbers in self.numbers.items():
            assert_same(loaded[key], numbers)

    def test_lazy_in_structures_and_without_elements(self, path):
        tl.save({"x": [tl.ones(2), tl.ones(0), tl.tensor(True)], "n": 1}, path)
        loaded = tl.load(path, lazy=True)
        assert_same(loaded["x"][0], np.ones(2, "float32"))
        assert loaded["x"][1].shape == (0,)
        assert loaded["x"][2].item() is True

    def test_lazy_where_elements_are_not_aligned(self, path):
        fields = {
            "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
            "b": {"dtype": "F32", "shape": [1], "data_offsets": [1, 5]},
        }
        write_raw(path, fields, b"\7" + np.float32(2.5).tobytes())
        for lazy in (False, True):
            assert tl.load(path, lazy=lazy)["b"].item() == 2.5

    def test_read_metadata_reads_the_header_alone(self, path):
        """Of a file of 16 GB, most of which is a hole, that nothing could read in this time and memory."""
        size = 2**34
        fields = {
            "__metadata__": {"licence": "MIT"},
            "x": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]},
        }
        write_raw(path, fields)
        os.truncate(path, path.stat().st_size + size)
        peak, metadata = self.peak(lambda: tl.io.read_metadata(path))
        assert metadata == {"licence": "MIT"} and peak < 200_000
        x = tl.load(path, lazy=True)["x"]
        assert x.shape == (size,) and x[-1].item() == 0

    def test_load_reads_each_byte_once(self, path):
        file = Counting(path.read_bytes())
        tl.load(file)
        assert file.count == len(file.getvalue())
