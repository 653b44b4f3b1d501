"""Receptive fields against their definition: the pixels whose change changes a unit."""

import math

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import ShapeError, nn
from tensorlab.nn.utils import effective_receptive_field, receptive_field


def positive(model):
    """Return a model in float64 whose weights are positive, so that no change of a pixel cancels."""
    model = model.to(dtype=tl.float64)
    for parameter in model.parameters():
        parameter.data = abs(parameter.data) + 0.1
    return model


def touched(model, size, unit):
    """Return for each axis the first and the last pixel that changes a unit, by changing one pixel after another."""
    image = tl.rand((1, 1, *size), dtype="float64")
    count = math.prod(size)
    changes = 100 * tl.eye(count, dtype="float64").reshape(count, 1, *size)
    with tl.no_grad():
        before = model(image)[(0, slice(None), *unit)]
        after = model(image + changes)[(slice(None), slice(None), *unit)]
    changed = (abs(after - before) > 1e-9 * abs(before)).any(axis=1).reshape(*size).numpy()
    places = np.nonzero(changed)
    return tuple((int(axis.min()), int(axis.max()) + 1) for axis in places)


class Residual(nn.Module):
    """A residual block, with a strided shortcut if asked for."""

    def __init__(self, kernel, stride=1, dilation=1):
        super().__init__()
        reach = dilation * (kernel // 2)
        self.first = nn.Conv2d(1, 1, kernel, stride=stride, dilation=dilation, padding=reach)
        self.second = nn.Conv2d(1, 1, 3, padding=1)
        self.short = nn.Conv2d(1, 1, 1, stride=stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return (self.second(self.first(x).relu()) + self.short(x)).relu()


class Branches(nn.Module):
    """Parallel windows of different sizes, joined along the channels."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(1, 1, 5, padding=2), nn.Conv2d(1, 2, 3, padding=1)
        self.mix = nn.Conv2d(3, 1, 1)

    def forward(self, x):
        return self.mix(tl.concat([self.wide(x), self.narrow(x)], axis=1))


def drawn_stack(seed):
    """Return a random stack of layers with windows."""
    rng = np.random.default_rng(seed)
    layers = []
    for _ in range(rng.integers(2, 4)):
        kernel, stride = (int(n) for n in (rng.integers(1, 5), rng.integers(1, 3)))
        padding = int(rng.integers(0, kernel // 2 + 1))
        dilation = int(rng.integers(1, 3))
        kind = rng.integers(5)
        if kind == 0:
            layers.append(nn.MaxPool2d(kernel, stride, padding))
        elif kind == 1:
            layers.append(nn.AvgPool2d(kernel, stride, padding))
        elif kind == 2:
            layers.append(Residual(int(rng.choice([1, 3])), stride, dilation))
        else:
            layers.append(nn.Conv2d(1, 1, kernel, stride, padding, dilation))
    return nn.Sequential(*layers)


@pytest.mark.parametrize("seed", range(16))
def test_units_inside_depend_on_all_of_their_region_and_no_unit_on_more(seed):
    model, size = positive(drawn_stack(seed)), (22, 25)
    field = receptive_field(model, tl.ones(1, 1, *size, dtype="float64"))
    units = model(tl.ones(1, 1, *size, dtype="float64")).shape[2:]
    corners = {(0, 0), tuple(n // 2 for n in units), tuple(n // 3 for n in units), tuple(n - 1 for n in units)}
    for unit in corners:
        region, found = field.region(unit), touched(model, size, unit)
        for (start, stop), (first, last), length in zip(region, found, size, strict=True):
            assert max(start, 0) <= first <= last <= min(stop, length)
            if start >= 0 and stop <= length:
                assert (start, stop) == (first, last)


@pytest.mark.parametrize(
    ("model", "size", "stride", "start"),
    [
        (nn.Conv2d(1, 1, (3, 5), padding=(1, 2)), (3, 5), (1, 1), (-1, -2)),
        (nn.Conv2d(1, 1, 3, dilation=4), (9, 9), (1, 1), (0, 0)),
        (Branches(), (5, 5), (1, 1), (-2, -2)),
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.GELU(), nn.Conv2d(4, 1, 3)), (5, 5), (1, 1), (0, 0)),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.MaxPool2d(2)), (4, 4), (2, 2), (0, 0)),
        (nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(1, 1, 5)), (5, 5), (1, 1), (-2, -2)),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d(1)), (24, 24), (0, 0), (0, 0)),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Flatten(), nn.Linear(576, 3)), (26, 26), (0, 0), (-1, -1)),
        (nn.AdaptiveAvgPool2d(6), (4, 4), (4, 4), (0, 0)),
    ],
)
def test_fields_by_hand(model, size, stride, start):
    field = receptive_field(model, tl.ones(1, 1, 24, 24))
    assert (field.size, field.stride, field.start) == (size, stride, start)


def test_published_fields_of_alexnet_and_vgg():
    alexnet = nn.Sequential(
        nn.Conv2d(3, 2, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(2, 2, 5, padding=2), nn.ReLU(),
        nn.MaxPool2d(3, 2), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(),
        nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip
    assert receptive_field(alexnet, tl.ones(1, 3, 227, 227)).size == (195, 195)
    layers, channels = [], 3
    for convolutions in (2, 2, 3, 3, 3):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, 1, 3, padding=1), nn.ReLU()]
            channels = 1
        layers.append(nn.MaxPool2d(2))
    found = receptive_field(nn.Sequential(*layers), tl.ones(1, 3, 224, 224))
    assert (found.size, found.stride) == ((212, 212), (32, 32))


def test_upsampling_divides_the_stride_and_bounds_the_region():
    encoder = [nn.Conv2d(1, 1, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, padding=1)]
    for decoder in (nn.ConvTranspose2d(1, 1, 2, stride=2), nn.Upsample(scale_factor=2), nn.ConvTranspose2d(1, 1, 4, 2)):
        model = positive(nn.Sequential(*encoder, decoder))
        field = receptive_field(model, tl.ones(1, 1, 20, 20, dtype="float64"))
        assert field.stride == (1, 1)
        for unit in ((0, 0), (9, 9), (10, 10), (8, 11)):
            for (start, stop), (first, last) in zip(field.region(unit), touched(model, (20, 20), unit), strict=True):
                assert start <= first <= last <= stop


def test_slices_groups_of_channels_and_signals():
    class Shuffled(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv1d(2, 4, 3, stride=2), nn.Conv1d(4, 1, 3)

        def forward(self, x):
            y = self.first(x)
            y = y.reshape(len(y), 2, 2, -1).permute(0, 2, 1, 3).reshape(len(y), 4, -1)
            return self.second(y)[:, :, 2:]

    field = receptive_field(Shuffled(), tl.ones(3, 2, 40))
    assert (field.size, field.stride, field.start) == ((7,), (2,), (4,))


def test_layers_by_name_and_state_that_stays():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3)).train()
    net[0].eval()
    mean = net[1].running_mean.tolist()
    sizes = [receptive_field(net, tl.ones(1, 1, 12, 12), layer=str(n)).size[0] for n in range(5)]
    assert sizes == [3, 3, 3, 4, 8]
    assert effective_receptive_field(net, tl.ones(1, 1, 12, 12), layer="3").shape == (12, 12)
    assert [layer.training for layer in net] == [False, True, True, True, True]
    assert net[1].running_mean.tolist() == mean
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(layer._hooks for layer in net)


def test_effective_field_is_the_gradient():
    weight = tl.randn(3, 1, 3, 3, dtype="float64")
    layer = nn.Conv2d(1, 3, 3, bias=False, dtype="float64")
    layer.weight.data = weight
    found = effective_receptive_field(layer, tl.randn(4, 1, 7, 7, dtype="float64"), unit=(1, 2)).numpy()
    expected = np.zeros((7, 7))
    expected[1:4, 2:5] = abs(weight.numpy().sum(axis=0)[0])
    np.testing.assert_allclose(found, expected)


def test_effective_field_of_means_is_their_repeated_convolution_and_ends_at_the_theoretical_one():
    net = nn.Sequential(*(nn.AvgPool2d(3, stride=1) for _ in range(6)))
    images = tl.randn(2, 1, 25, 25, dtype="float64")
    rows, columns = receptive_field(net, images).region((6, 6))
    line = np.ones(1)
    for _ in range(6):
        line = np.convolve(line, np.ones(3) / 3)
    expected = np.zeros((25, 25))
    expected[slice(*rows), slice(*columns)] = np.outer(line, line)
    np.testing.assert_allclose(effective_receptive_field(net, images).numpy(), expected, atol=1e-15)


def test_errors_name_the_layer_and_the_reason():
    shared = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(1, 1, 3), shared, nn.Conv2d(1, 1, 3), shared)
    x = tl.ones(1, 1, 9, 9)
    with pytest.raises(ValueError, match=r"receptive_field: layer '1' is called 2 times"):
        receptive_field(net, x, layer="1")
    with pytest.raises(AttributeError, match="7"):
        receptive_field(net, x, layer="7")
    with pytest.raises(ShapeError, match=r"\(batch, channels, \*spatial\)"):
        receptive_field(net, tl.ones(2, 3))
    with pytest.raises(ValueError, match="2 entries"):
        effective_receptive_field(net, x, unit=(1,))
    with pytest.raises(IndexError, match=r"unit \(9, 0\) lies outside the layer, .* shape \(1, 1, 5, 5\)"):
        effective_receptive_field(net, x, unit=(9, 0))
    with pytest.raises(ValueError, match="2 entries"):
        receptive_field(net, x).region((1, 2, 3))
    with pytest.raises(TypeError, match=r"receptive_field: inputs .*bool|int|floating"):
        receptive_field(net, tl.ones(1, 1, 9, 9, dtype="int64"))
