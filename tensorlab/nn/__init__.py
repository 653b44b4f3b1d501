"""Modules, layers, losses and initialisers: PyTorch's names, defaults and state-dict keys."""

from . import functional, init, utils
from .functional.loss.linear_cross_entropy import LinearCrossEntropyOptions
from .layers.activation import (
    CELU, ELU, GELU, GLU, SELU, Gaussian, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, Maxout,
    Mish, PReLU, ReLU, ReLU6, RReLU, Sigmoid, SiLU, Softplus, Softshrink, Softsign, Swish, Tanh, Tanhshrink, Threshold,
)  # fmt: skip
from .layers.adaptive_pooling import (
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d,
    GlobalAvgPool1d, GlobalAvgPool2d, GlobalAvgPool3d, GlobalMaxPool1d, GlobalMaxPool2d, GlobalMaxPool3d,
)  # fmt: skip
from .layers.adaptive_softmax import AdaptiveLogSoftmaxWithLoss
from .layers.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .layers.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .layers.distance import CosineSimilarity, PairwiseDistance
from .layers.dropout import (
    AlphaDropout, DropConnectLinear, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout, StochasticDepth,
)  # fmt: skip
from .layers.embedding import Embedding, EmbeddingBag
from .layers.folding import ChannelShuffle, Fold, PixelShuffle, PixelUnshuffle, Unfold
from .layers.fractional_pooling import FractionalMaxPool2d, FractionalMaxPool3d
from .layers.graph import GATConv, GCNConv, SAGEConv
from .layers.heaviside import Heaviside
from .layers.lazy import (
    LazyBatchNorm1d, LazyBatchNorm2d, LazyBatchNorm3d, LazyConv1d, LazyConv2d, LazyConv3d, LazyConvTranspose1d,
    LazyConvTranspose2d, LazyConvTranspose3d, LazyInstanceNorm1d, LazyInstanceNorm2d, LazyInstanceNorm3d, LazyLinear,
)  # fmt: skip
from .layers.linear import Bilinear, Flatten, Identity, Linear, Unflatten
from .layers.loss.binary import (
    BCELoss, BCEWithLogitsLoss, DiceLoss, ExponentialLoss, MultiLabelSoftMarginLoss, SigmoidFocalLoss, SoftMarginLoss,
)  # fmt: skip
from .layers.loss.classification import CrossEntropyLoss, FocalLoss, MultiLabelMarginLoss, MultiMarginLoss, NLLLoss
from .layers.loss.linear_cross_entropy import LinearCrossEntropyLoss
from .layers.loss.margin import HingeEmbeddingLoss, HingeLoss, MarginRankingLoss, PerceptronLoss, SquaredHingeLoss
from .layers.loss.metric import ContrastiveLoss, CosineEmbeddingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss
from .layers.loss.regression import GaussianNLLLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, PoissonNLLLoss, SmoothL1Loss
from .layers.loss.sequence import CTCLoss
from .layers.mixing import CutMix, Mixup
from .layers.multihead_attention import MultiheadAttention
from .layers.norm_pooling import ChannelMaxPool, LPPool1d, LPPool2d, LPPool3d
from .layers.normalization import (
    CrossMapLRN2d, GroupNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, LayerNorm, LocalResponseNorm, RMSNorm,
)  # fmt: skip
from .layers.padding import (
    CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d, ReflectionPad1d,
    ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d, ZeroPad1d, ZeroPad2d,
    ZeroPad3d,
)  # fmt: skip
from .layers.pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from .layers.positions import RotaryEmbedding, SinusoidalPositionalEncoding
from .layers.recurrent import GRU, LSTM, RNN, RNNBase
from .layers.recurrent_cells import GRUCell, LSTMCell, RNNCell, RNNCellBase
from .layers.resampling import Upsample, UpsamplingBilinear2d, UpsamplingNearest2d
from .layers.softmax import LogSoftmax, Softmax, Softmax2d, Softmin
from .layers.transformer import Transformer, TransformerDecoder, TransformerEncoder
from .layers.transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer
from .layers.unpooling import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from .module.containers import ModuleDict, ModuleList, Sequential
from .module.functional_call import functional_call
from .module.module import Module
from .module.parameter import Parameter
from .module.parameter_containers import ParameterDict, ParameterList

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveLogSoftmaxWithLoss", "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AlphaDropout", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BCELoss",
    "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Bilinear", "CELU", "CTCLoss", "ChannelMaxPool",
    "ChannelShuffle", "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
    "ConstantPad3d", "ContrastiveLoss", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d",
    "ConvTranspose3d", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss", "CrossMapLRN2d", "CutMix",
    "DiceLoss", "DropConnectLinear", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "ELU", "Embedding",
    "EmbeddingBag", "ExponentialLoss", "FeatureAlphaDropout", "Flatten", "FocalLoss", "Fold", "FractionalMaxPool2d",
    "FractionalMaxPool3d", "GATConv", "GCNConv", "GELU", "GLU", "GRU", "GRUCell", "Gaussian", "GaussianNLLLoss",
    "GlobalAvgPool1d", "GlobalAvgPool2d", "GlobalAvgPool3d", "GlobalMaxPool1d", "GlobalMaxPool2d", "GlobalMaxPool3d",
    "GroupNorm", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Heaviside", "HingeEmbeddingLoss", "HingeLoss",
    "HuberLoss", "Identity", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "KLDivLoss", "L1Loss", "LPPool1d",
    "LPPool2d", "LPPool3d", "LSTM", "LSTMCell", "LayerNorm", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d",
    "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear", "LeakyReLU", "Linear",
    "LinearCrossEntropyLoss", "LinearCrossEntropyOptions", "LocalResponseNorm", "LogSigmoid", "LogSoftmax", "MSELoss",
    "MarginRankingLoss", "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Maxout",
    "Mish", "Mixup", "Module", "ModuleDict", "ModuleList", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
    "MultiMarginLoss", "MultiheadAttention", "NLLLoss", "PReLU", "PairwiseDistance", "Parameter", "ParameterDict",
    "ParameterList", "PerceptronLoss", "PixelShuffle", "PixelUnshuffle", "PoissonNLLLoss", "RMSNorm", "RNN", "RNNBase",
    "RNNCell", "RNNCellBase", "RReLU", "ReLU", "ReLU6", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d",
    "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "RotaryEmbedding", "SAGEConv", "SELU", "Sequential",
    "SiLU", "Sigmoid", "SigmoidFocalLoss", "SinusoidalPositionalEncoding", "SmoothL1Loss", "SoftMarginLoss", "Softmax",
    "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "SquaredHingeLoss", "StochasticDepth", "Swish",
    "Tanh", "Tanhshrink", "Threshold", "Transformer", "TransformerDecoder", "TransformerDecoderLayer",
    "TransformerEncoder", "TransformerEncoderLayer", "TripletMarginLoss", "TripletMarginWithDistanceLoss", "Unflatten",
    "Unfold", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
    "functional", "functional_call", "init", "utils",
]  # fmt: skip
