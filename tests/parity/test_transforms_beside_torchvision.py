"""Functions of images beside torchvision's on tensors, over drawn options, sizes, batches and data types."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from peers import import_torchvision

torchvision = import_torchvision()
import torch
from helpers import host, native
from torchvision.transforms.v2 import functional as theirs

from tensorlab.data.transforms import functional as ours

SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)
SEEDS = st.integers(0, 1 << 16)
DTYPES = st.sampled_from(["float32", "uint8"])
MODES = st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"])
WARP_MODES = st.sampled_from(["nearest", "bilinear"])
LENGTHS = st.integers(1, 23)
WIDER = st.integers(4, 23)


@st.composite
def images(draw, channels=(1, 3), least=1, dtypes=DTYPES):
    """Return an image or a batch, smooth in one half and noisy in the other."""
    outer = draw(st.sampled_from([(), (2,), (2, 2)]))
    shape = (*outer, draw(st.sampled_from(channels)), *(draw(st.integers(least, 23)) for _ in range(2)))
    rng = np.random.default_rng(draw(SEEDS))
    values = rng.uniform(size=shape)
    values[..., ::2] = np.round(values[..., ::2], 1)  # equal values occur
    values[..., 0, 0] = rng.integers(0, 2)
    return values.astype(np.float32) if draw(dtypes) == "float32" else np.round(values * 255).astype(np.uint8)


def assert_equal(found, expected, units=1, share=1.0, rtol=2e-5):
    """Compare floating-point numbers to rounding, and integers to `units` in at most a `share` of the pixels."""
    found, expected = host(found), expected.numpy()
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)
        return
    difference = np.abs(found.astype(int) - expected.astype(int))
    assert difference.max(initial=0) <= units
    assert (difference > 0).mean() <= share if difference.size else True


def both(name, image, *args, **kwargs):
    return getattr(ours, name)(native(image), *args, **kwargs), getattr(theirs, name)(
        torch.from_numpy(image), *args, **kwargs
    )


# PyTorch's interpolation of narrow images goes wrong, as it takes images of one row or column for channels-last. Its
# weights for uint8 have 16 bits, so that what lies halfway between two integers may be rounded to the other one.
@given(images(least=4), WIDER, WIDER, MODES, st.booleans())
@SETTINGS
def test_resize(image, height, width, mode, antialias):
    antialias = antialias or mode == "lanczos"
    units = 0 if mode.startswith("nearest") else 1
    found = both("resize", image, [height, width], interpolation=mode, antialias=antialias)
    assert_equal(*found, units=units, share=0.1)


@given(images(least=4), WIDER, st.none() | st.integers(24, 40))
@SETTINGS
def test_resize_by_the_shorter_side(image, size, max_size):
    long, short = max(image.shape[-2:]), min(image.shape[-2:])
    if int((max_size or 1000) * short / long) > 0:
        assert_equal(*both("resize", image, [size], max_size=max_size))


@given(images(least=9), st.integers(11, 40))
@SETTINGS
def test_resize_by_the_longer_side(image, max_size):
    if int(max_size * min(image.shape[-2:]) / max(image.shape[-2:])) > 0:
        assert_equal(*both("resize", image, None, max_size=max_size))


@given(images(), st.integers(-5, 25), st.integers(-5, 25), LENGTHS, LENGTHS)
@SETTINGS
def test_crop(image, top, left, height, width):
    if -height < top < image.shape[-2] and -width < left < image.shape[-1]:
        assert_equal(*both("crop", image, top, left, height, width), units=0)


@given(images(), LENGTHS, LENGTHS)
@SETTINGS
def test_center_crop(image, height, width):
    assert_equal(*both("center_crop", image, [height, width]), units=0)


@given(images(least=8), st.integers(0, 4), st.integers(0, 4), st.data(), MODES)
@SETTINGS
def test_resized_crop(image, top, left, data, mode):
    height, width = (data.draw(st.integers(4, n - at)) for n, at in zip(image.shape[-2:], (top, left), strict=True))
    units = 0 if mode.startswith("nearest") else 2  # each of the two axes may round by one
    found = both("resized_crop", image, top, left, height, width, size=[9, 12], interpolation=mode)
    assert_equal(*found, units=units, share=0.1)


@given(images(least=3), st.booleans())
@SETTINGS
def test_five_and_ten_crops(image, vertical):
    for found, expected in zip(*both("five_crop", image, [2, 3]), strict=True):
        assert_equal(found, expected, units=0)
    for found, expected in zip(*both("ten_crop", image, [3, 2], vertical_flip=vertical), strict=True):
        assert_equal(found, expected, units=0)


@given(images(), st.sampled_from(["horizontal_flip", "vertical_flip", "invert"]))
@SETTINGS
def test_flips_and_invert(image, name):
    assert_equal(*both(name, image), units=0)


@given(
    images(least=6),
    st.lists(st.integers(0, 5), min_size=4, max_size=4) | st.lists(st.integers(-2, 5), min_size=2, max_size=2),
    st.sampled_from(["constant", "edge", "reflect", "symmetric"]),
    st.integers(0, 1),
)
@SETTINGS
def test_pad(image, padding, mode, fill):
    if image.ndim > 4 and (mode == "symmetric" or min(padding) < 0):
        return  # not implemented there
    assert_equal(*both("pad", image, padding, fill=fill, padding_mode=mode), units=0)


@given(images(channels=(3,)))
@SETTINGS
def test_pad_with_a_colour(image):
    assert_equal(*both("pad", image, [1, 2, 3, 4], fill=[0.25, 1.0, 0.5]), units=0)


# Fractions are cut off, so that another rounding of the last bit of a sum can change a uint8 by one.
@given(
    images(),
    st.sampled_from(["adjust_brightness", "adjust_contrast", "adjust_saturation", "adjust_sharpness"]),
    st.sampled_from([0.0, 0.3, 1.0, 1.7]) | st.floats(0, 3),
)
@SETTINGS
def test_factors(image, name, factor):
    assert_equal(*both(name, image, factor), share=0.02)


@given(images(), st.floats(-0.5, 0.5))
@example(np.zeros((3, 2, 2), np.float32), 0.25)
@SETTINGS
def test_hue(image, factor):
    assert_equal(*both("adjust_hue", image, factor), share=0.02)


@given(images(), st.just(0.0) | st.floats(0.1, 3), st.floats(0.5, 2))
@SETTINGS
def test_gamma(image, gamma, gain):
    assert_equal(*both("adjust_gamma", image, gamma, gain), share=0.02)


@given(images(), st.sampled_from([1, 3]))
@SETTINGS
def test_grayscale(image, channels):
    assert_equal(*both("rgb_to_grayscale", image, channels), share=0.02)


@given(images(), st.integers(0, 8))
@SETTINGS
def test_posterize(image, bits):
    assert_equal(*both("posterize", image, bits), units=0)


@given(images(), st.floats(0, 1))
@SETTINGS
def test_solarize(image, threshold):
    assert_equal(*both("solarize", image, threshold * (255 if image.dtype == np.uint8 else 1)), units=0)


@given(images(), st.sampled_from(["autocontrast", "equalize"]))
@SETTINGS
def test_histograms(image, name):
    assert_equal(*both(name, image), units=1 if name == "autocontrast" else 0, share=0.02)


@given(images(least=6), st.sampled_from([1, 3, 5, 9]), st.sampled_from([1, 3, 7]), st.floats(0.2, 4), st.booleans())
@SETTINGS
def test_gaussian_blur(image, x, y, sigma, default):
    args = ([x, y], None if default else [sigma, sigma / 2])
    assert_equal(*both("gaussian_blur", image, *args), share=0.02)


@given(images(channels=(3,), dtypes=st.just("float32")))
@SETTINGS
def test_normalize(image):
    assert_equal(*both("normalize", image, [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]))


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("source", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("wanted", ["uint8", "int16", "int32", "float32", "float64"])
def test_to_dtype(source, wanted, scale, rng):
    if scale and (source, wanted) == ("float32", "int32"):
        return  # both refuse
    values = rng.uniform(size=(3, 4, 5)) * (1 if source.startswith("f") else np.iinfo(source).max)
    image = values.astype(source)
    assert_equal(
        ours.to_dtype(native(image), wanted, scale),
        theirs.to_dtype(torch.from_numpy(image), getattr(torch, wanted), scale),
        units=0,
    )


@given(images(least=4), st.data())
@SETTINGS
def test_erase(image, data):
    i, j, h, w = (data.draw(st.integers(0, 3)) for _ in range(4))
    expected = theirs.erase(torch.from_numpy(image), i, j, h, w, torch.tensor(1))
    assert_equal(ours.erase(native(image), i, j, h, w, 1), expected, units=0)


# -- warps -------------------------------------------------------------------------------------------------------------

FILLS = st.sampled_from([None, 0, 1, [0.25]])
CENTERS = st.none() | st.tuples(st.floats(-3, 20), st.floats(-3, 20)).map(list)


def assert_warped_equally(name, image, *args, interpolation, fill, **options):
    """Compare; where a place lies halfway between two pixels, or at the border, rounding decides which is nearest."""
    found, expected = both(name, image, *args, interpolation=interpolation, fill=fill, **options)
    if interpolation == "bilinear":
        assert_equal(found, expected, rtol=2e-4)
        return
    found, expected = host(found), expected.numpy()
    assert found.shape == expected.shape
    height, width = image.shape[-2:]
    places = np.stack([*np.meshgrid(range(height), range(width), indexing="ij"), np.ones((height, width))])
    rows, columns, inside = host(
        getattr(ours, name)(native(places, "float32"), *args, interpolation="bilinear", **options)
    )
    halfway = [abs(place % 1 - 0.5) < 1e-3 for place in (rows, columns)]
    assert not ((found != expected) & ~halfway[0] & ~halfway[1] & (inside > 0.999)).any()


@given(images(least=2), st.floats(-400, 400), WARP_MODES, st.booleans(), CENTERS, FILLS)
@SETTINGS
def test_rotate(image, angle, mode, expand, center, fill):
    options = {"expand": expand, "center": center}
    assert_warped_equally("rotate", image, angle, interpolation=mode, fill=fill, **options)


@pytest.mark.parametrize("size", [(6, 6), (5, 8)])
@pytest.mark.parametrize("angle", [0, 90, 180, 270, -90, 450])
def test_quarter_turns(angle, size, rng):
    image = rng.integers(0, 256, (2, 3, *size), dtype=np.uint8)
    assert_equal(*both("rotate", image, angle, expand=True), units=0)
    if size[0] == size[1]:
        assert_equal(*both("rotate", image, angle), units=0)


@given(
    images(least=2),
    st.floats(-180, 180),
    st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    st.floats(0.3, 3),
    st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
    WARP_MODES,
    FILLS,
    CENTERS,
)
@SETTINGS
def test_affine(image, angle, translate, scale, shear, mode, fill, center):
    args = (angle, list(translate), scale, list(shear))
    assert_warped_equally("affine", image, *args, interpolation=mode, fill=fill, center=center)


@given(images(least=6), st.data(), WARP_MODES, FILLS)
@SETTINGS
def test_perspective(image, data, mode, fill):
    height, width = image.shape[-2:]
    start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    moves = [data.draw(st.integers(-1, 1)) for _ in range(8)]
    end = [[x + dx, y + dy] for (x, y), dx, dy in zip(start, moves[:4], moves[4:], strict=True)]
    assert_warped_equally("perspective", image, start, end, interpolation=mode, fill=fill)
