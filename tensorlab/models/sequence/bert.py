"""BERT: a Transformer that reads a text in both directions.

Devlin, Chang, Lee and Toutanova, "BERT: Pre-training of deep bidirectional Transformers for language understanding",
2019. The modules have the names of the published files, which the package ``transformers`` gave them.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from ...autodiff.graph import no_grad
from ...backend.memory import require_memory
from ...errors import ShapeError
from ...nn.functional.activation import gelu
from ...nn.functional.attention import scaled_dot_product_attention
from ...nn.init.filling import normal_, zeros_
from ...nn.layers.base import Layer
from ...nn.layers.dropout import Dropout
from ...nn.layers.embedding import Embedding
from ...nn.layers.linear import Linear
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import ModuleList
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.arithmetic import zeros_like
from ...ops.contraction import linear
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.shapes import permute_dims
from ...ops.trigonometric import tanh
from ...options import Fraction, Positive, Size, declared
from ...tensor import Tensor
from ..registry import register_model


class BertEmbeddings(Module):
    """The sum of embeddings of tokens, positions and segments, normalised."""

    def __init__(self, vocab: int, positions: int, types: int, features: int, dropout: float, eps: float) -> None:
        super().__init__()
        self.word_embeddings = Embedding(vocab, features, padding_idx=0)
        self.position_embeddings = Embedding(positions, features)
        self.token_type_embeddings = Embedding(types, features)
        self.LayerNorm = LayerNorm(features, eps=eps)
        self.dropout = Dropout(dropout)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor | None) -> Tensor:
        """Return features, (batch, length, hidden_size)."""
        segments = zeros_like(input_ids) if token_type_ids is None else token_type_ids
        embedded = self.word_embeddings(input_ids) + self.token_type_embeddings(segments)
        return self.dropout(self.LayerNorm(embedded + self.position_embeddings.weight[: input_ids.shape[1]]))


class BertSelfAttention(Module):
    """Attention with several heads, before its last linear map."""

    def __init__(self, features: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = Linear(features, features)
        self.key = Linear(features, features)
        self.value = Linear(features, features)

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        """Return features of the same shape, (batch, length, hidden_size)."""
        query, key, value = (self._split_heads(layer(x)) for layer in (self.query, self.key, self.value))
        dropout = self.dropout if self.training else 0.0
        out = scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=dropout)
        return permute_dims(out, (0, 2, 1, 3)).reshape(x.shape)

    def _split_heads(self, x: Tensor) -> Tensor:
        batch, length, features = x.shape
        return permute_dims(x.reshape(batch, length, self.heads, features // self.heads), (0, 2, 1, 3))


class BertOutput(Module):
    """A linear map, dropout, and the normalised sum with a shortcut."""

    def __init__(self, inputs: int, features: int, dropout: float, eps: float) -> None:
        super().__init__()
        self.dense = Linear(inputs, features)
        self.LayerNorm = LayerNorm(features, eps=eps)
        self.dropout = Dropout(dropout)

    def forward(self, hidden: Tensor, shortcut: Tensor) -> Tensor:
        """Return features of the shape of `shortcut`."""
        return self.LayerNorm(self.dropout(self.dense(hidden)) + shortcut)


class BertAttention(Module):
    """Attention in a residual branch."""

    def __init__(self, features: int, heads: int, dropout: float, eps: float) -> None:
        super().__init__()
        self.self = BertSelfAttention(features, heads, dropout)
        self.output = BertOutput(features, features, dropout, eps)

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        """Return features of the same shape."""
        return self.output(self.self(x, allowed), x)


class BertIntermediate(Module):
    """The first linear map of the feedforward network, with GELU."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.dense = Linear(features, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features inside the network."""
        return gelu(self.dense(x))


class BertLayer(Module):
    """Attention and a feedforward network, each in a residual branch that is normalised after the sum."""

    def __init__(self, features: int, heads: int, hidden: int, dropout: float, eps: float) -> None:
        super().__init__()
        self.attention = BertAttention(features, heads, dropout, eps)
        self.intermediate = BertIntermediate(features, hidden)
        self.output = BertOutput(hidden, features, dropout, eps)

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        """Return features of the same shape."""
        x = self.attention(x, allowed)
        return self.output(self.intermediate(x), x)


class BertEncoder(Module):
    """Layers in sequence."""

    def __init__(self, number: int, *sizes: Any) -> None:
        super().__init__()
        self.layer = ModuleList(BertLayer(*sizes) for _ in range(number))

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        """Return features of the same shape."""
        for layer in self.layer:
            x = layer(x, allowed)
        return x


class BertPooler(Module):
    """A linear map of the first token's features, with tanh."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.dense = Linear(features, features)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return features, (batch, hidden_size)."""
        return tanh(self.dense(hidden[:, 0]))


@declared
class _Bert(Layer):
    """BERT.

    Parameters
    ----------
    vocab_size : int
        Number of tokens.
    hidden_size : int
        Features of each token, a multiple of `num_attention_heads`.
    num_hidden_layers : int
        Number of layers.
    num_attention_heads : int
        Number of heads of each attention.
    intermediate_size : int
        Features inside the feedforward networks.
    dropout : float
        Probability with which features and weights of attention are set to zero in training.
    max_position_embeddings : int
        The longest sequence.
    type_vocab_size : int
        Number of kinds of segments.
    layer_norm_eps : float
        Added to variances by the normalisations.

    Raises
    ------
    ValueError
        If `hidden_size` is not a multiple of `num_attention_heads`.

    Notes
    -----
    Keys and shapes of the state dict are those of the published ``model.safetensors``; its older names of the
    normalisations' parameters, ``gamma`` and ``beta``, can be loaded as well.
    """

    vocab_size: Size = 30522
    hidden_size: Size = 768
    num_hidden_layers: Size = 12
    num_attention_heads: Size = 12
    intermediate_size: Size = 3072
    dropout: Fraction = 0.1
    max_position_embeddings: Size = 512
    type_vocab_size: Size = 2
    layer_norm_eps: Positive = 1e-12

    def __post_init__(self) -> None:
        name = type(self).__name__
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"{name}: hidden_size must be a multiple of num_attention_heads={self.num_attention_heads}, not "
                f"{self.hidden_size}"
            )
        require_memory(name, f"num_hidden_layers={self.num_hidden_layers} layers", self.num_hidden_layers)
        self._build()
        self.register_load_state_dict_pre_hook(_published_keys)

    def _build(self) -> None:
        """Make the parts, with their initial parameters."""
        raise NotImplementedError

    def _body(self) -> BertModel:
        """Return the model without its head, of the same sizes."""
        names = BertModel._declared
        return BertModel(**{name: getattr(self, name) for name in names})

    def _check(self, input_ids: Tensor, attention_mask: Tensor | None, token_type_ids: Tensor | None) -> None:
        """Raise a `ShapeError` unless the inputs fit the model and each other."""
        if input_ids.ndim != 2 or 0 in input_ids.shape or input_ids.shape[1] > self.max_position_embeddings:
            raise ShapeError(
                f"input_ids must have shape (batch, length), none of them 0 and the length at most "
                f"{self.max_position_embeddings}, not {input_ids.shape}"
            )
        for name, other in {"attention_mask": attention_mask, "token_type_ids": token_type_ids}.items():
            if other is not None and other.shape != input_ids.shape:
                raise ShapeError(f"{name} must have the shape of input_ids, {input_ids.shape}, not {other.shape}")


class BertOutputs(NamedTuple):
    """Features of each token, (batch, length, hidden_size), and a function of the first one's, (batch, hidden_size)."""

    last_hidden_state: Tensor
    pooler_output: Tensor


class BertModel(_Bert):
    """BERT without a head: features of tokens, each of which depends on the whole text.

    Examples
    --------
    >>> model = tl.models.BertModel(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2)
    >>> tokens = tl.tensor([[1, 7, 4, 2], [1, 9, 2, 0]])
    >>> outputs = model(tokens, attention_mask=tokens != 0)
    >>> outputs.last_hidden_state.shape, outputs.pooler_output.shape
    ((2, 4, 16), (2, 16))
    """

    def _build(self) -> None:
        sizes = (self.vocab_size, self.max_position_embeddings, self.type_vocab_size)
        width, eps = self.hidden_size, self.layer_norm_eps
        self.embeddings = BertEmbeddings(*sizes, width, self.dropout, eps)
        layer = (width, self.num_attention_heads, self.intermediate_size, self.dropout, eps)
        self.encoder = BertEncoder(self.num_hidden_layers, *layer)
        self.pooler = BertPooler(width)
        self.apply(_initialize)

    @composite(input_ids="integral", attention_mask="any", token_type_ids="integral")
    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> BertOutputs:
        """Return the features of texts.

        Parameters
        ----------
        input_ids : Tensor, shape (batch, length)
            The tokens.
        attention_mask : Tensor, shape (batch, length), optional
            1 or True for tokens, 0 or False for padding.
        token_type_ids : Tensor, shape (batch, length), optional
            The kind of each token's segment; 0 by default.
        """
        self._check(input_ids, attention_mask, token_type_ids)
        allowed = None if attention_mask is None else (attention_mask != 0)[:, None, None]
        hidden = self.encoder(self.embeddings(input_ids, token_type_ids), allowed)
        return BertOutputs(hidden, self.pooler(hidden))


class BertTransform(Module):
    """A linear map with GELU and a normalisation."""

    def __init__(self, features: int, eps: float) -> None:
        super().__init__()
        self.dense = Linear(features, features)
        self.LayerNorm = LayerNorm(features, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return self.LayerNorm(gelu(self.dense(x)))


class BertPredictions(Module):
    """The logits of tokens; the weights are those of the embedding."""

    def __init__(self, vocab: int, features: int, eps: float) -> None:
        super().__init__()
        self.transform = BertTransform(features, eps)
        self.bias = Parameter(zeros(vocab))

    def forward(self, hidden: Tensor, table: Tensor) -> Tensor:
        """Return logits, (batch, length, vocab_size), given the table of the embedding."""
        return linear(self.transform(hidden), table, self.bias)


class BertHeads(Module):
    """The heads of pre-training."""

    def __init__(self, vocab: int, features: int, eps: float) -> None:
        super().__init__()
        self.predictions = BertPredictions(vocab, features, eps)
        self.seq_relationship = Linear(features, 2)


class BertPreTrainingOutputs(NamedTuple):
    """Logits of tokens, (batch, length, vocab_size), and of whether the second segment follows, (batch, 2)."""

    prediction_logits: Tensor
    seq_relationship_logits: Tensor


class BertForPreTraining(_Bert):
    """BERT with the heads of its pre-training: masked tokens, and whether the second segment follows the first.

    Of the two logits of the second head, the first one says that it follows. Fine-tuning takes `bert`, the model
    without heads.

    Examples
    --------
    >>> model = tl.models.BertForPreTraining(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    >>> tokens = tl.tensor([[1, 7, 4, 2]])
    >>> outputs = model(tokens, token_type_ids=tl.tensor([[0, 0, 1, 1]]))
    >>> outputs.prediction_logits.shape, outputs.seq_relationship_logits.shape
    ((1, 4, 50), (1, 2))
    """

    def _build(self) -> None:
        self.bert = self._body()
        self.cls = BertHeads(self.vocab_size, self.hidden_size, self.layer_norm_eps).apply(_initialize)

    @composite(input_ids="integral", attention_mask="any", token_type_ids="integral")
    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> BertPreTrainingOutputs:
        """Return the logits of both heads; for the arguments see `BertModel.forward`."""
        hidden, pooled = self.bert(input_ids, attention_mask, token_type_ids)
        logits = self.cls.predictions(hidden, self.bert.embeddings.word_embeddings.weight)
        return BertPreTrainingOutputs(logits, self.cls.seq_relationship(pooled))


@declared
class BertForSequenceClassification(_Bert):
    """BERT with a classifier of whole texts.

    Published weights are loaded into `bert`: ``models.load_weights(model.bert, "model.safetensors")``.

    Parameters
    ----------
    num_labels : int
        Number of classes.

    Examples
    --------
    >>> sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    >>> model = tl.models.BertForSequenceClassification(vocab_size=50, num_labels=3, **sizes)
    >>> model(tl.tensor([[1, 7, 4, 2]])).shape
    (1, 3)
    """

    num_labels: Size = 2
    classifier: ClassVar[Any]

    def _build(self) -> None:
        self.bert = self._body()
        self.drop = Dropout(self.dropout)
        self.add_module("classifier", Linear(self.hidden_size, self.num_labels).apply(_initialize))

    @composite(input_ids="integral", attention_mask="any", token_type_ids="integral")
    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Return the classes' scores, (batch, num_labels); for the arguments see `BertModel.forward`."""
        pooled = self.bert(input_ids, attention_mask, token_type_ids).pooler_output
        scores: Tensor = self.classifier(self.drop(pooled))
        return scores


def _initialize(module: Module) -> None:
    """Draw weights with a standard deviation of 0.02; biases and the embedding of padding are zero."""
    if isinstance(module, Linear | Embedding):
        normal_(module.weight, std=0.02)
    if isinstance(module, Embedding) and module.padding_idx is not None:
        with no_grad():
            module.weight[module.padding_idx] = 0.0
    if isinstance(module, Linear) and module.bias is not None:
        zeros_(module.bias)


OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
REPEATED = ("embeddings.position_ids", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
"""The ends of keys in files for constants, and for second names of parameters."""


def _published_keys(module: Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Rename the keys of files; a model without heads leaves theirs out."""
    headless = isinstance(module, BertModel) and not prefix
    for key in list(state):
        value, name = state.pop(key), key
        for old, new in OLD_NAMES.items():
            name = name.replace(old, new)
        if headless:
            name = name.removeprefix("bert.")
        if not name.endswith(REPEATED) and not (headless and name.startswith(("cls.", "classifier."))):
            state[name] = value


def _published(sizes: tuple[int, int, int, int], vocab_size: int, options: dict[str, Any]) -> BertForPreTraining:
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    return BertForPreTraining(**{"vocab_size": vocab_size, **dict(zip(names, sizes)), **options})


@register_model
def bert_base_uncased(**options: Any) -> BertForPreTraining:
    """BERT, base, for lower-case English: 110,106,428 parameters, of which 109,482,240 without the heads."""
    return _published((768, 12, 12, 3072), 30522, options)


@register_model
def bert_base_cased(**options: Any) -> BertForPreTraining:
    """BERT, base, for English: 108,932,934 parameters, of which 108,310,272 without the heads."""
    return _published((768, 12, 12, 3072), 28996, options)


@register_model
def bert_large_uncased(**options: Any) -> BertForPreTraining:
    """BERT, large, for lower-case English: 336,226,108 parameters, of which 335,141,888 without the heads."""
    return _published((1024, 24, 16, 4096), 30522, options)
