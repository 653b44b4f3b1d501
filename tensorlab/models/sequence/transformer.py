"""The Transformer (Vaswani et al., "Attention is all you need", 2017)."""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal

from ...backend.memory import require_memory
from ...errors import ShapeError
from ...nn.init.filling import normal_
from ...nn.init.variance import xavier_uniform_
from ...nn.layers.embedding import Embedding
from ...nn.layers.linear import Linear
from ...nn.layers.normalization import LayerNorm
from ...nn.layers.positions import SinusoidalPositionalEncoding
from ...nn.layers.transformer import TransformerDecoder, TransformerEncoder, generate_square_subsequent_mask
from ...nn.layers.transformer_layers import DecoderState, TransformerDecoderLayer, TransformerEncoderLayer
from ...ops.creation import full
from ...ops.declare import composite
from ...options import Fraction, Size, declared
from ...tensor import Tensor
from ..registry import register_model
from .generation import Generative, Token, as_rows


@declared
class TransformerSeq2Seq(Generative):
    """The Transformer as published: an encoder reads a sequence, a decoder writes another one.

    Embeddings are multiplied by the square root of `d_model`, sinusoids of the position are added, and the output layer
    has the weights of the target's embedding (section 3.4). Train it with ``label_smoothing=0.1`` in the cross entropy
    and with `optim.lr_scheduler.NoamLR` (sections 5.3 and 5.4).

    Parameters
    ----------
    source_vocab_size, target_vocab_size : int
        Numbers of tokens.
    d_model : int
        Features of each position; even, and a multiple of `nhead`.
    nhead : int
        Number of heads of each attention.
    num_encoder_layers, num_decoder_layers : int
        Numbers of layers.
    dim_feedforward : int
        Features inside the feedforward networks.
    dropout : float
        Probability with which features are set to zero in training: of embeddings, of blocks and inside them.
    activation : {"relu", "gelu"}
        The function inside the feedforward networks.
    norm_first : bool
        Whether the input of each block is normalised (Xiong et al., 2020), and the output of the last one, rather than
        the sum of both as published; deep models are then trained without warm-up.
    share_embeddings : bool
        Whether the source has the target's embedding, as published; both have the same tokens then.
    max_len : int
        The longest sequence.
    pad_token_id, bos_token_id, eos_token_id : int
        The tokens for padding, and with which targets begin and end, as in `datasets.TranslationDataset`.

    Raises
    ------
    ValueError
        If `d_model` is not even or not a multiple of `nhead`, or `share_embeddings` with different numbers of tokens.

    Examples
    --------
    >>> data = tl.datasets.CopyTask(8, length=5, order="reversed")
    >>> size = len(data.source_vocabulary)
    >>> model = tl.models.TransformerSeq2Seq(size, size, 16, 2, 1, 1, 32, share_embeddings=True)
    >>> logits = model(data.source, data.target[:, :-1])
    >>> loss = tl.nn.functional.cross_entropy(
    ...     logits.flatten(0, 1), data.target[:, 1:].flatten(), ignore_index=0, label_smoothing=0.1
    ... )
    >>> optimizer = tl.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    >>> schedule = tl.optim.lr_scheduler.NoamLR(optimizer, d_model=16, warmup_steps=100)
    >>> model.generate(data.source[0], max_new_tokens=6, num_beams=3).shape[0] <= 7
    True
    """

    source_vocab_size: Size
    target_vocab_size: Size
    d_model: Size = 512
    nhead: Size = 8
    num_encoder_layers: Size = 6
    num_decoder_layers: Size = 6
    dim_feedforward: Size = 2048
    dropout: Fraction = 0.1
    activation: Literal["relu", "gelu"] = "relu"
    norm_first: bool = False
    share_embeddings: bool = False
    max_len: Size = 1024
    pad_token_id: Token = 0
    bos_token_id: Token = 1
    eos_token_id: Token = 2

    def __post_init__(self) -> None:
        self._check()
        sizes = (self.d_model, self.nhead, self.dim_feedforward, self.dropout, self.activation)
        options: dict[str, Any] = {"batch_first": True, "norm_first": self.norm_first}

        def last_norm() -> LayerNorm | None:
            return LayerNorm(self.d_model) if self.norm_first else None

        encoder_layer = TransformerEncoderLayer(*sizes, **options)
        decoder_layer = TransformerDecoderLayer(*sizes, **options)
        self.positions = SinusoidalPositionalEncoding(self.d_model, self.max_len, self.dropout, batch_first=True)
        self.target_embedding = Embedding(self.target_vocab_size, self.d_model)
        self.source_embedding = self.target_embedding
        if not self.share_embeddings:
            self.source_embedding = Embedding(self.source_vocab_size, self.d_model)
        self.encoder = TransformerEncoder(encoder_layer, self.num_encoder_layers, last_norm())
        self.decoder = TransformerDecoder(decoder_layer, self.num_decoder_layers, last_norm())
        self.output = Linear(self.d_model, self.target_vocab_size, bias=False)
        self.output.weight = self.target_embedding.weight
        self.reset_parameters()

    def _check(self) -> None:
        name = type(self).__name__
        if self.share_embeddings and self.source_vocab_size != self.target_vocab_size:
            raise ValueError(
                f"{name}: share_embeddings=True needs source_vocab_size and target_vocab_size to be equal, not "
                f"{self.source_vocab_size} and {self.target_vocab_size}"
            )
        if self.d_model % 2 or self.d_model % self.nhead:
            raise ValueError(f"{name}: d_model must be even and a multiple of nhead={self.nhead}, not {self.d_model}")
        for layers in ("num_encoder_layers", "num_decoder_layers"):
            require_memory(name, f"{layers}={getattr(self, layers)} layers", getattr(self, layers))

    def reset_parameters(self) -> None:
        """Redraw all matrices: uniform ones (Glorot and Bengio, 2010), and embeddings of variance ``1 / d_model``."""
        for part in (self.encoder, self.decoder):
            for parameter in part.parameters():
                if parameter.ndim > 1:
                    xavier_uniform_(parameter)
        for embedding in (self.source_embedding, self.target_embedding):
            normal_(embedding.weight, std=self.d_model**-0.5)

    @composite(source="integral", target="integral")
    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits of the tokens after each of the target's.

        Parameters
        ----------
        source : Tensor, shape (batch, source length)
            The tokens to read, padded at the end.
        target : Tensor, shape (batch, target length)
            The tokens to write, the first of which is the beginning.

        Returns
        -------
        Tensor, shape (batch, target length, target_vocab_size)
            The logits.
        """
        memory, padding = self.encode(source)
        if target.ndim != 2 or target.shape[0] != source.shape[0] or not target.shape[1]:
            raise ShapeError(f"target must have shape (batch={source.shape[0]}, length), not {target.shape}")
        embedded = self._embedded(self.target_embedding, target)
        mask = generate_square_subsequent_mask(target.shape[1], dtype=embedded.dtype, device=embedded.device)
        hidden = self.decoder(embedded, memory, tgt_mask=mask, memory_key_padding_mask=padding, tgt_is_causal=True)
        return self.output(hidden)

    @composite(source="integral")
    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return the encoder's output for sources, (batch, length), and where these are padding."""
        if source.ndim != 2 or 0 in source.shape:
            raise ShapeError(f"source must have shape (batch, length), none of them 0, not {source.shape}")
        padding = source == self.pad_token_id
        embedded = self._embedded(self.source_embedding, source)
        return self.encoder(embedded, src_key_padding_mask=padding), padding

    def _embedded(self, embedding: Embedding, tokens: Tensor, offset: int = 0) -> Tensor:
        embedded: Tensor = self.positions(embedding(tokens) * sqrt(self.d_model), offset=offset)
        return embedded

    def begin(self, inputs: Tensor) -> tuple[Tensor, list[DecoderState]]:
        """Return the first token of each target, and the state of the decoder for the sources, (batch, length)."""
        source = as_rows("generate", inputs)
        first = full((source.shape[0], 1), self.bos_token_id, dtype="int64", device=source.device)
        return first, self.decoder.begin(*self.encode(source))

    def step(self, tokens: Tensor, state: list[DecoderState]) -> tuple[Tensor, list[DecoderState]]:
        past = state[0].past
        embedded = self._embedded(self.target_embedding, tokens, 0 if past is None else past.key.shape[2])
        hidden, state = self.decoder.step(embedded, state)
        return self.output(hidden[:, -1]), state


@register_model
def transformer_base(
    source_vocab_size: Size = 37000, target_vocab_size: Size = 37000, share_embeddings: bool = True, **options: Any
) -> TransformerSeq2Seq:
    """The base Transformer of table 3: 63,082,496 parameters with 37,000 shared tokens.

    Parameters
    ----------
    source_vocab_size, target_vocab_size : int
        Numbers of tokens.
    share_embeddings : bool
        Whether source and target have the same embedding.
    """
    return TransformerSeq2Seq(source_vocab_size, target_vocab_size, share_embeddings=share_embeddings, **options)


@register_model
def transformer_big(
    source_vocab_size: Size = 37000, target_vocab_size: Size = 37000, share_embeddings: bool = True, **options: Any
) -> TransformerSeq2Seq:
    """The big Transformer of table 3: 214,245,376 parameters with 37,000 shared tokens.

    Parameters
    ----------
    source_vocab_size, target_vocab_size : int
        Numbers of tokens.
    share_embeddings : bool
        Whether source and target have the same embedding.
    """
    big: dict[str, Any] = {"d_model": 1024, "nhead": 16, "dim_feedforward": 4096, "dropout": 0.3}
    return TransformerSeq2Seq(
        source_vocab_size, target_vocab_size, share_embeddings=share_embeddings, **{**big, **options}
    )
