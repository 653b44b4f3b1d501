"""Pooling and padding beside PyTorch's, with every option."""

import numpy as np
import pytest
from beside import compare_functions, compare_layers, layer_pair, theirs
from helpers import assert_same, tensor

import tensorlab as tl

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)


def images(*shape):
    """Return distinct numbers in random order, so that no maxima tie."""
    return RNG.permutation(np.prod(shape, dtype=int)).reshape(shape) / 16 - 3.0


SHAPES = {1: (2, 3, 9), 2: (2, 3, 7, 8), 3: (2, 2, 5, 6, 4)}
EACH = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
"""Windows that differ from axis to axis."""


def inputs_of(axes):
    """Return images with a batch axis, without one, and none at all."""
    x = images(*SHAPES[axes])
    return {"batched": x, "unbatched": x[0], "empty": x[:0]}


def cases(options):
    """Return (axes, options) for one to three axes; what is to differ from axis to axis is called so."""
    return [
        pytest.param(axes, {name: value[axes] if isinstance(value, dict) else value for name, value in case.items()})
        for case in options
        for axes in (1, 2, 3)
    ]


ONES = {axes: (1,) * axes for axes in EACH}
MAXIMA = cases(
    [
        {"kernel_size": 2},
        {"kernel_size": EACH},
        {"kernel_size": 3, "stride": 2},
        {"kernel_size": EACH, "stride": {1: (2,), 2: (2, 3), 3: (1, 2, 3)}, "padding": ONES},
        {"kernel_size": 2, "dilation": 2},
        {"kernel_size": 2, "stride": 1, "dilation": {1: (3,), 2: (2, 3), 3: (3, 2, 1)}},
        {"kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"kernel_size": 3, "stride": 3, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "stride": 3, "padding": 1, "dilation": 2, "ceil_mode": True},
        {"kernel_size": 2, "stride": 2, "return_indices": True},
        {"kernel_size": 3, "stride": 1, "padding": 1, "return_indices": True, "ceil_mode": True},
    ]
)
MEANS = cases(
    [
        {"kernel_size": 2},
        {"kernel_size": EACH},
        {"kernel_size": 3, "stride": 2},
        {"kernel_size": EACH, "stride": {1: (2,), 2: (2, 3), 3: (1, 2, 3)}, "padding": ONES},
        {"kernel_size": 3, "padding": 1, "count_include_pad": False},
        {"kernel_size": 3, "padding": ONES, "stride": 2, "count_include_pad": False, "ceil_mode": True},
        {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
        {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    ]
)
NORMS = cases(
    [
        {"norm_type": 2, "kernel_size": 2},
        {"norm_type": 1, "kernel_size": 3, "stride": 2},
        {"norm_type": 3.5, "kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"norm_type": -1, "kernel_size": 2},
        {"norm_type": float("inf"), "kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"norm_type": -float("inf"), "kernel_size": 2},
    ]
)


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize(("axes", "options"), MAXIMA)
def test_maxima(axes, options, kind):
    x = inputs_of(axes)[kind]
    compare_layers(f"MaxPool{axes}d", (), options, (x,), modes=(True, False))
    compare_functions(f"max_pool{axes}d", (x,), options)


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize(("axes", "options"), MEANS)
def test_means(axes, options, kind):
    x = inputs_of(axes)[kind]
    compare_layers(f"AvgPool{axes}d", (), options, (x,), modes=(True, False))
    compare_functions(f"avg_pool{axes}d", (x,), options)


@pytest.mark.parametrize("axes", [2, 3])
def test_means_with_another_divisor(axes):
    for options in ({"divisor_override": 3}, {"padding": 1, "divisor_override": -2, "ceil_mode": True, "stride": 3}):
        compare_layers(f"AvgPool{axes}d", (2,), options, (inputs_of(axes)["batched"],))
        compare_functions(f"avg_pool{axes}d", (inputs_of(axes)["unbatched"], 2), options)


def test_maxima_of_integers():
    compare_functions("max_pool2d", (np.arange(24, dtype=np.int32).reshape(1, 1, 4, 6), 2), {"padding": 1})


@pytest.mark.parametrize("kind", ["batched", "unbatched"])
@pytest.mark.parametrize(("axes", "options"), NORMS)
def test_norms(axes, options, kind):
    x = np.abs(inputs_of(axes)[kind]) + 0.01
    compare_layers(f"LPPool{axes}d", (), options, (x,), modes=(True, False))
    if axes > 1 or not isinstance(options["kernel_size"], tuple):
        compare_functions(f"lp_pool{axes}d", (x,), options)


def test_norms_of_zeros_and_negative_numbers():
    x = images(1, 2, 8)
    x[0, 0, :4] = 0
    for p in (1, 2, 3):
        with np.errstate(invalid="ignore"):
            compare_functions("lp_pool1d", (x, p, 2))


SIZES = [
    *((1, size) for size in (1, 3, 4, 9, 13, (2,))),
    *((2, size) for size in (1, 4, 7, (7, 4), (3, None), (None, 8), (9, 3), (1, 8), (1, 3))),
    *((3, size) for size in (1, 2, 3, (5, 3, 2), (None, 4, None), (7, 1, 3))),
]


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize(("axes", "size"), SIZES)
def test_adaptive(axes, size, kind):
    x = inputs_of(axes)[kind]
    compare_functions(f"adaptive_avg_pool{axes}d", (x, size))
    compare_layers(f"AdaptiveAvgPool{axes}d", (size,), {}, (x,), modes=(True, False))
    compare_layers(f"AdaptiveMaxPool{axes}d", (size,), {}, (x,), modes=(True, False))
    compare_layers(f"AdaptiveMaxPool{axes}d", (size,), {"return_indices": True}, (x,), modes=(True,))
    compare_functions(f"adaptive_max_pool{axes}d", (x, size), {"return_indices": True})


@pytest.mark.parametrize("size", [0, (0, 3)])
def test_adaptive_to_nothing(size):
    x = images(2, 3, 4, 5)
    for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        # PyTorch has no gradient of nothing.
        expected = getattr(torch.nn.functional, name)(torch.tensor(x), size)
        assert getattr(tl.nn.functional, name)(tensor(x), size).shape == tuple(expected.shape)


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
def test_adaptive_with_special_values(special):
    """They stay in the windows that they are in."""
    x = images(1, 2, 7, 8)
    x[0, 0, 2, 3] = special
    for size in (3, (7, 4), 1):
        compare_functions("adaptive_avg_pool2d", (x, size))
        compare_functions("adaptive_max_pool2d", (x, size))


FRACTIONS = [
    (2, {"output_size": 3}),
    (2, {"output_size": (1, 6)}),
    (2, {"output_ratio": (0.5, 0.7)}),
    (3, {"output_size": 2}),
    (3, {"output_size": (3, 1, 2)}),
    (3, {"output_ratio": 0.6}),
]


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize("kernel", [2, "each"])
@pytest.mark.parametrize(("axes", "options"), FRACTIONS)
def test_fractional(axes, options, kernel, kind):
    x, kernel = inputs_of(axes)[kind], {2: (2, 2), 3: (2, 1, 2)}[axes] if kernel == "each" else kernel
    samples = RNG.random((x.shape[0] if kind == "batched" else int(kind == "unbatched"), x.shape[-axes - 1], axes))
    found = functions_with_samples(f"fractional_max_pool{axes}d", x, kernel, samples, options)
    for a, b in zip(*found, strict=True):
        assert_same(a.detach(), b.detach().numpy())


def functions_with_samples(name, x, kernel, samples, options):
    """Return what both functions give, and the gradients of a weighted sum, for the same random numbers."""
    results = []
    for nn, make in ((tl.nn, lambda x: tensor(x)), (torch.nn, lambda x: torch.tensor(x))):
        leaf = make(x).requires_grad_()
        values, places = getattr(nn.functional, name)(
            leaf, kernel, **options, return_indices=True, _random_samples=make(samples)
        )
        alone = getattr(nn.functional, name)(leaf, kernel, **options, _random_samples=make(samples))
        weights = make(np.arange(1.0, 1 + np.prod(values.shape)).reshape(tuple(values.shape)))
        (values * weights).sum().backward()
        results.append((values, places, alone, leaf.grad))
    return results


@pytest.mark.parametrize("axes", [2, 3])
def test_fractional_layers(axes):
    x = images(*SHAPES[axes])
    samples = RNG.random((2, x.shape[1], axes))
    options = {"output_ratio": 0.6, "return_indices": True}
    a = getattr(tl.nn, f"FractionalMaxPool{axes}d")(2, **options, _random_samples=tensor(samples))
    b = getattr(torch.nn, f"FractionalMaxPool{axes}d")(2, **options, _random_samples=torch.tensor(samples))
    assert list(a.state_dict()) == list(b.state_dict()) == ["_random_samples"]
    assert repr(a) == repr(b)
    assert (a.kernel_size, a.output_size, a.output_ratio) == (b.kernel_size, b.output_size, b.output_ratio)
    for found, expected in zip(a(tensor(x)), b(torch.tensor(x)), strict=True):
        assert_same(found, expected.numpy())
    assert not layer_pair(f"FractionalMaxPool{axes}d", (2, 3))[0].state_dict()


def test_fractional_in_single_precision():
    """The same places, rounded in the same way."""
    x = images(1, 4, 97, 61).astype("float32")
    samples = RNG.random((1, 4, 2)).astype("float32")
    options = {"output_size": (53, 47)}
    for a, b in zip(*functions_with_samples("fractional_max_pool2d", x, 3, samples, options), strict=True):
        assert_same(a.detach(), b.detach().numpy())


POOLED_AND_BACK = [
    (1, {"kernel_size": 2}, None),
    (1, {"kernel_size": 3, "stride": 2, "padding": 1}, (9,)),
    (1, {"kernel_size": 2}, (2, 3, 9)),
    (2, {"kernel_size": 2}, None),
    (2, {"kernel_size": (3, 2), "stride": (3, 2), "padding": (1, 0)}, (7, 8)),
    (2, {"kernel_size": 2, "stride": 3}, [2, 3, 7, 8]),
    (3, {"kernel_size": 2}, (5, 6, 4)),
    (3, {"kernel_size": (1, 3, 2)}, None),
]


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize(("axes", "options", "size"), POOLED_AND_BACK)
def test_unpooling(axes, options, size, kind):
    x = inputs_of(axes)[kind]
    pooled, places = getattr(torch.nn.functional, f"max_pool{axes}d")(theirs(x), **options, return_indices=True)
    given = (pooled.detach().numpy(), places.numpy())
    compare_layers(f"MaxUnpool{axes}d", (), options, (*given, size), modes=(True, False))
    compare_functions(f"max_unpool{axes}d", given, {**options, "output_size": size})


def test_unpooling_of_windows_that_overlapped():
    """A place that occurs twice: the last element stays, and gradients go to both."""
    x, options = images(1, 2, 7, 7), {"kernel_size": 3, "stride": 1}
    pooled, places = torch.nn.functional.max_pool2d(torch.tensor(x), **options, return_indices=True)
    compare_functions("max_unpool2d", (pooled.numpy(), places.numpy()), options)


PADS = {
    1: [2, (1, 2), (0, 0), (-1, 2), (2, -1), (-1, -2)],
    2: [1, (1, 2, 0, 3), (2, -1, -2, 1), (-1, -1, -1, -1)],
    3: [1, (1, 2, 0, 1, 1, 0), (-1, 1, 0, -2, 2, -1)],
}


@pytest.mark.parametrize("kind", ["batched", "unbatched", "empty"])
@pytest.mark.parametrize("name", ["Zero", "Constant", "Reflection", "Replication", "Circular"])
@pytest.mark.parametrize(("axes", "padding"), [(axes, padding) for axes in PADS for padding in PADS[axes]])
def test_padding(axes, padding, name, kind):
    x = inputs_of(axes)[kind]
    more = (2.5,) if name == "Constant" else ()
    compare_layers(f"{name}Pad{axes}d", (padding, *more), {}, (x,), modes=(True, False))


@pytest.mark.parametrize(
    ("pad", "mode", "value"),
    [
        ((1, 2), "constant", None),
        ((1, 2, -1, 0, 3, -2), "constant", 7),
        ((-2, 3), "reflect", None),
        ((3, -2), "reflect", None),
        ((-5, 7), "replicate", None),
        ((-2, 2), "circular", None),
        ((-4, 0), "constant", None),
        ((0, -4), "circular", None),
        ((4, 4), "circular", None),
    ],
)
def test_pad(pad, mode, value):
    compare_functions("pad", (images(2, 3, 4), pad), {"mode": mode, "value": value})


def test_pad_of_integers():
    compare_functions("pad", (np.arange(4, dtype=np.int32)[None], (1, 2)), {"value": 3.7})
