"""The layers that Transformers are stacks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, NamedTuple

from ...errors import ShapeError
from ...ops.attention import allowed_by_order
from ...ops.creation import DeviceLike
from ...ops.declare import composite
from ...options import Count, Fraction, NonNegative, Size, checked
from ...tensor import Tensor
from .. import functional as F
from .dropout import Dropout
from .learned import FloatingDType, LearnedLayer
from .linear import Linear
from .multihead_attention import KeyValues, MultiheadAttention, check_key_values
from .normalization import LayerNorm

Activation = Literal["relu", "gelu"] | Callable[[Any], Any]


class DecoderState(NamedTuple):
    """What a decoder layer keeps from step to step: keys and values of the target so far, and of the memory.

    The first axis of all tensors is that of the sequences.
    """

    past: KeyValues | None
    memory: KeyValues
    memory_allowed: Tensor | None


class BlockLayer(LearnedLayer):
    """A layer of blocks of attention and feedforward networks, each the core of a residual branch.

    Parameters
    ----------
    d_model : int
        Features of input and output; a multiple of `nhead`.
    nhead : int
        Number of attention heads.
    dim_feedforward : int
        Features between the two linear maps of the feedforward network.
    dropout : float
        Probability with which attention weights, and features inside and after each block, are set to zero in training.
    activation : {"relu", "gelu"} or callable
        Applied between the two linear maps.
    layer_norm_eps : float
        Added to variances by the normalisations.
    batch_first : bool
        Whether inputs are (batch, length, features) rather than (length, batch, features).
    norm_first : bool
        Whether the input of each block is normalised, rather than the sum.
    bias : bool
        Whether linear maps and normalisations have biases.
    """


class _TransformerLayer(BlockLayer):
    """The base class of encoder and decoder layers: blocks, each the core of a residual branch.

    With `norm_first` the input of each block is normalised (Xiong et al., 2020, figure 1b), otherwise the sum is
    (figure 1a, as in Vaswani et al.).
    """

    attentions: ClassVar[tuple[str, ...]]
    """Names of the blocks of attention, in order; the feedforward block is the last."""

    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    @checked
    def __init__(
        self,
        d_model: Size,
        nhead: Size,
        dim_feedforward: Count = 2048,
        dropout: Fraction = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: NonNegative = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        if d_model % nhead:
            raise ValueError(f"{type(self).__name__}: d_model {d_model} does not divide into {nhead} heads (nhead)")
        where: dict[str, Any] = {"device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias=bias, batch_first=batch_first, **where)
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **where)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for i in blocks:
            self.add_module(f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **where))
        for i in blocks:
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation: Callable[[Any], Any] = getattr(F, activation) if isinstance(activation, str) else activation

    def _attend(
        self,
        attention: MultiheadAttention,
        dropout: Dropout,
        query: Tensor,
        memory: Tensor,
        mask: Tensor | None,
        padding: Tensor | None,
        is_causal: bool,
    ) -> Tensor:
        """Return the output of a block of attention."""
        options: dict[str, Any] = {"key_padding_mask": padding, "attn_mask": mask, "is_causal": is_causal}
        return dropout(attention(query, memory, memory, need_weights=False, **options)[0])

    def _feed_forward(self, dropout: Dropout, x: Tensor) -> Tensor:
        """Return the output of the block of two linear maps."""
        return dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))

    def _add_block(self, norm: LayerNorm, x: Tensor, block: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the sum of `x` and the output of a block, normalised before or after."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))


class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention and a feedforward network, each in a residual branch.

    Examples
    --------
    >>> layer = tl.nn.TransformerEncoderLayer(d_model=16, nhead=4, dim_feedforward=32)
    >>> layer(tl.ones(10, 2, 16)).shape
    (10, 2, 16)
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the transformed sequence; for the masks see `Transformer.forward`."""

        def attend(x: Tensor) -> Tensor:
            return self._attend(self.self_attn, self.dropout1, x, x, src_mask, src_key_padding_mask, is_causal)

        x = self._add_block(self.norm1, src, attend)
        return self._add_block(self.norm2, x, lambda x: self._feed_forward(self.dropout2, x))


class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention, attention to the encoder's output and a feedforward network, each in a residual branch.

    Examples
    --------
    >>> layer = tl.nn.TransformerDecoderLayer(d_model=16, nhead=4, dim_feedforward=32, batch_first=True)
    >>> layer(tl.ones(2, 7, 16), memory=tl.ones(2, 10, 16)).shape
    (2, 7, 16)
    """

    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the transformed sequence; for `memory` and the masks see `Transformer.forward`."""

        def attend(x: Tensor) -> Tensor:
            return self._attend(self.self_attn, self.dropout1, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def attend_to_memory(x: Tensor) -> Tensor:
            masks = (memory_mask, memory_key_padding_mask, memory_is_causal)
            return self._attend(self.multihead_attn, self.dropout2, x, memory, *masks)

        x = self._add_block(self.norm1, tgt, attend)
        x = self._add_block(self.norm2, x, attend_to_memory)
        return self._add_block(self.norm3, x, lambda x: self._feed_forward(self.dropout3, x))

    @composite(memory="floating", memory_key_padding_mask="bool")
    def begin(self, memory: Tensor, memory_key_padding_mask: Tensor | None = None) -> DecoderState:
        """Return the state before the first element of the target, for `step`.

        Parameters
        ----------
        memory : Tensor, shape (S, N, E), with `batch_first` (N, S, E)
            The encoder's output.
        memory_key_padding_mask : Tensor, shape (N, S), optional
            Boolean: True for elements that no element attends to.

        Returns
        -------
        DecoderState
            Whose tensors all have the sequences on their first axis.

        Examples
        --------
        >>> layer = tl.nn.TransformerDecoderLayer(d_model=16, nhead=4, dim_feedforward=32, batch_first=True)
        >>> state = layer.begin(tl.ones(2, 10, 16))
        >>> first, state = layer.step(tl.ones(2, 1, 16), state)
        >>> more, state = layer.step(tl.ones(2, 3, 16), state)
        >>> more.shape, state.past.key.shape
        ((2, 3, 16), (2, 4, 4, 4))
        """
        projected = self.multihead_attn.project(memory, memory)
        if memory_key_padding_mask is None:
            return DecoderState(None, projected, None)
        expected = (projected.key.shape[0], projected.key.shape[2])
        if memory_key_padding_mask.shape != expected:
            raise ShapeError(
                f"memory_key_padding_mask must have shape {expected}, (batch, length), not "
                f"{memory_key_padding_mask.shape}"
            )
        return DecoderState(None, projected, ~memory_key_padding_mask[:, None, None])

    @composite(tgt="floating")
    def step(self, tgt: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Transform further elements of the target, of which each attends to those before it.

        The result is that of `forward` with a causal mask, but keys and values of earlier elements are not computed
        again.

        Parameters
        ----------
        tgt : Tensor, shape (T, N, E), with `batch_first` (N, T, E)
            The next elements.
        state : DecoderState
            What `begin`, or the step before, returned.

        Returns
        -------
        output : Tensor
            The shape of `tgt`.
        state : DecoderState
            The state after these elements.
        """
        if not isinstance(state, DecoderState):
            raise TypeError(f"state must be what begin or step returned, not {type(state).__name__}")
        past, memory, memory_allowed = state
        if tgt.ndim != 3:
            raise ShapeError(f"tgt must have 3 axes, not shape {tgt.shape}")
        new, batch = tgt.shape[:2][::-1] if self.self_attn.batch_first else tgt.shape[:2]
        check_key_values("state", memory, "tgt", batch)
        if past is not None:
            check_key_values("state", past, "tgt", batch)

        def attend(x: Tensor) -> Tensor:
            nonlocal past
            new_values = self.self_attn.project(x, x)
            past = new_values if past is None else past.followed_by(new_values)
            known = past.key.shape[2]
            allowed = None if new == 1 else Tensor(allowed_by_order(x, new, known, known - new))
            return self.dropout1(self.self_attn.attend(x, past, allowed))

        def attend_to_memory(x: Tensor) -> Tensor:
            return self.dropout2(self.multihead_attn.attend(x, memory, memory_allowed))

        x = self._add_block(self.norm1, tgt, attend)
        x = self._add_block(self.norm2, x, attend_to_memory)
        out = self._add_block(self.norm3, x, lambda x: self._feed_forward(self.dropout3, x))
        return out, state._replace(past=past)
