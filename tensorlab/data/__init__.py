"""Datasets, samplers, and loading in batches."""

from . import folder
from .collate import default_collate
from .composition import ChainDataset, ConcatDataset, StackDataset, Subset
from .dataset import Dataset, IterableDataset, TensorDataset
from .distributed import DistributedSampler
from .loader import DataLoader
from .sampler import (
    BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
)  # fmt: skip
from .splitting import random_split, stratified_split
from .workers import WorkerInfo, get_worker_info

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "DistributedSampler", "IterableDataset",
    "RandomSampler", "Sampler", "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset",
    "WeightedRandomSampler", "WorkerInfo", "default_collate", "folder", "get_worker_info", "random_split",
    "stratified_split",
]  # fmt: skip
