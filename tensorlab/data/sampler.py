"""Samplers: the order in which samples are loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ..ops.creation import asarray
from ..options import Size, checked
from ..random import Generator, default_generator
from ..tensor import Tensor
from .arguments import IndexSequence, Indices, Sized, Weights
from .dataset import as_integers

DRAWN_TOGETHER = 1 << 16
"""The number of indices that are drawn at once, where there may be more of them than fit in memory."""


class Sampler:
    """The base class of samplers: iterables over indices of samples.

    A `DataLoader` continues in the middle of an epoch by iterating over its sampler again, from the state in which the
    sampler began. Inside a loader the default generator of `tensorlab.random` is a stream of the epoch's own, so that
    what is drawn from it is the same again. A sampler with other state, such as its own generator, overrides
    `state_dict` and `load_state_dict`.
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")

    def state_dict(self) -> dict[str, Any]:
        """Return the state that determines the next iteration, as data that `tl.save` stores; nothing by default."""
        return {}

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Set a state returned by `state_dict`."""


class SequentialSampler(Sampler):
    """All samples in order.

    Parameters
    ----------
    data_source : sized
        The dataset.

    Examples
    --------
    >>> list(tl.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    @checked
    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class Drawn(Sampler):
    """The base class of samplers that draw from `generator`, or from the default one if it is None."""

    generator: Generator | None

    @property
    def _source(self) -> Generator:
        return default_generator if self.generator is None else self.generator

    def state_dict(self) -> dict[str, Any]:
        return {} if self.generator is None else {"generator": self.generator.get_state()}

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if self.generator is not None and "generator" in state_dict:
            self.generator.set_state(state_dict["generator"])


class RandomSampler(Drawn):
    """Samples in random order, drawn anew for every iteration.

    Parameters
    ----------
    data_source : sized
        The dataset.
    replacement : bool
        Whether each index is drawn among all, so that indices repeat. Otherwise the order is a permutation.
    num_samples : int, optional
        The number of indices; by default the length of the dataset. Without replacement, one permutation follows
        another.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If `num_samples` is not positive.

    Examples
    --------
    >>> sorted(tl.data.RandomSampler("abc", generator=tl.Generator(0)))
    [0, 1, 2]
    >>> len(list(tl.data.RandomSampler("abc", replacement=True, num_samples=5)))
    5
    """

    @checked
    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: Size | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """The number of indices of an iteration."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        count, remaining = len(self.data_source), self.num_samples if len(self.data_source) else 0
        if not self.replacement and remaining == count:
            return iter(self._source.permutation(count).tolist())
        return self._drawn(count, remaining)

    def _drawn(self, count: int, remaining: int) -> Iterator[int]:
        while remaining > 0:
            if self.replacement:
                indices = self._source.integers(0, count, (min(remaining, DRAWN_TOGETHER),)).tolist()
            else:
                indices = self._source.permutation(count).tolist()[:remaining]
            yield from indices
            remaining -= len(indices)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Drawn):
    """Given indices in random order, without replacement.

    Parameters
    ----------
    indices : sequence of int, or tensor
        The indices.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> sorted(tl.data.SubsetRandomSampler([7, 3, 5], generator=tl.Generator(0)))
    [3, 5, 7]
    """

    @checked
    def __init__(self, indices: IndexSequence, generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        indices = as_integers(self.indices)
        return (indices[place] for place in self._source.permutation(len(indices)).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Drawn):
    """Indices drawn with given probabilities, to balance the classes of a dataset for example.

    Parameters
    ----------
    weights : sequence of float, or tensor, shape (n,)
        The weight of each index from 0 to ``n - 1``; they need not sum to 1.
    num_samples : int
        The number of indices.
    replacement : bool
        Whether indices repeat. Otherwise each index is drawn among the remaining ones, in proportion to their weights.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If a weight is negative, infinite or NaN, no weight is positive, or too few are positive to draw `num_samples`
        without replacement.

    Examples
    --------
    >>> list(tl.data.WeightedRandomSampler([0.0, 0.0, 2.0], 4))
    [2, 2, 2, 2]
    """

    @checked
    def __init__(
        self, weights: Weights, num_samples: Size, replacement: bool = True, generator: Generator | None = None
    ) -> None:
        self.weights = _checked_weights(weights)
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator
        positive = int((self.weights > 0).sum())
        if not replacement and num_samples > positive:
            raise ValueError(
                f"WeightedRandomSampler: num_samples={num_samples} indices cannot be drawn without replacement: only "
                f"{positive} weights are positive"
            )

    def __iter__(self) -> Iterator[int]:
        return iter(self._source.multinomial(self.weights, self.num_samples, self.replacement).tolist())

    def __len__(self) -> int:
        return self.num_samples


def _checked_weights(weights: Any) -> Tensor:
    try:
        found = asarray(weights, dtype="float64")
    except (TypeError, ValueError) as error:
        raise type(error)(f"WeightedRandomSampler: weights must be numbers: {error}") from None
    if found.ndim != 1:
        raise ValueError(f"WeightedRandomSampler: weights must have one axis, not the shape {found.shape}")
    if not bool(((found >= 0) & (found < float("inf"))).all()) or not bool((found > 0).any()):
        raise ValueError("WeightedRandomSampler: weights must be finite and at least 0, and one of them positive")
    return found


class BatchSampler(Sampler):
    """The indices of another sampler, in batches.

    Parameters
    ----------
    sampler : iterable of int
        The indices in order.
    batch_size : int
        The number of indices per batch.
    drop_last : bool
        Whether to omit the last batch if it is smaller.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If the batch size is not positive.

    Examples
    --------
    >>> list(tl.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    @checked
    def __init__(self, sampler: Indices, batch_size: Size, drop_last: bool) -> None:
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        samples: int = len(self.sampler)  # type: ignore[arg-type]
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def state_dict(self) -> dict[str, Any]:
        return state_of(self.sampler)

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        load_state_of(self.sampler, state_dict)


def state_of(sampler: Any) -> dict[str, Any]:
    """Return the state of a sampler, which need not be a `Sampler`; nothing if it has no `state_dict`."""
    state: dict[str, Any] = sampler.state_dict() if hasattr(sampler, "state_dict") else {}
    return state


def load_state_of(sampler: Any, state_dict: Mapping[str, Any]) -> None:
    """Set the state of a sampler that has one."""
    if hasattr(sampler, "load_state_dict"):
        sampler.load_state_dict(state_dict)
