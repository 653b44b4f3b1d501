"""What the layers compute, as functions: PyTorch's names and argument orders, with `axis` for ``dim``."""

from .activation import (
    celu, elu, gaussian, gelu, glu, hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu, logsigmoid, mish, prelu,
    relu, relu6, rrelu, selu, sigmoid, silu, softplus, softshrink, softsign, swish, tanh, tanhshrink, threshold,
)  # fmt: skip
from .adaptive_pooling import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
    adaptive_max_pool3d, global_avg_pool1d, global_avg_pool2d, global_avg_pool3d, global_max_pool1d, global_max_pool2d,
    global_max_pool3d,
)  # fmt: skip
from .attention import scaled_dot_product_attention
from .batchnorm import batch_norm, instance_norm
from .convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .distance import cosine_similarity, pairwise_distance, pdist
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout, stochastic_depth
from .embedding import embedding, embedding_bag, one_hot
from .folding import channel_shuffle, fold, pixel_shuffle, pixel_unshuffle, unfold
from .fractional_pooling import fractional_max_pool2d, fractional_max_pool3d
from .graph import (
    batch_graphs, gcn_norm, global_max_pool, global_mean_pool, global_sum_pool, scatter_max, scatter_mean,
    scatter_softmax, scatter_sum,
)  # fmt: skip
from .grid_sampling import affine_grid, grid_sample
from .heaviside import heaviside
from .linear import bilinear, linear
from .loss.binary import (
    binary_cross_entropy, binary_cross_entropy_with_logits, dice_loss, exponential_loss, multilabel_soft_margin_loss,
    sigmoid_focal_loss, soft_margin_loss,
)  # fmt: skip
from .loss.classification import cross_entropy, focal_loss, nll_loss
from .loss.linear_cross_entropy import linear_cross_entropy
from .loss.margin import (
    hinge_embedding_loss, hinge_loss, margin_ranking_loss, multi_margin_loss, multilabel_margin_loss, perceptron_loss,
    squared_hinge_loss,
)  # fmt: skip
from .loss.metric import contrastive_loss, cosine_embedding_loss, triplet_margin_loss, triplet_margin_with_distance_loss
from .loss.regression import gaussian_nll_loss, huber_loss, kl_div, l1_loss, mse_loss, poisson_nll_loss, smooth_l1_loss
from .loss.sequence import ctc_loss
from .mixing import cutmix, mixup
from .multihead_attention import multi_head_attention_forward
from .norm_pooling import channel_max_pool, lp_pool1d, lp_pool2d, lp_pool3d
from .normalization import group_norm, layer_norm, local_response_norm, normalize, rms_norm
from .padding import pad
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from .positions import position_angles, rotary_embedding
from .resampling import interpolate, upsample, upsample_bilinear, upsample_nearest
from .softmax import gumbel_softmax, log_softmax, softmax, softmin
from .unpooling import max_unpool1d, max_unpool2d, max_unpool3d

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "affine_grid", "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_graphs",
    "batch_norm", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu", "channel_max_pool",
    "channel_shuffle", "contrastive_loss", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss", "cutmix",
    "dice_loss", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "embedding", "embedding_bag",
    "exponential_loss", "feature_alpha_dropout", "focal_loss", "fold", "fractional_max_pool2d", "fractional_max_pool3d",
    "gaussian", "gaussian_nll_loss", "gcn_norm", "gelu", "global_avg_pool1d", "global_avg_pool2d", "global_avg_pool3d",
    "global_max_pool", "global_max_pool1d", "global_max_pool2d", "global_max_pool3d", "global_mean_pool",
    "global_sum_pool", "glu", "grid_sample", "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "heaviside", "hinge_embedding_loss", "hinge_loss", "huber_loss", "instance_norm", "interpolate",
    "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "linear_cross_entropy", "local_response_norm",
    "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss", "max_pool1d",
    "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d", "mish", "mixup", "mse_loss",
    "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance", "pdist", "perceptron_loss", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "position_angles", "prelu", "relu", "relu6", "rms_norm", "rotary_embedding",
    "rrelu", "scaled_dot_product_attention", "scatter_max", "scatter_mean", "scatter_softmax", "scatter_sum", "selu",
    "sigmoid", "sigmoid_focal_loss", "silu", "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin", "softplus",
    "softshrink", "softsign", "squared_hinge_loss", "stochastic_depth", "swish", "tanh", "tanhshrink", "threshold",
    "triplet_margin_loss", "triplet_margin_with_distance_loss", "unfold", "upsample", "upsample_bilinear",
    "upsample_nearest",
]  # fmt: skip
