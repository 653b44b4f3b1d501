"""The sampler of one process among several that train together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..options import Count, Size, checked
from ..options.kinds import Whole, read
from ..random import Generator
from .arguments import Seed, Sized
from .sampler import Sampler


class DistributedSampler(Sampler):
    """The part of the samples that one of several processes loads, disjoint from those of the others.

    Parameters
    ----------
    dataset : sized
        The dataset, the same in all processes.
    num_replicas : int
        The number of processes.
    rank : int
        The number of this process, in ``[0, num_replicas)``.
    shuffle : bool
        Whether the samples are in random order.
    seed : int
        The seed of the random order, the same in all processes.
    drop_last : bool
        Whether the last samples are omitted, so that all processes have equally many. Otherwise some of the first ones
        are repeated.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If `rank` is not less than `num_replicas`, or a number is out of range.

    Notes
    -----
    Call `set_epoch` before each epoch: the order depends on it and on the seed alone. A `tensorlab.train.Trainer` does.

    Examples
    --------
    >>> [list(tl.data.DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    @checked
    def __init__(
        self,
        dataset: Sized,
        num_replicas: Size,
        rank: Count,
        shuffle: bool = True,
        seed: Seed = 0,
        drop_last: bool = False,
    ) -> None:
        if rank >= num_replicas:
            raise ValueError(f"DistributedSampler: rank must be less than num_replicas={num_replicas}, not {rank}")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0

    def __len__(self) -> int:
        count = len(self.dataset)
        return count // self.num_replicas if self.drop_last else -(-count // self.num_replicas)

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        order = Generator(self.seed + self.epoch).permutation(count).tolist() if self.shuffle else range(count)
        places = range(self.rank, self.num_replicas * len(self), self.num_replicas)
        return (order[place % count] for place in places)

    @checked
    def set_epoch(self, epoch: Count) -> None:
        """Set the number of the epoch, which the random order depends on.

        Parameters
        ----------
        epoch : int
            The number of the epoch.

        Examples
        --------
        >>> sampler = tl.data.DistributedSampler(range(50), num_replicas=2, rank=0)
        >>> first = list(sampler)
        >>> sampler.set_epoch(1)
        >>> list(sampler) == first
        False
        """
        self.epoch = epoch

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch}

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.epoch = read("load_state_dict", "state_dict['epoch']", Whole(0), state_dict.get("epoch"))
