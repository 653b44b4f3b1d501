"""4. Training in practice

What decides whether a network learns, beside its architecture and its optimizer: how weights begin, what is done to the
data, what is normalised, and what keeps a network from learning its training set by heart.
"""

LESSONS = (
    "initialisation",
    "normalised_inputs",
    "shuffling",
    "dropout",
    "dropout_features",
    "dropconnect",
    "mixup",
    "penalties",
    "early_stopping",
    "normalisation",
    "weight_standardisation",
    "spectral_norm",
    "no_norm",
    "hyperparameter_search",
)
