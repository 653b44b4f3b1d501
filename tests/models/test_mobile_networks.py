"""Mobile and later networks: published numbers of parameters, outputs and gradients at small sizes, initial weights."""

import math

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor

import tensorlab as tl
from tensorlab import models, nn

PUBLISHED = {  # numbers of parameters with 1000 classes
    "convnext_tiny": 28_589_128,
    "convnext_small": 50_223_688,
    "convnext_base": 88_591_464,
    "convnext_large": 197_767_336,
    "efficientnet_b0": 5_288_548,
    "efficientnet_b1": 7_794_184,
    "efficientnet_b2": 9_109_994,
    "efficientnet_b3": 12_233_232,
    "efficientnet_b4": 19_341_616,
    "efficientnet_b5": 30_389_784,
    "efficientnet_b6": 43_040_704,
    "efficientnet_b7": 66_347_960,
    "efficientnet_v2_s": 21_458_488,
    "efficientnet_v2_m": 54_139_356,
    "efficientnet_v2_l": 118_515_272,
    "mobilenet_v2": 3_504_872,
    "mobilenet_v3_large": 5_483_032,
    "mobilenet_v3_small": 2_542_856,
    "regnet_x_400mf": 5_495_976,
    "regnet_x_800mf": 7_259_656,
    "regnet_x_1_6gf": 9_190_136,
    "regnet_x_3_2gf": 15_296_552,
    "regnet_x_8gf": 39_572_648,
    "regnet_x_16gf": 54_278_536,
    "regnet_x_32gf": 107_811_560,
    "regnet_y_400mf": 4_344_144,
    "regnet_y_800mf": 6_432_512,
    "regnet_y_1_6gf": 11_202_430,
    "regnet_y_3_2gf": 19_436_338,
    "regnet_y_8gf": 39_381_472,
    "regnet_y_16gf": 83_590_140,
    "regnet_y_32gf": 145_046_770,
    "regnet_y_128gf": 644_812_894,
    "shufflenet_v2_x0_5": 1_366_792,
    "shufflenet_v2_x1_0": 2_278_604,
    "shufflenet_v2_x1_5": 3_503_624,
    "shufflenet_v2_x2_0": 7_393_996,
    "swin_b": 87_768_224,
    "swin_s": 49_606_258,
    "swin_t": 28_288_354,
    "swin_v2_b": 87_930_848,
    "swin_v2_s": 49_737_442,
    "swin_v2_t": 28_351_570,
    "vit_b_16": 86_567_656,
    "vit_b_32": 88_224_232,
    "vit_h_14": 632_045_800,
    "vit_l_16": 304_326_632,
    "vit_l_32": 306_535_400,
}

STAGES = ((True, 1, 3, 1, 8, 8, 1), (True, 4, 3, 2, 8, 16, 1), (False, 4, 5, 2, 16, 16, 2))
"""A small EfficientNet."""

SMALLEST = [  # (model, height and width of small images)
    (lambda: models.ConvNeXt([(4, 1), (8, 2)], 0.1, num_classes=3), (8, 9)),
    (lambda: models.EfficientNet(STAGES, num_classes=3), (9, 8)),
    (lambda: models.MobileNetV2(3, width_mult=0.25), (9, 8)),
    (lambda: models.MobileNetV3("small", 3, width_mult=0.25), (9, 8)),
    (lambda: models.RegNet(4, 8, 8.0, 2.0, 8, 0.25, num_classes=3), (9, 8)),
    (lambda: models.ShuffleNetV2((1, 2, 1), (8, 16, 32, 64, 64), 3), (9, 8)),
    (lambda: models.SwinTransformer((2, 2), 4, (2, 1), (1, 2), (2, 3), dropout=0.1, num_classes=3), (11, 14)),
    (lambda: models.SwinTransformerV2((2, 2), 4, (2, 1), (1, 2), (2, 3), dropout=0.1, num_classes=3), (11, 14)),
    (lambda: models.VisionTransformer(8, 4, 2, 2, 8, 16, dropout=0.1, num_classes=3), (8, 8)),
]


@pytest.mark.parametrize(
    ("name", "size"),
    [pytest.param(*item, marks=pytest.mark.slow if item[1] > 300_000_000 else ()) for item in PUBLISHED.items()],
)
def test_published_numbers_of_parameters(name, size, undrawn):
    assert sum(parameter.size for parameter in models.get_model(name).parameters()) == size
    assert f"{size:,}" in getattr(models, name).__doc__


@pytest.mark.parametrize(("build", "size"), SMALLEST)
def test_every_parameter_is_learned_by_small_images(build, size):
    model = build()
    images = tensor(seeded("images").normal(size=(2, 3, *size)), dtype="float32")
    scores = model(images)
    assert scores.shape == (2, 3)
    scores.square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert np.isfinite(host(parameter.grad)).all(), key
    assert model.eval()(images[:1]).shape == (1, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "deviation"),
    [
        (lambda: models.mobilenet_v2().classifier[-1], 0.01),
        (lambda: models.mobilenet_v2().features[8].conv[1][0], math.sqrt(2 / (9 * 384))),
        (lambda: models.mobilenet_v3_small().features[4].block[2].fc1, math.sqrt(2 / 24)),
        (lambda: models.EfficientNet(STAGES).classifier[-1], 1 / math.sqrt(3 * 1000)),
        (lambda: models.ConvNeXt([(16, 1)]).features[1][0].block[3], 0.02),
    ],
)
def test_initial_weights(layer, deviation):
    weight = host(layer().weight.detach())
    assert abs(weight.mean()) < 5 * deviation / math.sqrt(weight.size)
    assert abs(weight.std() / deviation - 1) < 5 / math.sqrt(2 * weight.size)


def test_blocks_are_left_out_more_often_towards_the_end():
    convnext = models.ConvNeXt([(4, 1), (8, 2)], 0.4)
    efficientnet = models.EfficientNet(STAGES, stochastic_depth_prob=0.4)
    found = [
        [module.p for module in model.modules() if isinstance(module, nn.StochasticDepth)]
        for model in (convnext, efficientnet)
    ]
    assert found == [pytest.approx([0.0, 0.2, 0.4]), pytest.approx([0.0, 0.1, 0.2, 0.3])]


def test_blocks_begin_almost_as_the_identity():
    block = models.ConvNeXt([(16, 1)]).features[1][0]
    maps = tl.rand(1, 16, 5, 5)
    assert_close(block(maps).detach(), host(maps), atol=1e-5)
    assert host(block.layer_scale.detach()).tolist() == [[[np.float32(1e-6)]]] * 16


@pytest.mark.parametrize(
    ("name", "blocks", "widths"),
    [("regnet_x_400mf", [1, 2, 7, 12], [32, 64, 160, 400]), ("regnet_y_1_6gf", [2, 6, 17, 2], [48, 120, 336, 888])],
)
def test_stages_of_regnets(name, blocks, widths, undrawn):
    stages = models.get_model(name).trunk_output
    assert [len(stage) for stage in stages] == blocks
    assert [stage[0].f.c[0].out_channels for stage in stages] == widths


def test_vision_transformers_begin_undecided_and_see_the_order_of_patches():
    model = models.VisionTransformer(8, 4, 1, 2, 8, 16, num_classes=3)
    images = tl.rand(1, 3, 8, 8)
    assert not host(model(images).detach()).any()
    model.heads.head.reset_parameters()
    assert abs(host((model(images) - model(images.flip(2))).detach())).max() > 1e-4
    with pytest.raises(ValueError, match=r"images must have shape \(batch, 3, 8, 8\), not \(1, 3, 9, 8\)"):
        model(tl.rand(1, 3, 9, 8))


@pytest.mark.parametrize("kind", [models.SwinTransformer, models.SwinTransformerV2])
def test_swin_transformers_take_empty_batches(kind):
    model = kind((2, 2), 4, (2,), (2,), (2, 1), num_classes=3)
    assert model(tl.zeros(0, 3, 8, 8)).shape == (0, 3)


def test_old_keys_of_vision_transformers():
    model, other = (models.VisionTransformer(8, 4, 2, 2, 8, 16, num_classes=3) for _ in range(2))
    old = {
        key.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): value
        for key, value in model.state_dict().items()
    }
    assert "encoder.layers.encoder_layer_1.mlp.linear_2.bias" in old
    other.load_state_dict(old)
    for key, value in other.state_dict().items():
        assert (host(value) == host(model.state_dict()[key])).all()


def test_dilation_keeps_the_resolution(undrawn):
    model = models.mobilenet_v3_small(num_classes=2, dilated=True).eval()
    images = tl.zeros(1, 3, 64, 64)
    assert model.features(images).shape == (1, 576, 4, 4)
    assert models.mobilenet_v3_small(num_classes=2).eval().features(images).shape == (1, 576, 2, 2)


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small"])
def test_another_normalisation(name, undrawn):
    model = models.get_model(name, num_classes=2, norm_layer=lambda channels: nn.GroupNorm(1, channels))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.ConvNeXt([]), "ConvNeXt: stages must be at least one pair"),
        (lambda: models.ConvNeXt([(8, 0)]), "ConvNeXt: stages must be a tuple of"),
        (lambda: models.EfficientNet([]), "EfficientNet: stages must be at least one"),
        (lambda: models.EfficientNet([*STAGES, STAGES[0]]), "with the outputs of the one before as its inputs"),
        (lambda: models.RegNet(4, 9, 8.0, 2.0, 8), "RegNet: w_0 must be a multiple of 8, not 9"),
        (lambda: models.RegNet(4, 8, 8.0, 1.0, 8), r"RegNet: w_m must be a number in \(1, inf\), not 1"),
        (lambda: models.mobilenet_v2(width_mult=0), "MobileNetV2: width_mult must be a positive number, not 0"),
        (lambda: models.MobileNetV3("medium"), "MobileNetV3: size must be 'large' or 'small', not 'medium'"),
        (
            lambda: models.ShuffleNetV2((1, 1, 1), (8, 15, 32, 64, 64)),
            r"ShuffleNetV2: stages_out_channels must be even for the three stages, not \(8, 15",
        ),
        (lambda: models.SwinTransformer((4, 4), 8, (2, 2), (2,), (4, 4)), "depths and num_heads must have an entry"),
        (lambda: models.SwinTransformer((4, 4), 8, (2,), (3,), (4, 4)), "embed_dim 8 and its doubles do not divide"),
        (lambda: models.SwinTransformerV2((4, 4), 8, (2,), (3,), (4, 4)), "SwinTransformerV2: embed_dim 8 and its"),
        (lambda: models.vit_b_16(image_size=40), "image_size must be a multiple of patch_size 16, not 40"),
        (lambda: models.VisionTransformer(8, 4, 1, 3, 8, 8), "hidden_dim must be a multiple of num_heads 3, not 8"),
    ],
)
def test_wrong_options(build, message):
    with pytest.raises(ValueError, match=message):
        build()
