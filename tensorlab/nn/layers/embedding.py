"""Embeddings: tables of learned rows."""

from __future__ import annotations

from typing import Any, Literal, Self

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...ops.creation import DeviceLike
from ...ops.declare import require
from ...options import Count, NonNegative, checked
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..functional.embedding import row_number
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter

Mode = Literal["sum", "mean", "max"]


class _Table(LearnedLayer):
    """A learned table whose rows are looked up.

    Parameters
    ----------
    num_embeddings : int
        Number of rows.
    embedding_dim : int
        Length of a row.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        Drawn from the standard normal distribution.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        if sparse:
            raise ValueError(f"{type(self).__name__}: sparse must be False: gradients are dense here")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = row_number(type(self).__name__, padding_idx, num_embeddings)
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        self.sparse = sparse
        self.weight = new_parameter(num_embeddings, embedding_dim, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw the rows; the padding row becomes zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def _from_table(cls, embeddings: Any, freeze: bool, padding_idx: int | None, **options: Any) -> Self:
        """Return a layer with a given table, shared rather than copied."""
        require("from_pretrained", "floating", embeddings=embeddings)
        shape = tuple(embeddings.shape)
        if len(shape) != 2:
            raise ShapeError(f"{cls.__name__}.from_pretrained: embeddings must have 2 axes, not shape {shape}")
        layer = cls(0, shape[1], **options)
        layer.num_embeddings, layer.padding_idx = shape[0], row_number("from_pretrained", padding_idx, shape[0])
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def _options_text(self) -> str:
        text = "" if self.max_norm is None else f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text


class Embedding(_Table, function=F.embedding):
    """A learned row for each of a number of things, such as words.

    Parameters
    ----------
    padding_idx : int, optional
        A row that is initially zero and is not learned, counted from the end if negative.

    Examples
    --------
    >>> layer = tl.nn.Embedding(10, 3, padding_idx=0)
    >>> layer(tl.tensor([[1, 2, 0]])).shape
    (1, 3, 3)
    """

    @checked
    def __init__(
        self,
        num_embeddings: Count,
        embedding_dim: Count,
        padding_idx: int | None = None,
        max_norm: NonNegative | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )

    @classmethod
    @checked
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: NonNegative | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """Return a layer with a given table.

        Parameters
        ----------
        embeddings : Tensor, shape (num_embeddings, embedding_dim)
            The table; shared rather than copied.
        freeze : bool
            Whether it is not learned.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As for the class; the padding row keeps its elements.

        Raises
        ------
        ShapeError
            If the table does not have two axes.

        Examples
        --------
        >>> tl.nn.Embedding.from_pretrained(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))(tl.tensor([1]))
        tensor([[3., 4.]])
        """
        options = {"scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
        return cls._from_table(embeddings, freeze, padding_idx, max_norm=max_norm, norm_type=norm_type, **options)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}{self._options_text()}"


class EmbeddingBag(_Table, function=F.embedding_bag):
    """Sums, means or maxima of bags of learned rows.

    Parameters
    ----------
    padding_idx : int, optional
        A row that is left out of its bags; initially zero, and not learned.

    Examples
    --------
    >>> tl.nn.EmbeddingBag(10, 3, mode="sum")(tl.tensor([1, 2, 4, 5, 4]), tl.tensor([0, 3])).shape
    (2, 3)
    """

    @checked
    def __init__(
        self,
        num_embeddings: Count,
        embedding_dim: Count,
        max_norm: NonNegative | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        *,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.mode, self.include_last_offset = mode, include_last_offset
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )

    @classmethod
    @checked
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: NonNegative | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """Return a layer with a given table; see `Embedding.from_pretrained`.

        Examples
        --------
        >>> tl.nn.EmbeddingBag.from_pretrained(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))(tl.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
        options = {"scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse, "mode": mode}
        options["include_last_offset"] = include_last_offset
        return cls._from_table(embeddings, freeze, padding_idx, max_norm=max_norm, norm_type=norm_type, **options)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{self._options_text()}, mode={self.mode!r}{padding}"
