"""What the layers compute, as functions: PyTorch's names and argument orders, with `axis` for ``dim``."""

from .activation import dropout, linear, log_softmax, relu, sigmoid, softmax, tanh
from .convolution import conv1d, conv2d, conv3d
from .loss import cross_entropy, l1_loss, mse_loss, nll_loss
from .normalization import batch_norm
from .padding import pad
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "conv1d",
    "conv2d",
    "conv3d",
    "cross_entropy",
    "dropout",
    "l1_loss",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mse_loss",
    "nll_loss",
    "pad",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
