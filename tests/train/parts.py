"""Models, data and states that the tests of training share."""

import copy
import random

import numpy as np
from helpers import host

import tensorlab as tl
from tensorlab import nn
from tensorlab.data import DataLoader, TensorDataset


def classifier(features=4, classes=3):
    """Return a small network with batch statistics and dropout, so that buffers and random numbers matter."""
    return nn.Sequential(
        nn.Linear(features, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, classes)
    )


def blobs(samples=48, features=4, classes=3, seed=0):
    """Return points around one centre per class, and their classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % classes
    centres = 2 * rng.standard_normal((classes, features))
    points = centres[labels] + 0.3 * rng.standard_normal((samples, features))
    return tl.asarray(points, dtype=tl.float32), tl.asarray(labels, dtype=tl.int64)


def loader(samples=48, batch_size=16, **options):
    """Return a loader of `blobs` in random order."""
    return DataLoader(TensorDataset(*blobs(samples)), batch_size=batch_size, **{"shuffle": True, **options})


def state_of(*parts):
    """Return all that a training changes: tensors as NumPy arrays, in nested dictionaries, and the random states."""
    return [
        *(as_arrays(copy.deepcopy(part.state_dict())) for part in parts),
        *([module.training for module in part.modules()] for part in parts if isinstance(part, nn.Module)),
        tl.random.default_generator.get_state(),
        random.getstate(),
        as_arrays(np.random.get_state()),  # noqa: NPY002
    ]


def as_arrays(x):
    if isinstance(x, tl.Tensor):
        return host(x.detach()).tolist()
    if isinstance(x, dict):
        return {key: as_arrays(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [as_arrays(value) for value in x]
    return x.tolist() if isinstance(x, np.ndarray) else x
