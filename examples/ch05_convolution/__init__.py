"""5. Convolution

One small set of weights, applied everywhere: what that means as a matrix, how much of an image a unit sees, what the
layers of a network look for, and how deep such networks can be.
"""

LESSONS = (
    "toeplitz",
    "strides_and_dilation",
    "receptive_fields",
    "lenet_layers",
    "seen_by_units",
    "channel_pooling",
    "sliding_windows",
    "segmentation",
    "resnets",
)
