"""CIFAR-10 and CIFAR-100, from the binary files or the pickles for Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeGuard

from ..data.files import FilePath, from_buffer
from ..ops.creation import asarray
from ..ops.joining import concat
from ..options import checked
from ..tensor import Tensor
from .labelled import LabelledDataset, Transform
from .pickles import load_arrays

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32


class _Cifar(LabelledDataset):
    """What the two sets share: where files are and how images are stored.

    Parameters
    ----------
    root : str or path
        The folder into which the archive for Python or the binary one was unpacked, or the folder of files in it.
    train : bool
        Whether to read the training set or the test set.
    transform : callable, optional
        Applied to each image.
    target_transform : callable, optional
        Applied to each label.
    verify : bool
        Whether there must be all images, and pickles must be the original ones, by MD5 digest. The binary files have no
        published digests.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged or another one; the message names the file and the fault.
    """

    BINARY: ClassVar[str]
    PICKLED: ClassVar[str]
    FILES: ClassVar[Mapping[bool, Sequence[str]]]
    """Names of the pickles, for training or not; the binary files have the same and the ending ``.bin``."""
    CHECKSUMS: ClassVar[Mapping[str, str]]
    """MD5 digests of the pickles."""
    LABELS: ClassVar[Mapping[str, int]]
    """The labels in a pickle by name, with the place of the same label in a binary record."""
    TOTAL: ClassVar = {True: 50_000, False: 10_000}
    train: bool

    def _load(self, root: Path, train: bool, labels: str, verify: bool) -> tuple[Tensor, Tensor]:
        """Return all images and labels of the training or the test set."""
        parts = [self._read(root, name, labels, verify) for name in self.FILES[train]]
        count = sum(len(images) for images, _ in parts)
        if verify and count != self.TOTAL[train]:
            raise ValueError(
                f"{type(self).__name__}: root={str(root)!r} has {count} images, not {self.TOTAL[train]}; "
                "verify=False reads other files of this format"
            )
        return concat([images for images, _ in parts]), concat([targets for _, targets in parts])

    def _read(self, root: Path, name: str, labels: str, verify: bool) -> tuple[Tensor, Tensor]:
        """Return the images and labels of one file."""
        cls = type(self).__name__
        candidates = [root / self.PICKLED / name, root / name, root / self.BINARY / f"{name}.bin", root / f"{name}.bin"]
        path = next(filter(Path.is_file, candidates), None)
        if path is None:
            raise FileNotFoundError(
                f"{cls}: root={str(root)!r} has neither {self.PICKLED}/{name} nor {self.BINARY}/{name}.bin. "
                "Unpack one of the archives on www.cs.toronto.edu/~kriz/cifar.html there"
            )
        data = path.read_bytes()
        if path.suffix == ".bin":
            return self._of_records(path, data, self.LABELS[labels])
        if verify and (found := md5(data, usedforsecurity=False).hexdigest()) != self.CHECKSUMS[name]:
            raise ValueError(
                f"{cls}: in root, {path} is damaged or another file: its MD5 digest is {found}, not "
                f"{self.CHECKSUMS[name]}; verify=False reads other files of this format"
            )
        return self._of_pickle(path, data, labels)

    def _of_pickle(self, path: Path, data: bytes, labels: str) -> tuple[Tensor, Tensor]:
        """Return images and labels from a dictionary with rows of pixels and lists of labels."""
        begin = f"{type(self).__name__}: in root, {path} cannot be read"
        try:
            found = load_arrays(data)
        except ValueError as error:
            raise type(error)(f"{begin}: {error}") from error
        images, targets = found.get("data"), found.get(labels)
        if not _is_image_data(images) or not isinstance(targets, list) or len(targets) != len(images):
            raise ValueError(f"{begin}: it has no 'data' of shape (N, {PIXELS}) and type uint8 with N '{labels}'")
        if not all(type(target) is int for target in targets):
            raise ValueError(f"{begin}: its '{labels}' are not integers")
        return images.reshape(-1, *SHAPE), asarray(targets, dtype="int64")

    def _of_records(self, path: Path, data: bytes, place: int) -> tuple[Tensor, Tensor]:
        """Return images and labels from records of one byte for each label and one for each pixel."""
        width = len(self.LABELS) + PIXELS
        if not data or len(data) % width:
            raise ValueError(
                f"{type(self).__name__}: in root, {path} has {len(data)} bytes, which are not records of {width}"
            )
        records = from_buffer(data, "uint8", (-1, width))
        return records[:, len(self.LABELS) :].reshape(-1, *SHAPE), records[:, place].astype("int64")

    def _more(self) -> str:
        return f"{super()._more()}, {'training' if self.train else 'test'} set"


def _is_image_data(images: Any) -> TypeGuard[Tensor]:
    return isinstance(images, Tensor) and images.shape[1:] == (PIXELS,) and images.dtype.name == "uint8"


class CIFAR10(_Cifar):
    """Small photographs of 10 classes: 50,000 for training and 10,000 for testing.

    Images are uint8 of shape ``(3, 32, 32)``, red, green and blue. Classes are airplane, automobile, bird, cat, deer,
    dog, frog, horse, ship and truck.

    Notes
    -----
    The pickles are read by an unpickler that knows nothing but lists, dictionaries and arrays of numbers: it refuses
    any other name and calls nothing of another module.

    Licence: none is stated; the images come from the 80 Million Tiny Images. Source: A. Krizhevsky, "Learning multiple
    layers of features from tiny images", 2009.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "test_batch.bin").write_bytes(bytes([9] + 3072 * [0]))  # one record: a label, then the pixels
    >>> test = tl.datasets.CIFAR10(folder, train=False, verify=False)
    >>> image, label = test[0]
    >>> image.shape, test.classes[label]
    ((3, 32, 32), 'truck')
    """

    BINARY, PICKLED = "cifar-10-batches-bin", "cifar-10-batches-py"
    FILES = {True: [f"data_batch_{number}" for number in range(1, 6)], False: ["test_batch"]}
    CHECKSUMS = {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    }
    NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    LABELS = {"labels": 0}

    @checked
    def __init__(
        self,
        root: FilePath,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        *,
        verify: bool = True,
    ) -> None:
        root = Path(root)
        super().__init__(*self._load(root, train, "labels", verify), self.NAMES, transform, target_transform)
        self.train = train


COARSE = (
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables", "household_electrical_devices",
    "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes", "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates",
    "people", "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
)  # fmt: skip
FINE = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
    "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard",
    "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum",
    "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper",
    "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone",
    "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf",
    "woman", "worm",
)  # fmt: skip


class CIFAR100(_Cifar):
    """Small photographs of 100 classes, which form 20 coarse ones: 50,000 for training and 10,000 for testing.

    Images are uint8 of shape ``(3, 32, 32)``, red, green and blue. The classes, in alphabetical order, go from apple to
    worm, the coarse ones from aquatic_mammals to vehicles_2.

    Parameters
    ----------
    labels : str
        ``"fine"`` for the 100 classes, ``"coarse"`` for the 20.

    Notes
    -----
    The pickles are read as by `CIFAR10`. Licence: none is stated; the images come from the 80 Million Tiny Images.
    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "test.bin").write_bytes(bytes([1, 91] + 3072 * [0]))  # coarse and fine label, then the pixels
    >>> tl.datasets.CIFAR100(folder, train=False, verify=False).targets
    tensor([91])
    >>> coarse = tl.datasets.CIFAR100(folder, train=False, labels="coarse", verify=False)
    >>> coarse.classes[coarse[0][1]]
    'fish'
    """

    BINARY, PICKLED = "cifar-100-binary", "cifar-100-python"
    FILES = {True: ["train"], False: ["test"]}
    CHECKSUMS = {"train": "16019d7e3df5f24257cddd939b257f8d", "test": "f0ef6b0ae62326f3e7ffdfab6717acfc"}
    LABELS = {"coarse_labels": 0, "fine_labels": 1}

    @checked
    def __init__(
        self,
        root: FilePath,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        *,
        labels: Literal["fine", "coarse"] = "fine",
        verify: bool = True,
    ) -> None:
        root = Path(root)
        names = FINE if labels == "fine" else COARSE
        super().__init__(*self._load(root, train, f"{labels}_labels", verify), names, transform, target_transform)
        self.train = train
