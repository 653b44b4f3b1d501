"""How far a loader has come in an epoch: what its state consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..options.kinds import Either, Instance, Kind, Many, Whole, read
from .seeding import SEED_LIMIT


@dataclass
class WorkerStates:
    """Where the workers are in an iterable dataset.

    Attributes
    ----------
    workers : int
        How many share the dataset; 1 if there are no workers.
    exhausted : set of int
        Those that have reached the end of their part.
    states : list
        The state of the dataset in each of them after its last batch that was received; None at the beginning.
    """

    workers: int
    exhausted: set[int] = field(default_factory=set)
    states: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states = self.states or [None] * self.workers

    def worker_of(self, number: int) -> int:
        """Return the worker whose part the batch `number` belongs to."""
        return number % self.workers


@dataclass
class Progress:
    """The position in an epoch.

    Attributes
    ----------
    seed : int
        The seed of the epoch.
    sampler : dict
        The state of the sampler when the epoch began.
    batches : int
        The number of the batch after the last one that was received.
    finished : bool
        Whether the epoch is over.
    workers : WorkerStates or None
        Only for iterable datasets.
    """

    seed: int
    sampler: Mapping[str, Any]
    batches: int = 0
    finished: bool = False
    workers: WorkerStates | None = None

    def state(self) -> dict[str, Any]:
        """Return the position as plain data."""
        return {
            "seed": self.seed,
            "batches": self.batches,
            "dataset": self.workers
            and {
                "workers": self.workers.workers,
                "exhausted": sorted(self.workers.exhausted),
                "states": list(self.workers.states),
            },
        }


MAPPING = Instance((Mapping,))
STATE: dict[str, Kind] = {
    "epoch": Either((MAPPING,), none=True),
    "sampler": MAPPING,
    "generator": Either((MAPPING,), none=True),
    "batch_size": Either((Whole(1),), none=True),
    "samples": Either((Whole(0),), none=True),
}
EPOCH: dict[str, Kind] = {
    "seed": Whole(0, SEED_LIMIT - 1),
    "batches": Whole(0),
    "dataset": Either((MAPPING,), none=True),
}
DATASET: dict[str, Kind] = {"workers": Whole(1), "exhausted": Many(Whole(0)), "states": Instance((Sequence,))}


def read_state(state_dict: Any) -> dict[str, Any]:
    """Return the state of a loader with every entry checked.

    Raises
    ------
    TypeError, ValueError
        If it is not such a state.
    """
    state = _read_entries("state_dict", STATE, state_dict)
    if state["epoch"] is not None:
        state["epoch"] = _read_entries("state_dict['epoch']", EPOCH, state["epoch"])
        if state["epoch"]["dataset"] is not None:
            found = _read_entries("state_dict['epoch']['dataset']", DATASET, state["epoch"]["dataset"])
            if len(found["states"]) != found["workers"] or any(n >= found["workers"] for n in found["exhausted"]):
                raise ValueError("load_state_dict: the numbers of workers in state_dict['epoch']['dataset'] differ")
            state["epoch"]["dataset"] = found
    return state


def progress_of(state: Mapping[str, Any]) -> Progress | None:
    """Return the position that a state, which has been read, describes; None if it is between two epochs."""
    epoch = state["epoch"]
    if epoch is None:
        return None
    found = epoch["dataset"]
    workers = found and WorkerStates(found["workers"], set(found["exhausted"]), list(found["states"]))
    return Progress(epoch["seed"], state["sampler"], epoch["batches"], workers=workers)


def _read_entries(name: str, kinds: Mapping[str, Kind], entries: Any) -> dict[str, Any]:
    if not isinstance(entries, Mapping) or set(entries) != set(kinds):
        raise ValueError(f"load_state_dict: {name} must be a dict with the entries {', '.join(map(repr, kinds))}")
    return {key: read("load_state_dict", f"{name}[{key!r}]", kind, entries[key]) for key, kind in kinds.items()}
