"""LeNet-5 as published, beside the paper's numbers and NumPy."""

import numpy as np
from helpers import assert_close, draws, host, tensor

import tensorlab as tl
from tensorlab import models, nn
from tensorlab.models.vision.lenet import C3_INPUTS, digit_codes

LAYERS = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164}
"""The paper's numbers of trainable parameters."""


def test_parameters_of_each_layer():
    model = models.lenet5_original()
    assert {name: sum(p.size for p in layer.parameters()) for name, layer in model.named_children()} == LAYERS


def test_partial_connections():
    model = models.lenet5_original()
    maps = draws(1, 6, 14, 14).astype("float32")
    full = np.zeros((16, 6, 5, 5), "float32")
    kernels = iter(host(model.c3.weight.detach()))
    for output, sources in enumerate(C3_INPUTS):
        for source in sources:
            full[output, source] = next(kernels)
    expected = nn.functional.conv2d(tensor(maps), tensor(full), model.c3.bias)
    assert_close(model.c3(tensor(maps)).detach(), host(expected.detach()), rtol=1e-5)


def test_bounds_of_initial_weights():
    model = models.lenet5_original()
    fans = {"c1": 25, "s2": 4, "s4": 4, "c5": 400, "f6": 120}
    for name, fan in fans.items():
        largest = abs(host(getattr(model, name).weight.detach())).max()
        assert 0.5 * 2.4 / fan < largest <= 2.4 / fan
    first, last = (abs(host(model.c3.weight.detach()[part])).max() for part in (slice(3), slice(-6, None)))
    assert 0.9 * 2.4 / 75 < first <= 2.4 / 75
    assert 0.9 * 2.4 / 150 < last <= 2.4 / 150


def test_subsampling():
    layer = models.lenet5_original().s2
    maps = draws(2, 6, 4, 4).astype("float32")
    sums = maps.reshape(2, 6, 2, 2, 2, 2).sum(axis=(3, 5))
    expected = sums * host(layer.weight.detach()) + host(layer.bias.detach())
    assert_close(layer(tensor(maps)).detach(), expected, rtol=1e-5)


def test_codes_are_different_bitmaps():
    codes = np.array(digit_codes())
    assert codes.shape == (10, 84)
    assert set(codes.ravel()) == {-1.0, 1.0}
    distances = ((codes[:, None] - codes) ** 2).sum(axis=-1) / 4
    assert distances[~np.eye(10, dtype=bool)].min() >= 3


def test_the_scores_are_negative_squared_distances():
    model = models.lenet5_original()
    images = tensor(draws(2, 1, 32, 32).astype("float32"))
    kept = []
    model.f6.register_forward_hook(lambda module, args, output: kept.append(output))
    scores = model(images)
    features = 1.7159 * np.tanh(host(kept[0].detach()) * 2 / 3)
    expected = -((features[:, None] - np.array(digit_codes())) ** 2).sum(axis=-1)
    assert_close(scores.detach(), expected, rtol=1e-4)


def test_it_learns():
    tl.manual_seed(0)
    model = models.lenet5_original()
    images, labels = tensor(draws(8, 1, 32, 32).astype("float32")), tl.arange(8)
    optimizer = tl.optim.Adam(model.parameters(), lr=0.003)
    losses = []
    for _ in range(15):
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0] / 5
    assert "codes" in model.state_dict()
