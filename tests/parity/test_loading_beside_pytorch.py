"""Datasets, samplers and loaders beside PyTorch's: lengths, orders where they are defined, options and their errors."""

import inspect

import numpy as np
import pytest

import tensorlab as tl

torch = pytest.importorskip("torch")

ours, theirs = tl.data, torch.utils.data

DIFFERENT = {"pin_memory_device", "in_order"}
"""Options of PyTorch's loader that there is no need for here."""


def test_options_of_loaders_have_pytorchs_names_and_order():
    here = inspect.signature(ours.DataLoader).parameters
    there = {name: p for name, p in inspect.signature(theirs.DataLoader).parameters.items() if name not in DIFFERENT}
    assert [name for name in here if name in there] == list(there)
    for name, parameter in there.items():
        assert here[name].kind == parameter.kind
        assert here[name].default == parameter.default or (name, parameter.default) == ("shuffle", None)


@pytest.mark.parametrize(
    "name",
    ["RandomSampler", "SubsetRandomSampler", "WeightedRandomSampler", "BatchSampler", "SequentialSampler"],
)
def test_arguments_of_samplers_are_pytorchs(name):
    here, there = (inspect.signature(getattr(space, name)).parameters for space in (ours, theirs))
    assert list(here) == list(there)
    assert [p.default for p in here.values()] == [p.default for p in there.values()]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("count", "ranks"), [(10, 1), (10, 3), (12, 4), (2, 5)])
def test_distributed_orders(count, ranks, drop_last):
    for rank in range(ranks):
        one, other = (
            space.DistributedSampler(range(count), ranks, rank, shuffle=False, drop_last=drop_last)
            for space in (ours, theirs)
        )
        assert (list(one), len(one)) == (list(other), len(other))


@pytest.mark.parametrize(("replacement", "count"), [(False, None), (False, 3), (False, 25), (True, 25)])
def test_lengths_of_random_samplers(replacement, count):
    one, other = (space.RandomSampler(range(10), replacement, count) for space in (ours, theirs))
    assert len(one) == len(other) == len(list(one)) == len(list(other))


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 12, 20])
def test_batch_samplers(batch_size, drop_last):
    one, other = (space.BatchSampler(range(12), batch_size, drop_last) for space in (ours, theirs))
    assert (list(one), len(one)) == (list(other), len(other))


def test_compositions():
    for space in (ours, theirs):
        both = space.ConcatDataset(["ab", "cde"])
        assert (len(both), [both[i] for i in range(-5, 5)], both.cumulative_sizes) == (5, 2 * list("abcde"), [2, 5])
        assert space.StackDataset("ab", [1, 2])[1] == ("b", 2)
        assert space.StackDataset(x="ab", y=[1, 2])[1] == {"x": "b", "y": 2}
    for space in (ours, theirs):
        parts = space.Subset(space.Subset(range(10), [5, 6, 7]), [2, 0])
        assert [parts[0], parts[1]] == [7, 5]


def stream(space):
    class Part(space.IterableDataset):
        def __iter__(self):
            info = space.get_worker_info()
            return iter(range(20) if info is None else range(info.id, 20, info.num_workers))

    return Part()


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_parts_of_iterable_datasets_take_turns(workers, batch_size):
    one, other = (space.DataLoader(stream(space), batch_size, num_workers=workers) for space in (ours, theirs))
    assert [np.asarray(x).tolist() for x in one] == [np.asarray(x).tolist() for x in other]


BAD = [
    {"prefetch_factor": 2},
    {"persistent_workers": True},
    {"multiprocessing_context": "spawn"},
    {"num_workers": -1},
    {"num_workers": 1, "timeout": -1},
    {"num_workers": 1, "prefetch_factor": -1},
    {"num_workers": 1, "multiprocessing_context": "nothing"},
    {"batch_size": 0},
    {"shuffle": True, "sampler": [0]},
    {"batch_sampler": [[0]], "drop_last": True},
    {"batch_size": None, "drop_last": True},
]


@pytest.mark.parametrize("options", BAD, ids=str)
def test_the_same_options_are_refused(options):
    for space in (ours, theirs):
        with pytest.raises(ValueError):
            space.DataLoader(range(3), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}], ids=str)
def test_orders_of_iterable_datasets_are_refused(options):
    for space in (ours, theirs):
        with pytest.raises(ValueError):
            space.DataLoader(stream(space), **options)


def test_errors_of_workers_have_the_same_class_and_show_the_traceback():
    class Bad:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            raise KeyError("missing")

    for space in (ours, theirs):
        with pytest.raises(KeyError, match=r"(?s)missing.*|Traceback.*missing") as caught:
            list(space.DataLoader(Bad(), num_workers=1))
        assert 'raise KeyError("missing")' in str(caught.value)


@pytest.mark.parametrize("lengths", [[3, 7], [0.3, 0.7], [1 / 3, 1 / 3, 1 / 3]])
def test_lengths_of_splits(lengths):
    one, other = (space.random_split(range(10), lengths) for space in (ours, theirs))
    assert list(map(len, one)) == list(map(len, other))
    stratified = ours.stratified_split(range(10), lengths, [0, 1] * 5)
    assert list(map(len, stratified)) == list(map(len, other))
