"""Datasets, samplers, and loading in batches."""

from . import processes as _processes  # noqa: F401 - registers how tensors are sent
from .collate import default_collate
from .dataset import Dataset, Subset, TensorDataset, random_split
from .loader import DataLoader
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler", "DataLoader", "Dataset", "RandomSampler", "Sampler", "SequentialSampler", "Subset", "TensorDataset",
    "default_collate", "random_split",
]  # fmt: skip
