"""The data loader: iteration over a dataset in batches."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Mapping
from copy import copy
from multiprocessing.context import BaseContext
from typing import Any, Literal
from weakref import finalize

from ..backend import Device, active_backend
from ..ops.creation import DeviceLike, backend_and_name
from ..options import Count, NonNegative, Size, checked
from ..random import Generator, default_generator
from .arguments import Batches, Indices, Samples
from .dataset import IterableDataset
from .fetching import IterableFetcher, MapFetcher, keeps_state
from .iteration import InProcess, LoaderIterator, Parallel, Plan
from .progress import Progress, WorkerStates, progress_of, read_state
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, load_state_of, state_of
from .seeding import (
    call_seeded,
    call_seeded_apart,
    call_unseeded,
    call_with_own_stream,
    draws_nothing,
    epoch_seed,
    numpy_global,
)
from .workers import Pool, ProcessPool, ThreadPool, WorkerInfo
from .workers.pool import Job

BATCHES_AHEAD = 2
"""How many batches a worker fetches ahead by default."""


class DataLoader:
    """Iterates over a dataset in batches; every iteration is a new epoch.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__`` and ``__len__``
        The dataset. Batches of a `Dataset` are made by its `batch` method. Of an `IterableDataset`, as many samples as
        make a batch are taken one after the other.
    batch_size : int or None
        The number of samples per batch; None gives single samples, without a batch axis.
    shuffle : bool
        Whether to draw a new random order for every epoch.
    sampler : iterable of int, optional
        The indices of samples in order, instead of `shuffle`.
    batch_sampler : iterable of sequences of int, optional
        The indices of batches in order, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        How many workers fetch batches ahead; 0 fetches each when it is asked for.
    collate_fn : callable, optional
        Makes a batch from a list of samples, or from a sample if `batch_size` is None; `default_collate` by default.
    pin_memory : bool
        Whether batches go to a GPU through page-locked memory. The CuPy backend always does this, so that the option
        changes nothing; without a GPU a warning says so.
    drop_last : bool
        Whether to omit the last batch if it is smaller.
    timeout : float
        The longest time in seconds to wait for a batch of a worker; 0 waits as long as the worker lives.
    worker_init_fn : callable, optional
        Called with the number of the worker in each worker before it begins.
    multiprocessing_context : str or multiprocessing context, optional
        How worker processes are started: ``"fork"``, ``"spawn"`` or ``"forkserver"``; Python's default if not given.
    generator : Generator, optional
        The source of the seeds of epochs; the default generator if not given.
    prefetch_factor : int, optional
        How many batches each worker fetches ahead; 2 by default.
    persistent_workers : bool
        Whether the workers are kept from one epoch to the next.
    worker_type : {"process", "thread"}
        What workers are. Threads suit datasets that wait for files or compute in NumPy, which releases Python's lock;
        they start at once and share memory. Processes suit Python code.
    device : Device or str, optional
        Where to move the tensors of batches. With workers, the next batch is moved while the last one is in use.

    Raises
    ------
    TypeError
        If an argument is of the wrong type: an iterable as a dataset, for example, which has no samples by index.
    ValueError
        If arguments are incompatible, or a number is out of range.

    Notes
    -----
    **Random numbers.** Every epoch has a seed, and every batch one that is derived from it. While the samples of a
    batch are fetched, the default generator of `tensorlab.random`, Python's `random` and NumPy's global generator (if
    NumPy is loaded) are seeded with it, and afterwards they are as before. So the same seed gives the same batches for
    any number of worker processes, and no two batches or workers repeat an augmentation. The state of Python's and
    NumPy's global generators belongs to the whole process: in worker threads only `tensorlab.random` is seeded. A
    generator that the dataset holds itself is copied with it into each process; seed it in `worker_init_fn`, from
    `get_worker_info`, or draw from the default generator instead. Epoch seeds come from a child of the `generator`,
    so that a loader does not change the numbers that the generator itself draws.

    **Workers.** Processes get a copy of the dataset; with ``"fork"`` without pickling, otherwise the dataset and
    `collate_fn` must be picklable and the program's main module importable. They compute with one thread, on the active
    backend or, if that computes on a GPU, on NumPy; tensors that should be on a GPU are moved there by `device`, which
    is then that GPU by default. Do not start a GPU in a dataset under ``"fork"``. Arrays travel through shared memory.
    An error in a worker is raised here with the worker's traceback and the sample's index in its message.

    **Continuing.** `state_dict` returns the position in the epoch, and `load_state_dict` makes the next iteration
    continue from there, with any number of workers.

    Examples
    --------
    >>> data = tl.data.TensorDataset(tl.arange(5), 10 * tl.arange(5))
    >>> for x, y in tl.data.DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([ 0, 10])
    tensor([2, 3]) tensor([20, 30])
    tensor([4]) tensor([40])
    """

    @checked
    def __init__(
        self,
        dataset: Samples,
        batch_size: Size | None = 1,
        shuffle: bool = False,
        sampler: Indices | None = None,
        batch_sampler: Batches | None = None,
        num_workers: Count = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: NonNegative = 0,
        worker_init_fn: Callable[[int], object] | None = None,
        multiprocessing_context: Literal["fork", "spawn", "forkserver"] | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: Size | None = None,
        persistent_workers: bool = False,
        worker_type: Literal["process", "thread"] = "process",
        device: DeviceLike = None,
    ) -> None:
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.collate_fn, self.generator, self.device = collate_fn, generator, device
        self.num_workers, self.worker_type, self.worker_init_fn = num_workers, worker_type, worker_init_fn
        self.timeout, self.persistent_workers, self.pin_memory = timeout, persistent_workers, pin_memory
        self.prefetch_factor = BATCHES_AHEAD if prefetch_factor is None and num_workers else prefetch_factor
        self._refuse_options_without_workers(prefetch_factor, multiprocessing_context)
        self.multiprocessing_context = _context(multiprocessing_context)
        self._is_iterable = isinstance(dataset, IterableDataset)
        self._refuse_incompatible_order(shuffle, sampler, batch_sampler)
        if batch_sampler is None and not self._is_iterable:
            sampler = self._default_sampler(shuffle) if sampler is None else sampler
            batch_sampler = None if batch_size is None else BatchSampler(sampler, batch_size, drop_last)
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self._progress: Progress | None = None
        self._continued: Progress | None = None
        self._pool: Pool | None = None
        if pin_memory and self._device_is_host():
            warnings.warn("DataLoader: pin_memory has no effect without a GPU as device", UserWarning, stacklevel=3)

    def _refuse_options_without_workers(self, prefetch_factor: int | None, context: Any) -> None:
        needing = {
            "prefetch_factor": prefetch_factor is not None,
            "persistent_workers": self.persistent_workers,
            "multiprocessing_context": context is not None,
        }
        for name, given in needing.items():
            if given and not self.num_workers:
                raise ValueError(f"DataLoader: {name} requires workers, but num_workers is 0")
        if context is not None and self.worker_type == "thread":
            raise ValueError("DataLoader: multiprocessing_context requires processes, but worker_type is 'thread'")

    def _refuse_incompatible_order(self, shuffle: bool, sampler: Any, batch_sampler: Any) -> None:
        if self._is_iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader: an iterable dataset determines the order: there can be no shuffle, sampler or "
                "batch_sampler"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: a sampler determines the order: shuffle must be False")
        if batch_sampler is not None and (self.batch_size != 1 or shuffle or sampler is not None or self.drop_last):
            raise ValueError(
                "DataLoader: batch_sampler is mutually exclusive with batch_size, shuffle, sampler and drop_last"
            )
        if self.batch_size is None and self.drop_last:
            raise ValueError("DataLoader: drop_last requires batches, but batch_size is None")

    def _default_sampler(self, shuffle: bool) -> Sampler:
        if self._known_length() is None:
            raise TypeError(
                f"DataLoader: dataset must have a length, __len__, unless there is a sampler or batch_sampler; "
                f"{type(self.dataset).__name__} has none"
            )
        # Draws from the default generator, which is the epoch's own stream while a loader iterates.
        return RandomSampler(self.dataset) if shuffle else SequentialSampler(self.dataset)

    # -- iteration -----------------------------------------------------------------------------------------------------

    def __iter__(self) -> LoaderIterator:
        self._progress, self._continued = self._continued or self._new_epoch(), None
        order = self.sampler if self.batch_sampler is None else self.batch_sampler
        plan = Plan(self._progress, order, self._target())
        if not self.num_workers:
            needs_no_seed = draws_nothing(self.dataset) and self.collate_fn is None
            return InProcess(plan, self._fetcher(), call_unseeded if needs_no_seed else call_seeded_apart)
        assert self.prefetch_factor is not None
        pool = self._workers(self._progress)
        keeper = self if self.persistent_workers else None
        return Parallel(plan, pool, self.prefetch_factor, self.timeout, keeper)

    def __len__(self) -> int:
        if self._is_iterable:
            samples = len(self.dataset)
            if self.batch_size is None:
                return samples
            return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _new_epoch(self) -> Progress:
        source = default_generator if self.generator is None else self.generator
        workers = WorkerStates(max(1, self.num_workers)) if self._is_iterable else None
        return Progress(epoch_seed(source), self._sampler_state(), workers=workers)

    def _sampler_state(self) -> dict[str, Any]:
        return state_of(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _fetcher(self) -> MapFetcher | IterableFetcher:
        if self._is_iterable:
            return IterableFetcher(self.dataset, self.collate_fn, self.batch_size, self.drop_last)
        return MapFetcher(self.dataset, self.collate_fn, batched=self.batch_sampler is not None)

    def _workers(self, progress: Progress) -> Pool:
        """Return workers: new ones, or those that have been kept."""
        if self._pool is not None and not self._pool.closed:
            return self._pool
        jobs = [self._job(worker) for worker in range(self.num_workers)]
        pool: Pool
        if self.worker_type == "thread":
            pool = ThreadPool(jobs)
        else:
            numpy_global()  # its import takes longer than a fork, and would be repeated in every process
            pool = ProcessPool(jobs, self.multiprocessing_context or multiprocessing.get_context())
        if self.persistent_workers:
            self._pool = pool
            finalize(self, pool.close)
        return pool

    def _job(self, worker: int) -> Job:
        fetch = self._fetcher()
        if self._is_iterable and self.worker_type == "thread":  # worker_init_fn may change its worker's dataset
            fetch.dataset = copy(self.dataset)
        info = WorkerInfo(worker, self.num_workers, 0, fetch.dataset)
        call = call_with_own_stream if self.worker_type == "thread" else call_seeded
        return Job(info, fetch, call, self.worker_init_fn)

    # -- devices -------------------------------------------------------------------------------------------------------

    def _target(self) -> Any:
        """Return the device to move batches to; None if there is nothing to do."""
        backend = active_backend()
        if self.device is None and self.num_workers and self.worker_type == "process" and not backend.on_host:
            return Device(backend.name, backend.devices()[0])
        return self.device

    def _device_is_host(self) -> bool:
        return (active_backend() if self.device is None else backend_and_name(self.device)[0]).on_host

    # -- state ---------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the latest epoch, as plain data that `tl.save` stores.

        Batches count when the loop has received them, not when workers have fetched them.

        Returns
        -------
        dict
            For `load_state_dict`. Between two epochs its entry ``"epoch"`` is None.

        Examples
        --------
        >>> loader = tl.data.DataLoader(range(100), batch_size=10, shuffle=True)
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> loader.state_dict()["epoch"]["batches"]
        1
        """
        progress = self._continued or self._progress
        inside = progress is not None and not progress.finished
        return {
            "epoch": progress.state() if progress is not None and inside else None,
            "sampler": dict(progress.sampler) if progress is not None and inside else self._sampler_state(),
            "generator": None if self.generator is None else self.generator.get_state(),
            "batch_size": self.batch_size,
            "samples": self._known_length(),
        }

    @checked
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a state: the next iteration yields the batches that were not yet received, bit for bit.

        The order is drawn again and its beginning left out, without fetching a sample; the number and the kind of the
        workers may differ. Three things must be given again by the program: the dataset, the options that determine
        batches, and a sampler that either has ``state_dict`` and ``load_state_dict``, or draws from the default
        generator of `tensorlab.random` alone. Without a `generator` of its own the loader draws the seeds of later
        epochs from the default generator, whose state is saved apart.

        An iterable dataset continues through its own ``load_state_dict`` if it has one. Otherwise its samples are
        fetched again up to the position. Its batches depend on the number of workers, which must be the same.

        Parameters
        ----------
        state_dict : dict
            The result of `state_dict`.

        Raises
        ------
        TypeError, ValueError
            If it is not such a state, or the dataset, the batch size or, for an iterable dataset, the number of workers
            differ. Nothing has changed then.

        Examples
        --------
        >>> loader = tl.data.DataLoader(range(6), batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first, state = next(batches), loader.state_dict()
        >>> rest = list(batches)
        >>> again = tl.data.DataLoader(range(6), batch_size=2, shuffle=True, num_workers=1, worker_type="thread")
        >>> again.load_state_dict(state)
        >>> [x.tolist() for x in again] == [x.tolist() for x in rest]
        True
        """
        state = read_state(state_dict)
        for name, own in {"batch_size": self.batch_size, "samples": self._known_length()}.items():
            if state[name] != own:
                raise ValueError(f"load_state_dict: the state is of a loader with {name}={state[name]}, not {own}")
        if (state["generator"] is None) != (self.generator is None):
            raise ValueError("load_state_dict: the state and the loader must both have a generator, or neither")
        progress = progress_of(state)
        if progress is not None:
            self._refuse_other_workers(progress)
        if self.generator is not None:
            self.generator.set_state(state["generator"])
        load_state_of(self.sampler if self.batch_sampler is None else self.batch_sampler, state["sampler"])
        self._progress, self._continued = None, progress

    def _refuse_other_workers(self, progress: Progress) -> None:
        if (progress.workers is not None) != self._is_iterable:
            raise ValueError("load_state_dict: only one of the state and the loader is of an iterable dataset")
        if progress.workers is None:
            return
        if progress.workers.workers != max(1, self.num_workers):
            raise ValueError(
                f"load_state_dict: the parts of an iterable dataset depend on the number of workers: num_workers must "
                f"be {progress.workers.workers}, not {self.num_workers}"
            )
        if any(state is not None for state in progress.workers.states) and not keeps_state(self.dataset):
            raise ValueError(
                "load_state_dict: the state holds that of a dataset, but the dataset has no load_state_dict"
            )

    def _known_length(self) -> int | None:
        """Return the number of samples; None if the dataset has no length."""
        try:
            return len(self.dataset)
        except TypeError:
            return None


def _context(given: Any) -> BaseContext | None:
    if not isinstance(given, str):
        found: BaseContext | None = given
        return found
    try:
        return multiprocessing.get_context(given)
    except ValueError:
        raise ValueError(
            f"DataLoader: multiprocessing_context={given!r} is not available here; it can be "
            f"{', '.join(map(repr, multiprocessing.get_all_start_methods()))}"
        ) from None
