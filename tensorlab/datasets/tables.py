"""Tables in CSV files, and labelled arrays in NumPy's archives."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import StringIO
from itertools import chain
from math import nan
from typing import Any, Literal

from ..data.files import FilePath, existing, from_numbers, load_npz, opened
from ..options import checked
from ..tensor import Tensor
from .labelled import LabelledDataset, Transform

MISSING = ("", "na", "nan", "n/a", "null", "?")
"""What stands in a table, in any case, where a number is missing."""


class CSVDataset(LabelledDataset):
    r"""The rows of a CSV file: numbers as features, and a column of labels.

    Parameters
    ----------
    path : str or path
        The file: UTF-8 text, plain or compressed by gzip.
    target : str or int
        The column of the labels, by name or number; the last by default. Labels that are not all whole numbers or
        numbers are classes, numbered in sorted order.
    columns : sequence of str or int, optional
        The columns of the features; by default all others.
    delimiter : str
        What separates cells: one character.
    header : bool
        Whether the first line has the names of the columns.
    transform : callable, optional
        Applied to each row of features.
    target_transform : callable, optional
        Applied to each label.

    Attributes
    ----------
    data : Tensor, shape (N, features)
        The features, float32; empty cells, ``NA``, ``NaN`` and ``?`` are NaN.
    targets : Tensor, shape (N,)
        int64 for classes and whole numbers, float32 for other numbers.
    classes : list of str
        The names of the classes; empty where labels are numbers.
    feature_names : list of str
        The names of the features.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is no such column, a feature is not a number, a label is missing, or a row has another length than the
        first; the message names the line and the column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "flowers.csv"
    >>> _ = path.write_text("length,width,species\n5.1,3.5,setosa\n7.0,,versicolor\n")
    >>> flowers = tl.datasets.CSVDataset(path, target="species")
    >>> flowers.data, flowers.targets, flowers.classes
    (tensor([[5.1, 3.5],
            [7. , nan]]), tensor([0, 1]), ['setosa', 'versicolor'])
    """

    @checked
    def __init__(
        self,
        path: FilePath,
        target: str | int = -1,
        columns: Sequence[str | int] | None = None,
        *,
        delimiter: str = ",",
        header: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        path = existing("CSVDataset", path)
        if len(delimiter) != 1 or delimiter in "\r\n":
            raise ValueError(f"CSVDataset: delimiter must be one character, not {delimiter!r}")
        self.path = path
        lines = self._lines(delimiter)
        begin, first = next(lines, (1, []))
        if not first:
            raise ValueError(f"CSVDataset: {path} has no rows")
        names = first if header else [str(place) for place in range(len(first))]
        label = self._place("target", target, names)
        features = [
            self._place("columns", column, names)
            for column in (columns if columns is not None else [place for place in range(len(names)) if place != label])
        ]
        numbers, labels = array("d"), []
        for line, cells in lines if header else chain([(begin, first)], lines):
            if len(cells) != len(names):
                raise ValueError(f"CSVDataset: {path}, line {line} has {len(cells)} cells, not {len(names)}")
            try:
                numbers.extend([float(cells[place]) for place in features])
            except ValueError:  # a word, or nothing
                numbers.extend([self._number(cells[place], line, names[place]) for place in features])
            labels.append(cells[label].strip())
            if not labels[-1]:
                raise ValueError(f"CSVDataset: {path}, line {line} has no label in column {names[label]!r}")
        if not labels:
            raise ValueError(f"CSVDataset: {path} has no rows below its header")
        targets, classes = _labels(labels)
        data = from_numbers(numbers, "float32").reshape(len(labels), len(features))
        super().__init__(data, targets, classes, transform, target_transform)
        self.feature_names = [names[place] for place in features]

    def _lines(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the cells of each line that is not empty, with its number."""
        with opened(self.path) as file:
            data = file.read()
        try:
            reader = csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except UnicodeDecodeError as error:
            raise ValueError(f"CSVDataset: {self.path} is not UTF-8 text: byte {error.start}") from error
        except csv.Error as error:
            raise ValueError(f"CSVDataset: {self.path}, line {reader.line_num}: {error}") from error

    def _place(self, argument: str, column: str | int, names: Sequence[str]) -> int:
        """Return the number of a column."""
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and -len(names) <= column < len(names):
            return column % len(names)
        listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        raise ValueError(f"CSVDataset: {argument} must be among the {len(names)} columns {listed}, unlike {column!r}")

    def _number(self, cell: str, line: int, column: str) -> float:
        """Return the number in a cell."""
        try:
            return float(cell)
        except ValueError:
            if cell.strip().lower() in MISSING:
                return nan
            raise ValueError(
                f"CSVDataset: {self.path}, line {line}, column {column!r} has {cell[:40]!r}, which is not a number; "
                "columns= chooses the features"
            ) from None


def _labels(cells: list[str]) -> tuple[Tensor, list[str]]:
    """Return labels as whole numbers, as numbers, or as the numbers of classes, with the names of these."""
    with suppress(ValueError, OverflowError):
        return from_numbers(map(int, cells), "int64"), []
    with suppress(ValueError):
        return from_numbers(map(float, cells), "float32"), []
    classes = sorted(set(cells))
    numbers = {name: number for number, name in enumerate(classes)}
    return from_numbers([numbers[cell] for cell in cells], "int64"), classes


PAIRS = (
    ("X", "y"), ("x", "y"), ("images", "labels"), ("data", "targets"), ("data", "labels"), ("data", "target"),
    ("train_images", "train_labels"), ("x_train", "y_train"),
)  # fmt: skip
"""Names that samples and labels have in archives."""

TO_CHANNELS_FIRST = {"NCHW": (0, 1, 2, 3), "NHWC": (0, 3, 1, 2), "HWCN": (3, 2, 0, 1)}
"""The order of axes that makes images channels-first."""


class NPZDataset(LabelledDataset):
    """Samples and labels in a file of NumPy's format ``.npz``, as SVHN and MNIST are often distributed.

    Parameters
    ----------
    path : str or path
        The file.
    data : str, optional
        The name of the samples. By default the file's names are looked for among ``X`` and ``y``, ``images`` and
        ``labels``, ``data`` and ``targets``, ``x_train`` and ``y_train``, and others.
    targets : str, optional
        The name of the labels, which are integers, in a vector or a single column.
    layout : str, optional
        The order of the samples' axes: ``"NCHW"``, ``"NHWC"`` or ``"HWCN"`` for images in colour (the last is that of
        SVHN), ``"NHW"`` for grey ones. They become ``(N, C, H, W)``. By default samples stay as they are.
    classes : sequence of str
        The names of the classes; none by default.
    transform : callable, optional
        Applied to each sample.
    target_transform : callable, optional
        Applied to each label: ``lambda digit: digit % 10`` for SVHN, whose label 10 is the digit 0.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, has no such arrays, or their shapes do not fit; the message names the file.

    Examples
    --------
    >>> import tempfile, numpy
    >>> path = tempfile.mkdtemp() + "/train_32x32.npz"
    >>> numpy.savez(path, X=numpy.zeros((32, 32, 3, 5), "uint8"), y=numpy.array([[1], [9], [10], [3], [2]]))
    >>> house_numbers = tl.datasets.NPZDataset(path, layout="HWCN")
    >>> house_numbers.data.shape, house_numbers.targets
    ((5, 3, 32, 32), tensor([ 1,  9, 10,  3,  2]))
    """

    @checked
    def __init__(
        self,
        path: FilePath,
        data: str | None = None,
        targets: str | None = None,
        *,
        layout: Literal["NCHW", "NHWC", "HWCN", "NHW"] | None = None,
        classes: Sequence[str] = (),
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        try:
            arrays = load_npz(path)
        except (ValueError, FileNotFoundError) as error:
            raise type(error)(f"NPZDataset: {str(error).removeprefix('load_npz: ')}") from error
        for a, b in PAIRS:
            if data is None and targets is None and a in arrays and b in arrays:
                data, targets = a, b
        for argument, name in (("data", data), ("targets", targets)):
            if name is None or name not in arrays:
                has = ", ".join(arrays) or "none"
                raise ValueError(
                    f"NPZDataset: {argument} must be the name of an array in {path}, which has {has}, not {name!r}"
                )
        assert data is not None and targets is not None
        samples, labels = _channels_first(arrays[data], layout, path), arrays[targets]
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if not labels.dtype.kind.endswith("integer"):
            raise ValueError(
                f"NPZDataset: targets: array {targets!r} in {path} has elements of type {labels.dtype}, not integers"
            )
        super().__init__(samples, labels.astype("int64"), classes, transform, target_transform)


def _channels_first(samples: Tensor, layout: str | None, path: Any) -> Tensor:
    if layout is None:
        return samples
    if samples.ndim != len(layout):
        raise ValueError(f"NPZDataset: layout={layout!r} does not fit the samples of shape {samples.shape} in {path}")
    return samples.unsqueeze(1) if layout == "NHW" else samples.permute(*TO_CHANNELS_FIRST[layout])
