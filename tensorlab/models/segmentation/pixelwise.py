"""What the networks for segmentation share: maps taken from inside a classifier, and scores at the images' size."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from ...nn.functional.resampling import interpolate
from ...nn.layers.base import Layer
from ...nn.module.containers import ModuleDict
from ...nn.module.module import Module
from ...options import checked, declared
from ...tensor import Tensor
from ..registry import check_weights
from ..vision.mobilenetv3 import mobilenet_v3_large
from ..vision.resnet import resnet50, resnet101

Path = str | PathLike[str] | None


class IntermediateLayerGetter(ModuleDict):
    """The first children of a network, one after the other, and what some of them return.

    Parameters
    ----------
    model : Module
        A network that calls its children in the order in which they were assigned, each once. They are shared with it.
    return_layers : mapping of str
        Names of children, and the keys under which their outputs are returned. Children after the last are left out.

    Raises
    ------
    ValueError
        If the network has no child of such a name.

    Examples
    --------
    >>> from tensorlab.models import segmentation
    >>> backbone = segmentation.IntermediateLayerGetter(tl.models.resnet18(), {"layer1": "low", "layer3": "high"})
    >>> {key: maps.shape for key, maps in backbone(tl.zeros(1, 3, 64, 64)).items()}
    {'low': (1, 64, 16, 16), 'high': (1, 256, 4, 4)}
    """

    @checked
    def __init__(self, model: Module, return_layers: Mapping[str, str]) -> None:
        children = dict(model.named_children())
        if missing := [name for name in return_layers if name not in children]:
            raise ValueError(
                f"IntermediateLayerGetter: return_layers must name children of the model, which are "
                f"{', '.join(children) or 'none'}, not {missing[0]!r}"
            )
        names = list(children)
        last = max((names.index(name) for name in return_layers), default=-1)
        super().__init__({name: children[name] for name in names[: last + 1]})
        self.return_layers = dict(return_layers)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the outputs by their keys."""
        outputs = {}
        for name, child in self.items():
            images = child(images)
            if name in self.return_layers:
                outputs[self.return_layers[name]] = images
        return outputs


def at_size_of(images: Tensor, maps: Tensor) -> Tensor:
    """Return maps with the height and width of the images."""
    return interpolate(maps, size=images.shape[2:], mode="bilinear", align_corners=False)


@declared
class PixelClassifier(Layer):
    """A backbone, a classifier of its maps, and in training perhaps another of maps halfway.

    Published weights are those of both classifiers; without the second one, its weights are left out.

    Parameters
    ----------
    backbone : Module
        Returns maps of images in a dictionary, under ``"out"`` and, for an auxiliary classifier, ``"aux"``.
    classifier : Module
        Returns the scores of the backbone's maps ``"out"``.
    aux_classifier : Module, optional
        Returns the scores of the maps ``"aux"``, to bring gradients to early layers.
    """

    backbone: Module
    classifier: Module
    aux_classifier: Module | None = None
    _shown = ()

    def __post_init__(self) -> None:
        self.register_load_state_dict_pre_hook(_without_auxiliary)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Classify the pixels of images, (batch, 3, height, width), of any size.

        Returns
        -------
        dict of Tensor
            Under ``"out"`` the scores, (batch, num_classes, height, width); under ``"aux"``, if there is an auxiliary
            classifier, its scores of the same shape.
        """
        maps = self.backbone(images)
        outputs = {"out": at_size_of(images, self.classifier(maps["out"]))}
        if self.aux_classifier is not None:
            outputs["aux"] = at_size_of(images, self.aux_classifier(maps["aux"]))
        return outputs


def _without_auxiliary(model: Any, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Leave out the weights of an auxiliary classifier that the model does not have."""
    if model.aux_classifier is None:
        for key in [key for key in state if key.startswith(f"{prefix}aux_classifier.")]:
            del state[key]


def check_backbone(function: str, weights: Path) -> None:
    """Raise an error in the name of a function unless the weights of its backbone are a file."""
    if weights is not None:
        check_weights(function, weights, "weights_backbone")


RESNETS = {50: resnet50, 101: resnet101}


def dilated_resnet(function: str, depth: int, weights: Path, aux: bool) -> IntermediateLayerGetter:
    """Return a ResNet whose last two stages keep the resolution, with 2048 channels and, halfway, 1024."""
    check_backbone(function, weights)
    model = RESNETS[depth](weights=weights, replace_stride_with_dilation=(False, True, True))
    return IntermediateLayerGetter(model, {"layer4": "out", **({"layer3": "aux"} if aux else {})})


def dilated_mobilenet(function: str, weights: Path, last: str, halfway: str | None) -> IntermediateLayerGetter:
    """Return a MobileNet v3 with a sixteenth of the resolution, 960 channels, and an eighth halfway, 40 channels."""
    check_backbone(function, weights)
    features = mobilenet_v3_large(weights=weights, dilated=True).features
    return IntermediateLayerGetter(features, {**({} if halfway is None else {"4": halfway}), "16": last})
