"""Transposed convolution, folding, resampling and sampling beside PyTorch's."""

from itertools import product

import numpy as np
import pytest
from beside import assert_alike, compare_functions, compare_layers, ours, theirs, torch
from helpers import assert_close, seeded

import tensorlab as tl


def images(*shape):
    return seeded("images", shape).standard_normal(shape)


CONVOLUTIONS = [
    ("Conv1d", (2, 4, 3), {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}, (2, 2, 9)),
    ("Conv1d", (2, 4, 3), {"padding": "valid", "bias": False}, (2, 9)),
    ("Conv1d", (2, 4, 4), {"padding": "same", "padding_mode": "reflect"}, (0, 2, 9)),
    ("Conv2d", (2, 4, (3, 2)), {"stride": [2, 1], "padding": (1, 0), "padding_mode": "circular"}, (2, 2, 5, 4)),
    ("Conv2d", (2, 4, 3), {"padding": "same", "dilation": (1, 2), "padding_mode": "replicate"}, (2, 5, 6)),
    ("Conv3d", (2, 4, 2), {"stride": (1, 2, 1), "padding": 1, "padding_mode": "replicate"}, (1, 2, 3, 4, 3)),
    ("Conv3d", (2, 2, 2), {"dilation": 2, "groups": 2}, (2, 4, 4, 3)),
    ("ConvTranspose1d", (2, 4, 3), {}, (2, 2, 5)),
    ("ConvTranspose1d", (2, 4, 3), {"stride": 3, "padding": 1, "output_padding": 2, "groups": 2}, (2, 2, 5)),
    ("ConvTranspose1d", (2, 4, 3), {"dilation": 4, "padding": 2, "output_padding": 3, "bias": False}, (2, 5)),
    ("ConvTranspose1d", (2, 4, 3, 2, 1, 1, 2, False, 3), {}, (0, 2, 5)),
    ("ConvTranspose2d", (2, 4, (4, 2)), {"stride": (2, 1), "padding": (1, 0)}, (2, 2, 3, 4)),
    ("ConvTranspose2d", (2, 4, 3), {"stride": 2, "padding": 1, "output_padding": (1, 0)}, (2, 3, 4)),
    (
        "ConvTranspose3d",
        (2, 2, 2),
        {"stride": (1, 2, 3), "padding": (1, 0, 1), "output_padding": (0, 1, 2)},
        (1, 2, 3, 2, 3),
    ),
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # PyTorch's, of its own speed
@pytest.mark.parametrize(("name", "args", "options", "shape"), CONVOLUTIONS)
def test_convolutions(name, args, options, shape):
    compare_layers(name, args, options, (images(*shape),), modes=(True, False))


@pytest.mark.parametrize("output_size", [(7, 7), (8, 7), (2, 3, 8, 8)])
def test_output_size(output_size):
    options = {"stride": 2, "padding": 1}
    compare_layers("ConvTranspose2d", (2, 3, 3), options, (images(2, 2, 4, 4), list(output_size)))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_transposed_convolution_functions(axes):
    args = (images(2, 4, *[3] * axes), images(4, 1, *[2] * axes), images(2), 3, 1, 2, 2, 2)
    compare_functions(f"conv_transpose{axes}d", args)


LAYERS = [
    ("Unfold", ((2, 3),), {}, (2, 3, 5, 6)),
    ("Unfold", (2, (1, 2), (0, 1), (2, 1)), {}, (3, 5, 6)),
    ("Unfold", (2,), {}, (0, 3, 5, 6)),
    ("Fold", ((4, 5), (2, 3)), {}, (2, 12, 9)),
    ("Fold", (6, 2), {"dilation": (1, 2), "padding": (0, 1), "stride": (2, 1)}, (8, 18)),
    ("PixelShuffle", (2,), {}, (2, 8, 3, 2)),
    ("PixelShuffle", (3,), {}, (2, 1, 9, 1, 2)),
    ("PixelUnshuffle", (2,), {}, (2, 3, 4, 2)),
    ("PixelUnshuffle", (2,), {}, (3, 4, 2)),
    ("ChannelShuffle", (3,), {}, (2, 6, 3, 2)),
    ("Upsample", (5,), {}, (2, 3, 4)),
    ("Upsample", (), {"scale_factor": 1.7, "mode": "linear", "recompute_scale_factor": True}, (2, 3, 4)),
    ("Upsample", (), {"scale_factor": (1.7, 0.5), "mode": "bicubic", "align_corners": True}, (2, 3, 4, 5)),
    ("Upsample", ((3, 5, 2),), {"mode": "trilinear"}, (2, 1, 4, 5, 3)),
    ("UpsamplingNearest2d", (), {"scale_factor": (2, 1.3)}, (2, 3, 4, 5)),
    ("UpsamplingBilinear2d", ((7, 3),), {}, (2, 3, 4, 5)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers(name, args, options, shape):
    compare_layers(name, args, options, (images(*shape),), modes=(True, False))


def test_folding_functions():
    compare_functions("unfold", (images(2, 3, 5, 6), 2, (1, 2), (0, 1), (2, 1)))
    compare_functions("fold", (images(2, 8, 18), 6, 2, (1, 2), (0, 1), (2, 1)))
    compare_functions("pixel_shuffle", (images(2, 8, 3, 2), 2))
    compare_functions("pixel_unshuffle", (images(2, 3, 4, 2), 2))


WAYS = [
    ({"mode": "nearest"}, 1),
    ({"mode": "nearest"}, 3),
    ({"mode": "nearest-exact"}, 2),
    ({"mode": "area"}, 1),
    ({"mode": "area"}, 2),
    ({"mode": "area"}, 3),
    ({"mode": "linear"}, 1),
    ({"mode": "linear", "align_corners": True}, 1),
    ({"mode": "bilinear"}, 2),
    ({"mode": "bilinear", "align_corners": True}, 2),
    ({"mode": "bilinear", "antialias": True}, 2),
    ({"mode": "bilinear", "antialias": True, "align_corners": True}, 2),
    ({"mode": "bicubic"}, 2),
    ({"mode": "bicubic", "align_corners": True}, 2),
    ({"mode": "bicubic", "antialias": True}, 2),
    ({"mode": "bicubic", "antialias": True, "align_corners": True}, 2),
    ({"mode": "lanczos", "antialias": True}, 2),
    ({"mode": "trilinear"}, 3),
    ({"mode": "trilinear", "align_corners": True}, 3),
]
SIZES = [
    ((5, 4, 3), {"size": (9, 7, 4)}),
    ((7, 6, 8), {"size": (3, 5, 2)}),
    ((4, 3, 5), {"size": (2, 5, 11)}),
    ((5, 4, 6), {"scale_factor": 2}),
    ((5, 4, 6), {"scale_factor": (1.3, 0.55, 2.45)}),
    ((5, 4, 6), {"scale_factor": (1.3, 0.55, 2.45), "recompute_scale_factor": True}),
]


@pytest.mark.parametrize(("size", "wanted"), SIZES)
@pytest.mark.parametrize(("options", "axes"), WAYS)
def test_interpolate(options, axes, size, wanted):
    wanted = {key: value[:axes] if isinstance(value, tuple) else value for key, value in wanted.items()}
    compare_functions("interpolate", (images(2, 2, *size[:axes]),), {**options, **wanted})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_which_is_nearest(mode, dtype):
    """Rounding decides it where positions meet the middle between two elements."""
    calls = [{"size": out} for out in range(1, 60)] + [{"scale_factor": f} for f in (0.3, 0.7, 1.1, 1.7, 2.4, 3.0, 3.3)]
    for n, call in product((2, 3, 5, 7, 10, 14, 49), calls):
        if int(n * call.get("scale_factor", 1)) < 1:
            continue
        x = np.arange(float(n)).astype(dtype).reshape(1, 1, n)
        found = tl.nn.functional.interpolate(ours(x), mode=mode, **call)
        assert_alike(found, torch.nn.functional.interpolate(theirs(x), mode=mode, **call), rtol=0)


@pytest.mark.filterwarnings("ignore:.*deprecated. Use `nn.functional.interpolate`")
@pytest.mark.parametrize("wanted", [{"size": (3, 9)}, {"size": 4}, {"scale_factor": 2}])
@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
def test_upsample(name, wanted):
    compare_functions(name, (images(2, 2, 4, 5),), wanted)
    if name == "upsample":
        compare_functions(name, (images(2, 2, 4, 5),), {**wanted, "mode": "bicubic", "align_corners": True})


def test_interpolate_at_the_edges():
    compare_functions("interpolate", (images(0, 2, 3),), {"size": 5})
    compare_functions("interpolate", (images(2, 2, 1, 3), (4, 1)), {"mode": "bilinear"})
    compare_functions("interpolate", (images(2, 2, 4, 5), (4, 5)), {"mode": "bicubic", "antialias": True})
    compare_functions("interpolate", (images(1, 1, 1, 6), (1, 1)), {"mode": "bicubic", "align_corners": True})
    # Where a rounded size is the old one PyTorch leaves the axis alone in some modes; the scale counts in others.
    compare_functions("interpolate", (images(2, 1, 10),), {"scale_factor": 1.05, "mode": "linear"})


GRIDS = [
    (mode, axes) for mode, axes in product(["bilinear", "nearest", "bicubic"], [2, 3]) if (mode, axes) != ("bicubic", 3)
]


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize(("mode", "axes"), GRIDS)
@pytest.mark.parametrize("reach", [1.0, 3.3])
def test_grid_sample(reach, mode, axes, padding_mode, align_corners):
    options = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
    for size, count in (((3, 4, 2), (2, 3, 2)), ((1, 5, 3), (4, 1, 2))):
        x = images(2, 3, *size[:axes])
        grid = seeded("grid", size).uniform(-reach, reach, (2, *count[:axes], axes))
        if mode == "nearest":  # PyTorch's gradient for the grid is zero; here there is none
            a, b = ours(x), theirs(x)
            found = tl.nn.functional.grid_sample(a, tl.asarray(grid), **options)
            expected = torch.nn.functional.grid_sample(b, torch.tensor(grid), **options)
            assert_alike(found, expected)
            (found * found).sum().backward()
            (expected * expected).sum().backward()
            assert_close(a.grad, b.grad.numpy(), rtol=1e-9)
        else:
            compare_functions("grid_sample", (x, grid), options)


@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_gradients_of_a_grid_at_the_pixels_and_the_border(padding_mode):
    steps = np.linspace(-1, 1, 9)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)[None]
    for align_corners in (False, True):
        options = {"padding_mode": padding_mode, "align_corners": align_corners}
        compare_functions("grid_sample", (images(1, 2, 5, 4), grid), options)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0")  # PyTorch's, of axes of length one
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (2, 3, 1, 4), (2, 1, 2, 3, 4)])
def test_affine_grid(size, align_corners):
    axes = len(size) - 2
    compare_functions("affine_grid", (images(2, axes, axes + 1), size), {"align_corners": align_corners})
