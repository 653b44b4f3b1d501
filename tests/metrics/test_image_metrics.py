"""PSNR and SSIM beside their formulas, evaluated window by window."""

from math import exp, inf, log10

import numpy as np
import pytest
from helpers import assert_close, seeded, tensor

from tensorlab import metrics

PSNR, SSIM = metrics.PeakSignalNoiseRatio, metrics.StructuralSimilarityIndexMeasure


def images(*shape):
    rng = seeded("images", shape)
    target = rng.uniform(size=shape)
    return np.clip(target + 0.1 * rng.normal(size=shape), 0, 1), target


def test_psnr():
    preds, target = images(3, 2, 4, 5)
    errors = ((preds - target) ** 2).mean(axis=(1, 2, 3))
    metric, each = PSNR(1.0), PSNR(1.0, per_image=True)
    for part in (slice(0, 1), slice(1, 3)):
        metric.update(tensor(preds[part]), tensor(target[part]))
        each.update(tensor(preds[part]), tensor(target[part]))
    assert_close(metric.compute(), -10 * log10(errors.mean()))
    assert_close(each.compute(), (-10 * np.log10(errors)).mean())
    bytes_ = [(x * 255).astype("uint8") for x in (preds, target)]
    error = ((bytes_[0].astype(float) - bytes_[1]) ** 2).mean()
    assert_close(PSNR(255)(*map(tensor, bytes_)), 20 * log10(255) - 10 * log10(error))


def test_psnr_of_equal_images_is_infinite():
    same = tensor(np.ones((1, 2, 2)))
    assert PSNR(1.0)(same, same).item() == inf
    assert PSNR(1.0, per_image=True)(same, same).item() == inf


def similarity(x, y, data_range, sigma, width, k1, k2):
    """The SSIM of two images of one channel, by loops over the windows."""
    radius = width // 2
    window = np.array([[exp(-(i * i + j * j) / (2 * sigma**2)) for j in range(-radius, radius + 1)]
                       for i in range(-radius, radius + 1)])  # fmt: skip
    window /= window.sum()
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    values = []
    for i in range(x.shape[0] - width + 1):
        for j in range(x.shape[1] - width + 1):
            a, b = (image[i : i + width, j : j + width] for image in (x, y))
            ma, mb = (window * a).sum(), (window * b).sum()
            va, vb = (window * (a - ma) ** 2).sum(), (window * (b - mb) ** 2).sum()
            cov = (window * (a - ma) * (b - mb)).sum()
            values.append((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    return np.mean(values)


@pytest.mark.parametrize("options", [{}, {"sigma": 0.8, "kernel_size": 5, "k1": 0.02, "k2": 0.05}])
def test_ssim(options):
    preds, target = images(2, 2, 14, 13)
    window = {"sigma": 1.5, "kernel_size": 11, "k1": 0.01, "k2": 0.03, **options}
    each = [
        np.mean([similarity(a, b, 1.0, *window.values()) for a, b in zip(*pair, strict=True)])
        for pair in zip(preds, target, strict=True)
    ]
    metric = SSIM(1.0, **options)
    for n in range(2):
        metric.update(tensor(preds[n : n + 1]), tensor(target[n : n + 1]))
    assert_close(metric.compute(), np.mean(each))
    weighted = SSIM(1.0, **options)(tensor(preds), tensor(target), tensor([1.0, 3.0]))
    assert_close(weighted, (each[0] + 3 * each[1]) / 4)


def test_ssim_beside_scikit_image():
    """The value that scikit-image 0.26 gives for a gradient and its square."""
    x = np.arange(256.0).reshape(16, 16) / 255
    found = SSIM(1.0)(tensor(x[None, None]), tensor((x**2)[None, None]))
    assert_close(found, 0.7792208812589666, rtol=1e-9)


def test_images_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="preds of 8×16 pixels are smaller than kernel_size=11"):
        SSIM(1.0)(tensor(np.ones((1, 1, 8, 16))), tensor(np.ones((1, 1, 8, 16))))
    with pytest.raises(ValueError, match="kernel_size must be odd"):
        SSIM(1.0, kernel_size=4)
