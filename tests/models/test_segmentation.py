"""Networks for segmentation: published numbers of parameters, sizes of outputs, and pixels learned."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, seeded, tensor

import tensorlab as tl
from tensorlab import datasets, models, nn, optim
from tensorlab.data import DataLoader
from tensorlab.models import segmentation
from tensorlab.models.segmentation.deeplabv3 import DeepLabHead
from tensorlab.models.segmentation.fcn import FCNHead

PUBLISHED = {  # numbers of parameters with 21 classes and the auxiliary classifier
    "deeplabv3_mobilenet_v3_large": 11_029_328,
    "deeplabv3_resnet50": 42_004_074,
    "deeplabv3_resnet101": 60_996_202,
    "fcn_resnet50": 35_322_218,
    "fcn_resnet101": 54_314_346,
}


@pytest.mark.parametrize(("name", "size"), PUBLISHED.items())
def test_published_numbers_of_parameters(name, size, undrawn):
    model = models.get_model(name, aux_loss=True)
    extra = sum(parameter.size for parameter in model.aux_classifier.parameters())
    assert sum(parameter.size for parameter in model.parameters()) == size
    assert f"{size - extra:,}" in getattr(models, name).__doc__ and f"{extra:,}" in getattr(models, name).__doc__


def test_numbers_of_parameters_of_one_classifier(undrawn):
    assert sum(parameter.size for parameter in models.lraspp_mobilenet_v3_large().parameters()) == 3_221_538
    widths = [64, 128, 256, 512, 1024]
    down = sum(9 * (i * o + o * o) + 2 * o for i, o in zip([1, *widths], widths, strict=False))
    up = sum(4 * 2 * o * o + o + 9 * (2 * o * o + o * o) + 2 * o for o in widths[:-1])
    assert sum(parameter.size for parameter in models.unet().parameters()) == down + up + 64 * 2 + 2 == 31_030_658


def small(kind, aux=False):
    """Return a small network on the first stages of a ResNet."""
    layers = {"layer1": "aux", "layer2": "out"} if aux else {"layer2": "out"}
    network = models.ResNet(models.resnet.BasicBlock, (1, 1, 1, 1))
    backbone = segmentation.IntermediateLayerGetter(network, layers)
    head = FCNHead(128, 4) if kind is models.FCN else DeepLabHead(128, 4, (1, 2))
    return kind(backbone, head, FCNHead(64, 4) if aux else None)


@pytest.mark.parametrize("kind", [models.FCN, models.DeepLabV3])
def test_every_parameter_is_learned_by_images_of_any_size(kind):
    model = small(kind, aux=True)
    images = tensor(seeded("images").normal(size=(2, 3, 17, 22)), dtype="float32")
    scores = model(images)
    assert list(scores) == ["out", "aux"]
    assert [x.shape for x in scores.values()] == [(2, 4, 17, 22)] * 2
    sum(x.square().sum() for x in scores.values()).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and np.isfinite(host(parameter.grad)).all(), key
    assert list(small(kind)(images)) == ["out"]


@pytest.mark.parametrize("kind", [models.FCN, models.DeepLabV3])
def test_weights_of_an_auxiliary_classifier_are_left_out_where_there_is_none(kind):
    state = small(kind, aux=True).state_dict()
    for model in (small(kind), nn.Sequential(small(kind))):
        prefix = "0." if isinstance(model, nn.Sequential) else ""
        model.load_state_dict({prefix + key: value for key, value in state.items()})
        for key, value in model.state_dict().items():
            assert_same(value, host(state[key.removeprefix(prefix)]))
    assert any(key.startswith("aux_classifier.") for key in state)
    with pytest.raises(RuntimeError, match=r"missing: aux_classifier\.0\.weight"):
        small(kind, aux=True).load_state_dict(small(kind).state_dict())


def test_layers_in_between():
    model = models.resnet18().eval()
    getter = segmentation.IntermediateLayerGetter(model, {"relu": "early", "layer1": "late"}).eval()
    assert list(getter) == ["conv1", "bn1", "relu", "maxpool", "layer1"]
    images = tensor(seeded("images").normal(size=(1, 3, 16, 16)), dtype="float32")
    early = model.relu(model.bn1(model.conv1(images)))
    found = getter(images)
    assert_same(found["early"].detach(), host(early.detach()))
    assert_same(found["late"].detach(), host(model.layer1(model.maxpool(early)).detach()))
    with pytest.raises(ValueError, match=r"return_layers must name children of the model, which are conv1, .* not 'x'"):
        segmentation.IntermediateLayerGetter(model, {"x": "out"})


@pytest.mark.slow
def test_weights_of_the_backbone(tmp_path):
    pytest.importorskip("safetensors")
    classifier = models.mobilenet_v3_large()
    path = tmp_path / "mobilenet.safetensors"
    tl.save(classifier.state_dict(), path)
    model = models.lraspp_mobilenet_v3_large(weights_backbone=path)
    with pytest.raises(FileNotFoundError, match="fcn_resnet50: weights_backbone must be a file that is already there"):
        models.fcn_resnet50(weights_backbone="nothing.pth")
    key = "15.block.3.0.weight"
    assert_same(model.backbone.state_dict()[key], host(classifier.features.state_dict()[key]))


class TestUNet:
    @pytest.mark.parametrize(("size", "expected"), [(572, 388), (188, 4)])
    def test_published_sizes(self, size, expected, undrawn):
        model = models.UNet(1, 2, features=1)
        assert model(tl.zeros(1, 1, size, size)).shape == (1, 2, expected, expected)

    def test_the_smallest_images(self, undrawn):
        for depth, size in ((1, 18), (2, 44), (3, 92), (4, 188)):
            assert min(models.UNet(1, 2, 1, depth)(tl.zeros(1, 1, size, size)).shape) > 0

    @pytest.mark.parametrize("size", [(1, 1), (7, 12), (16, 16), (33, 18)])
    def test_padded_networks_give_every_pixel_its_scores(self, size):
        model = models.UNet(2, 3, features=2, padding="same", norm_layer=nn.BatchNorm2d)
        scores = model(tl.rand(2, 2, *size))
        assert scores.shape == (2, 3, *size)
        scores.square().sum().backward()
        assert all(parameter.grad is not None for parameter in model.parameters())

    def test_both_paddings_agree_in_the_middle(self):
        """With one step down; a second one would pool windows that begin at odd pixels."""
        padded = models.UNet(1, 2, features=3, depth=1, padding="same").double().eval()
        valid = models.UNet(1, 2, features=3, depth=1).double().eval()
        valid.load_state_dict(padded.state_dict())
        images = tensor(seeded("image").standard_normal((1, 1, 24, 28)))
        found = valid(images).detach()
        assert found.shape == (1, 2, 8, 12)
        assert_close(found, host(padded(images).detach())[:, :, 8:-8, 8:-8])

    def test_initial_weights(self):
        weight = host(models.UNet(8, 2, features=32, depth=1).down[0][0].weight.detach())
        assert weight.std() == pytest.approx(np.sqrt(2 / (9 * 8)), rel=0.1)

    @pytest.mark.slow
    def test_it_learns_to_outline_circles(self):
        tl.manual_seed(0)
        data = datasets.Shapes(16, 16, n_classes=1, max_shapes=1, channels=1)
        images, masks = next(iter(DataLoader(data, batch_size=16)))
        images = (images.astype("float32") - 128) / 128
        model = models.UNet(1, 2, 8, 2, "same", nn.BatchNorm2d, dropout=0.0)
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(15):
            loss = nn.functional.cross_entropy(model(images), masks)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        right = host(model(images).argmax(axis=1) == masks)
        assert right.mean() > 0.98 and right[host(masks) > 0].mean() > 0.9

    def test_wrong_options(self):
        with pytest.raises(ValueError, match="UNet: padding must be 'valid' or 'same', not 'full'"):
            models.UNet(padding="full")
        with pytest.raises(ValueError, match="UNet: depth must be"):
            models.UNet(depth=0)
        with pytest.raises(tl.ShapeError, match="UNet: without padding, images must have at least 188×188 pixels, not"):
            models.UNet(features=1)(tl.zeros(1, 1, 187, 200))
