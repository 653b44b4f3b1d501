"""Residual networks without normalisation: variances by depth, filters, training with clipped gradients."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim
from tensorlab.models.vision.nf_resnet import RELU_GAIN, NFBlock, ScaledConv2d

SIZES = {  # ResNet's, with gains and biases for scales and shifts, but no first bias, and a gain of each block
    "nf_resnet50": 25_557_032 - 64 + 16,
    "nf_resnet101": 44_549_160 - 64 + 33,
    "nf_resnet152": 60_192_808 - 64 + 50,
    "nf_resnet200": 64_673_834,
    "nf_resnet288": 146_460_488,
}


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_numbers_of_parameters(name, size, undrawn):
    assert sum(parameter.size for parameter in models.get_model(name).parameters()) == size
    assert f"{size:,}" in getattr(models, name).__doc__


def test_the_gain_of_relu():
    x = np.maximum(seeded("relu").standard_normal(400_000), 0) * RELU_GAIN
    assert x.var() == pytest.approx(1, abs=0.01)


def test_filters_are_standardised():
    layer = ScaledConv2d(5, 4, 3, scale=1.5).double()
    layer.gain.data[...] = tensor(np.arange(1.0, 5.0).reshape(4, 1, 1, 1))
    layer.bias.data[...] = tensor(np.array([1.0, 2.0, 3.0, 4.0]))
    weight = host(layer.weight.detach()) + np.arange(4).reshape(4, 1, 1, 1)
    layer.weight.data[...] = tensor(weight)
    flat = weight.reshape(4, -1)
    flat = (flat - flat.mean(axis=1, keepdims=True)) / np.sqrt(45 * flat.var(axis=1, keepdims=True) + 1e-4)
    filters = flat.reshape(weight.shape) * 1.5 * np.arange(1.0, 5.0).reshape(4, 1, 1, 1)
    images = seeded("images").standard_normal((2, 5, 6, 7))
    expected = nn.functional.conv2d(tensor(images), tensor(filters), layer.bias.detach(), padding=1)
    assert_close(layer(tensor(images)).detach(), host(expected))


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.2, 0.5])
def test_variances_follow_the_theory_at_all_depths(alpha):
    """``1 + k alpha**2`` after k blocks of a stage."""
    model = models.NFResNet((3, 3, 3, 1), alpha=alpha, skipinit=False, stochastic_depth_prob=0.0)
    maps = tensor(seeded("maps").standard_normal((2, 64, 32, 32)), "float32")
    for stage in (model.layer1, model.layer2, model.layer3):  # the last sees mostly the zeros of the padding here
        for number, block in enumerate(stage, 1):
            maps = block(maps).detach()
            assert float(maps.var(axis=(0, 2, 3)).mean()) == pytest.approx(1 + number * alpha**2, rel=0.15)
        assert abs(float(maps.mean())) < 0.15


def test_without_all_this_variances_grow_with_each_block():
    torso = nn.Sequential(*[models.resnet.Bottleneck(32, 8, norm_layer=lambda _: nn.Identity()) for _ in range(9)])
    for module in torso.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    x = tensor(seeded("maps").standard_normal((8, 32, 8, 8)), "float32")
    assert float(torso(x).detach().var()) > 5
    ours = nn.Sequential(*[NFBlock(32, 32, 1, 0.2, 1 + n * 0.04, False, 0.0) for n in range(9)])
    assert float(ours(x).detach().var(axis=(0, 2, 3)).mean()) == pytest.approx(1 + 9 * 0.04, rel=0.15)


def test_blocks_begin_as_their_shortcuts():
    block = NFBlock(16, 16, 1, 0.2, 1.0, True, 0.0)
    maps = tl.rand(1, 16, 5, 5)
    assert (host(block(maps).detach()) == host(maps)).all()
    block(maps).square().sum().backward()
    assert float(abs(block.skip_gain.grad)) > 0
    assert set(block.state_dict()) >= {"skip_gain", "conv1.weight", "conv1.gain", "conv1.bias"}


@pytest.mark.slow
def test_small_images_reach_every_parameter():
    model = models.NFResNet((1, 2, 1, 1), num_classes=3, skipinit=False)
    images = tensor(seeded("images").normal(size=(2, 3, 9, 8)), dtype="float32")
    scores = model(images)
    assert scores.shape == (2, 3)
    scores.square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and np.isfinite(host(parameter.grad)).all(), key
    assert model.eval()(images[:1]).shape == (1, 3)


@pytest.mark.slow
def test_it_trains_with_adaptive_clipping():
    """At a learning rate at which it diverges without."""
    digits = datasets.Digits()
    images = (digits.data[:64].astype("float32") / 8 - 1).repeat(3, axis=1)
    found = {}
    for clip_factor in (0.01, None):
        tl.manual_seed(0)
        model = models.NFResNet((1, 1, 1, 1), num_classes=10, dropout=0.0)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        clipped = [parameter for key, parameter in model.named_parameters() if not key.startswith("fc")]
        for _ in range(7):
            loss = nn.functional.cross_entropy(model(images), digits.targets[:64])
            optimizer.zero_grad()
            loss.backward()
            if clip_factor is not None:
                nn.utils.clip_grad_adaptive_(clipped, clip_factor)
            optimizer.step()
        found[clip_factor] = float(loss)
    assert found[0.01] < 0.1
    assert found[None] > 10
