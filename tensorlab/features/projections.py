"""Random projections, and random features of the Gaussian kernel."""

from __future__ import annotations

from dataclasses import InitVar
from math import pi, sqrt
from typing import Annotated, Any, ClassVar

from ..nn.layers.base import Layer
from ..nn.layers.learned import FloatingDType
from ..ops.arithmetic import abs, sign
from ..ops.contraction import linear
from ..ops.creation import DeviceLike
from ..ops.shapes import astype
from ..ops.trigonometric import cos
from ..options import Positive, Size, declared
from ..options.kinds import Real
from ..random import Generator, default_generator
from ..tensor import Tensor

Density = Annotated[float, Real(0, 1, "(]")]


@declared
class RandomProjection(Layer):
    """A linear map with random elements, which keeps distances up to a small factor (Johnson and Lindenstrauss, 1984).

    With probability ``1 - delta``, the squared distances of `n` points change by a factor between ``1 - eps`` and
    ``1 + eps`` if there are about ``8 log(n / delta) / eps**2`` features.

    Parameters
    ----------
    in_features : int
        Length of the vectors.
    out_features : int
        Number of features.
    density : float, optional
        Expected fraction of elements that are not zero, in (0, 1]: these are equal in magnitude and have random signs
        (Achlioptas, 2003, with 1/3; Li et al., 2006). By default the elements are normal.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.
    device : Device or str, optional
        The device of the matrix.
    dtype : dtype, optional
        Its data type; float32 by default.

    Attributes
    ----------
    weight : Tensor, shape (out_features, in_features)
        The matrix, a buffer. Its elements have the variance ``1 / out_features``.

    Examples
    --------
    >>> tl.features.RandomProjection(1000, 50, density=1 / 3)(tl.ones(4, 1000)).shape
    (4, 50)
    """

    in_features: Size
    out_features: Size
    density: Density | None = None
    generator: InitVar[Generator | None] = None
    device: InitVar[DeviceLike] = None
    dtype: InitVar[FloatingDType] = None
    weight: ClassVar[Any]

    def __post_init__(self, generator: Generator | None, device: Any, dtype: Any) -> None:
        source = generator or default_generator
        options = {"device": device, "dtype": dtype}
        shape = (self.out_features, self.in_features)
        if self.density is None:
            weight = source.normal(shape, 0.0, sqrt(1 / self.out_features), **options)
        else:
            magnitude = sqrt(1 / (self.density * self.out_features))
            place = source.uniform(shape, -1.0, 1.0, **options)
            weight = magnitude * astype(abs(place) < self.density, place.dtype) * sign(place)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor) -> Tensor:
        """Return the features, (..., out_features), of vectors, (..., in_features)."""
        return linear(input, self.weight)


@declared
class RandomFourierFeatures(Layer):
    """Random cosines whose inner products approximate the Gaussian kernel (Rahimi and Recht, 2007).

    ``sqrt(2 / out_features) * cos(weight @ x + bias)``, with ``weight ~ N(0, 2 gamma)`` and ``bias ~ U(0, 2 pi)``. The
    inner product of two such vectors has the mean ``rbf_kernel(x, y, gamma)``, and a standard deviation of at most
    ``1 / sqrt(out_features)``.

    Parameters
    ----------
    in_features : int
        Length of the vectors.
    out_features : int
        Number of features.
    gamma : float
        The kernel's parameter.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.
    device : Device or str, optional
        The device of weight and bias.
    dtype : dtype, optional
        Their data type; float32 by default.

    Attributes
    ----------
    weight : Tensor, shape (out_features, in_features)
        The frequencies, a buffer.
    bias : Tensor, shape (out_features,)
        The phases, a buffer.

    Examples
    --------
    >>> features = tl.features.RandomFourierFeatures(2, 4000, generator=tl.Generator(0))
    >>> x, y = features(tl.tensor([[0.0, 0.0], [0.5, 0.5]]))
    >>> abs(x @ y - tl.exp(tl.tensor(-0.5))) < 0.03
    tensor(True)
    """

    in_features: Size
    out_features: Size
    gamma: Positive = 1.0
    generator: InitVar[Generator | None] = None
    device: InitVar[DeviceLike] = None
    dtype: InitVar[FloatingDType] = None
    weight: ClassVar[Any]
    bias: ClassVar[Any]

    def __post_init__(self, generator: Generator | None, device: Any, dtype: Any) -> None:
        source = generator or default_generator
        options = {"device": device, "dtype": dtype}
        shape = (self.out_features, self.in_features)
        self.register_buffer("weight", source.normal(shape, 0.0, sqrt(2 * self.gamma), **options))
        self.register_buffer("bias", source.uniform((self.out_features,), 0.0, 2 * pi, **options))

    def forward(self, input: Tensor) -> Tensor:
        """Return the features, (..., out_features), of vectors, (..., in_features)."""
        return sqrt(2 / self.out_features) * cos(linear(input, self.weight, self.bias))
