"""Synthetic points: against scikit-learn, closed forms, and the definitions of the classes."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host

import tensorlab as tl
from tensorlab import datasets
from tensorlab.datasets import (
    make_blobs,
    make_checkerboard,
    make_circles,
    make_copy_memory,
    make_gaussian_mixture,
    make_moons,
    make_parity,
    make_spirals,
    make_surface,
    make_surface_grid,
    make_xor,
)

MAKERS = [
    make_moons, make_circles, make_spirals, make_blobs, make_xor, make_checkerboard, make_gaussian_mixture,
    lambda n, generator: make_parity(5, n, generator=generator), make_surface, make_copy_memory,
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
def test_shapes_types_and_seeds(make, other_backend):
    x, y = make(101, generator=tl.Generator(3))
    assert len(x) == len(y) == 101
    assert x.dtype.name == ("int64" if make is make_copy_memory else "float32")
    assert y.dtype.name == ("float32" if make is make_surface else "int64")
    again, labels = make(101, generator=tl.Generator(3))
    assert_same(again, host(x))
    assert_same(labels, host(y))
    assert not (make(101, generator=tl.Generator(4))[0] == x).all()
    default, _ = make(101, generator=tl.manual_seed(3))
    assert_same(default, host(x))
    with tl.use_backend(other_backend):
        elsewhere, labels = make(101, generator=tl.Generator(3))
        assert elsewhere.backend.name == other_backend
        assert_close(elsewhere, host(x), rtol=1e-5)
        assert_same(labels, host(y))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_samples(make, count):
    x, y = make(count, generator=None)
    assert len(x) == len(y) == count


@pytest.mark.parametrize(
    ("name", "options"), [("make_moons", {}), ("make_circles", {}), ("make_circles", {"factor": 0.3})]
)
@pytest.mark.parametrize("count", [10, 11])
def test_points_of_scikit_learn(name, options, count):
    sklearn = pytest.importorskip("sklearn.datasets")
    x, y = getattr(datasets, name)(count, shuffle=False, **options)
    expected, labels = getattr(sklearn, name)(count, shuffle=False, noise=None, **options)
    assert_close(x, expected.astype("float32"), rtol=1e-5)
    assert_same(y, labels.astype("int64"))


def test_noise_has_its_deviation():
    clean, _ = make_moons(20_000, shuffle=False)
    noisy, _ = make_moons(20_000, 0.3, shuffle=False, generator=tl.Generator(0))
    deviations = host(noisy - clean)
    assert abs(deviations.std() - 0.3) < 0.01
    assert abs(deviations.mean()) < 0.01


def test_shuffling_keeps_points_with_their_classes():
    x, y = make_circles(50, factor=0.5, generator=tl.Generator(0))
    assert_close(np.linalg.norm(host(x), axis=1), np.where(host(y) == 1, 0.5, 1.0), rtol=1e-6)
    assert host(y).tolist() != sorted(host(y).tolist())
    assert host(make_circles(50, shuffle=False)[1]).tolist() == 25 * [0] + 25 * [1]


@pytest.mark.parametrize(("count", "arms", "turns"), [(100, 2, 1.5), (101, 3, 1.0), (7, 7, 2.0)])
def test_spirals(count, arms, turns):
    """The angle less that of the arm is proportional to the radius."""
    x, y = make_spirals(count, n_arms=arms, turns=turns, generator=tl.Generator(0))
    x, y = host(x).astype("float64"), host(y)
    radius = np.linalg.norm(x, axis=1)
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * (turns * radius + y / arms)
    assert np.abs(np.angle(np.exp(1j * angle))).max() < 1e-4
    assert np.ptp(np.bincount(y, minlength=arms)) <= 1
    assert 0 < radius.min() <= radius.max() < 1


def test_blobs():
    centers = [[-5.0, 0.0, 3.0], [5.0, 1.0, 0.0]]
    x, y = make_blobs(4001, centers=centers, cluster_std=0.5, generator=tl.Generator(0))
    x, y = host(x), host(y)
    assert np.bincount(y).tolist() == [2001, 2000]
    for number, center in enumerate(centers):
        assert np.abs(x[y == number].mean(axis=0) - center).max() < 0.05
        assert np.abs(x[y == number].std(axis=0) - 0.5).max() < 0.03
    drawn, y = make_blobs(60, 5, 6, 0.0, (1.0, 2.0), generator=tl.Generator(0))
    assert drawn.shape == (60, 5)
    assert len(np.unique(host(drawn), axis=0)) == 6
    assert 1 <= host(drawn).min() <= host(drawn).max() <= 2
    with pytest.raises(ValueError, match=r"^make_blobs: centers must be a matrix"):
        make_blobs(10, centers=[1.0, 2.0])


def test_xor_and_checkerboards():
    x, y = map(host, make_xor(500, generator=tl.Generator(0)))
    assert (y == (x[:, 0] * x[:, 1] < 0)).all()
    assert np.abs(x).max() <= 1
    for squares in (1, 3, 4):
        x, y = map(host, make_checkerboard(500, n_squares=squares, generator=tl.Generator(0)))
        cells = np.floor((x.astype("float64") + 1) / 2 * squares).astype(int)
        assert (y == cells.sum(axis=1) % 2).all()


def test_gaussian_mixtures():
    covariances = np.array([[[1.0, 0.8], [0.8, 1.0]], [[0.1, 0.0], [0.0, 2.0]]])
    means, weights = [[0.0, 5.0], [3.0, 0.0]], [0.7, 0.3]
    x, y = map(host, make_gaussian_mixture(20_000, means, covariances, weights, generator=tl.Generator(0)))
    for number in range(2):
        part = x[y == number]
        assert abs(len(part) / len(x) - weights[number]) < 0.02
        assert np.abs(part.mean(axis=0) - means[number]).max() < 0.05
        assert np.abs(np.cov(part.T) - covariances[number]).max() < 0.06
    x, y = map(host, make_gaussian_mixture(4000, generator=tl.Generator(0)))
    centres = 2 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
    assert np.abs((x - centres[y]).std(axis=0) - 0.2).max() < 0.01
    with pytest.raises(
        ValueError, match=r"^make_gaussian_mixture: covariances must have shape \(2, 2, 2\), not \(2, 2\)"
    ):
        make_gaussian_mixture(5, means, covariances[0])
    with pytest.raises(ValueError, match=r"^make_gaussian_mixture: means must be a matrix"):
        make_gaussian_mixture(5, [1.0])
    with pytest.raises(ValueError, match=r"^make_gaussian_mixture: "):
        make_gaussian_mixture(5, means, -covariances)


def test_parity():
    x, y = map(host, make_parity(4))
    assert [int("".join(str(int(bit)) for bit in row), 2) for row in x] == list(range(16))
    assert y.tolist() == [bin(number).count("1") % 2 for number in range(16)]
    x, y = map(host, make_parity(40, 1000, generator=tl.Generator(0)))
    assert set(np.unique(x)) == {0, 1}
    assert (x.sum(axis=1) % 2 == y).all()
    assert abs(x.mean() - 0.5) < 0.01
    with pytest.raises(ValueError, match=r"^make_parity: n_bits=30 has too many strings"):
        make_parity(30)


# -- surfaces ----------------------------------------------------------------------------------------------------------


def franke(x, y):
    """R. Franke's function, on the unit square, as he gives it."""
    return (
        0.75 * np.exp(-((9 * x - 2) ** 2 + (9 * y - 2) ** 2) / 4)
        + 0.75 * np.exp(-((9 * x + 1) ** 2) / 49 - (9 * y + 1) / 10)
        + 0.5 * np.exp(-((9 * x - 7) ** 2 + (9 * y - 3) ** 2) / 4)
        - 0.2 * np.exp(-((9 * x - 4) ** 2) - (9 * y - 7) ** 2)
    )


def peaks(x, y):
    """MATLAB's function."""
    return (
        3 * (1 - x) ** 2 * np.exp(-(x**2) - (y + 1) ** 2)
        - 10 * (x / 5 - x**3 - y**5) * np.exp(-(x**2) - y**2)
        - 1 / 3 * np.exp(-((x + 1) ** 2) - y**2)
    )


FORMULAS = {
    "plane": lambda x, y: x / 2 - y / 4,
    "saddle": lambda x, y: x**2 - y**2,
    "product": lambda x, y: x * y,
    "waves": lambda x, y: np.sin(np.pi * x) * np.sin(np.pi * y),
    "ripple": lambda x, y: np.sin(3 * np.pi * np.hypot(x, y)) / (3 * np.pi * np.hypot(x, y)),
    "peaks": lambda x, y: peaks(3 * x, 3 * y) / 8,
    "franke": lambda x, y: franke((x + 1) / 2, (y + 1) / 2),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_surfaces(name):
    for x, y in (make_surface(300, name, generator=tl.Generator(0)), make_surface_grid(16, name)):
        points = host(x).astype("float64")
        assert_close(y, FORMULAS[name](points[:, :1], points[:, 1:]).astype("float32"), rtol=1e-4, atol=1e-5)


def test_grids():
    x, _ = make_surface_grid(3)
    assert_same(
        x, np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(9, 2).astype("float32")
    )


def test_functions_of_the_user():
    x, y = make_surface(1000, lambda x, y: x + 2 * y, 0.1, generator=tl.Generator(0))
    x, y = host(x), host(y)
    assert abs((y[:, 0] - x[:, 0] - 2 * x[:, 1]).std() - 0.1) < 0.01
    for function in (lambda x, y: 3.0, lambda x, y: (x + y).sum()):
        with pytest.raises(ValueError, match=r"^make_surface: function must return a tensor of shape \(5,\), not"):
            make_surface(5, function)
    with pytest.raises(ValueError, match=r"^make_surface: function must be 'plane', .* or callable, not 'cone'"):
        make_surface(5, "cone")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: make_moons(-1), ValueError, "make_moons: n_samples must be a non-negative integer, not -1"),
        (lambda: make_moons(10, -1.0), ValueError, "make_moons: noise must be a non-negative number"),
        (lambda: make_circles(10, factor=1.0), ValueError, r"make_circles: factor must be a number in \[0, 1\)"),
        (
            lambda: make_spirals(10, n_arms=0),
            ValueError,
            "make_spirals: n_arms must be an integer from 1 to 1000, not 0",
        ),
        (lambda: make_blobs(10, generator=3), TypeError, "make_blobs: generator must be a Generator or None, not 3"),
        (lambda: make_moons(1 << 60), MemoryError, "make_moons: n_samples=.* is too large"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=rf"^{message}"):
        call()
