"""The Transformer of Vaswani et al. (2017): an encoder, a decoder, and both together."""

from __future__ import annotations

from copy import deepcopy

from ...backend.memory import require_memory
from ...errors import ShapeError
from ...ops.creation import DeviceLike, full
from ...ops.declare import composite
from ...ops.matrices import triu
from ...options import Count, Fraction, NonNegative, Size, checked
from ...options.kinds import kind_of, read
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..module.containers import ModuleList
from ..module.module import Module
from .learned import FloatingDType
from .normalization import LayerNorm
from .transformer_layers import (
    Activation,
    BlockLayer,
    DecoderState,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)

OPTIONAL_FLAG = kind_of(bool | None)


@composite()
def generate_square_subsequent_mask(sz: Count, device: DeviceLike = None, dtype: FloatingDType = None) -> Tensor:
    """Make the causal mask: minus infinity where a key is later than the query, zeros elsewhere.

    Parameters
    ----------
    sz : int
        The length of the sequence.
    device : Device or str, optional
        Its device.
    dtype : dtype, optional
        Its type; float32 by default.

    Returns
    -------
    Tensor
        Shape ``(sz, sz)``.

    Examples
    --------
    >>> tl.nn.Transformer.generate_square_subsequent_mask(3)
    tensor([[  0., -inf, -inf],
            [  0.,   0., -inf],
            [  0.,   0.,   0.]])
    """
    return triu(full((sz, sz), -float("inf"), dtype=dtype, device=device), k=1)


class TransformerEncoder(Module):
    """Encoder layers in sequence.

    Parameters
    ----------
    encoder_layer : Module
        The layer to copy: all layers begin with the same parameters, as in PyTorch.
    num_layers : int
        Number of layers.
    norm : Module, optional
        Applied to the output of the last layer.
    enable_nested_tensor, mask_check : bool
        Accepted for compatibility with PyTorch and ignored: padded elements are computed like all others.

    Examples
    --------
    >>> layer = tl.nn.TransformerEncoderLayer(d_model=16, nhead=4, dim_feedforward=32)
    >>> tl.nn.TransformerEncoder(layer, num_layers=3)(tl.ones(10, 2, 16)).shape
    (10, 2, 16)
    """

    @checked
    def __init__(
        self,
        encoder_layer: Module,
        num_layers: Count,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        require_memory("TransformerEncoder", f"num_layers={num_layers} layers", num_layers)
        self.layers = ModuleList(deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Return the output of the last layer; for the masks see `Transformer.forward`."""
        is_causal = read("TransformerEncoder", "is_causal", OPTIONAL_FLAG, is_causal)
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=bool(is_causal), src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Decoder layers in sequence.

    Parameters
    ----------
    decoder_layer : Module
        The layer to copy: all layers begin with the same parameters, as in PyTorch.
    num_layers : int
        Number of layers.
    norm : Module, optional
        Applied to the output of the last layer.

    Examples
    --------
    >>> layer = tl.nn.TransformerDecoderLayer(d_model=16, nhead=4, dim_feedforward=32)
    >>> tl.nn.TransformerDecoder(layer, num_layers=3)(tl.ones(7, 2, 16), tl.ones(10, 2, 16)).shape
    (7, 2, 16)
    """

    @checked
    def __init__(self, decoder_layer: Module, num_layers: Count, norm: Module | None = None) -> None:
        require_memory("TransformerDecoder", f"num_layers={num_layers} layers", num_layers)
        self.layers = ModuleList(deepcopy(decoder_layer) for _ in range(num_layers))
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the output of the last layer; for `memory` and the masks see `Transformer.forward`."""
        tgt_is_causal = read("TransformerDecoder", "tgt_is_causal", OPTIONAL_FLAG, tgt_is_causal)
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)

    @composite(memory="floating", memory_key_padding_mask="bool")
    def begin(self, memory: Tensor, memory_key_padding_mask: Tensor | None = None) -> list[DecoderState]:
        """Return the states of the layers before the first element of the target; see `TransformerDecoderLayer.begin`.

        Examples
        --------
        >>> layer = tl.nn.TransformerDecoderLayer(d_model=16, nhead=4, dim_feedforward=32, batch_first=True)
        >>> decoder = tl.nn.TransformerDecoder(layer, num_layers=3).eval()
        >>> states = decoder.begin(tl.ones(2, 10, 16))
        >>> output, states = decoder.step(tl.ones(2, 1, 16), states)
        >>> output.shape
        (2, 1, 16)
        """
        return [layer.begin(memory, memory_key_padding_mask) for layer in self.layers]

    @composite(tgt="floating")
    def step(self, tgt: Tensor, states: list[DecoderState]) -> tuple[Tensor, list[DecoderState]]:
        """Transform further elements of the target; see `TransformerDecoderLayer.step`."""
        if not isinstance(states, list) or len(states) != len(self.layers):
            raise TypeError(f"states must be what begin or step returned, a list of {len(self.layers)}")
        after = []
        for layer, state in zip(self.layers, states, strict=True):
            tgt, state = layer.step(tgt, state)
            after.append(state)
        return tgt if self.norm is None else self.norm(tgt), after


class Transformer(BlockLayer):
    """An encoder, and a decoder that attends to its output (Vaswani et al., 2017).

    Parameters
    ----------
    num_encoder_layers, num_decoder_layers : int
        Number of layers of encoder and decoder.
    custom_encoder, custom_decoder : Module, optional
        Used instead of encoder and decoder, and called with the same arguments.

    Attributes
    ----------
    encoder : TransformerEncoder
        With a normalisation after its layers.
    decoder : TransformerDecoder
        Likewise. All weights are drawn by `init.xavier_uniform_`.

    Examples
    --------
    >>> model = tl.nn.Transformer(d_model=16, nhead=4, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=32)
    >>> source, target = tl.ones(10, 2, 16), tl.ones(7, 2, 16)
    >>> model(source, target, tgt_mask=model.generate_square_subsequent_mask(7)).shape
    (7, 2, 16)
    """

    @checked
    def __init__(
        self,
        d_model: Size = 512,
        nhead: Size = 8,
        num_encoder_layers: Count = 6,
        num_decoder_layers: Count = 6,
        dim_feedforward: Count = 2048,
        dropout: Fraction = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: NonNegative = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        require_memory("Transformer", f"num_encoder_layers={num_encoder_layers} layers", num_encoder_layers)
        require_memory("Transformer", f"num_decoder_layers={num_decoder_layers} layers", num_decoder_layers)
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*sizes, device=device, dtype=dtype)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm())
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*sizes, device=device, dtype=dtype)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm())
        self.encoder: Module = custom_encoder
        self.decoder: Module = custom_decoder
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw all parameters of more than one axis, those of custom encoders and decoders included."""
        for parameter in self.parameters():
            if len(parameter.shape) > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the output of the decoder.

        Parameters
        ----------
        src : Tensor, shape (S, N, E), with `batch_first` (N, S, E), or (S, E)
            Input of the encoder.
        tgt : Tensor, shape (T, N, E), (N, T, E) or (T, E)
            Input of the decoder.
        src_mask, tgt_mask, memory_mask : Tensor, shapes (S, S), (T, T) and (T, S), or (N * nhead, ...), optional
            Boolean: True where an element may not attend to another. Floating-point: added to the scores.
        src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask : Tensor, shapes (N, S), (N, T), (N, S), or
            without N; optional. Boolean: True for elements that no element attends to. Floating-point: added.
        src_is_causal, tgt_is_causal, memory_is_causal : bool
            Asserts that a mask, which must be given, is causal; this saves time. None asserts nothing.

        Returns
        -------
        Tensor
            The shape of `tgt`.

        Raises
        ------
        ShapeError
            If the numbers of sequences or features do not fit.
        """
        self._check(src, tgt)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    def _check(self, src: Tensor, tgt: Tensor) -> None:
        """Raise a `ShapeError` unless the inputs fit each other and the model."""
        shapes = f"src {tuple(src.shape)} and tgt {tuple(tgt.shape)}"
        if len(src.shape) != len(tgt.shape) or len(src.shape) not in (2, 3):
            raise ShapeError(f"Transformer: {shapes} must both have 3 axes, or both 2 without a batch")
        if not src.shape[-1] == tgt.shape[-1] == self.d_model:
            raise ShapeError(f"Transformer: {shapes} must have {self.d_model} features (d_model) on axis -1")
        axis = 0 if self.batch_first else 1
        if len(src.shape) == 3 and src.shape[axis] != tgt.shape[axis]:
            raise ShapeError(
                f"Transformer: {shapes} must have as many sequences on axis {axis} (batch_first={self.batch_first}), "
                f"not {src.shape[axis]} and {tgt.shape[axis]}"
            )

    @staticmethod
    def generate_square_subsequent_mask(sz: Count, device: DeviceLike = None, dtype: FloatingDType = None) -> Tensor:
        """Make the causal mask; see `nn.transformer.generate_square_subsequent_mask`."""
        return generate_square_subsequent_mask(sz, device, dtype)
