"""LeNet-5 (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998)."""

from __future__ import annotations

from ...nn.layers.activation import Tanh
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Flatten, Linear
from ...nn.layers.pooling import AvgPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Size, checked
from ...tensor import Tensor
from ..registry import register_model


class LeNet5(Module):
    """LeNet-5 as it is taught: the published layers with full connections, plain averages and a linear output layer.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    in_channels : int
        Number of the images' channels. Images are of 32×32 pixels.

    Examples
    --------
    >>> model = tl.models.LeNet5()
    >>> model(tl.zeros(2, 1, 32, 32)).shape, sum(p.size for p in model.parameters())
    ((2, 10), 61706)
    """

    @checked
    def __init__(self, num_classes: Size = 10, in_channels: Size = 1) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(in_channels, 6, 5),
            Tanh(),
            AvgPool2d(2),
            Conv2d(6, 16, 5),
            Tanh(),
            AvgPool2d(2),
            Conv2d(16, 120, 5),
            Tanh(),
        )
        self.classifier = Sequential(Flatten(), Linear(120, 84), Tanh(), Linear(84, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, in_channels, 32, 32)."""
        return self.classifier(self.features(images))


@register_model
def lenet5(num_classes: Size = 10, in_channels: Size = 1) -> LeNet5:
    """LeNet-5 as it is taught, with 61,706 parameters.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    in_channels : int
        Number of the images' channels.
    weights : str or path, optional
        A file of parameters; see `load_weights`.

    Examples
    --------
    >>> tl.models.lenet5(num_classes=7).classifier[-1]
    Linear(in_features=84, out_features=7, bias=True)
    """
    return LeNet5(num_classes, in_channels)
