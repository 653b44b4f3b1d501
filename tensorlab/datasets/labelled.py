"""Images, or other samples, with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..data.arguments import BatchIndices
from ..data.dataset import Dataset, TensorDataset
from ..docstrings import Documented
from ..errors import ShapeError
from ..ops.declare import require
from ..options import checked
from ..tensor import Tensor

Transform = Callable[[Any], Any]


class LabelledDataset(Documented, Dataset):
    """Samples with labels, in memory: what the readers of this package return.

    Parameters
    ----------
    data : Tensor, shape (N, ...)
        The samples. Images have the shape ``(N, channels, height, width)`` and the type uint8.
    targets : Tensor, shape (N,)
        The label of each sample. Classes are int64 numbers.
    classes : sequence of str
        The names of the classes; none by default.
    transform : callable, optional
        Applied to each sample.
    target_transform : callable, optional
        Applied to each label.

    Attributes
    ----------
    data, targets : Tensor
        All samples and labels, without the transforms.
    classes : list of str
        The names of the classes.
    class_to_idx : dict of str to int
        The number of each class.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If there are not as many labels as samples, or a label has no class.

    Notes
    -----
    A sample is a pair: a slice of `data`, and its label as a Python number. The samples of a batch are fetched and
    transformed together, unless a transform is a plain function. The tensors are on the backend that is active when
    the data set is made; under ``tl.use_backend("numpy")`` they stay in the host's memory.

    Examples
    --------
    >>> images = tl.zeros(4, 1, 8, 8, dtype="uint8")
    >>> data = tl.datasets.LabelledDataset(images, tl.tensor([0, 1, 1, 0]), classes=["cat", "dog"])
    >>> image, label = data[1]
    >>> image.shape, label, data.classes[label]
    ((1, 8, 8), 1, 'dog')
    >>> images, labels = data.batch([0, 1, 2])  # as a DataLoader does
    >>> images.shape, labels
    ((3, 1, 8, 8), tensor([0, 1, 1]))
    """

    @checked
    def __init__(
        self,
        data: Tensor,
        targets: Tensor,
        classes: Sequence[str] = (),
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        name = type(self).__name__
        require(name, data=data)
        require(name, "real", targets=targets)
        if targets.ndim != 1 or not data.ndim or len(data) != len(targets):
            raise ShapeError(
                f"{name}: targets of shape {targets.shape} must have one label for each sample of data of shape "
                f"{data.shape}"
            )
        if classes and len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < len(classes):
            raise ValueError(
                f"{name}: targets must be from 0 to {len(classes) - 1}, the number of the last class, not from "
                f"{targets.min().item()} to {targets.max().item()}"
            )
        self.data, self.targets = data, targets
        self.classes = list(classes)
        self.class_to_idx = {label: number for number, label in enumerate(self.classes)}
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        sample, target = self.data[index], self.targets[index].item()
        return (
            sample if self.transform is None else self.transform(sample),
            target if self.target_transform is None else self.target_transform(target),
        )

    @checked
    def batch(self, indices: BatchIndices) -> Any:
        takes_batches = self.transform is None or getattr(self.transform, "takes_batches", False)
        if not takes_batches or self.target_transform is not None:
            return super().batch(indices)
        samples, targets = TensorDataset(self.data, self.targets).batch(indices)
        return samples if self.transform is None else self.transform(samples), targets

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} samples of shape {tuple(self.data.shape[1:])}{self._more()})"

    def _more(self) -> str:
        return f", {len(self.classes)} classes" if self.classes else ""
