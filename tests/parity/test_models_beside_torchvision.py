"""Models beside torchvision's: the same keys, shapes and, with the same weights, outputs, gradients and statistics."""

import numpy as np
import pytest
from helpers import assert_close, host, seeded, tensor
from peers import import_torchvision

from tensorlab import models

torch = pytest.importorskip("torch")
torchvision = import_torchvision()

NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in ("regnet_y_128gf", "vit_h_14") else ())  # over 600 million
    for name in sorted(set(models.list_models()) & set(torchvision.models.list_models()))
]

CASES = [  # (name, its options, height and width of the images)
    ("alexnet", {}, (63, 70)),
    ("convnext_tiny", {"stochastic_depth_prob": 0.0, "layer_scale": 1.0}, (33, 40)),
    ("deeplabv3_mobilenet_v3_large", {"aux_loss": True}, (33, 24)),
    ("deeplabv3_resnet50", {"aux_loss": True}, (33, 24)),
    ("densenet121", {}, (64, 70)),
    ("efficientnet_b0", {}, (33, 40)),
    ("efficientnet_v2_s", {}, (33, 33)),
    ("fcn_resnet50", {"aux_loss": True}, (33, 24)),
    ("googlenet", {"transform_input": True}, (64, 70)),
    ("googlenet", {"aux_logits": False}, (64, 64)),
    ("inception_v3", {"aux_logits": False, "transform_input": True}, (107, 107)),
    ("lraspp_mobilenet_v3_large", {}, (33, 24)),
    ("mobilenet_v2", {"width_mult": 0.5}, (64, 70)),
    ("mobilenet_v3_large", {"reduced_tail": True, "dilated": True, "width_mult": 0.5}, (64, 70)),
    ("mobilenet_v3_small", {}, (64, 70)),
    ("regnet_x_400mf", {}, (40, 33)),
    ("regnet_y_400mf", {}, (40, 33)),
    ("resnet18", {}, (64, 70)),
    ("resnet50", {"replace_stride_with_dilation": [False, True, True]}, (40, 33)),
    ("resnext50_32x4d", {}, (64, 64)),
    ("shufflenet_v2_x0_5", {}, (64, 70)),
    ("squeezenet1_0", {}, (40, 47)),
    ("squeezenet1_1", {}, (40, 47)),
    ("swin_t", {}, (75, 66)),
    ("swin_v2_t", {}, (75, 66)),
    ("vgg11_bn", {}, (64, 64)),
    ("vit_b_32", {"image_size": 64}, (64, 64)),
]


def theirs(name, options):
    """Build torchvision's model; some warn unless they are told to draw their weights, or download others."""
    init = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name in torchvision.models.list_models(torchvision.models.segmentation):
        init = {"weights_backbone": None}
    return torchvision.models.get_model(name, **options, **init)


def without_dropout(model):
    """Switch dropout off."""
    for module in model.modules():
        if type(module).__name__ in ("Dropout", "StochasticDepth"):
            module.p = 0.0
    return model


def outputs_of(result):
    """Return the output and those of auxiliary classifiers."""
    if isinstance(result, dict):
        return [result[key] for key in ("out", "aux") if key in result]
    return list(result) if isinstance(result, tuple) else [result]


@pytest.fixture
def computed_widths(monkeypatch):
    """Let torchvision compute the widths of its RegNets on the CPU, where the networks have no memory."""
    compute = torchvision.models.regnet.BlockParams.from_init_params

    def computed(**options):
        with torch.device("cpu"):
            return compute(**options)

    monkeypatch.setattr(torchvision.models.regnet.BlockParams, "from_init_params", computed)


@pytest.mark.parametrize("name", NAMES)
def test_keys_and_shapes(name, undrawn, computed_widths):
    with torch.device("meta"):
        expected = theirs(name, {}).state_dict()
    found = models.get_model(name).state_dict()
    assert [(key, tuple(value.shape)) for key, value in found.items()] == [
        (key, tuple(value.shape)) for key, value in expected.items()
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options", "size"), CASES)
def test_outputs_gradients_and_statistics(name, options, size, undrawn):
    peer = without_dropout(theirs(name, {"num_classes": 7, **options})).double()
    for parameter in peer.parameters():
        if parameter.ndim > 1 and not parameter.any():  # as in the last layer of Vision Transformers
            torch.nn.init.normal_(parameter, std=0.1)
    model = without_dropout(models.get_model(name, num_classes=7, **options)).double()
    model.load_state_dict({key: value.numpy() for key, value in peer.state_dict().items()})
    images = seeded(name).normal(size=(2, 3, *size))
    with torch.no_grad():
        found, expected = model.eval()(tensor(images)), peer.eval()(torch.tensor(images))
    for ours, output in zip(outputs_of(found), outputs_of(expected), strict=True):
        assert_close(ours.detach(), output.numpy(), rtol=1e-9)
    found, expected = (outputs_of(m.train()(x)) for m, x in ((model, tensor(images)), (peer, torch.tensor(images))))
    for ours, output in zip(found, expected, strict=True):
        assert_close(ours.detach(), output.detach().numpy(), rtol=1e-8)
    sum(output.square().sum() for output in found).backward()
    sum(output.square().sum() for output in expected).backward()
    for ours, parameter in zip(model.parameters(), peer.parameters(), strict=True):
        gradient = parameter.grad.numpy()
        assert_close(ours.grad, gradient, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(gradient).max()))
    for ours, buffer in zip(model.buffers(), peer.buffers(), strict=True):
        assert_close(host(ours), buffer.numpy(), rtol=1e-9)
