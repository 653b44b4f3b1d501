"""Permutations, choices and categories compared with their probabilities."""

from itertools import permutations

import numpy as np
import pytest
from helpers import assert_same, host, tensor
from scipy import stats

import tensorlab as tl
from tensorlab import Generator

N = 20_000
WEIGHTS = np.array([0.1, 0.0, 0.4, 0.3, 0.2, 0.0])


def chi_square(indices, probabilities):
    counts = np.bincount(indices, minlength=len(probabilities))
    assert not counts[probabilities == 0].any()
    possible = probabilities > 0
    return stats.chisquare(counts[possible], probabilities[possible] * len(indices)).pvalue


class TestPermutation:
    def test_slices_of_an_array(self, generator):
        x = np.arange(24.0).reshape(2, 4, 3)
        for axis in (0, 1, 2, -1):
            found = host(Generator(1).permutation(tensor(x), axis=axis))
            order = host(Generator(1).permutation(x.shape[axis]))
            assert_same(tensor(found), np.take(x, order, axis))
        assert_same(tensor(x), np.arange(24.0).reshape(2, 4, 3))
        assert host(generator.permutation([3, 1, 2])).tolist() != []

    def test_all_orders_are_equally_likely(self, generator):
        drawn = [tuple(host(generator.permutation(tl.asarray([5, 6, 7]))).tolist()) for _ in range(300)]
        orders = list(permutations((5, 6, 7)))
        assert chi_square(np.array([orders.index(order) for order in drawn]), np.full(6, 1 / 6)) > 0.01


class TestChoice:
    def test_with_replacement(self, generator):
        assert chi_square(host(generator.choice(6, (N,))), np.full(6, 1 / 6)) > 0.01
        for p in (WEIGHTS, WEIGHTS.tolist(), tensor(WEIGHTS), tensor(WEIGHTS, "float32")):
            found = generator.choice(6, (100, N // 100), p=p)
            assert (found.shape, found.dtype) == ((100, N // 100), "int64")
            assert chi_square(host(found).ravel(), WEIGHTS) > 0.01

    def test_without_replacement(self, generator):
        firsts = []
        for _ in range(200):
            found = host(generator.choice(4, 3, replace=False)).tolist()
            assert len(set(found)) == 3
            firsts.append(found[0])
        assert chi_square(np.array(firsts), np.full(4, 0.25)) > 0.01

    def test_without_replacement_by_weight(self, generator):
        """The probability of an ordered pair is p_i * p_j / (1 - p_i)."""
        p = np.array([0.5, 0.3, 0.2])
        pairs = list(permutations(range(3), 2))
        drawn = [tuple(host(generator.choice(3, 2, replace=False, p=p)).tolist()) for _ in range(400)]
        expected = np.array([p[i] * p[j] / (1 - p[i]) for i, j in pairs])
        assert chi_square(np.array([pairs.index(pair) for pair in drawn]), expected) > 0.01

    def test_of_an_array(self):
        x = np.arange(12.0).reshape(3, 4)
        indices = host(Generator(2).choice(4, (2, 5)))
        assert_same(Generator(2).choice(tensor(x), (2, 5), axis=1), np.take(x, indices, 1))
        assert Generator(2).choice(tensor(x)).shape == (4,)
        assert Generator(2).choice(3).shape == ()
        assert Generator(2).choice(3, 0).shape == (0,)


class TestCategorical:
    def test_probabilities(self, generator):
        logits = np.log(WEIGHTS, where=WEIGHTS > 0, out=np.full(6, -np.inf)) + 7.0
        assert chi_square(host(generator.categorical(tensor(logits, "float32"), shape=(N,))), WEIGHTS) > 0.01
        assert chi_square(host(generator.categorical(probs=tensor(3 * WEIGHTS), shape=(N,))), WEIGHTS) > 0.01

    def test_each_row_has_its_own(self, generator):
        rows = np.stack([WEIGHTS, WEIGHTS[::-1], np.full(6, 1 / 6)])
        found = generator.categorical(probs=tensor(rows), shape=(N, 3))
        assert (found.shape, found.dtype) == ((N, 3), "int64")
        for column, row in zip(host(found).T, rows, strict=True):
            assert chi_square(column, row) > 0.01
        assert generator.categorical(probs=tensor(rows)).shape == (3,)

    def test_axis_and_broadcasting(self):
        rows = np.stack([np.eye(4)[1], np.eye(4)[3]])
        assert_same(Generator(0).categorical(probs=tensor(rows.T), axis=0), [1, 3])
        found = Generator(0).categorical(probs=tensor(rows[:, None]), shape=(5, 2, 3))
        assert_same(found, np.broadcast_to(np.array([[1], [3]]), (5, 2, 3)))

    def test_one_category(self):
        assert_same(Generator(0).categorical(tl.zeros((3, 1))), [0, 0, 0])

    def test_partial_sums_that_round(self):
        """Impossible categories at the end are not drawn, although partial sums are rounded."""
        p = np.append(np.full(1000, 0.1), np.zeros(24))
        assert host(Generator(0).categorical(probs=tensor(p, "float32"), shape=(N,))).max() == 999


class TestMultinomial:
    def test_with_replacement(self, generator):
        rows = np.stack([5 * WEIGHTS, WEIGHTS[::-1]])
        found = generator.multinomial(tensor(rows, "float32"), N, replacement=True)
        assert (found.shape, found.dtype) == ((2, N), "int64")
        for drawn, row in zip(host(found), rows, strict=True):
            assert chi_square(drawn, row / row.sum()) > 0.01

    def test_without_replacement(self, generator):
        p = np.array([0.5, 0.0, 0.3, 0.2])
        found = host(generator.multinomial(tensor(np.tile(p, (N, 1))), 3))
        assert {frozenset(row) for row in found.tolist()} == {frozenset((0, 2, 3))}
        for place, expected in ((0, p), (2, [p[2] * p[3] * (1 / 0.7 + 1 / 0.8), 0, p[0] * p[3] * (2 + 1 / 0.8), 0])):
            expected = np.array(expected)
            expected[3] += 1 - expected.sum()
            assert chi_square(found[:, place], expected) > 0.01


ERRORS = {
    "sum": (lambda g: g.choice(2, p=[0.5, 0.6]), ValueError, "choice: p does not sum to 1"),
    "negative": (lambda g: g.choice(2, p=[1.5, -0.5]), ValueError, "choice: p has elements that are not finite and at"),
    "length": (lambda g: g.choice(3, p=[0.5, 0.5]), tl.ShapeError, r"choice: p has shape \(2,\), but a has 3 elements"),
    "too many": (
        lambda g: g.choice(3, 4, replace=False),
        ValueError,
        "choice: 4 of the 3 elements of a cannot be chosen with replace=False",
    ),
    "too few": (
        lambda g: g.choice(3, 2, replace=False, p=[1.0, 0.0, 0.0]),
        ValueError,
        "choice: replace=False needs 2 elements of p above 0",
    ),
    "nothing": (lambda g: g.choice(0), ValueError, "choice: a has no elements to choose from"),
    "numbers": (
        lambda g: g.permutation(-1),
        ValueError,
        "x must be an array or a non-negative integer, not -1",
    ),
    "float": (lambda g: g.permutation(2.0), TypeError, "permutation: x must be an integer or an array, not float"),
    "axis": (lambda g: g.permutation(tl.zeros(3), axis=1), tl.ShapeError, "axis 1 is out of range"),
    "scalar": (lambda g: g.choice(tl.asarray(3.0)), tl.ShapeError, "choice: a is 0-d"),
    "neither": (lambda g: g.categorical(), TypeError, "either logits or probs"),
    "impossible": (lambda g: g.categorical(probs=tl.zeros((2, 3))), ValueError, "rows with fewer than 1 possible"),
    "no logits": (lambda g: g.categorical(tl.full((3,), -float("inf"))), ValueError, "rows with fewer than 1 possible"),
    "empty": (lambda g: g.categorical(tl.zeros((2, 0))), tl.ShapeError, r"of shape \(2, 0\) has no categories"),
    "rows": (lambda g: g.categorical(tl.zeros((2, 3)), shape=(3,)), tl.ShapeError, "do not broadcast to shape"),
    "samples": (lambda g: g.multinomial(tl.ones(3), 0), ValueError, "num_samples must be a positive integer, not 0"),
    "categories": (lambda g: g.multinomial(tl.asarray([1.0, 0.0]), 2), ValueError, "fewer than 2 possible categories"),
    "weights": (lambda g: g.multinomial(tl.asarray([1.0, -1.0]), 1), ValueError, "probs has elements that are not"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_leave_the_stream_where_it_was(name, generator):
    call, error, message = ERRORS[name]
    before = generator.get_state()
    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        call(generator)
    assert generator.get_state() == before
