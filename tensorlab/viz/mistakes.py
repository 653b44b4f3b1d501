"""Where a classifier is wrong: the confusion matrix, and the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import ShapeError
from ..ops.sets import bincount
from ..options import Size, checked
from .images import Channels, Range, channels_last, draw_grid, ranges_of
from .inputs import Names, array_of, host, labels_of, names_of, tensor_of
from .scores import probabilities
from .style import GRAY, INK, LARGE, SEQUENTIAL, SMALL, Axes, axes_on, colorbar, dress, figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


MOST_NUMBERS = 30
"""The largest number of classes for which the entries of a confusion matrix are written out."""


SHARES = {
    "true": "share of the true class",
    "pred": "share of the predicted class",
    "all": "share of all samples",
}
"""What the colours of a confusion matrix mean, by how it is normalised."""


@checked
def confusion_matrix(
    targets: Any,
    predictions: Any = None,
    *,
    normalize: Literal["true", "pred", "all"] | None = None,
    class_names: Names | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw how often each class (row) is predicted as each class (column).

    The numbers are counts or, with `normalize`, percentages. The colour is always the share of the row, so that rare
    classes are seen as well as frequent ones; with `normalize` it is the share that is written.

    Parameters
    ----------
    targets : tensor or array of int, shape (N,) or (C, C)
        The true classes; or, without `predictions`, a confusion matrix that was computed before.
    predictions : tensor or array, shape (N,) or (N, C), optional
        The predicted classes, or scores whose largest is the prediction.
    normalize : {"true", "pred", "all"}, optional
        Whether to show shares of the true class (rows add up to 100 %), of the predicted class (columns do) or of all
        samples, and not counts.
    class_names : sequence of str, optional
        Names to write in place of class numbers.
    title : str, optional
        By default the accuracy.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If classes are not integers.
    ValueError
        If the shapes do not match, or a count is negative.

    Examples
    --------
    >>> figure = tl.viz.confusion_matrix(tl.tensor([0, 0, 1, 1]), tl.tensor([0, 1, 1, 1]), class_names=["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '1', '0', '2']
    >>> figure.axes[0].get_title()
    'Accuracy 75.0 % (3 of 4)'
    """
    counts = _counts(targets, predictions)
    size = len(counts)
    names = names_of("confusion_matrix", class_names, size)[:size]
    over = {"true": counts.sum(axis=1, keepdims=True), "pred": counts.sum(axis=0), "all": counts.sum()}
    shares = counts / over[normalize or "true"].clip(1)
    inches = min(max(0.42 * size, 2.4), 9)
    ax = axes_on("confusion_matrix", ax, inches + 1.6, inches + 0.9)
    drawn = ax.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=float(shares.max()) if normalize == "all" else 1)
    if size <= MOST_NUMBERS:
        _write_entries(ax, counts, shares, normalize)
    right, total = int(counts.trace()), int(counts.sum())
    accuracy = f"Accuracy {100 * right / max(total, 1):.1f} % ({right:,} of {total:,})"
    dress(ax, accuracy if title is None else title, "predicted class", "true class", grid="")
    _name_classes(ax, names)
    colorbar(drawn, ax, SHARES[normalize or "true"], percent=True)
    return figure_of(ax)


def _name_classes(ax: Any, names: list[str]) -> None:
    """Write the names of the classes along both axes; long ones are turned below the matrix."""
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    if max(map(len, names)) > 3:
        for label in ax.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _counts(targets: Any, predictions: Any) -> NDArray[Any]:
    """Return the confusion matrix."""
    user = "confusion_matrix"
    if predictions is None:
        counts = array_of(user, "targets", targets, ndims=(2,))
        if counts.shape[0] != counts.shape[1]:
            raise ShapeError(f"{user}: targets without predictions must be a square matrix, not shape {counts.shape}")
        if not (counts >= 0).all():
            raise ValueError(f"{user}: targets without predictions must be counts, not negative or NaN")
        return counts
    truth = labels_of(user, "targets", targets)
    given = tensor_of(user, "predictions", predictions, ndims=(1, 2))
    classes = given.shape[1] if given.ndim == 2 else 0
    predicted = labels_of(user, "predictions", given.argmax(axis=1) if given.ndim == 2 else given, len(truth))
    size = max(classes, int(truth.max()) + 1, int(predicted.max()) + 1)
    return bincount(truth * size + predicted, minlength=size * size).reshape(size, size)


def _write_entries(ax: Any, counts: NDArray[Any], shares: NDArray[Any], normalize: str | None) -> None:
    """Write the numbers, in white where the colour is dark; zeros are faint."""
    dark = 0.6 * shares.max()
    for row, (numbers, parts) in enumerate(zip(counts.tolist(), shares.tolist())):
        for column, (number, part) in enumerate(zip(numbers, parts)):
            text = f"{100 * part:.{int(0 < part < 0.1)}f}" if normalize else f"{number:g}"
            color = "white" if part > dark else INK if number else "#bbbbbb"
            ax.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=color)


@checked
def misclassified(
    images: Any,
    targets: Any,
    scores: Any,
    *,
    class_names: Names | None = None,
    max_images: Size = 24,
    columns: Size | None = None,
    channels: Channels | None = None,
    value_range: Range | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    r"""Draw the images that a classifier gets wrong, those first of which it is most certain.

    Above each image is the true class, what was predicted, and the probability of the prediction.

    Parameters
    ----------
    images : tensor or array
        The images, as for `image_grid`. Only those to be drawn are moved to the host.
    targets : tensor or array of int, shape (N,)
        The true classes.
    scores : tensor or array, shape (N, C)
        Probabilities, or logits: scores outside the interval from 0 to 1 are passed to the softmax function. Integers
        of shape ``(N,)`` are predicted classes; then there are no probabilities, and the order is that of the images.
    class_names : sequence of str, optional
        Names to write in place of class numbers.
    max_images : int
        The largest number of images to draw.
    columns, channels, value_range, ax
        As for `image_grid`.
    title : str, optional
        By default it says how many of the images are misclassified.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> images, targets = tl.rand(3, 8, 8), tl.tensor([0, 1, 1])
    >>> scores = tl.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> figure = tl.viz.misclassified(images, targets, scores, class_names=["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['dog\n→ cat (80 %)']
    """
    pictures = _batch(images)
    count = len(pictures)
    truth = labels_of("misclassified", "targets", targets, count)
    predicted, confidence = _predictions(scores, count)
    wrong = (truth != predicted).nonzero()[0]
    if confidence is not None:
        wrong = wrong[(-confidence[wrong]).argsort(kind="stable")]
    if title is None:
        note = ": true → predicted" if len(wrong) else ""
        title = f"{len(wrong) or 'None'} of {count:,} images misclassified{note}"
    chosen = wrong[:max_images].tolist()
    if not chosen:
        ax = axes_on("misclassified", ax, 4.0, 1.0)
        ax.set_axis_off()
        ax.set_title(title, fontsize=LARGE)
        return figure_of(ax)
    names = names_of("misclassified", class_names, int(max(truth.max(), predicted.max())) + 1)
    titles = [f"{names[truth[i]]}\n→ {names[predicted[i]]}{_percent(confidence, i)}" for i in chosen]
    shown = channels_last("misclassified", [pictures[i] for i in chosen], channels)
    return draw_grid(
        "misclassified", shown, ranges_of("misclassified", shown, value_range), titles, columns, GRAY, title, ax
    )


def _batch(images: Any) -> Any:
    """Return images as something that can be indexed, without moving them."""
    return images if isinstance(images, list | tuple) else tensor_of("misclassified", "images", images, ndims=(3, 4))


def _predictions(scores: Any, count: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the predicted classes and, where they are known, their probabilities."""
    x = tensor_of("misclassified", "scores", scores, ndims=(1, 2))
    if x.ndim == 1:
        return labels_of("misclassified", "scores", x, count), None
    if len(x) != count:
        raise ShapeError(f"misclassified: scores must have {count} rows, one for each image, not shape {x.shape}")
    p = probabilities(host(x))
    return p.argmax(axis=1), p.max(axis=1)


def _percent(confidence: NDArray[Any] | None, index: int) -> str:
    return "" if confidence is None else f" ({100 * confidence[index]:.0f} %)"
