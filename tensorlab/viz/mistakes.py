"""Where a classifier is wrong: the confusion matrix, and the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ShapeError
from ..options import Size, checked
from .images import Channels, Range, channels_last, draw_grid, ranges_of
from .inputs import host, labels_of, names_of, tensor_of
from .scores import probabilities
from .style import GRAY, LARGE, Axes, axes_on, figure_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@checked
def misclassified(
    images: Any,
    targets: Any,
    scores: Any,
    *,
    class_names: Sequence[Any] | None = None,
    max_images: Size = 24,
    columns: Size | None = None,
    channels: Channels | None = None,
    value_range: Range | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Any:
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
        title = (
            f"{len(wrong)} of {count} images misclassified" if len(wrong) else f"None of {count} images misclassified"
        )
    chosen = wrong[:max_images].tolist()
    if not chosen:
        ax = axes_on("misclassified", ax, 4.0, 1.0)
        ax.set_axis_off()
        ax.set_title(title, fontsize=LARGE)
        return figure_of(ax)
    names = names_of("misclassified", class_names, int(max(truth.max(), predicted.max())) + 1)
    titles = [f"{names[truth[i]]}\n→ {names[predicted[i]]}{_percent(confidence, i)}" for i in chosen]
    shown = channels_last("misclassified", [pictures[i] for i in chosen], channels)
    return draw_grid("misclassified", shown, ranges_of(shown, value_range), titles, columns, GRAY, title, ax)


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
