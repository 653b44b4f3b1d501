"""Arrays in IDX, .npy and .npz files: what is read, and what is refused."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from file_formats import IDX_TYPES, idx_bytes, little_memory
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab.datasets import load_idx, load_npy, load_npz, save_idx

# -- IDX ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", IDX_TYPES)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (), (0, 3)])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_idx_files_of_all_types(tmp_path, rng, dtype, shape, compress):
    array = rng.uniform(-100, 100, shape).astype(dtype)
    (tmp_path / "file").write_bytes(compress(idx_bytes(array)))
    found = load_idx(tmp_path / "file")
    assert found.dtype.name == dtype
    assert_same(found, array)


@pytest.mark.parametrize("dtype", IDX_TYPES)
def test_idx_files_are_written_as_the_format_says(tmp_path, rng, dtype):
    array = rng.uniform(-100, 100, (3, 2)).astype(dtype)
    save_idx(tensor(array), tmp_path / "plain")
    save_idx(tensor(array), tmp_path / "file.gz")
    assert (tmp_path / "plain").read_bytes() == idx_bytes(array)
    assert gzip.decompress((tmp_path / "file.gz").read_bytes()) == idx_bytes(array)


def test_idx_has_no_other_types(tmp_path):
    with pytest.raises(TypeError, match=r"^save_idx: x is .*int64, but must be uint8, int8"):
        save_idx(tl.arange(3), tmp_path / "file")
    assert not (tmp_path / "file").exists()


WHOLE = idx_bytes(np.arange(6, dtype="uint8").reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is not an IDX file: it begins with the bytes \(none\)"),
        (b"\0\0", "is not an IDX file"),
        (b"PNG and more", "is not an IDX file: it begins with the bytes 50 4e 47 20"),
        (b"\0\0\x0a\x01" + bytes(8), "is not an IDX file"),
        (WHOLE[:9], "ends within the lengths of its 2 axes"),
        (WHOLE[:-1], r"has fewer bytes than the 6 of an array of shape \(2, 3\)"),
        (WHOLE + b"\0", r"has more bytes than the 6 of an array of shape \(2, 3\)"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "the compressed data are damaged"),
        (gzip.compress(WHOLE, mtime=0)[:-4] + b"\1\2\3\4", "the compressed data are damaged"),
        (
            gzip.compress(WHOLE, mtime=0)[:12] + b"\xff\xff\xff" + gzip.compress(WHOLE, mtime=0)[15:],
            "the compressed data are damaged",
        ),
        (b"\0\0\x08\xff" + 255 * b"\0\0\0\1" + b"\7", "cannot become a tensor of shape"),
    ],
)
def test_damaged_idx_files(tmp_path, content, message):
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("shape", [(1 << 31,), (60_000, 1 << 20, 3), (1 << 31, 1 << 31, 1 << 31)])
def test_headers_that_lie_take_no_memory(tmp_path, compress, shape):
    (tmp_path / "file").write_bytes(compress(idx_bytes(np.zeros(1000, "uint8"), shape)))
    with little_memory(), pytest.raises(ValueError, match="fewer bytes"):
        load_idx(tmp_path / "file")


def test_checksums_are_those_of_the_contents(tmp_path):
    digest = "b1af2ed60b0b0f0e1b7fd4e4c1bd4a0b"
    for name, content in (("plain", WHOLE), ("compressed", gzip.compress(WHOLE, mtime=0))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ValueError, match=f"is damaged or another file: the MD5 digest of its contents is .*, not checksum={digest}"
        ):
            load_idx(tmp_path / name, checksum=digest)


def test_no_such_file(tmp_path):
    for load in (load_idx, load_npy, load_npz):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none")
        with pytest.raises(TypeError, match=rf"^{load.__name__}: path must be a str or a path, not 3"):
            load(3)


# -- .npy --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("dtype", ["float32", ">f8", "<i2", "uint8", "bool", "complex64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_files(tmp_path, rng, dtype, order, mmap):
    array = np.asarray(rng.uniform(0, 100, (3, 4)).astype(dtype), order=order)
    np.save(tmp_path / "x.npy", array)
    found = load_npy(tmp_path / "x.npy", mmap=mmap)
    assert_same(found, array)
    assert found.dtype.name == array.dtype.newbyteorder("=").name


@pytest.mark.parametrize("array", [np.array(2.5), np.zeros((0, 3))])
def test_npy_files_of_odd_shapes(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    assert_same(load_npy(tmp_path / "x.npy"), array)


def test_writing_into_a_mapped_array_leaves_the_file(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    x = load_npy(tmp_path / "x.npy", mmap=True)
    x[0] = 1.0
    assert host(x).tolist() == [1, 0, 0]
    assert np.load(tmp_path / "x.npy").tolist() == [0, 0, 0]


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_that_lies(shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(100)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a readable .npy file"),
        (b"something else", "is not a readable .npy file"),
        (npy_bytes(np.zeros(3))[:60], "is not a readable .npy file"),
        (npy_bytes(np.zeros(3))[:-1], r"has \d+ bytes, not the \d+ of an array of shape \(3,\) and type float64"),
        (npy_bytes(np.zeros(3)) + b"\0", "bytes, not the"),
        (npy_bytes(np.array([None])), "holds Python objects, which are not unpickled"),
        (npy_that_lies((1 << 40, 3)), "bytes, not the"),
        (b"\x93NUMPY\1\0\x10\0__import__('os')", "is not a readable .npy file"),
    ],
)
def test_damaged_npy_files(tmp_path, content, message, mmap):
    path = tmp_path / "damaged.npy"
    path.write_bytes(content)
    with little_memory(), pytest.raises(ValueError, match=rf"^load_npy: path=.*damaged.npy.*{message}"):
        load_npy(path, mmap=mmap)


def test_npy_files_of_text(tmp_path):
    np.save(tmp_path / "x.npy", np.array(["a", "b"]))
    with pytest.raises(ValueError, match="cannot become a tensor"):
        load_npy(tmp_path / "x.npy")


# -- .npz --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_files(tmp_path, rng, save):
    arrays = {"x": rng.normal(size=(3, 2)), "labels": np.arange(3)}
    save(tmp_path / "x.npz", **arrays)
    found = load_npz(tmp_path / "x.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert_same(found[name], array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a readable .npz file"),
        (b"PK and more", "is not a readable .npz file"),
        ({"x.npy": npy_bytes(np.array([None]))}, "array 'x' holds Python objects"),
        ({"x.npy": npy_bytes(np.zeros(3))[:-1]}, "array 'x' has"),
        ({"x.npy": npy_that_lies((1 << 40,))}, "array 'x' has"),
    ],
)
def test_damaged_npz_files(tmp_path, content, message):
    path = tmp_path / "damaged.npz"
    if isinstance(content, dict):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
    else:
        path.write_bytes(content)
    with little_memory(), pytest.raises(ValueError, match=rf"^load_npz: path=.*damaged.npz.*{message}"):
        load_npz(path)


def test_bytes_changed_in_an_npz_file(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.arange(1000))
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"is not a readable \.npz file: Bad CRC"):
        load_npz(path)
