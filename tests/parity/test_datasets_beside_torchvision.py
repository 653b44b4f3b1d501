"""Readers beside torchvision's: the same files, the same samples in the same order."""

import pickle

import numpy as np
import pytest
from helpers import host
from peers import import_torchvision

import tensorlab as tl

torchvision = import_torchvision()
Image = pytest.importorskip("PIL.Image")


def as_array(image):
    """Return one of Pillow's images as an array, channels first."""
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def assert_equal_samples(ours, theirs):
    assert len(ours) == len(theirs)
    assert list(ours.classes) == list(theirs.classes) or len(theirs.classes) == 10
    for (image, label), (expected, target) in zip(map(ours.__getitem__, range(len(ours))), theirs, strict=True):
        np.testing.assert_array_equal(host(image), as_array(expected))
        assert label == target


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
def test_mnist(tmp_path, name, rng):
    raw = tmp_path / name / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 7), ("t10k", 3)):
        images, labels = rng.integers(0, 256, (count, 28, 28)), rng.integers(0, 10, count)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            tl.datasets.save_idx(tl.asarray(array.astype("uint8")), raw / f"{part}-{kind}-ubyte")
    for train in (True, False):
        ours = getattr(tl.datasets, name)(tmp_path, train, verify=False)
        assert_equal_samples(ours, getattr(torchvision.datasets, name)(tmp_path, train))


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_cifar(tmp_path, name, rng, monkeypatch):
    theirs, ours = getattr(torchvision.datasets, name), getattr(tl.datasets, name)
    monkeypatch.setattr(theirs, "_check_integrity", lambda self: True)
    monkeypatch.setattr(torchvision.datasets.cifar, "check_integrity", lambda *_: True)
    folder = tmp_path / theirs.base_folder
    folder.mkdir()
    classes, key = (10, "labels") if name == "CIFAR10" else (100, "fine_labels")
    for file, _ in theirs.train_list + theirs.test_list:
        content = {"data": rng.integers(0, 256, (4, 3072), dtype="uint8"), key: rng.integers(0, classes, 4).tolist()}
        (folder / file).write_bytes(pickle.dumps(content))
    names = ours(tmp_path, verify=False).classes
    (folder / theirs.meta["filename"]).write_bytes(pickle.dumps({theirs.meta["key"]: names}))
    for train in (True, False):
        assert_equal_samples(ours(tmp_path, train, verify=False), theirs(tmp_path, train))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "1"])
def test_image_folders(tmp_path, rng, mode):
    for name in ("b/1.png", "b/0.PNG", "a/deep/er/x.png", "a/z.bmp", "a/A.tif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(rng.integers(0, 256, (5, 6, 3), dtype="uint8")).convert(mode)
        image = image.convert("RGB") if path.suffix == ".bmp" else image
        image.save(path)
    (tmp_path / "a" / "notes.txt").write_text("")
    ours, theirs = tl.data.folder.ImageFolder(tmp_path), torchvision.datasets.ImageFolder(tmp_path)
    assert (ours.samples, ours.targets, ours.class_to_idx) == (theirs.samples, theirs.targets, theirs.class_to_idx)
    assert_equal_samples(ours, theirs)


def test_folders_of_other_files(tmp_path):
    for name in ("b/1.txt", "a/2.md", "a/1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    def load(path):
        with open(path) as file:
            return file.read()

    for options in ({"extensions": (".txt",)}, {"is_valid_file": lambda path: "1" in path}):
        ours = tl.data.folder.DatasetFolder(str(tmp_path), load, **options)
        assert list(ours) == list(torchvision.datasets.DatasetFolder(str(tmp_path), load, **options))


def test_errors_are_of_the_same_kind(tmp_path):
    for prepare in (lambda: None, lambda: (tmp_path / "empty").mkdir()):
        prepare()
        for make in (tl.data.folder.ImageFolder, torchvision.datasets.ImageFolder):
            with pytest.raises(FileNotFoundError):
                make(tmp_path)
    assert len(torchvision.datasets.ImageFolder(tmp_path, allow_empty=True)) == 0
    assert len(tl.data.folder.ImageFolder(tmp_path, allow_empty=True)) == 0
