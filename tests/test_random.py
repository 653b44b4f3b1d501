"""Seeded generators: reproducible on every backend, states, children, and the basic distributions."""

import copy
from concurrent.futures import ThreadPoolExecutor
from inspect import signature

import numpy as np
import pytest
from helpers import assert_close, assert_same, host
from scipy import stats

import tensorlab as tl
from tensorlab.random import Generator
from tensorlab.random.arguments import Call
from tensorlab.random.generator import drawing_from

FIRST_WORDS = (0x2F4BA6408E4D89B, 0x3DD62B0B9CA8C5B2, 0x1C8667A55D902E79, 0x907D7A052FD5B4DC)
"""The first block of numpy.random.Philox(key=0)."""

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
    "lognormal": lambda g: g.lognormal((7,), 0.5, 0.5),
    "truncated_normal": lambda g: g.truncated_normal(-1.0, 3.0, 0.5, 2.0, (9,)),
    "truncated_normal double": lambda g: g.truncated_normal(3.0, float("inf"), shape=(9,), dtype="float64"),
    "exponential": lambda g: g.exponential((7,), 3.0),
    "laplace": lambda g: g.laplace((7,), 1.0, 2.0),
    "logistic": lambda g: g.logistic((7,), 1.0, 2.0),
    "gumbel": lambda g: g.gumbel((7,)),
    "cauchy": lambda g: g.cauchy((7,)),
    "weibull": lambda g: g.weibull(1.5, 2.0, (7,)),
    "pareto": lambda g: g.pareto(2.0, (7,)),
    "rayleigh": lambda g: g.rayleigh((7,)),
    "vonmises": lambda g: g.vonmises(1.0, 2.0, (7,)),
    "gamma": lambda g: g.gamma(2.5, shape=(200,), dtype="float64"),
    "gamma small": lambda g: g.gamma(0.2, shape=(200,)),
    "gamma tensor": lambda g: g.gamma(tl.asarray([0.1, 1.0, 40.0]), 2.0, (70, 3)),
    "chisquare": lambda g: g.chisquare(3.0, (7,)),
    "student_t": lambda g: g.student_t(3.0, 1.0, 2.0, (7,)),
    "beta": lambda g: g.beta(0.5, 2.0, (7,)),
    "dirichlet": lambda g: g.dirichlet([0.5, 1.0, 2.0], (4,)),
    "multivariate_normal": lambda g: g.multivariate_normal([1.0, 2.0], tl.asarray([[2.0, 0.5], [0.5, 1.0]]), (4,)),
    "poisson small": lambda g: g.poisson(2.0, (200,)),
    "poisson large": lambda g: g.poisson(50.0, (200,)),
    "poisson tensor": lambda g: g.poisson(tl.asarray([0.0, 3.0, 10.0, 1e6]), (50, 4)),
    "binomial small": lambda g: g.binomial(20, 0.3, (200,)),
    "binomial large": lambda g: g.binomial(200, 0.7, (200,)),
    "binomial tensor": lambda g: g.binomial(tl.asarray([1, 10, 1000]), tl.asarray([[0.1], [0.6]]), (2, 3)),
    "geometric": lambda g: g.geometric(0.1, (20,)),
    "negative_binomial": lambda g: g.negative_binomial(2.5, 0.3, (20,)),
    "shuffled": lambda g: g.permutation(tl.reshape(tl.arange(20), (2, 10)), axis=1),
    "choice": lambda g: g.choice(10, (9,)),
    "choice of each": lambda g: g.choice(10, (9,), replace=False),
    "weighted choice": lambda g: g.choice(3, (9,), p=[0.2, 0.3, 0.5]),
    "weighted choice of each": lambda g: g.choice(6, (4,), False, [0.1, 0.1, 0.2, 0.2, 0.2, 0.2]),
    "categorical": lambda g: g.categorical(tl.asarray([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]), shape=(9, 2)),
    "multinomial": lambda g: g.multinomial(tl.asarray([[0.1, 1.0, 2.0], [2.0, 1.0, 0.3]]), 2),
    "multinomial again": lambda g: g.multinomial(tl.asarray([[0.1, 1.0, 2.0], [2.0, 1.0, 0.3]]), 9, True),
}
each_draw = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@each_draw
def test_equal_seeds_give_equal_numbers(draw):
    first, second, other = (draw(Generator(seed)) for seed in (1, 1, 2))
    assert_same(second, host(first))
    if first.nelement() > 8:
        assert not np.array_equal(host(first), host(other))


@each_draw
def test_same_numbers_on_both_backends(draw, other_backend):
    here = draw(Generator(3))
    with tl.use_backend(other_backend):
        there = draw(Generator(3))
    assert there.backend.name == other_backend
    assert there.dtype == here.dtype
    assert_close(there, host(here), rtol=2e-6 if here.dtype == "float32" else 1e-13)


@each_draw
def test_same_numbers_without_reading_elements(draw, monkeypatch):
    """On a GPU, all rounds of rejection are computed, with the same result."""
    here, stream = Generator(3), Generator(3)
    expected = host(draw(here))
    monkeypatch.setattr(Call, "on_host", False)
    assert_close(draw(stream), expected, rtol=2e-6 if expected.dtype == "float32" else 1e-13)
    assert stream.get_state() == here.get_state()


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


def test_first_words():
    expected = [(word >> 11) * 2.0**-53 for word in FIRST_WORDS]
    assert host(Generator(0).uniform((4,), dtype="float64")).tolist() == expected


def test_draws_do_not_overlap(generator):
    numbers = np.concatenate([host(generator.uniform((n,), dtype="float64")) for n in (1, 3, 4, 5, 100)])
    assert np.unique(numbers).size == 113


def test_a_draw_depends_only_on_its_position():
    """Drawing a number of whole blocks at once or in parts gives the same words."""
    whole = host(Generator(5).uniform((16,), dtype="float64"))
    g = Generator(5)
    parts = np.concatenate([host(g.uniform((4,), dtype="float64")), host(g.uniform((12,), dtype="float64"))])
    np.testing.assert_array_equal(parts, whole)


class TestState:
    def test_as_a_tensor(self, generator):
        generator.manual_seed(2**127 + 12345)
        generator.uniform((100,))
        generator.spawn(3)
        state = generator.state_dict()
        assert (list(state), state["stream"].dtype, state["stream"].shape) == (["stream"], "uint64", (4,))
        other = Generator(1)
        other.load_state_dict(state)
        assert other.get_state() == generator.get_state()
        assert_same(other.normal((5,)), host(generator.normal((5,))))

    def test_on_another_backend(self, generator, other_backend):
        generator.normal((3,))
        state = {key: host(value) for key, value in generator.state_dict().items()}
        expected = host(generator.integers(1000, shape=(20,)))
        with tl.use_backend(other_backend):
            there = Generator(9)
            there.load_state_dict({key: tl.asarray(value) for key, value in state.items()})
            assert_same(there.integers(1000, shape=(20,)), expected)

    @pytest.mark.parametrize("wrong", [{}, {"stream": [1, 2, 3]}, {"stream": [1.0, 2.0, 3.0, 4.0]}])
    def test_invalid_states(self, generator, wrong):
        before = generator.get_state()
        with pytest.raises(ValueError, match="4 words of type uint64"):
            generator.load_state_dict({key: tl.asarray(value) for key, value in wrong.items()})
        assert generator.get_state() == before


class TestSpawn:
    def test_children_differ_from_each_other_and_the_parent(self, generator):
        streams = [generator, *generator.spawn(5), *generator.spawn(5)]
        streams += streams[1].spawn(2)
        drawn = np.concatenate([host(g.uniform((100,), dtype="float64")) for g in streams])
        assert np.unique(drawn).size == 100 * len(streams)
        assert stats.kstest(drawn, "uniform").pvalue > 0.01

    def test_children_depend_only_on_key_and_count(self, other_backend):
        first, second = Generator(7), Generator(7)
        expected = [child.get_state() for child in first.spawn(4)]
        second.uniform((1000,))
        with tl.use_backend(other_backend):
            found = second.spawn(1) + second.spawn(3)
        assert [child.get_state() for child in found] == expected
        assert [child.get_state() for child in Generator(8).spawn(4)] != expected

    def test_the_parent_is_not_affected(self):
        first, second = Generator(7), Generator(7)
        second.spawn(3)
        assert_same(second.normal((9,)), host(first.normal((9,))))

    def test_the_count_is_part_of_the_state(self, generator):
        state = generator.get_state()
        (first,) = generator.spawn(1)
        (second,) = generator.spawn(1)
        generator.set_state(state)
        assert generator.spawn(1)[0].get_state() == first.get_state() != second.get_state()

    def test_zero_and_negative_counts(self, generator):
        assert generator.spawn(0) == []
        with pytest.raises(ValueError, match="spawn: n_children must be a non-negative integer, not -1"):
            generator.spawn(-1)


def test_large_seeds():
    assert Generator(2**128 - 1).uniform().item() != Generator(2**64 - 1).uniform().item()
    for seed in (-1, 2**128):
        with pytest.raises(ValueError, match=r"a seed is an integer in \[0, 2\*\*128\)"):
            Generator(seed)


def test_seeds_are_integers_of_any_library():
    expected = Generator(7).get_state()
    for seed in (np.int64(7), np.uint8(7), np.array(7), tl.tensor(7)):
        assert Generator(seed).get_state() == expected
        assert Generator().manual_seed(seed).get_state() == expected
    for seed in ("7", 7.0, None, True, np.float64(7), [7]):
        with pytest.raises(TypeError, match=r"^Generator: a seed is an integer in \[0, 2\*\*128\), not"):
            Generator(seed)
        with pytest.raises(TypeError, match=r"^manual_seed: a seed"):
            Generator().manual_seed(seed)


# -- distributions: seeds are fixed, so the outcome is always the same -------------------------------------------------


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
    """A narrow range in which low + u * (high - low) can round to the upper bound."""
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
        with pytest.raises(ValueError, match=r"integers: the range from low to high must hold 1 to 2\*\*53 numbers"):
            Generator(0).integers(low, high)


def test_bernoulli():
    numbers = host(Generator(0).bernoulli(0.3, (100_000,)))
    assert set(numbers.tolist()) == {0.0, 1.0}
    assert abs(numbers.mean() - 0.3) < 0.005
    assert host(Generator(0).bernoulli(0.0, (100,))).sum() == 0
    assert host(Generator(0).bernoulli(1.0, (100,))).sum() == 100
    assert Generator(0).bernoulli(0.5, (3,), dtype="bool").dtype == "bool"
    with pytest.raises(ValueError, match=r"bernoulli: p is 1.5, but must be in \[0, 1\]"):
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


def test_the_functions_are_the_methods():
    """Functions draw the same numbers as methods and have their docstrings and signatures, plus `generator`."""
    names = [n for n in tl.random.__all__ if n in vars(tl.random) and hasattr(Generator, n) and n != "manual_seed"]
    assert len(names) == 29
    for name in names:
        function, method = getattr(tl.random, name), getattr(Generator, name)
        parameters = dict(signature(function).parameters)
        assert parameters.pop("generator").default is None
        assert [*parameters.values()] == [*signature(method).parameters.values()][1:]
        assert function.__name__ == name
        assert "generator : Generator, optional" in function.__doc__
        assert not set("{}") & set(method.__doc__.partition("Examples")[0]), name
    tl.random.seed(4)
    first = host(tl.random.gumbel((3,)))
    assert_same(tl.random.gumbel((3,), generator=Generator(4)), first)
    assert_same(tl.manual_seed(4).gumbel((3,)), first)


def test_like(generator):
    x = tl.zeros((2, 3), dtype="float64")
    assert_same(tl.rand_like(x, generator=generator), host(Generator(0).uniform((2, 3), dtype="float64")))
    assert_same(tl.randn_like(x, dtype="float32"), host(Generator(0).normal((2, 3))))
    found = tl.randint_like(x, 3, 5)
    assert (found.dtype, found.shape) == ("float64", (2, 3))
    assert set(host(found).ravel().tolist()) <= {3.0, 4.0}
    assert set(host(tl.randint_like(x, 2, dtype="int8")).ravel().tolist()) <= {0, 1}
    assert tl.rand_like(x, requires_grad=True).requires_grad
    with pytest.raises(TypeError, match="rand_like: dtype must be real floating-point, not int64"):
        tl.rand_like(tl.zeros(2, dtype="int64"))


def test_like_on_another_backend(other_backend):
    x = tl.zeros(3)
    with tl.use_backend(other_backend):
        assert tl.randn_like(x).backend is x.backend


def test_explicit_generators(generator):
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
    with pytest.raises(TypeError, match=r"randint: size must be given: randint\(low, high, size\)"):
        tl.randint(0, 3)


@pytest.mark.parametrize("state", [None, {}, {"key": (0, 0), "block": 0}, {"key": (0, -1), "block": 0, "children": 0}])
def test_wrong_states_are_refused_and_change_nothing(state, generator):
    before = generator.get_state()
    with pytest.raises(ValueError, match=r"^set_state: state"):
        generator.set_state(state)
    with pytest.raises(ValueError, match=r"^load_state_dict: state_dict must be"):
        generator.load_state_dict(state)
    assert generator.get_state() == before


def test_numpy_numbers_are_numbers():
    high, wide = np.int64(9), np.uint64(1 << 40)
    for drawn in (
        tl.randint(2, high, (3,)),
        tl.randint(np.array(2), tl.tensor(9), [np.int32(3)]),
        tl.randint(high, [3]),
    ):
        assert drawn.shape == (3,) and drawn.dtype == "int64"
    assert host(tl.randint(wide - np.uint64(3), wide, (99,))).min() >= (1 << 40) - 3
    assert tl.rand(np.int64(2), np.int8(3)).shape == (2, 3)
    assert tl.random.permutation(np.int64(4)).shape == (4,)
    drawn = tl.Generator(3).normal(np.int64(5), np.float64(2.0), np.float64(0.5))
    assert drawn.dtype == "float32"
    assert (host(drawn) == host(tl.Generator(3).normal((5,), 2.0, 0.5))).all()


def test_integer_dtypes_of_floats_are_refused():
    with pytest.raises(TypeError, match="rand: dtype must be real floating-point, not int64"):
        tl.rand(3, dtype="int64")
    with pytest.raises(TypeError, match="randn: dtype must be real floating-point, not int64"):
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


class TestStandingIn:
    def test_draws_seeds_and_states_are_those_of_the_other_generator(self):
        tl.manual_seed(3)
        before = tl.random.default_generator.get_state()
        other = tl.Generator(5)
        with drawing_from(other):
            inside = tl.rand(3)
            assert tl.random.default_generator.get_state() == other.get_state()
            (child,) = tl.random.default_generator.spawn(1)
        assert tl.random.default_generator.get_state() == before
        assert inside.tolist() == tl.Generator(5).uniform((3,)).tolist()
        assert child.get_state() == tl.Generator(5).spawn(1)[0].get_state()
        with drawing_from(other):
            tl.manual_seed(9)
        assert other.get_state() == tl.Generator(9).get_state()
        assert tl.random.default_generator.get_state() == before

    def test_other_threads_are_not_affected(self):
        with drawing_from(tl.Generator(5)), ThreadPoolExecutor(1) as pool:
            there = pool.submit(tl.random.default_generator.get_state).result()
        assert there == tl.random.default_generator.get_state()

    def test_a_copy_of_the_default_generator_is_independent(self):
        twin = copy.deepcopy(tl.random.default_generator)
        with drawing_from(tl.Generator(5)):
            assert twin.get_state()["key"] == (0, 0)
