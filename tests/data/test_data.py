"""Datasets, random splits, collation, samplers and the data loader."""

import multiprocessing
from collections import Counter, OrderedDict, defaultdict, namedtuple
from concurrent.futures import ProcessPoolExecutor
from types import MappingProxyType

import numpy as np
import pytest
from helpers import assert_same, host, tensor

import tensorlab as tl
from tensorlab.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)


class Squares(Dataset):
    def __init__(self, count):
        self.count = count

    def __getitem__(self, index):
        return tl.tensor(index**2), f"name {index}"

    def __len__(self):
        return self.count


def pairs(count=10):
    return TensorDataset(tl.arange(count), tensor(np.arange(2.0 * count).reshape(count, 2)))


class TestDatasets:
    def test_tensors(self):
        data = pairs()
        assert len(data) == 10
        number, row = data[3]
        assert number.item() == 3
        assert host(row).tolist() == [6, 7]

    @pytest.mark.parametrize("indices", [[4, 1, 4], range(0, 6, 2)])
    def test_a_batch_is_what_the_items_collate_to(self, indices):
        data = pairs()
        for fast, slow in zip(data.batch(indices), default_collate([data[i] for i in indices]), strict=True):
            assert_same(fast, host(slow))

    def test_a_batch_by_a_tensor(self):
        assert host(pairs().batch(tl.tensor([2, 0]))[0]).tolist() == [2, 0]
        assert host(Squares(5).batch(tl.tensor([2, 0]))[0]).tolist() == [4, 0]

    # Dtypes of array-api-strict have the hashes of NumPy's, so that sets that contain both compare them.
    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_tensors_of_another_backend_stay_there(self, other_backend):
        data = TensorDataset(tl.arange(4).to(other_backend))
        (batch,) = next(iter(DataLoader(data, 2, shuffle=True)))
        assert batch.backend.name == other_backend

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match=r"one length, not \[2, 3\]"):
            TensorDataset(tl.ones(2), tl.ones(3))
        with pytest.raises(ValueError, match="one length"):
            TensorDataset()

    def test_tensors_are_tensors(self):
        with pytest.raises(TypeError, match=r"^TensorDataset: tensors\[1\] must be a tensor or an array, not list"):
            TensorDataset(tl.ones(2), [1, 2])
        with pytest.raises(ValueError, match=r"^TensorDataset: a 0-d tensor has no samples"):
            TensorDataset(tl.ones(()))
        assert host(TensorDataset(np.arange(3)).batch([2, 0])[0]).tolist() == [2, 0]

    def test_indices_are_integers(self):
        assert host(pairs().batch(np.array([2, 0]))[0]).tolist() == [2, 0]
        with pytest.raises(TypeError, match="integer"):
            pairs().batch([0.5])

    def test_a_subset_by_arrays(self):
        assert Subset("abcd", np.array([2, 0]))[0] == "c"
        assert Subset({1: "a"}, tl.tensor([1]))[0] == "a"
        with pytest.raises(TypeError, match=r"^Subset: indices must be a sequence of indices, not a set"):
            Subset("abcd", set(range(50)))

    def test_subset(self):
        subset = Subset(pairs(), [5, 7, 9])
        assert len(subset) == 3
        assert subset[1][0].item() == 7
        assert host(subset.batch([2, 0])[0]).tolist() == [9, 5]
        assert host(Subset(range(10), [3, 4]).batch([1])).tolist() == [4]

    def test_the_base_class(self):
        with pytest.raises(NotImplementedError, match="__getitem__"):
            Dataset()[0]
        with pytest.raises(TypeError, match="__len__"):
            len(Dataset())


class TestRandomSplit:
    def test_parts_are_disjoint_and_whole(self, generator):
        parts = random_split(range(10), [5, 3, 2], generator)
        assert [len(part) for part in parts] == [5, 3, 2]
        assert sorted(i for part in parts for i in part) == list(range(10))

    def test_fractions(self):
        assert [len(part) for part in random_split(range(10), [0.75, 0.25])] == [8, 2]
        assert [len(part) for part in random_split(range(1), [1])] == [1]

    def test_seed(self):
        first, second = (random_split(range(10), [4, 6], tl.Generator(5))[0].indices for _ in range(2))
        assert first == second != list(range(4))

    def test_numpy_numbers(self):
        assert [len(part) for part in random_split(range(10), [np.int64(4), np.int32(6)])] == [4, 6]
        assert [len(part) for part in random_split(range(10), np.array([0.5, 0.5]))] == [5, 5]

    def test_fractions_whose_sum_is_rounded(self):
        assert [len(part) for part in random_split(range(100), [0.1] * 10)] == [10] * 10

    @pytest.mark.parametrize(
        ("lengths", "error", "message"),
        [
            ([1.5, -0.5], ValueError, "lengths must be .* non-negative"),
            ((1.5, -0.5), ValueError, "lengths must be .* non-negative"),
            ([-1, 11], ValueError, "lengths must be .* non-negative"),
            ([float("nan"), 1.0], ValueError, "lengths must be"),
            ([float("inf"), 1.0], ValueError, "lengths must be"),
            ([2.5, 7.5], ValueError, "lengths must be numbers of samples, or fractions that sum to 1"),
            ([0.5, 0.4], ValueError, "lengths must be numbers of samples, or fractions that sum to 1"),
            (["a", "b"], TypeError, "lengths must be"),
            (5, TypeError, "lengths must be"),
            (None, TypeError, "lengths must be"),
        ],
    )
    def test_wrong_lengths(self, lengths, error, message):
        with pytest.raises(error, match=f"^random_split: {message}"):
            random_split(range(10), lengths)

    def test_wrong_arguments(self):
        with pytest.raises(TypeError, match=r"^random_split: dataset must be a dataset .*list\(\.\.\.\)"):
            random_split(iter(range(10)), [5, 5])
        with pytest.raises(TypeError, match=r"^random_split: generator must be a Generator or None, not 'x'"):
            random_split(range(10), [5, 5], "x")

    def test_wrong_sum(self):
        with pytest.raises(ValueError, match="do not sum to the 10 samples"):
            random_split(range(10), [5, 4])


class TestCollate:
    def test_structures(self):
        Point = namedtuple("Point", "x y")
        batch = default_collate(
            [
                {"p": Point(tl.ones(2), 1), "s": "a", "l": [1.5, True]},
                {"p": Point(tl.zeros(2), 2), "s": "b", "l": [2, False]},
            ]
        )
        assert isinstance(batch["p"], Point)
        assert host(batch["p"].x).tolist() == [[1, 1], [0, 0]]
        assert batch["p"].y.dtype == tl.int64
        assert batch["s"] == ["a", "b"]
        assert batch["l"][0].dtype == tl.float64
        assert batch["l"][1].dtype == tl.bool

    def test_host_arrays(self):
        batch = default_collate([np.ones(2), np.zeros(2)])
        assert batch.shape == (2, 2)
        assert batch.dtype == tl.float64

    def test_errors(self):
        with pytest.raises(TypeError, match="not object"):
            default_collate([object()])
        with pytest.raises(ValueError, match="batch must have at least one sample"):
            default_collate([])
        with pytest.raises(tl.ShapeError):
            default_collate([tl.ones(2), tl.ones(3)])
        with pytest.raises(ValueError, match="sample 1 of the batch has 1 entries, but sample 0 has 2"):
            default_collate([(1, 2), (1,)])

    @pytest.mark.parametrize("numbers", [[1e300, 0.5], [1700000000.123, 1], [1, 0.1], [1e300 + 1j, 1]])
    def test_no_digit_of_a_number_is_lost(self, numbers):
        assert default_collate(numbers).tolist() == numbers

    def test_data_types_of_numbers(self):
        assert default_collate([1, 2]).dtype == tl.int64
        assert default_collate([True, False]).dtype == tl.bool
        assert default_collate([0.5, 1]).dtype == tl.float64
        assert default_collate([1j, 1.5]).dtype == tl.complex128
        assert default_collate([np.float32(0.5), np.float32(1)]).dtype == tl.float32
        assert default_collate([np.float64(0.5), np.float64(1)]).dtype == tl.float64

    def test_tensors_and_arrays(self):
        assert default_collate([tl.ones(2), np.zeros(2, "float32")]).tolist() == [[1, 1], [0, 0]]
        batch = default_collate([tl.ones(2, requires_grad=True), tl.ones(2)])
        assert batch.requires_grad

    def test_mappings_and_sequences_keep_their_class(self):
        ordered = default_collate([OrderedDict(b=1, a=2.0), OrderedDict(a=3.0, b=4)])
        assert type(ordered) is OrderedDict
        assert list(ordered) == ["b", "a"]
        assert (ordered["b"].tolist(), ordered["a"].tolist()) == ([1, 4], [2, 3])
        default = default_collate([defaultdict(list, x=1), defaultdict(list, x=2)])
        assert type(default) is defaultdict
        assert default["new"] == []
        counter = default_collate([Counter("aab"), Counter("abb")])
        assert type(counter) is Counter
        assert (counter["a"].tolist(), counter["b"].tolist()) == ([2, 1], [1, 2])
        proxy = default_collate([MappingProxyType({"x": 1}), MappingProxyType({"x": 2})])
        assert type(proxy) is MappingProxyType
        assert proxy["x"].tolist() == [1, 2]

        class Pair(list):
            pass

        assert type(default_collate([Pair([1, 2]), Pair([3, 4])])) is Pair

    def test_a_mapping_of_a_sample_is_not_changed(self):
        samples = [OrderedDict(x=1), OrderedDict(x=2)]
        default_collate(samples)
        assert samples == [OrderedDict(x=1), OrderedDict(x=2)]

    @pytest.mark.parametrize(
        ("batch", "error", "message"),
        [
            (
                [[1, 2], [3]],
                ValueError,
                "sample 1 of the batch has 1 entries, but sample 0 has 2; make tensors",
            ),
            ([{"a": [1]}, {"a": [1, 2]}], ValueError, "sample 1 of the batch has 2 entries"),
            ([{"a": 1}, {"b": 1}], ValueError, r"sample 1 of the batch has the keys \['b'\], but sample 0 has \['a'\]"),
            ([{"a": 1}, {"a": 1, "b": 2}], ValueError, "sample 1 of the batch has the keys"),
            ([{"a": 1}, 2], TypeError, "sample 1 of the batch is of type int, but sample 0 is of type dict"),
            ([1, "a"], TypeError, "sample 1 of the batch is of type str, but sample 0 is of type int"),
            ([1, None], TypeError, "NoneType"),
            ([(1,), 2], TypeError, "sample 1 of the batch is of type int, but sample 0 is of type tuple"),
            ([None], TypeError, "not NoneType; pass a collate_fn"),
            ([tl.ones(2), 3], TypeError, "sample 1 of the batch is of type int, but sample 0 is of type Tensor"),
            (5, TypeError, "batch must be a list of samples, not 5"),
            ({"x": [1, 2]}, TypeError, "batch must be a list of samples, not {'x'"),
        ],
    )
    def test_errors_name_the_function_and_the_sample(self, batch, error, message):
        with pytest.raises(error, match=f"^default_collate: .*{message}"):
            default_collate(batch)


class TestLoader:
    def test_batches_in_order(self):
        loader = DataLoader(pairs(), batch_size=4)
        assert len(loader) == 3
        assert [host(x).tolist() for x, _ in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]

    def test_leaving_out_the_last(self):
        loader = DataLoader(pairs(), batch_size=4, drop_last=True)
        assert len(loader) == 2
        assert [len(x) for x, _ in loader] == [4, 4]

    def test_every_iteration_is_shuffled_anew(self):
        loader = DataLoader(pairs(50), batch_size=7, shuffle=True, generator=tl.Generator(1))
        epochs = [[i for x, _ in loader for i in host(x).tolist()] for _ in range(2)]
        assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(50))
        assert epochs[0] != epochs[1] != list(range(50))
        again = DataLoader(pairs(50), batch_size=50, shuffle=True, generator=tl.Generator(1))
        assert host(next(iter(again))[0]).tolist() == epochs[0]

    def test_rows_stay_together(self):
        for x, rows in DataLoader(pairs(), batch_size=3, shuffle=True):
            assert_same(rows, np.stack([2.0 * host(x), 2.0 * host(x) + 1], axis=1))

    def test_a_user_defined_dataset(self):
        numbers, names = next(iter(DataLoader(Squares(5), batch_size=3)))
        assert host(numbers).tolist() == [0, 1, 4]
        assert names == ["name 0", "name 1", "name 2"]

    def test_a_plain_sequence(self):
        assert [host(x).tolist() for x in DataLoader([1, 2, 3], batch_size=2)] == [[1, 2], [3]]

    def test_no_batches(self):
        loader = DataLoader(["a", "b"], batch_size=None)
        assert list(loader) == ["a", "b"]
        assert len(loader) == 2
        assert list(DataLoader(["a"], batch_size=None, collate_fn=str.upper)) == ["A"]

    def test_samplers(self):
        assert host(next(iter(DataLoader(pairs(), 2, sampler=[3, 1])))[0]).tolist() == [3, 1]
        loader = DataLoader(pairs(), batch_sampler=[[1], [2, 3]])
        assert [host(x).tolist() for x, _ in loader] == [[1], [2, 3]]
        assert len(loader) == 2

    def test_collate_fn(self):
        assert list(DataLoader([1, 2, 3], 2, collate_fn=sum)) == [3, 3]
        assert list(DataLoader(pairs(4), 2, collate_fn=len)) == [2, 2]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"batch_size": 0}, "positive integer"),
            ({"shuffle": True, "sampler": [0]}, "shuffle must be False"),
            ({"batch_sampler": [[0]], "batch_size": 2}, "mutually exclusive"),
            ({"batch_size": None, "drop_last": True}, "drop_last requires batches"),
        ],
    )
    def test_incompatible_arguments(self, options, message):
        with pytest.raises(ValueError, match=message):
            DataLoader(pairs(), **options)

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"generator": "x"}, TypeError, "generator must be a Generator or None, not 'x'"),
            ({"batch_size": "2"}, TypeError, "batch_size must be a positive integer or None, not '2'"),
            ({"batch_size": 2.5}, TypeError, "batch_size must be a positive integer or None"),
            ({"batch_size": True}, TypeError, "batch_size must be a positive integer or None"),
            ({"batch_size": -1}, ValueError, "batch_size must be a positive integer or None"),
            ({"shuffle": "no"}, TypeError, "shuffle must be a bool"),
            ({"drop_last": "x"}, TypeError, "drop_last must be a bool"),
            ({"sampler": 3}, TypeError, "sampler must be an iterable of indices or None, not 3"),
            ({"batch_sampler": 3}, TypeError, "batch_sampler must be an iterable of sequences of indices or None"),
            ({"collate_fn": "x"}, TypeError, "collate_fn must be callable or None"),
            ({"workers": 3}, TypeError, "got an unexpected keyword argument 'workers'"),
        ],
    )
    def test_wrong_options(self, options, error, message):
        with pytest.raises(error, match=f"^DataLoader: {message}"):
            DataLoader(pairs(), **options)

    @pytest.mark.parametrize("dataset", [iter([1, 2]), (i for i in range(3)), {1, 2}, 5, None, zip([1], [2]), list])
    def test_an_iterable_is_no_dataset(self, dataset):
        with pytest.raises(
            TypeError, match=r"^DataLoader: dataset must be a dataset with __getitem__ \(list\(\.\.\.\)"
        ):
            DataLoader(dataset)

    def test_a_dataset_without_a_length_needs_a_sampler(self):
        class Endless:
            def __getitem__(self, index):
                return 10 * index

        with pytest.raises(TypeError, match=r"^DataLoader: dataset must have a length, __len__, unless"):
            DataLoader(Endless())
        assert [host(x).tolist() for x in DataLoader(Endless(), 2, sampler=[1, 2])] == [[10, 20]]
        assert [host(x).tolist() for x in DataLoader(Endless(), batch_sampler=[[3], [1]])] == [[30], [10]]

    def test_numpy_numbers(self):
        loader = DataLoader(pairs(), batch_size=np.int64(4), drop_last=np.True_)
        assert type(loader.batch_size) is int
        assert [len(x) for x, _ in loader] == [4, 4]

    def test_a_batch_sampler_yields_sequences(self):
        for options in ({}, {"collate_fn": list}):
            with pytest.raises(TypeError, match="indices must be a sequence of integers or a tensor"):
                list(DataLoader("abc", batch_sampler=[0, 1], **options))
        batches = [tl.tensor([2, 0]), np.array([1])]
        assert list(DataLoader("abc", batch_sampler=batches, collate_fn=list)) == [["c", "a"], ["b"]]


def test_options_of_samplers():
    assert list(BatchSampler(range(3), np.int64(2), False)) == [[0, 1], [2]]
    with pytest.raises(TypeError, match=r"^BatchSampler: drop_last must be a bool, not 'x'"):
        BatchSampler(range(3), 2, "x")
    with pytest.raises(TypeError, match=r"^BatchSampler: sampler must be an iterable of indices, not 3"):
        BatchSampler(3, 2, False)
    with pytest.raises(ValueError, match=r"^BatchSampler: batch_size must be a positive integer, not 0"):
        BatchSampler(range(3), 0, False)
    with pytest.raises(TypeError, match=r"^RandomSampler: generator must be a Generator or None, not 'x'"):
        RandomSampler(range(3), generator="x")
    for sampler in (RandomSampler, SequentialSampler):
        with pytest.raises(TypeError, match=f"^{sampler.__name__}: data_source must be a dataset with __len__, not 3"):
            sampler(3)


def test_samplers():
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    sampler = RandomSampler(range(20), generator=tl.Generator(0))
    assert sorted(sampler) == list(range(20))
    assert len(BatchSampler(sampler, 6, True)) == 3
    assert len(BatchSampler(sampler, 6, False)) == 4


class Shifted(tl.data.TensorDataset):
    """Overrides only ``__getitem__``, as augmentation does."""

    def __getitem__(self, index):
        (sample,) = super().__getitem__(index)
        return (sample + 100,)


def test_an_overridden_getitem_is_used_for_batches():
    dataset = Shifted(tl.arange(4))
    assert [batch.tolist() for (batch,) in tl.data.DataLoader(dataset, batch_size=2)] == [[100, 101], [102, 103]]
    subset = tl.data.Subset(dataset, [3, 1])
    assert [batch.tolist() for (batch,) in tl.data.DataLoader(subset, batch_size=2)] == [[103, 101]]


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the other process has the default backend")
def test_tensors_are_sent_to_process_pools():
    dataset = TensorDataset(tl.arange(6.0).reshape(3, 2), tl.tensor([4, 5, 6]))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(dataset.__getitem__, [2, 0]))
    assert [(x.tolist(), y.item()) for x, y in found] == [([4.0, 5.0], 6), ([0.0, 1.0], 4)]


@pytest.mark.parametrize("dataset", [tl.data.TensorDataset(tl.arange(3)), tl.data.Subset([4, 5, 6], [2, 1, 0])])
@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        (3, TypeError, "batch: indices must be a sequence of integers or a tensor, not 3"),
        ({1}, TypeError, "batch: indices must be a sequence of integers"),
        (["a"], TypeError, r"\w+\.batch: indices must be integers, not 'a'"),
        ([0, 1.5], TypeError, r"\w+\.batch: indices must be integers, not 1.5"),
        ([7], IndexError, r"\w+\.batch: indices must be in the range of the dataset"),
    ],
)
def test_indices_of_batches_are_named(dataset, indices, error, message):
    with pytest.raises(error, match=f"^{message}"):
        dataset.batch(indices)
