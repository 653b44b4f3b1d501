"""7. Output units and likelihood

What the last layer returns are the parameters of a distribution, and the loss is its negative log-likelihood.
"""

LESSONS = (
    "linear_output",
    "learned_variance",
    "sigmoid_output",
    "softmax_output",
    "multi_label",
    "mixture_density",
    "kl_divergence",
)
