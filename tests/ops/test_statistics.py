"""Statistics, signals and padding: special values, data types, ties, and what is refused."""

import math

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, native, seeded, tensor

import tensorlab as tl

NAN, INF = float("nan"), float("inf")
METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
PAIRS_OF_NUMBERS = [(0, 0), (1, 2), (3, 3), (4, 7), (9, 5)]
MODES = ("edge", "reflect", "symmetric", "wrap")


class TestQuantile:
    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("n", [1, 2, 3, 8, 11])
    def test_every_tenth(self, method, n):
        """At whole places, and halfway between two, methods differ."""
        x, q = seeded(n).normal(size=n), np.arange(21) / 20
        expected = np.quantile(x, q, method=method)
        assert_close(tl.quantile(tensor(x), q.tolist(), method=method), expected)
        assert_close(tl.quantile(tensor(x), tensor(q), method=method), expected)
        assert_close(tl.nanquantile(tensor(x), tensor(q), method=method), expected)

    @pytest.mark.parametrize(
        "values", [[NAN, 1.0, 2.0], [INF, INF, 1.0], [-INF, 1.0, 2.0, 3.0], [-INF, -INF, INF, INF, INF]]
    )
    @pytest.mark.parametrize("q", [0.0, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0])
    def test_special_values(self, values, q):
        with np.errstate(invalid="ignore"):
            found = host(tl.quantile(tensor(np.array(values)), q))
            as_tensor = host(tl.quantile(tensor(np.array(values)), tensor(np.array([q]))))
        place, ordered = q * (len(values) - 1), sorted(values)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        part = place - math.floor(place)
        expected = NAN if NAN in values else low if low == high else (1 - part) * low + part * high
        np.testing.assert_allclose(found, expected, rtol=1e-15)
        np.testing.assert_array_equal(as_tensor, [found])

    def test_all_of_nothing(self):
        with np.errstate(invalid="ignore"):
            assert_same(tl.median(tl.zeros((0,))), np.float32(NAN))
            assert_same(tl.quantile(tl.zeros((2, 0)), [0.1, 0.2], axis=1, method="lower"), np.full((2, 2), NAN))
            assert_same(tl.nanmedian(tensor([[NAN, NAN], [1.0, NAN]]), axis=1), np.array([NAN, 1.0]))
        assert tl.quantile(tl.ones((2, 3)), [], axis=1).shape == (0, 2)
        assert tl.median(tl.zeros((0, 3)), axis=1).shape == (0,)

    def test_shares_outside(self):
        x = tensor([1.0, 2.0, 3.0])
        assert_same(tl.quantile(x, tensor([-0.1, 0.5, 1.1, NAN])), np.array([NAN, 2.0, NAN, NAN]))
        for q in (-0.1, 1.1, NAN, [0.5, 2]):
            with pytest.raises(ValueError, match="quantile: q must be from 0 to 1"):
                tl.quantile(x, q)
        with pytest.raises(ValueError, match="percentile: q must be from 0 to 100"):
            tl.percentile(x, 101)
        with pytest.raises(ValueError, match="method must be 'linear', 'lower'"):
            tl.quantile(x, 0.5, method="cubic")
        with pytest.raises(TypeError, match="median: x is complex64, but must be of a real numeric type"):
            tl.median(tl.ones(3, dtype=tl.complex64))
        with pytest.raises(tl.ShapeError, match="axis 2"):
            tl.median(x, 2)

    def test_dtypes(self):
        integers = tensor(np.array([4, 1, 3]))
        assert tl.median(integers).dtype == tl.float32
        assert tl.quantile(integers, 0.3, method="nearest").dtype == tl.int64
        assert tl.quantile(integers, tensor(np.array([0, 1])), method="lower").tolist() == [1, 4]
        for dtype in (tl.float16, tl.float32):
            if dtype == "float16" and tl.active_backend().name != "numpy":
                continue
            x = tl.astype(integers, dtype)
            for result in (
                tl.quantile(x, 0.3),
                tl.quantile(x, tensor(np.array([0.3]))),
                tl.nanquantile(x, tensor(np.array([0.3]))),
                tl.nanmedian(x),
            ):
                assert result.dtype == dtype

    def test_gradient_goes_to_those_between(self):
        x = leaf([5.0, 1.0, 9.0, 3.0])
        tl.median(x).backward()
        assert_same(x.grad, np.array([0.5, 0.0, 0.0, 0.5]))
        x.grad = None
        tl.quantile(x, 0.25).backward()  # at the place 0.75 of 0 to 3
        assert_close(x.grad, np.array([0.0, 0.25, 0.0, 0.75]))

    def test_gradient_at_ties_is_that_of_a_stable_sort(self):
        x = leaf([2.0, 2.0, 2.0, 1.0])
        tl.quantile(x, 0.5, method="higher").backward()  # sorted: 1 and the three twos; the second of these
        assert_same(x.grad, np.array([0.0, 1.0, 0.0, 0.0]))

    def test_holes_have_no_gradient(self):
        x = leaf([NAN, 2.0, 4.0])
        for function in (tl.nanmedian, tl.nansum, tl.nanmean, tl.nanvar, tl.nanstd, tl.nanmax, tl.nanprod):
            x.grad = None
            function(x).backward()
            assert host(x.grad)[0] == 0
            assert np.isfinite(host(x.grad)).all()


class TestLeavingOutNan:
    def test_nothing_left(self):
        x = tensor([[NAN, NAN], [NAN, 1.0]])
        assert_same(tl.nansum(x, 1), np.array([0.0, 1.0]))
        assert_same(tl.nanprod(x, 1), np.array([1.0, 1.0]))
        assert_same(tl.nanmax(x, 1), np.array([NAN, 1.0]))
        assert_same(tl.nanmin(x, 1), np.array([NAN, 1.0]))
        with np.errstate(invalid="ignore"):
            assert_same(tl.nanmean(x, 1), np.array([NAN, 1.0]))
        assert_same(tl.nanvar(x, axis=1), np.array([NAN, 0.0]))
        assert_same(tl.nanstd(x, axis=1, correction=1), np.array([NAN, NAN]))

    def test_infinity_is_no_hole(self):
        assert tl.nanmax(tensor([-INF, NAN])).item() == -INF
        assert tl.nanmin(tensor([INF, NAN])).item() == INF

    @pytest.mark.parametrize("function", [tl.nansum, tl.nanprod, tl.nanmax, tl.nanmin])
    def test_integers_stay(self, function):
        assert function(tl.tensor([2, 3, 4])).dtype == tl.int64

    def test_integers_in_means(self):
        assert_same(tl.nanmean(tl.tensor([1, 2])), np.float32(1.5))
        assert_same(tl.nanvar(tl.tensor([1, 3])), np.float32(1.0))
        assert tl.nanvar(tl.ones(3, dtype=tl.complex64)).dtype == tl.float32

    def test_no_maximum_of_nothing(self):
        with pytest.raises(ValueError):
            tl.nanmax(tl.zeros((0,)))


class TestMeans:
    def test_average_of_integers(self):
        assert_same(tl.average(tl.tensor([1, 2])), np.float32(1.5))
        value, total = tl.average(tl.ones((2, 3)), 0, returned=True)
        assert_same(total, np.full(3, 2.0, "float32"))
        assert total.dtype == value.dtype == tl.float32

    def test_weights_that_do_not_fit(self):
        with pytest.raises(tl.ShapeError, match=r"weights of shape \(2,\) do not fit x of shape \(2, 3\)"):
            tl.average(tl.ones((2, 3)), weights=tl.ones(2))
        with pytest.raises(tl.ShapeError, match=r"they must have \(2, 3\) or \(3,\)"):
            tl.average(tl.ones((2, 3)), 1, weights=tl.ones(2))

    def test_covariance_of_too_few(self):
        with np.errstate(all="ignore"):
            assert not np.isfinite(host(tl.cov(tensor([[1.0], [2.0]])))).any()
            assert not np.isfinite(host(tl.cov(tensor([1.0, 2.0]), aweights=tensor([1.0, 1.0]), ddof=2))).any()

    def test_correlation_of_what_does_not_vary(self):
        with np.errstate(all="ignore"):
            found = host(tl.corrcoef(tensor([[1.0, 1.0], [1.0, 2.0]])))
        np.testing.assert_array_equal(np.isnan(found), [[True, True], [True, False]])

    def test_correlation_is_never_beyond_one(self):
        x = seeded(3).normal(size=(1, 50))
        found = host(tl.corrcoef(tensor(np.concatenate([x * k for k in range(1, 9)] + [-x])).astype("float32")))
        assert np.abs(found).max() <= 1

    def test_covariance_is_checked(self):
        with pytest.raises(tl.ShapeError, match=r"cov takes vectors and matrices, not shape \(1, 1, 1\)"):
            tl.cov(tl.ones((1, 1, 1)))
        with pytest.raises(tl.ShapeError, match="cov: x has 3 observations and y 2"):
            tl.cov(tl.ones(3), tl.ones(2))
        with pytest.raises(tl.ShapeError, match=r"aweights must have shape \(3,\), not \(2,\)"):
            tl.cov(tl.ones(3), aweights=tl.ones(2))


class TestCounting:
    @pytest.mark.parametrize("density", [False, True])
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"bins": 1},
            {"bins": 7, "range": (-1.0, 1.5)},
            {"bins": 3, "range": (0.5, 0.5)},
            {"bins": [-1.0, 0.0, 0.25, 2.0]},
            {"bins": np.array([-0.5, 0.0, 0.25, 2.0])},
        ],
    )
    def test_histogram(self, options, density):
        x = seeded(1).normal(size=(20, 5))
        ours = {name: tensor(v) if isinstance(v, np.ndarray) else v for name, v in options.items()}
        counts, edges = tl.histogram(tensor(x), density=density, **ours)
        expected, expected_edges = np.histogram(x, density=density, **options)
        assert_close(edges, expected_edges)
        assert_close(counts, expected)
        assert density or counts.dtype == tl.int64
        on_arrays = tl.histogram(native(x), density=density, **{k: getattr(v, "array", v) for k, v in ours.items()})
        for array, of_tensor in zip(on_arrays, (counts, edges), strict=True):
            assert isinstance(array, tl.active_backend().array_types)
            np.testing.assert_array_equal(host(array), host(of_tensor))

    def test_histogram_at_the_edges(self):
        """The last interval has both its edges, what is outside or NaN is not counted."""
        x = np.array([0.0, 1.0, 1.0, 2.0, 3.0, 3.5, -1.0, NAN])
        assert host(tl.histogram(tensor(x), [0.0, 1.0, 2.0, 3.0])[0]).tolist() == [1, 2, 2]
        assert host(tl.histogram(tensor(x), 3, (0, 3))[0]).tolist() == [1, 2, 2]

    @pytest.mark.parametrize("bins", [10, 57, 100])
    def test_histogram_of_whole_numbers(self, bins):
        """Every element lies on an edge, and in the interval above it."""
        x = np.arange(bins + 1)
        counts, edges = tl.histogram(tensor(x), bins)
        assert host(counts).tolist() == [1] * (bins - 1) + [2]
        assert_same(edges, x.astype("float32"))

    def test_histogram_of_nothing_and_of_one(self):
        counts, edges = tl.histogram(tl.zeros((0,)), 2)
        assert (host(counts).tolist(), host(edges).tolist()) == ([0, 0], [0.0, 0.5, 1.0])
        counts, edges = tl.histogram(tl.full((3,), 2.0), 2)
        assert (host(counts).tolist(), host(edges).tolist()) == ([0, 3], [1.5, 2.0, 2.5])

    def test_histogram_is_checked(self):
        x = tl.ones(3)
        for bins, span, message in [
            (0, None, "number of bins must be positive"),
            ([1, 0], None, "ascending order"),
            (2, (1, 0), "range must be finite"),
            (2, (0, INF), "range must be finite"),
        ]:
            with pytest.raises(ValueError, match=message):
                tl.histogram(x, bins, span)
        with pytest.raises(tl.ShapeError, match=r"weights of shape \(2,\) do not fit"):
            tl.histogram(x, weights=tl.ones(2))
        with pytest.raises(
            TypeError, match="bins must be an integer, a tuple of numbers, a tensor or an array, not 'auto'"
        ):
            tl.histogram(x, "auto")

    @pytest.mark.parametrize("right", [False, True])
    @pytest.mark.parametrize("bins", [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [2.0], []])
    def test_digitize_at_the_edges(self, bins, right):
        x = np.array([[0.0, 1.0, 1.5], [2.0, 3.0, 4.0]])
        assert_same(tl.digitize(tensor(x), tensor(np.array(bins)), right), np.digitize(x, bins, right))


class TestSignals:
    @pytest.mark.parametrize("mode", ["full", "same", "valid"])
    @pytest.mark.parametrize("shapes", [(n, m) for n in range(1, 7) for m in range(1, 7)])
    def test_convolution(self, shapes, mode):
        rng = seeded(shapes)
        a, v = (rng.normal(size=n) + 1j * rng.normal(size=n) for n in shapes)
        assert_close(tl.convolve(tensor(a), tensor(v), mode), np.convolve(a, v, mode))
        assert_close(tl.correlate(tensor(a), tensor(v), mode), np.correlate(a, v, mode))

    def test_convolution_of_integers(self):
        found = tl.convolve(tl.tensor([1, 2, 3]), tl.tensor([1, 10]))
        assert (found.tolist(), found.dtype) == ([1, 12, 23, 30], tl.int64)

    def test_convolution_is_checked(self):
        with pytest.raises(ValueError, match="mode must be 'full', 'same' or 'valid', not 'half'"):
            tl.convolve(tl.ones(3), tl.ones(2), "half")
        with pytest.raises(tl.ShapeError, match=r"not empty, not shapes \(3,\) and \(0,\)"):
            tl.correlate(tl.ones(3), tl.zeros((0,)))

    def test_interpolation_at_the_points(self):
        """At a point its value, and the slope behind it; beyond the ends the value at the end, and no slope."""
        xp, fp = np.array([0.0, 1.0, 3.0]), np.array([5.0, 7.0, 1.0])
        x = leaf([-1.0, 0.0, 1.0, 3.0, 4.0, NAN])
        y = tl.interp(x, tensor(xp), tensor(fp))
        assert_same(y.detach(), np.array([5.0, 5.0, 7.0, 1.0, 1.0, NAN]))
        y[:5].sum().backward()
        assert_same(x.grad, np.array([0.0, 2.0, -3.0, 0.0, 0.0, 0.0]))

    def test_interpolation_of_complex_values(self):
        x, xp = seeded(1).normal(size=9), np.array([-0.5, 0.2, 0.9])
        fp = np.array([1j, 2.0, 3 - 1j])
        assert_close(tl.interp(tensor(x), tensor(xp), tensor(fp)), np.interp(x, xp, fp))
        tl.check_gradients(lambda fp: tl.interp(tensor(x), tensor(xp), fp), [tensor(fp)])

    def test_interpolation_with_a_negative_period(self):
        x, xp, fp = np.linspace(-5, 5, 23), np.array([3.0, 0.2, 5.1]), np.array([1.0, 4.0, 2.0])
        found = tl.interp(tensor(x), tensor(xp), tensor(fp), 9.0, 9.0, period=-2.5)
        assert_close(found, np.interp(x, xp, fp, 9.0, 9.0, period=-2.5))

    def test_interpolation_is_checked(self):
        with pytest.raises(tl.ShapeError, match="vectors of one length"):
            tl.interp(tl.ones(2), tl.ones(3), tl.ones(2))
        with pytest.raises(ValueError, match="period"):
            tl.interp(tl.ones(2), tl.ones(3), tl.ones(3), period=0)

    def test_differences_of_truth_values(self):
        found = tl.diff(tl.tensor([True, False, False]))
        assert (found.tolist(), found.dtype) == ([True, False], tl.bool)

    def test_differences_are_checked(self):
        with pytest.raises(ValueError, match="n must not be negative"):
            tl.diff(tl.ones(3), -1)
        with pytest.raises(tl.ShapeError, match="axis"):
            tl.diff(tl.tensor(1.0))
        with pytest.raises(tl.ShapeError, match=r"x has shape \(2,\), but must have \(3,\)"):
            tl.trapezoid(tl.ones((2, 3)), tl.ones(2))

    def test_unwrap_half_a_period(self):
        """A jump of just half a period goes the way it went."""
        p = np.array([0.0, np.pi, 0.0, -np.pi, -np.pi + 1e-9, 7.0])
        assert_close(tl.unwrap(tensor(p)), np.unwrap(p))

    @pytest.mark.parametrize("N", [0, 1, 4])
    def test_vandermonde_of_integers(self, N):
        x = np.array([0, 2, -3])
        assert_same(tl.vander(tensor(x), N), np.vander(x, N))
        assert tl.vander(tensor(x), N).dtype == tl.int64


class TestPad:
    @pytest.mark.parametrize("ends", PAIRS_OF_NUMBERS)
    @pytest.mark.parametrize("mode", ["constant", *MODES])
    @pytest.mark.parametrize("n", [1, 2, 3, 5])
    def test_far_beyond_the_ends(self, mode, ends, n):
        from references.statistics import sources

        x = seeded(n).normal(size=(2, n))
        found = host(tl.pad(tensor(x), ((0, 0), ends), mode=mode))
        if mode == "constant":
            expected = np.pad(x, ((0, 0), ends))
        else:
            expected = x[:, sources(n, ends, mode)]
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize(
        "pad_width", [2, (1, 2), (2,), ((1, 2),), ((1, 2), (0, 3)), ((1,), (2,)), np.array([[1, 2], [0, 3]])]
    )
    def test_forms_of_the_numbers(self, pad_width):
        x = seeded(1).normal(size=(2, 3))
        assert_same(tl.pad(tensor(x), pad_width), np.pad(x, pad_width))
        values = {"constant_values": ((1.0, 2.0), (3.0, 4.0))}
        assert_same(tl.pad(tensor(x), pad_width, **values), np.pad(x, pad_width, **values))
        assert_same(tl.pad(tensor(x), pad_width, "edge"), np.pad(x, pad_width, "edge"))

    def test_axes_by_name(self):
        x = seeded(1).normal(size=(2, 3))
        assert_same(tl.pad(tensor(x), {-1: (1, 2), 0: 1}), np.pad(x, ((1, 1), (1, 2))))

    @pytest.mark.parametrize("x", [np.array([1, 2]), np.array([True, False]), np.array(3.5), np.zeros((0, 2), "int8")])
    def test_any_type_and_shape(self, x):
        found = tl.pad(tensor(x), 1)
        assert_same(found, np.pad(x, 1))
        assert found.dtype == x.dtype

    def test_is_checked(self):
        x = tl.ones((2, 3))
        for pad_width in (-1, 1.5, ((1, 2), (3, -4))):
            with pytest.raises(ValueError, match="integers >= 0"):
                tl.pad(x, pad_width)
        with pytest.raises(tl.ShapeError, match="a pair for each of 2 axes"):
            tl.pad(x, ((1, 1),) * 3)
        with pytest.raises(ValueError, match="mode must be 'constant', 'edge', 'reflect', 'symmetric' or 'wrap'"):
            tl.pad(x, 1, "mean")
        with pytest.raises(tl.ShapeError, match=r"axis 0 of shape \(0, 3\) is empty"):
            tl.pad(tl.zeros((0, 3)), 1, "wrap")
        assert tl.pad(tl.zeros((0, 3)), ((0, 0), (1, 1)), "wrap").shape == (0, 5)


class TestEinsum:
    @pytest.mark.parametrize("seed", range(40))
    def test_random_subscripts(self, seed):
        """Letters, dots, lengths of 1, diagonals and up to eight operands, drawn at random."""
        rng = seeded("einsum", seed)
        for _ in range(10):
            subscripts, shapes = random_einsum(rng)
            args = [rng.normal(size=shape) for shape in shapes]
            assert_close(tl.einsum(subscripts, *map(tensor, args)), np.einsum(subscripts, *args), rtol=1e-10)
        tl.check_gradients(lambda *xs: tl.einsum(subscripts, *xs), list(map(tensor, args)), order=1)

    @pytest.mark.parametrize(
        ("subscripts", "shapes"),
        [
            ("aB,BA->Aa", [(2, 3), (3, 4)]),
            ("bA,Ba", [(2, 3), (3, 2)]),  # capitals come first in alphabetical order
            (" i j , j k -> i k ", [(2, 3), (3, 4)]),
            (",", [(), ()]),
            (",i->i", [(), (3,)]),
            ("->", [()]),
            ("...,...", [(2, 3), (3,)]),
            ("...i,i...->...", [(2, 3), (3, 1)]),
            ("i...->...i", [(2, 3, 4)]),
            ("ij,jk->ki", [(2, 3), (3, 4)]),
            ("abc,cba->", [(2, 3, 4), (4, 3, 2)]),
            ("ij,jk,kl,lm,mn,no,op,pq->iq", [(2, 2)] * 8),
            ("i,j,k,l,m,n,o->", [(2,)] * 7),
            ("ijk,jik->k", [(0, 2, 3), (2, 0, 3)]),
        ],
    )
    def test_as_numpy(self, subscripts, shapes):
        rng = seeded(subscripts)
        args = [rng.normal(size=shape) for shape in shapes]
        assert_close(tl.einsum(subscripts, *map(tensor, args)), np.einsum(subscripts, *args))

    def test_integers_keep_their_type(self):
        x = np.arange(6, dtype="int32").reshape(2, 3)
        for subscripts in ("ij->i", "ij->", "ij,ij->ij"):
            args = (x,) * (subscripts.count(",") + 1)
            found = tl.einsum(subscripts, *map(tensor, args))
            assert_same(found, np.einsum(subscripts, *args))
            assert found.dtype == tl.int32

    def test_hidden_axes_that_the_result_leaves_out_are_summed(self):
        x = seeded(1).normal(size=(2, 3, 4))
        assert_close(tl.einsum("...i->i", tensor(x)), x.sum((0, 1)))

    @pytest.mark.parametrize("subscripts", ["i1->i", "i.j->i", "......->", "i->j->k", "ij->i,j"])
    def test_what_is_no_subscript(self, subscripts):
        with pytest.raises(ValueError, match="must be letters"):
            tl.einsum(subscripts, tl.ones((2, 2)))

    def test_diagonals_do_not_broadcast(self):
        with pytest.raises(tl.ShapeError, match="axis 'i' has lengths 1 and 3"):
            tl.einsum("ii", tl.ones((1, 3)))

    def test_what_is_no_array(self):
        with pytest.raises(TypeError, match="einsum: operand 1 must be a tensor or an array, not list"):
            tl.einsum("i,i", tl.ones(2), [1.0, 2.0])

    @pytest.mark.parametrize("seed", range(5))
    def test_no_order_needs_fewer_multiplications(self, seed):
        from tensorlab.ops.einsum import _searched

        rng = seeded("order", seed)
        for count in (3, 4, 5):
            lengths = {c: int(n) for c, n in zip("abcdef", rng.integers(2, 9, 6), strict=True)}
            sets = [frozenset(rng.choice(list("abcdef"), rng.integers(1, 4), replace=False)) for _ in range(count)]
            output = frozenset(rng.choice(list("abcdef"), 2, replace=False)) & frozenset().union(*sets)
            found = cost_of(_searched(sets, output, lengths), sets, output, lengths)
            assert found == least_cost(dict(enumerate(sets)), output, lengths)

    def test_greedy_order_avoids_outer_products(self):
        """A chain of vectors and matrices never needs more than a vector between."""
        from tensorlab.ops.einsum import _best_pairs

        terms = [("a",), *(tuple("abcdefghij"[i : i + 2]) for i in range(9))]
        lengths = dict.fromkeys("abcdefghij", 50)
        pairs = _best_pairs(terms, ("j",), lengths)
        assert cost_of(pairs, list(map(frozenset, terms)), frozenset("j"), lengths) == 9 * 50**2


def random_einsum(rng):
    """Return random subscripts that NumPy takes too, and shapes that go with them."""
    letters = "abcdXYZ"[: rng.integers(1, 7)]
    lengths = {c: int(rng.integers(1, 5)) for c in letters}
    hidden = [int(n) for n in rng.integers(1, 4, 3)]
    dotted = rng.random() < 0.4
    groups, shapes = [], []
    for _ in range(rng.integers(1, 9)):
        group = [str(c) for c in rng.choice(list(letters), rng.integers(0, 4))]
        shape = [1 if group.count(c) == 1 and rng.random() < 0.1 else lengths[c] for c in group]
        if dotted and rng.random() < 0.7:
            place, extra = int(rng.integers(0, len(group) + 1)), int(rng.integers(0, 3))
            shape[place:place] = [1 if rng.random() < 0.2 else n for n in hidden[3 - extra :]]
            group.insert(place, "...")
        groups.append("".join(group))
        shapes.append(tuple(shape))
    subscripts = ",".join(groups)
    if rng.random() < 0.8:
        known = sorted(set(subscripts) - set(",."))
        result = [str(c) for c in rng.permutation(known)[: rng.integers(0, 4)]] if known else []
        result[0:0] = ["..."] * ("..." in subscripts)
        subscripts += "->" + "".join(result)
    return subscripts, shapes


def product_of(live, i, j, output, lengths):
    """Return the letters of the product of two terms, and how many multiplications it takes."""
    others = output.union(*(letters for k, letters in live.items() if k not in (i, j)))
    both = live[i] | live[j]
    return both & others, math.prod(lengths[c] for c in both)


def cost_of(pairs, sets, output, lengths):
    live, total = dict(enumerate(sets)), 0
    for number, (i, j) in enumerate(pairs):
        letters, cost = product_of(live, i, j, output, lengths)
        del live[i], live[j]
        live[len(sets) + number] = letters
        total += cost
    assert len(live) == 1
    return total


def least_cost(live, output, lengths):
    """Return the cost of the best order, found by trying them all."""
    if len(live) == 1:
        return 0
    costs = []
    for i in live:
        for j in live:
            if i < j:
                letters, cost = product_of(live, i, j, output, lengths)
                rest = {k: v for k, v in live.items() if k not in (i, j)} | {max(live) + 1: letters}
                costs.append(cost + least_cost(rest, output, lengths))
    return min(costs)


class TestShapes:
    def test_one_array_or_several(self):
        assert isinstance(tl.atleast_2d(tl.ones(3)), tl.Tensor)
        assert [x.shape for x in tl.atleast_2d(tl.ones(3), tl.tensor(1.0))] == [(1, 3), (1, 1)]

    def test_is_checked(self):
        with pytest.raises(tl.ShapeError, match="do not broadcast"):
            tl.broadcast_shapes((2,), (3,))
        with pytest.raises(ValueError, match="number of pieces must be positive"):
            tl.array_split(tl.ones(3), 0)
        with pytest.raises(tl.ShapeError, match="names an axis twice"):
            tl.rot90(tl.ones((2, 2)), axes=(0, -2))

    def test_spacing(self):
        assert tl.logspace(0, 2, 3).dtype == tl.geomspace(1, 4, 3).dtype == tl.float32
        assert_close(tl.geomspace(2, 3, 1, dtype=tl.float64), np.geomspace(2, 3, 1))
        assert tl.geomspace(2, 3, 0).shape == (0,)
        assert host(tl.geomspace(1, 1000, 4, dtype=tl.float64))[-1] == 1000
        for ends in ((0, 1), (1, 0), (-1, 2)):
            with pytest.raises(ValueError, match="same sign"):
                tl.geomspace(*ends, 3)

    def test_triangles(self):
        for k in (-4, -1, 0, 2, 9):
            assert_same(tl.tri(3, 4, k), np.tri(3, 4, k))
            for ours, numpys in ((tl.tril_indices, np.tril_indices), (tl.triu_indices, np.triu_indices)):
                for found, expected in zip(ours(3, k, 4), numpys(3, k, 4), strict=True):
                    assert_same(found, expected)


def test_methods():
    x = tensor(seeded(1).normal(size=(3, 4)))
    assert_same(x.quantile(0.3, axis=1), host(tl.quantile(x, 0.3, axis=1)))
    assert_same(x.diff(axis=0), host(tl.diff(x, axis=0)))
    assert_same(x.nansum(1), host(tl.nansum(x, 1)))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tl.median(x, 1),
        lambda x: tl.quantile(x, [0.1, 0.7]),
        lambda x: tl.nanquantile(x, 0.3, 0),
        lambda x: tl.nanmean(x),
        lambda x: tl.nanvar(x, axis=1),
        lambda x: tl.average(x, 1, returned=True)[1],
        lambda x: tl.cov(x),
        lambda x: tl.corrcoef(x),
        lambda x: tl.digitize(x, x[0, ...]),
        lambda x: tl.convolve(x[0, ...], x[1, ...]),
        lambda x: tl.interp(x, x[0, ...], x[1, ...], period=2.0),
        lambda x: tl.trapezoid(x, x[0, ...]),
        lambda x: tl.diff(x, prepend=1.0),
        lambda x: tl.unwrap(x),
        lambda x: tl.vander(x[0, ...]),
        lambda x: tl.polyval(x[0, ...], x),
        lambda x: tl.pad(x, 1),
        lambda x: tl.einsum("ij,kj->ik", x, x),
        lambda x: tl.rot90(x),
    ],
)
def test_arrays_give_arrays(call):
    x = np.sort(seeded(1).normal(size=(3, 4)))
    found = call(native(x))
    assert isinstance(found, tl.active_backend().array_types)
    assert_close(found, host(call(tensor(x))), rtol=1e-14)


@pytest.mark.parametrize(("shape", "axis"), [((0, 3), 1), ((3, 0), 0), ((0, 3), ())])
@pytest.mark.parametrize("q", [0.5, [0.2, 0.7], np.array([0.2, 0.7])])
def test_quantiles_of_no_rows(shape, axis, q):
    """Where no quantile is asked for there is nothing to compute, with and without NaN-awareness."""
    share = tensor(q) if isinstance(q, np.ndarray) else q
    for function in (tl.quantile, tl.nanquantile):
        expected = np.empty((*np.shape(q), *np.sum(np.zeros(shape), axis=axis).shape))
        assert_same(function(tensor(np.zeros(shape)), share, axis=axis), expected)
