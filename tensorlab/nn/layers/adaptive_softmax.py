"""Adaptive softmax, for many classes few of which are frequent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...errors import ShapeError
from ...ops.arithmetic import negative
from ...ops.comparison import where
from ...ops.creation import DeviceLike
from ...ops.indexing import getitem, scatter_index, take, take_along_axis
from ...ops.joining import concat
from ...ops.reduction import argmax, mean
from ...ops.shapes import astype, expand_dims, squeeze
from ...ops.softmax import log_softmax
from ...ops.sorting import flatnonzero
from ...options import Count, Positive, Size, checked
from ...tensor import Tensor
from ..functional.loss.common import check_classes, shape_of
from ..module.containers import ModuleList
from ..module.containers import Sequential as Chain
from .learned import FloatingDType, LearnedLayer
from .linear import Linear


class AdaptiveOutput(NamedTuple):
    """Output of `AdaptiveLogSoftmaxWithLoss`: the log-probabilities of the targets, and their negative mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(LearnedLayer):
    """Softmax over many classes in clusters; those of rare classes are computed only where needed (Grave et al., 2017).

    The head has an entry for each frequent class, those below the first cutoff, and one for each cluster. The
    probability of a rare class is that of its cluster times its probability inside the cluster. Classes are numbered
    from the most frequent to the rarest.

    Parameters
    ----------
    in_features : int
        Length of the input's last axis.
    n_classes : int
        Number of classes.
    cutoffs : sequence of int
        First classes of the clusters, increasing, each in [1, n_classes - 1].
    div_value : float
        Factor by which the inner size of a cluster is smaller than that of the one before.
    head_bias : bool
        Whether the head has a bias.

    Raises
    ------
    ValueError
        If the cutoffs are not increasing integers in that range.

    Examples
    --------
    >>> layer = tl.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10])
    >>> output, loss = layer(tl.zeros(2, 8), tl.tensor([0, 12]))
    >>> output.detach()
    tensor([-1.9459102, -4.248495 ])
    >>> layer.log_prob(tl.zeros(2, 8)).shape
    (2, 20)
    """

    @checked
    def __init__(
        self,
        in_features: Count,
        n_classes: Size,
        cutoffs: Sequence[int],
        div_value: Positive = 4.0,
        head_bias: bool = False,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        starts = list(cutoffs)
        increasing = all(low < high for low, high in zip([0, *starts], [*starts, n_classes]))
        if not starts or not increasing or any(int(start) != start for start in starts):
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs must be increasing integers from 1 to {n_classes - 1}, not "
                f"{starts}"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [int(start) for start in starts] + [n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(starts)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            inner = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Chain(
                    Linear(in_features, inner, bias=False, device=device, dtype=dtype),
                    Linear(inner, self.cutoffs[i + 1] - self.cutoffs[i], bias=False, device=device, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Redraw all weights."""
        self.head.reset_parameters()
        for layer in self.tail.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveOutput:
        """Return the log-probabilities of the targets and their negative mean.

        Parameters
        ----------
        input : Tensor, shape (batch, in_features) or (in_features,)
            Features.
        target : Tensor of integers, shape (batch,) or ()
            The correct classes.

        Returns
        -------
        AdaptiveOutput
            `output` of the shape of `target`, and `loss`, 0-d.

        Raises
        ------
        ShapeError
            If the shapes do not fit.
        IndexError
            If a target is not a class (in host memory only).
        """
        self._check(shape_of(input), shape_of(target))
        if not target.shape:
            output, loss = self.forward(expand_dims(input, axis=0), expand_dims(target, axis=0))
            return AdaptiveOutput(squeeze(output, 0), loss)
        check_classes("AdaptiveLogSoftmaxWithLoss", target, self.n_classes)
        place, parts = target, []
        for i, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            inside = (target >= low) & (target < high)
            place = where(inside, self.shortlist_size + i, place)
            rows = flatnonzero(inside)
            if rows.shape[0]:
                inner = log_softmax(self.tail[i](take(input, rows, axis=0)), 1)
                chosen = _chosen(inner, take(target, rows, axis=0) - low)
                spread = scatter_index(chosen, tuple(target.shape), (rows.array if isinstance(rows, Tensor) else rows,))
                parts.append(spread)
        output = _chosen(log_softmax(self.head(input), 1), place)
        for part in parts:
            output = output + part
        return AdaptiveOutput(output, negative(mean(output)))

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes.

        Parameters
        ----------
        input : Tensor, shape (batch, in_features)
            Features.

        Returns
        -------
        Tensor
            Shape ``(batch, n_classes)``.
        """
        head = log_softmax(self.head(input), 1)
        parts = [getitem(head, (slice(None), slice(0, self.shortlist_size)))]
        for i, projection in enumerate(self.tail):
            cluster = getitem(head, (slice(None), slice(self.shortlist_size + i, self.shortlist_size + i + 1)))
            parts.append(log_softmax(projection(input), 1) + cluster)
        return concat(parts, axis=1)

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each row.

        Clusters are computed only for rows whose most probable entry of the head is a cluster.

        Parameters
        ----------
        input : Tensor, shape (batch, in_features)
            Features.

        Returns
        -------
        Tensor of int64
            Shape ``(batch,)``.
        """
        best = argmax(self.head(input), axis=1)
        rows = flatnonzero(best >= self.shortlist_size)
        if not rows.shape[0]:
            return best
        among_all = argmax(self.log_prob(take(input, rows, axis=0)), axis=1)
        picked = scatter_index(among_all, tuple(best.shape), (rows.array if isinstance(rows, Tensor) else rows,))
        return where(best >= self.shortlist_size, picked, best)

    def _check(self, input: tuple[int, ...], target: tuple[int, ...]) -> None:
        if len(target) > 1 or input != (*target, self.in_features):
            raise ShapeError(
                f"AdaptiveLogSoftmaxWithLoss: input has shape (batch, {self.in_features}) and target (batch,), or "
                f"({self.in_features},) and (), not {input} and {target}"
            )


def _chosen(log_probabilities: Any, classes: Any) -> Any:
    """Return one entry of each row."""
    return squeeze(take_along_axis(log_probabilities, expand_dims(astype(classes, "int64"), axis=1), 1), 1)
