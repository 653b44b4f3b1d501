"""Samples in files, one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from ..docstrings import Documented
from ..options import checked
from ..tensor import Tensor
from .dataset import Dataset
from .files import FilePath, load_npy
from .image_files import Mode, load_image

__all__ = ["ArrayFolder", "DatasetFolder", "ImageFolder", "load_image"]

Transform = Callable[[Any], Any]
OnError = Literal["raise", "skip"]


class DatasetFolder(Documented, Dataset):
    """Samples in files ``root/class/.../name.extension``, read when they are asked for.

    Parameters
    ----------
    root : str or path
        The folder of the folders of the classes.
    loader : callable
        Reads a sample, given its path as a string.
    extensions : sequence of str
        The endings of the files that are samples, in lower case, such as ``(".jpg", ".png")``.
    transform : callable, optional
        Applied to each sample.
    target_transform : callable, optional
        Applied to the number of the class.
    is_valid_file : callable, optional
        Whether a path, a string, is a sample; used instead of `extensions`.
    allow_empty : bool
        Whether classes may have no files.
    on_error : str
        What happens to files that cannot be read. ``"raise"``: asking for one is an error that names the file.
        ``"skip"``: all files are read once when the data set is made, by several threads, and those that cannot be read
        are left out; `skipped` has them.

    Attributes
    ----------
    classes : list of str
        The names of the classes: those of the folders, sorted.
    class_to_idx : dict of str to int
        The number of each class.
    samples : list of (str, int)
        The path and the class of each sample, sorted by class and path.
    targets : list of int
        The class of each sample.
    skipped : list of (str, str)
        The path of each file that was left out, and the reason.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, it has no folders of classes, or a class has no files.
    OSError
        When a sample is asked for, if the file cannot be read; the message names it.

    Notes
    -----
    Folders may be nested and linked. Files and folders whose name begins with a dot are passed over. The data set holds
    paths only, and no open files: it can be sent to other processes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for name, text in [("ham", "lunch at one"), ("spam", "you have won")]:
    ...     (root / name).mkdir()
    ...     _ = (root / name / "1.txt").write_text(text)
    >>> data = tl.data.folder.DatasetFolder(root, lambda path: pathlib.Path(path).read_text(), [".txt"])
    >>> data.classes, data[1]
    (['ham', 'spam'], ('you have won', 1))
    """

    @checked
    def __init__(
        self,
        root: FilePath,
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
        *,
        on_error: OnError = "raise",
    ) -> None:
        root = Path(root)
        if (extensions is None) == (is_valid_file is None):
            raise ValueError(f"{type(self).__name__}: give either extensions or is_valid_file")
        self.root, self.loader, self.extensions = root, loader, extensions
        self.transform, self.target_transform = transform, target_transform
        self.classes = self._find_classes()
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        fits = is_valid_file if is_valid_file is not None else _EndsWith(tuple(extensions or ()))
        self.samples = self._find_samples(fits, allow_empty)
        self.skipped: list[tuple[str, str]] = []
        if on_error == "skip":
            self._leave_out_unreadable()

    def _find_classes(self) -> list[str]:
        name = type(self).__name__
        if not self.root.is_dir():
            raise FileNotFoundError(f"{name}: root={str(self.root)!r} is not a folder")
        found = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir() and entry.name[0] != ".")
        if not found:
            raise FileNotFoundError(f"{name}: root={str(self.root)!r} has no folders, one for each class")
        return found

    def _find_samples(self, fits: Callable[[str], bool], allow_empty: bool) -> list[tuple[str, int]]:
        samples, empty = [], []
        for number, name in enumerate(self.classes):
            paths = [path for path in _files(self.root / name) if fits(path)]
            samples += [(path, number) for path in paths]
            if not paths:
                empty.append(name)
        if empty and not allow_empty:
            wanted = "is_valid_file" if self.extensions is None else f"extensions={', '.join(self.extensions)}"
            raise FileNotFoundError(
                f"{type(self).__name__}: in root={str(self.root)!r}, the classes {', '.join(empty)} have no files "
                f"that fit {wanted}; allow_empty=True allows that"
            )
        return samples

    def _leave_out_unreadable(self) -> None:
        """Read every file once, and keep those that can be read."""
        from concurrent.futures import ThreadPoolExecutor  # slow to import

        with ThreadPoolExecutor() as pool:
            reasons = list(pool.map(self._reason_against, self.samples))
        self.skipped = [(path, reason) for (path, _), reason in zip(self.samples, reasons) if reason is not None]
        self.samples = [sample for sample, reason in zip(self.samples, reasons) if reason is None]

    def _reason_against(self, sample: tuple[str, int]) -> str | None:
        """Return why a file cannot be read, or None if it can."""
        try:
            self._load(sample[0])
        except OSError as error:
            return str(error.__cause__ or error)
        return None

    def _load(self, path: str) -> Any:
        """Return what is in a file."""
        try:
            return self.loader(path)
        except ImportError:
            raise
        except Exception as error:  # readers raise almost anything for damaged files
            raise OSError(
                f"{type(self).__name__}: {path} cannot be read: {str(error) or type(error).__name__}; on_error='skip' "
                "leaves such files out"
            ) from error

    @property
    def targets(self) -> list[int]:
        """The class of each sample."""
        return [target for _, target in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample = self._load(path)
        return (
            sample if self.transform is None else self.transform(sample),
            target if self.target_transform is None else self.target_transform(target),
        )

    def __repr__(self) -> str:
        skipped = f", {len(self.skipped)} files skipped" if self.skipped else ""
        return f"{type(self).__name__}({len(self)} samples, {len(self.classes)} classes{skipped})"


class _EndsWith:
    """Whether a path has one of several endings, in any case."""

    def __init__(self, extensions: tuple[str, ...]) -> None:
        self.extensions = tuple(extension.lower() for extension in extensions)

    def __call__(self, path: str) -> bool:
        return path.lower().endswith(self.extensions)


def _files(folder: Path) -> Iterator[str]:
    """Yield the paths of the files in a folder and those below, sorted; links are followed, but not in circles."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = sorted(
            name for name in folders if name[0] != "." and os.path.realpath(os.path.join(place, name)) not in seen
        )
        yield from (os.path.join(place, name) for name in sorted(names) if name[0] != ".")


# -- images ------------------------------------------------------------------------------------------------------------


class ImageFolder(DatasetFolder):
    """Images in files ``root/class/.../name.jpg``, read by Pillow when they are asked for.

    A sample is an image, uint8 of shape ``(channels, height, width)``, and the number of its class.

    Parameters
    ----------
    loader : callable, optional
        Reads an image, given its path as a string; by default with Pillow.
    extensions : sequence of str
        The endings of the files that are images, in any case.
    mode : str, optional
        What images are converted to: ``"RGB"`` (the default), ``"RGBA"``, ``"L"`` for grey, or ``"LA"`` for grey and
        opacity. With None they keep their channels: 1, 2, 3 or 4; those with a palette become RGB or RGBA, others
        than these RGB, and grey ones of more than 8 bits keep their numbers, as uint16, int32 or float32.

    Attributes
    ----------
    imgs : list of (str, int)
        `samples`, by torchvision's name.

    Raises
    ------
    ImportError
        When an image is read, if Pillow is not installed.

    Notes
    -----
    The layout and the names are those of torchvision's class, whose images are Pillow's objects. Photographs are turned
    upright as their EXIF orientation says. Opacity is dropped where the mode has none. Grey images of 16 bits keep
    their upper 8 bits where the mode is not None. Only the first frame of an animation is read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for name, colour in [("blue", (0, 0, 255)), ("red", (255, 0, 0))]:
    ...     (root / name).mkdir()
    ...     Image.new("RGB", (4, 2), colour).save(root / name / "1.png")
    >>> data = tl.data.folder.ImageFolder(root)
    >>> image, label = data[1]
    >>> image.shape, image[:, 0, 0], data.classes[label]
    ((3, 2, 4), tensor([255,   0,   0], dtype=uint8), 'red')
    """

    EXTENSIONS: ClassVar = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")

    @checked
    def __init__(
        self,
        root: FilePath,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
        *,
        mode: Mode | None = "RGB",
        extensions: Sequence[str] = EXTENSIONS,
        on_error: OnError = "raise",
    ) -> None:
        super().__init__(
            root,
            _ImageLoader(mode) if loader is None else loader,
            None if is_valid_file is not None else extensions,
            transform,
            target_transform,
            is_valid_file,
            allow_empty,
            on_error=on_error,
        )
        self.mode = mode

    @property
    def imgs(self) -> list[tuple[str, int]]:
        """`samples`, by torchvision's name."""
        return self.samples


class _ImageLoader:
    """`load_image` with a mode, in a form that can be sent to other processes."""

    def __init__(self, mode: Mode | None) -> None:
        self.mode = mode

    def __call__(self, path: str) -> Tensor:
        return load_image(path, self.mode)


# -- arrays ------------------------------------------------------------------------------------------------------------


class ArrayFolder(DatasetFolder):
    """Arrays in files ``root/class/.../name.npy``, read when they are asked for.

    A sample is an array, of the shape and data type in the file, and the number of its class.

    Parameters
    ----------
    extensions : sequence of str
        The endings of the files that are arrays, in any case.
    mmap : bool
        Whether to map files into memory, so that elements are read when they are first used; see
        `tensorlab.datasets.load_npy`.

    Examples
    --------
    >>> import numpy, pathlib, tempfile
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for number, name in enumerate(["down", "up"]):
    ...     (root / name).mkdir()
    ...     numpy.save(root / name / "1.npy", numpy.arange(3) * (2 * number - 1))
    >>> tl.data.folder.ArrayFolder(root)[1]
    (tensor([0, 1, 2]), 1)
    """

    EXTENSIONS: ClassVar = (".npy",)

    @checked
    def __init__(
        self,
        root: FilePath,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
        *,
        mmap: bool = False,
        extensions: Sequence[str] = EXTENSIONS,
        on_error: OnError = "raise",
    ) -> None:
        super().__init__(
            root,
            _ArrayLoader(mmap),
            None if is_valid_file is not None else extensions,
            transform,
            target_transform,
            is_valid_file,
            allow_empty,
            on_error=on_error,
        )
        self.mmap = mmap


class _ArrayLoader:
    """`load_npy` with its option, in a form that can be sent to other processes."""

    def __init__(self, mmap: bool) -> None:
        self.mmap = mmap

    def __call__(self, path: str) -> Tensor:
        return load_npy(path, mmap=self.mmap)
