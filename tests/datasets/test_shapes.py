"""Images of shapes: what is in them, where the masks are, and that each depends on its number alone."""

from math import pi

import numpy as np
import pytest
from helpers import assert_close, assert_same, host

import tensorlab as tl
from tensorlab.data import DataLoader
from tensorlab.datasets import Shapes
from tensorlab.datasets.shapes import _shapes


@pytest.mark.parametrize("size", [32, (20, 48), 1])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("n_classes", [1, 3, 9])
def test_images_and_masks(size, channels, n_classes):
    data = Shapes(20, size, n_classes, channels=channels)
    height, width = (size, size) if isinstance(size, int) else size
    assert (len(data), len(data.classes), data.classes[0]) == (20, n_classes + 1, "background")
    labels = set()
    for image, mask in map(data.__getitem__, range(20)):
        assert (image.shape, image.dtype.name) == ((channels, height, width), "uint8")
        assert (mask.shape, mask.dtype.name) == ((height, width), "int64")
        labels |= set(np.unique(host(mask)).tolist())
    assert labels <= set(range(n_classes + 1))
    if size == 32:
        assert labels == set(range(n_classes + 1)) or n_classes == 9


def test_every_image_depends_on_the_seed_and_its_number():
    data, same, other = Shapes(10, 24, seed=5), Shapes(50, 24, seed=5), Shapes(10, 24, seed=6)
    for number in (7, 2, 7):
        for found, expected in zip(same[number], data[number]):
            assert_same(found, host(expected))
    assert (host(data[3][0]) != host(other[3][0])).any()
    assert_same(data[-1][0], host(data[9][0]))
    tl.manual_seed(1)
    first = tl.rand(3)
    tl.manual_seed(1)
    data[0]
    assert_same(tl.rand(3), host(first))
    for number in (10, -11):
        with pytest.raises(IndexError, match=r"^Shapes: index must be in the range of 10 samples"):
            data[number]


def test_images_are_the_same_on_other_backends(other_backend):
    image, mask = Shapes(3, 32)[1]
    with tl.use_backend(other_backend):
        found, where = Shapes(3, 32)[1]
        assert found.backend.name == other_backend
    assert_same(where, host(mask))
    assert np.abs(host(found).astype(int) - host(image).astype(int)).max() <= 1


def test_shapes_differ_from_the_background_where_the_mask_says():
    data = Shapes(30, 48, noise=0.0, max_shapes=1)
    for image, mask in map(data.__getitem__, range(30)):
        image, inside = host(image).astype(int), host(mask) > 0
        if not inside.any() or inside.all():
            continue
        assert len(np.unique(image[:, inside], axis=1).T) == 1
        assert len(np.unique(image[:, ~inside], axis=1).T) == 1
        assert (image[:, inside].min(axis=1) - image[:, ~inside].max(axis=1)).min() > 50


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("circle", pi * 0.8**2),
        ("square", 1.4**2),
        ("triangle", 3 * 3**0.5 / 4),
        ("cross", 2 * 1.8 * 0.5 - 0.5**2),
        ("ring", pi * (0.9**2 - 0.5**2)),
        ("star5", pi * (1 - 0.55 + 0.55**2 / 3)),
        ("star8", pi * (1 - 0.55 + 0.55**2 / 3)),
    ],
)
def test_areas_of_shapes(name, area):
    side = np.linspace(-1.2, 1.2, 601)
    u, v = (tl.asarray(x) for x in np.meshgrid(side, side))
    inside = _shapes(9)[name](u, v)
    assert_close(inside.astype("float64").sum() * (2.4 / 600) ** 2, np.array(area), rtol=0.01)


def test_noise():
    clean, noisy = (host(Shapes(1, 128, noise=noise, channels=1, seed=2)[0][0]).astype(float) for noise in (0.0, 0.05))
    middle = (clean > 60) & (clean < 200)
    assert middle.any()
    assert abs((noisy - clean)[middle].std() / 255 - 0.05) < 0.005


def test_transforms_and_batches():
    data = Shapes(8, 16, transform=lambda image: image[:1], target_transform=lambda mask: mask > 0)
    images, masks = next(iter(DataLoader(data, batch_size=4)))
    assert (images.shape, masks.shape, masks.dtype.name) == ((4, 1, 16, 16), (4, 16, 16), "bool")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (3, 4, 5)}, "size must be one number, or height and width"),
        ({"size": 0}, "size must be a positive integer"),
        ({"n_classes": 65}, "n_classes must be at most 64"),
        ({"channels": 2}, "channels must be 1 or 3, not 2"),
        ({"seed": -1}, "seed must be"),
        ({"noise": -1}, "noise must be"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=rf"^Shapes: {message}"):
        Shapes(**options)
