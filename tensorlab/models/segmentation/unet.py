"""U-Net (Ronneberger, Fischer and Brox, "U-Net: Convolutional networks for biomedical image segmentation", 2015)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ...errors import ShapeError
from ...nn.functional.pooling import max_pool2d
from ...nn.init.filling import zeros_
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.activation import ReLU
from ...nn.layers.convolution import Conv2d, ConvTranspose2d
from ...nn.layers.dropout import Dropout
from ...nn.module.containers import ModuleList, Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...options.kinds import Whole
from ...tensor import Tensor
from ..registry import register_model
from ..vision.blocks import Layer

Padding = Literal["valid", "same"]


class DoubleConv(Sequential):
    """Two 3×3 convolutions, each followed by ReLU, with a normalisation between if there is one."""

    def __init__(self, inputs: int, outputs: int, padding: Padding, norm: Layer | None) -> None:
        layers: list[Module] = []
        for channels in (inputs, outputs):
            layers.append(Conv2d(channels, outputs, 3, padding=padding, bias=norm is None))
            layers += [ReLU()] if norm is None else [norm(outputs), ReLU()]
        super().__init__(*layers)


def cropped(maps: Tensor, like: Tensor) -> Tensor:
    """Return the middle of maps, of the height and width of other maps."""
    top, left = ((have - want) // 2 for have, want in zip(maps.shape[2:], like.shape[2:], strict=True))
    return maps[:, :, top : top + like.shape[2], left : left + like.shape[3]]


def smallest_size(depth: int) -> int:
    """Return the height and width of the smallest images that leave a pixel without padding."""
    size = 1
    for _ in range(depth):
        size = (size + 5) // 2
    size += 4
    for _ in range(depth):
        size = 2 * size + 4
    return size


class UNet(Module):
    """A path that halves the resolution step by step, and one that doubles it and is shown the maps of the first.

    Parameters
    ----------
    in_channels : int
        Channels of the images.
    num_classes : int
        Number of classes of the pixels.
    features : int
        Channels at full resolution; each step downwards doubles them.
    depth : int
        Number of steps downwards, and of steps upwards.
    padding : {"valid", "same"}
        Without padding, as published, scores are those of the middle of the image, for which all context is seen: with
        four steps, 388×388 pixels of 572×572. With ``"same"``, convolutions are padded, and each pixel has its scores.
    norm_layer : callable, optional
        Makes a normalisation of so many channels, to follow each convolution; none was published.
    dropout : float
        Probability with which elements are left out at the end of the path downwards.

    Examples
    --------
    >>> tl.models.UNet(1, 2, features=4)(tl.zeros(1, 1, 188, 204)).shape
    (1, 2, 4, 20)
    >>> tl.models.UNet(3, 5, features=4, depth=2, padding="same")(tl.zeros(1, 3, 37, 50)).shape
    (1, 5, 37, 50)
    """

    @checked
    def __init__(
        self,
        in_channels: Size = 1,
        num_classes: Size = 2,
        features: Size = 64,
        depth: Annotated[int, Whole(1, 16)] = 4,
        padding: Padding = "valid",
        norm_layer: Layer | None = None,
        dropout: Fraction = 0.5,
    ) -> None:
        super().__init__()
        self.padding = padding
        widths = [features * 2**step for step in range(depth + 1)]
        self.down = ModuleList(
            DoubleConv(inputs, outputs, padding, norm_layer)
            for inputs, outputs in zip([in_channels, *widths], widths, strict=False)
        )
        self.dropout = Dropout(dropout)
        self.enlarge = ModuleList(ConvTranspose2d(2 * width, width, 2, stride=2) for width in reversed(widths[:-1]))
        self.up = ModuleList(DoubleConv(2 * width, width, padding, norm_layer) for width in reversed(widths[:-1]))
        self.head = Conv2d(features, num_classes, 1)
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_normal_(module.weight)
                if module.bias is not None:
                    zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Classify the pixels of images, (batch, in_channels, height, width).

        Returns
        -------
        Tensor
            The scores, (batch, num_classes, height, width); without padding of the middle of the images. Then images of
            ``16 n + 124`` pixels, with four steps, lose nothing but a border of 92 pixels on each side.

        Raises
        ------
        ShapeError
            If the images are too small to leave a pixel.
        """
        padded = self.padding == "same"
        if images.ndim != 4:
            raise ShapeError(f"UNet: images must have shape (batch, channels, height, width), not {images.shape}")
        if not padded and min(images.shape[2:]) < (least := smallest_size(len(self.up))):
            raise ShapeError(
                f"UNet: without padding, images must have at least {least}×{least} pixels, not "
                f"{images.shape[2]}×{images.shape[3]}; padding='same' takes any"
            )
        passed = []
        for block in self.down[:-1]:
            maps = block(images)
            passed.append(maps)
            images = max_pool2d(maps, 2, ceil_mode=padded)
        maps = self.dropout(self.down[-1](images))
        for enlarge, block in zip(self.enlarge, self.up, strict=True):
            maps, early = enlarge(maps), passed.pop()
            if padded:
                maps = cropped(maps, early)
            maps = block(concat([cropped(early, maps), maps], axis=1))
        return self.head(maps)


@register_model
def unet(num_classes: Size = 2, **options: Any) -> UNet:
    """U-Net as published, for images of one channel and pixels of two classes: 31,030,658 parameters."""
    return UNet(num_classes=num_classes, **options)
