"""PSNR and SSIM are those of their papers."""

import numpy as np
import pytest

from kerasrecipes.metrics.image_quality import psnr, ssim

RANDOM = np.random.default_rng(0)


def by_definition(one, other):
    """Mean SSIM, window by window."""
    axis = np.arange(-5, 6)
    weight = np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * 1.5**2))
    weight /= weight.sum()
    found = []
    for row in range(one.shape[0] - 10):
        for column in range(one.shape[1] - 10):
            a, b = (x[row : row + 11, column : column + 11].astype(float) for x in (one, other))
            ma, mb = (weight * a).sum(), (weight * b).sum()
            va, vb = (weight * (a - ma) ** 2).sum(), (weight * (b - mb) ** 2).sum()
            cov = (weight * (a - ma) * (b - mb)).sum()
            c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            likeness = (2 * ma * mb + c1) * (2 * cov + c2)
            found.append(likeness / ((ma**2 + mb**2 + c1) * (va + vb + c2)))
    return np.mean(found)


def test_ssim_is_the_mean_over_gaussian_windows():
    one = RANDOM.integers(0, 256, (17, 21), np.uint8)
    other = np.clip(one.astype(int) + RANDOM.integers(-40, 40, one.shape), 0, 255).astype(np.uint8)
    assert ssim(one, other) == pytest.approx(by_definition(one, other), abs=1e-9)
    assert ssim(one, one) == pytest.approx(1)
    assert np.isnan(ssim(one[:9], other[:9]))


def test_psnr_of_bytes_without_the_border():
    one = np.full((10, 12), 100, np.uint8)
    other = one.copy()
    other[2:-2, 2:-2] += 5
    assert psnr(one, other, border=2) == pytest.approx(20 * np.log10(255 / 5))
    assert psnr(one, other) > psnr(one, other, border=2)
    assert psnr(one, one) == pytest.approx(100)
