"""Seeded generators: the same numbers on every backend, and of the distributions that they claim."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host
from scipy import stats

import tensorlab as tl
from tensorlab.random import Generator

DRAWS = {
    "uniform": lambda g: g.uniform((7,)),
    "uniform double": lambda g: g.uniform((7,), dtype="float64"),
    "uniform range": lambda g: g.uniform((3, 2), -1.0, 4.0),
    "normal": lambda g: g.normal((7,)),
    "normal double": lambda g: g.normal((3, 3), 1.0, 2.0, dtype="float64"),
    "integers": lambda g: g.integers(-5, 10, (9,)),
    "bernoulli": lambda g: g.bernoulli(0.3, (20,)),
    "permutation": lambda g: g.permutation(10),
    "one": lambda g: g.uniform(),
    "none": lambda g: g.normal((0, 3)),
}
each_draw = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@each_draw
def test_equal_seeds_give_equal_numbers(draw):
    first, second, other = (draw(Generator(seed)) for seed in (1, 1, 2))
    assert_same(second, host(first))
    if first.nelement() > 4:
        assert not np.array_equal(host(first), host(other))


@each_draw
def test_same_numbers_on_both_backends(draw, other_backend):
    here = draw(Generator(3))
    with tl.use_backend(other_backend):
        there = draw(Generator(3))
    assert there.backend.name == other_backend
    assert there.dtype == here.dtype
    assert_close(there, host(here), rtol=1e-6 if here.dtype == "float32" else 1e-14)


@each_draw
def test_state(draw, generator):
    generator.uniform((5,))
    state = generator.get_state()
    first = host(draw(generator))
    after = host(generator.uniform((4,)))
    again = Generator(9)
    again.set_state(state)
    assert_same(draw(again), first)
    assert_same(again.uniform((4,)), after)


def test_draws_do_not_overlap(generator):
    numbers = np.concatenate([host(generator.uniform((n,), dtype="float64")) for n in (1, 3, 4, 5, 100)])
    assert np.unique(numbers).size == 113


def test_a_draw_depends_only_on_where_it_begins():
    """Cutting a stream into other pieces of whole blocks gives the same words."""
    whole = host(Generator(5).uniform((16,), dtype="float64"))
    g = Generator(5)
    parts = np.concatenate([host(g.uniform((4,), dtype="float64")), host(g.uniform((12,), dtype="float64"))])
    np.testing.assert_array_equal(parts, whole)


def test_large_seeds():
    assert Generator(2**128 - 1).uniform().item() != Generator(2**64 - 1).uniform().item()
    for seed in (-1, 2**128):
        with pytest.raises(ValueError, match=r"a seed is an integer in \[0, 2\*\*128\)"):
            Generator(seed)


# -- distributions: fixed seeds, so the outcome is the same each time --------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("draw", "distribution"),
    [
        (lambda g, d: g.uniform((20_000,), dtype=d), stats.uniform()),
        (lambda g, d: g.uniform((20_000,), -3.0, 5.0, dtype=d), stats.uniform(-3, 8)),
        (lambda g, d: g.normal((20_000,), dtype=d), stats.norm()),
        (lambda g, d: g.normal((20_000,), 2.0, 0.5, dtype=d), stats.norm(2, 0.5)),
    ],
)
def test_kolmogorov_smirnov(draw, distribution, dtype):
    for seed in range(3):
        numbers = host(draw(Generator(seed), dtype))
        assert numbers.dtype == dtype
        assert stats.kstest(numbers, distribution.cdf).pvalue > 0.01


def test_normal_tails_and_independence():
    numbers = host(Generator(0).normal((100_000,), dtype="float64"))
    assert np.isfinite(numbers).all()
    assert 3.5 < np.abs(numbers).max() < 6
    half = len(numbers) // 2
    assert abs(np.corrcoef(numbers[:half], numbers[half:])[0, 1]) < 0.01  # Box and Muller's pairs
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.01


def test_uniform_is_half_open():
    for dtype in ("float32", "float64"):
        numbers = host(Generator(0).uniform((200_000,), dtype=dtype))
        assert numbers.min() >= 0
        assert numbers.max() < 1


def test_uniform_never_reaches_the_upper_end_by_rounding():
    """Just below 2**24 ulps of 1: a range where low + u * (high - low) rounds up."""
    numbers = host(Generator(0).uniform((200_000,), 1.0, 1.0000002))
    assert numbers.max() < np.float32(1.0000002)


def test_integers():
    numbers = host(Generator(0).integers(-3, 4, (70_000,)))
    values, counts = np.unique(numbers, return_counts=True)
    assert values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert stats.chisquare(counts).pvalue > 0.01
    assert Generator(0).integers(5, shape=(100,), dtype="int8").dtype == "int8"
    assert host(Generator(0).integers(5, shape=(100,))).max() == 4
    assert host(Generator(0).integers(7, 8, (10,))).tolist() == [7] * 10
    for low, high in ((0, 0), (3, 2), (0, 2**53 + 1)):
        with pytest.raises(ValueError, match=r"the range must hold 1 to 2\*\*53 numbers"):
            Generator(0).integers(low, high)


def test_bernoulli():
    numbers = host(Generator(0).bernoulli(0.3, (100_000,)))
    assert set(numbers.tolist()) == {0.0, 1.0}
    assert abs(numbers.mean() - 0.3) < 0.005
    assert host(Generator(0).bernoulli(0.0, (100,))).sum() == 0
    assert host(Generator(0).bernoulli(1.0, (100,))).sum() == 100
    assert Generator(0).bernoulli(0.5, (3,), dtype="bool").dtype == "bool"
    with pytest.raises(ValueError, match=r"a probability is in \[0, 1\], not 1.5"):
        Generator(0).bernoulli(1.5)


def test_permutation():
    g = Generator(0)
    orders = [tuple(host(g.permutation(3)).tolist()) for _ in range(300)]
    kinds, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(kinds) == 6
    assert stats.chisquare(counts).pvalue > 0.01
    assert host(g.permutation(0)).shape == (0,)


# -- the functions of the top level ------------------------------------------------------------------------------------


def test_default_generator():
    tl.manual_seed(5)
    first = [host(x).tolist() for x in (tl.rand(3), tl.randn(2, 2), tl.randint(0, 9, (4,)), tl.randperm(5))]
    tl.manual_seed(5)
    assert first == [host(x).tolist() for x in (tl.rand(3), tl.randn((2, 2)), tl.randint(9, (4,)), tl.randperm(5))]


def test_generators_of_their_own(generator):
    before = tl.random.default_generator.get_state()
    found = tl.rand(3, generator=generator)
    assert_same(found, host(Generator(0).uniform((3,))))
    tl.randperm(3, generator=generator)
    tl.randint(3, (2,), generator=generator)
    tl.randn(3, generator=generator)
    assert tl.random.default_generator.get_state() == before


def test_arguments():
    assert tl.rand().shape == ()
    assert tl.rand(2, 3).shape == tl.rand((2, 3)).shape == (2, 3)
    assert tl.randn(2, dtype="float64").dtype == "float64"
    assert tl.randint(0, 3, (2,)).dtype == "int64"
    assert tl.rand(2, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match=r"randint needs the shape: randint\(low, high, size\)"):
        tl.randint(0, 3)


def test_integer_dtypes_of_floats_are_refused():
    with pytest.raises(TypeError, match="uniform draws floating-point numbers, not int64"):
        tl.rand(3, dtype="int64")
    with pytest.raises(TypeError, match="normal draws floating-point numbers, not int64"):
        tl.randn(3, dtype="int64")


def test_threads_that_share_a_generator_draw_different_numbers():
    import sys
    from concurrent.futures import ThreadPoolExecutor

    generator, interval = tl.Generator(0), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            drawn = list(pool.map(lambda _: tuple(generator.uniform((4,)).tolist()), range(1000)))
    finally:
        sys.setswitchinterval(interval)
    assert len(set(drawn)) == 1000
