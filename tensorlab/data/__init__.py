"""Datasets, samplers, and loading in batches."""

from typing import Any

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


def __getattr__(name: str) -> Any:
    if name == "transforms":  # imported at first use
        from importlib import import_module

        return import_module(".transforms", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
