"""Files of PyTorch: read as PyTorch reads them, written so that it reads them, and nothing in them is executed."""

import io
import os
import pickle
import subprocess
import sys
import zipfile
from collections import Counter, OrderedDict, defaultdict, namedtuple

import ml_dtypes
import numpy as np
import pytest
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn

FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pth"


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def as_numpy(x):
    """Return a tensor of PyTorch as NumPy's array."""
    return x.float().numpy().astype(ml_dtypes.bfloat16) if str(x.dtype) == "torch.bfloat16" else x.detach().numpy()


DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128", "uint16", "uint32", "uint64",
]  # fmt: skip


class TestReading:
    @FORMATS
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_data_types(self, dtype, zipped, path, torch):
        if tl.active_backend().native_dtype(dtype) is None:
            pytest.skip(f"the backend has no {dtype}")
        if dtype in ("uint16", "uint32", "uint64") and not zipped:
            pytest.skip("the legacy format has none of these types")
        x = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
        torch.save({"x": x}, path, _use_new_zipfile_serialization=zipped)
        loaded = tl.load(path)["x"]
        assert loaded.dtype == dtype
        assert_same(loaded, as_numpy(x))

    @FORMATS
    def test_views(self, zipped, path, torch):
        base = torch.arange(24.0).reshape(4, 6)
        views = [base.T, base[1:3, ::2], base[:, 2], torch.tensor(3.0), torch.ones(3, 1).expand(3, 4), base[:0]]
        torch.save(views, path, _use_new_zipfile_serialization=zipped)
        for loaded, view in zip(tl.load(path), views, strict=True):
            assert_same(loaded, view.numpy())

    @FORMATS
    def test_tensors_of_one_storage_share_memory(self, zipped, path, torch):
        base = torch.zeros(6)
        torch.save(
            {"base": base, "row": base.reshape(2, 3)[1], "same": base}, path, _use_new_zipfile_serialization=zipped
        )
        loaded = tl.load(path)
        assert loaded["same"] is loaded["base"]
        if tl.active_backend().name == "numpy":
            loaded["row"][...] = 1
            assert loaded["base"].tolist() == [0, 0, 0, 1, 1, 1]

    @FORMATS
    def test_containers(self, zipped, path, torch):
        obj = {
            "ordered": OrderedDict(b=1, a=[2, (3.5, None, True)]),
            "counter": Counter("aab"),
            "set": {1, 2},
            "complex": 1 - 2j,
            "bytes": b"\x00\xff",
            "size": torch.Size([1, 2]),
            "device": torch.device("cpu"),
            "dtype": torch.float32,
            "big": 2**80,
            "text": "ä\U0001f600",
            5: -1,
        }
        torch.save(obj, path, _use_new_zipfile_serialization=zipped)
        loaded = tl.load(path)
        assert loaded.pop("size") == (1, 2) and obj.pop("size")
        assert loaded.pop("device") == "cpu" and obj.pop("device")
        assert loaded.pop("dtype") is tl.float32 and obj.pop("dtype")
        assert loaded == obj
        assert list(loaded["ordered"]) == ["b", "a"]

    def test_default_dictionaries(self, path, torch):
        torch.save(defaultdict(dict, a={"x": 1}), path)
        assert tl.load(path) == {"a": {"x": 1}}

    def test_numbers_and_arrays_of_numpy(self, path, torch):
        array = np.arange(6, dtype="float64").reshape(2, 3)
        arrays = [array, array.T, array.astype(">f4"), array]
        torch.save({"best": np.float64(0.5), "count": np.int64(3), "arrays": arrays}, path)
        loaded = tl.load(path)
        assert (loaded["best"], loaded["count"]) == (0.5, 3)
        for found, expected in zip(loaded["arrays"], arrays, strict=True):
            np.testing.assert_array_equal(found, expected)
        assert loaded["arrays"][0] is loaded["arrays"][3]

    @FORMATS
    def test_parameters_and_what_requires_gradients(self, zipped, path, torch):
        values = {"p": torch.nn.Parameter(torch.ones(2)), "x": torch.ones(2, requires_grad=True), "n": torch.ones(2)}
        torch.save(values, path, _use_new_zipfile_serialization=zipped)
        loaded = tl.load(path)
        assert {name: x.requires_grad for name, x in loaded.items()} == {"p": True, "x": True, "n": False}

    def test_a_tensor_with_attributes(self, path, torch):
        x = torch.ones(2)
        x.note = "text"
        torch.save(x, path)
        assert_same(tl.load(path), np.ones(2, "float32"))

    @FORMATS
    def test_a_state_dict_of_a_network(self, zipped, path, torch):
        """The same network gives the same numbers, its optimizer the same steps."""
        theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten())
        ours = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten())
        x = np.random.default_rng(0).standard_normal((2, 1, 5, 5)).astype("float32")
        optimizer = torch.optim.Adam(theirs.parameters())
        theirs(torch.asarray(x)).sum().backward()
        optimizer.step()
        state = {"model": theirs.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
        torch.save(state, path, _use_new_zipfile_serialization=zipped)
        loaded = tl.load(path)
        ours.load_state_dict(loaded["model"])
        np.testing.assert_allclose(
            host(ours(tensor(x))), theirs(torch.asarray(x)).detach().numpy(), rtol=1e-5, atol=1e-6
        )
        ours_optimizer = tl.optim.Adam(ours.parameters())
        ours_optimizer.load_state_dict(loaded["optimizer"])
        assert_same(
            ours_optimizer.state_dict()["state"][0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"].numpy()
        )

    def test_weights_of_a_model(self, path, torch):
        model = tl.models.lenet5()
        state = {name: torch.asarray(host(x)) for name, x in model.state_dict().items()}
        torch.save(state, path)
        other = tl.models.lenet5(weights=path)
        for name, x in other.state_dict().items():
            assert_same(x, state[name].numpy())

    def test_lazy(self, path, torch):
        x = torch.arange(1000.0)
        torch.save({"x": x}, path)
        loaded = tl.load(path, lazy=True)["x"]
        assert_same(loaded, x.numpy())
        before = path.read_bytes()
        loaded += 1
        assert path.read_bytes() == before

    def test_open_files(self, torch):
        file = io.BytesIO()
        torch.save({"x": torch.ones(2)}, file)
        file.seek(0)
        assert_same(tl.load(file)["x"], np.ones(2, "float32"))

    def test_big_endian(self, path, torch):
        """What a machine of the other byte order wrote."""
        torch.save({"x": torch.arange(3.0), "c": torch.tensor([1 + 2j])}, path)
        entries = {"byteorder": b"big", "data/0": np.arange(3, dtype=">f4").tobytes()}
        rewrite(path, {**entries, "data/1": np.array([1 + 2j], ">c8").tobytes()})
        loaded = tl.load(path)
        assert_same(loaded["x"], np.arange(3, dtype="float32"))
        assert_same(loaded["c"], np.array([1 + 2j], "complex64"))

    def test_device(self, path, torch):
        torch.save({"x": torch.ones(2)}, path)
        assert tl.load(path, device="numpy")["x"].backend.name == "numpy"

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda torch: torch.ones(2, dtype=torch.complex64).conj(), "lazily conjugated .* save x.resolve_conj"),
            (lambda torch: torch.eye(2).to_sparse(), "refers to torch._utils._rebuild_sparse_tensor"),
            (lambda torch: torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8), "_rebuild_qtensor"),
            (lambda torch: torch.ones(2).to(torch.float8_e4m3fn), "refers to torch.float8_e4m3fn"),
            (lambda torch: torch.nn.Linear(1, 1), r"refers to torch.nn.modules.linear.Linear.*model.state_dict\(\)"),
        ],
        ids=["conjugate", "sparse", "quantised", "float8", "module"],
    )
    @pytest.mark.filterwarnings("ignore")
    def test_what_is_refused(self, make, message, path, torch):
        torch.save({"x": make(torch)}, path)
        with pytest.raises(ValueError, match=rf"model\.pth .*{message}"):
            tl.load(path)

    @pytest.mark.filterwarnings("ignore")
    def test_torchscript(self, path, torch):
        torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), str(path))
        with pytest.raises(ValueError, match=r"model\.pth is a TorchScript archive, whose code is not run; save model"):
            tl.load(path)


class TestWriting:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_data_types(self, dtype, path, torch):
        if tl.active_backend().native_dtype(dtype) is None:
            pytest.skip(f"the backend has no {dtype}")
        x = tl.reshape(tl.arange(6), (2, 3)).astype(dtype)
        tl.save({"x": x}, path, format="torch")
        loaded = torch.load(path, weights_only=True)["x"]
        assert loaded.dtype == getattr(torch, dtype)
        np.testing.assert_array_equal(as_numpy(loaded), host(x))
        assert_same(tl.load(path)["x"], host(x))

    def test_nested_objects(self, path, torch):
        obj = {
            "a": [1, -(2**40), 2**80, 2.5, None, True, False, "ä\U0001f600", (1 - 2j,)],
            "empty": [{}, [], ()],
            "deep": {"x": {"y": [{"z": 1}]}},
            3: "number",
        }
        tl.save(obj, path, format="torch")
        assert torch.load(path, weights_only=True) == obj
        assert tl.load(path) == obj

    @pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 2, 3)])
    def test_shapes(self, shape, path, torch):
        tl.save(tl.ones(shape), path, format="torch")
        assert torch.load(path, weights_only=True).shape == shape
        assert tl.load(path).shape == shape

    def test_views_and_arrays(self, path, torch):
        x = np.arange(6.0).reshape(2, 3)
        tl.save([tensor(x).T, x[:, ::2]], path, format="torch")
        transposed, columns = torch.load(path, weights_only=True)
        np.testing.assert_array_equal(transposed.numpy(), x.T)
        np.testing.assert_array_equal(columns.numpy(), x[:, ::2])

    def test_tied_weights_are_written_once(self, path, torch):
        x = tl.ones(10_000)
        tl.save({"a": x, "b": x}, path, format="torch")
        loaded = torch.load(path, weights_only=True)
        assert loaded["a"].data_ptr() == loaded["b"].data_ptr()
        assert path.stat().st_size < 45_000

    def test_a_network(self, path, torch):
        theirs, ours = torch.nn.Linear(3, 2), nn.Linear(3, 2)
        tl.save(ours.state_dict(), path, format="torch")
        theirs.load_state_dict(torch.load(path, weights_only=True))
        np.testing.assert_array_equal(theirs.weight.detach().numpy(), host(ours.weight))

    def test_storages_are_aligned_for_mapping(self, path, torch):
        tl.save({str(n): tl.arange(n) for n in range(1, 20)}, path, format="torch")
        loaded = torch.load(path, weights_only=True, mmap=True)
        for n in range(1, 20):
            assert loaded[str(n)].tolist() == list(range(n))
            assert loaded[str(n)].data_ptr() % 64 == 0

    def test_open_files(self, torch):
        file = io.BytesIO()
        tl.save({"x": tl.ones(2)}, file, format="torch")
        file.seek(0)
        assert torch.load(file, weights_only=True)["x"].tolist() == [1, 1]


class TestWritingErrors:
    def test_named_tuples(self, path):
        with pytest.raises(ValueError, match=r"^save: PyTorch reads no named tuples \(at 'a.0'\)"):
            tl.save({"a": [Point(1)]}, path, format="torch")
        assert not path.exists()

    def test_metadata(self, path):
        with pytest.raises(ValueError, match=r"^save: PyTorch's files hold no metadata"):
            tl.save({}, path, {"licence": "MIT"}, format="torch")
        assert not path.exists()

    def test_format(self, path):
        with pytest.raises(ValueError, match=r"^save: format must be 'safetensors' or 'torch', not 'npz'"):
            tl.save({}, path, format="npz")


Point = namedtuple("Point", "x")


# -- files that are made by hand ---------------------------------------------------------------------------------------


def write_archive(path, data, entries=(), folder="archive", **options):
    """Write an archive with a pickle and other entries."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr(f"{folder}/data.pkl", data)
        for name, content in dict(entries).items():
            archive.writestr(f"{folder}/{name}", content)


def rewrite(path, changes):
    """Write an archive again with other contents of some entries."""
    with zipfile.ZipFile(path) as archive:
        contents = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    contents.update(changes)
    write_archive(path, contents.pop("data.pkl"), contents)


def pickled_tensor(key="0", numel=2, offset=0, size=(2,), stride=(1,), kind="FloatStorage"):
    """Return a pickle of one tensor, written by hand."""

    def number(n):
        return f"I{n}\n".encode() if not isinstance(n, str) else f"V{n}\n".encode()

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(Vstorage\nctorch\n" + kind.encode() + b"\nV" + key.encode() + b"\nVcpu\n" + number(numel) + b"tQ"
    arguments = storage + number(offset) + numbers(size) + numbers(stride) + b"\x89N"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR."


EIGHT = {"data/0": np.array([1.5, 2.5], "float32").tobytes()}


def test_an_archive_made_by_hand(path):
    write_archive(path, pickled_tensor(), EIGHT)
    assert_same(tl.load(path), np.array([1.5, 2.5], "float32"))


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def attacks():
    yield "os.system", pickle.dumps(Call(os.system, "touch ran"), 2)
    yield "subprocess", pickle.dumps({"x": Call(subprocess.Popen, ["touch", "ran"])}, 2)
    yield "eval", pickle.dumps(Call(eval, "open('ran', 'w')"), 2)
    yield "getattr", pickle.dumps(Call(getattr, "text", "upper"), 2)
    yield "torch.load", b"\x80\x02ctorch\nload\nVran\n\x85R."
    yield "torch.hub", b"\x80\x02ctorch.hub\nload\nVran\n\x85R."
    yield "dotted name", b"\x80\x04\x8c\x05torch\x8c\x12Size.__init_subclass\x93."
    yield "a storage is no function", b"\x80\x02ctorch\nFloatStorage\n)R."
    yield "a data type is no function", b"\x80\x02ctorch\nfloat32\n)R."
    yield "a tensor is no function", b"\x80\x02ctorch\nTensor\n)R."
    yield "state of a function", b"\x80\x02ctorch\nSize\n}Vcall\nctorch\ndevice\nsb."
    yield "state of a class", b"\x80\x02ctorch\nTensor\n}Vx\nI1\nsb."
    yield "state of a list", b"\x80\x02]}Vx\nI1\nsb."
    yield "append to a function", b"\x80\x02ctorch\nSize\nI1\na."
    yield "item of a class", b"\x80\x02ctorch\nTensor\nVx\nI1\ns."
    yield "extension", b"\x80\x02\x82\x01."
    yield "INST", b"(S'touch ran'\nios\nsystem\n."
    yield "OBJ", b"(cos\nsystem\nS'touch ran'\no."
    yield "another object outside", b"\x80\x02(Vmodule\nN\x86Q."
    yield "an object outside that is text", b"\x80\x02Vran\nQ."
    yield "a file outside", pickled_tensor(key="../../../../etc/passwd")
    yield "an absolute path", pickled_tensor(key="/etc/passwd")


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in attacks()])
def test_attacks(data, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    write_archive(path, data, EIGHT)
    with pytest.raises(ValueError, match=r"model\.pth (refers to|is not a readable pickle|uses|is damaged)"):
        tl.load(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_legacy_file_that_calls_something(path, monkeypatch, torch):
    monkeypatch.chdir(path.parent)
    torch.save({"x": Call(os.system, "touch ran")}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"model\.pth refers to \w+.system"):
        tl.load(path)
    assert list(path.parent.iterdir()) == [path]


def nested_tuples(levels):
    """Return instructions for a tuple of 2**levels parts, all the same, whose hash takes as many steps."""
    return b")" + b"".join(b"q\x01h\x01\x86" for _ in range(levels))


SLOW_WITHOUT_CHECKS = {
    "hash of a key": b"\x80\x02}" + nested_tuples(60) + b"Ns.",
    "hash of a part of a set": b"\x80\x04\x8f(" + nested_tuples(60) + b"\x90.",
    "hash in a call": b"\x80\x02c__builtin__\nset\n](" + nested_tuples(60) + b"e\x85R.",
    "hash of a pair": b"\x80\x02ccollections\nOrderedDict\n](](" + nested_tuples(60) + b"Neee\x85R.",
    "number": b"\x80\x02I" + b"9" * 1_000_000 + b"\n.",
}


@pytest.mark.parametrize("case", SLOW_WITHOUT_CHECKS)
def test_what_would_take_years(case, path):
    write_archive(path, SLOW_WITHOUT_CHECKS[case])
    with pytest.raises(ValueError, match=r"model\.pth is not a readable pickle"):
        tl.load(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
        b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
        b"\x80\x02Nr\xff\xff\xff\x7f.",
        b"\x80\x02]" + b"q\x01h\x01h\x01\x86" * 100 + b".",
    ],
    ids=["lists", "tuples", "memo", "shared parts"],
)
def test_deep_structures_cost_little(data, path):
    """They load, or are refused, in a process of little memory that then goes on."""
    write_archive(path, data)
    code = (
        "import resource, sys; import tensorlab as tl; import numpy\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))\n"
        "try:\n    x = tl.load(sys.argv[1]); del x\nexcept ValueError:\n    pass\nprint('on')"
    )
    pytest.importorskip("resource")
    environment = {**os.environ, "TENSORLAB_BACKEND": "numpy"}
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout == "on\n", done.stderr


class TestDamages:
    def refused(self, path, message):
        with pytest.raises(ValueError, match=rf"model\.pth {message}"):
            tl.load(path)

    def test_a_bomb(self, path):
        """A compressed entry of 256 MB takes a thousandth of that; it is refused before it is read."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", pickled_tensor(numel=2**26, size=(2**26,)))
            with archive.open("archive/data/0", "w") as entry:
                for _ in range(16):
                    entry.write(bytes(2**24))
        self.refused(path, "is damaged: its entries take more bytes than the file has")

    def test_compressed_entries(self, path):
        write_archive(path, pickled_tensor() + bytes(1000), EIGHT, compression=zipfile.ZIP_DEFLATED)
        self.refused(path, "is damaged: (its entry .* is compressed|its entries take)")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"numel": 3}, "is damaged: its storage '0' has 8 bytes in place of 3 of float32"),
            ({"numel": 2**60}, "is damaged: its storage '0' has 8 bytes in place of"),
            ({"numel": -2}, "is damaged: its storage '0' has 8 bytes in place of"),
            ({"kind": "DoubleStorage"}, "is damaged: its storage '0' has 8 bytes in place of 2 of float64"),
            ({"key": "1"}, "is damaged: it has no entry 'data/1'"),
            ({"size": (3,)}, r"is damaged: a tensor of shape \(3,\) does not fit its storage '0'"),
            ({"stride": (2,)}, "is damaged: a tensor of shape"),
            ({"offset": 1}, "is damaged: a tensor of shape"),
            ({"offset": 2**63}, "is damaged: a tensor of shape"),
            ({"size": (2**62, 2**62), "stride": (0, 0)}, "is damaged: a tensor of shape"),
            ({"offset": -1}, "is damaged: it has a tensor of shape"),
            ({"stride": (-1,)}, "is damaged: it has a tensor of shape"),
            ({"size": ("a",)}, "is damaged: it has a tensor of shape"),
            ({"stride": (1, 1)}, "is damaged: it has a tensor of shape"),
            ({"size": (1,) * 70, "stride": (1,) * 70}, "is damaged: a tensor of shape"),
            ({"kind": "QInt8Storage"}, "refers to torch.QInt8Storage"),
        ],
    )
    def test_sizes_that_lie(self, options, message, path):
        write_archive(path, pickled_tensor(**options), EIGHT)
        self.refused(path, message)

    def test_a_checksum(self, path):
        write_archive(path, pickled_tensor(), EIGHT)
        content = path.read_bytes()
        path.write_bytes(content.replace(EIGHT["data/0"], np.array([9.5, 2.5], "float32").tobytes(), 1))
        self.refused(path, r"is damaged: its entry 'data/0' does not match its checksum; verify=False loads it")
        assert_same(tl.load(path, verify=False), np.array([9.5, 2.5], "float32"))

    def test_a_byte_order(self, path):
        write_archive(path, pickled_tensor(), {**EIGHT, "byteorder": b"middle"})
        self.refused(path, "is damaged: its byte order is 'middle'")

    @pytest.mark.parametrize("seed", range(5))
    @FORMATS
    def test_any_damage(self, zipped, seed, path, torch):
        """Whatever is changed, it loads or raises one ``ValueError`` that names the file."""
        state = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict()
        torch.save({"model": state, "epoch": 3}, path, _use_new_zipfile_serialization=zipped)
        content, rng = path.read_bytes(), np.random.default_rng(seed)
        for _ in range(100):
            damaged = bytearray(content)
            for _ in range(rng.integers(1, 4)):
                damaged[rng.integers(len(content))] = rng.integers(256)
            path.write_bytes(damaged[: rng.integers(len(content)) if rng.random() < 0.2 else None])
            for lazy in (False, True):
                try:
                    tl.load(path, verify=False, lazy=lazy)
                except ValueError as error:
                    assert str(error).startswith(str(path))
