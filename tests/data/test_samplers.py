"""Samplers: orders, frequencies and lengths."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

import tensorlab as tl
from tensorlab.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


class TestRandomSampler:
    def test_without_replacement_permutations_follow_one_another(self):
        sampler = RandomSampler(range(5), num_samples=12, generator=tl.Generator(0))
        found = list(sampler)
        assert sorted(found[:5]) == sorted(found[5:10]) == list(range(5))
        assert len(set(found[10:])) == 2
        assert len(sampler) == len(found) == 12
        assert found != list(sampler)

    def test_with_replacement(self):
        sampler = RandomSampler(range(10), True, 100_000, tl.Generator(0))
        counts = Counter(sampler)
        assert sum(counts.values()) == len(sampler) == 100_000
        assert stats.chisquare([counts[i] for i in range(10)]).pvalue > 1e-3

    def test_the_length_may_change(self):
        data = [1, 2]
        sampler = RandomSampler(data)
        data.append(3)
        assert (len(sampler), sorted(sampler)) == (3, [0, 1, 2])

    def test_no_samples(self):
        assert list(RandomSampler([])) == list(RandomSampler([], True, 5)) == []

    def test_errors(self):
        with pytest.raises(ValueError, match=r"^RandomSampler: num_samples must be a positive integer or None, not 0"):
            RandomSampler(range(3), True, 0)
        with pytest.raises(TypeError, match=r"^RandomSampler: replacement must be a bool"):
            RandomSampler(range(3), "x")


class TestSubsetRandomSampler:
    @pytest.mark.parametrize("indices", [[7, 3, 5], (7, 3, 5), np.array([7, 3, 5]), tl.tensor([7, 3, 5])])
    def test_a_permutation(self, indices):
        sampler = SubsetRandomSampler(indices, tl.Generator(0))
        assert len(sampler) == 3
        orders = {tuple(sampler) for _ in range(60)}
        assert len(orders) == 6
        assert all(sorted(order) == [3, 5, 7] for order in orders)

    def test_errors(self):
        with pytest.raises(TypeError, match=r"^SubsetRandomSampler: indices must be a sequence of indices, not 3"):
            SubsetRandomSampler(3)


class TestWeightedRandomSampler:
    @pytest.mark.parametrize("weights", [[1, 0, 2.5, 6], np.array([1, 0, 2.5, 6]), tl.tensor([1, 0, 2.5, 6])])
    def test_frequencies(self, weights):
        sampler = WeightedRandomSampler(weights, 50_000, generator=tl.Generator(1))
        counts = Counter(sampler)
        assert counts[1] == 0
        expected = 50_000 * np.array([1, 2.5, 6]) / 9.5
        assert stats.chisquare([counts[i] for i in (0, 2, 3)], expected).pvalue > 1e-3

    def test_without_replacement(self):
        generator = tl.Generator(2)
        firsts = Counter()
        for _ in range(200):
            found = list(WeightedRandomSampler([1, 3, 0, 6], 3, False, generator))
            assert sorted(found) == [0, 1, 3]
            firsts[found[0]] += 1
        assert stats.chisquare([firsts[i] for i in (0, 1, 3)], [20, 60, 120]).pvalue > 1e-3

    @pytest.mark.parametrize(
        ("args", "error", "message"),
        [
            (([1, -1], 3), ValueError, "weights must be finite and at least 0"),
            (([1, float("nan")], 3), ValueError, "weights must be finite and at least 0"),
            (([1, float("inf")], 3), ValueError, "weights must be finite and at least 0"),
            (([0, 0], 3), ValueError, "weights must be finite and at least 0, and one of them positive"),
            (([], 3), ValueError, "weights must be finite and at least 0, and one of them positive"),
            (([[1, 2]], 3), ValueError, r"weights must have one axis, not the shape \(1, 2\)"),
            ((["a"], 3), TypeError, "weights must be numbers"),
            ((3, 3), TypeError, "weights must be a sequence or a tensor of weights, not 3"),
            (([1, 2], 0), ValueError, "num_samples must be a positive integer, not 0"),
            (([1, 0], 2, False), ValueError, "num_samples=2 indices cannot be drawn without replacement: only 1"),
        ],
    )
    def test_errors(self, args, error, message):
        with pytest.raises(error, match=f"^WeightedRandomSampler: {message}"):
            WeightedRandomSampler(*args)


class TestDistributedSampler:
    @pytest.mark.parametrize("shuffle", [False, True])
    @pytest.mark.parametrize("drop_last", [False, True])
    @pytest.mark.parametrize(("count", "ranks"), [(10, 1), (10, 3), (12, 4), (2, 5), (0, 2)])
    def test_ranks_share_the_samples(self, count, ranks, shuffle, drop_last):
        samplers = [DistributedSampler(range(count), ranks, rank, shuffle, 3, drop_last) for rank in range(ranks)]
        parts = [list(sampler) for sampler in samplers]
        assert [len(part) for part in parts] == [len(sampler) for sampler in samplers]
        assert len({len(part) for part in parts}) == 1
        together = Counter(index for part in parts for index in part)
        if drop_last:
            assert set(together.values()) <= {1}
        else:
            assert set(together) == set(range(count))
            assert sum(together.values()) - count < ranks

    def test_epochs_and_seeds(self):
        def order(seed, epoch):
            sampler = DistributedSampler(range(50), 2, 0, seed=seed)
            sampler.set_epoch(epoch)
            return list(sampler)

        assert order(0, 0) == order(0, 0) != order(0, 1) != order(5, 1)

    @pytest.mark.parametrize(
        ("args", "error", "message"),
        [
            ((range(3), 2, 2), ValueError, "rank must be less than num_replicas=2, not 2"),
            ((range(3), 2, -1), ValueError, "rank must be a non-negative integer, not -1"),
            ((range(3), 0, 0), ValueError, "num_replicas must be a positive integer, not 0"),
            ((range(3),), TypeError, "missing a required argument: 'num_replicas'"),
            ((3, 2, 0), TypeError, "dataset must be a dataset with __len__, not 3"),
        ],
    )
    def test_errors(self, args, error, message):
        with pytest.raises(error, match=f"^DistributedSampler: {message}"):
            DistributedSampler(*args)


def test_batches_are_drawn_as_they_are_asked_for():
    def endless():
        number = 0
        while True:
            yield number
            number += 1

    batches = iter(BatchSampler(endless(), 3, False))
    assert [next(batches), next(batches)] == [[0, 1, 2], [3, 4, 5]]
    assert list(BatchSampler(range(7), 3, True)) == [[0, 1, 2], [3, 4, 5]]
    assert list(BatchSampler([], 3, False)) == []
