"""Convolutional networks: published numbers of parameters, outputs and gradients at small sizes, initial weights."""

import math

import numpy as np
import pytest
from helpers import draws, host, seeded, tensor

import tensorlab as tl
from tensorlab import models, nn
from tensorlab.models.vision.blocks import initialize

PUBLISHED = {  # numbers of parameters with 1000 classes
    "alexnet": 61_100_840,
    "alexnet_original": 60_965_224,
    "densenet121": 7_978_856,
    "densenet161": 28_681_000,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "googlenet": 13_004_888,
    "inception_resnet_v2": 55_843_464,
    "inception_v3": 27_161_264,
    "inception_v4": 42_679_816,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "resnext101_64x4d": 83_455_272,
    "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
    "zfnet": 62_357_608,
}

PUBLISHED_FOR_TEN_CLASSES = {
    "cifar_preact_resnet164": 1_703_258,
    "cifar_preact_resnet1001": 10_327_706,
    "cifar_resnet20": 269_722,
    "cifar_resnet32": 464_154,
    "cifar_resnet44": 658_586,
    "cifar_resnet56": 853_018,
    "cifar_resnet110": 1_727_962,
    "cifar_resnet1202": 19_421_274,
    "lenet5_original": 60_000,
    "nin": 966_986,
}

SMALLEST = [  # (name, its options, height and width of small images)
    ("cifar_resnet20", {}, (8, 9)),
    ("cifar_preact_resnet164", {}, (8, 9)),
    ("inception_resnet_v2", {}, (75, 75)),
    ("inception_v4", {}, (75, 75)),
    ("nin", {"dropout": 0.0}, (4, 4)),
    ("densenet121", {}, (33, 33)),
    ("googlenet", {"init_weights": False}, (33, 33)),
    ("inception_v3", {"init_weights": False, "aux_logits": False}, (75, 75)),
    ("resnet18", {}, (33, 33)),
    ("squeezenet1_1", {}, (17, 17)),
]


@pytest.mark.parametrize(("name", "size"), [*PUBLISHED.items(), *PUBLISHED_FOR_TEN_CLASSES.items()])
def test_published_numbers_of_parameters(name, size, undrawn):
    assert sum(parameter.size for parameter in models.get_model(name).parameters()) == size
    assert f"{size:,}" in getattr(models, name).__doc__ or name == "googlenet"  # which tells the two parts


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options", "size"), SMALLEST)
def test_every_parameter_is_learned_by_small_images(name, options, size):
    model = models.get_model(name, num_classes=3, **options)
    images = tensor(seeded(name).normal(size=(2, 3, *size)), dtype="float32")
    outputs = model(images)
    for output in outputs if isinstance(outputs, tuple) else [outputs]:
        assert output.shape == (2, 3)
    sum(output.square().sum() for output in (outputs if isinstance(outputs, tuple) else [outputs])).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert np.isfinite(host(parameter.grad)).all(), key
    assert model.eval()(images[:1]).shape == (1, 3)


@pytest.mark.parametrize(("name", "size"), [("alexnet", 63), ("alexnet_original", 63), ("vgg11_bn", 32), ("zfnet", 53)])
def test_networks_with_large_linear_layers(name, size, undrawn):
    model = models.get_model(name, num_classes=3, dropout=0.0).eval()
    model.classifier[-1].bias.data[...] = 2.0
    assert host(model(tl.zeros(2, 3, size, size)).detach()).tolist() == [[2.0] * 3] * 2


def test_blocks_that_begin_as_the_identity():
    block = models.ResNet(models.resnet.Bottleneck, (2, 1, 1, 1), zero_init_residual=True).layer1[1]
    images = tl.rand(2, 256, 4, 4)
    assert (host(block(images).detach()) == host(images)).all()


def test_dilation_keeps_the_resolution(undrawn):
    model = models.resnet50(num_classes=2, replace_stride_with_dilation=(False, True, True))
    shapes = {row.path: row.output_shapes for row in model.eval().summary((1, 3, 64, 64)).rows}
    assert shapes["layer2"] == [(1, 512, 8, 8)]
    assert shapes["layer4"] == [(1, 2048, 8, 8)]


def test_another_normalisation():
    def group_norm(channels):
        return nn.GroupNorm(8, channels)

    model = models.ResNet(models.resnet.BasicBlock, (1, 1, 1, 1), num_classes=2, norm_layer=group_norm)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert model(tl.zeros(1, 3, 32, 32)).shape == (1, 2)


def test_auxiliary_classifiers_work_in_training_alone(undrawn):
    model = models.googlenet(num_classes=2)
    images = tl.zeros(2, 3, 64, 64)
    assert [output.shape for output in model(images)] == [(2, 2)] * 3
    assert model(images)._fields == ("logits", "aux_logits2", "aux_logits1")
    assert model.eval()(images).shape == (2, 2)
    assert models.googlenet(num_classes=2, aux_logits=False)(images).shape == (2, 2)


def test_the_auxiliary_classifier_of_inception_v3(undrawn):
    model = models.inception_v3(num_classes=2)
    assert model.AuxLogits(tl.zeros(2, 768, 17, 17)).shape == (2, 2)


@pytest.mark.parametrize(
    ("layer", "deviation"),
    [
        (lambda: nn.Linear(99, 99).apply(initialize), 0.01),
        (lambda: models.resnet18().layer3[0].conv2, math.sqrt(2 / (256 * 9))),
        (lambda: models.squeezenet1_1().classifier[1], 0.01),
        (lambda: models.squeezenet1_1().features[3].squeeze, math.sqrt(2 / 64)),
        (lambda: models.googlenet().inception3a.branch2[1].conv, 0.01),
        (lambda: models.inception_v3().Mixed_5b.branch5x5_2.conv, 0.1),
        (lambda: models.inception_v3().AuxLogits.fc, 0.001),
        (lambda: models.cifar_resnet20().layer3[1].conv1, math.sqrt(2 / (64 * 9))),
        (lambda: models.nin().features[0], 0.05),
        (lambda: models.densenet121().features.conv0, math.sqrt(2 / (3 * 49))),
    ],
)
@pytest.mark.slow
def test_initial_weights(layer, deviation):
    weight = host(layer().weight.detach())
    assert abs(weight.mean()) < 5 * deviation / math.sqrt(weight.size)
    assert abs(weight.std() / deviation - 1) < 5 / math.sqrt(2 * weight.size)


def test_plain_networks_have_no_shortcuts(undrawn):
    model = models.cifar_resnet20(residual=False).eval()
    assert not host(model.layer1(tl.ones(1, 16, 4, 4)).detach()).any()
    residual = models.cifar_resnet20().eval()
    assert (host(residual.layer1(tl.ones(1, 16, 4, 4)).detach()) == 1.0).all()


def test_shortcuts_where_the_shape_changes(undrawn):
    maps = tensor(draws(1, 16, 5, 6, low=0.0).astype("float32"))
    found = host(models.cifar_resnet20().eval().layer2[0](maps).detach())
    assert (found[:, :16] == host(maps)[:, :, ::2, ::2]).all()
    assert found.shape == (1, 32, 3, 3)
    assert not found[:, 16:].any()


def test_no_shortcut_of_a_preactivation_network_is_interrupted(undrawn):
    maps = tensor(draws(1, 64, 4, 4).astype("float32"))
    stage = models.PreActCifarResNet(29).eval().layer1
    assert (host(stage[1:](maps).detach()) == host(maps)).all()


def test_keys_of_the_published_inceptions(undrawn):
    """Some keys and shapes of timm's files."""
    state = models.inception_v4().state_dict()
    assert state["features.3.conv.conv.weight"].shape == (96, 64, 3, 3)
    assert state["features.4.branch1.1.conv.weight"].shape == (64, 64, 1, 7)
    assert state["features.6.branch3.1.bn.running_var"].shape == (96,)
    assert state["features.21.branch2_3b.conv.weight"].shape == (256, 512, 3, 1)
    assert state["last_linear.weight"].shape == (1000, 1536)
    state = models.inception_resnet_v2().state_dict()
    assert state["mixed_5b.branch1.1.conv.weight"].shape == (64, 48, 5, 5)
    assert state["repeat.9.conv2d.bias"].shape == (320,)
    assert state["repeat_1.19.branch1.2.bn.weight"].shape == (192,)
    assert state["block8.branch1.1.conv.weight"].shape == (224, 192, 1, 3)
    assert state["classif.bias"].shape == (1000,)


def test_old_keys_of_densenets():
    model = models.DenseNet(4, (2, 2), 8, num_classes=2)
    state = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): v for key, v in model.state_dict().items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    other = models.DenseNet(4, (2, 2), 8, num_classes=2)
    other.load_state_dict(state)
    for key, value in other.state_dict().items():
        assert (host(value) == host(model.state_dict()[key])).all()
    assert "features.denseblock1.denselayer1.norm.1.weight" in state


def test_a_block_without_its_channels():
    with pytest.raises(TypeError, match=r"ResNet: block must be a class with the attribute expansion, .* not .*Linear"):
        models.ResNet(nn.Linear, (1, 1, 1, 1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.resnet18(num_classes=0), "resnet18: num_classes must be a positive integer, not 0"),
        (lambda: models.resnet18(groups=2), "BasicBlock: groups, base_width and dilation must be 1, 64 and 1"),
        (lambda: models.resnet50(replace_stride_with_dilation=[True]), "ResNet: replace_stride_with_dilation must be"),
        (lambda: models.CifarResNet(21), r"CifarResNet: depth must be .* 6 n \+ 2, not 21"),
        (lambda: models.PreActCifarResNet(3), r"PreActCifarResNet: depth must be .* 9 n \+ 2, not 3"),
        (lambda: models.SqueezeNet("2_0"), "SqueezeNet: version must be '1_0' or '1_1', not '2_0'"),
    ],
)
def test_wrong_options(build, message):
    with pytest.raises(ValueError, match=message):
        build()
