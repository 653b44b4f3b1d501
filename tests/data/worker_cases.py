"""Datasets for the tests of workers, in a module that other processes can import."""

# ruff: noqa: NPY002  # NumPy's global generator is one of those that loaders seed

import os
import random
import signal
import time

import numpy as np

import tensorlab as tl


class Numbers(tl.data.Dataset):
    """The numbers from 0."""

    def __init__(self, count=24):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index


def drawn():
    """Return two numbers from the default generator.

    The strict backend computes random bits slowly: there they are the position in the stream, which moves as in a draw.
    """
    if tl.active_backend().name != "strict":
        return tl.rand(2)
    state = tl.random.default_generator.get_state()
    tl.random.default_generator.set_state({**state, "block": state["block"] + 1})
    return tl.tensor([state["key"][0] & (1 << 62) - 1, state["block"]])


class Augmented(Numbers):
    """Each sample with numbers from every generator that loaders seed."""

    def __getitem__(self, index):
        return index, drawn(), random.random(), np.random.rand(), np.random.randn()


class AugmentedByTensorlab(Numbers):
    """Each sample with numbers from the default generator alone."""

    def __getitem__(self, index):
        return index, drawn()


class Arrays(Numbers):
    """Samples with arrays, text and nested structures, large enough for shared memory."""

    def __getitem__(self, index):
        return {"x": tl.full((40, 50), float(index)), "name": f"{index}", "pair": (np.full(3, index), [index])}


class Slow(Numbers):
    """Samples that take some seconds."""

    def __init__(self, count=24, seconds=0.005):
        super().__init__(count)
        self.seconds = seconds

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return index


class Failing(Numbers):
    """Sample 7 raises an error."""

    def __init__(self, kind, *args):
        super().__init__()
        self.kind, self.args = kind, args

    def __getitem__(self, index):
        if index == 7:
            raise self.kind(*self.args)
        return index


class TwoArguments(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Dying(Numbers):
    """Sample 7 ends its process."""

    def __init__(self, how, count=24):
        super().__init__(count)
        self.how = how

    def __getitem__(self, index):
        if index == 7 and self.how == "exit":
            os._exit(3)
        if index == 7 and self.how == "sys.exit":
            raise SystemExit(5)
        if index == 7:
            os.kill(os.getpid(), getattr(signal, self.how))
        return index


class Part(tl.data.IterableDataset):
    """The numbers from 0, of which each worker has its part."""

    def __init__(self, count=24):
        self.count = count

    def __iter__(self):
        info = tl.data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        for number in range(first, self.count, step):
            yield number, drawn()


class PartWithState(Part):
    """The same, which can tell its position and counts the samples it makes."""

    def __init__(self, count=24):
        super().__init__(count)
        self.position, self.continued_from, self.made = None, None, 0

    def __iter__(self):
        info = tl.data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        if self.continued_from is not None:
            first, self.continued_from = self.continued_from, None
        for number in range(first, self.count, step):
            self.position = number + step
            self.made += 1
            yield number, drawn()

    def state_dict(self):
        return {"position": self.position}

    def load_state_dict(self, state):
        self.continued_from = state["position"]


def told(batch):
    """Return a batch as plain data."""
    if isinstance(batch, dict):
        return {key: told(part) for key, part in batch.items()}
    if isinstance(batch, tuple | list):
        return [told(part) for part in batch]
    return batch.tolist() if hasattr(batch, "tolist") else batch
