"""How good the scores of a classifier are, whatever the threshold: ROC, precision and recall, calibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..backend.memory import BYTES_PER_NUMBER, require_memory
from ..errors import ShapeError
from ..ops.joining import concat
from ..ops.sets import bincount
from ..options import Size, checked
from .inputs import Names, array_of, labels_of, names_of
from .scores import probabilities
from .style import FAINT, INK, SMALL, Axes, axes_on, colors, dress, figure_of, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


FEW = 5
"""The largest number of curves whose legend is inside the axes."""


class Counts(NamedTuple):
    """How many samples have at least each score: those of the class, and the others."""

    positives: NDArray[Any]
    negatives: NDArray[Any]


@checked
def roc_curve(
    targets: Any,
    scores: Any,
    *,
    class_names: Names | None = None,
    title: str = "ROC curve",
    ax: Axes | None = None,
) -> Figure:
    """Draw the rate of true positives over that of false positives, for all thresholds, with the area below (AUC).

    Parameters
    ----------
    targets : tensor or array of int, shape (N,)
        The true classes; for two classes 0 and 1, of which 1 is positive.
    scores : tensor or array, shape (N,) or (N, C), or mapping from str to such scores
        Scores of the positive class, of which only the order matters; or of all classes, of which each is compared with
        the rest: probabilities, or logits, which lie outside the interval from 0 to 1 and are passed to the softmax
        function. Several models by name, to compare them.
    class_names : sequence of str, optional
        Names to write in place of class numbers.
    title : str
        The title.
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
    ValueError
        If the shapes do not match, a score is NaN, or all samples or none are of a class.

    Examples
    --------
    >>> figure = tl.viz.roc_curve(tl.tensor([0, 0, 1, 1]), tl.tensor([0.1, 0.4, 0.35, 0.8]))
    >>> figure.axes[0].get_legend().get_texts()[0].get_text()
    'AUC 0.750'
    """
    curves = list(_curves("roc_curve", targets, scores, class_names))
    ax = axes_on("roc_curve", ax, 4.6 if len(curves) <= FEW else 6.2, 4.4)
    for color, (name, counts) in zip(colors(len(curves)), curves):
        false, true = (_from_zero(part) / part[-1] for part in (counts.negatives, counts.positives))
        area = float(((false[1:] - false[:-1]) * (true[1:] + true[:-1])).sum() / 2)
        ax.plot(false, true, color=color, linewidth=1.6, label=f"{name}AUC {area:.3f}")
    ax.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1, label="chance")
    dress(ax, title, "false positive rate", "true positive rate")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    _legend_of_curves(ax, "lower right")
    return figure_of(ax)


@checked
def precision_recall_curve(
    targets: Any,
    scores: Any,
    *,
    class_names: Names | None = None,
    title: str = "Precision and recall",
    ax: Axes | None = None,
) -> Figure:
    """Draw precision over recall for all thresholds, with the average precision (AP).

    A dotted line is at the precision of chance, which is the share of positive samples, if there is one curve.

    Parameters
    ----------
    targets, scores, class_names, title, ax
        As for `roc_curve`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If the shapes do not match, a score is NaN, or all samples or none are of a class.

    Examples
    --------
    >>> figure = tl.viz.precision_recall_curve(tl.tensor([0, 0, 1, 1]), tl.tensor([0.1, 0.4, 0.35, 0.8]))
    >>> figure.axes[0].get_legend().get_texts()[0].get_text()
    'AP 0.833'
    """
    curves = list(_curves("precision_recall_curve", targets, scores, class_names))
    ax = axes_on("precision_recall_curve", ax, 4.6 if len(curves) <= FEW else 6.2, 4.4)
    for color, (name, counts) in zip(colors(len(curves)), curves):
        recall = _from_zero(counts.positives) / counts.positives[-1]
        precision = counts.positives / (counts.positives + counts.negatives)
        average = float(((recall[1:] - recall[:-1]) * precision).sum())
        shown = concat([precision[:1], precision])
        ax.plot(recall, shown, color=color, linewidth=1.6, drawstyle="steps-pre", label=f"{name}AP {average:.3f}")
    if len(curves) == 1:
        chance = counts.positives[-1] / (counts.positives[-1] + counts.negatives[-1])
        ax.axhline(chance, linestyle="--", color=FAINT, linewidth=1, label=f"chance {chance:.3f}")
    dress(ax, title, "recall", "precision")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    _legend_of_curves(ax, "lower left")
    return figure_of(ax)


def _legend_of_curves(ax: Any, place: str) -> None:
    """Add a legend: inside if there is room, beside the axes if there are many curves."""
    if len(ax.lines) > FEW + 1:  # one is that of chance
        legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        legend(ax, loc=place)


def _curves(user: str, targets: Any, scores: Any, class_names: Names | None) -> Iterator[tuple[str, Counts]]:
    """Yield what each curve is called and its counts: of each model, and of each class of more than two."""
    truth = labels_of(user, "targets", targets)
    named = _named_scores(user, scores, len(truth))
    for model, x in named.items():
        begin = f"{model}: " if model else ""
        if x.ndim == 1 or x.shape[1] == 2:
            if truth.max() > 1:
                raise ValueError(f"{user}: targets must be 0 or 1 with scores of one class, not {truth.max()}")
            yield begin, _counts(user, truth == 1, x if x.ndim == 1 else x[:, 1] - x[:, 0], 1)
            continue
        if truth.max() >= x.shape[1]:
            raise ValueError(f"{user}: targets must be less than the {x.shape[1]} classes of scores, not {truth.max()}")
        p = probabilities(x)
        for number, name in enumerate(names_of(user, class_names, x.shape[1])[: x.shape[1]]):
            yield f"{begin}{name}: ", _counts(user, truth == number, p[:, number], number)


def _named_scores(user: str, scores: Any, count: int) -> dict[str, NDArray[Any]]:
    """Return the scores of each model by its name, which is empty for a single model."""
    if isinstance(scores, Mapping) and not scores:
        raise ValueError(f"{user}: scores must not be an empty mapping")
    given = scores.items() if isinstance(scores, Mapping) else [("", scores)]
    named = {str(name): array_of(user, "scores", x, ndims=(1, 2)) for name, x in given}
    for x in named.values():
        if len(x) != count:
            raise ShapeError(f"{user}: scores must have {count} rows, one for each target, not shape {x.shape}")
        if x.ndim == 2 and x.shape[1] < 2:
            raise ShapeError(f"{user}: scores of one class must have shape ({count},), not {x.shape}")
        if (x != x).any():
            raise ValueError(f"{user}: scores must not be NaN")
    return named


def _counts(user: str, positive: NDArray[Any], scores: NDArray[Any], number: int) -> Counts:
    """Count the samples that have at least each of the different scores, from the highest to the lowest."""
    if positive.all() or not positive.any():
        raise ValueError(f"{user}: targets must have samples of class {number} and others")
    order = (-scores.astype("float64")).argsort(kind="stable")
    ranked, hits = scores[order], positive[order].cumsum()
    last = concat([ranked[1:] != ranked[:-1], ranked[:1] == ranked[:1]])  # the last sample of each score
    ends = last.nonzero()[0]
    return Counts(hits[ends].astype("float64"), (ends + 1 - hits[ends]).astype("float64"))


def _from_zero(values: NDArray[Any]) -> NDArray[Any]:
    return concat([0 * values[:1], values])


@checked
def reliability_diagram(
    targets: Any, scores: Any, *, bins: Size = 10, title: str = "Reliability diagram", ax: Axes | None = None
) -> Figure:
    """Draw how often predictions are right over how certain they are; a calibrated classifier follows the diagonal.

    Samples are put into bins of equal width by their probability. Each point is the mean of a bin, and bars in grey
    show how many samples are in it, if there is one model. The legend says the expected calibration error (ECE): the
    mean distance from the diagonal, weighted by samples.

    Parameters
    ----------
    targets : tensor or array of int, shape (N,)
        The true classes.
    scores : tensor or array, shape (N,) or (N, C), or mapping from str to such scores
        Probabilities, or logits: scores outside the interval from 0 to 1 are passed to the sigmoid or the softmax
        function. With shape ``(N,)`` they are of class 1 of the classes 0 and 1, and the picture shows how often this
        class occurs; with ``(N, C)`` it shows how often the class with the largest probability is the true one. Several
        models by name, to compare them.
    bins : int
        Number of bins.
    title : str
        The title.
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
    ValueError
        If the shapes do not match, or a score is NaN.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", 2017 (ECE: equation 3).

    Examples
    --------
    >>> figure = tl.viz.reliability_diagram(tl.tensor([0, 1, 1, 1]), tl.tensor([0.25, 0.25, 0.75, 0.75]))
    >>> figure.axes[0].get_legend().get_texts()[0].get_text()
    'ECE 0.250'
    """
    user = "reliability_diagram"
    require_memory(user, f"bins={bins} counts", bins, BYTES_PER_NUMBER)
    truth = labels_of(user, "targets", targets)
    named = _named_scores(user, scores, len(truth))
    ax = axes_on(user, ax, 4.6, 4.4)
    ax.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1)
    binary = all(x.ndim == 1 for x in named.values())
    for color, (name, x) in zip(colors(len(named)), named.items()):
        certainty, right = _certainty(user, truth, x)
        counts, confidence, accuracy = _binned(certainty, right, bins)
        error = float((counts * abs(accuracy - confidence)).sum() / counts.sum())
        filled = counts > 0
        if len(named) == 1:
            _draw_shares(ax, counts / counts.sum())
        label = f"{name}: ECE {error:.3f}" if name else f"ECE {error:.3f}"
        ax.plot(confidence[filled], accuracy[filled], "o-", color=color, linewidth=1.6, markersize=4.5, label=label)
    if binary:
        dress(ax, title, "predicted probability of class 1", "frequency of class 1")
    else:
        dress(ax, title, "confidence of the prediction", "accuracy")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    legend(ax, loc="upper left")
    return figure_of(ax)


def _certainty(user: str, truth: NDArray[Any], scores: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the probability of what is predicted for each sample, and whether it is so."""
    p = probabilities(scores)
    if p.ndim == 1:
        if truth.max() > 1:
            raise ValueError(f"{user}: targets must be 0 or 1 with scores of one class, not {truth.max()}")
        return p, truth == 1
    return p.max(axis=1), p.argmax(axis=1) == truth


def _binned(certainty: NDArray[Any], right: NDArray[Any], bins: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the number of samples in each bin, their mean probability, and how many of them are right.

    As in Guo et al., a bin holds its upper end and not its lower one; 0 is in the first.
    """
    bin_of = (-(-certainty * bins // 1) - 1).clip(0, bins - 1).astype("int64")
    counts = bincount(bin_of, minlength=bins).astype("float64")
    confidence, accuracy = (
        bincount(bin_of, weights=x.astype("float64"), minlength=bins) / counts.clip(1) for x in (certainty, right)
    )
    return counts, confidence, accuracy


def _draw_shares(ax: Any, shares: NDArray[Any]) -> None:
    """Draw the share of samples in each bin as grey bars, which fill a quarter of the height."""
    bins = len(shares)
    centres = [(number + 0.5) / bins for number in range(bins)]
    bars = ax.bar(centres, 0.25 * shares / shares.max(), 0.92 / bins, color=FAINT, alpha=0.3, zorder=0)
    for bar, share in zip(bars, shares.tolist()):
        if share and bins <= 15:
            text = f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
            ax.text(
                bar.get_x() + bar.get_width() / 2,
                bar.get_height() + 0.005,
                text,
                ha="center",
                fontsize=SMALL - 2,
                color=INK,
            )
