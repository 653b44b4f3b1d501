"""Layers that say where in a sequence features are; PyTorch has none of them."""

from __future__ import annotations

from typing import Any

from ...backend.dtypes import float32, float64
from ...errors import ShapeError
from ...ops.indexing import getitem
from ...ops.joining import stack
from ...ops.shapes import astype, expand_dims, reshape
from ...ops.trigonometric import cos, sin
from .. import functional as F
from ..module.module import Module


class _Positions(Module):
    """What knows a table of `max_len` positions and reads some lines of it."""

    max_len: int

    def _lines(self, table: Any, length: int, offset: int, x: Any) -> Any:
        """Return the lines of `length` positions from `offset` on.

        Raises
        ------
        ShapeError
            If there are not as many.
        """
        if offset < 0 or offset + length > self.max_len:
            raise ShapeError(
                f"{type(self).__name__}: positions {offset} to {offset + length - 1} of an input of shape "
                f"{tuple(x.shape)} are asked for, but there are only 0 to {self.max_len - 1}; make max_len larger"
            )
        return getitem(table, slice(offset, offset + length))


class SinusoidalPositionalEncoding(_Positions):
    """Adds waves of geometrically growing lengths, by which positions can be told (Vaswani et al., 2017, section 3.5).

    Feature 2 i gets ``sin(position * base ** (-2 i / d_model))``, feature 2 i + 1 the cosine.

    Parameters
    ----------
    d_model : int
        Features; even.
    max_len : int
        How many positions are made.
    dropout : float
        The probability with which a feature of the sum is set to zero in training.
    batch_first : bool
        Whether inputs are (batch, length, features) rather than (length, batch, features).
    base : float
        What the longest wavelength grows with.
    device : Device or str, optional
        Where the table is.
    dtype : dtype, optional
        Its type; float32 by default.

    Attributes
    ----------
    encoding : Tensor, shape (max_len, d_model)
        A buffer that is not saved.

    Raises
    ------
    ValueError
        If the number of features is odd, or `dropout` is no probability.
    ShapeError
        When called, if an input is longer than `max_len` or has other features.

    Examples
    --------
    >>> tl.nn.SinusoidalPositionalEncoding(4)(tl.zeros(1, 4))
    tensor([[0., 1., 0., 1.]])
    """

    encoding: Any

    def __init__(
        self,
        d_model: int,
        max_len: int = 5000,
        dropout: float = 0.0,
        batch_first: bool = False,
        base: float = 10000.0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if d_model % 2:
            raise ValueError(f"SinusoidalPositionalEncoding: d_model must be even, not {d_model}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"SinusoidalPositionalEncoding: dropout is a probability in [0, 1], not {dropout}")
        self.d_model, self.max_len, self.dropout, self.batch_first = d_model, max_len, dropout, batch_first
        angles = F.position_angles(max_len, d_model, base, device=device, dtype=float64)
        waves = reshape(stack([sin(angles), cos(angles)], axis=-1), (max_len, d_model))
        self.register_buffer("encoding", astype(waves, dtype or float32), persistent=False)

    def forward(self, x: Any, offset: int = 0) -> Any:
        """Return the input plus the encodings of its positions, which begin with `offset`."""
        if len(x.shape) not in (2, 3) or x.shape[-1] != self.d_model:
            axes = "(batch, length, features)" if self.batch_first else "(length, batch, features)"
            raise ShapeError(
                f"SinusoidalPositionalEncoding expects {axes} or (length, features) with {self.d_model} features, "
                f"not shape {tuple(x.shape)}"
            )
        batch_last = len(x.shape) == 3 and not self.batch_first
        waves = self._lines(self.encoding, x.shape[0 if batch_last else -2], offset, x)
        return F.dropout(x + (expand_dims(waves, axis=1) if batch_last else waves), self.dropout, self.training)

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.max_len}, dropout={self.dropout}, batch_first={self.batch_first}"


class RotaryEmbedding(_Positions):
    """Turns pairs of features by angles that grow with the position (RoPE: Su et al., 2021).

    Applied to queries and keys of each head, it makes their inner products depend on the distance alone.

    Parameters
    ----------
    features : int
        Features of a head; even.
    max_len : int
        How many positions are made.
    base : float
        What the longest wavelength grows with.
    interleaved : bool
        Which features are pairs; see `functional.rotary_embedding`.
    device : Device or str, optional
        Where the tables are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    cosines, sines : Tensor, shape (max_len, features / 2)
        Buffers that are not saved.

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

    cosines: Any
    sines: Any

    def __init__(
        self,
        features: int,
        max_len: int = 2048,
        base: float = 10000.0,
        interleaved: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if features % 2:
            raise ValueError(f"RotaryEmbedding: features must be even, not {features}")
        self.features, self.max_len, self.base, self.interleaved = features, max_len, base, interleaved
        angles = F.position_angles(max_len, features, base, device=device, dtype=float64)
        self.register_buffer("cosines", astype(cos(angles), dtype or float32), persistent=False)
        self.register_buffer("sines", astype(sin(angles), dtype or float32), persistent=False)

    def forward(self, x: Any, offset: int = 0) -> Any:
        """Return the input, of shape (..., length, features), turned; its positions begin with `offset`."""
        if len(x.shape) < 2 or x.shape[-1] != self.features:
            raise ShapeError(
                f"RotaryEmbedding expects (..., length, features) with {self.features} features, not shape "
                f"{tuple(x.shape)}"
            )
        cosines, sines = (self._lines(table, x.shape[-2], offset, x) for table in (self.cosines, self.sines))
        return F.rotary_embedding(x, cosines, sines, self.interleaved)

    def extra_repr(self) -> str:
        return f"{self.features}, max_len={self.max_len}, base={self.base}, interleaved={self.interleaved}"
