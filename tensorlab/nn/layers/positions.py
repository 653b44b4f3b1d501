"""Encodings of positions in a sequence; PyTorch has none of them."""

from __future__ import annotations

from dataclasses import InitVar
from typing import Any, ClassVar

from ...backend.dtypes import float32, float64
from ...errors import ShapeError
from ...ops.creation import DeviceLike
from ...ops.indexing import getitem
from ...ops.joining import stack
from ...ops.shapes import astype, expand_dims, reshape
from ...ops.trigonometric import cos, sin
from ...options import Count, Fraction, Positive, declared
from ...tensor import Tensor
from .. import functional as F
from .base import Layer
from .learned import FloatingDType


class _Positions(Layer):
    """A layer with tables of `max_len` positions."""

    def _rows(self, table: Tensor, length: int, offset: int, x: Tensor) -> Tensor:
        """Return the rows of `length` positions that begin with `offset`.

        Raises
        ------
        ShapeError
            If the table is shorter.
        """
        last: int = vars(self)["max_len"] - 1
        if offset < 0 or offset + length > last + 1:
            raise ShapeError(
                f"{type(self).__name__}: positions {offset} to {offset + length - 1} of an input of shape "
                f"{tuple(x.shape)} are needed, but there are only 0 to {last}; make max_len larger"
            )
        return getitem(table, slice(offset, offset + length))


@declared
class SinusoidalPositionalEncoding(_Positions):
    """Adds sine and cosine waves of geometrically growing lengths, which encode positions (Vaswani et al., 2017, 3.5).

    Feature 2 i gets ``sin(position * base ** (-2 i / d_model))``, feature 2 i + 1 the cosine.

    Parameters
    ----------
    d_model : int
        Number of features; even.
    max_len : int
        Number of positions in the table.
    dropout : float
        Probability with which a feature of the sum is set to zero in training.
    batch_first : bool, optional
        Whether inputs are (batch, length, features) rather than (length, batch, features), as for the `Transformer`
        that takes the result. Required for inputs of three axes: their shape does not tell.
    base : float
        Base of the geometric progression of wavelengths.
    device : Device or str, optional
        The device of the table.
    dtype : dtype, optional
        Its data type; float32 by default.

    Attributes
    ----------
    encoding : Tensor, shape (max_len, d_model)
        A buffer that does not belong to the state dict.

    Raises
    ------
    ValueError
        If the number of features is odd, or `dropout` is not a probability.
    ShapeError
        When called, if an input is longer than `max_len`, has other features, or has three axes and `batch_first` is
        not given.

    Examples
    --------
    >>> tl.nn.SinusoidalPositionalEncoding(4)(tl.zeros(1, 4))
    tensor([[0., 1., 0., 1.]])

    With a Transformer, `batch_first` is the same in both:

    >>> encode = tl.nn.SinusoidalPositionalEncoding(8, batch_first=True)
    >>> model = tl.nn.Transformer(8, nhead=2, dim_feedforward=16, batch_first=True)
    >>> source, target = tl.randn(32, 5, 8), tl.randn(32, 6, 8)  # batch, length, features
    >>> model(encode(source), encode(target)).shape
    (32, 6, 8)
    """

    d_model: Count
    max_len: Count = 5000
    dropout: Fraction = 0.0
    batch_first: bool | None = None
    base: InitVar[Positive] = 10000.0
    device: InitVar[DeviceLike] = None
    dtype: InitVar[FloatingDType] = None
    encoding: ClassVar[Any]

    def __post_init__(self, base: float, device: Any, dtype: Any) -> None:
        if self.d_model % 2:
            raise ValueError(f"{type(self).__name__}: d_model must be even, not {self.d_model}")
        angles = F.position_angles(self.max_len, self.d_model, base, device=device, dtype=float64)
        waves = reshape(stack([sin(angles), cos(angles)], axis=-1), (self.max_len, self.d_model))
        self.register_buffer("encoding", astype(waves, dtype or float32), persistent=False)

    def forward(self, input: Tensor, offset: int = 0) -> Tensor:
        """Return the input plus the encodings of its positions, which begin with `offset`."""
        if len(input.shape) not in (2, 3) or input.shape[-1] != self.d_model:
            axes = "(length, batch, features)" if self.batch_first is False else "(batch, length, features)"
            raise ShapeError(
                f"SinusoidalPositionalEncoding expects {axes} or (length, features) with {self.d_model} features, "
                f"not shape {tuple(input.shape)}"
            )
        if len(input.shape) == 3 and self.batch_first is None:
            raise ShapeError(
                f"SinusoidalPositionalEncoding cannot tell which axis of shape {tuple(input.shape)} is the length; "
                "construct it with batch_first=True for (batch, length, features) or batch_first=False for (length, "
                "batch, features), as the layer that takes the result"
            )
        batch_last = len(input.shape) == 3 and not self.batch_first
        waves = self._rows(self.encoding, input.shape[0 if batch_last else -2], offset, input)
        return F.dropout(input + (expand_dims(waves, axis=1) if batch_last else waves), self.dropout, self.training)

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.max_len}, dropout={self.dropout}, batch_first={self.batch_first}"


@declared
class RotaryEmbedding(_Positions, function=F.rotary_embedding):
    """Rotates pairs of features by angles proportional to the position (RoPE: Su et al., 2021).

    Applied to the queries and keys of each head, it makes their inner products depend only on the distance.

    Parameters
    ----------
    features : int
        Number of features of a head; even.
    max_len : int
        Number of positions in the table.
    base : float
        Base of the geometric progression of wavelengths.
    device : Device or str, optional
        The device of the tables.
    dtype : dtype, optional
        Their data type; float32 by default.

    Attributes
    ----------
    cosines, sines : Tensor, shape (max_len, features / 2)
        Buffers that do not belong to the state dict.

    Raises
    ------
    ValueError
        If the number of features is odd.
    ShapeError
        When called, if an input is longer than `max_len` or has other features.

    Examples
    --------
    >>> rotary = tl.nn.RotaryEmbedding(8)
    >>> queries = tl.ones(2, 4, 5, 8)  # batch, heads, length, features
    >>> rotary(queries).shape
    (2, 4, 5, 8)
    """

    features: Count
    max_len: Count = 2048
    base: Positive = 10000.0
    interleaved: bool = True
    device: InitVar[DeviceLike] = None
    dtype: InitVar[FloatingDType] = None
    cosines: ClassVar[Any]
    sines: ClassVar[Any]

    def __post_init__(self, device: Any, dtype: Any) -> None:
        if self.features % 2:
            raise ValueError(f"{type(self).__name__}: features must be even, not {self.features}")
        angles = F.position_angles(self.max_len, self.features, self.base, device=device, dtype=float64)
        self.register_buffer("cosines", astype(cos(angles), dtype or float32), persistent=False)
        self.register_buffer("sines", astype(sin(angles), dtype or float32), persistent=False)

    def forward(self, input: Tensor, offset: int = 0) -> Tensor:
        """Return the input, of shape (..., length, features), rotated; its positions begin with `offset`."""
        if len(input.shape) < 2 or input.shape[-1] != self.features:
            raise ShapeError(
                f"RotaryEmbedding expects (..., length, features) with {self.features} features, not shape "
                f"{tuple(input.shape)}"
            )
        cosines, sines = (self._rows(table, input.shape[-2], offset, input) for table in (self.cosines, self.sines))
        return F.rotary_embedding(input, cosines, sines, self.interleaved)

    def extra_repr(self) -> str:
        return f"{self.features}, max_len={self.max_len}, base={self.base}, interleaved={self.interleaved}"
