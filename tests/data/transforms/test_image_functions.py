"""Functions of images against values worked out by hand and formulas in NumPy."""

import colorsys

import numpy as np
import pytest
from helpers import host, native, tensor

import tensorlab as tl
from tensorlab.data.transforms import functional as F


def bytes_of(values):
    return np.asarray(values, dtype=np.uint8)


def photo(rng, *shape, dtype="float32"):
    values = rng.uniform(size=shape)
    return native(values.astype(np.float32) if dtype == "float32" else bytes_of(values * 255))


# -- layouts -----------------------------------------------------------------------------------------------------------


def test_arrays_become_tensors_with_the_channels_first(rng):
    pixels = bytes_of(rng.integers(0, 256, (4, 6, 3)))
    image = F.to_image(pixels)
    assert isinstance(image, tl.Tensor)
    np.testing.assert_array_equal(host(image), np.moveaxis(pixels, -1, 0))
    assert F.to_image(pixels[..., 0]).shape == (1, 4, 6)
    assert F.to_image(pixels[None]).shape == (1, 3, 4, 6)
    assert F.to_image(image) is image


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros(3), tl.errors.ShapeError, "height, width"),
        (np.zeros((3, 8, 9)), tl.errors.ShapeError, "passed as a tensor"),
        ("picture.png", TypeError, "not str"),
        ([[1, 2]], TypeError, "not list"),
    ],
)
def test_what_is_no_image_is_refused(image, error, message):
    with pytest.raises(error, match=message):
        F.to_image(image)


@pytest.mark.parametrize("call", [lambda x: F.resize(x, 5), F.hflip, lambda x: F.adjust_hue(x, 0.1), F.equalize])
def test_channels_that_come_last_are_explained(call):
    with pytest.raises(tl.errors.ShapeError, match=r"\(8, 9, 3\) looks like .*ToImage"):
        call(tl.zeros(8, 9, 3))


def test_pictures_of_pillow_and_back(rng):
    Image = pytest.importorskip("PIL.Image")
    pixels = bytes_of(rng.integers(0, 256, (4, 6, 3)))
    image = F.pil_to_tensor(Image.fromarray(pixels))
    np.testing.assert_array_equal(host(image), np.moveaxis(pixels, -1, 0))
    for channels, mode in ((1, "L"), (3, "RGB")):
        picture = F.to_pil_image(image[:channels])
        assert picture.mode == mode
        np.testing.assert_array_equal(host(F.to_image(picture)), host(image[:channels]))
    assert F.to_pil_image(tensor(np.ones((2, 3)))).getpixel((0, 0)) == 255


@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_arrays_give_arrays_and_tensors_tensors(kind, rng):
    image = photo(rng, 2, 3, 6, 7)
    image = tl.Tensor(image) if kind == "tensor" else image
    for call in (
        lambda x: F.resize(x, 4),
        lambda x: F.resized_crop(x, 1, [0, 1], 3, 4, 5),
        lambda x: F.crop(x, [0, 1], 0, 3, 3),
        lambda x: F.pad(x, 1, fill=[0.1, 0.2, 0.3]),
        lambda x: F.rotate(x, [3.0, 40.0], fill=1),
        lambda x: F.adjust_contrast(x, [0.5, 2.0]),
        lambda x: F.adjust_sharpness(x, 2.0),
        lambda x: F.gaussian_blur(x, 3, [(1.0, 1.0), (2.0, 3.0)]),
        lambda x: F.erase(x, [0, 1], 1, 2, 2, 0.5),
        F.equalize,
        F.autocontrast,
    ):
        assert type(call(image)) is type(image)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hue", [-0.5, -0.2, 0.0, 0.05, 1 / 3, 0.5])
def test_hue_as_the_standard_library_turns_it(hue, rng):
    image = rng.uniform(size=(3, 5, 6))
    image[:, 0, 0], image[:, 0, 1], image[:, 0, 2] = 0.5, (0.5, 0.5, 0.1), (0.2, 0.7, 0.7)
    expected = np.empty_like(image)
    for place in np.ndindex(5, 6):
        h, s, v = colorsys.rgb_to_hsv(*image[:, *place])
        expected[:, *place] = colorsys.hsv_to_rgb((h + hue) % 1.0, s, v)
    np.testing.assert_allclose(host(F.adjust_hue(native(image), hue)), expected, atol=1e-12)


def test_blends_of_colours(rng):
    image = rng.uniform(size=(2, 3, 4, 5))
    grey = 0.2989 * image[:, 0] + 0.587 * image[:, 1] + 0.114 * image[:, 2]
    x = native(image)
    for factor in (0.0, 0.4, 1.0, 1.9):
        mixed = np.clip(factor * image + (1 - factor) * grey[:, None], 0, 1)
        np.testing.assert_allclose(host(F.adjust_saturation(x, factor)), mixed, atol=1e-12)
        mean = grey.mean(axis=(1, 2)).reshape(2, 1, 1, 1)
        np.testing.assert_allclose(
            host(F.adjust_contrast(x, factor)), np.clip(factor * image + (1 - factor) * mean, 0, 1), atol=1e-12
        )
        np.testing.assert_allclose(host(F.adjust_brightness(x, factor)), np.clip(factor * image, 0, 1), atol=1e-12)
    np.testing.assert_allclose(host(F.rgb_to_grayscale(x, 3)), np.stack([grey] * 3, axis=1), atol=1e-12)


def test_equalized_levels():
    ramp = bytes_of(np.arange(128).repeat(8).reshape(1, 32, 32))
    np.testing.assert_array_equal(
        host(F.equalize(native(ramp))), bytes_of([min(255, (8 * k + 1) // 3) for k in range(128)])[ramp]
    )
    flat = bytes_of(np.full((1, 4, 4), 7))
    np.testing.assert_array_equal(host(F.equalize(native(flat))), flat)


def test_sharpness_keeps_the_border(rng):
    image = bytes_of(rng.integers(0, 256, (1, 5, 6)))
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(int), (3, 3), (1, 2))
    smooth = image.copy()
    smooth[:, 1:-1, 1:-1] = np.round((windows.sum((-1, -2)) + 4 * image[:, 1:-1, 1:-1].astype(int)) / 13)
    np.testing.assert_array_equal(host(F.adjust_sharpness(native(image), 0.0)), smooth)
    np.testing.assert_array_equal(host(F.adjust_sharpness(native(image), 1.0)), image)


def test_blur_of_one_bright_pixel():
    image = np.zeros((1, 9, 9))
    image[0, 4, 4] = 1
    x = np.exp(-(np.arange(-2, 3) ** 2) / (2 * 1.5**2))
    y = np.exp(-(np.arange(-1, 2) ** 2) / (2 * 0.7**2))
    expected = np.zeros((9, 9))
    expected[3:6, 2:7] = np.outer(y / y.sum(), x / x.sum())
    np.testing.assert_allclose(host(F.gaussian_blur(native(image), [5, 3], [1.5, 0.7]))[0], expected, atol=1e-12)


def test_affine_maps_of_whole_pixels(rng):
    image = photo(rng, 3, 6, 6)
    moved = F.affine(image, 0, (2, -1), 1.0, (0, 0))
    np.testing.assert_array_equal(host(moved)[:, :5, 2:], host(image)[:, 1:, :4])
    assert not host(moved)[:, 5].any()
    np.testing.assert_array_equal(host(F.affine(image, 90, (0, 0), 1.0, (0, 0))), np.rot90(host(image), -1, (1, 2)))
    np.testing.assert_array_equal(host(F.rotate(image, 90)), np.rot90(host(image), 1, (1, 2)))


def test_four_points_go_where_they_should():
    start, end = [(0, 0), (9, 0), (9, 9), (0, 9)], [(1, 2), (8, 0), (9, 7), (0, 9)]
    a, b, c, d, e, f, g, h = F.perspective_coefficients(start, end)
    for (x, y), wanted in zip(end, start, strict=True):
        found = ((a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1))
        np.testing.assert_allclose(found, wanted, atol=1e-9)
    with pytest.raises(ValueError, match="on a line"):
        F.perspective_coefficients(start, [(0, 0), (1, 1), (2, 2), (3, 3)])


def test_white_stays_white():
    image = native(bytes_of([[[0, 1, 254, 255]]]))
    scaled = F.to_dtype(image, "float32", scale=True)
    np.testing.assert_allclose(host(scaled), np.array([[[0, 1, 254, 255]]]) / 255, rtol=1e-6)
    np.testing.assert_array_equal(host(F.to_dtype(scaled, "uint8", scale=True)), host(image))
    assert host(F.to_dtype(image, "int32", scale=True)).max() == 255 << 23
    with pytest.raises(ValueError, match="too few digits"):
        F.to_dtype(scaled, "int32", scale=True)


@pytest.mark.parametrize("size", [(3, 3), (8, 3), (3, 8), (5, 5), (4, 4)])
def test_centre_crops(size):
    image = np.arange(1, 31).reshape(1, 5, 6)
    found = host(F.center_crop(native(image), size))[0]
    assert found.shape == size
    rows, columns = (min(a, b) for a, b in zip(size, (5, 6), strict=True))
    assert (found > 0).sum() == rows * columns


# -- gradients, refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.resize(x, (3, 9)),
        lambda x: F.resized_crop(x, [0, 1], [1, 0], [4, 3], 4, size=(3, 3)),
        lambda x: F.crop(x, [-1, 1], 0, 4, 9),
        lambda x: F.adjust_contrast(x, [0.5, 1.5]),
        lambda x: F.adjust_hue(x, [0.1, -0.2]),
        lambda x: F.adjust_sharpness(x, 0.5),
        lambda x: F.gaussian_blur(x, 3),
        lambda x: F.rotate(x, [10.0, 20.0], "bilinear", fill=0.5),
        lambda x: F.normalize(x, [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
        lambda x: F.autocontrast(x),
        lambda x: F.erase(x, [0, 1], 1, 2, 2, (0.1, 0.2, 0.3)),
        lambda x: F.pad(x, (1, 2), fill=(0.1, 0.2, 0.3)),
    ],
)
def test_gradients(function, rng):
    x = tensor(rng.uniform(0.3, 0.6, (2, 3, 5, 6)), requires_grad=True)
    tl.check_gradients(function, (x,))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.resize(tl.zeros(3, 4, 4), 5, max_size=5),
            ValueError,
            "resize: max_size=5 must be greater than size=5",
        ),
        (lambda: F.resize(tl.zeros(3, 4, 4), (5, 5), max_size=9), ValueError, "max_size=9 needs a size"),
        (lambda: F.resize(tl.zeros(3, 4, 4), None), ValueError, "needs a max_size"),
        (lambda: F.resize(tl.zeros(4, 4), 5), tl.errors.ShapeError, "channels, height, width"),
        (lambda: F.resize(tl.zeros(3, 4, 4), 5, "box"), ValueError, "interpolation must be 'nearest'"),
        (lambda: F.adjust_brightness(tl.zeros(2, 4, 4), 1.0), tl.errors.ShapeError, "1 or 3 channels"),
        (lambda: F.adjust_brightness(tl.zeros(3, 4, 4), -1.0), ValueError, "brightness_factor must be"),
        (
            lambda: F.adjust_brightness(tl.zeros(3, 4, 4), [1.0]),
            tl.errors.ShapeError,
            "brightness_factor has 1 entries",
        ),
        (
            lambda: F.adjust_brightness(tl.zeros(3, 1, 4, 4), [1.0]),
            tl.errors.ShapeError,
            "one for each image of a batch",
        ),
        (lambda: F.adjust_hue(tl.zeros(3, 4, 4), 0.6), ValueError, "hue_factor must be"),
        (lambda: F.gaussian_blur(tl.zeros(3, 4, 4), 4), ValueError, "odd"),
        (lambda: F.gaussian_blur(tl.zeros(3, 4, 4), 3, 0.0), ValueError, "sigma must be"),
        (lambda: F.pad(tl.zeros(3, 4, 4), (1, 2, 3)), ValueError, "padding must have 1, 2 or 4"),
        (lambda: F.five_crop(tl.zeros(3, 4, 4), 5), tl.errors.ShapeError, "larger than images"),
        (lambda: F.normalize(tl.zeros(3, 4, 4), 0.0, 0.0), ValueError, "std must not be zero"),
        (
            lambda: F.normalize(tl.zeros(3, 4, 4), [0.0, 1.0], 1.0),
            tl.errors.ShapeError,
            "mean has 2 entries, one for each channel",
        ),
        (lambda: F.normalize(tl.zeros(3, 4, 4, dtype="uint8"), 0.0, 1.0), TypeError, "floating"),
        (lambda: F.rotate(tl.zeros(2, 3, 4, 4), [1.0, 2.0], expand=True), tl.errors.ShapeError, "several sizes"),
        (lambda: F.solarize(tl.zeros(3, 4, 4), 2.0), ValueError, "threshold must be at most 1"),
        (lambda: F.perspective(tl.zeros(3, 4, 4), None, None), ValueError, "either"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("shape", [(0, 3, 4, 5), (2, 0, 4, 5)])
def test_nothing_gives_nothing(shape):
    x = tl.zeros(shape)
    assert F.resize(x, (2, 3)).shape == (*shape[:2], 2, 3)
    assert F.crop(x, 0, 0, 2, 2).shape == (*shape[:2], 2, 2)
    assert F.rotate(x, 10.0).shape == shape
    assert F.gaussian_blur(x, 3).shape == shape
    if shape[1]:
        assert F.adjust_hue(x, 0.1).shape == F.equalize(x).shape == F.autocontrast(x).shape == shape
