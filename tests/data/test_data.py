"""Datasets, random splits, collation, samplers and the data loader."""

from collections import namedtuple

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
        assert batch["l"][0].dtype == tl.float32
        assert batch["l"][1].dtype == tl.bool

    def test_host_arrays(self):
        batch = default_collate([np.ones(2), np.zeros(2)])
        assert batch.shape == (2, 2)
        assert batch.dtype == tl.float64

    def test_errors(self):
        with pytest.raises(TypeError, match="not object"):
            default_collate([object()])
        with pytest.raises(ValueError, match="no samples"):
            default_collate([])
        with pytest.raises(tl.ShapeError):
            default_collate([tl.ones(2), tl.ones(3)])
        with pytest.raises(ValueError, match=r"shorter|longer"):
            default_collate([(1, 2), (1,)])


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
