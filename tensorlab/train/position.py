"""Positions in data, so that training continues in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

TRAINING = "train"
"""The name of the training data among the positions."""


class Positions:
    """The positions in the loaders of a run, each by a name."""

    def __init__(self) -> None:
        self._loaders: dict[str, Any] = {}
        self._saved: dict[str, Any] = {}
        self._unfinished: set[str] = set()

    def iterate(self, name: str, data: Any, used: int = 0, epoch: int | None = None) -> Iterator[Any]:
        """Return an iterator over data which, after a resume, begins where the checkpoint was made.

        Parameters
        ----------
        name : str
            What the data is called in checkpoints.
        data : iterable
            A loader with ``state_dict`` and ``load_state_dict``, or any iterable.
        used : int
            The number of batches that were used in this pass before.
        epoch : int, optional
            The number of the epoch, for samplers whose order depends on it.
        """
        is_new = not any(loader is data for loader in self._loaders.values())
        self._loaders[name] = data
        state = self._saved.pop(name, None)
        continues = state is not None and has_state(data)
        if continues and is_new:  # otherwise it was restored under another name
            data.load_state_dict(state)
            if name in self._unfinished and not used:
                iter(data)  # the rest of a pass that the program has left; the next one is new
        if epoch is not None:
            _set_epoch(data, epoch)  # after `load_state_dict`, which sets that of the checkpoint
        return self._noting_the_end(name, iter(data) if continues else islice(iter(data), used, None))

    def _noting_the_end(self, name: str, iterator: Iterator[Any]) -> Iterator[Any]:
        self._unfinished.add(name)
        yield from iterator
        self._unfinished.discard(name)

    def state_dict(self, used: int) -> dict[str, Any]:
        """Return the states of all loaders.

        Parameters
        ----------
        used : int
            The number of batches that were used in an unfinished pass over the training data; 0 between epochs.

        Raises
        ------
        TypeError
            If the position in an unfinished pass cannot be saved.
        """
        data = self._loaders.get(TRAINING)
        if used and not has_state(data) and not isinstance(data, Sequence):
            raise TypeError(
                "a checkpoint in the middle of an epoch needs training data that can save its position: a DataLoader, "
                "anything else with state_dict and load_state_dict, or a list of batches, but not a "
                f"{type(data).__name__}; at the end of an epoch any data will do"
            )
        states = {name: loader.state_dict() for name, loader in self._loaders.items() if has_state(loader)}
        return {"loaders": self._saved | states, "unfinished": sorted(self._unfinished)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Keep the states until the data is used."""
        self._saved, self._loaders = dict(state_dict["loaders"]), {}
        self._unfinished = set(state_dict["unfinished"])


def _set_epoch(data: Any, epoch: int) -> None:
    """Tell the samplers of a loader the number of the epoch, if their order depends on it (`DistributedSampler`)."""
    batch_sampler = getattr(data, "batch_sampler", None)
    samplers: list[Any] = [getattr(data, "sampler", None), batch_sampler, getattr(batch_sampler, "sampler", None)]
    for sampler in samplers:
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(epoch)


def has_state(data: Any) -> bool:
    """Whether data can save and load its position."""
    return hasattr(data, "state_dict") and hasattr(data, "load_state_dict")
