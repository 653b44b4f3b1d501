"""Datasets made of others, and splits with equal shares."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

import tensorlab as tl
from tensorlab.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    stratified_split,
)


class TestConcat:
    def test_samples_by_every_index(self):
        both = ConcatDataset(["ab", "", [1, 2, 3]])
        assert [both[i] for i in range(-5, 5)] == 2 * ["a", "b", 1, 2, 3]
        assert (len(both), both.cumulative_sizes) == (5, [2, 2, 5])
        for index in (5, -6):
            with pytest.raises(IndexError, match=f"^ConcatDataset: index {index} is out of range for 5 samples"):
                both[index]

    def test_sums(self):
        data = TensorDataset(tl.arange(2)) + TensorDataset(tl.arange(3)) + [(tl.tensor(9),)]
        assert isinstance(data, ConcatDataset)
        assert [x.tolist() for (x,) in DataLoader(data, 4)] == [[0, 1, 0, 1], [2, 9]]

    @pytest.mark.parametrize(
        ("datasets", "error", "message"),
        [
            ([], ValueError, "there must be at least one dataset"),
            (["ab", 3], TypeError, r"datasets\[1\] must be a dataset with __getitem__ and __len__"),
            (3, TypeError, "datasets must be a list of datasets, not 3"),
            ([IterableDataset()], TypeError, r"datasets\[0\] is an iterable dataset; ChainDataset joins these"),
        ],
    )
    def test_errors(self, datasets, error, message):
        with pytest.raises(error, match=f"^ConcatDataset: {message}"):
            ConcatDataset(datasets)


class Count(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return iter(range(self.count))

    def __len__(self):
        return self.count


class TestChain:
    def test_one_after_the_other(self):
        chain = Count(2) + Count(3)
        assert isinstance(chain, ChainDataset)
        assert (list(chain), list(chain), len(chain)) == ([0, 1, 0, 1, 2], [0, 1, 0, 1, 2], 5)
        assert [x.tolist() for x in DataLoader(chain, 3)] == [[0, 1, 0], [1, 2]]

    def test_errors(self):
        with pytest.raises(TypeError, match=r"^ChainDataset: datasets\[0\] must be an iterable dataset"):
            ChainDataset([3])
        with pytest.raises(ValueError, match=r"^ChainDataset: there must be at least one dataset"):
            ChainDataset([])
        with pytest.raises(TypeError, match="Count is an iterable dataset, which has no samples by index"):
            Count(3)[0]


class TestStack:
    def test_tuples_and_dictionaries(self):
        images = TensorDataset(tl.arange(3))
        assert StackDataset("abc", [4, 5, 6])[1] == ("b", 5)
        named = StackDataset(image=images, label=[4, 5, 6])
        assert len(named) == 3
        (batch,) = DataLoader(named, 3)
        assert list(batch) == ["image", "label"]
        assert (batch["image"][0].tolist(), batch["label"].tolist()) == ([0, 1, 2], [4, 5, 6])

    def test_a_batch_is_what_the_samples_collate_to(self):
        stack = StackDataset(TensorDataset(tl.arange(4), tl.ones(4, 2)), range(4))
        fast, slow = stack.batch([3, 1]), tl.data.default_collate([stack[3], stack[1]])
        assert fast[0][0].tolist() == slow[0][0].tolist()
        assert fast[1].tolist() == slow[1].tolist() == [3, 1]

    @pytest.mark.parametrize(
        ("args", "kwargs", "error", "message"),
        [
            ((), {}, ValueError, "there must be at least one dataset"),
            (("ab", "abc"), {}, ValueError, r"the datasets must have one length, not {'args\[0\]': 2, 'args\[1\]': 3}"),
            (("ab",), {"x": "ab"}, ValueError, "datasets are given either as args or by name as kwargs"),
            ((), {"x": 3}, TypeError, "x must be a dataset with __getitem__ and __len__"),
        ],
    )
    def test_errors(self, args, kwargs, error, message):
        with pytest.raises(error, match=f"^StackDataset: {message}"):
            StackDataset(*args, **kwargs)


def test_an_error_of_a_dataset_is_not_taken_for_a_wrong_index():
    class Broken(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return [0, 1][index]

    with pytest.raises(IndexError, match=r"^list index out of range") as caught:
        Broken().batch([0, 3])
    assert caught.value.__notes__ == ["Raised by sample 3 of Broken."]
    with pytest.raises(IndexError, match=r"^Broken.batch: indices must be in the range of the dataset"):
        Broken().batch([0, 9])


class TestStratifiedSplit:
    @pytest.mark.parametrize("seed", range(30))
    def test_every_class_has_its_share(self, seed):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, rng.integers(1, 9), rng.integers(1, 60)).tolist()
        parts = int(rng.integers(1, 6))
        cuts = sorted(rng.integers(0, len(labels) + 1, parts - 1).tolist())
        lengths = np.diff([0, *cuts, len(labels)]).tolist()
        subsets = stratified_split(range(len(labels)), lengths, labels, tl.Generator(seed))
        assert [len(subset) for subset in subsets] == lengths
        assert sorted(i for subset in subsets for i in subset) == list(range(len(labels)))
        sizes = Counter(labels)
        for subset, length in zip(subsets, lengths, strict=True):
            found = Counter(labels[i] for i in subset)
            for label, size in sizes.items():
                assert abs(found[label] - Fraction(size * length, len(labels))) <= 1

    def test_fractions(self):
        labels = ["a"] * 40 + ["b"] * 20
        train, test = stratified_split(range(60), [0.75, 0.25], labels)
        assert Counter(labels[i] for i in train) == {"a": 30, "b": 15}
        assert Counter(labels[i] for i in test) == {"a": 10, "b": 5}

    def test_labels_that_the_dataset_holds(self):
        data = TensorDataset(tl.arange(8), tl.tensor([0, 1] * 4))
        assert sorted(y.item() for _, y in stratified_split(data, [4, 4])[0]) == [0, 0, 1, 1]
        half = Subset(data, [0, 2, 4, 1])
        assert sorted(y.item() for _, y in stratified_split(half, [0.5, 0.5])[0])[0] == 0

        class Labelled(list):
            targets = tl.tensor([1, 1, 0, 0])

        (first, _), data = stratified_split(Labelled("abcd"), [2, 2]), Labelled.targets
        assert sorted(data[i].item() for i in first.indices) == [0, 1]

    def test_seeds(self):
        labels = [i % 3 for i in range(90)]
        orders = [
            [list(part) for part in stratified_split(range(90), [60, 30], labels, tl.Generator(s))] for s in (1, 1, 2)
        ]
        assert orders[0] == orders[1] != orders[2]
        assert orders[0][0] != sorted(orders[0][0])

    @pytest.mark.parametrize(
        ("args", "error", "message"),
        [
            ((range(4), [2, 2]), TypeError, "labels must be given: range has no attribute targets"),
            ((range(4), [2, 2], [0, 1]), ValueError, "there must be one label for each of the 4 samples, not 2"),
            ((range(4), [2, 3], [0, 1, 0, 1]), ValueError, r"the lengths \(?\[?2, 3.* do not sum to the 4 samples"),
            ((range(4), [2, 2], 5), TypeError, "labels must be a sequence of labels or a tensor or None, not 5"),
            ((range(4), [-2, 6], [0, 1, 0, 1]), ValueError, "lengths must be"),
        ],
    )
    def test_errors(self, args, error, message):
        with pytest.raises(error, match=f"^stratified_split: {message}"):
            stratified_split(*args)
