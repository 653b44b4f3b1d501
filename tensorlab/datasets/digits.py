"""The digits shipped with the package."""

from __future__ import annotations

from ..options import checked
from .idx import load_idx
from .labelled import LabelledDataset, Transform
from .stored import FOLDER


class Digits(LabelledDataset):
    """Handwritten digits of 13 people: 1,797 images of 8 times 8 pixels, which are shipped with the package.

    Images are uint8 of shape ``(1, 8, 8)`` with values from 0, the background, to 16; classes are ``"0"`` to ``"9"``.

    Parameters
    ----------
    transform : callable, optional
        Applied to each image.
    target_transform : callable, optional
        Applied to each label.

    Notes
    -----
    The images and their order are those of scikit-learn's ``load_digits``. There is no fixed division into a training
    and a test set; `tensorlab.data.random_split` makes one.

    Licence: CC BY 4.0. Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (its test part),
    UCI Machine Learning Repository, 1998, doi:10.24432/C50P49.

    Examples
    --------
    >>> digits = tl.datasets.Digits()
    >>> digits
    Digits(1797 samples of shape (1, 8, 8), 10 classes)
    >>> train, test = tl.data.random_split(digits, [0.8, 0.2], tl.Generator(0))
    >>> len(train), len(test)
    (1438, 359)
    """

    @checked
    def __init__(self, transform: Transform | None = None, target_transform: Transform | None = None) -> None:
        images = load_idx(FOLDER / "digits-images-idx3-ubyte.gz")
        labels = load_idx(FOLDER / "digits-labels-idx1-ubyte.gz")
        super().__init__(images.unsqueeze(1), labels.astype("int64"), tuple("0123456789"), transform, target_transform)
