"""High-dimensional data in the plane: principal components, and pictures of these and other embeddings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import ShapeError
from ..linalg import eigh, svd
from ..ops.comparison import where
from ..ops.indexing import take_along_axis
from ..ops.joining import flip
from ..options import Size, checked
from ..tensor import Tensor
from .inputs import Names, host, labels_of, names_of, tensor_of
from .style import INK, SMALL, Axes, axes_on, colors, dress, figure_of, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MARKERS = "osD^vP"


class PCAResult(NamedTuple):
    """Principal components.

    Attributes
    ----------
    projected : Tensor, shape (N, k)
        The coordinates of each sample along the components.
    components : Tensor, shape (k, D)
        The directions, of length one, by falling variance.
    explained_variance_ratio : Tensor, shape (k,)
        The share of the whole variance along each.
    mean : Tensor, shape (D,)
        The mean of the samples, which is subtracted.
    """

    projected: Tensor
    components: Tensor
    explained_variance_ratio: Tensor
    mean: Tensor


@checked
def pca(x: Any, n_components: Size = 2) -> PCAResult:
    """Return the principal components of samples, computed on their device.

    The largest entry of each component is positive, as in scikit-learn.

    Parameters
    ----------
    x : tensor or array, shape (N, D)
        The samples.
    n_components : int
        Number of components, at most the smaller of N and D.

    Returns
    -------
    PCAResult
        The projected samples, the components, their shares of the variance, and the mean.

    Raises
    ------
    ShapeError
        If `x` is not a matrix, or has fewer rows or columns than `n_components`.

    Examples
    --------
    >>> found = tl.viz.pca(tl.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), n_components=1)
    >>> found.explained_variance_ratio
    tensor([1.])
    """
    x = _floating(tensor_of("pca", "x", x, ndims=(2,)))
    if n_components > min(x.shape):
        raise ShapeError(
            f"pca: n_components must be at most {min(x.shape)} for x of shape {x.shape}, not {n_components}"
        )
    mean = x.mean(axis=0)
    variances, components = _principal_axes(x - mean)
    components = components[:n_components]
    largest = take_along_axis(components, abs(components).argmax(axis=1, keepdims=True), axis=1)
    components = where(largest < 0, -components, components)
    total = variances.sum()
    shares = variances[:n_components] / where(total > 0, total, total + 1)
    return PCAResult((x - mean) @ components.mT, components, shares, mean)


def _principal_axes(centred: Tensor) -> tuple[Tensor, Tensor]:
    """Return the variances, times the number of samples, and the directions, by falling variance.

    The covariance of many samples of few numbers is small, and its eigenvectors are found sooner than singular vectors.
    """
    if centred.shape[0] >= 10 * centred.shape[1]:
        values, vectors = eigh(centred.mT @ centred)
        return flip(values, axis=0).clip(0), flip(vectors, axis=1).mT
    _, singular, directions = svd(centred, full_matrices=False)
    return singular**2, directions


def _floating(x: Tensor) -> Tensor:
    return x if x.dtype.is_floating else x.astype("float32")


@checked
def embedding(
    features: Any,
    labels: Any = None,
    *,
    method: Literal["pca", "tsne", "umap"] = "pca",
    class_names: Names | None = None,
    seed: int = 0,
    title: str | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Figure:
    """Draw high-dimensional samples as points in the plane, coloured by class.

    Parameters
    ----------
    features : tensor or array, shape (N, ...)
        The samples; all axes but the first are flattened. With two numbers per sample they are drawn as they are.
    labels : tensor or array of int, shape (N,), optional
        The classes. Their names are written at the median of their points, and in the legend.
    method : {"pca", "tsne", "umap"}
        The principal components, computed here on the device of the features; or t-SNE (scikit-learn) or UMAP
        (umap-learn), which run on the host, if they are installed.
    class_names : sequence of str, optional
        Names to write in place of class numbers.
    seed : int
        Seed of t-SNE and UMAP.
    title : str, optional
        By default the method.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default those of a new figure.
    **options
        Passed to ``sklearn.manifold.TSNE`` or ``umap.UMAP``, such as ``perplexity``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, for ``savefig(...)``.

    Raises
    ------
    ImportError
        If Matplotlib, or the package of the method, is not installed.
    ValueError
        If the shapes do not match, or there are options for PCA.

    Examples
    --------
    >>> figure = tl.viz.embedding(tl.randn(30, 8), tl.arange(30) % 3, class_names=["cat", "dog", "owl"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['cat', 'dog', 'owl']
    """
    x = tensor_of("embedding", "features", features)
    if x.ndim < 2 or len(x) < 2:
        raise ShapeError(f"embedding: features must have shape (N, ...) with two samples or more, not {x.shape}")
    x = _floating(x).reshape(len(x), -1)
    classes = None if labels is None else labels_of("embedding", "labels", labels, len(x))
    if method == "pca" and options:
        raise ValueError(f"embedding: PCA takes no options, but {', '.join(options)} were given")
    names = [] if classes is None else names_of("embedding", class_names, int(classes.max()) + 1)
    points, axes_names, default = _embedded(x, method, seed, options)
    ax = axes_on("embedding", ax, 6.2, 5.0)
    size = min(24.0, max(4.0, 12000 / len(points)))
    if classes is None:
        ax.scatter(points[:, 0], points[:, 1], s=size, color=colors(1)[0], alpha=0.7, linewidth=0)
    else:
        _draw_classes(ax, points, classes, names, size)
    dress(ax, default if title is None else title, *axes_names, grid="")
    if method != "pca":
        ax.set(xticks=[], yticks=[])
    legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=max(1.0, 5 / size**0.5), handletextpad=0.2)
    return figure_of(ax)


def _embedded(x: Tensor, method: str, seed: int, options: dict[str, Any]) -> tuple[NDArray[Any], tuple[str, str], str]:
    """Return points in the plane, the names of its axes, and a title."""
    if x.shape[1] < 2:
        raise ShapeError(f"embedding: features must have at least two numbers per sample, not {x.shape[1]}")
    if x.shape[1] == 2:
        return host(x), ("first feature", "second feature"), ""
    if method == "pca":
        found = pca(x)
        first, second = (100 * float(share) for share in found.explained_variance_ratio)
        labels = (f"PC 1 ({first:.1f} % of the variance)", f"PC 2 ({second:.1f} %)")
        return host(found.projected), labels, "Principal components"
    model = _neighbour_embedding(method, {"random_state": seed, **options}, len(x))
    return model.fit_transform(host(x)), ("", ""), {"tsne": "t-SNE", "umap": "UMAP"}[method]


def _neighbour_embedding(method: str, options: dict[str, Any], count: int) -> Any:
    """Return the estimator of t-SNE or UMAP."""
    module, kind, install = {
        "tsne": ("sklearn.manifold", "TSNE", "scikit-learn: pip install 'tensorlab[sklearn]'"),
        "umap": ("umap", "UMAP", "umap-learn: pip install umap-learn"),
    }[method]
    try:
        estimator = getattr(import_module(module), kind)
    except ImportError as error:
        raise ImportError(f"embedding: method {method!r} requires {install}") from error
    if method == "tsne":
        options = {"perplexity": min(30.0, (count - 1) / 3), **options}
    return estimator(**options)


def _draw_classes(ax: Any, points: NDArray[Any], classes: NDArray[Any], names: list[str], size: float) -> None:
    """Draw the points of each class; after ten the colours repeat with another marker."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    for number, color in enumerate(colors(int(classes.max()) + 1)):
        chosen = points[classes == number]
        if not len(chosen):
            continue
        marker = MARKERS[number // 10 % len(MARKERS)]
        ax.scatter(
            chosen[:, 0], chosen[:, 1], s=size, color=color, alpha=0.75, linewidth=0, marker=marker, label=names[number]
        )
        x, y = (sorted(chosen[:, axis].tolist())[len(chosen) // 2] for axis in (0, 1))
        ax.text(
            x, y, names[number], color=INK, fontsize=SMALL, weight="bold", ha="center", va="center", path_effects=halo,
            zorder=5,
        )  # fmt: skip
