"""Embeddings: tables of learned rows."""

from __future__ import annotations

from typing import Any

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...ops.creation import empty
from .. import functional as F
from .. import init
from ..functional.embedding import MODES, row_number
from ..module.module import Module
from ..module.parameter import Parameter
from .checks import check_sizes


class _Table(Module):
    """A learned table, and how its rows are looked up."""

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
            raise ValueError(f"{type(self).__name__}: sparse=True: there are no sparse gradients here; they are dense")
        check_sizes(type(self).__name__, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = row_number(padding_idx, num_embeddings)
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        self.sparse = sparse
        self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the rows anew; the one for padding becomes zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def _of(cls, embeddings: Any, freeze: bool, **options: Any) -> Any:
        """Return a layer whose table is given, and shared rather than copied."""
        shape = tuple(embeddings.shape)
        if len(shape) != 2:
            raise ShapeError(f"{cls.__name__}.from_pretrained: embeddings must have 2 axes, not shape {shape}")
        layer = cls(0, shape[1], **{**options, "padding_idx": None})
        layer.num_embeddings, layer.padding_idx = shape[0], row_number(options["padding_idx"], shape[0])
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def _options_in_words(self) -> str:
        text = "" if self.max_norm is None else f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text


class Embedding(_Table):
    """A learned row for each of a number of things, such as words.

    Parameters
    ----------
    num_embeddings : int
        How many rows.
    embedding_dim : int
        Length of a row.
    padding_idx : int, optional
        A row that is zero at first and is not learned, counted from the end if negative.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As for `functional.embedding`.
    device : Device or str, optional
        Where the table is.
    dtype : dtype, optional
        Its type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        Drawn from the standard normal distribution.

    Raises
    ------
    ValueError
        If `padding_idx` is no row, or sparse gradients are asked for.

    Examples
    --------
    >>> layer = tl.nn.Embedding(10, 3, padding_idx=0)
    >>> layer(tl.tensor([[1, 2, 0]])).shape
    (1, 3, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Return a layer with a given table.

        Parameters
        ----------
        embeddings : Tensor, shape (num_embeddings, embedding_dim)
            The table; shared rather than copied.
        freeze : bool
            Whether it is not learned.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As for the class; the padding's row stays as it is.

        Raises
        ------
        ShapeError
            If the table has not two axes.

        Examples
        --------
        >>> tl.nn.Embedding.from_pretrained(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))(tl.tensor([1]))
        tensor([[3., 4.]])
        """
        return cls._of(
            embeddings,
            freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )

    def forward(self, input: Any) -> Any:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}{self._options_in_words()}"


class EmbeddingBag(_Table):
    """Sums, means or maxima of bags of learned rows.

    Parameters
    ----------
    num_embeddings : int
        How many rows.
    embedding_dim : int
        Length of a row.
    max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset
        As for `functional.embedding_bag`.
    padding_idx : int, optional
        A row that is left out of its bags; zero at first, and not learned.
    device : Device or str, optional
        Where the table is.
    dtype : dtype, optional
        Its type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        Drawn from the standard normal distribution.

    Raises
    ------
    ValueError
        If `mode` or `padding_idx` is out of range, or sparse gradients are asked for.

    Examples
    --------
    >>> tl.nn.EmbeddingBag(10, 3, mode="sum")(tl.tensor([1, 2, 4, 5, 4]), tl.tensor([0, 3])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        *,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"EmbeddingBag: mode must be one of {', '.join(MODES)}, not {mode!r}")
        self.mode, self.include_last_offset = mode, include_last_offset
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Return a layer with a given table; see `Embedding.from_pretrained`.

        Examples
        --------
        >>> tl.nn.EmbeddingBag.from_pretrained(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))(tl.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
        return cls._of(
            embeddings,
            freeze,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
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
        return f"{self.num_embeddings}, {self.embedding_dim}{self._options_in_words()}, mode={self.mode!r}{padding}"
