"""Metrics of images beside the true ones: PSNR and SSIM."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import inf, prod
from typing import Any

from ..backend.dtypes import float64
from ..errors import ShapeError
from ..nn.functional.convolution import conv2d
from ..ops.comparison import where
from ..ops.creation import arange, ones_like
from ..ops.declare import require
from ..ops.exponential import log10
from ..ops.joining import concat
from ..options import Positive, Size, declared
from ..tensor import Tensor
from .inputs import weights_of
from .metric import PredictionMetric, Statistics
from .ratio import ratio


def _images(name: str, preds: Tensor, target: Tensor, axes: int) -> tuple[Tensor, Tensor]:
    """Return two batches of images of equal shape as float64."""
    require(name, "real", preds=preds, target=target)
    if tuple(preds.shape) != tuple(target.shape) or len(preds.shape) < axes:
        raise ShapeError(
            f"{name}: preds and target must have the same shape {'(N, C, H, W)' if axes == 4 else '(N, ...)'}, not "
            f"{tuple(preds.shape)} and {tuple(target.shape)}"
        )
    return preds.astype(float64), target.astype(float64)


@declared
class PeakSignalNoiseRatio(PredictionMetric):
    """The peak signal-to-noise ratio in decibels: ``10 log10(data_range² / MSE)``; infinite for equal images.

    Predictions and targets are real and have the same shape (N, ...).

    Parameters
    ----------
    data_range : float
        The difference of the largest and the smallest possible value: 255 for bytes, 1 for numbers from 0 to 1.
    per_image : bool
        Whether the value is the mean of the ratios of the images, as papers report it, instead of the ratio of the mean
        squared error over all images.

    Examples
    --------
    >>> psnr = tl.metrics.PeakSignalNoiseRatio(data_range=1.0)
    >>> psnr.update(tl.full((1, 4, 4), 0.5), tl.full((1, 4, 4), 0.25))
    >>> psnr.compute()
    tensor(12.04119983, dtype=float64)
    """

    names = ("total", "weight")

    data_range: Positive
    _: KW_ONLY
    per_image: bool = False

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        preds, target = _images("PeakSignalNoiseRatio", preds, target, axes=1)
        count = preds.shape[0]
        pixels = prod(preds.shape[1:])
        errors = ((preds - target) ** 2).reshape(count, pixels).sum(axis=1)
        weight = weights_of("PeakSignalNoiseRatio", (count,), sample_weight)
        weight = ones_like(errors) if weight is None else weight
        if self.per_image:
            return {"total": (self._decibels(errors / pixels) * weight).sum(), "weight": weight.sum()}
        return {"total": (errors * weight).sum(), "weight": weight.sum() * pixels}

    def _decibels(self, error: Tensor) -> Tensor:
        exact = error == 0
        return where(exact, inf, 10 * log10(self.data_range**2 / where(exact, 1.0, error)))

    def value(self, statistics: Statistics) -> Any:
        mean = ratio(statistics["total"], statistics["weight"])
        return mean if self.per_image else self._decibels(mean)


@declared
class StructuralSimilarityIndexMeasure(PredictionMetric):
    """The structural similarity (SSIM): means, variances and covariance under a Gaussian window; 1 for equal images.

    Predictions and targets are real and have the same shape (N, C, H, W). The value is the mean over all windows that
    lie within an image, over channels and images: that of scikit-image with ``gaussian_weights=True`` and
    ``use_sample_covariance=False``, and that of torchmetrics.

    Parameters
    ----------
    data_range : float
        The difference of the largest and the smallest possible value: 255 for bytes, 1 for numbers from 0 to 1.
    sigma : float
        The standard deviation of the window, in pixels.
    kernel_size : int
        The width of the window, odd.
    k1, k2 : float
        Constants that keep the quotients of means and of variances stable.

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli (2004), Image quality assessment: from error visibility to
    structural similarity, equation 13.

    Examples
    --------
    >>> ssim = tl.metrics.StructuralSimilarityIndexMeasure(data_range=1.0)
    >>> images = tl.rand(2, 3, 16, 16)
    >>> ssim.update(images, images)
    >>> ssim.compute()
    tensor(1., dtype=float64)
    """

    names = ("total", "weight")

    data_range: Positive
    _: KW_ONLY
    sigma: Positive = 1.5
    kernel_size: Size = 11
    k1: Positive = 0.01
    k2: Positive = 0.03

    def __post_init__(self) -> None:
        if self.kernel_size % 2 == 0:
            raise ValueError(f"StructuralSimilarityIndexMeasure: kernel_size must be odd, not {self.kernel_size}")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        name = "StructuralSimilarityIndexMeasure"
        x, y = _images(name, preds, target, axes=4)
        count, channels, *size = x.shape
        if min(size) < self.kernel_size:
            raise ShapeError(
                f"{name}: preds of {size[0]}×{size[1]} pixels are smaller than kernel_size={self.kernel_size}"
            )
        weight = weights_of(name, (count,), sample_weight)
        x, y = (image.reshape(count * channels, 1, *size) for image in (x, y))
        parts = self._means(concat([x, y, x * x, y * y, x * y], axis=0))
        mean_x, mean_y, xx, yy, xy = parts.reshape(5, count, -1)
        c1, c2 = (self.k1 * self.data_range) ** 2, (self.k2 * self.data_range) ** 2
        both = mean_x * mean_y
        squares = mean_x**2 + mean_y**2
        similarity = (2 * both + c1) * (2 * (xy - both) + c2) / ((squares + c1) * (xx + yy - squares + c2))
        of_images = similarity.mean(axis=1)
        weight = ones_like(of_images) if weight is None else weight
        return {"total": (of_images * weight).sum(), "weight": weight.sum()}

    def _means(self, images: Tensor) -> Tensor:
        """Return the means of the windows: a Gaussian window is the product of one along each axis."""
        at = arange(self.kernel_size, dtype=float64, device=images.device) - self.kernel_size // 2
        window = (-((at / self.sigma) ** 2) / 2).exp()
        window = window / window.sum()
        return conv2d(conv2d(images, window.reshape(1, 1, -1, 1)), window.reshape(1, 1, 1, -1))

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["total"], statistics["weight"])
