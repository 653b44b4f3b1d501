"""Splits of datasets: at random, and with equal shares of each class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate
from math import floor, isclose
from typing import Any

from ..ops.declare import composite
from ..random import Generator, randperm
from .arguments import Labels, Lengths, SizedSamples
from .composition import Subset
from .dataset import TensorDataset, as_integers


@composite()
def random_split(dataset: SizedSamples, lengths: Lengths, generator: Generator | None = None) -> list[Subset]:
    """Split a dataset at random.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__`` and ``__len__``
        The dataset.
    lengths : sequence of int, or of float that sum to 1
        The number of samples, or the fraction, of each subset; the remainder of rounding goes to the first ones.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If a length is negative, or not a whole number where they are not fractions, or if the lengths do not sum to
        the length of the dataset.

    Examples
    --------
    >>> train, test = tl.data.random_split(range(10), [0.8, 0.2], tl.Generator(0))
    >>> len(train), len(test), sorted([*train, *test]) == list(range(10))
    (8, 2, True)
    """
    total = len(dataset)
    counts = _counts(lengths, total)
    order = randperm(total, generator=generator).tolist()
    return [Subset(dataset, order[stop - count : stop]) for stop, count in zip(accumulate(counts), counts, strict=True)]


@composite()
def stratified_split(
    dataset: SizedSamples, lengths: Lengths, labels: Labels | None = None, generator: Generator | None = None
) -> list[Subset]:
    """Split a dataset at random, such that each class has its share in each subset.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__`` and ``__len__``
        The dataset.
    lengths : sequence of int, or of float that sum to 1
        The number of samples, or the fraction, of each subset, as in `random_split`.
    labels : sequence or tensor, shape (len(dataset),), optional
        The class of each sample: integers, strings or other hashable values. By default ``dataset.targets``, or the
        last tensor of a `TensorDataset`; also through a `Subset` of these.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Returns
    -------
    list of Subset
        In each, the number of samples of each class differs from the exact share by at most one. The samples are in
        random order.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or there are no labels.
    ValueError
        If there are not as many labels as samples, or the lengths are wrong as in `random_split`.

    Examples
    --------
    >>> labels = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    >>> train, test = tl.data.stratified_split(range(9), [6, 3], labels, tl.Generator(0))
    >>> sorted(labels[i] for i in train), sorted(labels[i] for i in test)
    ([0, 0, 0, 0, 1, 1], [0, 0, 1])
    """
    total = len(dataset)
    counts = _counts(lengths, total)
    classes = _listed_labels(dataset) if labels is None else as_integers(labels)
    if len(classes) != total:
        raise ValueError(f"there must be one label for each of the {total} samples, not {len(classes)} labels")
    if unhashable := [label for label in classes if not isinstance(label, Hashable)]:
        raise TypeError(f"labels must be hashable, not {unhashable[0]!r}")
    order = randperm(total, generator=generator).tolist()
    members: dict[Hashable, list[int]] = {}
    for index in order:
        members.setdefault(classes[index], []).append(index)
    subset_of = {}
    for indices, shares in zip(members.values(), _shares([len(group) for group in members.values()], counts)):
        for number, (stop, share) in enumerate(zip(accumulate(shares), shares)):
            subset_of.update(dict.fromkeys(indices[stop - share : stop], number))
    return [Subset(dataset, [index for index in order if subset_of[index] == number]) for number in range(len(counts))]


def _listed_labels(dataset: Any) -> Sequence[Any]:
    """Return the labels that a dataset is known to hold."""
    if isinstance(dataset, Subset):
        inner = _listed_labels(dataset.dataset)
        return [inner[index] for index in dataset.indices]
    if hasattr(dataset, "targets"):
        return as_integers(dataset.targets)
    if isinstance(dataset, TensorDataset) and dataset.tensors[-1].ndim == 1:
        return as_integers(dataset.tensors[-1])
    raise TypeError(f"labels must be given: {type(dataset).__name__} has no attribute targets")


def _shares(sizes: Sequence[int], counts: Sequence[int]) -> list[list[int]]:
    """Return how many samples of each class go to each subset: the exact shares, rounded so that all sums are right.

    Rounded down, the shares leave some samples of each class, fewer than there are subsets, and some places in each
    subset. Each class in turn gives one to each of the subsets that miss most: there is a table of zeros and ones with
    these sums, as the fractions are one between, and this finds it (Gale 1957, A theorem on flows in networks).
    """
    total = sum(sizes)
    table = [[size * count // total for count in counts] for size in sizes]
    missing = [count - sum(column) for count, column in zip(counts, zip(*table))]
    for size, row in zip(sizes, table):
        fullest = sorted(range(len(counts)), key=lambda subset: -missing[subset])
        for subset in fullest[: size - sum(row)]:
            row[subset] += 1
            missing[subset] -= 1
    return table


def _counts(lengths: Sequence[float], total: int) -> list[int]:
    """Return the numbers of samples that the lengths stand for, which sum to `total`."""
    are_counts = all(length == int(length) for length in lengths)
    are_fractions = isclose(sum(lengths), 1.0) and not all(isinstance(length, int) for length in lengths)
    if min(lengths, default=0) < 0 or not (are_counts or are_fractions):
        raise ValueError(f"lengths must be numbers of samples, or fractions that sum to 1, not {list(lengths)}")
    if not are_fractions:
        counts = [int(length) for length in lengths]
    else:
        counts = [floor(total * length) for length in lengths]
        for number in range(total - sum(counts)):
            counts[number % len(counts)] += 1
    if sum(counts) != total:
        raise ValueError(f"the lengths {list(lengths)} do not sum to the {total} samples of the dataset")
    return counts
